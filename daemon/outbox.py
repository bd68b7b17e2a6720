"""Sending what is due: claim and commit, send with no transaction open, mark.

A claim that ends without a mark is sent again with the same bytes and Message-ID: at least
once, and a repeat is the same mail. What is refused for good goes to a person.

One mail over which the outlet fails says little of the outlet, two in a row say that it is
away: so no mail can keep the others waiting, and days without an outlet cost no mail an attempt.

An outlet of several connections is sent to by as many threads: what a process that is killed may
repeat is one mail for each.
"""

from __future__ import annotations

from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from datetime import timedelta
from threading import Lock
from typing import TYPE_CHECKING

from connectors.base import (
    AccessDeniedError,
    DeferredError,
    Envelope,
    PausedError,
    RejectedError,
    UnavailableError,
)
from daemon.model import ClockKind, OutboxKind
from daemon.reports import failure_told

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from datetime import datetime

    from connectors.base import ConnectorError, Outlet
    from daemon.failures import Failures
    from daemon.pace import Pace
    from daemon.store import Store
    from daemon.store.postbox import Claimed

    _Unsent = tuple[Claimed, ConnectorError]  # an entry in our hands, and what went wrong

# As long as sends may begin in it, and then longer than any one takes: a mail server may need
# ten minutes for its answer to the final dot, and a few before (`connectors.smtp`).
CLAIM = timedelta(minutes=20)
_BEGIN_WITHIN = timedelta(minutes=5)
_FIRST_PAUSE = timedelta(seconds=30)
_LONGEST_PAUSE = timedelta(hours=1)
# About three days by the pauses below, as long as mail servers commonly keep trying
# (RFC 5321 §4.5.4); not by the entry's age, since it may have been held for long.
GIVE_UP_AFTER = 100
# An outlet that takes a claim's letters at once gets more of them with the next: fewer claims. From
# a slow one an alert, which goes first, waits behind few.
_FEWEST_CLAIMED, _MOST_CLAIMED = 5, 40
_AT_ONCE = timedelta(seconds=0.5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """What one round of sending did; for the log and the scheduler."""

    sent: int = 0
    deferred: int = 0
    rejected: int = 0
    stopped_by: ConnectorError | None = None  # the outlet itself failed: it waits

    def plus(self, other: Round) -> Round:
        """Return the counts of both."""
        return replace(
            self,
            sent=self.sent + other.sent,
            deferred=self.deferred + other.deferred,
            rejected=self.rejected + other.rejected,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """The use case: the outbox's entries leave by their outlet."""

    store: Store
    failures: Failures
    holder: str  # names this process in claims
    clock: Callable[[], datetime]
    jitter: Callable[[], float]  # 0 to 1
    paces: Mapping[str, Pace] = field(default_factory=dict)  # of outlets that are limited
    connections: Mapping[str, int] = field(default_factory=dict)  # of outlets that have several
    shadow: bool = False  # nothing is sent

    def send_due(self, outlet: Outlet, *, until: Callable[[], bool] = lambda: False) -> Round:
        """Send all that is due by one outlet; `until` says when to stop between two sends.

        Raises:
            StoreUnavailableError: the database does not answer.
        """
        done, most = Round(), _FEWEST_CLAIMED
        while not (self.shadow or until()):
            claimed = self._claim(outlet, most)
            if not claimed:
                break
            began = self.clock()
            done = self._send_all(outlet, claimed, done, until)
            if done.stopped_by is not None:
                break
            is_quick = self.clock() - began < _AT_ONCE
            most = min(2 * most, _MOST_CLAIMED) if is_quick else _FEWEST_CLAIMED
        return done

    def _claim(self, outlet: Outlet, most: int) -> list[Claimed]:
        now, pace = self.clock(), self.paces.get(outlet.name)
        limit = most if pace is None else min(most, pace.room(now))
        if limit == 0:
            return []  # the next round comes soon
        with self.store.write() as tx:
            claimed = tx.claim(
                outlet.name, holder=self.holder, now=now, until=now + CLAIM, limit=limit
            )
        if pace is not None:
            pace.took(len(claimed))
        return claimed

    def _send_all(
        self, outlet: Outlet, claimed: list[Claimed], done: Round, until: Callable[[], bool]
    ) -> Round:
        load = _Load(
            sender=self,
            outlet=outlet,
            rest=deque(claimed),
            enough=self.clock() + _BEGIN_WITHIN,
            until=until,
        )
        beside = min(self.connections.get(outlet.name, 1), len(claimed)) - 1
        if beside:
            with ThreadPoolExecutor(beside, thread_name_prefix=outlet.name) as pool:
                others = [pool.submit(load.send_all) for _ in range(beside)]
                load.send_all()
            for one in others:
                one.result()
        else:
            load.send_all()
        self._give_back(load.in_doubt, load.rest)
        stopped_by = load.in_doubt[-1][1] if load.in_doubt else None
        return replace(done.plus(load.done), stopped_by=stopped_by)

    def deliver(self, outlet: Outlet, entry: Claimed) -> Round:
        """Send one entry, mark what became of it, and count it.

        Raises:
            UnavailableError, AccessDeniedError: the outlet failed; the entry is as it was.
            StoreUnavailableError: the database does not answer.
        """
        content = entry.content
        if content is None:  # one at a time: it may carry an original of 50 MB
            with self.store.read() as tx:
                content = tx.letter(entry.id)
        envelope = Envelope(sender=entry.envelope_from, recipient=entry.recipient, content=content)
        try:
            outlet.send(envelope)
        except RejectedError as error:
            self._failed(entry, str(error))
            return Round(rejected=1)
        except DeferredError as error:
            self.later(entry, str(error))
        except (UnavailableError, AccessDeniedError):
            raise
        except Exception as error:  # noqa: BLE001 -- a poisoned entry must not block the rest
            self.later(entry, f"A mistake in this software ({type(error).__name__}).")
        else:
            self._sent(entry)
            return Round(sent=1)
        return Round(deferred=1)

    def _give_back(self, in_doubt: Sequence[_Unsent], rest: Collection[Claimed]) -> None:
        """Give back what did not leave, at no attempt; what was tried lets others go first."""
        if not (in_doubt or rest):
            return
        now = self.clock()
        with self.store.write() as tx:
            for entry, error in in_doubt:
                send_after = now + self.pause(entry.attempts)
                tx.unclaim([entry.id], holder=self.holder, send_after=send_after, why=str(error))
            tx.unclaim([entry.id for entry in rest], holder=self.holder)

    def _sent(self, entry: Claimed) -> None:
        now = self.clock()
        with self.store.write() as tx:
            tx.mark_sent(entry.id, now=now)
            if entry.kind is OutboxKind.ACKNOWLEDGEMENT and entry.enquiry_id is not None:
                tx.end_clocks(entry.enquiry_id, by="sent", now=now, kinds=[ClockKind.ACK])
            tx.audit("outbox_sent", f"outbox:{entry.id}", at=now, detail={"kind": entry.kind})

    def later(self, entry: Claimed, why: str) -> None:
        """Mark an entry to be tried again after a pause, unless it was tried often enough."""
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
        """Mark an entry as refused for good, and tell who can do something, once."""
        now = self.clock()
        with self.store.write() as tx:
            tx.mark_failed(entry.id, why=why)
            tx.audit("outbox_failed", f"outbox:{entry.id}", at=now, detail={"kind": entry.kind})
            failure = failure_told(why.encode())
            no_mailbox = failure.status if failure and failure.has_no_mailbox else ""
            self.failures.follow(tx, entry, problem=why, no_mailbox=no_mailbox, now=now)

    def free_claims_of_the_gone(self, is_gone: Callable[[str], bool]) -> int:
        """Free what a process that has ended had claimed; return how many entries."""
        with self.store.write() as tx:
            return sum(tx.free_claims(h) for h in tx.claim_holders() if is_gone(h))


@dataclass(slots=True, kw_only=True)
class _Load:
    """The entries of one claim on their way, by one thread for each connection of the outlet."""

    sender: Sender
    outlet: Outlet
    rest: deque[Claimed]
    enough: datetime  # when to begin no more
    until: Callable[[], bool]
    done: Round = field(default_factory=Round)
    in_doubt: list[_Unsent] = field(default_factory=list)
    lock: Lock = field(default_factory=Lock)
    large: Lock = field(default_factory=Lock)  # held over what is loaded when it is sent

    def send_all(self) -> None:
        """Send one entry after the other, until there is none or reason to stop.

        Raises:
            StoreUnavailableError: the database does not answer.
        """
        while (entry := self._next()) is not None:
            try:
                with self.large if entry.content is None else nullcontext():
                    counted = self.sender.deliver(self.outlet, entry)
                self._count(counted)
            except (UnavailableError, AccessDeniedError) as error:
                with self.lock:
                    self.in_doubt.append((entry, error))

    def _next(self) -> Claimed | None:
        with self.lock:
            if not self.rest or _is_away(self.in_doubt):
                return None
            if self.until() or self.sender.clock() >= self.enough:
                return None
            return self.rest.popleft()

    def _count(self, counted: Round) -> None:
        with self.lock:
            if counted.sent:  # the outlet is there: it was the mail
                for entry, error in self.in_doubt:
                    self.sender.later(entry, str(error))
                counted = replace(counted, deferred=len(self.in_doubt))
                self.in_doubt = []
            self.done = self.done.plus(counted)


def _is_away(in_doubt: list[_Unsent]) -> bool:
    """Whether the outlet failed over two mails in a row, or takes none of us, whatever we send."""
    at_once = (AccessDeniedError, PausedError)
    return len(in_doubt) > 1 or any(isinstance(error, at_once) for _, error in in_doubt)
