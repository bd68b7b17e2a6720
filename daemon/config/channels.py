"""What inboxes.toml and outlets.toml may say: where messages arrive and where they leave."""

from datetime import UTC, date, datetime
from typing import Annotated, Any, Final, Literal
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Discriminator,
    Field,
    ValidationInfo,
    field_validator,
)

from daemon.config.fields import Host, Line, MailAddress, Name, Port, Table, is_loopback
from daemon.config.places import ConfigFile, SecretRef, StatePath
from daemon.model import Box, InboxRole

_LONDON: Final = ZoneInfo("Europe/London")
_IMAP_PORT: Final = {"implicit": 993, "starttls": 143, "none": 143}
_SMTP_PORT: Final = {"implicit": 465, "starttls": 587, "none": 25}
_MAIL_BOXES: Final = (Box.OMBUDSMAN, Box.CEO, Box.CUSTOMER_CARE, Box.INTAKE)


def instant(value: object) -> object:
    """Make a TOML date the beginning of that day in London; refuse a time without its zone."""
    match value:
        case datetime(tzinfo=None):
            why = "Say which time zone, such as 2026-01-31T09:00:00Z, or give the date alone."
            raise ValueError(why)
        case datetime():
            return value.astimezone(UTC)
        case date():
            midnight = datetime(value.year, value.month, value.day, tzinfo=_LONDON)
            return midnight.astimezone(UTC)
        case _:
            return value


def _tls(value: str, info: ValidationInfo) -> str:
    host = info.data.get("host")
    if value == "none" and host is not None and not is_loopback(host):
        why = (
            "Without TLS everybody on the way could read the mail and the password; that is"
            ' allowed for localhost only. Use "implicit" or "starttls".'
        )
        raise ValueError(why)
    return value


def _mail_box(value: Box) -> Box:
    if value not in _MAIL_BOXES:
        boxes = " or ".join(f'"{box}"' for box in _MAIL_BOXES)
        why = f"Mail arrives in one of these boxes only: {boxes}."
        raise ValueError(why)
    return value


class InboxBase(Table):
    """What every inbox has, wherever it lies."""

    name: Name
    """What it is called in the log and in commands; unique."""
    role: Annotated[InboxRole, Field(strict=False)] = InboxRole.ENQUIRIES
    """What comes there: enquiries, or the mail around them, which never opens one."""
    box: Annotated[Box, Field(strict=False), AfterValidator(_mail_box)]
    """Whose door it is."""
    address: MailAddress
    """The mailbox's own address."""
    go_live_at: Annotated[datetime | None, BeforeValidator(instant)] = Field(None, alias="go_live")
    """Aware UTC: what arrived before it is kept, but opens no enquiry and gets no answer."""
    max_message_mb: Annotated[int, Field(ge=1, le=100)] = 50
    """Of a larger message only the beginning is fetched, in megabytes."""


class MaildirInboxConfig(InboxBase):
    """A folder on this machine that others drop messages into."""

    kind: Literal["maildir"]
    """A folder on this machine."""
    path: StatePath
    """The folder, below the state folder or absolute."""
    when_done: Literal["leave", "move"] = "leave"  # move: into .Done below the path
    """What becomes of a message that is stored: it stays, or moves into .Done below the folder."""
    poll_s: Annotated[float, Field(ge=0.2, le=3600)] = 2.0
    """Seconds between two looks."""


class ImapAccount(Table):
    """A mailbox on an IMAP server, and who we are there."""

    kind: Literal["imap"]
    """A mailbox on an IMAP server."""
    host: Host
    """The server."""
    tls: Literal["implicit", "starttls", "none"] = "implicit"
    """Encryption from the first byte, or by STARTTLS; none for this machine alone."""
    port: Port = Field(default_factory=lambda data: _IMAP_PORT[data["tls"]])
    """The server's port; it follows from tls."""
    username: Line
    """Who signs in; of a shared mailbox its address."""
    oauth: Name | None = None
    """The [[oauth]] of daemon.toml that gives tokens, in the place of a password."""
    password: Annotated[SecretRef | None, Field(validate_default=True)] = None
    """The password, as a secret; or oauth in its place."""
    ca_file: ConfigFile | None = None
    """Certificates to trust instead of the system's, PEM."""
    client_certificate: SecretRef | None = None
    """Our own certificate with its key, where the server asks for one."""

    _safe_tls = field_validator("tls")(_tls)

    @field_validator("password")
    @classmethod
    def _one_proof(cls, value: Any, info: ValidationInfo) -> Any:  # noqa: ANN401 - a validator passes on what it got
        if "oauth" in info.data and (value is None) == (info.data["oauth"] is None):
            why = 'This key is needed, or oauth = "NAME" in its place; and not both.'
            raise ValueError(why)
        return value


