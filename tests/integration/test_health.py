"""Health: what is well, what the operators are told, once, and what monitoring is told."""

from __future__ import annotations

import json
import re
import sqlite3
from datetime import timedelta

import pytest
from sqlalchemy import update

from connectors.base import AccessDeniedError, PausedError, UnavailableError
from daemon.app.courier import Courier
from daemon.app.metrics import NAMES, registry_of
from daemon.app.networks import Networks
from daemon.app.signing_in import SignIns
from daemon.app.ticks import Tick
from daemon.app.watch import Watch
from daemon.config import SocialFile
from daemon.deadlines import WorkingDays
from daemon.health import Alarms, Common, Level, as_json, from_json, in_one_line
from daemon.health.common import LINK
from daemon.health.kept import REPORT
from daemon.links import LinkCheck
from daemon.pauses import Pauses
from daemon.poll import Poller
from daemon.startup import share
from daemon.store import StoreUnavailableError, schema
from daemon.systemd import Manager
from tests.builders import (
    NOW,
    OFFICE,
    a_mail,
    a_raw,
    a_store,
    an_entry,
    an_inbox,
    an_office_over,
    text_of,
)
from tests.fakes import FakeInbox, FakeLog, FakeOutlet

OPERATOR = f"operator@{OFFICE}"


class Desk:
    """A daemon's watch over one inbox and one outlet, with everything at hand."""

    def __init__(self, store, tmp_path, *, host="one"):
        self.office = an_office_over(store)
        self.clock = self.office.clock
        self.inbox, self.outlet, self.log = FakeInbox(name="care"), FakeOutlet(), FakeLog()
        self.past_the_outbox = []
        self.poller = Poller(
            inbox=self.inbox,
            facts=an_inbox(),
            intake=self.office.intake,
            store=store,
            batch=3,
            clock=self.clock,
            log=FakeLog(),
            lease=lambda: self.lease,
            stopping=lambda: False,
            on_taken=lambda _inbox, _taken: None,
        )
        self.lease = store.acquire_lease("care", host, ttl_s=10**9, is_gone=lambda _holder: True)
        self.courier = Courier(
            outlet=self.outlet,
            sender=self.office.sender,
            clock=self.clock,
            log=FakeLog(),
            stopping=lambda: False,
        )
        self.ticks = {"sweep": Tick(name="sweep", work=lambda: None, failed=lambda *_: None)}
        self.networks = Networks(
            social=SocialFile(), store=lambda: store, keys=lambda: [b"key" * 12], clock=self.clock
        )
        self.watch = Watch(
            store=store,
            clock=self.clock,
            log=self.log,
            manager=Manager({}),
            alarms=Alarms(
                store=store,
                letters=self.office.letters,
                operators=(OPERATOR,),
                host=host,
                after=timedelta(minutes=10),
                send=self._send,
            ),
            common=Common(days=WorkingDays(self.office.policy.clocks), inboxes=["care"]),
            pauses=Pauses(store=store, log=FakeLog()),
            pollers={"care": self.poller},
            couriers={"relay": self.courier},
            ticks=self.ticks,
            sign_ins=SignIns(()),
            networks=self.networks,
            model_why=lambda: "",
            state_dir=tmp_path,
            disk_free_mb=1,
            host=host,
            pid=1,
            version="1.0",
            started_at=NOW,
        )

    def _send(self, entry):
        self.past_the_outbox.append(entry)
        return self.outlet.down is None

    def look(self, **later):
        """Look, after some time; return the parts by name."""
        self.clock.move(**later)
        self.courier.send()
        self.watch.look()
        return {part.name: part for part in self.watch.report.parts}

    def alarms(self):
        """The mails that the operators have got, by the outbox."""
        with self.office.store.read() as tx:
            row = schema.outbox
            found = tx.connection.execute(row.select().where(row.c.key.startswith("alarm:")))
            return [text_of(one.content) for one in found if one.recipient == OPERATOR]


@pytest.fixture
def desk(store, tmp_path):
    return Desk(store, tmp_path)


