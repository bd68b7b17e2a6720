"""Evidence of a reply: seen, confirmed, taken back, or come back undelivered."""

from __future__ import annotations

from datetime import timedelta

import pytest

from daemon.casework import CaseworkError
from daemon.compose import NoticeKind
from daemon.intake.replies import ENDED_BY_SEEING
from daemon.model import Box, Category, ClockKind, Criterion, InboxRole, Skip, Source
from daemon.store import schema
from daemon.tokens import Purpose
from tests.builders import (
    CARE,
    NOW,
    OFFICE,
    a_classification,
    a_mail,
    a_policy,
    a_team,
    an_inbox,
    an_office_over,
    text_of,
)
from tests.integration.taking_in import AT_OMBUDSMAN, count, everything, rows
from tests.integration.test_intake_doors import AT_BOUNCES, DELIVERY_REPORT, REPORT

AT_SENT = an_inbox("sent", role=InboxRole.SENT)
AT_PERSONAL_SENT = an_inbox("ombudsman-sent", box=Box.OMBUDSMAN, role=InboxRole.SENT)
HOLDER = f"holder.customer-care@{OFFICE}"
ABOUT_US = a_classification(category=Category.COMPLAINT_ABOUT_US)


@pytest.fixture
def office(store):
    office = an_office_over(store)
    office.classifier.usual = ABOUT_US
    return office


def first(office, found=ABOUT_US, **changes):
    """An enquiry that somebody may reply to; its reference."""
    office.classifier.usual = found
    reference = office.take(a_mail(message_id="a@home.example"), **changes).reference
    office.classifier.usual = a_classification()
    return reference


def a_reply(**changes):
    values = {
        "sender": HOLDER,
        "to": "resident@home.example",
        "answers": ["a@home.example"],
        "message_id": f"reply@{OFFICE}",
    }
    return a_mail(**{**values, **changes})


def reply(office, inbox=AT_SENT, **changes):
    office.clock.move(hours=1)
    return office.take(a_reply(**changes), inbox)


def fail(
    office,
    inbox=AT_BOUNCES,
    rfc_id=f"reply@{OFFICE}",
    action="failed",
    mark="report",
    status="5.1.1",
):
    """A report on a mail arrives."""
    office.classifier.by_word["could not be delivered"] = DELIVERY_REPORT
    report = REPORT.format(kind="message/rfc822", rfc_id=rfc_id)
    report = report.replace("Status: 5.1.1", f"Status: {status}")
    report = report.replace("Action: failed", f"Action: {action}").replace("<report@", f"<{mark}@")
    return office.take(report.encode(), inbox)


def running(office, reference):
    clocks = office.view(reference)["deadlines"]
    return {c["kind"] for c in clocks if c["ended_at"] is None} - {"ack", "update"}


def notices(office, reference, kind):
    """The notices of a kind: to whom, and the text."""
    row = schema.outbox.c
    with office.store.read() as tx:
        found = tx.connection.execute(
            schema.outbox.select().where(row.key.startswith(f"{reference}:{kind}:"))
        ).all()
    return [(one.recipient, text_of(one.content)) for one in found]


def events(office, reference):
    return [line["event"] for line in office.view(reference)["audit"]]


# Seen


@pytest.mark.parametrize("kind", list(ClockKind), ids=lambda kind: f"the-clock-{kind}")
def test_seeing_ends_the_offices_own_clocks_and_no_other(office, kind):
    """For foi, eir, their reviews, dpa, mp and ico only a person's confirmation ends it."""
    if kind in {ClockKind.ACK, ClockKind.UPDATE, ClockKind.VULNERABLE}:
        assert kind not in ENDED_BY_SEEING
        return
    found = {
        ClockKind.MP: a_classification(
            category=Category.OTHER, source=Source.MP, criteria=(Criterion.MP_NON_ROUTINE,)
        ),
        ClockKind.SERVICE: ABOUT_US,
        ClockKind.OTHER: a_classification(category=Category.OTHER),
        ClockKind.ICO: a_classification(category=Category.ICO_DECISION),
        ClockKind.DPA_COMPLAINT: a_classification(
            category=Category.OTHER, matters=(ClockKind.DPA_COMPLAINT,)
        ),
    }.get(kind, a_classification(category=Category.FOI_DPA, matters=(kind,)))
    reference = first(office, found)
    assert kind in running(office, reference)
    reply(office)
    by_person = {"mp", "foi", "foi-review", "eir", "eir-review", "dpa", "ico"}
    assert running(office, reference) == ({kind.value} & by_person)
    assert office.view(reference)["status"] == "open"


