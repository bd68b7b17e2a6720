"""Header evidence that a machine sent a message: each reason by itself."""

from __future__ import annotations

import pytest

from daemon.classify import automation
from daemon.model import Address, Box, Skip
from daemon.parse import parse
from tests.unit.classifying import a_message

DSN = ("multipart/report; report-type=delivery-status", "text/plain", "message/delivery-status")


@pytest.mark.parametrize("name", sorted(automation.HEADERS))
def test_parsing_keeps_every_header_that_is_asked(name):
    """A header that parsing dropped would never be seen here."""
    raw = f"From: a@b.example\n{name}: value\n\nWords.\n".encode()
    assert parse(raw, box=Box.INTAKE).headers[name]


def reason(**kwargs):
    found = automation.automation_of(a_message(**kwargs))
    return found[0] if found else None


@pytest.mark.parametrize(
    "value",
    [
        "auto-generated",
        "auto-replied",
        "AUTO-Replied",
        "auto-generated (failure)",
        '(a comment) auto-notified; owner-email="me@mail.example"',
        "auto-replied; some=no",
        "x-of-our-own",
    ],
)
def test_any_auto_submitted_but_no_is_a_machine(value):
    """RFC 3834 §5: comments, parameters and case do not matter, nor do unknown keywords."""
    assert reason(headers={"auto-submitted": value}) is Skip.AUTOMATED


@pytest.mark.parametrize("value", ["no", "No", " no ", "no; reason=auto-replied", "(auto) no", ""])
def test_auto_submitted_no_is_a_person(value):
    """RFC 3834 §5.1, and an empty value says nothing."""
    assert reason(headers={"auto-submitted": value}) is None


def test_a_comment_of_many_brackets_costs_no_time():
    """A hostile header is read as it is."""
    assert reason(headers={"auto-submitted": "(" * 50_000 + "no"}) is Skip.AUTOMATED


@pytest.mark.parametrize("value", ["<>", " < > ", "<> (null)", "<MAILER-DAEMON@mx.example>"])
def test_a_null_return_path_is_never_answered(value):
    """RFC 3834 §2, in the ways it is written."""
    assert reason(headers={"return-path": value}) is Skip.NULL_RETURN_PATH


def test_an_empty_return_path_header_says_nothing():
    """Only the two brackets are a null sender."""
    assert reason(headers={"return-path": ""}) is None


def test_a_standard_report_is_a_delivery_report():
    """RFC 3464, whoever sent it and in whatever language."""
    assert reason(types=DSN, sender="anna@firma.example") is Skip.DELIVERY_REPORT


def test_a_delivery_status_in_a_mixed_mail_is_a_delivery_report():
    """Gateways flatten reports into multipart/mixed."""
    types = ("multipart/mixed", "text/plain", "message/delivery-status")
    assert reason(types=types) is Skip.DELIVERY_REPORT


def test_a_person_who_passes_a_report_on_is_answered():
    """The report is inside a message inside the mail, or the subject says that it is passed on."""
    inside = ("multipart/mixed", "text/plain", "message/rfc822", *DSN)
    assert reason(types=inside) is None
    flat = ("multipart/mixed", "text/plain", "message/delivery-status")
    assert reason(types=flat, subject="Fwd: Undeliverable: my form") is None


@pytest.mark.parametrize(
    ("sender", "name"),
    [
        ("mailer-daemon@mx.example", ""),
        ("mdaemon@mx.example", "MDaemon"),
        ("mail.delivery.system@mx.example", ""),
        ("", "Mail Delivery Subsystem"),
    ],
)
def test_a_mail_daemon_is_a_machine_whatever_it_says(sender, name):
    """Exim, sendmail, qmail, MDaemon and others without a report part."""
    assert reason(sender=sender, name=name, text="") is Skip.DELIVERY_REPORT


def test_a_postmaster_is_a_machine_only_where_mail_failed():
    """A postmaster can be a person with a question."""
    failed = {"sender": "postmaster@mx.example", "subject": "Undeliverable: Your complaint"}
    assert reason(**failed) is Skip.DELIVERY_REPORT
    assert reason(sender="postmaster@mx.example", subject="Our meeting") is None


def test_a_header_that_names_failed_recipients_is_a_report():
    """Exim and Gmail write it."""
    headers = {"x-failed-recipients": "anna@firma.example"}
    assert reason(headers=headers) is Skip.DELIVERY_REPORT


