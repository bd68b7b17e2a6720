"""What we ask of a mailbox folder over one connection, and the server's answers typed."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from time import monotonic
from typing import TYPE_CHECKING, Any

from imapclient.exceptions import IMAPClientReadOnlyError

from connectors.base import AccessDeniedError, UnavailableError
from connectors.imap.connection import Connection, DroppedError, RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date
    from threading import Event

WINDOW = 10_000
"""UIDs asked for in one SEARCH; wider where nothing is found."""
LINE_LIMIT_MESSAGES = 80_000
"""A folder of no more than this fits one SEARCH answer whole (imaplib stops at 1 MB a line)."""
IDLE_SLICE_S = 0.5
"""How often an IDLE looks up to see whether it was interrupted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """What the server said of a folder when it opened it."""

    uidvalidity: int
    uidnext: int | None
    exists: int
    permanent_flags: frozenset[str]

    def keeps(self, flag: str) -> bool:
        r"""Whether a flag set here will last (`\*`: any keyword; nothing said: any)."""
        flags = self.permanent_flags
        return not flags or "\\*" in flags or flag.lower() in flags


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """A message's size in bytes and when it arrived (aware UTC), before its body is fetched."""

    size: int
    arrived_at: datetime | None


class Session(Connection):
    """A connection with a folder open. Used by one thread."""

    def examine(self, folder: str) -> Opened:
        """Open a folder for reading: nothing in it can change by our doing.

        Raises:
            AccessDeniedError: there is no such folder, or it is not for us.
            UnavailableError: not now, or the server numbers messages in no lasting way.
        """
        return self._open_folder(folder, readonly=True)

    def select(self, folder: str) -> Opened:
        """Open a folder for marking.

        Raises:
            AccessDeniedError: there is no such folder, or we may only read it.
            UnavailableError: as for `examine`.
        """
        return self._open_folder(folder, readonly=False)

    def _open_folder(self, folder: str, *, readonly: bool) -> Opened:
        try:
            with self._speaking():
                said = self._open_raw(folder, readonly=readonly)
        except RefusedError as exc:
            if exc.temporary:
                raise
            message = f"{self._where} has no folder {folder!r} that we may open"
            raise AccessDeniedError(message) from exc
        return self._opened(folder, said)

    def _open_raw(self, folder: str, *, readonly: bool) -> dict[bytes, Any]:
        try:
            said: dict[bytes, Any] = self._client.select_folder(folder, readonly=readonly)
        except IMAPClientReadOnlyError as exc:
            message = f"{self._where} lets us read the folder {folder!r} but not mark in it"
            raise AccessDeniedError(message) from exc
        return said

    def _opened(self, folder: str, said: dict[bytes, Any]) -> Opened:
        validity, uidnext = said.get(b"UIDVALIDITY"), said.get(b"UIDNEXT")
        if not isinstance(validity, int) or validity < 1:
            message = (
                f"{self._where} gave no UIDVALIDITY for {folder!r}: its numbers cannot be kept"
            )
            raise UnavailableError(message)
        exists = said.get(b"EXISTS")
        flags = said.get(b"PERMANENTFLAGS", ())
        return Opened(
            uidvalidity=validity,
            uidnext=uidnext if isinstance(uidnext, int) and uidnext > 0 else None,
            exists=exists if isinstance(exists, int) else 0,
            permanent_flags=frozenset(flag.decode("ascii", "replace").lower() for flag in flags),
        )

    def uids_from(
        self, opened: Opened, first: int, *, enough: int | None = None, since: date | None = None
    ) -> list[int]:
        """Return the UIDs from `first` up, in order; at least `enough` of them if there are.

        Asks in windows, the last of them open-ended, so that neither a line grows beyond what
        imaplib takes nor a UIDNEXT that lags behind hides anything.
        """
        found: list[int] = []
        width = WINDOW
        while enough is None or len(found) < enough:
            last = first + width - 1
            at_end = opened.uidnext is None or last >= opened.uidnext - 1
            page = self._window(first, None if at_end else last, since)
            found += page
            if at_end:
                break
            first = last + 1
            if not page and opened.exists <= LINE_LIMIT_MESSAGES:
                width *= 8
        return found

    def _window(self, first: int, last: int | None, since: date | None) -> list[int]:
        criteria: list[object] = ["UID", f"{first}:{'*' if last is None else last}"]
        if since is not None:
            criteria += ["SINCE", since]
        # n:* names the last message even where its UID lies below n (RFC 9051 §6.4.4)
        return [u for u in self._search(criteria) if u >= first and (last is None or u <= last)]

    def present(self, uids: Sequence[int], *criteria: str) -> set[int]:
        """Return those of some UIDs that the open folder still holds."""
        wanted = ",".join(map(str, uids))
        return set(self._search(["UID", wanted, *criteria])) & set(uids) if uids else set()

    def _search(self, criteria: list[object]) -> list[int]:
        with self._speaking():
            # no charset: some servers refuse a search that names one
            return sorted(set(self._client.search(criteria)))

    def describe(self, uids: Sequence[int]) -> dict[int, Described]:
        """Return size and time of arrival of messages; what the server leaves out is missing."""
        answers = self._fetch(uids, "RFC822.SIZE", "INTERNALDATE")
        return {
            uid: Described(size=size, arrived_at=_utc(answer.get(b"INTERNALDATE")))
            for uid, answer in answers.items()
            if isinstance(size := answer.get(b"RFC822.SIZE"), int)
        }

    def bodies(self, uids: Sequence[int], *, first_bytes: int | None = None) -> dict[int, bytes]:
        r"""Return whole messages, or their beginnings, without setting \Seen."""
        part = "" if first_bytes is None else f"<0.{first_bytes}>"
        key = b"BODY[]" if first_bytes is None else b"BODY[]<0>"
        answers = self._fetch(uids, f"BODY.PEEK[]{part}")
        return {u: body for u, a in answers.items() if isinstance(body := a.get(key), bytes)}

    def _fetch(self, uids: Sequence[int], *items: str) -> dict[int, dict[bytes, Any]]:
        with self._speaking():
            answers: dict[int, dict[bytes, Any]] = self._client.fetch(list(uids), list(items))
        return answers

    def has_message_id(self, message_id: str) -> bool:
        """Whether a message with this Message-ID, brackets and all, lies in the open folder."""
        return bool(self._search(["HEADER", "Message-ID", message_id, "UNDELETED"]))

    def append(self, folder: str, content: bytes) -> None:
        """Add a message to a folder, unread."""
        with self._speaking():
            self._client.append(folder, content)

    def flag(self, uids: Sequence[int], flag: str) -> None:
        """Set one flag on messages of the folder opened by `select`."""
        with self._speaking():
            self._client.add_flags(list(uids), [flag], silent=True)

    def move(self, uids: Sequence[int], folder: str) -> None:
        r"""Move messages into another folder, which is made if it is missing.

        Without MOVE (RFC 6851): copy, mark \Deleted, and expunge just these (UIDPLUS, RFC 4315).
        Without UIDPLUS they stay, marked \Deleted, until somebody empties the folder: a plain
        EXPUNGE would remove what other people have marked.
        """
        try:
            self._move_into(uids, folder)
        except RefusedError as exc:
            if exc.temporary:
                raise
            with suppress(RefusedError), self._speaking():
                self._client.create_folder(folder)
            self._move_into(uids, folder)

    def _move_into(self, uids: Sequence[int], folder: str) -> None:
        with self._speaking():
            if self._can_move:
                self._client.move(list(uids), folder)
                return
            self._client.copy(list(uids), folder)
            self._client.add_flags(list(uids), [b"\\Deleted"], silent=True)
            if self._can_expunge:
                self._client.uid_expunge(list(uids))

    def idle(self, exists: int, timeout_s: float, interrupted: Event) -> bool:
        """Idle in the open folder until a message joins the `exists` that it holds: True.

        False after `timeout_s` seconds, or when interrupted; then the connection is still in
        IDLE and wants closing, as ending it properly might take long.
        """
        count = _Count(exists)
        with self._speaking():
            self._client.idle()
            self._listen(count, monotonic() + timeout_s, interrupted)
            if not interrupted.is_set():
                _, answers = self._client.idle_done()
                self._follow(answers, count)
        return count.grew

    def _listen(self, count: _Count, until: float, interrupted: Event) -> None:
        now, wait_s = monotonic(), 0.0
        while not (count.grew or interrupted.is_set()):
            answers = self._client.idle_check(timeout=wait_s)
            self._follow(answers, count)
            began, now = now, monotonic()
            if not answers and now - began < wait_s / 2:
                message = f"{self._where} ended the connection"  # readable, and nothing to read
                raise DroppedError(message)
            if now >= until:
                return
            wait_s = min(IDLE_SLICE_S, until - now)

    def _follow(self, answers: Iterable[tuple[Any, ...]], count: _Count) -> None:
        """Follow the number of messages through what the server says of its own accord."""
        for answer in answers:
            match answer:
                case (int(number), b"EXISTS"):
                    count.set(number)
                case (int(), b"EXPUNGE"):
                    count.messages -= 1
                case (b"BYE", *_):
                    message = f"{self._where} said goodbye"
                    raise DroppedError(message)


class _Count:
    """How many messages a folder holds, and whether it ever grew."""

    def __init__(self, messages: int) -> None:
        self.messages = messages
        self.grew = False

    def set(self, messages: int) -> None:
        self.grew = self.grew or messages > self.messages
        self.messages = messages


def _utc(moment: object) -> datetime | None:
    """Return a server's time in UTC; one without a zone is taken for UTC."""
    if not isinstance(moment, datetime):
        return None
    try:
        return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
    except (OverflowError, ValueError):
        return None
