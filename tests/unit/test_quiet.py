"""When an inbox is quiet beyond its own usual: by office hours, and whatever outage there was."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from daemon.health.quiet import Quiet, office_time, usual_pause

MONDAY = datetime(2026, 11, 2, 9, tzinfo=UTC)


def weekday(day):
    return day.weekday() < 5


def arrivals(weeks=4, every_minutes=20, seed=1):
    """Mails by chance in the office's hours, and a few at night."""
    dice, at, found = random.Random(seed), MONDAY, []
    while at < MONDAY + timedelta(weeks=weeks):
        at += timedelta(minutes=dice.expovariate(1 / every_minutes))
        if (weekday(at) and 9 <= at.hour < 17) or dice.random() < 0.05:
            found.append(at)
    return found


def test_only_office_hours_count():
    """From Friday at 16:00 to Monday at 10:00 is two hours."""
    friday = datetime(2026, 11, 6, 16, tzinfo=UTC)
    assert office_time(friday, datetime(2026, 11, 9, 10, tzinfo=UTC), weekday) == timedelta(hours=2)


def test_office_hours_are_those_of_london():
    """In summer the office opens at 8:00 UTC."""
    at = datetime(2026, 7, 1, 7, tzinfo=UTC)
    assert office_time(at, at + timedelta(hours=2), weekday) == timedelta(hours=1)


def test_a_bank_holiday_is_quiet_everywhere():
    """Nothing comes, and nobody is told."""
    assert office_time(MONDAY, MONDAY + timedelta(hours=8), lambda _day: False) == timedelta()


def test_of_a_few_mails_nothing_can_be_said():
    """An inbox with a mail a day has no usual."""
    assert usual_pause(arrivals(every_minutes=600), weekday) is None


def test_a_busy_inbox_is_told_of_within_the_morning():
    """A mail every twenty minutes: some hours without any are odd, one pause is not."""
    usual = usual_pause(arrivals(), weekday)
    assert timedelta(hours=1) < usual < timedelta(hours=8)
    assert not Quiet(pause=timedelta(minutes=50), usual=usual).is_odd
    assert Quiet(pause=timedelta(hours=9), usual=usual).is_odd


def test_no_inbox_is_odd_by_itself():
    """Over a year of chance nobody is woken for nothing."""
    mails = arrivals(weeks=52, seed=3)
    usual = usual_pause(mails[:1500], weekday)
    pauses = [office_time(a, b, weekday) for a, b in pairwise(mails)]
    assert not [pause for pause in pauses if pause > usual]


def test_an_outage_does_not_stretch_what_is_usual():
    """A week without mail in the month: what is odd stays odd."""
    mails = arrivals()
    gone = [at for at in mails if not MONDAY + timedelta(days=7) < at < MONDAY + timedelta(days=14)]
    assert usual_pause(gone, weekday) < usual_pause(mails, weekday) * 1.5
