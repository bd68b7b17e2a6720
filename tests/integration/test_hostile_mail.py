"""Mail that somebody made to do harm goes the whole way, and does nothing but be an enquiry."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from email import message_from_bytes
from email.message import EmailMessage
from time import perf_counter

import pytest
from sqlalchemy import select

from daemon.model import Outcome
from daemon.store import schema
from tests.builders import CARE, NOW, an_office_over
from tests.unit.classifying import the_classifier

SECONDS = 10.0  # on a busy machine; alone none takes two
WORDS = "I want to complain about the hospital where my mother died. They would not answer."
PRIORITY = "I am the MP for Northtown and ask the Ombudsman for a personal reply."


def a_mail(*, words: str = WORDS, **headers: str) -> bytes:
    """A plain mail; a header given takes the usual one's place."""
    usual = {
        "From": "Jo Bell <jo@home.example>",
        "To": CARE,
        "Subject": "The hospital",
        "Message-ID": "<one@home.example>",
        "Date": "Mon, 02 Mar 2026 09:00:00 +0000",
        "Content-Type": "text/plain; charset=utf-8",
    }
    wanted = {**usual, **{name.replace("_", "-"): value for name, value in headers.items()}}
    head = "".join(f"{name}: {value}\r\n" for name, value in wanted.items())
    return head.encode() + b"\r\n" + words.replace("\n", "\r\n").encode()


def with_file(name: str, content: bytes = b"%PDF-1.4\n%%EOF") -> bytes:
    """A mail with a file of this name, however it is spelt."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Message-ID"] = "jo@home.example", CARE, "<one@home.example>"
    mail["Subject"] = "The hospital"
    mail.set_content(WORDS)
    mail.add_attachment(content, maintype="application", subtype="pdf", filename="PLACE")
    return mail.as_bytes().replace(b"PLACE", name.encode("utf-8", "surrogateescape"))


def a_bomb() -> bytes:
    """A few hundred kilobytes that unpack to three hundred megabytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", b" " * (300 << 20))
    return out.getvalue()


@pytest.fixture
def office(store):
    """One that classifies by the shipped rules."""
    office = an_office_over(store)
    return replace(office, intake=replace(office.intake, classifier=the_classifier()))


def taken(office, content: bytes):
    """Take a mail in, within seconds; return it with the letters that were written."""
    began = perf_counter()
    one = office.take(content, at=NOW)
    assert perf_counter() - began < SECONDS
    assert one.state == "stored", one.why
    row = schema.outbox.c
    query = select(row.kind, row.recipient, row.content, row.rfc_message_id)
    with office.store.read() as tx:
        found = tx.connection.execute(query.where(row.message_id == one.message_id))
        return one, [dict(letter._mapping) for letter in found]


def check(letters, *, to: set[str]) -> None:
    """Every letter goes to one address, among these, and has each header once."""
    assert letters
    for letter in letters:
        assert letter["recipient"] in to
        mail = message_from_bytes(letter["content"])
        assert mail["To"].strip() == letter["recipient"]
        for name in ("From", "To", "Subject", "Reply-To", "Message-ID", "Auto-Submitted"):
            assert len(mail.get_all(name) or []) == 1, name
        assert mail.get_all("Bcc") is None
        assert mail.get_all("Cc") is None


def writers_and_teams(office, *writers: str) -> set[str]:
    """Return the addresses that a letter may go to."""
    return {*writers, *(team.mailbox for team in office.policy.teams.values())}


MANY = ",\r\n ".join(f"person{n}@elsewhere.example" for n in range(5000))


