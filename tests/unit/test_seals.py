"""The chain over the audit and the look at it, without any database."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from daemon.seals import Anchor, AuditRow, Seal, chain, content_of
from daemon.verifying import GRACE, Findings, Lateness, Verifier
from tests.builders import NOW, a_signer


def a_row(number, **changes):
    row = AuditRow(
        id=number,
        at=NOW,
        event="enquiry_noted",
        actor="software",
        subject=f"enquiry:{number}",
        detail={"n": number},
    )
    return replace(row, **changes)


def a_chain(rows, after=None):
    return list(chain(a_signer(), rows, after=after, now=NOW))


def looked_at(links, anchors=()):
    verifier, findings = Verifier(a_signer(), anchors), Findings()
    for seal, row in links:
        findings.add(verifier.look(seal, row))
    findings.add(verifier.end())
    return [(one.kind, one.position) for one in findings.all()]


def test_the_marks_of_a_known_row_never_change():
    """What was sealed years ago must verify with the software of today."""
    (seal,) = a_chain([a_row(1, at=datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC))])
    assert seal.mac == "055fb344dff7e6ce167b14b9cbd10990125b182d75b1d4cee3c4428a2f05f9c0"


@pytest.mark.parametrize(
    "at",
    [
        datetime(2026, 1, 2, 3, 0, tzinfo=UTC),
        datetime(2026, 1, 2, 4, 0, tzinfo=timezone(timedelta(hours=1))),
    ],
)
def test_the_canonical_form_knows_instants_and_no_zones(at):
    """In UTC, to the microsecond, also where it is zero."""
    assert b'"2026-01-02T03:00:00.000000Z"' in content_of(a_row(1, at=at))


def test_the_order_of_keys_in_the_detail_does_not_matter():
    """PostgreSQL, SQLite and Python need not agree on it."""
    one = a_row(1, detail={"a": 1, "b": {"c": 2, "d": 3}})
    other = a_row(1, detail={"b": {"d": 3, "c": 2}, "a": 1})
    assert content_of(one) == content_of(other)


@pytest.mark.parametrize(
    "change",
    [
        {"id": 9},
        {"at": NOW + timedelta(microseconds=1)},
        {"event": "x"},
        {"actor": "x"},
        {"subject": "x"},
        {"detail": {"n": "2"}},
        {"event": "enquiry_notedsoftware", "actor": ""},
    ],
    ids=str,
)
def test_each_column_is_signed(change):
    """And no two rows share a form by where a value ends."""
    rows = [a_row(n) for n in range(1, 5)]
    seals = a_chain(rows)
    rows[1] = replace(rows[1], **change)
    assert looked_at(zip(seals, rows, strict=True)) == [("changed", 2)]


def test_a_chain_goes_on_where_it_ended():
    """A batch at a time makes the same chain as all at once."""
    rows = [a_row(n) for n in range(1, 7)]
    first = a_chain(rows[:3])
    assert first + a_chain(rows[3:], after=first[-1]) == a_chain(rows)


def test_a_link_with_a_position_that_is_not_its_own_is_wrong():
    """The mark covers the position."""
    rows = [a_row(1), a_row(2)]
    seals = a_chain(rows)
    seals[1] = replace(seals[1], position=3)
    assert looked_at(zip(seals, rows, strict=True)) == [("seal-missing", 2), ("changed", 3)]


def test_two_anchors_of_one_place_both_count():
    """Whichever comes first in the file."""
    rows = [a_row(1), a_row(2)]
    seals = a_chain(rows)
    right, wrong = Anchor(position=2, mac=seals[1].mac), Anchor(position=2, mac="x")
    for anchors in ([right, wrong], [wrong, right]):
        assert looked_at(zip(seals, rows, strict=True), anchors) == [("seal-changed", 2)]


def test_a_long_run_of_one_problem_is_told_once():
    """A million lines taken away must not fill the memory, nor a screen."""
    seals = a_chain([a_row(n) for n in range(1, 1001)])
    found = looked_at([(seal, None) for seal in seals])
    assert found == [("removed", n) for n in range(1, 102)]


def test_the_rest_of_a_run_says_how_far_it_goes():
    """So that nothing is left unsaid."""
    verifier, findings = Verifier(a_signer(), ()), Findings()
    for seal in a_chain([a_row(n) for n in range(1, 1001)]):
        findings.add(verifier.look(seal, None))
    assert findings.all()[-1].why == "The same holds for seals 101 to 1000."


def test_a_key_is_wrong_only_where_none_of_its_seals_verifies():
    """One that verifies shows that the key is right, and the others are wrong in themselves."""
    rows = [a_row(n) for n in range(1, 6)]
    seals = a_chain(rows)
    changed = [replace(row, subject="x") for row in rows]
    assert looked_at(zip(seals, changed, strict=True)) == [("key-wrong", 1)]
    changed[4] = rows[4]
    assert looked_at(zip(seals, changed, strict=True)) == [("changed", n) for n in (1, 2, 3, 4)]


@pytest.mark.parametrize(
    ("waited", "rounds", "is_added"),
    [
        pytest.param(timedelta(seconds=5), 3, False, id="a slow transaction"),
        pytest.param(GRACE + timedelta(days=1), 1, False, id="no round in between"),
        pytest.param(GRACE + timedelta(minutes=1), 3, True, id="rounds that did not see it"),
    ],
)
def test_a_late_line_is_told_from_an_added_one(waited, rounds, is_added):
    """By whether rounds an hour after its neighbour was sealed would have seen it."""
    seals = [Seal(position=1, audit_id=7, key_id="k1", mac="", sealed_at=NOW)]
    for number in range(1, rounds):
        at = NOW + waited * number
        seals.append(
            Seal(position=1 + number, audit_id=7 + number, key_id="k1", mac="", sealed_at=at)
        )
    last = Seal(
        position=rounds + 1, audit_id=6, key_id="k1", mac="", sealed_at=NOW + waited * rounds
    )
    late = Lateness(lambda _: seals[0], one_writer=False)
    problems = [one for seal in [*seals, last] for one in late.look(seal)]
    assert [one.audit_id for one in problems] == ([6] if is_added else [])


def test_with_one_writer_no_lower_line_shows_late():
    """SQLite gives ids in the order of commits."""
    above = Seal(position=1, audit_id=7, key_id="k1", mac="", sealed_at=NOW)
    late = Lateness(lambda _: above, one_writer=True)
    below = replace(above, position=2, audit_id=6)
    assert [one.audit_id for seal in (above, below) for one in late.look(seal)] == [6]
