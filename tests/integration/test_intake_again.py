"""Taking in: another sighting of a message, through a door that makes more of it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from daemon.model import Box, Category, InboxRole, Outcome, Skip
from daemon.store import schema
from tests.builders import (
    NOW,
    OFFICE,
    a_classification,
    a_mail,
    a_policy,
    a_raw,
    a_team,
    an_inbox,
    an_office_over,
)
from tests.integration.taking_in import (
    AT_CARE,
    AT_INTAKE,
    AT_OMBUDSMAN,
    count,
    events,
    kinds_queued,
    rows,
)

AT_BOUNCES = an_inbox("returns", role=InboxRole.BOUNCES, address=f"returns@{OFFICE}")
OPENS_NOTHING = {
    "sent": an_inbox("sent", role=InboxRole.SENT),
    "bounces": AT_BOUNCES,
    "history": an_inbox("old", go_live_at=NOW + timedelta(days=1)),
}
BULK = a_classification(category=Category.NOT_AN_ENQUIRY, automation=Skip.BULK)
OTHERWISE = b"Received: by another road\r\n"


@pytest.fixture
def office(store):
    return an_office_over(store)


def acknowledgements(store):
    return [to for kind, to, _ in kinds_queued(store) if kind == "acknowledgement"]


# What opened nothing


@pytest.mark.parametrize("door", OPENS_NOTHING.values(), ids=OPENS_NOTHING)
def test_what_opened_nothing_is_an_enquiry_by_the_door_that_opens(store, office, door):
    """Which copy is seen first is chance; it is acknowledged once, however often it is seen."""
    mail = a_mail(message_id="a@home.example")
    first = office.take(mail, door)
    assert (first.reference, acknowledgements(store)) == ("", [])
    second = office.take(OTHERWISE + mail, AT_CARE)
    assert (second.state, second.outcome) == ("stored", Outcome.OPENED)
    assert second.message_id == first.message_id
    third = office.take(b"Received: thirdly\r\n" + mail, AT_INTAKE)
    assert third.state == "repeated"
    assert rows(store, schema.message, "inbox", "outcome", "enquiry_id") == [("care", "opened", 1)]
    assert (count(store)["enquiry"], count(store)["receipt"]) == (1, 3)
    assert acknowledgements(store) == ["resident@home.example"]
    assert office.view(second.reference)["parties"] == ["resident@home.example"]


def test_a_copy_that_a_list_brought_does_not_silence_the_one_that_came_itself(store, office):
    """The first was set aside for its headers, the second has none such."""
    mail = a_mail(message_id="a@home.example")
    office.classifier.usual = BULK
    assert office.take(OTHERWISE + mail).outcome is Outcome.SET_ASIDE
    office.classifier.usual = a_classification()
    assert office.take(mail).outcome is Outcome.OPENED
    assert rows(store, schema.message, "outcome", "skip", "route") == [("opened", None, "intake")]
    assert acknowledgements(store) == ["resident@home.example"]


def test_a_reply_that_was_first_seen_at_another_door_joins(store, office):
    """No enquiry of its own and no second answer."""
    first = office.take(a_mail(message_id="a@home.example"))
    reply = a_mail(message_id="b@home.example", answers=["a@home.example"], text="Any news?")
    assert office.take(reply, AT_BOUNCES).outcome is Outcome.INTERNAL
    again = office.take(OTHERWISE + reply)
    assert (again.outcome, again.reference) == (Outcome.JOINED, first.reference)
    assert [m["outcome"] for m in office.view(first.reference)["messages"]] == ["opened", "joined"]
    assert acknowledgements(store) == ["resident@home.example"]


def test_an_enquiry_counts_from_the_first_sighting_that_opened_nothing(office):
    """It reached the office then, by whatever door."""
    mail = a_mail(message_id="a@home.example")
    office.take(mail, AT_BOUNCES, at=NOW - timedelta(days=3))
    reference = office.take(OTHERWISE + mail, at=NOW).reference
    view = office.view(reference)
    assert view["received_at"] == (NOW - timedelta(days=3)).isoformat()
    assert {d["due_on"] for d in view["deadlines"] if d["kind"] == "other"} == {"2026-12-04"}


def test_a_mailbox_numbered_anew_opens_nothing_of_what_was_set_aside(store, office):
    """The same bytes through the same door are decided once, whatever the rules say today."""
    mail = a_mail(message_id="a@home.example")
    office.classifier.usual = BULK
    office.take(mail)
    office.classifier.usual = a_classification()
    office.clock.move(days=400)
    assert office.take(mail).state == "repeated"
    assert (count(store)["enquiry"], count(store)["outbox"]) == (0, 0)


@pytest.mark.parametrize("added", [b"", OTHERWISE], ids=["same-bytes", "other-bytes"])
def test_history_that_comes_with_another_time_of_arrival_stays_history(store, office, added):
    """A mailbox that was moved to another server: nobody is answered, and nothing is marked."""
    mail, live = a_mail(message_id="a@home.example"), an_inbox(go_live_at=NOW)
    assert office.take(mail, live, at=NOW - timedelta(days=2)).is_settled is False
    office.clock.move(hours=1)
    again = office.take(added + mail, live, at=office.clock())
    assert (again.state, again.is_settled) == ("repeated", False)
    assert (count(store)["enquiry"], count(store)["outbox"]) == (0, 0)


def test_copies_that_were_cut_in_different_places_are_one_message(store, office):
    """Of a mail too big to be had whole, what is attached is not all there."""

    def cut(end: int) -> bytes:
        head = a_mail(message_id="a@home.example").partition(b"Content-Type")[0]
        return (
            head
            + b'Content-Type: multipart/mixed; boundary="b"\n\n--b\nContent-Type: text/plain\n\n'
            + b"Please look into this.\n--b\nContent-Type: application/pdf\n\n"
            + b"%PDF words and more words"[:end]
        )

    whole = [a_raw(cut(end), external_id=f"1:{end}", complete=False) for end in (12, 20)]
    assert [office.take(one).state for one in whole] == ["stored", "repeated"]
    assert count(store)["enquiry"] == 1


# What Intake alone had


def test_what_intake_alone_had_is_customer_cares_once_the_ombudsman_has_it_too(store, office):
    """Guide §1.6: with its register and a notice; the writer is answered once."""
    mail = a_mail(message_id="a@home.example")
    reference = office.take(mail).reference
    assert office.view(reference)["route"] == "intake"
    office.take(OTHERWISE + mail, AT_OMBUDSMAN)
    view = office.view(reference)
    assert (view["route"], view["team"]) == ("customer-care", "customer-care")
    assert [r["register"] for r in view["registers"]] == ["central-assurance"]
    office.take(b"Received: thirdly\r\n" + mail, an_inbox("ceo", box=Box.CEO))
    notices = [to for kind, to, _ in kinds_queued(store) if kind == "notice"]
    assert notices == [f"team.intake@{OFFICE}", f"team.customer-care@{OFFICE}"]
    assert acknowledgements(store) == ["resident@home.example"]
    assert events(store).count("enquiry_rerouted") == 1


def test_it_stays_with_customer_care_whichever_copy_comes_first(store, office):
    """A copy at Intake takes nothing away."""
    mail = a_mail(message_id="a@home.example")
    reference = office.take(mail, AT_OMBUDSMAN).reference
    before = kinds_queued(store)
    assert office.take(OTHERWISE + mail, AT_INTAKE).state == "repeated"
    assert office.view(reference)["route"] == "customer-care"
    assert kinds_queued(store) == before


def test_what_has_ended_is_not_taken_from_intake(store, office):
    """Nobody is sent a notice of what is done."""
    mail = a_mail(message_id="a@home.example")
    reference = office.take(mail).reference
    office.casework.close(reference, by="A. Name")
    before = kinds_queued(store)
    office.take(OTHERWISE + mail, AT_OMBUDSMAN)
    assert office.view(reference)["route"] == "intake"
    assert kinds_queued(store) == before


def test_it_is_taken_from_intake_though_the_notice_cannot_be_written(store):
    """The register and the way count for more than the letter about them."""
    teams = {**a_policy().teams, "customer-care": a_team("customer-care", mailbox="c@else.example")}
    office = an_office_over(store, policy=a_policy(teams=teams))
    mail = a_mail(message_id="a@home.example")
    reference = office.take(mail).reference
    assert office.take(OTHERWISE + mail, AT_OMBUDSMAN).state == "repeated"
    assert office.view(reference)["route"] == "customer-care"
    assert "notice_not-written" in events(store)
