"""Delivery reports, as mail servers write them (RFC 3464)."""

from __future__ import annotations

_REPORT = """\
Return-Path: <>
From: MAILER-DAEMON@relay.example
To: {to}
Subject: Undelivered Mail Returned to Sender
Message-ID: <report.{original}>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

Your message could not be delivered.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; relay.example

Final-Recipient: rfc822; {recipient}
Action: failed
Status: 5.1.1

{returned}--b--
"""
_RETURNED = """\
--b
Content-Type: text/rfc822-headers

Message-ID: <{original}>
Subject: Re: letter

"""


def a_report(*, to: str, recipient: str, original: str = "") -> bytes:
    """Return a report of a permanent failure; `original` is the Message-ID of what it returns."""
    returned = _RETURNED.format(original=original) if original else ""
    return _REPORT.format(
        to=to, recipient=recipient, original=original or "bare@relay.example", returned=returned
    ).encode()
