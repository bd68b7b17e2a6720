"""When each kind of clock falls due, with dates counted on a paper calendar."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.deadlines import WorkingDays, deadline, parse_received
from daemon.deadlines.periods import Start, due
from daemon.model import ClockKind, ClockPolicy

DAYS = WorkingDays(ClockPolicy())


def a_clock(kind, received, **ico):
    """A clock of this kind for a receipt written as ISO 8601."""
    return deadline(ClockKind(kind), parse_received(received), DAYS, **ico)


def due_on(kind, received, **ico):
    """The due date as text."""
    return a_clock(kind, received, **ico).due_on.isoformat()


@pytest.mark.parametrize(
    ("kind", "received", "due"),
    [
        pytest.param("foi", "2025-06-02", "2025-06-30", id="FOI s.10(1): 20 working days"),
        pytest.param("foi", "2025-06-07", "2025-07-04", id="FOI s.10: received on a Saturday"),
        pytest.param("foi", "2025-06-08", "2025-07-04", id="FOI s.10: received on a Sunday"),
        pytest.param("foi", "2025-03-12", "2025-04-10", id="FOI s.10(6): St Patrick's Day"),
        pytest.param("foi", "2024-03-15", "2024-04-17", id="FOI s.10(6): St Patrick's substitute"),
        pytest.param("foi", "2025-12-19", "2026-01-22", id="FOI s.10(6): 2 January"),
        pytest.param("foi", "2027-12-31", "2028-02-01", id="FOI s.10(6): 3 and 4 January"),
        pytest.param("foi", "2026-04-01", "2026-05-01", id="FOI s.10(6): Easter"),
        pytest.param("foi", "2026-04-03", "2026-05-05", id="FOI s.10: received on Good Friday"),
        pytest.param("foi", "2026-07-10", "2026-08-11", id="FOI s.10(6): 12 July and August"),
        pytest.param("foi", "2026-06-12", "2026-07-14", id="FOI s.10(6): one-off in Scotland"),
        pytest.param("foi", "2024-02-01", "2024-02-29", id="FOI s.10: ends on a leap day"),
        pytest.param("foi-review", "2026-11-27", "2026-12-30", id="ICO guidance: St Andrew's Day"),
        pytest.param("eir", "2025-06-02", "2025-06-30", id="EIR reg. 5: 20 working days"),
        pytest.param("eir-review", "2025-06-02", "2025-07-29", id="EIR reg. 11: 40 working days"),
        pytest.param("service", "2025-03-12", "2025-04-09", id="house: St Patrick's Day counts"),
        pytest.param("service", "2025-12-19", "2026-01-21", id="house: 2 January counts"),
        pytest.param("service", "2026-07-10", "2026-08-07", id="house: 13 July counts"),
        pytest.param("other", "2026-04-01", "2026-04-17", id="house: 10 working days over Easter"),
        pytest.param("other", "2022-09-09", "2022-09-26", id="house: the State Funeral of 2022"),
        pytest.param("ack", "2025-06-02", "2025-06-03", id="house: ack 1 working day"),
        pytest.param("ack", "2025-06-06", "2025-06-09", id="house: ack from Friday to Monday"),
        pytest.param("ack", "2026-04-02", "2026-04-07", id="house: ack over Easter"),
        pytest.param("ack", "2027-12-24", "2027-12-29", id="house: ack over a weekend Christmas"),
        pytest.param("ack", "2026-03-16", "2026-03-17", id="house: ack on St Patrick's Day"),
    ],
)
def test_working_day_clocks_count_from_the_first_working_day_after_receipt(kind, received, due):
    """Day 1 is the first working day after the date of receipt."""
    assert due_on(kind, received) == due


@pytest.mark.parametrize(
    ("received", "due"),
    [
        pytest.param("2025-06-02", "2025-06-30", id="§1.11: 28 calendar days"),
        pytest.param("2026-09-05", "2026-10-03", id="§1.11: stays on a Saturday"),
        pytest.param("2026-11-27", "2026-12-25", id="§1.11: stays on Christmas Day"),
        pytest.param("2025-12-24", "2026-01-21", id="§1.11: over the year's end"),
        pytest.param("2028-02-01", "2028-02-29", id="§1.11: ends on a leap day"),
        pytest.param("2028-02-29", "2028-03-28", id="§1.11: received on a leap day"),
        pytest.param("2027-02-01", "2027-03-01", id="§1.11: no leap day"),
    ],
)
def test_an_mp_is_answered_within_28_calendar_days(received, due):
    """Counted from the day after receipt; weekends and holidays do not move it (guide §1.11)."""
    assert due_on("mp", received) == due


@pytest.mark.parametrize(
    ("received", "due"),
    [
        pytest.param("2025-09-03", "2025-10-03", id="art. 12(3): 3 September to 3 October"),
        pytest.param("2026-09-03", "2026-10-05", id="art. 12(3): off a Saturday"),
        pytest.param("2026-01-31", "2026-03-02", id="art. 12(3): 31 January, 28 is a Saturday"),
        pytest.param("2027-01-31", "2027-03-01", id="art. 12(3): 31 January, 28 is a Sunday"),
        pytest.param("2028-01-31", "2028-02-29", id="art. 12(3): 31 January of a leap year"),
        pytest.param("2028-01-29", "2028-02-29", id="art. 12(3): 29 January of a leap year"),
        pytest.param("2025-01-29", "2025-02-28", id="art. 12(3): 29 January, no leap year"),
        pytest.param("2028-02-29", "2028-03-29", id="art. 12(3): received on a leap day"),
        pytest.param("2026-02-28", "2026-03-30", id="art. 12(3): 28 February, not the month's end"),
        pytest.param("2026-03-31", "2026-04-30", id="art. 12(3): 31 March to 30 April"),
        pytest.param("2026-11-25", "2026-12-29", id="art. 12(3): off Christmas and its substitute"),
        pytest.param("2025-12-01", "2026-01-02", id="art. 12(3): 2 January is worked in England"),
        pytest.param("2026-02-17", "2026-03-17", id="art. 12(3): stays on St Patrick's Day"),
        pytest.param("2026-12-31", "2027-02-01", id="art. 12(3): over the year's end"),
        pytest.param("2026-03-03", "2026-04-07", id="art. 12(3): Good Friday to Tuesday"),
    ],
)
def test_a_data_protection_request_has_one_calendar_month(received, due):
    """The same date of the next month, or its last; then off weekends and bank holidays."""
    assert due_on("dpa", received) == due


@pytest.mark.parametrize(
    ("received", "ack_by", "due"),
    [
        pytest.param("2025-06-02", "2025-07-01", "2025-06-30", id="s.164A: 30 days"),
        pytest.param("2026-12-20", "2027-01-18", "2027-01-20", id="s.164A: year's end"),
        pytest.param("2028-02-01", "2028-03-01", "2028-02-29", id="s.164A: leap day"),
    ],
)
def test_a_data_protection_complaint_is_acknowledged_by_the_30th_day(received, ack_by, due):
    """The day of receipt counts as the first (DPA 2018 s.164A); the reply is the due date."""
    clock = a_clock("dpa-complaint", received)
    assert (clock.ack_by_on.isoformat(), clock.due_on.isoformat()) == (ack_by, due)


class TestInformationCommissioner:
    """Decision notices and other letters of the ICO."""

    def test_a_notice_without_a_date_has_30_days_and_can_be_appealed_for_28(self):
        """Both from the notice's own date."""
        clock = a_clock("ico", "2026-03-02")
        assert (clock.due_on, clock.appeal_by_on) == (date(2026, 4, 1), date(2026, 3, 30))

    def test_a_leap_day_counts(self):
        """Calendar days, 29 February among them."""
        clock = a_clock("ico", "2028-02-01")
        assert (clock.due_on, clock.appeal_by_on) == (date(2028, 3, 2), date(2028, 2, 29))

    def test_it_counts_from_the_notices_own_date_not_from_receipt(self):
        """A notice that came five days after its date."""
        clock = a_clock("ico", "2026-03-07T10:00", notice_on=date(2026, 3, 2))
        assert (clock.due_on, clock.appeal_by_on) == (date(2026, 4, 1), date(2026, 3, 30))

    def test_the_midpoint_still_counts_from_the_date_of_receipt(self):
        """25 days from 7 March to 1 April: 12 days on is Thursday 19 March."""
        clock = a_clock("ico", "2026-03-07T10:00", notice_on=date(2026, 3, 2))
        assert clock.remind_at[0] == datetime(2026, 3, 19, 9, tzinfo=UTC)

    def test_the_date_a_notice_states_wins_and_stays_on_a_weekend(self):
        """It is the ICO's date; the appeal still runs from the notice's own."""
        clock = a_clock("ico", "2026-03-02", stated_on=date(2026, 4, 11))
        assert (clock.due_on, clock.appeal_by_on) == (date(2026, 4, 11), date(2026, 3, 30))

    def test_another_letter_has_20_working_days_and_no_appeal(self):
        """Over Easter 2026, in England and Wales."""
        clock = a_clock("ico", "2026-03-16", ico_notice=False)
        assert (clock.due_on, clock.appeal_by_on) == (date(2026, 4, 15), None)

    def test_another_letter_keeps_the_date_it_states(self):
        """Stated dates win over the standard."""
        assert due_on("ico", "2026-03-16", ico_notice=False, stated_on=date(2026, 3, 20)) == (
            "2026-03-20"
        )

    def test_a_stated_date_already_gone_by_is_kept_and_chased_at_once(self):
        """No reminders; the escalations lie where they would have been."""
        clock = a_clock("ico", "2026-03-16", stated_on=date(2026, 3, 9))
        assert (clock.due_on, clock.remind_at) == (date(2026, 3, 9), ())
        assert clock.escalate_at[0] == datetime(2026, 3, 10, 9, tzinfo=UTC)
        assert "It was due before the date of receipt: no reminders." in clock.working

    def test_other_kinds_do_not_look_at_the_ico_dates(self):
        """A date in the text moves the ICO's clock alone."""
        gone = date(2020, 1, 1)
        assert due_on("foi", "2025-06-02", stated_on=gone, notice_on=gone) == "2025-06-30"


