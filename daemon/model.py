"""The nouns: frozen values and enums that every room shares. One word, one meaning.

Times end in `_at` and are aware UTC; dates end in `_on` and are dates in Europe/London.
The ids of categories, sources, criteria, registers and clocks are those of the assurance
guide as the office uses them; they are stored, printed and configured, so they never change.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime


class Channel(StrEnum):
    """How a message reached the office (guide §1.1)."""

    EMAIL = "email"
    X_DM = "x-dm"
    X_MENTION = "x-mention"
    LETTER = "letter"
    CALL = "call"


class Box(StrEnum):
    """Whose door a message came through. Routing asks the box, not the folder polled."""

    OMBUDSMAN = "ombudsman"
    CEO = "ceo"
    CUSTOMER_CARE = "customer-care"
    INTAKE = "intake"
    X_DM = "x-dm"
    X_MENTION = "x-mention"
    POST = "post"
    PHONE = "phone"

    @property
    def is_personal(self) -> bool:
        """The Ombudsman's or Chief Executive's own e-mail account (guide §1.6)."""
        return self in {Box.OMBUDSMAN, Box.CEO}

    @property
    def is_public(self) -> bool:
        """A public mailbox, or the post (guide §1.3-1.4)."""
        return self in {Box.CUSTOMER_CARE, Box.INTAKE, Box.POST}

    @property
    def is_social(self) -> bool:
        """A social-media account (guide §1.15)."""
        return self in {Box.X_DM, Box.X_MENTION}

    @property
    def channel(self) -> Channel:
        """The channel that messages in this box use."""
        by_box = {
            Box.X_DM: Channel.X_DM,
            Box.X_MENTION: Channel.X_MENTION,
            Box.POST: Channel.LETTER,
            Box.PHONE: Channel.CALL,
        }
        return by_box.get(self, Channel.EMAIL)


class InboxRole(StrEnum):
    """What an inbox is polled for."""

    ENQUIRIES = "enquiries"  # what arrives may open an enquiry
    SENT = "sent"  # staff's sent mail: evidence that somebody replied
    BOUNCES = "bounces"  # delivery reports about our own mail; never opens an enquiry
    COMMANDS = "commands"  # our own people's replies to notices; others' mail is an enquiry


class Category(StrEnum):
    """What the writer mainly wants (guide §1.2); exactly one."""

    NEW_COMPLAINT = "new-complaint"
    PERSONAL_INTEREST = "personal-interest"
    FOLLOW_UP_DECISION = "follow-up-decision"
    COMPLAINT_ABOUT_US = "complaint-about-us"
    FOLLOW_UP_CUSTOMER_CARE = "follow-up-customer-care"
    FOI_DPA = "foi-dpa"
    ICO_DECISION = "ico-decision"
    OTHER = "other"
    NOT_AN_ENQUIRY = "not-an-enquiry"


class Source(StrEnum):
    """Who wrote; exactly one."""

    MP = "mp"
    COMMITTEE_CHAIR = "committee-chair"
    COMPLAINANT = "complainant"
    ICO = "ico"
    ORGANISATION = "organisation"
    STAKEHOLDER = "stakeholder"
    MACHINE = "machine"
    UNKNOWN = "unknown"


class Criterion(StrEnum):
    """Criteria for specific handling (guide §2)."""

    MP_NON_ROUTINE = "mp-non-routine"
    COMMITTEE_CHAIR = "committee-chair"
    LINKED_STAKEHOLDER = "linked-stakeholder"
    MP_POST_DECISION = "mp-post-decision"
    SENIOR_STAFF_CONDUCT = "senior-staff-conduct"
    SYSTEMIC_ISSUE = "systemic-issue"
    LEGAL_CHALLENGE = "legal-challenge"
    HIGH_PROFILE = "high-profile"
    UPHELD_REVIEW = "upheld-review"
    VULNERABLE = "vulnerable"

    @property
    def is_accepted_at_once(self) -> bool:
        """Accepted for handling without a decision at the meeting (guide §2, "automatically")."""
        return self in {Criterion.MP_NON_ROUTINE, Criterion.COMMITTEE_CHAIR}

    @property
    def raises_alert(self) -> bool:
        """Whether a duty officer is alerted at once."""
        return self is Criterion.VULNERABLE


class Route(StrEnum):
    """Where an enquiry goes first (guide §1.3-1.7, 1.15-1.16)."""

    SET_ASIDE = "set-aside"
    INTAKE = "intake"
    CUSTOMER_CARE = "customer-care"
    EXTERNAL_AFFAIRS = "external-affairs"


class Register(StrEnum):
    """The registers of the central assurance store (guide §1.21)."""

    CENTRAL_ASSURANCE = "central-assurance"
    MP_OVERSIGHT = "mp-oversight"
    CASE_REFERRALS = "case-referrals"
    SPECIFIC_HANDLING = "specific-handling"
    SOCIAL_MEDIA = "social-media"
    PHONE_CALLS = "phone-calls"


class ClockKind(StrEnum):
    """The kinds of clock; `daemon.deadlines` holds the rule of each."""

    ACK = "ack"
    MP = "mp"
    FOI = "foi"
    FOI_REVIEW = "foi-review"
    EIR = "eir"
    EIR_REVIEW = "eir-review"
    DPA = "dpa"
    DPA_COMPLAINT = "dpa-complaint"
    ICO = "ico"
    SERVICE = "service"
    OTHER = "other"
    VULNERABLE = "vulnerable"


class Skip(StrEnum):
    """Why no acknowledgement is sent. Each has its paragraph in docs/acknowledgements.md."""

    AUTOMATED = "automated"  # Auto-Submitted says so (RFC 3834 §2, §5)
    NULL_RETURN_PATH = "null-return-path"  # RFC 3834 §2, RFC 5321 §4.5.5
    DELIVERY_REPORT = "delivery-report"  # RFC 3464, and the many that do not follow it
    READ_RECEIPT = "read-receipt"  # RFC 8098
    CALENDAR_REPLY = "calendar-reply"  # RFC 5546 METHOD:REPLY and its like
    RECALL_NOTICE = "recall-notice"  # Outlook's "would like to recall the message"
    BULK = "bulk"  # list, newsletter and bulk mail
    AUTO_REPLY = "auto-reply"  # an automatic reply that carries no header to say so
    FEEDBACK_REPORT = "feedback-report"  # RFC 5965
    RULE = "rule"  # a rule in config sets it aside
    OWN_ADDRESS = "own-address"  # from one of the office's own addresses
    OWN_MESSAGE = "own-message"  # we made it: its Message-ID is signed by us
    NO_REPLY_ADDRESS = "no-reply-address"  # the sender says that nobody reads replies
    BEFORE_GO_LIVE = "before-go-live"
    JOINED = "joined"  # a further message in an enquiry still open
    SAME_MESSAGE = "same-message"  # another copy of a message we have
    PRIVATE = "private"  # not ours to read
    PUBLIC_MENTION = "public-mention"  # a public post gets no answer unless configured
    INTERNAL = "internal"  # role inboxes: sent copies, bounces, replies to notices
    QUARANTINED = "quarantined"


class Hold(StrEnum):
    """Why an acknowledgement waits for a person."""

    VULNERABLE = "vulnerable"
    AUTHENTICATION = "authentication"
    LIMIT = "limit"
    ARRANGEMENT = "arrangement"
    OWN_DOMAIN_FORWARD = "own-domain-forward"
    PROPOSED_SET_ASIDE = "proposed-set-aside"
    DOUBT = "doubt"


class Step(StrEnum):
    """Which step of classification an item of evidence comes from."""

    FACT = "fact"
    RULE = "rule"
    MODEL = "model"


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


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockPolicy:
    """The clock rules that are the office's own, and holidays announced late."""

    service_working_days: int = 20
    other_working_days: int = 10
    dpa_complaint_working_days: int = 20
    ico_letter_working_days: int = 20
    vulnerable_steps_minutes: tuple[int, ...] = (60, 90, 120, 150)
    remind_hour: int = 9  # Europe/London
    ack_working_days: int = 1
    remind_working_days_before: tuple[int, ...] = (5, 1)  # beside the one on the midpoint
    escalate_working_days_after: tuple[int, ...] = (1, 3)  # Assistant Director, Director
    extra_holidays: Mapping[date, frozenset[str]] = field(default_factory=dict)
    """Late-announced bank holidays: date → nations (ENG, WLS, SCT, NIR)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrangement:
    """A handling arrangement (guide §1.5, 1.10): who it is about and what it asks for."""

    id: str
    addresses: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    instruction: str = ""
    personal_reply_only: bool = False
    from_on: date | None = None
    until_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Team:
    """A part of the office that holds enquiries."""

    id: str
    name: str  # as an enquirer reads it
    mailbox: str
    holder: str = ""  # address of the person who holds the team's enquiries; "" → the mailbox
    assistant_director: str = ""
    director: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How many acknowledgements go out in a day before a person has a look."""

    per_address: int = 4
    per_domain: int = 100
    in_all: int = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class MpOffice:
    """A known MP's office: whoever writes from one of these writes for the MP."""

    id: str
    addresses: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Directory:
    """Who is who outside and inside the office, as far as addresses tell."""

    own_domains: frozenset[str] = frozenset()
    own_addresses: frozenset[str] = frozenset()
    own_servers: frozenset[str] = frozenset()  # hosts whose Received headers are trusted
    private_senders: frozenset[str] = frozenset()
    mp_offices: tuple[MpOffice, ...] = ()
    chair_addresses: frozenset[str] = frozenset()
    ico_domains: frozenset[str] = frozenset()
    known_domains: frozenset[str] = frozenset()  # offices free of the per-domain limit

    def mp_office(self, address: str) -> MpOffice | None:
        """Return the known MP's office an address belongs to."""
        domain = address.rpartition("@")[2]
        for office in self.mp_offices:
            if address in office.addresses or domain in office.domains:
                return office
        return None

    def is_own(self, address: str) -> bool:
        """Whether an address is the office's own, by address or domain."""
        return address in self.own_addresses or address.rpartition("@")[2] in self.own_domains


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Service standards, routes and lists as data; everything `decide` may look up."""

    directory: Directory = field(default_factory=Directory)
    clocks: ClockPolicy = field(default_factory=ClockPolicy)
    teams: Mapping[str, Team] = field(default_factory=dict)
    routes: Mapping[Route, str] = field(default_factory=dict)
    """Which team gets the notice of what takes a route: route → team id."""
    suggestions: Mapping[str, str] = field(default_factory=dict)
    """Which team will reply: category, criterion or "call-back" → team id."""
    arrangements: tuple[Arrangement, ...] = ()
    limits: Limits = field(default_factory=Limits)
    duty: tuple[str, ...] = ()  # addresses alerted when somebody may be at risk
    confirm_within_hours: int = 1  # a held vulnerable text gives way to the general one


class EnquiryStatus(StrEnum):
    """Where an enquiry stands."""

    OPEN = "open"
    REPLIED = "replied"
    CLOSED = "closed"


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
    own_message: bool = False  # its Message-ID was signed by us, and it comes from us
    command: bool = False  # it answers a notice at our signed address
    inbox_address: str = ""  # of the mailbox it lies in


class Outcome(StrEnum):
    """What became of a message."""

    OPENED = "opened"  # a new enquiry
    JOINED = "joined"  # an enquiry still open
    SET_ASIDE = "set-aside"
    PRIVATE = "private"
    OWN = "own"  # our own mail that came back
    HISTORY = "history"  # from before go-live: kept, no enquiry
    INTERNAL = "internal"  # role inboxes
    QUARANTINED = "quarantined"


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
    recipient: str = ""  # "" with a template: a letter to post
    arrangements: tuple[str, ...] = ()
    notify: bool = True  # false: the message already lies in the team's own mailbox

    @property
    def acknowledge(self) -> bool:
        """Whether something goes to the enquirer, at once or on release."""
        return self.skip is None


class OutboxKind(StrEnum):
    """What an entry of the outbox is."""

    ACKNOWLEDGEMENT = "acknowledgement"
    NOTICE = "notice"
    REMINDER = "reminder"
    ESCALATION = "escalation"
    ALERT = "alert"
    OPERATOR = "operator"  # something a person has to look at: quarantine, failed mail


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
