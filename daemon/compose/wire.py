"""The form mail takes on the wire: safe headers, 7-bit parts, CRLF line ends (RFC 5322, RFC 2045).

Written out by hand because the standard library would re-write an attached original, and because
here each header is either clean by construction or refused: nothing a stranger wrote can add one.
"""

from __future__ import annotations

import base64
import hashlib
import quopri
import re
import textwrap
from email.header import Header
from email.utils import format_datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from daemon.compose.markup import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

LONDON = ZoneInfo("Europe/London")
MAX_LINE = 998  # octets without the line end (RFC 5322 §2.1.1)
MAX_REFERENCES = 20
_WIDTH = 76
_MAX_ADDRESS = 254  # RFC 5321 §4.5.3.1.3, less its angle brackets
_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,128}")
_DOMAIN = re.compile(
    r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?(\.[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?)*"
)
_MESSAGE_ID = re.compile(r"[!-;=?-~]{1,250}")
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]{1,60}")
_QUOTABLE = re.compile(r"[ -~]{1,60}")
_FIRST_HEADER = re.compile(rb"[!-9;-~]+[ \t]*:")


def mailable(address: str) -> str | None:
    """Return the plain ASCII form of an address that mail can go to, or None.

    An international domain becomes its xn-- form. Quoted local parts, address literals and
    local parts beyond ASCII are None: a person has to write.
    """
    local, at, domain = address.rpartition("@")
    ascii_domain = domain if domain.isascii() else _to_ascii(domain)
    plain = f"{local}@{ascii_domain}"
    if not at or len(plain) > _MAX_ADDRESS or "=?" in plain:
        return None
    if _LOCAL.fullmatch(local) and _DOMAIN.fullmatch(ascii_domain):
        return plain
    return None


def _to_ascii(domain: str) -> str:
    try:
        return domain.encode("idna").decode("ascii")
    except UnicodeError:
        return ""


def checked_address(address: str) -> str:
    """Return the ASCII form of an address.

    Raises:
        ValueError: mail cannot go there; ask `mailable` first. The text names no address.
    """
    plain = mailable(address)
    if plain is None:
        why = "this address cannot stand in a mail; ask mailable() before composing"
        raise ValueError(why)
    return plain


def is_clean_id(message_id: str) -> bool:
    """Whether a message id (without brackets) can stand in a header as it is."""
    return bool(_MESSAGE_ID.fullmatch(message_id)) and "=?" not in message_id


def text_header(name: str, value: str) -> str:
    """Return a header of free text, folded; encoded where it is not plain ASCII (RFC 2047)."""
    clean = one_line(value)
    words = clean.split(" ")
    plain = clean.isascii() and "=?" not in clean and max(map(len, words)) < _WIDTH - len(name)
    if not plain:
        return f"{name}: {_encoded(name, clean)}\r\n"
    lines = textwrap.wrap(
        f"{name}: {clean}",
        width=_WIDTH,
        subsequent_indent=" ",
        break_long_words=False,
        break_on_hyphens=False,
    )
    return "\r\n".join(lines) + "\r\n"


def address_header(name: str, address: str, display_name: str = "") -> str:
    """Return a header with one address.

    Raises:
        ValueError: as for `checked_address`.
    """
    plain = checked_address(address)
    phrase = _phrase(name, one_line(display_name))
    line = f"{name}: {phrase} <{plain}>" if phrase else f"{name}: {plain}"
    if len(line) > _WIDTH and phrase:
        line = f"{name}: {phrase}\r\n <{plain}>"
    return line + "\r\n"


def _phrase(name: str, display_name: str) -> str:
    """Return a display name as RFC 5322 §3.2.5 wants it, or "" for none."""
    if "=?" not in display_name:
        if not display_name or _ATOMS.fullmatch(display_name):
            return display_name
        if _QUOTABLE.fullmatch(display_name):
            return '"' + re.sub(r'(["\\])', r"\\\1", display_name) + '"'
    return _encoded(name, display_name)


def _encoded(name: str, value: str) -> str:
    header = Header(value, "utf-8", header_name=name, maxlinelen=_WIDTH)
    return header.encode(linesep="\r\n")


def date_header(sent_at: datetime) -> str:
    """Return the Date header in the office's own time, Europe/London.

    Raises:
        ValueError: the time has no zone.
    """
    if sent_at.tzinfo is None:
        why = "sent_at needs a time zone"
        raise ValueError(why)
    return f"Date: {format_datetime(sent_at.astimezone(LONDON))}\r\n"


