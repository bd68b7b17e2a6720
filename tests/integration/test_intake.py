"""Taking in: one commit for receipts, messages, enquiries, clocks and letters; and no mail lost."""

from __future__ import annotations

import itertools
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from connectors.base import Missed
from daemon.model import (
    Box,
    Category,
    ClockKind,
    Criterion,
    InboxRole,
    Outcome,
    Skip,
    Source,
)
from daemon.store import LeaseLostError, StoreUnavailableError, Transaction, schema
from daemon.tokens import Purpose
from tests.builders import (
    CARE,
    INTAKE,
    NOW,
    OFFICE,
    a_batch,
    a_classification,
    a_mail,
    a_policy,
    a_raw,
    a_team,
    an_inbox,
    an_office_over,
)

AT_CARE = an_inbox()
AT_INTAKE = an_inbox("intake", box=Box.INTAKE, address=INTAKE)
AT_OMBUDSMAN = an_inbox("ombudsman", box=Box.OMBUDSMAN, address=f"ombudsman@{OFFICE}")
AT_RISK = a_classification(category=Category.OTHER, criteria=(Criterion.VULNERABLE,))
UNREADABLE = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4  # some file, no mail
FOI = a_classification(category=Category.FOI_DPA, matters=(ClockKind.FOI,))


@pytest.fixture
def office(store):
    return an_office_over(store)


def rows(store, table, *columns):
    """Rows of a table, in order."""
    query = select(*(table.c[name] for name in columns)).order_by(table.c.id)
    with store.read() as tx:
        found = tx.connection.execute(query).all()
    return [row[0] if len(columns) == 1 else tuple(row) for row in found]


def count(store):
    """How many there are of everything that taking in writes."""
    with store.read() as tx:
        return {
            name: len(tx.connection.execute(select(table)).all())
            for name, table in schema.metadata.tables.items()
        }


def everything(store) -> str:
    """All that stands anywhere in the database, as one text."""
    with store.read() as tx:
        found = [
            value
            for table in schema.metadata.tables.values()
            for row in tx.connection.execute(select(table))
            for value in row
        ]
    return "\n".join(
        value.decode("latin-1") if isinstance(value, bytes) else str(value) for value in found
    )


def events(store):
    return rows(store, schema.audit, "event")


def kinds_queued(store):
    return rows(store, schema.outbox, "kind", "recipient", "state")


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
        ("other", "2026-12-07", "moved"),
    ]
    (moved,) = [line for line in view["audit"] if line["event"] == "deadline_moved"]
    assert moved["detail"]["why"] == "earlier receipt"
    assert (moved["detail"]["old"], moved["detail"]["kind"]) == (1, "other")


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
    assert due == {"moved": "2026-12-21", None: "2026-12-18"}


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


# Joining


def test_a_reply_in_the_thread_joins(store, office):
    """No second enquiry, no second answer; the team hears of it."""
    first = office.take(a_mail(message_id="a@home.example"))
    second = office.take(a_mail(message_id="b@home.example", answers=["a@home.example"]))
    assert (second.outcome, second.reference) == (Outcome.JOINED, first.reference)
    assert count(store)["enquiry"] == 1
    view = office.view(first.reference)
    assert [m["outcome"] for m in view["messages"]] == ["opened", "joined"]
    assert kinds_queued(store)[2:] == [("notice", f"team.intake@{OFFICE}", "waiting")]


def test_a_reply_to_our_acknowledgement_joins_by_its_token(store, office):
    """Its Message-ID is the only thread there is."""
    first = office.take(a_mail())
    ours = rows(store, schema.outbox, "rfc_message_id")[0]
    assert office.take(a_mail(answers=[ours])).reference == first.reference


def test_a_mail_to_our_signed_address_joins_by_its_token(office):
    """Also without any thread."""
    first = office.take(a_mail())
    token = office.signer.sign(
        reference=first.reference, purpose=Purpose.ACKNOWLEDGEMENT, entry_key="x"
    )
    joined = office.take(a_mail(to=f"assurance+{token}@{OFFICE}", text="And one more thing."))
    assert joined.reference == first.reference


@pytest.mark.parametrize(
    "colleague", ["north@constituency.example", "anybody@north-office.example"]
)
def test_an_mps_office_colleague_joins(office, colleague):
    """Anyone of the same office is a party: by a listed address or by the office's domain."""
    first = office.take(
        a_mail(sender="caseworker@north-office.example", message_id="a@north-office.example")
    )
    second = office.take(a_mail(sender=colleague, answers=["a@north-office.example"]))
    assert second.reference == first.reference


