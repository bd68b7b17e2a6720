"""The files of a Maildir: which lie there, under which ids, and moving them."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import stat
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from connectors.base import AccessDeniedError, ConnectorError, UnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SETTLED = timedelta(seconds=1)
"""How long a dropped file must have lain still: until then somebody may be writing it."""

_DELIVERED = re.compile(r"\d{9,}\.[^./]+\.[^/]+")  # time.unique.host, as programs name files
_PLAIN = "!$&'()+,:;=[]^{} "  # stand in an id as they are, beside letters, digits and -._~
_LONGEST_ID = 255
_FOLDERS = ("new", "cur", "")
"""Where mail lies; in this order whatever moves from `new` to `cur` meanwhile is seen."""


def make_maildir(path: Path) -> None:
    """Make a Maildir where there is none.

    Raises:
        UnavailableError, AccessDeniedError: it cannot be made.
    """
    with Touching(path):
        for name in ("tmp", "new", "cur"):
            (path / name).mkdir(mode=0o700, parents=True, exist_ok=True)


class Touching:
    """Turns what the file system refuses into our errors, naming the folder only."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> None:
        pass

    def __exit__(self, _kind: object, exc: BaseException | None, _trace: object) -> None:
        if isinstance(exc, OSError):
            raise self._error(exc) from exc

    def _error(self, exc: OSError) -> ConnectorError:
        why = f"the folder {self._path} cannot be used ({exc.strerror or type(exc).__name__})"
        if isinstance(exc, PermissionError):
            return AccessDeniedError(why)
        return UnavailableError(why)


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """One file that lies in the inbox."""

    id: str
    folder: str  # new, cur, or "" for the folder itself
    name: str
    mtime_ns: int
    size: int


class Files:
    """The mail files of a Maildir."""

    def __init__(self, path: Path, clock: Callable[[], datetime]) -> None:
        """Remember the folder; `clock` gives aware UTC."""
        self.path = Path(path)
        self._clock = clock
        self._unsettled: dict[str, datetime] = {}  # dropped a moment ago, and when first seen

    def path_of(self, file: File) -> Path:
        """Return where a file lies."""
        return self.path / file.folder / file.name

    def listed(self, wanted: Callable[[str], bool]) -> Iterator[File]:
        """Yield each file of an id that is wanted once; asks of every id that lies there."""
        unsettled: dict[str, datetime] = {}
        yielded: set[str] = set()
        for folder in _FOLDERS:
            for entry in self._scan(folder):
                file = self._file(entry, folder, wanted, unsettled)
                if file is not None and file.id not in yielded:
                    yielded.add(file.id)
                    yield file
        self._unsettled = unsettled

    def _scan(self, folder: str) -> list[os.DirEntry[str]]:
        try:
            with os.scandir(self.path / folder) as entries:
                return [entry for entry in entries if not entry.name.startswith(".")]
        except FileNotFoundError:
            if folder:
                return []  # a folder of mails need not be a whole Maildir
            raise

    def _file(
        self,
        entry: os.DirEntry[str],
        folder: str,
        wanted: Callable[[str], bool],
        unsettled: dict[str, datetime],
    ) -> File | None:
        name = entry.name.partition(":2,")[0]
        delivered = bool(folder) and _is_delivered(name)
        unique = _id_of(name)
        if delivered and not wanted(unique):
            return None  # without asking the file system: there may be very many
        if not folder and not entry.name.lower().endswith(".eml"):
            return None
        status = _status(entry)
        if status is None:
            return None
        file_id = unique if delivered else f"{unique}@{status.st_mtime_ns}-{status.st_size}"
        if not delivered and not (self._settled(file_id, status, unsettled) and wanted(file_id)):
            return None
        return File(
            id=file_id,
            folder=folder,
            name=entry.name,
            mtime_ns=status.st_mtime_ns,
            size=status.st_size,
        )

    def _settled(
        self, file_id: str, status: os.stat_result, unsettled: dict[str, datetime]
    ) -> bool:
        """Whether a dropped file was finished a second ago, by its own time or by ours."""
        if not status.st_size:
            return False
        now = self._clock()
        changed_at = utc(status.st_mtime_ns)
        if changed_at is not None and now - changed_at >= SETTLED:
            return True
        unsettled[file_id] = self._unsettled.get(file_id, now)
        return now - unsettled[file_id] >= SETTLED


def _is_delivered(name: str) -> bool:
    """Whether a program named the file so as it delivered it, whole, by a rename.

    An .eml never counts: scanners too write names like `20260105.scan1.eml`, bit by bit.
    """
    return not name.lower().endswith(".eml") and bool(_DELIVERED.fullmatch(name))


def _id_of(name: str) -> str:
    """Return a name as an id in ASCII: other bytes percent-encoded, one id for each name.

    A file's name is bytes in any encoding or none; one too long for a receipt ends in its hash.
    """
    encoded = quote(os.fsencode(name), safe=_PLAIN)
    if len(encoded) <= _LONGEST_ID:
        return encoded
    digest = hashlib.sha256(os.fsencode(name)).hexdigest()
    return f"{encoded[: _LONGEST_ID - len(digest) - 1]}#{digest}"


def _status(entry: os.DirEntry[str]) -> os.stat_result | None:
    """Return the status of a regular file; None for links, folders and what has just gone."""
    try:
        status = entry.stat(follow_symlinks=False)
    except FileNotFoundError:
        return None
    return status if stat.S_ISREG(status.st_mode) else None


def utc(time_ns: int) -> datetime | None:
    """Return a file time (nanoseconds) as aware UTC, None where no calendar has it."""
    try:
        return datetime.fromtimestamp(time_ns / 10**9, UTC)
    except (OverflowError, OSError, ValueError):
        return None


def move(source: Path, folder: Path) -> None:
    """Move a file; never over another of its name, and it may have gone already."""
    target = folder / source.name
    if target.exists():
        target = folder / f"{secrets.token_hex(4)}-{source.name}"
    try:
        source.rename(target)
    except FileNotFoundError:
        return
