r"""Which words must stand in a text for a phrase to occur in it, told without looking for it.

Most of a thousand phrases can be passed over by the words of a text alone. A phrase needs one word
of each of several sets: `(saved|saving) ... tablet*` needs one of two, and one that starts with
`tablet`. Words are runs of ASCII letters, digits and `_`, as RE2's `\b` sees them, in lower case.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_WORD: Final = re.compile(r"[A-Za-z0-9_]+")
_WORDS: Final = re.compile(rb"[a-z0-9_]+")
_KEPT: Final = 10_000  # words whose phrases are remembered
_LONGEST_KEPT: Final = 30  # bytes; what is longer is no word

Need = frozenset[tuple[str, bool]]
"""Words of which one must be there, and whether each may go on."""


@dataclass(frozen=True, slots=True)
class _Piece:
    """A piece of a phrase: its text, or the ways of a choice."""

    text: str = ""
    ways: tuple[tuple[_Piece, ...], ...] | None = None

    @property
    def is_gap(self) -> bool:
        """Whether words are apart here: there is at least one character that is part of none."""
        return self.ways is None and self.text.strip() in {"", "..."}

    @property
    def is_itself(self) -> bool:
        """Whether the text stands for itself."""
        return self.ways is None and not self.is_gap and self.text not in {"*", "#", "-"}


class _UnclearError(Exception):
    """A phrase of which nothing can be said."""


def needs_of(pieces: Sequence[str], *, starts: bool, ends: bool) -> tuple[Need, ...]:
    """Return the sets of words of which a phrase needs one each; none where nothing is certain.

    `starts` and `ends` say whether a word must start and end where the phrase does.
    """
    try:
        ways, rest = _read(pieces)
    except _UnclearError:
        return ()
    if rest or len(ways) != 1:
        return ()  # a bracket too many, or a choice of whole phrases
    return tuple(dict.fromkeys(_needs(ways[0], starts=starts, ends=ends)))


def _read(pieces: Sequence[str]) -> tuple[list[tuple[_Piece, ...]], Sequence[str]]:
    """Read the ways of a choice up to the bracket that closes it; return them and the rest."""
    ways: list[list[_Piece]] = [[]]
    while pieces and pieces[0] != ")":
        first, *pieces = pieces
        if first == "|":
            ways.append([])
        elif first == "(":
            inner, pieces = _read(pieces)
            if not pieces:
                raise _UnclearError
            pieces = pieces[1:]
            ways[-1].append(_Piece(ways=tuple(inner)))
        else:
            piece, way = _Piece(first), ways[-1]
            if way and way[-1].is_itself and piece.is_itself:
                piece = _Piece(way.pop().text + first)
            way.append(piece)
    return [tuple(way) for way in ways], pieces


def _needs(pieces: Sequence[_Piece], *, starts: bool, ends: bool) -> Iterator[Need]:
    """Yield what a sequence needs; `starts` and `ends`: words start and end at its edges."""
    for at, piece in enumerate(pieces):
        begins = _are_apart(pieces[:at][::-1], edge=starts, step=-1)
        closes = _are_apart(pieces[at + 1 :], edge=ends, step=1)
        if piece.ways is not None:
            each = [tuple(_needs(way, starts=begins, ends=closes)) for way in piece.ways]
            if all(each):
                yield frozenset().union(*(max(needs, key=_length) for needs in each))
        elif piece.is_itself:
            yield from _words(piece.text, begins=begins, closes=closes)


def _words(text: str, *, begins: bool, closes: bool) -> Iterator[Need]:
    """Yield the words of a text that stands for itself."""
    for match in _WORD.finditer(text):
        if match.start() or begins:
            goes_on = match.end() == len(text) and not closes
            yield frozenset({(match[0].lower(), goes_on)})


def _are_apart(pieces: Sequence[_Piece], *, edge: bool, step: int) -> bool:
    """Whether what stands next to a word is certainly part of none; `step` -1 looks back."""
    if not pieces:
        return edge
    first, *others = pieces
    if first.ways is None:
        return first.is_gap
    return all(_are_apart((*way[::step], *others), edge=edge, step=step) for way in first.ways)


def _length(need: Need) -> int:
    """How long the shortest word of a set is: long words are rare."""
    return min(len(word) for word, _ in need)


class Index:
    """Which of many phrases may occur in a text."""

    __slots__ = ("_known", "_lengths", "_parts", "_places", "_size", "_whole", "_without")

    def __init__(self, needs: Sequence[tuple[Need, ...]]) -> None:
        """Take what each phrase needs; one that needs nothing may always occur."""
        # Bit m * size + n is for the m-th set of words of phrase n: whether one of them is there.
        self._size = len(needs)
        self._places = max(map(len, needs), default=0)
        self._without = 0
        self._whole: dict[bytes, int] = {}
        self._parts: dict[bytes, int] = {}
        for number, one in enumerate(needs):
            for place in range(self._places):
                bit = 1 << (place * self._size + number)
                if place >= len(one):
                    self._without |= bit
                    continue
                for word, goes_on in one[place]:
                    masks, octets = self._parts if goes_on else self._whole, word.encode()
                    masks[octets] = masks.get(octets, 0) | bit
        self._lengths = sorted(set(map(len, self._parts)))
        self._known: dict[bytes, int] = {}

    def candidates(self, octets: bytes) -> list[int]:
        """Return the numbers of the phrases that may occur in a text, in order."""
        words = set(_WORDS.findall(octets.lower()))
        known = self._known.get
        masks = [self._mask(word) if (mask := known(word)) is None else mask for word in words]
        bits = found = reduce(or_, filter(None, masks), self._without)
        for _ in range(1, self._places):
            found >>= self._size
            bits &= found
        bits &= (1 << self._size) - 1
        numbers = []
        while bits:
            lowest = bits & -bits
            numbers.append(lowest.bit_length() - 1)
            bits ^= lowest
        return numbers

    def _mask(self, word: bytes) -> int:
        """Return what a word brings to which phrases; the answers for the last are kept."""
        mask = self._whole.get(word, 0)
        for length in self._lengths:
            if length > len(word):
                break
            mask |= self._parts.get(word[:length], 0)
        if len(word) <= _LONGEST_KEPT:
            if len(self._known) >= _KEPT:
                self._known.clear()
            self._known[word] = mask
        return mask