def test_a_stranger_in_the_thread_does_not_join(office):
    """A new enquiry, with the link proposed and an answer of its own."""
    first = office.take(a_mail(message_id="a@home.example"))
    other = office.take(
        a_mail(sender="stranger@else.example", answers=["a@home.example"], text="Me too")
    )
    assert other.outcome is Outcome.OPENED
    assert office.view(other.reference)["linked_to"] == first.reference
    assert office.letters_of(other.reference)[0]["recipient"] == "stranger@else.example"


def test_a_made_up_token_joins_nothing(store, office):
    """Not even a link is proposed."""
    first = office.take(a_mail())
    token = an_office_over(store).signer.sign(
        reference=first.reference, purpose=Purpose.ACKNOWLEDGEMENT, entry_key="x"
    )
    forged = token[:-1] + ("a" if token[-1] != "a" else "b")
    other = office.take(a_mail(to=f"assurance+{forged}@{OFFICE}", text="Hello"))
    assert other.reference != first.reference
    assert office.view(other.reference)["linked_to"] is None


def test_a_reference_in_the_subject_is_a_proposal(office):
    """Words prove nothing."""
    first = office.take(a_mail())
    other = office.take(a_mail(subject=f"About {first.reference}"))
    assert other.outcome is Outcome.OPENED
    assert office.view(other.reference)["linked_to"] == first.reference


@pytest.mark.parametrize("ending", ["replied", "close"])
def test_a_reply_to_an_ended_enquiry_opens_a_linked_one(office, ending):
    """That is what a follow-up is; it gets its own answer."""
    first = office.take(a_mail(message_id="a@home.example"))
    getattr(office.casework, ending)(first.reference, by="A. Name")
    second = office.take(a_mail(answers=["a@home.example"], text="I do not agree."))
    assert second.outcome is Outcome.OPENED
    assert office.view(second.reference)["linked_to"] == first.reference
    assert office.letters_of(second.reference)[0]["state"] == "waiting"


def test_an_information_request_in_a_reply_is_an_enquiry_of_its_own(office):
    """Linked, with its own clock and acknowledgement."""
    office.classifier.by_word["Freedom of Information"] = FOI
    first = office.take(a_mail(message_id="a@home.example"))
    second = office.take(a_mail(answers=["a@home.example"], text="Freedom of Information please"))
    assert second.outcome is Outcome.OPENED
    view = office.view(second.reference)
    assert view["linked_to"] == first.reference
    assert {clock["kind"] for clock in view["deadlines"]} == {"foi", "ack"}
    assert office.letters_of(second.reference)


def test_a_threat_of_suicide_in_a_reply_raises_an_alert(office):
    """It joins; the duty officers are told at once, and the clock of the hour starts."""
    office.classifier.by_word["end it all"] = AT_RISK
    first = office.take(a_mail(message_id="a@home.example"))
    second = office.take(a_mail(answers=["a@home.example"], text="I will end it all"))
    assert second.reference == first.reference
    view = office.view(first.reference)
    assert "vulnerable" in {clock["kind"] for clock in view["deadlines"]}
    alerts = office.letters_of(first.reference, "alert")
    assert [one["recipient"] for one in alerts] == [f"duty@{OFFICE}", f"second@{OFFICE}"]
    assert (view["route"], view["team"]) == ("customer-care", "customer-care")
    assert [c["criterion"] for c in view["criteria"]] == ["vulnerable"]
    assert [r["register"] for r in view["registers"]] == ["central-assurance"]
    assert "enquiry_rerouted" in [line["event"] for line in view["audit"]]


def test_every_threat_raises_its_own_alert(office):
    """Also where an earlier one was confirmed."""
    office.classifier.by_word["end it all"] = AT_RISK
    first = office.take(a_mail(message_id="a@home.example", text="I will end it all"))
    office.casework.confirm(first.reference, by="A. Name")
    office.take(a_mail(answers=["a@home.example"], text="Now I end it all"))
    clocks = [d for d in office.view(first.reference)["deadlines"] if d["kind"] == "vulnerable"]
    assert [clock["ended_by"] for clock in clocks] == ["confirmed", None]
    assert len(office.letters_of(first.reference, "alert")) == 4