def test_all_is_well(desk):
    """After the first look into the inbox; and a line says so."""
    desk.poller.poll()
    parts = desk.look()
    assert {part.level for part in parts.values()} == {Level.WELL}
    assert in_one_line(desk.watch.report).startswith("All is well: 1 inbox watched, 0 letters")
    assert desk.alarms() == []


def test_how_long_mail_lay_there_and_how_much_lies_there_still(desk):
    """The lag of the newest that was stored; the backlog as the last batch said."""
    desk.inbox.deliver(a_mail(), at=NOW - timedelta(seconds=90))
    desk.poller.poll()
    figures = desk.look()["inbox:care"].figures
    assert (figures["lag_s"], figures["backlog"]) == (90, 0)
    desk.poller.backlog = 7
    assert desk.look()["inbox:care"].figures["backlog"] == 7


def test_a_report_goes_through_json(desk):
    """What the store keeps is what the daemon said."""
    desk.inbox.broken = UnavailableError("mail.example:993 cannot be reached (gaierror)")
    desk.poller.poll()
    desk.look()
    assert from_json(json.loads(json.dumps(as_json(desk.watch.report)))) == desk.watch.report
    with desk.office.store.read() as tx:
        (kept,) = tx.markers(REPORT).values()
    assert from_json(json.loads(kept)).level is Level.TROUBLE


def test_an_inbox_that_cannot_be_reached_is_told_of_once_and_once_when_it_is_back(desk):
    """Not at the first failure; then in one mail, however long it lasts, also after a restart."""
    desk.inbox.broken = UnavailableError("mail.example:993 cannot be reached (gaierror)")
    desk.poller.poll()
    assert desk.look()["inbox:care"].why.startswith("mail.example:993 cannot be reached")
    assert desk.alarms() == []
    desk.look(minutes=11)
    (mail,) = desk.alarms()
    assert "Inbox care: mail.example:993 cannot be reached (gaierror). Since" in " ".join(
        mail.split()
    )
    for _ in range(3):
        desk.look(hours=1)
    desk.watch.alarms.told_of_store = None  # as after a restart: the store alone remembers
    desk.look(hours=1)
    assert len(desk.alarms()) == 1
    desk.inbox.broken = None
    desk.poller.poll()
    desk.look()
    assert "well again" in desk.alarms()[1]
    desk.look(hours=1)
    assert len(desk.alarms()) == 2


def test_it_is_told_of_anew_when_it_fails_anew(desk):
    """Two outages are two mails, and two of recovery."""
    for _ in range(2):
        desk.inbox.broken = UnavailableError("away")
        desk.poller.retry_at = None
        desk.poller.poll()
        desk.look(minutes=11)
        desk.look(minutes=11)
        desk.inbox.broken = desk.poller.retry_at = None
        desk.poller.poll()
        desk.look()
    assert len(desk.alarms()) == 4


def test_a_wrong_password_is_told_of_at_once(desk):
    """Nothing but a person changes it."""
    desk.inbox.broken = AccessDeniedError("mail.example:993 does not accept the name or password")
    desk.poller.poll()
    part = desk.look()["inbox:care"]
    assert part.level is Level.TROUBLE
    assert "assurance connect care" in part.do
    assert len(desk.alarms()) == 1


def test_a_short_failure_is_nobodys_business(desk):
    """Back within ten minutes: no mail, neither about it nor about its end."""
    desk.inbox.broken = UnavailableError("away")
    desk.poller.poll()
    desk.look(minutes=5)
    desk.inbox.broken = desk.poller.retry_at = None
    desk.poller.poll()
    desk.look(minutes=10)
    assert desk.alarms() == []


def test_an_outlet_that_fails_and_comes_back_without_mail_to_send(desk):
    """Whether it is back is found out by asking, not by the next letter."""
    with desk.office.store.write() as tx:
        tx.queue([an_entry(outlet="relay")], enquiry_id=None, message_id=None, now=NOW)
    desk.outlet.down = UnavailableError("smtp.example:587 cannot be reached (timeout)")
    desk.courier.send()
    assert desk.look()["outlet:relay"].level is Level.TROUBLE
    with desk.office.store.write() as tx:
        tx.connection.execute(update(schema.outbox).values(state="cancelled"))
    desk.clock.move(minutes=6)
    desk.courier.send()
    assert desk.courier.failures == 2
    desk.outlet.down = None
    desk.clock.move(minutes=6)
    desk.courier.send()
    assert desk.courier.failures == 0
    assert desk.look()["outlet:relay"].level is Level.WELL


