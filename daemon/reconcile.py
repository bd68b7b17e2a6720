"""Reconciliation: does everything that came in add up, and was everybody answered?

Per inbox the server's own list back to go-live is compared with the receipts; messages with what
became of them; enquiries with their acknowledgements. What does not add up is a difference: an
alarm for the operators, once a day until it is gone.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from daemon.compose import NoticeFacts, NoticeKind
from daemon.deadlines import LONDON, london_date
from daemon.model import OutboxKind
from daemon.store.ledger import SHOWN

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from daemon.letters import Letters
    from daemon.store import Store, Transaction
    from daemon.store.ledger import Found, ReceiptCounts

__all__ = ["INBOX", "SHOWN", "Difference", "InboxCount", "Reconciled", "Reconciler"]

_HOUR = 6  # London: before the office opens
_LEAVES_WITHIN = timedelta(days=1)
_COMPARED_WITHIN = timedelta(hours=26)  # a day, and what a poll may take
_FIRST_COMPARED_WITHIN = timedelta(hours=12)
_DAY = "reconciliation:day"
_WRONG = "reconciliation:differences"
INBOX = "inbox:"
"""Before an inbox's name: the marker with what its last comparison found."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxCount:
    """One inbox: what lies there, and what we have of it.

    Two sums hold: listed = with receipt + to come + missing, and receipts = with receipt + gone
    + from before go-live and not listed.
    """

    name: str
    listed: int | None = None  # by the server, back to go-live; None where it was not reached
    with_receipt: int = 0  # of those listed
    to_come: int = 0  # of those listed: arrived since the last poll
    to_come_ids: tuple[str, ...] = ()  # the first of them
    polled: bool = True  # a daemon works on it, so that what is to come does come
    missing: int = 0  # of those listed: no receipt, and no poll would bring it
    missing_ids: tuple[str, ...] = ()  # the first of them
    listed_from_before: int = 0  # of those with a receipt: servers list some days too many
    fetched: int = 0  # gaps taken in, and not told of yet
    at: str = ""  # when it was compared
    since: str = ""  # when an inbox that was never compared was first looked for
    why: str = ""  # why it could not be reached
    receipts: int = 0  # in all, also of what lies there no more
    from_before: int = 0  # of all receipts: arrived before go-live
    by_state: Mapping[str, int] = field(default_factory=dict)  # of all receipts

    @property
    def gone(self) -> int | None:
        """How many receipts are of mail that somebody has since moved or deleted; it is normal."""
        if self.listed is None:
            return None
        here = self.with_receipt - self.listed_from_before
        return max(0, self.receipts - self.from_before - here)

    @property
    def older(self) -> int:
        """How many receipts are of mail from before go-live that the list leaves out."""
        return max(0, self.from_before - self.listed_from_before)

    def beside(self, counts: ReceiptCounts | None) -> InboxCount:
        """Return the same with the receipts there are of it."""
        if counts is None:
            return self
        return replace(
            self,
            receipts=counts.in_all,
            from_before=counts.from_before,
            by_state=dict(counts.by_state),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Something that does not add up: what, where, how much of it, which, why, and what to do."""

    what: str
    where: str
    count: int
    which: tuple[str, ...]  # ids or references: the first of them
    why: str
    do: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciled:
    """All the sums, and what is wrong."""

    inboxes: tuple[InboxCount, ...]
    elsewhere: Mapping[str, int]  # receipts by inbox that is not polled: letters, calls
    receipts: Mapping[str, int]
    messages: Mapping[str, int]
    seen_again: int  # stored receipts of a message that had one already
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


# What the daemon's own comparisons left behind


def note(count: InboxCount) -> str:
    """Return the marker that keeps what a comparison found."""
    kept = asdict(count)
    for name in ("name", "receipts", "from_before", "by_state", "why", "polled"):
        del kept[name]
    return json.dumps(kept)


def noted(name: str, marker: str | None) -> InboxCount:
    """Return what a marker keeps of an inbox's last comparison; nothing of one never compared."""
    kept = json.loads(marker) if marker else {}
    missing, to_come = (tuple(kept.pop(each, ())) for each in ("missing_ids", "to_come_ids"))
    return InboxCount(name=name, missing_ids=missing, to_come_ids=to_come, **kept)


def counted_inboxes(tx: Transaction, names: Sequence[str]) -> list[InboxCount]:
    """Return what each inbox's last comparison by the daemon found."""
    kept = tx.markers(INBOX)
    return [noted(name, kept.get(name)) for name in names]


def _from_polls(inboxes: Sequence[InboxCount], now: datetime) -> list[Difference]:
    """Return what is wrong with the daemon's own comparisons, or was and is mended."""
    found = [
        Difference(
            what=f"Mail in the inbox {one.name} that had been passed by, and is taken in now",
            where=f"inbox {one.name}",
            count=one.fetched,
            which=(),
            why="Something else moves mail about, or receipts were lost.",
            do="Nothing for the mail. Find out what moves mail in that mailbox.",
        )
        for one in inboxes
        if one.fetched
    ]
    late = [one.name for one in inboxes if _is_late(one, now)]
    if late:
        said = Difference(
            what="Inboxes that were not compared for more than a day",
            where="inboxes",
            count=len(late),
            which=tuple(late),
            why="The server was not reached, or no daemon polls them.",
            do="Look in the log for the inbox. Mail may lie there that nobody has seen.",
        )
        found.append(said)
    return found


def _is_late(one: InboxCount, now: datetime) -> bool:
    if one.at:
        return now - datetime.fromisoformat(one.at) > _COMPARED_WITHIN
    return bool(one.since) and now - datetime.fromisoformat(one.since) > _FIRST_COMPARED_WITHIN


def as_json(found: Reconciled) -> dict[str, object]:
    """Return the sums as plain JSON values."""
    return {
        "ok": found.ok,
        **asdict(found),
        "inboxes": [{**asdict(one), "gone": one.gone, "older": one.older} for one in found.inboxes],
        "in_all": {
            "receipts": sum(found.receipts.values()),
            "messages": sum(found.messages.values()),
            "enquiries": sum(found.enquiries.values()),
        },
    }


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
            tx.stand_still()
            if tx.marker(_DAY) == today:
                return None
            inboxes = counted_inboxes(tx, self.inboxes)
            found = reconcile(tx, inboxes, now=now)
        found = replace(found, differences=(*found.differences, *_from_polls(inboxes, now)))
        with self.store.write() as tx:
            tx.one_at_a_time()
            if tx.marker(_DAY) == today:
                return None  # another daemon was first
            self._tell(tx, found, today, now)
            self._note_told(tx, found, now)
            tx.set_marker(_DAY, today, now=now)
            tx.set_marker(_WRONG, str(len(found.differences)), now=now)
            detail = {"differences": len(found.differences)}
            tx.audit("store_reconciled", "office", at=now, detail=detail)
        return found

    def _note_told(self, tx: Transaction, found: Reconciled, now: datetime) -> None:
        """Note which fetched gaps were told of, and since when an inbox awaits its first look."""
        told = {one.name: one.fetched for one in found.inboxes}
        for one in counted_inboxes(tx, self.inboxes):
            fetched = max(0, one.fetched - told[one.name])  # some may have come since
            since = one.since or ("" if one.at else now.isoformat())
            if (fetched, since) != (one.fetched, one.since):
                kept = note(replace(one, fetched=fetched, since=since))
                tx.set_marker(INBOX + one.name, kept, now=now)

    def _tell(self, tx: Transaction, found: Reconciled, today: str, now: datetime) -> None:
        """Tell the operators of differences, and once that there are none any more."""
        was_wrong = tx.marker(_WRONG) not in {None, "0"}
        if found.ok and not was_wrong:
            return
        facts = NoticeFacts(why=tuple(in_words(one) for one in found.differences))
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


def in_words(one: Difference) -> str:
    """Return a difference as a person reads it in a mail."""
    which = ", ".join(one.which)
    if one.count > len(one.which) > 0:
        which += ", …"
    named = f" ({which})" if which else ""
    return f"{one.what}: {one.count}{named}. {one.why} {one.do}"
