"""Posts of social networks, which may be edited: one message, with versions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select, update

from daemon.model import Outcome
from daemon.store import schema
from daemon.store.messages import StoredMessage
from daemon.store.rows import Rows

if TYPE_CHECKING:
    from daemon.model import Message


class Posts(Rows):
    """Finding what a post is a version of, and having it say what the newest does."""

    def post_of(self, rfc_message_id: str) -> StoredMessage | None:
        """Return the message that a post, in whichever version, was stored as."""
        m = schema.message.c
        query = select(m.id, m.received_at, m.enquiry_id, m.outcome).where(
            m.rfc_message_id == rfc_message_id, m.conversation.is_not(None)
        )
        found = self.connection.execute(query.order_by(m.id).limit(1)).one_or_none()
        if found is None:
            return None
        return StoredMessage(
            id=found.id,
            received_at=found.received_at,
            enquiry_id=found.enquiry_id,
            outcome=Outcome(found.outcome),
        )

    def is_newest_version(self, message_id: int, external_id: str) -> bool:
        """Whether a version of a post comes after all that are kept: a network's ids grow."""
        row = schema.receipt.c
        query = select(row.external_id).where(row.message_id == message_id)
        had = self.connection.scalars(query).all()
        return all((len(one), one) < (len(external_id), external_id) for one in had)

    def new_version(self, message_id: int, message: Message) -> None:
        """Have a post say what its newest version says; the older ones stay with receipts."""
        self.connection.execute(
            update(schema.message)
            .where(schema.message.c.id == message_id)
            .values(
                sender_name=message.sender.name,
                new_text=message.new_text,
                quoted_text=message.quoted_text,
            )
        )

    def versions(self, message_id: int) -> list[bytes]:
        """Return the bytes of every version of a post that are kept, oldest first."""
        row, raw = schema.receipt.c, schema.raw.c
        query = (
            select(raw.content)
            .join(schema.receipt, row.raw_sha256 == raw.sha256)
            .where(row.message_id == message_id)
            .order_by(row.external_id, row.id)
        )
        return list(self.connection.scalars(query))
