"""The table that classification is measured by: labelled messages against what was made of them.

Every figure is a share with its 95 % interval (Wilson's), so that small numbers say so themselves.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from daemon.model import Box, Category, Criterion, Route, Source

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from daemon.classify import Labels
    from daemon.model import Classification, Decision

_Z: Final = 1.96  # 95 %
FROM_TEXT: Final = tuple(one for one in Criterion if one.is_read_from_text)
"""The criteria that a reader sees in the text."""
_GUARDED: Final = frozenset({Source.MP, Source.COMMITTEE_CHAIR, Source.ICO})
_MPS: Final = frozenset({Source.MP, Source.COMMITTEE_CHAIR})


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What was made of a message, as far as it is measured."""

    category: Category
    source: Source
    routine: bool
    criteria: frozenset[Criterion]
    confidence: float
    to_be_sorted: bool
    reference: str | None
    route: Route | None


def answer_of(found: Classification, decision: Decision) -> Answer:
    """Return what is measured of a classification and of what it led to."""
    return Answer(
        category=found.category,
        source=found.source,
        routine=found.routine,
        criteria=frozenset(found.criteria),
        confidence=found.confidence,
        to_be_sorted=found.to_be_sorted,
        reference=found.reference,
        route=decision.route,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A labelled message and its answer."""

    id: str
    box: Box
    labels: Labels
    answer: Answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """What is counted: the cases it is about, and those of them that are hits."""

    key: str
    says: str
    about: Callable[[Case], bool]
    is_hit: Callable[[Case], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One row of the table: of `of` messages, `hits` were as it says."""

    key: str
    says: str
    hits: int
    of: int

    @property
    def share(self) -> float | None:
        """The share, 0 to 1; None of none."""
        return self.hits / self.of if self.of else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Wilson's 95 % interval of the share."""
        if not self.of:
            return None
        n, share = self.of, self.hits / self.of
        middle = share + _Z**2 / (2 * n)
        half = _Z * math.sqrt(share * (1 - share) / n + _Z**2 / (4 * n * n))
        below = 1 + _Z**2 / n
        return max(0.0, (middle - half) / below), min(1.0, (middle + half) / below)

    def as_json(self) -> dict[str, Any]:
        """Return the figure for a program to read."""
        low, high = self.interval or (None, None)
        return {
            "key": self.key,
            "says": self.says,
            "hits": self.hits,
            "of": self.of,
            "share": self.share,
            "low": low,
            "high": high,
        }


def table(cases: Sequence[Case]) -> list[Figure]:
    """Return the figures, in a fixed order."""
    hits, of = counts(cases)
    totals = zip(MEASURES, hits.sum(axis=1).tolist(), of.sum(axis=1).tolist(), strict=True)
    return [Figure(key=m.key, says=m.says, hits=h, of=n) for m, h, n in totals]


def counts(cases: Sequence[Case]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return, a row for each measure and a column for each case, the hits, and what it is about."""
    of = np.array([[m.about(case) for case in cases] for m in MEASURES], dtype=bool)
    hits = np.array([[m.is_hit(case) for case in cases] for m in MEASURES], dtype=bool)
    return hits & of, of


def confusions(cases: Sequence[Case]) -> list[tuple[Category, Category, int]]:
    """Return which categories were taken for which others, and how often; the commonest first."""
    pairs: dict[tuple[Category, Category], int] = {}
    for case in cases:
        if not _is_right(case):
            pair = (case.labels.category, case.answer.category)
            pairs[pair] = pairs.get(pair, 0) + 1
    ranked = sorted(pairs.items(), key=lambda item: (-item[1], item[0]))
    return [(was, taken, count) for (was, taken), count in ranked]


# What is counted


def _every(_case: Case) -> bool:
    return True


def _is_right(case: Case) -> bool:
    return case.answer.category is case.labels.category


def _is_decided(case: Case) -> bool:
    return not case.answer.to_be_sorted


def _is_guarded(case: Case) -> bool:
    """Whether nothing but a machine's own headers may set it aside."""
    labels = case.labels
    return Criterion.VULNERABLE in labels.criteria or labels.source in _GUARDED


def _is_unguarded_person(case: Case) -> bool:
    return case.labels.category is not Category.NOT_AN_ENQUIRY and not _is_guarded(case)


def _is_plain_complaint(case: Case) -> bool:
    """Whether it is a new complaint in a public box, from no MP and with nothing that marks it."""
    labels = case.labels
    return (
        case.box.is_public
        and labels.category is Category.NEW_COMPLAINT
        and not labels.criteria
        and labels.source not in _MPS
    )


def _is_special(case: Case) -> bool:
    return case.labels.source in _MPS and not case.labels.routine


def _at_intake(case: Case) -> bool:
    return case.answer.route is Route.INTAKE


def _is_aside(case: Case) -> bool:
    return case.answer.route is Route.SET_ASIDE


def _same_reference(case: Case) -> bool:
    return (case.answer.reference or "").casefold() == (case.labels.reference or "").casefold()


def _criterion(criterion: Criterion) -> tuple[Measure, Measure]:
    def has(case: Case) -> bool:
        return criterion in case.labels.criteria

    def said(case: Case) -> bool:
        return criterion in case.answer.criteria

    return (
        Measure(key=f"{criterion}-recall", says=f"{criterion} found", about=has, is_hit=said),
        Measure(
            key=f"{criterion}-precision",
            says=f"{criterion} right where said",
            about=said,
            is_hit=has,
        ),
    )


MEASURES: Final = (
    Measure(
        key="category",
        says="category right, best guesses included",
        about=_every,
        is_hit=_is_right,
    ),
    Measure(
        key="category-decided",
        says="category right where decided",
        about=_is_decided,
        is_hit=_is_right,
    ),
    Measure(key="decided", says="decided, not to be sorted", about=_every, is_hit=_is_decided),
    Measure(
        key="source",
        says="source right",
        about=_every,
        is_hit=lambda case: case.answer.source is case.labels.source,
    ),
    Measure(
        key="routine",
        says="routine right among MPs' mail",
        about=lambda case: case.labels.source is Source.MP,
        is_hit=lambda case: case.answer.routine is case.labels.routine,
    ),
    *(measure for criterion in FROM_TEXT for measure in _criterion(criterion)),
    Measure(
        key="special-to-intake",
        says="MPs' special and chairs' letters sent to Intake",
        about=_is_special,
        is_hit=_at_intake,
    ),
    Measure(
        key="routine-to-intake",
        says="MPs' routine referrals in public boxes sent to Intake",
        about=lambda case: case.labels.routine and case.box.is_public,
        is_hit=_at_intake,
    ),
    Measure(
        key="plain-to-intake",
        says="plain new complaints in public boxes sent to Intake",
        about=_is_plain_complaint,
        is_hit=_at_intake,
    ),
    Measure(
        key="guarded-set-aside",
        says="MPs, chairs, the ICO and people at risk set aside",
        about=_is_guarded,
        is_hit=_is_aside,
    ),
    Measure(
        key="people-set-aside",
        says="other people set aside",
        about=_is_unguarded_person,
        is_hit=_is_aside,
    ),
    Measure(key="reference", says="reference right", about=_every, is_hit=_same_reference),
)
"""The table, row by row."""
