"""What a person does with an enquiry: replied, close, confirm, release."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update

from daemon.casework import CaseworkError, Correction, Revision
from daemon.model import Category, Criterion, Source
from daemon.registers.sent import SentInFull
from daemon.store import schema
from tests.builders import NOW, a_classification, a_mail, an_office_over

AT_RISK = a_classification(category=Category.OTHER, criteria=(Criterion.VULNERABLE,))
PROPOSED = a_classification(category=Category.NOT_AN_ENQUIRY)
ACTS = ("replied", "close", "confirm", "release")


@pytest.fixture
def office(store):
    return an_office_over(store)


@pytest.fixture
def reference(office):
    """A plain open enquiry."""
    return office.take(a_mail()).reference


def taken_for(office, found):
    office.classifier.usual = found
    return office.take(a_mail(text="Another letter")).reference


def ended(office, reference):
    return {clock["ended_by"] for clock in office.view(reference)["deadlines"]}


@pytest.mark.parametrize(("act", "status"), [("replied", "replied"), ("close", "closed")])
def test_ending_an_enquiry_ends_every_clock(office, reference, act, status):
    """And says so to whoever did it."""
    office.clock.move(days=2)
    said = getattr(office.casework, act)(reference, by="A. Name", note="By telephone.")
    view = office.view(reference)
    assert (view["status"], view["ended_at"]) == (status, office.clock().isoformat())
    assert ended(office, reference) == {status}
    assert (reference in said, status in said) == (True, True)


@pytest.mark.parametrize("act", ["replied", "close"])
def test_ending_an_enquiry_cancels_what_is_held(office, act):
    """Nobody gets an acknowledgement after the reply."""
    reference = taken_for(office, PROPOSED)
    assert [letter["state"] for letter in office.letters_of(reference)] == ["held"]
    getattr(office.casework, act)(reference, by="A. Name")
    assert [letter["state"] for letter in office.letters_of(reference)] == ["cancelled"]
    with pytest.raises(CaseworkError, match="Nothing is held"):
        office.casework.release(reference, by="A. Name")


def test_what_was_replied_to_can_be_closed_and_no_more(office, reference):
    """Each step once; nothing goes back."""
    office.casework.replied(reference, by="A. Name")
    with pytest.raises(CaseworkError, match="replied already"):
        office.casework.replied(reference, by="A. Name")
    office.casework.close(reference, by="A. Name")
    for act in ("replied", "close"):
        with pytest.raises(CaseworkError, match="closed already"):
            getattr(office.casework, act)(reference, by="A. Name")


@pytest.mark.parametrize("act", ["replied", "close"])
def test_an_alert_is_confirmed_before_an_enquiry_ends(office, act):
    """No alert ends unnoticed; the message says what to do, and nothing has changed."""
    reference = taken_for(office, AT_RISK)
    with pytest.raises(CaseworkError, match=r"at risk.*Confirm it first") as refused:
        getattr(office.casework, act)(reference, by="A. Name")
    assert refused.value.command == f"assurance confirm {reference} --by NAME"
    assert office.view(reference)["status"] == "open"
    assert ended(office, reference) == {None}
    office.casework.confirm(reference, by="A. Name")
    getattr(office.casework, act)(reference, by="A. Name")
    assert office.view(reference)["status"] != "open"


def test_confirming_ends_the_alert_alone(office):
    """The reply is still owed, and the humane text waits for a person."""
    reference = taken_for(office, AT_RISK)
    said = office.casework.confirm(reference, by="A. Name")
    clocks = {c["kind"]: c["ended_by"] for c in office.view(reference)["deadlines"]}
    assert clocks == {"vulnerable": "confirmed", "other": None, "ack": None, "update": None}
    (letter,) = office.letters_of(reference)
    assert (letter["state"], letter["release_at"]) == ("held", None)
    assert "release" in said
    with pytest.raises(CaseworkError, match="no alert"):
        office.casework.confirm(reference, by="A. Name")


def test_without_an_alert_there_is_nothing_to_confirm(office, reference):
    """And nobody is recorded as having done so."""
    with pytest.raises(CaseworkError, match="no alert"):
        office.casework.confirm(reference, by="A. Name")
    assert office.view(reference)["acts"] == []


def test_releasing_lets_the_acknowledgement_go(office):
    """Once."""
    reference = taken_for(office, PROPOSED)
    office.clock.move(hours=3)
    office.casework.release(reference, by="A. Name")
    assert [letter["state"] for letter in office.letters_of(reference)] == ["waiting"]
    with pytest.raises(CaseworkError, match="Nothing is held"):
        office.casework.release(reference, by="A. Name")


def words_in(office, reference):
    """The words of the acknowledgement of an enquiry as it stands."""
    (letter,) = office.letters_of(reference)
    with office.store.read() as tx:
        enquiry = tx.enquiry(reference)
        return SentInFull.of(tx.sent_of(enquiry.id, letter["number"]))


def written(office, reference, words="Thank you, Ms Smith.\n\nYou asked about 3 June."):
    revision = Revision(filing=office.intake.filing)
    return office.casework.write(reference, words, by="A. Name", revision=revision)


def test_own_words_take_the_place_of_the_opening(office):
    """Everything that an acknowledgement has to tell stays; it waits for its release."""
    reference = taken_for(office, PROPOSED)
    before = words_in(office, reference).text
    written(office, reference)
    after = words_in(office, reference).text
    assert "Thank you, Ms Smith.\n\nYou asked about 3 June.\n\n" in after
    told = [line for line in before.splitlines() if reference in line or "https:" in line]
    assert told
    assert all(line in after for line in told)
    assert "Our computer sent this" in before
    assert "Our computer sent this" not in after
    assert office.letters_of(reference)[0]["state"] == "held"
    office.casework.release(reference, by="A. Name")
    assert words_in(office, reference).text == after


def test_own_words_stay_when_somebody_corrects_the_enquiry(office):
    """The rest of the letter follows the correction."""
    reference = taken_for(office, PROPOSED)
    written(office, reference, "Dear colleague")
    change = Correction(category=Category.NEW_COMPLAINT, source=Source.COMPLAINANT)
    revision = Revision(filing=office.intake.filing)
    office.casework.correct(reference, change, by="A. Name", revision=revision)
    assert "Dear colleague" in words_in(office, reference).text
    written(office, reference, "  ")
    assert "Dear colleague" not in words_in(office, reference).text
    assert "Thank you for telling us" in words_in(office, reference).text


def test_own_words_are_for_the_text_that_a_person_releases(office):
    """What goes by itself after the hour is the general text, without them."""
    reference = taken_for(office, AT_RISK)
    written(office, reference, "Dear Ms Smith")
    sent = words_in(office, reference)
    assert "Dear Ms Smith" in sent.text
    assert sent.usual
    assert "Dear Ms Smith" not in sent.usual


def test_an_acknowledgement_that_has_left_is_not_written(office, reference):
    """Nobody gets two."""
    with pytest.raises(CaseworkError, match="does not wait any more"):
        written(office, reference)


def test_somebody_may_be_acknowledged_on_a_persons_word(office):
    """An MP's mail from an address that nobody reads gets none by itself."""
    office.classifier.usual = a_classification(source=Source.MP)
    reference = office.take(
        a_mail(sender="Office of an MP <no-reply@parliament.example>")
    ).reference
    assert office.letters_of(reference) == []
    written(office, reference, "Dear Member")
    (letter,) = office.letters_of(reference)
    assert (letter["state"], letter["hold"]) == ("held", "written")
    assert letter["recipient"] == "no-reply@parliament.example"
    assert "Dear Member" in words_in(office, reference).text


