"""Looking into one inbox: fetch, take in, mark done; until it is empty.

What is owed stands in the store alone, so a poll can end anywhere and the next one goes on. A
poll that comes first, follows an error or is a day late also compares the server's own list
with our receipts: what is missing is fetched and said so.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from connectors.base import AccessDeniedError, Batch, Cursor, PausedError, UnavailableError
from daemon.health import Standing
from daemon.listed import Tally, parts
from daemon.reconcile import INBOX, note, noted

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from structlog.typing import FilteringBoundLogger

    from connectors.base import ConnectorError, Inbox
    from daemon.intake import InboxFacts, Intake, Taken
    from daemon.intake.prepare import Coming
    from daemon.store import Lease, Store

_FIRST_PAUSE = timedelta(seconds=5)
_LONGEST_PAUSE = timedelta(minutes=5)
_DENIED_PAUSE = timedelta(minutes=10)  # a person has to act; look whether somebody did
_RECONCILE_EVERY = timedelta(days=1)
_GAP_AT_ONCE = 50


@dataclass(slots=True, kw_only=True)
class Poller:
    """Polls one inbox; remembers only when to try again."""

    inbox: Inbox
    facts: InboxFacts
    intake: Intake
    store: Store
    batch: int
    clock: Callable[[], datetime]
    log: FilteringBoundLogger
    lease: Callable[[], Lease | None]  # None: somebody else has this inbox
    stopping: Callable[[], bool]
    on_taken: Callable[[InboxFacts, Sequence[Taken]], None]
    standing: Standing = field(default_factory=Standing)
    failures: int = 0
    retry_at: datetime | None = None
    reconciled_at: datetime | None = None
    denied: bool = False
    unmarkable: bool = False
    is_ours: bool = False  # whether this daemon has the inbox, as of the last poll
    lag_s: float = 0.0  # how long the last message lay there before it was stored
    backlog: int = 0  # messages that lay there still, at least, when the last batch came

    def poll(self) -> int:
        """Take in all that is new; return how many messages were stored.

        Raises:
            LeaseLostError: another daemon has this inbox now.
            StoreUnavailableError: the database does not answer.
        """
        if self.retry_at is not None and self.clock() < self.retry_at:
            return 0
        lease = self.lease()
        self.is_ours = lease is not None
        if lease is None:
            return 0
        self.standing.begins(self.clock())
        try:
            stored = self._poll(lease)
        except PausedError as error:
            self.retry_at = error.retry_at
            self.standing.stood_back()
            return 0
        except (UnavailableError, AccessDeniedError) as error:
            self._failed(error)
            return 0
        self._recovered()
        return stored

    def compare(self) -> int | None:
        """Poll and compare the lists now, whenever that was last done; None: somebody else has it.

        Raises:
            LeaseLostError, StoreUnavailableError: as for `poll`.
        """
        if self.lease() is None:
            return None
        self.reconciled_at = None
        return self.poll()

    def _poll(self, lease: Lease) -> int:
        stored = 0
        with self.store.read() as tx:
            saved = tx.cursor(self.facts.name)
        cursor = Cursor(saved) if saved is not None else None
        more = True
        ahead: tuple[Batch, Coming] | None = None
        while more and not self.stopping():
            batch, coming = ahead or (self._fetch(cursor), None)
            ahead = None
            if batch.messages or batch.missed or batch.cursor != cursor:
                taken = self._store(batch, lease, coming)
                # What comes next is prepared while the letters of this batch leave.
                ahead = self._look_ahead(batch) if batch.more else None
                stored += self._follow(taken)
            cursor, more, self.backlog = batch.cursor, batch.more, batch.left
        if not self.stopping() and self._reconcile_is_due():
            stored += self._reconcile(lease, cursor)
        return stored

    def _fetch(self, cursor: Cursor | None) -> Batch:
        return self.inbox.fetch(cursor, limit=self.batch, known=self._known)

    def _look_ahead(self, batch: Batch) -> tuple[Batch, Coming] | None:
        """Fetch the batch after one that is stored, and have it prepared, where another process is.

        Where the inbox fails, that shows when the batch is fetched in its turn.
        """
        if not self.intake.looks_ahead or self.stopping():
            return None
        try:
            following = self._fetch(batch.cursor)
        except (UnavailableError, AccessDeniedError, PausedError):
            return None
        return following, self.intake.prepared(self.facts, following.messages)

    def _take(self, batch: Batch, lease: Lease) -> int:
        return self._follow(self._store(batch, lease))

    def _store(self, batch: Batch, lease: Lease, coming: Coming | None = None) -> list[Taken]:
        self.standing.begins(self.clock())
        taken = self.intake.take_in(self.facts, batch, lease=lease, coming=coming)
        self._note_lag(batch)
        return taken

    def _follow(self, taken: Sequence[Taken]) -> int:
        """Do what follows when messages are stored; return how many are new."""
        self.on_taken(self.facts, taken)
        self._mark([one.external_id for one in taken if one.is_settled])
        return sum(one.state not in {"known", "missed"} for one in taken)

    def _note_lag(self, batch: Batch) -> None:
        """Note how long the last of a batch had lain in the inbox before it was stored."""
        arrived = [one.arrived_at for one in batch.messages if one.arrived_at]
        if arrived:
            self.lag_s = max(0.0, (self.clock() - max(arrived)).total_seconds())

    def _mark(self, external_ids: Sequence[str]) -> None:
        """Mark what is stored; a mailbox that allows no marks must not stop the mail behind.

        What stays unmarked is marked when the lists are compared next.
        """
        try:
            self.inbox.mark_done(external_ids)
        except AccessDeniedError as error:
            if not self.unmarkable:
                self.log.warning("message_mark-failed", inbox=self.facts.name, why=str(error))
            self.unmarkable = True
        else:
            self.unmarkable = False

    def _known(self, external_ids: Sequence[str]) -> set[str]:
        with self.store.read() as tx:
            return tx.known_ids(self.facts.name, external_ids)

    # What the server has and we do not

    def _reconcile_is_due(self) -> bool:
        last = self.reconciled_at
        return last is None or self.clock() - last >= _RECONCILE_EVERY

    def _reconcile(self, lease: Lease, cursor: Cursor | None) -> int:
        """Compare the server's own list back to go-live with our receipts; fetch the gaps."""
        tally, stored = Tally(name=self.facts.name), 0
        listing = parts(self.inbox, self.store, since=self.facts.go_live_at, cursor=cursor)
        for part in listing:
            wanted = (*part.missed, *part.gaps)  # what was missed is tried again
            for start in range(0, len(wanted), _GAP_AT_ONCE):
                if self.stopping():
                    return stored
                batch = self.inbox.fetch_ids(wanted[start : start + _GAP_AT_ONCE])
                stored += self._take(batch, lease)
            # A stop between commit and mark leaves stored messages unmarked: mark them now.
            with self.store.read() as tx:
                had = tx.known_ids(self.facts.name, part.gaps)
                settled = tx.settled_ids(self.facts.name, part.taken)
            tally.add(part, still_missing=[one for one in part.gaps if one not in had])
            self._mark([one for one in part.taken if one in settled])
        if stored:
            self.log.warning("inbox_gap-found", inbox=self.facts.name, count=stored)
        self._note(tally, stored)
        self.reconciled_at = self.clock()
        return stored

    def _note(self, tally: Tally, fetched: int) -> None:
        """Keep what the comparison found, for the reconciliation."""
        now = self.clock()
        name = INBOX + self.facts.name
        with self.store.write() as tx:
            tx.one_at_a_time()  # the reconciliation takes off what it has told of
            untold = noted(self.facts.name, tx.marker(name)).fetched
            found = replace(tally.count(at=now), fetched=untold + fetched)
            tx.set_marker(name, note(found), now=now)

    # Trouble

    def _failed(self, error: ConnectorError) -> None:
        self.failures += 1
        self.reconciled_at = None  # compare the lists once it is back
        now = self.clock()
        self.standing.failed(error, now)
        if isinstance(error, AccessDeniedError):
            if not self.denied:
                self.log.error("inbox_access-denied", inbox=self.facts.name, why=str(error))
            self.denied = True
            self.retry_at = now + _DENIED_PAUSE
            return
        asked = error.retry_at if isinstance(error, UnavailableError) else None
        if isinstance(error, UnavailableError) and error.wait_s is not None:
            asked = now + timedelta(seconds=error.wait_s)
        doublings: int = 2 ** min(self.failures - 1, 10)
        pause = min(_FIRST_PAUSE * doublings, _LONGEST_PAUSE)
        self.retry_at = max(now + pause, asked) if asked else now + pause
        if self.failures == 1:
            self.log.warning(
                "inbox_unavailable",
                inbox=self.facts.name,
                why=str(error),
                retry_at=self.retry_at.isoformat(),
            )

    def clock_was_set(self) -> None:
        """Forget when to look again: it was reckoned by another clock."""
        self.retry_at = self.reconciled_at = None

    def _recovered(self) -> None:
        self.standing.went_well(self.clock())
        if self.failures:
            self.log.info("inbox_recovered", inbox=self.facts.name, attempts=self.failures)
        self.failures, self.retry_at, self.denied = 0, None, False
