"""The enquiry taxonomy (guide §1.2): one category, joining or opening, sorting, setting aside."""

from __future__ import annotations

import pytest

from daemon.model import (
    Arrangement,
    Box,
    Category,
    ClockKind,
    Criterion,
    EnquiryStatus,
    Evidence,
    Hold,
    Outcome,
    Route,
    Skip,
    Source,
    Step,
)
from tests.builders import (
    OFFICE,
    a_classification,
    a_context,
    a_directory,
    a_link,
    a_message,
    a_policy,
    a_sender,
    decided,
)
from tests.unit.classifying import KNOWN_CHAIR, KNOWN_OFFICE, classified, the_classifier
from tests.unit.classifying import a_message as a_letter

FORGED = {"authentication-results": (f"mx.{OFFICE}; dmarc=fail header.from=home.example",)}
OTHER = a_classification(category=Category.OTHER)


def test_the_categories_are_those_of_the_guide():
    """§1.2, with `other` because the list is not exhaustive."""
    assert [category.value for category in Category] == [
        "new-complaint",
        "personal-interest",
        "follow-up-decision",
        "complaint-about-us",
        "follow-up-customer-care",
        "foi-dpa",
        "ico-decision",
        "other",
        "not-an-enquiry",
    ]


@pytest.mark.parametrize(
    ("message", "source"),
    [
        pytest.param({"sender": KNOWN_OFFICE}, Source.MP, id="who is who: a known MP's office"),
        pytest.param({"sender": KNOWN_CHAIR}, Source.COMMITTEE_CHAIR, id="who is who: a Chair"),
        pytest.param(
            {"sender": "finch@parliament.uk", "name": "Ada Finch MP"},
            Source.MP,
            id="who is who: an MP by title and address",
        ),
        pytest.param(
            {"sender": "ash@parliament.uk", "name": "Lord Ash"},
            Source.STAKEHOLDER,
            id="who is who: a peer is no MP",
        ),
        pytest.param(
            {"sender": "smithj@parliament.uk", "name": "J Smith"},
            Source.STAKEHOLDER,
            id="who is who: a parliament.uk address alone proves nothing",
        ),
        pytest.param(
            {"sender": "cllr.oak@barns.gov.uk", "name": "Councillor Oak"},
            Source.STAKEHOLDER,
            id="who is who: a councillor is no MP",
        ),
        pytest.param({"sender": "officer@ico.org.uk"}, Source.ICO, id="who is who: the ICO"),
        pytest.param({}, Source.COMPLAINANT, id="who is who: anybody else complains"),
    ],
)
def test_the_source_is_who_wrote(message, source):
    """Beside the category; addresses prove it, titles alone do not."""
    assert classified("The car park is closed.", **message).source is source


# Joining and opening


@pytest.mark.parametrize(
    ("link", "message"),
    [
        pytest.param({}, {}, id="§1.2 the thread says so and a party wrote"),
        pytest.param(
            {"category": Category.COMPLAINT_ABOUT_US}, {}, id="§1.2 whatever the enquiry is about"
        ),
    ],
)
def test_a_party_in_an_open_thread_joins(link, message):
    """It gets no second acknowledgement: only this one message does not."""
    decision = decided(a_message(**message), OTHER, context=a_context(links=(a_link(**link),)))
    assert (decision.outcome, decision.skip) == (Outcome.JOINED, Skip.JOINED)
    assert not decision.acknowledge


@pytest.mark.parametrize(
    ("link", "message"),
    [
        pytest.param({"proven": False}, {}, id="§1.2 a reference in plain words proves nothing"),
        pytest.param({"sender_is_party": False}, {}, id="§1.2 a stranger is no party"),
        pytest.param({}, {"headers": FORGED}, id="§1.2 authentication failed"),
        pytest.param(
            {"status": EnquiryStatus.REPLIED}, {}, id="§1.2 replied to already: a follow-up"
        ),
        pytest.param({"status": EnquiryStatus.CLOSED}, {}, id="§1.2 closed already: a follow-up"),
    ],
)
def test_otherwise_it_opens_a_new_enquiry_with_the_link_proposed(link, message):
    """And is acknowledged by itself, unless it has to wait."""
    proposed = a_link(**link)
    decision = decided(a_message(**message), OTHER, context=a_context(links=(proposed,)))
    assert (decision.outcome, decision.linked_to) == (Outcome.OPENED, proposed)
    assert decision.acknowledge


