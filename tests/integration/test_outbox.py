"""Sending: in order, once where nothing breaks, and never with a transaction open."""

from __future__ import annotations

import threading
import time
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from connectors.base import (
    AccessDeniedError,
    DeferredError,
    RejectedError,
    UnavailableError,
)
from daemon.model import Hold, OutboxKind, Team
from daemon.outbox import CLAIM, GIVE_UP_AFTER
from daemon.store import StoreUnavailableError, schema
from tests.builders import NOW, OFFICE, a_mail, an_entry, an_office_over
from tests.fakes import FakeOutlet

OPERATOR = f"operator@{OFFICE}"


@pytest.fixture
def office(store):
    return an_office_over(store)


@pytest.fixture
def outlet():
    return FakeOutlet()


def queue(office, *entries, now=NOW):
    with office.store.write() as tx:
        return tx.queue(entries, enquiry_id=None, message_id=None, now=now)


def to(*names):
    return [an_entry(recipient=f"{name}@home.example") for name in names]


def outbox(office, *columns):
    query = select(*(schema.outbox.c[name] for name in columns)).order_by(schema.outbox.c.id)
    with office.store.read() as tx:
        return [row[0] if len(columns) == 1 else tuple(row) for row in tx.connection.execute(query)]


def events(office):
    with office.store.read() as tx:
        return tx.connection.scalars(select(schema.audit.c.event)).all()


def test_what_is_due_is_sent_in_order_and_marked(office, outlet):
    """However many there are, each once, its bytes as they were queued."""
    entries = to(*(f"r{n:02}" for n in range(45)))
    queue(office, *entries)
    done = office.sender.send_due(outlet)
    assert (done.sent, done.deferred, done.rejected, done.stopped_by) == (45, 0, 0, None)
    assert outlet.recipients == [entry.recipient for entry in entries]
    assert [sent.content for sent in outlet.sent] == [entry.content for entry in entries]
    assert {sent.sender for sent in outlet.sent} == {f"returns@{OFFICE}"}
    assert set(outbox(office, "state", "sent_at", "attempts")) == {("sent", NOW, 1)}
    assert events(office).count("outbox_sent") == 45
    assert office.sender.send_due(outlet).sent == 0


def test_what_is_held_or_not_yet_due_stays(office, outlet):
    """Nothing goes before its time or against a hold."""
    queue(office, an_entry(hold=Hold.LIMIT), an_entry(send_after=NOW + timedelta(seconds=1)))
    assert office.sender.send_due(outlet).sent == 0
    office.clock.move(seconds=1)
    assert office.sender.send_due(outlet).sent == 1


def test_an_acknowledgement_that_left_ends_its_clock(office, outlet):
    """Only that one; a notice ends none."""
    taken = office.take(a_mail())
    office.sender.send_due(outlet)
    ended = {c["kind"]: c["ended_by"] for c in office.view(taken.reference)["deadlines"]}
    assert ended == {"ack": "sent", "other": None}


def test_no_transaction_is_open_while_a_mail_is_handed_over(office, outlet):
    """A slow server keeps nobody from writing."""

    def write(_envelope):
        with office.store.write() as tx:
            tx.set_cursor("care", "1", now=NOW)

    outlet.on_send = write
    queue(office, an_entry())
    assert office.sender.send_due(outlet).sent == 1


# Refused for good


def test_a_refused_mail_has_failed_and_a_person_is_told_once(office, outlet):
    """The others go on; the reason is on record."""
    outlet.refused["bad@home.example"] = RejectedError("550 no such user", code=550)
    queue(office, *to("bad", "good"))
    done = office.sender.send_due(outlet)
    assert (done.sent, done.rejected) == (2, 1)
    assert outlet.recipients == ["good@home.example", f"team.customer-care@{OFFICE}"]
    assert outbox(office, "state", "last_error")[0] == ("failed", "550 no such user")
    office.clock.move(days=1)
    assert office.sender.send_due(outlet).sent == 0
    assert "outbox_failed" in events(office)


