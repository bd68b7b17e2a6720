"""Delivery reports: which mail of ours one speaks of, and whether that mail has failed.

A report brings back our headers as a part of its own, whole or cut, in many shapes; the signed
Message-ID among them is looked for in the bytes.
"""

from __future__ import annotations

import re

_READ = 256 * 1024  # octets: our headers stand at the beginning of what comes back
_ACTION = re.compile(rb"^Action:[ \t]*([a-z]+)", re.IGNORECASE | re.MULTILINE)


def ids_told(content: bytes) -> frozenset[str]:
    """Return all that may be a Message-ID in a report, without brackets."""
    words = content[:_READ].decode("ascii", "ignore").split()
    return frozenset(word.strip("<>[]()\"',;:") for word in words if "@" in word)


def tells_of_failure(content: bytes) -> bool:
    """Whether a report says that mail failed for good (RFC 3464 §2.3.3).

    A report that names no action is one of the many that follow no standard: it counts. One that
    speaks of a delay, a relay or a delivery alone does not.
    """
    actions = {action.lower() for action in _ACTION.findall(content[:_READ])}
    return not actions or b"failed" in actions
