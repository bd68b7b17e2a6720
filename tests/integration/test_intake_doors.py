"""Taking in: what is private, unreadable, our own, or came by another door."""

from __future__ import annotations

from datetime import timedelta

import pytest

from daemon.model import Box, Category, Criterion, InboxRole, Outcome, Skip
from daemon.store import Transaction, schema
from daemon.tokens import Purpose
from tests.builders import (
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
from tests.fakes import FakeOutlet
from tests.integration.taking_in import (
    AT_CARE,
    AT_OMBUDSMAN,
    AT_RISK,
    count,
    events,
    everything,
    kinds_queued,
    rows,
)

UNREADABLE = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4  # some file, no mail


@pytest.fixture
def office(store):
    return an_office_over(store)


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

    def stumble(*_args, **_kwargs):
        raise ZeroDivisionError

    monkeypatch.setattr(Transaction, "start_clock", stumble)
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
    office.sender.send_due(FakeOutlet())
    ours = rows(store, schema.outbox, "rfc_message_id")[0]
    office.classifier.by_word["could not be delivered"] = DELIVERY_REPORT
    report = REPORT.format(kind=kind, rfc_id=ours).encode()
    taken = office.take(report, AT_BOUNCES)
    assert taken.outcome is Outcome.INTERNAL
    states = rows(store, schema.outbox, "kind", "recipient", "not_delivered_at")
    assert states[0] == ("acknowledgement", "resident@home.example", NOW)
    assert "outbox_not-delivered" in events(store)
    # A letter is ready for the post room, and Customer Care, who add its address, hear of it; of
    # the same mail once.
    told = [
        ("acknowledgement", "", "post"),
        ("operator", f"team.customer-care@{OFFICE}", "waiting"),
    ]
    assert kinds_queued(store)[2:] == told
    again = report.replace(b"<report@", b"<second@")
    assert office.take(again, AT_BOUNCES).outcome is Outcome.INTERNAL
    assert len(kinds_queued(store)) == 4


def returned(office, store, status, rfc_id=None):
    """An acknowledgement was sent, and a report with this status came back."""
    reference = office.take(a_mail()).reference
    office.sender.send_due(FakeOutlet())
    rfc_id = rfc_id or rows(store, schema.outbox, "rfc_message_id")[0]
    office.classifier.by_word["could not be delivered"] = DELIVERY_REPORT
    report = REPORT.format(kind="message/rfc822", rfc_id=rfc_id).replace("5.1.1", status)
    office.take(report.encode(), AT_BOUNCES)
    return reference


def test_the_clock_of_a_letter_runs_when_the_mail_came_back(store, office):
    """Five working days from receipt (process, `ack`), and it ends when the letter has gone."""
    reference = returned(office, store, "5.1.1")
    open_ones = {c["kind"]: c for c in office.view(reference)["deadlines"] if not c["ended_by"]}
    assert open_ones["ack"]["due_on"] == "2026-11-30"
    office.casework.posted(reference, by="P. Room")
    open_ones = {c["kind"] for c in office.view(reference)["deadlines"] if not c["ended_by"]}
    assert "ack" not in open_ones


@pytest.mark.parametrize(("status", "held"), [("5.1.1", "address-blocked"), ("5.7.1", None)])
def test_an_address_that_nobody_is_behind_is_left_alone_for_some_days(store, office, status, held):
    """A refusal by policy says nothing of the address. A block ends by itself."""
    returned(office, store, status)
    again = office.take(a_mail(message_id="second@home.example", text="Something else"))
    assert again.decision.held == held
    office.clock.move(hours=31 * 24)
    later = office.take(a_mail(message_id="third@home.example", text="Another thing"))
    assert later.decision.held is None


def test_what_failed_for_now_is_sent_again_a_few_times_and_then_goes_by_post(store, office):
    """The same mail with the same Message-ID; nobody is troubled before."""
    reference = returned(office, store, "4.4.7")
    ours = rows(store, schema.outbox, "rfc_message_id")[0]
    before, outlet = len(kinds_queued(store)), FakeOutlet()
    for number, hours in enumerate((4, 12, 24)):
        office.sender.send_due(outlet)
        assert len(outlet.sent) == number
        office.clock.move(hours=hours)
        office.sender.send_due(outlet)
        assert len(outlet.sent) == number + 1
        assert len(kinds_queued(store)) == before
        report = REPORT.format(kind="message/rfc822", rfc_id=ours).replace("5.1.1", "4.4.7")
        office.take(report.replace("<report@", f"<report{number}@").encode(), AT_BOUNCES)
    assert len({mail.content for mail in outlet.sent}) == 1
    assert [kind for kind, *_ in kinds_queued(store)[before:]] == ["acknowledgement", "operator"]
    assert "ack" in {c["kind"] for c in office.view(reference)["deadlines"] if not c["ended_by"]}


def test_a_report_that_returns_nothing_is_tied_by_the_address_it_came_to(store):
    """Where the mailbox takes plus-addresses, each mail has an envelope sender of its own."""
    office = an_office_over(store, bounces_are_signed=True)
    reference = office.take(a_mail()).reference
    outlet = FakeOutlet()
    office.sender.send_due(outlet)
    sender = next(e.sender for e in outlet.sent if e.recipient == "resident@home.example")
    assert sender.startswith("returns+")
    assert len(sender.partition("@")[0]) <= 64
    office.classifier.by_word["could not be delivered"] = DELIVERY_REPORT
    report = REPORT.format(kind="text/plain", rfc_id="x@else.example")
    office.take(
        report.replace("To: returns@ombudsman.example", f"To: {sender}").encode(), AT_BOUNCES
    )
    (letter,) = [one for one in office.letters_of(reference) if one["recipient"]]
    assert letter["not_delivered_at"] is not None


def test_an_alert_that_came_back_is_told_to_everybody_else_who_can_act(store, office):
    """The other duty officer and the operators, at once."""
    office.classifier.usual = AT_RISK
    office.take(a_mail())
    office.sender.send_due(FakeOutlet())
    ids = dict(rows(store, schema.outbox, "recipient", "rfc_message_id"))
    office.classifier.by_word["could not be delivered"] = DELIVERY_REPORT
    report = REPORT.format(kind="message/rfc822", rfc_id=ids[f"duty@{OFFICE}"]).encode()
    before = len(kinds_queued(store))
    office.take(report, AT_BOUNCES)
    told = [(kind, to) for kind, to, _ in kinds_queued(store)[before:]]
    assert told == [("operator", f"second@{OFFICE}"), ("operator", f"operator@{OFFICE}")]


def test_a_report_of_a_delay_marks_nothing(store, office):
    """The mail may still arrive."""
    office.take(a_mail())
    office.sender.send_due(FakeOutlet())
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
    """Evidence: the enquiry stays open until a person confirms (docs/replies.md)."""
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
    assert {c["kind"] for c in view["deadlines"] if c["ended_by"] == "seen"} == {"other"}
    assert "reply_seen" in [line["event"] for line in view["audit"]]


AT_SENT = an_inbox("sent", role=InboxRole.SENT)
TO_PARTY = {
    "sender": f"holder.intake@{OFFICE}",
    "to": "resident@home.example",
    "answers": ["a@home.example"],
}


@pytest.mark.parametrize(
    ("changes", "hours", "found"),
    [
        ({"sender": "other@else.example"}, 1, {}),
        ({"to": "other@else.example"}, 1, {}),
        ({}, -1, {}),
        ({}, 1, {"category": Category.NOT_AN_ENQUIRY, "automation": Skip.AUTO_REPLY}),
    ],
    ids=["not-ours", "to-nobody-of-it", "before-the-enquiry", "a-machine"],
)
def test_other_mail_in_the_thread_is_no_reply_of_ours(office, changes, hours, found):
    """A reply is ours, to a party, later than the enquiry, and a person's."""
    first = office.take(a_mail(message_id="a@home.example"))
    office.classifier.usual = a_classification(**found)
    office.clock.move(hours=2)
    mail = a_mail(**{**TO_PARTY, **changes})
    office.take(mail, AT_SENT, at=NOW + timedelta(hours=hours))
    assert office.view(first.reference)["reply_seen_at"] is None


def test_a_reply_with_a_copy_to_our_signed_address_is_seen(office):
    """It comes by the door for commands, in copy."""
    first = office.take(a_mail(message_id="a@home.example"))
    token = office.signer.sign(reference=first.reference, purpose=Purpose.NOTICE, entry_key="n")
    copy = [("Cc", f"assurance+{token}@{OFFICE}")]
    mail = a_mail(**{**TO_PARTY, "answers": []}, headers=copy)
    office.take(mail, an_inbox("signed", role=InboxRole.COMMANDS))
    assert office.view(first.reference)["reply_seen_at"] is not None


AT_PERSONAL_SENT = an_inbox("ombudsman-sent", box=Box.OMBUDSMAN, role=InboxRole.SENT)


def test_sent_mail_of_a_personal_account_that_answers_no_enquiry_is_private(store, office):
    """A receipt without content."""
    mail = a_mail(sender=f"ombudsman@{OFFICE}", text="Unmistakable greetings")
    taken = office.take(mail, AT_PERSONAL_SENT)
    assert (taken.state, taken.is_settled) == ("private", False)
    assert "unmistakable" not in everything(store).lower()
    assert count(store)["message"] == 0


def test_sent_mail_of_a_personal_account_that_answers_an_enquiry_is_seen(office):
    """That is what the folder is read for."""
    first = office.take(a_mail(message_id="a@home.example"), AT_OMBUDSMAN)
    mail = a_mail(**{**TO_PARTY, "sender": f"ombudsman@{OFFICE}"})
    assert office.take(mail, AT_PERSONAL_SENT).state == "stored"
    assert office.view(first.reference)["reply_seen_at"] is not None


@pytest.mark.parametrize("content", [UNREADABLE, a_mail(text="Unmistakable greetings")])
def test_sent_mail_of_a_personal_account_stays_private_where_we_stumble(store, office, content):
    """Nobody is sent the Ombudsman's own letters because our software cannot read them."""
    office.classifier.by_word["Unmistakable"] = ZeroDivisionError("Unmistakable")
    assert office.take(content, AT_PERSONAL_SENT).state == "private"
    assert count(store)["outbox"] == count(store)["raw"] == 0


def test_a_notice_that_cannot_be_written_takes_nothing_with_it(store):
    """The team's mailbox is outside the office: the enquiry and its answer stand."""
    teams = {**a_policy().teams, "intake": a_team("intake", mailbox="intake@else.example")}
    office = an_office_over(store, policy=a_policy(teams=teams))
    taken = office.take(a_mail())
    assert (taken.state, taken.outcome) == ("stored", Outcome.OPENED)
    assert "notice" in taken.why
    assert kinds_queued(store) == [("acknowledgement", "resident@home.example", "waiting")]
    assert "notice_not-written" in events(store)


def test_an_alert_that_cannot_be_written_takes_no_notice_with_it(store):
    """Customer Care hear of somebody at risk all the same; the clock runs."""
    office = an_office_over(store, policy=a_policy(duty=("duty@else.example",)))
    office.classifier.usual = AT_RISK
    taken = office.take(a_mail())
    assert "alerts" in taken.why
    assert [kind for kind, *_ in kinds_queued(store)] == ["acknowledgement", "notice"]
    assert "vulnerable" in rows(store, schema.deadline, "kind")
    assert "alerts_not-written" in events(store)


def test_the_hour_of_an_alert_begins_when_it_is_heard(store, office):
    """After an outage too; the alert itself says until when, and other clocks count as ever."""
    office.classifier.usual = AT_RISK
    office.take(a_mail(), at=NOW - timedelta(hours=5))
    due = dict(rows(store, schema.deadline, "kind", "due_at"))
    assert due["vulnerable"] == NOW + timedelta(hours=1)
    alert = next(
        content
        for kind, content in rows(store, schema.outbox, "kind", "content")
        if kind == "alert"
    ).decode()
    assert "11:00" in alert
    assert "06:00" not in alert


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
