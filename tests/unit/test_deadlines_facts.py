"""What changes a clock: questions, fees, identity, extensions; each by its law."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.deadlines import WorkingDays, deadline, latest_extension, next_update
from daemon.model import ClockFact, ClockKind, ClockPolicy, FactKind

DAYS = WorkingDays(ClockPolicy())
RECEIVED = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)  # a Monday
K, F = ClockKind, FactKind


def fact(what, from_on, until_on=None, due_on=None):
    return ClockFact(
        what=what,
        from_on=date.fromisoformat(from_on),
        until_on=date.fromisoformat(until_on) if until_on else None,
        due_on=date.fromisoformat(due_on) if due_on else None,
    )


def due_on(kind, *facts, received=RECEIVED):
    return deadline(kind, received, DAYS, facts=facts).due_on.isoformat()


@pytest.mark.parametrize(
    ("kind", "facts", "expected"),
    [
        # 2 March + 20 working days of the whole UK (17 March is left out): 31 March
        pytest.param(K.FOI, [], "2026-03-31", id="FOI s.10(1) plain"),
        # answered on Thursday 12 March: 20 working days after it, 17 March, Good Friday 3 April
        # and Easter Monday 6 April left out
        pytest.param(
            K.FOI,
            [fact(F.CLARIFICATION, "2026-03-05", "2026-03-12")],
            "2026-04-14",
            id="FOI s.1(3) a new period after the answer",
        ),
        pytest.param(
            K.FOI,
            [
                fact(F.CLARIFICATION, "2026-03-03", "2026-03-04"),
                fact(F.CLARIFICATION, "2026-03-05", "2026-03-12"),
            ],
            "2026-04-14",
            id="FOI s.1(3) the latest answer counts",
        ),
        # Monday 9 to Friday 13 March are five working days: 31 March moves by five, over Easter
        pytest.param(
            K.FOI,
            [fact(F.FEES, "2026-03-09", "2026-03-13")],
            "2026-04-09",
            id="FOI s.10(2) days between notice and payment are not counted",
        ),
        pytest.param(
            K.FOI,
            [
                fact(F.FEES, "2026-03-03", "2026-03-04"),
                fact(F.CLARIFICATION, "2026-03-05", "2026-03-12"),
            ],
            "2026-04-14",
            id="FOI fees before the new period do not lengthen it",
        ),
        pytest.param(
            K.FOI,
            [fact(F.EXTENSION, "2026-03-20", "2026-05-01", "2026-05-01")],
            "2026-05-01",
            id="FOI s.10(3) extended",
        ),
        pytest.param(
            K.FOI_REVIEW,
            [fact(F.EXTENSION, "2026-03-20", "2026-04-20", "2026-04-20")],
            "2026-04-20",
            id="ICO guidance: a review extended",
        ),
        pytest.param(
            K.EIR,
            [fact(F.EXTENSION, "2026-03-20", "2026-04-20", "2026-04-20")],
            "2026-04-20",
            id="EIR reg. 7 extended",
        ),
        pytest.param(K.DPA, [], "2026-04-02", id="art. 12 one month"),
        # proof on 31 March: a month later is 30 April
        pytest.param(
            K.DPA,
            [fact(F.IDENTITY, "2026-03-03", "2026-03-31")],
            "2026-04-30",
            id="art. 12A from the proof of identity, last day of a shorter month",
        ),
        pytest.param(
            K.DPA,
            [
                fact(F.IDENTITY, "2026-03-03", "2026-03-05"),
                fact(F.FEE, "2026-03-05", "2026-03-10"),
            ],
            "2026-04-10",
            id="art. 12A from the latest of receipt, proof and fee",
        ),
        # four days of waiting: 2 April + 4 = Easter Monday 6 April, so Tuesday
        pytest.param(
            K.DPA,
            [fact(F.CLARIFICATION, "2026-03-10", "2026-03-14")],
            "2026-04-07",
            id="art. 12A the days of waiting are added",
        ),
    ],
)
def test_what_happened_to_a_clock_moves_its_day(kind, facts, expected):
    """Counted by hand on a calendar."""
    assert due_on(kind, *facts) == expected


@pytest.mark.parametrize("what", [F.CLARIFICATION, F.FEES])
def test_a_clock_that_waits_stands_still_and_chases_nobody(what):
    """It keeps the day it had, so that it can be shown."""
    found = deadline(K.FOI, RECEIVED, DAYS, facts=[fact(what, "2026-03-05")])
    assert found.stopped_on == date(2026, 3, 5)
    assert (found.due_on, found.remind_at, found.escalate_at) == (date(2026, 3, 31), (), ())
    assert "stands still" in found.working[-1]


def test_the_bounds_of_an_extension_are_the_laws():
    """40 working days for a review and EIR; two months more for data protection; FOI has none."""
    assert latest_extension(K.FOI, RECEIVED, DAYS) is None
    assert latest_extension(K.EIR, RECEIVED, DAYS) == DAYS.add(date(2026, 3, 2), 40, K.EIR)
    assert latest_extension(K.DPA, RECEIVED, DAYS) == date(2026, 6, 2)
    proved = fact(F.IDENTITY, "2026-03-03", "2026-03-10")
    assert latest_extension(K.DPA, RECEIVED, DAYS, [proved]) == date(2026, 6, 10)


@given(
    start=st.dates(date(2024, 1, 1), date(2030, 1, 1)),
    wait=st.integers(0, 60),
    answer=st.integers(0, 90),
)
def test_waiting_never_shortens_a_clock(start, wait, answer):
    """Whatever was asked and whenever it was answered."""
    received = datetime(start.year, start.month, start.day, 12, tzinfo=UTC)
    asked, answered = start + timedelta(days=wait), start + timedelta(days=wait + answer)
    for kind, whats in (
        (K.FOI, (F.CLARIFICATION, F.FEES)),
        (K.DPA, (F.CLARIFICATION, F.IDENTITY, F.FEE)),
    ):
        plain = deadline(kind, received, DAYS).due_on
        for what in whats:
            one = ClockFact(what=what, from_on=asked, until_on=answered)
            assert deadline(kind, received, DAYS, facts=[one]).due_on >= plain


@given(
    start=st.dates(date(2024, 1, 1), date(2030, 1, 1)),
    notice=st.integers(0, 40),
    paid=st.integers(0, 40),
)
def test_fees_move_the_day_by_the_working_days_they_took(start, notice, paid):
    """Counted one by one: exactly twenty days count."""
    received = datetime(start.year, start.month, start.day, 12, tzinfo=UTC)
    first, last = start + timedelta(days=notice), start + timedelta(days=notice + paid)
    one = ClockFact(what=F.FEES, from_on=first, until_on=last)
    on = deadline(K.FOI, received, DAYS, facts=[one]).due_on
    span = [start + timedelta(days=n) for n in range(1, (on - start).days + 1)]
    counted = [day for day in span if DAYS.is_working(day, K.FOI) and not first <= day <= last]
    assert (len(counted), counted[-1]) == (20, on)


# The next update


def test_the_next_update_is_due_in_ten_working_days_or_by_the_next_milestone():
    """§1.20; a milestone that has passed, or lies beyond, moves nothing."""
    assert next_update(RECEIVED, [], DAYS).due_on == date(2026, 3, 16)
    assert next_update(RECEIVED, [date(2026, 3, 9)], DAYS).due_on == date(2026, 3, 9)
    beyond = [date(2026, 2, 1), date(2026, 5, 1)]
    assert next_update(RECEIVED, beyond, DAYS).due_on == date(2026, 3, 16)