@pytest.mark.parametrize(
    ("received", "receipt_on"),
    [
        pytest.param("2026-06-30T22:59:59Z", "2026-06-30", id="a second before midnight BST"),
        pytest.param("2026-06-30T23:00:00Z", "2026-07-01", id="midnight BST, still June in UTC"),
        pytest.param("2026-01-31T23:59:59Z", "2026-01-31", id="a second before midnight GMT"),
        pytest.param("2026-02-01T00:00:00Z", "2026-02-01", id="midnight GMT"),
        pytest.param("2026-06-30T23:59:59", "2026-06-30", id="London's clock before midnight"),
        pytest.param("2026-07-01T00:00:00", "2026-07-01", id="London's clock at midnight"),
        pytest.param("2026-01-01T08:59+09:00", "2025-12-31", id="still last year in London"),
        pytest.param("2026-03-28T23:59:59Z", "2026-03-28", id="before the spring change"),
        pytest.param("2026-03-29T23:00:00Z", "2026-03-30", id="end of the 23-hour day"),
        pytest.param("2026-10-24T23:00:00Z", "2026-10-25", id="start of the 25-hour day"),
        pytest.param("2026-10-25T23:59:59Z", "2026-10-25", id="end of the 25-hour day"),
    ],
)
def test_the_date_of_receipt_is_the_date_in_london(received, receipt_on):
    """Whatever zone the instant is written in."""
    expected = date.fromisoformat(receipt_on) + timedelta(days=28)
    assert due_on("mp", received) == expected.isoformat()


