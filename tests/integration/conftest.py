"""Every test that asks for `url` or `store` runs on both databases, each on an empty one."""

from __future__ import annotations

import logging
import shutil
import sys
from typing import TYPE_CHECKING

import psycopg
import pytest
import structlog

from daemon import logs
from daemon.store import Store, schema
from tests.builders import a_store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.servers.postgres import Postgres

DATABASES = ("sqlite", "postgresql")
# Emptied rather than made anew for each test, which takes a tenth of the time. As a replica, so
# that the trigger that guards the audit keeps still.
_EMPTY = f"""
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
 WHERE datname = current_database() AND pid <> pg_backend_pid();
SET session_replication_role = replica;
TRUNCATE {", ".join(schema.metadata.tables)} RESTART IDENTITY
"""


@pytest.fixture(params=DATABASES)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database without tables, for one test alone."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/assurance.db"
    return request.getfixturevalue("database_url")


@pytest.fixture(scope="session")
def _made() -> dict[str, str]:
    """Databases with the schema in place, by their kind, made when they are first needed."""
    return {}


@pytest.fixture(params=DATABASES)
def prepared_url(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
    _made: dict[str, str],
) -> str:
    """The URL of a database with empty tables; a test must leave the tables themselves alone."""
    if request.param == "sqlite":
        if "sqlite" not in _made:
            _made["sqlite"] = str(tmp_path_factory.mktemp("made") / "made.db")
            a_store(f"sqlite:///{_made['sqlite']}").close()
        shutil.copy(_made["sqlite"], tmp_path / "assurance.db")
        return f"sqlite:///{tmp_path}/assurance.db"
    postgres: Postgres = request.getfixturevalue("postgres")
    if "postgresql" not in _made:
        _made["postgresql"] = postgres.create_database()
        a_store(postgres.url(_made["postgresql"])).close()
    made = postgres.url(_made["postgresql"])
    with psycopg.connect(made.replace("+psycopg", "")) as connection:
        connection.execute(_EMPTY)
    return made


@pytest.fixture
def store(prepared_url: str) -> Iterator[Store]:
    """A store with empty tables."""
    store = Store.open(prepared_url)
    yield store
    store.close()


@pytest.fixture
def log_as_it_was() -> Iterator[None]:
    """Logging and structlog as they were, afterwards."""
    handlers, level = list(logging.root.handlers), logging.root.level
    yield
    logging.captureWarnings(capture=False)
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)
    structlog.reset_defaults()


@pytest.fixture
def plain_logs(request: pytest.FixtureRequest) -> None:
    """The log as the daemon has it; without it a mistake is shown with all that was at hand."""
    request.getfixturevalue("log_as_it_was")
    logs.configure(format="json", level="error", stream=sys.stderr)


@pytest.fixture
def own_store(url: str) -> Iterator[Store]:
    """A store with its schema in place, for a test that changes the schema."""
    store = a_store(url)
    yield store
    store.close()
