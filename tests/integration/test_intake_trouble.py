"""Taking in: whatever stops it, nothing is half written, lost or done twice."""

from __future__ import annotations

import itertools
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import update

from daemon.model import Outcome
from daemon.store import (
    ConflictError,
    LeaseLostError,
    Store,
    StoreUnavailableError,
    Transaction,
    schema,
)
from tests.builders import a_batch, a_mail, a_raw, an_office_over
from tests.integration.taking_in import AT_CARE, AT_INTAKE, count, kinds_queued

ROUNDS = 25


@pytest.fixture
def office(store):
    return an_office_over(store)


# Trouble


def test_a_lost_lease_writes_nothing(store, office):
    """Somebody else works on the inbox now."""
    lease = store.acquire_lease("inbox:care", "one", ttl_s=60, is_gone=lambda _holder: False)
    with store.write() as tx:
        tx.connection.execute(update(schema.lease).values(epoch=99))
    before = count(store)
    with pytest.raises(LeaseLostError):
        office.intake.take_in(AT_CARE, a_batch(a_raw(), cursor="1"), lease=lease)
    assert count(store) == before


def test_a_held_lease_is_renewed_by_the_work_itself(store, office):
    """A loop that makes progress keeps its inbox."""
    lease = store.acquire_lease("inbox:care", "one", ttl_s=60, is_gone=lambda _holder: False)
    with store.write() as tx:
        sooner = schema.lease.c.expires_at - 50
        tx.connection.execute(update(schema.lease).values(expires_at=sooner))
    office.intake.take_in(AT_CARE, a_batch(a_raw()), lease=lease)
    with store.write() as tx:
        tx.connection.execute(update(schema.lease).values(expires_at=sooner))
    store.renew_lease(lease)


def test_a_reference_that_is_taken_is_drawn_again(store, office):
    """By chance two enquiries draw the same one."""
    first = office.take(a_mail())
    again = an_office_over(store)  # its chance begins anew, with the same number
    second = again.take(a_mail(text="Something else"))
    assert second.state == "stored"
    assert second.reference != first.reference


class Killed(BaseException):
    """The process ends here, as far as the transaction can tell."""


WRITES = [
    "taken_ids",
    "next_ordinal",
    "find_same",
    "keep_raw",
    "add_receipt",
    "links",
    "acknowledged_since",
    "open_enquiry",
    "add_message",
    "add_classification",
    "add_party",
    "add_criteria",
    "enter_registers",
    "start_clock",
    "queue",
    "audit",
    "set_cursor",
]


@pytest.mark.parametrize("error", [Killed, StoreUnavailableError])
@pytest.mark.parametrize("method", WRITES)
def test_whatever_stops_it_nothing_is_half_written_and_the_next_try_succeeds(
    store, office, monkeypatch, method, error
):
    """Killed, or cut off from the database, at each step of the second of two messages."""
    batch = a_batch(a_raw(a_mail(text="one")), a_raw(a_mail(text="two")), cursor="2")
    empty = count(store)
    original, calls = getattr(Transaction, method), itertools.count(1)
    stop_at = 1 if method == "set_cursor" else 2

    def failing(self, *args, **kwargs):
        if next(calls) == stop_at:
            raise error
        return original(self, *args, **kwargs)

    with monkeypatch.context() as patched:
        patched.setattr(Transaction, method, failing)
        with pytest.raises(error):
            office.intake.take_in(AT_CARE, batch, lease=None)
    assert count(store) == empty
    taken = office.intake.take_in(AT_CARE, batch, lease=None)
    assert [one.state for one in taken] == ["stored", "stored"]
    found = count(store)
    assert (found["receipt"], found["enquiry"], found["outbox"]) == (2, 2, 4)


# Two daemons

ONLY_POSTGRESQL = pytest.mark.parametrize("prepared_url", ["postgresql"], indirect=True)


@ONLY_POSTGRESQL
def test_two_daemons_with_the_two_copies_of_one_mail_open_one_enquiry(store, prepared_url):
    """At the same moment, again and again: one enquiry, two receipts, one acknowledgement."""
    stores = [store, Store.open(prepared_url)]
    offices = [an_office_over(one) for one in stores]
    start = threading.Barrier(2)

    def take(number: int) -> list[str]:
        states = []
        for n in range(ROUNDS):
            mail = a_mail(sender=f"r{n}@home.example", message_id=f"{n}@home.example")
            inbox = (AT_CARE, AT_INTAKE)[number]
            start.wait(20)
            states.append(offices[number].take(b"Received: x\r\n" * number + mail, inbox).state)
        return states

    with ThreadPoolExecutor(2) as pool:
        one, two = pool.map(take, range(2))
    stores[1].close()
    assert all({a, b} == {"stored", "repeated"} for a, b in zip(one, two, strict=True))
    found = count(store)
    assert (found["receipt"], found["message"], found["enquiry"]) == (2 * ROUNDS, ROUNDS, ROUNDS)
    kinds = [kind for kind, *_ in kinds_queued(store)]
    assert kinds.count("acknowledgement") == ROUNDS


@ONLY_POSTGRESQL
def test_an_enquiry_that_is_closed_while_a_reply_is_decided_is_not_joined(
    store, prepared_url, monkeypatch
):
    """The reply is decided again and opens a linked enquiry: nobody writes into a closed one."""
    office, desk = an_office_over(store), an_office_over(Store.open(prepared_url))
    first = office.take(a_mail(message_id="a@home.example"))
    original, closed = Transaction.links, []

    def links(self, **about):
        found = original(self, **about)
        if not closed:
            closed.append(desk.casework.close(first.reference, by="A. Name"))
        return found

    monkeypatch.setattr(Transaction, "links", links)
    second = office.take(a_mail(answers=["a@home.example"], text="One more thing"))
    desk.store.close()
    assert second.outcome is Outcome.OPENED
    assert office.view(second.reference)["linked_to"] == first.reference


def test_a_whole_batch_is_done_again_where_another_stood_in_its_way(store, office, monkeypatch):
    """Two daemons write the first cursor of an inbox: the second meets it at its end."""
    original, met = Transaction.set_cursor, []

    def set_cursor(self, inbox, cursor, *, now):
        if not met:
            met.append(cursor)
            raise ConflictError
        original(self, inbox, cursor, now=now)

    monkeypatch.setattr(Transaction, "set_cursor", set_cursor)
    taken = office.intake.take_in(AT_CARE, a_batch(a_raw(), cursor="1"), lease=None)
    assert [one.state for one in taken] == ["stored"]
    assert count(store)["enquiry"] == 1
