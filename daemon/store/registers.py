"""The registers as queries over one truth, and what the meeting is to see (guide §1.21)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, func, or_, select, text

from daemon.model import EVERYTHING, Channel, ClockKind, EnquiryStatus, Reader, Register
from daemon.store import schema
from daemon.store.finding import enquiries_named, messages_with
from daemon.store.subjects import Subjects, kept_from, seen_by

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from sqlalchemy import Column, ColumnElement, FromClause, Row, Select, SelectBase, Table
    from sqlalchemy.sql.base import ReadOnlyColumnCollection

    AnyRow = Row[*tuple[Any, ...]]
    AnySelect = Select[*tuple[Any, ...]]

_REFERENCE_PART = re.compile(r"[A-Za-z0-9]{2,5}-[A-Za-z0-9-]*|[A-Za-z0-9]{5}")
# Written out, not bound: only so does SQLite see that the partial index will do.
_OPEN_CLOCK: Any = text("deadline.ended_at IS NULL")
_AT_ONCE = 500  # SQLite takes a bounded number of parameters in a query
_NEWEST_FOUND = 1000  # messages that a search looks at first
_TITLE_CHARS = 80
_REPLIES = tuple(kind for kind in ClockKind if kind.ends_with_a_reply)


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which entries of a register are wanted."""

    open_only: bool = True
    overdue_on: date | None = None  # only what was due before this day
    team: str = ""
    about: str = ""  # a part of the sender's name, address or subject, or the reference
    category: str = ""
    reader: Reader = EVERYTHING  # what they may not see is left out
    newest_first: bool = False  # by receipt, instead of what is due first
    limit: int = 0  # 0: all
    offset: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An enquiry as it stands on a register."""

    reference: str
    who: str
    address: str
    subject: str
    channel: str
    received_at: datetime
    category: str
    source: str
    to_be_sorted: bool
    criteria: tuple[str, ...]
    route: str
    team: str
    reply_team: str
    assigned_to: str
    status: str
    proposed: bool
    since_at: datetime
    due_on: date | None
    clock: str
    stopped_on: date | None
    next_update_on: date | None
    reply_seen_at: datetime | None
    reply_failed_at: datetime | None
    updates: tuple[tuple[datetime, str], ...] = ()  # the latest first, three at most
    milestones: tuple[tuple[date, str], ...] = ()  # those ahead, soonest first
    handling: tuple[tuple[str, str, str], ...] = ()  # what, words, state
    arrangements: tuple[str, ...] = ()
    subjects: frozenset[str] = field(default_factory=frozenset)


def _title(first: AnyRow) -> str:
    """Return what an enquiry is listed as: its subject; a post, which has none, as it begins."""
    if first.subject or first.channel not in {Channel.X_DM, Channel.X_MENTION}:
        return str(first.subject)
    words = " ".join(one for one in first.opening.split() if not one.startswith("@"))
    return words if len(words) <= _TITLE_CHARS else f"{words[:_TITLE_CHARS].rstrip()}…"


class Registers(Subjects):
    """Reading the registers; a page takes a handful of queries however many entries it has."""

    def entries(self, register: Register, wanted: Filter) -> list[Entry]:
        """Return the entries of a register of enquiries: what is due first comes first."""
        due, e, entry = self._soonest(), schema.enquiry.c, schema.register_entry.c
        query = (
            self._select(due)
            .join(schema.register_entry, _stands_on(register))
            .add_columns(entry.proposed, entry.since_at)
            .where(*self._conditions(wanted, due))
        )
        return self._entries(self.connection.execute(_in_order(query, wanted, due, e)).all())

    def count_entries(self, register: Register, wanted: Filter) -> int:
        """Return how many entries of a register there are, whatever the limit."""
        if wanted.overdue_on is not None:
            return self._count_by_due_day(register, wanted)
        plain = replace(wanted, reader=EVERYTHING, newest_first=False) == Filter(open_only=False)
        if plain and wanted.reader.teams is None:
            return self._count_all(register, wanted.reader)
        query = select(func.count()).select_from(schema.enquiry)
        conditions = self._conditions(wanted, self._soonest())
        return self.connection.scalar(query.where(_is_on(register), *conditions)) or 0

    def _count_all(self, register: Register, reader: Reader) -> int:
        """Count a whole register from its index, less the few that do not count."""
        e, row = schema.enquiry.c, schema.register_entry.c
        on = select(func.count()).select_from(schema.enquiry).where(_is_on(register))
        counts = [
            select(func.count()).where(row.register == register),
            on.where(e.merged_into.is_not(None)),
        ]
        if kept := kept_from(reader):
            counts.append(on.where(e.merged_into.is_(None), or_(*(e.id.in_(k) for k in kept))))
        every, *less = (self.connection.scalar(query) or 0 for query in counts)
        return every - sum(less)

    def page_ids(self, register: Register, wanted: Filter) -> list[int]:
        """Return the ids of one page of a register, as `wanted.limit` and `offset` have it.

        What is open comes in the order in which replies are due, then what has no such clock;
        everything else the newest first. Each order is read from an index, whose part is all that
        a page costs.
        """
        if wanted.newest_first or not wanted.open_only:
            return self._by_receipt(register, wanted)
        found = self._by_due_day(register, wanted)
        rest = wanted.limit - len(found)
        if rest and wanted.overdue_on is None:
            before = self._count_by_due_day(register, wanted)
            offset = max(0, wanted.offset - before)
            further = replace(wanted, limit=rest, offset=offset)
            found += self._by_receipt(register, further, without_clock=True)
        return found

    def _by_receipt(
        self, register: Register, wanted: Filter, *, without_clock: bool = False
    ) -> list[int]:
        e = schema.enquiry.c
        conditions = [_is_on(register), *self._conditions(wanted, self._soonest())]
        if without_clock:
            conditions.append(~_open_clock(schema.deadline).exists())
        order = (e.received_at, e.id) if without_clock else (e.received_at.desc(), e.id.desc())
        query = select(e.id).where(*conditions).order_by(*order)
        return list(self.connection.scalars(query.limit(wanted.limit).offset(wanted.offset)))

    def _by_due_day(self, register: Register, wanted: Filter) -> list[int]:
        d = schema.deadline.c
        query = (
            select(d.enquiry_id).where(*self._clocks_due(register, wanted)).order_by(d.due_on, d.id)
        )
        return list(self.connection.scalars(query.limit(wanted.limit).offset(wanted.offset)))

    def _count_by_due_day(self, register: Register, wanted: Filter) -> int:
        """Count from indexes: who has an open clock is open, and was not merged."""
        d, e, row = schema.deadline.c, schema.enquiry.c, schema.register_entry.c
        # Asked for each clock that is open: the whole register grows with the years.
        on = select(row.enquiry_id).where(row.enquiry_id == d.enquiry_id, row.register == register)
        query = select(func.count(d.enquiry_id.distinct())).where(
            *(_OPEN_CLOCK, d.kind.in_(_REPLIES), on.exists())
        )
        if wanted.overdue_on is not None:
            query = query.where(d.due_on < wanted.overdue_on)
        for kept in kept_from(wanted.reader):
            query = query.where(d.enquiry_id.not_in(kept))
        if wanted.team or wanted.category or wanted.about or wanted.reader.teams is not None:
            apart = replace(wanted, overdue_on=None)
            conditions = self._conditions(apart, self._soonest())
            query = query.join(schema.enquiry, e.id == d.enquiry_id).where(*conditions)
        return self.connection.scalar(query) or 0

    def _clocks_due(self, register: Register, wanted: Filter) -> list[ColumnElement[bool]]:
        """Return the conditions for the clock of an enquiry on a register that is due first."""
        d, e = schema.deadline.c, schema.enquiry.c
        other = schema.deadline.alias()
        earlier = _open_clock(other, of=d.enquiry_id).where(
            or_(other.c.due_on < d.due_on, and_(other.c.due_on == d.due_on, other.c.id < d.id))
        )
        apart = replace(wanted, overdue_on=None)
        is_on = select(e.id).where(
            e.id == d.enquiry_id, _is_on(register), *self._conditions(apart, self._soonest())
        )
        conditions: list[ColumnElement[bool]] = [d.kind.in_(_REPLIES), is_on.exists()]
        if wanted.overdue_on is not None:
            conditions.append(d.due_on < wanted.overdue_on)
        return [_OPEN_CLOCK, *conditions, ~earlier.exists()]

    def seen_references(self, references: Sequence[str], reader: Reader) -> set[str]:
        """Return which of these enquiries somebody may see."""
        e, found = schema.enquiry.c, set[str]()
        for start in range(0, len(references), _AT_ONCE):
            some = references[start : start + _AT_ONCE]
            query = select(e.reference).where(e.reference.in_(some), *seen_by(reader))
            found |= set(self.connection.scalars(query))
        return found

    def count_restricted(self, register: Register, wanted: Filter) -> int:
        """Return how many entries are about somebody, as far as all others are concerned."""
        s, e = schema.enquiry_subject.c, schema.enquiry.c
        about = select(s.enquiry_id).where(s.state == "set")
        query = select(func.count()).select_from(schema.enquiry).where(e.id.in_(about))
        conditions = self._conditions(wanted, self._soonest())
        return self.connection.scalar(query.where(_is_on(register), *conditions)) or 0

    def enquiries(self, wanted: Filter) -> list[Entry]:
        """Return enquiries, whether they stand on a register or not."""
        is_part = wanted.about and wanted.newest_first and wanted.limit and not wanted.offset
        if is_part:
            # What half of all people are called is found without reading all of them; where that
            # is not enough (others may not be seen), all are read.
            found = self._enquiries(wanted, newest=_NEWEST_FOUND)
            if len(found) == wanted.limit:
                return found
        return self._enquiries(wanted)

    def _enquiries(self, wanted: Filter, *, newest: int = 0) -> list[Entry]:
        due, e = self._soonest(), schema.enquiry.c
        query = self._apart(due).where(*self._conditions(wanted, due, newest=newest))
        return self._entries(self.connection.execute(_in_order(query, wanted, due, e)).all())

    def entries_of(self, ids: Sequence[int]) -> dict[int, Entry]:
        """Return enquiries by their id, as they stand."""
        found: dict[int, Entry] = {}
        for start in range(0, len(ids), _AT_ONCE):
            some = ids[start : start + _AT_ONCE]
            query = self._apart(self._soonest()).where(schema.enquiry.c.id.in_(some))
            rows = self.connection.execute(query).all()
            found |= {row.id: entry for row, entry in zip(rows, self._entries(rows), strict=True)}
        return found

    def _apart(self, due: ColumnElement[Any]) -> AnySelect:
        """Select enquiries as entries of no register: proposed where any criterion is."""
        e, c = schema.enquiry.c, schema.register_entry.c
        proposed = select(c.enquiry_id).where(c.enquiry_id == e.id, c.proposed).exists()
        return self._select(due).add_columns(
            proposed.label("proposed"), e.opened_at.label("since_at")
        )

    def _soonest(self) -> ColumnElement[Any]:
        d = schema.deadline.c
        return (
            select(func.min(d.due_on))
            .where(
                d.enquiry_id == schema.enquiry.c.id,
                d.ended_at.is_(None),
                d.kind.in_(_REPLIES),
            )
            .correlate(schema.enquiry)
            .scalar_subquery()
        )

    def _select(self, due: ColumnElement[Any]) -> AnySelect:
        e = schema.enquiry.c
        return select(
            e.id,
            e.reference,
            e.received_at,
            e.category,
            e.source,
            e.to_be_sorted,
            e.route,
            e.team,
            e.reply_team,
            e.assigned_to,
            e.status,
            e.reply_seen_at,
            e.reply_failed_at,
            due.label("due_on"),
        ).select_from(schema.enquiry)

    def _conditions(
        self, wanted: Filter, due: ColumnElement[Any], *, newest: int = 0
    ) -> list[ColumnElement[bool]]:
        """Return what makes an entry wanted; `newest`: its words stand in one of so many messages.

        The newest of those that say them.
        """
        e = schema.enquiry.c
        conditions: list[ColumnElement[bool]] = [e.merged_into.is_(None)]
        if wanted.open_only:
            conditions.append(e.status == EnquiryStatus.OPEN)
        if wanted.overdue_on is not None:
            conditions.append(due < wanted.overdue_on)
        if wanted.team:
            conditions.append(e.team == wanted.team)
        if wanted.category:
            conditions.append(e.category == wanted.category)
        conditions += seen_by(wanted.reader)
        if wanted.about:
            conditions.append(e.id.in_(self._about(wanted.about, newest)))
        return conditions

    def _about(self, words: str, newest: int) -> SelectBase:
        """Select who has words in a name, address or subject, or in the reference."""
        m, dialect = schema.message.c, self.connection.dialect
        messages = messages_with(words, dialect, newest=newest)
        said = select(m.enquiry_id).where(m.id.in_(messages), m.enquiry_id.is_not(None))
        if not _REFERENCE_PART.fullmatch(words.strip()):
            return said
        return said.union(enquiries_named(words.strip(), dialect))

    def _entries(self, rows: Sequence[AnyRow]) -> list[Entry]:
        found: list[Entry] = []
        for start in range(0, len(rows), _AT_ONCE):
            some = rows[start : start + _AT_ONCE]
            around = _Around(self, [row.id for row in some])
            found += [around.entry(row) for row in some]
        return found

    # Counts

    def received(self, since_at: datetime, until_at: datetime) -> dict[tuple[str, str, str], int]:
        """Return how many enquiries came in a period, by channel, category and source."""
        e, m = schema.enquiry.c, schema.message.c
        every = schema.message.alias().c
        first = select(func.min(every.id)).where(every.enquiry_id == e.id).scalar_subquery()
        query = (
            select(m.channel, e.category, e.source, func.count())
            .select_from(schema.enquiry)
            .join(schema.message, m.id == first)
            .where(e.received_at >= since_at, e.received_at < until_at)
            .group_by(m.channel, e.category, e.source)
        )
        return {(c, k, s): n for c, k, s, n in self.connection.execute(query)}

    def answered(self, since_at: datetime, until_at: datetime) -> tuple[int, int]:
        """Return how many clocks ended with a reply in a period: in time, and late."""
        d = schema.deadline.c
        in_time = d.ended_at <= d.due_at
        query = (
            select(in_time, func.count())
            .where(
                d.ended_at >= since_at,
                d.ended_at < until_at,
                d.ended_by.in_(("replied", "seen")),
                d.kind.in_(_REPLIES),
            )
            .group_by(in_time)
        )
        counts = {bool(key): n for key, n in self.connection.execute(query)}
        return counts.get(True, 0), counts.get(False, 0)

    def standing(self, now: datetime) -> dict[str, int]:
        """Return how many enquiries are open, overdue, to be sorted, and what is held or apart."""
        e, d, o = schema.enquiry.c, schema.deadline.c, schema.outbox.c
        overdue = (
            select(d.id)
            .where(
                d.enquiry_id == e.id,
                d.ended_at.is_(None),
                d.stopped_on.is_(None),
                d.kind.in_(_REPLIES),
                d.due_at < now,
            )
            .exists()
        )
        is_open = e.status == EnquiryStatus.OPEN
        counts = {
            "open": select(func.count()).select_from(schema.enquiry).where(is_open),
            "overdue": select(func.count()).select_from(schema.enquiry).where(is_open, overdue),
            "to be sorted": select(func.count())
            .select_from(schema.enquiry)
            .where(is_open, e.to_be_sorted),
            "held": select(func.count()).select_from(schema.outbox).where(o.state == "held"),
            "quarantined": select(func.count())
            .select_from(schema.receipt)
            .where(schema.receipt.c.state == "quarantined"),
            "set aside": select(func.count())
            .select_from(schema.message)
            .where(schema.message.c.outcome == "set-aside"),
        }
        return {what: self.connection.scalar(query) or 0 for what, query in counts.items()}


def _is_on(register: Register) -> ColumnElement[bool]:
    row = schema.register_entry.c
    on = select(row.enquiry_id).where(
        row.enquiry_id == schema.enquiry.c.id, row.register == register
    )
    return on.correlate(schema.enquiry).exists()


def _open_clock(table: FromClause, *, of: ColumnElement[Any] | None = None) -> AnySelect:
    """Select the open reply clocks of an enquiry in a table of deadlines, or an alias of it."""
    enquiry_id = schema.enquiry.c.id if of is None else of
    return select(table.c.id).where(
        table.c.enquiry_id == enquiry_id, table.c.ended_at.is_(None), table.c.kind.in_(_REPLIES)
    )


def _stands_on(register: Register) -> ColumnElement[bool]:
    row = schema.register_entry.c
    return and_(row.enquiry_id == schema.enquiry.c.id, row.register == register)


def _in_order(
    query: AnySelect,
    wanted: Filter,
    due: ColumnElement[Any],
    e: ReadOnlyColumnCollection[str, Column[Any]],
) -> AnySelect:
    """Put entries in order, and take the part of them that is wanted."""
    if wanted.newest_first:
        query = query.order_by(e.received_at.desc(), e.id.desc())
    else:
        query = query.order_by(due.is_(None), due, e.received_at, e.id)
    if wanted.limit:
        query = query.limit(wanted.limit).offset(wanted.offset)
    return query


class _Around:
    """What stands around some enquiries, read at once."""

    def __init__(self, tx: Registers, ids: Sequence[int]) -> None:
        self._connection = tx.connection
        self._about = tx.subjects_of(ids)
        self._first = self._firsts(ids)
        self._clocks = self._grouped(
            schema.deadline,
            ids,
            schema.deadline.c.due_on,
            schema.deadline.c.ended_at.is_(None),
        )
        self._criteria = self._grouped(
            schema.enquiry_criterion, ids, schema.enquiry_criterion.c.criterion
        )
        self._milestones = self._grouped(
            schema.milestone,
            ids,
            schema.milestone.c.due_on,
            schema.milestone.c.done_at.is_(None),
        )
        self._handling = self._grouped(schema.proposal, ids, schema.proposal.c.id)
        self._arrangements = self._grouped(
            schema.enquiry_arrangement, ids, schema.enquiry_arrangement.c.arrangement
        )
        self._updates = self._grouped(
            schema.act, ids, schema.act.c.id.desc(), schema.act.c.what == "updated"
        )

    def _grouped(
        self,
        table: Table,
        ids: Sequence[int],
        order: ColumnElement[Any],
        *conditions: ColumnElement[bool],
    ) -> dict[int, list[AnyRow]]:
        rows = self._connection.execute(
            select(table).where(table.c.enquiry_id.in_(ids), *conditions).order_by(order)
        )
        found: dict[int, list[AnyRow]] = {}
        for row in rows:
            found.setdefault(row.enquiry_id, []).append(row)
        return found

    def _firsts(self, ids: Sequence[int]) -> dict[int, AnyRow]:
        m = schema.message.c
        first = select(func.min(m.id)).where(m.enquiry_id.in_(ids)).group_by(m.enquiry_id)
        columns = (m.enquiry_id, m.sender_name, m.sender_address, m.subject, m.channel)
        opening = func.substr(m.new_text, 1, 4 * _TITLE_CHARS).label("opening")
        rows = self._connection.execute(select(*columns, opening).where(m.id.in_(first)))
        return {row.enquiry_id: row for row in rows}

    def entry(self, row: AnyRow) -> Entry:
        """Return the entry of one enquiry."""
        first = self._first.get(row.id)
        clocks = self._clocks.get(row.id, [])
        replies = [c for c in clocks if c.kind in _REPLIES]
        update = next((c.due_on for c in clocks if c.kind == ClockKind.UPDATE), None)
        return Entry(
            reference=row.reference,
            who=first.sender_name if first else "",
            address=first.sender_address if first else "",
            subject=_title(first) if first else "",
            channel=first.channel if first else "",
            received_at=row.received_at,
            category=row.category,
            source=row.source,
            to_be_sorted=row.to_be_sorted,
            criteria=tuple(c.criterion for c in self._criteria.get(row.id, [])),
            route=row.route,
            team=row.team,
            reply_team=row.reply_team,
            assigned_to=row.assigned_to or "",
            status=row.status,
            proposed=row.proposed,
            since_at=row.since_at,
            due_on=row.due_on,
            clock=replies[0].kind if replies else "",
            stopped_on=replies[0].stopped_on if replies else None,
            next_update_on=update,
            reply_seen_at=row.reply_seen_at,
            reply_failed_at=row.reply_failed_at,
            updates=tuple((a.at, a.note) for a in self._updates.get(row.id, [])[:3]),
            milestones=tuple((m.due_on, m.words) for m in self._milestones.get(row.id, [])),
            handling=tuple((p.handling, p.words, p.state) for p in self._handling.get(row.id, [])),
            arrangements=tuple(a.arrangement for a in self._arrangements.get(row.id, [])),
            subjects=self._about.get(row.id, frozenset()),
        )
