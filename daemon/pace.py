"""How fast an outlet may be used: so many mails a minute, as its provider allows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

_BURST: Final = timedelta(seconds=10)  # what may go at once, so that an alert never waits longer
_MINUTE: Final = timedelta(minutes=1)


@dataclass(slots=True, kw_only=True)
class Pace:
    """A bucket of leave to send that fills evenly; for one process."""

    per_minute: int
    left: float = 0.0
    filled_at: datetime | None = None

    def room(self, now: datetime) -> int:
        """Return how many mails may go now; `now` is aware."""
        most = max(1.0, self.per_minute * (_BURST / _MINUTE))
        if self.filled_at is None:
            self.left = most
        else:
            # A clock that is set back must not stop the mail.
            passed = max(timedelta(), now - self.filled_at)
            self.left = min(most, self.left + self.per_minute * (passed / _MINUTE))
        self.filled_at = now
        return int(self.left)

    def took(self, mails: int) -> None:
        """Note that mails were tried."""
        self.left -= mails
