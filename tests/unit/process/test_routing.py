"""Where an enquiry goes first (guide §1.3-1.7, 1.15-1.16): ten rules, the first match wins."""

from __future__ import annotations

import pytest

from daemon.model import (
    Arrangement,
    Box,
    Category,
    Criterion,
    Handling,
    Hold,
    Route,
    Skip,
    Source,
)
from tests.builders import OFFICE, a_classification, a_context, a_message, a_policy, decided

CARE, INTAKE = Route.CUSTOMER_CARE, Route.INTAKE
AFFAIRS, ASIDE = Route.EXTERNAL_AFFAIRS, Route.SET_ASIDE
PUBLIC = (Box.CUSTOMER_CARE, Box.INTAKE)
PERSONAL = (Box.OMBUDSMAN, Box.CEO)
SOCIAL = (Box.X_MENTION, Box.X_DM)
ENQUIRIES = [one for one in Category if one is not Category.NOT_AN_ENQUIRY]

MP = {"source": Source.MP, "criteria": (Criterion.MP_NON_ROUTINE,)}
REFERRAL = {"source": Source.MP, "routine": True}
CHAIR = {"source": Source.COMMITTEE_CHAIR, "criteria": (Criterion.COMMITTEE_CHAIR,)}
UNSORTED = {"to_be_sorted": True}
MARKED = {"personal_attention": True}
CHATTER = {"category": Category.OTHER, "individual_case": False}
AGREED = Arrangement(id="agreed", addresses=("resident@home.example",))


def each(values, says):
    """One case for each value, with the paragraph and the value in its id."""
    return [pytest.param(value, id=f"{says}: {value}") for value in values]


def route(box, found, **around):
    """Where a message in a box goes first."""
    return decided(a_message(box=box), a_classification(**found), **around).route


# 1. Set aside


@pytest.mark.parametrize("box", each(Box, "rule 1 set aside, before any other rule"))
@pytest.mark.parametrize("found", [{}, MP, CHAIR, UNSORTED, MARKED], ids=str)
def test_1_a_machines_mail_is_set_aside(box, found):
    """Whatever its words seem to be; but private mail in a personal account is nobody's."""
    machine = {"automation": Skip.AUTOMATED, "category": Category.NOT_AN_ENQUIRY}
    policy = a_policy(arrangements=(AGREED,))
    assert route(box, {**found, **machine}, policy=policy) is ASIDE


# 2. A handling arrangement


@pytest.mark.parametrize("box", each(Box, "§1.5 existing handling arrangement: Customer Care"))
@pytest.mark.parametrize("found", [{}, REFERRAL, CHAIR, UNSORTED, MARKED, CHATTER], ids=",".join)
def test_2_an_arrangement_comes_before_any_other_action(box, found):
    """§1.5, 1.10: also for what would go to Intake or External Affairs."""
    decision = decided(
        a_message(box=box), a_classification(**found), a_policy(arrangements=(AGREED,))
    )
    assert (decision.route, decision.arrangements) == (CARE, ("agreed",))
    assert "§1.5" in decision.reasons[0]


# 3. To be sorted


@pytest.mark.parametrize("box", each(Box, "§1.7 to be sorted: Customer Care"))
@pytest.mark.parametrize("category", [Category.NEW_COMPLAINT, Category.OTHER, Category.FOI_DPA])
def test_3_what_is_to_be_sorted_goes_to_customer_care(box, category):
    """Whatever it may turn out to be, and on social media too."""
    assert route(box, {**UNSORTED, "category": category, "individual_case": False}) is CARE


# 4. A committee Chair


@pytest.mark.parametrize("category", each(ENQUIRIES, "§1.4 committee chair, whatever it is"))
@pytest.mark.parametrize("box", [Box.INTAKE, Box.CUSTOMER_CARE, Box.POST, Box.OMBUDSMAN, Box.X_DM])
def test_4_a_committee_chair_goes_to_customer_care(category, box):
    """Also a new complaint, which from anyone else would go to Intake."""
    decision = decided(a_message(box=box), a_classification(**CHAIR, category=category))
    assert decision.route is CARE
    assert "§1.4" in decision.reasons[0]


