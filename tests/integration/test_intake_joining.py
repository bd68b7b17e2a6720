"""Taking in: what joins an open enquiry, and what opens one of its own."""

from __future__ import annotations

import pytest

from daemon.model import Category, ClockKind, Criterion, Outcome, Source
from daemon.store import schema
from daemon.tokens import Purpose
from tests.builders import CARE, OFFICE, a_classification, a_mail, a_policy, a_team, an_office_over
from tests.integration.taking_in import AT_OMBUDSMAN, AT_RISK, FOI, count, kinds_queued, rows


@pytest.fixture
def office(store):
    return an_office_over(store)


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
    assert {clock["kind"] for clock in view["deadlines"]} == {"foi", "ack", "update"}
    assert office.letters_of(second.reference)


def test_a_request_of_another_kind_in_a_requests_thread_is_an_enquiry_of_its_own(office):
    """Data protection in an information request's thread: linked; more of the same joins."""
    office.classifier.usual = FOI
    office.classifier.by_word["my own file"] = a_classification(
        category=Category.FOI_DPA, matters=(ClockKind.DPA,)
    )
    first = office.take(a_mail(message_id="a@home.example"))
    same = office.take(a_mail(answers=["a@home.example"], text="How is it going?"))
    other = office.take(a_mail(answers=["a@home.example"], text="And send me my own file"))
    assert (same.outcome, same.reference) == (Outcome.JOINED, first.reference)
    assert other.outcome is Outcome.OPENED
    view = office.view(other.reference)
    assert view["linked_to"] == first.reference
    assert {clock["kind"] for clock in view["deadlines"]} == {"dpa", "ack", "update"}


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
    assert sorted(kinds) == ["ack", "mp", "update"]


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
    # Who passes a message on takes no part in it.
    assert office.view(taken.reference)["parties"] == ["resident@home.example"]
    notice = rows(store, schema.outbox, "content")[1].decode()
    assert "resident@home.example" in notice.partition("message/rfc822")[0]