def id_header(name: str, message_ids: Iterable[str]) -> str:
    """Return a header of message ids, one a line, or "" where no clean one is given."""
    clean = [f"<{message_id}>" for message_id in message_ids if is_clean_id(message_id)]
    return f"{name}: " + "\r\n ".join(clean) + "\r\n" if clean else ""


def thread_headers(in_reply_to: str | None, references: Sequence[str]) -> str:
    """Return In-Reply-To and References (RFC 5322 §3.6.4), bounded, without unclean ids.

    Of a long thread the first id and the last ones are kept.
    """
    parent = [in_reply_to] if in_reply_to and is_clean_id(in_reply_to) else []
    chain = [r for r in dict.fromkeys(references) if is_clean_id(r) and r not in parent] + parent
    if len(chain) > MAX_REFERENCES:
        chain = [chain[0], *chain[1 - MAX_REFERENCES :]]
    return id_header("In-Reply-To", parent) + id_header("References", chain)


def text_part(subtype: str, text: str) -> bytes:
    """Return a text part in UTF-8, quoted-printable: headers, blank line, body."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").encode("utf-8", "replace")
    body = quopri.encodestring(lines, quotetabs=False).replace(b"\n", b"\r\n")
    head = (
        f"Content-Type: text/{subtype}; charset=utf-8\r\n"
        "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
    )
    return head.encode("ascii") + body


def multipart(subtype: str, parts: Sequence[bytes]) -> bytes:
    """Return a multipart entity: its header, blank line, parts.

    The boundary is a hash of the parts: the same mail always has the same bytes, and nobody can
    write a part that holds its own boundary.
    """
    boundary = "=_" + hashlib.sha256(b"\0".join(parts)).hexdigest()[:40]
    rule = f"--{boundary}".encode("ascii")
    head = f'Content-Type: multipart/{subtype};\r\n boundary="{boundary}"\r\n\r\n'
    body = b"".join(rule + b"\r\n" + part + b"\r\n" for part in parts)
    return head.encode("ascii") + body + rule + b"--\r\n"


def original_part(original: bytes, *, as_file: bool = False) -> bytes:
    """Return a part that holds a message whole, so that every byte of it survives the journey.

    A clean message goes as message/rfc822 and opens with a click (line ends become CRLF); one
    that a server on the way might alter, or `as_file`, goes as a file in base64.
    """
    if not as_file and _travels_unchanged(original):
        head = (
            "Content-Type: message/rfc822\r\n"
            'Content-Disposition: attachment; filename="original.eml"\r\n\r\n'
        )
        return head.encode("ascii") + original.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    head = (
        'Content-Type: application/octet-stream; name="original.eml"\r\n'
        'Content-Disposition: attachment; filename="original.eml"\r\n'
        "Content-Transfer-Encoding: base64\r\n\r\n"
    )
    body = base64.encodebytes(original).rstrip(b"\n").replace(b"\n", b"\r\n")
    return head.encode("ascii") + body


def file_part(name: str, media_type: str, content: bytes) -> bytes:
    """Return a part that holds a file of ours; its name is plain ASCII without quotes."""
    head = (
        f'Content-Type: {media_type}; name="{name}"\r\n'
        f'Content-Disposition: attachment; filename="{name}"\r\n'
        "Content-Transfer-Encoding: base64\r\n\r\n"
    )
    body = base64.encodebytes(content).rstrip(b"\n").replace(b"\n", b"\r\n")
    return head.encode("ascii") + body


def _travels_unchanged(original: bytes) -> bool:
    """Whether a message is 7-bit, with short lines and one kind of line end (RFC 2045 §2.7)."""
    unix = original.replace(b"\r\n", b"\n")
    one_kind = unix.count(b"\n") == original.count(b"\r\n") or unix == original
    return (
        original.isascii()
        and b"\0" not in original
        and b"\r" not in unix
        and one_kind
        and _FIRST_HEADER.match(original) is not None
        and _lines_are_short(unix)
    )


def _lines_are_short(unix: bytes) -> bool:
    """Whether no line has more than `MAX_LINE` bytes; a look at each that could end one."""
    start, size = 0, len(unix)
    while size - start > MAX_LINE:
        end = unix.rfind(b"\n", start, start + MAX_LINE + 1)
        if end < 0:
            return False
        start = end + 1
    return True
