"""Posts and direct messages through the whole of taking in: threads, edits, answers, the page."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from sqlalchemy import select

from connectors.base import RejectedError
from connectors.posts import unpack_answer
from daemon.casework import CaseworkError, Correction, Revision
from daemon.model import (
    Box,
    Category,
    ClockKind,
    Criterion,
    Hold,
    Opens,
    Outcome,
    PostKind,
    Route,
    Skip,
    Social,
    SocialAccount,
    Source,
)
from daemon.privacy import Privacy
from daemon.store import schema
from tests.builders import (
    NOW,
    OFFICE,
    a_classification,
    a_direct_message,
    a_policy,
    a_post,
    a_raw,
    an_inbox,
    an_office_over,
    text_of,
)
from tests.integration.desk_pages import a_desk
from tests.integration.taking_in import everything, rows

MENTIONS = an_inbox("office-mentions", box=Box.X_MENTION, address="@office")
MESSAGES = an_inbox("office-messages", box=Box.X_DM, address="@office")
SECOND = an_inbox("second-mentions", box=Box.X_MENTION, address="@second")
CARE_TEAM = f"team.customer-care@{OFFICE}"
INVITATION = "Please write to us in a direct message."
ANSWERS = SocialAccount(outlet="office-answers", answers=True)
INVITES = SocialAccount(outlet="office-answers", answers=True, invites=True)
CASE = {"source": Source.COMPLAINANT, "category": Category.COMPLAINT_ABOUT_US}
CHATTER = {"category": Category.OTHER, "individual_case": False}


@dataclass
class Sent:
    """An outlet that keeps what it was given, or refuses it."""

    name: str = "office-answers"
    got: list = field(default_factory=list)
    refuses: str = ""

    def send(self, envelope):
        if self.refuses:
            raise RejectedError(self.refuses)
        self.got.append((envelope.recipient, unpack_answer(envelope.content)))

    def check(self):
        pass


def an_office(store, account=ANSWERS, **social):
    policy = a_policy(social=Social(accounts={"@office": account}, invitation=INVITATION, **social))
    office = an_office_over(store, policy=policy)
    office.classifier.usual = a_classification(**CASE)
    return office


@pytest.fixture
def office(store):
    return an_office(store)


def take(office, content, inbox=MESSAGES, *, id_="2001"):
    """Take in a post or message under its own id."""
    raw = a_raw(content, inbox=inbox.name, external_id=id_, arrived_at=office.clock())
    return office.take(raw, inbox)


def messages(office):
    return rows(office.store, schema.message, "outcome", "skip", "enquiry_id")


# Direct messages


def test_a_direct_message_is_acknowledged_by_one(office):
    """By the account that it came to, to the network's number, with all that is promised."""
    taken = take(office, a_direct_message())
    outlet = Sent()
    office.sender.send_due(outlet)
    ((recipient, answer),) = outlet.got
    assert recipient == "@ann"
    assert (answer.network, answer.recipient_id, answer.answers) == ("x", "42", "")
    assert taken.reference in answer.text
    assert "https://" in answer.text, "the link to the routing diagram"
    assert "116 123" in answer.text
    assert "My complaint has waited" not in answer.text
    assert "<" not in answer.text
    clocks = {one["kind"]: one for one in office.view(taken.reference)["deadlines"]}
    assert clocks[ClockKind.ACK]["ended_by"] == "sent"


def test_an_account_that_may_not_answer_leaves_it_to_a_person(store):
    """Held, with the reason; no letter goes to the post room either."""
    office = an_office(store, SocialAccount(outlet="office-answers"))
    taken = take(office, a_direct_message())
    (letter,) = office.letters_of(taken.reference)
    assert (letter["state"], letter["hold"]) == ("held", Hold.DOUBT)
    assert "Our account may not answer there" in " ".join(taken.decision.reasons)
    with pytest.raises(CaseworkError, match="by hand"):
        office.casework.release(taken.reference, by="Somebody", note="")