@pytest.mark.parametrize(
    ("kind", "received", "due_at"),
    [
        pytest.param("foi", "2025-06-02", "2025-06-30T22:59:59+00:00", id="summer time"),
        pytest.param("foi", "2025-01-03", "2025-01-31T23:59:59+00:00", id="winter time"),
        pytest.param("mp", "2026-03-01", "2026-03-29T22:59:59+00:00", id="on the 23-hour day"),
        pytest.param("mp", "2026-09-27", "2026-10-25T23:59:59+00:00", id="on the 25-hour day"),
    ],
)
def test_a_day_ends_at_the_last_second_in_london(kind, received, due_at):
    """`due_at` is 23:59:59 Europe/London on the due date."""
    assert a_clock(kind, received).due_at.isoformat() == due_at


@pytest.mark.parametrize("kind", list(ClockKind))
def test_a_naive_receipt_is_refused(kind):
    """An instant without a zone has no date in London."""
    with pytest.raises(ValueError, match="without a zone"):
        deadline(kind, datetime(2026, 1, 5, 12), DAYS)


def test_a_vulnerable_alert_has_no_due_day_to_count():
    """Its minutes are counted elsewhere."""
    start = Start(
        kind=ClockKind.VULNERABLE, received_at=datetime(2026, 1, 5, tzinfo=UTC), days=DAYS
    )
    with pytest.raises(ValueError, match="minutes"):
        due(start)


