"""What goes into a mail, as values: the office, the facts of a notice, and the finished mail."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from daemon.model import OutboxKind

if TYPE_CHECKING:
    from datetime import date, datetime

    from daemon.model import (
        Box,
        Category,
        ClockKind,
        Criterion,
        Evidence,
        Hold,
        RegisterEntry,
        Route,
        Source,
    )

ACKNOWLEDGEMENTS = "acknowledgements"  # the folders of the templates
NOTICES = "notices"


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficeText:
    """How the office names itself and how it can be reached; all of it from the config."""

    name: str
    from_name: str
    from_address: str
    routing_diagram_url: str
    phone: str
    textphone: str
    reply_address: str = ""  # where answers to acknowledgements go; "": to `from_address`
    own_domains: frozenset[str] = frozenset()  # notices go nowhere else; that of
    # `from_address` is always one of them
    own_addresses: frozenset[str] = frozenset()  # in other domains; lower case

    @property
    def inside(self) -> frozenset[str]:
        """The domains that internal text may be sent to."""
        return self.own_domains | {_domain(self.from_address)}

    def is_inside(self, address: str) -> bool:
        """Whether an address is the office's own, so that internal text may go there."""
        return address.lower() in self.own_addresses or _domain(address) in self.inside


def _domain(address: str) -> str:
    return address.rpartition("@")[2].lower()


class NoticeKind(StrEnum):
    """The internal mails; each has its folder under `templates/notices/`."""

    ENQUIRY = "enquiry"  # a new enquiry for your team; says also where an answer is held
    FURTHER_MESSAGE = "further-message"  # joined an enquiry still open
    REMINDER = "reminder"
    DIGEST = "digest"  # a person's reminders of a morning, or of all that an outage kept back
    UPDATE_DUE = "update-due"  # the next update on a register (guide §1.20)
    ESCALATION = "escalation"
    ALERT = "alert"  # somebody may be at risk
    QUARANTINED = "quarantined"  # a message that could not be read
    PACK = "pack"  # the monthly pack, attached
    REVIEW = "review"  # handling arrangements that somebody has to look at again
    HOLIDAYS = "holidays"  # next year's bank holidays are not known
    RECONCILED = "reconciled"  # what does not add up, or does again
    ALARM = "alarm"  # what is not well with the machinery, or is again
    REPLY_SEEN = "reply-seen"  # somebody seems to have replied: please confirm
    REPLY_FAILED = "reply-failed"  # a reply that was seen came back
    CALL_BACK = "call-back"  # a caller would like to be called back (guide §1.17)
    NOT_DONE = "not-done"  # an answer to a notice asked for what cannot be done
    NOT_SENT = "not-sent"  # an acknowledgement failed for good: write by post


@dataclass(frozen=True, slots=True, kw_only=True)
class Enclosure:
    """A file of ours that goes with an internal mail."""

    name: str  # plain ASCII
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestItem:
    """One enquiry in a digest."""

    reference: str
    category: Category
    source: Source
    to_be_sorted: bool
    clock: ClockKind
    due_on: date
    overdue: bool = False
    escalated: bool = False  # you answer for the team that has it


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeFacts:
    """What an internal mail tells. What is not known keeps its default and is left out.

    Nothing of this is ever put into a mail to an enquirer.
    """

    reference: str = ""  # "" for a message that opened nothing
    category: Category | None = None
    source: Source | None = None
    to_be_sorted: bool = False
    route: Route | None = None
    criteria: tuple[Criterion, ...] = ()
    registers: tuple[RegisterEntry, ...] = ()
    why: tuple[str, ...] = ()  # sentences: why it was taken for this and came to you
    over: tuple[str, ...] = ()  # sentences: what was wrong and is well again
    evidence: tuple[Evidence, ...] = ()
    due: tuple[tuple[ClockKind, date], ...] = ()  # soonest first
    held: Hold | None = None
    sender: str = ""  # the enquirer's address as it is shown
    box: Box | None = None
    received_at: datetime | None = None  # aware; shown in Europe/London
    holder: str = ""  # who has it now, as colleagues know them
    reply_team: str = ""
    linked_reference: str = ""  # of an enquiry that this one follows
    problem: str = ""  # one sentence: what could not be read or sent
    failed: OutboxKind = OutboxKind.ACKNOWLEDGEMENT  # what could not be sent
    confirm_by_at: datetime | None = None  # aware; alerts: when everybody on duty is alerted again
    answer_to: str = ""  # the enquirer's address for the link that starts an answer
    answer_copy: str = ""  # our signed address, put in copy so that the answer is seen
    call_back_by: str = ""  # whom a caller would like to hear from, in words
    caller: str = ""  # the caller's name
    items: tuple[DigestItem, ...] = ()  # of a digest
    late: bool = False  # a digest of what came due while the daemon stood still
    original_complete: bool = True  # false: too large, only its beginning is attached


@dataclass(frozen=True, slots=True, kw_only=True)
class Composed:
    """A finished mail: the bytes to send, and what the outbox has to know about them."""

    message_id: str  # without the angle brackets
    subject: str
    recipient: str  # the envelope recipient, plain ASCII
    content: bytes  # CRLF line ends, 7-bit, no line over 998 octets
