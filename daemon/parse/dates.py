"""Date headers to instants: mail-parser first, the tolerant standard library behind it."""

from __future__ import annotations

import email.utils
import re
from datetime import UTC, datetime

from mailparser.utils import convert_mail_date

# Named zones that RFC 5322 does not know and libraries take for UTC.
_ZONES = {
    "BST": "+0100", "IST": "+0530", "WET": "+0000", "WEST": "+0100", "CET": "+0100",
    "CEST": "+0200", "MEZ": "+0100", "MESZ": "+0200", "MET": "+0100", "MEST": "+0200",
    "EET": "+0200", "EEST": "+0300", "MSK": "+0300", "JST": "+0900", "KST": "+0900",
    "HKT": "+0800", "SGT": "+0800", "AEST": "+1000", "AEDT": "+1100", "NZST": "+1200",
    "NZDT": "+1300", "SAST": "+0200",
}  # fmt: skip
_LAST_WORD = re.compile(r"[ \t]([A-Z]{3,4})\Z")
_FRACTION = re.compile(r"(\d:\d{2}:\d{2})[.,]\d{1,9}")
_OFFSET = re.compile(r"(?:GMT|UTC|UT)?[ ]?([+-]|(?=0000\Z))(\d{2}):?(\d{2})\Z")
_MAX_CHARS = 200
_FIRST_YEAR, _LAST_YEAR = 1900, 9998


def date_at(value: str) -> datetime | None:
    """Return the instant (aware UTC) that a date header names, or None (RFC 5322 §3.3, §4.3)."""
    value = _plain_zone(" ".join(value[:_MAX_CHARS].split()))
    if not value:
        return None
    for read in (_by_mail_parser, _by_standard_library, _by_iso_8601):
        try:
            found = read(value)
        except (ValueError, TypeError, LookupError, OverflowError, RecursionError):
            continue
        if found is not None and _FIRST_YEAR <= found.year <= _LAST_YEAR:
            return found
    return None


def _plain_zone(value: str) -> str:
    """Write a zone that follows the time as `+hhmm`, leaving a comment behind it out."""
    if value.endswith(")"):
        value = value.partition("(")[0].rstrip()
    value = _FRACTION.sub(r"\1", value)
    named = _LAST_WORD.search(value)
    if named and named[1] in _ZONES:
        return value[: named.start()] + " " + _ZONES[named[1]]
    offset = _OFFSET.search(value)
    if offset and ":" in value[: offset.start()]:
        return value[: offset.start()].rstrip() + " " + (offset[1] or "+") + offset[2] + offset[3]
    return value


def _by_mail_parser(value: str) -> datetime | None:
    at: datetime = convert_mail_date(value)[0]
    return at.astimezone(UTC)


def _by_standard_library(value: str) -> datetime | None:
    at = email.utils.parsedate_to_datetime(value)
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def _by_iso_8601(value: str) -> datetime | None:
    at = datetime.fromisoformat(value.replace(" +", "+").replace(" -", "-"))
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
