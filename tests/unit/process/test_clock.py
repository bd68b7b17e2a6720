"""The clock: the table of kinds, which of them start, working days, reminders, escalation."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from daemon.deadlines import LONDON, WorkingDays, deadline, parse_received
from daemon.model import Category, ClockKind, ClockPolicy, Criterion, Skip, Source
from tests.builders import a_classification, decided

DAYS = WorkingDays(ClockPolicy())
K = ClockKind
MP = {"source": Source.MP, "criteria": (Criterion.MP_NON_ROUTINE,)}
CHAIR = {"source": Source.COMMITTEE_CHAIR, "criteria": (Criterion.COMMITTEE_CHAIR,)}
OTHER = {"category": Category.OTHER}
FOI = {"category": Category.FOI_DPA}


def a_clock(kind, received, **dates):
    """A clock of a kind for what was received then, London time."""
    return deadline(ClockKind(kind), parse_received(received), DAYS, **dates)


def mornings(instants):
    """The dates of instants, all of them nine o'clock in London."""
    there = [one.astimezone(LONDON) for one in instants]
    assert all((one.hour, one.minute) == (9, 0) for one in there)
    return [f"{one:%Y-%m-%d}" for one in there]


# The table


@pytest.mark.parametrize(
    ("kind", "received", "due"),
    [
        pytest.param("ack", "2026-03-06", "2026-03-09", id="house ack: alarm after 1 working day"),
        pytest.param("mp", "2026-03-06", "2026-04-03", id="§1.11 mp: 28 calendar days"),
        pytest.param("foi", "2026-06-15", "2026-07-14", id="FOI Act s.10: 20 working days"),
        pytest.param("foi-review", "2026-06-01", "2026-06-30", id="ICO guidance: review, 20"),
        pytest.param("eir", "2026-06-01", "2026-06-30", id="EIR reg. 7: 20 working days"),
        pytest.param("eir-review", "2026-08-05", "2026-10-01", id="EIR reg. 11: 40 working days"),
        pytest.param("dpa", "2026-06-10", "2026-07-10", id="UK GDPR art. 12: one calendar month"),
        pytest.param("dpa-complaint", "2026-06-01", "2026-06-29", id="house dpa-complaint: 20"),
        pytest.param("ico", "2026-06-01", "2026-07-01", id="ICO practice: 30 days from the notice"),
        pytest.param("service", "2026-06-01", "2026-06-29", id="house service: 20 working days"),
        pytest.param("other", "2026-06-01", "2026-06-15", id="house other: 10 working days"),
    ],
)
def test_a_clock_is_due_by_the_table(kind, received, due):
    """`due_on` is the last day, `due_at` its last second in London."""
    clock = a_clock(kind, received)
    assert clock.due_on.isoformat() == due
    ends = clock.due_at.astimezone(LONDON)
    assert f"{ends:%Y-%m-%d %H:%M:%S}" == f"{due} 23:59:59"


@pytest.mark.parametrize(
    ("kind", "received", "due"),
    [
        pytest.param("other", "2026-01-03", "2026-01-16", id="day 1: received on a Saturday"),
        pytest.param("other", "2026-01-04", "2026-01-16", id="day 1: received on a Sunday"),
        pytest.param("other", "2026-05-04", "2026-05-18", id="day 1: received on a bank holiday"),
        pytest.param("other", "2026-01-02", "2026-01-16", id="day 1: received on a Friday"),
        pytest.param("mp", "2026-01-03", "2026-01-31", id="calendar: due on a Saturday stays"),
        pytest.param("mp", "2026-03-08", "2026-04-05", id="calendar: due on Easter Sunday stays"),
        pytest.param("ico", "2026-04-04", "2026-05-04", id="calendar: due on a bank holiday stays"),
    ],
)
def test_day_1_is_the_first_working_day_after_receipt_and_calendar_periods_do_not_move(
    kind, received, due
):
    """The day of receipt is perhaps no working day itself."""
    assert a_clock(kind, received).due_on.isoformat() == due


@pytest.mark.parametrize(
    ("received", "due"),
    [
        pytest.param("2026-01-31", "2026-03-02", id="art. 12 no such date: the last day"),
        pytest.param("2028-01-31", "2028-02-29", id="art. 12 no such date: the leap day"),
        pytest.param("2026-07-15", "2026-08-17", id="art. 12 a weekend: the next working day"),
        pytest.param("2026-11-26", "2026-12-29", id="art. 12 Boxing Day's substitute: the next"),
        pytest.param("2026-02-17", "2026-03-17", id="art. 12 St Patrick's Day does not move it"),
    ],
)
def test_a_data_protection_request_has_one_calendar_month(received, due):
    """Off weekends and the bank holidays of England and Wales."""
    assert a_clock("dpa", received).due_on.isoformat() == due


def test_a_data_protection_complaint_is_acknowledged_within_30_days_of_its_receipt():
    """DPA 2018 s.164A: the day of receipt counts as the first."""
    assert a_clock("dpa-complaint", "2026-06-01").ack_by_on == date(2026, 6, 30)


