"""Examples as lines of JSON: every mistake by file, line and key."""

from __future__ import annotations

import json

import pytest

from daemon.lines import read_examples
from daemon.model import Box, Category, Criterion, Source


def a_line(**changes) -> dict:
    values = {
        "id": "x1",
        "box": "ceo",
        "from_name": "Jo",
        "from_addr": "jo@mail.example",
        "subject": "A letter",
        "body": "Please help.",
        "labels": {"category": "other", "source": "complainant", "criteria": ["vulnerable"]},
    }
    return {**values, **changes}


def read(*lines):
    content = b"\n".join(
        one if isinstance(one, bytes) else json.dumps(one).encode() for one in lines
    )
    return read_examples(content, path="w.jsonl", writer="w")


def test_an_example_is_a_message_with_its_labels():
    """And the writer whose file it stands in."""
    (example,) = read(a_line(decisive=["help"], signs={"vulnerable": ["help"]})).examples
    assert (example.id, example.writer, example.message.box) == ("x1", "w", Box.CEO)
    labels = example.labels
    assert (labels.category, labels.source, labels.routine) == (
        Category.OTHER,
        Source.COMPLAINANT,
        False,
    )
    assert labels.criteria == {Criterion.VULNERABLE}
    assert example.signs == {Criterion.VULNERABLE: ("help",)}


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (b"{", "w.jsonl:1"),
        (b"[]", "not a JSON object"),
        (a_line(box="attic"), "box has no 'attic'"),
        (a_line(body=7), "body is not text"),
        (a_line(labels=None), "labels is missing"),
        (a_line(labels={"category": "oddity", "source": "mp"}), "labels.category has no 'oddity'"),
        (a_line(labels={"category": "other"}), "labels.source has no None"),
        (
            a_line(labels={"category": "other", "source": "mp", "criteria": "vulnerable"}),
            "labels.criteria is not a list",
        ),
        (
            a_line(labels={"category": "other", "source": "mp", "routine": "yes"}),
            "labels.routine is neither",
        ),
        (
            a_line(labels={"category": "other", "source": "mp", "reference": 7}),
            "labels.reference is not text",
        ),
        (a_line(signs=[]), None),
        (a_line(signs=["x"]), "signs is not an object"),
        (a_line(signs={"vulnerable": "x"}), "signs.vulnerable is not a list"),
    ],
)
def test_a_wrong_line_is_named_with_its_key(line, why):
    """The others are read all the same."""
    found = read(line, a_line(id="good"))
    if why is None:
        assert found.mistakes == ()
        return
    assert [one.id for one in found.examples] == ["good"]
    (mistake,) = found.mistakes
    assert "w.jsonl:1" in mistake
    assert why in mistake
