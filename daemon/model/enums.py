"""The words of the office: enums whose values are stored, printed and configured.

They never change; docs and config speak of them.
"""

from __future__ import annotations

from enum import StrEnum


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
    def is_read_from_text(self) -> bool:
        """Whether a reader sees it in the message; the others follow from lists, or from staff."""
        return self not in {
            Criterion.MP_NON_ROUTINE,
            Criterion.COMMITTEE_CHAIR,
            Criterion.LINKED_STAKEHOLDER,
            Criterion.UPHELD_REVIEW,
        }

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
    UPDATE = "update"  # the next update on a register (guide §1.20); no reply ends it

    @property
    def ends_with_a_reply(self) -> bool:
        """Whether it counts towards the day an enquirer is told."""
        return self not in {ClockKind.ACK, ClockKind.VULNERABLE, ClockKind.UPDATE}


class AnswerBy(StrEnum):
    """How an acknowledgement reaches somebody: on the channel they used (guide §1.9)."""

    EMAIL = "email"
    LETTER = "letter"
    DIRECT_MESSAGE = "direct-message"
    PUBLIC_REPLY = "public-reply"  # on social media: an invitation to write in private


# These clocks belong to what a message asks, whoever else is on the enquiry (process, clocks).
REQUESTS = frozenset(
    {ClockKind.FOI, ClockKind.FOI_REVIEW, ClockKind.EIR, ClockKind.EIR_REVIEW, ClockKind.DPA}
)


class FactKind(StrEnum):
    """What lets a clock run otherwise than from its receipt alone."""

    CLARIFICATION = "clarification"  # something we need to know was asked
    FEES = "fees"  # a fees notice was sent (FOI Act 2000 s.9)
    IDENTITY = "identity"  # proof of identity was asked for
    FEE = "fee"  # of a data-protection request
    EXTENSION = "extension"


class Handling(StrEnum):
    """What was agreed for an enquiry, or for somebody who writes (guide §1.5, 1.10, 2.6)."""

    CUSTOMER_CARE_FIRST = "customer-care-first"
    TELL_WATCHERS = "tell-watchers"
    PERSONAL_REPLY = "personal-reply-only"  # holds the acknowledgement
    WATCHING_BRIEF = "watching-brief"  # an update at each milestone
    APPROVE = "approve-before-issue"  # the Ombudsman or Chief Executive sees it first
    MONITOR = "monitor"  # posts about it stand on the social-media register
    INSTRUCTION = "instruction"  # in free words


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
    PRIVATE = "private"  # not ours to read
    PUBLIC_MENTION = "public-mention"  # a public post gets no answer unless configured
    SOCIAL_CHATTER = "social-chatter"  # around others' posts, and about no case
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
    BLOCKED = "address-blocked"
    WRITTEN = "written"  # a colleague asked for it, and has not released it yet


class Opens(StrEnum):
    """Which public posts of a kind open an enquiry."""

    ALWAYS = "always"
    CASE = "case"  # about an individual case, or with anything else that matters
    NEVER = "never"


class Step(StrEnum):
    """Which step of classification an item of evidence comes from."""

    FACT = "fact"
    RULE = "rule"
    MODEL = "model"


class EnquiryStatus(StrEnum):
    """Where an enquiry stands."""

    OPEN = "open"
    REPLIED = "replied"
    CLOSED = "closed"


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


class OutboxKind(StrEnum):
    """What an entry of the outbox is."""

    ACKNOWLEDGEMENT = "acknowledgement"
    NOTICE = "notice"
    REMINDER = "reminder"
    ESCALATION = "escalation"
    ALERT = "alert"
    DIGEST = "digest"  # a person's reminders of one morning
    REPORT = "report"  # the monthly pack
    OPERATOR = "operator"  # something a person has to look at: quarantine, failed mail
