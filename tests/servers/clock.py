"""The clock of a process, which can be set while it runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.servers import refuse

if TYPE_CHECKING:
    from collections.abc import Mapping


class Clock:
    """What time it is for processes that start with `environment`; a file says how far it is off.

    Only the time of day is: how long something took is measured as ever.
    """

    def __init__(self, folder: Path) -> None:
        library = next(iter(sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))), None)
        if library is None:
            refuse("libfaketime is not installed; on Debian or Ubuntu: apt-get install faketime")
        self._file = folder / "clock"
        self.environment: Mapping[str, str] = {
            "LD_PRELOAD": str(library),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_CACHE_DURATION": "1",  # seconds
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "FAKETIME_DONT_RESET": "1",  # a child process has its parent's time
        }
        self.set_right()

    def set_back(self, seconds: float) -> None:
        """Let it be earlier than it is."""
        self._write(f"-{seconds:.0f}")

    def set_right(self) -> None:
        """Let it be what it is."""
        self._write("+0")

    def _write(self, words: str) -> None:
        whole = self._file.with_suffix(".new")
        whole.write_text(words + "\n")
        whole.rename(self._file)


@pytest.fixture
def clock(tmp_path: Path) -> Clock:
    """A clock of the test's own."""
    return Clock(tmp_path)
