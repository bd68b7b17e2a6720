"""The daemon as a service: what it tells its manager, new config while it runs, how it stands."""

from __future__ import annotations

import json
import os
import signal
import socket
import time
from typing import TYPE_CHECKING

import pytest

from tests.acceptance.mails import a_mail
from tests.servers import short_folder, wait_until

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.servers


class ServiceManager:
    """A socket that hears what a service says of itself, as systemd's does."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(path))
        self.socket.setblocking(False)
        self.said: list[str] = []

    def has_said(self, words: str) -> bool:
        """Whether it has been told something that begins so."""
        while True:
            try:
                self.said += self.socket.recv(4096).decode().splitlines()
            except BlockingIOError:
                return any(line.startswith(words) for line in self.said)


@pytest.fixture
def manager(monkeypatch):
    """A service manager that wants to hear from the service every four seconds."""
    with short_folder("notify") as folder:
        one = ServiceManager(folder / "n")
        monkeypatch.setattr(
            "tests.acceptance.office.an_environment",
            lambda: {**os.environ, "NOTIFY_SOCKET": str(one.path), "WATCHDOG_USEC": "4000000"},
        )
        yield one
        one.socket.close()


def test_it_says_what_it_does_from_start_to_stop(make_office, manager):
    """Ready once it works, a line on how it stands, alive again and again, and that it ends."""
    office = make_office()
    office.watch("intake")
    running = office.start()
    wait_until(lambda: manager.has_said("READY=1"), within_s=20, what="readiness")
    wait_until(lambda: manager.has_said("STATUS=All is well"), within_s=30, what="a status line")
    wait_until(lambda: manager.has_said("WATCHDOG=1"), within_s=20, what="a sign of life")
    running.stop()
    assert manager.has_said("STOPPING=1")


def test_monitoring_and_the_command_say_how_it_stands(make_office):
    """Well, then a mailbox whose password is wrong: at the first look, in words, and its end."""
    office = make_office()
    office.watch("intake")
    office.watch("ceo", password="file:ceo")
    office.secret("ceo", office.dovecot.password)
    running = office.start()
    wait_until(lambda: office.health("/readyz")[0] == 200, within_s=30, what="readiness")
    assert office.health("/healthz")[1] == "ok\n"
    assert "assurance_part_level" in office.health("/metrics")[1]
    done = office.command("status")
    assert done.returncode == 0, done.stdout
    assert "well  Inbox intake" in done.stdout
    running.stop()
    assert office.command("status").returncode == 69
    assert "No daemon runs" in office.command("status").stdout

    office.secret("ceo", "not the password")
    office.start()
    wait_until(
        lambda: "trouble: Inbox ceo: localhost" in office.health("/readyz")[1],
        within_s=40,
        what="trouble",
    )
    assert office.health("/readyz")[0] == 503
    done = office.command("status", "--json")
    assert done.returncode == 69
    (daemon,) = json.loads(done.stdout)["daemons"]
    (ceo,) = [part for part in daemon["parts"] if part["name"] == "inbox:ceo"]
    assert "does not accept the name or password" in ceo["why"]
    office.deliver("intake", a_mail("information", 1).content)
    office.wait_until_quiet(count=1)  # the others go on


def test_a_new_config_is_taken_up_and_a_bad_one_refused(make_office, manager):
    """Without a restart: a new inbox is read; a slip is said, and the old config goes on."""
    office = make_office()
    office.watch("intake")
    running = office.start()
    pid = running.process.pid
    office.deliver("intake", a_mail("information", 2).content)
    office.wait_until_quiet()

    path = office.config / "inboxes.toml"
    good = path.read_text()
    path.write_text(good.replace("box =", "bocks ="))
    running.process.send_signal(signal.SIGHUP)
    running.wait_for("config_refused")
    wait_until(lambda: "refused" in office.command("status").stdout, within_s=30, what="the status")
    said = office.command("status")
    assert said.returncode == 69
    assert "bocks" in said.stdout
    assert "well  Inbox intake" in said.stdout  # the daemon goes on
    office.deliver("intake", a_mail("information", 3).content)
    office.wait_until_quiet()

    path.write_text(good)
    office.watch("ceo")
    office.write()
    running.process.send_signal(signal.SIGHUP)
    running.wait_for("config_reloaded")
    office.deliver("ceo", a_mail("information", 4).content)
    office.deliver("intake", a_mail("information", 5).content)
    office.wait_until_quiet()
    assert running.process.pid == pid
    assert running.is_alive
    wait_until(
        lambda: "refused" not in office.command("status").stdout, within_s=30, what="the status"
    )
    assert manager.has_said("RELOADING=1")
    assert manager.said.count("READY=1") == 3
    assert "STOPPING=1" not in manager.said
    running.stop()


def test_the_log_says_more_on_a_signal(make_office):
    """SIGUSR1 and back, without touching the config."""
    office = make_office()
    office.watch("intake")
    office.write()
    running = office.start()
    office.change("daemon.toml", '"debug"', '"warning"')
    running.process.send_signal(signal.SIGHUP)
    running.wait_for("config_reloaded")
    time.sleep(1)
    running.process.send_signal(signal.SIGUSR1)
    running.wait_for("log_level-changed")
    assert '"state": "debug"' in running.tail()