def test_the_offices_own_standards_come_from_its_policy():
    """House rules are settings; what a statute says is not."""
    policy = ClockPolicy(
        ack_working_days=2,
        service_working_days=3,
        other_working_days=4,
        dpa_complaint_working_days=5,
        ico_letter_working_days=6,
    )
    kinds = ["ack", "service", "other", "dpa-complaint", "ico"]
    monday = datetime(2025, 6, 2, 12, tzinfo=UTC)
    clocks = [
        deadline(ClockKind(kind), monday, WorkingDays(policy), ico_notice=False) for kind in kinds
    ]
    assert [clock.due_on.day for clock in clocks] == [4, 5, 6, 9, 10]


class TestWorking:
    """The sentences a person can check."""

    def test_they_name_receipt_day_one_the_count_and_the_holidays(self):
        """FOI over St Patrick's Day."""
        working = " ".join(a_clock("foi", "2025-03-12T10:00").working)
        for words in (
            "Received at 10:00 London time on Wednesday 12 March 2025",
            "Day 1 is Thursday 13 March 2025",
            "Counting 20 working days, the last is Thursday 10 April 2025.",
            "any part of the UK: Monday 17 March 2025, Saint Patrick's Day (Northern Ireland).",
            "due by 23:59:59 London time on Thursday 10 April 2025",
        ):
            assert words in working

    def test_they_say_when_no_holiday_was_in_the_way(self):
        """So that nobody wonders."""
        assert any(
            "England and Wales: none here." in s for s in a_clock("other", "2025-06-02").working
        )

    def test_they_explain_a_shorter_month_and_a_move(self):
        """31 January 2026 to 28 February, a Saturday, to 2 March."""
        working = " ".join(a_clock("dpa", "2026-01-31").working)
        assert "has no day 31, so its last day is taken" in working
        assert "moves on to the next working day, Monday 2 March 2026" in working

    @pytest.mark.parametrize(
        ("received", "why"),
        [
            ("2026-02-28", "That is a Saturday, so it moves on to the next working day, Monday"),
            (
                "2026-03-03",
                "(Good Friday), followed by a bank holiday (Monday 6 April 2026, Easter Monday)",
            ),
        ],
    )
    def test_a_month_that_is_moved_on_says_off_which_day(self, received, why):
        """And does not say in the next breath that there was nothing to leave out."""
        working = " ".join(a_clock("dpa", received).working)
        assert why in working
        assert "none here" not in working

    def test_one_day_is_one_day(self):
        """In the counting of the midpoint as elsewhere."""
        working = " ".join(a_clock("ack", "2026-05-20").working)
        assert "it is 1 calendar day;" in working
        assert "1 calendar days" not in working

    @pytest.mark.parametrize("kind", list(ClockKind))
    def test_each_is_one_sentence(self, kind):
        """A capital first, a full stop last, no line breaks."""
        working = a_clock(kind.value, "2026-12-18T15:00").working
        assert len(working) >= 2
        assert all(s[0].isupper() and s.endswith(".") and "\n" not in s for s in working)


INSTANTS = st.datetimes(
    min_value=datetime(1971, 1, 1), max_value=datetime(2099, 12, 31), timezones=st.just(UTC)
)
WORKING_DAY_KINDS = sorted(set(ClockKind) - {ClockKind.MP, ClockKind.ICO, ClockKind.VULNERABLE})


@given(st.sampled_from(list(ClockKind)), INSTANTS)
def test_nothing_falls_due_before_it_was_received(kind, received_at):
    """For any kind and instant."""
    clock = deadline(kind, received_at, DAYS)
    assert clock.due_at > received_at


@given(st.sampled_from(WORKING_DAY_KINDS), INSTANTS)
def test_working_day_clocks_and_dpa_end_on_a_working_day(kind, received_at):
    """Of the kind's own calendar."""
    assert DAYS.is_working(deadline(kind, received_at, DAYS).due_on, kind)


@given(st.sampled_from(list(ClockKind)), st.lists(INSTANTS, min_size=2, max_size=4))
def test_a_later_receipt_never_falls_due_earlier(kind, instants):
    """Due times keep the order of receipts."""
    clocks = [deadline(kind, instant, DAYS) for instant in sorted(instants)]
    assert all(a.due_at <= b.due_at for a, b in pairwise(clocks))
