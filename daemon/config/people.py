"""What the files about people may say: the office, who it knows, its teams, arrangements."""

from datetime import date
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from daemon.config.fields import (
    Addresses,
    Domain,
    Domains,
    Host,
    Line,
    MailAddress,
    Name,
    PerhapsAddress,
    Table,
    WebAddress,
)
from daemon.model import Handling

_SIGNED_LOCAL_LENGTH: Final = 15  # a token has up to 48, the plus sign one, of 64 in all
_SHARED_DOMAINS: Final = frozenset({"parliament.uk"})


class Office(Table):
    """How the office signs what it sends."""

    name: Line
    """The office, as it stands in letters and at the foot of every mail."""
    from_name: Line
    """What enquirers see as the name of the sender."""
    from_address: MailAddress
    """What enquirers see as the address of the sender; one of the office's own."""
    bounce_address: MailAddress
    """The envelope sender of all we send: delivery reports come back to it."""
    bounce_plus_addressing: bool = False
    """Whether mail to bounce_address+anything reaches its mailbox too: then each mail is signed."""
    signed_address: MailAddress
    """Where staff answer our notices; a token is put behind it, at most 15 characters before the
    @.
    """
    message_id_domain: Domain
    """What stands behind the @ in our Message-IDs."""
    reference_prefix: Annotated[str, Field(pattern=r"^[A-Z]{1,4}$")]
    """What references begin with: one to four capital letters."""
    routing_diagram_url: WebAddress
    """The link to the routing diagram, in every acknowledgement; it is tried each week."""
    phone: Line
    """The office's phone number, in every acknowledgement."""
    textphone: Line
    """The office's textphone number, in every acknowledgement."""

    @field_validator("signed_address")
    @classmethod
    def _leaves_room_for_a_token(cls, value: str) -> str:
        return _with_room(value)

    @field_validator("bounce_plus_addressing")
    @classmethod
    def _can_be_signed(cls, value: bool, info: ValidationInfo) -> bool:
        address = info.data.get("bounce_address")
        if value and address is not None:
            try:
                _with_room(address)
            except ValueError as error:
                why = f"The bounce_address cannot be signed. {error}"
                raise ValueError(why) from None
        return value


def _with_room(value: str) -> str:
    """Return an address that a token can be put into.

    Raises:
        ValueError: it is too long, or has a plus already.
    """
    if "+" in value:
        why = "Leave out the + and what follows: the daemon puts its own token there."
        raise ValueError(why)
    if len(value.partition("@")[0]) > _SIGNED_LOCAL_LENGTH:
        why = (
            f"Use at most {_SIGNED_LOCAL_LENGTH} characters before the @, so that the token"
            " behind them still fits into an address (RFC 5321 allows 64)."
        )
        raise ValueError(why)
    return value


class DirectoryTable(Table):
    """Which addresses, domains and servers are the office's own, and which it knows."""

    own_domains: Annotated[Domains, Field(min_length=1)]
    """Mail from these domains is the office's own. A domain stands for itself alone."""
    own_addresses: Addresses = ()
    """Mail from these addresses is the office's own too."""
    own_servers: tuple[Host, ...] = ()
    """Our mail servers, as they name themselves: what others say about a mail is not believed."""
    private_senders: Addresses = ()
    """Whoever writes privately to the Ombudsman or Chief Executive from these addresses."""
    form_tools: Addresses = ()
    """Addresses that write for somebody, such as our website's form: their Reply-To is answered.
    """
    forwarders: Addresses = ()
    """Our own mailboxes with a rule that passes mail on to an inbox that is watched."""
    ico_domains: Domains = ()
    """Domains of the Information Commission."""
    known_domains: Domains = ()
    """Domains that are free of the daily limit for one domain."""


class OfficeFile(Table):
    """office.toml."""

    office: Office
    """How the office signs what it sends."""
    directory: DirectoryTable
    """What is the office's own, and whom it knows."""


class MpOfficeTable(Table):
    """A known MP's office."""

    id: Name
    """What it is called in the log; no name of a person."""
    addresses: Addresses = ()
    """The office's own addresses."""
    domains: Annotated[Domains, Field(validate_default=True)] = ()
    """Domains that are that office's alone; never parliament.uk."""

    @field_validator("domains")
    @classmethod
    def _tells_somebody(cls, value: Domains, info: ValidationInfo) -> Domains:
        if _SHARED_DOMAINS.intersection(value):
            why = (
                "Peers, clerks and staff write from parliament.uk too. List the office's own"
                " addresses under addresses instead."
            )
            raise ValueError(why)
        return _somebody(value, info)


def _somebody(value: Domains, info: ValidationInfo) -> Domains:
    if not value and info.data.get("addresses") == ():
        why = "Say who it is about: list at least one address or domain."
        raise ValueError(why)
    return value


class Chairs(Table):
    """The Chairs of the two select committees."""

    addresses: Addresses
    """Their addresses."""


class StakeholdersFile(Table):
    """stakeholders.toml."""

    mp_office: tuple[MpOfficeTable, ...] = ()
    """A known MP's office."""
    chairs: Chairs
    """The Chairs of the two select committees."""


class TeamTable(Table):
    """A part of the office that holds enquiries."""

    id: Name
    """What it is called in routes.toml and in the log."""
    name: Line
    """What an enquirer reads."""
    mailbox: MailAddress
    """Where notices go."""
    holder: PerhapsAddress = ""
    """Who is reminded; empty: the mailbox."""
    deputy: PerhapsAddress = ""
    """Who is reminded while the holder is away."""
    assistant_director: PerhapsAddress = ""
    """Who is told first when a date has passed."""
    director: PerhapsAddress = ""
    """Who is told next."""
    outlet: Name | Literal[""] = ""
    """The outlet for notices to the mailbox; empty: that of all notices."""


