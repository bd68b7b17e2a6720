"""What could not be read or decided: kept whole until a person or a better version takes it in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, func, select

from connectors.base import RawMessage
from daemon.store import schema
from daemon.store.rows import Rows

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import ColumnElement, Row, Select

_QUARANTINED = "quarantined"


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarantined:
    """A message in quarantine, as an administrator knows it: no name, no words."""

    number: int  # of its receipt
    inbox: str
    received_at: datetime
    stored_at: datetime
    size: int  # bytes, as the server told it
    complete: bool  # whether all of it was fetched
    reason: str  # one sentence of ours


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantinedWhole:
    """A message in quarantine with its bytes."""

    about: Quarantined
    raw: RawMessage


class Quarantines(Rows):
    """Reading what is in quarantine, and taking it out."""

    def quarantined(self, *, limit: int, after: int = 0) -> list[Quarantined]:
        """Return what is in quarantine, the oldest first; `after` the number of the last known."""
        row = schema.receipt.c
        query = _about().where(row.state == _QUARANTINED, row.id > after)
        return [
            _told(found) for found in self.connection.execute(query.order_by(row.id).limit(limit))
        ]

    def count_quarantined(self) -> int:
        """Return how many are in quarantine."""
        row = schema.receipt.c
        query = select(func.count()).select_from(schema.receipt).where(row.state == _QUARANTINED)
        return self.connection.scalar(query) or 0

    def newest_quarantined(self) -> int:
        """Return the highest number in quarantine; 0 where nothing is."""
        row = schema.receipt.c
        return (
            self.connection.scalar(select(func.max(row.id)).where(row.state == _QUARANTINED)) or 0
        )

    def quarantined_whole(self, number: int) -> QuarantinedWhole | None:
        """Return a message in quarantine with its bytes; None where there is none."""
        row, raw = schema.receipt.c, schema.raw.c
        found = self.connection.execute(
            _about(row.external_id, row.arrived_at, raw.content)
            .join(schema.raw, raw.sha256 == row.raw_sha256)
            .where(row.id == number, row.state == _QUARANTINED)
        ).one_or_none()
        if found is None:
            return None
        return QuarantinedWhole(
            about=_told(found),
            raw=RawMessage(
                inbox=found.inbox,
                external_id=found.external_id,
                content=found.content,
                size=found.size,
                arrived_at=found.arrived_at,
                complete=found.complete,
            ),
        )

    def leave_quarantine(self, number: int) -> bool:
        """Take a receipt out, so that the message can be taken in anew; whether it was there.

        Of two who try, the second waits for the first and finds nothing.
        """
        row = schema.receipt.c
        done = self.connection.execute(
            delete(schema.receipt).where(row.id == number, row.state == _QUARANTINED)
        )
        return done.rowcount == 1

    def forget_raw(self, sha256: str) -> None:
        """Delete raw bytes that no receipt keeps any more."""
        row = schema.receipt.c
        kept = select(row.id).where(row.raw_sha256 == sha256).exists()
        self.connection.execute(delete(schema.raw).where(schema.raw.c.sha256 == sha256, ~kept))


def _about(*more: ColumnElement[Any]) -> Select[*tuple[Any, ...]]:
    row = schema.receipt.c
    columns = (row.id, row.inbox, row.received_at, row.stored_at, row.size, row.complete)
    return select(*columns, row.reason, *more)


def _told(found: Row[Any]) -> Quarantined:
    return Quarantined(
        number=found.id,
        inbox=found.inbox,
        received_at=found.received_at,
        stored_at=found.stored_at,
        size=found.size,
        complete=found.complete,
        reason=found.reason,
    )