def test_a_refused_warning_is_not_warned_about(office, outlet):
    """A warning about a warning would never end."""
    outlet.refused[OPERATOR] = RejectedError("550 no such user")
    queue(office, an_entry(kind=OutboxKind.OPERATOR, recipient=OPERATOR))
    assert office.sender.send_due(outlet).rejected == 1
    assert outbox(office, "state") == ["failed"]


def test_an_acknowledgement_that_failed_shows_in_its_enquiry(office, outlet):
    """A letter is made, its clock runs, and Customer Care hear of it."""
    outlet.refused["resident@home.example"] = RejectedError("550 no such user")
    taken = office.take(a_mail())
    office.sender.send_due(outlet)
    view = office.view(taken.reference)
    answers = [o["state"] for o in view["outbox"] if o["kind"] == "acknowledgement"]
    assert answers == ["failed", "post"]
    ack = [(c["due_on"], c["ended_by"]) for c in view["deadlines"] if c["kind"] == "ack"]
    assert ack == [("2026-11-24", "moved"), ("2026-11-30", None)]
    care = next(one for one in outlet.sent if one.recipient == f"team.customer-care@{OFFICE}")
    assert f"assurance letter {taken.reference}".encode() in care.content


CARE, FIRST, SECOND = f"care@{OFFICE}", f"duty1@{OFFICE}", f"duty2@{OFFICE}"


A_CARE_TEAM = Team(id="customer-care", name="Customer Care", mailbox=CARE)


def with_policy(office, **changes):
    """The office's sender where the policy is another one."""
    failures = office.sender.failures
    return replace(
        office.sender,
        failures=replace(failures, policy=replace(failures.policy, **changes)),
    )


@pytest.mark.parametrize(
    ("kind", "refused", "told"),
    [
        (OutboxKind.ACKNOWLEDGEMENT, "x@home.example", [CARE]),
        (OutboxKind.ALERT, FIRST, [SECOND, OPERATOR]),
        (OutboxKind.NOTICE, FIRST, [OPERATOR]),
        (OutboxKind.REMINDER, FIRST, [OPERATOR]),
        (OutboxKind.ESCALATION, FIRST, [OPERATOR]),
        (OutboxKind.OPERATOR, OPERATOR, []),
    ],
)
def test_who_can_do_something_is_told_of_a_failure(office, outlet, kind, refused, told):
    """Customer Care write by post; of an alert all others on duty hear at once."""
    sender = with_policy(office, duty=(FIRST, SECOND), teams={"customer-care": A_CARE_TEAM})
    outlet.refused[refused] = RejectedError("550 no such user")
    queue(office, an_entry(kind=kind, recipient=refused))
    sender.send_due(outlet)
    assert outlet.recipients == told


def test_without_a_mailbox_of_customer_care_the_operators_are_told(office, outlet):
    """Somebody is."""
    outlet.refused["x@home.example"] = RejectedError("550 no such user")
    queue(office, *to("x"))
    with_policy(office, teams={}).send_due(outlet)
    assert outlet.recipients == [OPERATOR]


# Refused for now


def test_a_deferred_mail_waits_longer_each_time_and_others_go_on(office, outlet):
    """Doubling from half a minute to an hour, with jitter to spread them."""
    outlet.refused["grey@home.example"] = DeferredError("450 greylisted")
    queue(office, *to("grey", "good"))
    done = office.sender.send_due(outlet)
    assert (done.sent, done.deferred) == (1, 1)
    waits = []
    for _ in range(9):
        (again,) = [at for to_, at in outbox(office, "recipient", "send_after") if "grey" in to_]
        waits.append((again - office.clock()).total_seconds())
        office.clock.now = again - timedelta(seconds=1)
        assert office.sender.send_due(outlet).deferred == 0
        office.clock.now = again
        assert office.sender.send_due(outlet).deferred == 1
    assert waits == [30, 60, 120, 240, 480, 960, 1920, 3600, 3600]
    del outlet.refused["grey@home.example"]
    office.clock.move(hours=1)
    assert office.sender.send_due(outlet).sent == 1
    assert outbox(office, "last_error")[0] == ""


