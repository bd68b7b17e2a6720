"""Fakes with state: an inbox, an outlet, a clock and a classifier that do what they are told."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from connectors.base import Batch, Cursor, Missed, RawMessage, nothing_known

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from connectors.base import ConnectorError, Envelope
    from daemon.model import Classification, Message


@dataclass
class FakeClock:
    """A clock that stands still until it is moved."""

    now: datetime

    def __call__(self) -> datetime:
        return self.now

    def move(self, **by: float) -> datetime:
        """Move it, e.g. `hours=1`, and return the time."""
        self.now += timedelta(**by)
        return self.now


@dataclass
class FakeClassifier:
    """Takes every message for the same thing, but for those that hold a known word.

    The word's answer is a classification, or an exception that stands for a bug of ours.
    """

    usual: Classification
    by_word: dict[str, Classification | Exception] = field(default_factory=dict)

    def classify(self, message: Message) -> Classification:
        for word, answer in self.by_word.items():
            if word in message.new_text or word in message.subject:
                if isinstance(answer, Exception):
                    raise answer
                return answer
        return self.usual


@dataclass
class FakeInbox:
    """A mailbox in memory: its messages bear numbers, and it can be broken."""

    name: str
    can_wait: bool = False
    messages: dict[int, tuple[bytes, datetime]] = field(default_factory=dict)
    unfetchable: set[int] = field(default_factory=set)
    marked: list[str] = field(default_factory=list)
    broken: ConnectorError | None = None
    broken_marking: ConnectorError | None = None
    looks: int = 0

    def deliver(self, content: bytes, *, at: datetime) -> str:
        """Put a message in; return its id."""
        number = max(self.messages, default=0) + 1
        self.messages[number] = (content, at)
        return str(number)

    def fetch(
        self,
        cursor: Cursor | None,
        *,
        limit: int,
        known: Callable[[Sequence[str]], set[str]] = nothing_known,
    ) -> Batch:
        del known  # its messages bear numbers
        self._look()
        after = int(cursor) if cursor else 0
        new = [number for number in sorted(self.messages) if number > after]
        return self._batch(new[:limit], str(new[:limit][-1] if new else after), new[limit:] != [])

    def fetch_ids(self, external_ids: Sequence[str]) -> Batch:
        self._look()
        return self._batch([int(one) for one in external_ids], "", more=False)

    def _look(self) -> None:
        self.looks += 1
        if self.broken is not None:
            raise self.broken

    def _batch(self, numbers: Sequence[int], cursor: str, more: bool) -> Batch:
        there = [n for n in numbers if n in self.messages and n not in self.unfetchable]
        missed = [
            Missed(
                external_id=str(n),
                reason="unfetchable" if n in self.unfetchable else "vanished",
            )
            for n in numbers
            if n not in there
        ]
        raws = [
            RawMessage(
                inbox=self.name,
                external_id=str(n),
                content=self.messages[n][0],
                size=len(self.messages[n][0]),
                arrived_at=self.messages[n][1],
            )
            for n in there
        ]
        return Batch(messages=tuple(raws), missed=tuple(missed), cursor=Cursor(cursor), more=more)

    def check(self) -> int:
        self._look()
        return len(self.messages)

    def list_ids(self, since: datetime | None, *, cursor: Cursor | None = None) -> Sequence[str]:
        del cursor  # its messages bear the same numbers for ever
        self._look()
        return [
            str(n) for n, (_, at) in sorted(self.messages.items()) if since is None or at >= since
        ]

    def to_come(self, cursor: Cursor | None, external_ids: Sequence[str]) -> set[str]:
        after = int(cursor) if cursor else 0
        return {one for one in external_ids if int(one) > after}

    def mark_done(self, external_ids: Sequence[str]) -> None:
        if self.broken_marking is not None:
            raise self.broken_marking
        self.marked += [one for one in external_ids if one not in self.marked]

    def wait(self, timeout_s: float) -> bool:
        del timeout_s
        return False

    def interrupt(self) -> None:
        """Nobody waits."""

    def close(self) -> None:
        """Nothing is open."""


@dataclass
class FakeOutlet:
    """A mail server in memory that can refuse some recipients, or everybody."""

    name: str = "relay"
    sent: list[Envelope] = field(default_factory=list)
    refused: dict[str, ConnectorError] = field(default_factory=dict)
    down: ConnectorError | None = None
    on_send: Callable[[Envelope], None] = field(default=lambda _envelope: None)

    def send(self, envelope: Envelope) -> None:
        if self.down is not None:
            raise self.down
        if envelope.recipient in self.refused:
            raise self.refused[envelope.recipient]
        self.on_send(envelope)
        self.sent.append(envelope)

    def check(self) -> None:
        if self.down is not None:
            raise self.down

    @property
    def recipients(self) -> list[str]:
        """Who got mail, in order."""
        return [envelope.recipient for envelope in self.sent]

    def close(self) -> None:
        """Nothing is open."""


@dataclass
class FakeLog:
    """A log that remembers its events, and that they were said with these values."""

    events: list[str] = field(default_factory=list)
    values: list[dict[str, object]] = field(default_factory=list)

    def _say(self, event: str, **values: object) -> None:
        self.events.append(event)
        self.values.append(values)

    debug = info = warning = error = _say


@dataclass
class FakeMemory:
    """What an account remembers, in memory; another daemon may be at what is to be done alone."""

    kept: dict[str, str] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)
    another_is_at_it: bool = False

    def read(self, name: str) -> str:
        return self.kept.get(name, "")

    def write(self, name: str, value: str) -> None:
        self.kept[name] = value
        if not value:
            del self.kept[name]

    def count(self, name: str) -> int:
        number = int(self.kept.get(name, 0)) + 1
        self.kept[name] = str(number)
        return number

    def read_secret(self, name: str) -> str:
        return self.secrets.get(name, "")

    def write_secret(self, name: str, value: str) -> None:
        self.secrets[name] = value

    @contextmanager
    def alone(self, name: str) -> Iterator[bool]:
        del name
        yield not self.another_is_at_it
