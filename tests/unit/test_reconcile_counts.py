"""The arithmetic of an inbox's list, and what a comparison leaves behind for the next morning."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.listed import Part, Tally
from daemon.reconcile import SHOWN, InboxCount, note, noted
from daemon.store.ledger import ReceiptCounts
from tests.builders import NOW

SMALL = st.integers(min_value=0, max_value=9)


def ids(start, many):
    return tuple(str(start + number) for number in range(many))


@given(taken=SMALL, missed=SMALL, gaps=SMALL, to_come=SMALL, fetched=SMALL, gone=SMALL, older=SMALL)
def test_both_sums_of_an_inbox_hold(taken, missed, gaps, to_come, fetched, gone, older):
    """Listed = with receipt + to come + missing; receipts = lies there + gone + older."""
    part = Part(
        taken=ids(0, taken),
        missed=ids(10, missed),
        gaps=ids(20, gaps),
        to_come=ids(30, to_come),
        from_before=min(1, taken),
    )
    tally = Tally(name="care")
    tally.add(part, still_missing=part.gaps[fetched:])
    one = tally.count(at=NOW)
    had = one.with_receipt + gone + older
    before = one.listed_from_before + older
    one = one.beside(ReceiptCounts(by_state={"stored": had}, from_before=before))
    assert one.listed == one.with_receipt + one.to_come + one.missing
    assert one.receipts == one.with_receipt + one.gone + one.older
    assert (one.gone, one.older) == (gone, older)


def test_of_what_is_missing_the_first_are_named_and_all_are_counted():
    """A mailbox with a million gaps makes no mail of a million lines."""
    tally = Tally(name="care")
    for start in range(0, 300, 100):
        gaps = ids(start, 100)
        part = Part(taken=(), missed=(), gaps=gaps, to_come=(), from_before=0)
        tally.add(part, still_missing=gaps)
    one = tally.count(at=NOW)
    assert (one.missing, one.missing_ids) == (300, ids(0, SHOWN))


@pytest.mark.parametrize(
    "one",
    [
        InboxCount(name="care"),
        InboxCount(name="care", since=NOW.isoformat()),
        InboxCount(
            name="care",
            listed=9,
            with_receipt=5,
            to_come=1,
            to_come_ids=("1:9",),
            missing=3,
            missing_ids=("1:2", "1:3", "1:4"),
            listed_from_before=1,
            fetched=2,
            at=NOW.isoformat(),
        ),
    ],
    ids=["nothing", "not compared yet", "compared"],
)
def test_what_a_comparison_found_can_be_kept(one):
    """For the sums of the next morning."""
    assert noted("care", note(one)) == one


def test_of_an_inbox_without_a_marker_nothing_is_known():
    """It was configured a moment ago, say."""
    assert noted("care", None) == InboxCount(name="care")
