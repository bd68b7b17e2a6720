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
    if isinstance(error, OperationalError) or error.connection_invalidated:
        return StoreUnavailableError(f"the database does not answer ({kind})")
    return error
