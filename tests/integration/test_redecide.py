"""Re-decision: new rules on open enquiries, and the letter that tells an earlier date."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace

import pytest

from daemon.backtest import Redecision
from daemon.casework import Correction
from daemon.decide import decide
from daemon.intake.revision import Revision
from daemon.model import (
    Box,
    Category,
    ClockKind,
    ClockPolicy,
    Context,
    Criterion,
    EnquiryStatus,
    InboxRole,
)
from daemon.store import schema
from tests.builders import (
    CARE,
    INTAKE,
    NOW,
    OFFICE,
    a_classification,
    a_mail,
    a_policy,
    an_inbox,
    an_office_over,
    printed_words,
    text_of,
    working_days,
)
from tests.fakes import FakeClassifier
from tests.integration.taking_in import AT_RISK, count, rows

SORT = a_classification(category=Category.OTHER, to_be_sorted=True, confidence=0.3)
DPA = a_classification(category=Category.FOI_DPA, matters=(ClockKind.DPA,))
ABOUT_US = a_classification(category=Category.COMPLAINT_ABOUT_US)


@pytest.fixture
def office(store):
    return an_office_over(store)


# New rules


def judge(office, found):
    """A judge that takes every message for the same."""
    classifier = FakeClassifier(found)
    classifier.version = "draft"

    def follows(message, answer):
        context = Context(received_at=office.clock())
        return decide(message, answer, office.policy, context, days=working_days())

    def decided(message):
        answer = classifier.classify(message)
        return answer, follows(message, answer)

    return SimpleNamespace(classifier=classifier, decided=decided, follows=follows)


def redecision(office, found):
    return Redecision(
        store=office.store,
        now=judge(office, office.classifier.usual),
        draft=judge(office, found),
        revision=Revision(filing=office.intake.filing),
        signer=office.signer,
        clock=office.clock,
    )


def apply(office, found, by="A. Admin"):
    """Apply a draft that takes everything for this; how many messages followed."""
    work = redecision(office, found)
    return work.apply(list(work.changes()), by=by)


def running(office, reference):
    clocks = office.view(reference)["deadlines"]
    return {c["kind"] for c in clocks if c["ended_at"] is None} - {"ack", "update"}


def test_open_enquiries_follow_new_rules(office):
    """Category, route, registers and clocks, on the original receipt, with old, new and why."""
    inbox = an_inbox("intake", box=Box.INTAKE, address=INTAKE)
    reference = office.take(a_mail(), inbox).reference
    office.clock.move(days=3)
    assert apply(office, ABOUT_US) == 1
    view = office.view(reference)
    assert (view["category"], view["route"]) == ("complaint-about-us", "customer-care")
    assert [one["register"] for one in view["registers"]] == ["central-assurance"]
    assert running(office, reference) == {"service"}
    (service,) = (c for c in view["deadlines"] if c["kind"] == "service")
    assert service["due_on"] == "2026-12-21"
    audit = rows(office.store, schema.audit, "event", "actor", "detail")
    ((actor, detail),) = ((a, d) for e, a, d in audit if e == "classification_redecided")
    assert detail["why"] == "backtest"
    assert detail["category"] == {"old": "new-complaint", "new": "complaint-about-us"}
    assert actor == office.signer.keyed_hash("A. Admin")


def test_looking_changes_nothing(office):
    """The list comes before the question."""
    office.take(a_mail())
    before = count(office.store)
    (change,) = redecision(office, ABOUT_US).changes()
    assert change.changes["category"] == ("new-complaint", "complaint-about-us")
    assert count(office.store) == before


def test_nothing_is_sent_again(office):
    """One acknowledgement, one notice."""
    reference = office.take(a_mail()).reference
    before = [(one["kind"], one["recipient"]) for one in office.view(reference)["outbox"]]
    apply(office, ABOUT_US)
    apply(office, ABOUT_US)
    after = [(one["kind"], one["recipient"]) for one in office.view(reference)["outbox"]]
    assert after == before


def test_a_second_time_nothing_is_left_to_change(office):
    """What is kept is what the draft says."""
    office.take(a_mail())
    assert (apply(office, ABOUT_US), apply(office, ABOUT_US)) == (1, 0)


@pytest.mark.parametrize("end", ["replied", "close"])
def test_an_enquiry_that_has_ended_is_never_touched(office, end):
    """Replied to or closed."""
    reference = office.take(a_mail()).reference
    getattr(office.casework, end)(reference, by="A. Name")
    before = office.view(reference)
    assert apply(office, ABOUT_US) == 0
    assert office.view(reference) == before


def test_a_persons_word_stands(office):
    """Whatever the rules say now."""
    reference = office.take(a_mail()).reference
    office.casework.correct(
        reference,
        Correction(category=Category.FOI_DPA),
        by="A. Officer",
        revision=Revision(filing=office.intake.filing),
    )
    before = office.view(reference)
    assert apply(office, ABOUT_US) == 0
    assert office.view(reference) == before


def test_what_a_person_does_between_looking_and_applying_stands(office):
    """Each is looked at again in its own transaction."""
    closed, corrected, left = (office.take(a_mail(text=word)).reference for word in "abc")
    work = redecision(office, ABOUT_US)
    changes = list(work.changes())
    office.casework.close(closed, by="A. Name")
    office.casework.correct(
        corrected,
        Correction(category=Category.FOI_DPA),
        by="A. Officer",
        revision=Revision(filing=office.intake.filing),
    )
    assert work.apply(changes, by="A. Admin") == 1
    categories = [office.view(one)["category"] for one in (closed, corrected, left)]
    assert categories == ["new-complaint", "foi-dpa", "complaint-about-us"]
    with office.store.read() as tx:
        assert tx.enquiry(closed).status is EnquiryStatus.CLOSED


def test_somebody_newly_seen_at_risk_raises_the_alert_once(office):
    """However long ago they wrote."""
    reference = office.take(a_mail()).reference
    office.clock.move(days=2)
    apply(office, AT_RISK)
    apply(office, a_classification(category=Category.OTHER))
    apply(office, AT_RISK)
    assert len(office.letters_of(reference, "alert")) == len(office.policy.duty)
    assert "vulnerable" in running(office, reference)


def test_a_clock_that_a_person_stopped_stays_stopped(office, store):
    """It waits for an answer."""
    office.classifier.usual = DPA
    reference = office.take(a_mail()).reference
    with store.write() as tx:
        (clock,) = (c for c in tx.open_clocks(tx.enquiry(reference).id) if c.kind == ClockKind.DPA)
        tx.stop_clock(clock.id, on=NOW.date())
    apply(office, ABOUT_US)
    apply(office, DPA)
    with store.read() as tx:
        clocks = tx.open_clocks(tx.enquiry(reference).id)
    (stopped,) = (c for c in clocks if c.kind == ClockKind.DPA)
    assert (stopped.id, stopped.stopped_on) == (clock.id, NOW.date())


def test_a_criterion_that_was_agreed_stays(office, store):
    """The meeting agreed; rules propose."""
    office.classifier.usual = a_classification(criteria=(Criterion.SYSTEMIC_ISSUE,))
    reference = office.take(a_mail()).reference
    with store.write() as tx:
        tx.settle_criteria(tx.enquiry(reference).id, accepted=True)
    apply(office, ABOUT_US)
    assert [c["criterion"] for c in office.view(reference)["criteria"]] == ["systemic-issue"]


def test_what_a_person_assigned_stays_with_whom_they_gave_it_to(office):
    """The route of the rules does not take it away."""
    reference = office.take(a_mail()).reference
    office.casework.assign(reference, to="legal", by="A. Name")
    apply(office, ABOUT_US)
    assert office.view(reference)["team"] == "legal"


def test_a_clock_that_a_seen_reply_ended_is_not_started_again(office):
    """Nothing that has ended comes back by a change of rules."""
    office.classifier.usual = a_classification(category=Category.OTHER)
    reference = office.take(a_mail(message_id="a@home.example")).reference
    office.clock.move(hours=1)
    reply = a_mail(sender=CARE, to="resident@home.example", answers=["a@home.example"])
    office.take(reply, an_inbox("sent", role=InboxRole.SENT))
    apply(office, a_classification(category=Category.OTHER, criteria=(Criterion.HIGH_PROFILE,)))
    assert running(office, reference) == set()


# The second letter


def correct(office, reference, **change):
    revision = Revision(filing=office.intake.filing)
    office.casework.correct(reference, Correction(**change), by="A. Name", revision=revision)


def slow(store, **changes):
    """An office that promises any other reply within 40 working days."""
    policy = a_policy(clocks=ClockPolicy(other_working_days=40))
    office = an_office_over(store, policy=policy)
    office.classifier.usual = replace(SORT, **changes)
    return office


def second_letters(office, reference):
    row = schema.outbox.c
    with office.store.read() as tx:
        return tx.connection.execute(
            schema.outbox.select().where(row.key.startswith(f"{reference}:new-date:"))
        ).all()


@pytest.mark.parametrize(
    ("matters", "date"),
    [((), "2026-12-22"), ((ClockKind.FOI,), "2026-12-22"), ((ClockKind.DPA,), "2026-12-23")],
    ids=["unclear-foi", "foi", "dpa"],
)
def test_sorting_that_shortens_the_date_is_told_in_a_second_letter(store, matters, date):
    """Once a date; kind, with the new date, in the same thread."""
    office = slow(store, matters=matters)
    reference = office.take(a_mail(message_id="a@home.example")).reference
    for _ in range(2):
        office.clock.move(minutes=5)
        correct(office, reference, category=Category.FOI_DPA)
    (letter,) = second_letters(office, reference)
    assert letter.key == f"{reference}:new-date:{date}"
    assert (letter.recipient, letter.state) == ("resident@home.example", "waiting")
    text = text_of(letter.content)
    assert f"{int(date[-2:])} December 2026" in text
    assert reference in text
    assert b"In-Reply-To: <a@home.example>" in letter.content
    assert b"Auto-Submitted: auto-replied" in letter.content


def test_a_later_date_is_not_told(office):
    """Nor the same one: 10 working days became 20."""
    office.classifier.usual = SORT
    reference = office.take(a_mail()).reference
    correct(office, reference, category=Category.FOI_DPA)
    assert second_letters(office, reference) == []


def test_of_other_kinds_no_second_letter_goes(store):
    """The rule is for freedom of information and data protection."""
    office = slow(store)
    reference = office.take(a_mail()).reference
    correct(office, reference, category=Category.COMPLAINT_ABOUT_US)
    assert running(office, reference) == {"service"}
    assert second_letters(office, reference) == []


def test_a_date_that_has_passed_is_nobodys_promise(store):
    """The clock is escalated instead."""
    office = slow(store)
    reference = office.take(a_mail()).reference
    office.clock.move(days=40)
    correct(office, reference, category=Category.FOI_DPA)
    assert second_letters(office, reference) == []


def test_an_acknowledgement_that_is_held_is_written_anew(store):
    """One letter with the right date, instead of two."""
    office = slow(store, criteria=(Criterion.VULNERABLE,))
    reference = office.take(a_mail()).reference
    (held,) = office.letters_of(reference)
    assert held["state"] == "held"
    correct(office, reference, category=Category.FOI_DPA)
    assert second_letters(office, reference) == []
    (content,) = (
        content
        for kind, content in rows(store, schema.outbox, "kind", "content")
        if kind == "acknowledgement"
    )
    assert "22 December 2026" in text_of(content)
    (after,) = office.letters_of(reference)
    assert after == held  # held still, the same Message-ID


def test_what_was_told_is_what_was_taken_for_when_it_went(store):
    """Written anew while it was held, released, then sorted otherwise."""
    office = slow(store, criteria=(Criterion.VULNERABLE,))
    reference = office.take(a_mail()).reference
    correct(office, reference, category=Category.FOI_DPA)
    office.clock.move(minutes=5)
    office.casework.release(reference, by="A. Name")
    office.clock.move(minutes=5)
    correct(office, reference, category=Category.FOI_DPA, drop=frozenset())
    assert second_letters(office, reference) == []


def test_somebody_without_an_address_gets_it_on_paper(store):
    """It waits for a person to print it."""
    office = slow(store)
    mail = a_mail(sender="A. Writer <>", text="By post")
    reference = office.take(mail, an_inbox("post", box=Box.POST, address="")).reference
    office.clock.move(minutes=1)
    correct(office, reference, category=Category.FOI_DPA)
    (letter,) = second_letters(office, reference)
    assert (letter.recipient, letter.outlet, letter.state) == ("", "post", "post")
    assert "22 December 2026" in printed_words(letter.content)


def test_nobody_whose_acknowledgement_came_back_is_written_again(store):
    """Customer Care write by post."""
    office = slow(store)
    reference = office.take(a_mail()).reference
    with store.write() as tx:
        answer = tx.acknowledgement_of(tx.enquiry(reference).id)
        tx.mark_not_delivered(answer.id, now=NOW + timedelta(minutes=1))
    assert answer is not None
    correct(office, reference, category=Category.FOI_DPA)
    assert second_letters(office, reference) == []


def test_new_rules_that_shorten_it_tell_it_too(store):
    """Whoever sorts."""
    office = slow(store)
    reference = office.take(a_mail()).reference
    office.clock.move(days=1)
    apply(office, DPA)
    assert len(second_letters(office, reference)) == 1
    assert OFFICE in second_letters(office, reference)[0].rfc_message_id
