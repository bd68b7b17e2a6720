"""What staff enter on an enquiry: who has it, how far it has got, what was decided, and by whom."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from daemon.casework import CaseworkError
from daemon.intake.revision import Revision
from daemon.model import Category, Criterion, Handling, Principals, Source
from daemon.store.meeting import PhoneContact
from tests.builders import NOW, OFFICE, a_classification, a_mail, a_policy, an_office_over
from tests.fakes import FakeOutlet

PERSON, CHIEF = f"colleague@{OFFICE}", f"chief@{OFFICE}"
OTHER = a_classification(category=Category.OTHER)
TODAY = NOW.date()


@pytest.fixture
def office(store):
    principals = Principals(ombudsman=f"ombudsman@{OFFICE}", chief_executive=CHIEF)
    return an_office_over(store, policy=a_policy(principals=principals))


def taken(office, found=OTHER, **mail):
    office.classifier.usual = found
    return office.take(a_mail(**mail)).reference


def update_clock(office, reference):
    clocks = office.view(reference)["deadlines"]
    return [c["due_on"] for c in clocks if c["kind"] == "update" and c["ended_at"] is None]


# Who has it (guide §1.13)


def test_an_enquiry_is_given_to_a_team_or_to_one_colleague(office):
    """They get the original, and are reminded from now on."""
    reference = taken(office)
    office.casework.assign(reference, to="intake", by="A. Name")
    office.casework.assign(reference, to="intake", person=PERSON, by="A. Name")
    view = office.view(reference)
    assert (view["team"], view["assigned_to"]) == ("intake", PERSON)
    notices = [one["recipient"] for one in office.letters_of(reference, "notice")]
    assert notices[-2:] == [f"team.intake@{OFFICE}", PERSON]


@pytest.mark.parametrize(
    ("how", "match"),
    [
        ({"to": "nobody"}, "no team"),
        ({"to": "intake", "person": "friend@home.example"}, "no address of the office"),
        ({"to": "intake", "person": CHIEF}, "is about"),
    ],
)
def test_what_cannot_hold_an_enquiry_is_refused(office, how, match):
    """An unknown team, a stranger, and whom it is about."""
    reference = taken(office)
    office.casework.set_subject(reference, CHIEF, by="A. Name")
    with pytest.raises(CaseworkError, match=match):
        office.casework.assign(reference, by="A. Name", **how)


# How far it has got (guide §1.20)


def test_an_update_makes_the_next_one_due_anew(office):
    """In ten working days, or by the next milestone."""
    reference = taken(office)
    assert update_clock(office, reference) == ["2026-12-07"]
    office.clock.move(days=4)
    said = office.casework.update(reference, by="A. Name", note="We have the file.")
    assert "Friday 11 December 2026" in said
    assert update_clock(office, reference) == ["2026-12-11"]
    on = date(2026, 12, 2)
    office.casework.add_milestone(reference, words="Draft", on=on, by="A. Name")
    assert update_clock(office, reference) == ["2026-12-02"]
    office.casework.pass_milestone(reference, 1, by="A. Name")
    assert update_clock(office, reference) == ["2026-12-11"]
    with pytest.raises(CaseworkError, match="no milestone 1"):
        office.casework.pass_milestone(reference, 1, by="A. Name")


def test_an_update_without_words_is_none(office):
    """Nor is an empty note, nor a milestone that has passed."""
    reference = taken(office)
    with pytest.raises(CaseworkError, match="how far"):
        office.casework.update(reference, by="A. Name", note=" ")
    with pytest.raises(CaseworkError, match="nothing to note"):
        office.casework.note(reference, by="A. Name", note="")
    yesterday = TODAY - timedelta(days=1)
    with pytest.raises(CaseworkError, match="has passed"):
        office.casework.add_milestone(reference, words="x", on=yesterday, by="A. Name")


def test_a_missing_update_is_chased_like_a_clock(office):
    """Where no reply is due at the same time: of both, the reply is spoken of."""
    mp = a_classification(
        category=Category.OTHER, source=Source.MP, criteria=(Criterion.MP_NON_ROUTINE,)
    )
    reference = taken(office, mp)
    office.sender.send_due(FakeOutlet())
    office.clock.now = NOW.replace(month=12, day=4, hour=9)
    office.sweeper.sweep()
    (letter,) = office.letters_of(reference, "reminder")
    assert letter["recipient"] == f"holder.customer-care@{OFFICE}"
    office.clock.now = NOW.replace(month=12, day=8, hour=9)
    office.sweeper.sweep()
    assert [one["recipient"] for one in office.letters_of(reference, "escalation")] == [
        f"ad.customer-care@{OFFICE}"
    ]


# Open again


def test_a_reopened_enquiry_has_the_dates_it_had(office):
    """Nothing that was decided is told again."""
    reference = taken(office)
    before = {c["kind"]: c["due_on"] for c in office.view(reference)["deadlines"]}
    office.clock.now = NOW.replace(day=30, hour=9)
    office.sweeper.sweep()
    reminded = office.letters_of(reference, "reminder")
    office.casework.replied(reference, by="A. Name")
    office.casework.reopen(reference, by="A. Name", note="It was another case.")
    view = office.view(reference)
    assert (view["status"], view["ended_at"]) == ("open", None)
    assert {c["kind"]: c["due_on"] for c in view["deadlines"] if not c["ended_at"]} == before
    office.sweeper.sweep()
    assert office.letters_of(reference, "reminder") == reminded
    with pytest.raises(CaseworkError, match="is open"):
        office.casework.reopen(reference, by="A. Name")


# Merging and splitting


def test_a_merged_enquiry_is_a_part_of_the_other(office):
    """Messages and parties move, the earlier of two clocks runs on, nothing is sent."""
    one = taken(office, sender="one@home.example", text="one")
    office.clock.move(days=3)
    other = taken(office, sender="other@home.example", text="other")
    letters = len(office.letters_of(other))
    office.casework.merge(one, into=other, by="A. Name")
    view, gone = office.view(other), office.view(one)
    assert (gone["status"], gone["merged_into"], gone["messages"]) == ("closed", other, [])
    assert len(view["messages"]) == 2
    assert set(view["parties"]) == {"one@home.example", "other@home.example"}
    running = {c["kind"]: c["due_on"] for c in view["deadlines"] if not c["ended_at"]}
    assert running["other"] == "2026-12-07"
    assert len(office.letters_of(other)) == letters
    with pytest.raises(CaseworkError, match="merged into"):
        office.casework.reopen(one, by="A. Name")


def test_what_is_held_or_the_same_is_not_merged(office):
    """Somebody waits for an answer there."""
    held = taken(office, a_classification(category=Category.NOT_AN_ENQUIRY), text="one")
    other = taken(office, text="other")
    with pytest.raises(CaseworkError, match="still held"):
        office.casework.merge(held, into=other, by="A. Name")
    with pytest.raises(CaseworkError, match="into itself"):
        office.casework.merge(other, into=other, by="A. Name")


def test_a_message_that_is_split_off_has_an_enquiry_of_its_own(office):
    """Routed, acknowledged and on the clock by its own receipt; linked to the first."""
    reference = taken(office, message_id="a@home.example")
    office.clock.move(days=2)
    taken(office, answers=["a@home.example"], text="Something else")
    second = office.view(reference)["messages"][1]["id"]
    revision = Revision(filing=office.intake.filing)
    said = office.casework.split(reference, message_id=second, by="A. Name", revision=revision)
    new = said.split()[-1].rstrip(".")
    view = office.view(new)
    assert (view["linked_to"], len(view["messages"])) == (reference, 1)
    assert len(office.letters_of(new)) == 1
    assert {c["kind"] for c in view["deadlines"]} == {"other", "ack", "update"}
    assert view["received_at"] == view["messages"][0]["received_at"]
    assert len(office.view(reference)["messages"]) == 1
    with pytest.raises(CaseworkError, match="none"):
        office.casework.split(reference, message_id=1, by="A. Name", revision=revision)


# Criteria, proposals, decisions (guide §2)


def test_a_criterion_is_raised_through_an_assistant_director(office):
    """§2.4-2.5: at any time; Intake's comes to Customer Care; it is put up for decision."""
    reference = taken(office, a_classification())
    with pytest.raises(CaseworkError, match="Assistant Director"):
        office.casework.raise_criterion(
            reference, Criterion.HIGH_PROFILE, assistant_director=" ", by="A", note="Press."
        )
    office.casework.raise_criterion(
        reference, Criterion.HIGH_PROFILE, assistant_director="B. Name", by="A", note="Press."
    )
    view = office.view(reference)
    assert [c["criterion"] for c in view["criteria"]] == ["high-profile"]
    assert (view["route"], view["registers"][0]["proposed"]) == ("customer-care", True)
    with pytest.raises(CaseworkError, match="already"):
        office.casework.raise_criterion(
            reference, Criterion.HIGH_PROFILE, assistant_director="B", by="A", note="x"
        )
    with pytest.raises(CaseworkError, match="who wrote"):
        office.casework.raise_criterion(
            reference, Criterion.COMMITTEE_CHAIR, assistant_director="B", by="A", note="x"
        )


