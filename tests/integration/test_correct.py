"""What a person says a message is: everything follows, what was sent stays sent."""

from __future__ import annotations

import pytest

from daemon.casework import CaseworkError, Correction
from daemon.intake.revision import Revision
from daemon.learning import correction_of
from daemon.model import Box, Category, Criterion, Source
from tests.builders import INTAKE, a_classification, a_mail, an_inbox, an_office_over

SORT = a_classification(category=Category.OTHER, to_be_sorted=True, confidence=0.3)


@pytest.fixture
def office(store):
    return an_office_over(store)


def correct(office, reference, **change):
    revision = Revision(filing=office.intake.filing)
    return office.casework.correct(
        reference, Correction(**change), by="A. Officer", revision=revision
    )


def clocks(office, reference):
    return {(c["kind"], c["ended_by"]) for c in office.view(reference)["deadlines"]}


@pytest.fixture
def reference(office):
    """An enquiry that was left to be sorted."""
    office.classifier.usual = SORT
    return office.take(a_mail()).reference


def test_category_registers_and_clocks_follow(office, reference):
    """On the original receipt, not on the day of the correction."""
    office.clock.move(days=3)
    said = correct(office, reference, category=Category.COMPLAINT_ABOUT_US)
    view = office.view(reference)
    assert "complaint about us" in said
    assert (view["category"], view["to_be_sorted"]) == ("complaint-about-us", False)
    assert {("other", "corrected"), ("service", None)} <= clocks(office, reference)
    (service,) = (c for c in view["deadlines"] if c["kind"] == "service")
    assert service["due_on"] == "2026-12-21"  # 20 working days after Monday 23 November


def test_a_clock_that_a_correction_ended_can_start_again(office, reference):
    """There and back."""
    correct(office, reference, category=Category.COMPLAINT_ABOUT_US)
    correct(office, reference, category=Category.OTHER)
    running = {kind for kind, ended in clocks(office, reference) if ended is None}
    assert running == {"ack", "other", "update"}


def test_nothing_is_sent_again(office, reference):
    """One acknowledgement, one notice."""
    before = [(one["kind"], one["recipient"]) for one in office.view(reference)["outbox"]]
    correct(office, reference, category=Category.FOI_DPA)
    after = [(one["kind"], one["recipient"]) for one in office.view(reference)["outbox"]]
    assert before == after


def test_what_intake_had_comes_to_customer_care(office):
    """A complaint about us is not Intake's."""
    inbox = an_inbox("intake", box=Box.INTAKE, address=INTAKE)
    reference = office.take(a_mail(), inbox=inbox).reference
    assert office.view(reference)["route"] == "intake"
    correct(office, reference, category=Category.COMPLAINT_ABOUT_US)
    view = office.view(reference)
    assert view["route"] == "customer-care"
    assert [one["register"] for one in view["registers"]] == ["central-assurance"]
    assert "enquiry_rerouted" in [one["event"] for one in view["audit"]]


def test_an_mps_letter_follows_its_source(office, reference):
    """The criterion that follows from who writes is the software's to work out."""
    correct(office, reference, source=Source.MP)
    view = office.view(reference)
    assert [c["criterion"] for c in view["criteria"]] == ["mp-non-routine"]
    assert ("mp", None) in clocks(office, reference)
    correct(office, reference, category=Category.NEW_COMPLAINT, routine=True)
    view = office.view(reference)
    assert view["criteria"] == []
    assert ("mp", "corrected") in clocks(office, reference)


def test_criteria_can_be_added_and_dropped(office, reference):
    """A dropped one leaves its register entry with it."""
    correct(office, reference, add=frozenset({Criterion.SYSTEMIC_ISSUE}))
    assert [c["criterion"] for c in office.view(reference)["criteria"]] == ["systemic-issue"]
    correct(office, reference, drop=frozenset({Criterion.SYSTEMIC_ISSUE}))
    assert office.view(reference)["criteria"] == []


def test_somebody_seen_at_risk_by_a_person_raises_the_alert(office, reference):
    """Once, however often it is said."""
    for _ in range(2):
        correct(office, reference, add=frozenset({Criterion.VULNERABLE}))
    assert len(office.letters_of(reference, "alert")) == len(office.policy.duty)
    assert ("vulnerable", None) in clocks(office, reference)


def test_dropping_the_criterion_does_not_end_the_alert(office, reference):
    """A person confirms it: no alert ends unnoticed."""
    correct(office, reference, add=frozenset({Criterion.VULNERABLE}))
    correct(office, reference, drop=frozenset({Criterion.VULNERABLE}))
    assert ("vulnerable", None) in clocks(office, reference)


def test_the_last_word_is_a_persons(office, reference):
    """Old and new stand in the audit, without a name or a word of anybody."""
    correct(office, reference, category=Category.FOI_DPA)
    with office.store.read() as tx:
        (message_id,) = tx.corrected_ids()
        found = tx.classification_of(message_id)
        kept = tx.kept(message_id)
    assert (found.category, found.confidence) == (Category.FOI_DPA, 1.0)
    example = correction_of(kept, "", found)
    assert (example.labels.category, example.writer) == (Category.FOI_DPA, "corrections")
    assert example.message.new_text == kept.new_text


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"routine": True}, "Only an MP's referral"),
        ({"category": Category.OTHER, "message_id": 999}, "has no message 999"),
    ],
)
def test_what_makes_no_sense_is_refused_in_a_sentence(office, reference, change, why):
    """And nothing is changed."""
    before = office.view(reference)
    with pytest.raises(CaseworkError, match=why):
        correct(office, reference, **change)
    assert office.view(reference) == before


def test_an_ended_enquiry_can_be_corrected_and_starts_no_clock(office, reference):
    """For the registers' figures, and for the next model."""
    office.casework.replied(reference, by="A. Name")
    correct(office, reference, category=Category.COMPLAINT_ABOUT_US)
    assert office.view(reference)["category"] == "complaint-about-us"
    assert "service" not in {kind for kind, _ in clocks(office, reference)}
