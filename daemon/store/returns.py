"""Mail of ours that somebody answers or sends back, and the addresses that are left alone."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, delete, select, update

from daemon.model import OutboxKind
from daemon.store import schema
from daemon.store.rows import Rows

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Undelivered:
    """An entry that was sent and came back."""

    id: int
    kind: OutboxKind
    recipient: str
    enquiry_id: int | None
    message_id: int | None
    resent: int  # how often it was sent again before


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A mail of ours that somebody answers."""

    recipient: str
    enquiry_id: int | None
    created_at: datetime


_BLOCKED = select(schema.address_block.c.id).where(
    schema.address_block.c.address == bindparam("address"),
    schema.address_block.c.until_at > bindparam("now"),
)


class Returns(Rows):
    """Finding what an answer or a report speaks of, and noting what follows."""

    def told_by(self, rfc_message_id: str) -> Told | None:
        """Return whom a mail of ours went to, about which enquiry, and when it was written."""
        row = schema.outbox.c
        query = (
            select(*(row[field.name] for field in fields(Told)))
            .where(row.rfc_message_id == rfc_message_id)
            .limit(1)
        )
        found = self.connection.execute(query).one_or_none()
        return Told(**found._mapping) if found else None

    def returned(self, rfc_message_ids: Collection[str]) -> list[Undelivered]:
        """Return the sent mail of ours that a delivery report speaks of, marked by none yet."""
        row = schema.outbox.c
        query = select(*(row[field.name] for field in fields(Undelivered))).where(
            row.rfc_message_id.in_(rfc_message_ids),
            row.state.in_(["sent", "claimed"]),  # claimed: it left, and we fell before we noted it
            row.not_delivered_at.is_(None),
        )
        return [
            Undelivered(**{**r._mapping, "kind": OutboxKind(r.kind)})
            for r in self.connection.execute(query.with_for_update())
        ]

    def mark_not_delivered(self, entry_id: int, *, now: datetime) -> None:
        """Mark a mail of ours as one that came back."""
        row = schema.outbox
        self.connection.execute(
            update(row).where(row.c.id == entry_id).values(not_delivered_at=now)
        )

    def send_again(self, entry_id: int, *, at: datetime) -> None:
        """Have a mail that came back be sent once more: the same bytes, the same Message-ID."""
        row = schema.outbox
        self.connection.execute(
            update(row)
            .where(row.c.id == entry_id, row.c.state == "sent")
            .values(
                state="waiting", send_after=at, sent_at=None, attempts=0, resent=row.c.resent + 1
            )
        )

    def block_address(self, key: str, *, status: str, now: datetime, until: datetime) -> None:
        """Leave an address alone until a time; `key` is its keyed hash."""
        row = schema.address_block
        self.connection.execute(delete(row).where(row.c.address == key))
        self.insert(row, address=key, status=status, from_at=now, until_at=until)

    def is_blocked(self, key: str, *, now: datetime) -> bool:
        """Whether an address is left alone now."""
        return self.connection.scalar(_BLOCKED, {"address": key, "now": now}) is not None
