"""Where an enquiry goes first, on which registers it stands, and who is to reply."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from daemon.model import (
    Arrangement,
    Box,
    Category,
    Criterion,
    Evidence,
    Register,
    Route,
    Skip,
    Source,
    Step,
)
from tests.builders import (
    NOW,
    OFFICE,
    a_classification,
    a_context,
    a_forward,
    a_message,
    a_policy,
    a_sender,
    decided,
)

CARE, INTAKE = Route.CUSTOMER_CARE, Route.INTAKE
ASIDE, AFFAIRS = Route.SET_ASIDE, Route.EXTERNAL_AFFAIRS
MP = {"source": Source.MP, "criteria": (Criterion.MP_NON_ROUTINE,)}
ROUTINE = {"source": Source.MP, "routine": True}
CHAIR = {"source": Source.COMMITTEE_CHAIR, "criteria": (Criterion.COMMITTEE_CHAIR,)}
OTHER = {"category": Category.OTHER}
FOR_RESIDENT = Arrangement(id="a1", addresses=("resident@home.example",))


def registers(decision):
    """The registers with whether the entry is a proposal."""
    return {entry.register.value: entry.proposed for entry in decision.registers}


@pytest.mark.parametrize(
    ("box", "found", "route"),
    [
        pytest.param("customer-care", {"automation": Skip.AUTOMATED}, ASIDE, id="1-set-aside"),
        pytest.param("ombudsman", {"automation": Skip.BULK}, ASIDE, id="1-before-own-account"),
        pytest.param("intake", {"to_be_sorted": True}, CARE, id="3-to-be-sorted-§1.7"),
        pytest.param("x-mention", {"to_be_sorted": True}, CARE, id="3-before-social-media"),
        pytest.param("intake", CHAIR, CARE, id="4-chair-new-complaint-§1.4"),
        pytest.param("intake", CHAIR | OTHER, CARE, id="4-chair-§1.4"),
        pytest.param("ombudsman", {}, CARE, id="5-ombudsmans-account-§1.6"),
        pytest.param("ceo", {}, CARE, id="5-ceos-account-§1.6"),
        pytest.param("ombudsman", ROUTINE, CARE, id="5-routine-referral-to-own-account-§1.6"),
        pytest.param("intake", {"personal_attention": True}, CARE, id="5-personal-attention-§1.7"),
        pytest.param("post", {"personal_attention": True}, CARE, id="5-letter-marked-§1.7"),
        pytest.param("x-dm", {"personal_attention": True}, CARE, id="5-before-social-media"),
        pytest.param("intake", MP, CARE, id="6-mp-new-complaint-not-routine-§1.4"),
        pytest.param("customer-care", MP | OTHER, CARE, id="6-mp-§1.11"),
        pytest.param(
            "x-mention", MP | OTHER | {"individual_case": False}, CARE, id="6-before-social-media"
        ),
        pytest.param("intake", ROUTINE, INTAKE, id="7-routine-referral-§1.3"),
        pytest.param("customer-care", ROUTINE, INTAKE, id="7-to-customer-care-§1.4"),
        pytest.param("post", ROUTINE, INTAKE, id="7-by-post-§1.3"),
        pytest.param(
            "intake",
            ROUTINE | {"criteria": (Criterion.SYSTEMIC_ISSUE,)},
            CARE,
            id="7-not-with-a-criterion",
        ),
        pytest.param("phone", ROUTINE, CARE, id="7-not-by-telephone"),
        pytest.param("customer-care", {}, INTAKE, id="8-new-complaint-§1.4"),
        pytest.param("intake", {}, INTAKE, id="8-to-intake-§1.4"),
        pytest.param("post", {}, INTAKE, id="8-by-post-§1.4"),
        pytest.param(
            "intake", {"source": Source.STAKEHOLDER}, INTAKE, id="8-from-anyone-else-§1.4"
        ),
        pytest.param(
            "intake", {"criteria": (Criterion.VULNERABLE,)}, CARE, id="8-not-with-a-criterion"
        ),
        pytest.param("phone", {}, CARE, id="8-not-by-telephone"),
        pytest.param("x-dm", {}, CARE, id="9-new-complaint-in-a-direct-message-§1.16"),
        pytest.param("x-dm", OTHER, CARE, id="9-individual-case-§1.16"),
        pytest.param(
            "x-mention", OTHER | {"individual_case": False}, AFFAIRS, id="9-no-case-§1.15"
        ),
        pytest.param("customer-care", OTHER, CARE, id="10-everything-else-§1.7"),
        pytest.param("intake", {"category": Category.FOI_DPA}, CARE, id="10-foi-§1.7"),
        pytest.param(
            "intake", {"category": Category.NOT_AN_ENQUIRY}, CARE, id="10-proposed-set-aside"
        ),
    ],
)
def test_the_first_rule_that_applies_routes_an_enquiry(box, found, route):
    """The ten rules of "Where an enquiry goes first", in their order."""
    decision = decided(a_message(box=Box(box)), a_classification(**found))
    assert decision.route is route
    assert decision.team == ("" if route is ASIDE else route.value)
    assert decision.reasons


@pytest.mark.parametrize("found", [{}, ROUTINE, CHAIR, {"to_be_sorted": True}])
def test_2_an_arrangement_comes_before_any_other_action(found):
    """§1.5, §1.10: an existing handling arrangement leads to Customer Care, and is named."""
    policy = a_policy(arrangements=(FOR_RESIDENT,))
    decision = decided(a_message(box=Box.INTAKE), a_classification(**found), policy)
    assert decision.route is CARE
    assert decision.arrangements == ("a1",)
    assert "§1.5" in decision.reasons[0]


def test_1_a_machines_mail_is_set_aside_whatever_the_arrangement():
    """Header evidence of a machine stands before an arrangement."""
    found = a_classification(automation=Skip.AUTOMATED, category=Category.NOT_AN_ENQUIRY)
    decision = decided(found=found, policy=a_policy(arrangements=(FOR_RESIDENT,)))
    assert decision.route is ASIDE


@pytest.mark.parametrize(
    ("arrangement", "applies"),
    [
        ({"addresses": ("resident@home.example",)}, True),
        ({"domains": ("home.example",)}, True),
        ({"addresses": ("other@home.example",)}, False),
        ({"domains": ("example",)}, False),
        ({"domains": ("home.example",), "until_on": date(2026, 11, 23)}, True),
        ({"domains": ("home.example",), "until_on": date(2026, 11, 22)}, False),
        ({"domains": ("home.example",), "from_on": date(2026, 11, 23)}, True),
        ({"domains": ("home.example",), "from_on": date(2026, 11, 24)}, False),
    ],
)
def test_an_arrangement_is_about_a_sender_and_in_force_on_days(arrangement, applies):
    """By address or domain, from its first to its last day, both included."""
    policy = a_policy(arrangements=(Arrangement(id="a1", **arrangement),))
    assert (decided(policy=policy).arrangements == ("a1",)) is applies


def test_the_day_of_an_arrangement_is_londons():
    """In summer a message after 23:00 UTC belongs to the next day."""
    policy = a_policy(
        arrangements=(Arrangement(id="a1", domains=("home.example",), from_on=date(2026, 7, 2)),)
    )
    received_at = datetime(2026, 7, 1, 23, 30, tzinfo=UTC)
    assert decided(policy=policy, context=a_context(received_at=received_at)).arrangements


def test_an_arrangement_about_somebody_holds_where_a_colleague_passes_their_letter_on():
    """The inner message is the enquiry, so the inner sender is who the arrangement is about."""
    message = a_message(sender=a_sender(f"officer@{OFFICE}"), forwarded=(a_forward(),))
    assert decided(message, policy=a_policy(arrangements=(FOR_RESIDENT,))).arrangements == ("a1",)


# Registers


@pytest.mark.parametrize(
    ("box", "found", "expected"),
    [
        pytest.param("intake", {}, {}, id="plain-new-complaint-stands-nowhere"),
        pytest.param("intake", ROUTINE, {}, id="routine-referral-stands-nowhere"),
        pytest.param("ombudsman", {}, {"central-assurance": False}, id="own-account"),
        pytest.param("intake", {"to_be_sorted": True}, {"central-assurance": False}, id="unsorted"),
        pytest.param(
            "intake", MP, {"central-assurance": False, "mp-oversight": False}, id="mp-§1.11"
        ),
        pytest.param(
            "intake",
            CHAIR | OTHER,
            {"central-assurance": False, "mp-oversight": False, "specific-handling": False},
            id="chair-at-once-§1.4",
        ),
        pytest.param(
            "intake",
            CHAIR,
            {"central-assurance": False, "specific-handling": False},
            id="chairs-new-complaint-is-not-on-oversight",
        ),
        pytest.param(
            "intake",
            OTHER | {"criteria": (Criterion.SYSTEMIC_ISSUE,)},
            {"central-assurance": True},
            id="proposed-until-decided-§2.3",
        ),
        pytest.param(
            "intake",
            OTHER | {"source": Source.MP, "criteria": (Criterion.MP_POST_DECISION,)},
            {"central-assurance": True, "mp-oversight": False},
            id="mp-post-decision",
        ),
        pytest.param("x-dm", OTHER, {"central-assurance": False}, id="individual-case-on-x-§1.16"),
        pytest.param("x-mention", OTHER | {"individual_case": False}, {}, id="chatter-on-x"),
        pytest.param(
            "x-mention",
            OTHER | {"individual_case": False, "criteria": (Criterion.HIGH_PROFILE,)},
            {"central-assurance": True},
            id="a-proposal-stands-wherever-it-goes",
        ),
        pytest.param(
            "intake",
            MP | {"category": Category.NOT_AN_ENQUIRY},
            {"central-assurance": False},
            id="mp-oversight-waits-until-it-is-an-enquiry",
        ),
        pytest.param(
            "intake",
            CHAIR | {"category": Category.NOT_AN_ENQUIRY},
            {"central-assurance": False},
            id="chair-waits-until-it-is-an-enquiry",
        ),
    ],
)
def test_an_enquiry_stands_on_its_registers(box, found, expected):
    """§1.7-1.12; a proposal is marked as one."""
    decision = decided(a_message(box=Box(box)), a_classification(**found))
    assert registers(decision) == expected


@pytest.mark.parametrize("criterion", [c for c in Criterion if not c.is_accepted_at_once])
def test_every_criterion_that_people_decide_is_a_proposal(criterion):
    """§2: only an MP's and a chair's are accepted automatically."""
    decision = decided(found=a_classification(criteria=(criterion,)))
    assert registers(decision)[Register.CENTRAL_ASSURANCE] is True


def test_what_is_set_aside_stands_on_no_register():
    """It is no enquiry."""
    assert decided(found=a_classification(automation=Skip.BULK)).registers == ()


# Who replies


@pytest.mark.parametrize(
    ("found", "team"),
    [
        ({}, "intake"),
        ({"category": Category.FOI_DPA}, "information"),
        ({"category": Category.ICO_DECISION}, "legal"),
        ({"category": Category.FOLLOW_UP_DECISION}, "operations"),
        ({"category": Category.COMPLAINT_ABOUT_US}, "customer-care"),
        (OTHER, "customer-care"),
        (OTHER | {"criteria": (Criterion.LEGAL_CHALLENGE,)}, "legal"),
        (
            OTHER | {"source": Source.STAKEHOLDER, "criteria": (Criterion.HIGH_PROFILE,)},
            "external-affairs",
        ),
        ({"category": Category.FOI_DPA, "to_be_sorted": True}, "customer-care"),
    ],
)
def test_the_team_to_reply_is_suggested_by_the_offices_table(found, team):
    """§1.13 and the house table; what is not decided is Customer Care's."""
    assert decided(found=a_classification(**found)).reply_team == team


