"""The store as the rest of the daemon sees it: transactions to write in, views to read."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Self

from sqlalchemy.exc import DBAPIError

from daemon.store import copies, finding, leases, migrate
from daemon.store.engine import (
    BUSY_TIMEOUT_MS,
    CACHE_KIB,
    LARGE_CACHE_KIB,
    WRITES,
    open_engine,
)
from daemon.store.errors import ConflictError, SchemaError, translated
from daemon.store.pen import Pen
from daemon.store.transaction import Transaction

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Connection, Engine

    from daemon.store.leases import Lease


class Store:
    """One database. Use `write` for whatever may write and `read` for the rest."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._pen = Pen()

    @classmethod
    def open(cls, url: str, *, password: str | None = None, lists: bool = False) -> Self:
        """Return a store on a database URL; nothing is connected yet.

        `lists` gives it memory for whoever lists and counts what is stored.
        """
        cache_kib = LARGE_CACHE_KIB if lists else CACHE_KIB
        return cls(open_engine(url, password=password, cache_kib=cache_kib))

    @property
    def allows_many_daemons(self) -> bool:
        """Whether several daemons may share it (PostgreSQL); a SQLite file has one."""
        return self._engine.dialect.name != "sqlite"

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()

    @contextmanager
    def write(self) -> Iterator[Transaction]:
        """Run one write transaction: commits at the end, rolls back if anything is raised.

        Raises:
            ConflictError: another transaction was in the way; do it again.
            StoreUnavailableError: the database cannot be reached or stayed locked.
        """
        with self._connected(writes=True) as connection, connection.begin():
            yield from _transaction(connection)

    @contextmanager
    def read(self) -> Iterator[Transaction]:
        """Run one short transaction that only reads."""
        with self._connected(writes=False) as connection, connection.begin():
            yield from _transaction(connection)

    @contextmanager
    def _connected(self, *, writes: bool) -> Iterator[Connection]:
        try:
            with self._turn(writes=writes), self._engine.connect() as connection:
                yield connection.execution_options(**{WRITES: writes})
        except DBAPIError as error:
            raise translated(error) from error

    @contextmanager
    def _turn(self, *, writes: bool) -> Iterator[None]:
        """Have the threads of this process write to a SQLite file one after another.

        It has one writer at a time, and its own way to wait is to sleep and look again, for longer
        and longer. Whoever waited in vain tries all the same: SQLite says then what is wrong.
        """
        queues = writes and not self.allows_many_daemons
        has_pen = queues and self._pen.take(within_s=BUSY_TIMEOUT_MS / 1000)
        try:
            yield
        finally:
            if has_pen:
                self._pen.hand_on()

    def prepare(self) -> None:
        """Give an empty database its schema; make sure that any other has the right one.

        Several daemons may do so at the same moment: one makes it, the others wait.

        Raises:
            SchemaError: the schema is older or newer than this version's, or another program's.
            StoreUnavailableError: the database does not answer.
        """
        with self._connected(writes=True) as connection, connection.begin():
            migrate.one_at_a_time(connection)
            migrate.prepare(connection)
            migrate.check(connection)

    def gather_statistics(self) -> None:
        """Have SQLite look what its tables hold: it plans queries by it.

        It reads a thousand rows of an index, whatever its size. PostgreSQL does so by itself.

        Raises:
            StoreUnavailableError: the database does not answer.
        """
        if self.allows_many_daemons:
            return
        with self._connected(writes=True) as connection, connection.begin():
            connection.exec_driver_sql("PRAGMA analysis_limit = 1000")
            connection.exec_driver_sql("ANALYZE")

    def check(self) -> None:
        """Make sure that the database is there with this version's schema; make nothing.

        Raises:
            SchemaError: it is not there, empty, older, newer or another program's.
            StoreUnavailableError: the database does not answer.
        """
        self._refuse_missing_file()
        with self._connected(writes=False) as connection, connection.begin():
            migrate.check(connection)

    def _refuse_missing_file(self) -> None:
        """Refuse a SQLite file that is not there: connecting would make an empty one."""
        file = self._engine.url.database
        if not self.allows_many_daemons and file and not Path(file).is_file():
            msg = (
                f"There is no database file {file} yet. Start the daemon first, with"
                " `assurance run` or `assurance once`, or correct [store] url in daemon.toml."
            )
            raise SchemaError(msg)

    def upgrade(self) -> str:
        """Bring the schema up to date; return its revision.

        Raises:
            SchemaError: it is not there, another program's, or newer than this version.
            StoreUnavailableError: the database does not answer.
        """
        self._refuse_missing_file()
        with self._connected(writes=True) as connection, connection.begin():
            migrate.one_at_a_time(connection)
            migrate.prepare(connection)
            migrate.upgrade(connection)
            return migrate.head()

    def downgrade(self, revision: str) -> str:
        """Take the schema back to an earlier revision; return it.

        Raises:
            SchemaError: there is no such database or revision.
            StoreUnavailableError: the database does not answer.
        """
        self._refuse_missing_file()
        with self._connected(writes=True) as connection, connection.begin():
            migrate.one_at_a_time(connection)
            migrate.downgrade(connection, revision)
        return revision

    def copy_to(self, folder: Path) -> str:
        """Write a copy of the database into a folder while others go on; return its schema.

        Raises:
            CopyError: it cannot be written.
            SchemaError: there is no database.
            StoreUnavailableError: the database cannot be read.
        """
        self._refuse_missing_file()
        with self._connected(writes=False) as connection, connection.begin():
            schema = migrate.current(connection) or ""
        copies.copy(self._engine, folder / copies.copy_name(self._engine))
        return schema

    def put_back(self, folder: Path) -> None:
        """Put the copy in a folder in the place of the database.

        Raises:
            CopyError: there is none of this kind of database, or it cannot be put back.
        """
        name = copies.copy_name(self._engine)
        if not (folder / name).is_file():
            msg = f"it holds no {name}: it was made of another kind of database."
            raise copies.CopyError(msg)
        self.close()
        copies.put_back(self._engine, folder / name)

    def forget_for_good(self) -> None:
        """See that what was erased is in no index or helper file either, on SQLite.

        Its index of words forgets by and by, and its log of writes when it is written anew.

        Raises:
            StoreUnavailableError: the database does not answer.
        """
        if not self.allows_many_daemons:
            with self._connected(writes=True) as connection, connection.begin():
                connection.exec_driver_sql("PRAGMA secure_delete = ON")
                finding.forget_for_good(connection)
            with self._connected(writes=False) as connection:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")

    def holds_something(self) -> bool:
        """Whether there is a database with tables.

        Raises:
            StoreUnavailableError: the database does not answer.
        """
        file = self._engine.url.database
        if not self.allows_many_daemons and file and not Path(file).is_file():
            return False
        with self._connected(writes=False) as connection, connection.begin():
            return not migrate.is_empty(connection)

    def lease_holders(self) -> list[str]:
        """Return who works on the store now, by their names (`service.holder_name`)."""
        with self._connected(writes=False) as connection, connection.begin():
            return leases.holders(connection)

    def acquire_lease(
        self, name: str, holder: str, *, ttl_s: float, is_gone: Callable[[str], bool]
    ) -> Lease | None:
        """Return a lease, or None while somebody else holds it.

        `is_gone` may know that a holder has ended (a process of this machine that died).
        """
        try:
            with self._connected(writes=True) as connection, connection.begin():
                return leases.acquire(connection, name, holder, ttl_s=ttl_s, is_gone=is_gone)
        except ConflictError:
            return None  # two processes made the first row at the same moment: the other has it

    def renew_lease(self, lease: Lease) -> None:
        """Renew a lease.

        Raises:
            LeaseLostError: somebody else took it, or it was given back.
        """
        with self._connected(writes=True) as connection, connection.begin():
            leases.check(connection, lease)

    def release_lease(self, lease: Lease) -> None:
        """Give a lease back."""
        with self._connected(writes=True) as connection, connection.begin():
            leases.release(connection, lease)


def _transaction(connection: Connection) -> Iterator[Transaction]:
    """Yield a transaction; write what waits in it at its end, whoever began it and for what."""
    tx = Transaction(connection)
    yield tx
    tx.write_waiting()
