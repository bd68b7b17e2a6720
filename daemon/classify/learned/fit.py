"""Learning a model from labelled examples, and what it would have said of each unseen.

Figures are taken across writers: an example is judged by weights learnt from other hands than the
one that wrote it. Within one hand a model learns the hand.
"""

from __future__ import annotations

import math
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from scipy.sparse import csr_matrix, diags
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

from daemon.classify.learned.model import (
    CATEGORIES,
    COUNTED,
    CRITERIA,
    FACTS,
    HEADS,
    ROUTINE,
    SOURCES,
    LearnedModel,
    Lexicon,
    Trust,
    shares_of,
    shown_of,
    shown_of_routine,
)
from daemon.model import Criterion, Source

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from daemon.classify.examples import Labels
    from daemon.classify.learned.features import Features

FOLDS: Final = 6
FEWEST_EXAMPLES: Final = 50
SEEN_IN: Final = 2
"""A word is learnt only if so many examples hold it..."""
CORRECTIONS_SEEN_IN: Final = 3
"""...and, where only corrections hold it, so many of them: no model keeps what one person wrote."""

# How much each block counts, and how closely the weights follow the examples (1 / regularisation).
# Chosen by cross-validation across writers: docs/classification.md.
_ABOUT_TEXT: Final = {"words": 1.0, "parts": 0.7, "places": 0.4, "sender": 0.0, FACTS: 0.1}
_ABOUT_WRITER: Final = {"words": 1.0, "parts": 0.7, "places": 0.4, "sender": 0.8, FACTS: 0.25}
_CLOSENESS: Final = {"category": 2.0, "source": 1.0, "criterion": 2.0, ROUTINE: 1.0}
_TRUST_CLOSENESS: Final = 1.0


class TooFewExamplesError(ValueError):
    """There is too little to learn from; the text says what is missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """An example as it is learnt from."""

    writer: str
    features: Features
    labels: Labels
    is_correction: bool = False  # a real person's message: of it no rare word is kept


@dataclass(frozen=True, slots=True, kw_only=True)
class Learnt:
    """A model, and its answers (margins, a column for each of HEADS) to each lesson unseen."""

    model: LearnedModel
    unseen: NDArray[np.float64]


def learn(lessons: Sequence[Lesson], *, version: str, threads: int = 2) -> Learnt:
    """Learn a model.

    Raises:
        TooFewExamplesError: fewer than 50 examples, fewer than two writers, or a category that
            nobody or everybody has.
    """
    folds = _folds(lessons)
    lexicon = _lexicon(lessons)
    matrix = _matrix(lexicon, [lesson.features for lesson in lessons])
    wanted = _wanted(lessons)
    _refuse_one_sided(wanted)
    with ThreadPoolExecutor(threads) as pool:
        unseen = np.zeros((len(lessons), len(HEADS)))
        for fold in sorted(set(folds)):
            out = folds == fold
            weights, bias = _fit(matrix[~out], wanted[~out], lexicon, pool)
            unseen[out] = matrix[out] @ weights + bias
        weights, bias = _fit(matrix, wanted, lexicon, pool)
    model = LearnedModel(
        version=version,
        lexicon=lexicon,
        weights=weights.astype(np.float32),
        bias=bias.astype(np.float32),
        **_trusts(unseen, wanted, lessons),
    )
    return Learnt(model=model, unseen=unseen)


def _folds(lessons: Sequence[Lesson]) -> NDArray[np.int64]:
    """Return a fold for each lesson: a writer stands in one, and folds are of like size."""
    sizes = Counter(lesson.writer for lesson in lessons)
    if len(lessons) < FEWEST_EXAMPLES or len(sizes) < 2:  # noqa: PLR2004 -- one to learn from, one to test on
        msg = (
            f"There are {len(lessons)} examples by {len(sizes)} writers (a file is a writer);"
            f" at least {FEWEST_EXAMPLES} by two are needed"
        )
        raise TooFewExamplesError(msg)
    loads = [0] * min(FOLDS, len(sizes))
    fold_of: dict[str, int] = {}
    for writer, size in sorted(sizes.items(), key=lambda item: (-item[1], item[0])):
        fold_of[writer] = loads.index(min(loads))
        loads[fold_of[writer]] += size
    return np.array([fold_of[lesson.writer] for lesson in lessons])


# Features


def _lexicon(lessons: Sequence[Lesson]) -> Lexicon:
    """Return the features that occur often enough, and how rare each is."""
    rows: dict[str, dict[str, int]] = {}
    rarity: list[float] = []
    for block in COUNTED:
        kept = _kept(getattr(lesson.features, block) for lesson in lessons)
        if block != FACTS:
            kept = _without_rare_corrections(block, kept, lessons)
        rows[block] = {name: len(rarity) + at for at, name in enumerate(sorted(kept))}
        rarity += [math.log((1 + len(lessons)) / (1 + kept[name])) + 1 for name in sorted(kept)]
    facts = sorted(_kept(lesson.features.facts for lesson in lessons))
    rows[FACTS] = {name: len(rarity) + at for at, name in enumerate(facts)}
    rarity += [1.0] * len(facts)
    return Lexicon(rows=rows, rarity=np.array(rarity, dtype=np.float32))


def _kept(counts: Iterable[Mapping[str, object]]) -> dict[str, int]:
    """Return the names that occur in enough examples, with in how many."""
    seen: Counter[str] = Counter()
    for one in counts:
        seen.update(one.keys())
    return {name: count for name, count in seen.items() if count >= SEEN_IN}


def _without_rare_corrections(
    block: str, kept: dict[str, int], lessons: Sequence[Lesson]
) -> dict[str, int]:
    """Leave out what hardly any but corrections hold: it may be somebody's name."""
    real: Counter[str] = Counter()
    for lesson in lessons:
        if lesson.is_correction:
            real.update(getattr(lesson.features, block).keys())
    return {
        name: count
        for name, count in kept.items()
        if count - real[name] >= 1 or real[name] >= CORRECTIONS_SEEN_IN
    }


