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
    port: Port = 8420


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
    proxies: tuple[Host, ...] = ()

    @property
    def is_https(self) -> bool:
        """Whether everything goes over HTTPS."""
        return self.url.startswith("https://")


class Session(Table):
    """How long somebody stays signed in."""

    idle_minutes: Annotated[int, Field(ge=5, le=720)] = 60
    hours: Annotated[int, Field(ge=1, le=24)] = 12


class SignIn(Table):
    """How people sign in with a password."""

    passwords: bool = True
    failures: Annotated[int, Field(ge=3, le=100)] = 5
    minutes: Annotated[int, Field(ge=1, le=1440)] = 15
    link_hours: Annotated[int, Field(ge=1, le=336)] = 48


class Oidc(Table):
    """The office's own sign-in service."""

    name: Line
    issuer: Annotated[WebAddress, AfterValidator(_encrypted)]
    client_id: Line
    client_secret: SecretRef


class RoleTable(Table):
    """A named set of rights."""

    id: Name
    name: Line
    rights: Annotated[tuple[Right, ...], Field(min_length=1)]
    own_teams_only: bool = False

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
    site: Site = Site()
    session: Session = Session()
    sign_in: SignIn = SignIn()
    oidc: Oidc | None = None
    role: tuple[RoleTable, ...] = ()
