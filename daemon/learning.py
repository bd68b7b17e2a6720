"""Learning: from labelled examples to a model on the shelf, and how it compares with another.

The examples are the invented ones of `config/examples/*.jsonl`, a file a writer, and what officers
have corrected. A model's version is the hash of all that it comes from.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from daemon.classify import CODE_VERSION, Classifier, Example, Labels, LearnedModel
from daemon.classify.learned.features import features_of
from daemon.evaluate import Case, answer_of, counts, table
from daemon.kept import read_again, with_attachments
from daemon.lines import read_examples

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from daemon.config import Config
    from daemon.evaluate import Figure
    from daemon.explain import Judge
    from daemon.model import Classification
    from daemon.shelf import Shelf
    from daemon.store.messages import KeptMessage

CORRECTIONS: Final = "corrections"
"""Whose hand the officers' corrections count as."""
VERSION_CHARS: Final = 16
_RESAMPLES: Final = 1_000
_SEED: Final = 20_261_126
_LOW, _HIGH = 2.5, 97.5  # percentiles


class LearningError(Exception):
    """Nothing can be learnt; the message says which examples are wrong, or what is missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """A figure of two models on the same examples, and the 95 % interval of the difference."""

    now: Figure
    before: Figure
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Lessons:
    """What there is to learn from, and the version that a model of it has."""

    examples: tuple[Example, ...]
    version: str
    by_writer: dict[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A model on the shelf, with the answers it would have given to each example unseen."""

    model: LearnedModel
    cases: tuple[Case, ...]
    figures: tuple[Figure, ...]


# What there is to learn from


def gather(folder: Path, corrections: Sequence[Example], config: Config) -> Lessons:
    """Return the examples of a folder, file by file, and the corrections.

    Raises:
        LearningError: a file cannot be read, or a line is no example; all of them are named.
    """
    examples: list[Example] = []
    mistakes: list[str] = []
    digest = hashlib.sha256(_basis(config).encode())
    for path in sorted(folder.glob("*.jsonl")):
        try:
            content = path.read_bytes()
        except OSError as error:
            mistakes.append(f"{path} cannot be read ({error.strerror}).")
            continue
        digest.update(content)
        read = read_examples(content, path=str(path), writer=path.stem)
        examples += read.examples
        mistakes += read.mistakes
    if mistakes:
        raise LearningError("\n".join(mistakes))
    for one in corrections:
        digest.update(f"{one.id} {one.labels}".encode())
    examples += corrections
    by_writer: dict[str, int] = {}
    for example in examples:
        by_writer[example.writer] = by_writer.get(example.writer, 0) + 1
    return Lessons(
        examples=tuple(examples),
        version=digest.hexdigest()[:VERSION_CHARS],
        by_writer=by_writer,
    )


def correction_of(kept: KeptMessage, attached: str, found: Classification) -> Example:
    """Return what an officer has said of a message as an example to learn from.

    `attached` is what was read of its attachments: the officer saw them too.
    """
    return Example(
        id=f"message:{kept.id}",
        writer=CORRECTIONS,
        message=with_attachments(read_again(kept), attached),
        labels=Labels(
            category=found.category,
            source=found.source,
            routine=found.routine,
            criteria=frozenset(found.criteria),
            reference=found.reference,
        ),
    )


def _basis(config: Config) -> str:
    """Return what else a model depends on: the code that reads and learns, rules and directory."""
    reader = Classifier(config.rules, config.policy.directory)
    return "\n".join([str(CODE_VERSION), reader.version, *_code("daemon.classify")])


def _code(package: str) -> Iterator[str]:
    """Yield a hash of each source file of a package."""
    folder = resources.files(package)
    for item in sorted(folder.iterdir(), key=lambda one: one.name):
        if item.is_dir() and (item / "__init__.py").is_file():
            yield from _code(f"{package}.{item.name}")
        elif item.name.endswith(".py"):
            yield f"{package}.{item.name} {hashlib.sha256(item.read_bytes()).hexdigest()}"


# Learning