def test_where_no_mail_can_go_a_letter_is_asked_for(office, store):
    """The sentence says what to do instead."""
    office.classifier.usual = a_classification(source=Source.MP)
    reference = office.take(
        a_mail(sender="Office of an MP <no-reply@parliament.example>")
    ).reference
    with store.write() as tx:
        tx.connection.execute(update(schema.message).values(sender_address=""))
        tx.connection.execute(update(schema.receipt).values(raw_sha256=None))
    with pytest.raises(CaseworkError, match="as a letter"):
        written(office, reference)


def test_releasing_does_not_confirm(office):
    """The alert still asks for somebody."""
    reference = taken_for(office, AT_RISK)
    office.casework.release(reference, by="A. Name")
    assert None in ended(office, reference)


@pytest.mark.parametrize("act", ACTS)
def test_nobodys_reference_is_refused_in_a_sentence(office, act):
    """It repeats the reference, so that a slip is seen."""
    with pytest.raises(CaseworkError, match=r"There is no enquiry PH-XXXXX-XXXXX\. Check"):
        getattr(office.casework, act)("PH-XXXXX-XXXXX", by="A. Name")


def test_a_reference_may_be_typed_in_small_letters(office, reference):
    """With spaces around it."""
    office.casework.replied(f" {reference.lower()} ", by="A. Name")
    assert office.view(reference)["status"] == "replied"


def test_the_name_stands_in_an_erasable_row_and_its_hash_in_the_audit(office, reference):
    """The audit cannot be changed, so it holds nothing that may have to be erased."""
    office.casework.replied(reference, by="Evangeline Quill", note="Spoke to her sister.")
    view = office.view(reference)
    (act,) = view["acts"]
    assert (act["what"], act["by_name"]) == ("replied", "Evangeline Quill")
    assert (act["note"], act["at"]) == ("Spoke to her sister.", NOW.isoformat())
    line = view["audit"][-1]
    assert (line["event"], line["actor"]) == (
        "enquiry_replied",
        office.signer.keyed_hash("Evangeline Quill"),
    )
    with office.store.read() as tx:
        audit = str(tx.connection.execute(select(schema.audit)).all())
    assert "Evangeline" not in audit
    assert "sister" not in audit


def test_every_act_is_in_the_audit(office):
    """Under its own event."""
    reference = taken_for(office, AT_RISK)
    for act in ("confirm", "release", "replied", "close"):
        getattr(office.casework, act)(reference, by="A. Name")
    events = [line["event"] for line in office.view(reference)["audit"]]
    assert events[-4:] == [
        "enquiry_confirmed",
        "enquiry_released",
        "enquiry_replied",
        "enquiry_closed",
    ]


# By post


def test_a_letter_to_post_has_five_working_days_and_ends_when_it_has_gone(store):
    """Guide, footnote 3: where no e-mail is available, a written acknowledgement."""
    office = an_office_over(store)
    reference = office.take(a_mail(sender="")).reference
    (clock,) = [c for c in office.view(reference)["deadlines"] if c["kind"] == "ack"]
    assert clock["due_on"] == "2026-11-30"
    with pytest.raises(CaseworkError, match="waits for the post"):
        office.casework.posted(reference, by="A. Name")
    said = office.casework.release(reference, by="A. Name")
    assert "record when it has gone" in said
    office.casework.posted(reference, by="A. Name")
    assert [one["state"] for one in office.letters_of(reference)] == ["sent"]
    (clock,) = [c for c in office.view(reference)["deadlines"] if c["kind"] == "ack"]
    assert clock["ended_by"] == "sent"