# 5. The Ombudsman's and Chief Executive's own


@pytest.mark.parametrize("box", each(PERSONAL, "§1.6 own e-mail account: Customer Care"))
@pytest.mark.parametrize("found", [{}, REFERRAL, MP], ids=["new complaint", "referral", "MP"])
def test_5_mail_to_their_own_accounts_goes_to_customer_care(box, found):
    """Routine referrals and new complaints as well."""
    assert route(box, found) is CARE


@pytest.mark.parametrize("box", each(Box, "§1.7 marked for personal attention: Customer Care"))
@pytest.mark.parametrize("found", [{}, REFERRAL, CHATTER], ids=["complaint", "referral", "post"])
def test_5_what_is_marked_for_their_personal_attention_goes_to_customer_care(box, found):
    """In any box."""
    assert route(box, {**found, **MARKED}) is CARE


# 6. An MP, not routine


@pytest.mark.parametrize("category", each(ENQUIRIES, "§1.4, 1.11 MP not routine: Customer Care"))
@pytest.mark.parametrize("box", [*PUBLIC, Box.POST, Box.PHONE, *SOCIAL])
def test_6_an_mps_letter_that_is_no_routine_referral_goes_to_customer_care(category, box):
    """Also a new complaint that is more than a referral, and a post."""
    assert route(box, {**MP, "category": category, "individual_case": False}) is CARE


# 7. An MP's routine referral


@pytest.mark.parametrize(
    ("box", "found", "expected"),
    [
        pytest.param(Box.INTAKE, {}, INTAKE, id="§1.3 routine referral to Intake's box: Intake"),
        pytest.param(
            Box.CUSTOMER_CARE, {}, INTAKE, id="§1.4 routine referral to Customer Care's: Intake"
        ),
        pytest.param(Box.POST, {}, INTAKE, id="§1.3 routine referral by post: Intake"),
        pytest.param(
            Box.OMBUDSMAN, {}, CARE, id="§1.6 routine referral to the Ombudsman: Customer Care"
        ),
        pytest.param(Box.PHONE, {}, CARE, id="§1.7 routine referral by telephone: Customer Care"),
        pytest.param(
            Box.INTAKE,
            {"criteria": (Criterion.HIGH_PROFILE,)},
            CARE,
            id="§1.4 routine referral with a criterion: Customer Care",
        ),
    ],
)
def test_7_a_routine_referral_without_any_criterion_goes_to_intake(box, found, expected):
    """In a public box or by post."""
    assert route(box, {**REFERRAL, **found}) is expected


# 8. A new complaint from anyone else


@pytest.mark.parametrize("box", each((*PUBLIC, Box.POST), "§1.4 new complaint: Intake"))
@pytest.mark.parametrize(
    "source", [one for one in Source if one not in {Source.MP, Source.COMMITTEE_CHAIR}]
)
def test_8_a_new_complaint_from_anyone_else_goes_to_intake(box, source):
    """In a public box or by post, without any criterion."""
    decision = decided(a_message(box=box), a_classification(source=source))
    assert (decision.route, decision.team) == (INTAKE, "intake")


@pytest.mark.parametrize("criterion", each(Criterion, "§1.4 new complaint with a criterion"))
def test_8_a_new_complaint_with_a_criterion_goes_to_customer_care(criterion):
    """Any criterion."""
    assert route(Box.INTAKE, {"criteria": (criterion,)}) is CARE


def test_8_a_new_complaint_by_telephone_goes_to_customer_care():
    """§1.7: the rule speaks of public boxes and the post."""
    assert route(Box.PHONE, {}) is CARE


# 9. Social media


