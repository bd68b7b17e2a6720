"""What social.toml may say: our accounts on social networks, and what is done with posts."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, field_validator

from daemon.config.channels import InboxConfig, OutletConfig, instant
from daemon.config.fields import Line, Name, Table, WebAddress, is_loopback
from daemon.config.places import ConfigFile, SecretRef
from daemon.model import Box, InboxRole, Opens

_HANDLE: Final = re.compile(r"@[a-z0-9_.-]{1,64}")
_POST_BYTES_MB: Final = 1


def _handle(value: str) -> str:
    handle = value.strip().lower()
    if not _HANDLE.fullmatch(handle):
        why = 'Write the account\'s handle, such as "@ombudsman".'
        raise ValueError(why)
    return handle


def _api(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme != "https" and not is_loopback(parts.hostname or ""):
        why = "Without TLS everybody on the way could read the keys. Begin it with https://."
        raise ValueError(why)
    return value.rstrip("/")


class AccountTable(Table):
    """One account of ours, and what its owner agreed to."""

    name: Name
    """What it is called in the log and in commands; its inboxes and outlet are named after it."""
    network: Name
    """The social network: x."""
    handle: Annotated[str, AfterValidator(_handle)]
    """The account's handle, with the @."""
    allow: Annotated[
        tuple[Literal["mentions", "messages", "answers", "invitations"], ...], Field(min_length=1)
    ]
    """What its owner agreed to: read mentions, read messages, answer messages, invite in public."""
    go_live_at: Annotated[datetime, BeforeValidator(instant)] = Field(alias="go_live")
    """Aware UTC: what was written before it is neither asked for nor answered."""
    secrets: dict[Line, SecretRef]
    """The keys that the network gave the account, by name, each as a secret."""
    mentions_every_s: Annotated[float, Field(ge=1, le=86_400)] = 60.0
    """Seconds between two looks for mentions."""
    messages_every_s: Annotated[float, Field(ge=1, le=86_400)] = 120.0
    """Seconds between two looks for direct messages: networks allow far fewer."""
    monthly_requests: Annotated[int, Field(ge=100, le=100_000_000)] = 100_000
    """How much the network may be asked in a month; the last tenth is kept for answers."""
    api: Annotated[WebAddress, AfterValidator(_api)] | None = None
    """Another address of the network's interface, where it is not the usual one."""
    ca_file: ConfigFile | None = None
    """Certificates to trust instead of the system's, PEM."""

    @field_validator("allow")
    @classmethod
    def _reads_before_it_answers(cls, value: Any) -> Any:  # noqa: ANN401 - a validator passes on what it got
        for what, needs in (("answers", "messages"), ("invitations", "mentions")):
            if what in value and needs not in value:
                why = f'"{what}" needs "{needs}" too: nobody is answered whom nobody reads.'
                raise ValueError(why)
        return value


class MentionsTable(Table):
    """Which public posts open an enquiry, by what they are to us."""

    mention: Annotated[Opens, Field(strict=False)] = Opens.ALWAYS
    """A post that names us by itself."""
    reply: Annotated[Opens, Field(strict=False)] = Opens.CASE
    """An answer to a post of ours."""
    thread: Annotated[Opens, Field(strict=False)] = Opens.CASE
    """A reply to others further down, which carries our name along."""
    quote: Annotated[Opens, Field(strict=False)] = Opens.CASE
    """A post that passes on another, with words of its own."""
    repost: Annotated[Opens, Field(strict=False)] = Opens.NEVER
    """A post that passes on another, and says nothing."""


class Invitation(Table):
    """What a public post about a case is answered with."""

    text: str = ""
    """The same words for everybody, to write in private; empty for none."""
    links: bool = False
    """Whether a link may stand in it: X takes 13 times as much for such a post."""

    @field_validator("text")
    @classmethod
    def _stripped(cls, value: str) -> str:
        return value.strip()

    @field_validator("links")
    @classmethod
    def _needs_words(cls, value: Any, info: ValidationInfo) -> Any:  # noqa: ANN401 - a validator passes on what it got
        if value and not info.data.get("text"):
            why = "There is no text that a link could stand in. Take this line out."
            raise ValueError(why)
        return value


class SocialFile(Table):
    """social.toml."""

    account: tuple[AccountTable, ...] = ()
    """One account of ours, and what its owner agreed to."""
    mentions: MentionsTable = MentionsTable()
    """Which public posts open an enquiry."""
    invitation: Invitation = Invitation()
    """What a public post about a case is answered with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountInboxConfig:
    """An inbox that follows from an account: its mentions, or its direct messages."""

    name: str
    box: Box
    poll_s: float
    account: AccountTable
    role: InboxRole = InboxRole.ENQUIRIES
    max_message_mb: int = _POST_BYTES_MB
    kind: Literal["account"] = "account"

    @property
    def address(self) -> str:
        """The account's handle."""
        return self.account.handle

    @property
    def go_live_at(self) -> datetime:
        """Aware UTC: what was written before it opens no enquiry."""
        return self.account.go_live_at


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountOutletConfig:
    """The outlet that follows from an account: direct messages, and replies in public."""

    name: str
    account: AccountTable
    per_minute: int | None = None
    kind: Literal["account"] = "account"


AnyInbox = InboxConfig | AccountInboxConfig
AnyOutlet = OutletConfig | AccountOutletConfig


def inboxes_of(file: SocialFile) -> tuple[AccountInboxConfig, ...]:
    """Return the inboxes of all accounts: NAME-mentions and NAME-messages, as allowed."""
    kinds = (
        ("mentions", Box.X_MENTION, "mentions_every_s"),
        ("messages", Box.X_DM, "messages_every_s"),
    )
    return tuple(
        AccountInboxConfig(
            name=f"{one.name}-{what}", box=box, poll_s=getattr(one, every), account=one
        )
        for one in file.account
        for what, box, every in kinds
        if what in one.allow
    )


def outlet_name(account: AccountTable) -> str:
    """Return the name of an account's outlet."""
    return f"{account.name}-answers"


def outlets_of(file: SocialFile) -> tuple[AccountOutletConfig, ...]:
    """Return the outlets of all accounts: NAME-answers, where anything may be answered."""
    return tuple(
        AccountOutletConfig(name=outlet_name(one), account=one)
        for one in file.account
        if {"answers", "invitations"} & set(one.allow)
    )
