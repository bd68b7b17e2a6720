"""Criteria for specific handling (guide §2), line by line of the table."""

from __future__ import annotations

import pytest

from daemon.model import Arrangement, Category, Criterion, Register, Route, Source
from tests.builders import a_classification, a_message, a_policy, decided

MP = {"source": Source.MP}
CHAIR = {"source": Source.COMMITTEE_CHAIR}
OTHER = {"category": Category.OTHER}
ACCEPTED = {Criterion.MP_NON_ROUTINE, Criterion.COMMITTEE_CHAIR}


def registers(decision):
    """The registers with whether the entry is a proposal."""
    return {entry.register.value: entry.proposed for entry in decision.registers}


@pytest.mark.parametrize(
    ("found", "expected", "clocks"),
    [
        pytest.param(
            MP | OTHER | {"criteria": (Criterion.MP_NON_ROUTINE,)},
            {"central-assurance": False, "mp-oversight": False},
            ["mp"],
            id="§2 mp-non-routine: accepted, MP oversight, 28 days (§1.11)",
        ),
        pytest.param(
            CHAIR | OTHER | {"criteria": (Criterion.COMMITTEE_CHAIR,)},
            {"central-assurance": False, "mp-oversight": False, "specific-handling": False},
            ["mp"],
            id="§2 committee-chair: accepted (§1.4), MP oversight and 28 days as well",
        ),
        pytest.param(
            CHAIR | {"criteria": (Criterion.COMMITTEE_CHAIR,)},
            {"central-assurance": False, "specific-handling": False},
            ["other"],
            id="§2 committee-chair: unless it is a new complaint",
        ),
        pytest.param(
            CHAIR | {"criteria": (Criterion.COMMITTEE_CHAIR,), "to_be_sorted": True},
            {"central-assurance": False, "mp-oversight": False, "specific-handling": False},
            ["mp"],
            id="§2 committee-chair: only perhaps a new complaint",
        ),
        pytest.param(
            MP | OTHER | {"criteria": (Criterion.MP_NON_ROUTINE, Criterion.MP_POST_DECISION)},
            {"central-assurance": True, "mp-oversight": False},
            ["mp"],
            id="§2 mp-post-decision: proposed, and MP oversight",
        ),
        pytest.param(
            OTHER | {"criteria": (Criterion.SENIOR_STAFF_CONDUCT,)},
            {"central-assurance": True},
            ["other"],
            id="§2 senior-staff-conduct: proposed",
        ),
        pytest.param(
            OTHER | {"criteria": (Criterion.SYSTEMIC_ISSUE,)},
            {"central-assurance": True},
            ["other"],
            id="§2 systemic-issue: proposed",
        ),
        pytest.param(
            OTHER | {"criteria": (Criterion.LEGAL_CHALLENGE,)},
            {"central-assurance": True},
            ["other"],
            id="§2 legal-challenge: proposed",
        ),
        pytest.param(
            OTHER | {"criteria": (Criterion.HIGH_PROFILE,)},
            {"central-assurance": True},
            ["other"],
            id="§2 high-profile: proposed",
        ),
        pytest.param(
            OTHER | {"criteria": (Criterion.UPHELD_REVIEW,)},
            {"central-assurance": True},
            ["other"],
            id="§2 upheld-review: proposed",
        ),
        pytest.param(
            OTHER | {"criteria": (Criterion.VULNERABLE,)},
            {"central-assurance": True},
            ["other", "vulnerable"],
            id="§2 vulnerable: proposed, and an urgent alert at once",
        ),
    ],
)
def test_a_criterion_has_the_effect_of_the_table(found, expected, clocks):
    """What is proposed stands on central assurance until somebody has decided (§2.3)."""
    decision = decided(found=a_classification(**found))
    assert registers(decision) == expected
    assert [clock.kind for clock in decision.deadlines] == clocks


def test_ongoing_stakeholder_engagement_is_proposed_from_the_list():
    """§2 linked-stakeholder: the sender is on the list, whatever the words are."""
    engaged = Arrangement(id="e", addresses=("resident@home.example",), engagement=True)
    decision = decided(found=a_classification(**OTHER), policy=a_policy(arrangements=(engaged,)))
    assert decision.criteria == (Criterion.LINKED_STAKEHOLDER,)
    assert registers(decision) == {"central-assurance": True}


@pytest.mark.parametrize(
    "criterion",
    [pytest.param(one, id=f"§2 {one}") for one in Criterion],
)
def test_the_software_decides_nothing_but_what_the_guide_accepts_automatically(criterion):
    """§2.3: all but the MP's and the Chair's are proposed, with reasons, and decided by people."""
    assert criterion.is_accepted_at_once is (criterion in ACCEPTED)


@pytest.mark.parametrize(
    "criterion",
    [pytest.param(one, id=f"§2 {one}") for one in Criterion if one not in ACCEPTED],
)
def test_a_new_complaint_with_a_criterion_stays_with_customer_care(criterion):
    """§1.4: Intake gets what has none; a proposal stands on central assurance as one."""
    decision = decided(a_message(), a_classification(criteria=(criterion,)))
    assert decision.route is Route.CUSTOMER_CARE
    assert registers(decision)[Register.CENTRAL_ASSURANCE] is True


@pytest.mark.parametrize("criterion", [pytest.param(one, id=f"§2 {one}") for one in Criterion])
def test_only_somebody_at_risk_raises_an_alert(criterion):
    """An urgent alert at once, and no other criterion wakes the duty officer."""
    decision = decided(found=a_classification(criteria=(criterion,)))
    assert decision.alerts == ((criterion,) if criterion is Criterion.VULNERABLE else ())


@pytest.mark.parametrize(
    "criterion",
    [
        pytest.param(Criterion.LINKED_STAKEHOLDER, id="§2 linked-stakeholder: from a list"),
        pytest.param(Criterion.UPHELD_REVIEW, id="§2 upheld-review: recorded by staff"),
    ],
)
def test_two_criteria_are_never_read_from_the_text(criterion):
    """They follow from what people keep."""
    assert not criterion.is_read_from_text