@pytest.mark.parametrize("box", SOCIAL)
@pytest.mark.parametrize(
    ("found", "expected"),
    [
        pytest.param(
            {"category": Category.NEW_COMPLAINT}, CARE, id="§1.16 a new complaint: Customer Care"
        ),
        pytest.param(
            {"category": Category.FOLLOW_UP_DECISION}, CARE, id="§1.16 one's case: Customer Care"
        ),
        pytest.param(CHATTER, AFFAIRS, id="§1.15 no individual case: External Affairs"),
        pytest.param(
            CHATTER | {"criteria": (Criterion.HIGH_PROFILE,)},
            AFFAIRS,
            id="§1.15 no individual case, of media interest: External Affairs",
        ),
    ],
)
def test_9_a_post_goes_by_whether_it_is_about_an_individual_case(box, found, expected):
    """Mentions and direct messages, on the office's accounts or the Ombudsman's own."""
    assert route(box, found) is expected


# 10. Everything else


@pytest.mark.parametrize(
    "category",
    each(
        [one for one in Category if one is not Category.NEW_COMPLAINT],
        "§1.7 everything else: Customer Care",
    ),
)
@pytest.mark.parametrize("box", [*PUBLIC, Box.POST, Box.PHONE])
def test_10_everything_else_goes_to_customer_care(category, box):
    """What the model takes for no enquiry too, its answer held."""
    decision = decided(a_message(box=box), a_classification(category=category))
    assert decision.route is CARE
    aside = category is Category.NOT_AN_ENQUIRY
    assert decision.held is (Hold.PROPOSED_SET_ASIDE if aside else None)


# Then: who will reply, and who is told


@pytest.mark.parametrize(
    ("found", "team"),
    [
        pytest.param(
            {"category": Category.FOI_DPA}, "information", id="§1.13 FOI/DPA: Information Assurance"
        ),
        pytest.param({"category": Category.ICO_DECISION}, "legal", id="§1.13 ICO decision: Legal"),
        pytest.param(
            {"category": Category.OTHER, "criteria": (Criterion.LEGAL_CHALLENGE,)},
            "legal",
            id="§1.13 legal challenge: Legal & Governance",
        ),
        pytest.param(
            {
                "category": Category.OTHER,
                "source": Source.STAKEHOLDER,
                "criteria": (Criterion.HIGH_PROFILE,),
            },
            "external-affairs",
            id="§1.13 press: External Affairs",
        ),
        pytest.param(
            {"category": Category.FOLLOW_UP_DECISION},
            "operations",
            id="§1.13 follow-up on a case: Operations",
        ),
        pytest.param(
            {"category": Category.COMPLAINT_ABOUT_US},
            "customer-care",
            id="§1.13 complaint about us: Customer Care",
        ),
        pytest.param({}, "intake", id="§1.13 new complaint: Intake"),
        pytest.param(
            {"category": Category.OTHER}, "customer-care", id="§1.13 all else: Customer Care"
        ),
        pytest.param(
            {"category": Category.FOI_DPA, **UNSORTED},
            "customer-care",
            id="§1.7 to be sorted: Customer Care, which sorts it",
        ),
    ],
)
def test_the_part_of_the_office_that_will_reply_is_suggested(found, team):
    """By the office's own table; Customer Care assigns it."""
    assert decided(found=a_classification(**found)).reply_team == team


def test_the_team_is_told_unless_it_lies_in_its_mailbox_already():
    """§1.13: a notice would be a second copy."""
    there = a_context(inbox_address=f"team.intake@{OFFICE}")
    assert decided(context=there).notify is False
    assert decided(context=a_context(inbox_address=f"ombudsman@{OFFICE}")).notify is True


def test_an_arrangement_may_tell_watchers():
    """§1.10: they get a notice of each message."""
    watched = Arrangement(
        id="w",
        addresses=("resident@home.example",),
        handling=(Handling.TELL_WATCHERS,),
        watchers=(f"watcher@{OFFICE}",),
    )
    assert decided(policy=a_policy(arrangements=(watched,))).watchers == (f"watcher@{OFFICE}",)
