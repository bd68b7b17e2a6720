"""The calendar and every clock against bank holidays copied by hand from gov.uk, 2024 to 2028.

The oracle at the end counts in another way than the code: it looks things up in one sorted
list of working days, and works out London's offset from the last Sundays of March and October.
"""

from bisect import bisect_left, bisect_right
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.deadlines import WorkingDays, deadline, deadline_as_json
from daemon.model import ClockKind, ClockPolicy

ENGLAND_AND_WALES = {
    2024: "01-01 03-29 04-01 05-06 05-27 08-26 12-25 12-26",
    2025: "01-01 04-18 04-21 05-05 05-26 08-25 12-25 12-26",
    2026: "01-01 04-03 04-06 05-04 05-25 08-31 12-25 12-28",
    2027: "01-01 03-26 03-29 05-03 05-31 08-30 12-27 12-28",
    2028: "01-03 04-14 04-17 05-01 05-29 08-28 12-25 12-26",
}
ONLY_ELSEWHERE = {  # Scotland and Northern Ireland, where England and Wales work
    2024: "01-02 03-18 07-12 08-05 12-02",
    2025: "01-02 03-17 07-14 08-04 12-01",
    2026: "01-02 03-17 06-15 07-13 08-03 11-30",
    2027: "01-04 03-17 07-12 08-02 11-30",
    2028: "01-04 03-17 07-12 08-07 11-30",
}
INFORMATION_KINDS = {ClockKind.FOI, ClockKind.FOI_REVIEW, ClockKind.EIR, ClockKind.EIR_REVIEW}
WORKING_DAY_KINDS = {
    ClockKind.ACK: 1,
    ClockKind.FOI: 20,
    ClockKind.FOI_REVIEW: 20,
    ClockKind.EIR: 20,
    ClockKind.EIR_REVIEW: 40,
    ClockKind.DPA_COMPLAINT: 20,
    ClockKind.SERVICE: 20,
    ClockKind.OTHER: 10,
    ClockKind.UPDATE: 10,
}
BY_DAYS = sorted(set(ClockKind) - {ClockKind.VULNERABLE})


def dates(table):
    """Spell out a table of months and days as dates."""
    return {date.fromisoformat(f"{year}-{md}") for year, row in table.items() for md in row.split()}


def every_day(first, last):
    """All dates from the first to the last."""
    return [first + timedelta(days=i) for i in range((last - first).days + 1)]


FIVE_YEARS = every_day(date(2024, 1, 1), date(2028, 12, 31))
WORKED_IN_ENGLAND = [
    d for d in FIVE_YEARS if d.isoweekday() not in {6, 7} and d not in dates(ENGLAND_AND_WALES)
]
WORKED_EVERYWHERE = [d for d in WORKED_IN_ENGLAND if d not in dates(ONLY_ELSEWHERE)]


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        pytest.param(ClockKind.FOI, WORKED_EVERYWHERE, id="FOI Act s.10(6): any part of the UK"),
        pytest.param(ClockKind.FOI_REVIEW, WORKED_EVERYWHERE, id="foi-review: any part"),
        pytest.param(ClockKind.EIR, WORKED_EVERYWHERE, id="EIR reg. 2: any part of the UK"),
        pytest.param(ClockKind.EIR_REVIEW, WORKED_EVERYWHERE, id="eir-review: any part"),
        pytest.param(ClockKind.DPA, WORKED_IN_ENGLAND, id="dpa: England and Wales"),
        pytest.param(ClockKind.DPA_COMPLAINT, WORKED_IN_ENGLAND, id="dpa-complaint: England"),
        pytest.param(ClockKind.MP, WORKED_IN_ENGLAND, id="mp: England and Wales"),
        pytest.param(ClockKind.ICO, WORKED_IN_ENGLAND, id="ico: England and Wales"),
        pytest.param(ClockKind.SERVICE, WORKED_IN_ENGLAND, id="service: England and Wales"),
        pytest.param(ClockKind.OTHER, WORKED_IN_ENGLAND, id="other: England and Wales"),
        pytest.param(ClockKind.ACK, WORKED_IN_ENGLAND, id="ack: England and Wales"),
    ],
)
def test_working_days_are_those_that_the_published_bank_holidays_leave(kind, expected):
    """Each working day of five years is the one the published lists give, and no other."""
    days = WorkingDays(ClockPolicy())
    assert [day for day in FIVE_YEARS if days.is_working(day, kind)] == expected


