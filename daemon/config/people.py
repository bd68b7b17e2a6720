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
    from_name: Line
    from_address: MailAddress
    bounce_address: MailAddress
    bounce_plus_addressing: bool = False
    """Whether mail to bounce_address+anything reaches its mailbox too: then each mail is signed."""
    signed_address: MailAddress
    message_id_domain: Domain
    reference_prefix: Annotated[str, Field(pattern=r"^[A-Z]{1,4}$")]
    routing_diagram_url: WebAddress
    phone: Line
    textphone: Line

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
    own_addresses: Addresses = ()
    own_servers: tuple[Host, ...] = ()
    private_senders: Addresses = ()
    form_tools: Addresses = ()
    forwarders: Addresses = ()
    ico_domains: Domains = ()
    known_domains: Domains = ()


class OfficeFile(Table):
    """office.toml."""

    office: Office
    directory: DirectoryTable


class MpOfficeTable(Table):
    """A known MP's office."""

    id: Name
    addresses: Addresses = ()
    domains: Annotated[Domains, Field(validate_default=True)] = ()

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


class StakeholdersFile(Table):
    """stakeholders.toml."""

    mp_office: tuple[MpOfficeTable, ...] = ()
    chairs: Chairs


class TeamTable(Table):
    """A part of the office that holds enquiries."""

    id: Name
    name: Line
    mailbox: MailAddress
    holder: PerhapsAddress = ""
    deputy: PerhapsAddress = ""
    assistant_director: PerhapsAddress = ""
    director: PerhapsAddress = ""
    outlet: Name | Literal[""] = ""


class People(Table):
    """A list of people to tell."""

    addresses: Annotated[Addresses, Field(min_length=1)]


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
    from_on: date = Field(alias="from")
    until_on: LastDay = Field(alias="until")
    deputy: PerhapsAddress = ""


class TurnTable(Table):
    """Who is on duty for some days instead."""

    from_on: date = Field(alias="from")
    until_on: LastDay = Field(alias="until")
    addresses: Annotated[Addresses, Field(min_length=1)]
    second: Addresses = ()


class Duty(Table):
    """Who is alerted when somebody may be at risk."""

    addresses: Annotated[Addresses, Field(min_length=1)]
    second: Addresses = ()
    turn: tuple[TurnTable, ...] = ()


class PrincipalsTable(Table):
    """The Ombudsman, the Chief Executive, and who decides what is about one of them."""

    ombudsman: PerhapsAddress = ""
    chief_executive: PerhapsAddress = ""
    alternate: PerhapsAddress = ""
    private_office: PerhapsAddress = ""
    pack: Addresses = ()


class PersonTable(Table):
    """A member of staff whom an enquiry may be about."""

    address: MailAddress
    name: Line


class TeamsFile(Table):
    """teams.toml."""

    team: Annotated[tuple[TeamTable, ...], Field(min_length=1)]
    duty: Duty
    operators: People
    absence: tuple[AbsenceTable, ...] = ()
    principals: PrincipalsTable = PrincipalsTable()
    person: tuple[PersonTable, ...] = ()


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
    addresses: Addresses = ()
    domains: Domains = ()
    handles: Lines = ()
    names: Lines = ()
    references: Lines = ()
    themes: Annotated[Lines, AfterValidator(_about_somebody), Field(validate_default=True)] = ()
    instruction: Annotated[str, Field(min_length=1)]
    handling: tuple[Handling, ...] = ()
    watchers: Addresses = ()
    requested_by: str = ""
    personal_reply_only: bool = False
    engagement: bool = False
    from_on: date | None = Field(None, alias="from")
    review_on: date | None = Field(None, alias="review")
    until_on: date | None = Field(None, alias="until")

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
