"""Plain dates that a letter of the Information Commissioner states."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, Final

from daemon.classify.phrases import compiled

if TYPE_CHECKING:
    from daemon.classify.zones import Zones

_MONTHS: Final = (
    "jan",
    "feb",
    "mar",
    "apr",
    "may",
    "jun",
    "jul",
    "aug",
    "sep",
    "oct",
    "nov",
    "dec",
)
_DATE: Final = (
    r"(?:(?:mon|tues?|wednes|wed|thurs?|fri|satur|sat|sun)(?:day)?,?\s+)?(?:the\s+)?"
    r"([0-3]?[0-9])(?:st|nd|rd|th)?(?:\s+of)?"
    r"[\s/.]+([A-Za-z]{3,9}|[01]?[0-9])[\s/.,]+((?:19|20)[0-9]{2})\b"
)
_TIME: Final = (
    r"(?:(?:[0-9]{1,2}[:.]?[0-9]{0,2}\s*(?:am|pm)?|noon|close of business|midnight)\s+on\s+)?"
)
_REPLY_BY: Final = compiled(
    r"\b(?:by|before|not? later than|no later than|on or before|deadline(?: is| of|:)?)"
    r"(?:\s+(?:no|not) later than)?\s+" + _TIME + _DATE
)
_NOTICE: Final = compiled(
    r"(?:\bdated?:?|\bdate of (?:this )?(?:decision )?notice:?|\bissued on|\bnotice of)\s+" + _DATE
)


def reply_by_on(zones: Zones) -> date | None:
    """Return the date that a letter asks for an answer by; None where it names none in full."""
    return _stated(_REPLY_BY, zones)


def notice_on(zones: Zones) -> date | None:
    """Return a notice's own date; None where it names none in full."""
    return _stated(_NOTICE, zones)


def _stated(pattern: Any, zones: Zones) -> date | None:  # noqa: ANN401 - re2 ships no types
    """Return the first date that follows the words of a pattern."""
    for match in pattern.finditer(f"{zones.subject}\n{zones.new}"):
        found = _as_date(*match.groups())
        if found is not None:
            return found
    return None


def _as_date(day: str, month: str, year: str) -> date | None:
    """Return the date that three words stand for; None where there is no such day."""
    number = int(month) if month.isdigit() else _month(month)
    try:
        return date(int(year), number, int(day))
    except ValueError:
        return None


def _month(name: str) -> int:
    """Return the number of a month's English name; 0 where it is none."""
    start = name[:3].lower()
    return _MONTHS.index(start) + 1 if start in _MONTHS else 0
