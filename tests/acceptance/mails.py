"""Mails of every kind, each with a marker in all its words, so that it can be followed.

A `Kind` is a way to write, and what has to become of it; `a_day` makes a mixed day of them.
All people and places are invented.
"""

from __future__ import annotations

import base64
import quopri
import random
from dataclasses import dataclass, field
from datetime import date, timedelta
from email.message import EmailMessage
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

STEM = "quillmark"
"""Stands in every marker, and in no word of the daemon's own."""
DATE = "Mon, 02 Mar 2026 09:30:00 +0000"
NOTICE_ON = date.today() - timedelta(days=3)
NOTICE = f"{NOTICE_ON.day} {NOTICE_ON:%B %Y}"
EVERY_DOOR = ("ombudsman", "ceo", "customer-care", "intake")
PUBLIC_DOORS = ("customer-care", "intake")
PERSONAL_DOORS = ("ombudsman", "ceo")


class Fate(StrEnum):
    """What has to become of a mail."""

    ANSWERED = "answered"  # an enquiry, and an acknowledgement at once
    HELD = "held"  # an enquiry, and an acknowledgement that waits for a person
    LOGGED = "logged"  # an enquiry without an acknowledgement: one of our own wrote
    SILENT = "silent"  # set aside: kept, no enquiry, nothing sent
    PRIVATE = "private"  # a receipt without content


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """One mail with what has to become of it."""

    kind: str
    marker: str
    door: str
    fate: Fate
    sender: str
    content: bytes
    message_id: str = ""  # without brackets; "" where it has none that could be answered
    references: tuple[str, ...] = ()
    clock: str = "other"
    category: str = ""  # "" where any will do
    twin_door: str = ""  # where another copy of it lies