def test_letters_that_should_have_left_are_counted(desk):
    """A quarter of an hour is enough for any of them."""
    with desk.office.store.write() as tx:
        entry = an_entry(send_after=NOW, outlet="other")
        tx.queue([entry], enquiry_id=None, message_id=None, now=NOW)
    assert desk.look(minutes=10)["outbox"].level is Level.WELL
    part = desk.look(minutes=10)["outbox"]
    assert part.level is Level.WARNING
    assert part.figures["overdue"] == 1
    assert part.why.startswith("1 letter should have left by now")


def test_what_is_in_quarantine_is_told_of(desk):
    """And no more when it is empty again."""
    desk.office.classifier.by_word["Stumble"] = ValueError("a bug")
    desk.office.take(a_mail(text="Stumble"))
    assert desk.look()["quarantine"].figures["messages"] == 1
    assert "1 message could not be read and is kept" in desk.look()["quarantine"].why


def test_a_busy_inbox_that_falls_silent_is_told_of(desk):
    """By its own usual; the operators learn it at once, since the day is short."""
    start = desk.clock()
    for number in range(60):
        at = start + timedelta(minutes=5 * number)
        raw = a_raw(a_mail(text=f"Mail {number}"), arrived_at=at)
        desk.clock.now = at
        desk.office.take(raw)
    assert desk.look()["arrivals:care"].level is Level.WELL
    part = desk.look(days=3)["arrivals:care"]
    assert part.level is Level.WARNING
    assert part.why.startswith("Nothing has come since")
    assert any("Nothing has come since" in " ".join(mail.split()) for mail in desk.alarms())


def test_a_store_that_cannot_be_written_is_told_past_the_outbox(tmp_path, monkeypatch):
    """It can queue nothing: the mail goes straight to the mail server, once, and once after."""
    file = tmp_path / "a.db"
    monkeypatch.setattr("daemon.store.engine.BUSY_TIMEOUT_MS", 10)
    desk = Desk(a_store(f"sqlite:///{file}"), tmp_path)
    desk.look()
    other = sqlite3.connect(file)
    other.execute("BEGIN IMMEDIATE")
    desk.courier.retry_at = desk.clock() + timedelta(days=1)  # it would claim nothing either
    part = desk.look()["store"]
    assert part.level is Level.TROUBLE
    assert "It can be read, but not written: another program has locked" in part.why
    assert desk.past_the_outbox == []
    desk.look(minutes=11)
    desk.look(minutes=11)
    assert len(desk.past_the_outbox) == 1
    other.rollback()
    desk.courier.retry_at = None
    desk.look(minutes=1)
    assert len(desk.alarms()) == 1
    assert "well again" in desk.alarms()[0]


def test_two_daemons_tell_once(store, tmp_path):
    """What they share is told by whoever looks first; what is one machine's own by that one."""
    one, two = Desk(store, tmp_path), Desk(store, tmp_path, host="two")
    one.office.classifier.by_word["Stumble"] = ValueError("a bug")
    one.office.take(a_mail(text="Stumble"))
    for each in (one, two):
        each.look(minutes=20)
        each.look(minutes=20)
    assert len(one.alarms()) == 1
    for each in (one, two):
        each.outlet.down = AccessDeniedError("refused")
        each.courier.standing.failed(each.outlet.down, each.clock())
        each.look()
    assert len(one.alarms()) == 3


def test_a_daemon_that_ends_leaves_no_report(desk):
    """Nobody is told of a daemon that was stopped in good order."""
    desk.look()
    desk.watch.leave()
    with desk.office.store.read() as tx:
        assert tx.markers(REPORT) == {}


def test_a_clock_that_was_set_back_over_a_restart_is_told_of(desk):
    """What was last noted, by whichever process, is of the future."""
    desk.look()
    desk.watch.pid += 1
    part = desk.look(hours=-1)["clock"]
    assert part.level is Level.WARNING
    assert "it was set back" in part.why


