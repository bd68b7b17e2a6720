"""Rules of the process that show only over several messages and hours, on both databases."""

from __future__ import annotations

from datetime import timedelta

import pytest

from daemon.model import Box, Category, Criterion
from tests.builders import (
    NOW,
    OFFICE,
    a_classification,
    a_directory,
    a_mail,
    a_policy,
    an_inbox,
    an_office_over,
    text_of,
)
from tests.fakes import FakeOutlet

RESIDENT = "resident@home.example"
FIRST = "first@home.example"


@pytest.fixture
def office(store):
    office = an_office_over(store)
    office.classifier.usual = a_classification(category=Category.OTHER)
    return office


def sent_to(office, recipient):
    """What everybody's outlet sends now to somebody, as texts."""
    outlet = FakeOutlet()
    office.sender.send_due(outlet)
    return [text_of(one.content) for one in outlet.sent if one.recipient == recipient]


FURTHER = {
    "§1.2 a further message in an enquiry still open": {
        "content": a_mail(text="One thing more.", answers=[FIRST]),
    },
    "§1.9 the same mail in another of our boxes": {
        "content": a_mail(message_id=FIRST),
        "inbox": an_inbox("intake", box=Box.INTAKE),
    },
    "§1.9 the same mail in the same box again": {"content": a_mail(message_id=FIRST)},
}


@pytest.mark.parametrize("again", FURTHER.values(), ids=FURTHER)
def test_an_enquiry_gets_one_acknowledgement(office, again):
    """Whatever else comes in about it while it is open."""
    first = office.take(a_mail(message_id=FIRST))
    office.take(**again)
    assert len(sent_to(office, RESIDENT)) == 1
    assert len(office.letters_of(first.reference)) == 1


@pytest.mark.parametrize(
    "ending",
    [
        pytest.param("replied", id="§1.2 replied to: a follow-up"),
        pytest.param("close", id="§1.2 closed: a follow-up"),
    ],
)
def test_what_comes_after_the_end_is_a_linked_enquiry_of_its_own(office, ending):
    """With its own acknowledgement: that is what follow-up means."""
    first = office.take(a_mail(message_id=FIRST)).reference
    getattr(office.casework, ending)(first, by="A. Name")
    second = office.take(a_mail(text="I do not agree.", answers=[FIRST])).reference
    assert second != first
    assert office.view(second)["linked_to"] == first
    assert len(office.letters_of(second)) == 1


def test_of_several_receipts_the_earliest_counts(office):
    """§1.1 house: the clock follows, whichever copy is seen first."""
    content = a_mail(message_id=FIRST)
    reference = office.take(content, at=NOW).reference
    earlier = NOW - timedelta(days=3)
    office.take(content, an_inbox("intake", box=Box.INTAKE), at=earlier)
    view = office.view(reference)
    assert view["received_at"] == earlier.isoformat()
    due = {clock["kind"]: clock["due_on"] for clock in view["deadlines"]}
    assert due["other"] == "2026-12-04"  # ten working days from Friday 20 November


def test_an_acknowledgement_tells_nothing_from_a_message(office):
    """§1.9: neither what they wrote nor what they quoted."""
    quoted = "On Monday you wrote:\n> the marker of an earlier letter"
    office.take(a_mail(subject="A telling subject", text=f"A telling word.\n\n{quoted}"))
    (text,) = sent_to(office, RESIDENT)
    for told in ("telling", "marker", "earlier letter"):
        assert told not in text


@pytest.mark.parametrize(
    ("confirmed", "after", "goes"),
    [
        pytest.param(False, {"minutes": 59}, False, id="house: it waits for a duty officer"),
        pytest.param(False, {"hours": 1}, True, id="house: nobody acted within the hour"),
        pytest.param(True, {"days": 1}, False, id="house: confirmed, it waits for their word"),
    ],
)
def test_whoever_may_be_at_risk_is_answered_by_a_person_within_the_hour(
    office, confirmed, after, goes
):
    """Else the general acknowledgement goes by itself."""
    office.classifier.usual = a_classification(
        category=Category.OTHER, criteria=(Criterion.VULNERABLE,)
    )
    reference = office.take(a_mail()).reference
    if confirmed:
        office.casework.confirm(reference, by="A. Name")
    office.clock.move(**after)
    office.sweeper.sweep()
    assert bool(sent_to(office, RESIDENT)) is goes


def test_an_alert_climbs_until_a_person_confirms_it(office):
    """House: after an hour every half hour, on any day; then it is silent."""
    office.classifier.usual = a_classification(
        category=Category.OTHER, criteria=(Criterion.VULNERABLE,)
    )
    reference = office.take(a_mail()).reference
    heard = [len(sent_to(office, f"duty@{OFFICE}"))]
    for minutes in (60, 30, 30, 30, 30, 30):
        office.clock.move(minutes=minutes)
        office.sweeper.sweep()
        heard.append(len(sent_to(office, f"duty@{OFFICE}")))
    assert heard == [1] * 7
    office.casework.confirm(reference, by="A. Name")
    office.clock.move(hours=5)
    office.sweeper.sweep()
    assert sent_to(office, f"duty@{OFFICE}") == []


@pytest.mark.parametrize(
    ("answer", "stands"),
    [
        pytest.param("replied", [], id="§1.11 a reply that a person recorded ends every clock"),
        pytest.param("", ["other"], id="§1.11 until then it runs"),
    ],
)
def test_a_reply_ends_the_clock(office, answer, stands):
    """And no reminder comes after it."""
    reference = office.take(a_mail()).reference
    if answer:
        getattr(office.casework, answer)(reference, by="A. Name")
    clocks = office.view(reference)["deadlines"]
    running = [one["kind"] for one in clocks if one["ended_at"] is None]
    assert [kind for kind in running if kind == "other"] == stands


def test_a_form_tool_is_a_party_to_nobodys_enquiry(store):
    """§1.2: else whoever uses the form could join another's enquiry."""
    tool = "forms@web.example"
    policy = a_policy(directory=a_directory(form_tools=frozenset({tool})))
    office = an_office_over(store, policy=policy)
    form = a_mail(sender=tool, headers=[("Reply-To", RESIDENT)])
    assert office.view(office.take(form).reference)["parties"] == [RESIDENT]
