"""A Maildir to put mail into."""

from __future__ import annotations

import os
import secrets
import time
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from connectors.maildir.files import Touching, make_maildir

if TYPE_CHECKING:
    from connectors.base import Envelope


class MaildirOutlet:
    """Mail into a folder, one file each, in names that open by a double click."""

    _numbers = count()

    def __init__(self, *, name: str, path: Path) -> None:
        """Remember the settings; the Maildir is made when first needed."""
        self._name = name
        self._path = Path(path)

    @property
    def name(self) -> str:
        """The outlet's name in the config."""
        return self._name

    def send(self, envelope: Envelope) -> None:
        """Write the message, unchanged, safely to disk, and only then into `new/`.

        Raises:
            UnavailableError: it cannot be written, for now.
            AccessDeniedError: we may not write there.
        """
        make_maildir(self._path)
        name = _unique_name(next(self._numbers))
        with Touching(self._path):
            _write(self._path / "tmp" / name, envelope.content)
            (self._path / "tmp" / name).rename(self._path / "new" / name)
            _sync(self._path / "new")

    def check(self) -> None:
        """Make the folder where it is missing, and make sure that we may write there.

        Raises:
            UnavailableError: it cannot be written, for now.
            AccessDeniedError: we may not write there.
        """
        make_maildir(self._path)
        name = _unique_name(next(self._numbers))
        with Touching(self._path):
            _write(self._path / "tmp" / name, b"")
            (self._path / "tmp" / name).unlink()

    def close(self) -> None:
        """Nothing is held open between calls."""


def _unique_name(number: int) -> str:
    """Return a name as Maildir wants it: time, what is unique on this host, and the host."""
    seconds, rest = divmod(time.time_ns(), 10**9)
    host = os.uname().nodename.replace("/", "_").replace(":", "_")
    unique = f"M{rest // 1000}P{os.getpid()}Q{number}R{secrets.token_hex(4)}"
    return f"{seconds}.{unique}.{host}.eml"


def _write(path: Path, content: bytes) -> None:
    try:
        with path.open("xb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
    except OSError:
        path.unlink(missing_ok=True)
        raise


def _sync(folder: Path) -> None:
    """Make a rename last through a power cut."""
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