def test_the_holder_is_asked_to_confirm_once_a_message(office):
    """With both commands; the same mail seen in another folder asks nothing more."""
    reference = first(office)
    reply(office)
    office.take(a_reply(), an_inbox("other-sent", role=InboxRole.SENT))
    ((to, text),) = notices(office, reference, NoticeKind.REPLY_SEEN)
    assert to == HOLDER
    assert f"assurance replied {reference} --by NAME" in text
    assert f"assurance not-replied {reference} --by NAME" in text
    office.take(a_reply(message_id=f"second@{OFFICE}"), AT_SENT)
    assert len(notices(office, reference, NoticeKind.REPLY_SEEN)) == 2
    assert events(office, reference).count("reply_seen") == 2


def test_who_was_given_it_in_person_is_asked(office):
    """Not the team's holder."""
    reference = first(office)
    person = f"caseworker@{OFFICE}"
    office.casework.assign(reference, to="customer-care", person=person, by="A. Name")
    reply(office)
    ((to, _),) = notices(office, reference, NoticeKind.REPLY_SEEN)
    assert to == person


def test_nobody_is_reminded_once_a_reply_was_seen_and_escalations_still_go(office):
    """Of a clock that only a person ends (process, "A reply ends the clock")."""
    found = a_classification(category=Category.FOI_DPA, matters=(ClockKind.FOI,))
    reference = first(office, found)
    reply(office)
    for day in range(40):
        office.clock.now = NOW + timedelta(days=day + 1)
        office.sweeper.sweep()
    audit = office.view(reference)["audit"]
    decided = [line["event"] for line in audit if line["detail"].get("kind") == "foi"]
    assert "reminder_queued" not in decided
    assert decided.count("reminder_silenced") == 3
    assert decided.count("escalation_queued") == 2


def test_a_confirmed_reply_ends_everything(office):
    """`replied` on what was seen."""
    reference = first(office, a_classification(category=Category.FOI_DPA, matters=(ClockKind.FOI,)))
    reply(office)
    office.casework.replied(reference, by="A. Name")
    assert running(office, reference) == set()
    assert office.view(reference)["status"] == "replied"


def test_what_was_no_reply_is_taken_back(office):
    """Clocks run with their old dates, and reminders go on."""
    reference = first(office)
    before = [(c["kind"], c["due_on"]) for c in office.view(reference)["deadlines"]]
    reply(office)
    said = office.casework.not_replied(reference, by="A. Name")
    assert "run" in said
    view = office.view(reference)
    assert view["reply_seen_at"] is None
    assert running(office, reference) == {"service"}
    assert [(c["kind"], c["due_on"]) for c in view["deadlines"]] == before
    assert view["acts"][-1]["what"] == "not-replied"
    assert view["audit"][-1]["actor"] != "software"
    office.clock.now = NOW + timedelta(days=30)
    office.sweeper.sweep()
    assert office.digests() or office.letters_of(reference, "reminder")


def test_what_was_never_seen_cannot_be_taken_back(office):
    """In a sentence."""
    with pytest.raises(CaseworkError, match="No reply was seen"):
        office.casework.not_replied(first(office), by="A. Name")


def test_a_clock_that_stands_still_is_not_ended(office, store):
    """What was seen was the question that it stands still for."""
    reference = first(office)
    with store.write() as tx:
        (clock,) = (
            c for c in tx.open_clocks(tx.enquiry(reference).id) if c.kind == ClockKind.SERVICE
        )
        tx.stop_clock(clock.id, on=NOW.date())
    reply(office)
    assert running(office, reference) == {"service"}


def test_a_reply_to_another_address_of_the_same_mps_office_is_one(office):
    """Whoever is in it is a party."""
    office.classifier.usual = a_classification(category=Category.OTHER, source=Source.MP)
    mail = a_mail(sender="member@commons.example", message_id="mp@commons.example")
    reference = office.take(mail).reference
    reply(office, to="caseworker@north-office.example", answers=["mp@commons.example"])
    assert office.view(reference)["reply_seen_at"] is not None


def test_a_forged_sender_in_copy_to_our_signed_address_silences_nobody(office):
    """Our own server could not confirm it: anybody may write our address into From."""
    reference = first(office)
    token = office.signer.sign(reference=reference, purpose=Purpose.NOTICE, entry_key="n")
    headers = [
        ("Cc", f"assurance+{token}@{OFFICE}"),
        ("Authentication-Results", f"mx.{OFFICE}; dmarc=fail header.from={OFFICE}"),
    ]
    at_signed = an_inbox("signed", role=InboxRole.COMMANDS, address=f"assurance@{OFFICE}")
    reply(office, inbox=at_signed, headers=headers)
    assert office.view(reference)["reply_seen_at"] is None


