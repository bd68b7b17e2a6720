"""What every social network gives the daemon, and what it is given.

A network is one module: how an account of ours is opened, with an inbox of posts that name us, an
inbox of direct messages, and an outlet for answers. The three share one way of asking, so that
limits and trouble of the account hold for all of them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from connectors.post_inbox import PostInbox

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from contextlib import AbstractContextManager
    from datetime import datetime

    from connectors.base import Inbox, Outlet
    from connectors.post_inbox import Source


class Memory(Protocol):
    """What an account remembers over restarts, the same for every daemon of the office.

    Whatever the store raises where it does not answer comes through.
    """

    def read(self, name: str) -> str:
        """Return what was kept under a name; "" where nothing was."""
        ...

    def write(self, name: str, value: str) -> None:
        """Keep a value, for good when this returns; "" forgets it."""
        ...

    def count(self, name: str) -> int:
        """Add one to a number, and return what it is then."""
        ...

    def read_secret(self, name: str) -> str:
        """Return a secret that was kept; "" where there is none that can be read."""
        ...

    def write_secret(self, name: str, value: str) -> None:
        """Keep a secret so that the database alone does not give it away."""
        ...

    def alone(self, name: str) -> AbstractContextManager[bool]:
        """Have others that do the same stand back; False: another one is at it now."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountSettings:
    """What an administrator says about one account of ours."""

    name: str  # in the config
    handle: str  # without the @, lower case
    own_handles: frozenset[str]  # of all our accounts on this network: their posts are ours
    go_live_at: datetime  # aware UTC; nothing older is asked for
    secrets: Mapping[str, Callable[[], str]] = field(repr=False)  # by name; each reads its file
    monthly_requests: int  # what may be asked in a month, UTC
    api: str = ""  # another address of the network's interface
    ca_file: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountStanding:
    """How it is with an account, beyond its inboxes and outlet; times are aware UTC."""

    off_since_at: datetime | None = None  # the network refuses the whole account since then
    why: str = ""  # in few words: "no credits"
    requests: int = 0  # of this month
    remarks: tuple[str, ...] = ()  # sentences: what this network does not give us


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One account of ours; its inboxes and its outlet may each be used by a thread of their own."""

    settings: AccountSettings
    clock: Callable[[], datetime]  # gives aware UTC
    mentioned_in: Source  # the posts that name it
    written_to: Source  # the direct messages to it
    outlet: Callable[[str], Outlet]  # by the name in the config: what sends messages and replies
    how: Callable[[], AccountStanding]  # how it is with the account; asks nobody

    def mentions(self, name: str) -> Inbox:
        """Return the inbox of posts that name the account."""
        return self._inbox(name, self.mentioned_in)

    def messages(self, name: str) -> Inbox:
        """Return the inbox of direct messages to it."""
        return self._inbox(name, self.written_to)

    def answers(self, name: str) -> Outlet:
        """Return the outlet for direct messages and replies from it."""
        return self.outlet(name)

    def standing(self) -> AccountStanding:
        """Return how it is with the account; asks nobody."""
        return self.how()

    def _inbox(self, name: str, source: Source) -> Inbox:
        live = self.settings.go_live_at
        return PostInbox(name=name, source=source, clock=self.clock, go_live_at=live)


class Network(Protocol):
    """One social network."""

    def missing(self, secrets: Collection[str]) -> str:
        """Return what is wrong with the names of an account's secrets, a sentence; "" if well."""
        ...

    def too_long(self, text: str) -> str:
        """Return why a public reply cannot have this text, a sentence; "" where it can."""
        ...

    def has_link(self, text: str) -> bool:
        """Whether the network makes a link of something in a text (it may cost more)."""
        ...

    def open(
        self, settings: AccountSettings, *, memory: Memory, clock: Callable[[], datetime]
    ) -> Account:
        """Return an account; nothing is asked yet. `clock` gives aware UTC."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class AppAtNetwork:
    """What a network knows our app by, for somebody who lets it use their account."""

    client_id: str
    client_secret: str | None = field(repr=False)
    redirect: str  # where the network sends the browser afterwards, as the app is registered
    api: str = ""  # another address of the network's interface
    ca_file: str | None = None


class Consent(Protocol):
    """The owner of an account letting our app use it, in a browser of theirs."""

    @property
    def address(self) -> str:
        """The page that asks them."""
        ...

    def finish(self, arrived_at: str) -> str:
        """Return the refresh token, given the address that the browser arrived at.

        Raises:
            AccessDeniedError: they said no, or it took too long, or the address is another's.
            UnavailableError: the network cannot be reached.
        """
        ...


@runtime_checkable
class AsksOwners(Protocol):
    """A network whose accounts are opened to us by their owners, in a browser."""

    def ask_owner(self, app: AppAtNetwork) -> Consent:
        """Begin to ask; nothing is asked yet."""
        ...
