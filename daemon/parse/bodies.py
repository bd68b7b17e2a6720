"""Read a MIME tree: the text to read, the attachments, the messages inside the message."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from daemon.model import Forwarded
from daemon.parse.addresses import sender_of
from daemon.parse.attachments import attachment
from daemon.parse.charsets import decode
from daemon.parse.fields import Fields
from daemon.parse.flowed import unflowed
from daemon.parse.framing import frame
from daemon.parse.limits import (
    MAX_FORWARDED,
    MAX_PART_TEXT_BYTES,
    MAX_SUBJECT_CHARS,
    MAX_TEXT_CHARS,
)
from daemon.parse.markup import html_to_text, looks_like_html
from daemon.parse.storable import one_line, storable
from daemon.parse.transfer import uu_files
from daemon.parse.tree import Budget, build

if TYPE_CHECKING:
    from collections.abc import Sequence

    from daemon.model import Attachment
    from daemon.parse.tree import Part

_HTML_TYPES = frozenset({"text/html", "application/xhtml+xml", "text/x-html"})
_MARKED_UP = frozenset({"text/enriched", "text/richtext"})
_FILES = frozenset(
    {
        "text/calendar", "text/x-vcalendar", "text/vcard", "text/x-vcard", "text/directory",
        "text/csv", "text/xml", "text/rtf", "text/css", "text/javascript", "text/x-amp-html",
        "text/watch-html", "text/x-patch", "text/x-diff", "text/x-log",
        "text/tab-separated-values",
    },
)  # fmt: skip
ATTACHED = frozenset({"message/rfc822", "message/global", "message/news"})
_RETURNED_HEADERS = frozenset({"text/rfc822-headers", "message/rfc822-headers"})
_META_CHARSET = re.compile(
    rb"<meta[^<>]{1,200}charset\s{0,3}=\s{0,3}[\"']?([\w.:-]{2,40})", re.IGNORECASE
)
_STUB_CHARS = 400  # a plain part shorter than this may only point at the HTML beside it
_MUCH_LONGER = 8
_TNEF = frozenset({"application/ms-tnef", "application/vnd.ms-tnef"})


@dataclass(slots=True)
class Reading:
    """What has been found so far, in the order of the parts."""

    budget: Budget
    pieces: list[Piece] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    forwarded: list[Forwarded] = field(default_factory=list)
    content_types: list[str] = field(default_factory=list)
    files: list[tuple[Attachment, bytes]] = field(default_factory=list)  # where they are kept
    spare: list[Piece] = field(default_factory=list)  # files of text, to read where nothing else is

    def attach(self, name: str, content_type: str, data: bytes) -> None:
        """Note an attachment, and its bytes where they are wanted."""
        described = attachment(name, content_type, data)
        self.attachments.append(described)
        if self.budget.keep_files:
            self.files.append((described, data))

    @property
    def text(self) -> str:
        """The whole text, its pieces one below the other."""
        texts: list[str] = []
        for piece in self.pieces:
            text = piece.text.strip("\n")
            if text.strip() and not (texts and _same_words(texts[-1], text)):
                texts.append(text)
        return "\n\n".join(texts)


class Piece:
    """One part's text; HTML is laid out when it is first asked for."""

    def __init__(self, raw: str, *, is_html: bool) -> None:
        self.is_html = is_html
        self._raw = raw
        self._text: str | None = None

    @property
    def text(self) -> str:
        """The text to read."""
        if self._text is None:
            raw = storable(html_to_text(self._raw) if self.is_html else self._raw)
            self._text = raw[: MAX_TEXT_CHARS + 1]
        return self._text


def read_body(fields: Sequence[tuple[str, bytes]], body: bytes, budget: Budget) -> Reading:
    """Read a body under its MIME header fields; never raises."""
    part = build(fields, body, budget)
    reading = Reading(budget=budget)
    _read(part, reading)
    if not reading.text:
        _read_elsewhere(part, reading)
    if not reading.text and any(a.content_type in _TNEF for a in reading.attachments):
        budget.note("the text lies inside an attachment of type application/ms-tnef (winmail.dat)")
    return reading


def first_html(fields: Sequence[tuple[str, bytes]], body: bytes, budget: Budget) -> str:
    """Return the markup of the first HTML body under MIME header fields; "" where none is."""
    waiting = [build(fields, body, budget)]
    while waiting:
        part = waiting.pop(0)
        content_type = part.content_type
        if content_type in _HTML_TYPES and _is_text(part, content_type):
            data = part.data[:MAX_PART_TEXT_BYTES]
            return storable(decode(data, _charset(part, data, is_html=True)))
        if content_type.startswith("multipart/"):
            waiting = [*part.children, *waiting]
    return ""


def _read(part: Part, reading: Reading) -> None:
    content_type = part.content_type
    reading.content_types.append(_described(part, content_type))
    if content_type.startswith("multipart/"):
        _read_multipart(part, content_type, reading)
    elif content_type in ATTACHED:
        _read_message(part, reading)
    elif content_type in _RETURNED_HEADERS:
        _note_message(Fields(frame(part.data + b"\n\n").fields), "", reading)
    elif _is_text(part, content_type):
        _read_text(part, content_type, reading)
    else:
        _read_file(part, content_type, reading)


def _read_file(part: Part, content_type: str, reading: Reading) -> None:
    data, name = part.data, part.filename or part.header("content-description")
    if data or name:
        reading.attach(name, content_type, data)
    shown = part.disposition != "attachment" or not part.filename
    if shown and content_type in {"text/plain", "text/html"}:
        reading.spare.append(_piece(part, content_type, data))