@pytest.mark.parametrize(
    ("day", "kind", "name"),
    [
        ("2025-03-17", ClockKind.FOI, "Saint Patrick's Day (Northern Ireland)"),
        ("2025-03-17", ClockKind.SERVICE, None),
        ("2024-03-18", ClockKind.FOI, "Saint Patrick's Day, substitute day (Northern Ireland)"),
        ("2025-07-14", ClockKind.EIR, "Battle of the Boyne, substitute day (Northern Ireland)"),
        ("2026-01-02", ClockKind.FOI, "New Year Holiday (Scotland)"),
        ("2025-12-01", ClockKind.EIR_REVIEW, "Saint Andrew's Day, substitute day (Scotland)"),
        ("2026-04-06", ClockKind.FOI, "Easter Monday (England, Wales and Northern Ireland)"),
        ("2026-04-06", ClockKind.OTHER, "Easter Monday"),
        ("2026-08-03", ClockKind.OTHER, None),
        ("2027-12-28", ClockKind.FOI, "Boxing Day, substitute day"),
        ("2022-09-19", ClockKind.ACK, "State Funeral of Queen Elizabeth II"),
        ("2020-05-08", ClockKind.ACK, "May Day"),
        ("2020-05-04", ClockKind.ACK, None),
        ("2026-12-26", ClockKind.ACK, "Boxing Day"),
        ("2026-06-10", ClockKind.FOI, None),
    ],
)
def test_a_holiday_is_named_with_its_nations(day, kind, name):
    """A holiday has its English name, and its nations where not all that count observe it."""
    assert WorkingDays(ClockPolicy()).holiday_name(date.fromisoformat(day), kind) == name


def test_england_and_wales_have_the_same_published_holidays():
    """What only one of the two observes would carry that nation's name."""
    days = WorkingDays(ClockPolicy())
    names = [days.holiday_name(day, ClockKind.OTHER) or "" for day in FIVE_YEARS]
    assert not [name for name in names if "England" in name or "Wales" in name]


class TestLateAnnouncedHolidays:
    """Holidays that the office enters itself (lessons: announced days before)."""

    MOURNING = date(2027, 6, 9)  # a Wednesday

    def days(self, *nations):
        """The calendar with one more holiday."""
        return WorkingDays(ClockPolicy(extra_holidays={self.MOURNING: frozenset(nations)}))

    def test_one_in_all_nations_is_left_out_by_every_clock(self):
        """It is no working day for any kind."""
        days = self.days("ENG", "WLS", "SCT", "NIR")
        assert not [kind for kind in ClockKind if days.is_working(self.MOURNING, kind)]

    def test_one_in_scotland_is_left_out_by_the_information_clocks_alone(self):
        """Any part of the UK counts for these; the others look to England and Wales."""
        days = self.days("SCT")
        left_out = {kind for kind in ClockKind if not days.is_working(self.MOURNING, kind)}
        assert left_out == INFORMATION_KINDS

    def test_it_moves_the_due_date_and_is_named_in_the_working(self):
        """The clock is a day longer, and says why."""
        received_at = datetime(2027, 6, 1, 12, tzinfo=UTC)
        plain = deadline(ClockKind.OTHER, received_at, WorkingDays(ClockPolicy()))
        longer = deadline(ClockKind.OTHER, received_at, self.days("ENG", "WLS"))
        assert (plain.due_on, longer.due_on) == (date(2027, 6, 15), date(2027, 6, 16))
        named = "Wednesday 9 June 2027, bank holiday entered by the office"
        assert any(named in sentence for sentence in longer.working)

    def test_it_is_listed_in_its_place_among_the_others(self):
        """As the working of a date names them; one on a Saturday is no matter."""
        saturday = date(2027, 6, 12)
        entered = {day: frozenset({"ENG"}) for day in (self.MOURNING, saturday)}
        days = WorkingDays(ClockPolicy(extra_holidays=entered))
        listed = days.weekday_holidays(date(2026, 12, 1), date(2027, 8, 30), ClockKind.OTHER)
        assert [day.isoformat() for day, _ in listed] == [
            *("2026-12-25", "2026-12-28", "2027-01-01", "2027-03-26", "2027-03-29"),
            *("2027-05-03", "2027-05-31", "2027-06-09", "2027-08-30"),
        ]
        assert all(name == days.holiday_name(day, ClockKind.OTHER) for day, name in listed)

    def test_one_that_only_wales_observes_counts_for_all(self):
        """England and Wales are united, not intersected."""
        days = self.days("WLS")
        assert not days.is_working(self.MOURNING, ClockKind.OTHER)
        assert days.holiday_name(self.MOURNING, ClockKind.OTHER) == (
            "bank holiday entered by the office (Wales)"
        )