@pytest.mark.parametrize(
    ("dates", "due", "appeal"),
    [
        pytest.param(
            {"ico_notice": True, "notice_on": date(2026, 6, 1)},
            "2026-07-01",
            "2026-06-29",
            id="ICO practice: 30 days from the notice's own date, appeal at 28",
        ),
        pytest.param(
            {"ico_notice": True, "notice_on": date(2026, 6, 1), "stated_on": date(2026, 7, 6)},
            "2026-07-06",
            "2026-06-29",
            id="ICO practice: the date the notice states",
        ),
        pytest.param(
            {"ico_notice": False}, "2026-07-06", None, id="ICO practice: another letter, 20 days"
        ),
        pytest.param(
            {"ico_notice": False, "stated_on": date(2026, 6, 19)},
            "2026-06-19",
            None,
            id="ICO practice: another letter, the date it states",
        ),
    ],
)
def test_a_letter_of_the_ico_is_due_by_its_own_date(dates, due, appeal):
    """Received on 8 June, whatever the notice's date."""
    clock = a_clock("ico", "2026-06-08", **dates)
    assert clock.due_on.isoformat() == due
    assert (clock.appeal_by_on.isoformat() if clock.appeal_by_on else None) == appeal


# Working days


@pytest.mark.parametrize(
    ("kind", "received", "due"),
    [
        pytest.param("foi", "2026-03-02", "2026-03-31", id="FOI s.10(6): St Patrick's is out"),
        pytest.param("service", "2026-03-02", "2026-03-30", id="others: St Patrick's Day is in"),
        pytest.param("eir", "2026-07-01", "2026-07-30", id="EIR reg. 2: 13 July is out"),
        pytest.param("service", "2026-07-01", "2026-07-29", id="others: 13 July is in"),
        pytest.param("foi-review", "2026-07-20", "2026-08-18", id="FOI s.10(6): 3 August is out"),
        pytest.param("foi", "2026-11-16", "2026-12-15", id="FOI s.10(6): St Andrew's Day is out"),
        pytest.param("foi", "2025-12-22", "2026-01-23", id="FOI s.10(6): 2 January is out"),
        pytest.param("service", "2025-12-22", "2026-01-22", id="others: 2 January is in"),
    ],
)
def test_bank_holidays_of_any_part_of_the_uk_count_for_information_requests(kind, received, due):
    """All other kinds leave out those of England and Wales alone."""
    assert a_clock(kind, received).due_on.isoformat() == due


# Which clocks start


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        pytest.param(MP | OTHER, ["mp"], id="mp: for every MP's non-routine letter"),
        *(
            pytest.param(MP | {"category": one}, ["mp"], id=f"mp: whatever the category, {one}")
            for one in (Category.NEW_COMPLAINT, Category.FOLLOW_UP_DECISION)
        ),
        pytest.param(MP | {"to_be_sorted": True}, ["mp"], id="mp: while it is to be sorted"),
        pytest.param(CHAIR | OTHER, ["mp"], id="mp: for a Chair's letter on MP oversight"),
        pytest.param(CHAIR, ["other"], id="mp: not for a Chair's new complaint"),
        pytest.param(
            {"source": Source.MP, "routine": True}, ["other"], id="mp: not for a routine referral"
        ),
        pytest.param(
            MP | {"category": Category.COMPLAINT_ABOUT_US}, ["mp"], id="mp replaces service"
        ),
        pytest.param(MP | FOI, ["mp", "foi"], id="mp: legal clocks stand beside it"),
        pytest.param(FOI, ["foi"], id="foi-dpa, unclear: foi, the shorter"),
        *(
            pytest.param(FOI | {"matters": (one,)}, [one], id=f"foi-dpa by what is asked: {one}")
            for one in (K.FOI, K.FOI_REVIEW, K.EIR, K.EIR_REVIEW, K.DPA)
        ),
        pytest.param(
            FOI | {"matters": (K.FOI, K.DPA)}, ["foi", "dpa"], id="foi-dpa: both where both asked"
        ),
        pytest.param(
            OTHER | {"matters": (K.DPA_COMPLAINT,)},
            ["other", "dpa-complaint"],
            id="dpa-complaint: beside any category",
        ),
        pytest.param(
            {"to_be_sorted": True, "matters": (K.DPA_COMPLAINT,)},
            ["other", "dpa-complaint"],
            id="dpa-complaint: also while it is to be sorted",
        ),
        pytest.param({"category": Category.ICO_DECISION}, ["ico"], id="ico: for ico-decision"),
        pytest.param(
            OTHER | {"source": Source.ICO, "matters": (K.ICO,)},
            ["ico"],
            id="ico: for another letter of the ICO that asks for an answer",
        ),
        pytest.param(
            {"category": Category.COMPLAINT_ABOUT_US}, ["service"], id="service: complaint about us"
        ),
        pytest.param(
            {"category": Category.FOLLOW_UP_CUSTOMER_CARE}, ["service"], id="service: its follow-up"
        ),
        pytest.param({}, ["other"], id="other: those passed to Intake included"),
        pytest.param({"category": Category.PERSONAL_INTEREST}, ["other"], id="other: the rest"),
        pytest.param(FOI | {"to_be_sorted": True}, ["other"], id="other: all to be sorted"),
        pytest.param(
            OTHER | {"criteria": (Criterion.VULNERABLE,)},
            ["other", "vulnerable"],
            id="vulnerable: with the alert",
        ),
        pytest.param(
            {"category": Category.NOT_AN_ENQUIRY, "automation": Skip.BULK},
            [],
            id="none: for what is set aside",
        ),
    ],
)
def test_a_message_starts_its_clocks(found, expected):
    """`ack` runs inside: it is part of no decision and stands in no letter."""
    kinds = [clock.kind for clock in decided(found=a_classification(**found)).deadlines]
    assert kinds == expected