def test_somebody_at_risk_is_alerted_to_whenever_it_is_seen(office):
    """At once, and until a person confirms."""
    reference = taken(office, a_classification())
    office.casework.raise_criterion(
        reference, Criterion.VULNERABLE, assistant_director="B", by="A", note="On the phone."
    )
    assert [one["recipient"] for one in office.letters_of(reference, "alert")] == [
        f"duty@{OFFICE}",
        f"second@{OFFICE}",
    ]
    office.clock.move(hours=1)
    office.sweeper.sweep()
    assert len(office.letters_of(reference, "alert")) == 4
    office.casework.confirm(reference, by="A. Name")


def test_a_proposal_about_one_of_the_two_goes_to_the_alternate(store):
    """And where nobody is named, it says what to do (process, "About us ourselves")."""
    principals = Principals(chief_executive=CHIEF, alternate=f"chair@{OFFICE}")
    office = an_office_over(store, policy=a_policy(principals=principals))
    reference = taken(office)
    office.casework.set_subject(reference, CHIEF, by="A. Name")
    office.casework.propose(reference, Handling.APPROVE, by="A. Name", note="The draft.")
    assert office.view(reference)["proposals"][0]["put_to"] == "alternate"
    told = [one["recipient"] for one in office.letters_of(reference, "notice")]
    assert told[-1] == f"chair@{OFFICE}"
    bare = a_policy(principals=Principals(chief_executive=CHIEF))
    without = an_office_over(store, policy=bare)
    with pytest.raises(CaseworkError, match="alternate under"):
        without.casework.propose(reference, Handling.APPROVE, by="A. Name", note="x")


