"""Instants and dates in Europe/London, read and written."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Final
from zoneinfo import ZoneInfo

LONDON: Final = ZoneInfo("Europe/London")
EARLIEST_YEAR: Final = 1970
LATEST_YEAR: Final = 2100

_LAST_SECOND: Final = time(23, 59, 59)


def london_date(instant: datetime) -> date:
    """Return the date in Europe/London of an aware instant.

    Raises:
        ValueError: the instant carries no zone.

    """
    if instant.utcoffset() is None:
        msg = "an instant without a zone has no date in London"
        raise ValueError(msg)
    return instant.astimezone(LONDON).date()


def at_hour(day: date, hour: int) -> datetime:
    """Return the instant, in UTC, of a full hour on a date in Europe/London."""
    return datetime.combine(day, time(hour), LONDON).astimezone(UTC)


def end_of(day: date) -> datetime:
    """Return the instant, in UTC, of 23:59:59 Europe/London on a date."""
    return datetime.combine(day, _LAST_SECOND, LONDON).astimezone(UTC)


def as_london_text(instant: datetime) -> str:
    """Write an aware instant in ISO 8601 with the offset London has at that instant."""
    return instant.astimezone(LONDON).isoformat()


def in_words(day: date) -> str:
    """Write a date for a person: "Wednesday 1 April 2026"."""
    return f"{day:%A} {day.day} {day:%B} {day.year}"


def parse_received(text: str) -> datetime:
    """Read an ISO 8601 date or date-time as an aware instant, in UTC.

    Without an offset it is Europe/London: the first of two where the clocks go back; a time
    that the clocks skip in spring is moved on by the hour skipped. A date alone is 00:00.

    Raises:
        ValueError: it is no such date or time, in a sentence for the person who typed it.

    """
    try:
        read = datetime.fromisoformat(text.strip())
    except ValueError as error:
        msg = "This is no ISO 8601 date or time such as 2026-04-01 or 2026-04-01T09:30."
        raise ValueError(msg) from error
    if not EARLIEST_YEAR <= read.year <= LATEST_YEAR:
        msg = f"The year is not between {EARLIEST_YEAR} and {LATEST_YEAR}."
        raise ValueError(msg)
    aware = read if read.utcoffset() is not None else read.replace(tzinfo=LONDON)
    return aware.astimezone(UTC)
