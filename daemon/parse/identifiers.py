"""Message-ID, In-Reply-To and References (RFC 5322 §3.6.4), as forgiving as threads need."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from daemon.parse.limits import MAX_ID_OCTETS, MAX_REFERENCES
from daemon.parse.storable import one_line

if TYPE_CHECKING:
    from daemon.parse.fields import Fields

_BRACKETED = re.compile(r"<([^<>]{1,2000})>")


def message_id(fields: Fields) -> str | None:
    """Return the Message-ID without its angle brackets, or None where there is none."""
    value = fields.first("message-id")
    match = _BRACKETED.search(value)
    return _clean(match[1] if match else value.strip("<> \t")) or None


def message_ids(fields: Fields, name: str) -> tuple[str, ...]:
    """Return the ids that a threading header names, in order, the last hundred, no repeats."""
    found: dict[str, None] = {}
    for value in fields.raw(name):
        bracketed = _BRACKETED.findall(value)
        bare = [word.strip("<>,;") for word in value.split() if "@" in word]
        found.update(dict.fromkeys(map(_clean, bracketed or bare)))
    found.pop("", None)
    return tuple(found)[-MAX_REFERENCES:]


def _clean(value: str) -> str:
    """Take out the white space that folding leaves inside an id, and keep it to a line."""
    octets = one_line(value, MAX_ID_OCTETS).replace(" ", "").encode()
    return octets[:MAX_ID_OCTETS].decode(errors="ignore")
