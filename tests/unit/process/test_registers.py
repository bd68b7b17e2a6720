"""Which registers an enquiry stands on when it comes in (guide §1.7-1.12, 1.16, 1.21)."""

from __future__ import annotations

import pytest

from daemon.model import Arrangement, Box, Category, Criterion, Handling, Register, Skip, Source
from tests.builders import a_classification, a_message, a_policy, decided

OTHER = {"category": Category.OTHER}
MP = {"source": Source.MP, "criteria": (Criterion.MP_NON_ROUTINE,)}
CHAIR = {"source": Source.COMMITTEE_CHAIR, "criteria": (Criterion.COMMITTEE_CHAIR,)}
REFERRAL = {"source": Source.MP, "routine": True}
CENTRAL = {"central-assurance": False}


def registers(decision):
    """The registers with whether the entry is a proposal."""
    return {entry.register.value: entry.proposed for entry in decision.registers}


def test_the_registers_are_those_of_the_guide():
    """§1.21."""
    assert [one.value for one in Register] == [
        "central-assurance",
        "mp-oversight",
        "case-referrals",
        "specific-handling",
        "social-media",
        "phone-calls",
    ]


@pytest.mark.parametrize(
    ("box", "found", "expected"),
    [
        pytest.param(Box.INTAKE, {}, {}, id="§1.8 a plain new complaint passed to Intake: none"),
        pytest.param(Box.INTAKE, REFERRAL, {}, id="§1.8 a routine referral: none"),
        pytest.param(Box.POST, REFERRAL, {}, id="§1.8 a routine referral by post: none"),
        pytest.param(
            Box.OMBUDSMAN, REFERRAL, CENTRAL, id="§1.7 a referral to the Ombudsman: central"
        ),
        pytest.param(Box.CEO, {}, CENTRAL, id="§1.7 a new complaint to the CEO: central"),
        pytest.param(Box.PHONE, {}, CENTRAL, id="§1.7 a call: central"),
        *(
            pytest.param(
                Box.CUSTOMER_CARE, {"category": one}, CENTRAL, id=f"§1.7 {one}: central assurance"
            )
            for one in Category
            if one is not Category.NEW_COMPLAINT
        ),
        pytest.param(Box.INTAKE, {"to_be_sorted": True}, CENTRAL, id="§1.7 to be sorted: central"),
        pytest.param(
            Box.X_DM, OTHER, CENTRAL, id="§1.16 social media about an individual case: central"
        ),
        pytest.param(
            Box.INTAKE,
            MP,
            CENTRAL | {"mp-oversight": False},
            id="§1.11 an MP's new complaint, not routine: MP oversight",
        ),
        pytest.param(
            Box.CUSTOMER_CARE,
            MP | OTHER,
            CENTRAL | {"mp-oversight": False},
            id="§1.12 an MP's letter stands on MP oversight, not on specific handling",
        ),
        pytest.param(
            Box.CUSTOMER_CARE,
            MP | {"to_be_sorted": True},
            CENTRAL | {"mp-oversight": False},
            id="§1.11 an MP's letter to be sorted: MP oversight",
        ),
        pytest.param(
            Box.INTAKE,
            CHAIR | OTHER,
            CENTRAL | {"mp-oversight": False, "specific-handling": False},
            id="§1.12 a committee Chair's letter: specific handling at once",
        ),
        pytest.param(
            Box.INTAKE,
            CHAIR,
            CENTRAL | {"specific-handling": False},
            id="§1.11 a Chair's new complaint: not MP oversight",
        ),
        pytest.param(
            Box.CUSTOMER_CARE,
            MP | OTHER | {"criteria": (Criterion.MP_NON_ROUTINE, Criterion.HIGH_PROFILE)},
            {"central-assurance": True, "mp-oversight": False},
            id="§2.3 a further criterion stands on central assurance as proposed",
        ),
    ],
)
def test_an_enquiry_stands_on_its_registers_at_once(box, found, expected):
    """Everything is logged; a proposal is marked as one until it is decided."""
    decision = decided(a_message(box=box), a_classification(**found))
    assert registers(decision) == expected


@pytest.mark.parametrize(
    ("handling", "box", "register"),
    [
        pytest.param(
            Handling.APPROVE, Box.CUSTOMER_CARE, "specific-handling", id="§2.7 approve before issue"
        ),
        pytest.param(
            Handling.WATCHING_BRIEF,
            Box.CUSTOMER_CARE,
            "specific-handling",
            id="§2.7 watching brief",
        ),
        pytest.param(
            Handling.INSTRUCTION, Box.CUSTOMER_CARE, "specific-handling", id="§2.7 instruction"
        ),
        pytest.param(
            Handling.MONITOR, Box.X_MENTION, "social-media", id="§1.21 posts on a monitored case"
        ),
    ],
)
def test_what_was_agreed_for_somebody_stands_on_its_register(handling, box, register):
    """Under an arrangement nothing waits for the meeting again."""
    agreed = Arrangement(id="a", addresses=("resident@home.example",), handling=(handling,))
    decision = decided(
        a_message(box=box), a_classification(**OTHER), a_policy(arrangements=(agreed,))
    )
    assert registers(decision) == CENTRAL | {register: False}


@pytest.mark.parametrize(
    "skip",
    [pytest.param(one, id=f"rule 1 {one}") for one in (Skip.AUTOMATED, Skip.BULK, Skip.RULE)],
)
def test_what_is_set_aside_stands_on_no_register(skip):
    """A person can see it all the same."""
    found = a_classification(category=Category.NOT_AN_ENQUIRY, automation=skip)
    assert registers(decided(found=found)) == {}
