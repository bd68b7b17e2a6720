"""Which clocks a message starts, and their dates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from daemon.deadlines import deadline
from daemon.decide.routes import is_new_complaint
from daemon.decide.threads import is_in_open_thread
from daemon.model import REQUESTS, Category, ClockKind, Criterion, Deadline

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from daemon.decide.case import Case


def clock_kinds_of(case: Case) -> list[ClockKind]:
    """Return the clocks an enquiry starts (process, "Which clocks start")."""
    found = case.found
    chair = Criterion.COMMITTEE_CHAIR in case.on and not is_new_complaint(case)
    kinds: list[ClockKind] = []
    if chair or Criterion.MP_NON_ROUTINE in case.on:
        kinds.append(ClockKind.MP)
    kinds += _category_clocks(case, replaced=bool(kinds))
    if ClockKind.DPA_COMPLAINT in found.matters:
        kinds.append(ClockKind.DPA_COMPLAINT)
    if found.alerts:
        kinds.append(ClockKind.VULNERABLE)
    return kinds


def _category_clocks(case: Case, *, replaced: bool) -> list[ClockKind]:
    """Return the category's own clocks; `mp` replaces `service` and `other`."""
    found = case.found
    if found.to_be_sorted:
        return [] if replaced else [ClockKind.OTHER]
    asked = [k for k in found.matters if k in REQUESTS]
    # In somebody's thread, what it asks is why it is an enquiry of its own.
    if found.category is Category.FOI_DPA or (asked and is_in_open_thread(case)):
        return asked or [ClockKind.FOI]
    if found.category is Category.ICO_DECISION or ClockKind.ICO in found.matters:
        return [ClockKind.ICO]
    if replaced:
        return []
    if found.category in {Category.COMPLAINT_ABOUT_US, Category.FOLLOW_UP_CUSTOMER_CARE}:
        return [ClockKind.SERVICE]
    return [ClockKind.OTHER]


def deadlines_of(case: Case, kinds: Sequence[ClockKind]) -> list[Deadline]:
    """Return the dates of each clock, counted from when the message was received."""
    found = case.found
    received_at = case.context.received_at
    notice_on: date | None = found.notice_on
    return [
        deadline(
            kind,
            received_at,
            case.days,
            notice_on=notice_on if kind is ClockKind.ICO else None,
            stated_on=found.reply_by_on if kind is ClockKind.ICO else None,
            ico_notice=found.category is Category.ICO_DECISION,
        )
        for kind in kinds
    ]
