"""`assurance explain --json`: its words are fixed, and programs read them."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from daemon.__main__ import app
from daemon.classify import Classifier
from daemon.config import load
from daemon.explain import Judge, as_json
from daemon.model import (
    Arrangement,
    Box,
    Category,
    ClockKind,
    Criterion,
    Handling,
    Hold,
    Register,
    Skip,
)
from daemon.model import Source as WhoWrote
from daemon.startup import share
from tests.builders import NOW, a_mail

FIXED = {
    *("from", "subject", "date", "text_chars", "category", "source", "routine", "criteria"),
    *("alerts", "registers", "deadlines", "evidence", "confidence", "to_be_sorted", "reference"),
    *("language", "route", "acknowledge", "held", "skip", "error"),
}
LISTS = {"criteria", "alerts", "registers", "deadlines", "evidence"}
ROUTES = {"set-aside", "intake", "customer-care", "external-affairs"}
BINARY = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4


@pytest.fixture(scope="module")
def judge(tmp_path_factory) -> Judge:
    """By the shipped rules; compiled once."""
    config = load(share() / "config", env=os.environ, state_dir=tmp_path_factory.mktemp("state"))
    return Judge.of(config.rules, config.policy, lambda: NOW)


def judged(judge, *paths, inbox=None):
    """What is printed of each, read back."""
    found = judge.judge_all([str(path) for path in paths], inbox)
    return [json.loads(json.dumps(as_json(one))) for one in found]


def run(*arguments):
    return CliRunner().invoke(app, ["explain", "--json", *map(str, arguments)])


def a_file(folder: Path, name: str, content: bytes | None = None) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(a_mail() if content is None else content)
    return path


def lines(folder: Path, *entries: object, name: str = "some.jsonl") -> Path:
    text = "\n".join(one if isinstance(one, str) else json.dumps(one) for one in entries)
    return a_file(folder, name, text.encode())


def an_entry(**changes):
    values = {
        "id": "e1",
        "box": "intake",
        "from_name": "A. Resident",
        "from_addr": "Resident@Home.example",
        "subject": "My hip",
        "body": "I want to complain about the hospital.",
    }
    return {**values, **changes}


# The keys


def assert_is_in_order(line):
    """Everything the fixed words promise of one line."""
    assert set(line) >= FIXED
    assert ("path" in line) != ("id" in line)
    assert all(isinstance(line[name], list) for name in LISTS)
    assert line["acknowledge"] is (line["skip"] is None)
    assert line["held"] is None or (line["held"] in set(Hold) and line["acknowledge"] is True)
    assert line["skip"] is None or line["skip"] in set(Skip)
    if line["error"] is None:
        assert_is_judged(line)


def assert_is_judged(line):
    assert line["category"] in set(Category)
    assert line["source"] in set(WhoWrote)
    assert line["route"] in ROUTES
    assert set(line["criteria"]) <= set(Criterion)
    assert set(line["alerts"]) <= {"vulnerable"} & set(line["criteria"])
    assert set(line["registers"]) <= set(Register)
    assert 0 <= line["confidence"] <= 1
    assert all(isinstance(line[name], bool) for name in ("routine", "to_be_sorted"))
    assert all(set(one) == {"kind", "due_on", "due_at"} for one in line["deadlines"])
    assert {one["kind"] for one in line["deadlines"]} <= set(ClockKind) - {"ack"}
    assert all(set(one) == {"step", "name", "says", "text"} for one in line["evidence"])
    assert {one["step"] for one in line["evidence"]} <= {"fact", "rule", "model"}
    assert isinstance(line["text_chars"], int)


def test_every_line_has_all_its_keys(judge):
    """Whatever the day brought."""
    found = judged(judge, share() / "samples" / "day")
    assert len(found) > 30
    for line in found:
        assert_is_in_order(line)
    assert any(line["held"] for line in found)
    assert any(line["skip"] for line in found)


def test_a_mail_is_judged(judge, tmp_path):
    """Bare address in lower case, subject, the header's date, characters of the text."""
    path = a_file(
        tmp_path, "a.eml", a_mail(sender="X <Resident@HOME.example>", text="Twelve chars")
    )
    (line,) = judged(judge, path)
    assert line["path"] == str(path)
    assert (line["from"], line["subject"]) == ("resident@home.example", "My letter")
    assert line["date"] == "2026-11-23T10:00:00+00:00"
    assert line["text_chars"] == 12
    assert line["error"] is None


def test_an_enquiry_of_a_file_of_lines_is_judged(judge, tmp_path):
    """Its own id and box; there is no date."""
    (line,) = judged(judge, lines(tmp_path, an_entry(box="ombudsman")))
    assert (line["id"], line["date"]) == ("e1", None)
    assert (line["from"], line["subject"]) == ("resident@home.example", "My hip")
    assert line["route"] == "customer-care"
    assert line["text_chars"] == len(an_entry()["body"])