def test_a_joined_message_starts_no_clock_twice(office):
    """The first one runs on."""
    office.classifier.usual = a_classification(
        category=Category.OTHER, source=Source.MP, criteria=(Criterion.MP_NON_ROUTINE,)
    )
    first = office.take(a_mail(message_id="a@home.example"))
    office.clock.move(days=2)
    office.take(a_mail(answers=["a@home.example"], text="Any news?"))
    kinds = [clock["kind"] for clock in office.view(first.reference)["deadlines"]]
    assert sorted(kinds) == ["ack", "mp"]


def test_a_joined_message_that_lies_in_the_teams_mailbox_brings_no_notice(store):
    """The team has it before its eyes."""
    teams = {**a_policy().teams, "intake": a_team("intake", mailbox=CARE)}
    office = an_office_over(store, policy=a_policy(teams=teams))
    office.take(a_mail(message_id="a@home.example"))
    joined = office.take(a_mail(answers=["a@home.example"]))
    assert joined.outcome is Outcome.JOINED
    assert [kind for kind, *_ in kinds_queued(store)] == ["acknowledgement"]


def test_a_colleagues_forward_shows_the_inner_sender(store, office):
    """To whoever gets the notice; the answer waits for a person."""
    inner = "From: A. Resident <resident@home.example>\nSubject: Help\nDate: today\n\nHelp me."
    text = f"See below.\n\n---------- Forwarded message ---------\n{inner}\n"
    taken = office.take(
        a_mail(sender=f"officer@{OFFICE}", subject="Fwd: Help", text=text), AT_OMBUDSMAN
    )
    assert taken.outcome is Outcome.OPENED
    (letter,) = office.letters_of(taken.reference)
    assert (letter["recipient"], letter["state"]) == ("resident@home.example", "held")
    assert letter["hold"] == "own-domain-forward"
    notice = rows(store, schema.outbox, "content")[1].decode()
    assert "resident@home.example" in notice.partition("message/rfc822")[0]


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


# What is not ours to read


def test_private_mail_leaves_no_word_anywhere(store, office):
    """A receipt without content: no bytes, no sender, no subject, in no table."""
    mail = a_mail(
        sender="Zebedee <zebedee@private.example>",
        subject="Quixotic birthday",
        text="Unmistakable greetings",
        message_id="xylophone@private.example",
        headers=[("Sensitivity", "Private")],
    )
    taken = office.take(mail, AT_OMBUDSMAN)
    assert (taken.state, taken.is_settled) == ("private", False)
    assert rows(store, schema.receipt, "state", "raw_sha256") == [("private", None)]
    stored = everything(store).lower()
    for word in ("zebedee", "quixotic", "unmistakable", "xylophone", "private.example"):
        assert word not in stored
    assert count(store)["outbox"] == 0


def test_private_mail_stays_private_where_our_software_stumbles(store, office):
    """A bug of ours shows nobody a letter that is not theirs."""
    office.classifier.by_word["Unmistakable"] = ZeroDivisionError("Unmistakable")
    mail = a_mail(text="Unmistakable greetings", headers=[("Sensitivity", "Private")])
    assert office.take(mail, AT_OMBUDSMAN).state == "private"
    assert "Unmistakable" not in everything(store)


# Quarantine


def test_what_cannot_be_read_is_quarantined_and_a_person_told(store, office):
    """Kept whole, with its reason; the operators get it; it is settled."""
    taken = office.take(UNREADABLE)
    assert (taken.state, taken.outcome) == ("quarantined", Outcome.QUARANTINED)
    assert taken.is_settled
    ((state, reason, sha256),) = rows(store, schema.receipt, "state", "reason", "raw_sha256")
    assert state == "quarantined"
    assert reason.endswith(".")
    assert sha256 is not None
    assert kinds_queued(store) == [("operator", f"operator@{OFFICE}", "waiting")]


def test_a_bug_of_ours_quarantines_one_message_and_not_those_behind_it(store, office):
    """Its text stays out of the reason: it can hold a person's words."""
    office.classifier.by_word["stumble"] = ZeroDivisionError("words of a person")
    mails = [a_raw(a_mail(text=text)) for text in ("before", "stumble", "behind")]
    taken = office.intake.take_in(AT_CARE, a_batch(*mails, cursor="3"), lease=None)
    assert [one.state for one in taken] == ["stored", "quarantined", "stored"]
    assert "ZeroDivisionError" in taken[1].why
    assert "words of a person" not in everything(store)
    with store.read() as tx:
        assert tx.cursor("care") == "3"


