"""The texts are plain English: the reading age of each, measured."""

from __future__ import annotations

import re

import pytest
import textstat

from daemon.compose import example_values
from tests.unit.composing import shipped

OLDEST = 11  # years; the guide asks for about 9 to 11
SCHOOL_BEGINS_AT = 5  # an American first grade's age, less one
ENGLISH = sorted(
    f"acknowledgements/{name}" for name in shipped().acknowledgements if "." not in name
)


def sentences(text: str) -> str:
    """The whole sentences of a mail: headings, names and numbers would make it look easier."""
    plain = re.sub(r":? https?://\S+", "", text)
    lines = (re.sub(r"^(-|\d+\.)\s+", "", line.strip()) for line in plain.splitlines())
    return " ".join(line for line in lines if line.endswith((".", "?")))


@pytest.mark.parametrize("folder", ENGLISH)
def test_the_reading_age_is_that_of_a_child_of_eleven_at_most(folder):
    """Flesch and Kincaid's grade, the harder of all the forms a text takes."""
    grades = [
        textstat.flesch_kincaid_grade(sentences(shipped().render(folder, values).text))
        for values in example_values(folder)
    ]
    assert max(grades) + SCHOOL_BEGINS_AT <= OLDEST
