"""References and signed tokens: how the office knows its own mail and its own enquiries.

A reference is random with a check character, so that it cannot be guessed and a slip of the
pen is noticed. A token stands in the Message-ID and the Reply-To address of what we send; it
names key, enquiry, purpose and outbox entry, and carries an HMAC of 80 bits over them, so a
token somebody made up is told from one of ours without asking the store.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

# Crockford's base 32: no I, L, O or U, which are misread or misheard.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
REFERENCE_RANDOM_BITS = 45  # nine characters; a tenth checks them
_RANDOM_CHARS = REFERENCE_RANDOM_BITS // 5
_MAC_CHARS = 16  # of base 32: 80 bits
_UNIQUE_CHARS = 8  # of base 32: 40 bits, told apart within one enquiry and purpose
MAX_TOKEN_CHARS = 48  # with a key id of 2 and a prefix of 4; RFC 5321 allows 64 in a local part

_TOKEN = re.compile(
    r"(?P<kid>[a-z0-9]{1,4})\.(?P<ref>[a-z0-9]{2,16})\.(?P<purpose>[a-z])"
    rf"\.(?P<unique>[a-z2-7]{{{_UNIQUE_CHARS}}})\.(?P<mac>[a-z2-7]{{{_MAC_CHARS}}})"
)


class Purpose(StrEnum):
    """What a message of ours is for; one letter, as it stands in the token."""

    ACKNOWLEDGEMENT = "a"
    NOTICE = "n"
    REMINDER = "r"
    ESCALATION = "e"
    ALERT = "v"
    OPERATOR = "o"


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A verified token: which enquiry it stands for and what the message was."""

    key_id: str
    reference: str  # as printed, e.g. PH-7K3M9-QXDT2
    purpose: Purpose
    unique: str
    text: str = ""  # as it stands in a Message-ID or address


def new_reference(prefix: str, random_bits: int) -> str:
    """Return a reference from 45 random bits, e.g. `PH-7K3M9-QXDT2`."""
    chars = ""
    for _ in range(_RANDOM_CHARS):
        chars = ALPHABET[random_bits & 31] + chars
        random_bits >>= 5
    chars += ALPHABET[_times_two(_checksum(chars))]
    return f"{prefix}-{chars[:5]}-{chars[5:]}"


def find_references(text: str, prefix: str) -> tuple[str, ...]:
    """Return the references in a text whose check character is right, as printed, in order."""
    pattern = (
        rf"\b{re.escape(prefix)}[- ]?([0-9A-HJKMNP-TV-Z]{{5}})[- ]?([0-9A-HJKMNP-TV-Z]{{5}})\b"
    )
    found = (
        f"{prefix}-{m[1]}-{m[2]}".upper()
        for m in re.finditer(pattern, text, re.IGNORECASE)
        if _checksum((m[1] + m[2]).upper()) == 0
    )
    return tuple(dict.fromkeys(found))


def as_reference(typed: str) -> str:
    """Return a reference as it is printed, from how a person typed or heard it.

    Spaces, dashes and case do not matter, nor O for 0, or I and L for 1, in what was random.
    """
    chars = "".join(char for char in typed.upper() if char.isalnum())
    prefix, drawn = chars[: -_RANDOM_CHARS - 1], chars[-_RANDOM_CHARS - 1 :]
    drawn = drawn.translate(str.maketrans("OIL", "011"))
    return f"{prefix}-{drawn[:5]}-{drawn[5:]}"


def _checksum(chars: str) -> int:
    """Return a weighted sum over the field of 32 elements; 0 for a whole reference.

    Every place has a weight of its own, and no weight but zero divides zero in a field: so one
    wrong character is always noticed, and so are two that changed places.
    """
    total = 0
    for char in chars:
        total = _times_two(total) ^ ALPHABET.index(char)
    return total


def _times_two(element: int) -> int:
    """Double an element of the field (its polynomial is x^5 + x^2 + 1)."""
    doubled = element << 1
    return doubled ^ 0b100101 if doubled & 32 else doubled


def _base32(digest: bytes, chars: int) -> str:
    return base64.b32encode(digest).decode("ascii").lower()[:chars]


class Signer:
    """Makes and verifies tokens; the first key signs, every key verifies until retired."""

    def __init__(self, keys: Sequence[tuple[str, bytes]]) -> None:
        if not keys:
            msg = "a signer needs at least one key"
            raise ValueError(msg)
        self._keys = dict(keys)
        self._signing_id = keys[0][0]

    def _mac(self, key_id: str, body: str) -> str:
        digest = hmac.digest(self._keys[key_id], body.encode(), "sha256")
        return _base32(digest, _MAC_CHARS)

    def sign(self, *, reference: str, purpose: Purpose, entry_key: str) -> str:
        """Return the token of one outbox entry; the same entry always gets the same token."""
        unique = _base32(hashlib.sha256(entry_key.encode()).digest(), _UNIQUE_CHARS)
        compact = reference.replace("-", "").lower()
        body = f"{self._signing_id}.{compact}.{purpose}.{unique}"
        return f"{body}.{self._mac(self._signing_id, body)}"

    def verify(self, text: str, *, prefix: str) -> Token | None:
        """Return the token that a Message-ID or an address holds, or None if none is ours.

        `text` is a Message-ID without brackets or an address; `prefix` that of references.
        """
        local = text.rpartition("@")[0] or text
        match = _TOKEN.search(local.lower())
        if match is None or match["kid"] not in self._keys:
            return None
        body = match[0][: -_MAC_CHARS - 1]
        if not hmac.compare_digest(self._mac(match["kid"], body), match["mac"]):
            return None
        bare = match["ref"].upper().removeprefix(prefix.upper())
        return Token(
            key_id=match["kid"],
            reference=f"{prefix}-{bare[:5]}-{bare[5:]}",
            purpose=Purpose(match["purpose"]),
            unique=match["unique"],
            text=match[0],
        )

    @property
    def key_id(self) -> str:
        """The id of the key that signs."""
        return self._signing_id

    def seal(self, said: bytes, *, key_id: str) -> str:
        """Return the mark of a line of the audit: 64 hex characters.

        Raises:
            KeyError: there is no such key.
        """
        return hmac.digest(self._keys[key_id], b"seal\0" + said, "sha256").hex()

    def secret_for(self, purpose: str) -> str:
        """Return a secret for one purpose, made of the key that signs: 64 hex characters."""
        key = self._keys[self._signing_id]
        return hmac.digest(key, b"purpose\0" + purpose.encode(), "sha256").hex()

    def keyed_hash(self, text: str) -> str:
        """Return a keyed hash of a name or address, for the audit: 24 hex characters."""
        key = next(reversed(self._keys.values()))
        return hmac.digest(key, b"audit\0" + text.encode(), "sha256").hex()[:24]

    def marks(self, text: str) -> list[str]:
        """Return keyed hashes of a text by every key, that of the key that signs first: 64 hex.

        So that what was marked by a key of before is still known.
        """
        body = b"erased\0" + text.encode()
        return [hmac.digest(key, body, "sha256").hex() for key in self._keys.values()]


def message_id(token: str, domain: str) -> str:
    """Return the Message-ID (without brackets) that carries a token."""
    return f"{token}@{domain}"


def signed_address(base: str, token: str) -> str:
    """Return the plus-address that carries a token: `care+TOKEN@office.example`."""
    local, _, domain = base.rpartition("@")
    return f"{local}+{token}@{domain}"
