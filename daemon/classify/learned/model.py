"""A learned model: linear weights over counted features, and how far each answer can be trusted.

Plain arrays and lists of words: nothing in a model can run.
"""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Self

import numpy as np

from daemon.classify.learned.words import parts_of
from daemon.model import Category, Criterion, Source

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from daemon.classify.learned.features import Features

    Floats = NDArray[np.float32]

FORMAT: Final = 2
"""Raised with every change of what is packed or of how features are counted."""

ROUTINE: Final = "routine"
CATEGORIES: Final = tuple(Category)
SOURCES: Final = tuple(Source)
CRITERIA: Final = tuple(one for one in Criterion if one.is_read_from_text)
"""The criteria that are learnt from text."""
HEADS: Final = (
    *(f"category:{one}" for one in CATEGORIES),
    *(f"source:{one}" for one in SOURCES),
    *(f"criterion:{one}" for one in CRITERIA),
    ROUTINE,
)
"""What a model answers, in the order of its columns."""
COUNTED: Final = ("words", "parts", "places", "sender")
"""The blocks of counts; each is brought to length 1."""
FACTS: Final = "facts"

WORDS_KEPT: Final = 10_000  # words whose parts are remembered

_EPOCH: Final = (1980, 1, 1, 0, 0, 0)  # the same model packs to the same bytes
_SHARPNESS: Final = 3.0  # of shares; how far they can be trusted is learnt from them
_CATEGORY_END: Final = len(CATEGORIES)
_SOURCE_END: Final = _CATEGORY_END + len(SOURCES)
_CRITERIA_END: Final = _SOURCE_END + len(CRITERIA)


class UnusableModelError(ValueError):
    """Bytes that are no model, or one of another version of the software; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """A message's features as a model knows them: rows of its weights, and values."""

    rows: NDArray[np.int64]
    values: Floats
    part_rows: NDArray[np.int64]  # of the parts of each single word, one word after the other
    part_ends: NDArray[np.int64]  # where each word's parts end


@dataclass(frozen=True, slots=True, kw_only=True)
class Lexicon:
    """The features a model knows: each one's row, by block; and how much being rare counts."""

    rows: Mapping[str, Mapping[str, int]]
    rarity: Floats
    word_parts: dict[str, NDArray[np.int64]] = field(
        default_factory=dict, repr=False, compare=False
    )

    @property
    def size(self) -> int:
        """How many features there are."""
        return len(self.rarity)

    def weigh(self, features: Features) -> Weighed:
        """Return the rows and values of a message's features; a row occurs once."""
        known = self.rows[FACTS]
        facts = {known[name]: value for name, value in features.facts.items() if name in known}
        parts = [self.rows_of_parts(word) for word in features.singles]
        sizes = np.fromiter(map(len, parts), np.int64, len(parts))
        part_rows = np.concatenate(parts) if parts else np.empty(0, np.int64)
        times = np.repeat(np.fromiter(features.singles.values(), np.float32, len(parts)), sizes)
        blocks = [
            self._counted("words", features.words),
            self._length_one(*_summed(part_rows, times)),
            self._counted("places", features.places),
            self._counted("sender", features.sender),
            (_rows(facts), np.fromiter(facts.values(), np.float32, len(facts))),
        ]
        return Weighed(
            rows=np.concatenate([rows for rows, _ in blocks]),
            values=np.concatenate([values for _, values in blocks]),
            part_rows=part_rows,
            part_ends=np.cumsum(sizes),
        )

    def rows_of_parts(self, word: str) -> NDArray[np.int64]:
        """Return the rows of a word's parts; words are few, so those of the last are kept."""
        found = self.word_parts.get(word)
        if found is None:
            known = self.rows["parts"]
            found = np.array([known[part] for part in parts_of(word) if part in known], np.int64)
            if len(self.word_parts) >= WORDS_KEPT:
                self.word_parts.clear()
            self.word_parts[word] = found
        return found

    def _counted(self, block: str, counts: Mapping[str, int]) -> tuple[NDArray[np.int64], Floats]:
        """Return the rows and values of a block of counts."""
        known = self.rows[block]
        found = {known[name]: count for name, count in counts.items() if name in known}
        return self._length_one(_rows(found), np.fromiter(found.values(), np.float32, len(found)))

    def _length_one(
        self, rows: NDArray[np.int64], times: Floats
    ) -> tuple[NDArray[np.int64], Floats]:
        """Return rows and values, brought to length 1."""
        values = (1 + np.log(times)) * self.rarity[rows]
        length = float(np.sqrt(values @ values))
        return rows, values / np.float32(length or 1.0)


