"""Several connections to one place, used as one outlet by as many threads at a time.

A mail server takes its time over each letter; over several connections it takes several at once.
"""

from __future__ import annotations

from queue import LifoQueue
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from connectors.base import Envelope, Outlet

__all__ = ["Several"]


class Several:
    """Outlets to the same place; who sends has one of them, and waits while none is free.

    The one that was used last goes first: a single letter after the other leaves by one connection.
    """

    def __init__(self, outlets: Sequence[Outlet]) -> None:
        """Take outlets that differ in nothing; at least one."""
        self._outlets = tuple(outlets)
        self._free: LifoQueue[Outlet] = LifoQueue()
        for one in reversed(self._outlets):
            self._free.put(one)

    @property
    def name(self) -> str:
        """The outlet's name in the config."""
        return self._outlets[0].name

    def send(self, envelope: Envelope) -> None:
        """Hand over one message by a connection that is free.

        Raises:
            RejectedError, DeferredError, UnavailableError, AccessDeniedError: as any outlet.
        """
        one = self._free.get()
        try:
            one.send(envelope)
        finally:
            self._free.put(one)

    def check(self) -> None:
        """Find out by one connection whether something could be sent now.

        Raises:
            UnavailableError, AccessDeniedError: as any outlet.
        """
        one = self._free.get()
        try:
            one.check()
        finally:
            self._free.put(one)

    def close(self) -> None:
        """Let go of every connection; safe to call twice."""
        for one in self._outlets:
            one.close()
