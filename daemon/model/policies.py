"""Service standards, people and lists as data: everything a decision may look up."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from connectors.posts import PostKind
from daemon.model.enums import Handling, Opens, Route
from daemon.model.texts import TEXTS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from daemon.model.texts import TextRule


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
    ack_letter_working_days: int = 5  # where it goes by post
    update_working_days: int = 10  # the next update on a register (guide §1.20)
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
    handles: tuple[str, ...] = ()  # of X, with or without @
    names: tuple[str, ...] = ()  # whole, as a sender signs or a subject says
    references: tuple[str, ...] = ()  # of cases, as they stand in a subject or text
    themes: tuple[str, ...] = ()  # words that stand in a subject or in what somebody wrote
    instruction: str = ""
    handling: tuple[Handling, ...] = ()
    watchers: tuple[str, ...] = ()  # colleagues who get a notice of each message
    requested_by: str = ""
    engagement: bool = False  # part of ongoing stakeholder engagement (guide §2)
    from_on: date | None = None
    review_on: date | None = None
    until_on: date | None = None

    def is_in_force(self, on: date) -> bool:
        """Whether it holds on a day."""
        begun = self.from_on is None or self.from_on <= on
        return begun and not self.is_lapsed(on)

    def is_lapsed(self, on: date) -> bool:
        """Whether its last day has passed."""
        return self.until_on is not None and self.until_on < on

    def is_for_review(self, on: date) -> bool:
        """Whether somebody has to look at it again: lapsed, or its review date has come."""
        return self.is_lapsed(on) or (self.review_on is not None and self.review_on <= on)

    def asks_for(self, handling: Handling) -> bool:
        """Whether it asks for a way of handling."""
        return handling in self.handling


@dataclass(frozen=True, slots=True, kw_only=True)
class Team:
    """A part of the office that holds enquiries."""

    id: str
    name: str  # as an enquirer reads it
    mailbox: str
    holder: str = ""  # address of the person who holds the team's enquiries; "" → the mailbox
    deputy: str = ""  # who holds them while the holder is away
    assistant_director: str = ""
    director: str = ""
    outlet: str = ""  # that notices to its mailbox leave by; "" → that of all notices


@dataclass(frozen=True, slots=True, kw_only=True)
class Absence:
    """Days on which somebody is away, first and last included, and who stands in for them."""

    person: str
    from_on: date
    until_on: date
    deputy: str = ""  # "" → whom the team names


@dataclass(frozen=True, slots=True, kw_only=True)
class DutyTurn:
    """Who is on duty for alerts, first and last day included."""

    from_on: date
    until_on: date
    officers: tuple[str, ...]
    second: tuple[str, ...] = ()  # alerted too from the first climb on


@dataclass(frozen=True, slots=True, kw_only=True)
class Principals:
    """The Ombudsman and the Chief Executive, and who decides what is about one of them."""

    ombudsman: str = ""  # addresses
    chief_executive: str = ""
    alternate: str = ""
    private_office: str = ""  # decides on call-backs (guide §1.17)
    pack: tuple[str, ...] = ()  # who gets the monthly pack, beside the first two

    @property
    def addresses(self) -> tuple[str, ...]:
        """The two of them, as far as they are named."""
        return tuple(one for one in (self.ombudsman, self.chief_executive) if one)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How many acknowledgements go out in a day before a person has a look."""

    per_address: int = 4
    per_domain: int = 100
    in_all: int = 2000
    block_days: int = 30  # an address that nobody is behind is left alone


@dataclass(frozen=True, slots=True, kw_only=True)
class SocialAccount:
    """What may be answered from one of our accounts on a social network."""

    outlet: str  # by which answers leave
    answers: bool = False  # a direct message is acknowledged by one
    invites: bool = False  # a public post about a case gets the invitation


@dataclass(frozen=True, slots=True, kw_only=True)
class Social:
    """How posts on social networks are dealt with (guide §1.15-1.16; process, *house*)."""

    opens: Mapping[PostKind, Opens] = field(
        default_factory=lambda: {
            PostKind.MENTION: Opens.ALWAYS,
            PostKind.REPLY: Opens.CASE,
            PostKind.THREAD: Opens.CASE,
            PostKind.QUOTE: Opens.CASE,
            PostKind.REPOST: Opens.NEVER,
        }
    )
    accounts: Mapping[str, SocialAccount] = field(default_factory=dict)
    """By what a message says it came to: `@office`."""
    invitation: str = ""  # to write in private; "" for none

    def invites(self, account: str) -> bool:
        """Whether public posts to an account of ours are answered with the invitation."""
        found = self.accounts.get(account)
        return bool(self.invitation) and found is not None and found.invites

    def answers(self, account: str) -> bool:
        """Whether direct messages to an account of ours are answered there."""
        found = self.accounts.get(account)
        return found is not None and found.answers


