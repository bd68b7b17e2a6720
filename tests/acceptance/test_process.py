"""The process itself: how it stops, what it refuses, how fast it hears, how it takes over."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

import pytest

from tests.acceptance.letter import STEM
from tests.acceptance.mails import a_mail
from tests.servers import free_port, wait_until
from tests.servers.scripted import Greeter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.acceptance.office import Office
    from tests.servers.smtp import MailServer

pytestmark = pytest.mark.alone

STOP_WITHIN_S = 10.0
AT_ONCE_S = 1.5


@pytest.fixture
def silent() -> Iterator[Greeter]:
    """A server that takes connections and never says a word."""
    server = Greeter(b"")
    yield server
    server.close()


def test_it_stops_at_once_when_idle(
    make_office: Callable[..., Office], mail_server: MailServer
) -> None:
    """SIGTERM while nothing goes on: it ends well within a few seconds, leases given back."""
    office = make_office(mail_server)
    office.watch_doors(idle=True, poll_s=60)
    running = office.start()
    office.deliver("intake", a_mail("plain", 1).content)
    office.wait_until_quiet()
    assert running.stop() < 4
    assert running.has_said("daemon_stopped")


def test_it_stops_in_the_middle_of_a_big_fetch(
    make_office: Callable[..., Office], mail_server: MailServer
) -> None:
    """SIGTERM with hundreds of mails under way: it ends in time, and the next start goes on."""
    office = make_office(mail_server)
    office.watch("intake")
    for number in range(300):
        office.deliver("intake", a_mail("large" if number % 60 == 7 else "plain", number).content)
    running = office.start()
    wait_until(lambda: office.ledger.count("receipt") > 0, what="the first batch")
    assert running.stop(within_s=STOP_WITHIN_S) < STOP_WITHIN_S
    assert running.has_said("daemon_stopped")  # work came to its commit, and was not cut off
    assert office.ledger.count("receipt") < 300
    again = office.start()
    office.wait_until_quiet(within_s=90)
    again.stop()
    assert office.ledger.count("enquiry") == 300
    assert len({a.content for a in mail_server.accepted}) == len(mail_server.accepted)


def test_it_stops_while_a_send_hangs(
    make_office: Callable[..., Office], mail_server: MailServer
) -> None:
    """SIGTERM while the mail server keeps silent: it ends in time; the mail goes next time."""
    office = make_office(mail_server)
    office.watch("intake")
    mail_server.answer(at="data", do="hang")
    office.deliver("intake", a_mail("information", 1).content)
    running = office.start()
    wait_until(lambda: ("data", a_mail("information", 1).sender) in mail_server.attempts)
    assert running.stop(within_s=STOP_WITHIN_S) < STOP_WITHIN_S
    mail_server.behave()
    again = office.start()
    office.wait_until_quiet(within_s=8)
    again.stop()
    answered = [a for a in mail_server.accepted if STEM in a.recipients[0]]
    assert len(answered) == 1


def test_it_stops_while_imap_and_smtp_say_nothing(
    make_office: Callable[..., Office], silent: Greeter
) -> None:
    """SIGTERM while every server has taken the connection and keeps silent: it ends in time."""
    office = make_office(smtp={"port": silent.port, "tls": "none"})
    office.watch_doors(port=silent.port, tls="none", idle=True)
    running = office.start()
    wait_until(lambda: silent.connections >= len(office.inboxes), what="the connections")
    assert running.stop(within_s=STOP_WITHIN_S) < STOP_WITHIN_S


def test_a_second_signal_ends_it_at_once(
    make_office: Callable[..., Office], silent: Greeter
) -> None:
    """Whoever cannot wait sends SIGTERM twice."""
    office = make_office(smtp={"port": silent.port, "tls": "none"})
    office.watch_doors(port=silent.port, tls="none")
    running = office.start()
    wait_until(lambda: silent.connections >= len(office.inboxes), what="the connections")
    running.ask_to_stop()
    running.wait_for("daemon_stopping")
    began = time.monotonic()
    running.ask_to_stop()
    assert running.process.wait(5) == 128 + 15
    assert time.monotonic() - began < AT_ONCE_S


def test_a_second_daemon_on_one_file_is_refused(
    make_office: Callable[..., Office], mail_server: MailServer
) -> None:
    """It ends with 75 and says what to do; the first is not disturbed."""
    office = make_office(mail_server)
    office.watch_doors()
    first = office.start()
    second = office.launch()
    assert second.process.wait(20) == 75
    said = second.log.read_text()
    assert "Another daemon works on this database file" in said
    assert "Traceback" not in said
    assert office.command("once").returncode == 75
    office.deliver("intake", a_mail("plain", 1).content)
    office.wait_until_quiet()
    first.stop()


def test_a_bad_config_is_refused_with_every_mistake(
    make_office: Callable[..., Office], silent: Greeter
) -> None:
    """It ends with 78 before a socket opens, and names each mistake by file and key."""
    office = make_office(smtp={"port": silent.port, "tls": "none", "colour": "blue"})
    office.watch_doors(port=silent.port, tls="none")
    office.watch("intake", port=silent.port, tls="none", password="file:nowhere")
    office.watch("again", box="intake", address="again@ombudsman.example", port=silent.port)
    office.inboxes["again"] = office.inboxes["intake"]
    office.change("routes.toml", 'intake = "intake"', 'intake = "nobody"')
    office.write()
    (office.config / "stakeholders.toml").write_text('[chairs]\naddresses = ["no address"]\n')
    running = office.launch()
    assert running.process.wait(20) == 78
    said = running.log.read_text()
    for file, key in (
        ("outlets.toml", "colour"),
        ("inboxes.toml", "password"),
        ("inboxes.toml", "name"),
        ("routes.toml", "routes.intake"),
        ("stakeholders.toml", "addresses"),
    ):
        assert any(file in line and key in line for line in said.splitlines()), (file, key)
    assert "Nothing was started" in said
    assert "Traceback" not in said
    assert silent.connections == 0
    checked = office.command("check", "--json")
    assert checked.returncode == 78
    assert len(json.loads(checked.stdout)["errors"]) >= 5


def test_a_mail_is_answered_within_seconds_by_idle(
    make_office: Callable[..., Office], mail_server: MailServer
) -> None:
    """IDLE wakes the poll and the poll wakes the sender, however seldom both look by themselves."""
    office = make_office(mail_server, schedule={"send_s": 60, "sweep_s": 60})
    office.watch_doors(idle=True, poll_s=60)
    running = office.start()
    for number, door in enumerate(office.inboxes):
        if number == 0:
            time.sleep(4)  # past the first poll, into IDLE
        took = _time_to_answer(office, mail_server, door, number)
        print(f"{door}: answered after {took:.2f} s")
        assert took < 3
    running.stop()


def _time_to_answer(office: Office, server: MailServer, door: str, number: int) -> float:
    """Return the seconds from a mail's arrival to its acknowledgement's acceptance."""
    mail = a_mail("information", number)
    began = time.monotonic()
    office.deliver(door, mail.content)
    wait_until(lambda: any(a.recipients == (mail.sender,) for a in server.accepted), within_s=10)
    return time.monotonic() - began


def test_once_polls_sends_and_sweeps_once(
    make_office: Callable[..., Office], mail_server: MailServer
) -> None:
    """One run takes in, answers, and escalates what is long overdue; the next finds nothing."""
    office = make_office(mail_server)
    office.watch_doors()
    office.write()
    office.deliver("intake", a_mail("plain", 1).content)
    sixty_days_ago = time.time() - 60 * 86400
    office.deliver("customer-care", a_mail("press", 2).content, arrived=sixty_days_ago)
    done = office.command("once", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"unavailable": []}
    assert office.ledger.count("receipt") == 2
    assert office.ledger.unsent() == 0
    escalated = [a for a in mail_server.accepted if a.recipients[0].startswith("ad.")]
    assert len(escalated) == 1  # one letter for all the steps that are due together
    before = len(mail_server.accepted)
    assert office.command("once").returncode == 0
    assert len(mail_server.accepted) == before


def test_once_says_what_could_not_be_reached(
    make_office: Callable[..., Office], mail_server: MailServer
) -> None:
    """It ends with 69, names the mailbox, and has done the rest."""
    office = make_office(mail_server)
    office.watch_doors()
    office.watch("ceo", port=free_port(), tls="none")
    office.write()
    office.deliver("intake", a_mail("plain", 1).content)
    done = office.command("once", "--json")
    assert done.returncode == 69
    assert json.loads(done.stdout) == {"unavailable": ["ceo"]}
    assert "ceo" in done.stderr
    assert office.ledger.count("enquiry") == 1
    assert office.ledger.unsent() == 0


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_after_a_kill_the_next_start_takes_over_at_once(
    make_office: Callable[..., Office],
    mail_server: MailServer,
    request: pytest.FixtureRequest,
    database: str,
) -> None:
    """A dead process's lease and claims are free at once, not when they would run out."""
    schedule = {"send_s": 0.5, "sweep_s": 5, "lease_s": 600}
    where = {} if database == "sqlite" else {"url": request.getfixturevalue("database_url")}
    office = make_office(mail_server, schedule=schedule, **where)
    office.watch("intake", poll_s=0.3)
    mail_server.answer(at="data", do="hang")
    office.deliver("intake", a_mail("information", 1).content)
    running = office.start()
    wait_until(lambda: ("data", a_mail("information", 1).sender) in mail_server.attempts)
    running.kill()
    assert office.ledger.rows("SELECT id FROM outbox WHERE state = 'claimed'")

    mail_server.behave()
    office.deliver("intake", a_mail("information", 2).content)
    began = time.monotonic()
    again = office.start()
    office.wait_until_quiet(within_s=10)
    print(f"taken over {time.monotonic() - began:.1f} s after the start")
    again.stop()
    answered = [a.recipients[0] for a in mail_server.accepted if STEM in a.recipients[0]]
    assert sorted(answered) == [a_mail("information", n).sender for n in (1, 2)]


def test_a_newer_schema_is_refused(
    make_office: Callable[..., Office], mail_server: MailServer
) -> None:
    """A database that a later version has changed is left alone: 78, and a sentence."""
    office = make_office(mail_server)
    office.watch_doors()
    office.write()
    assert office.command("once").returncode == 0
    _set_revision(office, "9999_from_the_future")
    done = office.command("once")
    assert done.returncode == 78
    assert "newer" in done.stderr
    assert "Traceback" not in done.stderr


def _set_revision(office: Office, revision: str) -> None:
    import sqlite3
    from contextlib import closing

    with closing(sqlite3.connect(office.state / "assurance.db")) as database, database:
        database.execute("UPDATE alembic_version SET version_num = ?", [revision])
