"""A stored message read again."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from daemon.model import Address, Message
from daemon.parse import ParseError, parse

if TYPE_CHECKING:
    from daemon.store.messages import KeptMessage

ATTACHED_CHARS: Final = 12_000
"""Of the text of attachments, what is read with the message: letters, not their enclosures."""


def read_again(kept: KeptMessage) -> Message:
    """Return a message that was kept as it reads now; from its columns where its bytes are gone."""
    with suppress(ParseError):
        if kept.raw is not None:
            return parse(kept.raw, box=kept.box, complete=kept.complete)
    return Message(
        channel=kept.channel,
        box=kept.box,
        sender=Address(address=kept.sender_address, name=kept.sender_name),
        subject=kept.subject,
        new_text=kept.new_text,
        quoted_text=kept.quoted_text,
        complete=kept.complete,
    )


def with_attachments(message: Message, text: str) -> Message:
    """Return a message whose attachments stand below its own words."""
    if not text.strip():
        return message
    return replace(message, new_text=f"{message.new_text}\n\n{text[:ATTACHED_CHARS]}".strip())