def test_of_an_enquiry_about_the_holder_somebody_above_is_asked(office):
    """A subject hears nothing (process, "About us ourselves")."""
    reference = first(office)
    with office.store.write() as tx:
        tx.set_subject(tx.enquiry(reference).id, HOLDER, state="set", now=NOW)
    reply(office)
    ((to, _),) = notices(office, reference, NoticeKind.REPLY_SEEN)
    assert to not in {HOLDER, f"team.customer-care@{OFFICE}"}


def test_a_holder_outside_the_office_keeps_no_reply_from_being_seen(store):
    """The notice cannot be written; the evidence stands."""
    teams = {**a_policy().teams, "customer-care": a_team("customer-care", holder="x@else.example")}
    office = an_office_over(store, policy=a_policy(teams=teams))
    reference = first(office)
    reply(office)
    assert office.view(reference)["reply_seen_at"] is not None
    assert "notice_not-written" in events(office, reference)


# Seen before its enquiry


@pytest.mark.parametrize("inbox", [AT_SENT, AT_PERSONAL_SENT], ids=["a-teams", "a-personal"])
def test_a_reply_polled_before_its_enquiry_is_linked_later(office, inbox):
    """Whichever folder is read first."""
    office.clock.move(hours=2)
    office.take(a_reply(), inbox)
    office.classifier.usual = ABOUT_US
    reference = office.take(a_mail(message_id="a@home.example"), at=NOW).reference
    view = office.view(reference)
    assert view["reply_seen_at"] is not None
    assert running(office, reference) == set()
    assert len(notices(office, reference, NoticeKind.REPLY_SEEN)) == 1


def test_of_unasked_mail_in_a_personal_account_no_word_is_kept(store, office):
    """Hashes with our key alone."""
    mail = a_reply(
        sender=f"ombudsman@{OFFICE}",
        to="zebedee@private.example",
        answers=["xylophone@private.example"],
        text="Unmistakable",
    )
    assert office.take(mail, AT_PERSONAL_SENT).state == "private"
    stored = everything(store).lower()
    for word in ("zebedee", "xylophone", "unmistakable", "reply@"):
        assert word not in stored
    assert len(rows(store, schema.sent_mail, "id")) == 1


def test_an_earlier_mail_to_somebody_else_is_not_linked(office):
    """Nor one that was sent before the enquiry came."""
    office.take(a_reply(to="other@else.example"), AT_SENT)
    office.take(a_reply(message_id=f"early@{OFFICE}"), AT_SENT, at=NOW - timedelta(days=1))
    reference = first(office)
    assert office.view(reference)["reply_seen_at"] is None


def test_a_reply_to_a_further_message_polled_before_it_is_linked(office):
    """The further message joins; its Message-ID was what the reply answered."""
    reference = first(office)
    office.clock.move(hours=2)
    office.take(a_reply(answers=["b@home.example"]), AT_SENT)
    assert office.view(reference)["reply_seen_at"] is None
    further = a_mail(message_id="b@home.example", answers=["a@home.example"], text="More")
    office.take(further, at=NOW + timedelta(hours=1))
    assert office.view(reference)["reply_seen_at"] is not None


# Come back


AT_CARE = an_inbox(address=CARE)


@pytest.mark.parametrize(
    "inbox", [AT_BOUNCES, AT_CARE, AT_OMBUDSMAN], ids=["bounces", "a-public-box", "a-personal-box"]
)
def test_a_reply_that_came_back_has_the_clocks_run_again(office, inbox):
    """In whichever inbox the report lies; the holder and Customer Care are told."""
    reference = first(office)
    due = {c["kind"]: c["due_on"] for c in office.view(reference)["deadlines"]}
    reply(office)
    assert running(office, reference) == set()
    fail(office, inbox)
    view = office.view(reference)
    assert view["reply_failed_at"] is not None
    assert running(office, reference) == {"service"}
    assert {c["kind"]: c["due_on"] for c in view["deadlines"]} == due
    told = notices(office, reference, NoticeKind.REPLY_FAILED)
    assert {to for to, _ in told} == {HOLDER, f"team.customer-care@{OFFICE}"}
    assert "did not reach" in told[0][1]
    assert "reply_failed" in events(office, reference)
    office.clock.now = NOW + timedelta(days=20)
    office.sweeper.sweep()
    assert office.digests() or office.letters_of(reference, "reminder")


