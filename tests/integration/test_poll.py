"""Polling: until the inbox is empty, marks after the commit, and nothing is passed over."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from connectors.base import AccessDeniedError, PausedError, UnavailableError
from daemon.model import Box
from daemon.poll import Poller
from daemon.store import LeaseLostError, StoreUnavailableError, schema
from tests.builders import NOW, a_mail, an_inbox, an_office_over
from tests.fakes import FakeInbox, FakeLog


@pytest.fixture
def office(store):
    return an_office_over(store)


@pytest.fixture
def inbox():
    return FakeInbox(name="care")


def a_poller(office, inbox, **changes):
    lease = office.store.acquire_lease("care", "one", ttl_s=600, is_gone=lambda _holder: True)
    values = {
        "inbox": inbox,
        "facts": an_inbox(),
        "intake": office.intake,
        "store": office.store,
        "batch": 3,
        "clock": office.clock,
        "log": FakeLog(),
        "lease": lambda: lease,
        "stopping": lambda: False,
        "on_taken": lambda _inbox, _taken: None,
    }
    return Poller(**{**values, **changes})


def deliver(inbox, *texts, at=NOW, **mail):
    return [inbox.deliver(a_mail(text=text, **mail), at=at) for text in texts]


def cursor(office):
    with office.store.read() as tx:
        return tx.cursor("care")


def receipts(office):
    row = schema.receipt.c
    with office.store.read() as tx:
        found = tx.connection.execute(select(row.external_id, row.state).order_by(row.id))
        return [tuple(one) for one in found]


def test_a_poll_takes_in_all_there_is_batch_by_batch(office, inbox):
    """In order; the cursor stands behind the last; everything is marked."""
    ids = deliver(inbox, *"abcdefgh")
    assert a_poller(office, inbox).poll() == 8
    assert [one for one, _ in receipts(office)] == ids
    assert cursor(office) == "8"
    assert inbox.marked == ids


def test_a_second_poll_brings_only_what_is_new(office, inbox):
    """Also after a restart: the place stands in the store."""
    deliver(inbox, "a", "b")
    a_poller(office, inbox).poll()
    deliver(inbox, "c")
    assert a_poller(office, inbox).poll() == 1
    assert a_poller(office, inbox).poll() == 0
    assert len(receipts(office)) == 3


def test_marks_come_after_the_commit(office, inbox):
    """What is marked is stored, always."""
    deliver(inbox, "a", "b", "c", "d")
    seen = []
    original = inbox.mark_done

    def mark(external_ids):
        with office.store.read() as tx:
            seen.append(tx.settled_ids("care", external_ids) == set(external_ids))
        original(external_ids)

    inbox.mark_done = mark
    a_poller(office, inbox).poll()
    assert seen
    assert all(seen)


def test_private_mail_is_not_touched(office):
    """Neither when it comes, nor when lists are compared, nor later."""
    inbox = FakeInbox(name="care")
    facts = an_inbox(box=Box.OMBUDSMAN)
    inbox.deliver(a_mail(headers=[("Sensitivity", "Private")]), at=NOW)
    inbox.deliver(a_mail(text="An enquiry"), at=NOW)
    poller = a_poller(office, inbox, facts=facts)
    for _ in range(3):
        poller.poll()
        office.clock.move(days=2)
    assert receipts(office) == [("1", "private"), ("2", "stored")]
    assert inbox.marked == ["2"]


def test_mail_from_before_go_live_is_kept_and_not_touched(office, inbox):
    """It is history: neither when it comes, nor when lists are compared, is it marked."""
    deliver(inbox, "old", at=NOW - timedelta(days=9))
    deliver(inbox, "new")
    poller = a_poller(office, inbox, facts=an_inbox(go_live_at=NOW))
    inbox.list_ids = lambda _since, **_where: ["1", "2"]  # some servers list by the day
    for _ in range(3):
        poller.poll()
        office.clock.move(days=2)
    assert receipts(office) == [("1", "stored"), ("2", "stored")]
    assert inbox.marked == ["2"]


# Trouble at the other end


def test_an_inbox_that_is_down_is_left_alone_longer_each_time(office, inbox):
    """From five seconds to five minutes; it is said once, and once when it is back."""
    inbox.broken = UnavailableError("the server does not answer")
    poller = a_poller(office, inbox)
    waits = []
    for _ in range(8):
        assert poller.poll() == 0
        waits.append((poller.retry_at - office.clock()).total_seconds())
        looks = inbox.looks
        office.clock.now = poller.retry_at - timedelta(seconds=1)
        poller.poll()
        assert inbox.looks == looks
        office.clock.now = poller.retry_at
    assert waits == [5, 10, 20, 40, 80, 160, 300, 300]
    inbox.broken = None
    deliver(inbox, "a")
    assert poller.poll() == 1
    assert (poller.failures, poller.retry_at) == (0, None)
    assert poller.log.events == ["inbox_unavailable", "inbox_recovered"]


def test_a_server_that_says_when_to_come_back_is_obeyed(office, inbox):
    """Where that is later than we would."""
    inbox.broken = UnavailableError("throttled", retry_at=NOW + timedelta(minutes=7))
    poller = a_poller(office, inbox)
    poller.poll()
    assert poller.retry_at == NOW + timedelta(minutes=7)
    office.clock.move(minutes=8)
    poller.poll()
    assert poller.retry_at == office.clock() + timedelta(seconds=10)


def test_an_inbox_that_refuses_us_is_said_once_and_tried_now_and_then(office, inbox):
    """A person has to act; we see when they have."""
    inbox.broken = AccessDeniedError("the password is refused")
    poller = a_poller(office, inbox)
    for _ in range(3):
        poller.poll()
        assert poller.retry_at == office.clock() + timedelta(minutes=10)
        office.clock.move(minutes=11)
    inbox.broken = None
    poller.poll()
    assert poller.log.events == ["inbox_access-denied", "inbox_recovered"]


def test_marks_that_failed_are_made_up_for(office, inbox):
    """The mail is stored; the flag follows once the server is back."""
    ids = deliver(inbox, "a", "b")
    inbox.broken_marking = UnavailableError("cut off")
    poller = a_poller(office, inbox)
    poller.poll()
    assert [state for _, state in receipts(office)] == ["stored", "stored"]
    assert inbox.marked == []
    inbox.broken_marking = None
    office.clock.move(minutes=1)
    poller.poll()
    assert inbox.marked == ids
    assert len(receipts(office)) == 2


def test_a_mailbox_that_allows_no_marks_holds_up_no_mail(office, inbox):
    """It is said once; the marks are made up for when a person has allowed them."""
    ids = deliver(inbox, *"abcdefgh")
    inbox.broken_marking = AccessDeniedError("no permission to store flags")
    poller = a_poller(office, inbox)
    assert poller.poll() == 8
    assert cursor(office) == "8"
    assert (poller.retry_at, poller.denied) == (None, False)
    assert poller.log.events == ["message_mark-failed"]
    inbox.broken_marking = None
    office.clock.move(days=1)
    poller.poll()
    assert sorted(inbox.marked) == ids


def test_marks_that_are_refused_again_are_said_again(office, inbox):
    """Once for each time that a person has something to do."""
    poller = a_poller(office, inbox)
    for refused in (True, True, False, True):
        inbox.broken_marking = AccessDeniedError("no flags") if refused else None
        deliver(inbox, f"letter {len(inbox.messages)}")
        poller.poll()
    assert poller.log.events == ["message_mark-failed"] * 2


# Gaps


def test_a_gap_is_found_and_fetched(office, inbox):
    """Mail that lies below the cursor without a receipt; it is said in the log."""
    deliver(inbox, "a", "b", "c")
    with office.store.write() as tx:
        tx.set_cursor("care", "2", now=NOW)
    poller = a_poller(office, inbox)
    assert poller.poll() == 3
    assert sorted(one for one, _ in receipts(office)) == ["1", "2", "3"]
    assert cursor(office) == "3"
    assert poller.log.events == ["inbox_gap-found"]
    assert poller.log.values[0]["count"] == 2


def test_lists_are_compared_at_first_daily_and_after_errors(office, inbox):
    """Not at every poll."""
    poller = a_poller(office, inbox)
    compared = []
    original = inbox.list_ids

    def listing(since, *, cursor=None):
        compared.append(since)
        return original(since, cursor=cursor)

    inbox.list_ids = listing
    poller.poll()
    office.clock.move(hours=23)
    poller.poll()
    assert len(compared) == 1
    office.clock.move(hours=1)
    poller.poll()
    assert len(compared) == 2
    inbox.broken = UnavailableError("down")
    poller.poll()
    inbox.broken = None
    office.clock.move(minutes=1)
    poller.poll()
    assert len(compared) == 3


def test_a_gap_is_looked_for_back_to_go_live(office, inbox):
    """What is older is not ours to fetch."""
    deliver(inbox, "old", at=NOW - timedelta(days=5))
    deliver(inbox, "new")
    with office.store.write() as tx:
        tx.set_cursor("care", "2", now=NOW)
    a_poller(office, inbox, facts=an_inbox(go_live_at=NOW - timedelta(days=1))).poll()
    assert receipts(office) == [("2", "stored")]


def test_what_cannot_be_fetched_is_passed_by_and_tried_again(office, inbox):
    """It holds up nothing behind it; it is not marked; it is taken in when it can be."""
    deliver(inbox, "a", "b", "c")
    inbox.unfetchable.add(2)
    poller = a_poller(office, inbox)
    # The inbox passes over what it cannot have, and says so.
    assert poller.poll() == 2
    assert cursor(office) == "3"
    assert ("2", "missed") in receipts(office)
    assert inbox.marked == ["1", "3"]
    inbox.unfetchable.clear()
    office.clock.move(days=1)
    assert poller.poll() == 1
    assert dict(receipts(office))["2"] == "stored"
    assert inbox.marked == ["1", "3", "2"]


def test_a_message_that_vanished_is_passed_by(office, inbox):
    """Somebody moved it between our list and our fetch: that is normal."""
    deliver(inbox, "a", "b")
    original = inbox.list_ids
    inbox.list_ids = lambda since, **_where: [*original(since), "0"]
    assert a_poller(office, inbox).poll() == 2
    assert ("0", "missed") in receipts(office)


# Trouble at our end


def test_without_the_lease_nothing_is_looked_at(office, inbox):
    """Somebody else has this inbox."""
    deliver(inbox, "a")
    assert a_poller(office, inbox, lease=lambda: None).poll() == 0
    assert inbox.looks == 0


def test_a_lease_that_is_lost_stops_the_poll(office, inbox):
    """Nothing is written and nothing is marked."""
    deliver(inbox, "a")
    poller = a_poller(office, inbox)
    with office.store.write() as tx:
        tx.connection.execute(update(schema.lease).values(epoch=99))
    with pytest.raises(LeaseLostError):
        poller.poll()
    assert (receipts(office), inbox.marked, cursor(office)) == ([], [], None)


def test_a_database_that_is_down_loses_nothing(office, inbox, monkeypatch):
    """The same mail comes again from the same place."""
    deliver(inbox, "a", "b", "c", "d")
    poller = a_poller(office, inbox)

    def fail(*_args, **_kwargs):
        raise StoreUnavailableError

    with monkeypatch.context() as patched:
        patched.setattr("daemon.store.Transaction.set_cursor", fail)
        with pytest.raises(StoreUnavailableError):
            poller.poll()
    assert (receipts(office), inbox.marked) == ([], [])
    assert poller.poll() == 4


def test_a_stop_ends_a_poll_between_two_batches(office, inbox):
    """What was taken in is stored and marked; the next start goes on from there."""
    deliver(inbox, *"abcdefgh")
    stops = iter([False, False, True, True, True])
    assert a_poller(office, inbox, stopping=lambda: next(stops)).poll() == 6
    assert (cursor(office), len(inbox.marked)) == ("6", 6)
    assert a_poller(office, inbox).poll() == 2


def test_who_watches_is_told_of_everything(office, inbox):
    """Once, after its commit."""
    deliver(inbox, "a", "b", "c", "d")
    heard = []
    a_poller(office, inbox, on_taken=lambda facts, taken: heard.append((facts.name, taken))).poll()
    assert [(name, len(taken)) for name, taken in heard] == [("care", 3), ("care", 1)]


def test_a_server_that_asks_for_patience_is_given_it(office, inbox):
    """For as long as it says, whatever our own pauses would be."""
    inbox.broken = UnavailableError("asks us to slow down", wait_s=900)
    poller = a_poller(office, inbox)
    poller.poll()
    assert poller.retry_at == office.clock() + timedelta(seconds=900)


def test_a_clock_that_was_set_back_holds_no_inbox_up(office, inbox):
    """What was reckoned by the clock of before counts no more."""
    inbox.broken = UnavailableError("away")
    poller = a_poller(office, inbox)
    poller.poll()
    office.clock.move(hours=-1)
    inbox.broken = None
    assert poller.poll() == 0
    assert inbox.looks == 1
    poller.clock_was_set()
    poller.poll()
    assert inbox.looks > 1


def test_a_pause_that_the_other_side_asks_for_is_no_trouble(office, inbox):
    """Nothing is asked before its hour, nothing is said of it, and the lists stay compared."""
    poller = a_poller(office, inbox)
    poller.poll()
    compared = poller.reconciled_at
    until = office.clock() + timedelta(minutes=20)
    inbox.broken = PausedError("used up", retry_at=until)
    poller.poll()
    looks = inbox.looks
    office.clock.move(minutes=19)
    poller.poll()
    assert inbox.looks == looks
    assert (poller.failures, poller.standing.since_at, poller.standing.began_at) == (0, None, None)
    assert poller.reconciled_at == compared
    inbox.broken = None
    office.clock.move(minutes=1)
    deliver(inbox, "a")
    assert poller.poll() == 1
    assert not [event for event in poller.log.events if event.startswith("inbox_")]


# With another process that prepares


class Elsewhere:
    """Prepares in this process, and notes when it is asked; it may be busy."""

    def __init__(self, heard):
        self.heard, self.is_free = heard, True

    def prepare_all(self, messages, _inbox, *, own_servers, now, by_ourselves):
        del own_servers, now
        self.heard.append(("asked", [one.external_id for one in messages]))
        return map(by_ourselves, messages)


@pytest.fixture
def heard():
    return []


@pytest.fixture
def elsewhere(heard):
    return Elsewhere(heard)


@pytest.fixture
def ahead(office, elsewhere):
    return replace(office, intake=replace(office.intake, elsewhere=elsewhere))


def told(heard):
    return lambda _facts, taken: heard.append(("taken", [one.external_id for one in taken]))


def test_the_next_batch_is_prepared_while_the_letters_of_one_leave(ahead, inbox, heard):
    """It is asked for when the one before is stored, and each of them once."""
    ids = deliver(inbox, *"abcdefgh")
    assert a_poller(ahead, inbox, on_taken=told(heard)).poll() == 8
    first, second, third = ids[:3], ids[3:6], ids[6:]
    assert heard == [
        ("asked", first),
        *(("asked", second), ("taken", first)),
        *(("asked", third), ("taken", second)),
        ("taken", third),
    ]
    assert inbox.marked == ids
    assert cursor(ahead) == "8"


@pytest.mark.parametrize("error", [UnavailableError("gone"), AccessDeniedError("refused")])
def test_an_inbox_that_fails_ahead_keeps_nothing_from_what_is_stored(ahead, inbox, heard, error):
    """What is stored is told of; the trouble shows when the next batch is due."""
    ids = deliver(inbox, *"abcdef")
    poller = a_poller(ahead, inbox, on_taken=told(heard))
    fetch = inbox.fetch

    def once(*args, **kwargs):
        found = fetch(*args, **kwargs)
        inbox.broken = error
        return found

    inbox.fetch = once
    assert poller.poll() == 0
    assert heard[-1] == ("taken", ids[:3])
    assert (cursor(ahead), poller.failures) == ("3", 1)
    inbox.broken, inbox.fetch = None, fetch
    ahead.clock.now = poller.retry_at
    assert poller.poll() == 3
    assert [one for one, _ in receipts(ahead)] == ids


def test_a_stop_leaves_what_was_fetched_ahead_for_the_next_start(ahead, inbox):
    """It is not stored, not marked, and not passed over."""
    deliver(inbox, *"abcdefgh")
    stops = iter([False, False, True, True])
    assert a_poller(ahead, inbox, stopping=lambda: next(stops)).poll() == 3
    assert (cursor(ahead), len(inbox.marked)) == ("3", 3)
    assert a_poller(ahead, inbox).poll() == 5


def test_nothing_is_fetched_ahead_where_no_other_process_is_free(ahead, inbox, elsewhere):
    """It would only lie in memory."""
    elsewhere.is_free = False
    deliver(inbox, *"abcdef")
    looks = []
    poller = a_poller(ahead, inbox, on_taken=lambda _facts, _taken: looks.append(inbox.looks))
    poller.poll()
    assert looks == [1, 2]
