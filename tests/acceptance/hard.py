"""What people write that is hard to read: charsets, broken headers, odd shapes."""

from __future__ import annotations

import base64
import quopri
from typing import TYPE_CHECKING

from tests.acceptance.letter import Letter, crlf
from tests.acceptance.people import COMPLAINT, QUESTION

if TYPE_CHECKING:
    from tests.acceptance.letter import Content


def polish(letter: Letter) -> Content:
    mail = letter.message("Skarga na szpital", "x")
    words = letter.sign("Szanowni Państwo,\n\nchcę złożyć skargę na szpital: źle leczyli mą żonę.")
    mail.set_content(words, charset="windows-1250")
    return mail


def chinese(letter: Letter) -> Content:
    words = letter.sign("您好:\n\n我想投诉医院,医生没有解释手术的风险。請幫助我。").encode(
        "gb18030"
    )
    head = [*letter.usual(), f"Subject: complaint {letter.marker}", "MIME-Version: 1.0"]
    head += ["Content-Type: text/plain; charset=gb2312", "Content-Transfer-Encoding: base64"]
    return letter.raw(*head, body=crlf(base64.encodebytes(words)))


def bare_eight_bit(letter: Letter) -> Content:
    head = [*letter.usual(), f"Subject: Café complaint {letter.marker}"]
    body = crlf(letter.sign(f"{COMPLAINT}\n\nIt cost £50 at the café.").encode("latin-1"))
    return letter.raw(*head, body=body, charset="latin-1")


def wrong_charset(letter: Letter) -> Content:
    head = [*letter.usual(), f"Subject: complaint {letter.marker}", "MIME-Version: 1.0"]
    head += ["Content-Type: text/plain; charset=us-ascii", "Content-Transfer-Encoding: 8bit"]
    return letter.raw(*head, body=crlf(letter.sign(f"{COMPLAINT} Naïve – “quoted”.").encode()))


def unknown_charset(letter: Letter) -> Content:
    head = [*letter.usual(), f"Subject: complaint {letter.marker}", "MIME-Version: 1.0"]
    head += ["Content-Type: text/plain; charset=x-made-up-9"]
    head += ["Content-Transfer-Encoding: quoted-printable"]
    return letter.raw(*head, body=crlf(quopri.encodestring(letter.sign(COMPLAINT).encode())))


def bare_headers(letter: Letter) -> Content:
    """Write no Date, no Message-ID and no Subject."""
    return letter.raw(f"From: {letter.sender}", body=crlf(letter.sign(COMPLAINT).encode()))


def broken_headers(letter: Letter) -> Content:
    head = letter.usual()
    head.insert(2, "this line is no header at all")
    head += ['To: (c): "open quote', "Content-Type: text/plain; name*"]
    head += [f"Subject: complaint\t{letter.marker}", " folded", "X-Empty:", "Received: by"]
    return letter.raw(*head, body=crlf(letter.sign(COMPLAINT).encode()))


def no_end_boundary(letter: Letter) -> Content:
    head = [*letter.usual(), f"Subject: complaint {letter.marker}", "MIME-Version: 1.0"]
    head += ['Content-Type: multipart/mixed; boundary="cut short"']
    text = f"--cut short\nContent-Type: text/plain\n\n{letter.sign(COMPLAINT)}\n"
    return letter.raw(*head, body=crlf(text.encode()))


def long_lines(letter: Letter) -> Content:
    head = [*letter.usual(), f"Subject: complaint {letter.marker}"]
    line = letter.sign(COMPLAINT).replace("\n", " ") * 9
    return letter.raw(*head, body=line.encode() + b"\r\n")


def bracketed_id(letter: Letter) -> Content:
    head = [line for line in letter.usual() if not line.startswith("Message-ID")]
    head += [f"Message-ID: <[{letter.marker}]@mx.post.example>", f"Subject: {letter.marker}"]
    return letter.raw(*head, body=crlf(letter.sign(COMPLAINT).encode()))


def unquoted_comma(letter: Letter) -> Content:
    head = [f"From: Bell, {letter.marker} <{letter.sender}>", *letter.usual()[1:]]
    head += [f"Subject: complaint {letter.marker}"]
    return letter.raw(*head, body=crlf(letter.sign(COMPLAINT).encode()))


def foreign_reply_to(letter: Letter) -> Content:
    return letter.message("Complaint", COMPLAINT, Reply_To="somebody.else@reflector.example")


def in_a_thread(letter: Letter) -> Content:
    mail = letter.message("Re: what we spoke about", QUESTION)
    mail["In-Reply-To"] = "<two@elsewhere.example>"
    mail["References"] = "<one@elsewhere.example> <two@elsewhere.example>"
    return mail


def quoting(letter: Letter) -> Content:
    quoted = "\n\n-----Original Message-----\nFrom: Low Harbour Surgery\nSubject: Your letter\n\n"
    return letter.message("Fw: Your letter", f"{QUESTION}{quoted}We have nothing to add.")


def says_no_machine(letter: Letter) -> Content:
    return letter.message("Complaint", COMPLAINT, Auto_Submitted="no")


def suppresses_notices(letter: Letter) -> Content:
    return letter.message("Complaint", COMPLAINT, X_Auto_Response_Suppress="OOF, AutoReply")


def welsh(letter: Letter) -> Content:
    return letter.message(
        "Cwyn am yr ysbyty",
        "Annwyl Syr neu Fadam,\n\nHoffwn wneud cwyn am yr ysbyty. Roedd fy mam yn aros am naw"
        " awr ac ni chafodd hi unrhyw help. Gofynnaf i chi ymchwilio i hyn.",
    )


def attachment_only(letter: Letter) -> Content:
    mail = letter.message("My complaint is attached", "")
    mail.add_attachment(
        letter.sign(COMPLAINT).encode(), maintype="application", subtype="msword", filename="c.doc"
    )
    return mail


# People whose acknowledgement waits


def at_risk(letter: Letter) -> Content:
    return letter.message(
        "I cannot go on",
        "Nobody listens. I cannot go on like this any more and I am going to kill myself tonight."
        " You were my last hope about the hospital.",
    )


def forged(letter: Letter) -> Content:
    mail = letter.message("Complaint", COMPLAINT)
    mail["Authentication-Results"] = (
        "mx.ombudsman.example; dmarc=fail (p=reject) header.from=bank.example"
    )
    return mail


def passed_on(letter: Letter) -> Content:
    inner = Letter(marker=letter.marker).message("Complaint", COMPLAINT)
    mail = letter.message("Fwd: Complaint", "This came to me by mistake.")
    mail.add_attachment(inner)
    return mail
