"""SIGKILL at any moment: nothing is lost, and what is repeated is the same mail."""

from __future__ import annotations

import os
import random
import time
from collections import Counter, defaultdict
from typing import TYPE_CHECKING

import pytest

from tests.acceptance.mails import Fate, Mail, a_day

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.acceptance.office import Office, Running
    from tests.servers.smtp import MailServer

SOAK = os.environ.get("ASSURANCE_SOAK") == "1"
ROUNDS = int(os.environ.get("ASSURANCE_KILL_ROUNDS", "10"))
SOAK_ROUNDS = int(os.environ.get("ASSURANCE_SOAK_ROUNDS", "50"))
SEED = int(os.environ.get("ASSURANCE_SEED", "20260302"))
PER_ROUND = 8
LONGEST_LIFE_S = 1.6


def _kill_again_and_again(office: Office, rounds: int, chance: random.Random) -> list[Mail]:
    """Start and kill the daemon while mail keeps coming; return what came."""
    print(f"{rounds} rounds with seed {SEED}; see ASSURANCE_KILL_ROUNDS and ASSURANCE_SEED")
    office.watch_doors(poll_s=0.3)
    mails = list(a_day(rounds * PER_ROUND))
    coming = iter(mails)
    for _ in range(rounds):
        _deliver(office, coming, PER_ROUND // 2)
        running = office.launch()
        _wait_for_work(running)
        _deliver(office, coming, PER_ROUND // 2)
        time.sleep(chance.uniform(0.0, LONGEST_LIFE_S))
        running.kill()
    return mails


def _deliver(office: Office, coming: Iterator[Mail], count: int) -> None:
    for _ in range(count):
        mail = next(coming)
        office.deliver(mail.door, mail.content)


def _wait_for_work(running: Running) -> None:
    """Wait until the daemon has begun, or nothing of its work would ever be cut off."""
    running.wait_for("daemon_started")


def _is_kept_and_answered(
    office: Office, server: MailServer, mails: list[Mail], kills: int
) -> None:
    running = office.start()
    office.wait_until_quiet(within_s=120)
    running.stop()
    _every_mail_is_stored_once(office, mails)
    _every_answer_was_accepted(office, server, mails)
    _repeats_are_the_same_mail(server, kills)


def _every_mail_is_stored_once(office: Office, mails: list[Mail]) -> None:
    receipts = office.ledger.receipts()
    assert len({(r["inbox"], r["external_id"]) for r in receipts}) == len(receipts) == len(mails)
    stored = Counter(bytes(r["content"]) for r in receipts if r["state"] == "stored")
    assert stored == Counter(m.content for m in mails if m.fate is not Fate.PRIVATE)
    opened = [m for m in mails if m.fate in {Fate.ANSWERED, Fate.HELD, Fate.LOGGED}]
    assert office.ledger.count("enquiry") == len(opened)


def _every_answer_was_accepted(office: Office, server: MailServer, mails: list[Mail]) -> None:
    due = Counter(m.sender for m in mails if m.fate is Fate.ANSWERED)
    sent = [row for row in office.ledger.outbox() if row["state"] == "sent"]
    assert Counter(row["recipient"] for row in sent) == due
    accepted = {(a.recipients[0], a.content) for a in server.accepted}
    assert all((row["recipient"], bytes(row["content"])) in accepted for row in sent)


def _repeats_are_the_same_mail(server: MailServer, kills: int) -> None:
    """Group what was accepted by its Message-ID: all copies are alike, and not many."""
    by_id: dict[bytes, list[bytes]] = defaultdict(list)
    for accepted in server.accepted:
        head = accepted.content.partition(b"\r\n\r\n")[0]
        (name,) = (line for line in head.split(b"\r\n") if line.startswith(b"Message-ID:"))
        by_id[name].append(accepted.content)
    assert all(len(set(copies)) == 1 for copies in by_id.values())
    repeats = sum(len(copies) - 1 for copies in by_id.values())
    print(f"{repeats} of {len(server.accepted)} mails were repeats, after {kills} kills")
    assert repeats <= kills


def _slow_down(server: MailServer) -> None:
    """Let each mail take a moment, so that a kill can hit between send and mark."""
    server.answer("250 fine", at="data", delay_s=0.03)


def test_kills_lose_nothing_on_sqlite(
    make_office: Callable[..., Office], mail_server: MailServer
) -> None:
    """Every mail is stored once, every answer accepted; repeats are the same mail, and few."""
    _slow_down(mail_server)
    office = make_office(mail_server)
    mails = _kill_again_and_again(office, ROUNDS, random.Random(SEED))
    _is_kept_and_answered(office, mail_server, mails, ROUNDS)


def test_kills_lose_nothing_on_postgresql(
    make_office: Callable[..., Office], mail_server: MailServer, database_url: str
) -> None:
    """The same on PostgreSQL, where a dead process's locks and leases are the server's."""
    _slow_down(mail_server)
    office = make_office(mail_server, url=database_url)
    rounds = max(1, ROUNDS // 2)
    mails = _kill_again_and_again(office, rounds, random.Random(SEED + 1))
    _is_kept_and_answered(office, mail_server, mails, rounds)


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.skipif(not SOAK, reason="a long run; ASSURANCE_SOAK=1 runs it")
def test_many_kills_lose_nothing(
    make_office: Callable[..., Office], mail_server: MailServer
) -> None:
    """The same, for as many rounds as there is time for."""
    _slow_down(mail_server)
    office = make_office(mail_server)
    mails = _kill_again_and_again(office, SOAK_ROUNDS, random.Random(SEED + 2))
    _is_kept_and_answered(office, mail_server, mails, SOAK_ROUNDS)
