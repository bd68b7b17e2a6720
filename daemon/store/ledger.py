"""Counts for the reconciliation: what came in, what became of it, who was answered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import and_, func, or_, select

from daemon.model import EnquiryStatus, Outcome, Route
from daemon.store import schema
from daemon.store.rows import Rows

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy import ColumnElement, FromClause

SHOWN = 20
"""How many of what is wrong are named; all of them are counted."""

Found = tuple[int, list[str]]
"""How many there are, and what the first of them are called."""


class Ledgers(Rows):
    """Counting all there is, and finding what has left no trace where it should have."""

    def receipts_by_state(self) -> Mapping[str, Mapping[str, int]]:
        """Return how many receipts each inbox has, by state."""
        row = schema.receipt.c
        query = select(row.inbox, row.state, func.count()).group_by(row.inbox, row.state)
        found: dict[str, dict[str, int]] = {}
        for inbox, state, count in self.connection.execute(query):
            found.setdefault(inbox, {})[state] = count
        return found

    def messages_by_outcome(self) -> Mapping[str, int]:
        """Return how many messages came to what."""
        row = schema.message.c
        query = select(row.outcome, func.count().label("count_")).group_by(row.outcome)
        return {r.outcome: r.count_ for r in self.connection.execute(query)}

    def enquiries_by_answer(self) -> Mapping[tuple[str, str], int]:
        """Return how many enquiries were answered how: state of the acknowledgement, and why not.

        The state is that of the outbox, `not-delivered` where the mail came back, `merged`, or
        "" where no acknowledgement was written: then the second says why ("" for no reason).
        """
        e, o, m = schema.enquiry.c, schema.outbox.c, schema.message.c
        first = (
            select(m.enquiry_id, func.min(m.id).label("id"))
            .where(m.enquiry_id.is_not(None), m.outcome != Outcome.JOINED)
            .group_by(m.enquiry_id)
            .subquery()
        )
        query = (
            select(o.state, o.not_delivered_at.is_not(None), m.skip, e.merged_into.is_not(None))
            .add_columns(func.count())
            .select_from(schema.enquiry)
            .outerjoin(schema.outbox, _is_acknowledgement())
            .outerjoin(first, first.c.enquiry_id == e.id)
            .outerjoin(schema.message, m.id == first.c.id)
            .group_by(o.state, o.not_delivered_at.is_not(None), m.skip, e.merged_into.is_not(None))
        )
        found: dict[tuple[str, str], int] = {}
        for state, returned, skip, merged, count in self.connection.execute(query):
            said = "merged" if merged else "not-delivered" if returned else state or ""
            key = (said, "" if said else skip or "")
            found[key] = found.get(key, 0) + count
        return found

    # What is wrong

    def unanswered(self) -> Found:
        """Return enquiries with neither an acknowledgement nor a reason for silence."""
        e, m, o = schema.enquiry.c, schema.message.c, schema.outbox.c
        silent = select(m.id).where(m.enquiry_id == e.id, m.skip.is_not(None)).exists()
        answered = select(o.id).where(_is_acknowledgement()).exists()
        where = and_(e.merged_into.is_(None), ~silent, ~answered)
        return self._named(e.reference, schema.enquiry, where)

    def without_clock(self) -> Found:
        """Return open enquiries that no clock watches and nobody has answered."""
        e, d = schema.enquiry.c, schema.deadline.c
        runs = select(d.id).where(d.enquiry_id == e.id, d.ended_at.is_(None)).exists()
        where = and_(
            e.status == EnquiryStatus.OPEN,
            e.route != Route.SET_ASIDE,
            e.reply_seen_at.is_(None),
            ~runs,
        )
        return self._named(e.reference, schema.enquiry, where)

    def without_enquiry(self) -> Found:
        """Return messages that opened or joined an enquiry, and belong to none."""
        m = schema.message.c
        where = and_(m.outcome.in_((Outcome.OPENED, Outcome.JOINED)), m.enquiry_id.is_(None))
        return self._named(m.id, schema.message, where)

    def without_receipt(self) -> Found:
        """Return messages that no receipt tells of."""
        m, r = schema.message.c, schema.receipt.c
        where = ~select(r.id).where(r.message_id == m.id).exists()
        return self._named(m.id, schema.message, where)

    def without_message(self) -> Found:
        """Return receipts of stored mail whose message is not there."""
        r = schema.receipt.c
        where = and_(r.state == "stored", r.message_id.is_(None))
        return self._named(r.id, schema.receipt, where)

    def not_leaving(self, *, since_at: datetime) -> Found:
        """Return letters that were to leave before `since_at` and have not."""
        o = schema.outbox.c
        where = or_(
            and_(o.state == "waiting", o.send_after < since_at),
            and_(o.state == "claimed", o.claimed_until < since_at),
        )
        return self._named(o.id, schema.outbox, where)

    def _named(
        self, name: ColumnElement[object], table: FromClause, where: ColumnElement[bool]
    ) -> Found:
        total = self.connection.scalar(select(func.count()).select_from(table).where(where)) or 0
        if not total:
            return 0, []
        shown = self.connection.scalars(
            select(name).select_from(table).where(where).order_by(name).limit(SHOWN)
        )
        return total, [str(one) for one in shown]


def _is_acknowledgement() -> ColumnElement[bool]:
    o, e = schema.outbox.c, schema.enquiry.c
    return and_(o.enquiry_id == e.id, o.key == e.reference + ":acknowledgement")
