"""The outbox: queued once, claimed by one, released by a person or by time."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import event, select

from daemon.model import Hold, OutboxKind, Sent
from daemon.store import ConflictError, Store, schema
from tests.builders import NOW, a_classification, a_decision, an_entry

LATER = NOW + timedelta(minutes=5)


def queue(tx, *entries, enquiry_id=None, now=NOW):
    return tx.queue(entries, enquiry_id=enquiry_id, message_id=None, now=now)


def claim(tx, *, outlet="relay", holder="one", now=NOW, until=LATER, limit=20):
    return [c.id for c in tx.claim(outlet, holder=holder, now=now, until=until, limit=limit)]


def row(tx, entry_id):
    query = select(schema.outbox).where(schema.outbox.c.id == entry_id)
    return tx.connection.execute(query).mappings().one()


def states(tx):
    query = select(schema.outbox.c.state).order_by(schema.outbox.c.id)
    return tx.connection.scalars(query).all()


def an_enquiry(tx):
    return tx.open_enquiry("PH-1", a_decision(), a_classification(), received_at=NOW, now=NOW)


# Queueing


def test_a_key_and_recipient_stand_in_the_outbox_once(store):
    """A second time changes nothing, not even the bytes; another recipient is another mail."""
    with store.write() as tx:
        (first,) = queue(tx, an_entry(key="k"))
        assert queue(tx, an_entry(key="k", content=b"other")) == []
        assert len(queue(tx, an_entry(key="k", recipient="other@home.example"))) == 1
        assert row(tx, first)["content"] != b"other"


def test_the_constraint_stands_behind_the_look(store):
    """Two daemons at the same moment: the second meets it."""
    with store.write() as tx:
        (first,) = queue(tx, an_entry(key="k"))
        values = {k: v for k, v in row(tx, first).items() if k != "id"}
        with pytest.raises(ConflictError), tx.savepoint():
            tx.connection.execute(schema.outbox.insert().values(**values))


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({}, "waiting"),
        ({"hold": Hold.LIMIT}, "held"),
        ({"recipient": ""}, "post"),
        ({"recipient": "", "hold": Hold.DOUBT}, "held"),
    ],
)
def test_an_entry_waits_is_held_or_is_for_the_post_room(store, changes, state):
    """What is held is not claimed, and neither is a letter."""
    with store.write() as tx:
        queue(tx, an_entry(**changes))
        assert states(tx) == [state]
        assert len(claim(tx)) == (state == "waiting")


# Claiming


def test_due_entries_are_claimed_the_longest_waiting_first(store):
    """Of one outlet, not before their time, and no more than asked for."""
    with store.write() as tx:
        late, early, not_yet, elsewhere = queue(
            tx,
            an_entry(send_after=NOW),
            an_entry(send_after=NOW - timedelta(hours=1)),
            an_entry(send_after=NOW + timedelta(seconds=1)),
            an_entry(outlet="other"),
        )
        assert claim(tx, limit=1) == [early]
        assert claim(tx) == [late]
        assert claim(tx) == []
        assert claim(tx, now=LATER) == [not_yet]
        assert claim(tx, outlet="other") == [elsewhere]


def test_alerts_are_claimed_before_everything_else(store):
    """However long the rest has waited; among themselves by time, then by age."""
    with store.write() as tx:
        old, alert, older_alert, same = queue(
            tx,
            an_entry(send_after=NOW - timedelta(days=1)),
            an_entry(kind=OutboxKind.ALERT),
            an_entry(kind=OutboxKind.ALERT, send_after=NOW - timedelta(hours=1)),
            an_entry(send_after=NOW - timedelta(days=1)),
        )
        assert claim(tx, limit=1) == [older_alert]
        assert claim(tx) == [alert, old, same]


@pytest.mark.parametrize("prepared_url", ["sqlite"], indirect=True)
def test_what_is_due_is_found_by_its_index(store):
    """Neither a walk through all that was ever sent nor a sort of what waits."""
    asked = []
    with store.write() as tx:
        queue(tx, an_entry())
        listener = ("before_cursor_execute", lambda *args: asked.append(args[2:4]))
        event.listen(tx.connection, *listener)
        claim(tx)
        event.remove(tx.connection, *listener)
        plans = [
            str(
                [row[3] for row in tx.connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {q}", values)]
            )
            for q, values in asked
            if "ORDER BY" in q
        ]
    assert len(plans) == 2
    assert all("ix_outbox_open (outlet=? AND send_after<?)" in plan for plan in plans)
    assert not any("TEMP" in plan for plan in plans)


def test_a_claim_tells_what_to_send_and_counts_the_attempt(store):
    """The bytes as they were queued."""
    entry = an_entry(kind=OutboxKind.NOTICE)
    with store.write() as tx:
        queue(tx, entry)
        (claimed,) = tx.claim("relay", holder="one", now=NOW, until=LATER, limit=1)
        content = tx.letter(claimed.id)
    assert (claimed.key, claimed.kind, content) == (
        entry.key,
        OutboxKind.NOTICE,
        entry.content,
    )
    assert (claimed.recipient, claimed.envelope_from) == (entry.recipient, entry.envelope_from)
    assert claimed.attempts == 1


def test_a_claim_that_ended_without_a_mark_is_claimed_again(store):
    """Sent at least once: not before its end, and the attempt counts."""
    with store.write() as tx:
        (entry,) = queue(tx, an_entry())
        assert claim(tx) == [entry]
        assert claim(tx, holder="two", now=LATER) == []
        after = LATER + timedelta(seconds=1)
        assert claim(tx, holder="two", now=after, until=after + timedelta(minutes=5)) == [entry]
        assert (row(tx, entry)["attempts"], row(tx, entry)["claimed_by"]) == (2, "two")


@pytest.mark.parametrize("prepared_url", ["postgresql"], indirect=True)
def test_two_daemons_never_claim_the_same_entry(store, prepared_url):
    """What one has locked the other passes over, without waiting."""
    with store.write() as tx:
        queue(tx, *(an_entry() for _ in range(4)))
    other = Store.open(prepared_url)
    with store.write() as one, other.write() as two:
        first, second = claim(one, limit=2), claim(two, holder="two")
    other.close()
    assert (len(first), len(second)) == (2, 2)
    assert not set(first) & set(second)


def test_what_was_not_tried_is_given_back_by_its_holder_alone(store):
    """It costs no attempt, and nobody gives back what another has claimed since."""
    with store.write() as tx:
        (entry,) = queue(tx, an_entry())
        claim(tx)
        tx.unclaim([entry], holder="two")
        assert states(tx) == ["claimed"]
        tx.unclaim([entry], holder="one")
        assert states(tx) == ["waiting"]
        assert row(tx, entry)["attempts"] == 0
        assert claim(tx) == [entry]
        tx.unclaim([entry], holder="one", send_after=LATER, why="away")
        assert (row(tx, entry)["attempts"], row(tx, entry)["last_error"]) == (0, "away")
        assert claim(tx) == []
        assert claim(tx, now=LATER) == [entry]


def test_the_claims_of_a_holder_that_is_gone_can_be_freed(store):
    """At the next start, without waiting for their end."""
    with store.write() as tx:
        first, second, _ = queue(tx, an_entry(), an_entry(), an_entry())
        claim(tx, holder="gone", limit=2)
        claim(tx, holder="alive", limit=1)
        assert set(tx.claim_holders()) == {"gone", "alive"}
        assert tx.free_claims("gone") == 2
        assert tx.claim_holders() == ["alive"]
        assert claim(tx, holder="two") == [first, second]


def test_marks_say_what_became_of_an_entry(store):
    """Sent, to be tried later, or refused for good; each lets the claim go."""
    with store.write() as tx:
        sent, later, failed = queue(tx, an_entry(), an_entry(), an_entry())
        claim(tx)
        tx.mark_sent(sent, now=NOW)
        tx.mark_waiting(later, send_after=LATER, why="greylisted")
        tx.mark_failed(failed, why="no such user")
        assert states(tx) == ["sent", "waiting", "failed"]
        assert row(tx, sent)["sent_at"] == NOW
        assert (row(tx, later)["send_after"], row(tx, later)["last_error"]) == (LATER, "greylisted")
        assert row(tx, failed)["last_error"] == "no such user"
        assert tx.claim_holders() == []
        assert claim(tx, now=LATER) == [later]


# Holds


def test_a_person_lets_go_what_is_held_for_an_enquiry(store):
    """A mail waits to be sent, a letter goes to the post room; other enquiries' stay."""
    with store.write() as tx:
        opened = an_enquiry(tx)
        mail, letter = queue(
            tx,
            an_entry(hold=Hold.LIMIT, release_at=LATER),
            an_entry(hold=Hold.DOUBT, recipient=""),
            enquiry_id=opened,
        )
        queue(tx, an_entry(hold=Hold.LIMIT))
        assert tx.release(opened, now=LATER) == [mail, letter]
        assert states(tx) == ["waiting", "post", "held"]
        assert row(tx, mail)["send_after"] == LATER
        assert tx.release(opened, now=LATER) == []


