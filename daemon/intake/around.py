"""Mail around enquiries: what our own people sent, and reports on what we sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from daemon.intake.reports import ids_told, tells_of_failure
from daemon.model import InboxRole, Skip

if TYPE_CHECKING:
    from collections.abc import Sequence

    from daemon.intake.context import ContextReader
    from daemon.intake.facts import Sight
    from daemon.intake.filing import Filing
    from daemon.model import ThreadLink
    from daemon.store import Transaction


def note(
    tx: Transaction,
    sight: Sight,
    *,
    filing: Filing,
    reader: ContextReader,
    operators: Sequence[str],
) -> None:
    """Note what an internal message tells: a reply was seen, or our mail was refused."""
    link = sight.decision.linked_to
    if link is not None and link.proven:
        _reply_seen(tx, sight, link, filing)
    # Answering machines write to the envelope sender too: that is no failure of ours.
    report = sight.found.automation is Skip.DELIVERY_REPORT
    content = sight.item.raw.content
    if sight.inbox.role is InboxRole.BOUNCES and report and tells_of_failure(content):
        ids = [word for word in ids_told(content) if reader.is_signed(word)]
        for entry in tx.mark_not_delivered(ids, now=sight.now):
            tx.audit("outbox_not-delivered", f"outbox:{entry.id}", at=sight.now)
            filing.not_delivered(tx, entry, operators=operators, now=sight.now)


def is_unasked(sight: Sight) -> bool:
    """Whether sent mail of a personal account answers no enquiry: then it is not ours to read."""
    link = sight.decision.linked_to
    return sight.inbox.box.is_personal and not (link is not None and link.proven)


def _reply_seen(tx: Transaction, sight: Sight, link: ThreadLink, filing: Filing) -> None:
    """Note a reply: ours, to a party, later than the enquiry, and no machine's (process)."""
    message = sight.message
    addressed = {one.address for one in (*message.to, *message.cc)}
    later = sight.item.received_at >= tx.enquiry_by_id(link.enquiry_id).received_at
    ours = filing.policy.directory.is_own(message.sender.address)
    to_party = bool(addressed & tx.parties(link.enquiry_id))
    if ours and later and to_party and sight.found.automation is None:
        tx.reply_seen(link.enquiry_id, now=sight.now)
        tx.audit("reply_seen", f"enquiry:{link.enquiry_id}", at=sight.now)
