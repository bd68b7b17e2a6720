"""The audit and its seals: lines are added, never changed (the database refuses)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, insert, select

from daemon.seals import AuditRow, Seal
from daemon.store import schema
from daemon.store.rows import Rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Row, Select

_LOCK = 0x6173_7375_7365_616C  # any number: that of the advisory lock of those who seal
_AT_ONCE = 1000


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

        `subject` is what it is about, e.g. `enquiry:17`.
        """
        self.connection.execute(
            insert(schema.audit).values(
                at=at, event=event, actor=actor, subject=subject, detail=dict(detail or {})
            )
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

    def unsealed(self, *, above: int, limit: int) -> list[AuditRow]:
        """Return lines with an id above a number that bear no seal, in order of their ids."""
        row, seal = schema.audit.c, schema.audit_seal.c
        query = (
            select(*_LINE)
            .outerjoin(schema.audit_seal, seal.audit_id == row.id)
            .where(row.id > above, seal.audit_id.is_(None))
            .order_by(row.id)
            .limit(limit)
        )
        return [AuditRow(**r._mapping) for r in self.connection.execute(query)]

    def count_unsealed(self) -> int:
        """Return how many lines bear no seal."""
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
        return self.connection.scalar(select(func.count()).select_from(schema.audit)) or 0

    def add_seals(self, seals: Sequence[Seal], *, now: datetime) -> None:
        """Add links to the chain."""
        if not seals:
            return
        self.connection.execute(
            insert(schema.audit_seal),
            [
                {
                    "position": seal.position,
                    "audit_id": seal.audit_id,
                    "key_id": seal.key_id,
                    "mac": seal.mac,
                    "sealed_at": now,
                }
                for seal in seals
            ],
        )

    def sealed(self) -> Iterator[tuple[Seal, AuditRow | None]]:
        """Yield the chain link by link with the line each one seals; None for one not there."""
        position = 0
        while batch := self.connection.execute(_links_after(position)).all():
            for found in batch:
                position = found.position
                yield _link(found)


_SEAL = (
    schema.audit_seal.c.position,
    schema.audit_seal.c.audit_id,
    schema.audit_seal.c.key_id,
    schema.audit_seal.c.mac,
)
_LINE = (
    schema.audit.c.id,
    schema.audit.c.at,
    schema.audit.c.event,
    schema.audit.c.actor,
    schema.audit.c.subject,
    schema.audit.c.detail,
)


def _links_after(position: int) -> Select[*tuple[object, ...]]:
    seal = schema.audit_seal.c
    return (
        select(*_SEAL, *_LINE)
        .select_from(schema.audit_seal)
        .outerjoin(schema.audit, schema.audit.c.id == seal.audit_id)
        .where(seal.position > position)
        .order_by(seal.position)
        .limit(_AT_ONCE)
    )


def _link(found: Row[*tuple[object, ...]]) -> tuple[Seal, AuditRow | None]:
    values = found._mapping
    seal = Seal(**{column.name: values[column] for column in _SEAL})
    if values[schema.audit.c.id] is None:
        return seal, None
    return seal, AuditRow(**{column.name: values[column] for column in _LINE})
