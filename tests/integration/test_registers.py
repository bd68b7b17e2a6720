"""The registers and lists: what stands on each, for whose eyes, and what comes first."""

from __future__ import annotations

from datetime import timedelta

import pytest

from daemon.deadlines import london_date
from daemon.model import Box, Category, Criterion, Handling, Register, Source
from daemon.registers import ACTIONS, DECISIONS, LISTS, table_of
from daemon.store.meeting import PhoneContact
from daemon.store.registers import Filter
from tests.builders import NOW, OFFICE, a_classification, a_mail, an_office_over

OTHER = a_classification(category=Category.OTHER)
MP = a_classification(
    category=Category.OTHER, source=Source.MP, criteria=(Criterion.MP_NON_ROUTINE,)
)
CHAIR = a_classification(
    category=Category.OTHER, source=Source.COMMITTEE_CHAIR, criteria=(Criterion.COMMITTEE_CHAIR,)
)
LEGAL = a_classification(category=Category.OTHER, criteria=(Criterion.LEGAL_CHALLENGE,))
ROUTINE = a_classification(source=Source.MP, routine=True)


@pytest.fixture
def office(store):
    return an_office_over(store)


def taken(office, found, **mail):
    office.classifier.usual = found
    return office.take(
        a_mail(**{"text": f"Letter {office.clock().isoformat()} {mail}", **mail})
    ).reference


def listed(office, name, **how):
    with office.store.read() as tx:
        return table_of(tx, name, office.policy, now=office.clock(), **how)


def references(office, name, **how):
    found = listed(office, name, **how)
    column = found.columns.index("Reference" if "Reference" in found.columns else "Enquiry")
    return [row[column] for row in found.rows]


def cell(found, row, column):
    return found.rows[row][found.columns.index(column)]


@pytest.mark.parametrize(
    ("found", "registers"),
    [
        pytest.param(a_classification(), set(), id="§1.4 a plain new complaint: on none"),
        pytest.param(ROUTINE, set(), id="§1.3 a routine referral: on none"),
        pytest.param(OTHER, {"central-assurance"}, id="§1.8 any other enquiry"),
        pytest.param(
            MP, {"central-assurance", "mp-oversight"}, id="§1.11 an MP's, no routine referral"
        ),
        pytest.param(
            CHAIR,
            {"central-assurance", "mp-oversight", "specific-handling"},
            id="§1.4 a committee chair's letter at once",
        ),
        pytest.param(
            LEGAL, {"central-assurance"}, id="§2.3 a proposal stands on central assurance"
        ),
    ],
)
def test_an_enquiry_stands_on_its_registers(office, found, registers):
    """And on no other."""
    reference = taken(office, found)
    on = {one for one in Register if one not in {"case-referrals", "phone-calls"}}
    assert {one for one in on if reference in references(office, one)} == registers


def test_an_entry_says_who_what_when_and_by_when(office):
    """All that process.md asks of an entry."""
    reference = taken(office, LEGAL, sender="writer@home.example", subject="My case")
    office.casework.update(reference, by="A. Name", note="Counsel was asked.")
    on = london_date(NOW) + timedelta(days=3)
    office.casework.add_milestone(reference, words="Counsel answers", on=on, by="A. Name")
    office.casework.propose(reference, Handling.WATCHING_BRIEF, by="A. Name", note="Tell us.")
    found = listed(office, "central-assurance")
    assert dict(zip(found.columns, found.rows[0], strict=True)) == {
        "Reference": reference,
        "Standing": "Open; proposed, to be decided",
        "From": "writer@home.example",
        "About": "My case",
        "Received": "2026-11-23 10:00",
        "What": "Other enquiry",
        "Who wrote": "a complainant",
        "Signs for specific handling": "a possible legal challenge to the office",
        "With": "Customer Care",
        "Will reply": "Legal",
        "Reply due": "2026-12-07",
        "Clock": "reply",
        "Next update": "2026-11-26",
        "Milestones": "2026-11-26: Counsel answers",
        "Latest update": "2026-11-23: Counsel was asked.",
        "Handling": "watching-brief (waiting): Tell us.",
        "Arrangements": "",
    }


