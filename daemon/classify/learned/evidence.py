"""Why a model answered as it did: the words and the sentence of a message that weighed most."""

from __future__ import annotations

from heapq import nlargest
from typing import TYPE_CHECKING, Final

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
    spoke = opinion.weighed.values * weights
    by_row = dict(zip(opinion.weighed.rows.tolist(), spoke.tolist(), strict=True))
    known = model.lexicon.rows["words"]
    points = {name: by_row.get(known.get(name, -1), 0.0) for name in features.words}
    found = []
    sentence = _sentence(model, by_row, points, features)
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


def _sentence(
    model: LearnedModel,
    by_row: Mapping[int, float],
    points: Mapping[str, float],
    features: Features,
) -> str:
    """Return the sentence whose words, pairs of words and parts of words spoke most."""
    with_parts = {
        word: points[word] + sum(by_row[row] for row in model.lexicon.rows_of_parts(word))
        for word in features.singles
    }
    best, most = "", 0.0
    for sentence, words in zip(features.sentences, features.sentence_words, strict=True):
        spoke = sum(with_parts[word] for word in words)
        spoke += sum(points[pair] for pair in pairs_of(words))
        if spoke > most:
            best, most = sentence, spoke
    return best[:SENTENCE_CHARS]
