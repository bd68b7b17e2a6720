"""Several daemons on one PostgreSQL, killed, frozen and cut off by a seed.

At the end each mail is stored once, each reminder was decided once, and no mailbox was left alone.
`make test` has three of them work for twenty seconds, `make soak` four for ten minutes
(ASSURANCE_MANY_S, ASSURANCE_SEED).
"""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from tests.acceptance.mails import Fate, a_day, a_mail
from tests.acceptance.office import DOORS
from tests.servers import wait_until
from tests.servers.faults import FaultyWay
from tests.servers.network import Network

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.acceptance.mails import Mail
    from tests.acceptance.office import Office, Running
    from tests.servers.postgres import Postgres
    from tests.servers.smtp import MailServer

pytestmark = pytest.mark.alone

SEED = int(os.environ.get("ASSURANCE_SEED", "20261128"))
LONG_S = float(os.environ.get("ASSURANCE_MANY_S", "600"))
SHORT_S = 20.0
LEASE_S = 10  # the shortest that there is
TAKEN_OVER_S = 2 * LEASE_S  # a lease, and what it takes to look, to fetch and to store
MAILS_A_SECOND = 4
LONG_AGO_S = 60 * 86_400.0


@dataclass
class Machine:
    """A daemon in a network of its own."""

    office: Office
    network: Network
    running: Running
    kills: int = 0

    def kill(self) -> None:
        """End without a word, and begin anew."""
        self.running.kill()
        self.running = self.office.start()
        self.kills += 1

    def freeze(self, seconds: float) -> None:
        """Stand still, and go on as if nothing had happened."""
        self.running.process.send_signal(signal.SIGSTOP)
        time.sleep(seconds)
        self.running.process.send_signal(signal.SIGCONT)

    def cut_off(self, seconds: float) -> None:
        """Pull the cable to the database, the mailboxes and the mail server."""
        self.network.part()
        time.sleep(seconds)
        self.network.join()


@dataclass
class Offices:
    """All of them, and what was delivered."""

    machines: list[Machine]
    mails: list[Mail] = field(default_factory=list)
    befell: Counter[str] = field(default_factory=Counter)

    @property
    def first(self) -> Office:
        """The one that delivers, and looks."""
        return self.machines[0].office

    def deliver(self, mail: Mail, *, arrived: float | None = None) -> None:
        """Let a mail arrive."""
        self.first.deliver(mail.door, mail.content, arrived=arrived)
        self.mails.append(mail)


@pytest.fixture
def make_many(
    make_office, dovecot, mail_server: MailServer, postgres: Postgres, database_url: str
) -> Iterator[Callable[[int], Offices]]:
    """Start so many daemons that watch the same mailboxes."""
    with ExitStack() as open_:

        def make(count: int) -> Offices:
            users: dict[str, str] = {}
            machines = []
            for number in range(count):
                network = open_.enter_context(Network())
                ways = {
                    port: FaultyWay(port, SEED + number, kinds={}, host="")
                    for port in (postgres.port, dovecot.tls_port, mail_server.port)
                }
                for way in ways.values():
                    open_.callback(way.close)
                there = f"localhost:{ways[postgres.port].port}"
                office = make_office(
                    smtp={"port": ways[mail_server.port].port, "tls": "none"},
                    url=database_url.replace(f"{postgres.host}:{postgres.port}", there),
                    schedule={"lease_s": LEASE_S, "send_s": 0.5, "sweep_s": 1, "batch": 5},
                    inside=network.inside,
                )
                office.change("routes.toml", "per_domain = 100", "per_domain = 100000")
                office.change("routes.toml", "in_all = 2000", "in_all = 1000000")
                imap = ways[dovecot.tls_port].port
                for door in DOORS:
                    user = users.get(door, "")
                    inbox = office.watch(door, user=user, port=imap, poll_s=0.5, idle=True)
                    users[door] = inbox.user
                machines.append(Machine(office=office, network=network, running=office.start()))
            return Offices(machines)

        yield make


def _through_it(offices: Offices, postgres: Postgres, lasts_s: float) -> None:
    """Deliver mail, some of it long due, while this and that befalls the daemons."""
    chance = random.Random(SEED)
    coming = a_day(int(lasts_s * MAILS_A_SECOND * 2) + 50)
    until = time.monotonic() + lasts_s
    while time.monotonic() < until:
        for _ in range(chance.randrange(1, 12)):
            mail = next(coming)
            old = time.time() - LONG_AGO_S if chance.random() < 0.3 else None
            offices.deliver(mail, arrived=old)
            time.sleep(chance.expovariate(MAILS_A_SECOND * 2))
        machine = chance.choice(offices.machines)
        match chance.choices(
            ["killed", "frozen", "cut off", "restarted", "nothing"], [4, 2, 2, 1, 2]
        )[0]:
            case "killed":
                machine.kill()
            case "frozen":
                machine.freeze(LEASE_S + chance.uniform(1, 4))
            case "cut off":
                machine.cut_off(LEASE_S + chance.uniform(1, 4))
            case "restarted":
                postgres.stop()
                time.sleep(chance.uniform(0, 2))
                postgres.start()
            case _:
                continue
        offices.befell[machine.office.prefix] += 1
        for one in offices.machines:
            assert one.running.is_alive, one.running.tail()


