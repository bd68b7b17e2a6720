"""Sending what is due: claim and commit, send with no transaction open, mark.

A claim that ends without a mark is sent again with the same bytes and Message-ID: at least
once, and a repeat is the same mail. What is refused for good goes to a person.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from connectors.base import (
    AccessDeniedError,
    DeferredError,
    Envelope,
    RejectedError,
    UnavailableError,
)
from daemon.compose import NoticeFacts, NoticeKind
from daemon.model import ClockKind, OutboxKind

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from connectors.base import ConnectorError, Outlet
    from daemon.letters import Letters
    from daemon.store import Store
    from daemon.store.postbox import Claimed

CLAIM = timedelta(minutes=5)  # longer than any one send can take
_FIRST_PAUSE = timedelta(seconds=30)
_LONGEST_PAUSE = timedelta(hours=1)
# About three days by the pauses below, as long as mail servers commonly keep trying
# (RFC 5321 §4.5.4); not by the entry's age, since it may have been held for long.
GIVE_UP_AFTER = 100
_PER_ROUND = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """What one round of sending did; for the log and the scheduler."""

    sent: int = 0
    deferred: int = 0
    rejected: int = 0
    stopped_by: ConnectorError | None = None  # the outlet itself failed: it waits


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """The use case: the outbox's entries leave by their outlet."""

    store: Store
    letters: Letters
    operators: Sequence[str]  # told when a mail is refused for good
    holder: str  # names this process in claims
    clock: Callable[[], datetime]
    jitter: Callable[[], float]  # 0 to 1

    def send_due(self, outlet: Outlet, *, until: Callable[[], bool] = lambda: False) -> Round:
        """Send all that is due by one outlet; `until` says when to stop between two sends.

        Raises:
            StoreUnavailableError: the database does not answer.
        """
        done = Round()
        while not until():
            claimed = self._claim(outlet)
            if not claimed:
                break
            done = self._send_all(outlet, claimed, done, until)
            if done.stopped_by is not None:
                break
        return done

    def _claim(self, outlet: Outlet) -> list[Claimed]:
        now = self.clock()
        with self.store.write() as tx:
            return tx.claim(
                outlet.name, holder=self.holder, now=now, until=now + CLAIM, limit=_PER_ROUND
            )

    def _send_all(
        self, outlet: Outlet, claimed: list[Claimed], done: Round, until: Callable[[], bool]
    ) -> Round:
        sent, deferred, rejected = done.sent, done.deferred, done.rejected
        stopped_by: ConnectorError | None = None
        rest = list(claimed)
        # Well before the claim ends, so that nobody else sends what is in our hands.
        enough = self.clock() + CLAIM / 2
        while rest and stopped_by is None and not until() and self.clock() < enough:
            entry = rest.pop(0)
            try:
                outlet.send(
                    Envelope(
                        sender=entry.envelope_from,
                        recipient=entry.recipient,
                        content=entry.content,
                    )
                )
            except RejectedError as error:
                rejected += 1
                self._failed(entry, str(error))
            except DeferredError as error:
                deferred += 1
                self._later(entry, str(error))
            except (UnavailableError, AccessDeniedError) as error:
                # The outlet's fault, not the entry's: it keeps its place and its patience.
                stopped_by = error
                rest.insert(0, entry)
            except Exception as error:  # noqa: BLE001 -- a poisoned entry must not block the rest
                deferred += 1
                self._later(entry, f"A mistake in this software ({type(error).__name__}).")
            else:
                sent += 1
                self._sent(entry)
        if rest:
            with self.store.write() as tx:
                tx.unclaim([entry.id for entry in rest], holder=self.holder)
        return Round(sent=sent, deferred=deferred, rejected=rejected, stopped_by=stopped_by)

    def _sent(self, entry: Claimed) -> None:
        now = self.clock()
        with self.store.write() as tx:
            tx.mark_sent(entry.id, now=now)
            if entry.kind is OutboxKind.ACKNOWLEDGEMENT and entry.enquiry_id is not None:
                tx.end_clocks(entry.enquiry_id, by="sent", now=now, kinds=[ClockKind.ACK])
            tx.audit("outbox_sent", f"outbox:{entry.id}", at=now, detail={"kind": entry.kind})

    def _later(self, entry: Claimed, why: str) -> None:
        now = self.clock()
        if entry.attempts >= GIVE_UP_AFTER:
            self._failed(entry, why)
            return
        with self.store.write() as tx:
            tx.mark_waiting(entry.id, send_after=now + self.pause(entry.attempts), why=why)

    def pause(self, attempts: int) -> timedelta:
        """Return how long an entry waits after so many attempts: doubling, with jitter."""
        doublings: int = 2 ** min(attempts - 1, 10)
        longest = min(_FIRST_PAUSE * doublings, _LONGEST_PAUSE)
        share: float = 0.5 + self.jitter() / 2
        return longest * share

    def _failed(self, entry: Claimed, why: str) -> None:
        """Mark an entry as refused for good, and tell a person once."""
        now = self.clock()
        with self.store.write() as tx:
            tx.mark_failed(entry.id, why=why)
            tx.audit("outbox_failed", f"outbox:{entry.id}", at=now, detail={"kind": entry.kind})
            if entry.kind is OutboxKind.OPERATOR:
                return  # a warning about a warning would never end
            reference = tx.enquiry_by_id(entry.enquiry_id).reference if entry.enquiry_id else ""
            facts = NoticeFacts(reference=reference, problem=why)
            notices = [
                self.letters.to_team(
                    NoticeKind.NOT_SENT,
                    facts,
                    key=f"outbox:{entry.id}:not-sent",
                    recipient=person,
                    now=now,
                    outbox_kind=OutboxKind.OPERATOR,
                )
                for person in self.operators
            ]
            tx.queue(notices, enquiry_id=entry.enquiry_id, message_id=entry.message_id, now=now)

    def free_claims_of_the_gone(self, is_gone: Callable[[str], bool]) -> int:
        """Free what a process that has ended had claimed; return how many entries."""
        with self.store.write() as tx:
            return sum(tx.free_claims(h) for h in tx.claim_holders() if is_gone(h))
