"""Mail around enquiries: what our own people sent, and reports on what was sent."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from daemon.intake.replies import Seeing
from daemon.model import Skip
from daemon.reports import failure_told, ids_told

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from daemon.failures import Failures
    from daemon.intake.context import ContextReader
    from daemon.intake.facts import Filed, Sight
    from daemon.intake.filing import Filing
    from daemon.intake.prepare import Prepared
    from daemon.model import Message
    from daemon.reports import Failure
    from daemon.store import Transaction
    from daemon.tokens import Token

    Obeys = Callable[[Transaction, Message, Sequence[Token]], None]


# A server gave up after days, or our relay did: three more tries, then by post.
RESEND_AFTER = (timedelta(hours=4), timedelta(hours=12), timedelta(days=1))


def note(
    tx: Transaction,
    sight: Sight,
    *,
    message_id: int | None,
    filing: Filing,
    reader: ContextReader,
    obey: Obeys,
) -> None:
    """Note what an internal message tells: a reply was seen, or a notice is answered.

    `message_id` is None for sent mail that is not ours to read.
    """
    Seeing(filing=filing, reader=reader).look_at(tx, sight, message_id=message_id)
    if message_id is not None and sight.found.automation is None:
        answered = reader.answered_notices(sight.message)
        if answered:
            obey(tx, sight.message, answered)


def failure_of(item: Prepared) -> Failure | None:
    """Return the failure that a message reports.

    Answering machines write to the envelope sender too: that is no failure of ours.
    """
    report = item.found is not None and item.found.automation is Skip.DELIVERY_REPORT
    return failure_told(item.raw.content) if report else None


def hear_failure(
    tx: Transaction,
    item: Prepared,
    *,
    filing: Filing,
    reader: ContextReader,
    failures: Failures,
    now: datetime,
) -> None:
    """Note that a mail of ours, or a colleague's reply, came back.

    The report may lie in any inbox. What failed for now alone is sent again later, a few times.
    """
    failure = failure_of(item)
    if failure is None:
        return
    content = item.raw.content
    # A colleague's reply is not ours to send again: of it even a failure for now is the last word.
    Seeing(filing=filing, reader=reader).hear_failure(tx, content, now=now)
    for entry in tx.returned(reader.own_ids(ids_told(content), filing.letters.head)):
        if not failure.permanent and entry.resent < len(RESEND_AFTER):
            tx.send_again(entry.id, at=now + RESEND_AFTER[entry.resent])
            detail: dict[str, object] = {"status": failure.status, "resent": entry.resent + 1}
            tx.audit("outbox_sent-back", f"outbox:{entry.id}", at=now, detail=detail)
            continue
        tx.mark_not_delivered(entry.id, now=now)
        tx.audit("outbox_not-delivered", f"outbox:{entry.id}", at=now)
        failures.follow(
            tx,
            entry,
            problem="The recipient's mail server sent it back.",
            no_mailbox=failure.status if failure.has_no_mailbox else "",
            now=now,
        )


def look_back(tx: Transaction, filed: Filed, *, filing: Filing, reader: ContextReader) -> None:
    """Link replies that were seen before the message they answer was taken in."""
    Seeing(filing=filing, reader=reader).look_back(tx, filed)


def is_unasked(sight: Sight) -> bool:
    """Whether sent mail of a personal account answers no enquiry: then it is not ours to read."""
    link = sight.decision.linked_to
    return sight.inbox.box.is_personal and not (link is not None and link.proven)
