"""Everything goes wrong at once, by a seed: at the end every mail is there once, byte for byte.

The daemon's ways to its mailboxes and its mail server lead through ports where connections are
late, cut in mid-byte, mute, garbled, refused or slow; half of its mailboxes lie behind a server
that lies. It is killed and frozen, its clock is set back, its disk full, its database locked by
somebody else, its mailboxes numbered anew, and mails are deleted that it has. Half a minute of it
is run each time, `make soak` runs ten (ASSURANCE_CHAOS_S, ASSURANCE_SEED).
"""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import time
from collections import Counter
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from tests.acceptance.mails import Fate, a_day
from tests.acceptance.office import DOORS
from tests.servers import wait_until
from tests.servers.faults import KINDS, FaultyWay
from tests.servers.lying import LyingImap

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.acceptance.mails import Mail
    from tests.acceptance.office import Office, Running
    from tests.servers.clock import Clock
    from tests.servers.disk import Disk
    from tests.servers.smtp import MailServer

pytestmark = pytest.mark.servers

SEED = int(os.environ.get("ASSURANCE_SEED", "20261128"))
SHORT_S = 40.0
LONG_S = float(os.environ.get("ASSURANCE_CHAOS_S", "600"))
MAILS_A_SECOND = 3
CUT_ALL = 0.2
"""How often, after a mail, every connection of one way ends wherever it is."""
LYING = frozenset({"ceo", "intake"})
"""The doors that the server which lies has."""


@dataclass
class Chaos:
    """An office, what can go wrong around it, and what has."""

    office: Office
    ways: list[FaultyWay]
    liar: LyingImap
    disk: Disk
    clock: Clock
    chance: random.Random
    befell: Counter[str] = field(default_factory=Counter)

    def befalls(self, running: Running) -> Running:
        """Let something happen, or nothing; return the process that works then."""
        acts: dict[Callable[[Running], Running | None], int] = {
            self._nothing: 6,
            self._is_frozen: 3,
            self._is_killed: 5,
            self._clock_goes_back: 2,
            self._disk_is_full: 2,
            self._database_is_locked: 2,
            self._mailbox_is_numbered_anew: 1,
            self._mail_is_deleted: 2,
        }
        act = self.chance.choices([*acts], [*acts.values()])[0]
        self.befell[act.__name__.strip("_")] += 1
        return act(running) or running

    def _nothing(self, running: Running) -> None:
        pass

    def _is_frozen(self, running: Running) -> None:
        running.process.send_signal(signal.SIGSTOP)
        time.sleep(self.chance.uniform(0.2, 2.0))
        running.process.send_signal(signal.SIGCONT)

    def _is_killed(self, running: Running) -> Running:
        running.kill()
        return self.office.start()

    def _clock_goes_back(self, _running: Running) -> None:
        """By up to an hour; it is set right some time later."""
        if self.chance.random() < 0.5:
            self.clock.set_back(self.chance.uniform(1, 3600))
        else:
            self.clock.set_right()

    def _disk_is_full(self, _running: Running) -> None:
        self.disk.fill()
        time.sleep(self.chance.uniform(0.5, 4.0))
        self.disk.free()

    def _database_is_locked(self, _running: Running) -> None:
        """Now and then for longer than the daemon waits for it."""
        with closing(sqlite3.connect(self.office.state / "assurance.db", timeout=30)) as other:
            other.execute("BEGIN IMMEDIATE")
            time.sleep(self.chance.choice((0.5, 1, 2, 12)))
            other.rollback()

    def _mailbox_is_numbered_anew(self, _running: Running) -> None:
        inbox = self.office.inboxes[self.chance.choice([*DOORS])]
        self.office.dovecot.change_uidvalidity(inbox.user)

    def _mail_is_deleted(self, _running: Running) -> None:
        """Delete a mail that is in the store, perhaps just while the daemon works on it."""
        receipts = self.office.ledger.receipts()
        if not receipts:
            return
        inbox = self.chance.choice([r["inbox"] for r in receipts])
        dovecot, user = self.office.dovecot, self.office.inboxes[inbox].user
        stored = {bytes(r["content"]) for r in receipts if r["content"] is not None}
        there = dovecot.messages(user)
        gone = [uid for uid, content in there.items() if content in stored]
        for uid in self.chance.sample(gone, min(3, len(gone))):
            dovecot.expunge(user, uid)

    def heal(self) -> None:
        """Let everything go well from now on."""
        for one in self.ways:
            one.heal()
        self.liar.repent()
        self.clock.set_right()

    def count(self) -> dict[str, dict[str, int]]:
        """Return what befell it, and its connections, and what it was told."""
        connections = sum((one.befell for one in self.ways), Counter())
        return {
            "acts": dict(self.befell),
            "connections": dict(connections),
            "lies": dict(self.liar.lies),
        }


