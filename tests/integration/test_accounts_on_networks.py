"""Accounts on social networks: what they remember, on both databases, and how it is with them."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from sqlalchemy import select

from connectors.network import Account, AccountSettings, AccountStanding
from daemon.app.networks import Networks
from daemon.app.remembering import StoreMemory
from daemon.config import SocialFile
from daemon.health import Level
from daemon.store import schema
from tests.builders import NOW
from tests.fakes import FakeClock

KEY, OTHER_KEY = b"a key of the tests" * 2, b"another key of the tests" * 2


@pytest.fixture
def clock():
    return FakeClock(NOW)


def a_memory(store, clock, *, account="office", keys=(KEY,)):
    return StoreMemory(account=account, store=store, keys=keys, clock=clock)


def test_what_is_remembered_is_there_for_the_next_process(store, clock):
    """By account; and what is forgotten leaves nothing."""
    memory = a_memory(store, clock)
    assert memory.read("until:mentions") == ""
    memory.write("until:mentions", "later")
    assert a_memory(store, clock).read("until:mentions") == "later"
    assert a_memory(store, clock, account="ceo").read("until:mentions") == ""
    memory.write("until:mentions", "")
    memory.write("until:mentions", "")
    with store.read() as tx:
        assert tx.markers("account:") == {}


def test_secrets_are_sealed(store, clock):
    """Whoever has the database, or a copy of it, and no signing key, has no token."""
    a_memory(store, clock).write_secret("tokens", "access-and-refresh")
    with store.read() as tx:
        kept = tx.connection.scalars(select(schema.marker.c.value)).all()
    assert kept
    assert not any("access-and-refresh" in one for one in kept)
    assert a_memory(store, clock).read_secret("tokens") == "access-and-refresh"
    assert a_memory(store, clock, keys=(OTHER_KEY,)).read_secret("tokens") == ""
    # A new key in front, and the old one behind it until it is retired.
    assert a_memory(store, clock, keys=(OTHER_KEY, KEY)).read_secret("tokens") != ""
    assert a_memory(store, clock).read_secret("nothing") == ""


def test_requests_are_counted_together(store, clock):
    """Several daemons, one budget: no count is lost."""
    many = 8

    def count():
        for _ in range(5):
            a_memory(store, clock).count("requests:2026-11")

    threads = [threading.Thread(target=count) for _ in range(many)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert a_memory(store, clock).read("requests:2026-11") == str(many * 5)


def test_one_at_a_time_is_alone(store, clock, monkeypatch):
    """Another process stands back, until the first is done."""
    first, second = a_memory(store, clock), a_memory(store, clock)
    with first.alone("tokens") as alone:
        assert alone
        monkeypatch.setattr("daemon.app.remembering.holder_name", lambda: "another:1:1")
        monkeypatch.setattr("daemon.app.remembering.is_gone", lambda _holder: False)
        with second.alone("tokens") as also:
            assert not also
        with second.alone("something else") as other:
            assert other
    with second.alone("tokens") as now:
        assert now


class _Table:
    """What the part of an account reads of its table."""

    name, handle, network, monthly_requests = "office", "@phsoffice", "x", 1000


def part_of(store, clock, standing):
    settings = AccountSettings(
        name="office",
        handle="phsoffice",
        own_handles=frozenset(),
        go_live_at=NOW,
        secrets={},
        monthly_requests=1000,
    )
    account = Account(
        settings=settings,
        clock=clock,
        mentioned_in=None,
        written_to=None,
        outlet=None,
        how=lambda: standing,
    )
    networks = Networks(
        social=SocialFile.model_construct(account=(_Table(),)),
        store=lambda: store,
        keys=lambda: [KEY],
        clock=clock,
    )
    networks._open["office"] = account
    (part,) = networks.parts()
    return part


def test_an_account_that_is_well_says_what_it_used_and_what_it_does_not_read(store, clock):
    """Encrypted chats are never promised."""
    part = part_of(
        store, clock, AccountStanding(requests=12, remarks=("Encrypted chats are not read.",))
    )
    assert part.level is Level.WELL
    assert part.why == "12 of 1,000 requests used this month. Encrypted chats are not read."
    assert part.figures == {"requests": 12, "monthly_requests": 1000}


def test_an_account_that_is_off_says_since_when_and_why(store, clock):
    """The operators are told at once."""
    since = NOW - timedelta(hours=1)
    part = part_of(store, clock, AccountStanding(off_since_at=since, why="no credits"))
    assert (part.level, part.at_once, part.since_at) == (Level.TROUBLE, True, since)
    assert part.label == "Account @phsoffice on X"
    assert part.why.startswith("X is off since ")
    assert part.why.endswith(": no credits.")


@pytest.mark.parametrize(("requests", "level"), [(799, Level.WELL), (800, Level.WARNING)])
def test_a_budget_that_comes_to_its_end_is_told_before(store, clock, requests, level):
    """At eight tenths."""
    assert part_of(store, clock, AccountStanding(requests=requests)).level is level
