"""What every connector gives the daemon: raw messages, cursors, and four kinds of error.

An inbox is where things arrive, an outlet is where they leave. Connectors know nothing of
the daemon; they speak bytes, aware UTC times and the errors below, one class per reaction.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NewType, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

Cursor = NewType("Cursor", str)
"""Where an inbox got to: the connector writes it, the store keeps it, nobody else reads it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RawMessage:
    """One thing as it arrived: bytes, where from, and when the server says it came.

    `content` is the whole message, byte for byte, unless `complete` is false: then it is the
    beginning of a message of `size` bytes that was too large to fetch.
    """

    inbox: str
    external_id: str
    content: bytes
    size: int
    arrived_at: datetime | None  # aware UTC; INTERNALDATE or the file's time
    complete: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Missed:
    """A message that was listed but could not be had, and why; recorded and passed by."""

    external_id: str
    reason: str  # "vanished" (someone moved or deleted it) or "unfetchable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What one look at an inbox brought.

    `cursor` is where to go on once every message and every miss here is stored; `more` says
    that the inbox holds further messages beyond it, and `left` how many at least.
    """

    messages: tuple[RawMessage, ...] = ()
    missed: tuple[Missed, ...] = ()
    cursor: Cursor
    more: bool = False
    left: int = 0


def nothing_known(_external_ids: Sequence[str]) -> set[str]:
    """Answer for a caller that keeps no receipts: none of these is known."""
    return set()


class Inbox(Protocol):
    """A place where messages arrive. Used by one thread at a time, but for `wait`."""

    @property
    def name(self) -> str:
        """The inbox's name in the config."""
        ...

    @property
    def can_wait(self) -> bool:
        """Whether `wait` hears of new messages by itself (IMAP IDLE)."""
        ...

    def fetch(
        self,
        cursor: Cursor | None,
        *,
        limit: int,
        known: Callable[[Sequence[str]], set[str]] = nothing_known,
    ) -> Batch:
        """Return up to `limit` messages after `cursor` (None: from the beginning), oldest first.

        Reading changes nothing at the server, so the same cursor gives the same messages.
        `known` tells which of some external ids have a receipt already: an inbox whose messages
        bear no numbers (a folder of files) leaves those out.

        Raises:
            UnavailableError: this inbox should be tried again later.
            AccessDeniedError: the server refuses us; a person has to act.
        """
        ...

    def fetch_ids(self, external_ids: Sequence[str]) -> Batch:
        """Return these messages again, wherever the cursor stands (`cursor` is unchanged: "").

        Raises:
            UnavailableError, AccessDeniedError: as for `fetch`.
        """
        ...

    def list_ids(self, since: datetime | None, *, cursor: Cursor | None = None) -> Sequence[str]:
        """Return the external ids of all that lies in the inbox and arrived at or after `since`.

        `cursor` is where the inbox got to, for one whose ids depend on it: an object that has
        fetched nothing yet would else not know how its messages are numbered.

        Raises:
            UnavailableError, AccessDeniedError: as for `fetch`.
        """
        ...

    def to_come(self, cursor: Cursor | None, external_ids: Sequence[str]) -> set[str]:
        """Return those of the ids that a fetch from this cursor has yet to bring.

        What is listed, has no receipt and is not to come is a gap: nobody would ever fetch it.
        Asks no server.
        """
        ...

    def mark_done(self, external_ids: Sequence[str]) -> None:
        """Flag or move messages that are safely stored, as configured (perhaps not at all).

        A message that is no longer there is passed over.

        Raises:
            UnavailableError, AccessDeniedError: as for `fetch`.
        """
        ...

    def check(self) -> int:
        """Connect, sign in and open the inbox for reading; return how many messages lie there.

        Raises:
            UnavailableError, AccessDeniedError: as for `fetch`.
        """
        ...

    def wait(self, timeout_s: float) -> bool:
        """Block until something may have arrived (True) or `timeout_s` seconds went by (False).

        Called from a thread of its own, with a connection of its own.

        Raises:
            UnavailableError, AccessDeniedError: as for `fetch`.
        """
        ...

    def interrupt(self) -> None:
        """Make a `wait` that another thread is in return soon (within a second or so)."""
        ...

    def close(self) -> None:
        """Let go of every connection; safe to call twice."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """One message on its way out: who it says it is from, who it goes to, and its bytes."""

    sender: str  # envelope sender, an office address that takes delivery reports
    recipient: str
    content: bytes


class Outlet(Protocol):
    """A place where messages leave. Used by one thread at a time."""

    @property
    def name(self) -> str:
        """The outlet's name in the config."""
        ...

    def send(self, envelope: Envelope) -> None:
        """Hand over one message; returning means that the other side took responsibility.

        Raises:
            RejectedError: refused for good; do not send this one again.
            DeferredError: refused for now; this one waits, others may go on.
            UnavailableError: nothing can be sent for now.
            AccessDeniedError: the server refuses us; a person has to act.
        """
        ...

    def check(self) -> None:
        """Find out whether something could be sent now: connect and sign in, and send nothing.

        Raises:
            UnavailableError, AccessDeniedError: as for `send`.
        """
        ...

    def close(self) -> None:
        """Let go of every connection; safe to call twice."""
        ...


class ConnectorError(Exception):
    """What can go wrong at the edges; the message is one sentence for an operator.

    It names hosts, folders and server codes, never an enquirer's name, address or words.
    """


class UnavailableError(ConnectorError):
    """The other side cannot be reached or is busy: this connector waits, others go on."""

    def __init__(
        self, why: str, *, retry_at: datetime | None = None, wait_s: float | None = None
    ) -> None:
        super().__init__(why)
        self.retry_at = retry_at  # aware UTC; None: the caller backs off by itself
        self.wait_s = wait_s  # the same, in seconds from now, where the server puts it so


class PausedError(UnavailableError):
    """As much was asked as the other side allows for now: nothing is wrong, ask later."""


class AccessDeniedError(ConnectorError):
    """The other side refuses us: this connector stops until a person has acted."""


class RejectedError(ConnectorError):
    """One message was refused for good; `code` is the SMTP reply code, 0 where there is none."""

    def __init__(self, why: str, *, code: int = 0) -> None:
        super().__init__(why)
        self.code = code


class DeferredError(ConnectorError):
    """One message was refused for now: it waits, the others behind it go on."""

    def __init__(self, why: str, *, code: int = 0) -> None:
        super().__init__(why)
        self.code = code