@pytest.fixture
def make_chaos(
    make_office, mail_server: MailServer, dovecot, disk: Disk, clock: Clock
) -> Iterator[Callable[[int], Chaos]]:
    """Make an office whose every way leads through faults."""
    with ExitStack() as open_:

        def make(seed: int) -> Chaos:
            imap = FaultyWay(dovecot.tls_port, seed)
            # Without TLS nobody would notice what was garbled: there all else goes wrong.
            smtp = FaultyWay(mail_server.port, seed + 1, kinds={**KINDS, "garbled": 0.0})
            liar = LyingImap(dovecot.port, seed + 2)
            for one in (imap, smtp, liar):
                open_.callback(one.close)
            office = make_office(smtp={"port": smtp.port, "tls": "none"})
            office.state.rmdir()
            office.state.symlink_to(disk.place)
            office.around.update(clock.environment)
            office.change("routes.toml", "per_domain = 100", "per_domain = 100000")
            office.change("routes.toml", "in_all = 2000", "in_all = 1000000")
            for door in DOORS:
                way = {"host": "127.0.0.1", "tls": "none", "port": liar.port}
                settings = way if door in LYING else {"port": imap.port}
                office.watch(door, **settings, poll_s=0.5, idle=True)
            return Chaos(office, [imap, smtp], liar, disk, clock, random.Random(seed))

        yield make


def _through_it(chaos: Chaos, lasts_s: float) -> list[Mail]:
    """Deliver mail while all goes wrong, for so long; return what was delivered."""
    office, chance = chaos.office, chaos.chance
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
            chance.choice([*(way.cut_all for way in chaos.ways), chaos.liar.cut])()
        assert running.is_alive, running.tail()
        if time.monotonic() - begun > 3:  # it had time to work
            running = chaos.befalls(running)
            begun = time.monotonic()
    running.kill()
    return delivered


def _all_is_there(office: Office, server: MailServer, mails: list[Mail]) -> None:
    receipts = office.ledger.receipts()
    assert Counter((r["inbox"], r["external_id"]) for r in receipts).most_common(1)[0][1] == 1
    # A mailbox that was numbered anew has its mails once more, as sightings of the same messages.
    of_message = {r["message"]: bytes(r["content"]) for r in receipts if r["message"]}
    kept = [m.content for m in mails if m.fate is not Fate.PRIVATE]
    assert Counter(of_message.values()) == Counter(kept)
    assert office.ledger.count("message") == len(kept)
    assert {bytes(r["content"]) for r in receipts if r["content"] is not None} == set(kept)
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


def _run(chaos: Chaos, server: MailServer, lasts_s: float) -> None:
    print(f"{lasts_s:.0f} s with seed {SEED}; see ASSURANCE_CHAOS_S and ASSURANCE_SEED")
    office = chaos.office
    mails = _through_it(chaos, lasts_s)
    chaos.heal()
    office.start()
    ledger, kept = office.ledger, sum(m.fate is not Fate.PRIVATE for m in mails)
    wait_until(
        lambda: ledger.count("message") >= kept and not ledger.unsent(),
        within_s=240,
        what=f"the rest of {kept} messages",
    )
    office.wait_until_quiet(within_s=60, count=len(mails))
    office.runs[-1].stop()
    told = chaos.count()
    print(f"{len(mails)} mails, {len(office.runs)} starts, {told}")
    assert min(told["connections"][kind] for kind in ("cut", "late", "well")) > 0
    assert told["lies"]
    _all_is_there(office, server, mails)
    done = office.command("reconcile", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    done = office.command("audit", "verify")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "job_failed" not in office.log_text()


def test_a_bad_minute_costs_no_mail(make_chaos, mail_server):
    """Stored once, byte for byte; every answer that was due accepted; sums and audit hold."""
    _run(make_chaos(SEED), mail_server, SHORT_S)


@pytest.mark.soak
@pytest.mark.timeout(4 * 3600)
@pytest.mark.skipif(os.environ.get("ASSURANCE_SOAK") != "1", reason="long: make soak runs it")
def test_ten_bad_minutes_cost_no_mail(make_chaos, mail_server):
    """The same for long."""
    _run(make_chaos(SEED), mail_server, LONG_S)