def test_a_read_receipt_is_a_receipt():
    """RFC 8098."""
    types = ("multipart/report; report-type=disposition-notification", "text/plain")
    assert reason(types=types) is Skip.READ_RECEIPT


def test_an_abuse_report_is_a_feedback_report():
    """RFC 5965, and the DMARC subject of RFC 7489 §7.2.1.1."""
    types = ("multipart/report; report-type=feedback-report", "text/plain")
    assert reason(types=types) is Skip.FEEDBACK_REPORT
    subject = "Report Domain: a.example Submitter: b.example Report-ID: 1"
    assert reason(subject=subject) is Skip.FEEDBACK_REPORT


def test_an_answer_to_an_invitation_is_silent_and_an_invitation_is_not():
    """RFC 5546: REPLY is a machine's; a REQUEST goes to a person."""
    reply = ("multipart/alternative", "text/plain", "text/calendar; method=reply")
    request = ("multipart/alternative", "text/plain", "text/calendar; method=request")
    assert reason(types=reply) is Skip.CALENDAR_REPLY
    assert reason(types=request) is None


@pytest.mark.parametrize(
    "headers",
    [
        {"x-autoreply": "yes"},
        {"x-autorespond": "Re: A letter"},
        {"precedence": "auto_reply"},
        {"x-mailer": "vacation 1.2"},
    ],
)
def test_a_responders_own_header_is_an_automatic_reply(headers):
    """What vacation programs wrote before RFC 3834, and some still do."""
    assert reason(headers=headers) is Skip.AUTO_REPLY


@pytest.mark.parametrize(
    "headers",
    [
        {"precedence": "bulk"},
        {"precedence": "Junk"},
        {"list-id": "<friends.lists.example>"},
        {"list-unsubscribe": "<https://x.example>", "feedback-id": "1:2:news:esp"},
        {"sender": "<friends-bounces@lists.example>"},
    ],
)
def test_list_and_bulk_mail_is_bulk(headers):
    """Lists, and campaigns with more than one sign."""
    assert reason(headers=headers) is Skip.BULK


@pytest.mark.parametrize(
    "headers",
    [
        {"list-unsubscribe": "<https://casework.example/u/1>"},
        {"feedback-id": "i81:Fastmail"},
        {"x-auto-response-suppress": "All"},
        {"precedence": "first-class"},
    ],
)
def test_one_weak_sign_silences_nobody(headers):
    """MPs' casework tools, personal mail providers and Exchange write these on lawful mail."""
    assert reason(headers=headers) is None


def test_a_broadcast_address_is_bulk_where_nobody_speaks():
    """A newsroom has such addresses too, and there somebody speaks."""
    newsletter = {"sender": "news@shop.example", "text": "New boots are here. Half price."}
    assert reason(**newsletter) is Skip.BULK
    newsroom = {"sender": "news@gazette.example", "text": "I am writing a piece on waiting times."}
    assert reason(**newsroom) is None


@pytest.mark.parametrize(
    "sender",
    ["noreply@shop.example", "do-not-reply@shop.example", "casework.no-reply@shop.example"],
)
def test_an_address_that_reads_no_replies_gets_none(sender):
    """Said by the address itself."""
    assert reason(sender=sender) is Skip.NO_REPLY_ADDRESS


def test_a_form_that_writes_for_somebody_is_answered():
    """Its Reply-To is a person."""
    person = (Address(address="jo.bell@mail.example"),)
    assert reason(sender="noreply@forms.example", reply_to=person) is None


@pytest.mark.parametrize("sender", ["noreen.ply@mail.example", "donna.trepley@mail.example"])
def test_a_name_that_looks_a_little_like_it_is_a_person(sender):
    """Whole words of the address count."""
    assert reason(sender=sender) is None


def test_a_program_on_the_mail_server_that_writes_to_itself_is_a_machine():
    """Cron and its like: an answer would come back to the mailbox it is read from."""
    headers = {
        "received": "by mx.example (Postfix, from userid 0) id 1",
        "delivered-to": "root@mx.example",
    }
    itself = {"sender": "root@mx.example", "to": (Address(address="root@mx.example"),)}
    assert reason(headers=headers, **itself) is Skip.AUTOMATED
    assert reason(headers=headers, sender="jo.bell@mail.example") is None


def test_a_personal_mail_is_a_persons():
    """Nothing in it says otherwise."""
    assert reason(headers={"return-path": "<jo.bell@mail.example>", "auto-submitted": "no"}) is None
