"""Bringing a database to the schema this version speaks, and refusing one it does not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError

from daemon.store.errors import SchemaError

if TYPE_CHECKING:
    from sqlalchemy import Connection


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", "daemon.store:migrations")
    config.set_main_option("path_separator", "os")
    return config


def head() -> str:
    """Return the newest revision this version knows."""
    revision = ScriptDirectory.from_config(_config()).get_current_head()
    if revision is None:
        msg = "this installation holds no migrations; install it again"
        raise SchemaError(msg)
    return revision


def current(connection: Connection) -> str | None:
    """Return the database's revision; None where it is empty."""
    return MigrationContext.configure(connection).get_current_revision()


def upgrade(connection: Connection, revision: str = "head") -> None:
    """Bring the database to a revision, inside the caller's transaction.

    Raises:
        SchemaError: the database is newer than this version.
    """
    config = _config()
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, revision)
    except CommandError as error:
        raise SchemaError(_newer(current(connection))) from error


def check(connection: Connection) -> None:
    """Make sure that the database has this version's schema.

    Raises:
        SchemaError: it is older, or newer.
    """
    found = current(connection)
    if found == head():
        return
    known = {s.revision for s in ScriptDirectory.from_config(_config()).walk_revisions()}
    if found is not None and found not in known:
        raise SchemaError(_newer(found))
    msg = (
        f"The database has schema {found or 'none'}, this version speaks {head()}. "
        "Make a back-up, then run `assurance db upgrade`."
    )
    raise SchemaError(msg)


def _newer(found: str | None) -> str:
    return (
        f"The database has schema {found}, which this version does not know: "
        "a newer version has written it. Install that version, or go back to a back-up."
    )
