"""What our own servers wrote: the time a message reached us, and whether it was forged."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from daemon.parse import authentication_failed, trusted_received_at
from tests.unit.parsing import a_mail, read

OWN = frozenset({"MX1.office.example", "mx2.office.example"})
OURS = "Received: from relay.example (relay.example [192.0.2.1]) by mx1.office.example (Postfix)"


def received(*headers: str) -> datetime | None:
    """Return when a mail with these headers reached us."""
    return trusted_received_at(a_mail(*headers, "Date: Mon, 1 Jan 2001 00:00:00 +0000"), OWN)


def test_the_top_header_gives_the_time_where_an_own_server_wrote_it() -> None:
    """Others below do not count, nor does the Date header."""
    at = received(
        f"{OURS}\r\n with ESMTP id 1; Mon, 5 Mar 2018 11:02:03 +0100",
        "Received: from x by mx2.office.example; Mon, 5 Mar 2018 08:00:00 +0000",
    )
    assert at == datetime(2018, 3, 5, 10, 2, 3, tzinfo=UTC)


@pytest.mark.parametrize(
    "headers",
    [
        (),
        ("Received: from mx1.office.example by elsewhere.example; Mon, 5 Mar 2018 10:00:00 +0000",),
        ("Received: from a (by mx1.office.example) by b.example; Mon, 5 Mar 2018 10:00:00 +0000",),
        (f"{OURS}; no date",),
        (
            "Received: from localhost by store.elsewhere.example; Mon, 5 Mar 2018 10:09:00 +0000",
            f"{OURS}; Mon, 5 Mar 2018 08:00:00 +0000",
        ),
        (
            "Received: from (unclosed by b.example; Mon, 5 Mar 2018 10:00:00 +0000",
            f"{OURS}; Mon, 5 Mar 2018 10:00:00 +0000",
        ),
    ],
)
def test_without_a_trustworthy_header_there_is_no_time(headers: tuple[str, ...]) -> None:
    """None, a sender's invention, no date, or another's or an unreadable header above ours."""
    assert received(*headers) is None


@pytest.mark.parametrize(
    ("results", "failed"),
    [
        ("mx1.office.example; dmarc=fail (p=none) header.from=x.example", True),
        ("mx1.office.example 1; spf=fail; dkim=none; dmarc=pass", False),
        ("mx1.office.example; spf=pass; dkim=fail; dmarc=none", False),
        ("mx1.office.example; spf=softfail smtp.mailfrom=x; dkim=fail (bad)", True),
        ("mx1.office.example; spf=fail; dkim=fail; dkim=pass", False),
        ("mx1.office.example; spf=softfail; dkim=none", False),
        ("mx1.office.example; spf=fail", False),
        ("mx1.office.example; none", False),
        ("elsewhere.example; dmarc=fail", False),
        ("elsewhere.example (mx1.office.example; dmarc=fail)", False),
        ("", False),
    ],
)
def test_only_our_own_servers_verdict_counts(results: str, failed: bool) -> None:
    """DMARC first; else SPF and DKIM together, with an outright failure."""
    message = read(a_mail(f"Authentication-Results: {results}"))
    assert authentication_failed(message, OWN) is failed


def test_the_top_most_own_verdict_wins() -> None:
    """A pass written below by the sender cannot outdo the failure our server found."""
    message = read(
        a_mail(
            "Authentication-Results: mx1.office.example; dmarc=fail",
            "Authentication-Results: mx1.office.example; dmarc=pass",
        ),
    )
    assert authentication_failed(message, OWN)
