"""The commands of staff and the meeting, on a daemon that has taken in a day's mail."""

from __future__ import annotations

import json
import os
from datetime import date, timedelta
from pathlib import Path

import pytest
from openpyxl import load_workbook
from typer.testing import CliRunner

from daemon import __main__ as command
from daemon.parse import ParseError
from tests.unit.config_folders import SHIPPED, Folder

SAMPLES = SHIPPED.parent / "samples" / "day"
TODAY = date.today()
SOON = (TODAY + timedelta(days=20)).isoformat()


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    """A config folder whose daemon has taken in a few mails, once for all tests here."""
    folder = Folder(tmp_path_factory.mktemp("office"))
    (folder.path / "rules.toml").write_bytes((SHIPPED / "rules.toml").read_bytes())
    folder.change("daemon.toml", 'state = ""', f'state = "{folder.state}"')
    for name in ("04-foi-request", "24-thanks", "20-press-enquiry"):
        place = folder.state / "inboxes" / "customer-care" / "new"
        place.mkdir(parents=True, exist_ok=True)
        (place.parent / "cur").mkdir(exist_ok=True)
        (place.parent / "tmp").mkdir(exist_ok=True)
        mail = (SAMPLES / "customer-care" / f"{name}.eml").read_bytes()
        dropped(place / name, mail)
    done = CliRunner().invoke(command.app, ["once", "--config", str(folder.path)])
    assert done.exit_code == 0, done.output
    return folder


def dropped(path, content):
    """Lay a mail into a folder as if it had lain there for a minute: a new file may grow."""
    path.write_bytes(content)
    a_minute_ago = path.stat().st_mtime - 60
    os.utime(path, (a_minute_ago, a_minute_ago))


def run(office, *arguments, by=True, code=0):
    who = ("--by", "A. Person") if by else ()
    done = CliRunner().invoke(
        command.app, [*arguments, *who, "--config", str(office.path)], env={"COLUMNS": "300"}
    )
    assert done.exit_code == code, (arguments, done.output, done.exception)
    return done.stdout if code == 0 else done.stderr


def listed(office, name):
    return json.loads(run(office, "list", name, "--json", by=False))


@pytest.fixture
def reference(office):
    """The freedom-of-information request, or whatever else is first."""
    return listed(office, "central-assurance")["entries"][0]["Reference"]


def shown(office, reference):
    return json.loads(run(office, "show", reference, "--json", by=False))


def test_an_enquiry_is_worked_by_its_commands(office, reference):
    """From assigning to the decision; each says what it did, and all of it is shown."""
    said = [
        run(office, "assign", reference, "--to", "operations"),
        run(office, "update", reference, "--note", "The file is here."),
        run(office, "note", reference, "--note", "Rang twice."),
        run(office, "milestone", "add", reference, "Draft", "--on", SOON),
        run(office, "milestone", "done", reference, "1"),
        run(
            office,
            *("raise", reference, "--criterion", "systemic-issue"),
            *("--assistant-director", "B. Name", "--note", "Press."),
        ),
        run(office, "propose", reference, "--handling", "watching-brief", "--note", "Why."),
        run(office, "decide", reference, "--agree", "--note", "Yes."),
        run(
            office,
            *("refer", reference, "--kind", "input", "--team", "operations"),
            *("--assistant-director", "B. Name", "--note", "What do you think?"),
        ),
        run(office, "decide", "--referral", "1", "--note", "Go on."),
        run(office, "subject", "set", reference, "director.casework@ombudsman.example"),
        run(office, "subject", "dismiss", reference, "director.casework@ombudsman.example"),
        run(office, "action", "add", "Write", "--owner", "B", "--on", SOON, "--enquiry", reference),
        run(office, "action", "done", "1"),
    ]
    assert all(line.strip().endswith(".") for line in said), said
    view = shown(office, reference)
    assert (view["team"], view["proposals"][0]["state"]) == ("operations", "agreed")
    assert {one["what"] for one in view["acts"]} >= {"assigned", "updated", "agreed", "referred"}
    text = run(office, "show", reference, by=False)
    assert all(one in text for one in ("Milestones", "Proposals", "Referrals", "Actions"))


