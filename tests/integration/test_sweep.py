"""The sweep: reminders and escalations once each, alerts until confirmed, holds that end."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from daemon.letters import Letters
from daemon.model import Absence, Category, Criterion
from daemon.store import schema
from tests.builders import (
    NOW,
    OFFICE,
    a_classification,
    a_mail,
    a_policy,
    a_team,
    an_office_over,
    text_of,
)
from tests.fakes import FakeOutlet

AT_RISK = a_classification(category=Category.OTHER, criteria=(Criterion.VULNERABLE,))
# Received on Monday 23 November, so due on Monday 7 December after ten working days.
MIDWAY = datetime(2026, 11, 30, 9, tzinfo=UTC)  # the midpoint, and the 5th working day before
REMINDED = datetime(2026, 12, 4, 9, tzinfo=UTC)
ESCALATED = datetime(2026, 12, 8, 9, tzinfo=UTC)
HIGHER = datetime(2026, 12, 10, 9, tzinfo=UTC)
DUTY = [f"duty@{OFFICE}", f"second@{OFFICE}"]
MANAGER, DIRECTOR = f"ad.customer-care@{OFFICE}", f"director@{OFFICE}"
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
    assert at(office, MIDWAY - timedelta(seconds=1)).steps == 0
    assert told(office, reference, "reminder") == []


def test_the_holder_is_reminded_once_at_each_time(office):
    """Midway and on the last working day before, at nine; a restart adds nothing."""
    reference = taken(office)
    for number, when in enumerate([MIDWAY, REMINDED], start=1):
        assert at(office, when).steps == 1
        assert told(office, reference, "reminder") == [f"holder.intake@{OFFICE}"] * number
        for _ in range(3):
            assert office.sweeper.sweep().steps == 0
        assert an_office_over(office.store, clock=office.clock).sweeper.sweep().steps == 0
        assert told(office, reference, "reminder") == [f"holder.intake@{OFFICE}"] * number
    assert "reminder_queued" in [line["event"] for line in office.view(reference)["audit"]]


def test_what_is_late_climbs_to_the_assistant_director_then_the_director(office):
    """On the first working day after the last one, and two working days later; then no more."""
    reference = taken(office)
    for when in (MIDWAY, REMINDED, ESCALATED - timedelta(seconds=1)):
        at(office, when)
    assert told(office, reference, "escalation") == []
    at(office, ESCALATED)
    assert told(office, reference, "escalation") == [f"ad.intake@{OFFICE}"]
    at(office, HIGHER)
    at(office, HIGHER + timedelta(days=30))
    assert told(office, reference, "escalation") == [f"ad.intake@{OFFICE}", f"director@{OFFICE}"]


def test_a_persons_reminders_of_a_morning_are_one_digest(office):
    """However many; the last one of each clock comes singly."""
    references = [taken(office, sender=f"r{n}@home.example") for n in range(3)]
    assert at(office, MIDWAY).steps == 3
    (digest,) = office.digests()
    assert digest["recipient"] == f"holder.intake@{OFFICE}"
    assert all(one in digest["text"] for one in references)
    assert at(office, REMINDED).steps == 3
    assert len(office.digests()) == 1
    assert [len(told(office, one, "reminder")) for one in references] == [1] * 3


def test_after_an_outage_each_person_gets_one_summary(office):
    """Catching up is no storm: what is overdue comes first, and nothing is told twice."""
    references = [taken(office, sender=f"r{n}@home.example") for n in range(5)]
    assert at(office, HIGHER + timedelta(days=9)).steps == 20
    summaries = office.digests()
    people = ["ad.intake", "director", "holder.intake"]
    assert sorted(one["recipient"] for one in summaries) == [f"{one}@{OFFICE}" for one in people]
    assert all(one in summary["text"] for one in references for summary in summaries)
    assert all("Overdue" in summary["text"] for summary in summaries)
    assert [
        told(office, one, "escalation") + told(office, one, "reminder") for one in references
    ] == [[]] * 5
    assert at(office, HIGHER + timedelta(days=10)).steps == 0


def test_a_reply_that_was_seen_silences_reminders_but_no_escalation(office):
    """Only a person's word ends the clock."""
    reference = taken(office)
    with office.store.write() as tx:
        tx.reply_seen(tx.enquiry(reference).id, now=NOW)
    for when in (MIDWAY, REMINDED, ESCALATED):
        assert at(office, when).steps == 1
    assert told(office, reference, "reminder") == []
    assert told(office, reference, "escalation") == [f"ad.intake@{OFFICE}"]
    assert "reminder_silenced" in [line["event"] for line in office.view(reference)["audit"]]


def test_what_falls_to_somebody_away_goes_to_the_deputy(store):
    """On the day of the reminder, not on that of the receipt."""
    away = Absence(
        person=f"holder.intake@{OFFICE}", from_on=REMINDED.date(), until_on=REMINDED.date()
    )
    team = a_team("intake", deputy=f"deputy.intake@{OFFICE}")
    policy = a_policy(teams={**a_policy().teams, "intake": team}, absences=(away,))
    office = an_office_over(store, policy=policy)
    reference = taken(office)
    at(office, MIDWAY)
    at(office, REMINDED)
    assert told(office, reference, "reminder") == [
        f"holder.intake@{OFFICE}",
        f"deputy.intake@{OFFICE}",
    ]


