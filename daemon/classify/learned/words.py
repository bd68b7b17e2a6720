"""From text to the words, parts of words and sentences that a model counts.

Numbers, dates, addresses and case numbers become placeholders: what matters is that there is one,
and whose. All patterns are linear: no part of one can match where its neighbour does.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

SHORTEST_PART: Final = 3
LONGEST_PART: Final = 5
LONGEST_WORD: Final = 30  # letters; what is longer is no word, and costs time
FEWEST_WORDS: Final = 4  # a shorter sentence is read together with the one before it
READ_CHARS: Final = 16_000  # of new text; what follows in a longer one says nothing new

_MONTHS: Final = (
    "january|february|march|april|may|june|july|august|september|october|november|december"
    "|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec"
)
_PLACEHOLDERS: Final = (
    (re.compile(r"https?://\S+|\bwww\.\S+"), " xlink "),
    (re.compile(r"[^\s@]{1,64}@[^\s@]+\.[^\s@]+"), " xmail "),
    (re.compile(r"\b(?:IC|FS|FER)-?\d{6,8}(?:-[A-Z0-9]{4})?\b"), " xicoref "),
    (re.compile(r"\b(?:CC|RFI|RFA|RF|RV)[-/]?\d{3,8}\b"), " xcareref "),
    (re.compile(r"\b[PC]-\d{6,7}[A-Z]?\b|\bC\d{7}\b|\bEN-\d{7}\b|\bPHSO[-/]\S+"), " xourref "),
    (re.compile(r"\b[A-Z]{1,6}[-/.][A-Z/-]{0,8}\d{2}[A-Z0-9/-]{0,12}"), " xref "),
    (re.compile(r"@\w*(?:ombud|phso)\w*", re.IGNORECASE), " xus "),
    (re.compile(r"@\w+"), " xhandle "),
    (re.compile(rf"(?<=\d )(?:{_MONTHS})\b|\b(?:{_MONTHS})(?= \d)", re.IGNORECASE), " xmonth "),
    (re.compile(r"£\d[\d.,]*[a-z]{0,2}\b"), " £n "),
    (re.compile(r"\d[\d.,:/]*[a-z]{0,2}\b|\d[\d.,:/]*%?"), " n "),
)
_WORD: Final = re.compile(r"[^\W_]+(?:'[^\W_]+)*|[?!£@]")
_SENTENCE_END: Final = re.compile(r"(?<=[.!?…])\s+|\n+")


def plain(text: str) -> str:
    """Return text with placeholders, in lower case; its lines stay as many as they are."""
    for pattern, placeholder in _PLACEHOLDERS:
        text = pattern.sub(placeholder, text)
    return text.lower()


def words_of(text: str) -> list[str]:
    """Return the words of plain text, and the marks that say something."""
    return _WORD.findall(text)


def pairs_of(words: list[str]) -> Iterator[str]:
    """Yield each two words that stand side by side."""
    return map(" ".join, pairwise(words))


def parts_of(word: str) -> list[str]:
    """Return the parts of a word, its edges marked by spaces."""
    marked = f" {word[:LONGEST_WORD]} "
    size = len(marked)
    if size <= SHORTEST_PART:
        return [marked]
    return [
        marked[at : at + length]
        for length in range(SHORTEST_PART, min(LONGEST_PART, size) + 1)
        for at in range(size - length + 1)
    ]


def sentences_of(text: str) -> list[str]:
    """Return the sentences of a text, each on one line; very short ones join the one before."""
    found: list[str] = []
    before = FEWEST_WORDS
    for piece in _SENTENCE_END.split(text[:READ_CHARS]):
        words = piece.split()
        if not words:
            continue
        if found and min(before, len(words)) < FEWEST_WORDS:
            found[-1] += f" {' '.join(words)}"
            before += len(words)
        else:
            found.append(" ".join(words))
            before = len(words)
    return found


def words_by_sentence(sentences: list[str]) -> list[list[str]]:
    """Return the words of each sentence; placeholders are put in for all of them at once."""
    return [words_of(line) for line in plain("\n".join(sentences)).split("\n")]
