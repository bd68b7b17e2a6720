"""Everything goes wrong at once, by a seed: at the end every mail is there once, byte for byte.

The daemon's ways to its mailboxes, its mail server and its database lead through ports where
connections are late, cut in mid-byte, mute, garbled, refused or slow; it is killed and frozen now
and then. A minute of it is run each time, `make soak` runs ten (ASSURANCE_CHAOS_S, ASSURANCE_SEED).
"""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from tests.acceptance.mails import Fate, a_day
from tests.acceptance.office import DOORS
from tests.servers.faults import KINDS, FaultyWay

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.acceptance.mails import Mail
    from tests.acceptance.office import Office, Running
    from tests.servers.smtp import MailServer

pytestmark = pytest.mark.servers

SEED = int(os.environ.get("ASSURANCE_SEED", "20261128"))
SHORT_S = 40.0
LONG_S = float(os.environ.get("ASSURANCE_CHAOS_S", "600"))
MAILS_A_SECOND = 3
CUT_ALL = 0.2
"""How often, after a mail, every connection of one way ends wherever it is."""


@pytest.fixture
def ways(make_office, mail_server: MailServer, dovecot) -> Iterator[Callable[..., tuple]]:
    """Make an office whose every way leads through faults."""
    with ExitStack() as open_:

        def make(seed: int) -> tuple[Office, list[FaultyWay]]:
            imap = FaultyWay(dovecot.tls_port, seed)
            # Without TLS nobody would notice what was garbled: there all else goes wrong.
            smtp = FaultyWay(mail_server.port, seed + 1, kinds={**KINDS, "garbled": 0.0})
            for one in (imap, smtp):
                open_.callback(one.close)
            office = make_office(smtp={"port": smtp.port, "tls": "none"})
            office.change("routes.toml", "per_domain = 100", "per_domain = 100000")
            office.change("routes.toml", "in_all = 2000", "in_all = 1000000")
            for door in DOORS:
                office.watch(door, port=imap.port, poll_s=0.5, idle=True)
            return office, [imap, smtp]

        yield make


def _through_it(
    office: Office, faulty: list[FaultyWay], chance: random.Random, lasts_s: float
) -> list[Mail]:
    """Deliver mail, kill, freeze and start again, for so long; return what was delivered."""
    coming = a_day(int(lasts_s * MAILS_A_SECOND) + 10)
    delivered: list[Mail] = []
    until = time.monotonic() + lasts_s
    running = office.start()
    begun = time.monotonic()
    while time.monotonic() < until:
        mail = next(coming)
        office.deliver(mail.door, mail.content)
        delivered.append(mail)
        time.sleep(chance.expovariate(MAILS_A_SECOND))
        if chance.random() < CUT_ALL:
            chance.choice(faulty).cut_all()
        assert running.is_alive, running.tail()
        if time.monotonic() - begun > 5:  # it had time to work
            running = _befalls(office, running, chance)
            begun = time.monotonic()
    running.kill()
    return delivered


def _befalls(office: Office, running: Running, chance: random.Random) -> Running:
    """Let nothing happen, freeze the process for a moment, or kill it and start another."""
    what = chance.random()
    if what < 0.4:
        return running
    if what < 0.6:
        running.process.send_signal(signal.SIGSTOP)
        time.sleep(chance.uniform(0.2, 2.0))
        running.process.send_signal(signal.SIGCONT)
        return running
    running.kill()
    return office.start()


def _all_is_there(office: Office, server: MailServer, mails: list[Mail]) -> None:
    receipts = office.ledger.receipts()
    assert Counter((r["inbox"], r["external_id"]) for r in receipts).most_common(1)[0][1] == 1
    assert len(receipts) == len(mails)
    stored = Counter(bytes(r["content"]) for r in receipts if r["content"] is not None)
    assert stored == Counter(m.content for m in mails if m.fate is not Fate.PRIVATE)
    opened = [m for m in mails if m.fate in {Fate.ANSWERED, Fate.HELD, Fate.LOGGED}]
    assert office.ledger.count("enquiry") == len(opened)
    rows = office.ledger.outbox()
    due = Counter(m.sender for m in mails if m.fate is Fate.ANSWERED)
    assert Counter(row["recipient"] for row in rows if row["state"] == "sent") == due
    accepted = {(a.recipients[0], a.content) for a in server.accepted}
    assert all(
        (row["recipient"], bytes(row["content"])) in accepted
        for row in rows
        if row["state"] == "sent"
    )


def _run(ways, mail_server: MailServer, lasts_s: float) -> None:
    print(f"{lasts_s:.0f} s with seed {SEED}; see ASSURANCE_CHAOS_S and ASSURANCE_SEED")
    office, faulty = ways(SEED)
    mails = _through_it(office, faulty, random.Random(SEED), lasts_s)
    for one in faulty:
        one.heal()
    office.start()
    office.wait_until_quiet(within_s=180, count=len(mails))
    office.runs[-1].stop()
    befell = sum((one.befell for one in faulty), Counter())
    print(f"{len(mails)} mails, {len(office.runs)} starts, connections: {dict(befell)}")
    assert min(befell[kind] for kind in ("cut", "late", "well")) > 0
    _all_is_there(office, mail_server, mails)
    done = office.command("reconcile", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    done = office.command("audit", "verify")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "job_failed" not in office.log_text()


def test_a_bad_minute_costs_no_mail(ways, mail_server):
    """Stored once, byte for byte; every answer that was due accepted; sums and audit hold."""
    _run(ways, mail_server, SHORT_S)


@pytest.mark.soak
@pytest.mark.timeout(4 * 3600)
@pytest.mark.skipif(os.environ.get("ASSURANCE_SOAK") != "1", reason="long: make soak runs it")
def test_ten_bad_minutes_cost_no_mail(ways, mail_server):
    """The same for long."""
    _run(ways, mail_server, LONG_S)
