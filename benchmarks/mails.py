"""A mailbox to measure with: the shares and sizes of a busy office's mail, the same every time.

70 % plain (about 2 kB), 15 % with HTML (15 kB), 10 % with a PDF of 200 kB, 5 % in other charsets
or below long threads. The words are those of our examples, so that they are classified as work.
"""

from __future__ import annotations

import base64
import json
import random
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent
_PDF_BYTES = 200_000
_CHARSETS = ("cp1252", "iso-8859-15", "utf-8", "cp1250")
_MAIL_BOXES = frozenset({"ombudsman", "ceo", "customer-care", "intake"})
_CATEGORIES = frozenset({"new-complaint", "general-enquiry", "service-complaint"})


@cache
def _words() -> tuple[str, ...]:
    """Return what people wrote, of categories that are acknowledged."""
    found = []
    for path in sorted((ROOT / "config/examples").glob("*.jsonl")):
        for line in path.read_text().splitlines():
            one = json.loads(line)
            if one["box"] in _MAIL_BOXES and one["labels"]["category"] in _CATEGORIES:
                found.append(one["body"])
    return tuple(found)


def mails(count: int, *, seed: int = 1, start: int = 0) -> Iterator[bytes]:
    """Yield so many mails with CRLF line ends; the same seed and number give the same bytes."""
    for number in range(start, start + count):
        yield mail(number, seed=seed)


def mail(number: int, *, seed: int = 1) -> bytes:
    """Return one of them. Every hundred in a row have the exact shares, mixed."""
    chance = random.Random(f"{seed}:{number}")
    text = chance.choice(_words()).strip() + f"\n\nMy own note of it: {seed}/{number}\n"
    slot = number * 61 % 100
    if slot < 70:
        return _head(number, chance) + _plain(text, "utf-8")
    if slot < 85:
        return _head(number, chance) + _html(text, chance)
    if slot < 95:
        return _head(number, chance) + _pdf(text, chance)
    if slot < 99:
        return _head(number, chance) + _plain(text, _CHARSETS[slot % len(_CHARSETS)])
    return _head(number, chance) + _plain(text + _thread(chance), "utf-8")


def _head(number: int, chance: random.Random) -> bytes:
    who = f"writer{chance.randrange(10**6)}"
    lines = (
        f"Return-Path: <{who}@people.example>",
        f"Received: from mx{chance.randrange(9)}.people.example (mx.people.example [192.0.2.7])",
        f"\tby mail.ombudsman.example with ESMTPS id {chance.getrandbits(40):010x}",
        "\tfor <customer.care@ombudsman.example>; Mon, 02 Nov 2026 09:30:00 +0000",
        "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=people.example; s=s1;",
        "\th=from:to:subject:date:message-id;",
        f"\tb={base64.b64encode(chance.randbytes(96)).decode()}",
        f"Message-ID: <{chance.getrandbits(64):016x}.{number}@people.example>",
        "Date: Mon, 02 Nov 2026 09:29:58 +0000",
        f"From: Writer {number} <{who}@people.example>",
        "To: Customer Care <customer.care@ombudsman.example>",
        f"Subject: About what happened ({number})",
        "MIME-Version: 1.0",
    )
    return ("\r\n".join(lines) + "\r\n").encode()


def _plain(text: str, charset: str) -> bytes:
    head = f"Content-Type: text/plain; charset={charset}\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
    return head.encode() + text.replace("\n", "\r\n").encode(charset, "replace")


def _html(text: str, chance: random.Random) -> bytes:
    rule = f"=_{chance.getrandbits(60):x}"
    rows = "".join(
        f'<table width="600"><tr><td class="c{chance.randrange(9)}" style="padding:4px">'
        f"<p>{line}</p></td></tr></table>\r\n"
        for line in text.split("\n")
    )
    style = "<style>" + "p{margin:0}td{color:#333}" * 400 + "</style>"
    html = f"<html><head>{style}</head><body>\r\n{rows}</body></html>\r\n"
    head = f'Content-Type: multipart/alternative; boundary="{rule}"\r\n\r\n'
    parts = (_plain(text, "utf-8"), _plain(html, "utf-8").replace(b"/plain", b"/html", 1))
    return head.encode() + _joined(rule, parts)


def _pdf(text: str, chance: random.Random) -> bytes:
    rule = f"=_{chance.getrandbits(60):x}"
    content = b"%PDF-1.4\n" + chance.randbytes(_PDF_BYTES) + b"\n%%EOF\n"
    name = f"letter-{chance.randrange(999)}.pdf"
    file = (
        f'Content-Type: application/pdf; name="{name}"\r\nContent-Transfer-Encoding: base64\r\n'
        f'Content-Disposition: attachment; filename="{name}"\r\n\r\n'
    ).encode() + base64.encodebytes(content).replace(b"\n", b"\r\n")
    head = f'Content-Type: multipart/mixed; boundary="{rule}"\r\n\r\n'
    return head.encode() + _joined(rule, (_plain(text, "utf-8"), file))


def _joined(rule: str, parts: tuple[bytes, ...]) -> bytes:
    fence = f"--{rule}\r\n".encode()
    return b"".join(fence + part + b"\r\n" for part in parts) + f"--{rule}--\r\n".encode()


def _thread(chance: random.Random) -> str:
    quoted = []
    for depth in range(1, 31):
        quoted.append(f"\n{'>' * depth} On an earlier day somebody wrote:\n")
        quoted += ["> " * depth + line + "\n" for line in chance.choice(_words()).split("\n")]
    return "".join(quoted)
