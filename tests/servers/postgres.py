"""PostgreSQL: one cluster a test run, a fresh database a test."""

from __future__ import annotations

import itertools
import os
import pwd
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest

from tests.servers import HOST, IS_ROOT, free_port, refuse, short_folder, stop_process, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

USER = "tests"
_CONF = """
listen_addresses = '127.0.0.1'
port = {port}
unix_socket_directories = '{root}/sock'
max_connections = 100
fsync = off
"""


def _programs() -> Path:
    """Return the folder of the newest PostgreSQL; Debian keeps them off the PATH."""
    versions = Path("/usr/lib/postgresql").glob("*/bin")
    newest = max(versions, key=lambda path: float(path.parent.name), default=None)
    if newest is not None:
        return newest
    on_path = shutil.which("postgres")
    if on_path is None:
        refuse("PostgreSQL is not installed; on Debian or Ubuntu: apt-get install postgresql")
    return Path(str(on_path)).parent


class Postgres:
    """A PostgreSQL cluster of the tests' own; it refuses to run as root, so it does not."""

    host = HOST

    def __init__(self, root: Path) -> None:
        self.port = free_port()
        self._root = root
        self._bin = _programs()
        self._numbers = itertools.count(1)
        self._process: subprocess.Popen[bytes] | None = None
        self._prepare()

    def _command(self, program: str, *arguments: str) -> list[str]:
        command = [str(self._bin / program), *arguments]
        if not IS_ROOT:
            return command
        drop = ("--reuid=postgres", "--regid=postgres", "--init-groups")
        return ["setpriv", *drop, "env", "-C", "/", f"HOME={self._root}", *command]

    def _prepare(self) -> None:
        (self._root / "sock").mkdir()
        if IS_ROOT:
            owner = pwd.getpwnam("postgres")
            for path in (self._root, self._root / "sock"):
                os.chown(path, owner.pw_uid, owner.pw_gid)
        data = str(self._root / "data")
        settle = ("-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
        command = self._command("initdb", "-D", data, "-U", USER, *settle)
        subprocess.run(command, check=True, capture_output=True)
        with (self._root / "data" / "postgresql.conf").open("a") as conf:
            conf.write(_CONF.format(port=self.port, root=self._root))

    def start(self) -> None:
        """Start it; a second time does nothing."""
        if self._process is not None:
            return
        command = self._command("postgres", "-D", str(self._root / "data"))
        log = (self._root / "log").open("ab")
        with log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log)
        wait_until(self._answers, within_s=30, what="PostgreSQL")

    def _answers(self) -> bool:
        try:
            with self._connect():
                return True
        except psycopg.OperationalError:
            return False

    def stop(self) -> None:
        """End it at once: clients are cut off, what was committed stays."""
        process, self._process = self._process, None
        if process is not None:
            process.send_signal(2)  # SIGINT is its fast shutdown
            stop_process(process)

    def _connect(self) -> psycopg.Connection[tuple[object, ...]]:
        return psycopg.connect(
            host=HOST, port=self.port, user=USER, dbname="postgres", autocommit=True
        )

    def create_database(self) -> str:
        """Make an empty database and return its name."""
        name = f"test_{os.getpid()}_{next(self._numbers)}"
        with self._connect() as connection:
            connection.execute(f'CREATE DATABASE "{name}"')
        return name

    def drop_database(self, name: str) -> None:
        """Drop a database, whoever is still connected."""
        with self._connect() as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def url(self, database: str) -> str:
        """Return the URL of a database as SQLAlchemy takes it."""
        return f"postgresql+psycopg://{USER}@{HOST}:{self.port}/{database}"


@pytest.fixture(scope="session")
def _postgres() -> Iterator[Postgres]:
    with short_folder("pg") as root:
        server = Postgres(root)
        try:
            server.start()
            yield server
        finally:
            server.stop()


@pytest.fixture
def postgres(_postgres: Postgres) -> Postgres:
    """The test run's PostgreSQL, up, even if the test before has stopped it."""
    _postgres.start()
    return _postgres


@pytest.fixture
def database_url(postgres: Postgres) -> Iterator[str]:
    """The URL of a fresh PostgreSQL database, dropped at the end."""
    name = postgres.create_database()
    yield postgres.url(name)
    postgres.start()
    postgres.drop_database(name)
