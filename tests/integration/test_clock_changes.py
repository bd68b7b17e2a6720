"""Clocks that stop, restart, are extended or counted anew; with old, new and why on record."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from types import MappingProxyType

import pytest

from daemon.casework import CaseworkError
from daemon.deadlines import WorkingDays
from daemon.model import Category, ClockKind, ClockPolicy, FactKind
from daemon.recount import Recounter
from tests.builders import NOW, OFFICE, a_classification, a_mail, a_policy, an_office_over

FOI = a_classification(category=Category.FOI_DPA, matters=(ClockKind.FOI,))
DPA = a_classification(category=Category.FOI_DPA, matters=(ClockKind.DPA,))
OTHER = a_classification(category=Category.OTHER)
TODAY = NOW.date()
F = FactKind


@pytest.fixture
def office(store):
    return an_office_over(store)


def taken(office, found=FOI, **mail):
    office.classifier.usual = found
    return office.take(a_mail(**mail)).reference


def clock(office, reference, kind="foi"):
    (one,) = [c for c in office.view(reference)["deadlines"] if c["kind"] == kind]
    return one


def moves(office, reference):
    audit = office.view(reference)["audit"]
    return [line["detail"] for line in audit if line["event"] == "deadline_moved"]


def later(office, days):
    office.clock.move(days=days)
    return TODAY + timedelta(days=days)


def test_a_question_stops_the_clock_and_its_answer_starts_a_new_period(office):
    """FOI Act s.1(3); nobody is reminded meanwhile."""
    reference = taken(office)
    before = clock(office, reference)["due_on"]
    asked = later(office, 3)
    said = office.casework.stop(
        reference, F.CLARIFICATION, on=asked, by="A. Name", note="Which year?"
    )
    assert "stands still" in said
    office.clock.move(days=60)
    office.sweeper.sweep()
    assert clock(office, reference)["steps"] == []
    answered = office.clock().date()
    office.casework.resume(reference, F.CLARIFICATION, on=answered, by="A. Name")
    after = clock(office, reference)
    assert after["due_on"] > before
    assert after["id"] == 1
    assert [(m["old"], m["new"], m["why"]) for m in moves(office, reference)] == [
        (before, before, "clarification"),
        (before, after["due_on"], "clarification"),
    ]
    open_steps = [step for step in after["steps"] if step["decided_at"] is None]
    assert {step["action"] for step in open_steps} == {"remind", "escalate"}


def test_the_words_why_stand_on_the_enquiry_and_not_in_the_audit(office):
    """Words can be erased, the audit cannot."""
    reference = taken(office)
    office.casework.stop(reference, F.FEES, on=TODAY, by="A. Name", note="Over the limit.")
    view = office.view(reference)
    assert view["acts"][0]["note"] == "Over the limit."
    assert "Over the limit." not in str(view["audit"])


@pytest.mark.parametrize(
    ("act", "match"),
    [
        (lambda c, r: c.stop(r, F.IDENTITY, on=TODAY, by="A", note="x"), "dpa"),
        (lambda c, r: c.stop(r, F.FEES, on=TODAY, by="A", note=" "), "Say why"),
        (lambda c, r: c.stop(r, F.FEES, on=TODAY + timedelta(days=1), by="A", note="x"), "ahead"),
        (
            lambda c, r: c.stop(r, F.FEES, on=TODAY - timedelta(days=1), by="A", note="x"),
            "too early",
        ),
        (lambda c, r: c.resume(r, F.FEES, on=TODAY, by="A"), "Nothing is awaited"),
        (lambda c, r: c.extend(r, to=TODAY, by="A", note="x"), "due on .* already"),
        (lambda c, r: c.start(r, ClockKind.FOI, on=TODAY, by="A", note="x"), "already"),
        (lambda c, r: c.start(r, ClockKind.ACK, on=TODAY, by="A", note="x"), "by hand"),
    ],
)
def test_what_the_law_or_the_calendar_does_not_allow_is_refused(office, act, match):
    """In a sentence that says what to do; and nothing has changed."""
    reference = taken(office)
    before = office.view(reference)
    with pytest.raises(CaseworkError, match=match):
        act(office.casework, reference)
    assert office.view(reference) == before


def test_stops_cannot_overlap(office):
    """Nor begin before the last restart."""
    reference = taken(office)
    office.casework.stop(reference, F.CLARIFICATION, on=TODAY, by="A", note="x")
    with pytest.raises(CaseworkError, match="stands still already"):
        office.casework.stop(reference, F.FEES, on=TODAY, by="A", note="x")
    restarted = later(office, 10)
    with pytest.raises(CaseworkError, match="too early"):
        office.casework.resume(reference, F.CLARIFICATION, on=TODAY - timedelta(days=1), by="A")
    office.casework.resume(reference, F.CLARIFICATION, on=restarted, by="A")
    with pytest.raises(CaseworkError, match="too early"):
        office.casework.stop(reference, F.FEES, on=restarted - timedelta(days=1), by="A", note="x")


def test_a_data_protection_request_waits_for_proof_of_identity(office):
    """UK GDPR art. 12, 12A: the month starts with the proof."""
    reference = taken(office, DPA)
    office.casework.stop(reference, F.IDENTITY, on=TODAY, by="A", note="Passport.")
    assert clock(office, reference, "dpa")["stopped_on"] == TODAY.isoformat()
    proved = later(office, 14)
    office.casework.resume(reference, F.IDENTITY, on=proved, by="A")
    assert clock(office, reference, "dpa")["due_on"] == "2027-01-07"


def test_an_extension_keeps_within_the_law(office):
    """Up to two months more, told within the first."""
    reference = taken(office, DPA)
    with pytest.raises(CaseworkError, match="at the latest"):
        office.casework.extend(reference, to=date(2027, 6, 1), by="A", note="Complex.")
    office.casework.extend(reference, to=date(2027, 2, 1), by="A", note="Complex.")
    assert clock(office, reference, "dpa")["due_on"] == "2027-02-01"
    late = taken(office, DPA, text="another")
    office.clock.move(days=60)
    with pytest.raises(CaseworkError, match="first month"):
        office.casework.extend(late, to=date(2027, 2, 10), by="A", note="Complex.")


def test_what_was_decided_before_an_extension_is_not_told_again(office):
    """And what lies ahead of the new day is told in time."""
    reference = taken(office)  # due on 22 December
    for day in (datetime(2026, 12, 8, 9, tzinfo=UTC), datetime(2026, 12, 15, 9, tzinfo=UTC)):
        office.clock.now = day
        office.sweeper.sweep()
    reminded = office.letters_of(reference, "reminder")
    assert len(reminded) == 2
    office.casework.extend(reference, to=date(2027, 1, 29), by="A", note="Public interest.")
    office.sweeper.sweep()
    assert office.letters_of(reference, "reminder") == reminded
    office.clock.now = datetime(2027, 1, 28, 9, tzinfo=UTC)
    office.sweeper.sweep()
    assert len(office.letters_of(reference, "reminder")) == 3


def test_staff_start_a_clock_that_the_software_did_not(office):
    """A data-protection complaint beside any category (process, the clock table)."""
    reference = taken(office, OTHER)
    said = office.casework.start(
        reference, ClockKind.DPA_COMPLAINT, on=TODAY, by="A", note="In his second letter."
    )
    assert "due on" in said
    assert clock(office, reference, "dpa-complaint")["due_on"] == "2026-12-21"


def test_a_correction_leaves_a_stopped_clock_stopped(office):
    """What is open follows; a clock that stands still stays so (architecture, re-decision)."""
    reference = taken(office)
    office.casework.stop(reference, F.CLARIFICATION, on=TODAY, by="A", note="Which year?")
    earlier = NOW - timedelta(days=3)
    office.take(b"Received: b\r\n" + a_mail(), at=earlier)
    assert clock(office, reference)["stopped_on"] == TODAY.isoformat()


# The calendar


def recounter(office, **policy):
    return Recounter(
        store=office.store,
        days=WorkingDays(ClockPolicy(**policy)),
        letters=office.letters,
        operators=(f"operator@{OFFICE}",),
        clock=office.clock,
    )


def test_a_holiday_announced_late_moves_open_clocks_once(office):
    """With old, new and why in the audit; and back again when it is withdrawn."""
    reference = taken(office, OTHER)
    ended = taken(office, OTHER, text="another")
    office.casework.replied(ended, by="A. Name")
    assert recounter(office).follow() == 0
    # As the config has it: a view that nobody can change.
    announced = MappingProxyType({date(2026, 12, 1): frozenset({"ENG"})})
    holiday = {"extra_holidays": announced}
    assert recounter(office, **holiday).follow() > 0
    assert recounter(office, **holiday).follow() == 0
    assert clock(office, reference, "other")["due_on"] == "2026-12-08"
    assert clock(office, ended, "other")["due_on"] == "2026-12-07"
    (move,) = [m for m in moves(office, reference) if m["kind"] == "other"]
    assert (move["old"], move["new"], move["why"]) == ("2026-12-07", "2026-12-08", "calendar")
    assert recounter(office).follow() > 0
    assert clock(office, reference, "other")["due_on"] == "2026-12-07"


def test_another_standard_moves_open_clocks(office):
    """The office's own days, not the law's."""
    reference = taken(office, OTHER)
    foi = taken(office, FOI, text="another")
    recounter(office, other_working_days=15).follow()
    assert clock(office, reference, "other")["due_on"] == "2026-12-14"
    assert clock(office, foi)["due_on"] == "2026-12-22"


def test_more_clocks_than_fit_one_transaction_are_all_counted(office, monkeypatch):
    """In portions."""
    monkeypatch.setattr("daemon.recount._AT_ONCE", 2)
    for number in range(5):
        taken(office, OTHER, sender=f"w{number}@home.example", text=str(number))
    assert recounter(office, other_working_days=15).follow() == 5


def test_years_without_holidays_are_told_once_a_year_from_autumn_on(office):
    """And never stop anything."""
    days = WorkingDays(ClockPolicy(), published=(2020, 2026))
    one = Recounter(
        store=office.store,
        days=days,
        letters=office.letters,
        operators=(f"operator@{OFFICE}",),
        clock=office.clock,
    )
    office.clock.now = datetime(2026, 9, 30, 12, tzinfo=UTC)
    one.follow()
    assert _operators_mail(office) == 0
    for day in (1, 2, 90):
        office.clock.now = datetime(2026, 10, 1, 12, tzinfo=UTC) + timedelta(days=day - 1)
        one.follow()
        assert _operators_mail(office) == 1
    assert office.take(a_mail()).reference


def _operators_mail(office):
    from sqlalchemy import func, select

    from daemon.store import schema

    row = schema.outbox.c
    with office.store.read() as tx:
        return tx.connection.scalar(
            select(func.count()).where(row.kind == "operator", row.key.startswith("holidays:"))
        )


def test_the_policy_of_the_tests_has_the_usual_standards():
    """So that the dates above are those of clocks.toml as shipped."""
    assert a_policy().clocks == ClockPolicy()
