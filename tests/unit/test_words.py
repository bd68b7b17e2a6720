"""Every id has words of its own."""

from __future__ import annotations

from datetime import date

import pytest

from daemon import model, words

TABLES = {
    model.Category: words.CATEGORIES,
    model.Source: words.SOURCES,
    model.Criterion: words.CRITERIA,
    model.Route: words.ROUTES,
    model.Register: words.REGISTERS,
    model.ClockKind: words.CLOCKS,
    model.Skip: words.SKIPS,
    model.Hold: words.HOLDS,
    model.Box: words.BOXES,
}


@pytest.mark.parametrize(("enum", "table"), TABLES.items(), ids=lambda value: str(value)[:20])
def test_every_id_has_words_and_no_two_share_them(enum, table):
    """A new member without words is found here."""
    assert set(table) == set(enum)
    assert len(set(table.values())) == len(enum)
    assert all(said and said == said.strip() and "_" not in said for said in table.values())


def test_dates_are_written_out():
    """As a person would say them, no zero in front."""
    assert words.long_date(date(2026, 3, 3)) == "Tuesday 3 March 2026"
    assert words.short_date(date(2026, 12, 31)) == "31 December 2026"


def test_only_the_first_letter_is_raised():
    """Names within stay as they are."""
    assert words.capitalised("reply to an MP") == "Reply to an MP"
    assert words.capitalised("") == ""
