"""Acknowledgement (guide §1.9, 1.14, E.3): who gets one, where, what it says, and who waits."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from daemon.model import (
    TEXTS,
    AnswerBy,
    Arrangement,
    Box,
    Category,
    Channel,
    ClockKind,
    Criterion,
    Handling,
    Hold,
    InboxRole,
    Limits,
    Outcome,
    Sent,
    Skip,
    Source,
)
from tests.builders import (
    NOW,
    OFFICE,
    a_classification,
    a_context,
    a_directory,
    a_forward,
    a_link,
    a_message,
    a_policy,
    a_sender,
    decided,
)
from tests.unit.composing import DIAGRAM, an_acknowledgement, body, shipped

RESIDENT = "resident@home.example"
ENQUIRIES = [one for one in Category if one is not Category.NOT_AN_ENQUIRY]
FORGED = {"authentication-results": (f"mx.{OFFICE}; dmarc=fail header.from=home.example",)}


# Every enquirer gets one, on the channel they used


@pytest.mark.parametrize(
    "category", [pytest.param(one, id=f"§1.9 {one}: acknowledged at once") for one in ENQUIRIES]
)
def test_every_enquirer_gets_an_acknowledgement(category):
    """Whatever they want."""
    decision = decided(found=a_classification(category=category))
    assert (decision.skip, decision.held, decision.recipient) == (None, None, RESIDENT)
    assert decision.template


@pytest.mark.parametrize(
    ("box", "sender", "recipient", "skip"),
    [
        pytest.param(Box.INTAKE, RESIDENT, RESIDENT, None, id="§1.9 e-mail: by e-mail"),
        pytest.param(Box.OMBUDSMAN, RESIDENT, RESIDENT, None, id="§1.9 own account: by e-mail"),
        pytest.param(Box.X_DM, "@resident", "@resident", None, id="§1.14 a DM: by DM"),
        pytest.param(
            Box.X_MENTION,
            "@resident",
            "",
            Skip.PUBLIC_MENTION,
            id="§1.14 a public mention: no case details in public",
        ),
        pytest.param(
            Box.POST, RESIDENT, RESIDENT, None, id="§1.9 a letter with an address: by e-mail"
        ),
        pytest.param(
            Box.POST, "", "", None, id="§1.9 footnote 3 no e-mail address: a letter is posted"
        ),
    ],
)
def test_it_goes_by_the_channel_they_used(box, sender, recipient, skip):
    """A letter to post has a text and no recipient."""
    decision = decided(a_message(box=box, sender=a_sender(sender)))
    assert (decision.recipient, decision.skip, decision.held) == (recipient, skip, None)
    assert bool(decision.template) is (skip is None)


@pytest.mark.parametrize(
    ("reply_to", "recipient"),
    [
        pytest.param((), RESIDENT, id="§1.9 house: the message's own From"),
        pytest.param(
            ("casework@home.example",),
            "casework@home.example",
            id="§1.9 house: a Reply-To on the same domain",
        ),
        pytest.param(
            ("victim@elsewhere.example",), RESIDENT, id="§1.9 house: no Reply-To elsewhere"
        ),
    ],
)
def test_it_goes_to_the_messages_own_from(reply_to, recipient):
    """So that nobody can have us write to somebody else."""
    message = a_message(reply_to=tuple(a_sender(one) for one in reply_to))
    assert decided(message).recipient == recipient


FORMS = f"forms@{OFFICE}"
WITH_FORMS = a_policy(directory=a_directory(form_tools=frozenset({FORMS})))


@pytest.mark.parametrize(
    ("policy", "skip", "recipient"),
    [
        pytest.param(WITH_FORMS, None, "jo@home.example", id="§1.9 house: a configured form tool"),
        pytest.param(a_policy(), Skip.OWN_ADDRESS, "", id="§1.9 house: any other sender"),
    ],
)
def test_the_reply_to_of_a_form_tool_is_answered(policy, skip, recipient):
    """It writes for whoever filled the form in, also where it has an address of ours."""
    message = a_message(sender=a_sender(FORMS), reply_to=(a_sender("jo@home.example"),))
    decision = decided(message, policy=policy)
    assert (decision.skip, decision.held, decision.recipient) == (skip, None, recipient)


# What it says


TO_ENQUIRERS = sorted(shipped().acknowledgements - {"new-date", "social", "general.cy"})
LAW = ((ClockKind.FOI, date(2026, 3, 3)),)


@pytest.mark.parametrize("template", TO_ENQUIRERS)
@pytest.mark.parametrize("kind", ["plain", "html"])
@pytest.mark.parametrize(
    "said",
    [
        pytest.param("PH-7K2M-9QXD", id="E.3 its reference"),
        pytest.param("What happens now", id="E.3 what happens now"),
        pytest.param("Customer Care", id="E.3 which part of the office will reply"),
        pytest.param("Tuesday 3 March 2026", id="E.3 by when"),
        pytest.param(DIAGRAM, id="E.3 a link to the routing diagram"),
        pytest.param("It shows three steps", id="E.3 with a short description of it"),
        pytest.param("0345 015 4033", id="E.3 the telephone"),
        pytest.param("0300 061 4298", id="E.3 the textphone"),
        pytest.param("large print", id="E.3 other formats"),
        pytest.param("116 123", id="E.3 one calm line on a crisis: Samaritans"),
    ],
)
def test_it_tells_what_the_guide_asks_for(template, kind, said):
    """In every text, and in both of its parts."""
    assert said in body(an_acknowledgement(template=template, law_days=LAW), kind)


MP_LETTER = {"source": Source.MP, "criteria": (Criterion.MP_NON_ROUTINE,)}
CHAIR = {"source": Source.COMMITTEE_CHAIR, "criteria": (Criterion.COMMITTEE_CHAIR,)}
FOI = {"category": Category.FOI_DPA, "source": Source.UNKNOWN}
AT_RISK = {"criteria": (Criterion.VULNERABLE,)}


@pytest.mark.parametrize(
    ("found", "template"),
    [
        pytest.param({"source": Source.UNKNOWN}, "general", id="§1.9 whatever no rule fits"),
        pytest.param({}, "complainant", id="§1.9 somebody who complains"),
        pytest.param({"to_be_sorted": True}, "general", id="§1.7 what is to be sorted"),
        pytest.param(MP_LETTER, "mp", id="§1.11 an MP on oversight"),
        pytest.param(CHAIR, "chair", id="§1.4 a committee's Chair"),
        pytest.param(
            {"source": Source.MP, "routine": True}, "general", id="§1.3 an MP's routine referral"
        ),
        pytest.param(
            {**MP_LETTER, "category": Category.NOT_AN_ENQUIRY},
            "general",
            id="an MP's letter that may be no enquiry runs no clock of 28 days",
        ),
        pytest.param(
            {"source": Source.ICO, "category": Category.ICO_DECISION}, "ico", id="§1.2 the ICO"
        ),
        pytest.param(
            {"source": Source.ORGANISATION}, "organisation", id="an organisation we look into"
        ),
        pytest.param({**FOI, "matters": (ClockKind.FOI,)}, "foi", id="a request for information"),
        pytest.param(
            {**FOI, "matters": (ClockKind.EIR_REVIEW,)}, "foi", id="an environmental review"
        ),
        pytest.param({**FOI, "matters": (ClockKind.DPA,)}, "dpa", id="somebody's own data"),
        pytest.param({**FOI, "to_be_sorted": True}, "general", id="§1.7 not yet decided"),
        pytest.param(AT_RISK, "vulnerable", id="house: somebody who may be at risk"),
        pytest.param(
            {**AT_RISK, "to_be_sorted": True}, "vulnerable", id="house: sorted yet or not"
        ),
        pytest.param(
            {**MP_LETTER, "criteria": (Criterion.MP_NON_ROUTINE, Criterion.VULNERABLE)},
            "mp",
            id="an MP who writes for somebody at risk is not the one at risk",
        ),
    ],
)
def test_who_gets_which_text(found, template):
    """A category's own text needs a category that is decided."""
    assert decided(found=a_classification(**found)).template == template


