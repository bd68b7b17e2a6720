"""A message joins an open enquiry, opens a new one linked to it, or belongs to nobody's."""

from __future__ import annotations

import pytest

from daemon.model import (
    Box,
    Category,
    ClockKind,
    Criterion,
    EnquiryStatus,
    Outcome,
    Route,
    Skip,
    Source,
)
from tests.builders import (
    OFFICE,
    a_classification,
    a_context,
    a_forward,
    a_link,
    a_message,
    a_sender,
    decided,
)

FOI = {"category": Category.FOI_DPA}
FORGED = {"authentication-results": (f"mx.{OFFICE}; dmarc=fail header.from=home.example",)}


def answering(*links, found=None, **changes):
    """What is decided of a message in the thread of these enquiries, or of a plain one."""
    context = a_context(links=links or (a_link(),))
    return decided(a_message(**changes), a_classification(**(found or {})), context=context)


def test_a_party_in_the_thread_joins_the_open_enquiry():
    """It gets no second acknowledgement, and the enquiry is named."""
    decision = answering()
    assert decision.outcome is Outcome.JOINED
    assert decision.join == a_link()
    assert decision.skip is Skip.JOINED
    assert decision.acknowledge is False
    assert a_link().reference in decision.reasons[0]


@pytest.mark.parametrize(
    ("link", "why"),
    [
        ({"proven": False}, "a reference in plain text proves nothing"),
        ({"sender_is_party": False}, "a stranger in the thread"),
        ({"status": EnquiryStatus.REPLIED}, "replied to: that is what follow-up means"),
        ({"status": EnquiryStatus.CLOSED}, "closed"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_otherwise_it_opens_a_new_one_with_the_link_proposed(link, why):
    """It is acknowledged like any other, and a person sees what it may belong to."""
    decision = answering(a_link(**link))
    assert decision.outcome is Outcome.OPENED, why
    assert decision.join is None
    assert decision.linked_to is not None
    assert decision.linked_to.enquiry_id == 7
    assert decision.acknowledge is True
    assert any(a_link().reference in reason for reason in decision.reasons)


def test_failed_authentication_does_not_join():
    """A forged sender cannot write into somebody's enquiry; its answer is held."""
    decision = answering(headers=FORGED)
    assert decision.outcome is Outcome.OPENED
    assert decision.linked_to is not None
    assert decision.held == "authentication"


def test_the_first_open_enquiry_of_a_party_is_joined():
    """Where the thread touches several, a closed one does not stand in the way."""
    closed = a_link(enquiry_id=1, status=EnquiryStatus.CLOSED)
    strangers = a_link(enquiry_id=2, sender_is_party=False)
    decision = answering(strangers, closed, a_link(enquiry_id=3))
    assert decision.join is not None
    assert decision.join.enquiry_id == 3


@pytest.mark.parametrize(
    "found",
    [
        FOI,
        FOI | {"matters": (ClockKind.DPA,)},
        {"category": Category.FOLLOW_UP_DECISION, "matters": (ClockKind.FOI,)},
        {"criteria": (Criterion.LEGAL_CHALLENGE,)},
    ],
    ids=["foi", "data-protection", "foi-among-other-things", "legal-challenge"],
)
def test_an_information_or_legal_matter_opens_a_linked_enquiry(found):
    """With its own acknowledgement."""
    decision = answering(found=found)
    assert decision.outcome is Outcome.OPENED
    assert decision.linked_to == a_link()
    assert decision.acknowledge is True


def test_an_information_matter_in_a_reply_brings_its_own_clock():
    """Whatever else the writer mainly wants."""
    found = {"category": Category.FOLLOW_UP_DECISION, "matters": (ClockKind.FOI,)}
    assert "foi" in [clock.kind for clock in answering(found=found).deadlines]


@pytest.mark.parametrize(
    ("link", "found"),
    [
        ({"category": Category.FOI_DPA}, FOI),
        ({"criteria": (Criterion.LEGAL_CHALLENGE,)}, {"criteria": (Criterion.LEGAL_CHALLENGE,)}),
    ],
    ids=["foi", "legal-challenge"],
)
def test_more_of_the_same_matter_joins(link, found):
    """Asking how an information request goes is no second request."""
    assert answering(a_link(**link), found=found).outcome is Outcome.JOINED


REQUEST = {ClockKind.FOI, ClockKind.FOI_REVIEW, ClockKind.EIR, ClockKind.EIR_REVIEW, ClockKind.DPA}


@pytest.mark.parametrize("asked", sorted(REQUEST))
@pytest.mark.parametrize("has", sorted(REQUEST))
def test_a_request_joins_one_of_its_own_kind_only(asked, has):
    """Each kind has a clock of its own in law."""
    link = a_link(category=Category.FOI_DPA, clocks=(ClockKind.ACK, has))
    decision = answering(link, found=FOI | {"matters": (asked,)})
    assert decision.outcome is (Outcome.JOINED if asked is has else Outcome.OPENED)
    assert asked in [clock.kind for clock in decision.deadlines]
    assert decision.acknowledge is (asked is not has)


def test_one_more_kind_beside_the_same_opens_a_linked_enquiry():
    """Nothing asked for is lost in somebody's thread."""
    link = a_link(category=Category.FOI_DPA, clocks=(ClockKind.FOI,))
    decision = answering(link, found=FOI | {"matters": (ClockKind.FOI, ClockKind.DPA)})
    assert (decision.outcome, decision.linked_to) == (Outcome.OPENED, link)


def test_of_several_open_threads_the_one_about_the_same_is_joined():
    """The complaint's thread brought forth a request: what chases the request joins it."""
    complaint = a_link(enquiry_id=2)
    request = a_link(enquiry_id=1, category=Category.FOI_DPA, clocks=(ClockKind.DPA,))
    decision = answering(complaint, request, found=FOI | {"matters": (ClockKind.DPA,)})
    assert decision.join == request


def test_a_decision_of_the_ico_never_joins_a_complainants_enquiry():
    """It is a matter of the Commissioner's."""
    found = {"category": Category.ICO_DECISION, "source": Source.ICO}
    assert answering(found=found).outcome is Outcome.OPENED


def test_a_colleagues_forward_does_not_join():
    """The inner message is the enquiry, and a person looks at its sender."""
    decision = answering(sender=a_sender(f"officer@{OFFICE}"), forwarded=(a_forward(),))
    assert decision.outcome is Outcome.OPENED


def test_a_joined_message_adds_criteria_alerts_and_clocks():
    """A threat of self-harm in a reply raises its alert; service and other clocks stay as is."""
    decision = answering(found={"criteria": (Criterion.VULNERABLE,)})
    assert decision.outcome is Outcome.JOINED
    assert decision.alerts == (Criterion.VULNERABLE,)
    assert [clock.kind for clock in decision.deadlines] == ["vulnerable"]
    assert [entry.register.value for entry in decision.registers] == ["central-assurance"]
    assert decision.route is Route.CUSTOMER_CARE


def test_a_joined_message_with_nothing_new_starts_nothing():
    """No second clock, no register, no move."""
    decision = answering()
    assert (decision.deadlines, decision.registers, decision.route) == ((), (), None)


def test_a_joined_message_of_an_mp_starts_the_28_days():
    """The MP wrote into a constituent's enquiry that had no such clock."""
    found = {
        "category": Category.FOLLOW_UP_DECISION,
        "source": Source.MP,
        "criteria": (Criterion.MP_NON_ROUTINE,),
    }
    decision = answering(found=found)
    assert [clock.kind for clock in decision.deadlines] == ["mp"]
    assert [r.register.value for r in decision.registers] == ["central-assurance", "mp-oversight"]


def test_a_colleague_in_the_thread_is_internal():
    """What one of our own people writes in an enquiry's thread is no enquiry."""
    decision = answering(sender=a_sender(f"officer@{OFFICE}"))
    assert (decision.outcome, decision.skip) == (Outcome.INTERNAL, Skip.INTERNAL)
    assert decision.linked_to == a_link()


def test_a_colleagues_word_of_danger_in_the_thread_joins_with_its_alert():
    """Somebody rang them, say: the duty officers are told."""
    decision = answering(
        a_link(sender_is_party=False),
        sender=a_sender(f"officer@{OFFICE}"),
        found={"criteria": (Criterion.VULNERABLE,)},
    )
    assert decision.outcome is Outcome.JOINED
    assert decision.alerts == (Criterion.VULNERABLE,)


def test_a_forged_colleague_in_the_thread_is_not():
    """Their address alone proves nothing where our server says that it is forged."""
    decision = answering(sender=a_sender(f"officer@{OFFICE}"), headers=FORGED)
    assert decision.outcome is Outcome.OPENED


def test_a_machine_in_the_thread_is_set_aside():
    """An out-of-office reply to our acknowledgement, with the link on record."""
    decision = answering(found={"automation": Skip.AUTOMATED})
    assert decision.outcome is Outcome.SET_ASIDE
    assert decision.linked_to == a_link()


def test_a_rule_of_words_does_not_set_aside_a_party():
    """A party to the enquiry is heard unless headers prove a machine."""
    decision = answering(found={"automation": Skip.RULE, "category": Category.NOT_AN_ENQUIRY})
    assert decision.outcome is Outcome.JOINED


def test_a_direct_message_in_a_thread_joins_like_a_mail():
    """The channel makes no difference."""
    assert answering(box=Box.X_DM, sender=a_sender("@resident")).outcome is Outcome.JOINED
