"""When a clock reminds its holder and escalates, and how an alert climbs."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.deadlines import LONDON, WorkingDays, deadline, deadline_as_json, parse_received
from daemon.model import ClockKind, ClockPolicy

DAYS = WorkingDays(ClockPolicy())


def a_clock(kind, received, days=DAYS):
    """A clock as JSON for a receipt written as ISO 8601."""
    return deadline_as_json(deadline(ClockKind(kind), parse_received(received), days))


def mornings(texts):
    """Dates of instants that are all at nine in London."""
    instants = [datetime.fromisoformat(text) for text in texts]
    assert {(i.hour, i.minute, i.second) for i in instants} <= {(9, 0, 0)}
    return [i.date().isoformat() for i in instants]


@pytest.mark.parametrize(
    ("kind", "received", "remind", "escalate"),
    [
        pytest.param(
            "foi",
            "2025-06-02T12:00",
            ["2025-06-16", "2025-06-23", "2025-06-27"],
            ["2025-07-01", "2025-07-03"],
            id="house (a)-(c): midpoint, 5th and 1st working day before",
        ),
        pytest.param(
            "dpa",
            "2026-01-31T12:00",
            ["2026-02-13", "2026-02-23", "2026-02-27"],
            ["2026-03-03", "2026-03-05"],
            id="house (a): midpoint on a Sunday moves back to Friday",
        ),
        pytest.param(
            "mp",
            "2026-03-10T12:00",
            ["2026-03-24", "2026-03-27", "2026-04-02"],
            ["2026-04-08", "2026-04-10"],
            id="house (b)-(c): counted back over Easter",
        ),
        pytest.param(
            "mp",
            "2026-11-27T12:00",
            ["2026-12-11", "2026-12-18", "2026-12-24"],
            ["2026-12-29", "2026-12-31"],
            id="house: due on Christmas Day itself",
        ),
        pytest.param(
            "foi",
            "2025-02-20T12:00",
            ["2025-03-06", "2025-03-13", "2025-03-20"],
            ["2025-03-24", "2025-03-26"],
            id="house (b): St Patrick's Day is not counted for foi",
        ),
        pytest.param(
            "foi",
            "2026-12-01T12:00",
            ["2026-12-16", "2026-12-22", "2026-12-30"],
            ["2027-01-05", "2027-01-07"],
            id="house: escalation over New Year in Scotland",
        ),
        pytest.param(
            "service",
            "2026-12-01T12:00",
            ["2026-12-16", "2026-12-22", "2026-12-30"],
            ["2027-01-04", "2027-01-06"],
            id="house: escalation over New Year in England",
        ),
        pytest.param(
            "other",
            "2025-04-10T12:00",
            ["2025-04-17", "2025-04-25"],
            ["2025-04-29", "2025-05-01"],
            id="house: two on one day are one",
        ),
        pytest.param(
            "eir-review",
            "2025-06-02T12:00",
            ["2025-06-30", "2025-07-22", "2025-07-28"],
            ["2025-07-30", "2025-08-01"],
            id="house: half of 57 days is 28, rounded down",
        ),
        pytest.param(
            "ack",
            "2025-06-06T12:00",
            [],
            ["2025-06-10", "2025-06-12"],
            id="house: all reminders of a short clock before receipt",
        ),
    ],
)
def test_reminders_and_escalations_fall_on_the_working_days_of_the_table(
    kind, received, remind, escalate
):
    """Reminders before the due date, escalations on the 1st and 3rd working day after it."""
    clock = a_clock(kind, received)
    assert (mornings(clock["remind_at"]), mornings(clock["escalate_at"])) == (remind, escalate)


@pytest.mark.parametrize(
    ("received", "remind_at"),
    [
        pytest.param(
            "2026-03-10",
            ["2026-03-24T09:00:00+00:00", "2026-03-27T09:00:00+00:00", "2026-04-02T09:00:00+01:00"],
            id="clocks go forward on 29 March 2026",
        ),
        pytest.param(
            "2026-10-06",
            ["2026-10-20T09:00:00+01:00", "2026-10-27T09:00:00+00:00", "2026-11-02T09:00:00+00:00"],
            id="clocks go back on 25 October 2026",
        ),
    ],
)
def test_nine_in_the_morning_is_londons_nine_on_either_side_of_a_clock_change(received, remind_at):
    """The offset changes; the time on the wall does not."""
    assert a_clock("mp", received)["remind_at"] == remind_at


@pytest.mark.parametrize(
    ("received", "remind_at"),
    [
        ("2025-06-02T08:59:59", ["2025-06-02T09:00:00+01:00"]),
        ("2025-06-02T09:00:00", []),
        ("2025-06-02T09:00:01", []),
    ],
)
def test_a_reminder_not_later_than_receipt_is_left_out(received, remind_at):
    """Midpoint and last working day of an acknowledgement fall on the day of receipt."""
    assert a_clock("ack", received)["remind_at"] == remind_at


def test_the_working_says_what_was_merged_moved_and_left_out():
    """An acknowledgement over Christmas has all three."""
    working = " ".join(a_clock("ack", "2026-12-24T08:00")["working"])
    for words in (
        "midpoint is Saturday 26 December 2026, moved back to Thursday 24 December 2026",
        "these fall on one day, so there is one reminder",
        "No reminder on Friday 18 December 2026 (the 5th working day before the due date)",
        "not later than receipt",
    ):
        assert words in working


class TestVulnerableAlert:
    """An alert counts minutes on any day and climbs until a person confirms it (house)."""

    def test_it_is_due_one_hour_after_receipt_and_climbs_every_half_hour(self):
        """Four steps; a Saturday night makes no difference."""
        clock = a_clock("vulnerable", "2026-01-03T21:15:30")
        assert clock["due_at"] == "2026-01-03T22:15:30+00:00"
        assert clock["due_on"] == "2026-01-03"
        assert clock["remind_at"] == []
        assert clock["escalate_at"] == [
            "2026-01-03T22:15:30+00:00",
            "2026-01-03T22:45:30+00:00",
            "2026-01-03T23:15:30+00:00",
            "2026-01-03T23:45:30+00:00",
        ]

    def test_its_date_is_the_one_in_london_an_hour_later(self):
        """Past midnight in London, not yet in UTC."""
        clock = a_clock("vulnerable", "2026-07-31T22:30:00Z")
        assert (clock["due_on"], clock["due_at"]) == ("2026-08-01", "2026-08-01T00:30:00+01:00")

    def test_an_hour_is_an_hour_where_the_clocks_go_forward(self):
        """00:30 GMT, then 02:30 BST."""
        clock = a_clock("vulnerable", "2026-03-29T00:30")
        assert clock["due_at"] == "2026-03-29T02:30:00+01:00"
        assert clock["escalate_at"][-1] == "2026-03-29T04:00:00+01:00"

    def test_an_hour_is_an_hour_where_the_clocks_go_back(self):
        """01:30 BST, then 01:30 GMT."""
        clock = a_clock("vulnerable", "2026-10-25T01:30")
        assert clock["due_at"] == "2026-10-25T01:30:00+00:00"

    def test_its_steps_come_from_the_policy(self):
        """The office can climb faster."""
        days = WorkingDays(ClockPolicy(vulnerable_steps_minutes=(15, 20)))
        clock = a_clock("vulnerable", "2026-01-03T21:00", days)
        assert [text[11:16] for text in clock["escalate_at"]] == ["21:15", "21:20"]
        assert clock["due_at"][11:16] == "21:15"


def test_hours_and_steps_come_from_the_policy():
    """When to remind and escalate is the office's own rule."""
    policy = ClockPolicy(
        remind_hour=8, remind_working_days_before=(2,), escalate_working_days_after=(1, 2, 5)
    )
    clock = a_clock("foi", "2025-06-02T12:00", WorkingDays(policy))
    assert [text[:13] for text in clock["remind_at"]] == ["2025-06-16T08", "2025-06-26T08"]
    assert [text[:10] for text in clock["escalate_at"]] == [
        "2025-07-01",
        "2025-07-02",
        "2025-07-07",
    ]