def _rows(found: Mapping[int, object]) -> NDArray[np.int64]:
    return np.fromiter(found, np.int64, len(found))


def _summed(rows: NDArray[np.int64], times: Floats) -> tuple[NDArray[np.int64], Floats]:
    """Return each row once, with the sum of its times."""
    once, places = np.unique(rows, return_inverse=True)
    return once, np.bincount(places, times, len(once)).astype(np.float32)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """A logistic curve from what an answer shows of itself to how often such a one is right."""

    weights: tuple[float, ...]
    bias: float

    def of(self, shown: Sequence[float]) -> float:
        """Return a probability."""
        score = self.bias + sum(w * x for w, x in zip(self.weights, shown, strict=True))
        return float(1 / (1 + np.exp(-np.clip(score, -30, 30))))


@dataclass(frozen=True, slots=True, kw_only=True)
class Opinion:
    """What a model makes of a message."""

    categories: Mapping[Category, float]  # shares that add up to 1
    confidence: float  # how often such an answer to the category is right, 0 to 1
    sources: Mapping[Source, float]  # shares that add up to 1
    criteria: Mapping[Criterion, float]  # probability of each, 0 to 1
    routine: float  # 0 to 1, should an MP have written
    weighed: Weighed

    @property
    def category(self) -> Category:
        """The best guess."""
        return max(self.categories, key=lambda one: self.categories[one])


@dataclass(frozen=True, slots=True, kw_only=True)
class LearnedModel:
    """Weights and what they stand for; `version` is the hash of what it was learnt from."""

    version: str
    lexicon: Lexicon
    weights: Floats  # a row for each feature, a column for each of HEADS
    bias: Floats
    category_trust: Trust
    criterion_trust: Mapping[Criterion, Trust]
    routine_trust: Trust

    def opinion(self, features: Features) -> Opinion:
        """Judge a message by its features."""
        weighed = self.lexicon.weigh(features)
        return self.opinion_of(weighed, weighed.values @ self.weights[weighed.rows] + self.bias)

    def opinion_of(self, weighed: Weighed, answers: Floats) -> Opinion:
        """Return the opinion that answers (margins, one for each of HEADS) make."""
        shares = shares_of(answers[:_CATEGORY_END])
        sources = shares_of(answers[_CATEGORY_END:_SOURCE_END])
        of_criteria = zip(CRITERIA, answers[_SOURCE_END:_CRITERIA_END].tolist(), strict=True)
        return Opinion(
            categories=dict(zip(CATEGORIES, shares.tolist(), strict=True)),
            confidence=self.category_trust.of(shown_of(shares)),
            sources=dict(zip(SOURCES, sources.tolist(), strict=True)),
            criteria={one: self.criterion_trust[one].of((answer,)) for one, answer in of_criteria},
            routine=self.routine_trust.of(shown_of_routine(answers)),
            weighed=weighed,
        )

    # Packing

    def pack(self) -> bytes:
        """Return the model as bytes: a zip of plain arrays and JSON."""
        header = {
            "format": FORMAT,
            "heads": list(HEADS),
            "category_trust": _trust_as_json(self.category_trust),
            "criterion_trust": {
                k.value: _trust_as_json(t) for k, t in self.criterion_trust.items()
            },
            "routine_trust": _trust_as_json(self.routine_trust),
        }
        words = {block: list(rows) for block, rows in self.lexicon.rows.items()}
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            _put(archive, "header.json", json.dumps(header).encode())
            _put(archive, "words.json", json.dumps(words, ensure_ascii=False).encode())
            for name in _ARRAYS:
                array = self.lexicon.rarity if name == "rarity" else getattr(self, name)
                _put(archive, f"{name}.npy", _array_bytes(array))
        return out.getvalue()

    @classmethod
    def unpack(cls, content: bytes, *, version: str) -> Self:
        """Return the model that bytes hold.

        Raises:
            UnusableModelError: they hold none, or one of another version of the software.
        """
        try:
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                header: dict[str, Any] = json.loads(archive.read("header.json"))
                _refuse_strange(header)
                words = json.loads(archive.read("words.json"))
                arrays = {name: _array(archive.read(f"{name}.npy")) for name in _ARRAYS}
            return cls._of(version, header, words, arrays)
        except UnusableModelError:
            raise
        except (zipfile.BadZipFile, ValueError, KeyError, TypeError, OSError) as error:
            msg = f"it holds no model ({type(error).__name__})"
            raise UnusableModelError(msg) from None

    @classmethod
    def _of(
        cls,
        version: str,
        header: dict[str, Any],
        words: dict[str, list[str]],
        arrays: dict[str, Floats],
    ) -> Self:
        rows: dict[str, dict[str, int]] = {}
        start = 0
        for block in (*COUNTED, FACTS):
            rows[block] = {name: start + at for at, name in enumerate(words[block])}
            start += len(rows[block])
        shape = (start, len(HEADS))
        if arrays["weights"].shape != shape or len(arrays["rarity"]) != start:
            msg = "its parts do not fit each other"
            raise UnusableModelError(msg)
        trusts = header["criterion_trust"]
        return cls(
            version=version,
            lexicon=Lexicon(rows=rows, rarity=arrays["rarity"]),
            weights=arrays["weights"],
            bias=arrays["bias"],
            category_trust=_trust(header["category_trust"], shown=2),
            criterion_trust={one: _trust(trusts[one], shown=1) for one in CRITERIA},
            routine_trust=_trust(header["routine_trust"], shown=2),
        )


