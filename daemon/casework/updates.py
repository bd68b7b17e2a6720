"""The clock of the next update on a register (guide §1.20)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from daemon.deadlines import next_update, steps_of
from daemon.model import ClockKind

if TYPE_CHECKING:
    from datetime import date, datetime

    from daemon.deadlines import WorkingDays
    from daemon.store import Transaction


def renew_update_clock(
    tx: Transaction, enquiry_id: int, days: WorkingDays, *, now: datetime
) -> date | None:
    """Have the next update be due anew, counted from now or by the next milestone.

    Return its day; None where the enquiry stands on no register.
    """
    tx.end_clocks(enquiry_id, by="updated", now=now, kinds=[ClockKind.UPDATE])
    if not tx.on_registers(enquiry_id):
        return None
    clock = next_update(now, tx.milestones_ahead(enquiry_id), days)
    tx.start_clock(
        enquiry_id,
        clock,
        message_id=tx.messages_of(enquiry_id)[0],
        received_at=now,
        steps=steps_of(clock),
    )
    return clock.due_on
