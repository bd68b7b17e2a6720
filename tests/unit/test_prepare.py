"""When a message reached the office, and what is told from that."""

from datetime import date, datetime, timedelta

import pytest

from connectors.base import RawMessage
from daemon.intake.prepare import received_at
from daemon.letters import reply_by
from daemon.model import ClockKind, Deadline
from tests.builders import NOW, OFFICE, a_decision

OURS = frozenset({f"mx.{OFFICE}"})


def a_raw_received(at: datetime | None, arrived_at: datetime | None) -> RawMessage:
    stamp = f"{at:%a, %d %b %Y %H:%M:%S +0000}" if at else ""
    header = f"Received: from a.example by mx.{OFFICE}; {stamp}\n" if at else ""
    content = f"{header}From: a@b.example\n\nWords.\n".encode()
    return RawMessage(inbox="care", external_id="1", content=content, size=1, arrived_at=arrived_at)


@pytest.mark.parametrize(
    ("received", "arrived", "expected"),
    [
        (NOW - timedelta(hours=2), NOW - timedelta(hours=1), NOW - timedelta(hours=2)),
        (None, NOW - timedelta(hours=1), NOW - timedelta(hours=1)),
        (None, None, NOW),
        (NOW + timedelta(days=1), NOW, NOW),
        (NOW - timedelta(days=30), NOW, NOW - timedelta(days=30)),
        (NOW - timedelta(days=61), NOW, NOW),
        (NOW.replace(year=1995), NOW, NOW),
    ],
    ids=["our server", "the mailbox", "neither", "future", "quarantine", "too old", "1995"],
)
def test_the_earliest_trustworthy_sign_counts(received, arrived, expected):
    """Our own server's word, within reason, else the mailbox's; never later than now."""
    assert received_at(a_raw_received(received, arrived), OURS, NOW) == expected


@pytest.mark.parametrize(
    ("due_on", "told"),
    [
        (date(2026, 11, 23), date(2026, 11, 23)),
        (date(2026, 12, 7), date(2026, 12, 7)),
        (date(2026, 11, 22), None),
    ],
)
def test_no_letter_promises_a_day_that_has_passed(due_on, told):
    """Mail that lay somewhere for weeks is answered without a date."""
    clock = Deadline(kind=ClockKind.OTHER, due_on=due_on, due_at=NOW)
    assert reply_by(a_decision(deadlines=(clock,)), NOW) == told
