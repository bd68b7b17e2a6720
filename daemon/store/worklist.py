"""What has to be done today: ids of open enquiries, each list in the order of its urgency."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select, text

from daemon.model import ClockKind, EnquiryStatus
from daemon.store import schema
from daemon.store.rows import Rows
from daemon.store.subjects import kept_from, seen_by

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import date, datetime

    from sqlalchemy import ColumnElement

    from daemon.model import Reader

_REPLIES = tuple(kind for kind in ClockKind if kind.ends_with_a_reply)
# Written out, not bound: only so does SQLite see that the partial index will do.
_UNSORTED = text("enquiry.status = 'open' AND enquiry.to_be_sorted")
_OPEN_CLOCK = text("deadline.ended_at IS NULL")
_HELD = text("outbox.state = 'held'")


class Worklist(Rows):
    """Reading what waits; each query grows with what waits, not with what is stored."""

    def open_count(self, reader: Reader) -> int:
        """Return how many enquiries are open."""
        e = schema.enquiry.c
        query = select(func.count()).select_from(schema.enquiry)
        query = query.where(e.status == EnquiryStatus.OPEN, *seen_by(reader))
        return self.connection.scalar(query) or 0

    def unsorted(self, reader: Reader) -> Sequence[int]:
        """Return what is to be sorted, the oldest first."""
        e = schema.enquiry.c
        return self.connection.scalars(
            select(e.id).where(_UNSORTED, *seen_by(reader)).order_by(e.id)
        ).all()

    def with_alert(self, reader: Reader) -> Sequence[int]:
        """Return enquiries whose alert nobody has confirmed, the longest waiting first."""
        e, d = schema.enquiry.c, schema.deadline.c
        query = (
            select(d.enquiry_id)
            .join(schema.enquiry, e.id == d.enquiry_id)
            .where(_OPEN_CLOCK, d.kind == ClockKind.VULNERABLE, *seen_by(reader))
            .order_by(d.due_at, d.id)
        )
        return list(dict.fromkeys(self.connection.scalars(query)))

    def replies_due(self, reader: Reader, *, from_on: date | None, until_on: date) -> Sequence[int]:
        """Return enquiries whose reply is due in some days, both included; the soonest first."""
        d = schema.deadline.c
        conditions = [d.kind.in_(_REPLIES), d.stopped_on.is_(None), d.due_on <= until_on]
        if from_on is not None:
            conditions.append(d.due_on >= from_on)
        return self._by_clock(reader, *conditions)

    def updates_due(self, reader: Reader, *, until_on: date) -> Sequence[int]:
        """Return enquiries whose next update is due by a day, the soonest first."""
        d = schema.deadline.c
        return self._by_clock(reader, d.kind == ClockKind.UPDATE, d.due_on <= until_on)

    def _by_clock(self, reader: Reader, *conditions: ColumnElement[bool]) -> Sequence[int]:
        """Return enquiries by their clocks, from the index alone: a clock ends with its enquiry."""
        e, d = schema.enquiry.c, schema.deadline.c
        query = select(d.enquiry_id).where(_OPEN_CLOCK, *conditions)
        if reader.teams is not None:
            query = query.join(schema.enquiry, e.id == d.enquiry_id).where(*seen_by(reader))
        rows = self.connection.scalars(query.order_by(d.due_on, d.enquiry_id)).all()
        found = dict.fromkeys(rows)
        for kept in kept_from(reader):
            for one in self.connection.scalars(kept):
                found.pop(one, None)
        return list(found)

    def with_held(self, reader: Reader) -> Sequence[int]:
        """Return enquiries whose acknowledgement waits for a person, the oldest first."""
        e, o = schema.enquiry.c, schema.outbox.c
        query = (
            select(o.enquiry_id)
            .join(schema.enquiry, e.id == o.enquiry_id)
            .where(_HELD, e.status == EnquiryStatus.OPEN, *seen_by(reader))
            .order_by(o.id)
        )
        return list(dict.fromkeys(self.connection.scalars(query)))

    def opened_since(self, reader: Reader, since: datetime) -> Sequence[int]:
        """Return enquiries opened since then, the newest first."""
        e = schema.enquiry.c
        query = select(e.id).where(e.opened_at > since, *seen_by(reader))
        return self.connection.scalars(query.order_by(e.opened_at.desc(), e.id.desc())).all()

    def held_of(self, enquiry_ids: Collection[int]) -> set[int]:
        """Return which of some enquiries have an acknowledgement that waits for a person."""
        o = schema.outbox.c
        query = select(o.enquiry_id).where(_HELD, o.enquiry_id.in_(enquiry_ids))
        return set(self.connection.scalars(query))

    def version_of(self, enquiry_id: int) -> str:
        """Return a mark that changes whenever a person or a message changes an enquiry."""
        a, m, c = schema.act.c, schema.message.c, schema.classification.c
        parts = (
            select(func.max(a.id)).where(a.enquiry_id == enquiry_id),
            select(func.max(m.id)).where(m.enquiry_id == enquiry_id),
            select(func.max(c.id)).where(
                c.message_id.in_(select(m.id).where(m.enquiry_id == enquiry_id))
            ),
        )
        return ".".join(str(self.connection.scalar(part) or 0) for part in parts)

    def acts_since(self, enquiry_id: int, version: str) -> list[tuple[str, str]]:
        """Return what people did with an enquiry since a mark was given, and their names."""
        a = schema.act.c
        last = version.partition(".")[0]
        query = (
            select(a.what, a.by_name)
            .where(a.enquiry_id == enquiry_id, a.id > (int(last) if last.isdecimal() else 0))
            .order_by(a.id)
        )
        return [(row.what, row.by_name) for row in self.connection.execute(query)]