def test_a_message_that_cannot_be_decided_is_quarantined(store, office, monkeypatch):
    """Whatever goes wrong inside the savepoint: nothing of it is half written."""
    monkeypatch.setattr(Transaction, "start_clock", _raising(ZeroDivisionError))
    taken = office.intake.take_in(AT_CARE, a_batch(a_raw(), cursor="1"), lease=None)
    assert [one.state for one in taken] == ["quarantined"]
    found = count(store)
    assert (found["message"], found["enquiry"], found["receipt"]) == (0, 0, 1)
    assert [kind for kind, *_ in kinds_queued(store)] == ["operator"]


def test_a_quarantined_message_seen_again_is_told_once(store, office):
    """A mailbox numbered anew does not send its operators everything a second time."""
    for external_id in ("1:1", "2:1"):
        assert office.take(a_raw(UNREADABLE, external_id=external_id)).state == "quarantined"
    assert count(store)["outbox"] == 1
    assert count(store)["receipt"] == 2


# Our own mail, and other doors


def test_our_own_mail_that_comes_back_does_nothing(store, office):
    """Recorded; no enquiry, no letter, however often the mailboxes are read."""
    office.take(a_mail())
    before = count(store)
    for content in rows(store, schema.outbox, "content"):
        taken = office.take(content, an_inbox("team", address=f"team.intake@{OFFICE}"))
        assert (taken.state, taken.outcome) == ("stored", Outcome.OWN)
        assert taken.decision.skip is Skip.OWN_MESSAGE
    after = count(store)
    assert (after["enquiry"], after["outbox"]) == (before["enquiry"], before["outbox"])


def test_an_enquirer_with_the_message_id_of_our_mail_is_heard(store, office):
    """Anybody can copy it; only together with our own address it is ours."""
    office.take(a_mail())
    ours = rows(store, schema.outbox, "rfc_message_id")[0]
    taken = office.take(a_mail(sender="other@else.example", message_id=ours, text="Hear me"))
    assert taken.outcome is Outcome.OPENED


def test_an_answer_to_a_notice_is_a_command(store, office):
    """From our own people, to the signed address of a notice: no enquiry; linked."""
    first = office.take(a_mail())
    token = office.signer.sign(reference=first.reference, purpose=Purpose.NOTICE, entry_key="n")
    mail = a_mail(sender=f"holder.intake@{OFFICE}", to=f"assurance+{token}@{OFFICE}", text="Done")
    taken = office.take(mail)
    assert taken.outcome is Outcome.INTERNAL
    assert taken.decision.linked_to.reference == first.reference
    assert count(store)["enquiry"] == 1


def test_an_outsider_who_writes_to_a_notices_address_is_heard(office):
    """The address stood in copy of the answer they got."""
    first = office.take(a_mail(message_id="a@home.example"))
    token = office.signer.sign(reference=first.reference, purpose=Purpose.NOTICE, entry_key="n")
    taken = office.take(a_mail(to=f"assurance+{token}@{OFFICE}", text="Thank you, but no."))
    assert taken.outcome is Outcome.JOINED


AT_BOUNCES = an_inbox("returns", role=InboxRole.BOUNCES, address=f"returns@{OFFICE}")
DELIVERY_REPORT = a_classification(
    category=Category.NOT_AN_ENQUIRY, automation=Skip.DELIVERY_REPORT
)
REPORT = """\
From: MAILER-DAEMON@relay.example
To: returns@ombudsman.example
Subject: Undelivered Mail Returned to Sender
Message-ID: <report@relay.example>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

Your message could not be delivered to one or more recipients.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; relay.example

Final-Recipient: rfc822; resident@home.example
Action: failed
Status: 5.1.1

--b
Content-Type: {kind}

Message-ID: <{rfc_id}>
From: office@ombudsman.example
Subject: We have your letter

Thank you.

--b--
"""


@pytest.mark.parametrize("kind", ["message/rfc822", "text/rfc822-headers"])
def test_a_delivery_report_marks_the_mail_it_speaks_of(store, office, kind):
    """By the signed Message-ID of what it returns; the office sees that it did not arrive."""
    office.take(a_mail())
    ours = rows(store, schema.outbox, "rfc_message_id")[0]
    office.classifier.by_word["could not be delivered"] = DELIVERY_REPORT
    report = REPORT.format(kind=kind, rfc_id=ours).encode()
    taken = office.take(report, AT_BOUNCES)
    assert taken.outcome is Outcome.INTERNAL
    marked = rows(store, schema.outbox, "not_delivered_at")
    assert marked == [NOW, None]
    assert "outbox_not-delivered" in events(store)


