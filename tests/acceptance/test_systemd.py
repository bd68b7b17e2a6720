"""The service under a systemd that is PID 1: as an administrator installs and breaks it."""

from __future__ import annotations

import subprocess
import time
from typing import TYPE_CHECKING

import pytest

from tests.acceptance.mails import a_mail
from tests.acceptance.office import ROOT, SIGNING_KEY
from tests.servers import require, wait_until
from tests.servers.machine import CONFIG, STATE, Machine, install, overlay

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.servers
UNITS = ("assurance.service", "assurance-desk.service")
QUICK = "[Service]\nWatchdogSec=12\nRestartSec=1\n"
"""So that the test need not wait for two minutes; all else is as it ships."""


@pytest.fixture(scope="module")
def machine() -> Iterator[Machine]:
    """A machine that is up, with the software installed and a secret of root's own."""
    with overlay() as root:
        install(root)
        one = Machine(root)
        one.write(f"{CONFIG}/secrets/signing", SIGNING_KEY + "\n", mode=0o600)
        key = 'keys = [{ id = "t", secret = "file:signing" }]'
        one.change(f"{CONFIG}/daemon.toml", "\nkeys = []", f"\n{key}")
        one.write("etc/systemd/system/assurance.service.d/quick.conf", QUICK)
        try:
            one.boot()
            yield one
        finally:
            one.shut_down()


@pytest.fixture
def service(machine: Machine) -> Machine:
    """The machine with the service running on its good config."""
    machine.run("systemctl", "reset-failed", "assurance")
    machine.systemctl("start", "assurance")
    return machine


def deliver(machine: Machine, number: int) -> None:
    """Let a mail arrive in the intake's mailbox, as another program of the machine would."""
    place = f"/{STATE}/inboxes/intake"
    words = a_mail("information", number).content.decode()
    script = f"cat > {place}/tmp/{number} && chown assurance: {place}/tmp/{number}"
    machine.run("sh", "-c", f"{script} && mv {place}/tmp/{number} {place}/new/", stdin=words)


def taken(machine: Machine) -> int:
    """How many messages the journal says were stored: each is a field that can be asked for."""
    return machine.journal("EVENT=message_stored").count("message_stored")


@pytest.mark.parametrize("unit", UNITS)
def test_a_unit_is_correct_and_hardly_exposed(unit):
    """By systemd's own judgement, without a running one."""
    analyze = require("systemd-analyze", "systemd", places=("/usr/bin",))
    path = str(ROOT / "systemd" / unit)
    verified = subprocess.run(
        [analyze, "verify", path], capture_output=True, text=True, check=False
    )
    assert (verified.returncode, verified.stderr) == (0, "")
    judged = subprocess.run(
        [analyze, "security", "--offline=true", "--threshold=15", "--no-pager", path],
        capture_output=True,
        text=True,
        check=False,
    )
    assert judged.returncode == 0, judged.stdout


def test_it_starts_says_so_and_takes_in_a_mail(service):
    """Ready means that it works; then a mail is in, and its log line has fields."""
    assert service.value("ActiveState") == "active"
    before = taken(service)
    deliver(service, 1)
    wait_until(lambda: taken(service) > before, within_s=30, what="a mail taken in")
    assert "message_stored inbox=intake" in service.journal("INBOX=intake")
    wait_until(
        lambda: service.value("StatusText").startswith("All is well: 4 inboxes"),
        within_s=40,
        what="a status line",
    )
    assert "All is well" in service.run("systemctl", "status", "assurance").stdout


def test_an_attachment_is_read_within_the_limits(service):
    """The child process that reads it may do so under all that the unit forbids."""
    before = service.journal().count("outbox_sent")
    place = f"/{STATE}/inboxes/intake"
    mail = a_mail("with-attachment", 2).content
    service.run("sh", "-c", f"cat > {place}/new/pdf", stdin=mail.decode("utf-8", "surrogateescape"))
    wait_until(
        lambda: service.journal().count("outbox_sent") > before, within_s=40, what="an answer"
    )
    assert "job_failed" not in service.journal()


