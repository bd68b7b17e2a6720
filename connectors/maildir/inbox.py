"""A Maildir to take mail from."""

from __future__ import annotations

import os
import secrets
from collections import deque
from threading import Event
from typing import TYPE_CHECKING, Literal

from connectors.base import Batch, Cursor, Missed, RawMessage, nothing_known
from connectors.maildir.files import File, Files, Touching, make_maildir, move, utc

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from pathlib import Path

HEAD_BYTES = 512 * 1024
"""How much is read of a message that is too large: a header and the beginning of a body."""
BATCH_BYTES = 16 * 1024 * 1024
"""How much is read for one batch, if one message is not larger."""
ASKED_AT_ONCE = 500
"""How many ids `known` is asked about in one go."""


class MaildirInbox:
    """A Maildir that is read without changing it; `move` puts what is done into `.Done`."""

    def __init__(
        self,
        *,
        name: str,
        path: Path,
        clock: Callable[[], datetime],
        max_message_bytes: int = 50 * 1024 * 1024,
        when_done: Literal["leave", "move"] = "leave",
    ) -> None:
        """Remember the settings; `clock` gives aware UTC. Nothing is opened yet."""
        self._name = name
        self._files = Files(path, clock)
        self._max_message_bytes = max_message_bytes
        self._when_done = when_done
        self._token = secrets.token_hex(4)  # a cursor of another object means nothing here
        self._ranks: dict[str, int] = {}  # ids handed out, and how many were before each
        self._handed = 0
        self._known: set[str] = set()
        self._waiting: deque[File] = deque()  # listed, in order, and not handed out yet
        self._interrupted = Event()

    @property
    def name(self) -> str:
        """The inbox's name in the config."""
        return self._name

    @property
    def can_wait(self) -> bool:
        """Whether `wait` hears of new messages: no, a folder has to be looked into."""
        return False

    def fetch(
        self,
        cursor: Cursor | None,
        *,
        limit: int,
        known: Callable[[Sequence[str]], set[str]] = nothing_known,
    ) -> Batch:
        """Return up to `limit` messages that are neither known nor before the cursor.

        Oldest first by the files' times, among those that lay there when last listed; the
        folder is listed anew when all of these are through.

        Raises:
            UnavailableError: the folder is not there.
            AccessDeniedError: it may not be read.
        """
        with Touching(self._files.path):
            done = self._resume(cursor)
            files = self._take(limit + 1, known)
            load = self._load(files[:limit])
            self._waiting.extendleft(reversed(files[len(load) :]))
            messages, missed = self._read(load)
        self._ranks |= {file.id: rank for rank, file in enumerate(load, start=done)}
        self._handed = done + len(load)
        onwards = Cursor(f"{self._token}:{self._handed}")
        left = len(files) - len(load)
        return Batch(messages=messages, missed=missed, cursor=onwards, more=left > 0, left=left)

    def _load(self, files: list[File]) -> list[File]:
        """Return as many files as make about `BATCH_BYTES`, one at least."""
        total = 0
        for number, file in enumerate(files):
            total += min(file.size, self._max_message_bytes)
            if number and total > BATCH_BYTES:
                return files[:number]
        return files

    def _resume(self, cursor: Cursor | None) -> int:
        """Return how many are done; whatever was handed out beyond will be handed out again."""
        token, _, number = (cursor or "").partition(":")
        done = int(number) if token == self._token and number.isdecimal() else 0
        if done < self._handed:
            self._ranks = {i: rank for i, rank in self._ranks.items() if rank < done}
            self._waiting.clear()
        if not self._waiting:
            self._list_anew()
        return done

    def _list_anew(self) -> None:
        present: set[str] = set()

        def is_new(file_id: str) -> bool:
            present.add(file_id)
            return file_id not in self._known and file_id not in self._ranks

        self._waiting.extend(sorted(self._files.listed(is_new), key=lambda f: (f.mtime_ns, f.id)))
        self._known &= present
        self._ranks = {i: rank for i, rank in self._ranks.items() if i in present}

    def _take(self, many: int, known: Callable[[Sequence[str]], set[str]]) -> list[File]:
        """Take up to `many` files off the list, leaving out those that have a receipt."""
        taken: list[File] = []
        while self._waiting and len(taken) < many:
            some = [self._waiting.popleft() for _ in range(min(len(self._waiting), ASKED_AT_ONCE))]
            had = known([file.id for file in some])
            self._known |= had
            taken += [file for file in some if file.id not in had]
        self._waiting.extendleft(reversed(taken[many:]))
        return taken[:many]

    def _read(self, files: Sequence[File]) -> tuple[tuple[RawMessage, ...], tuple[Missed, ...]]:
        messages: list[RawMessage] = []
        missed: list[Missed] = []
        for file in files:
            try:
                messages.append(self._message(file))
            except FileNotFoundError:
                self._read_moved(file, messages, missed)
            except OSError:
                missed.append(Missed(external_id=file.id, reason="unfetchable"))
        return tuple(messages), tuple(missed)

    def _read_moved(self, file: File, messages: list[RawMessage], missed: list[Missed]) -> None:
        """Look once more for a file that another program has moved since it was listed."""
        try:
            messages.append(self._message(next(self._files.listed(lambda i: i == file.id))))
        except (OSError, StopIteration):
            missed.append(Missed(external_id=file.id, reason="vanished"))

    def _message(self, file: File) -> RawMessage:
        # O_NOFOLLOW: a link put in place of the file must not lead out of the folder
        opened = os.open(self._files.path_of(file), os.O_RDONLY | os.O_NOFOLLOW)
        with os.fdopen(opened, "rb") as stream:
            size = os.fstat(stream.fileno()).st_size
            complete = size <= self._max_message_bytes
            content = stream.read(self._max_message_bytes if complete else HEAD_BYTES)
        return RawMessage(
            inbox=self._name,
            external_id=file.id,
            content=content,
            size=size,
            arrived_at=utc(file.mtime_ns),
            complete=complete,
        )

    def fetch_ids(self, external_ids: Sequence[str]) -> Batch:
        """Return these messages again, wherever in the Maildir they lie now.

        Raises:
            UnavailableError, AccessDeniedError: as for `fetch`.
        """
        with Touching(self._files.path):
            found = {file.id: file for file in self._files.listed(set(external_ids).__contains__)}
            messages, missed = self._read([found[i] for i in external_ids if i in found])
        gone = (Missed(external_id=i, reason="vanished") for i in external_ids if i not in found)
        return Batch(messages=messages, missed=(*missed, *gone), cursor=Cursor(""))

    def check(self) -> int:
        """Look into the folder; return how many messages lie there.

        Raises:
            UnavailableError: the folder is not there.
            AccessDeniedError: it may not be read.
        """
        with Touching(self._files.path):
            return sum(1 for _ in self._files.listed(lambda _id: True))

    def list_ids(
        self,
        since: datetime | None,
        *,
        cursor: Cursor | None = None,  # noqa: ARG002 - names are numbered by nobody
    ) -> Sequence[str]:
        """Return the ids of all files whose time is at or after `since`, oldest first.

        Raises:
            UnavailableError, AccessDeniedError: as for `fetch`.
        """
        earliest_ns = int(since.timestamp()) * 10**9 if since else None
        with Touching(self._files.path):
            files = sorted(self._files.listed(lambda _: True), key=lambda f: (f.mtime_ns, f.id))
        return [f.id for f in files if earliest_ns is None or f.mtime_ns >= earliest_ns]

    def to_come(
        self,
        cursor: Cursor | None,  # noqa: ARG002 - what has no receipt is new
        external_ids: Sequence[str],
    ) -> set[str]:
        """Return those that this object has not handed out: it fetches all that has no receipt."""
        return {i for i in external_ids if i not in self._ranks and i not in self._known}

    def mark_done(self, external_ids: Sequence[str]) -> None:
        """Move messages to the subfolder `.Done`, if so configured.

        Raises:
            UnavailableError, AccessDeniedError: as for `fetch`.
        """
        if self._when_done == "leave" or not external_ids:
            return
        done = self._files.path / ".Done"
        make_maildir(done)
        with Touching(self._files.path):
            for file in list(self._files.listed(set(external_ids).__contains__)):
                move(self._files.path_of(file), done / (file.folder or "new"))

    def wait(self, timeout_s: float) -> bool:
        """Let `timeout_s` seconds go by, or less when interrupted, and return False."""
        self._interrupted.wait(timeout_s)
        self._interrupted.clear()
        return False

    def interrupt(self) -> None:
        """Make the `wait` under way return at once, or else the next one."""
        self._interrupted.set()

    def close(self) -> None:
        """Nothing is held open between calls."""
