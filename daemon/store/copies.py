"""Copies of a database that is in use, and putting one back."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from daemon.store.errors import StoreUnavailableError

if TYPE_CHECKING:
    from sqlalchemy import URL, Engine

SQLITE_NAME, POSTGRESQL_NAME = "assurance.db", "assurance.dump"
_PAGES, _PAUSE_S = 2_000, 0.02  # copied at a time, and then others may write
_LONGEST_S = 4 * 3600


class CopyError(Exception):
    """A copy cannot be made or put back; the message says why and what to do."""


def copy_name(engine: Engine) -> str:
    """Return what the copy of a database is called: its kind shows in the name."""
    return SQLITE_NAME if engine.dialect.name == "sqlite" else POSTGRESQL_NAME


def copy(engine: Engine, target: Path) -> None:
    """Write a whole and consistent copy of the database into a file, while others go on writing.

    Raises:
        CopyError: it cannot be written, is damaged, or pg_dump is missing or failed.
        StoreUnavailableError: the database cannot be read.
    """
    if engine.dialect.name == "sqlite":
        _copy_sqlite(Path(str(engine.url.database)), target)
    else:
        _run("pg_dump", engine.url, "--format=custom", "--no-owner", f"--file={target}")


def put_back(engine: Engine, source: Path) -> None:
    """Put a copy in the place of the database. Nobody may work on it.

    A SQLite file that is there is kept beside, with `.before` behind its name.

    Raises:
        CopyError: the copy is damaged, or pg_restore is missing or failed.
    """
    if engine.dialect.name != "sqlite":
        _run(
            "pg_restore",
            engine.url,
            *("--clean", "--if-exists", "--no-owner", "--single-transaction", "--exit-on-error"),
            str(source),
        )
        return
    file = Path(str(engine.url.database))
    fresh = file.with_name(f".{file.name}.restored")
    fresh.unlink(missing_ok=True)
    _copy_sqlite(source, fresh)
    for suffix in ("-wal", "-shm", ""):
        old = file.with_name(file.name + suffix)
        if old.exists():
            old.replace(file.with_name(f"{file.name}.before{suffix}"))
    fresh.replace(file)


def _copy_sqlite(source: Path, target: Path) -> None:
    try:
        with (
            closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True)) as old,
            closing(sqlite3.connect(target)) as new,
        ):
            old.backup(new, pages=_PAGES, sleep=_PAUSE_S)
            new.execute("PRAGMA journal_mode = DELETE")  # one file, without helpers beside it
            found = new.execute("PRAGMA integrity_check").fetchone()[0]
    except sqlite3.OperationalError as error:
        name = getattr(error, "sqlite_errorname", "")
        message = f"the database could not be copied ({name or 'SQLite'})"
        raise StoreUnavailableError(message) from error
    except sqlite3.DatabaseError as error:
        message = f"{source} is damaged, or no SQLite database."
        raise CopyError(message) from error
    if found != "ok":
        message = f"{source} is damaged: {found}."
        raise CopyError(message)
    target.chmod(0o600)
    _sync(target)


def _sync(file: Path) -> None:
    with file.open("rb") as opened:
        os.fsync(opened.fileno())


def _run(program: str, url: URL, *options: str) -> None:
    """Run a program of PostgreSQL's; the password goes by the environment, where no `ps` shows it.

    Raises:
        CopyError: it is not installed, or failed.
    """
    found = shutil.which(program)
    if found is None:
        message = f"{program} is not installed: apt-get install postgresql-client."
        raise CopyError(message)
    env = {**os.environ, "PGPASSWORD": url.password or ""} if url.password else None
    address = url.set(drivername="postgresql", password=None).render_as_string(hide_password=False)
    done = subprocess.run(  # noqa: S603 -- a program of PostgreSQL's, with our own arguments
        [found, f"--dbname={address}", *options],
        env=env,
        capture_output=True,
        text=True,
        timeout=_LONGEST_S,
        check=False,
    )
    if done.returncode:
        said = next((line for line in done.stderr.splitlines() if "error" in line.lower()), "")
        message = f"{program} ended with {done.returncode}. {said}".strip()
        raise CopyError(message)