def test_what_waits_leaves_the_hands_of_whom_it_is_about(store):
    """The proposal was put before anybody said whom the enquiry is about."""
    principals = Principals(chief_executive=CHIEF, alternate=f"chair@{OFFICE}")
    office = an_office_over(store, policy=a_policy(principals=principals))
    reference = taken(office)
    office.casework.propose(reference, Handling.APPROVE, by="A. Name", note="The draft.")
    assert office.view(reference)["proposals"][0]["put_to"] == "principals"
    office.casework.set_subject(reference, CHIEF, by="A. Name")
    assert office.view(reference)["proposals"][0]["put_to"] == "alternate"
    told = [one["recipient"] for one in office.letters_of(reference, "notice")]
    assert told.count(f"chair@{OFFICE}") == 1


def test_one_of_several_proposals_is_decided_by_its_number(office):
    """The criteria wait until the last is decided."""
    reference = taken(
        office, a_classification(category=Category.OTHER, criteria=(Criterion.LEGAL_CHALLENGE,))
    )
    for handling in (Handling.WATCHING_BRIEF, Handling.APPROVE):
        office.casework.propose(reference, handling, by="A. Name", note="Why.")
    office.casework.decide(reference, agreed=False, by="The Ombudsman", number=1)
    assert office.view(reference)["criteria"][0]["state"] == "proposed"
    office.casework.decide(reference, agreed=True, by="The Ombudsman", number=2)
    view = office.view(reference)
    assert [p["state"] for p in view["proposals"]] == ["declined", "agreed"]
    assert view["criteria"][0]["state"] == "accepted"
    with pytest.raises(CaseworkError, match="none"):
        office.casework.decide(reference, agreed=True, by="The Ombudsman")
    with pytest.raises(CaseworkError, match="no handling of a case"):
        office.casework.propose(reference, Handling.MONITOR, by="A. Name", note="x")


def test_what_people_agreed_survives_a_correction(office):
    """The message was taken for something else; the Ombudsman's decision stands."""
    from daemon.casework import Correction

    reference = taken(office)
    office.casework.propose(reference, Handling.WATCHING_BRIEF, by="A", note="Why.")
    office.casework.decide(reference, agreed=True, by="The Ombudsman")
    change = Correction(category=Category.COMPLAINT_ABOUT_US)
    revision = Revision(filing=office.intake.filing)
    office.casework.correct(reference, change, by="A. Name", revision=revision)
    assert "specific-handling" in [r["register"] for r in office.view(reference)["registers"]]


def test_an_enquiry_about_a_colleague_leaves_their_hands(office):
    """What is queued for them is withdrawn; dismissed, it is an enquiry like any other."""
    reference = taken(office)
    office.casework.assign(reference, to="intake", person=PERSON, by="A. Name")
    office.casework.set_subject(reference, PERSON, by="A. Name")
    assert office.view(reference)["assigned_to"] is None
    notices = {one["recipient"]: one["state"] for one in office.letters_of(reference, "notice")}
    assert notices[PERSON] == "cancelled"
    office.casework.dismiss_subject(reference, PERSON, by="A. Name")
    office.casework.assign(reference, to="intake", person=PERSON, by="A. Name")
    with pytest.raises(CaseworkError, match="Nothing says"):
        office.casework.dismiss_subject(reference, CHIEF, by="A. Name")
    with pytest.raises(CaseworkError, match="no address"):
        office.casework.set_subject(reference, "x@home.example", by="A. Name")


