"""The sweep: reminders and escalations once each, alerts until confirmed, holds that end."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from daemon.letters import Letters
from daemon.model import Category, Criterion
from tests.builders import (
    NOW,
    OFFICE,
    a_classification,
    a_mail,
    a_policy,
    a_team,
    an_office_over,
)
from tests.fakes import FakeOutlet

AT_RISK = a_classification(category=Category.OTHER, criteria=(Criterion.VULNERABLE,))
# Received on Monday 23 November, so due on Monday 7 December after ten working days.
REMINDED = datetime(2026, 12, 4, 9, tzinfo=UTC)
ESCALATED = datetime(2026, 12, 8, 9, tzinfo=UTC)
DUTY = [f"duty@{OFFICE}", f"second@{OFFICE}"]
FORGED = [("Authentication-Results", f"mx.{OFFICE}; dmarc=fail header.from=home.example")]


@pytest.fixture
def office(store):
    return an_office_over(store)


def taken(office, *, acknowledged=True, **mail):
    """An enquiry that Intake has; its acknowledgement has left."""
    reference = office.take(a_mail(**mail)).reference
    if acknowledged:
        office.sender.send_due(FakeOutlet())
    return reference


def at(office, when):
    office.clock.now = when
    return office.sweeper.sweep()


def told(office, reference, kind):
    return [letter["recipient"] for letter in office.letters_of(reference, kind)]


def test_nothing_is_due_before_its_time(office):
    """Not a second."""
    reference = taken(office)
    assert at(office, REMINDED - timedelta(seconds=1)).steps == 0
    assert told(office, reference, "reminder") == []


def test_the_holder_is_reminded_once(office):
    """On the last working day before, at nine; a second sweep and a restart add nothing."""
    reference = taken(office)
    assert at(office, REMINDED).steps == 1
    assert told(office, reference, "reminder") == [f"holder.intake@{OFFICE}"]
    for _ in range(3):
        assert office.sweeper.sweep().steps == 0
    assert an_office_over(office.store, clock=office.clock).sweeper.sweep().steps == 0
    assert told(office, reference, "reminder") == [f"holder.intake@{OFFICE}"]
    assert "reminder_queued" in [line["event"] for line in office.view(reference)["audit"]]


def test_what_is_late_is_escalated_once_to_the_assistant_director(office):
    """On the first working day after the last one."""
    reference = taken(office)
    at(office, REMINDED)
    at(office, ESCALATED - timedelta(seconds=1))
    assert told(office, reference, "escalation") == []
    at(office, ESCALATED)
    at(office, ESCALATED + timedelta(days=30))
    assert told(office, reference, "escalation") == [f"ad.intake@{OFFICE}"]


def test_several_steps_that_came_due_together_are_one_letter(office):
    """After an outage nobody is reminded of what is already late."""
    reference = taken(office)
    assert at(office, ESCALATED + timedelta(days=9)).steps == 2
    assert told(office, reference, "reminder") == []
    assert told(office, reference, "escalation") == [f"ad.intake@{OFFICE}"]


def test_many_enquiries_after_an_outage_are_one_letter_each(office):
    """However many steps are due, none is forgotten."""
    references = [taken(office, sender=f"r{n}@home.example") for n in range(5)]
    assert at(office, ESCALATED).steps == 10
    assert [len(told(office, one, "escalation")) for one in references] == [1] * 5


def test_a_reply_stops_reminders_and_escalations(office):
    """An answered case is left in peace."""
    reference = taken(office)
    office.casework.replied(reference, by="A. Name")
    assert at(office, ESCALATED).steps == 0
    assert told(office, reference, "reminder") == []


def test_without_a_holder_the_mailbox_is_reminded(store):
    """And escalated to, where nobody is named above."""
    bare = a_team("intake", holder="", assistant_director="", director="")
    policy = a_policy(teams={**a_policy().teams, "intake": bare})
    office = an_office_over(store, policy=policy)
    reference = taken(office)
    at(office, REMINDED)
    at(office, ESCALATED)
    assert told(office, reference, "reminder") == [f"team.intake@{OFFICE}"]
    assert told(office, reference, "escalation") == [f"team.intake@{OFFICE}"]


def test_an_acknowledgement_that_did_not_leave_is_customer_cares_alarm(office):
    """After one working day, whoever has the enquiry."""
    reference = taken(office, acknowledged=False)
    at(office, datetime(2026, 11, 25, 9, tzinfo=UTC))
    assert told(office, reference, "escalation") == [f"ad.customer-care@{OFFICE}"]


def test_one_that_left_raises_no_alarm(office):
    """Its clock has ended."""
    taken(office)
    assert at(office, datetime(2026, 11, 25, 9, tzinfo=UTC)).steps == 0


# Somebody may be at risk


@pytest.fixture
def alarming(office):
    """An office that takes everybody for somebody at risk."""
    office.classifier.usual = AT_RISK
    return office


def test_an_alert_climbs_until_a_person_confirms(alarming):
    """After an hour, then every thirty minutes, each time to both duty officers."""
    reference = taken(alarming)
    assert told(alarming, reference, "alert") == DUTY
    for number, minutes in enumerate([60, 90, 120], start=2):
        at(alarming, NOW + timedelta(minutes=minutes, seconds=-1))
        assert told(alarming, reference, "alert") == DUTY * (number - 1)
        at(alarming, NOW + timedelta(minutes=minutes))
        assert told(alarming, reference, "alert") == DUTY * number
    alarming.casework.confirm(reference, by="A. Name")
    at(alarming, NOW + timedelta(minutes=150))
    assert told(alarming, reference, "alert") == DUTY * 4


def test_an_alert_has_no_last_step(alarming):
    """It goes on every thirty minutes all night, and ends with a person's word."""
    reference = taken(alarming)
    for number, minutes in enumerate(range(60, 601, 30), start=2):
        at(alarming, NOW + timedelta(minutes=minutes, seconds=-1))
        assert told(alarming, reference, "alert") == DUTY * (number - 1)
        at(alarming, NOW + timedelta(minutes=minutes))
        assert told(alarming, reference, "alert") == DUTY * number
    alarming.casework.confirm(reference, by="A. Name")
    for hours in (11, 12, 24):
        assert at(alarming, NOW + timedelta(hours=hours)).steps == 0
    assert told(alarming, reference, "alert") == DUTY * 20