def test_jitter_spreads_the_waits():
    """From half the pause to all of it."""
    sender = an_office_over(None).sender
    assert sender.pause(1) == timedelta(seconds=30)
    object.__setattr__(sender, "jitter", lambda: 0.0)
    assert sender.pause(1) == timedelta(seconds=15)
    assert sender.pause(10_000) == timedelta(minutes=30)


def test_after_about_three_days_of_tries_a_person_takes_over(office, outlet):
    """It has failed, and the operator is told."""
    outlet.refused["grey@home.example"] = DeferredError("450 greylisted")
    queue(office, *to("grey"))
    tried = timedelta()
    for attempt in range(1, GIVE_UP_AFTER):
        tried += office.sender.pause(attempt)
    assert timedelta(days=3) <= tried <= timedelta(days=5)
    with office.store.write() as tx:
        tx.connection.execute(update(schema.outbox).values(attempts=GIVE_UP_AFTER - 1))
    done = office.sender.send_due(outlet)
    assert (done.deferred, done.sent) == (1, 1)
    assert outbox(office, "state") == ["failed", "sent"]


def test_an_entry_that_was_held_for_weeks_is_not_given_up_at_once(office, outlet):
    """Its tries count, not its age."""
    outlet.refused["grey@home.example"] = DeferredError("450 greylisted")
    queue(office, *to("grey"))
    office.clock.move(days=20)
    office.sender.send_due(outlet)
    assert outbox(office, "state") == ["waiting"]


# The outlet itself fails


@pytest.mark.parametrize("error", [UnavailableError("down"), AccessDeniedError("refused us")])
def test_while_an_outlet_is_away_for_days_nothing_is_given_up(office, outlet, error):
    """No attempt counts and nobody is told; then all of it goes."""
    entries = to("one", "two", "three")
    queue(office, *entries)
    outlet.down = error
    for _ in range(2 * GIVE_UP_AFTER):
        done = office.sender.send_due(outlet)
        assert (done.sent, done.deferred, done.stopped_by) == (0, 0, error)
        office.clock.move(hours=1)
    assert set(outbox(office, "state", "attempts")) == {("waiting", 0)}
    outlet.down = None
    assert office.sender.send_due(outlet).sent == 3
    assert sorted(outlet.recipients) == sorted(entry.recipient for entry in entries)


@pytest.mark.parametrize("error", [UnavailableError("down"), AccessDeniedError("refused us")])
def test_what_was_in_hand_when_an_outlet_failed_lets_others_go_first(office, outlet, error):
    """It waits its pause; what was not tried keeps its place."""
    queue(office, *to("one", "two", "three"))
    outlet.down = error
    office.sender.send_due(outlet)
    later, at_once = (NOW + timedelta(seconds=30), str(error)), (NOW, "")
    tried = 1 if isinstance(error, AccessDeniedError) else 2
    expected = [later] * tried + [at_once] * (3 - tried)
    assert outbox(office, "send_after", "last_error") == expected
    outlet.down = None
    office.clock.move(seconds=30)
    office.sender.send_due(outlet)
    assert outlet.recipients[0] == ["two@home.example", "three@home.example"][tried - 1]


def test_a_mail_over_which_the_outlet_fails_never_blocks_the_others(office, outlet):
    """Not even an alert, which stands first each time: it is deferred, and in the end given up."""
    outlet.refused["bad@home.example"] = UnavailableError("cut off")
    for number in range(GIVE_UP_AFTER):
        queue(office, *to(f"good{number}"))
        if not number:
            queue(office, an_entry(kind=OutboxKind.ALERT, recipient="bad@home.example"))
        done = office.sender.send_due(outlet)
        assert (done.sent, done.stopped_by) == (1 + 3 * (number + 1 == GIVE_UP_AFTER), None)
        office.clock.move(hours=1)
    assert set(outbox(office, "recipient", "state")) >= {("bad@home.example", "failed")}


def test_a_mail_alone_over_which_the_outlet_fails_is_no_proof(office, outlet):
    """Whether it is the mail's fault shows when another one goes."""
    outlet.refused["bad@home.example"] = UnavailableError("cut off")
    queue(office, *to("bad"))
    assert office.sender.send_due(outlet).stopped_by is outlet.refused["bad@home.example"]
    assert outbox(office, "state", "attempts") == [("waiting", 0)]


