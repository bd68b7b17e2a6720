"""A network of a process's own, which can be cut off from everything as by a pulled cable."""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
from pathlib import Path
from typing import Self

from tests.servers import IS_ROOT, refuse

_NUMBERS = itertools.count(1)


class Network:
    """A network namespace with one cable to this machine.

    Inside, `localhost` is this machine at the other end: whatever is to be reached there has to
    listen at all addresses. A cable that is pulled ends no connection: what is sent is sent again,
    and nothing comes.
    """

    def __init__(self) -> None:
        number = next(_NUMBERS)
        self._name = f"as{os.getpid()}-{number}"  # the names of devices end at 15 letters
        self._outside, self._inside = (f"10.213.{number % 250}.{end}" for end in (1, 2))
        self._files = Path("/etc/netns") / self._name  # stand in the place of those in /etc

    def __enter__(self) -> Self:
        if not IS_ROOT:
            refuse("Only root can make a network for this test.")
        if shutil.which("ip") is None:
            refuse("ip is not installed; on Debian or Ubuntu: apt-get install iproute2")
        name = self._name
        done = _ip("netns", "add", name, check=False)
        if done.returncode:
            refuse(f"This machine makes no networks: {done.stderr.strip()}")
        self._files.mkdir(parents=True)
        (self._files / "hosts").write_text(f"{self._outside} localhost\n")
        _ip("link", "add", name, "type", "veth", "peer", "name", "eth0", "netns", name)
        _ip("addr", "add", f"{self._outside}/30", "dev", name)
        _ip("link", "set", name, "up")
        _ip("-n", name, "addr", "add", f"{self._inside}/30", "dev", "eth0")
        for device in ("eth0", "lo"):
            _ip("-n", name, "link", "set", device, "up")
        return self

    def __exit__(self, *_: object) -> None:
        _ip("netns", "del", self._name, check=False)  # its cable goes with it
        shutil.rmtree(self._files, ignore_errors=True)

    @property
    def inside(self) -> tuple[str, ...]:
        """What a command begins with that is to run in it."""
        return ("ip", "netns", "exec", self._name)

    def part(self) -> None:
        """Pull the cable."""
        _ip("link", "set", self._name, "down")

    def join(self) -> None:
        """Plug it in again."""
        _ip("link", "set", self._name, "up")


def _ip(*arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["ip", *arguments], check=check, capture_output=True, text=True)