def test_a_conversation_is_one_enquiry_as_long_as_it_is_open(office):
    """By the thread and its writer; what comes after the reply opens the next, linked."""
    first = take(office, a_direct_message())
    second = take(office, a_direct_message("One more thing.", id="2002"), id_="2002")
    assert (second.outcome, second.reference) == (Outcome.JOINED, first.reference)
    office.casework.replied(first.reference, by="Somebody")
    third = take(office, a_direct_message("And now?", id="2003"), id_="2003")
    assert third.outcome is Outcome.OPENED
    assert third.decision.linked_to.reference == first.reference
    assert len(office.letters_of(first.reference)) == 1


def test_a_handle_that_changed_hands_is_somebody_else(office):
    """People are told apart by the network's number for them."""
    first = take(office, a_post(), MENTIONS, id_="1001")
    renamed = a_post("Still me.", id="1002", author="ann_new", answers="1001")
    same = take(office, renamed, MENTIONS, id_="1002")
    assert same.reference == first.reference
    stranger = a_post("Not me.", id="1003", author_id="77", answers="1001")
    other = take(office, stranger, MENTIONS, id_="1003")
    assert other.outcome is Outcome.OPENED
    assert other.decision.linked_to.reference == first.reference


def test_somebody_at_risk_is_heard_in_a_direct_message(office):
    """The answer waits for a duty officer, and goes after the hour."""
    office.classifier.usual = a_classification(**CASE, criteria=(Criterion.VULNERABLE,))
    taken = take(office, a_direct_message("I want to end my life."))
    assert office.letters_of(taken.reference, "alert")
    (letter,) = office.letters_of(taken.reference)
    assert (letter["state"], letter["hold"]) == ("held", Hold.VULNERABLE)
    office.clock.move(minutes=61)
    office.sweeper.sweep()
    outlet = Sent()
    office.sender.send_due(outlet)
    assert len(outlet.got) == 1


def test_a_refused_answer_is_a_persons_matter(office):
    """Customer Care hear why and what to do; nothing is printed, since there is no address."""
    taken = take(office, a_direct_message())
    office.sender.send_due(Sent(refuses="this person takes no direct messages from us"))
    (letter,) = office.letters_of(taken.reference)
    assert letter["state"] == "failed"
    row = schema.outbox.c
    with office.store.read() as tx:
        (told,) = tx.connection.execute(
            select(row.recipient, row.content).where(row.kind == "operator")
        ).all()
    assert told.recipient == CARE_TEAM
    words = text_of(told.content)
    assert "takes no direct messages" in words
    assert "Answer another way" in words
    assert "postal address" not in words


def test_a_colleague_gets_the_words_and_no_json(office):
    """The notice says to answer on the network, and shows what was written."""
    taken = take(
        office, a_direct_message("Where is my <letter>?", notes=("1 picture came with it.",))
    )
    (notice,) = office.letters_of(taken.reference, "notice")
    with office.store.read() as tx:
        content = tx.connection.scalar(
            select(schema.outbox.c.content).where(schema.outbox.c.kind == "notice")
        )
    words = text_of(content)
    assert "Answer on the network itself" in words
    assert b"Where is my <letter>?" in content
    assert b"1 picture came with it." in content
    assert b"as_sent" not in content
    assert notice["recipient"] == CARE_TEAM


# Public posts


@pytest.mark.parametrize(
    ("found", "route", "register"),
    [
        pytest.param(CASE, Route.CUSTOMER_CARE, ["central-assurance"], id="a case: §1.16"),
        pytest.param(CHATTER, Route.EXTERNAL_AFFAIRS, [], id="no case: §1.15"),
    ],
)
def test_a_post_goes_where_it_belongs_and_gets_no_answer(office, found, route, register):
    """Nothing goes out in public unless that is configured."""
    office.classifier.usual = a_classification(**found)
    taken = take(office, a_post(), MENTIONS, id_="1001")
    view = office.view(taken.reference)
    assert view["route"] == route
    assert [one["register"] for one in view["registers"]] == register
    assert taken.decision.skip is Skip.PUBLIC_MENTION
    assert office.letters_of(taken.reference) == []


def test_a_post_about_a_case_may_get_the_invitation_and_nothing_of_the_case(store):
    """Below itself, the same words for all."""
    office = an_office(store, INVITES)
    taken = take(office, a_post("@office P-004123, my mother died."), MENTIONS, id_="1001")
    outlet = Sent()
    office.sender.send_due(outlet)
    ((_, answer),) = outlet.got
    assert answer.answers == "1001"
    assert answer.text == f"@ann {INVITATION}"
    assert taken.reference not in answer.text


