"""What waits to be read after its commit, and what was read of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select, update

from daemon.store import schema
from daemon.store.rows import Rows

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime


class Enrichments(Rows):
    """Attachments: waiting, and read."""

    def await_reading(self, message_id: int, *, now: datetime) -> None:
        """Note that a message's attachments are to be read."""
        self.add(
            schema.enrichment,
            message_id=message_id,
            state="waiting",
            files=[],
            text="",
            created_at=now,
        )

    def to_read(self, limit: int) -> list[int]:
        """Return the messages whose attachments wait to be read, the oldest first."""
        row = schema.enrichment.c
        query = select(row.message_id).where(row.state == "waiting")
        return list(self.connection.scalars(query.order_by(row.message_id).limit(limit)))

    def waits(self, message_id: int) -> bool:
        """Whether a message's attachments still wait; locked, so that one daemon writes them."""
        row = schema.enrichment.c
        query = select(row.state).where(row.message_id == message_id).with_for_update()
        return self.connection.scalar(query) == "waiting"

    def was_read(
        self, message_id: int, *, files: Sequence[tuple[str, str]], text: str, now: datetime
    ) -> None:
        """Write down what was read: the name and state of each file, and their text."""
        self.connection.execute(
            update(schema.enrichment)
            .where(schema.enrichment.c.message_id == message_id)
            .values(state="done", files=[list(one) for one in files], text=text, done_at=now)
        )

    def attachment_text(self, message_id: int) -> str:
        """Return what was read of a message's attachments."""
        row = schema.enrichment.c
        return self.connection.scalar(select(row.text).where(row.message_id == message_id)) or ""
