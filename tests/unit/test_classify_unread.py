"""What cannot be read has a route that a person sees: to be sorted, with the reason."""

from __future__ import annotations

import pytest

from daemon.model import Box, Category, Route, Skip
from daemon.parse import parse
from tests.builders import decided
from tests.unit.classifying import the_classifier


def a_mail(headers: str, body: str = "", subject: str = "Case papers") -> bytes:
    return (
        "From: Ann Lee <ann@home.example>\r\nTo: customer.care@ombudsman.example\r\n"
        f"Subject: {subject}\r\nMessage-ID: <1@home.example>\r\nMIME-Version: 1.0\r\n"
        f"{headers}\r\n\r\n{body}\r\n"
    ).encode()


PGP = "-----BEGIN PGP MESSAGE-----\r\n\r\nhQEMA\r\n-----END PGP MESSAGE-----"
CALENDAR = "BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nEND:VCALENDAR"
UNREAD = [
    pytest.param(
        a_mail("Content-Type: application/pkcs7-mime; smime-type=enveloped-data", "MIIB"),
        "encrypted",
        id="S/MIME",
    ),
    pytest.param(a_mail("Content-Type: text/plain", PGP), "encrypted", id="PGP"),
    pytest.param(
        a_mail('Content-Type: application/octet-stream; name="message_v4.rpmsg"', "x"),
        "encrypted",
        id="a protected message of Microsoft's",
    ),
    pytest.param(
        a_mail("Content-Type: text/calendar; method=REQUEST", CALENDAR), "invitation", id="calendar"
    ),
    pytest.param(a_mail("Content-Type: text/plain", subject=""), "no-words", id="nothing at all"),
    pytest.param(
        a_mail('Content-Type: application/pdf; name="letter.pdf"', "%PDF", subject=""),
        "no-words",
        id="a letter as a file",
    ),
]


@pytest.mark.parametrize(("content", "name"), UNREAD)
def test_what_cannot_be_read_is_sorted_by_a_person_and_answered(content, name):
    """With the general text: nobody is silenced because we cannot read them."""
    message = parse(content, box=Box.CUSTOMER_CARE)
    found = the_classifier().classify(message)
    assert found.evidence[0].name == name
    assert found.to_be_sorted
    decision = decided(message, found=found)
    assert (decision.route, decision.skip) == (Route.CUSTOMER_CARE, None)
    assert decision.held is None
    assert decision.template == "general"


def test_a_mail_too_large_is_judged_by_its_beginning_and_says_so():
    content = a_mail("Content-Type: text/plain", "I complain about the ambulance. It was late.")
    found = the_classifier().classify(parse(content, box=Box.CUSTOMER_CARE, complete=False))
    assert found.evidence[0].name == "too-large"
    assert found.category is not Category.NOT_AN_ENQUIRY


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param("Content-Type: text/plain", id="plain"),
        pytest.param(
            'Content-Type: multipart/signed; protocol="application/pkcs7-signature"; boundary=b',
            id="signed",
        ),
    ],
)
def test_what_can_be_read_is_not_held_up(headers):
    words = "I wish to complain about my hospital. They lost my scan and nobody answers."
    body = words
    if "boundary" in headers:
        body = (
            f"--b\r\nContent-Type: text/plain\r\n\r\n{words}\r\n--b\r\n"
            'Content-Type: application/pkcs7-signature; name="smime.p7s"\r\n\r\nx\r\n--b--'
        )
    found = the_classifier().classify(parse(a_mail(headers, body), box=Box.CUSTOMER_CARE))
    names = {one.name for one in found.evidence}
    assert not names & {"encrypted", "invitation", "no-words", "too-large"}


def test_an_answer_to_an_invitation_is_a_machines():
    content = a_mail(
        "Content-Type: text/calendar; method=REPLY", CALENDAR.replace("REQUEST", "REPLY")
    )
    found = the_classifier().classify(parse(content, box=Box.CUSTOMER_CARE))
    assert found.automation is Skip.CALENDAR_REPLY
