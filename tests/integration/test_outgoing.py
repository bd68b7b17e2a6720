"""What goes out, as an administrator works it: what waits and why, pauses, pace, shadow mode."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from typer.testing import CliRunner

from daemon import __main__ as command
from daemon.model import Hold, Skip
from daemon.pace import Pace
from daemon.words import HOLDS, SKIPS
from tests.builders import NOW, a_mail, an_office_over
from tests.fakes import FakeOutlet
from tests.integration.test_staff_commands import SAMPLES, dropped
from tests.unit.config_folders import SHIPPED, Folder

CARE = "customer-care"


@pytest.fixture
def office(tmp_path):
    """A config folder; nothing has been taken in."""
    folder = Folder(tmp_path)
    (folder.path / "rules.toml").write_bytes((SHIPPED / "rules.toml").read_bytes())
    folder.change("daemon.toml", 'state = ""', f'state = "{folder.state}"')
    return folder


def run(office, *arguments, code=0):
    done = CliRunner().invoke(
        command.app, [*arguments, "--config", str(office.path)], env={"COLUMNS": "300"}
    )
    assert done.exit_code == code, (arguments, done.output, done.exception)
    return done.stdout if code == 0 else done.stderr


def deliver(office, *names):
    for name in names:
        place = office.state / "inboxes" / CARE / "new"
        for other in ("new", "cur", "tmp"):
            (place.parent / other).mkdir(parents=True, exist_ok=True)
        dropped(place / name, (SAMPLES / CARE / f"{name}.eml").read_bytes())


def sent(office, outlet="acknowledgements"):
    folder = office.state / "sent" / outlet / "new"
    return len(list(folder.iterdir())) if folder.is_dir() else 0


def outbox(office):
    return json.loads(run(office, "outbox", "--json"))


def test_a_paused_outlet_sends_nothing_until_it_is_resumed(office):
    """Everything else goes on, and nothing is lost."""
    deliver(office, "04-foi-request")
    run(office, "once")
    assert sent(office) == 1
    said = run(office, "pause", "--outlet", "acknowledgements", "--by", "A. Person")
    assert said == "Paused: outlet acknowledgements.\n"
    deliver(office, "20-press-enquiry")
    run(office, "once")
    found = outbox(office)
    assert (sent(office), found["counts"]) == (1, {"waiting": 1})
    assert list(found["paused"]) == ["outlet:acknowledgements"]
    assert "Paused: outlet acknowledgements, since 2" in run(office, "outbox")
    assert "already" in run(
        office, "pause", "--outlet", "acknowledgements", "--by", "A. Person", code=65
    )
    run(office, "resume", "--by", "A. Person")
    run(office, "once")
    assert (sent(office), outbox(office)["counts"]) == (2, {})
    assert "Everything has been sent." in run(office, "outbox")
    assert "Nothing of it is paused" in run(office, "resume", "--by", "A. Person", code=65)


def test_a_paused_inbox_is_not_polled(office):
    run(office, "once")
    run(office, "pause", "--inbox", CARE, "--by", "A. Person", "--note", "Mailbox moves")
    deliver(office, "04-foi-request")
    run(office, "once")
    assert sent(office) == 0
    run(office, "resume", "--inbox", CARE, "--by", "A. Person")
    run(office, "once")
    assert sent(office) == 1


@pytest.mark.parametrize(("option", "known"), [("--inbox", CARE), ("--outlet", "acknowledgements")])
def test_a_name_that_is_none_is_refused_with_those_there_are(office, option, known):
    run(office, "once")
    assert known in run(office, "pause", option, "nowhere", "--by", "A. Person", code=64)


def test_shadow_mode_decides_everything_and_sends_nothing(office):
    """What would have been said can be read; it never goes out later."""
    office.change("outlets.toml", "shadow = false", "shadow = true")
    deliver(office, "04-foi-request", "20-press-enquiry")
    run(office, "once")
    found = outbox(office)
    assert sent(office) == sent(office, "notices") == 0
    assert set(found["counts"]) == {"shadow"}
    assert "Shadow mode: nothing is sent." in run(office, "outbox")
    run(office, "reconcile")  # status 0: everything adds up
    office.change("outlets.toml", "shadow = true", "shadow = false")
    run(office, "once")
    assert sent(office) == 0


def test_what_is_held_says_why(office):
    """In words, with no name or address of anybody in it."""
    deliver(office, "42-sender-not-proven")
    run(office, "once")
    (held,) = [one for one in outbox(office)["entries"] if one["state"] == "held"]
    assert held["hold"] == Hold.AUTHENTICATION
    said = run(office, "outbox")
    assert "Held for a person: 1" in said
    assert HOLDS[Hold.AUTHENTICATION] in said
    assert held["reference"] in said
    assert "@" not in said + json.dumps(held)


def test_the_ledger_says_why_nobody_was_answered(office):
    """Each silence and each hold, by its reason."""
    deliver(office, "05-newsletter", "04-foi-request", "08-delivery-report", "42-sender-not-proven")
    run(office, "once")
    found = json.loads(run(office, "silences", "--since", "2000-01-01", "--json"))
    reasons = {one["skip"] or one["hold"] for one in found}
    assert reasons == {"bulk", "delivery-report", "authentication"}
    said = run(office, "silences", "--since", "2000-01-01")
    assert SKIPS[Skip.BULK] in said
    assert f"waits: {HOLDS[Hold.AUTHENTICATION]}" in said
    assert "@" not in said
    assert "was answered" in run(office, "silences", "--since", "2199-01-01")


# Pace


def test_a_limited_outlet_sends_so_many_a_minute(store):
    """Exchange Online takes 30: five at once, then one every two seconds."""
    office = an_office_over(store)
    office.sender.paces["relay"] = Pace(per_minute=30)
    for number in range(20):
        office.take(a_mail(message_id=f"{number}@home.example", text=f"Letter {number}"))
    outlet, counts = FakeOutlet(), []
    for _ in range(4):
        office.sender.send_due(outlet)
        counts.append(len(outlet.sent))
        office.clock.move(seconds=10)
    assert counts == [5, 10, 15, 20]


def test_a_clock_that_is_set_back_does_not_stop_the_mail():
    pace = Pace(per_minute=60)
    assert pace.room(NOW) == 10
    pace.took(10)
    assert pace.room(NOW - timedelta(hours=1)) == 0
    assert pace.room(NOW - timedelta(hours=1) + timedelta(seconds=5)) == 5
