"""Which clocks start: the paragraph of that name, line by line."""

from __future__ import annotations

from datetime import date

import pytest

from daemon.model import Box, Category, ClockKind, Criterion, Skip, Source
from tests.builders import a_classification, a_message, decided

MP = {"source": Source.MP, "criteria": (Criterion.MP_NON_ROUTINE,)}
CHAIR = {"source": Source.COMMITTEE_CHAIR, "criteria": (Criterion.COMMITTEE_CHAIR,)}
FOI = {"category": Category.FOI_DPA}
K = ClockKind


def kinds(decision):
    return [clock.kind.value for clock in decision.deadlines]


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        pytest.param({}, ["other"], id="new-complaint"),
        pytest.param({"category": Category.OTHER}, ["other"], id="other"),
        pytest.param({"category": Category.PERSONAL_INTEREST}, ["other"], id="personal-interest"),
        pytest.param({"category": Category.FOLLOW_UP_DECISION}, ["other"], id="follow-up"),
        pytest.param({"category": Category.NOT_AN_ENQUIRY}, ["other"], id="proposed-set-aside"),
        pytest.param({"category": Category.COMPLAINT_ABOUT_US}, ["service"], id="about-us"),
        pytest.param({"category": Category.FOLLOW_UP_CUSTOMER_CARE}, ["service"], id="its-follow"),
        pytest.param(FOI, ["foi"], id="unclear-is-foi"),
        pytest.param(FOI | {"matters": (K.FOI,)}, ["foi"], id="foi"),
        pytest.param(FOI | {"matters": (K.FOI_REVIEW,)}, ["foi-review"], id="foi-review"),
        pytest.param(FOI | {"matters": (K.EIR,)}, ["eir"], id="eir"),
        pytest.param(FOI | {"matters": (K.EIR_REVIEW,)}, ["eir-review"], id="eir-review"),
        pytest.param(FOI | {"matters": (K.DPA,)}, ["dpa"], id="dpa"),
        pytest.param(FOI | {"matters": (K.FOI, K.DPA)}, ["foi", "dpa"], id="both-where-both"),
        pytest.param({"category": Category.ICO_DECISION}, ["ico"], id="ico-decision"),
        pytest.param(
            {"category": Category.OTHER, "source": Source.ICO, "matters": (K.ICO,)},
            ["ico"],
            id="another-letter-of-the-ico",
        ),
        pytest.param(MP, ["mp"], id="mp-replaces-other"),
        pytest.param(
            MP | {"category": Category.COMPLAINT_ABOUT_US}, ["mp"], id="mp-replaces-service"
        ),
        pytest.param(MP | {"to_be_sorted": True}, ["mp"], id="mp-while-it-is-to-be-sorted"),
        pytest.param(MP | FOI, ["mp", "foi"], id="legal-clocks-stand-beside-mp"),
        pytest.param(
            MP | {"category": Category.ICO_DECISION}, ["mp", "ico"], id="ico-stands-beside-mp"
        ),
        pytest.param(CHAIR | {"category": Category.OTHER}, ["mp"], id="chair-on-oversight"),
        pytest.param(CHAIR, ["other"], id="chairs-new-complaint"),
        pytest.param(
            {"source": Source.MP, "routine": True}, ["other"], id="routine-referral-to-intake"
        ),
        pytest.param(FOI | {"to_be_sorted": True}, ["other"], id="all-to-be-sorted"),
        pytest.param(
            {"category": Category.COMPLAINT_ABOUT_US, "to_be_sorted": True},
            ["other"],
            id="a-category-not-decided-sets-no-clock",
        ),
        pytest.param(
            {"category": Category.COMPLAINT_ABOUT_US, "matters": (K.DPA_COMPLAINT,)},
            ["service", "dpa-complaint"],
            id="dpa-complaint-beside-any-category",
        ),
        pytest.param(
            {"to_be_sorted": True, "matters": (K.DPA_COMPLAINT,)},
            ["other", "dpa-complaint"],
            id="dpa-complaint-while-to-be-sorted",
        ),
        pytest.param(
            {"criteria": (Criterion.VULNERABLE,)}, ["other", "vulnerable"], id="with-the-alert"
        ),
        pytest.param(
            MP | {"category": Category.NOT_AN_ENQUIRY}, ["other"], id="no-mp-clock-on-no-enquiry"
        ),
        pytest.param(
            CHAIR | {"category": Category.NOT_AN_ENQUIRY},
            ["other"],
            id="no-chairs-clock-on-no-enquiry",
        ),
        pytest.param(
            {"category": Category.NOT_AN_ENQUIRY, "automation": Skip.BULK}, [], id="set-aside-none"
        ),
    ],
)
def test_an_enquiry_starts_its_clocks(found, expected):
    """By category, source and what is asked; `ack` is no part of the decision."""
    assert kinds(decided(found=a_classification(**found))) == expected


@pytest.mark.parametrize("box", [Box.OMBUDSMAN, Box.INTAKE, Box.POST, Box.PHONE, Box.X_MENTION])
def test_the_box_does_not_change_the_clocks(box):
    """What is passed to Intake or stands on social media has a date as well."""
    assert kinds(decided(a_message(box=box))) == ["other"]


@pytest.mark.parametrize(
    "kind", [k for k in K if k not in {K.ACK, K.VULNERABLE, K.OTHER, K.UPDATE}]
)
def test_every_clock_of_the_table_can_be_started(kind):
    """None of the kinds is forgotten."""
    by_category = {
        K.MP: MP,
        K.ICO: {"category": Category.ICO_DECISION},
        K.SERVICE: {"category": Category.COMPLAINT_ABOUT_US},
    }
    found = by_category.get(kind, FOI | {"matters": (kind,)})
    assert kind.value in kinds(decided(found=a_classification(**found)))


def test_a_decision_notice_runs_from_its_own_date():
    """30 days from the notice, not from its receipt; an appeal is noted at 28."""
    found = a_classification(category=Category.ICO_DECISION, notice_on=date(2026, 11, 16))
    (clock,) = decided(found=found).deadlines
    assert clock.due_on == date(2026, 12, 16)
    assert clock.appeal_by_on == date(2026, 12, 14)


def test_the_date_that_a_notice_states_wins():
    """Where it gives one."""
    found = a_classification(category=Category.ICO_DECISION, reply_by_on=date(2026, 12, 1))
    (clock,) = decided(found=found).deadlines
    assert clock.due_on == date(2026, 12, 1)


def test_another_letter_of_the_ico_has_20_working_days():
    """It is no decision notice, so there is no appeal to note."""
    found = a_classification(
        category=Category.OTHER, source=Source.ICO, matters=(K.ICO,), notice_on=date(2026, 11, 2)
    )
    (clock,) = decided(found=found).deadlines
    assert clock.due_on == date(2026, 12, 21)
    assert clock.appeal_by_on is None


def test_dates_of_the_ico_leave_other_clocks_alone():
    """Only the `ico` clock looks at them."""
    found = a_classification(
        **(MP | {"category": Category.ICO_DECISION}), reply_by_on=date(2026, 12, 1)
    )
    mp, ico = decided(found=found).deadlines
    assert (mp.kind, mp.due_on) == (K.MP, date(2026, 12, 21))
    assert (ico.kind, ico.due_on) == (K.ICO, date(2026, 12, 1))
