"""The language of a mail: the ending of its folder says it ("general.cy" is in Welsh)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from babel import Locale, UnknownLocaleError
from babel.dates import format_date

from daemon.words import long_date

if TYPE_CHECKING:
    from datetime import date

ENGLISH: Final = "en-GB"


def language_of(name: str) -> str:
    """Return the BCP 47 tag of a mail by its name; British English where it has no ending."""
    return name.rpartition(".")[2] if "." in name else ENGLISH


def is_language(tag: str) -> bool:
    """Whether dates can be written in a language."""
    try:
        Locale.parse(tag, sep="-")
    except (UnknownLocaleError, ValueError):
        return False
    return True


def in_words(day: date, language: str) -> str:
    """Write a date out, with its day of the week.

    Raises:
        babel.UnknownLocaleError, ValueError: ask `is_language` first.
    """
    if language == ENGLISH:
        return long_date(day)
    return format_date(day, "EEEE d MMMM y", locale=Locale.parse(language, sep="-"))
