"""Answers to our notices: commands and updates, bound to one address, one enquiry and a time."""

from __future__ import annotations

from email import message_from_bytes
from email.utils import parseaddr

import pytest

from daemon.model import Category, Criterion, InboxRole, Outcome, Skip
from daemon.tokens import Purpose
from tests.builders import (
    OFFICE,
    a_classification,
    a_mail,
    an_inbox,
    an_office_over,
    text_of,
)
from tests.fakes import FakeOutlet

COMMANDS = an_inbox("commands", role=InboxRole.COMMANDS, address=f"assurance@{OFFICE}")
HOLDER = f"holder.customer-care@{OFFICE}"
CARE_BOX = f"team.customer-care@{OFFICE}"


@pytest.fixture
def office(store):
    office = an_office_over(store)
    office.classifier.usual = a_classification(category=Category.COMPLAINT_ABOUT_US)
    return office


@pytest.fixture
def notice(office):
    """An enquiry, and the mail that told Customer Care of it."""
    office.take(a_mail())
    outlet = FakeOutlet()
    office.sender.send_due(outlet)
    return next(e for e in outlet.sent if e.recipient == CARE_BOX)


def where_answers_go(envelope):
    return parseaddr(message_from_bytes(envelope.content)["Reply-To"])[1]


def answer(office, notice, text, *, sender=HOLDER, **changes):
    office.classifier.usual = a_classification(category=Category.OTHER)
    mail = a_mail(sender=sender, to=where_answers_go(notice), text=text, **changes)
    return office.take(mail, COMMANDS)


def first(office):
    """The reference of the first enquiry."""
    with office.store.read() as tx:
        return tx.enquiry_by_id(1).reference


def acts(office):
    return [one["what"] for one in office.view(first(office))["acts"]]


def status(office):
    return office.view(first(office))["status"]


@pytest.mark.parametrize(
    ("text", "ends_as", "what"),
    [
        ("replied", "replied", "replied"),
        ("Close.\n\nKind regards\nH. Older", "closed", "closed"),
        ("\n  TAKEN!\n", "open", "assigned"),
    ],
)
def test_a_word_on_the_first_line_is_done(office, notice, text, ends_as, what):
    """By whom it went to; nothing of it is sent on, and nothing is acknowledged."""
    taken = answer(office, notice, text)
    assert taken.outcome is Outcome.INTERNAL
    assert status(office) == ends_as
    assert acts(office) == [what]
    outlet = FakeOutlet()
    office.sender.send_due(outlet)
    assert outlet.recipients == []


def test_who_takes_it_is_reminded_from_then_on(office, notice):
    answer(office, notice, "taken")
    with office.store.read() as tx:
        assert tx.assigned_to(1) == HOLDER


def test_what_has_ended_cannot_be_taken(office, notice):
    """The writer is told; the words stand on the enquiry."""
    office.casework.replied(first(office), by="A. Name")
    answer(office, notice, "taken")
    assert acts(office) == ["replied", "noted"]
    outlet = FakeOutlet()
    office.sender.send_due(outlet)
    assert outlet.recipients == [HOLDER]


def test_anything_else_is_an_update(office, notice):
    """Also a word that is only part of a sentence."""
    answer(office, notice, "Replied to the trust, waiting for records.")
    assert acts(office) == ["updated"]
    assert status(office) == "open"


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"sender": f"somebody.else@{OFFICE}"}, id="another colleague"),
        pytest.param({"sender": f"holder.intake@{OFFICE}"}, id="another team"),
    ],
)
def test_whom_the_notice_did_not_go_to_is_heard_and_changes_nothing(office, notice, changes):
    """They are told so."""
    answer(office, notice, "close", **changes)
    assert status(office) == "open"
    assert acts(office) == ["updated"]
    outlet = FakeOutlet()
    office.sender.send_due(outlet)
    assert outlet.recipients == [changes["sender"]]
    assert "went to somebody else" in text_of(outlet.sent[0].content)


def test_an_outsider_with_the_address_changes_nothing(office, notice):
    """It stood in copy of a reply, say: a further message of theirs, or an enquiry."""
    taken = answer(office, notice, "close", sender="resident@home.example")
    assert taken.outcome in {Outcome.JOINED, Outcome.OPENED}
    assert status(office) == "open"


def test_a_forged_colleague_changes_nothing(office, notice):
    failed = [("Authentication-Results", f"mx.{OFFICE}; dmarc=fail header.from={OFFICE}")]
    answer(office, notice, "close", headers=failed)
    assert status(office) == "open"


def test_an_absence_reply_to_a_notice_changes_nothing(office, notice):
    """A machine of ours is a machine."""
    office.classifier.by_word["away"] = a_classification(
        category=Category.NOT_AN_ENQUIRY, automation=Skip.AUTOMATED
    )
    answer(office, notice, "close\nI am away")
    assert acts(office) == []


def test_an_old_notice_is_no_command(office, notice):
    office.clock.move(days=91)
    answer(office, notice, "close")
    assert status(office) == "open"


def test_a_token_of_another_enquiry_or_address_is_worth_nothing(office, notice):
    """Changed by a character, or made up."""
    address = where_answers_go(notice)
    office.take(a_mail(sender=HOLDER, to=address.replace("+", "+x", 1), text="close"), COMMANDS)
    assert status(office) == "open"


def test_an_alert_is_not_ended_by_a_mail(office):
    """A person confirms it first; the writer is told."""
    office.classifier.usual = a_classification(
        category=Category.COMPLAINT_ABOUT_US, criteria=(Criterion.VULNERABLE,)
    )
    office.take(a_mail(text="Help"))
    outlet = FakeOutlet()
    office.sender.send_due(outlet)
    answer(office, next(e for e in outlet.sent if e.recipient == CARE_BOX), "close")
    assert status(office) == "open"
    office.sender.send_due(outlet)
    assert "somebody may be at risk" in text_of(outlet.sent[-1].content)


def test_somebody_an_enquiry_is_about_changes_nothing(office, notice):
    """They do not even leave words on it."""
    with office.store.write() as tx:
        tx.set_subject(1, HOLDER, state="set", now=office.clock())
    answer(office, notice, "close")
    assert acts(office) == []


def test_an_acknowledgements_address_is_no_command(office, notice):
    """An enquirer has it, and may pass it on."""
    assert notice
    token = office.signer.sign(
        reference=first(office), purpose=Purpose.ACKNOWLEDGEMENT, entry_key="x"
    )
    office.take(a_mail(sender=HOLDER, to=f"assurance+{token}@{OFFICE}", text="close"), COMMANDS)
    assert status(office) == "open"


def test_every_mail_that_has_inner_words_is_answered_inside(office, notice):
    """Whatever we send: an answer to it goes to an address of ours, signed."""
    office.classifier.usual = a_classification(criteria=(Criterion.VULNERABLE,))
    office.take(a_mail(message_id="risk@home.example", text="Help"))
    office.clock.move(days=40)
    office.sweeper.sweep()
    outlet = FakeOutlet()
    office.sender.send_due(outlet)
    assert len(outlet.sent) > 5
    for envelope in [*outlet.sent, notice]:
        to = where_answers_go(envelope)
        assert to.endswith(f"@{OFFICE}")
        assert envelope.sender.endswith(f"@{OFFICE}")
        if envelope.recipient.endswith(OFFICE):
            assert office.signer.verify(to, prefix="PH") is not None
