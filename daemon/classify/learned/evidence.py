"""Why a model answered as it did: the words and the sentence of a message that weighed most."""

from __future__ import annotations

from heapq import nlargest
from typing import TYPE_CHECKING, Final

import numpy as np

from daemon.classify.learned.model import CATEGORIES, HEADS
from daemon.classify.learned.words import pairs_of
from daemon.model import Evidence, Step

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from daemon.classify.learned.features import Features
    from daemon.classify.learned.model import Floats, LearnedModel, Opinion
    from daemon.model import Category, Criterion

MOST_WORDS: Final = 5
SENTENCE_CHARS: Final = 240
_MOST_TRIED: Final = 4 * MOST_WORDS  # some are placeholders
_COLUMN: Final = {head: at for at, head in enumerate(HEADS)}


def category_evidence(
    model: LearnedModel, opinion: Opinion, features: Features, category: Category
) -> list[Evidence]:
    """Return the words and the sentence that spoke most for a category, against the others."""
    weights = model.weights[opinion.weighed.rows][:, : len(CATEGORIES)]
    lead = weights[:, _COLUMN[f"category:{category}"]] - weights.mean(axis=1)
    says = f"category: {category}, {round(100 * opinion.confidence)} % sure"
    return _evidence(model, opinion, features, weights=lead, says=says)


def criterion_evidence(
    model: LearnedModel, opinion: Opinion, features: Features, criterion: Criterion
) -> list[Evidence]:
    """Return the words and the sentence that spoke most for a criterion."""
    weights = model.weights[opinion.weighed.rows, _COLUMN[f"criterion:{criterion}"]]
    says = f"criterion: {criterion}, {round(100 * opinion.criteria[criterion])} % sure"
    return _evidence(model, opinion, features, weights=weights, says=says)


def _evidence(
    model: LearnedModel, opinion: Opinion, features: Features, *, weights: Floats, says: str
) -> list[Evidence]:
    weighed = opinion.weighed
    spoke = np.zeros(model.lexicon.size, dtype=np.float32)  # by row of the model
    spoke[weighed.rows] = weighed.values * weights
    known = model.lexicon.rows["words"]
    at = [known.get(name, -1) for name in features.words]
    by_name = np.where(np.array(at, np.int64) < 0, 0, spoke[at])
    points = dict(zip(features.words, by_name.tolist(), strict=True))
    sums = np.concatenate([[0.0], np.cumsum(spoke[weighed.part_rows])])
    by_word = np.diff(sums[np.concatenate([[0], weighed.part_ends])])
    parts = dict(zip(features.singles, by_word.tolist(), strict=True))
    found = []
    sentence = _sentence(points, parts, features)
    if sentence:
        found.append(Evidence(step=Step.MODEL, name="sentence", says=says, text=sentence))
    words = list(_words(points, features))
    if words:
        found.append(Evidence(step=Step.MODEL, name="words", says=says, text=" / ".join(words)))
    return found


def _words(points: Mapping[str, float], features: Features) -> Iterator[str]:
    """Yield the weightiest words as they stand in the text; placeholders stand for none."""
    text = "\n".join(features.sentences)
    low, left = text.lower(), MOST_WORDS
    for name in nlargest(_MOST_TRIED, points, key=points.__getitem__):
        at = low.find(name) if len(name) > 1 and points[name] > 0 else -1
        if at >= 0 and len(low) == len(text):
            yield text[at : at + len(name)]
            left -= 1
        if left == 0:
            return


def _sentence(points: Mapping[str, float], parts: Mapping[str, float], features: Features) -> str:
    """Return the sentence whose words, pairs of words and parts of words spoke most."""
    both = {word: points[word] + spoke for word, spoke in parts.items()}
    best, most = "", 0.0
    for sentence, words in zip(features.sentences, features.sentence_words, strict=True):
        spoke = sum(map(both.__getitem__, words)) + sum(map(points.__getitem__, pairs_of(words)))
        if spoke > most:
            best, most = sentence, spoke
    return best[:SENTENCE_CHARS]
