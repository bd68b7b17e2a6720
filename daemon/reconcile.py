"""Reconciliation: does everything that came in add up, and was everybody answered?

Per inbox the server's own list back to go-live is compared with the receipts; messages with what
became of them; enquiries with their acknowledgements. What does not add up is a difference: an
alarm for the operators, once a day until it is gone.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from daemon.compose import NoticeFacts, NoticeKind
from daemon.deadlines import LONDON, london_date
from daemon.model import OutboxKind

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from daemon.letters import Letters
    from daemon.store import Store, Transaction
    from daemon.store.ledger import Found

_HOUR = 6  # London: before the office opens
_LEAVES_WITHIN = timedelta(days=1)
_DAY = "reconciliation:day"
_WRONG = "reconciliation:differences"
INBOX = "inbox:"
"""Before an inbox's name: the marker with what its last comparison found."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxCount:
    """One inbox: what lies there, and what we have of it."""

    name: str
    listed: int | None  # by the server, back to go-live; None where it was not reached
    with_receipt: int = 0  # of those listed
    missing: tuple[str, ...] = ()  # listed, and we have no receipt
    fetched: int = 0  # gaps that were taken in at that look
    receipts: int = 0  # in all, also of what lies there no more
    at: str = ""  # when it was compared


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Something that does not add up: how much of it, which, and what to do."""

    what: str
    count: int
    which: tuple[str, ...]
    do: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciled:
    """All the sums, and what is wrong."""

    inboxes: tuple[InboxCount, ...]
    receipts: Mapping[str, int]
    messages: Mapping[str, int]
    enquiries: Mapping[str, int]
    silent: Mapping[str, int]  # enquiries without acknowledgement, by reason
    differences: tuple[Difference, ...]

    @property
    def ok(self) -> bool:
        """Whether all of it adds up."""
        return not self.differences


_ANSWERS = {
    "sent": "acknowledged",
    "waiting": "waiting",
    "claimed": "waiting",
    "held": "held",
    "post": "to be posted",
    "failed": "failed",
    "not-delivered": "failed",
    "cancelled": "replied to before",
    "merged": "merged into another",
    "": "silent",
}
"""What the state of an acknowledgement means for its enquirer."""


def reconcile(tx: Transaction, inboxes: Sequence[InboxCount], *, now: datetime) -> Reconciled:
    """Return all sums of a store, and what does not add up."""
    receipts: dict[str, int] = {}
    for states in tx.receipts_by_state().values():
        for state, count in states.items():
            receipts[state] = receipts.get(state, 0) + count
    enquiries: dict[str, int] = {}
    silent: dict[str, int] = {}
    for (state, why), count in tx.enquiries_by_answer().items():
        answer = _ANSWERS[state]
        enquiries[answer] = enquiries.get(answer, 0) + count
        if answer == "silent":
            silent[why or "no reason"] = silent.get(why or "no reason", 0) + count
    return Reconciled(
        inboxes=tuple(inboxes),
        receipts=receipts,
        messages=dict(tx.messages_by_outcome()),
        enquiries=enquiries,
        silent=silent,
        differences=(*_gaps(inboxes), *_wrong(tx, now)),
    )


def _gaps(inboxes: Sequence[InboxCount]) -> list[Difference]:
    return [
        Difference(
            what=f"Mail in the inbox {one.name} that we have no receipt of",
            count=len(one.missing),
            which=one.missing[:20],
            do="The daemon fetches it when it next compares; at once: assurance once.",
        )
        for one in inboxes
        if one.missing
    ]


def _wrong(tx: Transaction, now: datetime) -> list[Difference]:
    """Return what has left no trace where it should have."""
    looked: tuple[tuple[str, Found, str], ...] = (
        (
            "Enquiries with neither an acknowledgement nor a reason for silence",
            tx.unanswered(),
            "Write to the enquirer, and find out in the audit what happened (assurance show).",
        ),
        (
            "Open enquiries that no clock watches",
            tx.without_clock(),
            "Record the reply or close them; or start a clock (assurance clock start).",
        ),
        (
            "Messages that opened or joined an enquiry and belong to none",
            tx.without_enquiry(),
            "Somebody has changed the database. Verify the audit, and restore from a back-up.",
        ),
        (
            "Messages that no receipt tells of",
            tx.without_receipt(),
            "Somebody has changed the database. Verify the audit, and restore from a back-up.",
        ),
        (
            "Receipts whose message is not there",
            tx.without_message(),
            "Somebody has changed the database. Verify the audit, and restore from a back-up.",
        ),
        (
            "Letters that should have left more than a day ago",
            tx.not_leaving(since_at=now - _LEAVES_WITHIN),
            "Look in the log for the outlet that is not available.",
        ),
    )
    return [
        Difference(what=what, count=count, which=tuple(which), do=do)
        for what, (count, which), do in looked
        if count
    ]


def counted_inboxes(tx: Transaction, names: Sequence[str]) -> list[InboxCount]:
    """Return what each inbox's last comparison by the daemon found."""
    kept = tx.markers(INBOX)
    receipts = tx.receipts_by_state()
    counts = []
    for name in names:
        total = sum(receipts.get(name, {}).values())
        said = json.loads(kept[name]) if name in kept else {}
        counts.append(
            InboxCount(
                name=name,
                listed=said.get("listed"),
                with_receipt=said.get("with_receipt", 0),
                missing=tuple(said.get("missing", ())),
                fetched=said.get("fetched", 0),
                receipts=total,
                at=said.get("at", ""),
            )
        )
    return counts


def as_json(found: Reconciled) -> dict[str, object]:
    """Return the sums as plain JSON values."""
    return {"ok": found.ok, **asdict(found)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciler:
    """The daily look of the daemon, and its alarm."""

    store: Store
    letters: Letters
    operators: Sequence[str]
    inboxes: Sequence[str]
    clock: Callable[[], datetime]

    def daily(self) -> Reconciled | None:
        """Reconcile once a day, from six in the morning on; None where that is done.

        Raises:
            StoreUnavailableError: the database does not answer.
        """
        now = self.clock()
        today = london_date(now).isoformat()
        if now.astimezone(LONDON).hour < _HOUR:
            return None
        with self.store.read() as tx:
            if tx.marker(_DAY) == today:
                return None
            found = reconcile(tx, counted_inboxes(tx, self.inboxes), now=now)
        with self.store.write() as tx:
            tx.one_at_a_time()
            if tx.marker(_DAY) == today:
                return None  # another daemon was first
            self._tell(tx, found, today, now)
            tx.set_marker(_DAY, today, now=now)
            tx.set_marker(_WRONG, str(len(found.differences)), now=now)
            detail = {"differences": len(found.differences)}
            tx.audit("store_reconciled", "office", at=now, detail=detail)
        return found

    def _tell(self, tx: Transaction, found: Reconciled, today: str, now: datetime) -> None:
        """Tell the operators of differences, and once that there are none any more."""
        was_wrong = tx.marker(_WRONG) not in {None, "0"}
        if found.ok and not was_wrong:
            return
        facts = NoticeFacts(
            why=tuple(
                f"{one.what}: {one.count} ({', '.join(one.which)}). {one.do}"
                for one in found.differences
            )
        )
        entries = [
            self.letters.to_team(
                NoticeKind.RECONCILED,
                facts,
                key=f"reconciliation:{today}",
                recipient=operator,
                now=now,
                outbox_kind=OutboxKind.OPERATOR,
            )
            for operator in self.operators
        ]
        tx.queue(entries, enquiry_id=None, message_id=None, now=now)
