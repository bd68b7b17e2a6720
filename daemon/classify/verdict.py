"""From facts, points and the model's opinion to a category and criteria, or to *to be sorted*."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from daemon.classify.ruleset import Sign
from daemon.model import Box, Category, ClockKind, Criterion, Source

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from daemon.classify.learned.model import Opinion
    from daemon.classify.reading import Reading
    from daemon.classify.ruleset import Settings
    from daemon.classify.scores import Scores

OTHER_LANGUAGE_CONFIDENCE: Final = 0.4
_BY_RULE: Final = 0.99  # a rule in config that decides
_AT_THRESHOLD: Final = 2.0  # log-odds of being right when the points just suffice
_BY_POINT: Final = 0.8  # what each further point adds to them
_BY_FACT: Final = frozenset({Criterion.MP_NON_ROUTINE, Criterion.COMMITTEE_CHAIR})
_REQUESTS: Final = (
    *(ClockKind.FOI, ClockKind.FOI_REVIEW, ClockKind.EIR, ClockKind.EIR_REVIEW, ClockKind.DPA),
)
_MPS: Final = frozenset({Source.MP, Source.COMMITTEE_CHAIR})


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The best guess at a category, how sure, and whether that is sure enough."""

    category: Category
    confidence: float
    decided: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a message is taken for; `criteria` are those of the text itself."""

    choice: Choice
    source: Source
    routine: bool
    criteria: frozenset[Criterion]


def judge_by_rules(reading: Reading, settings: Settings) -> Verdict:
    """Judge by facts and rules alone: before a model is learnt, and in other languages."""
    scores = reading.scores
    choice = _in_doubt(_by_points(reading, settings), reading)
    source = _source_by_rules(reading, choice.category)
    criteria = frozenset(_criteria_by_rules(scores, settings))
    routine = source is Source.MP and _is_routine_by_rules(choice.category, scores, criteria)
    return Verdict(choice=choice, source=source, routine=routine, criteria=criteria)


def judge_by_model(reading: Reading, opinion: Opinion, settings: Settings) -> Verdict:
    """Judge by the model, which has counted facts and rules too; a rule that decides goes first."""
    choice = _by_opinion(reading, opinion, settings)
    source = _source_by_model(reading, opinion, choice)
    criteria = frozenset(_criteria_by_model(reading.scores, opinion, settings))
    routine = (
        source is Source.MP
        and choice.category is Category.NEW_COMPLAINT
        and not criteria
        and not _asks_for_more(reading.scores)
        and opinion.routine >= settings.routine_confidence
    )
    after_decision = opinion.criteria[Criterion.MP_POST_DECISION]
    if source is Source.MP and not routine:
        needed = settings.criterion_confidence[Criterion.MP_POST_DECISION]
        criteria |= {Criterion.MP_POST_DECISION} if after_decision >= needed else frozenset()
    return Verdict(choice=choice, source=source, routine=routine, criteria=criteria)


# The category


def _by_opinion(reading: Reading, opinion: Opinion, settings: Settings) -> Choice:
    decided = reading.scores.decided_category
    if decided is not None:
        return _in_doubt(Choice(category=decided, confidence=_BY_RULE, decided=True), reading)
    choice = Choice(
        category=opinion.category,
        confidence=round(opinion.confidence, 4),
        decided=opinion.confidence >= settings.decide_confidence,
    )
    return _in_doubt(choice, reading)


def _by_points(reading: Reading, settings: Settings) -> Choice:
    """Choose the category with most points; undecided where they are few or nearly tied."""
    scores = reading.scores
    if scores.decided_category is not None:
        return Choice(category=scores.decided_category, confidence=_BY_RULE, decided=True)
    ranked = sorted(scores.categories.items(), key=lambda item: (-item[1], item[0]))
    if not ranked or ranked[0][1] <= 0:
        return Choice(category=Category.OTHER, confidence=0.1, decided=False)
    category, points = ranked[0]
    lead = points - max(0.0, ranked[1][1] if len(ranked) > 1 else 0.0)
    confidence = _confidence(points, lead, settings)
    if reading.is_foreign:
        confidence = min(confidence, OTHER_LANGUAGE_CONFIDENCE)
    sure = points >= settings.decide_points and lead >= settings.decide_lead
    return Choice(
        category=category,
        confidence=round(confidence, 3),
        decided=sure and not reading.is_foreign,
    )


def _in_doubt(choice: Choice, reading: Reading) -> Choice:
    """Leave it to a person where the sender may not be who it says."""
    if not (reading.writer.unproven or reading.facts.other_addresses):
        return choice
    return Choice(category=choice.category, confidence=choice.confidence, decided=False)


def _confidence(points: float, lead: float, settings: Settings) -> float:
    """Return how sure the points make, 0 to 1, as measured (docs/classification.md)."""
    short = min(points - settings.decide_points, lead - settings.decide_lead)
    return 1 / (1 + math.exp(-(_AT_THRESHOLD + _BY_POINT * short)))


# Who wrote


def _source_by_rules(reading: Reading, category: Category) -> Source:
    """Return the source; machine mail that only words show is still a machine's."""
    source = reading.writer.source
    if category is not Category.NOT_AN_ENQUIRY:
        return source
    chatter = reading.scores.signs.get(Sign.GENERAL_CHATTER, 0) >= 1
    if reading.message.box is Box.X_MENTION or chatter:
        return Source.UNKNOWN if source is Source.COMPLAINANT else source
    return Source.MACHINE