def learn_from(lessons: Lessons, shelf: Shelf, judge: Judge, *, learnt_at: str) -> Candidate:
    """Learn a model, and put it on the shelf with what it scored across writers.

    Raises:
        LearningError: there is too little to learn from.
        OSError: the shelf cannot be written.
    """
    # scikit-learn costs a second and 100 MB: only who learns pays it.
    from daemon.classify.learned.fit import Lesson, TooFewExamplesError, learn  # noqa: PLC0415

    reader = judge.classifier
    taken = [
        Lesson(
            writer=example.writer,
            features=features_of(reader.read(example.message)),
            labels=example.labels,
            is_correction=example.writer == CORRECTIONS,
        )
        for example in lessons.examples
    ]
    try:
        learnt = learn(taken, version=lessons.version)
    except TooFewExamplesError as error:
        msg = f"{error}."
        raise LearningError(msg) from None
    cases = _cases(lessons.examples, judge.with_model(learnt.model), learnt.unseen)
    candidate = Candidate(model=learnt.model, cases=cases, figures=tuple(table(cases)))
    about = {
        "learnt_at": learnt_at,
        "examples": lessons.by_writer,
        "features": learnt.model.lexicon.size,
        "figures": [figure.as_json() for figure in candidate.figures],
    }
    answers = {digest_of(e): row for e, row in zip(lessons.examples, learnt.unseen, strict=True)}
    shelf.keep(lessons.version, learnt.model.pack(), about, answers=_packed(answers))
    return candidate


def _cases(
    examples: Sequence[Example], judge: Judge, unseen: NDArray[np.float64]
) -> tuple[Case, ...]:
    """Return each example with what its answers would have led to."""
    return tuple(
        case_of(example, judge, row) for example, row in zip(examples, unseen, strict=True)
    )


def case_of(example: Example, judge: Judge, answers: NDArray[np.float64] | None = None) -> Case:
    """Return an example with what its message leads to.

    `answers` are those of weights that had not seen it, where the judge's model has.
    """
    as_learnt = None if answers is None else answers.astype(np.float32)
    found, decision = judge.decided(example.message, answers=as_learnt)
    return Case(
        id=example.id,
        box=example.message.box,
        labels=example.labels,
        answer=answer_of(found, decision),
    )


def digest_of(example: Example) -> str:
    """Return what an example is known by between two models: a hash of its message."""
    message = example.message
    parts = (message.box, message.sender.name, message.sender.address, message.subject)
    return hashlib.sha256("\0".join((*parts, message.text)).encode()).hexdigest()[:VERSION_CHARS]


def unseen_answers(shelf: Shelf, version: str) -> dict[str, NDArray[np.float64]]:
    """Return what a model would have said of each example it learnt from, unseen; by digest."""
    known: dict[str, Any] = json.loads(shelf.answers(version) or b"{}")
    return {digest: np.array(row) for digest, row in known.items()}


def _packed(answers: dict[str, NDArray[np.float64]]) -> bytes:
    rows = {digest: [round(float(x), 3) for x in row] for digest, row in answers.items()}
    return json.dumps(rows).encode()


# Comparing


def compare(
    lessons: Lessons, candidate: Candidate, shelf: Shelf, before: str, judge: Judge
) -> list[Compared]:
    """Compare a model with one that was learnt before, on today's examples, both unseen.

    What the earlier model learnt from is answered as its own cross-validation did; the rest it has
    never seen.

    Raises:
        ShelfError: the earlier model cannot be read.
    """
    model = shelf.load(before)
    known = unseen_answers(shelf, before)
    old_judge = judge.with_model(model)
    old = [case_of(one, old_judge, known.get(digest_of(one))) for one in lessons.examples]
    return list(_compared(candidate.cases, old))


def _compared(now: Sequence[Case], before: Sequence[Case]) -> Iterator[Compared]:
    """Yield each figure of both, with the interval of the difference by resampling in pairs."""
    picks = np.random.default_rng(_SEED).multinomial(
        len(now), np.full(len(now), 1 / len(now)), size=_RESAMPLES
    )
    differences = _shares(now, picks) - _shares(before, picks)
    for row, figure, earlier in zip(differences, table(now), table(before), strict=True):
        known = row[np.isfinite(row)]
        low, high = np.percentile(known, [_LOW, _HIGH]) if len(known) else (0.0, 0.0)
        yield Compared(now=figure, before=earlier, low=float(low), high=float(high))


def _shares(cases: Sequence[Case], picks: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return each figure's share in each resample: a row a figure; not a number of none."""
    hits, of = counts(cases)
    with np.errstate(invalid="ignore"):
        shares: NDArray[np.float64] = (hits @ picks.T) / (of @ picks.T)
    return shares
