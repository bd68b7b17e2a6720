"""What one transaction can do. Intake, outbox, sweep and casework speak through this."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from daemon.store import leases, schema
from daemon.store.accounts import Accounts
from daemon.store.arrangements import Arrangements
from daemon.store.audit import Audits
from daemon.store.clocks import Clocks
from daemon.store.decisions import Decisions
from daemon.store.enquiries import Enquiries
from daemon.store.enrichments import Enrichments
from daemon.store.erasing import Erasing
from daemon.store.errors import translated
from daemon.store.handling import Handlings
from daemon.store.health import HealthFacts
from daemon.store.ledger import Ledgers
from daemon.store.markers import Markers
from daemon.store.meeting import Meetings
from daemon.store.messages import Messages
from daemon.store.postbox import Postbox
from daemon.store.posting import Posting
from daemon.store.posts import Posts
from daemon.store.quarantine import Quarantines
from daemon.store.recorded import Recordings
from daemon.store.registers import Registers
from daemon.store.replies import Replies
from daemon.store.returns import Returns
from daemon.store.views import Views
from daemon.store.worklist import Worklist

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from connectors.base import Cursor
    from daemon.store.leases import Lease


class Transaction(
    Messages,
    Quarantines,
    Enquiries,
    Enrichments,
    Clocks,
    Handlings,
    Meetings,
    Registers,
    Decisions,
    Postbox,
    Posting,
    Posts,
    Returns,
    Arrangements,
    Accounts,
    Replies,
    Recordings,
    Audits,
    Ledgers,
    Markers,
    HealthFacts,
    Erasing,
    Worklist,
    Views,
):
    """One transaction, commit or nothing. Made by `Store.write` and `Store.read` alone."""

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """Run a part that can fail without taking the whole transaction with it.

        Raises:
            ConflictError: a unique constraint stood in the way; the part is rolled back.
            DeadlockError: the whole transaction has to be done again.
            UnstorableError: the database refuses a value; the part is rolled back.
            StoreUnavailableError: the database does not answer any more.
        """
        self.write_waiting()
        try:
            with self.connection.begin_nested():
                yield
                self.write_waiting()
        except BaseException as error:
            self.forget_counts()
            self.forget_waiting()
            if isinstance(error, DBAPIError):
                raise translated(error) from error
            raise

    def check_lease(self, lease: Lease) -> None:
        """Lock and renew the lease for the rest of this transaction.

        Raises:
            LeaseLostError: it is not ours any more; nothing of this transaction may stay.
        """
        leases.check(self.connection, lease)

    def is_leased(self, *names: str) -> bool:
        """Whether somebody holds one of these leases now."""
        return leases.is_held(self.connection, names)

    def cursor(self, inbox: str) -> str | None:
        """Return where an inbox got to."""
        row = schema.inbox.c
        return self.connection.scalar(select(row.cursor).where(row.name == inbox))

    def set_cursor(self, inbox: str, cursor: Cursor, *, now: datetime) -> None:
        """Note where an inbox got to; everything before it is stored."""
        table = schema.inbox
        values = {"cursor": cursor, "updated_at": now}
        done = self.connection.execute(table.update().where(table.c.name == inbox).values(**values))
        if done.rowcount == 0:
            self.add(table, name=inbox, **values)
