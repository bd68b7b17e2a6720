"""What is known about a message, and what follows from it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from daemon.model.enums import AnswerBy, InboxRole

if TYPE_CHECKING:
    from datetime import date, datetime

    from daemon.model.enums import (
        Category,
        ClockKind,
        Criterion,
        EnquiryStatus,
        FactKind,
        Hold,
        OutboxKind,
        Outcome,
        Register,
        Route,
        Skip,
    )
    from daemon.model.policies import Arrangement


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """A clock's dates with their working; instants aware UTC, in order."""

    kind: ClockKind
    due_on: date
    due_at: datetime
    remind_at: tuple[datetime, ...] = ()
    escalate_at: tuple[datetime, ...] = ()
    working: tuple[str, ...] = ()  # sentences a person can check
    ack_by_on: date | None = None  # dpa-complaint: the 30th day
    appeal_by_on: date | None = None  # ico: the 28th day
    stopped_on: date | None = None  # it stands still since that day, and chases nobody


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockFact:
    """Something that happened to a clock, on days in London; open-ended while it goes on."""

    what: FactKind
    from_on: date
    until_on: date | None = None
    due_on: date | None = None  # of an extension: the new last day


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockStep:
    """A reminder or escalation of a clock, with its place in order: an escalation's is its rung."""

    action: str  # remind, escalate
    ordinal: int
    at: datetime
    is_last: bool = False  # of the reminders: it goes in a mail of its own


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadLink:
    """An enquiry that a message's thread, token or subject points at."""

    enquiry_id: int
    reference: str
    status: EnquiryStatus
    category: Category
    criteria: tuple[Criterion, ...]
    sender_is_party: bool
    proven: bool  # by thread or valid token; false: only a reference in plain text
    clocks: tuple[ClockKind, ...] = ()  # that it has or had


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """How many acknowledgements were made today, for the limits."""

    to_address: int = 0
    to_domain: int = 0
    in_all: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What the store and the inbox know about a message when it is decided.

    The empty context judges a message alone, as if it had just been received.
    """

    received_at: datetime
    role: InboxRole = InboxRole.ENQUIRIES
    links: tuple[ThreadLink, ...] = ()  # best first
    sent_today: Sent = field(default_factory=Sent)
    go_live_at: datetime | None = None
    arrangements: tuple[Arrangement, ...] = ()  # of the store; more stand in the policy
    own_message: bool = False  # its Message-ID was signed by us, and it comes from us
    command: bool = False  # it answers a notice at our signed address
    inbox_address: str = ""  # of the mailbox it lies in
    answers_at_once: bool = False  # it may be a machine's answer to what we sent just now
    blocked: bool = False  # our last mail to the recipient came back: nobody is there


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterEntry:
    """A place on a register: agreed, or proposed until somebody decides (guide §2.3)."""

    register: Register
    proposed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Everything that follows from one message. Pure data: the store writes it down."""

    outcome: Outcome
    route: Route | None
    reasons: tuple[str, ...] = ()  # sentences: why this route and this answer
    join: ThreadLink | None = None
    linked_to: ThreadLink | None = None
    team: str = ""  # id of the team that gets the notice
    reply_team: str = ""  # id of the team suggested to reply
    registers: tuple[RegisterEntry, ...] = ()
    deadlines: tuple[Deadline, ...] = ()
    alerts: tuple[Criterion, ...] = ()
    skip: Skip | None = None
    held: Hold | None = None
    held_also: tuple[Hold, ...] = ()  # further reasons to wait: then no hold ends by itself
    template: str = ""  # of the acknowledgement; "" where none is ever sent
    usual_template: str = ""  # what goes if nobody sends a careful text; "" where it is the same
    by: AnswerBy = AnswerBy.EMAIL
    recipient: str = ""  # "" with a template: a letter to post
    arrangements: tuple[str, ...] = ()
    watchers: tuple[str, ...] = ()  # colleagues who get a notice of it too
    criteria: tuple[Criterion, ...] = ()  # met: read from the text, or following from a list
    notify: bool = True  # false: the message already lies in the team's own mailbox

    @property
    def acknowledge(self) -> bool:
        """Whether something goes to the enquirer, at once or on release."""
        return self.skip is None


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxEntry:
    """A message to send, fully rendered. `key` and `recipient` together are unique.

    The same key gives the same Message-ID, so a repeat after a crash is the same mail.
    """

    kind: OutboxKind
    key: str
    recipient: str
    outlet: str
    envelope_from: str
    message_id: str  # without the angle brackets
    content: bytes
    send_after: datetime
    hold: Hold | None = None
    release_at: datetime | None = None  # a hold that ends by itself
    shadow: bool = False  # written down, never sent
    usual: bytes | None = None  # what goes then, or on a person's word, in place of `content`
    words: str = ""  # a colleague's own in it
