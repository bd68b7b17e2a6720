"""How a mail server is told who we are: by a password, or by a token of a sign-in service.

A token is renewed while the one before still serves, so that a sign-in service that is away for
a while stops no mail; but that it could not be renewed is known at once.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from connectors.base import AccessDeniedError, ConnectorError

if TYPE_CHECKING:
    from collections.abc import Callable

RENEW_BEFORE_S = 600.0
"""How long before its end a token is renewed: a look each minute has ten tries."""
_TRY_AGAIN_S = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A bearer token, and for how many seconds it serves from now."""

    words: str = field(repr=False)
    lasts_s: float


class Tokens:
    """The token for one mailbox, kept and renewed. May be used by several threads."""

    def __init__(
        self, fetch: Callable[[], Token], *, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        """Fetch nothing yet.

        `fetch` asks the sign-in service, and raises `ConnectorError` as an inbox would.
        """
        self._fetch, self._monotonic = fetch, monotonic
        self._lock = threading.Lock()
        self._token, self._ends, self._tried = "", 0.0, float("-inf")
        self.failure: ConnectorError | None = None  # of the last try to get a new one

    def read(self) -> str:
        """Return a token that serves.

        Raises:
            UnavailableError: the sign-in service cannot be reached, and no token serves any more.
            AccessDeniedError: it refuses us, and no token serves any more.
        """
        with self._lock:
            self._renew()
            if self._monotonic() >= self._ends:
                raise self.failure or AccessDeniedError("the sign-in service gave a dead token")
            return self._token

    def renew(self) -> None:
        """Get a new token if the one there is comes to its end; whether it went well is noted."""
        with self._lock:
            if self._token:  # nothing is asked for an account that nobody uses
                self._renew()

    def forget(self) -> None:
        """Drop the token: a server did not accept it, whatever its end."""
        with self._lock:
            self._ends = 0.0

    def _renew(self) -> None:
        now = self._monotonic()
        if now < self._ends - RENEW_BEFORE_S:
            return
        if now < self._ends and now < self._tried + _TRY_AGAIN_S:
            return
        self._tried = now
        try:
            token = self._fetch()
        except ConnectorError as error:
            self.failure = error
            return
        self._token, self._ends = token.words, now + token.lasts_s
        self.failure = None


def bearer(username: str, token: str) -> str:
    """Return what SASL XOAUTH2 sends (Google and Microsoft document it alike)."""
    return f"user={username}\x01auth=Bearer {token}\x01\x01"
