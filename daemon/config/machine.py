"""What daemon.toml may say: the store, the rhythm, the log, signing keys and folders."""

from typing import Annotated, Any, Final, Literal
from urllib.parse import parse_qs, urlsplit

from pydantic import AfterValidator, Discriminator, Field, ValidationInfo, field_validator

from daemon.config.fields import Table, is_file_name, is_loopback
from daemon.config.oauth import OAuth
from daemon.config.places import ConfigFolder, Secret, SecretRef, StateFolder

_KEY_LENGTH: Final = 32
_PORTS: Final = 65536


def _store_url(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        return _sqlite_url(url)
    if parts.scheme != "postgresql+psycopg" or not parts.path.strip("/"):
        why = 'Write "sqlite:///FILE" or "postgresql+psycopg://USER@HOST/DATABASE".'
        raise ValueError(why)
    if parts.password is not None or "password" in parse_qs(parts.query):
        why = 'Take the password out of the address and set password = "file:NAME" beside it.'
        raise ValueError(why)
    return url


def _sqlite_url(url: str) -> str:
    name = url.removeprefix("sqlite:///")
    if name == url or not name or ":memory:" in name:
        why = 'Name a file, such as "sqlite:///assurance.db": what is kept must outlive us.'
        raise ValueError(why)
    return url


def names_a_server(url: object) -> bool:
    """Whether this is the address of a database that several machines may share."""
    try:
        return isinstance(url, str) and not _store_url(url).startswith("sqlite:")
    except ValueError:
        return False


class StoreTable(Table):
    """Where everything is kept."""

    url: Annotated[str, AfterValidator(_store_url)]
    """A SQLite file below the state folder, or a PostgreSQL database."""
    password: SecretRef | None = None
    """PostgreSQL's password, as a secret."""

    @field_validator("password")
    @classmethod
    def _is_for_a_server(cls, value: Any, info: ValidationInfo) -> Any:  # noqa: ANN401 - a validator passes on what it got
        if value is not None and info.data.get("url", "").startswith("sqlite:"):
            why = "SQLite takes no password. Take this line out, or give a PostgreSQL url."
            raise ValueError(why)
        return value


class Schedule(Table):
    """How often the daemon looks for work, in seconds, and how much it takes at a time."""

    send_s: Annotated[float, Field(ge=0.2, le=3600)] = 5.0
    """Seconds between two looks for mail to send."""
    sweep_s: Annotated[float, Field(ge=0.2, le=3600)] = 60.0
    """Seconds between two looks for what has come due."""
    lease_s: Annotated[float, Field(ge=10, le=3600)] = 60.0
    """For how many seconds an inbox belongs to one daemon before another may take it over."""
    batch: Annotated[int, Field(ge=1, le=1000)] = 50
    """How many messages are taken in at a time."""
    second_process: bool = False
    """Whether a second process reads a batch while the first stores it, given two processors."""


class Log(Table):
    """What is logged, and how it looks."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    """How much is logged; SIGUSR1 changes to debug and back."""
    format: Literal["auto", "json", "console", "journal"] = "auto"
    """Fields of the journal under systemd, lines on a terminal, JSON elsewhere; or always one of
    them.
    """


class SigningKey(Table):
    """A key that our Message-IDs and reply addresses are signed with."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9]{1,2}$")]
    """One or two small letters or digits."""
    secret: SecretRef
    """At least 32 characters, as a secret."""

    @field_validator("secret")
    @classmethod
    def _is_long_enough(cls, value: Secret) -> Secret:
        if len(value.read()) < _KEY_LENGTH:
            why = f"A signing key needs at least {_KEY_LENGTH} characters; make one by chance."
            raise ValueError(why)
        return value


class Signing(Table):
    """The signing keys: the first signs, all of them verify."""

    keys: tuple[SigningKey, ...] = ()
    """The first signs, all of them verify; with PostgreSQL one is needed."""


class Attachments(Table):
    """Whether the text inside PDF and Word files is read, and within which limits."""

    read: bool = True
    """Read the text inside PDF and Word files, after the mail is taken in."""
    max_mb: Annotated[int, Field(ge=1, le=200)] = 25
    """A larger file is not read, in megabytes."""
    memory_mb: Annotated[int, Field(ge=128, le=8192)] = 768
    """What the process that reads one may use, in megabytes."""
    cpu_s: Annotated[int, Field(ge=1, le=600)] = 30
    """What it may use of the processor, in seconds."""
    ocr: bool = False
    """Read scanned pages too, by tesseract and pdftoppm."""


class Audit(Table):
    """Where the heads of the sealed audit are noted, outside the database."""

    anchors: StateFolder = None
    """The file where heads of the sealed audit are noted; best on another machine's disk."""


def _listen_at(value: str) -> str:
    """Return where to listen; the word for a port elsewhere than on this machine is refused."""
    host, colon, port = value.rpartition(":")
    if not value or (not colon and is_file_name(value)):
        return value
    if port.isdigit() and 0 < int(port) < _PORTS and is_loopback(host.strip("[]")):
        return value
    why = (
        'Write a port of this machine, such as "127.0.0.1:8421", the name of a socket file in'
        ' the state folder, such as "health.sock", or "" for neither.'
    )
    raise ValueError(why)


class Health(Table):
    """Where monitoring may ask, and when operators are told."""

    listen: Annotated[str, AfterValidator(_listen_at)] = "health.sock"
    """Where monitoring asks: a socket file in the state folder, or a port of this machine."""
    alarm_minutes: Annotated[int, Field(ge=0, le=1440)] = 10
    """How long something has to be wrong before operators get a mail about it."""
    disk_free_mb: Annotated[int, Field(ge=1, le=1_000_000)] = 1024
    """Less room than this where the state folder lies is told of."""
    link_days: Annotated[int, Field(ge=0, le=365)] = 7
    """How often the link to the routing diagram is tried; 0: never."""

    @property
    def port(self) -> tuple[str, int] | None:
        """The host and port to listen at; None for a file, or nothing."""
        host, colon, port = self.listen.rpartition(":")
        return (host.strip("[]"), int(port)) if colon else None


class Paths(Table):
    """Folders; empty ones are worked out by the command."""

    templates: ConfigFolder = None
    """A folder with mail texts of your own; a file in it takes the place of the shipped one."""
    state: StateFolder = None
    """Where database, keys and Maildirs lie, such as /var/lib/assurance."""


class DaemonFile(Table):
    """daemon.toml."""

    store: StoreTable
    """Where everything is kept."""
    schedule: Schedule = Schedule()
    """How often the daemon looks for work."""
    log: Log = Log()
    """What is logged, and how it looks."""
    signing: Signing = Signing()
    """The keys that our Message-IDs and reply addresses are signed with."""
    attachments: Attachments = Attachments()
    """Whether the text inside attachments is read."""
    audit: Audit = Audit()
    """Where the heads of the sealed audit are noted."""
    health: Health = Health()
    """Where monitoring may ask, and when operators are told."""
    oauth: tuple[Annotated[OAuth, Discriminator("provider")], ...] = ()
    """A sign-in service that gives tokens for mailboxes."""
    paths: Paths = Paths()
    """Folders; empty ones are worked out."""
