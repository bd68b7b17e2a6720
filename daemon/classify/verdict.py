"""From facts and points to a category, criteria and clocks, or to *to be sorted*."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from daemon.classify.ruleset import Sign
from daemon.model import Category, ClockKind, Criterion, Source

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from daemon.classify.ruleset import Settings
    from daemon.classify.scores import Scores
    from daemon.classify.senders import Writer

OTHER_LANGUAGE_CONFIDENCE: Final = 0.4
_AT_THRESHOLD: Final = 2.0  # log-odds of being right when the points just suffice
_BY_POINT: Final = 0.8  # what each further point adds to them
_BY_FACT: Final = frozenset({Criterion.MP_NON_ROUTINE, Criterion.COMMITTEE_CHAIR})
_REQUESTS: Final = (
    *(ClockKind.FOI, ClockKind.FOI_REVIEW, ClockKind.EIR, ClockKind.EIR_REVIEW, ClockKind.DPA),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The best guess at a category, how sure, and whether that is sure enough."""

    category: Category
    confidence: float
    decided: bool


def choose(scores: Scores, settings: Settings, *, language: str | None) -> Choice:
    """Choose the category with most points; undecided where they are few or nearly tied."""
    ranked = sorted(scores.categories.items(), key=lambda item: (-item[1], item[0]))
    if not ranked or ranked[0][1] <= 0:
        return Choice(category=Category.OTHER, confidence=0.1, decided=False)
    category, points = ranked[0]
    lead = points - max(0.0, ranked[1][1] if len(ranked) > 1 else 0.0)
    confidence = _confidence(points, lead, settings)
    if language not in {None, "en"}:
        confidence = min(confidence, OTHER_LANGUAGE_CONFIDENCE)
    sure = points >= settings.decide_points and lead >= settings.decide_lead
    return Choice(
        category=category,
        confidence=round(confidence, 3),
        decided=sure and language in {None, "en"},
    )


def is_routine(writer: Writer, choice: Choice, scores: Scores, criteria: set[Criterion]) -> bool:
    """Whether an MP passes on a new complaint with nothing that asks for more (guide §1.4)."""
    if writer.source is not Source.MP or choice.category is not Category.NEW_COMPLAINT:
        return False
    signs = scores.signs
    special = signs.get(Sign.SPECIAL_CONCERN, 0) >= 1 or signs.get(Sign.PERSONAL_ATTENTION, 0) >= 1
    return signs.get(Sign.REFERS, 0) > 0 and not criteria and not special


def text_criteria(scores: Scores, settings: Settings) -> set[Criterion]:
    """Return the criteria that the text itself shows."""
    return {
        criterion
        for criterion, points in scores.criteria.items()
        if points >= settings.criterion_points and criterion not in _BY_FACT
    }


def fact_criteria(writer: Writer, scores: Scores, *, routine: bool) -> set[Criterion]:
    """Return the criteria that follow from who writes; a chair is never also an MP."""
    if writer.source is Source.COMMITTEE_CHAIR:
        return {Criterion.COMMITTEE_CHAIR}
    if writer.source is not Source.MP or routine:
        return set()
    after_review = scores.signs.get(Sign.AFTER_REVIEW, 0) >= 1
    asks = scores.signs.get(Sign.PERSONAL_ATTENTION, 0) >= 1
    found = {Criterion.MP_NON_ROUTINE}
    return found | {Criterion.MP_POST_DECISION} if after_review and asks else found


def matters(
    scores: Scores, choice: Choice, writer: Writer, settings: Settings
) -> tuple[ClockKind, ...]:
    """Return the clocks that the text itself asks for, in the order of the enum."""
    clocks = set(_requested(scores, choice, settings))
    if _asks_as_ico(scores.clocks, choice, writer):
        clocks.add(ClockKind.ICO)
    if scores.clocks.get(ClockKind.DPA_COMPLAINT, 0) >= 1:
        clocks.add(ClockKind.DPA_COMPLAINT)
    return tuple(kind for kind in ClockKind if kind in clocks)


def in_order(criteria: set[Criterion]) -> tuple[Criterion, ...]:
    """Return criteria in the order of the enum."""
    return tuple(criterion for criterion in Criterion if criterion in criteria)


def _requested(scores: Scores, choice: Choice, settings: Settings) -> Iterator[ClockKind]:
    """Yield the clocks of information requests; a review of one is not a new one."""
    is_request = choice.category is Category.FOI_DPA
    if not is_request and scores.categories.get(Category.FOI_DPA, 0) < settings.decide_points:
        return
    found = {kind for kind in _REQUESTS if scores.clocks.get(kind, 0) >= 1}
    for first, review in (
        (ClockKind.FOI, ClockKind.FOI_REVIEW),
        (ClockKind.EIR, ClockKind.EIR_REVIEW),
    ):
        if review in found:
            found.discard(first)
    if not found and is_request:
        found = {ClockKind.FOI}  # unclear: the shorter one
    yield from found


def _asks_as_ico(clocks: Mapping[ClockKind, float], choice: Choice, writer: Writer) -> bool:
    """Whether a letter of the Commissioner's runs a clock."""
    if choice.category is Category.ICO_DECISION:
        return True
    return writer.source is Source.ICO and clocks.get(ClockKind.ICO, 0) >= 1


def _confidence(points: float, lead: float, settings: Settings) -> float:
    """Return how sure the points make, 0 to 1, as measured (docs/classification.md)."""
    short = min(points - settings.decide_points, lead - settings.decide_lead)
    return 1 / (1 + math.exp(-(_AT_THRESHOLD + _BY_POINT * short)))
