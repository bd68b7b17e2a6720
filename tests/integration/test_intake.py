"""Taking in: one commit for receipts, messages, enquiries, clocks and letters."""

from __future__ import annotations

from datetime import timedelta

import pytest

from connectors.base import Missed
from daemon.model import Category, ClockKind, Outcome, Source
from daemon.store import schema
from tests.builders import (
    CARE,
    INTAKE,
    NOW,
    OFFICE,
    a_batch,
    a_classification,
    a_mail,
    a_raw,
    an_office_over,
)
from tests.integration.taking_in import AT_CARE, AT_INTAKE, count, events, kinds_queued, rows


@pytest.fixture
def office(store):
    return an_office_over(store)


# One message


def test_a_message_becomes_an_enquiry_with_all_that_follows(store, office):
    """Receipt, bytes, message, classification, enquiry, party, clock, letters, audit."""
    taken = office.take(a_mail(message_id="a@home.example"))
    assert (taken.state, taken.outcome) == ("stored", Outcome.OPENED)
    view = office.view(taken.reference)
    assert (view["status"], view["route"], view["team"]) == ("open", "intake", "intake")
    assert view["parties"] == ["resident@home.example"]
    assert [m["classifications"][0]["category"] for m in view["messages"]] == ["new-complaint"]
    assert {clock["kind"] for clock in view["deadlines"]} == {"other", "ack"}
    assert kinds_queued(store) == [
        ("acknowledgement", "resident@home.example", "waiting"),
        ("notice", f"team.intake@{OFFICE}", "waiting"),
    ]
    assert events(store)[:2] == ["enquiry_opened", "message_opened"]


def test_the_bytes_are_kept_as_they_came(store, office):
    """Byte for byte, whatever they are."""
    content = a_mail() + b"\xff\xfe\r\n.\r\n"
    taken = office.take(content)
    with store.read() as tx:
        assert tx.raw_of(taken.message_id) == content


def test_the_acknowledgement_is_rendered_at_once(store, office):
    """With reference, thread and date: sending needs nothing but the bytes."""
    taken = office.take(a_mail(message_id="a@home.example"))
    content, rfc_id = rows(store, schema.outbox, "content", "rfc_message_id")[0]
    head = content.decode().partition("\r\n\r\n")[0]
    assert taken.reference in head
    assert "In-Reply-To: <a@home.example>" in head
    assert f"Message-ID: <{rfc_id}>" in head.replace("\r\n ", " ")
    assert office.signer.verify(rfc_id, prefix="PH").reference == taken.reference


def test_a_message_that_is_not_acknowledged_has_no_clock_for_it(store, office):
    """What is silent has nothing to be late with."""
    office.take(a_mail(sender=f"officer@{OFFICE}"))
    assert rows(store, schema.deadline, "kind") == ["other"]


def test_a_letter_is_made_for_who_cannot_be_mailed(store, office):
    """An address beyond ASCII: it is held for a person, who prints and posts it."""
    office.take(a_mail(sender="=?utf-8?q?j=C3=BCrgen?= <jürgen@home.example>"))
    assert kinds_queued(store)[0] == ("acknowledgement", "", "held")


# Batches


def test_a_batch_is_one_commit(store, office):
    """Messages, misses and the cursor stand together or not at all."""
    mails = [a_raw(a_mail(message_id=f"{n}@home.example")) for n in range(5)]
    missed = (Missed(external_id="1:gone", reason="vanished"),)
    taken = office.intake.take_in(AT_CARE, a_batch(*mails, cursor="41", missed=missed), lease=None)
    assert [one.state for one in taken] == ["stored"] * 5 + ["missed"]
    with store.read() as tx:
        assert tx.cursor("care") == "41"
        assert tx.counts()["enquiries"] == 5
    assert rows(store, schema.receipt, "state")[-1] == "missed"


def test_what_was_taken_in_is_known(store, office):
    """The same thing again writes nothing, and is not marked for what it may be."""
    raw = a_raw()
    office.take(raw)
    before = count(store)
    again = office.take(raw)
    assert again.state == "known"
    assert again.is_settled is False
    assert count(store) == before


