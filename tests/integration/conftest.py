"""Every test that asks for `url` or `store` runs on both databases, each on one of its own."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import psycopg
import pytest

from daemon.store import Store
from tests.builders import a_store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.servers.postgres import Postgres

DATABASES = ("sqlite", "postgresql")


@pytest.fixture(scope="session")
def _made_once(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Databases with the schema in place, made when first needed and copied for each test."""
    return {"folder": str(tmp_path_factory.mktemp("made"))}


@pytest.fixture(params=DATABASES)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/assurance.db"
    return request.getfixturevalue("database_url")


@pytest.fixture(params=DATABASES)
def prepared_url(
    request: pytest.FixtureRequest, tmp_path: Path, _made_once: dict[str, str]
) -> Iterator[str]:
    """The URL of a database with the schema in place."""
    if request.param == "sqlite":
        made = f"{_made_once['folder']}/made.db"
        if "sqlite" not in _made_once:
            _made_once["sqlite"] = made
            a_store(f"sqlite:///{made}").close()
        shutil.copy(made, tmp_path / "assurance.db")
        yield f"sqlite:///{tmp_path}/assurance.db"
        return
    postgres: Postgres = request.getfixturevalue("postgres")
    if "postgresql" not in _made_once:
        _made_once["postgresql"] = postgres.create_database()
        a_store(postgres.url(_made_once["postgresql"])).close()
    name = postgres.create_database()
    postgres.drop_database(name)
    with psycopg.connect(
        postgres.url("postgres").replace("+psycopg", ""), autocommit=True
    ) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{_made_once["postgresql"]}"')
    yield postgres.url(name)
    postgres.start()
    postgres.drop_database(name)


@pytest.fixture
def store(prepared_url: str) -> Iterator[Store]:
    """A store with its schema in place."""
    store = Store.open(prepared_url)
    yield store
    store.close()
