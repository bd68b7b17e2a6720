"""What desk.toml may say: where the page is, how people sign in, and who may do what."""

from typing import Annotated, Any, Final
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, field_validator

from daemon.config.fields import Host, Line, Name, Port, Table, WebAddress, is_loopback
from daemon.config.places import SecretRef
from daemon.model import Right, Role

_RIGHTS: Final = ", ".join(Right)


class Listen(Table):
    """Where the page is served."""

    host: Host = "127.0.0.1"
    """The address it listens at."""
    port: Port = 8420
    """The port it listens at."""


def _encrypted(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
        why = "People sign in there: write https://, or an address of this machine alone."
        raise ValueError(why)
    return value


def _bare(value: str) -> str:
    parts = urlsplit(value)
    if parts.path.strip("/") or parts.query or parts.fragment:
        why = "Write the address up to the host, such as https://assurance.ombudsman.example."
        raise ValueError(why)
    return _encrypted(value).rstrip("/")


class Site(Table):
    """What people type into their browser."""

    url: Annotated[WebAddress, AfterValidator(_bare)] = "http://127.0.0.1:8420"
    """What people type into their browser; https:// anywhere but on this machine."""
    proxies: tuple[Host, ...] = ()
    """Addresses of web servers in front, whose word on who asks is believed."""

    @property
    def is_https(self) -> bool:
        """Whether everything goes over HTTPS."""
        return self.url.startswith("https://")


class Session(Table):
    """How long somebody stays signed in."""

    idle_minutes: Annotated[int, Field(ge=5, le=720)] = 60
    """Signed out after so many minutes without a click."""
    hours: Annotated[int, Field(ge=1, le=24)] = 12
    """Signed out after so many hours in any case."""


class SignIn(Table):
    """How people sign in with a password."""

    passwords: bool = True
    """Whether people may sign in with a password of this page."""
    failures: Annotated[int, Field(ge=3, le=100)] = 5
    """After so many failures, for one name or from one machine, all must wait."""
    minutes: Annotated[int, Field(ge=1, le=1440)] = 15
    """The minutes in which failures are counted."""
    link_hours: Annotated[int, Field(ge=1, le=336)] = 48
    """For how many hours a link to set a password works."""


class Oidc(Table):
    """The office's own sign-in service."""

    name: Line
    """What stands on the button."""
    issuer: Annotated[WebAddress, AfterValidator(_encrypted)]
    """The service's address."""
    client_id: Line
    """Who the page is to the service."""
    client_secret: SecretRef
    """The page's secret there, as a secret."""


class RoleTable(Table):
    """A named set of rights."""

    id: Name
    """What accounts are given it by."""
    name: Line
    """What people read."""
    rights: Annotated[tuple[Right, ...], Field(min_length=1)]
    """What it lets do; docs/desk.md names each right."""
    own_teams_only: bool = False
    """They see the cases of the teams they answer for, and no others."""

    @field_validator("rights", mode="before")
    @classmethod
    def _known(cls, value: Any) -> Any:  # noqa: ANN401 - a validator passes on what it got
        """Read ids as they stand in TOML: the models are strict."""
        if not isinstance(value, tuple):
            return value
        for one in value:
            if one not in set(Right):
                why = f"{one!r} is no right. There are: {_RIGHTS}."
                raise ValueError(why)
        return tuple(Right(one) for one in value)

    def as_role(self) -> Role:
        """Return the role as the rest of the software knows it."""
        return Role(
            id=self.id,
            name=self.name,
            rights=frozenset(self.rights),
            own_teams_only=self.own_teams_only,
        )


class DeskFile(Table):
    """desk.toml."""

    listen: Listen = Listen()
    """Where the page is served."""
    site: Site = Site()
    """How people reach it."""
    session: Session = Session()
    """How long somebody stays signed in."""
    sign_in: SignIn = SignIn()
    """How people sign in with a password."""
    oidc: Oidc | None = None
    """The office's own sign-in service, by OpenID Connect."""
    role: tuple[RoleTable, ...] = ()
    """A named set of rights."""