def test_a_reply_that_a_server_gave_up_after_days_has_failed_too(office):
    """4.4.7: only mail of our own is sent again; of a colleague's that is the last word."""
    reference = first(office)
    reply(office)
    fail(office, status="4.4.7")
    assert office.view(reference)["reply_failed_at"] is not None
    assert running(office, reference) == {"service"}


def test_what_was_decided_stays_decided_when_clocks_run_again(office):
    """A reminder that went is not sent a second time."""
    reference = first(office)
    office.clock.now = NOW + timedelta(days=15)
    office.sweeper.sweep()
    decided = {
        (s["action"], s["at"])
        for c in office.view(reference)["deadlines"]
        for s in c["steps"]
        if s["decided_at"] is not None and c["kind"] == "service"
    }
    assert decided
    reply(office)
    fail(office)
    after = {
        (s["action"], s["at"])
        for c in office.view(reference)["deadlines"]
        for s in c["steps"]
        if s["decided_at"] is not None and c["kind"] == "service"
    }
    assert after == decided


def test_a_second_report_says_nothing_new(office):
    """Once."""
    reference = first(office)
    reply(office)
    fail(office)
    fail(office, mark="second")
    assert len(notices(office, reference, NoticeKind.REPLY_FAILED)) == 2  # holder, Customer Care


def test_a_delay_does_nothing(office):
    """The reply may still arrive."""
    reference = first(office)
    reply(office)
    fail(office, action="delayed")
    assert office.view(reference)["reply_failed_at"] is None


def test_a_report_on_other_mail_does_nothing(office):
    """It carries the Message-ID of no seen reply."""
    reference = first(office)
    reply(office)
    fail(office, rfc_id=f"other@{OFFICE}")
    assert office.view(reference)["reply_failed_at"] is None


def test_only_a_delivery_report_counts(office):
    """A person, or an answering machine, who quotes the Message-ID reports nothing."""
    reference = first(office)
    reply(office)
    office.classifier.usual = a_classification(
        category=Category.NOT_AN_ENQUIRY, automation=Skip.AUTOMATED
    )
    office.take(a_mail(text=f"Message-ID: <reply@{OFFICE}>\nAction: failed"), AT_BOUNCES)
    assert office.view(reference)["reply_failed_at"] is None


def test_a_report_may_be_faster_than_the_sent_mail(office):
    """Reports come at once, sent folders are polled: nobody is asked to confirm."""
    reference = first(office)
    fail(office)
    reply(office)
    view = office.view(reference)
    assert view["reply_failed_at"] is not None
    assert running(office, reference) == {"service"}
    assert notices(office, reference, NoticeKind.REPLY_SEEN) == []
    assert len(notices(office, reference, NoticeKind.REPLY_FAILED)) == 2


def test_another_reply_after_a_failure_counts(office):
    """To another address of theirs, say."""
    reference = first(office)
    reply(office)
    fail(office)
    reply(office, message_id=f"second@{OFFICE}")
    view = office.view(reference)
    assert (view["reply_failed_at"], running(office, reference)) == (None, set())


def test_where_another_reply_stands_the_clocks_stay_ended(office):
    """The failure is told all the same."""
    reference = first(office)
    reply(office)
    reply(office, message_id=f"second@{OFFICE}")
    fail(office)
    view = office.view(reference)
    assert (view["reply_failed_at"], running(office, reference)) == (None, set())
    assert notices(office, reference, NoticeKind.REPLY_FAILED)


def test_a_confirmed_reply_that_comes_back_is_told_and_stays_replied(office):
    """A person opens it again, or replies another way."""
    reference = first(office)
    reply(office)
    office.casework.replied(reference, by="A. Name")
    fail(office)
    view = office.view(reference)
    assert view["status"] == "replied"
    assert view["reply_failed_at"] is not None
    assert running(office, reference) == set()
    text = notices(office, reference, NoticeKind.REPLY_FAILED)[0][1]
    assert f"assurance reopen {reference} --by NAME" in text


def test_a_reply_that_failed_can_be_made_good_by_a_persons_word(office):
    """By post, say."""
    reference = first(office)
    reply(office)
    fail(office)
    office.casework.replied(reference, by="A. Name", note="by post")
    assert running(office, reference) == set()


def test_reports_on_our_own_letters_are_not_kept_as_replies(store, office):
    """Their Message-ID is signed."""
    first(office)
    fail(office, rfc_id=rows(store, schema.outbox, "rfc_message_id")[0])
    assert count(store)["sent_mail"] == 1  # the report's own id alone
