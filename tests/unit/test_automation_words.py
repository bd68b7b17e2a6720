"""Machines that only their words give away, and people who must never be taken for one."""

from __future__ import annotations

import pytest

from daemon.model import Box, Category, Criterion, Skip, Source
from tests.unit.classifying import KNOWN_OFFICE, classified


@pytest.mark.parametrize(
    "subject",
    [
        "Out of Office: Your letter",
        "Automatic reply: Your letter",
        "AUTO: Anna Berg is out of the office (returning 03/04)",
        "Abwesenheitsnotiz: Ihr Schreiben",
        "Réponse automatique : votre lettre",
        "Respuesta automática: su carta",
        "Risposta automatica: la sua lettera",
        "Automatisch antwoord: uw brief",
        "Automatyczna odpowiedź: pismo",
        "Resposta automática: a sua carta",
        "Ateb awtomatig: eich llythyr",
        "Autosvar: ditt brev",
        "Αυτόματη απάντηση: επιστολή",
    ],
)
def test_a_subject_that_says_automatic_reply_is_one(subject):
    """In the languages that reach the office, without any header."""
    result = classified("...", subject=subject)
    assert result.automation is Skip.AUTO_REPLY
    assert (result.category, result.source) == (Category.NOT_AN_ENQUIRY, Source.MACHINE)


@pytest.mark.parametrize(
    "subject",
    [
        "Re: Automatic reply: my complaint",
        "Fwd: Out of Office: Your letter",
        "Automatic replies are no answer",
        "I was out of the office when you rang",
    ],
)
def test_a_person_who_answers_an_automatic_reply_is_answered(subject):
    """The words have to open the subject, and be followed by what a machine writes there."""
    assert classified("You never rang me back about my mother.", subject=subject).automation is None


def test_a_short_absence_note_is_an_automatic_reply():
    """No header, no subject: the opening says it."""
    text = "I am on annual leave until Monday 4 May with no access to email."
    assert classified(text, subject="Re: Your letter").automation is Skip.AUTO_REPLY


def test_an_absence_inside_a_personal_letter_is_a_persons():
    """Somebody tells when they can be reached."""
    text = (
        "I am on annual leave until Monday so please ring my mobile. My complaint is about the"
        " ward where my father lay, and your caseworker has not rung."
    )
    assert classified(text).automation is None


def test_a_report_without_headers_is_a_delivery_report():
    """The subject and the words of a gateway."""
    text = "Your message could not be delivered to: anna@firma.example\n550 5.1.1 User unknown"
    result = classified(text, subject="Delivery failure", sender="gw7@mx.example", name="")
    assert result.automation is Skip.DELIVERY_REPORT


def test_a_person_who_quotes_a_report_is_answered():
    """They want to know why their form came back."""
    text = (
        "Dear Customer Care, my complaint form came back with this: 'Your message could not be"
        " delivered, 550 5.1.1'. Have you got another address?"
    )
    assert classified(text, subject="Undeliverable: complaint form").automation is None


@pytest.mark.parametrize(
    ("text", "skip"),
    [
        (
            "Your message\n To: Anna Berg\n Subject: Our letter\nwas read on 4 May 2026 10:01.",
            Skip.READ_RECEIPT,
        ),
        ("Anna Berg has accepted this meeting.\nWhen: Monday 10:00", Skip.CALENDAR_REPLY),
        ('Anna Berg would like to recall the message, "Letter".', Skip.RECALL_NOTICE),
    ],
)
def test_outlooks_notices_are_known_by_their_words(text, skip):
    """Receipts, answers to invitations and recalls."""
    assert classified(text).automation is skip


@pytest.mark.parametrize("sender", ["r.penrose.mp@parliament.uk", KNOWN_OFFICE, "x@ico.org.uk"])
def test_words_alone_never_silence_an_mp_or_the_ico(sender):
    """They are proposed, not set aside."""
    result = classified("I am on leave until Monday.", subject="Automatic reply", sender=sender)
    assert result.automation is None
    assert result.category is Category.NOT_AN_ENQUIRY


def test_words_alone_never_silence_somebody_at_risk():
    """An automatic reply can be a goodbye."""
    text = "This mailbox will not be read after Sunday. I want to end my life and it is arranged."
    result = classified(text, subject="Automatic reply")
    assert result.automation is None
    assert result.to_be_sorted
    assert Criterion.VULNERABLE in result.criteria


def test_a_header_sets_aside_but_the_alert_stays():
    """Criteria are recorded on what a machine sent."""
    result = classified("I am going to kill myself", headers={"auto-submitted": "auto-replied"})
    assert result.automation is Skip.AUTOMATED
    assert result.alerts == (Criterion.VULNERABLE,)


def test_a_message_that_waits_in_a_portal_goes_to_a_person():
    """Log in to read: the sender is a machine, the writer is not."""
    text = "You have received a secure message. Log in to read your secure message."
    assert classified(text, sender="noreply@portal.example").automation is None


def test_chatter_on_x_is_proposed_and_not_set_aside():
    """Only a person takes a post for nothing."""
    result = classified("Great thread by @PHSO lol", box=Box.X_MENTION, sender="@jo", subject="")
    assert result.automation is None
    assert result.category is Category.NOT_AN_ENQUIRY
    assert not result.individual_case
