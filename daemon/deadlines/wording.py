"""How counts and lists are written in the working of a clock."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def counted(n: int, thing: str) -> str:
    """Write a number of things: "1 working day", "20 working days"."""
    return f"{n} {thing}" if n == 1 else f"{n} {thing}s"


def ordinal(n: int) -> str:
    """Write a place in a row: "1st", "28th"."""
    is_teen = n % 100 in {11, 12, 13}
    ending = "th" if is_teen else {1: "st", 2: "nd", 3: "rd"}.get(n % 10, "th")
    return f"{n}{ending}"


def listed(items: Sequence[str]) -> str:
    """Join words: "a", "a and b", "a, b and c"; "" for none."""
    if not items:
        return ""
    *most, last = items
    return f"{', '.join(most)} and {last}" if most else last
