"""Real servers on loopback for the tests: private folders, free ports, stopped by their pid."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

HOST = "127.0.0.1"
IS_ROOT = os.geteuid() == 0


def require(program: str, *packages: str, places: tuple[str, ...] = ("/usr/sbin",)) -> str:
    """Return the path of a server program; without it skip, or fail where CI is set."""
    path = os.pathsep.join([os.environ.get("PATH", ""), *places])
    found = shutil.which(program, path=path)
    if found is None:
        wanted = " ".join(packages)
        refuse(f"{program} is not installed; on Debian or Ubuntu: apt-get install {wanted}")
    return str(found)


def refuse(why: str) -> None:
    """Skip on somebody's laptop, fail in CI, where the servers have to be."""
    if os.environ.get("CI") == "true":
        pytest.fail(why)
    pytest.skip(why)


def free_port() -> int:
    """Return a port of the loopback interface that nobody listens on."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


@contextmanager
def short_folder(prefix: str) -> Iterator[Path]:
    """Make a folder with a short path: those of unix sockets end at 107 bytes."""
    folder = Path(tempfile.mkdtemp(prefix=f"{prefix}-", dir="/tmp"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def wait_until(holds: Callable[[], object], *, within_s: float = 15.0, what: str = "it") -> None:
    """Wait until something holds, looking twenty times a second."""
    until = time.monotonic() + within_s
    while not holds():
        if time.monotonic() > until:
            pytest.fail(f"{what} did not come about within {within_s:g} s")
        time.sleep(0.05)


def is_listening(port: int) -> bool:
    """Whether somebody takes connections at a port."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((HOST, port)) == 0


def stop_process(process: subprocess.Popen[bytes], *, within_s: float = 15.0) -> None:
    """End a server that we started, by its pid, hard if it does not listen."""
    if process.poll() is None:
        process.terminate()
    try:
        process.wait(within_s)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(within_s)
