"""What we cannot read, or only in part: a person has to open it, and is told so."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from daemon.model import Category, Evidence, Step

if TYPE_CHECKING:
    from daemon.model import Classification, Message

_ENCRYPTED: Final = (
    "multipart/encrypted",
    "application/pkcs7-mime",
    "application/x-pkcs7-mime",
    "application/pgp-encrypted",
    "application/x-microsoft-rpmsg-message",
)
_ENCRYPTED_FILES: Final = (".rpmsg", ".p7m", ".pgp", ".gpg")
_INVITES: Final = re.compile(r"method=\W?(?:request|publish|add|cancel)")
_PGP: Final = "-----BEGIN PGP MESSAGE-----"


def left_to_a_person(found: Classification, message: Message) -> Classification:
    """Return a classification that says what could not be read, and decides nothing by it.

    What is encrypted, an invitation, or has no words of its own is to be sorted: it may be
    anything, so it is answered with the general text. Only a proven machine was set aside before.
    """
    why = _why(message)
    if why is None:
        return found
    name, says, decides = why
    evidence = (Evidence(step=Step.FACT, name=name, says=says), *found.evidence)
    if decides:
        return replace(found, evidence=evidence)
    nothing = found.category is Category.NOT_AN_ENQUIRY
    return replace(
        found,
        category=Category.OTHER if nothing else found.category,
        to_be_sorted=True,
        evidence=evidence,
    )


def _why(message: Message) -> tuple[str, str, bool] | None:
    """Return what could not be read, in words, and whether the rest is enough to decide by."""
    types = [one.lower() for one in message.content_types]
    if _is_encrypted(message, types):
        return "encrypted", "encrypted: a person has to open it", False
    if any(one.startswith("text/calendar") and _INVITES.search(one) for one in types):
        return "invitation", "an invitation: a person answers it in a calendar", False
    if not any(map(str.isalpha, message.text)):
        where = "in its attachments alone" if message.attachments else "nowhere"
        return "no-words", f"its words stand {where}: a person has to look", False
    if not message.complete:
        return "too-large", "too large: only its beginning was read", True
    return None


def _is_encrypted(message: Message, types: list[str]) -> bool:
    # Of a mail that is signed and sealed in one, only a mail program reads the words.
    by_type = any(one.startswith(_ENCRYPTED) for one in types)
    names = (one.name.lower() for one in message.attachments)
    return by_type or _PGP in message.text or any(n.endswith(_ENCRYPTED_FILES) for n in names)
