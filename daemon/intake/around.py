"""Mail around enquiries: what our own people sent, and reports on what was sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from daemon.intake.replies import Seeing
from daemon.intake.reports import ids_told, tells_of_failure
from daemon.model import InboxRole, Skip

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from daemon.intake.context import ContextReader
    from daemon.intake.facts import Filed, Sight
    from daemon.intake.filing import Filing
    from daemon.intake.prepare import Prepared
    from daemon.store import Transaction


def note(
    tx: Transaction,
    sight: Sight,
    *,
    message_id: int | None,
    filing: Filing,
    reader: ContextReader,
    operators: Sequence[str],
) -> None:
    """Note what an internal message tells: a reply was seen, or our mail was refused.

    `message_id` is None for sent mail that is not ours to read.
    """
    Seeing(filing=filing, reader=reader).look_at(tx, sight, message_id=message_id)
    content = sight.item.raw.content
    if sight.inbox.role is InboxRole.BOUNCES and is_failure_report(sight.item):
        ids = [word for word in ids_told(content) if reader.is_signed(word)]
        for entry in tx.mark_not_delivered(ids, now=sight.now):
            tx.audit("outbox_not-delivered", f"outbox:{entry.id}", at=sight.now)
            filing.not_delivered(tx, entry, operators=operators, now=sight.now)


def is_failure_report(item: Prepared) -> bool:
    """Whether a message reports that mail failed for good.

    Answering machines write to the envelope sender too: that is no failure of ours.
    """
    report = item.found is not None and item.found.automation is Skip.DELIVERY_REPORT
    return report and tells_of_failure(item.raw.content)


def hear_failure(
    tx: Transaction, item: Prepared, *, filing: Filing, reader: ContextReader, now: datetime
) -> None:
    """Note that a colleague's reply came back; the report may lie in any inbox."""
    if is_failure_report(item):
        Seeing(filing=filing, reader=reader).hear_failure(tx, item.raw.content, now=now)


def look_back(tx: Transaction, filed: Filed, *, filing: Filing, reader: ContextReader) -> None:
    """Link replies that were seen before the message they answer was taken in."""
    Seeing(filing=filing, reader=reader).look_back(tx, filed)


def is_unasked(sight: Sight) -> bool:
    """Whether sent mail of a personal account answers no enquiry: then it is not ours to read."""
    link = sight.decision.linked_to
    return sight.inbox.box.is_personal and not (link is not None and link.proven)