@pytest.mark.parametrize(
    ("kind", "found", "account"),
    [
        pytest.param(PostKind.MENTION, CHATTER, INVITES, id="about no case"),
        pytest.param(PostKind.THREAD, CASE, INVITES, id="X takes no answer there"),
        pytest.param(PostKind.MENTION, CASE, ANSWERS, id="not agreed to"),
        pytest.param(
            PostKind.MENTION,
            {**CASE, "category": Category.NOT_AN_ENQUIRY},
            INVITES,
            id="no enquiry",
        ),
    ],
)
def test_nobody_else_is_invited(store, kind, found, account):
    """Silence, with its reason."""
    office = an_office(store, account)
    office.classifier.usual = a_classification(**found)
    taken = take(office, a_post(kind=kind), MENTIONS, id_="1001")
    assert taken.decision.skip is Skip.PUBLIC_MENTION
    assert office.letters_of(taken.reference) == []


def test_somebody_at_risk_is_never_answered_in_public_by_itself(store):
    """A duty officer is alerted, and decides; no hour lets the invitation go."""
    office = an_office(store, INVITES)
    office.classifier.usual = a_classification(**CASE, criteria=(Criterion.VULNERABLE,))
    taken = take(office, a_post("I want to end my life."), MENTIONS, id_="1001")
    assert office.letters_of(taken.reference, "alert")
    office.clock.move(hours=30)
    office.sweeper.sweep()
    outlet = Sent()
    office.sender.send_due(outlet)
    assert outlet.got == []
    assert [one["hold"] for one in office.letters_of(taken.reference)] == [Hold.VULNERABLE]


def test_the_date_that_moves_is_told_to_nobody_in_public(store):
    """A second letter tells what the first told: in public that was no date."""
    office = an_office(store, INVITES)
    taken = take(office, a_post(), MENTIONS, id_="1001")
    office.sender.send_due(Sent())
    office.casework.correct(
        taken.reference,
        Correction(category=Category.FOI_DPA),
        by="Somebody",
        revision=Revision(filing=office.intake.filing),
    )
    assert len(office.letters_of(taken.reference)) == 1


@pytest.mark.parametrize("kind", [PostKind.REPLY, PostKind.THREAD, PostKind.QUOTE])
@pytest.mark.parametrize(
    ("found", "opens"),
    [
        pytest.param(CASE, True, id="about a case"),
        pytest.param(CHATTER, False, id="chatter"),
        pytest.param({**CHATTER, "criteria": (Criterion.HIGH_PROFILE,)}, True, id="a criterion"),
        pytest.param({**CHATTER, "matters": (ClockKind.FOI,)}, True, id="asks for information"),
        pytest.param({**CHATTER, "source": Source.MP}, True, id="an MP"),
        pytest.param({**CHATTER, "criteria": (Criterion.VULNERABLE,)}, True, id="at risk"),
    ],
)
def test_trees_of_replies_and_quotes_do_not_flood(office, kind, found, opens):
    """What matters opens an enquiry; the rest is set aside, where it can be seen."""
    office.classifier.usual = a_classification(**found)
    taken = take(office, a_post(kind=kind), MENTIONS, id_="1001")
    expected = Outcome.OPENED if opens else Outcome.SET_ASIDE
    assert taken.outcome is expected
    assert (taken.decision.skip is Skip.SOCIAL_CHATTER) is not opens


@pytest.mark.parametrize(
    ("opens", "found", "outcome"),
    [
        (Opens.ALWAYS, CHATTER, Outcome.OPENED),
        (Opens.CASE, CHATTER, Outcome.SET_ASIDE),
        (Opens.NEVER, CASE, Outcome.SET_ASIDE),
        (Opens.NEVER, {**CASE, "criteria": (Criterion.VULNERABLE,)}, Outcome.OPENED),
        (Opens.NEVER, {**CASE, "source": Source.ICO}, Outcome.OPENED),
    ],
)
def test_the_office_says_what_opens_an_enquiry(store, opens, found, outcome):
    """For each kind of post; nobody at risk, and nobody known, is set aside by that."""
    office = an_office(store, opens={PostKind.REPOST: opens})
    office.classifier.usual = a_classification(**found)
    assert take(office, a_post(kind=PostKind.REPOST), MENTIONS, id_="1001").outcome is outcome


