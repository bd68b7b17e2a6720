"""The table: what is counted, as a share with its interval."""

from __future__ import annotations

import pytest

from daemon.classify import Labels
from daemon.evaluate import Answer, Case, Figure, confusions, table
from daemon.model import Box, Category, Criterion, Route, Source


def a_case(*, box=Box.INTAKE, labels=None, **answer) -> Case:
    """A complainant's plain new complaint in Intake's box, taken for it and sent there."""
    wanted = {"category": Category.NEW_COMPLAINT, "source": Source.COMPLAINANT}
    values = {
        **wanted,
        "routine": False,
        "criteria": frozenset(),
        "confidence": 0.9,
        "to_be_sorted": False,
        "reference": None,
        "route": Route.INTAKE,
    }
    return Case(
        id="one",
        box=box,
        labels=Labels(**{**wanted, **(labels or {})}),
        answer=Answer(**{**values, **answer}),
    )


def figure(key, *cases) -> Figure:
    return next(one for one in table(cases) if one.key == key)


def counted(key, *cases):
    found = figure(key, *cases)
    return found.hits, found.of


WRONG = a_case(category=Category.OTHER, to_be_sorted=True, route=Route.CUSTOMER_CARE)
AT_RISK = {"criteria": frozenset({Criterion.VULNERABLE})}
SPECIAL = {"source": Source.MP, "criteria": frozenset({Criterion.MP_NON_ROUTINE})}
ROUTINE = {"source": Source.MP, "routine": True}


@pytest.mark.parametrize(
    ("key", "cases", "expected"),
    [
        ("category", (a_case(), WRONG), (1, 2)),
        ("category-decided", (a_case(), WRONG), (1, 1)),
        ("decided", (a_case(), WRONG), (1, 2)),
        ("source", (a_case(source=Source.MP), a_case()), (1, 2)),
        ("routine", (a_case(labels=ROUTINE), a_case()), (0, 1)),
        ("vulnerable-recall", (a_case(labels=AT_RISK), a_case(labels=AT_RISK, **AT_RISK)), (1, 2)),
        ("vulnerable-precision", (a_case(**AT_RISK), a_case(labels=AT_RISK, **AT_RISK)), (1, 2)),
        ("special-to-intake", (a_case(labels=SPECIAL), a_case()), (1, 1)),
        (
            "routine-to-intake",
            (a_case(labels=ROUTINE), a_case(box=Box.CEO, labels=ROUTINE)),
            (1, 1),
        ),
        ("plain-to-intake", (a_case(), WRONG, a_case(labels=AT_RISK)), (1, 2)),
        ("guarded-set-aside", (a_case(labels=SPECIAL, route=Route.SET_ASIDE), a_case()), (1, 1)),
        ("people-set-aside", (a_case(route=Route.SET_ASIDE), a_case()), (1, 2)),
        ("reference", (a_case(reference="p-1", labels={"reference": "P-1"}), a_case()), (2, 2)),
    ],
)
def test_each_figure_counts_what_it_says(key, cases, expected):
    """Hits, and of how many."""
    assert counted(key, *cases) == expected


def test_a_share_of_none_is_none():
    """Not nought: nothing is known."""
    found = figure("routine", a_case())
    assert (found.share, found.interval) == (None, None)


def test_the_interval_is_wilsons():
    """Published values for 8 of 10."""
    low, high = Figure(key="x", says="x", hits=8, of=10).interval
    assert (round(low, 3), round(high, 3)) == (0.490, 0.943)


def test_mistakes_are_counted_by_pair():
    """The commonest first."""
    other = a_case(category=Category.FOI_DPA)
    assert confusions([WRONG, WRONG, other, a_case()]) == [
        (Category.NEW_COMPLAINT, Category.OTHER, 2),
        (Category.NEW_COMPLAINT, Category.FOI_DPA, 1),
    ]
