"""Receipts, raw bytes, messages and classifications; and what counts as the same message."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import delete, select

from daemon.model import (
    Box,
    Category,
    ClockKind,
    Criterion,
    EnquiryStatus,
    Evidence,
    Outcome,
    Skip,
    Step,
)
from daemon.store import ConflictError, schema
from daemon.store.messages import NewReceipt
from tests.builders import NOW, a_classification, a_decision, a_link, a_message, a_raw

WEEK = timedelta(days=7)


def add_message(tx, fingerprint="f" * 64, *, ordinal=0, at=NOW, enquiry_id=None, **changes):
    return tx.add_message(
        a_message(**changes),
        a_decision(),
        fingerprint=fingerprint,
        ordinal=ordinal,
        inbox="care",
        enquiry_id=enquiry_id,
        received_at=at,
        now=NOW,
    )


def add_receipt(tx, external_id, *, state="stored", inbox="care", message_id=None, sha256=None):
    if sha256:
        tx.keep_raw(sha256, b"raw bytes")
    return tx.add_receipt(
        NewReceipt(
            inbox=inbox,
            external_id=external_id,
            state=state,
            received_at=NOW,
            stored_at=NOW,
            raw=a_raw(b"raw bytes", external_id=external_id) if sha256 else None,
            raw_sha256=sha256,
            message_id=message_id,
        )
    )


def same(tx, *, inbox="care", sha256="b" * 64, fingerprint="f" * 64, at=NOW):
    return tx.find_same(inbox, sha256, fingerprint, at, within=WEEK)


# Receipts


def test_a_receipt_is_unique_in_its_inbox(store):
    """The same id in another inbox is another thing."""
    with store.write() as tx:
        add_receipt(tx, "1:1")
        add_receipt(tx, "1:1", inbox="intake")
        with pytest.raises(ConflictError), tx.savepoint():
            add_receipt(tx, "1:1")


def test_known_are_all_that_have_a_receipt(store):
    """In that inbox, however many are asked about."""
    with store.write() as tx:
        for number in range(1200):
            add_receipt(tx, f"1:{number}")
        asked = [f"1:{number}" for number in range(0, 2400, 2)]
        assert tx.known_ids("care", asked) == set(asked[:600])
        assert tx.known_ids("intake", asked) == set()
        assert tx.known_ids("care", []) == set()


@pytest.mark.parametrize(
    ("state", "taken", "settled"),
    [
        ("stored", True, True),
        ("quarantined", True, True),
        ("private", True, False),
        ("missed", False, False),
    ],
)
def test_what_a_receipt_says_decides_what_is_done(store, state, taken, settled):
    """What is private is never marked done; what was missed is tried again."""
    with store.write() as tx:
        add_receipt(tx, "1:1", state=state)
        assert tx.known_ids("care", ["1:1"]) == {"1:1"}
        assert (tx.taken_ids("care", ["1:1"]) == {"1:1"}) is taken
        assert (tx.settled_ids("care", ["1:1"]) == {"1:1"}) is settled


def test_what_was_missed_is_completed_by_a_later_receipt(store):
    """A message that came back takes the place of its miss."""
    with store.write() as tx:
        add_receipt(tx, "1:1", state="missed")
        add_receipt(tx, "1:1", state="stored")
        states = tx.connection.scalars(select(schema.receipt.c.state)).all()
    assert states == ["stored"]


def test_the_same_bytes_are_kept_once(store):
    """Two receipts may point at them, and they come back as they were."""
    with store.write() as tx:
        message_id = add_message(tx)
        add_receipt(tx, "1:1", sha256="a" * 64, message_id=message_id)
        add_receipt(tx, "1:2", sha256="a" * 64, message_id=message_id)
        assert tx.raw_of(message_id) == b"raw bytes"
        assert len(tx.connection.execute(select(schema.raw)).all()) == 1
        assert tx.raw_of(message_id + 1) is None


# The same message


def test_the_same_bytes_in_the_same_inbox_are_the_same_for_ever(store):
    """A mailbox that numbers its mails anew brings nothing new."""
    with store.write() as tx:
        message_id = add_message(tx, "other" * 12)
        add_receipt(tx, "1:1", sha256="b" * 64, message_id=message_id)
        assert same(tx, at=NOW + timedelta(days=900)).id == message_id
        assert same(tx, inbox="intake") is None


@pytest.mark.parametrize(
    ("days", "is_same"), [(0, True), (6.99, True), (7.01, False), (-6.99, True), (-7.01, False)]
)
def test_the_same_fingerprint_is_the_same_within_seven_days(store, days, is_same):
    """In any inbox, before or after."""
    with store.write() as tx:
        message_id = add_message(tx)
        found = same(tx, inbox="intake", at=NOW + timedelta(days=days))
        assert (found.id if found else None) == (message_id if is_same else None)


def test_another_fingerprint_is_another_message(store):
    """A prefix of one is not the same either."""
    with store.write() as tx:
        add_message(tx)
        assert same(tx, fingerprint="f" * 63) is None
        assert same(tx, fingerprint="e" * 64) is None


def test_the_same_again_after_a_week_has_the_next_ordinal(store):
    """And is found by its fingerprint, the one within the week."""
    with store.write() as tx:
        assert tx.next_ordinal("f" * 64) == 0
        add_message(tx)
        assert tx.next_ordinal("f" * 64) == 1
        assert tx.next_ordinal("e" * 64) == 0
        later = NOW + timedelta(days=8)
        again = add_message(tx, ordinal=1, at=later)
        assert tx.next_ordinal("f" * 64) == 2
        assert same(tx, at=later + timedelta(days=1)).id == again


def test_an_ordinal_is_not_given_twice_where_one_before_it_is_gone(store):
    """It follows the last one, not their number."""
    with store.write() as tx:
        first = add_message(tx)
        add_message(tx, ordinal=1)
        tx.connection.execute(delete(schema.message).where(schema.message.c.id == first))
        assert tx.next_ordinal("f" * 64) == 2


def test_a_fingerprint_is_stored_once_with_an_ordinal(store):
    """Two daemons with the two copies of one mail: the second meets the constraint."""
    with store.write() as tx:
        for ordinal in (0, 1):
            add_message(tx, ordinal=ordinal)
            with pytest.raises(ConflictError), tx.savepoint():
                add_message(tx, ordinal=ordinal)


def test_what_is_decided_again_stands_on_the_message(store):
    """By the door that made an enquiry of it; what it says and when it came stay."""
    with store.write() as tx:
        message_id = add_message(tx)
        opened = tx.open_enquiry("PH-1", a_decision(), FULL, received_at=NOW, now=NOW)
        decision = a_decision(
            outcome=Outcome.JOINED, skip=Skip.JOINED, linked_to=a_link(enquiry_id=1)
        )
        tx.decide_again(message_id, decision, inbox="other", box=Box.CEO, enquiry_id=opened)
        row = tx.connection.execute(select(schema.message)).mappings().one()
        assert same(tx).outcome is Outcome.JOINED
    assert (row["inbox"], row["box"], row["outcome"]) == ("other", "ceo", "joined")
    assert (row["enquiry_id"], row["linked_to"], row["skip"]) == (opened, opened, "joined")
    assert (row["received_at"], row["subject"]) == (NOW, "My letter")


def test_bytes_are_known_by_the_inbox_they_came_through(store):
    """Not by another."""
    with store.write() as tx:
        add_receipt(tx, "1:1", sha256="a" * 64)
        assert tx.has_bytes("care", "a" * 64)
        assert not tx.has_bytes("intake", "a" * 64)
        assert not tx.has_bytes("care", "b" * 64)


def test_history_is_known_and_not_settled(store):
    """It stays where it lies, unmarked."""
    with store.write() as tx:
        history = tx.add_message(
            a_message(),
            a_decision(outcome=Outcome.HISTORY, route=None),
            fingerprint="h",
            ordinal=0,
            inbox="care",
            enquiry_id=None,
            received_at=NOW,
            now=NOW,
        )
        add_receipt(tx, "1:1", message_id=history)
        add_receipt(tx, "1:2", message_id=add_message(tx))
        assert tx.taken_ids("care", ["1:1", "1:2"]) == {"1:1", "1:2"}
        assert tx.settled_ids("care", ["1:1", "1:2"]) == {"1:2"}


# Classifications

FULL = a_classification(
    category=Category.FOI_DPA,
    routine=True,
    criteria=(Criterion.MP_NON_ROUTINE, Criterion.VULNERABLE),
    confidence=0.625,
    to_be_sorted=True,
    evidence=(
        Evidence(step=Step.RULE, name="r", says="category: foi-dpa", text="wörds\U0001f600"),
    ),
    automation=Skip.BULK,
    personal_attention=True,
    individual_case=False,
    matters=(ClockKind.FOI, ClockKind.DPA),
    notice_on=date(2026, 11, 1),
    reply_by_on=date(2026, 12, 1),
    reference="C-123",
    language="cy",
)


def test_a_classification_comes_back_as_it_was(store):
    """Every field, evidence included."""
    with store.write() as tx:
        message_id = add_message(tx)
        tx.add_classification(message_id, FULL, made_by="software", now=NOW)
        assert tx.classification_of(message_id) == FULL
        assert tx.classification_of(message_id + 1) is None


def test_the_current_classification_is_a_persons_else_the_last(store):
    """The software may look again and never overrules a person."""
    with store.write() as tx:
        message_id = add_message(tx)
        for by, version in [("software", "1"), ("person", "2"), ("person", "3"), ("software", "4")]:
            found = replace(FULL, version=version)
            tx.add_classification(message_id, found, made_by=by, now=NOW)
        assert tx.classification_of(message_id).version == "3"


def test_a_message_keeps_what_was_decided_of_it(store):
    """Outcome, route, silence or hold, and the enquiry it may belong to."""
    with store.write() as tx:
        tx.open_enquiry("PH-1", a_decision(), FULL, received_at=NOW, now=NOW)
        decision = a_decision(
            outcome=Outcome.SET_ASIDE,
            route=None,
            skip=Skip.BULK,
            reasons=("Set aside.",),
            linked_to=a_link(enquiry_id=1, status=EnquiryStatus.CLOSED),
        )
        tx.add_message(
            a_message(),
            decision,
            fingerprint="x",
            ordinal=0,
            inbox="care",
            enquiry_id=None,
            received_at=NOW,
            now=NOW,
        )
        row = tx.connection.execute(select(schema.message)).mappings().one()
    assert (row["outcome"], row["route"], row["skip"]) == ("set-aside", None, "bulk")
    assert (row["linked_to"], row["reasons"]) == (1, ["Set aside."])


def test_a_message_can_turn_out_to_have_come_earlier(store):
    """Another receipt shows it."""
    with store.write() as tx:
        message_id = add_message(tx)
        tx.received_earlier(message_id, NOW - timedelta(hours=2))
        assert same(tx).received_at == NOW - timedelta(hours=2)
