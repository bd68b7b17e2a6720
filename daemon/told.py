"""What a colleague is told of an enquiry, from the store: for reminders, and what staff pass on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from daemon.compose import NoticeFacts
from daemon.model import Category, ClockKind, Criterion, Route, Source

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from daemon.model import Policy
    from daemon.store import Transaction
    from daemon.store.enquiries import EnquiryRow


def facts_of_enquiry(
    tx: Transaction,
    policy: Policy,
    enquiry: EnquiryRow,
    *,
    message_id: int,
    due: Sequence[tuple[ClockKind, date]] = (),
    why: Sequence[str] = (),
    holder: str = "",
) -> NoticeFacts:
    """Return what an internal mail says of an enquiry and one of its messages.

    "Urgent" belongs to alerts: on the reminder of another clock it would wear off.
    """
    criteria = tx.criteria(enquiry.id)
    if not any(kind is ClockKind.VULNERABLE for kind, _ in due):
        criteria = tuple(c for c in criteria if c is not Criterion.VULNERABLE)
    team = policy.teams.get(enquiry.reply_team)
    message = tx.message_facts(message_id)
    return NoticeFacts(
        reference=enquiry.reference,
        category=Category(enquiry.category),
        source=Source(enquiry.source),
        to_be_sorted=enquiry.to_be_sorted,
        route=Route(enquiry.route),
        criteria=criteria,
        due=tuple(due),
        why=tuple(why),
        received_at=enquiry.received_at,
        holder=holder,
        reply_team=team.name if team else "",
        sender=message.sender,
        box=message.box,
        answer_to=message.sender,
        original_complete=message.complete,
    )
