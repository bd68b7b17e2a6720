"""Hearing of new messages: IDLE (RFC 2177) over a connection of its own."""

from __future__ import annotations

from threading import Event, Lock
from time import monotonic
from typing import TYPE_CHECKING

from connectors.imap.connection import Account, DroppedError
from connectors.imap.session import Session

if TYPE_CHECKING:
    from connectors.imap.session import Opened

CLOSE_WAIT_S = 2.0
"""How long `close` waits for another thread's `wait` to let go of the connection."""


class Ear:
    """Listens at one folder. `wait` belongs to one thread, the rest to any."""

    def __init__(self, account: Account, folder: str, *, idle: bool) -> None:
        self.can_wait = idle
        self._account = account
        self._folder = folder
        self._session: Session | None = None
        self._lock = Lock()
        self._interrupted = Event()
        self._seen: tuple[int, int] | None = None

    def saw(self, opened: Opened) -> None:
        """Remember how far a fetch saw the folder reach: that much is no news."""
        self._seen = _reach(opened)

    def wait(self, timeout_s: float) -> bool:
        """Return True once the folder reaches further than anybody saw, False after a time.

        Raises:
            UnavailableError, AccessDeniedError: as for any connection.
        """
        until = monotonic() + timeout_s
        with self._lock:
            try:
                return self._wait(until)
            finally:
                self._interrupted.clear()

    def _wait(self, until: float) -> bool:
        if self.can_wait and self._hear(until):
            return True
        if not self.can_wait:
            self._interrupted.wait(max(0.0, until - monotonic()))
        return False

    def _hear(self, until: float) -> bool:
        kept = self._session is not None
        try:
            return self._listen(until)
        except DroppedError:
            self._drop()
            if not kept:
                raise
        return self._listen(until)

    def _listen(self, until: float) -> bool:
        session = self._open()
        if session is None or self._interrupted.is_set():
            return False
        opened = session.examine(self._folder)
        if _reach(opened) != self._seen:
            self._seen = _reach(opened)
            return True
        heard = session.idle(opened.exists, max(0.0, until - monotonic()), self._interrupted)
        if self._interrupted.is_set():  # still idling, and somebody is in a hurry
            self._drop()
        return heard

    def _open(self) -> Session | None:
        """Return the connection, or None at a server without IDLE."""
        if self._session is None:
            self._session = Session(self._account)
        if not self._session.can_idle:
            self.can_wait = False
            self._drop()
        return self._session

    def interrupt(self) -> None:
        """Make the `wait` under way return at once, or else the next one."""
        self._interrupted.set()

    def close(self) -> None:
        """Interrupt, and let go of the connection."""
        self.interrupt()
        if self._lock.acquire(timeout=CLOSE_WAIT_S):
            try:
                self._drop()
            finally:
                self._interrupted.clear()
                self._lock.release()

    def _drop(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            session.drop()


def _reach(opened: Opened) -> tuple[int, int]:
    """Return how far a folder reaches; it changes whenever something arrives."""
    return opened.uidvalidity, opened.exists if opened.uidnext is None else opened.uidnext