def test_registers_are_listed_for_people_and_programs(office, reference):
    """As a table, and as JSON; a list that is none names those there are."""
    assert reference in run(office, "list", "central-assurance", by=False)
    assert listed(office, "specific-handling")["title"]
    assert "mp-oversight" in run(office, "list", "mp", by=False, code=64)
    nobody = ("list", "central-assurance", "--about", "zzz")
    assert "Central assurance: nothing that fits." in run(office, *nobody, by=False)
    about_nobody = run(office, *nobody, "--json", by=False)
    assert json.loads(about_nobody)["entries"] == []


def test_a_clock_is_stopped_resumed_extended_and_started(office):
    """And what the law does not know is refused."""
    entries = listed(office, "central-assurance")["entries"]
    foi = next(e["Reference"] for e in entries if "freedom" in e["Clock"])
    assert "stands still" in run(
        office, "clock", "stop", foi, "clarification", "--why", "Which year?"
    )
    assert "due on" in run(office, "clock", "resume", foi, "clarification")
    far = (TODAY + timedelta(days=90)).isoformat()
    assert "due on" in run(office, "clock", "extend", foi, "--to", far, "--why", "Interest.")
    assert "due on" in run(office, "clock", "start", foi, "dpa-complaint", "--why", "Page two.")
    refused = run(office, "clock", "stop", foi, "identity", "--why", "x", code=65)
    assert "docs/clocks.md" in refused


def test_enquiries_are_reopened_merged_and_cannot_be_merged_twice(office):
    """Two of the others."""
    one, other = (e["Reference"] for e in listed(office, "central-assurance")["entries"][-2:])
    run(office, "close", one)
    assert "open again" in run(office, "reopen", one)
    assert "a part of" in run(office, "merge", one, "--into", other)
    assert "merged into" in run(office, "reopen", one, code=65)
    assert "Merged into" in run(office, "show", one, by=False)


def test_the_phone_list_is_kept_and_asked(office):
    """By name and by number."""
    run(
        office,
        *("phone", "add", "Zoë Núñez", "--number", "0161 496 0000"),
        *("--instruction", "Put through.", "--agreed-by", "The Ombudsman"),
    )
    assert "Zoë Núñez" in run(office, "phone", "find", "nunez", by=False)
    found = json.loads(run(office, "phone", "find", "01614960000", "--json", by=False))
    assert found[0]["agreed_by"] == "The Ombudsman"
    assert "off the phone-call list" in run(office, "phone", "end", "1")
    assert "Offer to take a message" in run(office, "phone", "find", "nunez", by=False)
    assert "name or a number" in run(office, "phone", "find", " ", by=False, code=64)


def test_arrangements_are_set_listed_reviewed_and_ended(office):
    """Each with somebody's name."""
    run(
        office,
        *("arrangement", "add", "mrs-k", "--address", "K@post.example"),
        *("--instruction", "Ring first.", "--requested-by", "The Ombudsman"),
        *("--handling", "personal-reply-only", "--review", SOON),
    )
    assert "mrs-k" in run(office, "arrangement", "list", by=False)
    rows = json.loads(run(office, "arrangement", "list", "--json", by=False))
    assert {row["id"] for row in rows} >= {"mrs-k", "patients-voice"}
    assert "goes on" in run(office, "arrangement", "review", "mrs-k", "--review", SOON)
    assert "has ended" in run(office, "arrangement", "end", "mrs-k")


