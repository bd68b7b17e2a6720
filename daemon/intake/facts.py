"""What intake is told and what it tells: about an inbox, and about what became of a message."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from daemon.model import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from connectors.base import RawMessage
    from daemon.intake.prepare import Prepared
    from daemon.model import Box, Classification, Decision, InboxRole, Message


class Classifies(Protocol):
    """What says what a message is."""

    def classify(self, message: Message) -> Classification:
        """Judge one message by itself."""
        ...


class PreparesElsewhere(Protocol):
    """What may prepare messages in another process, while this one goes on."""

    @property
    def is_free(self) -> bool:
        """Whether another process has nothing to do."""
        ...

    def prepare_all(
        self,
        messages: Sequence[RawMessage],
        inbox: InboxFacts,
        *,
        own_servers: frozenset[str],
        now: datetime,
        by_ourselves: Callable[[RawMessage], Prepared],
    ) -> Iterator[Prepared]:
        """Begin at once; yield them in their order. `by_ourselves` does what it does not do."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxFacts:
    """What intake needs to know of the inbox a message came from."""

    name: str
    box: Box
    role: InboxRole
    address: str
    go_live_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What became of one thing that arrived; for the log and for who watches."""

    external_id: str
    state: str  # stored, repeated, private, quarantined, missed, known
    outcome: Outcome | None = None
    decision: Decision | None = None
    found: Classification | None = None
    message: Message | None = None
    message_id: int | None = None
    reference: str = ""
    why: str = ""

    @property
    def is_settled(self) -> bool:
        """Whether it may be marked done: all but what is not ours to read or touch.

        What was known may be private; the store's own list says so when lists are compared.
        Mail from before go-live stays where it lies.
        """
        history = self.outcome is Outcome.HISTORY
        return self.state not in {"private", "missed", "known"} and not history


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """One sighting of a message, with what was decided on it."""

    inbox: InboxFacts
    item: Prepared
    message: Message
    found: Classification
    decision: Decision
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Filed:
    """A message that belongs to an enquiry."""

    sight: Sight
    message_id: int
    enquiry_id: int
    reference: str
