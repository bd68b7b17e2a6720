"""Channels (guide §1.1): which doors there are, what is not ours to read, when it reached us."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from daemon.deadlines import london_date
from daemon.intake.prepare import received_at
from daemon.model import Box, Channel, Hold, Outcome, Skip
from tests.builders import (
    NOW,
    OFFICE,
    a_classification,
    a_context,
    a_forward,
    a_mail,
    a_message,
    a_raw,
    a_sender,
    decided,
)

COLLEAGUE = a_sender(f"colleague@{OFFICE}")
COUSIN = a_sender("cousin@family.example")  # a configured private sender
OWN_SERVERS = frozenset({f"mx.{OFFICE}"})


@pytest.mark.parametrize(
    ("box", "channel"),
    [
        pytest.param(Box.OMBUDSMAN, Channel.EMAIL, id="§1.1 (1) the Ombudsman's own account"),
        pytest.param(Box.CEO, Channel.EMAIL, id="§1.1 (1) the Chief Executive's own account"),
        pytest.param(Box.CUSTOMER_CARE, Channel.EMAIL, id="§1.1 (2) Customer Care's public box"),
        pytest.param(Box.INTAKE, Channel.EMAIL, id="§1.1 (2) Intake's public box"),
        pytest.param(Box.X_MENTION, Channel.X_MENTION, id="§1.1 (3) a mention on X"),
        pytest.param(Box.X_DM, Channel.X_DM, id="§1.1 (3) a direct message on X"),
        pytest.param(Box.POST, Channel.LETTER, id="§1.1 (4) a letter"),
        pytest.param(Box.PHONE, Channel.CALL, id="§1.1 (5) a telephone call"),
    ],
)
def test_every_channel_has_its_door_and_is_heard(box, channel):
    """Whatever comes through it is an enquiry, under the same rules."""
    assert box.channel is channel
    assert decided(a_message(box=box)).outcome is Outcome.OPENED


@pytest.mark.parametrize("box", [Box.OMBUDSMAN, Box.CEO])
@pytest.mark.parametrize(
    "message",
    [
        pytest.param({"sender": COLLEAGUE}, id="§1.1 house: from an own domain"),
        pytest.param({"sender": COUSIN}, id="§1.1 house: from a private sender"),
        pytest.param(
            {"headers": {"sensitivity": ("Private",)}}, id="§1.1 house: Sensitivity: Private"
        ),
        pytest.param(
            {"headers": {"sensitivity": ("Personal",)}}, id="§1.1 house: Sensitivity: Personal"
        ),
        pytest.param(
            {"headers": {"sensitivity": ("Company-Confidential",)}},
            id="§1.1 house: Sensitivity: Company-Confidential",
        ),
    ],
)
def test_private_mail_in_a_personal_account_is_not_ours_to_read(message, box):
    """It is no enquiry, nothing is sent and nothing starts."""
    decision = decided(a_message(box=box, **message))
    assert (decision.outcome, decision.skip) == (Outcome.PRIVATE, Skip.PRIVATE)
    assert not decision.acknowledge
    assert not decision.deadlines
    assert not decision.registers


@pytest.mark.parametrize(
    ("box", "message"),
    [
        pytest.param(
            Box.CUSTOMER_CARE,
            {"headers": {"sensitivity": ("Private",)}},
            id="§1.1 house: a public box holds nothing private",
        ),
        pytest.param(Box.INTAKE, {"sender": COUSIN}, id="§1.1 house: nor from a private sender"),
        pytest.param(
            Box.OMBUDSMAN,
            {"headers": {"sensitivity": ("Normal",)}},
            id="§1.1 house: any other sensitivity is an enquiry",
        ),
        pytest.param(Box.CEO, {}, id="§1.1 house: an outsider's plain mail is an enquiry"),
    ],
)
def test_all_else_is_ours_to_read(box, message):
    """Only the two personal accounts have private mail, and only these signs make it so."""
    assert decided(a_message(box=box, **message)).outcome is Outcome.OPENED


@pytest.mark.parametrize(
    "box",
    [
        pytest.param(Box.OMBUDSMAN, id="§1.1 house: forwarded within the Ombudsman's account"),
        pytest.param(Box.CEO, id="§1.1 house: forwarded within the Chief Executive's account"),
        pytest.param(Box.CUSTOMER_CARE, id="§1.1 house: forwarded to Customer Care"),
    ],
)
def test_a_colleagues_forward_is_the_outsiders_enquiry(box):
    """The inner message is the enquiry, its sender is answered, and a person releases it."""
    message = a_message(
        box=box,
        sender=COLLEAGUE,
        forwarded=(a_forward("resident@home.example"),),
        headers={"sensitivity": ("Private",)},
    )
    decision = decided(message)
    assert (decision.outcome, decision.recipient) == (Outcome.OPENED, "resident@home.example")
    assert decision.held is Hold.OWN_DOMAIN_FORWARD


HOUR = timedelta(hours=1)


def stamped(server: str, at: datetime) -> bytes:
    """A mail whose top Received header a server wrote; its Date header says last year."""
    header = f"Received: from relay.example by {server}; {at:%a, %d %b %Y %H:%M:%S} +0000\r\n"
    return header.encode() + a_mail(date=NOW - timedelta(days=365))


@pytest.mark.parametrize(
    ("content", "arrived_at", "expected"),
    [
        pytest.param(
            stamped(f"mx.{OFFICE}", NOW - 2 * HOUR),
            NOW - HOUR,
            NOW - 2 * HOUR,
            id="§1.1 house: the top Received header of an own server",
        ),
        pytest.param(
            stamped("mx.elsewhere.example", NOW - 2 * HOUR),
            NOW - HOUR,
            NOW - HOUR,
            id="§1.1 house: another's header is no sign, the server's INTERNALDATE is",
        ),
        pytest.param(
            a_mail(date=NOW - 300 * HOUR),
            NOW - HOUR,
            NOW - HOUR,
            id="§1.1 house: never the Date header",
        ),
        pytest.param(
            stamped(f"mx.{OFFICE}", NOW + 5 * HOUR),
            NOW + 9 * HOUR,
            NOW,
            id="§1.1 house: never later than now",
        ),
        pytest.param(a_mail(), None, NOW, id="§1.1 house: no sign at all is now"),
    ],
)
def test_received_at_is_the_earliest_trustworthy_sign(content, arrived_at, expected):
    """What a sender can write counts for nothing."""
    raw = a_raw(content, arrived_at=arrived_at)
    assert received_at(raw, OWN_SERVERS, NOW) == expected


@pytest.mark.parametrize(
    ("received", "day"),
    [
        pytest.param(
            datetime(2026, 7, 1, 22, 59, tzinfo=UTC), "2026-07-01", id="§1.1 one minute to midnight"
        ),
        pytest.param(
            datetime(2026, 7, 1, 23, 0, tzinfo=UTC), "2026-07-02", id="§1.1 midnight in summer"
        ),
        pytest.param(
            datetime(2026, 1, 1, 23, 30, tzinfo=UTC), "2026-01-01", id="§1.1 the same in winter"
        ),
    ],
)
def test_the_date_of_receipt_is_the_date_in_london(received, day):
    """And the clocks count from it."""
    assert london_date(received).isoformat() == day
    (clock,) = decided(found=a_classification(), context=a_context(received_at=received)).deadlines
    assert f"{london_date(received):%-d %B %Y}" in clock.working[0]
