"""One message as SMTP carries it: addresses that cannot be commands, line ends, extensions."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING

from connectors.base import RejectedError

if TYPE_CHECKING:
    import smtplib

    from connectors.base import Envelope

_LINE_END = re.compile(rb"\r\n|\r|\n")
_ADDRESS = re.compile(
    r"""(?: [^\s<>()\[\]:;@\\,"\x00-\x1f\x7f-\x9f]+  # a local part as it is
          | "[^"\\\x00-\x1f\x7f-\x9f]+" )            # or quoted
        @ [^\s<>()@\\,"\x00-\x1f\x7f-\x9f]+""",
    re.VERBOSE,
)
_LONGEST_ADDRESS = 254  # RFC 5321 §4.5.3.1.3, without the angle brackets


class Letter:
    """An envelope checked, and made ready for the wire."""

    def __init__(self, envelope: Envelope) -> None:
        """Check the addresses; a line end in one would be a command of somebody else's.

        Raises:
            RejectedError: an address cannot stand in an SMTP command.
        """
        self.sender = _checked(envelope.sender) if envelope.sender else ""
        self.recipient = _checked(envelope.recipient)
        self.content = _with_crlf(envelope.content)
        self.utf8 = False

    def options(self, smtp: smtplib.SMTP) -> list[str]:
        """Return what `MAIL FROM` must announce (RFC 1870, 6152, 6531).

        Raises:
            RejectedError: the message needs an extension that the server does not have.
        """
        header = self.content.partition(b"\r\n\r\n")[0]
        self.utf8 = not (
            header.isascii() and self.sender.isascii() and ascii_domain(self.recipient).isascii()
        )
        smtp.command_encoding = "utf-8" if self.utf8 else "ascii"
        size = [f"SIZE={len(self.content)}"] if smtp.has_extn("size") else []
        if self.content.isascii() and not self.utf8:
            return size
        needed = ["SMTPUTF8", "8BITMIME"] if self.utf8 else ["8BITMIME"]
        if missing := [extension for extension in needed if not smtp.has_extn(extension)]:
            message = f"the mail server lacks {missing[0]}, which this message needs"
            raise RejectedError(message)
        return [*size, "BODY=8BITMIME", *(["SMTPUTF8"] if self.utf8 else [])]


def _with_crlf(content: bytes) -> bytes:
    """Return content with CRLF line ends; counting them is far cheaper than putting them in."""
    ends = content.count(b"\r\n")
    if content.count(b"\n") == ends == content.count(b"\r"):
        return content
    return _LINE_END.sub(b"\r\n", content)


def _checked(address: str) -> str:
    if len(address) > _LONGEST_ADDRESS or not _ADDRESS.fullmatch(address):
        message = "an address holds what no mail address may"
        raise RejectedError(message)
    try:
        address.encode()
    except UnicodeEncodeError as exc:  # half of a surrogate pair
        message = "an address holds what no mail address may"
        raise RejectedError(message) from exc
    return address


def ascii_domain(address: str) -> str:
    """Return the address with its domain in ASCII (IDNA), where that can be done."""
    local, at, domain = address.rpartition("@")
    if domain.isascii():
        return address
    with suppress(UnicodeError):
        return f"{local}{at}{domain.encode('idna').decode('ascii')}"
    return address
