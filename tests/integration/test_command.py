"""The command: what it refuses, with which exit status, and that it leaves nothing behind."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from sqlalchemy.exc import StatementError
from typer.testing import CliRunner

from daemon import __main__ as command
from daemon.app import App, load_templates, open_store
from daemon.service import Stop
from daemon.startup import AdoptedModel, share
from daemon.store import Store, StoreUnavailableError
from tests.unit.config_folders import SHIPPED, Folder

if TYPE_CHECKING:
    from pathlib import Path

MARKER = "zqxmarker"
ACTS = ("replied", "close", "confirm", "release")
READING = ("show", *ACTS)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    folder = Folder(tmp_path)
    (folder.path / "rules.toml").write_bytes((SHIPPED / "rules.toml").read_bytes())
    return folder.change("daemon.toml", 'state = ""', f'state = "{folder.state}"')


def run(folder: Folder, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "daemon", *arguments, "--config", str(folder.path)],
        cwd=share(),
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
    )


def act(folder: Folder, name: str) -> subprocess.CompletedProcess[str]:
    """Run a command about an enquiry, in this process: starting one for each takes long."""
    by = () if name == "show" else ("--by", "A. Person")
    arguments = [name, "PH-7K3M9-QXDT2", *by, "--config", str(folder.path)]
    done = CliRunner().invoke(command.app, arguments)
    assert done.exception is None or isinstance(done.exception, SystemExit)
    return subprocess.CompletedProcess(arguments, done.exit_code, done.stdout, done.stderr)


def assert_refused(done: subprocess.CompletedProcess[str], code: int, *words: str) -> None:
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    assert "process_crashed" not in done.stderr
    assert all(word in done.stderr for word in words), done.stderr


@pytest.mark.parametrize("name", READING)
def test_on_a_database_that_is_not_there_yet_nothing_is_made(folder, name):
    """78 and a sentence; neither an empty database, nor a key, nor a folder."""
    assert_refused(act(folder, name), 78, "no database file", "assurance run")
    assert not folder.state.exists()


@pytest.mark.parametrize("name", READING)
def test_another_schema_is_refused_before_anything_is_done(folder, name):
    """A command of one version does no harm to the database of another."""
    folder.state.mkdir()
    store = Store.open(f"sqlite:///{folder.state}/assurance.db")
    store.prepare()
    store.close()
    with closing(sqlite3.connect(folder.state / "assurance.db")) as database, database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    assert_refused(act(folder, name), 78, "9999", "newer version")
    assert not (folder.state / "keys").exists()


def test_a_reference_that_is_not_there_is_65(folder):
    """Once the database is in order, it is a mistake in what was asked."""
    assert run(folder, "once").returncode == 0
    assert act(folder, "show").returncode == 65
    assert act(folder, "close").returncode == 65


def test_a_file_in_the_place_of_an_inbox_is_a_mistake_in_the_config(folder):
    """78, by file and key."""
    (folder.state / "inboxes").mkdir(parents=True)
    (folder.state / "inboxes" / "ceo").write_text("")
    for name in ("check", "once", "run"):
        assert_refused(run(folder, name), 78, 'inboxes.toml: inbox "ceo".path', "Name a folder")


def test_a_file_above_an_inbox_is_refused_in_a_sentence(folder):
    """78, with the folder's name and where it is set."""
    folder.state.mkdir()
    (folder.state / "inboxes").write_text("")
    assert_refused(run(folder, "once"), 78, f"{folder.state}/inboxes", "inboxes.toml")


def test_a_broken_key_of_its_own_is_refused_in_a_sentence(folder):
    """78, with the file's name; what it holds is not shown."""
    (folder.state / "keys").mkdir(parents=True)
    (folder.state / "keys" / "signing-a").write_text("short")
    done = run(folder, "once")
    assert_refused(done, 78, f"{folder.state}/keys/signing-a", "32 characters")
    assert "short" not in done.stderr


def test_a_state_folder_that_cannot_be_made_is_refused_in_a_sentence(folder):
    """78."""
    folder.state.write_text("")
    assert_refused(run(folder, "once"), 78, str(folder.state))


def test_a_database_that_is_away_is_tried_later(folder):
    """75, for every command that needs it."""
    folder.secret("a").change(
        "daemon.toml", "keys = []", 'keys = [{ id = "a", secret = "file:a" }]'
    )
    url = "postgresql+psycopg://nobody@127.0.0.1:1/none"
    folder.change("daemon.toml", 'url = "sqlite:///assurance.db"', f'url = "{url}"')
    for done in (run(folder, "once"), act(folder, "show"), run(folder, "db", "upgrade")):
        assert_refused(done, 75, "daemon.toml")


# When the database goes away in the middle


@pytest.fixture
def daemon(folder):
    config = folder.load(state_dir=folder.state)
    templates = load_templates(share() / "templates")
    daemon = App(
        config,
        templates=templates,
        store=open_store(config),
        stop=Stop(),
        models=AdoptedModel.of(config),
    )
    daemon.begin()
    yield daemon
    daemon.close()


def test_once_ends_with_75_when_the_database_went_away(daemon, monkeypatch):
    """Whoever called it has to call again; a daemon that runs tries again by itself."""

    def away(_self):
        message = "the database does not answer"
        raise StoreUnavailableError(message)

    with monkeypatch.context() as patched:
        patched.setattr(Store, "read", away)
        daemon.once()
    assert daemon.exit_code == 75


def test_once_ends_with_0_when_all_went_well(daemon):
    """No inbox holds anything."""
    daemon.once()
    assert daemon.exit_code == 0


# Mistakes of ours


@pytest.mark.usefixtures("log_as_it_was")
def test_a_mistake_of_ours_is_one_line_without_a_word_of_anybody(folder, monkeypatch, capfd):
    """70; the parameters of an SQL statement are people's words."""

    def fail(*_args):
        text = f"INSERT INTO message {MARKER}"
        raise StatementError(MARKER, text, {"body": MARKER}, ValueError(MARKER))

    monkeypatch.setattr(command, "connect", fail)
    arguments = ["assurance", "show", "PH-7K3M9-QXDT2", "--config", str(folder.path)]
    monkeypatch.setattr(sys, "argv", arguments)
    monkeypatch.setattr(command.logs, "catch_uncaught", lambda: None)  # the tests have their own
    with pytest.raises(SystemExit) as ended:
        command.main()
    said = capfd.readouterr()
    assert ended.value.code == 70
    (line,) = said.err.splitlines()
    assert json.loads(line)["event"] == "process_crashed"
    assert MARKER not in said.err + said.out


@pytest.mark.usefixtures("log_as_it_was")
def test_every_command_hides_what_nobody_caught(monkeypatch):
    """Also in threads, and before the config has been read."""
    called = []
    monkeypatch.setattr(command.logs, "catch_uncaught", lambda: called.append(True))
    monkeypatch.setattr(sys, "argv", ["assurance", "deadline", "--help"])
    with pytest.raises(SystemExit):
        command.main()
    assert called == [True]
