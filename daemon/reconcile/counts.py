"""What a reconciliation counts: inboxes, the sums, and what does not add up."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from daemon.store import Transaction
    from daemon.store.ledger import ReceiptCounts

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
