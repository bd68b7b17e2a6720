"""The steps the sweep takes for a clock: each reminder, and each rung of the ladder above."""

from __future__ import annotations

from daemon.model import ClockKind, ClockStep, Deadline


def steps_of(clock: Deadline) -> list[ClockStep]:
    """Return a clock's reminders, then its escalations, each with its place in order.

    An acknowledgement that has not gone is no holder's to be reminded of: Customer Care's
    Assistant Director hears of it, and that once.
    """
    above = clock.escalate_at[:1] if clock.kind is ClockKind.ACK else clock.escalate_at
    reminders = () if clock.kind is ClockKind.ACK else clock.remind_at
    last = len(reminders) - 1
    return [
        *(
            ClockStep(action="remind", ordinal=n, at=at, is_last=n == last)
            for n, at in enumerate(reminders)
        ),
        *(ClockStep(action="escalate", ordinal=n, at=at) for n, at in enumerate(above)),
    ]
