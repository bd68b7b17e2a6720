"""A machine with a systemd of its own: this one's files under an overlay, booted in a container.

The software lies under /opt/assurance as `make install` lays it, put together from the packages
that the tests run with, so that nothing has to be fetched.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from tests.servers import IS_ROOT, refuse, require, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
HOME = "opt/assurance"
CONFIG, STATE = "etc/assurance", "var/lib/assurance"
_TARGET = "[Unit]\nRequires=basic.target\nAfter=basic.target\nWants=systemd-journald.service\n"
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_PACKAGES = ("daemon", "connectors", "desk")
_SHARED = ("config", "templates", "systemd", "samples", "docs")
_IGNORED = shutil.ignore_patterns("__pycache__", "*.pyc")


class Machine:
    """A machine that is up: run programs on it, and look at its files."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._container: subprocess.Popen[bytes] | None = None
        self._pid = 0

    def boot(self) -> None:
        """Boot it, without any network but its own loopback."""
        nspawn = require("systemd-nspawn", "systemd-container", places=("/usr/bin",))
        with (self.root / "console.log").open("wb") as console:
            self._container = subprocess.Popen(
                [
                    *(nspawn, "--quiet", f"--directory={self.root}", "--register=no"),
                    *("--keep-unit", "--private-network", "--link-journal=no", "--boot"),
                    *("--console=pipe", "systemd.unit=tiny.target"),
                ],
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=subprocess.STDOUT,
            )
        wait_until(self._is_up, within_s=60, what="a booted machine")

    def _is_up(self) -> bool:
        assert self._container is not None
        assert self._container.poll() is None, (self.root / "console.log").read_text()[-2000:]
        children = Path(f"/proc/{self._container.pid}/task/{self._container.pid}/children")
        pids = children.read_text().split()
        self._pid = int(pids[-1]) if pids else 0
        return bool(self._pid) and self.run("systemctl", "is-active", "tiny.target").returncode == 0

    def run(
        self, *command: str, timeout_s: float = 60, stdin: str = ""
    ) -> subprocess.CompletedProcess[str]:
        """Run a program on it as root, to its end."""
        inside = ("nsenter", "-t", str(self._pid), "-m", "-p", "-u", "-i", "-n")
        return subprocess.run(
            [*inside, *command],
            input=stdin,
            env={"PATH": _PATH, "LANG": "C.UTF-8"},  # root's own, not that of the tests
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
        )

    def systemctl(self, *arguments: str) -> str:
        """Run systemctl, which has to do as asked; return what it says."""
        done = self.run("systemctl", *arguments)
        assert done.returncode == 0, done.stdout + done.stderr + self.journal()
        return done.stdout.strip()

    def value(self, name: str, unit: str = "assurance") -> str:
        """Return a property of a unit."""
        return self.systemctl("show", "--property", name, "--value", unit)

    def journal(self, *arguments: str) -> str:
        """Return what the journal has of the service."""
        done = self.run(
            "journalctl", "--no-pager", "-o", "cat", *(arguments or ("-u", "assurance"))
        )
        return done.stdout

    def write(self, path: str, text: str, *, mode: int = 0o644) -> None:
        """Write a file of it."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        file.chmod(mode)

    def change(self, path: str, old: str, new: str) -> None:
        """Change words in a file of it."""
        file = self.root / path
        text = file.read_text()
        assert old in text, f"{old!r} does not stand in {path}"
        file.write_text(text.replace(old, new))

    def shut_down(self) -> None:
        """Power it off; kill it where that takes long."""
        if self._container is None:
            return
        if self._pid:
            self.run("systemctl", "poweroff", "--force")
        with suppress(subprocess.TimeoutExpired):
            self._container.wait(15)
        self._container.kill()
        self._container.wait(10)


def install(root: Path) -> None:
    """Lay the software, its config and its units where `make install` lays them."""
    packages = root / _python(root) / "site-packages"
    shutil.copytree(sysconfig.get_path("purelib"), packages, symlinks=True, dirs_exist_ok=True)
    for editable in packages.glob("*assurance*.pth"):
        editable.unlink()
    for name in _PACKAGES:
        shutil.copytree(ROOT / name, packages / name, ignore=_IGNORED)
    home = root / HOME
    for name in _SHARED:
        shutil.copytree(ROOT / name, home / "share" / "assurance" / name, ignore=_IGNORED)
    command = home / "bin" / "assurance"
    command.write_text(f"#!/{HOME}/bin/python\nfrom daemon.__main__ import main\n\nmain()\n")
    command.chmod(0o755)
    shutil.copytree(ROOT / "config", root / CONFIG)
    state = f'state = "/{STATE}"'
    daemon = root / CONFIG / "daemon.toml"
    daemon.write_text(daemon.read_text().replace('state = ""', state))
    (root / CONFIG / "secrets").mkdir(mode=0o700)
    shutil.copytree(ROOT / "var" / "models", root / STATE / "models", dirs_exist_ok=True)
    for unit in ("assurance.service", "assurance-desk.service"):
        shutil.copy(ROOT / "systemd" / unit, root / "etc/systemd/system" / unit)
    (root / "usr/local/bin").mkdir(parents=True, exist_ok=True)
    shutil.copy(ROOT / "systemd" / "assurance", root / "usr/local/bin/assurance")
    _chroot(root, "useradd", "--system", "--user-group", "--no-create-home", "assurance")
    _chroot(root, "chown", "-R", "assurance:assurance", f"/{STATE}")


def _python(root: Path) -> str:
    """Make the environment; return its library folder. Its Python lies in no home folder."""
    base = Path(sys.base_prefix).resolve()
    name = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    python = Path("/usr/bin") / name  # Debian's own, where it is of the same kind
    if base.parts[1:2] not in {("root",), ("home",)}:
        python = base / "bin" / name
    elif not python.exists():
        shutil.copytree(base, root / "opt/python", symlinks=True, ignore=_IGNORED)
        python = Path("/opt/python/bin") / name
        (root / "etc/ld.so.conf.d/0-python.conf").write_text("/opt/python/lib\n")
        _chroot(root, "ldconfig")
    _chroot(root, str(python), "-m", "venv", "--without-pip", f"/{HOME}")
    return f"{HOME}/lib/{name}"


def _chroot(root: Path, *command: str) -> None:
    done = subprocess.run(
        ["chroot", str(root), *command], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@contextmanager
def overlay() -> Iterator[Path]:
    """Yield a copy of this machine's files that costs nothing: what is changed lies beside."""
    if not IS_ROOT:
        refuse("Only root can make a machine with a systemd of its own.")
    # Not below /tmp, which may be a file system of its own that an overlay cannot lie on.
    folder = Path("/var/tmp") / f"assurance-machine-{os.getpid()}"
    parts = [folder / name for name in ("upper", "work", "merged")]
    for part in parts:
        part.mkdir(parents=True)
    upper, work, merged = parts
    options = f"lowerdir=/,upperdir={upper},workdir={work}"
    mount = ["mount", "-t", "overlay", "overlay", "-o", options, str(merged)]
    done = subprocess.run(mount, capture_output=True, text=True, check=False)
    if done.returncode:
        shutil.rmtree(folder)
        refuse(f"This machine allows no overlay of its files: {done.stderr.strip()}")
    try:
        (merged / "etc/resolv.conf").unlink(missing_ok=True)
        (merged / "etc/systemd/system").mkdir(parents=True, exist_ok=True)
        (merged / "etc/systemd/system/tiny.target").write_text(_TARGET)
        yield merged
    finally:
        subprocess.run(["umount", "--lazy", str(merged)], check=False)
        shutil.rmtree(folder, ignore_errors=True)
