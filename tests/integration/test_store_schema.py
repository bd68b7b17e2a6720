"""The database: its tables, its settings, its versions, and what it refuses."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, text
from sqlalchemy.exc import DBAPIError, StatementError

from daemon.store import (
    ConflictError,
    SchemaError,
    Store,
    StoreUnavailableError,
    UnstorableError,
    migrate,
    schema,
)
from tests.builders import NOW, a_classification, a_decision, a_message, a_store

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Connection

ONLY_SQLITE = pytest.mark.parametrize("prepared_url", ["sqlite"], indirect=True)
ONLY_POSTGRESQL = pytest.mark.parametrize("prepared_url", ["postgresql"], indirect=True)


def differences(connection: Connection) -> list[object]:
    """What autogenerate would change, types and defaults included."""
    options = {
        "compare_type": True,
        "compare_server_default": True,
        # The index for searches is each database's own, which SQLAlchemy cannot describe.
        "include_name": lambda name, _kind, _parents: not _is_search(name),
    }
    context = MigrationContext.configure(connection, opts=options)
    return compare_metadata(context, schema.metadata)


def _is_search(name: str | None) -> bool:
    return bool(name) and name.startswith(("message_search", "reference_search"))


def stamp(store: Store, revision: str) -> None:
    with store.write() as tx:
        tx.connection.execute(text(f"UPDATE alembic_version SET version_num = '{revision}'"))


# Migrations


def test_migrations_make_exactly_the_tables_of_the_schema(store):
    """No difference between the two, of tables, columns, indexes, constraints or types."""
    with store.read() as tx:
        assert differences(tx.connection) == []
        names = set(inspect(tx.connection).get_table_names())
    assert {n for n in names if not _is_search(n)} == {*schema.metadata.tables, "alembic_version"}


@ONLY_POSTGRESQL
def test_every_time_is_stored_with_its_zone(store):
    """On PostgreSQL no column is a time without zone."""
    with store.read() as tx:
        naive = tx.connection.execute(
            text(
                "SELECT table_name, column_name FROM information_schema.columns"
                " WHERE data_type = 'timestamp without time zone' AND table_schema = 'public'"
            )
        ).all()
    assert naive == []


@ONLY_POSTGRESQL
def test_ids_are_big_enough_for_ever(store):
    """No id is of 32 bits."""
    with store.read() as tx:
        small = tx.connection.execute(
            text(
                "SELECT table_name FROM information_schema.columns WHERE table_schema = 'public'"
                " AND (column_name = 'id' OR column_name LIKE '%_id')"
                " AND data_type = 'integer'"
            )
        ).all()
    assert small == []


def test_a_database_can_go_down_to_nothing_and_up_again(own_store):
    """Downgrading drops every table; upgrading makes them anew."""
    with own_store.write() as tx:
        config = migrate._config()
        config.attributes["connection"] = tx.connection
        command.downgrade(config, "base")
        assert set(inspect(tx.connection).get_table_names()) == {"alembic_version"}
    assert own_store.upgrade() == migrate.head()
    with own_store.read() as tx:
        assert differences(tx.connection) == []


def test_the_revision_this_version_speaks_is_that_of_its_newest_migration():
    """It is written down, so that a start need not read the migrations."""
    assert migrate._known()[0] == migrate.head()


@ONLY_SQLITE
def test_statistics_are_gathered_for_the_plans(store):
    """SQLite has none by itself, and would guess which index is the narrower."""
    with store.write() as tx:
        tx.open_enquiry("PH-1", a_decision(), a_classification(), received_at=NOW, now=NOW)
    store.gather_statistics()
    with store.read() as tx:
        known = set(tx.connection.scalars(text("SELECT tbl FROM sqlite_stat1")))
    assert "enquiry" in known


def test_an_empty_database_is_prepared_and_a_second_time_left_alone(url):
    """Starting twice changes nothing."""
    store = a_store(url)
    with store.write() as tx:
        tx.set_cursor("care", "7", now=NOW)
    store.prepare()
    with store.read() as tx:
        assert tx.cursor("care") == "7"
    store.close()


def test_a_newer_schema_is_refused_with_what_to_do(own_store):
    """A version that does not know the schema leaves it alone, also when upgrading."""
    stamp(own_store, "9999")
    for attempt in (own_store.prepare, own_store.upgrade):
        with pytest.raises(SchemaError, match=r"9999.*newer version.*back-up"):
            attempt()


def test_an_older_schema_is_refused_until_somebody_upgrades(store, monkeypatch):
    """Upgrading is a person's act, after a back-up; the message names the command."""
    monkeypatch.setattr(migrate, "head", lambda: "0099")
    with pytest.raises(SchemaError, match=r"0010.*0099.*back-up.*db upgrade"):
        store.prepare()


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_many_who_prepare_an_empty_database_at_once_all_succeed(url):
    """One makes the tables, the others wait for it and find them. A SQLite file has one daemon."""
    start, done = threading.Barrier(4), []

    def prepare() -> None:
        store = Store.open(url)
        start.wait(10)
        store.prepare()
        done.append(True)
        store.close()

    threads = [threading.Thread(target=prepare) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert done == [True] * 4


def test_the_database_of_another_program_is_left_alone(url):
    """Tables, but none of our versions: whoever starts is told to give us one of our own."""
    store = Store.open(url)
    with store.write() as tx:
        tx.connection.execute(text("CREATE TABLE payroll (id integer)"))
    for attempt in (store.prepare, store.upgrade, store.check):
        with pytest.raises(SchemaError, match=r"another program.*daemon\.toml"):
            attempt()
    with store.read() as tx:
        assert inspect(tx.connection).get_table_names() == ["payroll"]
    store.close()


def test_checking_makes_nothing(url):
    """Who only wants to look finds an empty database empty afterwards."""
    store = Store.open(url)
    with store.write():
        pass  # SQLite makes its file
    with pytest.raises(SchemaError, match=r"empty.*assurance run"):
        store.check()
    with store.read() as tx:
        assert inspect(tx.connection).get_table_names() == []
    store.prepare()
    store.check()
    store.close()


def test_a_file_that_is_not_there_is_not_made_by_looking(tmp_path: Path):
    """Neither checking nor upgrading makes one; the sentence names it."""
    store = Store.open(f"sqlite:///{tmp_path}/none.db")
    for attempt in (store.check, store.upgrade):
        with pytest.raises(SchemaError, match=r"no database file .*none\.db.*assurance run"):
            attempt()
    assert list(tmp_path.iterdir()) == []


def test_another_schema_is_refused_by_a_check(own_store, monkeypatch):
    """Older or newer: a command on it could do harm."""
    own_store.check()
    stamp(own_store, "9999")
    with pytest.raises(SchemaError, match="newer version"):
        own_store.check()
    stamp(own_store, migrate.head())
    monkeypatch.setattr(migrate, "head", lambda: "0099")
    with pytest.raises(SchemaError, match="db upgrade"):
        own_store.check()


def test_a_file_that_is_no_database_is_refused_in_a_sentence(tmp_path: Path):
    """Somebody named the wrong file; no word of what it holds is repeated."""
    (tmp_path / "letter.txt").write_text("Dear Sir or Madam, " * 500)
    store = Store.open(f"sqlite:///{tmp_path}/letter.txt")
    for attempt in (store.prepare, store.check):
        with pytest.raises(SchemaError, match=r"no SQLite database.*daemon\.toml"):
            attempt()
    store.close()


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_a_store_is_sqlite_or_postgresql(url):
    """Other databases, and other drivers, are refused before anything is opened."""
    del url
    for wrong in ("mysql://localhost/x", "postgresql+asyncpg://localhost/x"):
        with pytest.raises(ValueError, match="a store is"):
            Store.open(wrong)


def test_a_database_that_cannot_be_reached_is_unavailable(tmp_path: Path):
    """Neither kind raises anything else."""
    for url in (
        f"sqlite:///{tmp_path}/no/such/folder/a.db",
        "postgresql+psycopg://nobody@127.0.0.1:1/none",
    ):
        store = Store.open(url)
        with pytest.raises(StoreUnavailableError), store.read():
            pass
        store.close()


# Settings


@ONLY_POSTGRESQL
def test_the_promises_of_postgresql_are_in_force(store):
    """Nobody waits for ever: not for a lock, a statement, or a transaction left open."""
    with store.read() as tx:

        def setting(name):
            return tx.connection.exec_driver_sql(f"SHOW {name}").scalar()

        assert setting("timezone").lower() == "utc"
        assert setting("lock_timeout") == "15s"
        assert setting("statement_timeout") == "2min"
        assert setting("idle_in_transaction_session_timeout") == "1min"
        parameters = tx.connection.connection.driver_connection.info.get_parameters()
    assert parameters["keepalives"] == "1"
    assert parameters["tcp_user_timeout"] == "30000"


@ONLY_POSTGRESQL
@pytest.mark.parametrize(
    ("setting", "statement"),
    [
        ("lock_timeout", "UPDATE inbox SET cursor = 'other'"),
        ("statement_timeout", "SELECT pg_sleep(10)"),
        ("idle_in_transaction_session_timeout", "SELECT 1"),
    ],
)
def test_a_wait_that_the_server_ended_is_an_unavailable_database(store, setting, statement):
    """It is tried again later, like any other trouble of the database."""
    with store.write() as tx:
        tx.set_cursor("care", "1", now=NOW)

    def wait_too_long() -> None:
        with store.write() as tx:
            tx.connection.exec_driver_sql(f"SET LOCAL {setting} = '100ms'")
            if setting.startswith("idle"):
                time.sleep(0.5)
            tx.connection.exec_driver_sql(statement)

    with store.write() as holder:
        holder.set_cursor("care", "2", now=NOW)
        with pytest.raises(StoreUnavailableError):
            wait_too_long()


@ONLY_SQLITE
def test_the_promises_of_sqlite_are_in_force(store):
    """Write-ahead log, foreign keys, full synchronisation, ten seconds of patience."""
    with store.read() as tx:

        def pragma(name):
            return tx.connection.exec_driver_sql(f"PRAGMA {name}").scalar()

        assert pragma("journal_mode") == "wal"
        assert pragma("foreign_keys") == 1
        assert pragma("synchronous") == 2
        assert pragma("busy_timeout") == 10_000


@ONLY_SQLITE
def test_a_writer_waits_for_the_one_before_it(store):
    """BEGIN IMMEDIATE: two that read first and write later do not fail, they queue."""
    inside, seen = threading.Event(), []

    def second() -> None:
        inside.wait(10)
        with store.write() as tx:
            seen.append(tx.cursor("care"))
            tx.set_cursor("care", "second", now=NOW)

    thread = threading.Thread(target=second)
    thread.start()
    with store.write() as tx:
        assert tx.cursor("care") is None
        inside.set()
        thread.join(0.3)
        assert thread.is_alive()
        tx.set_cursor("care", "first", now=NOW)
    thread.join(10)
    assert seen == ["first"]


@ONLY_SQLITE
def test_a_reader_does_not_wait_for_a_writer(store):
    """It sees what was committed before."""
    with store.write() as tx:
        tx.set_cursor("care", "1", now=NOW)
        with store.read() as reading:
            assert reading.cursor("care") is None


@ONLY_SQLITE
def test_a_locked_database_is_unavailable_in_the_end(store, prepared_url, monkeypatch):
    """Patience ends; nothing was written."""
    monkeypatch.setattr("daemon.store.engine.BUSY_TIMEOUT_MS", 100)
    impatient = Store.open(prepared_url)
    with store.write(), pytest.raises(StoreUnavailableError), impatient.write():
        pass
    impatient.close()


def test_only_postgresql_takes_many_daemons(store, prepared_url):
    """A SQLite file has one."""
    assert store.allows_many_daemons is prepared_url.startswith("postgresql")


def test_foreign_keys_are_kept(store):
    """A party of no enquiry is refused."""
    with pytest.raises(UnstorableError), store.write() as tx:
        tx.add_party(99, "resident@home.example")


# Times


def test_naive_times_are_refused(store):
    """A time without its zone would be anybody's guess."""
    with pytest.raises(StatementError, match="naive"), store.write() as tx:
        tx.set_cursor("care", "1", now=datetime(2026, 1, 1))


def test_a_time_comes_back_as_the_same_instant_in_utc(store):
    """Whatever zone it came in, to the microsecond."""
    at = datetime(2026, 7, 1, 0, 30, 15, 123456, tzinfo=timezone(timedelta(hours=1)))
    with store.write() as tx:
        tx.set_cursor("care", "1", now=at)
        row = tx.connection.execute(schema.inbox.select()).mappings().one()
    assert row["updated_at"] == at
    assert row["updated_at"].utcoffset() == timedelta(0)
    assert row["updated_at"].tzinfo is UTC


# The audit


def test_the_audit_takes_lines(store):
    """Ids, enums and dates."""
    with store.write() as tx:
        tx.audit("enquiry_opened", "enquiry:1", at=NOW, detail={"kind": "foi", "id": 4})
    with store.read() as tx:
        row = tx.connection.execute(schema.audit.select()).mappings().one()
    assert (row["event"], row["actor"], row["subject"]) == (
        "enquiry_opened",
        "software",
        "enquiry:1",
    )
    assert row["detail"] == {"kind": "foi", "id": 4}


def test_lines_of_the_audit_stand_in_the_order_in_which_they_were_added(store):
    """Around savepoints and in them; what is rolled back leaves none, and takes none along."""
    with store.write() as tx:
        tx.audit("one", "enquiry:1", at=NOW)
        with tx.savepoint():
            tx.audit("two", "enquiry:1", at=NOW)
        tx.audit("three", "enquiry:1", at=NOW)
        with suppress(KeyError), tx.savepoint():
            tx.audit("not this one", "enquiry:1", at=NOW)
            raise KeyError
        tx.audit("four", "enquiry:1", at=NOW)
        assert tx.count_audit() == 4
        tx.audit("five", "enquiry:1", at=NOW)
    with suppress(KeyError), store.write() as tx:
        tx.audit("nor this one", "enquiry:1", at=NOW)
        raise KeyError
    with store.read() as tx:
        events = tx.connection.scalars(
            schema.audit.select()
            .with_only_columns(schema.audit.c.event)
            .order_by(schema.audit.c.id)
        )
        assert list(events) == ["one", "two", "three", "four", "five"]


@pytest.mark.parametrize("sql", ["UPDATE audit SET event = 'other'", "DELETE FROM audit"])
def test_the_audit_cannot_be_changed(store, sql):
    """The database itself refuses, whoever asks."""
    with store.write() as tx:
        tx.audit("enquiry_opened", "enquiry:1", at=NOW)
    with pytest.raises((DBAPIError, UnstorableError, StoreUnavailableError)), store.write() as tx:
        tx.connection.execute(text(sql))
    with store.read() as tx:
        assert [row.event for row in tx.connection.execute(schema.audit.select())] == [
            "enquiry_opened"
        ]


@ONLY_POSTGRESQL
def test_the_audit_cannot_be_emptied(store):
    """Nor truncated."""
    with pytest.raises(DBAPIError, match="insert-only"), store.write() as tx:
        tx.connection.execute(text("TRUNCATE audit"))


# Transactions and savepoints


def test_what_is_raised_inside_a_transaction_undoes_it(store):
    """Commit or nothing."""

    def fails() -> None:
        with store.write() as tx:
            tx.set_cursor("care", "1", now=NOW)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails()
    with store.read() as tx:
        assert tx.cursor("care") is None


def add(tx, fingerprint, **changes):
    return tx.add_message(
        a_message(**changes),
        a_decision(),
        fingerprint=fingerprint,
        ordinal=0,
        inbox="care",
        enquiry_id=None,
        received_at=NOW,
        now=NOW,
    )


def fingerprints(store):
    with store.read() as tx:
        return sorted(
            tx.connection.scalars(
                schema.message.select().with_only_columns(schema.message.c.fingerprint)
            )
        )


def test_a_conflict_costs_a_savepoint_and_not_the_batch(store):
    """What stands before and after it in the transaction is kept."""

    def conflicts(tx) -> None:
        with tx.savepoint():
            add(tx, "lost")
            add(tx, "one")

    with store.write() as tx:
        add(tx, "one")
        with pytest.raises(ConflictError):
            conflicts(tx)
        add(tx, "two")
    assert fingerprints(store) == ["one", "two"]


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"subject": "a\0b"}, id="nul"),
        pytest.param({"fingerprint": "f" * 81}, id="too-long"),
        pytest.param({"message_id": "".join(map(chr, range(0x4E00, 0x4E00 + 998)))}, id="index"),
    ],
)
@ONLY_POSTGRESQL
def test_a_value_that_cannot_be_stored_costs_a_savepoint(store, changes):
    """PostgreSQL refuses NUL, over-long strings and over-large index rows; the rest is kept."""
    fingerprint = changes.pop("fingerprint", "bad")
    with store.write() as tx:
        add(tx, "one")
        with pytest.raises(UnstorableError), tx.savepoint():
            add(tx, fingerprint, **changes)
        add(tx, "two")
    assert fingerprints(store) == ["one", "two"]


def test_a_lone_surrogate_costs_a_savepoint(store):
    """No database takes half a character; the driver says so in its own way."""
    with store.write() as tx:
        add(tx, "one")
        with pytest.raises(UnicodeEncodeError), tx.savepoint():
            add(tx, "bad", subject="\ud800")
        add(tx, "two")
    assert fingerprints(store) == ["one", "two"]


def test_a_missing_value_is_no_conflict(store):
    """Only a unique constraint means that somebody else was first."""
    with store.write() as tx, pytest.raises(UnstorableError), tx.savepoint():
        tx.connection.execute(schema.party.insert().values(enquiry_id=1, address=None))


def test_no_line_of_the_audit_is_lost_in_a_transaction_that_was_to_read(store):
    """What is added anywhere is written, or it is said that it could not be."""
    with store.read() as tx:
        tx.audit("one", "enquiry:1", at=NOW)
    with store.read() as tx:
        assert tx.count_audit() == 1
