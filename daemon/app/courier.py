"""Sending by one outlet now and then, and leaving it alone for a while when it fails."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from connectors.base import AccessDeniedError, PausedError, UnavailableError
from daemon.health import Standing

if TYPE_CHECKING:
    from collections.abc import Callable

    from structlog.typing import FilteringBoundLogger

    from connectors.base import ConnectorError, Outlet
    from daemon.outbox import Sender

_FIRST_PAUSE = timedelta(seconds=5)
_LONGEST_PAUSE = timedelta(minutes=5)
_MOST_DOUBLINGS = 10


@dataclass(slots=True, kw_only=True)
class Courier:
    """One outlet's sender; remembers only when to try again."""

    outlet: Outlet
    sender: Sender
    clock: Callable[[], datetime]
    log: FilteringBoundLogger
    stopping: Callable[[], bool]
    standing: Standing = field(default_factory=Standing)
    failures: int = 0
    retry_at: datetime | None = None

    def send(self) -> None:
        """Send what is due, unless the outlet is being left alone.

        Raises:
            StoreUnavailableError: the database does not answer.
        """
        if self.retry_at is not None and self.clock() < self.retry_at:
            return
        done = self.sender.send_due(self.outlet, until=self.stopping)
        if done.sent or done.deferred or done.rejected:
            self.log.info(
                "outbox_sent",
                outlet=self.outlet.name,
                sent=done.sent,
                deferred=done.deferred,
                rejected=done.rejected,
            )
        if isinstance(done.stopped_by, PausedError):
            self.retry_at = done.stopped_by.retry_at  # as much as is allowed went out
            return
        if done.stopped_by is not None:
            self._failed(done.stopped_by)
            return
        if not (done.sent or done.deferred or done.rejected):
            if not self.failures:
                return
            try:  # nothing is due that would show whether it is back
                self.outlet.check()
            except (UnavailableError, AccessDeniedError) as error:
                self._failed(error)
                return
        self.standing.went_well(self.clock())
        if self.failures:
            self.log.info("outlet_recovered", outlet=self.outlet.name, attempts=self.failures)
            self.failures, self.retry_at = 0, None

    def clock_was_set(self) -> None:
        """Forget when to send again: it was reckoned by another clock."""
        self.retry_at = None

    def _failed(self, error: ConnectorError) -> None:
        self.failures += 1
        self.standing.failed(error, self.clock())
        doublings: int = 2 ** min(self.failures - 1, _MOST_DOUBLINGS)
        self.retry_at = self.clock() + min(_FIRST_PAUSE * doublings, _LONGEST_PAUSE)
        if isinstance(error, UnavailableError) and error.wait_s is not None:
            self.retry_at = self.clock() + timedelta(seconds=error.wait_s)
        if isinstance(error, UnavailableError) and error.retry_at is not None:
            self.retry_at = error.retry_at
        if self.failures > 1:
            return  # said once, and once more on recovery
        if isinstance(error, AccessDeniedError):
            self.log.error("outlet_access-denied", outlet=self.outlet.name, why=str(error))
        else:
            self.log.warning("outlet_unavailable", outlet=self.outlet.name, why=str(error))