def test_a_report_of_a_delay_marks_nothing(store, office):
    """The mail may still arrive."""
    office.take(a_mail())
    ours = rows(store, schema.outbox, "rfc_message_id")[0]
    office.classifier.by_word["could not be delivered"] = DELIVERY_REPORT
    report = REPORT.format(kind="message/rfc822", rfc_id=ours)
    office.take(report.replace("Action: failed", "Action: delayed").encode(), AT_BOUNCES)
    assert rows(store, schema.outbox, "not_delivered_at") == [None, None]


def test_an_out_of_office_reply_to_the_bounce_address_marks_nothing(store, office):
    """It quotes our Message-ID, and our mail has arrived."""
    office.take(a_mail())
    ours = rows(store, schema.outbox, "rfc_message_id")[0]
    office.classifier.usual = a_classification(
        category=Category.NOT_AN_ENQUIRY, automation=Skip.AUTOMATED
    )
    office.take(a_mail(answers=[ours], text=f"I am away. <{ours}>"), AT_BOUNCES)
    assert rows(store, schema.outbox, "not_delivered_at") == [None, None]


def test_a_delivery_report_about_somebody_elses_mail_marks_nothing(store, office):
    """Its Message-ID is not signed by us."""
    office.take(a_mail())
    office.classifier.by_word["could not be delivered"] = DELIVERY_REPORT
    report = REPORT.format(kind="message/rfc822", rfc_id="x@else.example").encode()
    office.take(report, AT_BOUNCES)
    assert rows(store, schema.outbox, "not_delivered_at") == [None, None]


def test_a_reply_in_a_folder_of_sent_mail_is_seen(office):
    """Evidence only: the clocks run on until a person confirms."""
    first = office.take(a_mail(message_id="a@home.example"))
    office.clock.move(hours=1)
    reply = a_mail(
        sender=f"holder.intake@{OFFICE}", to="resident@home.example", answers=["a@home.example"]
    )
    taken = office.take(reply, an_inbox("sent", role=InboxRole.SENT))
    assert taken.outcome is Outcome.INTERNAL
    view = office.view(first.reference)
    assert view["reply_seen_at"] == office.clock().isoformat()
    assert view["status"] == "open"
    assert all(clock["ended_at"] is None for clock in view["deadlines"])
    assert "reply_seen" in [line["event"] for line in view["audit"]]


def test_mail_from_before_go_live_is_kept_and_nothing_sent(store, office):
    """The first look into a full mailbox."""
    live = an_inbox(go_live_at=NOW)
    assert office.take(a_mail(), live, at=NOW - timedelta(days=1)).outcome is Outcome.HISTORY
    assert office.take(a_mail(), live, at=NOW).outcome is Outcome.OPENED
    found = count(store)
    assert (found["message"], found["enquiry"]) == (2, 1)
    assert found["outbox"] == 2


def test_a_set_aside_message_is_kept_and_nothing_sent(store, office):
    """A person can find it."""
    office.classifier.usual = a_classification(
        category=Category.NOT_AN_ENQUIRY, automation=Skip.BULK
    )
    taken = office.take(a_mail())
    assert taken.outcome is Outcome.SET_ASIDE
    found = count(store)
    assert (found["message"], found["enquiry"], found["outbox"]) == (1, 0, 0)


def test_an_alert_in_a_set_aside_message_can_be_confirmed(store, office):
    """It has an enquiry that the alert climbs on, and no acknowledgement."""
    office.classifier.usual = a_classification(
        category=Category.NOT_AN_ENQUIRY,
        automation=Skip.AUTOMATED,
        criteria=(Criterion.VULNERABLE,),
    )
    taken = office.take(a_mail())
    assert taken.outcome is Outcome.SET_ASIDE
    assert [kind for kind, *_ in kinds_queued(store)] == ["alert", "alert"]
    office.casework.confirm(taken.reference, by="A. Name")


# Trouble


def _raising(error):
    def method(*_args, **_kwargs):
        raise error

    return method


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
    "find_same",
    "keep_raw",
    "add_receipt",
    "links",
    "acknowledged_since",
    "open_enquiry",
    "count_fingerprints",
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
