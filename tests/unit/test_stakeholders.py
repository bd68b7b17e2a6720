"""The directory of stakeholders: read as people save it, checked by line, and true by date."""

from __future__ import annotations

from datetime import date

import pytest

from daemon.classify import Classifier
from daemon.config.stakeholders import compare_stakeholders, parse_stakeholders, read_stakeholders
from daemon.model import Directory, Known, MpOffice, Source
from tests.unit.classifying import shipped_rules
from tests.unit.config_folders import SHIPPED

HEAD = "id,kind,name,body,addresses,domains,from,until,note\n"
MP = "mp-a,mp,Jo Field MP,Fielding,jo.field.mp@parliament.uk,,2024-07-05,,\n"


def read(text, encoding="utf-8"):
    return parse_stakeholders(text.encode(encoding), file="new.csv")


def test_the_shipped_example_is_in_order():
    """Whoever starts from it starts well."""
    found, mistakes = read_stakeholders(SHIPPED / "stakeholders.csv")
    assert mistakes == []
    assert {one.kind for one in found} == {"mp", "clerk", "ico", "engagement"}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";"])
def test_a_table_is_read_as_it_was_saved(encoding, delimiter):
    """By Excel or by hand: with or without a mark, with commas or semicolons."""
    text = (HEAD + MP.replace("Jo Field", "Zoë Field")).replace(",", delimiter)
    found, mistakes = read(text.replace("\n", "\r\n"), encoding)
    assert mistakes == []
    assert (found[0].name, found[0].from_on) == ("Zoë Field MP", date(2024, 7, 5))


@pytest.mark.parametrize(
    ("text", "key", "why"),
    [
        ("", "", "first line"),
        ("id,kind,name,boddy\n", "line 1", 'Did you mean "body"'),
        ("id,kind\n", "line 1", "'name' is missing"),
        (HEAD + MP.replace(",mp,", ",mpp,"), "line 2, kind", 'Did you mean "mp"'),
        (HEAD + MP.replace("mp-a", "MP A"), "line 2, id", "small letters"),
        (HEAD + MP.replace("jo.field.mp@", "jo.field.mp"), "line 2, addresses", "bare e-mail"),
        (HEAD + MP.replace("2024-07-05", "5/7/2024"), "line 2, from", "2026-11-30"),
        (HEAD + MP.replace(",2024-07-05,,", ",2024-07-05,2024-07-04,"), "line 2, until", "before"),
        (HEAD + MP.replace("jo.field.mp@parliament.uk", ""), "line 2, addresses", "at least one"),
        (HEAD + "a,mp,Jo,,,parliament.uk,,,\n", "line 2, domains", "Peers"),
        (HEAD + "a,clerk,Jo,,,a.example,,,\n", "line 2, domains", "addresses alone"),
        (HEAD + MP + MP.replace("jo.", "al."), "mp-a", "Two lines"),
        (HEAD + MP + MP.replace("mp-a", "mp-b"), "mp-b", "one MP"),
        (HEAD + '"a', "", "no CSV"),
    ],
)
def test_each_mistake_is_named_by_line_and_column(text, key, why):
    """So that it can be put right in the table."""
    _, (mistake,) = read(text)
    assert (mistake.file, mistake.key) == ("new.csv", key)
    assert why in mistake.why


def test_differences_are_told_by_id():
    """What is new, gone, changed and ended."""
    old, _ = read(HEAD + MP + MP.replace("mp-a", "mp-b").replace("jo.", "al."))
    new, _ = read(
        HEAD + MP.replace("2024-07-05,,", "2024-07-05,2026-11-30,") + "c,ico,C,,c@c.example,,,,\n"
    )
    found = compare_stakeholders(old, new)
    assert (found.added, found.gone, found.ended) == (("c",), ("mp-b",), ("mp-a",))
    assert found.changed == (("mp-a", ("until",)),)
    assert compare_stakeholders(old, old).is_empty


DIRECTORY = Directory(
    mp_offices=(
        MpOffice(
            id="a",
            addresses=("office@field.example",),
            from_on=date(2024, 7, 5),
            until_on=date(2026, 11, 30),
        ),
    ),
    people=(
        Known(kind="chair", addresses=("chair@c.example",), until_on=date(2026, 11, 30)),
        Known(kind="clerk", addresses=("clerk@c.example",)),
        Known(kind="ico", addresses=("case@i.example",)),
    ),
)


@pytest.mark.parametrize(
    ("address", "on", "source"),
    [
        pytest.param("office@field.example", "2024-07-04", Source.COMPLAINANT, id="not yet an MP"),
        pytest.param("office@field.example", "2024-07-05", Source.MP, id="from that day"),
        pytest.param("office@field.example", "2026-11-30", Source.MP, id="the last day"),
        pytest.param("office@field.example", "2026-12-01", Source.COMPLAINANT, id="an MP no more"),
        pytest.param("chair@c.example", "2026-11-30", Source.COMMITTEE_CHAIR, id="§1.4 a Chair"),
        pytest.param("chair@c.example", "2026-12-01", Source.COMPLAINANT, id="a Chair no more"),
        pytest.param("clerk@c.example", "2026-12-01", Source.STAKEHOLDER, id="a clerk is no MP"),
        pytest.param("case@i.example", "2026-12-01", Source.ICO, id="the Commissioner's address"),
    ],
)
def test_who_somebody_is_depends_on_the_day(address, on, source):
    """A person stops being an MP on a date."""
    from tests.builders import a_message, a_sender

    directory = DIRECTORY.on(date.fromisoformat(on))
    message = a_message(sender=a_sender(address), new_text="I write about Mrs Hale's complaint.")
    assert Classifier(shipped_rules(), directory).classify(message).source is source


def test_an_address_that_is_protected_today_may_not_be_tomorrow():
    """What words never silence: an MP's, a Chair's and the Commissioner's mail."""
    last, after = date(2026, 11, 30), date(2026, 12, 1)
    for address in ("office@field.example", "chair@c.example"):
        assert DIRECTORY.is_protected(address, last)
        assert not DIRECTORY.is_protected(address, after)
    assert DIRECTORY.is_protected("case@i.example", after)
    assert not DIRECTORY.is_protected("clerk@c.example", last)