def test_chatter_on_social_media_is_answered_by_external_affairs():
    """§1.15."""
    found = a_classification(category=Category.OTHER, individual_case=False)
    assert decided(a_message(box=Box.X_MENTION), found).reply_team == "external-affairs"


# The notice to the team


def test_a_message_in_the_teams_own_mailbox_needs_no_notice():
    """It lies there already; a notice would be a second copy."""
    lies_there = a_context(inbox_address=f"team.intake@{OFFICE}")
    assert decided(context=lies_there).notify is False
    assert decided(context=a_context(inbox_address=f"other@{OFFICE}")).notify is True


# Setting aside and who is protected

BY_HEADER = {"automation": Skip.AUTO_REPLY, "category": Category.NOT_AN_ENQUIRY}
BY_TEXT = BY_HEADER | {
    "evidence": (Evidence(step=Step.RULE, name="a-rule", says="set aside: auto-reply"),)
}
PROTECTED = {
    "mp": {"sender": a_sender("member@commons.example")},
    "mps-office": {"sender": a_sender("anybody@north-office.example")},
    "chair": {"sender": a_sender("chair@commons.example")},
    "commissioner": {"sender": a_sender("casework@commissioner.example")},
    "arrangement": {"sender": a_sender("known@elsewhere.example")},
}
KNOWN = a_policy(arrangements=(Arrangement(id="a", addresses=("known@elsewhere.example",)),))


