"""All sums of a store, and what has left no trace where it should have."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from daemon.reconcile.counts import Difference, InboxCount, Reconciled

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from daemon.store import Transaction
    from daemon.store.ledger import Found

_LEAVES_WITHIN = timedelta(days=1)

_ANSWERS = {
    "sent": "acknowledged",
    "waiting": "waiting",
    "claimed": "waiting",
    "held": "held",
    "post": "to be posted",
    "shadow": "written, not sent (shadow mode)",
    "failed": "failed",
    "not-delivered": "failed",
    "cancelled": "replied to before",
    "merged": "merged into another",
    "": "silent",
}
"""What the state of an acknowledgement means for its enquirer."""
_UNKNOWN = "in a state that nobody knows"


def reconcile(
    tx: Transaction,
    inboxes: Sequence[InboxCount],
    *,
    now: datetime,
    go_live: Mapping[str, datetime | None] | None = None,
) -> Reconciled:
    """Return all sums of a store, and what does not add up; `go_live` is each inbox's."""
    counts = tx.receipt_counts(go_live or {})
    compared = tuple(one.beside(counts.get(one.name)) for one in inboxes)
    polled = {one.name for one in inboxes}
    receipts: dict[str, int] = {}
    for one in counts.values():
        for state, many in one.by_state.items():
            receipts[state] = receipts.get(state, 0) + many
    enquiries, silent = _answers(tx.enquiries_by_answer())
    return Reconciled(
        inboxes=compared,
        elsewhere={name: one.in_all for name, one in counts.items() if name not in polled},
        receipts=receipts,
        messages=dict(tx.messages_by_outcome()),
        seen_again=receipts.get("stored", 0) - tx.messages_with_receipts(),
        enquiries=enquiries,
        silent=silent,
        differences=(*_gaps(compared), *_wrong(tx, now)),
    )


def _answers(found: Mapping[tuple[str, str], int]) -> tuple[dict[str, int], dict[str, int]]:
    """Return how many enquiries were answered how, and the silent ones by reason."""
    enquiries: dict[str, int] = {}
    silent: dict[str, int] = {}
    for (state, why), many in found.items():
        answer = _ANSWERS.get(state, _UNKNOWN)
        enquiries[answer] = enquiries.get(answer, 0) + many
        if answer == "silent":
            silent[why or "no reason"] = silent.get(why or "no reason", 0) + many
    return enquiries, silent


def _gaps(inboxes: Sequence[InboxCount]) -> list[Difference]:
    """Return the mail that no poll brings: it was passed by, or nobody polls."""
    left = [
        Difference(
            what=f"Mail in the inbox {one.name} that no daemon takes in",
            where=f"inbox {one.name}",
            count=one.to_come,
            which=one.to_come_ids,
            why="It has arrived since the last poll, and no daemon is running.",
            do="Start the daemon; or take it in at once: assurance reconcile --fetch.",
        )
        for one in inboxes
        if one.to_come and not one.polled
    ]
    return left + [
        Difference(
            what=f"Mail in the inbox {one.name} that we have no receipt of",
            where=f"inbox {one.name}",
            count=one.missing,
            which=one.missing_ids,
            why="The inbox was read past it, so that no poll brings it any more.",
            do="The daemon fetches it when it next compares; at once: assurance reconcile --fetch.",
        )
        for one in inboxes
        if one.missing
    ]


_CHANGED = "Somebody has changed the database."
_RESTORE = "Verify the audit (assurance audit verify), and restore from a back-up."


def _wrong(tx: Transaction, now: datetime) -> list[Difference]:
    """Return what has left no trace where it should have."""
    looked: tuple[tuple[str, str, Found, str, str], ...] = (
        (
            "Enquiries with neither an acknowledgement nor a reason for silence",
            "enquiries",
            tx.unanswered(),
            "Whoever wrote has heard nothing, and nobody decided so.",
            "Write to the enquirer, and find out in the audit what happened (assurance show).",
        ),
        (
            "Enquiries with two acknowledgements, or one in a state that nobody knows",
            "enquiries",
            tx.answered_oddly(),
            _CHANGED,
            _RESTORE,
        ),
        (
            "Open enquiries whose acknowledgement was cancelled though nobody had replied",
            "enquiries",
            tx.cancelled(),
            "Whoever wrote has heard nothing.",
            "Write to the enquirer, and record the reply (assurance replied).",
        ),
        (
            "Open enquiries that no clock watches",
            "enquiries",
            tx.without_clock(),
            "Nobody would be reminded of them.",
            "Record the reply or close them; or start a clock (assurance clock start).",
        ),
        (
            "Enquiries that no message belongs to",
            "enquiries",
            tx.without_messages(),
            _CHANGED,
            _RESTORE,
        ),
        (
            "Messages with no trace of what became of them",
            "messages",
            tx.without_outcome(),
            "They stand in no enquiry, and nothing says why; or they were never classified.",
            _RESTORE,
        ),
        (
            "Messages that no receipt tells of",
            "messages",
            tx.without_receipt(),
            _CHANGED,
            _RESTORE,
        ),
        (
            "Receipts whose message is not there",
            "receipts",
            tx.without_message(),
            _CHANGED,
            _RESTORE,
        ),
        (
            "Letters that should have left more than a day ago",
            "outbox",
            tx.not_leaving(since_at=now - _LEAVES_WITHIN),
            "The mail server was not reached, or no daemon sends.",
            "Look in the log for the outlet that is not available.",
        ),
        (
            "Letters that should be about an enquiry and are about none",
            "outbox",
            tx.about_nothing(),
            _CHANGED,
            _RESTORE,
        ),
    )
    return [
        Difference(what=what, where=where, count=many, which=tuple(which), why=why, do=do)
        for what, where, (many, which), why, do in looked
        if many
    ]
