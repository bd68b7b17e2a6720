"""When a clock is chased: reminders to the holder, then escalations above."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from daemon.deadlines.london import LONDON, at_hour, in_words
from daemon.deadlines.wording import counted, listed, ordinal

if TYPE_CHECKING:
    from daemon.deadlines.periods import Start


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """Instants in order, aware UTC, with the sentences that explain them."""

    at: tuple[datetime, ...]
    working: tuple[str, ...]


def reminders(start: Start, due_on: date) -> Times:
    """Return the reminders before a due date, in order.

    One on the midpoint, one on each configured working day before the due date; two on one
    day are one, and one that is not later than receipt is left out.
    """
    if due_on < start.receipt_on:
        return Times(at=(), working=("It was due before the date of receipt: no reminders.",))
    instants: list[datetime] = []
    working = [_midpoint_working(start, due_on)]
    for on, reasons in sorted(_reminder_days(start, due_on).items()):
        instant = at_hour(on, start.policy.remind_hour)
        if instant > start.received_at:
            instants.append(instant)
            working.append(_reminder_sentence(start, on, reasons))
        else:
            working.append(_omitted_sentence(start, on, reasons))
    return Times(at=tuple(instants), working=tuple(working))


def escalations(start: Start, due_on: date) -> Times:
    """Return the escalations after a due date, in order: each a step up the ladder."""
    days = [start.days.add(due_on, n, start.kind) for n in start.policy.escalate_working_days_after]
    dates = listed([in_words(day) for day in days])
    hour = start.policy.remind_hour
    working = f"Without a reply it is escalated at {hour:02d}:00 London time on {dates}."
    return Times(
        at=tuple(at_hour(day, hour) for day in days),
        working=(working,) if days else (),
    )


def alert_steps(start: Start) -> Times:
    """Return when a vulnerable alert climbs; exact instants, on any day and at any hour."""
    received_at = start.received_at.astimezone(UTC)
    minutes = start.policy.vulnerable_steps_minutes
    instants = tuple(received_at + timedelta(minutes=n) for n in minutes)
    clock_times = listed([f"{instant.astimezone(LONDON):%H:%M}" for instant in instants])
    steps = listed([str(n) for n in minutes])
    again = f"{steps} minutes after receipt: at {clock_times} London time"
    working = (
        f"A person is to confirm the alert within {minutes[0]} minutes, on any day.",
        f"Until somebody does, everybody on duty is alerted again {again}.",
    )
    return Times(at=instants, working=working)


def _midpoint(start: Start, due_on: date) -> date:
    """Half the calendar days from receipt to the due date, rounded down."""
    return start.receipt_on + timedelta(days=(due_on - start.receipt_on).days // 2)


def _reminder_days(start: Start, due_on: date) -> dict[date, list[str]]:
    """Map each day with a reminder to its reasons, in words."""
    midpoint = start.days.on_or_before(_midpoint(start, due_on), start.kind)
    days: dict[date, list[str]] = {midpoint: ["the midpoint"]}
    for n in start.policy.remind_working_days_before:
        on = start.days.back(due_on, n, start.kind)
        days.setdefault(on, []).append(f"the {ordinal(n)} working day before the due date")
    return days


def _midpoint_working(start: Start, due_on: date) -> str:
    midpoint = _midpoint(start, due_on)
    on = start.days.on_or_before(midpoint, start.kind)
    moved = f", moved back to {in_words(on)} as it is no working day" if on != midpoint else ""
    span = (due_on - start.receipt_on).days
    half = span // 2
    return (
        f"From receipt to the due date it is {counted(span, 'calendar day')}; half, rounded down, "
        f"is {half}: "
        f"the midpoint is {in_words(midpoint)}{moved}."
    )


def _reminder_sentence(start: Start, on: date, reasons: list[str]) -> str:
    once = "; these fall on one day, so there is one reminder" if len(reasons) > 1 else ""
    return (
        f"Reminder at {start.policy.remind_hour:02d}:00 London time on {in_words(on)}: "
        f"{listed(reasons)}{once}."
    )


def _omitted_sentence(start: Start, on: date, reasons: list[str]) -> str:
    return (
        f"No reminder on {in_words(on)} ({listed(reasons)}): "
        f"{start.policy.remind_hour:02d}:00 that day is not later than receipt."
    )