def test_a_hold_with_an_end_ends_by_itself(store):
    """Others never do."""
    with store.write() as tx:
        timed, _ = queue(
            tx, an_entry(hold=Hold.VULNERABLE, release_at=LATER), an_entry(hold=Hold.LIMIT)
        )
        assert tx.release_due(NOW) == []
        assert tx.release_due(LATER) == [timed]
        assert tx.release_due(LATER) == []
        assert states(tx) == ["waiting", "held"]


def test_a_hold_can_be_kept_without_end_or_cancelled(store):
    """Somebody looks after it; or it has been answered."""
    with store.write() as tx:
        opened = an_enquiry(tx)
        (entry,) = queue(tx, an_entry(hold=Hold.VULNERABLE, release_at=LATER), enquiry_id=opened)
        tx.hold_without_end(opened)
        assert tx.release_due(LATER) == []
        assert states(tx) == ["held"]
        assert tx.cancel_held(opened) == [entry]
        assert tx.cancel_held(opened) == []
        assert tx.release(opened, now=LATER) == []
        assert states(tx) == ["cancelled"]


# Counting and reports


def test_acknowledgements_are_counted_by_address_domain_and_in_all(store):
    """Those made since a time, sent or on their way; neither notices nor what is held."""
    with store.write() as tx:
        queue(tx, an_entry(), now=NOW - timedelta(days=1))
        queue(
            tx,
            an_entry(),
            an_entry(hold=Hold.LIMIT),
            an_entry(recipient="other@home.example"),
            an_entry(recipient="x@else.example"),
            an_entry(kind=OutboxKind.NOTICE),
        )
        found = tx.acknowledged_since("resident@home.example", NOW)
    assert found == Sent(to_address=1, to_domain=2, in_all=3)