def test_an_outlet_that_fails_in_the_middle_keeps_what_was_sent(office, outlet):
    """The rest goes later, once."""
    queue(office, *to("one", "two", "three"))

    def fail(envelope):
        if envelope.recipient.startswith("two") and outlet.down is None:
            outlet.down = UnavailableError("cut off")
            raise outlet.down

    outlet.on_send = fail
    assert office.sender.send_due(outlet).sent == 1
    outlet.down, outlet.on_send = None, lambda _envelope: None
    office.clock.move(seconds=30)
    office.sender.send_due(outlet)
    assert outlet.recipients == ["one@home.example", "two@home.example", "three@home.example"]


def test_a_mistake_of_ours_with_one_mail_does_not_stop_the_others(office, outlet):
    """It is tried again later like one that was deferred."""
    outlet.refused["bad@home.example"] = ZeroDivisionError("words of a person")
    queue(office, *to("bad", "good"))
    done = office.sender.send_due(outlet)
    assert (done.sent, done.deferred) == (1, 1)
    assert "words" not in outbox(office, "last_error")[0]


# Stops, kills and two daemons


class Killed(BaseException):
    """The process ends here."""


def test_a_stop_between_two_mails_gives_the_rest_back(office, outlet):
    """They do not wait for the end of a claim."""
    queue(office, *to("one", "two", "three"))
    done = office.sender.send_due(outlet, until=lambda: len(outlet.sent) == 2)
    assert done.sent == 2
    assert outbox(office, "state", "attempts") == [("sent", 1), ("sent", 1), ("waiting", 0)]


def test_a_kill_between_send_and_mark_repeats_the_same_mail(office, outlet):
    """At least once: after the claim has ended, with the same bytes and Message-ID."""
    queue(office, *to("one"))

    def kill(envelope):
        outlet.sent.append(envelope)
        raise Killed

    outlet.on_send = kill
    with pytest.raises(Killed):
        office.sender.send_due(outlet)
    outlet.on_send = lambda _envelope: None
    assert office.sender.send_due(outlet).sent == 0
    office.clock.now += CLAIM + timedelta(seconds=1)
    assert office.sender.send_due(outlet).sent == 1
    first, second = outlet.sent
    assert first == second
    assert outbox(office, "state", "attempts") == [("sent", 2)]


def test_the_claims_of_a_process_that_is_gone_are_free_at_once(office, outlet):
    """And only those."""
    queue(office, *to("one", "two"))
    for holder, limit in (("dead", 1), ("alive", 1)):
        with office.store.write() as tx:
            tx.claim("relay", holder=holder, now=NOW, until=NOW + CLAIM, limit=limit)
    assert office.sender.free_claims_of_the_gone(lambda holder: holder == "dead") == 1
    office.sender.send_due(outlet)
    assert outlet.recipients == ["one@home.example"]


def test_nothing_is_sent_on_a_claim_that_may_have_ended(office, outlet):
    """However slow the server is, eleven minutes for each mail: all inside its claim."""
    queue(office, *to(*(f"r{n}" for n in range(8))))
    ends = []

    def slow(_envelope):
        claimed = [
            until for state, until in outbox(office, "state", "claimed_until") if state == "claimed"
        ]
        assert len(claimed) <= 5
        office.clock.move(minutes=11 if len(outlet.sent) % 2 else 4)
        ends.append(min(claimed) - office.clock())

    outlet.on_send = slow
    assert office.sender.send_due(outlet).sent == 8
    assert min(ends) >= timedelta(minutes=4)
    assert set(outbox(office, "state", "attempts")) == {("sent", 1)}


def test_two_daemons_send_everything_once(store, outlet):
    """Each sends what the other has not claimed."""
    one, two = an_office_over(store, holder="one"), an_office_over(store, holder="two")
    queue(one, *to(*(f"r{n}" for n in range(30))))
    other = FakeOutlet()

    def meanwhile(_envelope):
        outlet.on_send = lambda _envelope: None
        two.sender.send_due(other)

    outlet.on_send = meanwhile
    one.sender.send_due(outlet)
    assert len(outlet.recipients + other.recipients) == 30
    assert len({*outlet.recipients, *other.recipients}) == 30
    assert other.recipients


