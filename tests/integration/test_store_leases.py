"""Leases: one holder at a time, by the database's clock, and none that is lost writes."""

from __future__ import annotations

import threading
import time

import pytest
from sqlalchemy import update

from daemon.store import LeaseLostError, schema
from tests.builders import NOW


def nobody_is_gone(_holder: str) -> bool:
    return False


def acquire(store, holder, *, name="inbox:care", ttl_s=60.0, is_gone=nobody_is_gone):
    return store.acquire_lease(name, holder, ttl_s=ttl_s, is_gone=is_gone)


def let_expire(store) -> None:
    """Move the end of every lease into the past of the database's clock."""
    with store.write() as tx:
        tx.connection.execute(update(schema.lease).values(expires_at=1.0))


def grow_old(store, *, by_s: float) -> None:
    """Let so many seconds pass for every lease."""
    sooner = schema.lease.c.expires_at - by_s
    with store.write() as tx:
        tx.connection.execute(update(schema.lease).values(expires_at=sooner))


def test_a_lease_has_one_holder(store):
    """The second is told to wait; another name is another lease."""
    assert acquire(store, "one") is not None
    assert acquire(store, "two") is None
    assert acquire(store, "two", name="inbox:intake") is not None


def test_whether_a_lease_is_held_can_be_asked_without_taking_it(store):
    """Neither before it is taken, nor when it has expired or was given back."""

    def held():
        with store.read() as tx:
            return tx.is_leased("daemon", "inbox:care")

    seen = [held()]
    lease = acquire(store, "one")
    seen.append(held())
    store.release_lease(lease)
    seen.append(held())
    acquire(store, "two")
    let_expire(store)
    seen.append(held())
    assert seen == [False, True, False, False]


def test_the_holder_may_take_its_lease_again_and_the_old_one_ends(store):
    """A new epoch: whatever still runs on the old one writes nothing."""
    first, second = acquire(store, "one"), acquire(store, "one")
    assert second.epoch == first.epoch + 1
    with pytest.raises(LeaseLostError):
        store.renew_lease(first)


def test_an_expired_lease_is_anybodys(store):
    """With a higher epoch."""
    first = acquire(store, "one")
    let_expire(store)
    second = acquire(store, "two")
    assert second is not None
    assert second.epoch == first.epoch + 1


def test_a_lease_ends_by_the_databases_clock(store):
    """Its seconds are those of the database, whatever a process takes for the time."""
    acquire(store, "one", ttl_s=-1.0)
    assert acquire(store, "two") is not None
    assert acquire(store, "three") is None


def test_a_lease_of_a_process_that_is_gone_is_free(store):
    """Nobody waits for the dead."""
    acquire(store, "dead")
    taken = acquire(store, "two", is_gone=lambda holder: holder == "dead")
    assert taken is not None


def test_a_lease_can_be_given_back(store):
    """The next one need not wait for its end; whoever lost it gives nothing back."""
    first = acquire(store, "one")
    store.release_lease(first)
    second = acquire(store, "two")
    assert second is not None
    store.release_lease(first)
    assert acquire(store, "three") is None


def test_renewing_keeps_it(store):
    """Each renewal counts from now, so work that goes on keeps its lease."""
    lease = acquire(store, "one", ttl_s=60.0)
    with store.write() as tx:
        tx.connection.execute(
            update(schema.lease).values(expires_at=schema.lease.c.expires_at - 59)
        )
    store.renew_lease(lease)
    with store.write() as tx:
        tx.connection.execute(
            update(schema.lease).values(expires_at=schema.lease.c.expires_at - 50)
        )
    assert acquire(store, "two") is None


def write_under(store, lease) -> None:
    with store.write() as tx:
        tx.set_cursor("care", "written", now=NOW)
        tx.check_lease(lease)


def test_a_lease_that_expired_and_nobody_took_is_still_ours(store):
    """A machine that was paused goes on; the check locks the row, so nobody comes between."""
    lease = acquire(store, "one")
    let_expire(store)
    write_under(store, lease)
    with store.read() as tx:
        assert tx.cursor("care") == "written"
    assert acquire(store, "two") is None  # renewed by the work itself


def test_a_lease_that_was_given_back_stops_a_transaction(store):
    """What still runs while the process ends writes nothing, and takes nothing back."""
    lease = acquire(store, "one")
    store.release_lease(lease)
    with pytest.raises(LeaseLostError):
        write_under(store, lease)
    assert acquire(store, "two") is not None


def test_a_lease_that_somebody_took_stops_a_transaction(store):
    """A process that was asleep past its lease wakes up and writes nothing."""
    lease = acquire(store, "one")
    let_expire(store)
    acquire(store, "two")
    with pytest.raises(LeaseLostError):
        write_under(store, lease)
    with store.read() as tx:
        assert tx.cursor("care") is None


def test_a_lease_cannot_be_taken_while_a_transaction_checks_it(store):
    """On SQLite whoever wants it waits for the commit; on PostgreSQL it is told at once."""
    lease, answers = acquire(store, "one"), []

    def want() -> None:
        answers.append(acquire(store, "two"))

    thread = threading.Thread(target=want)
    with store.write() as tx:
        tx.check_lease(lease)
        thread.start()
        thread.join(0.3 if not store.allows_many_daemons else 10)
        assert thread.is_alive() is not store.allows_many_daemons
        tx.set_cursor("care", "1", now=NOW)
    thread.join(10)
    assert answers == [None]


@pytest.mark.parametrize("prepared_url", ["postgresql"], indirect=True)
def test_nobody_waits_for_a_process_that_froze_in_a_transaction(store):
    """It holds the row although its lease has expired: everybody else goes on with other work."""
    lease = acquire(store, "one")
    with store.write() as frozen:
        frozen.check_lease(lease)
        frozen.connection.execute(update(schema.lease).values(expires_at=1.0))
        began = time.monotonic()
        assert acquire(store, "two") is None
        assert acquire(store, "two", name="inbox:other") is not None
        assert time.monotonic() - began < 5


def test_of_many_who_want_a_new_lease_at_once_one_gets_it(store):
    """Its first row is made once."""
    start, answers = threading.Barrier(4), []

    def want(holder: str) -> None:
        start.wait(10)
        answers.append(acquire(store, holder))

    threads = [threading.Thread(target=want, args=(f"h{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(answers) == 4
    assert sum(one is not None for one in answers) == 1