# The telephone (guide §1.17-1.19)


def test_private_office_answers_a_wish_to_be_called_back(office):
    """Yes or no, once."""
    reference = taken(office)
    with pytest.raises(CaseworkError, match="No call-back"):
        office.casework.answer_call_back(reference, agreed=True, by="P. Office")
    with office.store.write() as tx:
        enquiry = tx.enquiry(reference)
        tx.ask_call_back(enquiry.id, number="+441614960000", asked_for="ombudsman", by="A", now=NOW)
    assert "declined" in office.casework.answer_call_back(reference, agreed=False, by="P")
    assert office.view(reference)["call_backs"][0]["state"] == "no"


CALLER = PhoneContact(
    id=0,
    name="Zoë O'Brien-Núñez",
    case_reference="P-7731",
    instruction="Put through in the morning.",
    agreed_by="The Ombudsman",
    from_on=TODAY,
    review_on=None,
    until_on=None,
    numbers=("0161 496 0000", "+44 7700 900123"),
)


@pytest.mark.parametrize(
    ("words", "found"),
    [
        pytest.param("zoe", True, id="§1.21 a first name without its accent"),
        pytest.param("NUNEZ", True, id="§1.21 a part of a double name"),
        pytest.param("brien", True, id="§1.21 behind an apostrophe"),
        pytest.param("0161 4960000", True, id="§1.21 a number with other spaces"),
        pytest.param("(0044) 161-496-0000", True, id="§1.21 a number with its country"),
        pytest.param("07700900123", True, id="§1.21 another number of theirs"),
        pytest.param("oe", False, id="§1.21 not the middle of a name"),
        pytest.param("0161 496 0001", False, id="§1.21 another number"),
    ],
)
def test_a_caller_is_found_while_they_wait(office, words, found):
    """By the beginning of any part of the name, or by number however it is written."""
    office.casework.add_phone_contact(CALLER, by="A. Name")
    assert bool(office.casework.find_phone_contacts(words)) is found


def test_a_caller_stands_on_the_list_for_as_long_as_was_agreed(office):
    """Not before, not after, and not once they were taken off."""
    from dataclasses import replace

    tomorrow = TODAY + timedelta(days=1)
    later = replace(CALLER, from_on=tomorrow, until_on=tomorrow)
    office.casework.add_phone_contact(later, by="A. Name")
    for sees in (False, True, False):
        assert bool(office.casework.find_phone_contacts("zoe")) is sees
        office.clock.move(days=1)
    office.casework.add_phone_contact(replace(CALLER, name="Ann"), by="A. Name")
    office.casework.end_phone_contact(2, by="A. Name")
    assert office.casework.find_phone_contacts("ann") == []
    with pytest.raises(CaseworkError, match="no entry"):
        office.casework.end_phone_contact(2, by="A. Name")


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"name": " "}, "name"),
        ({"instruction": ""}, "what was agreed"),
        ({"agreed_by": ""}, "who agreed"),
        ({"numbers": ("12",)}, "no telephone number"),
        ({"until_on": TODAY - timedelta(days=1)}, "before the first"),
    ],
)
def test_an_entry_that_would_be_of_no_use_is_refused(office, change, match):
    """Whoever looks it up has seconds."""
    from dataclasses import replace

    with pytest.raises(CaseworkError, match=match):
        office.casework.add_phone_contact(replace(CALLER, **change), by="A. Name")


# The meeting (guide §1.22)


def test_an_action_has_words_an_owner_and_ends_once(office):
    """Whoever asked for it sees that it was done."""
    with pytest.raises(CaseworkError, match="by whom"):
        office.casework.add_action(words="x", owner=" ", due_on=TODAY, by="A. Name")
    office.casework.add_action(words="Write", owner="B. Name", due_on=TODAY, by="A. Name")
    assert "is done" in office.casework.finish_action(1, by="B. Name")
    with pytest.raises(CaseworkError, match="no open action"):
        office.casework.finish_action(1, by="B. Name")


@pytest.mark.parametrize(
    "act",
    [
        lambda c: c.update("PH-00000-00000", by="A", note="x"),
        lambda c: c.merge("PH-00000-00000", into="PH-00000-00000", by="A"),
        lambda c: c.propose("PH-00000-00000", Handling.APPROVE, by="A", note="x"),
        lambda c: c.reopen("PH-00000-00000", by="A"),
    ],
)
def test_what_is_not_there_is_said_so(office, act):
    """By its reference."""
    with pytest.raises(CaseworkError, match="PH-00000-00000"):
        act(office.casework)
