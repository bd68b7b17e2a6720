"""Handling arrangements that staff set, and which enquiries they applied to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import or_, select, update

from daemon.model import Arrangement, Handling
from daemon.store import schema
from daemon.store.rows import Rows

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date, datetime

    from sqlalchemy import Row

_LISTS = ("addresses", "domains", "handles", "names", "references", "themes")


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptArrangement:
    """An arrangement of the store, and whether it was ended."""

    arrangement: Arrangement
    ended_at: datetime | None


_SET = (
    select(schema.arrangement)
    .where(schema.arrangement.c.ended_at.is_(None))
    .order_by(schema.arrangement.c.id)
)


class Arrangements(Rows):
    """Setting, ending and reading arrangements."""

    def arrangements(self) -> tuple[Arrangement, ...]:
        """Return what staff set and nobody ended, lapsed ones too; read once a transaction."""
        return tuple(_arrangement(r) for r in self.connection.execute(_SET))

    def arrangement(self, arrangement_id: str) -> KeptArrangement | None:
        """Return one arrangement."""
        row = schema.arrangement
        found = self.connection.execute(select(row).where(row.c.id == arrangement_id)).one_or_none()
        if found is None:
            return None
        return KeptArrangement(arrangement=_arrangement(found), ended_at=found.ended_at)

    def add_arrangement(self, one: Arrangement, *, now: datetime) -> None:
        """Set an arrangement."""
        self.add(
            schema.arrangement,
            id=one.id,
            matches={key: list(getattr(one, key)) for key in _LISTS}
            | {"engagement": one.engagement},
            handling=list(one.handling),
            watchers=list(one.watchers),
            instruction=one.instruction,
            requested_by=one.requested_by,
            from_on=one.from_on,
            review_on=one.review_on,
            until_on=one.until_on,
            created_at=now,
        )

    def end_arrangement(self, arrangement_id: str, *, now: datetime) -> bool:
        """End an arrangement; return whether it was in force."""
        row = schema.arrangement
        done = self.connection.execute(
            update(row)
            .where(row.c.id == arrangement_id, row.c.ended_at.is_(None))
            .values(ended_at=now)
        )
        return done.rowcount > 0

    def review_arrangement(
        self, arrangement_id: str, *, review_on: date | None, until_on: date | None
    ) -> bool:
        """Have an arrangement go on, until another review; return whether it was in force."""
        row = schema.arrangement
        done = self.connection.execute(
            update(row)
            .where(row.c.id == arrangement_id, row.c.ended_at.is_(None))
            .values(review_on=review_on, until_on=until_on)
        )
        return done.rowcount > 0

    def arrangements_for_review(self, on: date) -> list[Arrangement]:
        """Return those that somebody has to look at again."""
        row = schema.arrangement.c
        query = (
            select(schema.arrangement)
            .where(row.ended_at.is_(None), or_(row.until_on < on, row.review_on <= on))
            .order_by(row.id)
        )
        return [_arrangement(r) for r in self.connection.execute(query)]

    def note_arrangements(
        self, enquiry_id: int, arrangements: Iterable[str], *, now: datetime
    ) -> None:
        """Note which arrangements applied to an enquiry."""
        wanted = list(arrangements)
        if not wanted:
            return
        row = schema.enquiry_arrangement.c
        known = set(
            self.connection.scalars(select(row.arrangement).where(row.enquiry_id == enquiry_id))
        )
        for one in wanted:
            if one not in known:
                self.add(
                    schema.enquiry_arrangement, enquiry_id=enquiry_id, arrangement=one, since_at=now
                )


def _arrangement(row: Row[*tuple[Any, ...]]) -> Arrangement:
    matches = row.matches
    return Arrangement(
        id=row.id,
        **{key: tuple(matches.get(key, ())) for key in _LISTS},
        instruction=row.instruction,
        handling=tuple(Handling(one) for one in row.handling),
        watchers=tuple(row.watchers),
        requested_by=row.requested_by,
        engagement=bool(matches.get("engagement", False)),
        from_on=row.from_on,
        review_on=row.review_on,
        until_on=row.until_on,
    )