def test_chatter_in_the_thread_of_an_enquiry_from_its_writer_joins(office):
    """A few words from somebody whose case it is are part of it."""
    first = take(office, a_post(), MENTIONS, id_="1001")
    office.classifier.usual = a_classification(**CHATTER)
    further = a_post("Hello?", id="1002", kind=PostKind.THREAD, answers="1001")
    taken = take(office, further, MENTIONS, id_="1002")
    assert (taken.outcome, taken.reference) == (Outcome.JOINED, first.reference)


def test_a_post_to_two_of_our_accounts_is_one_enquiry(office):
    """Two sightings, one message."""
    first = take(office, a_post(), MENTIONS, id_="1001")
    again = take(office, a_post(account="second"), SECOND, id_="1001")
    assert (again.state, again.message_id) == ("repeated", first.message_id)
    assert len(messages(office)) == 1


def test_a_colleagues_own_words_are_for_direct_messages_alone(store):
    """In public nothing of a case is said, whoever writes it."""
    office = an_office(store, INVITES)
    revision = Revision(filing=office.intake.filing)
    office.classifier.usual = a_classification(**CASE, criteria=(Criterion.VULNERABLE,))
    private = take(office, a_direct_message())
    office.casework.write(private.reference, "Dear Ann,", by="Somebody", revision=revision)
    office.casework.release(private.reference, by="Somebody", note="")
    outlet = Sent()
    office.sender.send_due(outlet)
    ((_, answer),) = outlet.got
    assert "Dear Ann," in answer.text
    public = take(office, a_post(), MENTIONS, id_="1001")
    with pytest.raises(CaseworkError, match="answer there"):
        office.casework.write(public.reference, "Dear Ann,", by="Somebody", revision=revision)


# Edits


def edited(number, text, **changes):
    return a_post(text, id=str(number), first_id="1001", **changes)


def test_an_edit_is_the_same_message_and_what_it_adds_counts(office):
    """An alert is raised for what was added; nobody is answered or opened twice."""
    first = take(office, a_post(), MENTIONS, id_="1001")
    office.classifier.by_word["life"] = a_classification(**CASE, criteria=(Criterion.VULNERABLE,))
    office.clock.move(minutes=10)
    take(office, edited(1005, "I want to end my life."), MENTIONS, id_="1005")
    assert len(messages(office)) == 1
    assert rows(office.store, schema.message, "new_text") == ["I want to end my life."]
    alerted = [one["recipient"] for one in office.letters_of(first.reference, "alert")]
    assert alerted
    assert len(alerted) == len(set(alerted))
    assert len(rows(office.store, schema.receipt, "id")) == 2
    assert len(set(rows(office.store, schema.receipt, "raw_sha256"))) == 2


def test_an_edit_withdraws_nothing(office):
    """What was said was said: its clock and its alert stay."""
    office.classifier.by_word["life"] = a_classification(**CASE, criteria=(Criterion.VULNERABLE,))
    first = take(office, a_post("I want to end my life."), MENTIONS, id_="1001")
    take(office, edited(1005, "Sorry about that."), MENTIONS, id_="1005")
    with office.store.read() as tx:
        (number,) = rows(office.store, schema.enquiry, "id")
        assert Criterion.VULNERABLE in tx.criteria(number)
    assert [c for c in office.view(first.reference)["deadlines"] if c["kind"] == "vulnerable"]


def test_an_older_version_that_comes_late_changes_nothing(office):
    """The newest counts, whichever came last."""
    take(office, edited(1005, "The second version."), MENTIONS, id_="1005")
    take(office, a_post("The first version."), MENTIONS, id_="1001")
    assert rows(office.store, schema.message, "new_text") == ["The second version."]
    assert len(messages(office)) == 1


