"""Case numbers in a message: the office's own where given, else another body's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from daemon.classify.phrases import compiled
from daemon.classify.zones import ENQUIRY

if TYPE_CHECKING:
    from daemon.classify.ruleset import Settings
    from daemon.classify.zones import Zones

# What people write before a number that is none of ours: "our ref: AB/123", "case no 12345".
_INTRODUCED: Final = (
    r"\b(?:our|your|my|their)?\s*(?:ref(?:erence)?|case|file|complaint|claim|account|application)"
    r"(?:\s*(?:no|num|number|ref|reference|id))?\b\.?\s*(?:is|was)?\s*[:#]?\s*"
    r"([A-Za-z]{0,6}[-/. ]?[0-9][A-Za-z0-9/.,-]{2,24}[A-Za-z0-9]"
    r"|[A-Z][A-Za-z]{0,5}[-/][A-Za-z0-9/-]*[0-9][A-Za-z0-9/-]*)"
)
_FEWEST_DIGITS: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class References:
    """The case numbers found, as written; None where there is none of the kind."""

    own: str | None = None
    customer_care: str | None = None
    other: str | None = None

    @property
    def best(self) -> str | None:
        """The office's own number, else any other."""
        return self.own or self.customer_care or self.other


class ReferenceFinder:
    """The shapes of case numbers, compiled once."""

    __slots__ = ("_customer_care", "_introduced", "_other", "_own")

    def __init__(self, settings: Settings) -> None:
        self._own = _shapes((*settings.own_references, ENQUIRY), ignore_case=True)
        self._customer_care = _shapes(settings.customer_care_references, ignore_case=True)
        self._other = _shapes(settings.other_references, ignore_case=False)
        self._introduced = compiled(_INTRODUCED)

    def found(self, zones: Zones) -> References:
        """Return the case numbers of a message: the new text's before the subject's."""
        places = (zones.new, zones.subject, zones.quoted)
        return References(
            own=_first(self._own, places),
            customer_care=_first(self._customer_care, places),
            other=_first(self._other, places) or self._introduced_in(places),
        )

    def _introduced_in(self, places: tuple[str, ...]) -> str | None:
        """Return the first number that the words before it call a reference."""
        for place in places:
            for match in self._introduced.finditer(place):
                number = str(match.group(1)).strip()
                if sum(letter.isdigit() for letter in number) >= _FEWEST_DIGITS:
                    return number
        return None


def _shapes(patterns: tuple[str, ...], *, ignore_case: bool) -> Any:  # noqa: ANN401 - untyped re2
    """Return one pattern for all shapes, or None."""
    joined = "|".join(f"(?:{pattern})" for pattern in patterns)
    source = rf"(?:^|[^A-Za-z0-9/-])({joined})(?:$|[^A-Za-z0-9/-]|-?\s)"
    return compiled(source, ignore_case=ignore_case) if patterns else None


def _first(pattern: Any, places: tuple[str, ...]) -> str | None:  # noqa: ANN401 - untyped re2
    """Return the first match in the first place that has one."""
    for place in places if pattern is not None else ():
        match = pattern.search(place)
        if match is not None:
            return str(match.group(1))
    return None