# Over several connections


@pytest.fixture
def wide(office, outlet):
    """Three connections to the outlet."""
    office.sender.connections[outlet.name] = 3
    return office


def test_several_mails_are_on_their_way_at_once(wide, outlet):
    """Each waits here for two others: one after the other they would wait in vain."""
    together = threading.Barrier(3)
    outlet.on_send = lambda _envelope: together.wait(timeout=10)
    queue(wide, *to("a", "b", "c"))
    assert wide.sender.send_due(outlet).sent == 3


def test_each_mail_leaves_once_over_several_connections(wide, outlet):
    """However many there are; each is marked and on record."""
    entries = to(*(f"r{n:02}" for n in range(90)))
    queue(wide, *entries)
    done = wide.sender.send_due(outlet)
    assert (done.sent, done.deferred, done.rejected, done.stopped_by) == (90, 0, 0, None)
    assert sorted(outlet.recipients) == [entry.recipient for entry in entries]
    assert set(outbox(wide, "state", "attempts")) == {("sent", 1)}
    assert events(wide).count("outbox_sent") == 90


def test_an_alert_does_not_wait_for_what_came_before_it(wide, outlet):
    """It is among the first, whatever else there is."""
    queue(wide, *to(*(f"r{n:02}" for n in range(30))))
    queue(wide, an_entry(recipient="alarm@home.example", kind=OutboxKind.ALERT))
    wide.sender.send_due(outlet)
    assert "alarm@home.example" in outlet.recipients[:3]


def test_an_outlet_that_is_away_costs_no_mail_an_attempt_on_any_connection(wide, outlet):
    """All is given back; the outlet is left alone."""
    outlet.down = UnavailableError("the server does not answer")
    queue(wide, *to(*"abcdefgh"))
    assert wide.sender.send_due(outlet).stopped_by is outlet.down
    assert set(outbox(wide, "state", "attempts", "claimed_by")) == {("waiting", 0, None)}
    outlet.down = None
    wide.clock.move(minutes=2)
    assert wide.sender.send_due(outlet).sent == 8


def test_one_mail_over_which_connections_break_keeps_no_other_back(wide, outlet):
    """It is tried again later, by itself; those that were refused are told of."""
    outlet.refused["b@home.example"] = UnavailableError("cut off")
    outlet.refused["e@home.example"] = RejectedError("550 no such user", code=550)
    queue(wide, *to(*"abcdefgh"))
    done = wide.sender.send_due(outlet)
    assert (done.rejected, done.deferred, done.stopped_by) == (1, 1, None)
    states = dict(outbox(wide, "recipient", "state"))
    assert states.pop("b@home.example") == "waiting"
    assert states.pop("e@home.example") == "failed"
    assert set(states.values()) == {"sent"}


def test_a_database_that_goes_away_ends_the_sending_on_every_connection(wide, outlet, monkeypatch):
    """What may have left is sent again, with the same bytes; each connection ends at once."""

    def fail(*_args, **_kwargs):
        raise StoreUnavailableError

    queue(wide, *to(*(f"r{n:02}" for n in range(5))))
    monkeypatch.setattr("daemon.store.Transaction.mark_sent", fail)
    with pytest.raises(StoreUnavailableError):
        wide.sender.send_due(outlet)
    assert len(outlet.sent) <= 3


def test_large_mails_are_loaded_one_at_a_time(wide, outlet):
    """Each may carry an original of 50 MB."""
    large = [replace(one, content=b"x" * 100_000) for one in to(*"abcd")]
    at_once, most = Counter(), []

    def count(envelope):
        at_once["large"] += len(envelope.content) > 64 << 10
        most.append(at_once["large"])
        time.sleep(0.05)
        at_once["large"] -= len(envelope.content) > 64 << 10

    outlet.on_send = count
    queue(wide, *large)
    assert wide.sender.send_due(outlet).sent == 4
    assert max(most) == 1
