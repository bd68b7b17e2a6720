"""Counts for the reconciliation: what came in, what became of it, who was answered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import and_, func, or_, select, text

from daemon.model import ClockKind, EnquiryStatus, OutboxKind, Outcome, Route
from daemon.store import schema
from daemon.store.rows import Rows

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, FromClause

SHOWN = 20
"""How many of what is wrong are named; all of them are counted."""
_IDS_AT_ONCE = 500  # SQLite takes a bounded number of parameters in a query

Found = tuple[int, list[str]]
"""How many there are, and what the first of them are called."""

RECEIPT_STATES = ("stored", "private", "quarantined", "missed")
LETTER_STATES = ("waiting", "held", "post", "claimed", "sent", "failed", "cancelled", "shadow")
_IN_AN_ENQUIRY = (Outcome.OPENED, Outcome.JOINED)
_SILENT = (
    *(Outcome.SET_ASIDE, Outcome.OWN, Outcome.HISTORY),
    *(Outcome.INTERNAL, Outcome.PRIVATE),
)
_ABOUT_AN_ENQUIRY = (
    *(OutboxKind.ACKNOWLEDGEMENT, OutboxKind.REMINDER),
    *(OutboxKind.ESCALATION, OutboxKind.ALERT),
)
_ENDED_BY_PEOPLE = ("replied", "closed")
_FOR_A_REPLY = tuple(kind for kind in ClockKind if kind.ends_with_a_reply)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What the receipt of one listed message says."""

    was_missed: bool  # it was listed before, and could not be had
    is_from_before: bool  # it arrived before go-live


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptCounts:
    """The receipts of one inbox."""

    by_state: Mapping[str, int]
    from_before: int  # of all: arrived before go-live

    @property
    def in_all(self) -> int:
        """How many there are."""
        return sum(self.by_state.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """A message without an answer of ours, and the reason on record."""

    id: int
    reference: str | None
    inbox: str
    received_at: datetime
    outcome: str
    skip: str | None  # none is sent, for this reason
    hold: str | None  # one waits for a person, for this reason


class Ledgers(Rows):
    """Counting all there is, and finding what has left no trace where it should have."""

    def stand_still(self) -> None:
        """Have this transaction see the store as it is now, whatever others do meanwhile.

        To be called before anything is read. SQLite does so by itself.
        """
        if self.connection.dialect.name == "postgresql":
            self.connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))

    def seen(
        self, inbox: str, external_ids: Sequence[str], *, since: datetime | None
    ) -> dict[str, Seen]:
        """Return what the receipts of an inbox say of these messages; `since` is its go-live."""
        row = schema.receipt.c
        found: dict[str, Seen] = {}
        for start in range(0, len(external_ids), _IDS_AT_ONCE):
            some = external_ids[start : start + _IDS_AT_ONCE]
            query = select(row.external_id, row.state, row.arrived_at).where(
                row.inbox == inbox, row.external_id.in_(some)
            )
            for external_id, state, arrived_at in self.connection.execute(query):
                before = since is not None and arrived_at is not None and arrived_at < since
                found[external_id] = Seen(was_missed=state == "missed", is_from_before=before)
        return found

    def receipt_counts(self, go_live: Mapping[str, datetime | None]) -> Mapping[str, ReceiptCounts]:
        """Return the receipts of each inbox that has any; `go_live` is when each began."""
        row = schema.receipt.c
        states: dict[str, dict[str, int]] = {}
        query = select(row.inbox, row.state, func.count()).group_by(row.inbox, row.state)
        for inbox, state, many in self.connection.execute(query):
            states.setdefault(inbox, {})[state] = many
        before = {
            inbox: self._count(schema.receipt, and_(row.inbox == inbox, row.arrived_at < since))
            for inbox, since in go_live.items()
            if since is not None and inbox in states
        }
        return {
            inbox: ReceiptCounts(by_state=counted, from_before=before.get(inbox, 0))
            for inbox, counted in states.items()
        }

    def messages_with_receipts(self) -> int:
        """Return how many messages the stored receipts are of: the others saw one again."""
        row = schema.receipt.c
        query = select(func.count(row.message_id.distinct())).where(row.state == "stored")
        return self.connection.scalar(query) or 0

    def messages_by_outcome(self) -> Mapping[str, int]:
        """Return how many messages came to what."""
        row = schema.message.c
        query = select(row.outcome, func.count().label("count_")).group_by(row.outcome)
        return {r.outcome: r.count_ for r in self.connection.execute(query)}

    def enquiries_in_all(self) -> int:
        """Return how many enquiries there are."""
        return self._count(schema.enquiry)

    def enquiries_by_answer(self) -> Mapping[tuple[str, str], int]:
        """Return how many enquiries were answered how: state of the acknowledgement, and why not.

        The state is that of the outbox, `not-delivered` where the mail came back, `merged` where
        none was written for one that is a part of another, or "" where none was written: then the
        second says why ("" for no reason).
        """
        e, o, m = schema.enquiry.c, schema.outbox.c, schema.message.c
        why = (
            select(m.enquiry_id, func.min(m.skip).label("skip"))
            .where(_gives_reason())
            .group_by(m.enquiry_id)
            .subquery()
        )
        returned, merged = o.not_delivered_at.is_not(None), e.merged_into.is_not(None)
        query = (
            select(o.state, returned, why.c.skip, merged, func.count())
            .select_from(schema.enquiry)
            .outerjoin(schema.outbox, _is_acknowledgement())
            .outerjoin(why, why.c.enquiry_id == e.id)
            .group_by(o.state, returned, why.c.skip, merged)
        )
        found: dict[tuple[str, str], int] = {}
        for state, came_back, skip, is_merged, many in self.connection.execute(query):
            said = "not-delivered" if came_back else state or ("merged" if is_merged else "")
            key = (said, "" if said else skip or "")
            found[key] = found.get(key, 0) + many
        return found

    def silences(self, *, since: datetime, limit: int) -> list[Silence]:
        """Return the messages since then that nobody was answered for, the newest first, and why.

        A hold counts while it lasts.
        """
        m, e, o = schema.message.c, schema.enquiry.c, schema.outbox.c
        held = and_(o.message_id == m.id, o.kind == OutboxKind.ACKNOWLEDGEMENT, o.state == "held")
        query = (
            select(m.id, e.reference, m.inbox, m.received_at, m.outcome, m.skip, o.hold)
            .outerjoin(schema.enquiry, e.id == m.enquiry_id)
            .outerjoin(schema.outbox, held)
            .where(m.received_at >= since, or_(m.skip.is_not(None), o.hold.is_not(None)))
            .order_by(m.received_at.desc(), m.id.desc())
            .limit(limit)
        )
        return [Silence(**row._mapping) for row in self.connection.execute(query)]

    # What is wrong with enquiries

    def unanswered(self) -> Found:
        """Return enquiries with neither an acknowledgement nor a reason for silence."""
        e, m, o = schema.enquiry.c, schema.message.c, schema.outbox.c
        silent = select(m.id).where(m.enquiry_id == e.id, _gives_reason()).exists()
        answered = select(o.id).where(_is_acknowledgement()).exists()
        where = and_(e.merged_into.is_(None), ~silent, ~answered)
        return self._named(e.reference, schema.enquiry, where)

    def answered_oddly(self) -> Found:
        """Return enquiries with two acknowledgements, or one in a state that nobody knows."""
        e, o = schema.enquiry.c, schema.outbox.c
        written = select(func.count()).where(_is_acknowledgement()).scalar_subquery()
        strange = select(o.id).where(_is_acknowledgement(), o.state.not_in(LETTER_STATES)).exists()
        return self._named(e.reference, schema.enquiry, or_(written > 1, strange))

    def cancelled(self) -> Found:
        """Return open enquiries whose acknowledgement was cancelled though nobody ended them."""
        e, o, a = schema.enquiry.c, schema.outbox.c, schema.act.c
        cancelled = select(o.id).where(_is_acknowledgement(), o.state == "cancelled").exists()
        ended = select(a.id).where(a.enquiry_id == e.id, a.what.in_(_ENDED_BY_PEOPLE)).exists()
        where = and_(e.status == EnquiryStatus.OPEN, cancelled, ~ended)
        return self._named(e.reference, schema.enquiry, where)

    def without_clock(self) -> Found:
        """Return open enquiries for whose reply no clock runs or stands still.

        An alert or the next update on a register is no clock for a reply. One whose reply was
        seen waits for a person's word alone.
        """
        e, d = schema.enquiry.c, schema.deadline.c
        runs = (
            select(d.id)
            .where(d.enquiry_id == e.id, d.ended_at.is_(None), d.kind.in_(_FOR_A_REPLY))
            .exists()
        )
        where = and_(
            e.status == EnquiryStatus.OPEN,
            e.route != Route.SET_ASIDE,
            e.reply_seen_at.is_(None),
            ~runs,
        )
        return self._named(e.reference, schema.enquiry, where)

    def without_messages(self) -> Found:
        """Return enquiries that no message belongs to, but for those merged into another."""
        e, m = schema.enquiry.c, schema.message.c
        has = select(m.id).where(m.enquiry_id == e.id).exists()
        return self._named(e.reference, schema.enquiry, and_(e.merged_into.is_(None), ~has))

    # What is wrong with messages and receipts

    def without_outcome(self) -> Found:
        """Return messages that left no trace of what became of them.

        No enquiry although they opened or joined one, no reason although they did not, never
        classified, or an outcome that nobody knows.
        """
        m, c = schema.message.c, schema.classification.c
        read = select(c.id).where(c.message_id == m.id).exists()
        where = or_(
            and_(m.outcome.in_(_IN_AN_ENQUIRY), m.enquiry_id.is_(None)),
            and_(m.outcome.in_(_SILENT), m.skip.is_(None)),
            m.outcome.not_in((*_IN_AN_ENQUIRY, *_SILENT)),
            ~read,
        )
        return self._named(m.id, schema.message, where)

    def without_receipt(self) -> Found:
        """Return messages that no receipt tells of."""
        m, r = schema.message.c, schema.receipt.c
        where = ~select(r.id).where(r.message_id == m.id).exists()
        return self._named(m.id, schema.message, where)

    def without_message(self) -> Found:
        """Return receipts of stored mail whose message is not there, or of a state unknown."""
        r, m = schema.receipt.c, schema.message.c
        there = select(m.id).where(m.id == r.message_id).exists()
        where = or_(and_(r.state == "stored", ~there), r.state.not_in(RECEIPT_STATES))
        return self._named(r.id, schema.receipt, where)

    # What is wrong with letters

    def not_leaving(self, *, since_at: datetime) -> Found:
        """Return letters that were to leave before `since_at` and have not."""
        o = schema.outbox.c
        where = or_(
            and_(o.state == "waiting", o.send_after < since_at),
            and_(o.state == "claimed", o.claimed_until < since_at),
        )
        return self._named(o.id, schema.outbox, where)

    def about_nothing(self) -> Found:
        """Return acknowledgements, reminders, escalations and alerts that are about no enquiry."""
        o = schema.outbox.c
        where = and_(o.kind.in_(_ABOUT_AN_ENQUIRY), o.enquiry_id.is_(None))
        return self._named(o.id, schema.outbox, where)

    def _named(
        self, name: ColumnElement[object], table: FromClause, where: ColumnElement[bool]
    ) -> Found:
        total = self._count(table, where)
        if not total:
            return 0, []
        shown = self.connection.scalars(
            select(name).select_from(table).where(where).order_by(name).limit(SHOWN)
        )
        return total, [str(one) for one in shown]

    def _count(self, table: FromClause, *where: ColumnElement[bool]) -> int:
        query = select(func.count()).select_from(table).where(*where)
        return self.connection.scalar(query) or 0


def _is_acknowledgement() -> ColumnElement[bool]:
    o, e = schema.outbox.c, schema.enquiry.c
    return and_(o.enquiry_id == e.id, o.key == e.reference + ":acknowledgement")


def _gives_reason() -> ColumnElement[bool]:
    """Whether a message says why its enquiry gets no answer: not one that only joined it."""
    m = schema.message.c
    return and_(m.enquiry_id.is_not(None), m.skip.is_not(None), m.outcome != Outcome.JOINED)
