"""The daily look of the daemon: once a day, and one mail about what does not add up."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from daemon.compose import NoticeFacts, NoticeKind
from daemon.deadlines import LONDON, london_date
from daemon.model import OutboxKind
from daemon.reconcile.counts import INBOX, Difference, InboxCount, Reconciled, counted_inboxes, note
from daemon.reconcile.sums import reconcile

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from daemon.letters import Letters
    from daemon.store import Store, Transaction

_HOUR = 6  # London: before the office opens
_COMPARED_WITHIN = timedelta(hours=26)  # a day, and what a poll may take
_FIRST_COMPARED_WITHIN = timedelta(hours=12)
_DAY = "reconciliation:day"
_WRONG = "reconciliation:differences"


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


def in_words(one: Difference) -> str:
    """Return a difference as a person reads it in a mail."""
    which = ", ".join(one.which)
    if one.count > len(one.which) > 0:
        which += ", …"
    named = f" ({which})" if which else ""
    return f"{one.what}: {one.count}{named}. {one.why} {one.do}"