class TestCounting:
    """Moving by working days."""

    days = WorkingDays(ClockPolicy())

    def test_it_crosses_christmas_and_new_year(self):
        """Christmas 2027 falls on a weekend: two substitute days, then New Year's weekend."""
        assert self.days.add(date(2027, 12, 24), 1, ClockKind.OTHER) == date(2027, 12, 29)
        assert self.days.add(date(2027, 12, 31), 1, ClockKind.OTHER) == date(2028, 1, 4)
        assert self.days.add(date(2027, 12, 31), 1, ClockKind.FOI) == date(2028, 1, 5)
        assert self.days.back(date(2028, 1, 4), 1, ClockKind.OTHER) == date(2027, 12, 31)

    @given(st.sampled_from(WORKED_EVERYWHERE[60:-60]), st.integers(1, 50))
    def test_back_undoes_add(self, day, n):
        """From a working day, n forward and n back is where one was."""
        there = self.days.add(day, n, ClockKind.FOI)
        assert self.days.back(there, n, ClockKind.FOI) == day

    @pytest.mark.parametrize("n", [0, -1])
    def test_counting_starts_at_one(self, n):
        """No zeroth or negative working day."""
        with pytest.raises(ValueError, match="counted from 1"):
            self.days.add(date(2026, 1, 5), n, ClockKind.FOI)

    @pytest.mark.parametrize(
        ("year", "known"), [(1970, True), (2026, True), (2100, True), (2101, False)]
    )
    def test_it_says_which_years_it_has_holidays_for(self, year, known):
        """Where none are known only weekends are left out, and the calendar says so."""
        assert self.days.covers(year) is known

    def test_a_year_without_holidays_still_counts_and_says_so(self):
        """Missing holidays never stop a clock."""
        received_at = datetime(2100, 12, 30, 12, tzinfo=UTC)
        clock = deadline(ClockKind.OTHER, received_at, self.days)
        assert clock.due_on == date(2101, 1, 13)
        assert "No bank holidays are known for 2101: check this date." in clock.working


def last_sunday(year, month):
    """The last Sunday of a month with 31 days."""
    return max(date(year, month, d) for d in range(25, 32) if date(year, month, d).weekday() == 6)


def is_summer(utc):
    """Whether London keeps summer time at a naive instant in UTC."""
    changes = (last_sunday(utc.year, 3), last_sunday(utc.year, 10))
    begins, ends = (datetime(d.year, d.month, d.day, 1) for d in changes)
    return begins <= utc < ends


def london(naive):
    """Write a naive local time as the clocks in London show it; not for the hour of a change."""
    summer = is_summer(naive - timedelta(hours=1))
    return f"{naive.isoformat()}+0{int(summer)}:00"


def a_month_on(day):
    """Walk to the same number in the next month, or to its end."""
    walked = day
    while True:
        walked += timedelta(days=1)
        is_last = (walked + timedelta(days=1)).day == 1
        if walked.month != day.month and (walked.day == day.day or is_last):
            return walked


def due_by_list(kind, receipt, worked):
    """The due date, read off the list of working days."""
    if kind in WORKING_DAY_KINDS:
        return worked[bisect_right(worked, receipt) + WORKING_DAY_KINDS[kind] - 1]
    if kind is ClockKind.DPA:
        return worked[bisect_left(worked, a_month_on(receipt))]
    return receipt + timedelta(days={ClockKind.MP: 28, ClockKind.ICO: 30}[kind])


def by_hand(kind, received_at):
    """The whole clock as the oracle counts it."""
    utc = received_at.astimezone(UTC).replace(tzinfo=None)
    local = utc + timedelta(hours=int(is_summer(utc)))
    worked = WORKED_EVERYWHERE if kind in INFORMATION_KINDS else WORKED_IN_ENGLAND
    due = due_by_list(kind, local.date(), worked)
    half = local.date() + timedelta(days=(due - local.date()).days // 2)
    at_due, after_due = bisect_left(worked, due), bisect_right(worked, due)
    remind = {worked[bisect_right(worked, half) - 1], worked[at_due - 5], worked[at_due - 1]}
    nine = timedelta(hours=9)
    mornings = sorted(datetime(d.year, d.month, d.day) + nine for d in remind)
    climbs = [worked[after_due], worked[after_due + 2]]
    return {
        "due_on": due.isoformat(),
        "due_at": london(datetime(due.year, due.month, due.day, 23, 59, 59)),
        "remind_at": [london(morning) for morning in mornings if morning > local],
        "escalate_at": [london(datetime(d.year, d.month, d.day) + nine) for d in climbs],
    }


RECEIPTS = st.datetimes(
    min_value=datetime(2024, 1, 15),
    max_value=datetime(2028, 9, 30),
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=13)), timezone(-timedelta(hours=11))]),
)


@given(st.sampled_from(BY_DAYS), RECEIPTS)
def test_every_clock_agrees_with_a_count_by_hand(kind, received_at):
    """Due date, due time, reminders and escalations are those of the oracle."""
    clock = deadline_as_json(deadline(kind, received_at, WorkingDays(ClockPolicy())))
    expected = by_hand(kind, received_at)
    assert {key: clock[key] for key in expected} == expected


@pytest.mark.parametrize("kind", BY_DAYS)
def test_every_day_of_the_years_agrees_with_a_count_by_hand(kind):
    """Not a sample: each date of receipt, a minute before and after midnight in UTC."""
    days = WorkingDays(ClockPolicy())
    for day in every_day(date(2024, 1, 15), date(2028, 9, 30)):
        midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
        for received_at in (midnight - timedelta(minutes=1), midnight + timedelta(minutes=1)):
            clock = deadline_as_json(deadline(kind, received_at, days))
            expected = by_hand(kind, received_at)
            assert {key: clock[key] for key in expected} == expected
