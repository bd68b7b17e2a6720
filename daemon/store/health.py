"""What health looks at in the store: by indexes alone, so that it costs the same at any size."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, select, text

from daemon.store import schema
from daemon.store.postbox import OPEN
from daemon.store.rows import Rows

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxFacts:
    """How many letters have not left. Times are aware UTC."""

    waiting: int  # to be sent, also those of a later time
    overdue: int  # of those: should have left by some time
    oldest_due_at: datetime | None  # of those that are overdue
    held: int  # for a person
    to_post: int  # to be printed and posted


@dataclass(frozen=True, slots=True, kw_only=True)
class NewestMail:
    """The mail of an inbox that reached the office last. Times are aware UTC."""

    received_at: datetime
    stored_at: datetime


class HealthFacts(Rows):
    """Reading what says whether all is well."""

    def ping(self) -> None:
        """Ask the database for an answer, whatever is in it."""
        self.connection.execute(text("SELECT 1"))

    def outbox_facts(self, *, due_by: datetime) -> OutboxFacts:
        """Return how many letters have not left, and how many were due before a time."""
        row = schema.outbox.c

        def count(state: str) -> int:
            # Written out, as the partial index of each state is.
            is_such = text(f"state = '{state}'")
            query = select(func.count()).select_from(schema.outbox).where(is_such)
            return self.connection.scalar(query) or 0

        overdue, oldest = self.connection.execute(
            select(func.count(), func.min(row.send_after)).where(OPEN, row.send_after < due_by)
        ).one()
        waiting = select(func.count()).select_from(schema.outbox).where(OPEN)
        return OutboxFacts(
            waiting=self.connection.scalar(waiting) or 0,
            overdue=overdue,
            oldest_due_at=oldest,
            held=count("held"),
            to_post=count("post"),
        )

    def newest_mail(self, inbox: str) -> NewestMail | None:
        """Return the mail of an inbox that reached the office last; None where there is none."""
        row = schema.receipt.c
        found = self.connection.execute(
            select(row.received_at, row.stored_at)
            .where(row.inbox == inbox)
            .order_by(row.received_at.desc())
            .limit(1)
        ).one_or_none()
        return NewestMail(**found._mapping) if found else None

    def arrivals(self, inbox: str, *, since: datetime, limit: int) -> list[datetime]:
        """Return when mails of an inbox reached the office, oldest first: the last `limit`."""
        row = schema.receipt.c
        newest = self.connection.scalars(
            select(row.received_at)
            .where(row.inbox == inbox, row.received_at >= since)
            .order_by(row.received_at.desc())
            .limit(limit)
        )
        return list(newest)[::-1]
