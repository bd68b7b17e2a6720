"""The letters that a person prints and posts: entries of the outbox without an address for mail."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select, text, update

from daemon.model import OutboxKind
from daemon.store import schema
from daemon.store.rows import Rows

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

# Written out, not bound: only so does SQLite see that the index of these will do.
_TO_POST = text("outbox.state = 'post'")


@dataclass(frozen=True, slots=True, kw_only=True)
class ToPost:
    """A letter that waits for the post room."""

    id: int
    reference: str
    created_at: datetime
    resent: int  # how often it was written anew


class Posting(Rows):
    """Listing, rewriting and marking letters to post."""

    def to_post(self) -> list[ToPost]:
        """Return the letters that wait to be posted, the oldest first; the bytes stay there."""
        row, e = schema.outbox.c, schema.enquiry.c
        query = (
            select(row.id, e.reference, row.created_at, row.resent)
            .join(schema.enquiry, e.id == row.enquiry_id)
            .where(_TO_POST)
            .order_by(row.id)
        )
        return [ToPost(**r._mapping) for r in self.connection.execute(query)]

    def content_of(self, entry_id: int) -> bytes:
        """Return the bytes of an entry."""
        row = schema.outbox.c
        return bytes(
            self.connection.execute(select(row.content).where(row.id == entry_id)).scalar_one()
        )

    def are_to_post(self, entry_ids: Sequence[int]) -> bool:
        """Whether a person has to post one of these entries."""
        row = schema.outbox.c
        query = select(row.id).where(row.id.in_(entry_ids), row.state == "post").limit(1)
        return self.connection.scalar(query) is not None

    def write_letter_anew(self, enquiry_id: int, content: bytes) -> bool:
        """Put other bytes into the acknowledgement on paper that waits; whether there is one."""
        row, e = schema.outbox, schema.enquiry.c
        waits = (
            row.c.enquiry_id == enquiry_id,
            row.c.recipient == "",
            row.c.state.in_(["post", "held"]),
            row.c.key.not_like(
                select(e.reference + ":new-date:%").where(e.id == enquiry_id).scalar_subquery()
            ),
        )
        done = self.connection.execute(
            update(row)
            .where(*waits)
            .values(state="post", release_at=None, content=content, resent=row.c.resent + 1)
        )
        return done.rowcount > 0

    def is_answered_by_letter(self, enquiry_id: int) -> bool:
        """Whether the acknowledgement of an enquiry has no address to go to."""
        row = schema.outbox.c
        query = select(row.id).where(
            row.enquiry_id == enquiry_id,
            row.kind == OutboxKind.ACKNOWLEDGEMENT,
            row.recipient == "",
        )
        return self.connection.scalar(query.limit(1)) is not None

    def mark_posted(self, enquiry_id: int, *, now: datetime) -> list[int]:
        """Mark the letters of an enquiry that wait for the post as gone; return their ids."""
        row = schema.outbox
        ids = list(
            self.connection.scalars(
                select(row.c.id).where(row.c.enquiry_id == enquiry_id, row.c.state == "post")
            )
        )
        self.connection.execute(
            update(row).where(row.c.id.in_(ids)).values(state="sent", sent_at=now)
        )
        return ids
