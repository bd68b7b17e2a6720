"""Delivery reports: which mail of ours one speaks of, and whether that mail has failed.

A report brings back our headers as a part of its own, whole or cut, in many shapes; the signed
Message-ID among them is looked for in the bytes, and so is the signed envelope sender, which is
where the report was sent to.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_READ = 256 * 1024  # octets: our headers stand at the beginning of what comes back
_MESSAGE_ID = re.compile(
    rb"^[> \t]{0,20}Message-ID:\s{0,20}<([^<>\s]{1,500})>", re.IGNORECASE | re.MULTILINE
)
_ACTION = re.compile(rb"^Action:[ \t]*([a-z]+)", re.IGNORECASE | re.MULTILINE)
_STATUS = re.compile(rb"^Status:[ \t]*([245]\.\d{1,3}\.\d{1,3})", re.IGNORECASE | re.MULTILINE)
# What servers write without a Status field: "550 5.1.1 …", "smtp; 452 4.2.2 …", "#5.1.1", "550 …".
_SAID = re.compile(rb"(?<![\d.])#?([45]\.[0-7]\.\d{1,3})(?![\d.-])")
_CODE = re.compile(rb"(?<![\d.])([45])\d\d[ -](?!\d)")
_STILL_TRYING = re.compile(
    rb"not (?:yet )?been delivered (?:yet|after)|has not yet been delivered"
    rb"|(?:delivery|message) (?:\w+ ){0,4}delayed|will (?:\w+ )?(?:keep|continue|be)"
    rb" (?:trying|retr|to (?:try|attempt))|no action is required on your part"
    rb"|(?:this is )?a warning (?:message )?only",
    re.IGNORECASE,
)
_NO_MAILBOX = ("5.1.", "5.2.1")  # RFC 3463 §3.2-3.3: no such address, or its mailbox is disabled


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """That mail of ours has failed: for good, or only for now; `status` as of RFC 3463, or ""."""

    permanent: bool
    status: str = ""

    @property
    def has_no_mailbox(self) -> bool:
        """Whether nobody is there to get mail at that address."""
        return self.permanent and self.status.startswith(_NO_MAILBOX)


def ids_told(content: bytes) -> frozenset[str]:
    """Return all that may be a Message-ID or an address of ours in a report, without brackets."""
    words = content[:_READ].decode("ascii", "ignore").split()
    return frozenset(word.strip("<>[]()\"',;:") for word in words if "@" in word)


def message_ids_told(content: bytes) -> list[str]:
    """Return what stands in the Message-ID headers of a report and of what it returns."""
    found = _MESSAGE_ID.findall(content[:_READ])
    return list(dict.fromkeys(one.decode("ascii", "ignore") for one in found))


def failure_told(content: bytes) -> Failure | None:
    """Return that a report says mail has failed, and how (RFC 3464 §2.3.3); None if it does not.

    A report that names no action is one of the many that follow no standard: it counts unless it
    says that the server still tries. One that speaks of a delay, a relay or a delivery alone does
    not count. What names no status has failed for good, so that a person looks.
    """
    read = content[:_READ]
    actions = {action.lower() for action in _ACTION.findall(read)}
    if actions and b"failed" not in actions:
        return None
    if not actions and _STILL_TRYING.search(read):
        return None
    statuses = [one for one in _STATUS.findall(read) if not one.startswith(b"2")]
    statuses = statuses or _SAID.findall(read)
    classes = [one[:1] for one in statuses] or _CODE.findall(read)
    lasting = [one for one in statuses if one.startswith(b"5")]
    if classes and b"5" not in classes:
        return Failure(permanent=False, status=statuses[0].decode() if statuses else "")
    return Failure(permanent=True, status=lasting[0].decode() if lasting else "")