def test_what_is_overdue_comes_first_and_is_said_in_words(office):
    """Then what is due soonest."""
    late = taken(office, OTHER)
    office.clock.move(days=10)
    soon = taken(office, OTHER)
    mp = taken(office, MP)
    office.clock.move(days=6)
    found = listed(office, "central-assurance")
    assert [row[0] for row in found.rows] == [late, soon, mp]
    assert found.overdue == frozenset({0})
    assert cell(found, 0, "Standing") == "Overdue"
    today = london_date(office.clock())
    assert references(office, "central-assurance", wanted=Filter(overdue_on=today)) == [late]


def test_what_is_closed_is_listed_when_asked_for(office):
    """A register is not emptied by a reply."""
    reference = taken(office, OTHER)
    office.casework.replied(reference, by="A. Name")
    assert references(office, "central-assurance") == []
    everything = Filter(open_only=False)
    assert references(office, "central-assurance", wanted=everything) == [reference]


@pytest.mark.parametrize("about", ["resident@home", "MY LET", "A. Resi"])
def test_entries_are_found_by_sender_subject_or_reference(office, about):
    """However it is written."""
    reference = taken(office, OTHER, subject="My letter")
    assert references(office, "central-assurance", wanted=Filter(about=about)) == [reference]
    assert references(office, "central-assurance", wanted=Filter(about="nobody")) == []
    by_reference = Filter(about=reference[3:8])
    assert references(office, "central-assurance", wanted=by_reference) == [reference]
    assert references(office, "central-assurance", wanted=Filter(team="intake")) == []


def test_an_mps_letter_joins_specific_handling_only_by_a_further_criterion(office):
    """It stands on MP oversight instead (process, registers)."""
    mp = taken(office, MP)
    office.casework.propose(mp, Handling.APPROVE, by="A. Name", note="The draft first.")
    office.casework.decide(mp, agreed=True, by="The Ombudsman")
    assert references(office, "specific-handling") == []
    office.casework.raise_criterion(
        mp, Criterion.HIGH_PROFILE, assistant_director="B. Name", by="A. Name", note="Press."
    )
    office.casework.decide(mp, agreed=True, by="The Ombudsman")
    assert references(office, "specific-handling") == [mp]


@pytest.mark.parametrize("agreed", [True, False])
def test_what_is_decided_leaves_the_decisions_wanted(office, agreed):
    """Agreed, it stands on specific handling (guide §2.7); declined, on central assurance."""
    reference = taken(office, LEGAL)
    assert references(office, DECISIONS) == [reference]
    office.casework.propose(reference, Handling.WATCHING_BRIEF, by="A. Name", note="Why.")
    wanted = listed(office, DECISIONS)
    assert [(row[0], row[2], row[3]) for row in wanted.rows] == [
        ("Proposal", reference, "watching-brief")
    ]
    office.casework.decide(reference, agreed=agreed, by="The Ombudsman", note="Yes.")
    assert references(office, DECISIONS) == []
    assert references(office, "specific-handling") == ([reference] if agreed else [])
    assert cell(listed(office, "central-assurance"), 0, "Standing") == "Open"


def test_a_case_is_referred_by_its_assistant_director(office):
    """§1.21, 2.5: an enquiry of ours, or a case that is none; decided, it leaves the list."""
    reference = taken(office, OTHER)
    for case, kind in ((reference, "uphold"), ("P-7731", "decision")):
        office.casework.refer(
            case,
            kind=kind,
            assistant_director="B. Name",
            team="intake",
            words="Please decide.",
            by="A. Name",
        )
    found = listed(office, "case-referrals")
    assert [(row[0], row[1], row[2], row[5]) for row in found.rows] == [
        (1, reference, "uphold", "B. Name"),
        (2, "P-7731", "decision", "B. Name"),
    ]
    assert "after an upheld review" in str(listed(office, "central-assurance").rows[0])
    office.casework.decide_referral(1, words="Agreed.", by="The Ombudsman")
    assert [row[0] for row in listed(office, "case-referrals").rows] == [2]
    everything = listed(office, "case-referrals", wanted=Filter(open_only=False))
    assert cell(everything, 1, "Decision") == "Agreed. (The Ombudsman)"