def test_whom_an_enquiry_is_about_hears_nothing_of_it(office):
    """Neither as its holder nor as who answers for the team (process, "About us ourselves")."""
    reference = taken(office)
    for person in ("holder.intake", "ad.intake"):
        office.casework.set_subject(reference, f"{person}@{OFFICE}", by="A. Name")
    for when in (MIDWAY, REMINDED, ESCALATED, HIGHER):
        at(office, when)
    heard = told(office, reference, "reminder") + told(office, reference, "escalation")
    assert set(heard) == {f"director@{OFFICE}"}


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
    for when in (MIDWAY, REMINDED, ESCALATED):
        at(office, when)
    assert told(office, reference, "reminder") == [f"team.intake@{OFFICE}"] * 2
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
    """After an hour, then every thirty minutes; from the second climb on those above hear too."""
    reference = taken(alarming)
    heard = [*DUTY]
    assert told(alarming, reference, "alert") == heard
    above = [[], [MANAGER], [MANAGER, DIRECTOR]]
    for higher, minutes in zip(above, [60, 90, 120], strict=True):
        at(alarming, NOW + timedelta(minutes=minutes, seconds=-1))
        assert told(alarming, reference, "alert") == heard
        at(alarming, NOW + timedelta(minutes=minutes))
        heard += [*DUTY, *higher]
        assert told(alarming, reference, "alert") == heard
    alarming.casework.confirm(reference, by="A. Name")
    at(alarming, NOW + timedelta(minutes=150))
    assert told(alarming, reference, "alert") == heard


def test_an_alert_has_no_last_step(alarming):
    """It goes on every thirty minutes all night, and ends with a person's word."""
    reference = taken(alarming)
    officer = DUTY[0]
    for number, minutes in enumerate(range(60, 601, 30), start=2):
        at(alarming, NOW + timedelta(minutes=minutes, seconds=-1))
        assert told(alarming, reference, "alert").count(officer) == number - 1
        at(alarming, NOW + timedelta(minutes=minutes))
        assert told(alarming, reference, "alert").count(officer) == number
    alarming.casework.confirm(reference, by="A. Name")
    for hours in (11, 12, 24):
        assert at(alarming, NOW + timedelta(hours=hours)).steps == 0
    assert told(alarming, reference, "alert").count(officer) == 20


def test_after_an_outage_an_alert_goes_on_from_now(alarming):
    """All that came due is one letter; the next follows thirty minutes later."""
    reference = taken(alarming)
    at(alarming, NOW + timedelta(hours=9))
    assert at(alarming, NOW + timedelta(hours=9, minutes=29)).steps == 0
    assert at(alarming, NOW + timedelta(hours=9, minutes=30)).steps == 1
    assert told(alarming, reference, "alert").count(DUTY[0]) == 3


def test_an_alert_that_nobody_saw_for_hours_climbs_once_for_them(alarming):
    """After an outage one letter each, not four."""
    reference = taken(alarming)
    at(alarming, NOW + timedelta(hours=9))
    assert told(alarming, reference, "alert") == [*DUTY, *DUTY, MANAGER, DIRECTOR]


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


def words_of(office):
    """The words of each mail that goes out now, by who gets it."""
    outlet = FakeOutlet()
    office.sender.send_due(outlet)
    return {e.recipient: text_of(e.content) for e in outlet.sent}


HUMANE = "we want you to be safe"


def test_the_humane_text_is_what_waits_and_the_general_one_what_goes_after_an_hour(alarming):
    """Process, "Vulnerable" (*house*)."""
    reference = taken(alarming)
    with alarming.store.read() as tx:
        enquiry = tx.enquiry(reference)
        query = select(schema.outbox.c.content).where(
            schema.outbox.c.enquiry_id == enquiry.id, schema.outbox.c.kind == "acknowledgement"
        )
        assert HUMANE in text_of(tx.connection.scalar(query))
    at(alarming, NOW + timedelta(minutes=60))
    said = words_of(alarming)["resident@home.example"]
    assert HUMANE not in said
    assert "We have your message" in said


@pytest.mark.parametrize(("usual", "humane"), [(False, True), (True, False)])
def test_an_officer_sends_either_text(alarming, usual, humane):
    reference = taken(alarming)
    alarming.casework.confirm(reference, by="A. Name")
    alarming.casework.release(reference, by="A. Name", usual=usual)
    assert (HUMANE in words_of(alarming)["resident@home.example"]) is humane


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

    at(office, MIDWAY)
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

    at(office, MIDWAY)
    monkeypatch.setattr(Letters, "to_team", failing)
    with pytest.raises(ZeroDivisionError):
        at(office, REMINDED)
    assert told(office, good, "reminder") == [f"holder.intake@{OFFICE}"]


class Killed(BaseException):
    """The process ends here."""


def test_a_kill_between_deciding_and_queueing_loses_no_reminder(office, monkeypatch):
    """Both stand in one transaction."""
    reference = taken(office)
    at(office, MIDWAY)

    def kill(*_args, **_kwargs):
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr("daemon.store.Transaction.queue", kill)
        with pytest.raises(Killed):
            at(office, REMINDED)
    assert at(office, REMINDED).steps == 1
    assert told(office, reference, "reminder") == [f"holder.intake@{OFFICE}"] * 2
