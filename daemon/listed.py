"""An inbox's own list beside our receipts, a part at a time, so that a large one costs no memory.

The poll fetches what it finds missing; the command that reconciles only counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from daemon.reconcile import SHOWN, InboxCount

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from connectors.base import Cursor, Inbox
    from daemon.store import Store

_AT_ONCE = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Some of the messages that lie in an inbox, in its order."""

    taken: tuple[str, ...]  # they have a receipt, and were taken in
    missed: tuple[str, ...]  # listed before and not to be had then: to be tried again
    gaps: tuple[str, ...]  # no receipt, and behind where the inbox was read to
    to_come: tuple[str, ...]  # no receipt yet: the next poll brings them
    from_before: int  # of those with a receipt, how many arrived before go-live


def parts(
    inbox: Inbox, store: Store, *, since: datetime | None, cursor: Cursor | None
) -> Iterator[Part]:
    """List an inbox back to go-live and set each part of the list beside the receipts.

    `cursor` is as the store had it before the listing: what a daemon takes in meanwhile then has
    a receipt or is to come, and is never a gap.

    Raises:
        UnavailableError, AccessDeniedError: the inbox cannot be listed.
        StoreUnavailableError: the database does not answer.
    """
    listed = inbox.list_ids(since, cursor=cursor)
    for start in range(0, len(listed), _AT_ONCE):
        yield _part(inbox, store, listed[start : start + _AT_ONCE], since=since, cursor=cursor)


def _part(
    inbox: Inbox,
    store: Store,
    listed: Sequence[str],
    *,
    since: datetime | None,
    cursor: Cursor | None,
) -> Part:
    with store.read() as tx:
        seen = tx.seen(inbox.name, listed, since=since)
    unseen = [one for one in listed if one not in seen]
    to_come = inbox.to_come(cursor, unseen)
    return Part(
        taken=tuple(one for one in listed if one in seen and not seen[one].was_missed),
        missed=tuple(one for one in listed if one in seen and seen[one].was_missed),
        gaps=tuple(one for one in unseen if one not in to_come),
        to_come=tuple(one for one in unseen if one in to_come),
        from_before=sum(one.is_from_before for one in seen.values()),
    )


@dataclass(slots=True, kw_only=True)
class Tally:
    """Adds up the parts of one inbox."""

    name: str
    listed: int = 0
    with_receipt: int = 0
    to_come: int = 0
    missing: int = 0
    from_before: int = 0
    missing_ids: tuple[str, ...] = ()
    to_come_ids: tuple[str, ...] = ()

    def add(self, part: Part, *, still_missing: Sequence[str]) -> None:
        """Count a part, some of whose gaps may have been fetched by now."""
        had = len(part.taken) + len(part.missed) + len(part.gaps) - len(still_missing)
        self.listed += had + len(still_missing) + len(part.to_come)
        self.with_receipt += had
        self.to_come += len(part.to_come)
        self.missing += len(still_missing)
        self.from_before += part.from_before
        self.missing_ids = (*self.missing_ids, *still_missing)[:SHOWN]
        self.to_come_ids = (*self.to_come_ids, *part.to_come)[:SHOWN]

    def count(self, *, at: datetime) -> InboxCount:
        """Return what was found; the receipts in all are counted with the rest of the store."""
        return InboxCount(
            name=self.name,
            listed=self.listed,
            with_receipt=self.with_receipt,
            to_come=self.to_come,
            missing=self.missing,
            missing_ids=self.missing_ids,
            to_come_ids=self.to_come_ids,
            listed_from_before=self.from_before,
            at=at.isoformat(),
        )


def count(
    inbox: Inbox,
    store: Store,
    *,
    since: datetime | None,
    cursor: Cursor | None,
    at: datetime,
) -> InboxCount:
    """Return what lies in an inbox and what of it we have; nothing is fetched.

    Raises:
        UnavailableError, AccessDeniedError: the inbox cannot be listed.
        StoreUnavailableError: the database does not answer.
    """
    tally = Tally(name=inbox.name)
    for part in parts(inbox, store, since=since, cursor=cursor):
        tally.add(part, still_missing=part.gaps)
    return tally.count(at=at)
