"""Back-ups made while somebody writes, put back whole, and refused where they are not."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import func, select
from typer.testing import CliRunner

from daemon import backup
from daemon.__main__ import app
from daemon.backup import BackupError
from daemon.store import schema
from tests.builders import NOW, a_mail, a_store, an_office_over
from tests.unit.config_folders import Folder


def a_backup(store, tmp_path, name="backup"):
    state = tmp_path / "state"
    (state / "keys").mkdir(parents=True, exist_ok=True)
    (state / "keys" / "signing-a").write_text("k" * 64)
    anchors = state / "audit-anchors.jsonl"
    anchors.write_text("{}\n")
    made = backup.make(
        tmp_path / name, store=store, state=state, anchors=anchors, version="1", now=NOW
    )
    return state, made


def count(store, table):
    with store.read() as tx:
        return tx.connection.scalar(select(func.count()).select_from(table))


def test_what_was_there_is_there_again(store, tmp_path):
    """The database, the key and the anchors; what came since is gone, as it has to be."""
    office = an_office_over(store)
    office.take(a_mail(text="Before"))
    state, made = a_backup(store, tmp_path)
    assert set(made.files) >= {"keys/signing-a", "audit-anchors.jsonl"}
    office.take(a_mail(text="After"))
    (state / "keys" / "signing-a").write_text("lost")
    backup.put_back(tmp_path / "backup", store=store, state=state)
    assert count(store, schema.receipt) == 1
    assert (state / "keys" / "signing-a").read_text() == "k" * 64
    store.check()


def test_a_backup_is_whole_while_others_write(store, tmp_path):
    """Each enquiry in it has its receipt, its message and its letter."""
    office = an_office_over(store)
    ended = threading.Event()

    def write():
        number = 0
        while not ended.is_set():
            number += 1
            office.take(a_mail(text=f"Number {number}", sender=f"p{number}@home.example"))

    writer = threading.Thread(target=write)
    writer.start()
    try:
        state, _ = a_backup(store, tmp_path)
    finally:
        ended.set()
        writer.join()
    backup.put_back(tmp_path / "backup", store=store, state=state)
    assert count(store, schema.receipt) == count(store, schema.message)
    with store.read() as tx:
        orphans = tx.connection.scalars(
            select(schema.message.c.id).where(schema.message.c.enquiry_id.is_(None))
        ).all()
    assert orphans == []


def test_a_file_that_was_changed_is_noticed(store, tmp_path):
    """Before anything is put back."""
    state, _ = a_backup(store, tmp_path)
    (tmp_path / "backup" / "keys" / "signing-a").write_text("another")
    with pytest.raises(BackupError, match="signing-a"):
        backup.put_back(tmp_path / "backup", store=store, state=state)


def test_no_backup_is_overwritten(store, tmp_path):
    """And a draft that a crash left behind is no obstacle."""
    (tmp_path / ".backup.part").mkdir()
    a_backup(store, tmp_path)
    with pytest.raises(BackupError, match="there already"):
        a_backup(store, tmp_path)


def test_a_folder_of_something_else_is_no_backup(store, tmp_path):
    """A sentence that names it."""
    with pytest.raises(BackupError, match="no back-up of ours"):
        backup.put_back(tmp_path, store=store, state=tmp_path)


# The commands


def run(folder, *arguments):
    arguments = [*arguments, "--config", str(folder.path), "--state", str(folder.state)]
    return CliRunner().invoke(app, arguments)


def test_the_commands_from_backup_to_restore(tmp_path):
    """Refused without --replace, and while somebody works on it."""
    folder = Folder(tmp_path)
    assert run(folder, "once").exit_code == 0
    made = run(folder, "backup", str(tmp_path / "b"))
    assert made.exit_code == 0, made.output
    assert "schema 0010" in made.output
    assert run(folder, "backup", str(tmp_path / "b")).exit_code == 73
    assert run(folder, "restore", str(tmp_path / "b")).exit_code == 65

    store = a_store(f"sqlite:///{folder.state}/assurance.db")
    lease = store.acquire_lease("daemon", "elsewhere|1|2|3", ttl_s=60, is_gone=lambda _: True)
    busy = run(folder, "restore", str(tmp_path / "b"), "--replace")
    assert busy.exit_code == 75
    assert "Stop it first" in busy.stderr
    store.release_lease(lease)
    store.close()
    done = run(folder, "restore", str(tmp_path / "b"), "--replace")
    assert done.exit_code == 0, done.output
    assert (folder.state / "assurance.db.before").is_file()
    assert run(folder, "audit", "verify").exit_code == 0


def test_a_machine_that_was_lost_is_put_up_again(tmp_path):
    """Into an empty state folder: no database is there to be replaced."""
    folder = Folder(tmp_path)
    run(folder, "once")
    run(folder, "backup", str(tmp_path / "b"))
    folder.state.rename(tmp_path / "lost")
    done = run(folder, "restore", str(tmp_path / "b"))
    assert done.exit_code == 0, done.output
    assert run(folder, "once").exit_code == 0


def test_without_a_database_there_is_nothing_to_back_up(tmp_path):
    """78, and nothing is made."""
    folder = Folder(tmp_path)
    done = run(folder, "backup", str(tmp_path / "b"))
    assert done.exit_code == 78
    assert not (folder.state / "assurance.db").exists()


def test_the_schema_goes_back_for_an_earlier_version(tmp_path):
    """And forward again; a schema that is none is named with those there are."""
    folder = Folder(tmp_path)
    run(folder, "once")
    assert "schema 0006" in run(folder, "db", "downgrade", "0006").output
    assert run(folder, "once").exit_code == 78
    wrong = run(folder, "db", "downgrade", "0099")
    assert wrong.exit_code == 78
    assert "0005" in wrong.stderr
    assert "schema 0010" in run(folder, "db", "upgrade").output
    assert run(folder, "once").exit_code == 0