def test_a_table_of_stakeholders_is_compared_and_put_in_place(office, tmp_path):
    """Looked at first; the old one stays beside it; what is wrong changes nothing."""
    place = office.path / "stakeholders.csv"
    before = place.read_bytes()
    new = tmp_path / "new.csv"
    new.write_bytes(before + b"mp-new,mp,Al Dale MP,Dale,al.dale.mp@parliament.uk,,,,\n")
    assert "New: mp-new" in run(office, "stakeholders", "import", str(new), "--dry-run", by=False)
    assert place.read_bytes() == before
    assert "--by NAME" in run(office, "stakeholders", "import", str(new), by=False, code=64)
    assert "1 new" in run(office, "stakeholders", "import", str(new))
    assert place.read_bytes() == new.read_bytes()
    assert len(list(office.path.glob("stakeholders.csv.*"))) == 1
    assert "al.dale.mp" in run(office, "stakeholders", "list", by=False)
    new.write_text("id,kind,name\n")
    assert "--force" in run(office, "stakeholders", "import", str(new), code=65)
    new.write_text("id,kind\n")
    assert "line 1" in run(office, "stakeholders", "import", str(new), code=65)
    missing = str(tmp_path / "none.csv")
    assert "cannot be read" in run(office, "stakeholders", "import", missing, code=66)
    listed_then = run(office, "stakeholders", "list", "--on", "2024-05-30", "--json", by=False)
    assert "mp-old-marsh" in {one["id"] for one in json.loads(listed_then)}
    place.write_bytes(before)


def test_the_pack_is_written_where_it_is_wanted(office, tmp_path):
    """A workbook and a page, for their owner's eyes."""
    out = tmp_path / "pack"
    said = json.loads(run(office, "pack", "--out", str(out), "--json", by=False))
    book, page = (Path(one) for one in said["files"])
    assert [book.stat().st_mode & 0o777, page.stat().st_mode & 0o777] == [0o600, 0o600]
    sheet = load_workbook(book)["Central assurance"]
    rows = said["tables"]["central-assurance"]["rows"]
    assert sum(1 for row in sheet.iter_rows(min_row=2) if row[0].value) == rows
    assert "overdue" in run(office, "pack", "--out", str(out), "--month", "2026-01", by=False)
    assert "no month" in run(office, "pack", "--month", "May", by=False, code=64)


def test_everything_adds_up_and_the_audit_is_whole(office, tmp_path):
    """Until somebody takes something away."""
    found = json.loads(run(office, "reconcile", "--json", by=False))
    assert found["ok"], found["differences"]
    assert {one["name"]: one["listed"] for one in found["inboxes"]}["customer-care"] == 3
    assert "Everything adds up." in run(office, "reconcile", by=False)
    run(office, "audit", "seal", by=False)
    noted = (office.state / "audit-anchors.jsonl").read_text().splitlines()
    assert json.loads(noted[-1])["mac"] in run(office, "audit", "head", by=False)
    head = run(office, "audit", "head", by=False)
    assert json.loads(run(office, "audit", "verify", "--json", by=False))["ok"]
    anchor = tmp_path / "anchors.jsonl"
    anchor.write_text(head.replace('"mac": "', '"mac": "0'))
    refused = CliRunner().invoke(
        command.app, ["audit", "verify", "--anchor", str(anchor), "--config", str(office.path)]
    )
    assert refused.exit_code == 65
    assert "tampered with" in refused.stdout
    missing = str(tmp_path / "none")
    assert "cannot be read" in run(
        office, "audit", "verify", "--anchor", missing, by=False, code=66
    )


def test_mail_that_lies_there_is_fetched_when_asked_for(office):
    """Without a daemon it is a difference: nobody else would take it in."""
    mail = (SAMPLES / "customer-care" / "13-subject-access-request.eml").read_bytes()
    dropped(office.state / "inboxes" / "customer-care" / "new" / "late", mail)
    done = CliRunner().invoke(command.app, ["reconcile", "--json", "--config", str(office.path)])
    assert done.exit_code == 65
    (difference,) = json.loads(done.stdout)["differences"]
    assert (difference["where"], difference["count"]) == ("inbox customer-care", 1)
    after = json.loads(run(office, "reconcile", "--fetch", "--json", by=False))
    assert (after["ok"], after["fetched"]) == (True, 1)