@pytest.mark.parametrize("message", PROTECTED.values(), ids=PROTECTED)
def test_words_alone_never_set_aside_somebody_we_know(message):
    """Without header evidence of a machine it goes to a person, its answer held in doubt."""
    decision = decided(a_message(**message), a_classification(**BY_TEXT), KNOWN)
    assert decision.route is CARE
    assert decision.held == "doubt"


@pytest.mark.parametrize("message", PROTECTED.values(), ids=PROTECTED)
def test_header_evidence_sets_aside_whoever_it_is(message):
    """An MP's out-of-office reply is still one."""
    decision = decided(a_message(**message), a_classification(**BY_HEADER), KNOWN)
    assert (decision.route, decision.skip) == (ASIDE, Skip.AUTO_REPLY)


@pytest.mark.parametrize("reason", [Skip.RULE, Skip.NO_REPLY_ADDRESS, Skip.RECALL_NOTICE])
def test_some_reasons_never_prove_a_machine(reason):
    """A configured rule or an address that nobody reads is not enough against an MP."""
    message = a_message(sender=a_sender("member@commons.example"))
    found = a_classification(automation=reason, category=Category.NOT_AN_ENQUIRY)
    assert decided(message, found).route is CARE
    assert decided(found=found).route is ASIDE


@pytest.mark.parametrize("source", [Source.MP, Source.COMMITTEE_CHAIR, Source.ICO])
def test_who_writes_as_an_mp_chair_or_the_commissioner_is_protected(source):
    """Whatever their address is."""
    assert decided(found=a_classification(**BY_TEXT, source=source)).route is CARE