@pytest.mark.parametrize(
    ("found", "clock"),
    [
        pytest.param(
            {"category": Category.FOI_DPA}, "foi", id="§1.2 a request for information in a thread"
        ),
        pytest.param(
            {"category": Category.FOI_DPA, "matters": (ClockKind.DPA,)},
            "dpa",
            id="§1.2 a data-protection request in a thread",
        ),
        pytest.param(
            {"category": Category.OTHER, "matters": (ClockKind.EIR,)},
            "eir",
            id="§1.2 a request among other things",
        ),
        pytest.param(
            {"category": Category.OTHER, "criteria": (Criterion.LEGAL_CHALLENGE,)},
            "other",
            id="§1.2 a legal challenge in a thread",
        ),
    ],
)
def test_an_information_or_legal_matter_in_a_thread_opens_a_linked_enquiry(found, clock):
    """With its own clock and acknowledgement."""
    link = a_link()
    decision = decided(found=a_classification(**found), context=a_context(links=(link,)))
    assert (decision.outcome, decision.linked_to) == (Outcome.OPENED, link)
    assert [one.kind for one in decision.deadlines] == [clock]
    assert decision.acknowledge


@pytest.mark.parametrize(
    ("found", "clocks"),
    [
        pytest.param(
            {"criteria": (Criterion.SYSTEMIC_ISSUE,)}, [], id="§1.2 a joined message adds criteria"
        ),
        pytest.param(
            {"criteria": (Criterion.VULNERABLE,)},
            ["vulnerable"],
            id="§1.2 a joined message adds alerts",
        ),
        pytest.param(
            {"source": Source.MP, "criteria": (Criterion.MP_NON_ROUTINE,)},
            ["mp"],
            id="§1.2 a joined message adds clocks",
        ),
        pytest.param({}, [], id="§1.2 a joined message starts no category's clock again"),
    ],
)
def test_a_joined_message_counts_in_full(found, clocks):
    """Every message is classified, whether it opens an enquiry or joins one."""
    values = {"category": Category.OTHER, **found}
    decision = decided(found=a_classification(**values), context=a_context(links=(a_link(),)))
    assert decision.outcome is Outcome.JOINED
    assert decision.criteria == values.get("criteria", ())
    assert [one.kind for one in decision.deadlines] == clocks


# Not sure


@pytest.mark.parametrize(
    "category",
    [pytest.param(one, id=f"§1.7 perhaps {one}") for one in Category if one != "not-an-enquiry"],
)
def test_what_is_not_sure_is_sorted_by_customer_care(category):
    """At once the general text, and the date of any other reply: not the likely category's."""
    found = a_classification(category=category, to_be_sorted=True)
    decision = decided(a_message(box=Box.INTAKE), found)
    assert decision.route is Route.CUSTOMER_CARE
    assert (decision.template, decision.held, decision.skip) == ("general", None, None)
    assert [clock.kind for clock in decision.deadlines] == ["other"]
    assert decision.reply_team == "customer-care"


# Setting aside

BY_HEADER = {"category": Category.NOT_AN_ENQUIRY, "automation": Skip.AUTOMATED}
BY_RULE = {"category": Category.NOT_AN_ENQUIRY, "automation": Skip.RULE}
BY_MODEL = {"category": Category.NOT_AN_ENQUIRY}
IN_WORDS = (Evidence(step=Step.RULE, name="a-rule", says=f"set aside: {Skip.AUTO_REPLY}"),)
BY_WORDS = BY_HEADER | {"automation": Skip.AUTO_REPLY, "evidence": IN_WORDS}
KNOWN = a_policy(arrangements=(Arrangement(id="a", addresses=("agreed@with.example",)),))


@pytest.mark.parametrize(
    "found",
    [
        pytest.param(BY_HEADER, id="§1.2 house: headers show a machine"),
        pytest.param(BY_RULE, id="§1.2 house: a configured rule"),
        pytest.param(BY_WORDS, id="§1.2 house: a configured pattern in the text"),
    ],
)
def test_evidence_of_a_machine_or_a_configured_rule_sets_aside(found):
    """Kept, silent, without a clock; a reason is on record."""
    decision = decided(found=a_classification(**found))
    assert (decision.outcome, decision.route) == (Outcome.SET_ASIDE, Route.SET_ASIDE)
    assert decision.skip is found["automation"]
    assert not decision.deadlines
    assert not decision.registers


