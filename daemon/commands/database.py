"""The commands on the database as a whole: its schema, back-ups, and putting one back."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from daemon import backup as backups
from daemon.app import anchor_file, connect_store, make_auditor, own_version, read_clock
from daemon.commands.options import ConfigOption, StateOption
from daemon.service import is_gone
from daemon.startup import (
    EX_CANTCREAT,
    EX_CONFIG,
    EX_DATAERR,
    EX_TEMPFAIL,
    fail,
    load_config,
    refusing,
)
from daemon.store import SchemaError, StoreUnavailableError

if TYPE_CHECKING:
    from daemon.config import Config
    from daemon.store import Store

database = typer.Typer(help="The database's schema.", no_args_is_help=True)
TargetArgument = Annotated[Path, typer.Argument(metavar="FOLDER", help="A new folder.")]
SourceArgument = Annotated[Path, typer.Argument(metavar="FOLDER", help="A back-up.")]


@database.command()
def upgrade(config: ConfigOption = None, state: StateOption = None) -> None:
    """Bring the database to the schema of this version. Make a back-up first."""
    loaded = load_config(config, state)
    with refusing():
        revision = connect_store(loaded).upgrade()
    print(f"The database has schema {revision}.")


@database.command()
def downgrade(
    revision: Annotated[str, typer.Argument(help="The schema of the earlier version, e.g. 0006.")],
    config: ConfigOption = None,
    state: StateOption = None,
) -> None:
    """Take the database back to an earlier version's schema. Make a back-up first."""
    loaded = load_config(config, state)
    with refusing():
        found = connect_store(loaded).downgrade(revision)
    print(f"The database has schema {found}.")


def backup(folder: TargetArgument, config: ConfigOption = None, state: StateOption = None) -> None:
    """Copy database, keys, models and anchors into a new folder, while everything runs."""
    loaded = load_config(config, state)
    try:
        with refusing():
            store = connect_store(loaded)
            _seal(loaded, store)
        made = backups.make(
            folder.absolute(),
            store=store,
            state=loaded.state_dir,
            anchors=anchor_file(loaded),
            version=own_version(),
            now=read_clock().astimezone(UTC),
        )
    except SchemaError as error:
        fail(EX_CONFIG, str(error))
    except backups.BackupError as error:
        fail(EX_CANTCREAT, str(error))
    except StoreUnavailableError as error:
        fail(EX_TEMPFAIL, str(error))
    print(f"The back-up is in {folder}: {len(made.files)} files, schema {made.schema}.")


def _seal(config: Config, store: Store) -> None:
    """Seal the audit, so that a tail that is cut off after a restore would show.

    Before an upgrade the database is that of another version: it is copied as it is.
    """
    with suppress(SchemaError):
        store.check()
        make_auditor(config, store).seal()


def restore(
    folder: SourceArgument,
    config: ConfigOption = None,
    state: StateOption = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Put it in the place of the database that is there.")
    ] = False,
) -> None:
    """Put a back-up back. The daemon and the page have to be stopped."""
    loaded = load_config(config, state)
    try:
        with refusing():
            store = connect_store(loaded)
            if store.holds_something():
                if not replace:
                    fail(
                        EX_DATAERR,
                        "There is a database already. To put the back-up in its place, add"
                        " --replace; a SQLite file that is there is kept as FILE.before.",
                    )
                if any(not is_gone(holder) for holder in store.lease_holders()):
                    fail(
                        EX_TEMPFAIL,
                        "A daemon works on this database. Stop it first:"
                        " systemctl stop assurance assurance-desk.",
                    )
        found = backups.put_back(folder.absolute(), store=store, state=loaded.state_dir)
    except backups.BackupError as error:
        fail(EX_DATAERR, str(error))
    except StoreUnavailableError as error:
        fail(EX_TEMPFAIL, str(error))
    print(
        f"Restored what version {found.version} had at {found.made_at}, schema {found.schema}."
        " Next: assurance db upgrade, then assurance audit verify."
    )


def register(app: typer.Typer) -> None:
    """Give the command its parts."""
    app.add_typer(database, name="db")
    app.command()(backup)
    app.command()(restore)
