"""From a reading to the counted features that a model weighs, block by block.

`words`: words and pairs of words; `parts`: parts of words; `places`: words of the subject, the
first and the last sentences; `sender`: parts of name and address; `facts`: facts and rules.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Final

from daemon.classify.learned.words import pairs_of, parts_of, sentences_of, words_by_sentence
from daemon.classify.zones import plain_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from daemon.classify.reading import Reading
    from daemon.model import Address

LAST_SENTENCES: Final = 3
NAME_CHARS: Final = 120  # of a sender's name and address
_PART: Final = 4  # letters
_MOST_POINTS: Final = 2.0
_POINTS_UNIT: Final = 4.0
_MOST_SIGN: Final = 1.5
_SIGN_UNIT: Final = 2.0
_MOST_COUNTED: Final = 3.0
_COUNTED_UNIT: Final = 1.5
_LETTERS: Final = re.compile(r"[^\W\d_]+")
_MP: Final = re.compile(r"\bMP\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class Features:
    """The counted features of a message, by block, and the sentences they stand in."""

    words: Mapping[str, int]  # pairs of words too, with a space between them
    places: Mapping[str, int]
    sender: Mapping[str, int]
    facts: Mapping[str, float]
    singles: Mapping[str, int]  # single words: their parts are counted
    sentences: tuple[str, ...]  # as written, the subject first
    sentence_words: tuple[list[str], ...]

    @property
    def parts(self) -> Counter[str]:
        """How often each part of a word occurs."""
        found: Counter[str] = Counter()
        for word, count in self.singles.items():
            for part in parts_of(word):
                found[part] += count
        return found


def features_of(reading: Reading) -> Features:
    """Count the features of a message: its subject and new text, its sender and its facts."""
    zones = reading.zones
    subject, new = " ".join(zones.subject.split()), sentences_of(zones.new)
    sentences = [subject, *new]
    by_sentence = words_by_sentence(sentences)
    singles = Counter(chain.from_iterable(by_sentence))
    words = Counter(singles)
    for one in by_sentence:
        words.update(pairs_of(one))
    return Features(
        words=words,
        places=_places(by_sentence[0], by_sentence[1:]),
        sender=Counter(_sender(reading.message.sender)),
        facts=_facts(reading),
        singles=singles,
        sentences=tuple(sentences),
        sentence_words=tuple(by_sentence),
    )


def _places(subject: list[str], sentences: list[list[str]]) -> Counter[str]:
    """Count the words of the subject, and of the sentences that open and close."""
    found = Counter(f"s:{word}" for word in subject)
    found.update(f"o:{word}" for sentence in sentences[:1] for word in sentence)
    found.update(f"z:{word}" for sentence in sentences[-LAST_SENTENCES:] for word in sentence)
    return found


def _sender(sender: Address) -> Iterator[str]:
    """Yield what a name and an address show: their words, the domain and those above it."""
    name, address = plain_name(sender.name)[:NAME_CHARS], sender.address[:NAME_CHARS]
    yield from (f"name:{word}" for word in _LETTERS.findall(name.lower()))
    if _MP.search(name):
        yield "name:MP"
    if not _LETTERS.search(name):
        yield "name:none"
    local, at, domain = address.rpartition("@")
    if at and not local:  # a handle
        yield "handle"
        yield from (f"handle:{domain[n : n + _PART]}" for n in range(len(domain) - _PART + 1))
        return
    yield from (f"local:{word}" for word in _LETTERS.findall(local))
    labels = domain.split(".")
    yield from (f"domain:{'.'.join(labels[n:])}" for n in range(len(labels)))
    yield from (f"in-domain:{word}" for word in _LETTERS.findall(domain))
    first = labels[0]
    yield from (f"in-domain:{first[n : n + _PART]}" for n in range(len(first) - _PART + 1))


def _facts(reading: Reading) -> dict[str, float]:
    """Return who writes, through which box, which facts hold, and what the rules say."""
    facts: dict[str, float] = {
        f"box:{reading.message.box}": 1,
        f"source:{reading.writer.source}": 1,
        f"language:{reading.language}": 1,
    }
    facts.update({f"known:{known}": 1 for known in reading.facts.known})
    facts.update({f"rule:{hit.rule.name}": 1 for hit in reading.scores.hits})
    for category, points in reading.scores.categories.items():
        facts[f"category:{category}"] = max(-1.0, min(_MOST_POINTS, points / _POINTS_UNIT))
    facts.update(_signs_of_criteria(reading))
    for sign, points in reading.scores.signs.items():
        facts[f"sign:{sign}"] = min(_MOST_SIGN, points / _SIGN_UNIT)
    return facts


def _signs_of_criteria(reading: Reading) -> dict[str, float]:
    """Return, for each criterion, how many rules and how many of their phrases point to it."""
    rules: Counter[str] = Counter()
    phrases: Counter[str] = Counter()
    for hit in reading.scores.hits:
        if hit.rule.criterion is not None:
            rules[f"rules:{hit.rule.criterion}"] += 1
            phrases[f"phrases:{hit.rule.criterion}"] += len(hit.words)
    return {name: min(_MOST_COUNTED, n) / _COUNTED_UNIT for name, n in (rules + phrases).items()}
