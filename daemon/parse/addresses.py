"""Who a header names: mail-parser's structural reading, then what can still be rescued."""

from __future__ import annotations

import email.utils
import re
from typing import TYPE_CHECKING

from mailparser.utils import get_addresses

from daemon.model import Address
from daemon.parse.fields import decode_words
from daemon.parse.limits import MAX_ADDRESS_CHARS, MAX_ADDRESSES, MAX_NAME_CHARS
from daemon.parse.storable import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable

    from daemon.parse.fields import Fields

# Whole or not at all: a piece of an address, or of "a@b@c", is somebody else's address. A local
# part may be longer than RFC 5321 §4.5.3.1.1 has it: relays write such ones.
_ADDRESS = re.compile(
    r"(?<![^\s<>()\[\],;:\"\\])[^\s<>()\[\],;:\"\\@]{1,320}"
    r"@[^\s<>()\[\],;:\"'\\@=?]{1,255}(?![^\s<>()\[\],;:\"'\\=?])",
)
_WHOLE_ADDRESS = re.compile(r"(?:[^\s<>@,;]{1,320}|\"[^\"]{1,318}\")@[^\s<>@,;()\"]{1,255}")
_MAILTO = re.compile(r"\[(?:mailto|smtp):[ ]?([^\]\s]{3,320})\]", re.IGNORECASE)
_IN_ANGLES = re.compile(r"<([^<>]{1,320})>")
# Written by mail systems without a domain; anything else without one is a name.
_LOCAL_SYSTEMS = frozenset({"mailer-daemon", "postmaster", "root", "daemon", "uucp"})


def sender_of(fields: Fields) -> Address:
    """Return who a message is from: From, else Sender, else nobody (RFC 5322 §3.6.2)."""
    named = Address()
    for name in ("from", "sender"):
        for value in fields.raw(name):
            address = _sender(value)
            if address.address:
                return Address(address=address.address, name=address.name or named.name)
            named = named if named.name else address
    return named


def addresses_of(values: Iterable[str]) -> tuple[Address, ...]:
    """Return the usable addresses of address headers, in order, no repeats."""
    found: dict[str, Address] = {}
    for value in values:
        for address in _listed(value):
            found.setdefault(address.address, address)
    return tuple(found.values())[:MAX_ADDRESSES]


def bare(address: str) -> str:
    """Return an address in lower case, its domain in ASCII where IDNA can say it; "" if unusable.

    A `@handle` keeps its @. What is longer than `MAX_ADDRESS_CHARS` is unusable: never cut.
    """
    address = address.strip()
    if len(address) > MAX_ADDRESS_CHARS:
        return ""
    address = one_line(address, MAX_ADDRESS_CHARS).strip("<> '").lower()
    if address.startswith("@") or address in _LOCAL_SYSTEMS:
        return address
    if not _WHOLE_ADDRESS.fullmatch(address):
        return ""
    local, _, domain = address.rpartition("@")
    address = f"{local}@{_ascii_domain(domain.strip('.'))}"
    return address if len(address) <= MAX_ADDRESS_CHARS else ""


def read_sender(text: str) -> Address:
    """Return whom a "From:" line pasted into a text names, Outlook's `[mailto:…]` included."""
    match = _MAILTO.search(text)
    if match:
        return Address(address=bare(match[1]), name=_name(text[: match.start()]))
    return _sender(text.replace("<mailto:", "<"))


def _ascii_domain(domain: str) -> str:
    if domain.isascii():
        return domain
    try:
        return domain.encode("idna").decode("ascii")
    except ValueError:
        return domain


def _sender(value: str) -> Address:
    """Read one From: the first mailbox, with the whole name where a bare comma cut it."""
    found = _listed(value)
    if not found:
        return _rescued(value)
    first = found[0]
    before, angle, _ = value.partition("<")
    cut = "," in before and not _ADDRESS.search(before) and ":" not in before
    if len(found) == 1 and angle and cut:
        return Address(address=first.address, name=_name(before))
    return first


def _listed(value: str) -> list[Address]:
    """Read an address list as it stands, then with its encoded words opened."""
    found = _structural(value)
    if not found and "=?" in value:
        found = _structural(decode_words(value))
    return found


def _structural(value: str) -> list[Address]:
    try:
        pairs = get_addresses(value)
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
        pairs = _by_standard_library(value)
    found = [
        Address(address=address, name=_name(name, address))
        for name, address in ((name, bare(decode_words(raw))) for name, raw in pairs)
    ]
    return [address for address in found if "@" in address.address]


def _by_standard_library(value: str) -> list[tuple[str, str]]:
    try:
        return email.utils.getaddresses([value])
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
        return []


def _rescued(value: str) -> Address:
    """Find an address in a value that follows no grammar; else keep what it says as a name.

    Of several in angle brackets the last one counts: what stands before it is its name.
    """
    value = decode_words(value)
    angles = [match[1] for match in _IN_ANGLES.finditer(value)][::-1]
    loose = [match[0] for match in _ADDRESS.finditer(value)]
    for candidate in (*angles, *loose, value.strip()):
        address = bare(candidate)
        if address and not address.startswith("@"):
            return Address(address=address, name=_name(value.partition("<")[0], address))
    return Address(name=_name(value.partition("<")[0] or value))


def _name(raw: str, address: str = "") -> str:
    name = one_line(decode_words(raw).replace('\\"', '"'), MAX_NAME_CHARS)
    name = name.strip("\"' <>,;()").replace('" "', " ")
    return "" if name.lower() == address else name