def test_a_miss_is_recorded_once_and_completed_when_it_comes_back(store, office):
    """Vanished mail that is there again is taken in."""
    missed = a_batch(missed=(Missed(external_id="1:9", reason="vanished"),))
    for _ in range(2):
        office.intake.take_in(AT_CARE, missed, lease=None)
    assert rows(store, schema.receipt, "state", "reason") == [("missed", "vanished")]
    assert office.take(a_raw(external_id="1:9")).state == "stored"
    assert rows(store, schema.receipt, "state") == ["stored"]


# The same message


def test_one_mail_to_two_boxes_is_one_enquiry(store, office):
    """Two receipts, one acknowledgement; the copies differ in what servers add."""
    mail = a_mail(to=f"{CARE}, {INTAKE}", message_id="a@home.example")
    first = office.take(b"Received: from x by mx1\r\n" + mail)
    second = office.take(b"Received: from y by mx2\r\n" + mail, AT_INTAKE)
    assert (first.state, second.state) == ("stored", "repeated")
    assert second.message_id == first.message_id
    found = count(store)
    assert (found["receipt"], found["raw"], found["message"], found["enquiry"]) == (2, 2, 1, 1)
    assert [kind for kind, *_ in kinds_queued(store)].count("acknowledgement") == 1


def test_the_same_message_id_with_other_words_is_two_messages(store, office):
    """Some programs give every mail the same id; none is lost."""
    office.take(a_mail(message_id="same@home.example", text="About my hip."))
    second = office.take(a_mail(message_id="same@home.example", text="About my knee."))
    assert second.state == "stored"
    assert count(store)["message"] == 2


def test_the_same_words_of_two_people_are_two_messages(store, office):
    """A campaign is many enquiries."""
    for name in ("one", "two"):
        office.take(a_mail(sender=f"{name}@home.example", message_id="same@home.example"))
    assert count(store)["enquiry"] == 2


def test_without_a_message_id_date_and_subject_tell_mails_apart(office):
    """The same words on another day are another message."""

    def without_id(**changes):
        return b"\n".join(
            line
            for line in a_mail(**changes).split(b"\n")
            if not line.lower().startswith(b"message-id")
        )

    office.take(without_id())
    assert office.take(without_id(), AT_INTAKE).state == "repeated"
    assert office.take(without_id(date=NOW - timedelta(hours=1)), AT_INTAKE).state == "stored"
    assert office.take(without_id(subject="Again"), AT_INTAKE).state == "stored"


@pytest.mark.parametrize(("days", "state"), [(6, "repeated"), (8, "stored")])
def test_the_same_again_is_the_same_for_a_week(store, office, days, state):
    """Later it is somebody who writes the same again, and is heard again."""
    mail = a_mail(message_id="a@home.example")
    office.take(mail)
    office.clock.move(days=days)
    assert office.take(b"Received: again\r\n" + mail).state == state
    assert count(store)["enquiry"] == (1 if state == "repeated" else 2)


def test_a_mailbox_that_numbers_its_mails_anew_brings_receipts_only(store, office):
    """After a change of UIDVALIDITY, years later too: nothing is answered twice."""
    mails = [a_mail(message_id=f"{n}@home.example") for n in range(3)]
    for mail in mails:
        office.take(mail)
    before = count(store)
    office.clock.move(days=800)
    again = [office.take(a_raw(mail, external_id=f"2:{n}")) for n, mail in enumerate(mails)]
    assert {one.state for one in again} == {"repeated"}
    after = count(store)
    changed = {name for name in after if after[name] != before[name]}
    assert changed == {"receipt", "audit"}
    assert after["receipt"] == 6


