"""The parts of a message that rules look at, as even text."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from daemon.classify.phrases import compiled, even

if TYPE_CHECKING:
    from daemon.model import Message

OPENING_CHARS: Final = 400
CLOSING_CHARS: Final = 450
READ_CHARS: Final = 60_000  # of each part: what follows in a longer one says nothing new
ENQUIRY: Final = "(?-i:[A-Z]{1,4}-[0-9A-Z]{5}-[0-9A-Z]{5})"
"""The shape of the references that we give, as `PH-7K3M9-QXDT2`."""
_ANSWERS_US: Final = compiled(rf"^\s*(?:(?:re|aw|sv|fwd?)\s*:\s*)+.*\b{ENQUIRY}\b")


class Zone(StrEnum):
    """Where a rule looks."""

    TEXT = "text"  # subject and new text; quoted text at a lower weight
    SUBJECT = "subject"
    OPENING = "opening"
    CLOSING = "closing"
    SENDER = "sender"  # name and address
    QUOTED = "quoted"  # quoted and passed-on text alone


@dataclass(frozen=True, slots=True, kw_only=True)
class Zones:
    """A message cut into the parts that rules look at."""

    subject: str
    new: str
    quoted: str
    sender: str

    def text_of(self, zone: Zone) -> str:
        """Return the text of a zone."""
        by_zone = {
            Zone.TEXT: f"{self.subject}\n{self.new}",
            Zone.SUBJECT: self.subject,
            Zone.OPENING: self.new[:OPENING_CHARS],
            Zone.CLOSING: self.new[-CLOSING_CHARS:],
            Zone.SENDER: self.sender,
            Zone.QUOTED: self.quoted,
        }
        return by_zone[zone]


def plain_name(name: str) -> str:
    """Return a display name without any addresses in it: a name can show anybody's."""
    return " ".join(word for word in name.split() if "@" not in word[1:])


def zones_of(message: Message) -> Zones:
    """Cut a message into zones."""
    passed_on = [
        part for item in message.forwarded if (part := item.text) not in message.quoted_text
    ]
    subject = even(message.subject).strip()
    # "Re: We have your message: our reference …" are our words and not the writer's.
    ours = [subject] if _ANSWERS_US.search(subject) else []
    quoted = "\n".join([*ours, message.quoted_text, *passed_on])
    return Zones(
        subject="" if ours else subject,
        new=even(message.new_text[:READ_CHARS]).strip(),
        quoted=even(quoted[:READ_CHARS]).strip(),
        sender=even(f"{plain_name(message.sender.name)} <{message.sender.address}>"),
    )
