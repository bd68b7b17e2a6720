"""What a phrase needs never hides a phrase that occurs."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from daemon.classify.needed import Index
from daemon.classify.phrases import PhraseError, Scan, compiled, even, phrase
from daemon.config import load

if TYPE_CHECKING:
    from daemon.classify.phrases import Wanted

ROOT: Final = Path(__file__).parents[2]


def may_occur(wanted: Wanted, text: str) -> bool:
    """Whether the words of a text leave a phrase possible."""
    return not wanted.needs or Index([wanted.needs]).candidates(text.encode()) == [0]


def needed(text: str) -> list[list[str]]:
    """Return what a phrase needs: `word` or `word*`, each set in order."""
    return [sorted(word + "*" * goes_on for word, goes_on in need) for need in phrase(text).needs]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("final report", [["final"], ["report"]]),
        ("Complain* about", [["complain*"], ["about"]]),
        ("(saved|saving) ... tablet*", [["saved", "saving"], ["tablet*"]]),
        ("my (the |)mother", [["my"], ["mother"]]),
        ("(in court|letter before action)", [["court", "letter"]]),
        ("(the |)", []),
        ("(un|)happy", []),  # the end of a longer word, or not
        ("(a|b) (c|)d", [["a", "b"]]),
        ("e-mail address", [["e*"], ["address"]]),
        ("can't go", [["can"], ["t"], ["go"]]),
        ("#th time", [["time"]]),
        ("page#", [["page*"]]),
        ("U.K. law", [["u"], ["k"], ["law"]]),
        ("naïve view", [["na"], ["ve"], ["view"]]),
        ("£ per", [["per"]]),
        ("жалоба", []),
        ("... end", [["end"]]),
        ("one...two", [["one"], ["two"]]),
        ("one|two", []),  # a choice of whole phrases
        ("(one", []),
        ("one) two", []),
        ("word ((a|b) c|d) last", [["word"], ["a", "b", "d"], ["last"]]),
    ],
)
def test_what_a_phrase_needs(text: str, expected: list[list[str]]) -> None:
    """Whole words where words end, their beginnings where they may go on, else nothing."""
    assert needed(text) == expected


words = st.sampled_from(
    ["a", "re", "open", "can't", "U.K", "naïve", "é", "s", "K", "£5", "x_1", "9"]
)
signs = st.sampled_from(["*", "#", "-", ".", " ... ", "...", " ", " ", " ", " "])


def choices(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Return choices of phrases, some of them empty or with a space at an edge."""
    way = st.one_of(inner, st.just(""), inner.map("{} ".format), inner.map(" {}".format))
    return st.lists(way, min_size=1, max_size=3).map(lambda ways: f"({'|'.join(ways)})")


phrases = st.recursive(
    st.lists(st.one_of(words, signs), min_size=1, max_size=5).map("".join),
    lambda inner: st.lists(st.one_of(inner, choices(inner), signs), min_size=1, max_size=4).map(
        "".join
    ),
    max_leaves=6,
)
texts = st.lists(
    st.one_of(
        words,
        st.sampled_from(
            [
                " ",
                " ",
                "-",
                ".",
                ",",
                "'",
                "\u017f",
                "\u212a",
                "opened",
                "REOPEN",
                "ré",
                "\n",
                "5th",
            ]
        ),
    ),
    max_size=14,
).map("".join)


@given(phrases, st.lists(texts, min_size=1, max_size=8))
@settings(max_examples=1500, deadline=None)
@example("(s|)ad", ["x\u017fad", "sad", "\u017fad"])
@example("(a |)open", ["reopen", "open", "a open"])
def test_a_phrase_that_occurs_is_always_looked_for(text: str, against: list[str]) -> None:
    """RE2 finds nothing that the words would have passed over."""
    wanted = phrase(text)
    try:
        pattern = compiled(wanted.full)
    except PhraseError:
        return
    for one in map(even, against):
        if pattern.search(one.encode()):
            assert may_occur(wanted, one)


@cache
def our_phrases() -> tuple[Wanted, ...]:
    """Return every phrase of our rules."""
    rules = load(ROOT / "config", env={}).rules.rules
    parts = (part for rule in rules for part in (rule.looks_for, rule.also, rule.unless))
    return tuple(dict.fromkeys(one for part in parts for one in part))


def our_texts() -> list[str]:
    """Return what people write in our examples, a part of them."""
    paths = sorted((ROOT / "config/examples").glob("*.jsonl"))
    lines = [line for path in paths for line in path.read_text().splitlines()]
    return [even(json.loads(line)["body"]) for line in lines[::25]]


def test_our_own_phrases_are_found_as_if_each_were_looked_for() -> None:
    """In what people write, a scan finds just what a search for each phrase by itself finds."""
    scan = Scan([[one] for one in our_phrases()])
    patterns = [compiled(one.full) for one in our_phrases()]
    for text in our_texts():
        octets = text.encode()
        alone = {
            number: (match.group(0).decode(),)
            for number, pattern in enumerate(patterns)
            if (match := pattern.search(octets)) is not None
        }
        assert dict(scan.hits(text)) == alone


def test_few_of_our_phrases_are_looked_for() -> None:
    """What it is for: a text leaves a twentieth of them."""
    index = Index([one.needs or (frozenset(),) for one in our_phrases()])
    texts = our_texts()
    looked_for = sum(len(index.candidates(text.encode())) for text in texts)
    assert looked_for < len(texts) * len(our_phrases()) / 20


def test_long_words_are_not_remembered() -> None:
    """Who sends a million words does not fill the memory."""
    index = Index([phrase("complain* about").needs])
    for number in range(30_000):
        index.candidates(f"word{number} {'x' * 40}{number} complaining about".encode())
    assert len(index._known) <= 10_000
    assert not any(len(word) > 30 for word in index._known)
    assert index.candidates(b"complaining about") == [0]