def test_a_decision_needs_something_to_decide(office, reference):
    """One thing, and yes or no."""
    assert "--agree or --decline" in run(office, "decide", reference, code=64)
    assert "--referral NUMBER" in run(office, "decide", "--agree", code=64)
    # Whatever was proposed for it, if no other test has decided that: then there is nothing left.
    CliRunner().invoke(
        command.app,
        ["decide", reference, "--agree", "--by", "A. Person", "--config", str(office.path)],
    )
    assert "None" not in run(office, "decide", reference, "--agree", code=65)


def test_a_team_in_which_nobody_is_left_is_a_mistake_of_the_config(tmp_path):
    """By its name and the day; the daemon itself would start, and write to who is above."""
    folder = Folder(tmp_path)
    (folder.path / "rules.toml").write_bytes((SHIPPED / "rules.toml").read_bytes())
    for person in ("intake.manager", "intake.deputy"):
        folder.add(
            "teams.toml",
            f'\n[[absence]]\nperson = "{person}@ombudsman.example"\n'
            f"from = {SOON}\nuntil = {SOON}\n",
        )
    done = CliRunner().invoke(command.app, ["check", "--config", str(folder.path)])
    assert done.exit_code == 78
    assert 'team "intake"' in done.stderr
    assert "Nobody can be reached" in done.stderr
    assert folder.load().policy.absences


# The quarantine


def quarantined(office):
    return json.loads(run(office, "quarantine", "list", "--json", by=False))


def test_what_could_not_be_read_is_worked_by_its_commands(office, tmp_path, monkeypatch):
    """Listed, shown, exported for its owner alone, tried anew; a daemon that starts tries too."""
    assert "Nothing is in quarantine" in run(office, "quarantine", "list", by=False)
    place = office.state / "inboxes" / "customer-care" / "new"
    mail = (SAMPLES / "customer-care" / "24-thanks.eml").read_bytes()
    mail = mail.replace(b"Message-ID: <", b"Message-ID: <again-").replace(b"hank", b"hanck")

    def stumble(*_args, **_kwargs):
        msg = "The message could not be read: Example."
        raise ParseError(msg)

    with monkeypatch.context() as broken:
        broken.setattr("daemon.intake.prepare.parse", stumble)
        dropped(place / "unreadable", mail)
        assert (
            CliRunner().invoke(command.app, ["once", "--config", str(office.path)]).exit_code == 0
        )
        (one,) = quarantined(office)["messages"]
        number = str(one["number"])
        assert "could not be read: Example" in run(office, "quarantine", "list", by=False)
        assert "quarantine export" in run(office, "quarantine", "show", number, by=False)
        assert f"{number}: stays." in _with_65(office, "quarantine", "retry", number)
        assert "In quarantine: 1." in _with_65(office, "quarantine", "retry")
    file = tmp_path / "one.eml"
    run(office, "quarantine", "export", number, str(file), by=False)
    assert file.read_bytes() == mail
    assert file.stat().st_mode & 0o777 == 0o600
    said = run(office, "quarantine", "export", number, str(file), by=False, code=73)
    assert str(file) in said
    assert "Say who you are" in run(office, "quarantine", "retry", "--by", " ", by=False, code=64)
    assert "quarantine list" in run(office, "quarantine", "show", "999", by=False, code=65)
    # As after an upgrade: whoever starts next reads it.
    assert CliRunner().invoke(command.app, ["once", "--config", str(office.path)]).exit_code == 0
    assert quarantined(office) == {"count": 0, "messages": []}


def _with_65(office, *arguments):
    done = CliRunner().invoke(
        command.app, [*arguments, "--by", "A. Person", "--config", str(office.path)]
    )
    assert done.exit_code == 65, done.output
    return done.stdout
