"""Phrases an administrator can read, made into RE2: linear time whatever somebody writes.

A phrase is plain words. `word*` stands for any ending, `...` for up to six words of the same
sentence, `#` for a number, `(a|b)` for a choice, `(a |)` for words that may be missing, and a
hyphen also matches a space. Case, line breaks and the shape of quotation marks do not matter.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import re2

from daemon.classify.needed import Index, Need, needs_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

SEPARATOR: Final = r"""[\s,;:"'()–—-]+"""
BOUNDARY: Final = r"\b"
GAP: Final = r"""(?:[\s,;:"'()–—-]+[^\s.!?]+){0,6}?[\s,;:"'()–—-]+"""
ENDING: Final = r"""[\pL\pN_']*"""
HYPHEN: Final = r"""[\s-]?"""
NUMBER: Final = r"""[0-9][0-9.,]*"""

_MEMORY: Final = (256 << 10, 4 << 20)  # bytes for one pattern, and what it is read in
_SET_MEMORY: Final = (8 << 20, 64 << 20, 256 << 20)  # for several together
# Beside quotation marks, the two letters that RE2 takes for plain ones when case does not matter.
_EVEN: Final = str.maketrans(
    {"‘": "'", "’": "'", "ʼ": "'", "“": '"', "”": '"', "\u00a0": " ", "\u017f": "s", "\u212a": "k"}
)
_PIECES: Final = re2.compile(r"\s*\.\.\.\s*|\s+|[(|)*#.-]|[^\s(|)*#.-]+")


class PhraseError(ValueError):
    """A phrase or pattern that RE2 does not take; the text says why."""


def even(text: str) -> str:
    """Return text with typographic quotation marks, hard spaces and odd letters made plain."""
    return text.translate(_EVEN)


def options(*, ignore_case: bool = True, memory: int = _MEMORY[-1]) -> Any:  # noqa: ANN401 - re2 ships no types
    """Return the options that everything here is compiled with."""
    chosen = re2.Options()
    chosen.case_sensitive = not ignore_case
    chosen.log_errors = False
    chosen.max_mem = memory
    return chosen


def compiled(source: str, *, ignore_case: bool = True) -> Any:  # noqa: ANN401 - see `options`
    """Return a compiled RE2 pattern: with little memory, since there are thousands, or with more.

    Raises: PhraseError where RE2 refuses it.
    """
    reason: object = "not a pattern"
    for memory in _MEMORY:
        try:
            return re2.compile(source, options(ignore_case=ignore_case, memory=memory))
        except re2.error as error:
            reason = error.args[0] if error.args else reason
    raise PhraseError(_as_text(reason))


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Words to look for: the pattern that they mean, and the words without which none occur."""

    full: str
    needs: tuple[Need, ...] = ()


def phrase(text: str) -> Wanted:
    """Return what a phrase looks for."""
    plain = even(text).strip()
    starts, ends = _is_plain(plain.lstrip("(")[:1]), _is_plain(plain.rstrip(")")[-1:])
    pieces = _PIECES.findall(plain)
    body = "".join(_piece(piece) for piece in pieces)
    full = f"{BOUNDARY if starts else ''}{body}{BOUNDARY if ends else ''}"
    return Wanted(full=full, needs=needs_of(pieces, starts=starts, ends=ends))


def pattern(source: str) -> Wanted:
    """Return what an RE2 pattern looks for."""
    return Wanted(full=source)


def any_of(wanted: Iterable[Wanted]) -> str:
    """Return one RE2 source that matches where any of the wanted words stand."""
    return "|".join(f"(?:{one.full})" for one in wanted)


class Scan:
    """Many groups of wanted words, looked for in one pass over a text.

    Most of the phrases occur in no mail of a month: each is compiled by itself when its words are
    first found, since all of them together would take 30 MB.
    """

    __slots__ = ("_group_of", "_index", "_patterns", "_set", "_sources", "_words")

    def __init__(self, groups: Sequence[Sequence[Wanted]]) -> None:
        flat = [(number, one) for number, group in enumerate(groups) for one in group]
        self._group_of = tuple(number for number, _ in flat)
        self._sources = tuple(one.full for _, one in flat)
        self._words: dict[int, Any] = {}
        # What says of itself no words that it needs is looked for in one go.
        self._patterns = tuple(index for index, (_, one) in enumerate(flat) if not one.needs)
        # The first always matches: an empty answer then means that memory ran out.
        self._set = _set_of(("(?s).?", *(self._sources[index] for index in self._patterns)))
        never: tuple[Need, ...] = (frozenset(),)
        self._index = Index([one.needs or never for _, one in flat])

    def hits(self, text: str) -> Mapping[int, tuple[str, ...]]:
        """Return which groups occur in a text, each with the words that matched."""
        found: dict[int, list[str]] = defaultdict(list)
        octets = text.encode("utf-8", "replace")  # once, and not for each search
        for index in sorted((*self._index.candidates(octets), *self._of_patterns(octets))):
            match = self._word(index).search(octets)
            if match is not None:
                found[self._group_of[index]].append(match.group(0).decode("utf-8", "replace"))
        return {group: tuple(words) for group, words in found.items()}

    def _word(self, index: int) -> Any:  # noqa: ANN401 - see `options`
        found = self._words.get(index)
        if found is None:
            found = self._words[index] = compiled(self._sources[index])
        return found

    def _of_patterns(self, octets: bytes) -> Iterable[int]:
        """Return the patterns that occur: all, should RE2 have run out of memory."""
        if not self._patterns:
            return ()
        found = self._set.Match(octets)
        if not found:
            return self._patterns
        return [self._patterns[number - 1] for number in found if number]


def _piece(piece: str) -> str:
    """Return the RE2 source of one piece of a phrase."""
    if piece.strip() == "...":
        return GAP
    if not piece.strip():
        return SEPARATOR
    special = {"*": ENDING, "#": NUMBER, "-": HYPHEN, "(": "(?:", "|": "|", ")": ")"}
    return special.get(piece) or str(re2.escape(piece))


def _is_plain(letter: str) -> bool:
    r"""Whether RE2's `\b` knows the letter: it counts only ASCII as parts of words."""
    return letter.isascii() and letter.isalnum()


def _set_of(sources: Sequence[str]) -> Any:  # noqa: ANN401 - see `options`
    """Return all sources compiled together, with as much memory as they take.

    Raises: PhraseError where it is too much.
    """
    for memory in _SET_MEMORY:
        found = re2.Set.SearchSet(options(memory=memory))
        for source in sources:
            found.Add(source)
        try:
            found.Compile()
        except re2.error:
            continue
        return found
    msg = "all patterns together take too much memory"
    raise PhraseError(msg)


def _as_text(reason: object) -> str:
    """Return RE2's complaint as text; it comes as bytes."""
    return reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
