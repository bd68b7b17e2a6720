"""A disk of a test's own, that can be full and read-only."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.servers import IS_ROOT, refuse

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_SIZE = 4 << 30  # bytes; memory is taken by what is written alone


@dataclass(frozen=True, slots=True)
class Disk:
    """A file system in memory, mounted at a place."""

    place: Path

    def fill(self) -> None:
        """Leave no room: what is written from now on fails, until it is freed."""
        found = os.statvfs(self.place)
        self._remount(f"size={(found.f_blocks - found.f_bfree) * found.f_frsize}")

    def free(self) -> None:
        """Leave room again."""
        self._remount(f"size={_SIZE}")

    def refuse_writes(self) -> None:
        """Be read-only."""
        self._remount("ro")

    def take_writes(self) -> None:
        """Take what is written again."""
        self._remount("rw")

    def _remount(self, option: str) -> None:
        subprocess.run(["mount", "-o", f"remount,{option}", str(self.place)], check=True)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    """A disk of the test's own."""
    if not IS_ROOT:
        refuse("Only root can mount a disk for this test.")
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={_SIZE}", "tmpfs", str(place)]
    done = subprocess.run(mount, capture_output=True, text=True, check=False)
    if done.returncode:
        refuse(f"This machine mounts no tmpfs: {done.stderr.strip()}")
    try:
        yield Disk(place)
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=False)
