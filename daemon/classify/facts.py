"""The facts of a message: its box, references and relations, before any rule is weighed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from daemon.classify.phrases import compiled
from daemon.classify.ruleset import Known
from daemon.model import Box

if TYPE_CHECKING:
    from collections.abc import Iterator

    from daemon.classify.references import ReferenceFinder, References
    from daemon.classify.zones import Zones
    from daemon.model import Message

SHORT_CHARS: Final = 160
_ADDRESS: Final = compiled(r"[^\s<>()\[\],;:\"\\@]+@[A-Za-z0-9][A-Za-z0-9.-]*\.[A-Za-z0-9-]+")
_REPLY: Final = compiled(r"^\s*(?:\[[^\]]*\]\s*)*(?:re|aw|sv|antw|odp|atb)\s*:")
_FORWARD: Final = compiled(r"^\s*(?:\[[^\]]*\]\s*)*(?:fwd?|wg|tr|vb|ymlaen)\s*:")
_ICO_REFERENCE: Final = compiled(r"\b(?:IC|FS|FER)-?[0-9]{6,8}(?:-[A-Z0-9]{4})?\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known of a message without weighing words."""

    references: References
    known: frozenset[Known]
    other_addresses: tuple[str, ...]  # that From shows beside the one it is from


def facts_of(message: Message, zones: Zones, finder: ReferenceFinder) -> Facts:
    """Gather the facts of a message."""
    references = finder.found(zones)
    return Facts(
        references=references,
        known=frozenset(_known(message, zones, references)),
        other_addresses=_other_addresses(message),
    )


def _other_addresses(message: Message) -> tuple[str, ...]:
    """Return the addresses that stand in the name, or beside the sender's: a sign of forgery.

    A reader sees the name and takes the message to be from there.
    """
    shown = "\n".join((message.sender.name, *message.headers.get("from", ())[:1]))
    found = (match.strip("'.").lower() for match in _ADDRESS.findall(shown))
    return tuple(dict.fromkeys(one for one in found if one != message.sender.address))


def _known(message: Message, zones: Zones, references: References) -> Iterator[Known]:
    """Yield the facts that rules may ask for."""
    relations = {
        Known.OWN_REFERENCE: references.own is not None,
        Known.CUSTOMER_CARE_REFERENCE: references.customer_care is not None,
        Known.ICO_REFERENCE: bool(_ICO_REFERENCE.search(f"{zones.subject}\n{zones.new}")),
        Known.SOCIAL: message.box.is_social,
        Known.MENTION: message.box is Box.X_MENTION,
        Known.PERSONAL_BOX: message.box.is_personal,
        Known.PUBLIC_BOX: message.box.is_public,
        Known.REPLY: bool(message.in_reply_to) or bool(_REPLY.search(zones.subject)),
        Known.FORWARD: bool(message.forwarded) or bool(_FORWARD.search(zones.subject)),
        Known.SHORT: len(zones.new) < SHORT_CHARS,
    }
    yield from (known for known, holds in relations.items() if holds)
