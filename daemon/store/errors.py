"""What can go wrong in the store: one class per reaction."""

from __future__ import annotations

from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, OperationalError

# PostgreSQL: serialization failure, deadlock detected.
_DEADLOCKS = frozenset({"40001", "40P01"})
# PostgreSQL ended a wait for a lock, a long statement, a transaction in which nothing happened.
_TIMEOUTS = frozenset({"55P03", "57014", "25P03"})
_NO_DATABASE = frozenset({"SQLITE_NOTADB", "SQLITE_CORRUPT"})
_UNIQUE_VIOLATION = "23505"
_TOO_LARGE = "54"  # class "program limit exceeded": an index row or a statement too large


class ConflictError(Exception):
    """Somebody else wrote the same thing first: roll this part back and look again."""


class DeadlockError(ConflictError):
    """Two transactions stood in each other's way: roll all of it back and do it again."""


class UnstorableError(Exception):
    """The database refuses a value; trying again would change nothing."""


class StoreUnavailableError(Exception):
    """The database cannot be reached or is busy; nothing was written."""


class LeaseLostError(Exception):
    """Another process holds the lease now: what this one was writing is rolled back."""


class SchemaError(Exception):
    """The database's schema is not the one this version speaks; the message says what to do."""


_SEE_URL = "See [store] url in daemon.toml, or go back to a back-up."


# What keeps a database from its work, said so that somebody can act. Its own words are not
# repeated: they can hold a statement's parameters, and they name passwords' users.
_STATES = {
    "25006": "the database is read-only",
    "53100": "the database's disk is full",
    "53200": "the database has no memory left",
    "53300": "the database takes no more connections",
    "57P01": "the database is being shut down",
    "57P03": "the database is starting up",
    "28P01": "the database does not accept our password",
    "28000": "the database does not accept our user",
    "3D000": "there is no such database on the server",
}
_SQLITE = {
    "SQLITE_FULL": "the disk is full",
    "SQLITE_READONLY": "the database file, or its folder, is read-only",
    "SQLITE_CANTOPEN": "the database file cannot be opened: its folder is read-only, or not ours",
    "SQLITE_BUSY": "another program has locked the database file for long",
    "SQLITE_LOCKED": "another program has locked the database file for long",
    "SQLITE_IOERR": "the disk cannot be read or written",
}
_SAID = (  # of a connection that was never made: psycopg tells no state
    ("password authentication failed", "the database does not accept our password"),
    ("could not translate host name", "the name of the database server cannot be resolved"),
    ("failed to resolve host", "the name of the database server cannot be resolved"),
    ("name or service not known", "the name of the database server cannot be resolved"),
    ("connection refused", "the database server takes no connections: is it running?"),
    ("timeout", "the database server does not answer in time"),
    ("timed out", "the database server does not answer in time"),
    ("certificate", "the certificate of the database server was not accepted"),
    ("no such file or directory", "the database server is not running: it has no socket"),
    ("starting up", "the database is starting up"),
    ("does not exist", "there is no such database or user on the server"),
    ("too many clients", "the database takes no more connections"),
)


def _why(error: DBAPIError) -> str:
    """Return what keeps the database from its work, without anything it said itself."""
    kind = type(error.orig).__name__
    state = getattr(error.orig, "sqlstate", None) or ""
    name = getattr(error.orig, "sqlite_errorname", None) or ""
    known = _STATES.get(state) or next((w for c, w in _SQLITE.items() if name.startswith(c)), "")
    said = str(error.orig).lower()
    known = known or next((why for words, why in _SAID if words in said), "")
    return f"{known} ({kind})" if known else f"the database does not answer ({kind})"


def translated(error: DBAPIError) -> Exception:
    """Return the error that a database error means to the rest of the daemon."""
    state = getattr(error.orig, "sqlstate", None)
    kind = type(error.orig).__name__
    if state in _DEADLOCKS:
        return DeadlockError(kind)
    if state in _TIMEOUTS:
        return StoreUnavailableError(f"the database took too long ({kind})")
    if getattr(error.orig, "sqlite_errorname", None) in _NO_DATABASE:
        return SchemaError("The database file is damaged, or no SQLite database. " + _SEE_URL)
    if isinstance(error, IntegrityError):
        # SQLite tells a unique constraint from the others in its words alone.
        unique = state == _UNIQUE_VIOLATION or "UNIQUE constraint" in str(error.orig)
        return ConflictError(kind) if unique else UnstorableError(kind)
    if isinstance(error, DataError) or (state or "").startswith(_TOO_LARGE):
        return UnstorableError(kind)
    if isinstance(error, OperationalError) or error.connection_invalidated or state in _STATES:
        return StoreUnavailableError(_why(error))
    return error