def test_labels_beside_the_fields_are_not_looked_at(judge, tmp_path):
    """Whether they are there or not, the answer is the same."""
    labelled = an_entry(category="ico-decision", routine=True, criteria=["vulnerable"], extra=7)
    first, second = judged(judge, lines(tmp_path, an_entry(), labelled))
    assert first == second


def test_an_instant_has_londons_offset(judge, tmp_path):
    """Dates are plain, instants carry their zone."""
    (line,) = judged(judge, lines(tmp_path, an_entry(subject="", body="Please help.")))
    assert line["deadlines"]
    for clock in line["deadlines"]:
        assert clock["due_at"].startswith(clock["due_on"])
        assert clock["due_at"].endswith(("+00:00", "+01:00"))


def test_a_quarantined_mail_is_a_line_like_any_other(judge, tmp_path):
    """What is not known is null, lists are empty, and the error is one sentence."""
    (line,) = judged(judge, a_file(tmp_path, "picture.png", BINARY))
    assert_is_in_order(line)
    assert line["error"].endswith(".")
    assert (line["acknowledge"], line["held"], line["skip"]) == (False, None, "quarantined")
    for name in FIXED - LISTS - {"acknowledge", "skip", "error"}:
        assert line[name] is None, name
    assert all(line[name] == [] for name in LISTS)


def test_an_empty_file_is_one_line(judge, tmp_path):
    """An empty message is still one that arrived."""
    (line,) = judged(judge, a_file(tmp_path, "empty", b""))
    assert_is_in_order(line)
    assert line["path"].endswith("empty")


def test_a_mistake_of_ours_is_a_quarantined_line(judge, tmp_path, monkeypatch):
    """As the daemon would do; the mail behind it is judged, and no word of it is shown."""
    original = Classifier.classify

    def stumbling(self, message, **more):
        if message.subject == "stumble":
            raise ZeroDivisionError(message.new_text)
        return original(self, message, **more)

    monkeypatch.setattr(Classifier, "classify", stumbling)
    first = a_file(tmp_path, "1", a_mail(subject="stumble", text="secret words"))
    bad, good = judged(judge, first, a_file(tmp_path, "2"))
    assert (bad["skip"], good["error"]) == ("quarantined", None)
    assert "ZeroDivisionError" in bad["error"]
    assert "secret" not in json.dumps(bad)


# What goes in


def test_lines_come_in_the_order_of_what_was_given(judge, tmp_path):
    """Files, folders and files of lines, mixed; the same path twice is judged twice."""
    one, two = a_file(tmp_path, "one"), a_file(tmp_path, "two.txt")
    some = lines(tmp_path, an_entry(id="x"), an_entry(id="y"))
    folder = a_file(tmp_path, "folder/b").parent
    a_file(folder, "a.eml")
    found = judged(judge, two, some, folder, one, two)
    labels = [line.get("path") or line["id"] for line in found]
    assert labels == [
        str(two),
        "x",
        "y",
        f"{folder}/a.eml",
        f"{folder}/b",
        str(one),
        str(two),
    ]


def test_a_folder_is_walked_but_for_lines_notes_and_tables(judge, tmp_path):
    """Down to the last folder, in order of names; other endings, or none, are mails."""
    for name in ("b.eml", "a/deep/er/1", "a/2.txt", "c.dat", ".hidden"):
        a_file(tmp_path, name)
    for name in ("x.jsonl", "README.md", "manifest.tsv", "a/notes.md", ".md"):
        a_file(tmp_path, name)
    found = [line["path"].removeprefix(f"{tmp_path}/") for line in judged(judge, tmp_path)]
    assert found == [".hidden", "a/2.txt", "a/deep/er/1", "b.eml", "c.dat"]


def test_an_empty_folder_has_no_lines(judge, tmp_path):
    """And is no mistake."""
    assert judged(judge, tmp_path) == []


@pytest.mark.parametrize("name", ["notes.md", "table.tsv", "a.eml", "mail"])
def test_a_file_that_is_named_is_a_mail_whatever_its_ending(judge, tmp_path, name):
    """Only in folders are some left out."""
    (line,) = judged(judge, a_file(tmp_path, name))
    assert line["from"] == "resident@home.example"


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ("mails/a.eml", "mails/a.eml"),
        ("./mails/a.eml", "./mails/a.eml"),
        ("mails/../mails/a.eml", "mails/../mails/a.eml"),
        ("mails", "mails/a.eml"),
        ("./mails/", "./mails/a.eml"),
        (".", "./mails/a.eml"),
    ],
)
def test_a_path_is_shown_as_it_was_given(judge, tmp_path, monkeypatch, given, path):
    """Never resolved."""
    a_file(tmp_path, "mails/a.eml")
    monkeypatch.chdir(tmp_path)
    assert [line["path"] for line in judged(judge, given)] == [path]


def test_a_leading_mbox_line_is_tolerated(judge, tmp_path):
    """Mails are often kept that way."""
    mail = a_mail()
    plain = a_file(tmp_path, "plain", mail)
    boxed = a_file(
        tmp_path, "boxed", b"From resident@home.example Mon Nov 23 10:00:00 2026\n" + mail
    )
    first, second = judged(judge, plain, boxed)
    assert {**first, "path": ""} == {**second, "path": ""}


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        ("{not json", "no enquiry"),
        ("[1, 2]", "not a JSON object"),
        ('"text"', "not a JSON object"),
        ("[" * 100_000, "nested too deeply"),
        (an_entry(box="cellar"), "cellar"),
        (an_entry(subject=["a", "list"]), "subject is not text"),
    ],
    ids=["broken", "list", "text", "deep", "box", "field"],
)
def test_a_line_that_is_no_enquiry_is_quarantined(judge, tmp_path, entry, why):
    """Alone: the lines around it are judged."""
    path = lines(tmp_path, an_entry(id="before"), entry, an_entry(id="behind"))
    before, bad, behind = judged(judge, path)
    assert (before["id"], behind["id"]) == ("before", "behind")
    assert before["error"] is behind["error"] is None
    assert_is_in_order(bad)
    assert why in bad["error"]
    assert "Line 2" in bad["error"]
    assert bad["id"] == (entry["id"] if isinstance(entry, dict) else f"{path}:2")


@pytest.mark.parametrize("missing", ["id", "box", "from_name", "from_addr", "subject", "body"])
@pytest.mark.parametrize("null", [True, False], ids=["null", "absent"])
def test_a_field_may_be_missing(judge, tmp_path, missing, null):
    """Then it is empty; a line without an id is named by its place."""
    entry = an_entry(**{missing: None})
    if not null:
        del entry[missing]
    path = lines(tmp_path, entry)
    (line,) = judged(judge, path)
    assert line["error"] is None
    assert line["id"] == (f"{path}:1" if missing == "id" else "e1")


def test_blank_lines_line_ends_and_byte_order_marks_are_no_enquiries(judge, tmp_path):
    """Files come from many programs."""
    entry = json.dumps(an_entry()).encode()
    path = a_file(tmp_path, "w.jsonl", b"\xef\xbb\xbf" + entry + b"\r\n\r\n  \n" + entry)
    assert [line["error"] for line in judged(judge, path)] == [None, None]


def test_bytes_that_are_no_text_and_half_characters_are_survived(judge, tmp_path):
    """One is no JSON, the other is mended."""
    path = a_file(
        tmp_path, "w.jsonl", b'{"id": "\xff"}\n{"id": "h", "subject": "a\\ud800b", "body": "x"}\n'
    )
    bad, mended = judged(judge, path)
    assert bad["error"] is not None
    assert mended["error"] is None
    mended["subject"].encode()


def test_the_inbox_sets_the_box(judge, tmp_path):
    """For mails, instead of Customer Care's; for lines, instead of their own."""
    path = a_file(tmp_path, "a.eml", a_mail(text="I complain about my hospital treatment."))
    (own,) = judged(judge, path, inbox=Box.OMBUDSMAN)
    assert own["route"] == "customer-care"
    some = lines(tmp_path, an_entry(box="intake"))
    (line,) = judged(judge, some, inbox=Box.OMBUDSMAN)
    assert line["route"] == "customer-care"


def test_a_message_is_judged_without_arrangements(judge, tmp_path):
    """Nor limits, history or go-live: alone, as if just received."""
    path = a_file(tmp_path, "a.eml", a_mail(text="Words."))
    arrangement = Arrangement(
        id="a", domains=("home.example",), handling=(Handling.PERSONAL_REPLY,)
    )
    policy = replace(judge.policy, arrangements=(arrangement,))
    with_arrangement = replace(judge, policy=policy)
    (line,) = judged(with_arrangement, path)
    assert line["held"] == "arrangement"
    config = load(share() / "config", env=os.environ, state_dir=tmp_path / "state")
    (line,) = judged(Judge.of(config.rules, policy, lambda: NOW), path)
    assert line["held"] is None


