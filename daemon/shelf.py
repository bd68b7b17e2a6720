"""The shelf: learned models in the state folder, each under its version; one of them is adopted.

    models/<version>/model.bin    what `daemon.classify` packs
    models/<version>/about.json   hash of the file, what it was learnt from, what it scored
    models/<version>/answers.json what it would have said of each example unseen
    models/adopted.json           which version serves, and those that served before

A model is read only if its bytes have the hash that was written down when it was learnt.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from daemon.classify import LearnedModel, UnusableModelError
from daemon.whole import write_whole

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from pathlib import Path

FOLDER: Final = "models"
MOST_REMEMBERED: Final = 20  # versions that served before
_MODEL, _ABOUT, _ANSWERS, _ADOPTED = "model.bin", "about.json", "answers.json", "adopted.json"
_VERSION: Final = re.compile(r"[0-9a-f]{8,64}")


class ShelfError(Exception):
    """A model cannot be read or adopted; the message is a sentence that says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Adopted:
    """Which version serves, since when, and the versions that served before, the last one first."""

    version: str
    adopted_at: str  # ISO 8601, UTC
    by_person: bool  # on somebody's word, not as the first that was there
    before: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """Learned models below one folder."""

    folder: Path

    @classmethod
    def of(cls, state: Path) -> Shelf:
        """Return the shelf of a state folder; the folder need not exist."""
        return cls(folder=state / FOLDER)

    def keep(
        self, version: str, content: bytes, about: Mapping[str, Any], *, answers: bytes
    ) -> None:
        """Put a model on the shelf; the same version is written anew.

        `answers` is what it would have said of each example unseen, for later comparison.

        Raises:
            OSError: the folder cannot be written.
        """
        place = self._place(version)
        place.mkdir(parents=True, exist_ok=True)
        write_whole(place / _MODEL, content)
        write_whole(place / _ANSWERS, answers)
        entry = {**about, "version": version, "sha256": hashlib.sha256(content).hexdigest()}
        write_whole(place / _ABOUT, _as_bytes(entry))

    def take_over(self, version: str, other: Shelf) -> None:
        """Copy a model from another shelf, so that one can go back to it.

        Raises:
            ShelfError: it cannot be read there.
            OSError: the folder cannot be written.
        """
        if other.folder == self.folder or self.has(version):
            return
        other.load(version)
        content = (other.folder / version / _MODEL).read_bytes()
        self.keep(version, content, other.about(version), answers=other.answers(version))

    def has(self, version: str) -> bool:
        """Whether a version lies here."""
        return (self._place(version) / _ABOUT).is_file()

    def about(self, version: str) -> dict[str, Any]:
        """Return what was written down about a version.

        Raises:
            ShelfError: there is nothing that could be read.
        """
        return _read(self._place(version) / _ABOUT)

    def answers(self, version: str) -> bytes:
        """Return what a version would have said of its examples unseen; b"" where it is gone."""
        path = self._place(version) / _ANSWERS
        return path.read_bytes() if path.is_file() else b""

    def load(self, version: str) -> LearnedModel:
        """Return a model whose bytes are those that were learnt.

        Raises:
            ShelfError: it is not there, was changed, or is of another version of the software.
        """
        path = self._place(version) / _MODEL
        expected = self.about(version).get("sha256")
        try:
            content = path.read_bytes()
        except OSError as error:
            msg = f"{path}: cannot be read ({error.strerror}). Run assurance learn."
            raise ShelfError(msg) from None
        if hashlib.sha256(content).hexdigest() != expected:
            msg = f"{path}: its bytes are not those that were learnt. Run assurance learn."
            raise ShelfError(msg)
        try:
            return LearnedModel.unpack(content, version=version)
        except UnusableModelError as error:
            msg = f"{path}: {error}. Run assurance learn."
            raise ShelfError(msg) from None

    def adopted(self) -> Adopted | None:
        """Return which version serves; None where none was adopted.

        Raises:
            ShelfError: the note cannot be read.
        """
        path = self.folder / _ADOPTED
        if not path.is_file():
            return None
        entry = _read(path)
        before = entry.get("before", [])
        named = [entry.get("version"), *before] if isinstance(before, list) else []
        known = [one for one in named if isinstance(one, str) and _VERSION.fullmatch(one)]
        if not known or len(known) < len(named):
            msg = f"{path}: names no version. Run assurance learn --adopt --by NAME."
            raise ShelfError(msg)
        return Adopted(
            version=known[0],
            adopted_at=str(entry.get("adopted_at", "")),
            by_person=entry.get("by_person") is True,
            before=tuple(known[1:]),
        )

    def adopt(
        self, version: str, *, by_person: bool, now: datetime, last: Adopted | None
    ) -> Adopted:
        """Have a version serve from now on; what served before (`last`) is remembered.

        Raises:
            ShelfError: the model cannot be read.
            OSError: the folder cannot be written.
        """
        self.load(version)
        before = () if last is None else (last.version, *last.before)
        earlier = tuple(one for one in before if one != version)
        return self._note(version, earlier, by_person=by_person, now=now)

    def go_back(self, *, now: datetime) -> Adopted:
        """Have the version serve that served before.

        Raises:
            ShelfError: there is none, or it cannot be read.
            OSError: the folder cannot be written.
        """
        last = self.adopted()
        if last is None or not last.before:
            msg = "No model served before this one: there is nothing to go back to."
            raise ShelfError(msg)
        self.load(last.before[0])
        return self._note(last.before[0], last.before[1:], by_person=True, now=now)

    def _note(
        self, version: str, before: tuple[str, ...], *, by_person: bool, now: datetime
    ) -> Adopted:
        adopted = Adopted(
            version=version,
            adopted_at=now.isoformat(),
            by_person=by_person,
            before=before[:MOST_REMEMBERED],
        )
        entry = {
            "version": adopted.version,
            "adopted_at": adopted.adopted_at,
            "by_person": adopted.by_person,
            "before": list(adopted.before),
        }
        write_whole(self.folder / _ADOPTED, _as_bytes(entry))
        return adopted

    def _place(self, version: str) -> Path:
        if not _VERSION.fullmatch(version):
            msg = f"{version!r} is no version of a model."
            raise ShelfError(msg)
        return self.folder / version


def _as_bytes(entry: Mapping[str, Any]) -> bytes:
    return (json.dumps(entry, indent=1) + "\n").encode()


def _read(path: Path) -> dict[str, Any]:
    """Return the JSON object of a file.

    Raises:
        ShelfError: there is none.
    """
    try:
        entry = json.loads(path.read_bytes())
    except OSError as error:
        msg = f"{path}: cannot be read ({error.strerror}). Run assurance learn."
        raise ShelfError(msg) from None
    except ValueError:
        entry = None
    if not isinstance(entry, dict):
        msg = f"{path}: is no JSON object. Run assurance learn."
        raise ShelfError(msg)
    return entry