def _no_mailbox_is_left_alone(offices: Offices) -> None:
    """Whoever had the mailboxes is killed for good: another takes them over within a lease."""
    holders = offices.first.ledger.rows("SELECT name, holder FROM lease WHERE name LIKE 'inbox%'")
    pids = {row["holder"].split("|")[1] for row in holders if row["holder"]}
    gone = [one for one in offices.machines[1:] if str(one.running.process.pid) in pids]
    for one in gone:
        one.running.kill()
        one.kills += 1
    count = offices.first.ledger.count("receipt")
    for number, door in enumerate(DOORS):
        offices.deliver(a_mail("plain", 90_000 + number, door))
    began = time.monotonic()
    wait_until(
        lambda: offices.first.ledger.count("receipt") >= count + len(DOORS),
        within_s=TAKEN_OVER_S,
        what=f"the end of {len(gone)} holders' leases",
    )
    print(f"{len(gone)} holders killed: taken over within {time.monotonic() - began:.1f} s")


def _all_is_well(offices: Offices, server: MailServer) -> None:
    office, mails = offices.first, offices.mails
    receipts = office.ledger.receipts()
    assert len(receipts) == len({(r["inbox"], r["external_id"]) for r in receipts}) == len(mails)
    stored = Counter(bytes(r["content"]) for r in receipts if r["content"] is not None)
    assert stored == Counter(m.content for m in mails if m.fate is not Fate.PRIVATE)
    opened = [m for m in mails if m.fate in {Fate.ANSWERED, Fate.HELD, Fate.LOGGED}]
    assert office.ledger.count("enquiry") == len(opened)
    # Each reminder was decided once: neither two letters for a step, nor one that was passed over.
    chasing = [
        *office.ledger.outbox("reminder"),
        *office.ledger.outbox("escalation"),
        *office.ledger.outbox("digest"),
    ]
    assert chasing
    assert len({(row["key"], row["recipient"]) for row in chasing}) == len(chasing)
    left = office.ledger.rows(
        "SELECT count(*) AS n FROM deadline_step WHERE decided_at IS NULL AND at < now()"
    )
    assert left == [{"n": 0}]
    # Everything that counts as sent was accepted, and a repeat is one that a fault explains.
    sent = office.ledger.rows("SELECT recipient, content FROM outbox WHERE state = 'sent'")
    accepted = Counter((a.recipients[0], a.content) for a in server.accepted)
    assert all((row["recipient"], bytes(row["content"])) in accepted for row in sent)
    repeats = sum(accepted.values()) - len(accepted)
    faults = sum(offices.befell.values()) + sum(one.kills for one in offices.machines)
    print(f"{len(mails)} mails, {dict(offices.befell)} faults, {repeats} letters repeated")
    assert repeats <= faults
    for command in (("reconcile", "--json"), ("audit", "verify")):
        done = office.command(*command)
        assert done.returncode == 0, done.stdout + done.stderr
    for one in offices.machines:
        assert "job_failed" not in one.office.log_text()


def _run(offices: Offices, postgres: Postgres, server: MailServer, lasts_s: float) -> None:
    print(f"{lasts_s:.0f} s with seed {SEED}; see ASSURANCE_MANY_S and ASSURANCE_SEED")
    _through_it(offices, postgres, lasts_s)
    offices.first.wait_until_quiet(within_s=120, count=len(offices.mails))
    _no_mailbox_is_left_alone(offices)
    offices.first.wait_until_quiet(within_s=120, count=len(offices.mails))
    time.sleep(3)  # a sweep and a round of letters more
    for one in offices.machines:
        if one.running.is_alive:
            one.running.stop()
    _all_is_well(offices, server)


def test_three_daemons_share_the_work_whatever_befalls_them(make_many, postgres, mail_server):
    """For twenty seconds, and what is left of it."""
    _run(make_many(3), postgres, mail_server, SHORT_S)


@pytest.mark.soak
@pytest.mark.timeout(4 * 3600)
@pytest.mark.skipif(os.environ.get("ASSURANCE_SOAK") != "1", reason="long: make soak runs it")
def test_four_daemons_share_the_work_for_long(make_many, postgres, mail_server):
    """The same with one more, for long."""
    _run(make_many(4), postgres, mail_server, LONG_S)
