"""The audit and its seals: lines are added, never changed (the database refuses)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, insert, select
from sqlalchemy.exc import DataError, OperationalError

from daemon.seals import AuditRow, Seal, UnreadableRow
from daemon.store import schema
from daemon.store.rows import Rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, Row, Select

_LOCK = 0x6173_7375_7365_616C  # any number: that of the advisory lock of those who seal
_AT_ONCE = 1000
_LOWEST = -(2**63)  # whoever forges a number is not bound to count from 1
_NEAR = 1000  # how far above an id the next sealed line is looked for


class Audits(Rows):
    """Adding lines, sealing them, and reading both."""

    def audit(
        self,
        event: str,
        subject: str,
        *,
        at: datetime,
        actor: str = "software",
        detail: Mapping[str, object] | None = None,
    ) -> None:
        """Add a line to the audit: ids, enums, dates and keyed hashes, never words or names.

        `subject` is what it is about, e.g. `enquiry:17`. A message brings ten lines: they are
        written together.
        """
        self.add_later(
            schema.audit,
            at=at,
            event=event,
            actor=actor,
            subject=subject,
            detail=dict(detail or {}),
        )

    def one_sealer_at_a_time(self) -> None:
        """Keep other sealers out until the commit. On SQLite the write transaction does so."""
        if self.connection.dialect.name == "postgresql":
            self.connection.execute(select(func.pg_advisory_xact_lock(_LOCK)))

    def last_seal(self) -> Seal | None:
        """Return the head of the chain."""
        row = schema.audit_seal.c
        query = select(*_SEAL).order_by(row.position.desc()).limit(1)
        found = self.connection.execute(query).one_or_none()
        return Seal(**found._mapping) if found else None

    def highest_sealed(self) -> int:
        """Return the highest id of an audit line that is sealed; 0 for none."""
        return self.connection.scalar(select(func.max(schema.audit_seal.c.audit_id))) or 0

    def unsealed(self, *, above: int, limit: int) -> list[AuditRow | UnreadableRow]:
        """Return lines with an id above a number that bear no seal, in order of their ids.

        One that cannot be read takes nothing from the others.
        """
        self.write_waiting()
        row, seal = schema.audit.c, schema.audit_seal.c
        ids = (
            select(row.id)
            .outerjoin(schema.audit_seal, seal.audit_id == row.id)
            .where(row.id > above, seal.audit_id.is_(None))
            .order_by(row.id)
            .limit(limit)
        )
        try:
            found = self.connection.execute(ids.with_only_columns(*_LINE)).all()
            return [_row(one) for one in found]
        except (*_UNREADABLE, DataError, OperationalError) as error:
            _raise_unless_unreadable(error)
            return [self._one_row(one) for one in self.connection.scalars(ids).all()]

    def _one_row(self, audit_id: int) -> AuditRow | UnreadableRow:
        query = select(*_LINE).where(schema.audit.c.id == audit_id)
        try:
            return _row(self.connection.execute(query).one())
        except (*_UNREADABLE, DataError, OperationalError) as error:
            _raise_unless_unreadable(error)
            return UnreadableRow(id=audit_id)

    def sealed_above(self, audit_id: int) -> Seal | None:
        """Return the seal of the sealed line next above an id; None where none is near."""
        row = schema.audit_seal.c
        query = (
            select(row.position)
            .where(row.audit_id > audit_id, row.audit_id <= audit_id + _NEAR)
            .order_by(row.audit_id)
            .limit(1)
        )
        position = self.connection.scalar(query)
        return None if position is None else self._one_link(position)[0]

    def count_unsealed(self) -> int:
        """Return how many lines bear no seal."""
        self.write_waiting()
        row, seal = schema.audit.c, schema.audit_seal.c
        query = (
            select(func.count())
            .select_from(schema.audit)
            .outerjoin(schema.audit_seal, seal.audit_id == row.id)
            .where(seal.audit_id.is_(None))
        )
        return self.connection.scalar(query) or 0

    def count_audit(self) -> int:
        """Return how many lines the audit has."""
        self.write_waiting()
        return self.connection.scalar(select(func.count()).select_from(schema.audit)) or 0

    def add_seals(self, seals: Sequence[Seal]) -> None:
        """Add links to the chain."""
        if not seals:
            return
        self.connection.execute(insert(schema.audit_seal), [_values(seal) for seal in seals])

    def sealed(self) -> Iterator[tuple[Seal, AuditRow | UnreadableRow | None]]:
        """Yield the chain link by link with the line each one seals; None for one not there."""
        position = _LOWEST
        while batch := self._some_links(after=position):
            yield from batch
            position = batch[-1][0].position

    def _some_links(self, *, after: int) -> list[tuple[Seal, AuditRow | UnreadableRow | None]]:
        row = schema.audit_seal.c.position
        try:
            found = self.connection.execute(_links(row > after).limit(_AT_ONCE)).all()
            return [_link(one) for one in found]
        except (*_UNREADABLE, DataError, OperationalError) as error:
            _raise_unless_unreadable(error)
            places = select(row).where(row > after).order_by(row).limit(_AT_ONCE)
            return [self._one_link(one) for one in self.connection.scalars(places).all()]

    def _one_link(self, position: int) -> tuple[Seal, AuditRow | UnreadableRow | None]:
        here = schema.audit_seal.c.position == position
        try:
            return _link(self.connection.execute(_links(here)).one())
        except (*_UNREADABLE, DataError, OperationalError) as error:
            _raise_unless_unreadable(error)
        try:
            found = self.connection.execute(select(*_SEAL).where(here)).one()
            seal = _seal(found)
        except (*_UNREADABLE, DataError, OperationalError) as error:
            _raise_unless_unreadable(error)
            seal = Seal(position=position, audit_id=0, key_id="", mac="")
        return seal, UnreadableRow(id=seal.audit_id)


# What reading a value raises that the software never wrote: SQLite keeps anything in a column, and
# PostgreSQL times that Python does not know.
_UNREADABLE = (ValueError, TypeError, OverflowError, RecursionError)


def _raise_unless_unreadable(error: Exception) -> None:
    """Raise what is no unreadable value but a database that does not answer.

    Raises:
        OperationalError: the same one.
    """
    if isinstance(error, OperationalError) and "decode" not in str(error.orig):
        raise error


_SEAL = (
    schema.audit_seal.c.position,
    schema.audit_seal.c.audit_id,
    schema.audit_seal.c.key_id,
    schema.audit_seal.c.mac,
    schema.audit_seal.c.sealed_at,
)
_LINE = (
    schema.audit.c.id,
    schema.audit.c.at,
    schema.audit.c.event,
    schema.audit.c.actor,
    schema.audit.c.subject,
    schema.audit.c.detail,
)


def _links(where: ColumnElement[bool]) -> Select[*tuple[object, ...]]:
    seal = schema.audit_seal.c
    return (
        select(*_SEAL, *_LINE)
        .select_from(schema.audit_seal)
        .outerjoin(schema.audit, schema.audit.c.id == seal.audit_id)
        .where(where)
        .order_by(seal.position)
    )


def _values(seal: Seal) -> dict[str, object]:
    return {column.name: getattr(seal, column.name) for column in _SEAL}


def _seal(found: Row[*tuple[object, ...]]) -> Seal:
    seal = Seal(**{column.name: found._mapping[column] for column in _SEAL})
    _check_kinds((seal.audit_id, int), (seal.key_id, str), (seal.mac, str))
    return seal


def _row(found: Row[*tuple[object, ...]]) -> AuditRow:
    row = AuditRow(**{column.name: found._mapping[column] for column in _LINE})
    _check_kinds((row.event, str), (row.actor, str), (row.subject, str), (row.detail, dict))
    return row


def _check_kinds(*pairs: tuple[object, type]) -> None:
    for value, kind in pairs:
        if not isinstance(value, kind):
            msg = f"a value is no {kind.__name__}"
            raise TypeError(msg)


def _link(found: Row[*tuple[object, ...]]) -> tuple[Seal, AuditRow | None]:
    seal = _seal(found)
    return seal, None if found._mapping[schema.audit.c.id] is None else _row(found)
