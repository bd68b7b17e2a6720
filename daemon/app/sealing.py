"""Sealing the audit in the running daemon, and noting its head outside the database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from daemon.audit import note_anchor

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from structlog.typing import FilteringBoundLogger

    from daemon.audit import Auditor

_EVERYTHING_EVERY = timedelta(days=1)
_ANCHOR_EVERY = timedelta(hours=1)


@dataclass(slots=True, kw_only=True)
class Sealing:
    """Seals what is new at each tick, now and then everything; remembers only when it did."""

    auditor: Auditor
    anchors: Path
    clock: Callable[[], datetime]
    log: FilteringBoundLogger
    everything_at: datetime | None = None
    anchored_at: datetime | None = None
    anchored: int = 0  # the position noted last
    failed: bool = False

    def tick(self) -> None:
        """Seal, and note the head when an hour has gone by.

        Raises:
            StoreUnavailableError: the database does not answer.
        """
        now = self.clock()
        everything = _is_due(self.everything_at, now, _EVERYTHING_EVERY)
        self.auditor.seal(everything=everything)
        if everything:
            self.everything_at = now
        if _is_due(self.anchored_at, now, _ANCHOR_EVERY):
            self.anchor()

    def finish(self) -> None:
        """Seal and note the head, before an orderly stop.

        Raises:
            StoreUnavailableError: the database does not answer.
        """
        self.auditor.seal()
        self.anchor()

    def anchor(self) -> None:
        """Note the head in the log and in the file of anchors, if it has moved."""
        head = self.auditor.head()
        self.anchored_at = self.clock()
        if head is None or head.position == self.anchored:
            return
        self.log.info("audit_anchored", position=head.position, mac=head.mac)
        try:
            note_anchor(self.anchors, head)
        except OSError as error:
            # The log has it; a full or missing disk must not stop the daemon.
            if not self.failed:
                self.log.warning("audit_anchor-failed", why=type(error).__name__)
            self.failed = True
            return
        self.anchored, self.failed = head.position, False


def _is_due(last: datetime | None, now: datetime, every: timedelta) -> bool:
    return last is None or now - last >= every
