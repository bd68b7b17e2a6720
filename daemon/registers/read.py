"""Messages as they are read, each parsed once: a mail of 25 MB takes a second or two."""

from __future__ import annotations

from collections import OrderedDict
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Final

from daemon.kept import read_again
from daemon.parse import ParseError, parse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from daemon.model import Attachment, Posted
    from daemon.store import Transaction
    from daemon.store.messages import KeptMessage

REMEMBERED: Final = 200
"""How many messages; of each its words and the names of its files, not its bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadMessage:
    """The words of a message, and what was attached to it."""

    new_text: str
    quoted_text: str
    files: tuple[Attachment, ...]
    has_raw: bool
    posted: Posted | None = None
    earlier: tuple[str, ...] = ()  # what a post said before it was edited, oldest first


@dataclass(slots=True)
class Reading:
    """Reads messages, and remembers the last of them; several threads may ask at once."""

    _remembered: OrderedDict[int, ReadMessage] = field(default_factory=OrderedDict)
    _lock: Lock = field(default_factory=Lock)

    def message(self, tx: Transaction, message_id: int) -> ReadMessage:
        """Return a message as it reads; what was erased meanwhile is not remembered."""
        with self._lock:
            known = self._remembered.get(message_id)
            if known is not None:
                self._remembered.move_to_end(message_id)
        if known is not None and known.has_raw and tx.has_raw(message_id):
            return known
        kept = tx.kept(message_id)
        message = read_again(kept)
        read = ReadMessage(
            new_text=message.new_text,
            quoted_text=message.quoted_text,
            files=message.attachments,
            has_raw=kept.raw is not None,
            posted=message.posted,
            earlier=tuple(_earlier(tx, kept)) if message.posted else (),
        )
        if message.posted is not None:
            return read  # it is short, and may be edited any moment
        with self._lock:
            self._remembered[message_id] = read
            while len(self._remembered) > REMEMBERED:
                self._remembered.popitem(last=False)
        return read


def _earlier(tx: Transaction, kept: KeptMessage) -> Iterator[str]:
    """Yield what a post said before; the same words once."""
    said: list[str] = []
    for content in tx.versions(kept.id):
        with suppress(ParseError):
            said.append(parse(content, box=kept.box).new_text)
    yield from dict.fromkeys(said[:-1])