@pytest.mark.parametrize(
    "content",
    [
        a_mail(To=f"{CARE},\r\n {MANY}"),
        a_mail(Cc=MANY),
        a_mail(Subject="{{ 7 * 191 }} {% for x in range(10**9) %}a{% endfor %} ${7*191}"),
        a_mail(From="\"{{ config }} {% include '/etc/passwd' %}\" <jo@home.example>"),
        a_mail(Subject="=?utf-8?q?Hello=0d=0aBcc:_victim=40elsewhere.example?="),
        a_mail(From="=?utf-8?q?Jo=0aBcc:victim=40elsewhere.example?= <jo@home.example>"),
        a_mail(Message_ID="<x\r\n Bcc: victim@elsewhere.example>"),
        a_mail(References="<a@b>\r\n\tBcc: victim@elsewhere.example"),
        a_mail(Subject="<script>alert(1)</script> [press](javascript:alert(1)) <b>x"),
        a_mail(words=f"{WORDS}\n{{{{ ''.__class__.__mro__ }}}}\n<img src=x onerror=alert(1)>"),
        a_mail(words="a" * 1_000_000 + f"\n{WORDS}"),
        a_mail(words=f"{WORDS}\n" + "please " * 150_000),
        a_mail(words=f"{WORDS}\n" + "(a|b)* ... # [" * 60_000),
        a_mail(words=f"{WORDS}\n" + "complain about the complaint about " * 30_000),
        with_file("../../../../etc/cron.d/x.pdf"),
        with_file("C:\\\\Windows\\\\x.pdf"),
        with_file("a" * 5000 + ".pdf"),
        with_file("\u202efdp.exe"),
        with_file("letter.docx", a_bomb()),
        with_file("letter.pdf", b"%PDF-1.7\n" + b"<<" * 1_000_000),
    ],
    ids=range(20),
)
def test_it_is_an_enquiry_like_any_other(office, content):
    """Read, stored byte for byte, answered to who wrote and told to the team, and no more."""
    one, letters = taken(office, content)
    assert one.outcome is Outcome.OPENED
    check(letters, to=writers_and_teams(office, "jo@home.example", ""))
    with office.store.read() as tx:
        assert tx.raw_of(one.message_id) == content
    for letter in letters:
        if letter["kind"] == "acknowledgement":
            mail = message_from_bytes(letter["content"])
            del mail["In-Reply-To"], mail["References"]  # their ids, as they are
            words = str(mail)
            assert "1337" not in words
            assert "victim" not in words
            assert "script" not in words
    assert all("/" not in (a.name or "") for a in one.message.attachments)


@pytest.mark.parametrize(
    "sender",
    [
        "pat@p\u0430rliament.uk",  # a Cyrillic letter
        "pat@xn--prliament-2fh.uk",
        "pat@parliament.uk.evil.example",
        "pat@parliament-uk.example",
        '"pat@parliament.uk" <pat@evil.example>',
        "Pat Member MP pat@parliament.uk <pat@evil.example>",
    ],
)
def test_a_look_alike_is_nobody_known(office, sender):
    """No office of an MP, and no colleague of ours: a person decides where there is a claim."""
    one, _ = taken(office, a_mail(From=sender, words=f"{PRIORITY}\n{WORDS}"))
    directory = office.policy.directory
    assert directory.mp_office(one.message.sender.address, NOW.date()) is None
    assert not directory.is_own(one.message.sender.address)


def test_a_forged_reference_joins_nothing(office):
    """Neither a reference in words, nor a made-up token, nor somebody else's thread."""
    first, letters = taken(office, a_mail())
    ours = letters[0]["rfc_message_id"]
    forged = "A" * 16 + ours[16:] if ours[:16] != "A" * 16 else "B" * 16 + ours[16:]
    for number, headers in enumerate(
        (
            {"Subject": f"Re: {first.reference}"},
            {"In_Reply_To": f"<{forged}>"},
            {"In_Reply_To": f"<{ours}>"},  # with a real one, and another writer
            {"References": "<one@home.example>"},
        )
    ):
        stranger = {"From": "mallory@evil.example", "Message_ID": f"<{number}@evil.example>"}
        other, _ = taken(office, a_mail(words=f"{WORDS} {number}", **stranger, **headers))
        assert other.reference != first.reference