@dataclass(slots=True, kw_only=True)
class Letter:
    """The pieces a kind writes with; every one carries the marker."""

    marker: str
    host: str = ""  # the sender's domain
    local: str = ""
    name: str = ""
    headers: list[tuple[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.host = self.host or f"{self.marker}.example"
        self.local = self.local or "writer"
        self.name = self.name or f"Morgan {self.marker.title()}"

    @property
    def sender(self) -> str:
        return f"{self.local}@{self.host}"

    @property
    def message_id(self) -> str:
        return f"{self.marker}@post.example"

    def message(self, subject: str, text: str, **more: str) -> EmailMessage:
        """Return a mail as a common mail program writes it."""
        mail = EmailMessage()
        mail["From"] = f'"{self.name}" <{self.sender}>'
        mail["To"] = more.pop("to", "office@ombudsman.example")
        mail["Subject"] = f"{subject} {self.marker}".strip()
        mail["Date"] = DATE
        mail["Message-ID"] = f"<{self.message_id}>"
        for name, value in more.items():
            mail[name.replace("_", "-")] = value
        mail.set_content(self.sign(text))
        return mail

    def sign(self, text: str) -> str:
        """Return a text with the marker in the middle and a name under it."""
        return f"{text}\n\nMy own note for my file is {self.marker}.\n\n{self.name}\n"

    def raw(self, *lines: str, body: bytes, charset: str = "ascii") -> bytes:
        """Return a mail with just these header lines, for what no mail program writes."""
        return "".join(f"{line}\r\n" for line in lines).encode(charset) + b"\r\n" + body

    def usual(self) -> list[str]:
        """Return the usual header lines but the subject."""
        return [
            f"From: {self.name} <{self.sender}>",
            "To: office@ombudsman.example",
            f"Date: {DATE}",
            f"Message-ID: <{self.message_id}>",
        ]


Content = EmailMessage | bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A way to write to the office."""

    name: str
    write: Callable[[Letter], Content]
    fate: Fate
    doors: tuple[str, ...] = EVERY_DOOR
    host: str = ""
    local: str = "writer"
    clock: str = "other"
    category: str = ""
    has_id: bool = True
    references: tuple[str, ...] = ()

    def mail(self, marker: str, door: str) -> Mail:
        """Return a mail of this kind."""
        host = self.host or f"{marker}.example"
        local = marker if self.local == "MARKER" else self.local
        letter = Letter(marker=marker, host=host, local=local)
        content = self.write(letter)
        return Mail(
            kind=self.name,
            marker=marker,
            door=door,
            fate=self.fate,
            sender=letter.sender if self.fate is not Fate.HELD else "",
            content=_crlf(content.as_bytes()) if isinstance(content, EmailMessage) else content,
            message_id=letter.message_id if self.has_id else "",
            references=self.references,
            clock=self.clock,
            category=self.category,
        )


def _crlf(content: bytes) -> bytes:
    return content.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


COMPLAINT = (
    "Dear Sir or Madam,\n\nI want to make a complaint about the Tarn Valley Hospital. My mother"
    " waited nine hours on a trolley and her fracture was missed. I have been through the"
    " hospital's complaints procedure and I am not satisfied with their final response.\n\n"
    "Please investigate."
)
QUESTION = (
    "Dear Sir or Madam,\n\nI would be grateful if you could look into what happened to me at the"
    " surgery in Low Harbour. They took me off their list without a reason and their complaints"
    " process is finished."
)


# People


def _plain(letter: Letter) -> Content:
    return letter.message("Complaint about a hospital", COMPLAINT)


def _html_only(letter: Letter) -> Content:
    mail = letter.message("Complaint", COMPLAINT)
    paragraphs = "".join(f"<p>{p}</p>" for p in letter.sign(COMPLAINT).split("\n\n"))
    mail.set_content(f"<html><body>{paragraphs}</body></html>", subtype="html")
    return mail


def _with_attachment(letter: Letter) -> Content:
    mail = letter.message("My complaint, with papers", COMPLAINT)
    mail.add_alternative(f"<p>{letter.sign(COMPLAINT)}</p>", subtype="html")
    mail.add_attachment(
        b"%PDF-1.4\n" + bytes(range(256)) * 8,
        maintype="application",
        subtype="pdf",
        filename=f"papers {letter.marker}.pdf",
    )
    return mail


def _large(letter: Letter) -> Content:
    mail = letter.message("Complaint with all the scans", COMPLAINT)
    noise = random.Random(letter.marker).randbytes(2_000_000)
    mail.add_attachment(noise, maintype="image", subtype="tiff", filename="scan.tif")
    return mail


def _information(letter: Letter) -> Content:
    return letter.message(
        "Freedom of Information request",
        "Under the Freedom of Information Act 2000 please send me the number of complaints about"
        " maternity care that your office received in each of the last five years, and the"
        " guidance that your caseworkers follow when they assess them.",
    )


def _own_data(letter: Letter) -> Content:
    return letter.message(
        "Subject access request",
        "I am making a subject access request under the UK GDPR and the Data Protection Act"
        " 2018. Please send me a copy of all the personal data you hold about me.",
    )


def _about_us(letter: Letter) -> Content:
    return letter.message(
        "Complaint about your service, my reference C-2188402",
        "I want to complain about your service and the way you handled my case C-2188402. Your"
        " caseworker never rang me back, and I ask for a review of your decision.",
    )


def _personal(letter: Letter) -> Content:
    return letter.message(
        "For the personal attention of the Ombudsman",
        "Dear Ombudsman,\n\nPlease would you look at my case C-2188403 yourself. I ask you to"
        " take a personal interest in it. I have no quarrel with your staff.",
    )


def _mp_referral(letter: Letter) -> Content:
    return letter.message(
        "Referral of a complaint from my constituent",
        "Dear Ombudsman,\n\nI refer the enclosed complaint from my constituent about the"
        " Department for Lamps. The complaint form is attached and signed. Their internal"
        " complaints process is exhausted.\n\nYours sincerely,\nMaria Oakes MP\n"
        "Member of Parliament for North Fenwick",
    )


def _mp_asks(letter: Letter) -> Content:
    return letter.message(
        "Your decision on my constituent's case C-2188404",
        "Dear Ombudsman,\n\nI am unhappy with your decision on my constituent's case C-2188404"
        " and ask you to explain it to me personally. I should like a meeting.\n\n"
        "Maria Oakes MP\nMember of Parliament for North Fenwick",
    )


def _chair(letter: Letter) -> Content:
    return letter.message(
        "From the Chair of the Committee",
        "Dear Ombudsman,\n\nAs Chair of the Public Administration and Constitutional Affairs"
        " Committee I should be glad of a note on your casework times before our hearing.",
    )


def _commissioner(letter: Letter) -> Content:
    return letter.message(
        "Decision notice",
        f"Please find our decision notice dated {NOTICE} under section 50 of the Freedom"
        " of Information Act. The Commissioner's decision is that your office breached section"
        " 10. You have 28 days to appeal to the First-tier Tribunal.",
    )


def _press(letter: Letter) -> Content:
    return letter.message(
        "Press enquiry",
        "Hello,\n\nI am a reporter at the Low Harbour Herald and I am writing a piece about"
        " waiting times at your office. Could somebody comment? My deadline is Thursday.",
    )


def _polish(letter: Letter) -> Content:
    mail = letter.message("Skarga na szpital", "x")
    words = letter.sign("Szanowni Państwo,\n\nchcę złożyć skargę na szpital: źle leczyli mą żonę.")
    mail.set_content(words, charset="windows-1250")
    return mail


def _chinese(letter: Letter) -> Content:
    words = letter.sign("您好:\n\n我想投诉医院,医生没有解释手术的风险。請幫助我。").encode(
        "gb18030"
    )
    head = [*letter.usual(), f"Subject: complaint {letter.marker}", "MIME-Version: 1.0"]
    head += ["Content-Type: text/plain; charset=gb2312", "Content-Transfer-Encoding: base64"]
    return letter.raw(*head, body=_crlf(base64.encodebytes(words)))


def _bare_eight_bit(letter: Letter) -> Content:
    head = [*letter.usual(), f"Subject: Café complaint {letter.marker}"]
    body = _crlf(letter.sign(f"{COMPLAINT}\n\nIt cost £50 at the café.").encode("latin-1"))
    return letter.raw(*head, body=body, charset="latin-1")


def _wrong_charset(letter: Letter) -> Content:
    head = [*letter.usual(), f"Subject: complaint {letter.marker}", "MIME-Version: 1.0"]
    head += ["Content-Type: text/plain; charset=us-ascii", "Content-Transfer-Encoding: 8bit"]
    return letter.raw(*head, body=_crlf(letter.sign(f"{COMPLAINT} Naïve – “quoted”.").encode()))


def _unknown_charset(letter: Letter) -> Content:
    head = [*letter.usual(), f"Subject: complaint {letter.marker}", "MIME-Version: 1.0"]
    head += ["Content-Type: text/plain; charset=x-made-up-9"]
    head += ["Content-Transfer-Encoding: quoted-printable"]
    return letter.raw(*head, body=_crlf(quopri.encodestring(letter.sign(COMPLAINT).encode())))


def _bare_headers(letter: Letter) -> Content:
    """Write no Date, no Message-ID and no Subject."""
    return letter.raw(f"From: {letter.sender}", body=_crlf(letter.sign(COMPLAINT).encode()))


def _broken_headers(letter: Letter) -> Content:
    head = letter.usual()
    head.insert(2, "this line is no header at all")
    head += ['To: (c): "open quote', "Content-Type: text/plain; name*"]
    head += [f"Subject: complaint\t{letter.marker}", " folded", "X-Empty:", "Received: by"]
    return letter.raw(*head, body=_crlf(letter.sign(COMPLAINT).encode()))


def _no_end_boundary(letter: Letter) -> Content:
    head = [*letter.usual(), f"Subject: complaint {letter.marker}", "MIME-Version: 1.0"]
    head += ['Content-Type: multipart/mixed; boundary="cut short"']
    text = f"--cut short\nContent-Type: text/plain\n\n{letter.sign(COMPLAINT)}\n"
    return letter.raw(*head, body=_crlf(text.encode()))


def _long_lines(letter: Letter) -> Content:
    head = [*letter.usual(), f"Subject: complaint {letter.marker}"]
    line = letter.sign(COMPLAINT).replace("\n", " ") * 9
    return letter.raw(*head, body=line.encode() + b"\r\n")


def _bracketed_id(letter: Letter) -> Content:
    head = [line for line in letter.usual() if not line.startswith("Message-ID")]
    head += [f"Message-ID: <[{letter.marker}]@mx.post.example>", f"Subject: {letter.marker}"]
    return letter.raw(*head, body=_crlf(letter.sign(COMPLAINT).encode()))


def _unquoted_comma(letter: Letter) -> Content:
    head = [f"From: Bell, {letter.marker} <{letter.sender}>", *letter.usual()[1:]]
    head += [f"Subject: complaint {letter.marker}"]
    return letter.raw(*head, body=_crlf(letter.sign(COMPLAINT).encode()))


def _foreign_reply_to(letter: Letter) -> Content:
    return letter.message("Complaint", COMPLAINT, Reply_To="somebody.else@reflector.example")


def _in_a_thread(letter: Letter) -> Content:
    mail = letter.message("Re: what we spoke about", QUESTION)
    mail["In-Reply-To"] = "<two@elsewhere.example>"
    mail["References"] = "<one@elsewhere.example> <two@elsewhere.example>"
    return mail


def _quoting(letter: Letter) -> Content:
    quoted = "\n\n-----Original Message-----\nFrom: Low Harbour Surgery\nSubject: Your letter\n\n"
    return letter.message("Fw: Your letter", f"{QUESTION}{quoted}We have nothing to add.")


def _says_no_machine(letter: Letter) -> Content:
    return letter.message("Complaint", COMPLAINT, Auto_Submitted="no")


def _suppresses_notices(letter: Letter) -> Content:
    return letter.message("Complaint", COMPLAINT, X_Auto_Response_Suppress="OOF, AutoReply")


def _welsh(letter: Letter) -> Content:
    return letter.message(
        "Cwyn am yr ysbyty",
        "Annwyl Syr neu Fadam,\n\nHoffwn wneud cwyn am yr ysbyty. Roedd fy mam yn aros am naw"
        " awr ac ni chafodd hi unrhyw help. Gofynnaf i chi ymchwilio i hyn.",
    )


def _attachment_only(letter: Letter) -> Content:
    mail = letter.message("My complaint is attached", "")
    mail.add_attachment(
        letter.sign(COMPLAINT).encode(), maintype="application", subtype="msword", filename="c.doc"
    )
    return mail


# People whose acknowledgement waits


def _at_risk(letter: Letter) -> Content:
    return letter.message(
        "I cannot go on",
        "Nobody listens. I cannot go on like this any more and I am going to kill myself tonight."
        " You were my last hope about the hospital.",
    )


def _forged(letter: Letter) -> Content:
    mail = letter.message("Complaint", COMPLAINT)
    mail["Authentication-Results"] = (
        "mx.ombudsman.example; dmarc=fail (p=reject) header.from=bank.example"
    )
    return mail


def _passed_on(letter: Letter) -> Content:
    inner = Letter(marker=letter.marker).message("Complaint", COMPLAINT)
    mail = letter.message("Fwd: Complaint", "This came to me by mistake.")
    mail.add_attachment(inner)
    return mail


# One of our own


def _colleague(letter: Letter) -> Content:
    return letter.message("A question from upstairs", QUESTION)


# What is not ours to read


def _private(letter: Letter) -> Content:
    return letter.message("Sunday lunch", "Are you both coming on Sunday?", Sensitivity="Private")


# Machines


def _out_of_office(letter: Letter) -> Content:
    return letter.message(
        "Automatic reply:", "I am away until Monday.", Auto_Submitted="auto-replied"
    )


def _generated(letter: Letter) -> Content:
    return letter.message(
        "Backup finished", "Your backup finished without errors.", Auto_Submitted="auto-generated"
    )


def _newsletter(letter: Letter) -> Content:
    return letter.message(
        "Our spring news",
        "Read all about our spring events. You receive this email because you signed up."
        " Unsubscribe here.",
        List_Unsubscribe="<https://news.example/out>",
        List_Id="Spring news <spring.news.example>",
        Precedence="bulk",
    )


def _delivery_report(letter: Letter) -> Content:
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
    return letter.raw(*head, body=_crlf(text.encode()))


def _odd_bounce(letter: Letter) -> Content:
    head = ["Return-Path: <>", f"From: Mail Gateway <postmaster@{letter.host}>"]
    head += [*letter.usual()[1:], f"Subject: Returned mail: user unknown {letter.marker}"]
    text = f"Your message {letter.marker} was not delivered to: gone@post.example. User unknown."
    return letter.raw(*head, body=_crlf(text.encode()))


def _read_receipt(letter: Letter) -> Content:
    head = [*letter.usual(), f"Subject: Read: {letter.marker}", "MIME-Version: 1.0"]
    kind = "multipart/report; report-type=disposition-notification"
    head += [f'Content-Type: {kind}; boundary="mdn"']
    text = (
        f"--mdn\nContent-Type: text/plain\n\nYour message {letter.marker} was read on Monday.\n"
        "--mdn\nContent-Type: message/disposition-notification\n\n"
        "Final-Recipient: rfc822; reader@post.example\n"
        "Disposition: manual-action/MDN-sent-manually; displayed\n--mdn--\n"
    )
    return letter.raw(*head, body=_crlf(text.encode()))


def _calendar_reply(letter: Letter) -> Content:
    mail = letter.message("Accepted: Quarterly meeting", "")
    mail.set_content(
        f"BEGIN:VCALENDAR\nMETHOD:REPLY\nBEGIN:VEVENT\nUID:{letter.marker}\nEND:VEVENT\n"
        "END:VCALENDAR\n",
        subtype="calendar",
        params={"method": "REPLY"},
    )
    return mail


_A, _H, _S = Fate.ANSWERED, Fate.HELD, Fate.SILENT
_THREAD = ("one@elsewhere.example", "two@elsewhere.example")
_NEW = "new-complaint"

KINDS: tuple[Kind, ...] = (
    Kind(name="plain", write=_plain, fate=_A, doors=PUBLIC_DOORS, category=_NEW),
    Kind(name="html-only", write=_html_only, fate=_A),
    Kind(name="with-attachment", write=_with_attachment, fate=_A),
    Kind(name="large", write=_large, fate=_A),
    Kind(name="information", write=_information, fate=_A, clock="foi", category="foi-dpa"),
    Kind(name="own-data", write=_own_data, fate=_A, clock="dpa", category="foi-dpa"),
    Kind(
        name="about-us",
        write=_about_us,
        fate=_A,
        doors=PUBLIC_DOORS,
        clock="service",
        category="complaint-about-us",
    ),
    Kind(name="personal", write=_personal, fate=_A, category="personal-interest"),
    Kind(
        name="mp-referral",
        write=_mp_referral,
        fate=_A,
        doors=PUBLIC_DOORS,
        host="oakes-casework.example",
        local="MARKER",
        category=_NEW,
    ),
    Kind(
        name="mp-asks",
        write=_mp_asks,
        fate=_A,
        host="oakes-casework.example",
        local="MARKER",
        clock="mp",
    ),
    Kind(
        name="chair",
        write=_chair,
        fate=_A,
        host="committees.example",
        local="chair.pacac",
        clock="mp",
    ),
    Kind(
        name="commissioner",
        write=_commissioner,
        fate=_A,
        host="ico.org.uk",
        local="MARKER",
        clock="ico",
        category="ico-decision",
    ),
    Kind(name="press", write=_press, fate=_A),
    Kind(name="polish", write=_polish, fate=_A),
    Kind(name="chinese", write=_chinese, fate=_A),
    Kind(name="bare-eight-bit", write=_bare_eight_bit, fate=_A),
    Kind(name="wrong-charset", write=_wrong_charset, fate=_A),
    Kind(name="unknown-charset", write=_unknown_charset, fate=_A),
    Kind(name="bare-headers", write=_bare_headers, fate=_A, has_id=False),
    Kind(name="broken-headers", write=_broken_headers, fate=_A),
    Kind(name="no-end-boundary", write=_no_end_boundary, fate=_A),
    Kind(name="long-lines", write=_long_lines, fate=_A),
    Kind(name="bracketed-id", write=_bracketed_id, fate=_A, has_id=False),
    Kind(name="unquoted-comma", write=_unquoted_comma, fate=_A),
    Kind(name="foreign-reply-to", write=_foreign_reply_to, fate=_A),
    Kind(name="in-a-thread", write=_in_a_thread, fate=_A, references=_THREAD),
    Kind(name="quoting", write=_quoting, fate=_A),
    Kind(name="says-no-machine", write=_says_no_machine, fate=_A),
    Kind(name="suppresses-notices", write=_suppresses_notices, fate=_A),
    Kind(name="welsh", write=_welsh, fate=_A),
    Kind(name="attachment-only", write=_attachment_only, fate=_A),
    Kind(name="at-risk", write=_at_risk, fate=_H),
    Kind(name="forged", write=_forged, fate=_H, host="bank.example"),
    Kind(
        name="passed-on",
        write=_passed_on,
        fate=_H,
        doors=PERSONAL_DOORS,
        host="ombudsman.example",
        local="MARKER",
    ),
    Kind(
        name="colleague",
        write=_colleague,
        fate=Fate.LOGGED,
        doors=PUBLIC_DOORS,
        host="ombudsman.example",
        local="MARKER",
    ),
    Kind(name="private", write=_private, fate=Fate.PRIVATE, doors=PERSONAL_DOORS),
    Kind(
        name="private-colleague",
        write=_colleague,
        fate=Fate.PRIVATE,
        doors=PERSONAL_DOORS,
        host="ombudsman.example",
        local="MARKER",
    ),
    Kind(name="out-of-office", write=_out_of_office, fate=_S),
    Kind(name="generated", write=_generated, fate=_S),
    Kind(name="newsletter", write=_newsletter, fate=_S),
    Kind(name="delivery-report", write=_delivery_report, fate=_S),
    Kind(name="odd-bounce", write=_odd_bounce, fate=_S),
    Kind(name="read-receipt", write=_read_receipt, fate=_S),
    Kind(name="calendar-reply", write=_calendar_reply, fate=_S),
)
_SELDOM = {"chair": 4, "large": 4}  # an address gets four answers a day; and time is short


def a_kind(name: str) -> Kind:
    """Return the kind of a name."""
    return next(kind for kind in KINDS if kind.name == name)


def a_mail(kind: str = "plain", number: int = 0, door: str = "intake") -> Mail:
    """Return one mail of a kind; the number makes it another than the others."""
    return a_kind(kind).mail(f"{STEM}{number:05}", door)


def a_day(count: int, *, first: int = 1) -> Iterator[Mail]:
    """Return a mixed day of `count` mails: every kind in turn, and by turns to every door."""
    made = dict.fromkeys((kind.name for kind in KINDS), 0)
    number, turn = first, 0
    while number < first + count:
        kind = KINDS[turn % len(KINDS)]
        turn += 1
        if made[kind.name] >= _SELDOM.get(kind.name, count):
            continue
        door = kind.doors[made[kind.name] % len(kind.doors)]
        made[kind.name] += 1
        yield kind.mail(f"{STEM}{number:05}", door)
        number += 1
