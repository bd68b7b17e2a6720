"""Handling arrangements (guide §1.5, 1.10, 2.7): whom they meet, what follows, and their end."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from daemon.casework import CaseworkError, Correction
from daemon.intake.revision import Revision
from daemon.model import Arrangement, Category, Criterion, Handling
from daemon.reviews import Reviewer
from tests.builders import NOW, OFFICE, a_classification, a_mail, a_policy, an_office_over, text_of

TODAY = NOW.date()
WATCHER = f"watcher@{OFFICE}"


@pytest.fixture
def office(store):
    return an_office_over(store)


def an_arrangement(**changes):
    values = {
        "id": "one",
        "addresses": ("resident@home.example",),
        "instruction": "The manager answers.",
        "requested_by": "the Ombudsman",
    }
    return Arrangement(**{**values, **changes})


def agreed(office, **changes):
    office.casework.set_arrangement(an_arrangement(**changes), by="A. Name")


def taken(office, **mail):
    return office.view(office.take(a_mail(**mail)).reference)


ABOUT = {
    "addresses": (("resident@home.example",), {}),
    "domains": (("home.example",), {}),
    "names": (("Ána  Resident",), {"sender": '"ana resident" <ana@elsewhere.example>'}),
    "references": (("P-77310",), {"subject": "My case p-77310"}),
    "themes": (("eastern rail",), {"text": "About the Eastern Rail closures."}),
}


@pytest.mark.parametrize("key", ABOUT, ids=[f"§1.5 by {key}" for key in ABOUT])
def test_who_meets_an_arrangement_goes_to_customer_care_first(office, key):
    """Before any other action; without it the same mail goes to Intake."""
    meets, mail = ABOUT[key]
    assert taken(office, text="before", sender="x@else.example")["route"] == "intake"
    agreed(office, **{"addresses": (), key: meets})
    view = taken(office, **mail)
    assert view["route"] == "customer-care"
    assert [one["arrangement"] for one in view["arrangements"]] == ["one"]
    assert [one["register"] for one in view["registers"]] == ["central-assurance"]


@pytest.mark.parametrize(
    ("key", "meets", "mail"),
    [
        ("names", ("Resident",), {"sender": '"Ana Resident" <a@else.example>'}),
        ("themes", ("eastern rail",), {"text": "the northeastern railway"}),
        ("references", ("P-7731",), {"subject": "P-77310"}),
        ("domains", ("home.example",), {"sender": "x@our-home.example"}),
        ("themes", ("closures",), {"text": "Yes.\n\n> about the closures"}),
    ],
)
def test_what_only_looks_alike_does_not_meet_it(office, key, meets, mail):
    """Whole names and whole words, and never what is only quoted."""
    agreed(office, **{"addresses": (), key: meets})
    assert taken(office, **mail)["arrangements"] == []


def test_watchers_get_a_notice_of_each_message(office):
    """§1.5, footnote 2: sight of all relevant correspondence; with the original."""
    agreed(office, handling=(Handling.TELL_WATCHERS,), watchers=(WATCHER,))
    view = taken(office, message_id="a@home.example")
    office.take(a_mail(answers=["a@home.example"], text="And another thing"))
    told = [one["recipient"] for one in office.letters_of(view["reference"], "notice")]
    assert told.count(WATCHER) == 2


def test_a_personal_reply_only_holds_the_acknowledgement(office):
    """Until a person lets it go."""
    agreed(office, handling=(Handling.PERSONAL_REPLY,))
    (letter,) = office.letters_of(taken(office)["reference"])
    assert (letter["state"], letter["hold"]) == ("held", "arrangement")


@pytest.mark.parametrize(
    "handling", [Handling.WATCHING_BRIEF, Handling.APPROVE, Handling.INSTRUCTION]
)
def test_what_was_agreed_for_a_case_stands_on_specific_handling(office, handling):
    """§2.7: agreed, not proposed."""
    agreed(office, handling=(handling,))
    registers = {one["register"]: one["proposed"] for one in taken(office)["registers"]}
    assert registers == {"central-assurance": False, "specific-handling": False}


def test_an_engagement_proposes_the_criterion(office):
    """§2: linked to ongoing stakeholder engagement; never read from the text."""
    agreed(office, engagement=True)
    view = taken(office)
    assert [c["criterion"] for c in view["criteria"]] == [Criterion.LINKED_STAKEHOLDER]
    assert view["registers"][0]["proposed"] is True
    assert view["messages"][0]["classifications"][0]["criteria"] == []


def test_an_arrangement_holds_from_its_first_to_its_last_day(office):
    """By the date of receipt; lapsed, it says so and does nothing."""
    tomorrow = TODAY + timedelta(days=1)
    agreed(office, from_on=tomorrow, until_on=tomorrow, handling=(Handling.PERSONAL_REPLY,))
    routes = []
    for day in range(3):
        view = taken(office, text=f"day {day}")
        routes.append(view["route"])
        office.clock.move(days=1)
    assert routes == ["intake", "customer-care", "intake"]
    assert "has lapsed and is up for review" in str(view["messages"][0]["reasons"])


def test_a_correction_keeps_to_the_arrangement(office):
    """What a message is taken for changes; what was agreed for its writer does not."""
    agreed(office)
    reference = taken(office)["reference"]
    office.casework.correct(
        reference,
        Correction(category=Category.NEW_COMPLAINT),
        by="A. Name",
        revision=Revision(filing=office.intake.filing),
    )
    assert office.view(reference)["route"] == "customer-care"


def test_arrangements_of_the_config_count_as_well(store):
    """Both are looked at."""
    office = an_office_over(store, policy=a_policy(arrangements=(an_arrangement(),)))
    assert taken(office)["route"] == "customer-care"
    with pytest.raises(CaseworkError, match="already"):
        agreed(office)
    with pytest.raises(CaseworkError, match=r"arrangements\.toml"):
        office.casework.end_arrangement("one", by="A. Name")


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"addresses": ()}, "who or what"),
        ({"instruction": " "}, "what was agreed"),
        ({"themes": ("nhs",)}, "too short"),
        ({"handling": (Handling.TELL_WATCHERS,)}, "who is told"),
        ({"watchers": ("x@home.example",)}, "no address of the office"),
        ({"from_on": TODAY, "until_on": TODAY - timedelta(days=1)}, "before the first"),
    ],
)
def test_an_arrangement_that_would_do_harm_or_nothing_is_refused(office, changes, match):
    """In words that say what to do."""
    with pytest.raises(CaseworkError, match=match):
        agreed(office, **changes)
    assert office.casework.arrangements() == ()


def test_an_arrangement_is_ended_once(office):
    """And then meets nobody."""
    agreed(office)
    office.casework.end_arrangement("one", by="A. Name")
    assert taken(office)["route"] == "intake"
    with pytest.raises(CaseworkError, match="no arrangement one"):
        office.casework.end_arrangement("one", by="A. Name")


def reviewed(office):
    from sqlalchemy import select

    from daemon.store import schema

    row = schema.outbox.c
    with office.store.read() as tx:
        found = tx.connection.execute(
            select(row.recipient, row.content).where(row.key.startswith("review:"))
        ).all()
    return [(one.recipient, text_of(one.content)) for one in found]


def test_what_has_lapsed_is_put_up_for_review_once(office):
    """Not silently dropped: Customer Care hears of it, and once again for another date."""
    reviewer = Reviewer(
        store=office.store, policy=office.policy, letters=office.letters, clock=office.clock
    )
    agreed(office, review_on=TODAY + timedelta(days=3), until_on=TODAY + timedelta(days=5))
    told = []
    for _ in range(10):
        reviewer.remind()
        told.append(len(reviewed(office)))
        office.clock.move(days=1)
    assert told == [0, 0, 0, 1, 1, 1, 2, 2, 2, 2]
    recipient, words = reviewed(office)[1]
    assert recipient == office.policy.care_mailbox
    assert "one has lapsed: its last day was Saturday 28 November 2026" in words
    later = office.clock().date() + timedelta(days=30)
    office.casework.review_arrangement("one", review_on=later, until_on=None, by="A. Name")
    assert taken(office)["route"] == "customer-care"
    with pytest.raises(CaseworkError, match="not ahead"):
        office.casework.review_arrangement(
            "one", review_on=date(2020, 1, 1), until_on=None, by="A. Name"
        )


# About us ourselves


def test_a_colleague_named_in_a_complaint_about_conduct_is_proposed(store):
    """The software proposes, a person sets: nothing is restricted by itself."""
    people = {f"director@{OFFICE}": "Rosa Vane"}
    office = an_office_over(store, policy=a_policy(people=people))
    office.classifier.usual = a_classification(
        category=Category.COMPLAINT_ABOUT_US, criteria=(Criterion.SENIOR_STAFF_CONDUCT,)
    )
    view = taken(office, text="Your director, Rosa Vane, did not tell the truth.")
    assert [(s["person"], s["state"]) for s in view["subjects"]] == [
        (f"director@{OFFICE}", "proposed")
    ]
    assert taken(office, text="Rosamund Vanes did it.", sender="y@home.example")["subjects"] == []