def test_a_clock_that_was_set_is_told_of_for_an_hour(desk):
    """By how much, and which way."""
    desk.watch.jumped = (desk.clock(), 3600.0)
    assert "set forward by 3,600 seconds" in desk.look()["clock"].why
    assert desk.look(hours=2)["clock"].level is Level.WELL


def test_a_disk_that_fills_is_told_of_before_it_is_full(desk):
    """A warning, then trouble."""
    desk.watch.disk_free_mb = 10**9
    part = desk.look()["disk"]
    assert part.level is Level.TROUBLE
    assert "MB are free where" in part.why


def test_the_log_says_each_thing_once(desk):
    """When it begins and when it ends."""
    desk.inbox.broken = UnavailableError("away")
    desk.poller.poll()
    desk.look()
    desk.look()
    desk.inbox.broken = desk.poller.retry_at = None
    desk.poller.poll()
    desk.look()
    desk.look()
    assert desk.log.events == ["health_troubled", "health_well-again"]


def test_a_poll_that_does_not_end_is_told_of(desk):
    """A server that keeps silent in the middle of a batch."""
    desk.poller.is_ours = True
    desk.poller.standing.begins(desk.clock())
    assert desk.look(minutes=14)["inbox:care"].level is Level.WELL
    assert "not come to an end" in desk.look(minutes=2)["inbox:care"].why


def test_a_pause_is_a_persons_wish(desk):
    """Nobody is alarmed about it, nor is it missing where it was paused before the start."""
    assert "inbox:care" not in desk.look()
    desk.watch.pauses.said.add("inbox:care")
    desk.poller.standing.failed(UnavailableError("away"), desk.clock())
    part = desk.look(hours=2)["inbox:care"]
    assert part.level is Level.WELL
    assert "paused" in part.why


def test_alive_means_that_the_database_answered_and_work_was_done(desk):
    """Neither alone feeds the watchdog."""
    assert not desk.watch.is_alive(60)
    desk.look()
    assert not desk.watch.is_alive(60)
    desk.ticks["sweep"]()
    assert desk.watch.is_alive(60)
    desk.watch.answered_at -= 100
    assert not desk.watch.is_alive(60)


def test_that_it_looks_is_no_sign_of_life(desk):
    """All other work may stand still."""
    desk.look()
    desk.ticks["sweep"].ended_at = 0.0
    desk.ticks["health"] = Tick(name="health", work=lambda: None, failed=lambda *_: None)
    desk.ticks["health"]()
    assert not desk.watch.is_alive(60)


def test_work_that_fails_and_does_again_is_told_of_twice(desk):
    """With its name and the class of the mistake; and that it is over."""
    tick = desk.ticks["sweep"]
    tick.errors, tick.error = 2, "KeyError"
    assert "stopped sweep (KeyError), 2 times in a row" in desk.look()["work"].why
    desk.look(minutes=11)
    tick.errors = 0
    desk.look()
    assert len(desk.alarms()) == 2


def test_a_model_that_is_missing_is_told_of_twice(desk):
    """Once, and once when one serves."""
    desk.watch.model_why = lambda: "No model has been learnt yet."
    assert desk.look()["model"].level is Level.WARNING
    desk.look(minutes=11)
    desk.watch.model_why = lambda: ""
    desk.look()
    assert len(desk.alarms()) == 2


def test_metrics_name_every_figure(desk):
    """Levels by part, and figures with the name behind the colon as a label."""
    desk.poller.poll()
    desk.look()
    found = {
        (sample.name, tuple(sample.labels.values())): sample.value
        for metric in registry_of(desk.watch.report, desk.clock()).collect()
        for sample in metric.samples
    }
    assert found["assurance_up", ()] == 1
    assert found["assurance_part_level", ("inbox:care",)] == 0
    assert found["assurance_inbox_last_success_timestamp_seconds", ("care",)] == (
        desk.poller.standing.well_at.timestamp()
    )
    assert found["assurance_outbox_waiting_letters", ()] == 0