def _described(part: Part, content_type: str) -> str:
    """Return a type with the one parameter that tells what such a part is for."""
    by_type = {"multipart/report": "report-type", "text/calendar": "method"}
    name = by_type.get(content_type)
    value = one_line(part.param(name), 100).lower() if name else ""
    return one_line(f"{content_type}; {name}={value}" if value else content_type, 200)


def _read_multipart(part: Part, content_type: str, reading: Reading) -> None:
    children = part.children
    if not children:
        _read_text(part, "text/plain", reading)
    elif content_type == "multipart/alternative":
        _read_alternative(children, reading)
    else:
        for child in children:
            _read(child, reading)


def _read_alternative(children: Sequence[Part], reading: Reading) -> None:
    """Take the text of one child, and whatever else hangs on all of them."""
    texts: list[list[Piece]] = []
    for child in children:
        inner = Reading(budget=reading.budget)
        _read(child, inner)
        texts.append(inner.pieces)
        _take_over(inner, reading)
        reading.spare += inner.spare
    reading.pieces += _chosen([pieces for pieces in texts if pieces])


def _chosen(texts: list[list[Piece]]) -> list[Piece]:
    """Prefer plain text, unless it is empty or only points at the HTML beside it."""
    plain = next((pieces for pieces in texts if not any(p.is_html for p in pieces)), [])
    rich = next((pieces for pieces in texts if any(p.is_html for p in pieces)), [])
    if not plain or not rich:
        return plain or rich
    said = _words(plain)
    if len(said) < _STUB_CHARS and _is_stub(said, _words(rich)):
        return rich
    return plain


def _words(pieces: Sequence[Piece]) -> str:
    return " ".join(" ".join(piece.text for piece in pieces).split())


def _is_stub(plain: str, rich: str) -> bool:
    if not plain:
        return True
    names_it = any(word in plain.lower() for word in ("html", "mime", "browser", "view this"))
    return len(rich) > len(plain) and (names_it or len(rich) > _MUCH_LONGER * len(plain))


def _is_text(part: Part, content_type: str) -> bool:
    if part.disposition == "attachment" or not content_type.startswith("text/"):
        return content_type == "application/xhtml+xml" and part.disposition != "attachment"
    return content_type not in _FILES and not part.filename


def _read_text(part: Part, content_type: str, reading: Reading) -> None:
    data = part.data
    if b"\nbegin " in b"\n" + data:
        files, data = uu_files(data)
        octets = "application/octet-stream"
        for name, content in files:
            reading.attach(name, octets, content)
    reading.pieces.append(_piece(part, content_type, data))


def _piece(part: Part, content_type: str, data: bytes) -> Piece:
    if len(data) > MAX_PART_TEXT_BYTES:
        data = data[:MAX_PART_TEXT_BYTES]
        part.budget.note("the text is too long and was cut")
    is_html = content_type in _HTML_TYPES
    text = decode(data, _charset(part, data, is_html=is_html))
    if not is_html and part.param("format").lower() == "flowed":
        text = unflowed(storable(text), delete_space=part.param("delsp").lower() == "yes")
    is_html = is_html or content_type in _MARKED_UP or looks_like_html(text)
    return Piece(text, is_html=is_html)


def _charset(part: Part, data: bytes, *, is_html: bool) -> str:
    label = part.param("charset")
    if is_html and not label:
        match = _META_CHARSET.search(data[:4_096])
        label = match[1].decode("ascii", "ignore") if match else ""
    return label


def _read_message(part: Part, reading: Reading) -> None:
    """Read an attached message: its text is its own, its attachments count with ours."""
    budget = reading.budget
    data = part.data
    budget.nested_bytes -= len(data)
    if budget.depth <= 0 or budget.parts <= 0 or budget.nested_bytes < 0:
        budget.note("messages lie inside one another too deep; the innermost were not read")
        return
    framed = frame(data)
    budget.depth -= 1
    fields = Fields(framed.fields)
    inner = read_body(fields.mime(), framed.body, budget)
    budget.depth += 1
    _note_message(fields, inner.text[:MAX_TEXT_CHARS], reading)
    _take_over(inner, reading)


def _take_over(inner: Reading, reading: Reading) -> None:
    reading.attachments += inner.attachments
    reading.files += inner.files
    reading.forwarded += inner.forwarded
    reading.content_types += inner.content_types


def _note_message(fields: Fields, text: str, reading: Reading) -> None:
    if len(reading.forwarded) < MAX_FORWARDED:
        subject = one_line(fields.text("subject"), MAX_SUBJECT_CHARS)
        sender = sender_of(fields)
        reading.forwarded.append(
            Forwarded(sender=sender, subject=subject, text=text, attached=True),
        )


def _read_elsewhere(part: Part, reading: Reading) -> None:
    """Where no part is text, read a file of text shown inline, or what stands between parts."""
    reading.pieces += reading.spare[:1]
    if reading.text or not part.children:
        return
    text = storable(decode(part.around[:MAX_PART_TEXT_BYTES], ""))
    lines = [line for line in text.split("\n") if "mime format" not in line.lower()]
    if any(line.strip() for line in lines):
        reading.budget.note("the text stands outside the parts of the message")
        reading.pieces.append(Piece("\n".join(lines), is_html=looks_like_html(text)))


def _same_words(above: str, below: str) -> bool:
    """Whether one part only says again what the part above says (plain, then HTML)."""
    return "".join(above.split()) == "".join(below.split())
