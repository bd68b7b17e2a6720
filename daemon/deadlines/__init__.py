"""When a clock falls due, reminds and escalates, with its working.

Pure: the instant of receipt comes in, the dates come out; bank holidays and the office's own
rules come in as `WorkingDays`. docs/clocks.md has a worked example of each kind.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from daemon.deadlines.chasing import alert_steps, escalations, reminders
from daemon.deadlines.facts import counted_with
from daemon.deadlines.facts import latest_extension as bound_of_extension
from daemon.deadlines.london import (
    LONDON,
    as_london_text,
    end_of,
    in_words,
    london_date,
    parse_received,
)
from daemon.deadlines.periods import Start
from daemon.deadlines.steps import steps_of
from daemon.deadlines.working_days import WorkingDays
from daemon.model import ClockFact, ClockKind, Deadline

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

__all__ = [
    "LONDON",
    "WorkingDays",
    "deadline",
    "deadline_as_json",
    "in_words",
    "latest_extension",
    "london_date",
    "next_update",
    "parse_received",
    "steps_of",
]


def deadline(
    kind: ClockKind,
    received_at: datetime,
    days: WorkingDays,
    *,
    notice_on: date | None = None,
    stated_on: date | None = None,
    ico_notice: bool = True,
    by_letter: bool = False,
    facts: Sequence[ClockFact] = (),
) -> Deadline:
    """Return the dates of a clock that starts with a receipt; instants are UTC.

    The date of receipt is that of `received_at` in Europe/London. For `ico` alone: `stated_on`
    is the date the letter states, `notice_on` the notice's own date (by default the date of
    receipt), and `ico_notice` is false for a letter that is no decision notice. For `ack` alone
    `by_letter` gives the days of an acknowledgement that goes by post. `facts` are what happened
    to it since: a clock that stands still has a day, and chases nobody. Source: the office's
    clock table (guide §1.11; FOI Act 2000 s.10; EIR 2004 regs 5, 11; UK GDPR art. 12;
    DPA 2018 s.164A).

    Raises:
        ValueError: `received_at` carries no zone.

    """
    start = Start(
        kind=kind,
        received_at=received_at,
        days=days,
        notice_on=notice_on,
        stated_on=stated_on,
        ico_notice=ico_notice,
        by_letter=by_letter,
    )
    if kind is ClockKind.VULNERABLE:
        return _alert(start)
    return _by_days(start, facts)


def latest_extension(
    kind: ClockKind, received_at: datetime, days: WorkingDays, facts: Sequence[ClockFact] = ()
) -> date | None:
    """Return how far a clock can be extended at most; None where the law sets no bound."""
    return bound_of_extension(Start(kind=kind, received_at=received_at, days=days), facts)


def next_update(last_at: datetime, milestones: Sequence[date], days: WorkingDays) -> Deadline:
    """Return when the next update on a register is due (guide §1.20).

    That is a number of working days after the last one, or the next milestone where that comes
    first; one that has passed already moves nothing.
    """
    usual = deadline(ClockKind.UPDATE, last_at, days)
    ahead = [day for day in milestones if london_date(last_at) <= day < usual.due_on]
    if not ahead:
        return usual
    return deadline(ClockKind.UPDATE, last_at, days, stated_on=min(ahead))


def deadline_as_json(clock: Deadline) -> dict[str, object]:
    """Return a clock as plain JSON values; instants in ISO 8601 with London's offset."""
    return {
        "kind": clock.kind.value,
        "due_on": clock.due_on.isoformat(),
        "due_at": as_london_text(clock.due_at),
        "remind_at": [as_london_text(instant) for instant in clock.remind_at],
        "escalate_at": [as_london_text(instant) for instant in clock.escalate_at],
        "ack_by": clock.ack_by_on.isoformat() if clock.ack_by_on else None,
        "appeal_by": clock.appeal_by_on.isoformat() if clock.appeal_by_on else None,
        "working": list(clock.working),
    }


def _by_days(start: Start, facts: Sequence[ClockFact]) -> Deadline:
    """Return a clock whose last day ends at 23:59:59 in London."""
    found = counted_with(start, facts)
    last = found.due
    if found.stopped_on is not None:
        return Deadline(
            kind=start.kind,
            due_on=last.on,
            due_at=end_of(last.on),
            working=(_receipt_working(start), *last.working),
            stopped_on=found.stopped_on,
        )
    reminded, escalated = reminders(start, last.on), escalations(start, last.on)
    return Deadline(
        kind=start.kind,
        due_on=last.on,
        due_at=end_of(last.on),
        remind_at=reminded.at,
        escalate_at=escalated.at,
        working=(
            _receipt_working(start),
            *last.working,
            f"It is due by 23:59:59 London time on {in_words(last.on)}.",
            *reminded.working,
            *escalated.working,
            *_coverage_working(start, last.on),
        ),
        ack_by_on=last.ack_by_on,
        appeal_by_on=last.appeal_by_on,
    )


def _alert(start: Start) -> Deadline:
    """Return the clock of a vulnerable alert: due at its first step, never reminded."""
    steps = alert_steps(start)
    due_at = steps.at[0]
    return Deadline(
        kind=start.kind,
        due_on=london_date(due_at),
        due_at=due_at,
        escalate_at=steps.at,
        working=(_receipt_working(start), *steps.working),
    )


def _receipt_working(start: Start) -> str:
    clock_time = start.received_at.astimezone(LONDON)
    return (
        f"Received at {clock_time:%H:%M} London time on {in_words(start.receipt_on)}, "
        "the date of receipt."
    )


def _coverage_working(start: Start, due_on: date) -> tuple[str, ...]:
    years = sorted({start.receipt_on.year, due_on.year})
    unknown = [year for year in years if not start.days.covers(year)]
    return tuple(f"No bank holidays are known for {year}: check this date." for year in unknown)