@pytest.mark.parametrize(
    ("found", "usual"),
    [
        pytest.param(AT_RISK, "general", id="the general one after an hour"),
        pytest.param({**FOI, **AT_RISK}, "general", id="whatever they ask"),
        pytest.param({}, "", id="nobody else has two texts"),
    ],
)
def test_what_goes_if_no_duty_officer_sends_the_humane_text(found, usual):
    assert decided(found=a_classification(**found)).usual_template == usual


def test_a_letter_and_a_message_on_x_have_their_own_text():
    letter = a_message(box=Box.POST, channel=Channel.LETTER, sender=a_sender(""))
    direct = a_message(box=Box.X_DM, channel=Channel.X_DM, sender=a_sender("@jo"))
    found = a_classification(source=Source.UNKNOWN)
    texts = {decided(one, found=found).template: decided(one).by for one in (letter, direct)}
    assert texts == {"letter": AnswerBy.LETTER, "social": AnswerBy.DIRECT_MESSAGE}


@pytest.mark.parametrize(
    ("enabled", "found", "texts"),
    [
        pytest.param(False, {}, ("complainant", ""), id="as it ships"),
        pytest.param(True, {}, ("general.cy", ""), id="once a speaker has read it"),
        pytest.param(True, AT_RISK, ("vulnerable", "general.cy"), id="after an hour"),
    ],
)
def test_welsh_is_answered_in_welsh_once_it_is_switched_on(enabled, found, texts):
    rules = tuple(
        replace(rule, enabled=True) if enabled and rule.languages else rule for rule in TEXTS
    )
    found = a_classification(**found, language="cy")
    decision = decided(found=found, policy=a_policy(texts=rules))
    assert (decision.template, decision.usual_template) == texts


