"""Whom an enquiry is about, and who may see it for that."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import or_, select

from daemon.store import schema
from daemon.store.rows import Rows

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import ColumnElement, Select

    from daemon.model import Reader

    AnySelect = Select[*tuple[Any, ...]]

_AT_ONCE = 500  # SQLite takes a bounded number of parameters in a query


class Subjects(Rows):
    """Reading whom enquiries are about."""

    def subjects_of(self, enquiry_ids: Iterable[int]) -> dict[int, frozenset[str]]:
        """Return the colleagues that some enquiries are about, by enquiry."""
        row = schema.enquiry_subject.c
        about: dict[int, set[str]] = {}
        wanted = list(enquiry_ids)
        for start in range(0, len(wanted), _AT_ONCE):
            ids = wanted[start : start + _AT_ONCE]
            found = self.connection.execute(
                select(row.enquiry_id, row.person).where(
                    row.enquiry_id.in_(ids), row.state == "set"
                )
            )
            for enquiry_id, person in found:
                about.setdefault(enquiry_id, set()).add(person)
        return {key: frozenset(people) for key, people in about.items()}


def kept_from(reader: Reader) -> list[AnySelect]:
    """Select the enquiries that are about somebody and that a reader may not know of, if any.

    They are few, and do not depend on the row that is looked at: they are read once a query.
    """
    s = schema.enquiry_subject.c
    about = select(s.enquiry_id).where(s.state == "set")
    if not reader.sees_restricted:
        return [about]
    return [about.where(s.person == reader.address)] if reader.address else []


def seen_by(reader: Reader) -> list[ColumnElement[bool]]:
    """Return the conditions under which somebody sees an enquiry; as `Reader.sees` has it."""
    e = schema.enquiry.c
    conditions: list[ColumnElement[bool]] = [e.id.not_in(one) for one in kept_from(reader)]
    if reader.teams is not None:
        teams = sorted(reader.teams)
        conditions.append(
            or_(
                e.team.in_(teams),
                e.reply_team.in_(teams),
                e.assigned_to == reader.address,
            )
        )
    return conditions
