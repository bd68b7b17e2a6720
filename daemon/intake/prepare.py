"""What can be worked out of a raw message outside the transaction."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from daemon.parse import ParseError, parse, trusted_received_at

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from connectors.base import RawMessage
    from daemon.intake.facts import Classifies, InboxFacts
    from daemon.model import Classification, Message

_LONGEST_JOURNEY = timedelta(days=60)  # from our own server to the mailbox: say, a quarantine


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A raw message with all that could be worked out outside the transaction."""

    raw: RawMessage
    sha256: str  # of the raw bytes, hex
    received_at: datetime  # aware UTC
    message: Message | None = None
    found: Classification | None = None
    fingerprint: str = ""
    problem: str = ""  # why it is quarantined

    def spoiled(self, problem: str) -> Prepared:
        """Return it as one to quarantine, with the reason."""
        return replace(self, message=None, found=None, problem=problem)


class Coming:
    """Messages prepared as they are asked for: a transaction takes them, and perhaps again."""

    def __init__(self, coming: Iterator[Prepared]) -> None:
        self._coming = coming
        self._had: list[Prepared] = []

    def __iter__(self) -> Iterator[Prepared]:
        """Yield what was there before, then what comes."""
        yield from tuple(self._had)
        for item in self._coming:
            self._had.append(item)
            yield item


def prepare(
    raw: RawMessage,
    inbox: InboxFacts,
    *,
    classifier: Classifies,
    own_servers: frozenset[str],
    now: datetime,
) -> Prepared:
    """Parse and classify a message; whatever goes wrong is the reason to quarantine it."""
    item = Prepared(
        raw=raw,
        sha256=hashlib.sha256(raw.content).hexdigest(),
        received_at=received_at(raw, own_servers, now),
    )
    try:
        message = parse(raw.content, box=inbox.box, complete=raw.complete)
    except ParseError as error:
        return item.spoiled(str(error))
    item = replace(item, message=message, fingerprint=fingerprint(message))
    try:
        return replace(item, found=classifier.classify(message))
    except Exception as error:  # noqa: BLE001 -- a bug of ours must not stop the mail behind it
        # The message stays: it may be private, and then nobody is shown it.
        return replace(item, problem=mistake(error))


def mistake(error: Exception) -> str:
    """Return the reason to quarantine a message that a bug of ours stumbled over.

    The error's own text stays out: it can hold a person's words.
    """
    return f"A mistake in this software ({type(error).__name__}) kept it from being decided."


def received_at(raw: RawMessage, own_servers: frozenset[str], now: datetime) -> datetime:
    """Return the earliest trustworthy sign that a message reached the office (process).

    The top `Received` header of one of our own servers, else the server's or file's time, never
    the `Date` header and never later than now. A server whose clock is years out is not believed.
    """
    arrived_at = raw.arrived_at or now
    trusted = trusted_received_at(raw.content, own_servers)
    if trusted is None or trusted < arrived_at - _LONGEST_JOURNEY:
        trusted = arrived_at
    return min(trusted, now)


def fingerprint(message: Message) -> str:
    """Return what makes two sightings the same message across inboxes, in hex.

    Message-ID, From, and the decoded new text and attachments; without a Message-ID also the
    Date and the subject.
    """
    parts = [message.sender.address, message.content_hash]
    if message.message_id:
        parts += ["id", message.message_id]
    else:
        date = message.date_at.isoformat() if message.date_at else ""
        parts += ["none", date, message.subject]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()