def test_an_edit_seen_by_two_accounts_is_one_version(office):
    """The second sighting of it says nothing new."""
    take(office, a_post(), MENTIONS, id_="1001")
    take(office, edited(1005, "Changed."), MENTIONS, id_="1005")
    before = len(rows(office.store, schema.classification, "id"))
    take(office, edited(1005, "Changed.", account="second"), SECOND, id_="1005")
    assert len(rows(office.store, schema.classification, "id")) == before
    assert len(messages(office)) == 1


def test_chatter_that_is_edited_into_a_case_opens_its_enquiry(office):
    """What was set aside is decided anew."""
    office.classifier.usual = a_classification(**CHATTER)
    office.classifier.by_word["complaint"] = a_classification(**CASE)
    aside = take(office, a_post("lol", kind=PostKind.THREAD), MENTIONS, id_="1001")
    assert aside.outcome is Outcome.SET_ASIDE
    taken = take(office, edited(1005, "my complaint", kind=PostKind.THREAD), MENTIONS, id_="1005")
    assert taken.outcome is Outcome.OPENED
    assert len(messages(office)) == 1
    assert messages(office)[0][0] == Outcome.OPENED


# What is shown, and what is forgotten


def test_the_page_shows_the_words_the_versions_and_where_it_stands(store):
    """And no JSON; the link leads to the network, in its own tab's terms."""
    desk = a_desk(store)
    office = desk.office
    post = a_post("What it said first.", link="https://x.com/i/status/1001", context="Their words")
    first = take(office, post, MENTIONS, id_="1001")
    take(
        office,
        edited(1005, "What it says now.", link="https://x.com/i/status/1005"),
        MENTIONS,
        id_="1005",
    )
    page = desk.somebody("officer").get(f"/enquiries/{first.reference}").text
    assert "What it says now." in page
    assert "No subject" not in page, "it is listed as it begins"
    assert "It was edited" in page
    assert "What it said first." in page
    assert 'href="https://x.com/i/status/1005"' in page
    assert "as_sent" not in page
    assert "See it with its formatting" not in page


def test_an_answer_that_waits_can_be_read_on_the_page(store):
    """The words that would go, not their wrapping."""
    desk = a_desk(store, social=Social(accounts={"@office": ANSWERS}))
    taken = take(desk.office, a_direct_message())
    officer = desk.somebody("officer")
    page = officer.get(f"/enquiries/{taken.reference}").text
    (path,) = re.findall(rf"/enquiries/{taken.reference}/sent/\d+(?=\">)", page)[:1]
    said = officer.get(path).text
    assert taken.reference in said
    assert "recipient_id" not in said
    saved = officer.get(f"{path}/file")
    assert ".json" in saved.headers["content-disposition"]


def test_what_somebody_posted_can_be_found_and_taken_out(office, tmp_path):
    """Every version, every copy, and what the network said of them."""
    first = take(office, a_post("secret words"), MENTIONS, id_="1001")
    take(office, edited(1005, "other secret words"), MENTIONS, id_="1005")
    office.casework.close(first.reference, by="Somebody", note="")
    privacy = Privacy(store=office.store, signer=office.signer, clock=office.clock)
    assert privacy.find("@ann").messages
    privacy.export("@ann", folder=tmp_path / "ann", by="Somebody")
    assert {"message-1.json", "message-1-2.json"} <= {f.name for f in (tmp_path / "ann").iterdir()}
    privacy.erase("@ann", by="Somebody")
    said = everything(office.store)
    for word in ("secret words", "Ann Example", "x:1001", "x:42"):
        assert word not in said
    # It does not come back when the network lists it again.
    again = take(office, a_post("secret words"), MENTIONS, id_="1001")
    assert again.state in {"known", "erased"}


def test_what_cannot_be_read_as_a_post_is_quarantined(office):
    """With its bytes, for a later version to read."""
    taken = take(office, b'{"post": {"network": "x"}}', MENTIONS, id_="1001")
    assert taken.state == "quarantined"


def test_posts_from_before_go_live_are_history(office):
    """Kept, and answered by nobody."""
    inbox = an_inbox(
        "office-messages", box=Box.X_DM, address="@office", go_live_at=NOW + timedelta(days=1)
    )
    assert take(office, a_direct_message(), inbox).outcome is Outcome.HISTORY