def test_the_secret_is_the_services_alone(service):
    """The file is root's, the credential is seen by nobody but the service."""
    own = "/run/credentials/assurance.service/secrets_signing"
    assert service.run("runuser", "-u", "nobody", "--", "cat", own).returncode != 0
    file = f"/{CONFIG}/secrets/signing"
    assert service.run("runuser", "-u", "assurance", "--", "cat", file).returncode != 0
    assert service.run("stat", "-c", "%U %a", own).stdout.split()[1] == "400"


def test_the_command_works_beside_it(service):
    """As root, by its own user and with its secrets."""
    wait_until(
        lambda: "All is well" in service.value("StatusText"), within_s=40, what="a status line"
    )
    done = service.run("assurance", "status")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "well  Inbox intake" in done.stdout
    assert service.run("assurance", "check").returncode == 0
    assert service.run("assurance", "audit", "verify").returncode == 0
    # Where an administrator stands after signing in, and the service's user may not go.
    assert service.run("sh", "-c", "cd /root && assurance check").returncode == 0
    user = service.run("stat", "-c", "%U", f"/{STATE}/assurance.db").stdout.strip()
    assert user == "assurance"


def test_a_reload_takes_up_a_good_config_and_refuses_a_bad_one(service):
    """The process stays; what is wrong is said where one looks."""
    pid = service.value("MainPID")
    service.change(f"{CONFIG}/daemon.toml", "sweep_s = 60", "sweeps = 60")
    service.systemctl("reload", "assurance")
    wait_until(
        lambda: "Please look: Config" in service.value("StatusText"), within_s=40, what="the status"
    )
    assert "config_refused" in service.journal()
    assert 'Did you mean "sweep_s"?' in service.journal()
    service.change(f"{CONFIG}/daemon.toml", "sweeps = 60", "sweep_s = 30")
    service.systemctl("reload", "assurance")
    wait_until(lambda: "config_reloaded" in service.journal(), within_s=40, what="the new config")
    wait_until(lambda: "All is well" in service.value("StatusText"), within_s=60, what="the status")
    assert service.value("MainPID") == pid
    before = taken(service)
    deliver(service, 3)
    wait_until(lambda: taken(service) > before, within_s=30, what="a mail taken in")


def test_a_process_that_hangs_is_started_afresh(service):
    """The watchdog is fed while all is well, and ends a process that does nothing any more."""
    pid = service.value("MainPID")
    time.sleep(15)  # longer than the watchdog waits
    assert service.value("MainPID") == pid
    service.run("kill", "-STOP", pid)
    wait_until(
        lambda: (
            service.value("MainPID") not in {pid, "0"} and service.value("ActiveState") == "active"
        ),
        within_s=60,
        what="another process",
    )
    before = taken(service)
    deliver(service, 4)
    wait_until(lambda: taken(service) > before, within_s=30, what="a mail taken in")


def test_a_stop_takes_less_than_ten_seconds(service):
    """And is no failure."""
    began = time.monotonic()
    service.systemctl("stop", "assurance")
    assert time.monotonic() - began < 10
    assert service.value("Result") == "success"


def test_a_config_mistake_is_not_tried_again(machine):
    """78 once, and its reason in the journal."""
    machine.run("systemctl", "stop", "assurance")
    machine.change(f"{CONFIG}/office.toml", "phone =", "fone =")
    try:
        assert machine.run("systemctl", "start", "assurance").returncode != 0
        assert machine.value("ExecMainStatus") == "78"
        assert machine.value("ActiveState") == "failed"
        assert 'Did you mean "phone"?' in machine.journal()
    finally:
        machine.change(f"{CONFIG}/office.toml", "fone =", "phone =")


def test_the_page_runs_as_a_service(service):
    """It answers, beside the daemon."""
    service.systemctl("start", "assurance-desk")
    wait_until(
        lambda: service.run("curl", "-s", "http://127.0.0.1:8420/sign-in").stdout.count("<h1"),
        within_s=30,
        what="the page",
    )
    service.systemctl("stop", "assurance-desk")