def test_callers_who_may_be_put_through_stand_on_the_list(office):
    """§1.18, 1.21: until their last day, and what is due for review says so."""
    today = london_date(NOW)
    for name, until in (("Ana Ruiz", None), ("Bo Lim", today)):
        contact = PhoneContact(
            id=0,
            name=name,
            case_reference="P-1",
            instruction="Put through in the morning.",
            agreed_by="The Ombudsman",
            from_on=today,
            review_on=today,
            until_on=until,
            numbers=("0161 496 0000",),
        )
        office.casework.add_phone_contact(contact, by="A. Name")
    assert [row[1] for row in listed(office, "phone-calls").rows] == ["Ana Ruiz", "Bo Lim"]
    office.clock.move(days=1)
    (only,) = listed(office, "phone-calls").rows
    assert only[1:3] == ("Ana Ruiz", "+441614960000")
    assert "due for review" in str(only)


def test_actions_stand_until_they_are_done(office):
    """§1.22: with their owner and date; what is late says so."""
    today = london_date(NOW)
    for days in (5, -1):
        office.casework.add_action(
            words="Write to the trust",
            owner="B. Name",
            due_on=today + timedelta(days=days),
            by="A. Name",
        )
    found = listed(office, ACTIONS)
    assert [cell(found, n, "Standing") for n in (0, 1)] == ["Overdue", "Open"]
    assert found.overdue == frozenset({0})
    office.casework.finish_action(2, by="A. Name")
    assert len(listed(office, ACTIONS).rows) == 1


@pytest.mark.parametrize("name", ["central-assurance", DECISIONS, "case-referrals", ACTIONS])
def test_whom_an_entry_is_about_sees_a_number_only(office, name):
    """Process, "About us ourselves"; everybody else sees it, and that it is restricted."""
    person = f"director@{OFFICE}"
    reference = taken(office, LEGAL)
    office.casework.refer(
        reference, kind="input", assistant_director="B", team="intake", words="W", by="A"
    )
    office.casework.add_action(
        words="W", owner="B", due_on=london_date(NOW), by="A", reference=reference
    )
    office.casework.set_subject(reference, person, by="A. Name")
    theirs = listed(office, name, reader=person)
    assert theirs.rows == ()
    assert theirs.restricted >= 1
    others = listed(office, name, reader=f"somebody@{OFFICE}")
    assert reference in str(others.rows)
    assert others.restricted == 0


def test_social_media_about_a_case_stands_on_central_assurance(office):
    """§1.16."""
    reference = taken(office, a_classification(category=Category.OTHER, individual_case=True))
    assert Box.X_DM.is_social
    assert reference in references(office, "central-assurance")


def test_every_list_can_be_read_when_empty(office):
    """And none is forgotten."""
    for name in LISTS:
        assert listed(office, name).rows == ()
    with pytest.raises(KeyError):
        listed(office, "no-such-list")


def test_many_entries_take_few_queries(office):
    """A register of hundreds is read at once, not entry by entry."""
    from sqlalchemy import event

    for number in range(30):
        taken(office, OTHER, sender=f"w{number}@home.example", text=str(number))
    seen = []
    with office.store.read() as tx:
        event.listen(tx.connection, "before_cursor_execute", lambda *a: seen.append(a[2]))
        assert len(table_of(tx, "central-assurance", office.policy, now=NOW).rows) == 30
    assert len(seen) <= 12