def _source_by_model(reading: Reading, opinion: Opinion, choice: Choice) -> Source:
    """Return the source: an address that proves it, else the likeliest that may be."""
    writer, category = reading.writer, choice.category
    is_enquiry = category is not Category.NOT_AN_ENQUIRY
    if writer.certain or writer.source in _MPS:
        # An office's automatic reply comes from its own address.
        by_machine = not is_enquiry and choice.decided and not reading.message.box.is_social
        return Source.MACHINE if by_machine else writer.source
    out = {Source.MACHINE} if is_enquiry else set()
    allowed = {one: share for one, share in opinion.sources.items() if one not in out | _MPS}
    likeliest = max(allowed, key=lambda one: allowed[one])
    is_chatter = not is_enquiry and reading.message.box.is_social
    return Source.UNKNOWN if is_chatter and likeliest is Source.COMPLAINANT else likeliest


# Routine referrals and criteria


def _is_routine_by_rules(
    category: Category, scores: Scores, criteria: frozenset[Criterion]
) -> bool:
    """Whether an MP passes on a new complaint with nothing that asks for more (guide §1.4)."""
    if category is not Category.NEW_COMPLAINT:
        return False
    return scores.signs.get(Sign.REFERS, 0) > 0 and not criteria and not _asks_for_more(scores)


def _asks_for_more(scores: Scores) -> bool:
    signs = scores.signs
    return signs.get(Sign.SPECIAL_CONCERN, 0) >= 1 or signs.get(Sign.PERSONAL_ATTENTION, 0) >= 1


def _criteria_by_rules(scores: Scores, settings: Settings) -> Iterator[Criterion]:
    """Yield the criteria that the rules see in the text itself."""
    yield from scores.decided_criteria - _BY_FACT
    for criterion, points in scores.criteria.items():
        if points >= settings.criterion_points and criterion not in _BY_FACT:
            yield criterion


def _criteria_by_model(scores: Scores, opinion: Opinion, settings: Settings) -> Iterator[Criterion]:
    """Yield the criteria that are likely enough, and those that a rule decides."""
    yield from scores.decided_criteria - _BY_FACT
    for criterion, probability in opinion.criteria.items():
        likely = probability >= settings.criterion_confidence[criterion]
        if likely and criterion is not Criterion.MP_POST_DECISION:
            yield criterion


def fact_criteria(source: Source, scores: Scores, *, routine: bool) -> set[Criterion]:
    """Return the criteria that follow from who writes; a chair is never also an MP."""
    if source is Source.COMMITTEE_CHAIR:
        return {Criterion.COMMITTEE_CHAIR}
    if source is not Source.MP or routine:
        return set()
    after_review = scores.signs.get(Sign.AFTER_REVIEW, 0) >= 1
    asks = scores.signs.get(Sign.PERSONAL_ATTENTION, 0) >= 1
    found = {Criterion.MP_NON_ROUTINE}
    return found | {Criterion.MP_POST_DECISION} if after_review and asks else found


def in_order(criteria: set[Criterion] | frozenset[Criterion]) -> tuple[Criterion, ...]:
    """Return criteria in the order of the enum."""
    return tuple(criterion for criterion in Criterion if criterion in criteria)


# Clocks


def matters(scores: Scores, verdict: Verdict, settings: Settings) -> tuple[ClockKind, ...]:
    """Return the clocks that the text itself asks for, in the order of the enum."""
    category = verdict.choice.category
    clocks = set(_requested(scores, category, settings))
    if _asks_as_ico(scores.clocks, category, verdict.source):
        clocks.add(ClockKind.ICO)
    if scores.clocks.get(ClockKind.DPA_COMPLAINT, 0) >= 1:
        clocks.add(ClockKind.DPA_COMPLAINT)
    return tuple(kind for kind in ClockKind if kind in clocks)


def _requested(scores: Scores, category: Category, settings: Settings) -> Iterator[ClockKind]:
    """Yield the clocks of information requests; a review of one is not a new one."""
    is_request = category is Category.FOI_DPA
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


def _asks_as_ico(clocks: Mapping[ClockKind, float], category: Category, source: Source) -> bool:
    """Whether a letter of the Commissioner's runs a clock."""
    if category is Category.ICO_DECISION:
        return True
    return source is Source.ICO and clocks.get(ClockKind.ICO, 0) >= 1