class ImapInboxConfig(InboxBase, ImapAccount):
    """One folder of a mailbox on an IMAP server."""

    folder: Line = "INBOX"
    """The folder that is watched."""
    when_done: Literal["leave", "flag", "move"] = "leave"
    """What becomes of a message that is stored: it stays, is flagged, or moves to done_folder."""
    done_folder: Annotated[str, Field(validate_default=True)] = ""
    """The folder for when_done = "move"."""
    idle: bool = True
    """Hear of new mail at once (IMAP IDLE); the poll goes on behind it."""
    poll_s: Annotated[float, Field(ge=0.2, le=3600)] = 60.0
    """Seconds between two looks."""

    @field_validator("done_folder")
    @classmethod
    def _moving_needs_a_folder(cls, value: str, info: ValidationInfo) -> str:
        if info.data.get("when_done") == "move" and not value:
            why = 'when_done = "move" needs the folder that finished messages are moved to.'
            raise ValueError(why)
        if value and value == info.data.get("folder"):
            why = "This is the folder that is watched. Name another for what is finished."
            raise ValueError(why)
        return value


InboxConfig = MaildirInboxConfig | ImapInboxConfig


class OutletBase(Table):
    """What every outlet has."""

    name: Name
    """What it is called in the log and in commands; unique."""
    per_minute: Annotated[int | None, Field(ge=1, le=100_000)] = None
    """How many mails its provider takes in a minute (Exchange Online: 30); None: any number."""


class MaildirOutletConfig(OutletBase):
    """A folder on this machine that sent messages are laid into."""

    kind: Literal["maildir"]
    """A folder on this machine."""
    path: StatePath
    """The folder, below the state folder or absolute."""


class SmtpOutletConfig(OutletBase):
    """A mail server that takes our messages."""

    kind: Literal["smtp"]
    """A mail server."""
    host: Host
    """The server."""
    tls: Literal["implicit", "starttls", "none"] = "starttls"
    """Encryption by STARTTLS, or from the first byte; none for this machine alone."""
    port: Port = Field(default_factory=lambda data: _SMTP_PORT[data["tls"]])
    """The server's port; it follows from tls."""
    connections: Annotated[int, Field(ge=1, le=20)] = 1
    """How many at a time, each for one mail, where the server is slow (Exchange Online: 3)."""
    username: Line | None = None
    """Who signs in; left out where nobody has to."""
    oauth: Name | None = None
    """The [[oauth]] of daemon.toml that gives tokens, in the place of a password."""
    password: Annotated[SecretRef | None, Field(validate_default=True)] = None
    """The password, as a secret; or oauth in its place."""
    ca_file: ConfigFile | None = None
    """Certificates to trust instead of the system's, PEM."""
    client_certificate: SecretRef | None = None
    """Our own certificate with its key, where the server asks for one."""

    _safe_tls = field_validator("tls")(_tls)

    @field_validator("password")
    @classmethod
    def _goes_with_username(cls, value: Any, info: ValidationInfo) -> Any:  # noqa: ANN401 - a validator passes on what it got
        proofs = (value is not None) + (info.data.get("oauth") is not None)
        if proofs != (info.data.get("username") is not None):
            why = (
                "username and password (or oauth in its place) go together: give both, or neither."
            )
            raise ValueError(why)
        return value


class ImapOutletConfig(OutletBase, ImapAccount):
    """Folders of an IMAP mailbox that notices are laid into."""

    folder: Line = "INBOX"
    """The folder that mail is laid into."""
    folders: dict[MailAddress, Line] = Field(default_factory=dict)
    """Other folders, by the recipient's address."""


OutletConfig = MaildirOutletConfig | SmtpOutletConfig | ImapOutletConfig


class InboxesFile(Table):
    """inboxes.toml."""

    inbox: Annotated[tuple[Annotated[InboxConfig, Discriminator("kind")], ...], Field(min_length=1)]
    """A folder of mail that is watched."""


class Use(Table):
    """Which outlet each kind of message leaves by."""

    acknowledgements: Name
    """The outlet for mail to enquirers."""
    notices: Name
    """The outlet for mail to the office's own people."""


class Sending(Table):
    """How messages leave."""

    shadow: bool = False
    """Everything is decided and written down, and nothing is sent."""
    letters: StatePath = Field("letters", validate_default=True)
    """The folder that letters to print and post are laid into."""


class OutletsFile(Table):
    """outlets.toml."""

    outlet: Annotated[
        tuple[Annotated[OutletConfig, Discriminator("kind")], ...], Field(min_length=1)
    ]
    """A way for mail to leave."""
    use: Use
    """Which outlet each kind of mail leaves by."""
    sending: Sending = Field({}, validate_default=True)  # checked as a table that says nothing
    """How mail leaves."""
