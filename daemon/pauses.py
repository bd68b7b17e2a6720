"""Inboxes and outlets that a person has paused, for all daemons of the store."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from structlog.typing import FilteringBoundLogger

    from daemon.store import Store

MARK = "paused:"  # then "inbox:NAME" or "outlet:NAME"; the value is since when, "" for no more


@dataclass(slots=True, kw_only=True)
class Pauses:
    """Asks the store, each time, whether work may be done; says so once when that changes."""

    store: Store
    log: FilteringBoundLogger
    said: set[str] = field(default_factory=set)  # of which we said that it is paused

    def around(self, what: str, work: Callable[[], object]) -> Callable[[], object]:
        """Return the work of an inbox or outlet ("inbox:intake"), done unless it is paused."""

        def unless_paused() -> object:
            with self.store.read() as tx:
                paused = bool(tx.marker(MARK + what))
            if paused != (what in self.said):
                self.said ^= {what}
                if paused:
                    self.log.info("work_paused", job=what)
                else:
                    self.log.info("work_resumed", job=what)
            return None if paused else work()

        return unless_paused
