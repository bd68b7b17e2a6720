"""Two processes on one PostgreSQL take in the two copies of one mail at the same moment."""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from tests.acceptance.letters import Sent
from tests.acceptance.mails import a_mail

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.acceptance.office import Office
    from tests.servers.smtp import MailServer

pytestmark = pytest.mark.alone

PAIRS = 500
AT_ONCE = 10  # pairs that arrive together, so that both processes have work at once
KINDS = ("plain", "information", "mp-asks", "bare-headers", "with-attachment", "at-risk")


def test_the_copies_of_one_mail_become_one_enquiry(
    make_office: Callable[..., Office], mail_server: MailServer, database_url: str
) -> None:
    """500 pairs: one enquiry, two receipts, one acknowledgement each, whoever comes first."""
    schedule = {"send_s": 0.5, "sweep_s": 5, "batch": 7}
    here = make_office(mail_server, url=database_url, schedule=schedule)
    second = {**schedule, "second_process": True}
    there = make_office(mail_server, url=database_url, schedule=second)
    for office in (here, there):  # the daily limits are another test's concern
        office.change("routes.toml", "per_domain = 100", "per_domain = 10000")
    here.watch("customer-care", idle=True, poll_s=0.2)
    there.watch("intake", idle=True, poll_s=0.2)
    running = [here.start(), there.start()]

    began = time.monotonic()
    for first in range(0, PAIRS, AT_ONCE):
        _deliver_pairs(here, there, range(first, first + AT_ONCE))
        time.sleep(0.2)
    here.wait_until_quiet(within_s=180, count=2 * PAIRS)
    print(f"{PAIRS} pairs in {time.monotonic() - began:.0f} s")
    for one in running:
        one.stop()

    _every_pair_is_one(here, mail_server)


def _deliver_pairs(here: Office, there: Office, numbers: Sequence[int]) -> None:
    """Deliver pairs, now in one order and now in two: then each waits for what the other has."""
    contents = [a_mail(KINDS[number % len(KINDS)], number).content for number in numbers]
    turn = numbers[0] // AT_ONCE
    offices = (here, there) if turn % 2 else (there, here)
    crossed = contents if turn % 5 else contents[::-1]
    for pair in zip(contents, crossed, strict=True):
        for office, content in zip(offices, pair, strict=True):
            (inbox,) = office.inboxes
            office.deliver(inbox, content)


def _every_pair_is_one(office: Office, server: MailServer) -> None:
    receipts = office.ledger.receipts()
    sightings = Counter(r["message"] for r in receipts)
    assert Counter(sightings.values()) == {2: PAIRS}
    boxes = {(r["message"], r["inbox"]) for r in receipts}
    assert len(boxes) == 2 * PAIRS
    references = {r["message"]: r["reference"] for r in receipts}
    assert None not in references.values()
    assert len(set(references.values())) == office.ledger.count("enquiry") == PAIRS
    answers = office.ledger.outbox()
    assert len(answers) == PAIRS
    due = Counter(row["recipient"] for row in answers if row["state"] == "sent")
    accepted = [a for a in server.accepted if "ombudsman.example" not in a.recipients[0]]
    assert Counter(a.recipients[0] for a in accepted) == due
    assert len({Sent.read(a.content).message_id for a in accepted}) == len(accepted)
    first = office.ledger.rows("SELECT inbox, count(*) AS n FROM message GROUP BY inbox")
    print({row["inbox"]: row["n"] for row in first})
    assert min(row["n"] for row in first) > PAIRS / 50  # each was the first now and then


def test_each_mailbox_belongs_to_one_process_at_a_time(
    make_office: Callable[..., Office], mail_server: MailServer, database_url: str
) -> None:
    """Two processes that watch the same mailboxes share them out and repeat nothing."""
    here = make_office(mail_server, url=database_url)
    there = make_office(mail_server, url=database_url)
    for name in ("customer-care", "intake"):
        user = here.watch(name).user
        there.watch(name, user=user)
    for number in range(20):
        here.deliver("intake", a_mail("plain", number).content)
        here.deliver("customer-care", a_mail("information", 100 + number).content)
    first, second = here.start(), there.start()
    here.wait_until_quiet()
    first.kill()  # the other takes its mailboxes over
    here.deliver("intake", a_mail("plain", 40).content)
    here.deliver("customer-care", a_mail("plain", 41).content)
    began = time.monotonic()
    here.wait_until_quiet(within_s=15)
    print(f"taken over within {time.monotonic() - began:.1f} s")
    second.stop()
    assert here.ledger.count("enquiry") == 42
    answers = Counter(a.recipients for a in mail_server.accepted if "example" in a.recipients[0])
    writers = {r: n for r, n in answers.items() if not r[0].endswith("@ombudsman.example")}
    assert len(writers) == 42
    assert sum(writers.values()) - len(writers) <= 1  # one kill, at most one repeat
