"""Cut a raw message into header fields and body, mending what arrived broken (RFC 5322 §2).

The fields stay bytes: what they say is decoded one by one, later, each behind its own guard.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from daemon.parse.limits import MAX_FIELDS, MAX_HEADER_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterator

_LINE = re.compile(rb"[^\r\n]*(?:\r\n|\n|\r|\Z)")
_FIELD = re.compile(rb"([!-9;-~]{1,100})[ \t]{0,20}:")
_BLANK_LINE = re.compile(rb"\r?\n\r?\n")
_MBOX_LINE = re.compile(rb">*From [^\r\n]{1,1000}")
_WEB_ADDRESS = frozenset({b"http", b"https"})  # looks like a field name, is none
_LOOK_AHEAD_BYTES = 4_096
_LOOK_AHEAD_LINES = 20

# Seeing one of these proves that lines with colons are header lines, not prose.
_KNOWN = frozenset(
    b"from to cc bcc subject date message-id received return-path reply-to sender mime-version "
    b"content-type content-transfer-encoding content-disposition content-id in-reply-to "
    b"references delivered-to resent-from resent-to resent-date importance priority precedence "
    b"list-id list-unsubscribe auto-submitted dkim-signature arc-seal authentication-results "
    b"user-agent thread-topic thread-index errors-to organization comments keywords status "
    b"envelope-to apparently-to lines newsgroups".split(),
)
# A block with none of these is not yet the header of a mail.
_ESSENTIAL = frozenset(b"from to subject date message-id content-type mime-version".split())


@dataclass(frozen=True, slots=True, kw_only=True)
class Framed:
    """A message's header fields in order (lower-case name, unfolded bytes) and its body."""

    fields: tuple[tuple[str, bytes], ...]
    body: bytes
    defects: tuple[str, ...] = ()

    @property
    def has_header(self) -> bool:
        """Whether there is a header at all; without one everything is body."""
        return bool(self.fields)


def frame(content: bytes) -> Framed:
    """Cut `content` at the end of its header; never raises."""
    content = _unwrapped(content)
    scan = _Scan(content)
    scan.run()
    if not any(_is_known(name) for name, _ in scan.fields):
        return Framed(fields=(), body=content, defects=("the message has no header",))
    fields = tuple(
        (name.decode("ascii").lower(), b" ".join(value).replace(b"\0", b"").strip())
        for name, value in scan.fields
    )
    return Framed(fields=fields, body=content[scan.body_at :], defects=tuple(scan.defects))


def _unwrapped(content: bytes) -> bytes:
    """Take off marks, blank lines and double carriage returns around the message."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        content = content.decode("utf-16", "replace").encode()
    if b"\r\r\n" in content:
        content = content.replace(b"\r\r\n", b"\r\n")
    if b"\n" not in content[:MAX_HEADER_BYTES]:
        content = content.replace(b"\r", b"\n")
    return content.removeprefix(codecs.BOM_UTF8).lstrip(b"\r\n\0").removeprefix(codecs.BOM_UTF8)


def _is_known(name: bytes) -> bool:
    name = name.lower()
    return name in _KNOWN or name.startswith((b"x-", b"resent-", b"list-", b"arc-", b"content-"))


def _known_field(line: bytes) -> bool:
    match = _FIELD.match(line)
    return match is not None and _is_known(match[1])


class _Scan:
    """Goes down the header line by line until the body begins."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.fields: list[tuple[bytes, list[bytes]]] = []
        self.fold: list[bytes] = []  # the lines of the field being read
        self.defects: list[str] = []
        self.body_at = len(content)

    def run(self) -> None:
        for start, end in self._lines():
            line = self.content[start:end].rstrip(b"\r\n")
            if not self._take(line, start, end):
                return
        self._pass_over_the_rest()

    def _lines(self) -> Iterator[tuple[int, int]]:
        limit = min(len(self.content), MAX_HEADER_BYTES)
        for match in _LINE.finditer(self.content, 0, limit):
            if match.end() > match.start():
                yield match.start(), match.end()

    def _take(self, line: bytes, start: int, end: int) -> bool:
        """Read one line; False where the header is over."""
        if not line.strip():
            return self._blank(line, end)
        if line[:1] in b" \t" and not self.fields and _known_field(line.strip()):
            line = line.strip()
        if line[:1] in b" \t" and self.fields:
            self.fold.append(line.strip())
            return True
        if _MBOX_LINE.fullmatch(line) and not _FIELD.match(line):
            return True
        match = _FIELD.match(line)
        if match and match[1].lower() not in _WEB_ADDRESS:
            self._add(match[1], line[match.end() :])
            return True
        return self._stray(line, start, end)

    def _add(self, name: bytes, value: bytes) -> None:
        self.fold = [value.strip()]
        if len(self.fields) < MAX_FIELDS:
            self.fields.append((name, self.fold))
        else:
            self._note("the header has too many fields; the rest was not read")

    def _blank(self, line: bytes, end: int) -> bool:
        if not self.fields:
            return True
        names = {name.lower() for name, _ in self.fields}
        broken = bool(line) or not names & _ESSENTIAL
        if broken and self._resumes(end):
            self._note("a blank line inside the header was passed over")
            return True
        self.body_at = end
        return False

    def _stray(self, line: bytes, start: int, end: int) -> bool:
        """Meet a line without a colon: a broken fold, or the body without its blank line."""
        if self._resumes(end):
            self._note("a line in the header that is no field was passed over")
            if self.fields and self._belongs_to_last(line):
                self.fold.append(line.strip())
            return True
        if self.fields:
            self._note("no blank line stands between header and body")
            self.body_at = start
        return False

    def _belongs_to_last(self, line: bytes) -> bool:
        """Whether an unindented line goes on with the field above it."""
        name, value = self.fields[-1]
        opened = value[-1].endswith((b",", b";")) or not any(value)
        return opened or (name.lower() in {b"to", b"cc", b"from"} and b"@" in line)

    def _resumes(self, position: int) -> bool:
        """Whether known fields go on right below, before the next blank line."""
        ahead = self.content[position : position + _LOOK_AHEAD_BYTES].splitlines()
        for line in ahead[:_LOOK_AHEAD_LINES]:
            if not line:
                return False
            if _known_field(line):
                return True
        return False

    def _pass_over_the_rest(self) -> None:
        if len(self.content) <= MAX_HEADER_BYTES:
            return
        self._note("the header is too long; the rest of it was not read")
        match = _BLANK_LINE.search(self.content, MAX_HEADER_BYTES - 4)
        self.body_at = match.end() if match else len(self.content)

    def _note(self, defect: str) -> None:
        if defect not in self.defects:
            self.defects.append(defect)
