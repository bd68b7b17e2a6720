"""Bringing a database to the schema this version speaks, and refusing one it does not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import column, func, inspect, select, table, text

from daemon.store.errors import SchemaError

if TYPE_CHECKING:
    from alembic.config import Config
    from sqlalchemy import ColumnClause, Connection

# What migrates is loaded where it migrates: a daemon that finds its schema in place, as nearly
# every start does, has no use for it, and it takes 8 MB.

_HEAD = "0010"  # of `migrations/versions`, as a test makes sure

_VERSIONS = "alembic_version"
_EMPTY = (
    "The database is empty. Start the daemon once, with `assurance run` or `assurance once`: it"
    " makes its tables."
)
_FOREIGN = (
    "The database holds tables of another program, and none of ours. Give the daemon a database"
    " of its own ([store] url in daemon.toml)."
)
_LOCK = 0x6173_7375_7261_6E63  # any number: that of the advisory lock of those who migrate


def _config() -> Config:
    from alembic.config import Config  # noqa: PLC0415 -- see above

    config = Config()
    config.set_main_option("script_location", "daemon.store:migrations")
    config.set_main_option("path_separator", "os")
    return config


def head() -> str:
    """Return the newest revision this version knows: the schema it speaks."""
    return _HEAD


def _known() -> list[str]:
    """Return the revisions this version knows, the newest first."""
    from alembic.script import ScriptDirectory  # noqa: PLC0415 -- see above

    return [one.revision for one in ScriptDirectory.from_config(_config()).walk_revisions()]


def current(connection: Connection) -> str | None:
    """Return the database's revision; None where it is empty."""
    if not inspect(connection).has_table(_VERSIONS):
        return None
    version: ColumnClause[str] = column("version_num")
    return connection.scalar(select(version).select_from(table(_VERSIONS)))


def is_empty(connection: Connection) -> bool:
    """Whether the database holds no table at all, but for an unused one of the versions."""
    return not set(inspect(connection).get_table_names()) - {_VERSIONS}


def one_at_a_time(connection: Connection) -> None:
    """Wait until nobody else prepares this database, and keep others out until the commit.

    On SQLite the write transaction itself does so.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(_LOCK)))


def prepare(connection: Connection) -> None:
    """Give an empty database its schema, and leave any other alone.

    Raises:
        SchemaError: it holds tables, but none of them says of which version.
    """
    if current(connection) is not None:
        return
    if not is_empty(connection):
        raise SchemaError(_FOREIGN)
    upgrade(connection)


def upgrade(connection: Connection, revision: str = "head") -> None:
    """Bring the database to a revision, inside the caller's transaction.

    Raises:
        SchemaError: the database is newer than this version.
    """
    from alembic import command  # noqa: PLC0415 -- see above
    from alembic.util import CommandError  # noqa: PLC0415 -- see above

    config = _config()
    config.attributes["connection"] = connection
    if connection.dialect.name == "postgresql":  # a large table takes its time
        connection.execute(text("SET LOCAL statement_timeout = 0"))
    try:
        command.upgrade(config, revision)
    except CommandError as error:
        raise SchemaError(_newer(current(connection))) from error


def downgrade(connection: Connection, revision: str) -> None:
    """Take the database back to an earlier revision, inside the caller's transaction.

    Raises:
        SchemaError: this version knows no such revision, or it is not behind the database's.
    """
    from alembic import command  # noqa: PLC0415 -- see above

    config = _config()
    config.attributes["connection"] = connection
    known, found = _known(), current(connection)
    if revision not in known or found not in known or known.index(revision) < known.index(found):
        msg = f"The database has schema {found}. It can go back to one of: {', '.join(known)}."
        raise SchemaError(msg)
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET LOCAL statement_timeout = 0"))
    command.downgrade(config, revision)


def check(connection: Connection) -> None:
    """Make sure that the database has this version's schema.

    Raises:
        SchemaError: it is older or newer, empty, or another program's.
    """
    found = current(connection)
    if found == head():
        return
    if found is None:
        raise SchemaError(_EMPTY if is_empty(connection) else _FOREIGN)
    if found not in _known():
        raise SchemaError(_newer(found))
    msg = (
        f"The database has schema {found}, this version speaks {head()}. "
        "Make a back-up, then run `assurance db upgrade`."
    )
    raise SchemaError(msg)


def _newer(found: str | None) -> str:
    return (
        f"The database has schema {found}, which this version does not know: "
        "a newer version has written it. Install that version, or go back to a back-up."
    )