def test_an_earlier_receipt_moves_the_open_clocks(store, office):
    """The first sight counts: dates, reminders and audit follow; ended clocks stay."""
    mail = a_mail(message_id="a@home.example")
    reference = office.take(mail, at=NOW).reference
    with store.write() as tx:
        tx.end_clocks(1, by="sent", now=NOW, kinds=[ClockKind.ACK])
    earlier = NOW - timedelta(days=3)
    office.take(b"Received: b\r\n" + mail, AT_INTAKE, at=earlier)
    view = office.view(reference)
    assert view["received_at"] == view["messages"][0]["received_at"] == earlier.isoformat()
    assert [(d["kind"], d["due_on"], d["ended_by"]) for d in view["deadlines"]] == [
        ("ack", "2026-11-24", "sent"),
        ("other", "2026-12-04", None),
    ]
    (moved,) = [line for line in view["audit"] if line["event"] == "deadline_moved"]
    assert moved["detail"] == {
        "id": 1,
        "kind": "other",
        "old": "2026-12-07",
        "new": "2026-12-04",
        "why": "earlier receipt",
    }


def test_a_later_receipt_moves_nothing(store, office):
    """Only the first sight counts."""
    mail = a_mail(message_id="a@home.example")
    reference = office.take(mail, at=NOW - timedelta(days=1)).reference
    before = office.view(reference)["deadlines"]
    office.take(b"Received: b\r\n" + mail, AT_INTAKE, at=NOW)
    assert office.view(reference)["deadlines"] == before
    assert "deadline_moved" not in events(store)


def test_what_was_sent_is_not_sent_again_when_a_clock_moves(store, office):
    """The reminder went out before the earlier receipt came to light; only what is ahead stays."""
    mail = a_mail(message_id="a@home.example")
    reference = office.take(mail, at=NOW).reference
    office.clock.move(days=13)
    office.sweeper.sweep()
    reminders = office.letters_of(reference, "reminder")
    assert len(reminders) == 1
    earlier = a_raw(b"Received: b\r\n" + mail, inbox="care", arrived_at=NOW - timedelta(days=3))
    office.take(earlier)
    assert "deadline_moved" in events(store)
    office.sweeper.sweep()
    assert office.letters_of(reference, "reminder") == reminders


def test_a_letter_of_the_ico_is_moved_by_its_own_rule(store, office):
    """It is no decision notice, so it keeps its 20 working days."""
    office.classifier.usual = a_classification(
        category=Category.OTHER, source=Source.ICO, matters=(ClockKind.ICO,)
    )
    mail = a_mail(message_id="a@home.example")
    office.take(mail, at=NOW)
    office.take(b"Received: b\r\n" + mail, AT_INTAKE, at=NOW - timedelta(days=3))
    found = rows(store, schema.deadline, "kind", "due_on", "ended_by")
    due = {by: on.isoformat() for kind, on, by in found if kind == "ico"}
    assert due == {None: "2026-12-18"}


def test_the_time_of_receipt_is_our_own_servers(store, office):
    """Its Received header, before the mailbox's own time; never Date, never later than now."""
    received = f"from x by mx.{OFFICE}; Mon, 23 Nov 2026 08:00:00 +0000"
    office.take(a_mail(headers=[("Received", received)], date=NOW - timedelta(days=30)), at=NOW)
    office.take(a_mail(date=NOW - timedelta(days=30)), at=NOW - timedelta(hours=1))
    office.take(a_mail(), at=NOW + timedelta(days=2))
    assert rows(store, schema.enquiry, "received_at") == [
        NOW - timedelta(hours=2),
        NOW - timedelta(hours=1),
        NOW,
    ]


# Limits


def test_limits_count_where_answers_go(store, office):
    """Whoever writes as many people and has answers sent to one is held after four."""
    for number in range(6):
        office.take(
            a_mail(
                sender=f"s{number}@home.example",
                headers=[("Reply-To", "victim@home.example")],
                text=f"Letter {number}",
            )
        )
    letters = [(to, state) for kind, to, state in kinds_queued(store) if kind != "notice"]
    assert (
        letters == [("victim@home.example", "waiting")] * 4 + [("victim@home.example", "held")] * 2
    )


def test_limits_begin_anew_at_midnight_in_london(store, office):
    """Each day has its four."""
    for number in range(5):
        office.take(a_mail(text=f"Letter {number}"))
    office.clock.move(hours=14)
    office.take(a_mail(text="The next day"))
    held = [state for kind, _, state in kinds_queued(store) if kind == "acknowledgement"]
    assert held == ["waiting"] * 4 + ["held", "waiting"]