def test_an_office_may_do_without_escalation():
    """No steps, no instants and no sentence about them."""
    days = WorkingDays(ClockPolicy(escalate_working_days_after=()))
    clock = a_clock("foi", "2025-06-02T12:00", days)
    assert clock["escalate_at"] == []
    assert not [sentence for sentence in clock["working"] if "escalated" in sentence]


INSTANTS = st.datetimes(
    min_value=datetime(1972, 1, 1), max_value=datetime(2099, 12, 31), timezones=st.just(UTC)
)
BY_DAYS = sorted(set(ClockKind) - {ClockKind.VULNERABLE})


@given(st.sampled_from(BY_DAYS), INSTANTS)
def test_reminders_lie_between_receipt_and_due_and_escalations_after(kind, received_at):
    """In order, none twice, each at nine on a working day of the kind's own calendar."""
    clock = deadline(kind, received_at, DAYS)
    instants = (received_at, *clock.remind_at, clock.due_at, *clock.escalate_at)
    assert all(earlier < later for earlier, later in pairwise(instants))
    local = [i.astimezone(LONDON) for i in (*clock.remind_at, *clock.escalate_at)]
    assert all((i.hour, i.minute) == (9, 0) and DAYS.is_working(i.date(), kind) for i in local)
    assert len(clock.remind_at) <= 3
    assert len(clock.escalate_at) == 2


@given(INSTANTS)
def test_an_alert_climbs_by_elapsed_time(received_at):
    """60, 90, 120 and 150 minutes, whatever the clocks do."""
    clock = deadline(ClockKind.VULNERABLE, received_at, DAYS)
    waited = [(instant - received_at) // timedelta(minutes=1) for instant in clock.escalate_at]
    assert waited == [60, 90, 120, 150]
    assert clock.due_on == clock.due_at.astimezone(LONDON).date()