def _matrix(lexicon: Lexicon, features: Sequence[Features]) -> csr_matrix:
    """Return a row for each message, a column for each feature."""
    weighed = [lexicon.weigh(one) for one in features]
    ends = np.cumsum([0, *(len(one.rows) for one in weighed)])
    matrix = csr_matrix(
        (
            np.concatenate([one.values for one in weighed]).astype(np.float64),
            np.concatenate([one.rows for one in weighed]),
            ends,
        ),
        shape=(len(weighed), lexicon.size),
    )
    matrix.sort_indices()
    return matrix


# Weights


def _wanted(lessons: Sequence[Lesson]) -> NDArray[np.bool_]:
    """Return what each head should answer to each lesson."""
    return np.array([list(_answers(lesson.labels)) for lesson in lessons], dtype=bool)


def _answers(labels: Labels) -> Iterable[bool]:
    yield from (labels.category is one for one in CATEGORIES)
    yield from (labels.source is one for one in SOURCES)
    yield from (one in labels.criteria for one in CRITERIA)
    yield labels.routine


def _refuse_one_sided(wanted: NDArray[np.bool_]) -> None:
    """Refuse categories that nobody or everybody has: nothing could be learnt of them."""
    for head, column in zip(HEADS, wanted.T, strict=True):
        if head.startswith("category:") and not 0 < column.sum() < len(column):
            msg = f"All or none of the examples have {head}: give some of either kind"
            raise TooFewExamplesError(msg)


def _fit(
    matrix: csr_matrix, wanted: NDArray[np.bool_], lexicon: Lexicon, pool: ThreadPoolExecutor
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the weights and biases of all heads; the solver runs outside Python's lock."""
    about_text, about_writer = _scales(lexicon, _ABOUT_TEXT), _scales(lexicon, _ABOUT_WRITER)
    of_text = (matrix @ diags(about_text)).tocsr()
    of_writer = (matrix @ diags(about_writer)).tocsr()

    def fit(head: int) -> tuple[NDArray[np.float64], float]:
        kind = HEADS[head].partition(":")[0]
        is_source = kind == "source"
        return _fit_one(
            of_writer if is_source else of_text,
            wanted[:, head],
            about_writer if is_source else about_text,
            _CLOSENESS[kind],
        )

    columns = list(pool.map(fit, range(len(HEADS))))
    return np.column_stack([w for w, _ in columns]), np.array([b for _, b in columns])


def _scales(lexicon: Lexicon, blocks: Mapping[str, float]) -> NDArray[np.float64]:
    """Return how much each feature counts."""
    return np.concatenate([np.full(len(lexicon.rows[b]), blocks[b]) for b in (*COUNTED, FACTS)])


def _fit_one(
    matrix: csr_matrix,
    wanted: NDArray[np.bool_],
    scales: NDArray[np.float64],
    closeness: float,
) -> tuple[NDArray[np.float64], float]:
    """Return the weights and bias of one head; one that nobody has says no."""
    if not 0 < wanted.sum() < len(wanted):
        return np.zeros(matrix.shape[1]), 9.0 if wanted.all() else -9.0
    # In the primal the solver draws no random numbers, so threads cannot disturb one another.
    solver: Any = LinearSVC(C=closeness, dual=False, tol=1e-3)
    solver.fit(matrix, wanted)
    return solver.coef_[0] * scales, float(solver.intercept_[0])


# Trust


def _trusts(
    unseen: NDArray[np.float64], wanted: NDArray[np.bool_], lessons: Sequence[Lesson]
) -> dict[str, Any]:
    """Learn from the answers to unseen lessons how far each kind of answer can be trusted."""
    ends = (len(CATEGORIES), len(CATEGORIES) + len(SOURCES))
    shares = [shares_of(answers) for answers in unseen[:, : ends[0]].astype(np.float32)]
    right = np.array([row[int(share.argmax())] for row, share in zip(wanted, shares, strict=True)])
    criteria = range(ends[1], ends[1] + len(CRITERIA))
    # Only letters without a criterion are ever taken for routine: those are to be told apart.
    open_ones = np.array([_could_be_routine(lesson.labels) for lesson in lessons])
    of_routine = np.array([shown_of_routine(row) for row in unseen.astype(np.float32)])
    return {
        "category_trust": _trust(np.array([shown_of(share) for share in shares]), right),
        "criterion_trust": {
            criterion: _trust(unseen[:, [column]], wanted[:, column])
            for criterion, column in zip(CRITERIA, criteria, strict=True)
        },
        "routine_trust": _trust(of_routine[open_ones], wanted[open_ones][:, -1]),
    }


def _could_be_routine(labels: Labels) -> bool:
    return labels.source is Source.MP and not labels.criteria - {Criterion.MP_NON_ROUTINE}


def _trust(shown: NDArray[np.float64], right: NDArray[np.bool_]) -> Trust:
    """Fit the curve; where all are alike it is flat."""
    if not 0 < right.sum() < len(right):
        return Trust(weights=(0.0,) * shown.shape[1], bias=4.0 if right.all() else -4.0)
    solver: Any = LogisticRegression(C=_TRUST_CLOSENESS)
    solver.fit(shown, right)
    return Trust(weights=tuple(float(w) for w in solver.coef_[0]), bias=float(solver.intercept_[0]))