def test_after_an_outage_an_alert_goes_on_from_now(alarming):
    """All that came due is one letter; the next follows thirty minutes later."""
    reference = taken(alarming)
    at(alarming, NOW + timedelta(hours=9))
    assert at(alarming, NOW + timedelta(hours=9, minutes=29)).steps == 0
    assert at(alarming, NOW + timedelta(hours=9, minutes=30)).steps == 1
    assert told(alarming, reference, "alert") == DUTY * 3


def test_an_alert_that_nobody_saw_for_hours_climbs_once_for_them(alarming):
    """After an outage one letter each, not four."""
    reference = taken(alarming)
    at(alarming, NOW + timedelta(hours=9))
    assert told(alarming, reference, "alert") == DUTY * 2


def acknowledgement(office, reference):
    (letter,) = office.letters_of(reference)
    return letter["state"]


def test_the_general_text_goes_if_nobody_acts_within_the_hour(alarming):
    """The person who wrote is not left without any answer."""
    reference = taken(alarming)
    at(alarming, NOW + timedelta(minutes=59))
    assert acknowledgement(alarming, reference) == "held"
    assert at(alarming, NOW + timedelta(minutes=60)).released == 1
    assert acknowledgement(alarming, reference) == "waiting"
    outlet = FakeOutlet()
    alarming.sender.send_due(outlet)
    assert "resident@home.example" in outlet.recipients


def test_after_a_confirmation_it_waits_for_the_officer(alarming):
    """Somebody answers in their own words; no machine comes between."""
    reference = taken(alarming)
    alarming.casework.confirm(reference, by="A. Name")
    assert at(alarming, NOW + timedelta(days=3)).released == 0
    assert acknowledgement(alarming, reference) == "held"


def test_what_waits_for_another_reason_too_is_not_let_go_by_time(alarming):
    """A forged sender gets nothing because an hour went by."""
    reference = taken(alarming, headers=FORGED)
    assert at(alarming, NOW + timedelta(days=3)).released == 0
    assert acknowledgement(alarming, reference) == "held"


# Trouble


def test_one_clock_that_cannot_be_decided_does_not_stop_the_others(office, monkeypatch):
    """The mistake is raised at the end, and the rest is done; later it is tried again."""
    bad, good = taken(office, text="one"), taken(office, text="two")
    original = Letters.to_team

    def failing(self, kind, facts, **how):
        if facts.reference == bad:
            raise ZeroDivisionError
        return original(self, kind, facts, **how)

    with monkeypatch.context() as patched:
        patched.setattr(Letters, "to_team", failing)
        with pytest.raises(ZeroDivisionError):
            at(office, REMINDED)
    assert told(office, good, "reminder") == [f"holder.intake@{OFFICE}"]
    assert told(office, bad, "reminder") == []
    at(office, REMINDED)
    assert told(office, bad, "reminder") == [f"holder.intake@{OFFICE}"]


def test_more_bad_clocks_than_one_round_looks_at_hide_no_other(office, monkeypatch):
    """However many cannot be decided, what is due behind them is."""
    monkeypatch.setattr("daemon.sweep._PER_ROUND", 2)
    bad = {taken(office, text=f"bad {n}", sender=f"r{n}@home.example") for n in range(5)}
    office.clock.move(seconds=1)
    good = taken(office, text="good")
    original = Letters.to_team

    def failing(self, kind, facts, **how):
        if facts.reference in bad:
            raise ZeroDivisionError
        return original(self, kind, facts, **how)

    monkeypatch.setattr(Letters, "to_team", failing)
    with pytest.raises(ZeroDivisionError):
        at(office, REMINDED)
    assert told(office, good, "reminder") == [f"holder.intake@{OFFICE}"]


class Killed(BaseException):
    """The process ends here."""


def test_a_kill_between_deciding_and_queueing_loses_no_reminder(office, monkeypatch):
    """Both stand in one transaction."""
    reference = taken(office)

    def kill(*_args, **_kwargs):
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr("daemon.store.Transaction.queue", kill)
        with pytest.raises(Killed):
            at(office, REMINDED)
    assert at(office, REMINDED).steps == 1
    assert told(office, reference, "reminder") == [f"holder.intake@{OFFICE}"]