@pytest.mark.parametrize("box", [Box.CUSTOMER_CARE, Box.INTAKE, Box.OMBUDSMAN, Box.POST])
@pytest.mark.parametrize(
    ("found", "hold"),
    [
        pytest.param(
            BY_MODEL, Hold.PROPOSED_SET_ASIDE, id="§1.2 house: the model alone proposes it"
        ),
        pytest.param(
            BY_MODEL | {"to_be_sorted": True},
            Hold.PROPOSED_SET_ASIDE,
            id="§1.2 house: an unsure model proposes it as well",
        ),
    ],
)
def test_the_models_word_alone_goes_to_customer_care_with_its_answer_held(found, hold, box):
    """Nothing is lost on a guess."""
    decision = decided(a_message(box=box), a_classification(**found))
    assert (decision.outcome, decision.route) == (Outcome.OPENED, Route.CUSTOMER_CARE)
    assert decision.held is hold


PROTECTED = {
    "§1.2 house: a known MP": ({"sender": a_sender("member@commons.example")}, {}, ()),
    "§1.2 house: an MP's office": ({"sender": a_sender("pa@north-office.example")}, {}, ()),
    "§1.2 house: a Chair": ({"sender": a_sender("chair@commons.example")}, {}, ()),
    "§1.2 house: the ICO": ({"sender": a_sender("case@commissioner.example")}, {}, ()),
    "§1.2 house: a party": ({}, {}, (a_link(),)),
    "§1.2 house: an arrangement": ({"sender": a_sender("agreed@with.example")}, {}, ()),
    "§1.2 house: somebody who may be at risk": ({}, {"criteria": (Criterion.VULNERABLE,)}, ()),
}


@pytest.mark.parametrize(("message", "more", "links"), PROTECTED.values(), ids=PROTECTED)
@pytest.mark.parametrize("found", [BY_RULE, BY_WORDS], ids=["by rule", "by words"])
def test_no_words_set_aside_somebody_we_look_after(message, more, links, found):
    """Without header evidence that a machine sent it, a person sees it."""
    decision = decided(
        a_message(**message), a_classification(**found, **more), KNOWN, a_context(links=links)
    )
    assert decision.outcome is not Outcome.SET_ASIDE


@pytest.mark.parametrize(("message", "more", "links"), PROTECTED.values(), ids=PROTECTED)
def test_headers_that_show_a_machine_set_aside_whoever_it_is(message, more, links):
    """An MP's out-of-office reply; an alert is raised all the same."""
    decision = decided(
        a_message(**message), a_classification(**BY_HEADER, **more), KNOWN, a_context(links=links)
    )
    assert decision.outcome is Outcome.SET_ASIDE
    assert decision.alerts == more.get("criteria", ())


@pytest.mark.parametrize(
    ("source", "criterion"),
    [
        pytest.param(Source.MP, Criterion.MP_NON_ROUTINE, id="§1.2 house: an MP's"),
        pytest.param(Source.COMMITTEE_CHAIR, Criterion.COMMITTEE_CHAIR, id="§1.2 house: a Chair's"),
    ],
)
def test_a_criterion_of_what_is_no_enquiry_is_recorded_and_waits(source, criterion):
    """It opens no clock and no register until a person says that it is an enquiry."""
    found = a_classification(source=source, criteria=(criterion,), category=Category.NOT_AN_ENQUIRY)
    decision = decided(found=found)
    assert decision.criteria == (criterion,)
    assert [clock.kind for clock in decision.deadlines] == ["other"]
    assert [entry.register for entry in decision.registers] == ["central-assurance"]


@pytest.mark.parametrize(
    ("tools", "skip"),
    [
        pytest.param({"forms@web.example"}, None, id="§1.2 house: a form tool's machine is none"),
        pytest.param(set(), Skip.AUTOMATED, id="§1.2 house: any other machine is set aside"),
    ],
)
def test_a_form_that_somebody_filled_in_is_no_machines_mail(tools, skip):
    """Its headers speak of the tool, not of whoever wrote."""
    directory = a_directory(form_tools=frozenset(tools))
    message = a_letter(
        "My hospital lost my records.",
        sender="forms@web.example",
        headers={"auto-submitted": "auto-generated"},
        reply_to=(a_sender("jo@home.example"),),
    )
    assert the_classifier().with_directory(directory).classify(message).automation is skip