def test_what_was_rolled_back_does_not_count(store):
    """Of a message that could not be stored, in a batch that goes on."""

    def spoil(tx):
        with tx.savepoint():
            queue(tx, an_entry(key="2", kind=OutboxKind.ACKNOWLEDGEMENT))
            raise ZeroDivisionError

    with store.write() as tx:
        assert tx.acknowledged_since("r@home.example", NOW).in_all == 0
        queue(tx, an_entry(key="1", kind=OutboxKind.ACKNOWLEDGEMENT))
        with pytest.raises(ZeroDivisionError):
            spoil(tx)
        assert tx.acknowledged_since("r@home.example", NOW).in_all == 1


def test_a_small_letter_comes_with_its_claim_and_a_large_one_is_left(store):
    """Forty letters are claimed at once, and one may carry 50 MB."""
    small, large = b"s" * (64 << 10), b"l" * ((64 << 10) + 1)
    with store.write() as tx:
        queue(tx, an_entry(key="1", content=small), an_entry(key="2", content=large))
        claimed = tx.claim("relay", holder="one", now=NOW, until=LATER, limit=5)
        assert [one.content for one in claimed] == [small, None]
        assert tx.letter(claimed[1].id) == large


def test_letters_made_in_the_same_transaction_count_too(store):
    """Asked again and again for a batch, whoever wrote, and for messages without an address."""
    with store.write() as tx:
        assert tx.acknowledged_since("", NOW) == Sent(to_address=0, to_domain=0, in_all=0)
        for number in range(1, 4):
            queue(tx, an_entry(recipient=f"r{number % 2}@home.example"))
            queue(tx, an_entry(kind=OutboxKind.NOTICE))
            assert tx.acknowledged_since("", NOW).in_all == number
            found = tx.acknowledged_since("r1@home.example", NOW)
            expected = Sent(to_address=(number + 1) // 2, to_domain=number, in_all=number)
            assert found == expected
            assert tx.acknowledged_since("r1@home.example", LATER).in_all == 0
    with store.read() as tx:
        assert tx.acknowledged_since("r0@home.example", NOW).to_address == 1


def test_mail_of_ours_is_known_by_its_message_id(store):
    """A delivery report marks it once; others' ids mark nothing."""
    entry = an_entry()
    with store.write() as tx:
        (queued,) = queue(tx, entry)
        ids = [entry.message_id, "other@home.example"]
        assert tx.returned(ids) == []
        tx.mark_sent(queued, now=NOW)
        (found,) = tx.returned(ids)
        assert (found.id, found.kind, found.recipient) == (queued, entry.kind, entry.recipient)
        tx.mark_not_delivered(queued, now=LATER)
        assert tx.returned(ids) == tx.returned([]) == []
        assert row(tx, queued)["not_delivered_at"] == LATER


def test_what_came_back_for_now_alone_is_sent_again_later(store):
    """The same mail; a report that comes meanwhile speaks of the first try."""
    entry = an_entry()
    with store.write() as tx:
        (queued,) = queue(tx, entry)
        tx.mark_sent(queued, now=NOW)
        tx.send_again(queued, at=LATER)
        assert tx.returned([entry.message_id]) == []
        found = row(tx, queued)
        assert (found["state"], found["send_after"], found["resent"]) == ("waiting", LATER, 1)


def test_a_block_of_an_address_ends(store):
    """And a later one takes its place."""
    with store.write() as tx:
        tx.block_address("key", status="5.1.1", now=NOW, until=LATER)
        assert tx.is_blocked("key", now=NOW)
        assert not tx.is_blocked("other", now=NOW)
        assert not tx.is_blocked("key", now=LATER)
        tx.block_address("key", status="5.2.1", now=LATER, until=LATER + (LATER - NOW))
        assert tx.is_blocked("key", now=LATER)


def test_a_clock_that_was_set_back_holds_no_letter_up(store):
    """What was due within the time that goes by again leaves now; no other letter does."""
    with store.write() as tx:
        soon = an_entry(key="soon", send_after=NOW + timedelta(minutes=50))
        later = an_entry(key="later", send_after=NOW + timedelta(hours=5))
        tx.queue([soon, later], enquiry_id=None, message_id=None, now=NOW)
        assert tx.clock_went_back(now=NOW, by_s=3600) == 1
        claimed = tx.claim("relay", holder="one", now=NOW, until=LATER, limit=9)
    assert len(claimed) == 1
