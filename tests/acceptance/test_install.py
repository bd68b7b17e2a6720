"""Installing as an administrator does, on a machine with systemd: twice, and back."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.acceptance.office import ROOT
from tests.servers import require, wait_until
from tests.servers.machine import Machine, overlay

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [
    pytest.mark.servers,
    pytest.mark.soak,
    pytest.mark.skipif(not os.environ.get("ASSURANCE_SOAK"), reason="make soak runs it"),
]


def inside(root: Path, *command: str, timeout_s: float = 1500) -> str:
    """Run a program on the machine while it is not booted, with this one's network."""
    nspawn = require("systemd-nspawn", "systemd-container", places=("/usr/bin",))
    passed = [f"--setenv={k}={v}" for k, v in os.environ.items() if k.startswith("PIP_")]
    done = subprocess.run(
        [
            *(nspawn, "--quiet", f"--directory={root}", "--register=no", "--keep-unit"),
            *(
                "--console=pipe",
                "--link-journal=no",
                "--bind-ro=/etc/resolv.conf",
                *passed,
                f"--chdir={ROOT}",
                *command,
            ),
        ],
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


def test_install_twice_run_and_go_back() -> None:
    """The second time changes no file of the config; the version before is kept and runs again."""
    with overlay() as root:
        inside(root, "make", "install")
        office = root / "etc/assurance/office.toml"
        office.write_text(office.read_text().replace("0345 015 4033", "0300 000 0000"))
        (root / "etc/assurance/secrets/mine").write_text("kept\n")
        first = (root / "opt/assurance").readlink()
        said = inside(root, "make", "install")
        assert "Installed." in said
        assert "0300 000 0000" in office.read_text()
        assert (root / "etc/assurance/secrets/mine").read_text() == "kept\n"
        second = (root / "opt/assurance").readlink()
        assert second != first
        machine = Machine(root)
        try:
            machine.boot()
            machine.systemctl("enable", "--now", "assurance", "assurance-desk")
            assert machine.run("assurance", "check").returncode == 0
            wait_until(
                lambda: machine.value("StatusText").startswith("All is well: 4 inboxes"),
                within_s=60,
                what="a running service",
            )
            done = machine.run("make", "-C", str(ROOT), "rollback", timeout_s=300)
            assert done.returncode == 0, done.stdout + done.stderr
            assert (root / "opt/assurance").readlink() == first
            assert machine.value("ActiveState") == "active"
        finally:
            machine.shut_down()
