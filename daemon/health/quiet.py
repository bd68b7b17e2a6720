"""Whether an inbox is quiet beyond its own usual, by the pauses between its mails.

Pauses are counted in the office's hours alone, since nights and weekends are quiet everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

from daemon.deadlines import LONDON, london_date

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date

_OPENS, _CLOSES = time(9), time(17)  # London
_FEWEST = 40  # mails of four weeks: of fewer nothing can be said
_SHARE = 0.98  # the pause that all but one of fifty stay below …
_TIMES = 4  # … and how often it may go by before that is odd
_AT_LEAST = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Quiet:
    """How long an inbox has been quiet, in office hours, and up to where that is usual."""

    pause: timedelta
    usual: timedelta

    @property
    def is_odd(self) -> bool:
        """Whether somebody should look."""
        return self.pause > self.usual


def usual_pause(
    arrivals: Sequence[datetime], is_working_day: Callable[[date], bool]
) -> timedelta | None:
    """Return the longest pause that is usual for an inbox; None where too little came to tell.

    `arrivals` are the aware times of its mails of some weeks, oldest first. An outage among them
    does not stretch what counts as usual.
    """
    if len(arrivals) < _FEWEST:
        return None
    pauses = sorted(
        office_time(before, after, is_working_day) for before, after in pairwise(arrivals)
    )
    return max(pauses[int(_SHARE * (len(pauses) - 1))] * _TIMES, _AT_LEAST)


def office_time(
    start: datetime, end: datetime, is_working_day: Callable[[date], bool]
) -> timedelta:
    """Return how much of the office's hours lies between two aware times."""
    total, day, last = timedelta(), london_date(start), london_date(end)
    while day <= last:
        if is_working_day(day):
            opens = datetime.combine(day, _OPENS, LONDON)
            closes = datetime.combine(day, _CLOSES, LONDON)
            total += max(min(end, closes) - max(start, opens), timedelta())
        day += timedelta(days=1)
    return total
