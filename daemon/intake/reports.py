"""Delivery reports: which mail of ours one speaks of, and whether that mail has failed.

A report brings back our headers as a part of its own, whole or cut, in many shapes; the signed
Message-ID among them is looked for in the bytes.
"""

from __future__ import annotations

import re

_READ = 256 * 1024  # octets: our headers stand at the beginning of what comes back
_MESSAGE_ID = re.compile(
    rb"^[> \t]{0,20}Message-ID:\s{0,20}<([^<>\s]{1,500})>", re.IGNORECASE | re.MULTILINE
)
_ACTION = re.compile(rb"^Action:[ \t]*([a-z]+)", re.IGNORECASE | re.MULTILINE)


def ids_told(content: bytes) -> frozenset[str]:
    """Return all that may be a Message-ID in a report, without brackets."""
    words = content[:_READ].decode("ascii", "ignore").split()
    return frozenset(word.strip("<>[]()\"',;:") for word in words if "@" in word)


def message_ids_told(content: bytes) -> list[str]:
    """Return what stands in the Message-ID headers of a report and of what it returns."""
    found = _MESSAGE_ID.findall(content[:_READ])
    return list(dict.fromkeys(one.decode("ascii", "ignore") for one in found))


def tells_of_failure(content: bytes) -> bool:
    """Whether a report says that mail failed for good (RFC 3464 §2.3.3).

    A report that names no action is one of the many that follow no standard: it counts. One that
    speaks of a delay, a relay or a delivery alone does not.
    """
    actions = {action.lower() for action in _ACTION.findall(content[:_READ])}
    return not actions or b"failed" in actions
