"""What is no enquiry: machines, colleagues, and private mail."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.acceptance.letter import crlf
from tests.acceptance.people import QUESTION

if TYPE_CHECKING:
    from tests.acceptance.letter import Content, Letter


# One of our own


def colleague(letter: Letter) -> Content:
    return letter.message("A question from upstairs", QUESTION)


# What is not ours to read


def private(letter: Letter) -> Content:
    return letter.message("Sunday lunch", "Are you both coming on Sunday?", Sensitivity="Private")


# Machines


def out_of_office(letter: Letter) -> Content:
    return letter.message(
        "Automatic reply:", "I am away until Monday.", Auto_Submitted="auto-replied"
    )


def generated(letter: Letter) -> Content:
    return letter.message(
        "Backup finished", "Your backup finished without errors.", Auto_Submitted="auto-generated"
    )


def newsletter(letter: Letter) -> Content:
    return letter.message(
        "Our spring news",
        "Read all about our spring events. You receive this email because you signed up."
        " Unsubscribe here.",
        List_Unsubscribe="<https://news.example/out>",
        List_Id="Spring news <spring.news.example>",
        Precedence="bulk",
    )


def delivery_report(letter: Letter) -> Content:
    head = [
        "Return-Path: <>",
        f"From: Mail Delivery System <MAILER-DAEMON@{letter.host}>",
        *letter.usual()[1:],
        f"Subject: Undelivered Mail Returned to Sender {letter.marker}",
        "Auto-Submitted: auto-replied",
        "MIME-Version: 1.0",
        'Content-Type: multipart/report; report-type=delivery-status; boundary="dsn"',
    ]
    text = (
        "--dsn\nContent-Type: text/plain\n\nI am sorry, your message could not be delivered."
        f" {letter.marker}\n--dsn\nContent-Type: message/delivery-status\n\n"
        "Reporting-MTA: dns; mx.post.example\n\nFinal-Recipient: rfc822; gone@post.example\n"
        "Action: failed\nStatus: 5.1.1\n--dsn--\n"
    )
    return letter.raw(*head, body=crlf(text.encode()))


def odd_bounce(letter: Letter) -> Content:
    head = ["Return-Path: <>", f"From: Mail Gateway <postmaster@{letter.host}>"]
    head += [*letter.usual()[1:], f"Subject: Returned mail: user unknown {letter.marker}"]
    text = f"Your message {letter.marker} was not delivered to: gone@post.example. User unknown."
    return letter.raw(*head, body=crlf(text.encode()))


def read_receipt(letter: Letter) -> Content:
    head = [*letter.usual(), f"Subject: Read: {letter.marker}", "MIME-Version: 1.0"]
    kind = "multipart/report; report-type=disposition-notification"
    head += [f'Content-Type: {kind}; boundary="mdn"']
    text = (
        f"--mdn\nContent-Type: text/plain\n\nYour message {letter.marker} was read on Monday.\n"
        "--mdn\nContent-Type: message/disposition-notification\n\n"
        "Final-Recipient: rfc822; reader@post.example\n"
        "Disposition: manual-action/MDN-sent-manually; displayed\n--mdn--\n"
    )
    return letter.raw(*head, body=crlf(text.encode()))


def calendar_reply(letter: Letter) -> Content:
    mail = letter.message("Accepted: Quarterly meeting", "")
    mail.set_content(
        f"BEGIN:VCALENDAR\nMETHOD:REPLY\nBEGIN:VEVENT\nUID:{letter.marker}\nEND:VEVENT\n"
        "END:VCALENDAR\n",
        subtype="calendar",
        params={"method": "REPLY"},
    )
    return mail
