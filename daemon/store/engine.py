"""Opening a database so that its transactions keep their promises."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import create_engine, event
from sqlalchemy.engine import make_url

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection, Engine
    from sqlalchemy.engine.interfaces import DBAPIConnection
    from sqlalchemy.pool import ConnectionPoolEntry

BUSY_TIMEOUT_MS = 10_000
# A connection: the indexes of what is open fit into the larger one, a read-through does not. The
# daemon looks up a few rows at a time; a page lists and counts.
CACHE_KIB, LARGE_CACHE_KIB = 2_048, 16_384
WRITES = "assurance_writes"  # execution option: this transaction may write

# A process that is frozen or cut off must not hold the others up: the server ends its wait, its
# statement or its open transaction, and both sides notice that the other has gone.
_POSTGRESQL_OPTIONS = (
    "-c timezone=utc -c lock_timeout=15s -c statement_timeout=120s"
    " -c idle_in_transaction_session_timeout=60s"
)
_POSTGRESQL = {
    "connect_timeout": 10,  # seconds, as are the keepalives
    "options": _POSTGRESQL_OPTIONS,
    "keepalives": 1,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,  # milliseconds
}


def open_engine(url: str, *, password: str | None = None, cache_kib: int = CACHE_KIB) -> Engine:
    """Return an engine for a SQLite or PostgreSQL URL; nothing is connected yet.

    Raises:
        ValueError: the URL names another kind of database.
    """
    parsed = make_url(url)
    if password is not None:
        parsed = parsed.set(password=password)
    if parsed.get_backend_name() == "sqlite":
        return _sqlite(parsed, cache_kib)
    if parsed.drivername == "postgresql+psycopg":
        return create_engine(parsed, pool_pre_ping=True, connect_args=_POSTGRESQL)
    msg = f"a store is sqlite:///FILE or postgresql+psycopg://…, not {parsed.drivername}"
    raise ValueError(msg)


def _sqlite(url: URL, cache_kib: int) -> Engine:
    # The connection that was used last has the cache that is warm.
    engine = create_engine(
        url, connect_args={"timeout": BUSY_TIMEOUT_MS / 1000}, pool_use_lifo=True
    )

    # The driver would begin transactions by its own lights, and deferred: two of them that
    # read first and write later fail at once with "database is locked", whatever the timeout.
    @event.listens_for(engine, "connect")
    def prepare(connection: DBAPIConnection, _record: ConnectionPoolEntry) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in (
            "journal_mode = WAL",
            "synchronous = FULL",
            "foreign_keys = ON",
            f"busy_timeout = {BUSY_TIMEOUT_MS}",
            f"cache_size = -{cache_kib}",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get(WRITES, True)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine
