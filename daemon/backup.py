"""Back-ups: one folder with the database, the keys, the models and the anchors, and what it is.

Made while everything runs. It is put back only whole, and only where nobody works.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from daemon.store import CopyError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

    from daemon.store import Store

MANIFEST: Final = "manifest.json"
FOLDERS: Final = ("keys", "models")
"""Folders of the state folder that belong to it: without the keys no token of ours counts."""
_PART: Final = 1024 * 1024


class BackupError(Exception):
    """A back-up cannot be made or used; the message says why and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """A back-up, as its manifest tells."""

    made_at: str  # ISO 8601, UTC
    version: str
    schema: str
    files: dict[str, str]  # path in the folder → SHA-256


def make(
    target: Path, *, store: Store, state: Path, anchors: Path, version: str, now: datetime
) -> Backup:
    """Write a back-up into a folder that must not exist yet.

    Raises:
        BackupError: the folder is there, or cannot be written.
        StoreUnavailableError: the database cannot be read.
    """
    draft = target.with_name(f".{target.name}.part")
    if target.exists():
        message = f"{target} is there already. Name a folder that is not."
        raise BackupError(message)
    try:
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700, parents=True)
        schema = store.copy_to(draft)
        for name in FOLDERS:
            if (state / name).is_dir():
                shutil.copytree(state / name, draft / name)
        if anchors.is_file():
            shutil.copyfile(anchors, draft / anchors.name)
        made = Backup(
            made_at=now.isoformat(timespec="seconds"),
            version=version,
            schema=schema,
            files={str(path.relative_to(draft)): _digest(path) for path in _files(draft)},
        )
        (draft / MANIFEST).write_text(json.dumps(_plain(made), indent=2) + "\n")
        draft.rename(target)
    except (OSError, CopyError) as error:
        shutil.rmtree(draft, ignore_errors=True)
        message = f"The back-up was not made: {error}"
        raise BackupError(message) from error
    return made


def read(source: Path) -> Backup:
    """Return what a back-up holds, after comparing every file with its manifest.

    Raises:
        BackupError: it is none, or a file is missing or was changed.
    """
    try:
        kept = json.loads((source / MANIFEST).read_text())
        found = Backup(**kept)
    except (OSError, ValueError, TypeError) as error:
        message = f"{source} is no back-up of ours: its {MANIFEST} cannot be read."
        raise BackupError(message) from error
    for name, digest in found.files.items():
        path = source / name
        if not path.is_file() or _digest(path) != digest:
            message = f"{path} is missing, or is not what the back-up was made of."
            raise BackupError(message)
    return found


def put_back(source: Path, *, store: Store, state: Path) -> Backup:
    """Put a back-up in the place of what is there. Nobody may work on the store.

    Raises:
        BackupError: it is damaged, or cannot be put there.
        StoreUnavailableError: the copy cannot be read.
    """
    found = read(source)
    try:
        state.mkdir(mode=0o700, parents=True, exist_ok=True)
        store.put_back(source)
        for name in FOLDERS:
            if (source / name).is_dir():
                shutil.copytree(source / name, state / name, dirs_exist_ok=True)
    except (OSError, CopyError) as error:
        message = f"The back-up was not put back: {error}"
        raise BackupError(message) from error
    return found


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.is_file())


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while part := file.read(_PART):
            digest.update(part)
    return digest.hexdigest()


def _plain(made: Backup) -> dict[str, object]:
    return {
        "made_at": made.made_at,
        "version": made.version,
        "schema": made.schema,
        "files": made.files,
    }