@pytest.mark.parametrize("name", ["missing", "missing.jsonl", "a.eml/inside"])
def test_a_path_that_cannot_be_read_is_a_line_and_the_others_go_on(judge, tmp_path, name):
    """By its own name, with why; nothing else is known of it."""
    mail = a_file(tmp_path, "a.eml")
    bad, good = judged(judge, tmp_path / name, mail)
    assert_is_in_order(bad)
    assert bad["path"] == str(tmp_path / name)
    assert bad["error"].startswith(f"{tmp_path / name}: cannot be read (")
    assert (bad["skip"], bad["acknowledge"]) == ("quarantined", False)
    assert all(bad[key] is None for key in FIXED - LISTS - {"acknowledge", "skip", "error"})
    assert (good["path"], good["error"]) == (str(mail), None)


def test_a_folder_that_cannot_be_listed_stops_nobody(judge, tmp_path, monkeypatch):
    """The mails beside it are judged."""
    for name in ("a.eml", "b/shut.eml", "c.eml"):
        a_file(tmp_path, name)
    iterdir = Path.iterdir

    def refuse(self):
        if self.name == "b":
            raise PermissionError(13, "Permission denied")
        return iterdir(self)

    monkeypatch.setattr(Path, "iterdir", refuse)
    first, shut, last = judged(judge, tmp_path)
    assert shut["error"] == f"{tmp_path}/b: cannot be read (Permission denied)."
    assert first["error"] is last["error"] is None


@pytest.mark.parametrize(
    ("given", "comes_back"), [(7, 7), (0, 0), (-1, -1), (2**70, 2**70), ("7", "7"), (1.5, "1.5")]
)
def test_an_id_comes_back_as_it_was(judge, tmp_path, given, comes_back):
    """A whole number stays one, so that a program finds its own line again."""
    found = judged(judge, lines(tmp_path, an_entry(id=given), an_entry(id=given, subject=[])))
    assert [line["id"] for line in found] == [comes_back, comes_back]
    assert all(type(line["id"]) is type(comes_back) for line in found)


# The command


def test_the_command_prints_ascii_json_and_nothing_else(tmp_path, monkeypatch):
    """One object a line; the exit status is zero although one of them is quarantined."""
    monkeypatch.chdir(tmp_path)
    a_file(tmp_path, "a.eml", a_mail(subject="Zażółć gęślą jaźń \U0001f600", text="Cześć"))
    a_file(tmp_path, "b.png", BINARY)
    before = sorted(tmp_path.iterdir())
    result = run("a.eml", "b.png", "a.eml")
    assert result.exit_code == 0
    assert result.stdout.isascii()
    assert result.stderr == ""
    found = [json.loads(line) for line in result.stdout.splitlines()]
    assert [line["path"] for line in found] == ["a.eml", "b.png", "a.eml"]
    assert found[0]["subject"] == "Zażółć gęślą jaźń \U0001f600"
    assert found[1]["error"]
    assert sorted(tmp_path.iterdir()) == before, "it leaves nothing behind"


def test_the_command_fails_for_a_path_that_cannot_be_read(tmp_path):
    """With a status at the end, and the reason on standard error and in its own line."""
    mail, missing = a_file(tmp_path, "a.eml"), tmp_path / "missing"
    result = run(missing, mail, missing)
    assert result.exit_code == 66
    found = [json.loads(line) for line in result.stdout.splitlines()]
    assert [line["path"] for line in found] == [str(missing), str(mail), str(missing)]
    assert result.stderr.splitlines() == [found[0]["error"], found[2]["error"]]


def test_the_command_shows_a_person_what_it_could_not_read(tmp_path):
    """And a line with a number for its id."""
    arguments = [str(tmp_path / "missing"), str(lines(tmp_path, an_entry(id=7)))]
    result = CliRunner().invoke(app, ["explain", *arguments])
    assert result.exit_code == 66
    assert "cannot be read" in " ".join(result.stdout.replace("│", " ").split())
    assert " 7 " in result.stdout


def test_the_command_fails_for_an_inbox_that_is_not_there(tmp_path):
    """And names those that are."""
    result = run(a_file(tmp_path, "a.eml"), "--inbox", "cellar")
    assert result.exit_code == 64
    assert result.stdout == ""
    assert "ombudsman" in result.stderr


def test_the_command_fails_for_a_wrong_config(tmp_path):
    """78, before anything is judged."""
    folder = tmp_path / "config"
    folder.mkdir()
    result = run(a_file(tmp_path, "a.eml"), "--config", folder)
    assert result.exit_code == 78
    assert result.stdout == ""


@pytest.mark.parametrize("inbox", ["ombudsman", "x-dm"])
def test_the_command_takes_an_inbox_by_name_or_box(tmp_path, inbox):
    """Every box of the process can be tried, whether it is polled or not."""
    result = run(lines(tmp_path, an_entry()), "--inbox", inbox)
    assert result.exit_code == 0
    assert json.loads(result.stdout)["route"] == "customer-care"