# Reminders and escalation


@pytest.mark.parametrize(
    ("kind", "received", "remind"),
    [
        pytest.param(
            "service",
            "2026-06-01T10:00",
            ["2026-06-15", "2026-06-22", "2026-06-26"],
            id="house (a) midpoint, (b) 5th and (c) 1st working day before",
        ),
        pytest.param(
            "mp",
            "2026-01-10T10:00",
            ["2026-01-23", "2026-02-02", "2026-02-06"],
            id="house (a) a midpoint on a Saturday moves back to Friday",
        ),
        pytest.param(
            "dpa",
            "2026-06-01T10:00",
            ["2026-06-16", "2026-06-24", "2026-06-30"],
            id="house (a) half of 30 days",
        ),
        pytest.param(
            "other",
            "2026-06-01T10:00",
            ["2026-06-08", "2026-06-12"],
            id="house two on the same day are one",
        ),
        pytest.param(
            "foi",
            "2026-02-23T10:00",
            ["2026-03-09", "2026-03-16", "2026-03-23"],
            id="house working days are those of the kind's own clock",
        ),
        pytest.param("ack", "2026-06-01T10:00", [], id="house none that is not later than receipt"),
    ],
)
def test_the_holder_is_reminded_at_nine(kind, received, remind):
    """London time, and never before it was received."""
    assert mornings(a_clock(kind, received).remind_at) == remind


@pytest.mark.parametrize(
    ("kind", "received", "escalate"),
    [
        pytest.param(
            "service",
            "2026-06-01T10:00",
            ["2026-06-30", "2026-07-02"],
            id="house the Assistant Director on the 1st, the Director 2 working days later",
        ),
        pytest.param(
            "mp",
            "2026-03-06T10:00",
            ["2026-04-07", "2026-04-09"],
            id="house over Easter: the first working day after it was due",
        ),
        pytest.param(
            "other",
            "2026-06-05T10:00",
            ["2026-06-22", "2026-06-24"],
            id="house over a weekend",
        ),
    ],
)
def test_what_is_overdue_climbs_at_nine(kind, received, escalate):
    """To the Assistant Director, then to the Director."""
    assert mornings(a_clock(kind, received).escalate_at) == escalate


@pytest.mark.parametrize(
    "received",
    [
        pytest.param("2026-06-06T23:30", id="house vulnerable: a Saturday night"),
        pytest.param("2026-12-25T04:00", id="house vulnerable: Christmas morning"),
        pytest.param("2026-06-03T10:00", id="house vulnerable: a working day"),
    ],
)
def test_an_alert_climbs_every_half_hour_on_any_day(received):
    """One hour, then every 30 minutes until a person confirms it; nobody is reminded."""
    clock = a_clock("vulnerable", received)
    began = parse_received(received)
    minutes = [int((one - began).total_seconds()) // 60 for one in clock.escalate_at]
    assert (int((clock.due_at - began).total_seconds()) // 60, minutes) == (60, [60, 90, 120, 150])
    assert clock.remind_at == ()
    assert clock.due_on == clock.due_at.astimezone(LONDON).date()


@pytest.mark.parametrize(
    ("received", "due"),
    [
        pytest.param("2026-06-01T23:59:59", "2026-06-15", id="the last second of a day in London"),
        pytest.param("2026-06-02T00:00", "2026-06-16", id="the first second of the next"),
        pytest.param("2026-06-01T23:30Z", "2026-06-16", id="half past midnight in London"),
    ],
)
def test_the_date_of_receipt_is_londons(received, due):
    """Whatever the offset that it came with."""
    assert a_clock("other", received).due_on.isoformat() == due


def test_every_clock_has_its_working():
    """Sentences that a person can check."""
    for kind in ClockKind:
        clock = a_clock(kind, "2026-06-01T10:00")
        assert clock.working
        assert all(isinstance(clock.due_at, datetime) for _ in clock.working)
