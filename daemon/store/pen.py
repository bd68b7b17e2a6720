"""Who writes next: threads that take their turns in the order in which they came."""

from __future__ import annotations

import threading
from collections import deque


class Pen:
    """A lock that goes to whoever has waited longest. A plain one goes to whoever is there first.

    That would be the thread that let go of it a moment ago and has much to write.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._is_taken = False
        self._waiting: deque[threading.Event] = deque()

    def take(self, *, within_s: float) -> bool:
        """Wait for the pen and take it; whether that came about in time."""
        turn = threading.Event()
        with self._lock:
            if not self._is_taken:
                self._is_taken = True
                return True
            self._waiting.append(turn)
        if turn.wait(within_s):
            return True
        with self._lock:
            if turn.is_set():  # handed to us at the last moment
                return True
            self._waiting.remove(turn)
        return False

    def hand_on(self) -> None:
        """Give it to who has waited longest, or lay it down."""
        with self._lock:
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self._is_taken = False