class People(Table):
    """A list of people to tell."""

    addresses: Annotated[Addresses, Field(min_length=1)]
    """Their addresses; the office's own."""


def _ends_in_order(value: date, info: ValidationInfo) -> date:
    begins = info.data.get("from_on")
    if begins and value < begins:
        why = "The last day lies before the first. Correct from or until."
        raise ValueError(why)
    return value


LastDay = Annotated[date, AfterValidator(_ends_in_order)]
"""A last day that does not lie before `from`."""


class AbsenceTable(Table):
    """Days on which somebody is away, first and last included."""

    person: MailAddress
    """Who is away."""
    from_on: date = Field(alias="from")
    """The first day."""
    until_on: LastDay = Field(alias="until")
    """The last day."""
    deputy: PerhapsAddress = ""
    """Who stands in; empty: the team's deputy."""


class TurnTable(Table):
    """Who is on duty for some days instead."""

    from_on: date = Field(alias="from")
    """The first day."""
    until_on: LastDay = Field(alias="until")
    """The last day."""
    addresses: Annotated[Addresses, Field(min_length=1)]
    """Who is on duty then."""
    second: Addresses = ()
    """Who is alerted too from the first repetition on."""


class Duty(Table):
    """Who is alerted when somebody may be at risk."""

    addresses: Annotated[Addresses, Field(min_length=1)]
    """Alerted at any hour, all of them at each step until one confirms."""
    second: Addresses = ()
    """Alerted too from the first repetition on."""
    turn: tuple[TurnTable, ...] = ()
    """Who is on duty for some days instead."""


class PrincipalsTable(Table):
    """The Ombudsman, the Chief Executive, and who decides what is about one of them."""

    ombudsman: PerhapsAddress = ""
    """The Ombudsman's address: decides on proposals and gets the pack."""
    chief_executive: PerhapsAddress = ""
    """The Chief Executive's, likewise."""
    alternate: PerhapsAddress = ""
    """Who decides what is about one of the two."""
    private_office: PerhapsAddress = ""
    """Who says yes or no to call-backs."""
    pack: Addresses = ()
    """Who else gets the monthly pack."""


class PersonTable(Table):
    """A member of staff whom an enquiry may be about."""

    address: MailAddress
    """Their address at the office."""
    name: Line
    """Their name, as an enquirer would write it."""


class TeamsFile(Table):
    """teams.toml."""

    team: Annotated[tuple[TeamTable, ...], Field(min_length=1)]
    """A part of the office that holds enquiries."""
    duty: Duty
    """Who is alerted when somebody may be at risk."""
    operators: People
    """Who hears when the machinery needs a person."""
    absence: tuple[AbsenceTable, ...] = ()
    """Days on which somebody is away."""
    principals: PrincipalsTable = PrincipalsTable()
    """The Ombudsman, the Chief Executive and those around them."""
    person: tuple[PersonTable, ...] = ()
    """Members of staff whom an enquiry may be about."""


_MATCHES: Final = ("addresses", "domains", "handles", "names", "references")


def _about_somebody(value: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
    if not value and not any(info.data.get(key, ("?",)) for key in _MATCHES):
        why = (
            "Say who or what it is about: list at least one address, domain, X handle, name, case"
            " reference or theme."
        )
        raise ValueError(why)
    return value


Lines = tuple[Line, ...]


class ArrangementTable(Table):
    """A handling arrangement for somebody who writes to the office, or for a theme."""

    id: Name
    """What it is called in the log; no name of a person."""
    addresses: Addresses = ()
    """Whoever writes from these addresses."""
    domains: Domains = ()
    """Whoever writes from these domains."""
    handles: Lines = ()
    """Whoever writes from these accounts of X."""
    names: Lines = ()
    """Mail that names these people."""
    references: Lines = ()
    """Mail that bears these case references."""
    themes: Annotated[Lines, AfterValidator(_about_somebody), Field(validate_default=True)] = ()
    """Mail in which these words stand."""
    instruction: Annotated[str, Field(min_length=1)]
    """What was agreed."""
    handling: tuple[Handling, ...] = ()
    """What follows from it."""
    watchers: Addresses = ()
    """Colleagues who get a notice of each message."""
    requested_by: str = ""
    """Who asked for it."""
    personal_reply_only: bool = False
    """The same as handling = ["personal-reply-only"]."""
    engagement: bool = False
    """Part of ongoing stakeholder engagement."""
    from_on: date | None = Field(None, alias="from")
    """The first day; left out: from now on."""
    review_on: date | None = Field(None, alias="review")
    """When somebody looks at it again."""
    until_on: date | None = Field(None, alias="until")
    """The last day; left out: without end."""

    @field_validator("handling", mode="before")
    @classmethod
    def _known(cls, value: object) -> object:
        """Read ids as they stand in TOML: the models are strict."""
        if not isinstance(value, tuple):
            return value
        known = set(Handling)
        for one in value:
            if one not in known:
                why = f"{one!r} is no handling. There are: {', '.join(Handling)}."
                raise ValueError(why)
        return tuple(Handling(one) for one in value)

    @field_validator("until_on")
    @classmethod
    def _ends_after_it_begins(cls, value: date | None, info: ValidationInfo) -> date | None:
        begins = info.data.get("from_on")
        if value and begins and value < begins:
            why = "The arrangement ends before it begins. Correct from or until."
            raise ValueError(why)
        return value


class ArrangementsFile(Table):
    """arrangements.toml."""

    arrangement: tuple[ArrangementTable, ...] = ()
    """What was agreed about somebody who writes, or about a theme."""
