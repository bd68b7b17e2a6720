"""A message and what it was taken for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from connectors.posts import PostKind
    from daemon.model.enums import Box, Category, Channel, ClockKind, Criterion, Skip, Source, Step


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A name and a bare address (`local@domain`, lower case; or `@handle` on X)."""

    address: str = ""  # "" where the header holds none that could be used
    name: str = ""

    @property
    def domain(self) -> str:
        """What stands behind the last @, lower case; "" for a handle."""
        local, _, domain = self.address.rpartition("@")
        return domain if local else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A part that is not text to read; its bytes stay in the raw message."""

    name: str  # made safe for a file name; "" where the part has none
    content_type: str
    size: int  # decoded bytes
    sha256: str  # of the decoded bytes, hex


@dataclass(frozen=True, slots=True, kw_only=True)
class Forwarded:
    """A message inside a message: attached (message/rfc822) or pasted below a header block."""

    sender: Address
    subject: str
    text: str
    attached: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """Where a message stands on a social network."""

    network: str
    kind: PostKind
    id: str
    account: str  # our account that it came to, such as `@office`
    author: str  # who wrote, by what never changes: `x:42`
    author_id: str  # the same, as the network has it
    conversation: str  # the same for a whole thread: `x:1700…`
    notes: tuple[str, ...] = ()  # sentences: what is there and cannot be read here
    link: str = ""  # where a colleague sees it


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message, parsed and free of its channel. All strings can be stored as UTF-8.

    `new_text` is what the writer wrote, `quoted_text` what it answers or passes on; together
    they are the whole text. `headers` holds the headers that matter, by lower-case name, each
    with all its values in order, unfolded and decoded.
    """

    channel: Channel
    box: Box
    sender: Address
    subject: str = ""
    new_text: str = ""
    quoted_text: str = ""
    message_id: str | None = None  # without the angle brackets
    in_reply_to: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    reply_to: tuple[Address, ...] = ()
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    date_at: datetime | None = None  # the Date header: what the sender's clock said
    headers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    content_types: tuple[str, ...] = ()  # of every part in order, "multipart/report" included
    attachments: tuple[Attachment, ...] = ()
    forwarded: tuple[Forwarded, ...] = ()
    text_chars: int = 0  # decoded characters of the text, quoted part included
    defects: tuple[str, ...] = ()  # what had to be repaired, in words
    complete: bool = True  # false: too large to fetch whole, or cut at a limit
    content_hash: str = ""  # of decoded new text and attachments, hex
    posted: Posted | None = None  # of a post or direct message

    @property
    def text(self) -> str:
        """The whole text: new, then quoted."""
        return "\n".join(part for part in (self.new_text, self.quoted_text) if part)

    def header(self, name: str) -> str:
        """Return the first value of a kept header, or ""."""
        values = self.headers.get(name.lower(), ())
        return values[0] if values else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One point that a classification rests on: which step, what it says, and the words."""

    step: Step
    name: str  # of the fact, rule or model feature
    says: str  # e.g. "category: foi-dpa"
    text: str = ""  # words of the message


@dataclass(frozen=True, slots=True, kw_only=True)
class Classification:
    """What a message was taken for, and why."""

    category: Category
    source: Source
    routine: bool = False
    criteria: tuple[Criterion, ...] = ()  # in the order of the enum, no repeats
    confidence: float = 0.0  # 0 to 1, that of the category
    to_be_sorted: bool = False
    evidence: tuple[Evidence, ...] = ()
    # Header evidence of a machine, or a configured rule: reason enough to set it aside.
    automation: Skip | None = None
    personal_attention: bool = False  # marked for the Ombudsman or CEO to deal with themselves
    individual_case: bool = True  # social media: about one case, not general chatter
    matters: tuple[ClockKind, ...] = ()  # clocks the text itself asks for (foi, dpa, ico ...)
    notice_on: date | None = None  # ICO: the notice's own date
    reply_by_on: date | None = None  # ICO: the date the letter states
    reference: str | None = None  # a case number in the message, as written
    language: str | None = None  # ISO 639-1
    version: str = ""  # of code and rules

    @property
    def alerts(self) -> tuple[Criterion, ...]:
        """The criteria that alert a duty officer at once."""
        return tuple(c for c in self.criteria if c.raises_alert)