def _refuse_strange(header: Mapping[str, Any]) -> None:
    """Refuse what another version of the software has learnt."""
    if header["format"] != FORMAT or header["heads"] != list(HEADS):
        msg = "it was learnt by another version of the software"
        raise UnusableModelError(msg)


_ARRAYS: Final = ("weights", "bias", "rarity")


def shares_of(answers: Floats) -> Floats:
    """Return one-against-the-rest answers as shares that add up to 1."""
    each = np.exp(_SHARPNESS * (answers - answers.max()))
    shares: Floats = each / each.sum()
    return shares


def shown_of(shares: Floats) -> tuple[float, float]:
    """Return what shares show of how sure they are: the log-odds of the first and of its lead."""
    last = np.sort(shares)
    first, second = float(last[-1]), float(last[-2])
    return _log_odds(first), _log_odds(first / (first + second))


def shown_of_routine(answers: Floats) -> tuple[float, float]:
    """Return what answers show of a routine referral: the routine answer, and a new complaint's."""
    new_complaint = CATEGORIES.index(Category.NEW_COMPLAINT)
    share = float(shares_of(answers[:_CATEGORY_END])[new_complaint])
    return float(answers[_CRITERIA_END]), _log_odds(share)


def _log_odds(share: float) -> float:
    share = min(max(share, 1e-4), 1 - 1e-4)
    return float(np.log(share / (1 - share)))


def _put(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    info = zipfile.ZipInfo(name, date_time=_EPOCH)
    info.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(info, content, compresslevel=1)


def _array_bytes(array: Floats) -> bytes:
    out = io.BytesIO()
    np.save(out, array.astype(np.float32), allow_pickle=False)
    return out.getvalue()


def _array(content: bytes) -> Floats:
    array: Floats = np.load(io.BytesIO(content), allow_pickle=False).astype(np.float32)
    if not np.isfinite(array).all():
        msg = "a weight is no number"
        raise UnusableModelError(msg)
    return array


def _trust_as_json(trust: Trust) -> dict[str, Any]:
    return {"weights": list(trust.weights), "bias": trust.bias}


def _trust(entry: Mapping[str, Any], *, shown: int) -> Trust:
    """Return a curve over so many figures."""
    weights = tuple(float(w) for w in entry["weights"])
    if len(weights) != shown:
        msg = "its parts do not fit each other"
        raise UnusableModelError(msg)
    return Trust(weights=weights, bias=float(entry["bias"]))