@dataclass(frozen=True, slots=True, kw_only=True)
class MpOffice:
    """A known MP's office: whoever writes from one of these writes for the MP."""

    id: str
    addresses: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    from_on: date | None = None
    until_on: date | None = None  # the last day on which they are one


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """Somebody else the office knows by their address, on some days."""

    kind: str  # chair, clerk, ico
    addresses: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    from_on: date | None = None
    until_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Directory:
    """Who is who outside and inside the office, as far as addresses tell."""

    own_domains: frozenset[str] = frozenset()
    own_addresses: frozenset[str] = frozenset()
    own_servers: frozenset[str] = frozenset()  # hosts whose Received headers are trusted
    private_senders: frozenset[str] = frozenset()
    form_tools: frozenset[str] = frozenset()  # write for whoever stands in their Reply-To
    forwarders: frozenset[str] = frozenset()  # our mailboxes with a rule that passes mail on
    mp_offices: tuple[MpOffice, ...] = ()
    chair_addresses: frozenset[str] = frozenset()
    ico_domains: frozenset[str] = frozenset()
    known_domains: frozenset[str] = frozenset()  # offices free of the per-domain limit
    clerk_addresses: frozenset[str] = frozenset()  # of committees and the House: no MPs
    ico_addresses: frozenset[str] = frozenset()
    people: tuple[Known, ...] = ()  # of whom `on` takes those of a day

    def on(self, day: date) -> Directory:
        """Return the directory as it is on a day: a person stops being an MP on a date."""
        here = [one for one in self.people if _is_known(one.from_on, one.until_on, day)]

        def addresses(kind: str) -> frozenset[str]:
            return frozenset(a for one in here if one.kind == kind for a in one.addresses)

        domains = frozenset(d for one in here if one.kind == "ico" for d in one.domains)
        return replace(
            self,
            mp_offices=tuple(
                one for one in self.mp_offices if _is_known(one.from_on, one.until_on, day)
            ),
            chair_addresses=self.chair_addresses | addresses("chair"),
            clerk_addresses=self.clerk_addresses | addresses("clerk"),
            ico_addresses=self.ico_addresses | addresses("ico"),
            ico_domains=self.ico_domains | domains,
            people=(),
        )

    def mp_office(self, address: str, on: date | None = None) -> MpOffice | None:
        """Return the known MP's office an address belongs to, on a day where one is given."""
        domain = address.rpartition("@")[2]
        for office in self.mp_offices:
            is_theirs = address in office.addresses or domain in office.domains
            if is_theirs and (on is None or _is_known(office.from_on, office.until_on, on)):
                return office
        return None

    def is_protected(self, address: str, on: date) -> bool:
        """Whether an address is an MP's, a Chair's or the Commissioner's on a day."""
        domain = address.rpartition("@")[2]
        return (
            address in self.chair_addresses
            or address in self.ico_addresses
            or domain in self.ico_domains
            or self.mp_office(address, on) is not None
            or any(
                one.kind in {"chair", "ico"} and _is_known(one.from_on, one.until_on, on)
                for one in self.people
                if address in one.addresses or domain in one.domains
            )
        )

    def is_own(self, address: str) -> bool:
        """Whether an address is the office's own, by address or domain.

        What a form tool sends was written by whoever filled the form in, wherever the tool is.
        """
        if address in self.form_tools:
            return False
        return address in self.own_addresses or address.rpartition("@")[2] in self.own_domains


def _is_known(from_on: date | None, until_on: date | None, day: date) -> bool:
    return (from_on is None or from_on <= day) and (until_on is None or day <= until_on)


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
    second: tuple[str, ...] = ()  # alerted too from the first climb on
    rota: tuple[DutyTurn, ...] = ()  # who is on duty instead, on some days
    absences: tuple[Absence, ...] = ()
    principals: Principals = field(default_factory=Principals)
    people: Mapping[str, str] = field(default_factory=dict)
    """Members of staff an enquiry may be about: address → name."""
    texts: tuple[TextRule, ...] = TEXTS  # which acknowledgement answers what
    social: Social = field(default_factory=Social)
    confirm_within_hours: int = 1  # a held vulnerable text gives way to the general one

    @property
    def care_mailbox(self) -> str:
        """Customer Care's mailbox; "" where no team takes that route."""
        team = self.teams.get(self.routes.get(Route.CUSTOMER_CARE, ""))
        return team.mailbox if team else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionRule:
    """For how many months the words of something are kept."""

    what: str  # enquiries (since they ended), unfiled (mail of none), internal (our own notices)
    months: int
    categories: tuple[str, ...] = ()  # of enquiries; none: all that no other rule names
