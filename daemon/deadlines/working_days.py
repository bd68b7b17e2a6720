"""Working days by nation: Monday to Friday without the bank holidays that a clock leaves out."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from holidays import country_holidays

from daemon.deadlines.london import at_hour
from daemon.deadlines.wording import listed
from daemon.model import ClockKind, ClockPolicy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

UNITED_KINGDOM: Final = ("ENG", "WLS", "SCT", "NIR")
ENGLAND_AND_WALES: Final = ("ENG", "WLS")

_ANY_NATION_COUNTS: Final = frozenset(
    {ClockKind.FOI, ClockKind.FOI_REVIEW, ClockKind.EIR, ClockKind.EIR_REVIEW}
)
_NATION_NAMES: Final = MappingProxyType(
    {"ENG": "England", "WLS": "Wales", "SCT": "Scotland", "NIR": "Northern Ireland"}
)
_ANNOUNCED_LATE: Final = "bank holiday entered by the office"
_SATURDAY: Final = 5
_NOON: Final = 12
_ONE_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class WorkingDays:
    """The office's calendar: published bank holidays, and those in the clock policy.

    Source: FOI Act 2000 s.10(6) and EIR 2004 reg. 2 (bank holidays of any part of the United
    Kingdom) for `foi`, `foi-review`, `eir` and `eir-review`; England and Wales for the rest.
    """

    policy: ClockPolicy = field(default_factory=ClockPolicy)
    published: tuple[int, int] | None = None
    """The first and last year whose bank holidays are known; None: those of the package."""

    def is_working(self, day: date, kind: ClockKind) -> bool:
        """Whether a date is a working day for this kind of clock."""
        return day.weekday() < _SATURDAY and self.holiday_name(day, kind) is None

    def holiday_name(self, day: date, kind: ClockKind) -> str | None:
        """Return what bank holiday a date is for this kind of clock, or None.

        The nations are named where it is not a holiday in all that this clock looks at.
        """
        nations = nations_of(kind)
        published = _bank_holidays(nations, day.year).get(day)
        return published or self._announced_late(day, nations)

    def add(self, day: date, n: int, kind: ClockKind) -> date:
        """Return the `n`th working day after a date; day 1 is the first after it.

        Raises:
            ValueError: `n` is less than 1.

        """
        return self._nth(day, n, kind, step=_ONE_DAY)

    def back(self, day: date, n: int, kind: ClockKind) -> date:
        """Return the `n`th working day before a date, the date itself not counted.

        Raises:
            ValueError: `n` is less than 1.

        """
        return self._nth(day, n, kind, step=-_ONE_DAY)

    def on_or_before(self, day: date, kind: ClockKind) -> date:
        """Return a date itself where it is a working day, else the last one before it."""
        return day if self.is_working(day, kind) else self.back(day, 1, kind)

    def on_or_after(self, day: date, kind: ClockKind) -> date:
        """Return a date itself where it is a working day, else the first one after it."""
        return day if self.is_working(day, kind) else self.add(day, 1, kind)

    def weekday_holidays(
        self, first: date, last: date, kind: ClockKind
    ) -> tuple[tuple[date, str], ...]:
        """Return the bank holidays on Mondays to Fridays from `first` to `last`, with names."""
        nations, years = nations_of(kind), range(first.year, last.year + 1)
        published = {day for year in years for day in _bank_holidays(nations, year)}
        known = sorted(published.union(self.policy.extra_holidays))
        within = (day for day in known if first <= day <= last and day.weekday() < _SATURDAY)
        named = ((day, self.holiday_name(day, kind)) for day in within)
        return tuple((day, name) for day, name in named if name is not None)

    def holidays_of(self, year: int, kind: ClockKind) -> tuple[tuple[date, str], ...]:
        """Return a year's bank holidays for a kind of clock, in order, with names."""
        return self.weekday_holidays(date(year, 1, 1), date(year, 12, 31), kind)

    def noon(self, day: date) -> datetime:
        """Return noon in London on a day, in UTC: a time for what has only a date."""
        return at_hour(day, _NOON)

    def covers(self, year: int) -> bool:
        """Whether bank holidays are known for a year; without them only weekends are left out."""
        first, last = self.published or _published_years()
        return first <= year <= last

    def _nth(self, day: date, n: int, kind: ClockKind, *, step: timedelta) -> date:
        if n < 1:
            msg = "working days are counted from 1"
            raise ValueError(msg)
        for _ in range(n):
            day = _next_such(day + step, lambda d: self.is_working(d, kind), step)
        return day

    def _announced_late(self, day: date, nations: tuple[str, ...]) -> str | None:
        entered = self.policy.extra_holidays.get(day, frozenset())
        observing = tuple(nation for nation in nations if nation in entered)
        return _label(_ANNOUNCED_LATE, observing, nations) if observing else None


def nations_of(kind: ClockKind) -> tuple[str, ...]:
    """Return the nations whose bank holidays a clock leaves out."""
    return UNITED_KINGDOM if kind in _ANY_NATION_COUNTS else ENGLAND_AND_WALES


def _next_such(day: date, is_such: Callable[[date], bool], step: timedelta) -> date:
    while not is_such(day):
        day += step
    return day


# Published holidays are constant while the process lives: what is announced late comes in
# through the policy, which is asked afresh each time, so nothing here can grow stale.
@cache
def _bank_holidays(nations: tuple[str, ...], year: int) -> Mapping[date, str]:
    """Return a year's bank holidays in any of the nations, with their labels."""
    names: dict[date, dict[str, str]] = {}
    for nation in nations:
        # Without `subdiv` the package gives only what all nations have in common.
        found = country_holidays("GB", subdiv=nation, years=year, expand=False, language="en_GB")
        for day, name in found.items():
            names.setdefault(day, {})[nation] = name
    return MappingProxyType(
        {
            day: _label(next(iter(by_nation.values())), by_nation, nations)
            for day, by_nation in names.items()
        }
    )


@cache
def _published_years() -> tuple[int, int]:
    calendar = country_holidays("GB", subdiv="ENG", expand=False)
    return calendar.start_year, calendar.end_year


def _label(name: str, observing: Iterable[str], nations: tuple[str, ...]) -> str:
    """Name a holiday in words, and the nations that observe it where not all do."""
    words = name.replace(" (observed)", ", substitute day")
    observed_by = [_NATION_NAMES[nation] for nation in observing]
    return words if len(observed_by) == len(nations) else f"{words} ({listed(observed_by)})"
