"""Delivery reports: what has failed for good, what only for now, and what has not failed at all."""

from __future__ import annotations

import pytest

from daemon.reports import Failure, failure_told

GONE, FOR_NOW = True, False


def a_report(action: str, status: str, said: str = "") -> bytes:
    """The part for programs of a standard report (RFC 3464)."""
    return (
        "Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example.org\r\n\r\n"
        "Final-Recipient: rfc822; writer@example.org\r\n"
        f"Action: {action}\r\nStatus: {status}\r\n{said}"
    ).encode()


@pytest.mark.parametrize(
    ("content", "permanent", "status"),
    [
        pytest.param(a_report("failed", "5.1.1"), GONE, "5.1.1", id="no such address"),
        pytest.param(a_report("Failed", "5.7.1 (refused)"), GONE, "5.7.1", id="refused by policy"),
        pytest.param(a_report("failed", "4.4.7"), FOR_NOW, "4.4.7", id="given up after days"),
        pytest.param(
            a_report("failed", "4.2.2", "Diagnostic-Code: smtp; 452 4.2.2 full\r\n"),
            FOR_NOW,
            "4.2.2",
            id="a full mailbox",
        ),
        pytest.param(
            a_report("failed", "", "Diagnostic-Code: smtp; 550 5.2.1 disabled\r\n"),
            GONE,
            "5.2.1",
            id="the status stands in the diagnosis alone",
        ),
        pytest.param(
            b"Hi. This is the mail program at example.org.\n\n<writer@example.org>:\n"
            b"192.0.2.7 does not like recipient.\nRemote host said: 550 no such user here\n",
            GONE,
            "",
            id="a form of its own, with a reply code",
        ),
        pytest.param(
            b"Your message did not reach some recipients.\n#5.1.1 SMTP; unknown user",
            GONE,
            "5.1.1",
            id="a form of its own, with a status",
        ),
        pytest.param(
            b"We could not deliver it. 451 try again later 4.3.0 said the server",
            FOR_NOW,
            "4.3.0",
            id="a form of its own, for now",
        ),
        pytest.param(b"Undeliverable: your message", GONE, "", id="says nothing: a person looks"),
    ],
)
def test_what_failed_and_how(content, permanent, status):
    assert failure_told(content) == Failure(permanent=permanent, status=status)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(a_report("delayed", "4.4.1"), id="delayed"),
        pytest.param(a_report("relayed", "2.0.0"), id="relayed"),
        pytest.param(a_report("delivered", "2.1.5"), id="delivered"),
        pytest.param(
            b"This is a warning message only.\nYOU DO NOT NEED TO RESEND YOUR MESSAGE.\n421 busy",
            id="sendmail's warning",
        ),
        pytest.param(
            b"A message that you sent has not yet been delivered to one or more of its recipients"
            b" after more than 24 hours. No action is required on your part.",
            id="exim's warning",
        ),
    ],
)
def test_what_has_not_failed(content):
    assert failure_told(content) is None


@pytest.mark.parametrize(
    ("status", "gone"),
    [("5.1.1", True), ("5.1.10", True), ("5.2.1", True), ("5.2.2", False), ("5.7.1", False)],
)
def test_whom_nobody_is_there_for(status, gone):
    """A full mailbox or a refusal by policy says nothing of the address."""
    failure = failure_told(a_report("failed", status))
    assert failure is not None
    assert failure.has_no_mailbox is gone


def test_a_number_that_is_no_status_counts_for_nothing():
    """Versions and addresses of the network look like one."""
    assert failure_told(b"Undeliverable by 5.12.3.4 running 4.94.2-rc1.5") == Failure(
        permanent=True
    )