def test_every_alert_rule_names_a_metric_that_there_is():
    """And every metric of a report is among the names."""
    rules = (share() / "systemd" / "alerts.yml").read_text()
    expressions = re.findall(r"expr: (.*)", rules)
    assert len(expressions) >= 10
    assert set(re.findall(r"assurance_\w+", " ".join(expressions))) <= NAMES


def test_without_a_look_metrics_say_so():
    """A process that hangs from the start."""
    (metric,) = registry_of(None, NOW).collect()
    assert metric.samples[0].value == 0


# The link to the routing diagram


class Page:
    """A page that is there, or is not, and how often it was asked for."""

    def __init__(self):
        self.why, self.asked = "", 0

    def __call__(self, _url):
        self.asked += 1
        return self.why


def a_check(desk, page, url="https://ombudsman.example/diagram"):
    return LinkCheck(
        store=desk.office.store, url=url, every=timedelta(days=7), clock=desk.clock, ask=page
    )


def test_the_link_is_tried_once_a_week(desk):
    """Whoever looks, however often the daemon is started."""
    page = Page()
    for _ in range(15):
        a_check(desk, page).look()
        desk.clock.move(days=1)
    assert page.asked == 3
    assert desk.look()["link"].level is Level.WELL


def test_a_link_that_leads_nowhere_is_told_of(desk):
    """The server says so: no doubt about it."""
    page = Page()
    page.why = "The server answers 404: whoever follows the link finds nothing."
    a_check(desk, page).look()
    part = desk.look()["link"]
    assert part.level is Level.WARNING
    assert "routing_diagram_url" in part.do
    page.why = ""
    desk.clock.move(hours=7)
    a_check(desk, page).look()
    assert desk.look()["link"].level is Level.WELL


def test_a_way_that_is_broken_is_told_of_at_the_third_try(desk):
    """It may be our own network; six hours lie between two tries."""
    page = Page()
    page.why = "The server could not be asked (ConnectError)."
    for expected in (Level.WELL, Level.WELL, Level.WARNING):
        a_check(desk, page).look()
        assert desk.look()["link"].level is expected
        desk.clock.move(hours=7)


def test_another_link_is_tried_at_once(desk):
    """Whoever corrects the config does not wait for a week."""
    page = Page()
    a_check(desk, page).look()
    a_check(desk, page, "https://ombudsman.example/other").look()
    assert page.asked == 2
    with desk.office.store.read() as tx:
        assert "other" in tx.marker(LINK)


# What the store says of itself


def test_a_database_that_is_read_only_says_so(store):
    """And is no mistake of ours: it is tried again, and told of."""
    read_only = (
        "PRAGMA query_only = ON" if not store.allows_many_daemons else ("SET TRANSACTION READ ONLY")
    )

    def write():
        with store.write() as tx:
            tx.connection.exec_driver_sql(read_only)
            tx.set_marker("a", "b", now=NOW)

    with pytest.raises(StoreUnavailableError, match="read-only"):
        write()
    store.close()  # SQLite's connection keeps the pragma


def test_an_outlet_that_may_send_no_more_for_now_is_left_alone_and_well(store, tmp_path):
    """Its share is used up until an hour that it names: nothing is wrong."""
    desk = Desk(store, tmp_path)
    desk.office.take(a_mail())
    until = desk.clock() + timedelta(minutes=20)
    desk.outlet.down = PausedError("used up", retry_at=until)
    desk.courier.send()
    assert (desk.courier.retry_at, desk.courier.failures) == (until, 0)
    assert desk.courier.standing.since_at is None
    desk.outlet.down = None
    desk.clock.move(minutes=19)
    desk.courier.send()
    assert desk.outlet.sent == []
    desk.clock.move(minutes=1)
    desk.courier.send()
    assert desk.outlet.sent


def test_an_outlet_that_names_an_hour_is_not_tried_before(store, tmp_path):
    """A refusal for too many requests, say: that is told, and waited out."""
    desk = Desk(store, tmp_path)
    desk.office.take(a_mail())
    until = desk.clock() + timedelta(minutes=20)
    desk.outlet.down = UnavailableError("too many", retry_at=until)
    desk.courier.send()
    assert desk.courier.retry_at == until
    assert desk.courier.standing.since_at == NOW
