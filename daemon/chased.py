"""What somebody is reminded of: one clock in a mail of its own, or many in one digest."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from daemon.compose import DigestItem, NoticeFacts, NoticeKind
from daemon.deadlines import london_date
from daemon.model import Category, ClockKind, OutboxKind, Source

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from daemon.store.clocks import DueStep


@dataclass(frozen=True, slots=True, kw_only=True)
class Want:
    """The steps of one clock that concern one person; "" for nobody."""

    person: str
    steps: tuple[DueStep, ...]

    @property
    def last(self) -> DueStep:
        """The latest of them: its letter is written."""
        return self.steps[-1]

    @property
    def is_for_a_digest(self) -> bool:
        """Whether it is a reminder that others follow; the last one goes singly."""
        return self.last.action == "remind" and not self.last.is_last


def without_doubles(wants: Sequence[Want]) -> list[Want]:
    """Return what each person hears: of a reply and an update that are due at once, the reply."""
    replies = {
        (want.person, want.last.enquiry.id)
        for want in wants
        if ClockKind(want.last.kind).ends_with_a_reply
    }
    return [
        replace(want, person="")
        if want.last.kind == ClockKind.UPDATE and (want.person, want.last.enquiry.id) in replies
        else want
        for want in wants
    ]


def is_late(want: Want, now: datetime) -> bool:
    """Whether something came due on an earlier day: the daemon stood still."""
    return any(london_date(step.at) < london_date(now) for step in want.steps)


def reminder_of(step: DueStep) -> tuple[NoticeKind, OutboxKind]:
    """Return what kind of mail one step is."""
    remind = step.action == "remind"
    outbox_kind = OutboxKind.REMINDER if remind else OutboxKind.ESCALATION
    if step.kind == ClockKind.UPDATE:
        return NoticeKind.UPDATE_DUE, outbox_kind
    return (NoticeKind.REMINDER if remind else NoticeKind.ESCALATION), outbox_kind


def digest_of(wants: Sequence[Want], *, late: bool, now: datetime) -> NoticeFacts:
    """Return what a digest tells: what is overdue first, then what is due soonest."""
    today = london_date(now)
    items = sorted((_item(want.last, today) for want in wants), key=lambda one: one.due_on)
    return NoticeFacts(items=tuple(items), late=late)


def _item(step: DueStep, today: date) -> DigestItem:
    enquiry = step.enquiry
    return DigestItem(
        reference=enquiry.reference,
        category=Category(enquiry.category),
        source=Source(enquiry.source),
        to_be_sorted=enquiry.to_be_sorted,
        clock=ClockKind(step.kind),
        due_on=step.due_on,
        overdue=step.due_on < today,
        escalated=step.action == "escalate",
    )
