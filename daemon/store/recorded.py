"""What a person recorded: the message, its enquiry, and whether the act was written down."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from daemon.store import schema
from daemon.store.rows import Rows


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedMessage:
    """A letter or call that was taken in."""

    message_id: int
    enquiry_id: int
    has_act: bool  # who recorded it stands on the enquiry


class Recordings(Rows):
    """Finding what a recording became."""

    def recorded_as(self, inbox: str, external_id: str) -> RecordedMessage | None:
        """Return the message of a recording that belongs to an enquiry; None for any other."""
        r, m, a = schema.receipt.c, schema.message.c, schema.act.c
        row = self.connection.execute(
            select(m.id, m.enquiry_id)
            .join(schema.receipt, r.message_id == m.id)
            .where(r.inbox == inbox, r.external_id == external_id, m.enquiry_id.is_not(None))
        ).one_or_none()
        if row is None:
            return None
        act = select(a.id).where(a.message_id == row.id, a.what == "recorded").limit(1)
        return RecordedMessage(
            message_id=row.id,
            enquiry_id=row.enquiry_id,
            has_act=self.connection.scalar(act) is not None,
        )