def test_somebody_at_risk_is_not_set_aside_by_words():
    """Nothing that may be vulnerable is set aside without header evidence."""
    found = a_classification(**BY_TEXT, criteria=(Criterion.VULNERABLE,))
    decision = decided(found=found)
    assert decision.route is CARE
    assert decision.alerts == (Criterion.VULNERABLE,)


def test_an_alert_is_raised_even_by_what_is_set_aside():
    """A machine may carry somebody's last words: the alert and its clock start."""
    found = a_classification(**BY_HEADER, criteria=(Criterion.VULNERABLE,))
    decision = decided(found=found)
    assert decision.route is ASIDE
    assert decision.alerts == (Criterion.VULNERABLE,)
    assert [clock.kind for clock in decision.deadlines] == ["vulnerable"]
    assert decision.template == ""


def test_what_is_set_aside_gets_nothing():
    """No acknowledgement, no clock, no notice; the reason is on record."""
    decision = decided(found=a_classification(**BY_HEADER))
    assert decision.acknowledge is False
    assert (decision.deadlines, decision.alerts, decision.notify) == ((), (), False)
    assert decision.reasons
    assert decision.recipient == ""


def test_received_at_is_what_every_clock_counts_from():
    """Not the time of deciding."""
    earlier = a_context(received_at=NOW.replace(day=2))
    assert decided(context=earlier).deadlines[0].due_on < decided().deadlines[0].due_on
