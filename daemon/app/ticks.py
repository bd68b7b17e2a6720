"""Ticks: work that is done now and then, and at once when somebody asks."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(slots=True, kw_only=True)
class Tick:
    """Work that is done now and then, and at once when woken; one run at a time.

    A wake during a run makes it run once more, so that none is lost.
    """

    name: str
    work: Callable[[], object]
    failed: Callable[[Tick, Exception], None]
    errors: int = 0
    error: str = ""  # the class of the last
    ended_at: float = 0.0  # monotonic: when it last came to an end, well or not
    _wanted: threading.Event = field(default_factory=threading.Event)
    _running: threading.Lock = field(default_factory=threading.Lock)
    _deciding: threading.Lock = field(default_factory=threading.Lock)  # whether to run once more
    _goes_on: bool = False
    _done: threading.Event = field(default_factory=threading.Event)  # what was asked for

    def ask(self) -> bool:
        """Have a run that goes on now followed by another; False where none goes on."""
        with self._deciding:
            self._wanted.set()
            self._done.clear()
            return self._goes_on

    def __call__(self) -> None:
        """Run, and again for as long as somebody asked meanwhile."""
        with self._running:
            self._goes_on = again = True
            while again:
                self._wanted.clear()
                is_well = self._run()
                with self._deciding:
                    self._goes_on = again = is_well and self._wanted.is_set()
                    if not again:
                        self._done.set()

    def settles_within(self, seconds: float) -> bool:
        """Wait until what was asked for has been done; whether it was in time."""
        return self._done.wait(seconds)

    def ends_by(self, until: float) -> bool:
        """Wait for a run that goes on now, until `until` (monotonic); whether it has ended."""
        ended = self._running.acquire(timeout=max(0.0, until - time.monotonic()))
        if ended:
            self._running.release()
        return ended

    def _run(self) -> bool:
        try:
            self.work()
        except Exception as error:  # noqa: BLE001 -- a job's end of the line: logged and counted
            self.error = type(error).__name__
            self.failed(self, error)
            return False
        finally:
            self.ended_at = time.monotonic()
        self.errors = 0
        return True