# Silence: each with its reason on record

AUTOMATED = [
    *(Skip.AUTOMATED, Skip.NULL_RETURN_PATH, Skip.DELIVERY_REPORT, Skip.READ_RECEIPT),
    *(Skip.CALENDAR_REPLY, Skip.BULK, Skip.AUTO_REPLY, Skip.FEEDBACK_REPORT),
]
SILENT = {
    **{
        f"§1.9 silent: machine or bulk mail, {one}": (
            {},
            {"category": Category.NOT_AN_ENQUIRY, "automation": one},
            {},
            one,
        )
        for one in AUTOMATED
    },
    "§1.9 silent: our own address": (
        {"sender": a_sender(f"colleague@{OFFICE}")},
        {},
        {},
        Skip.OWN_ADDRESS,
    ),
    "§1.9 silent: our own mail come back": ({}, {}, {"own_message": True}, Skip.OWN_MESSAGE),
    "§1.9 silent: a further message in an open enquiry": (
        {},
        {"category": Category.OTHER},
        {"links": (a_link(),)},
        Skip.JOINED,
    ),
    "§1.9 silent: from before go-live": (
        {},
        {},
        {"go_live_at": NOW.replace(day=24)},
        Skip.BEFORE_GO_LIVE,
    ),
    "§1.9 silent: a folder of sent mail": ({}, {}, {"role": InboxRole.SENT}, Skip.INTERNAL),
}


@pytest.mark.parametrize(("message", "found", "context", "skip"), SILENT.values(), ids=SILENT)
def test_it_is_silent_for_a_reason(message, found, context, skip):
    """Nothing is ever dropped without saying why."""
    decision = decided(
        a_message(**message), a_classification(**found), context=a_context(**context)
    )
    assert decision.skip is skip
    assert not decision.acknowledge
    assert not decision.template


# Holds: for a person, never silently dropped

PERSONAL_ONLY = a_policy(
    arrangements=(Arrangement(id="a", addresses=(RESIDENT,), handling=(Handling.PERSONAL_REPLY,)),)
)
HELD = {
    "§1.9 held: failed authentication": ({"headers": FORGED}, {}, {}, Hold.AUTHENTICATION),
    "§1.9 held: somebody may be at risk": (
        {},
        {"criteria": (Criterion.VULNERABLE,)},
        {},
        Hold.VULNERABLE,
    ),
    "§1.9 held: only the model takes it for no enquiry": (
        {},
        {"category": Category.NOT_AN_ENQUIRY},
        {},
        Hold.PROPOSED_SET_ASIDE,
    ),
    "§1.9 held: the 5th of the day to an address": (
        {},
        {},
        {"sent_today": Sent(to_address=4)},
        Hold.LIMIT,
    ),
    "§1.9 held: the 101st to a domain": ({}, {}, {"sent_today": Sent(to_domain=100)}, Hold.LIMIT),
    "§1.9 held: the 2,001st in all": ({}, {}, {"sent_today": Sent(in_all=2000)}, Hold.LIMIT),
    "§1.9 held: an own-domain forward": (
        {"sender": a_sender(f"colleague@{OFFICE}"), "forwarded": (a_forward(),)},
        {},
        {},
        Hold.OWN_DOMAIN_FORWARD,
    ),
}


@pytest.mark.parametrize(("message", "found", "context", "hold"), HELD.values(), ids=HELD)
def test_it_waits_for_a_person(message, found, context, hold):
    """The enquiry is logged and on the clock all the same, and the reason is given in words."""
    decision = decided(
        a_message(**message), a_classification(**found), context=a_context(**context)
    )
    assert (decision.outcome, decision.held, decision.skip) == (Outcome.OPENED, hold, None)
    assert decision.template
    assert decision.deadlines
    assert len(decision.reasons) > 1


def test_an_arrangement_for_a_personal_reply_only_holds_it():
    """§1.10."""
    assert decided(policy=PERSONAL_ONLY).held is Hold.ARRANGEMENT


@pytest.mark.parametrize(
    ("sent", "policy"),
    [
        pytest.param(Sent(to_address=3), a_policy(), id="§1.9 the 4th to an address goes"),
        pytest.param(Sent(to_domain=99), a_policy(), id="§1.9 the 100th to a domain goes"),
        pytest.param(Sent(in_all=1999), a_policy(), id="§1.9 the 2,000th in all goes"),
        pytest.param(
            Sent(to_domain=5000),
            a_policy(directory=a_directory(known_domains=frozenset({"home.example"}))),
            id="§1.9 known offices have no limit a domain",
        ),
        pytest.param(
            Sent(to_address=4),
            a_policy(limits=Limits(per_address=5)),
            id="§1.9 the limits are the config's",
        ),
    ],
)
def test_up_to_the_limit_it_goes_at_once(sent, policy):
    """4 a day an address, 100 a domain but for known offices, 2,000 a day in all."""
    assert decided(policy=policy, context=a_context(sent_today=sent)).held is None
