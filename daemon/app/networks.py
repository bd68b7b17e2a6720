"""Our accounts on social networks: which networks there are, and the accounts that are in use."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pkgutil import resolve_name
from typing import TYPE_CHECKING, Final, cast

from connectors.network import AccountSettings
from daemon.app.remembering import StoreMemory
from daemon.config import ConfigError
from daemon.health import Level, Part
from daemon.health.common import when
from daemon.model import Box

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from connectors.base import Inbox, Outlet
    from connectors.network import Account, Network
    from daemon.config import AccountInboxConfig, AccountOutletConfig, AccountTable, SocialFile
    from daemon.store import Store

NETWORKS: Final = {
    "x": "connectors.twitter:X",
}
"""What social.toml calls a network, and where it is: the one line that a new one needs here.

A network is imported where an account uses it, since some take a while.
"""
_LONGEST_HANDLE: Final = "@" + "m" * 15
"""What a public reply begins with."""
_NEARLY: Final = 0.8  # of the month's budget: then the operators are told


def network_of(name: str) -> Network | None:
    """Return a network; None where none of this name is known."""
    place = NETWORKS.get(name)
    return cast("Network", resolve_name(place)()) if place else None


def mistakes(social: SocialFile) -> Iterator[ConfigError]:
    """Yield what only the networks themselves know to be wrong with a config."""
    text = social.invitation.text
    for one in social.account:
        key = f'account "{one.name}"'
        network = network_of(one.network)
        if network is None:
            known = ", ".join(NETWORKS)
            why = f"No network of this name is known. Write one of: {known}."
            yield ConfigError(file="social.toml", key=f"{key}.network", why=why)
            continue
        if why := network.missing(one.secrets):
            yield ConfigError(file="social.toml", key=f"{key}.secrets", why=why)
        if "invitations" not in one.allow or not text:
            continue
        if why := network.too_long(f"{_LONGEST_HANDLE} {text}"):
            yield ConfigError(file="social.toml", key="invitation.text", why=why)
        if network.has_link(text) and not social.invitation.links:
            why = (
                "A link stands in it, or what the network makes one of (an address of a site or of"
                " mail). Take it out, or write links = true: it costs far more."
            )
            yield ConfigError(file="social.toml", key="invitation.text", why=why)


@dataclass(slots=True, kw_only=True)
class Networks:
    """All accounts of a config; the inboxes and the outlet of one share its connection."""

    social: SocialFile
    store: Callable[[], Store]
    keys: Callable[[], Sequence[bytes]]  # what seals the secrets that accounts keep
    clock: Callable[[], datetime]
    _open: dict[str, Account] = field(default_factory=dict)

    def inbox(self, one: AccountInboxConfig) -> Inbox:
        """Return an inbox of an account; nothing is asked yet.

        Raises:
            OSError, ValueError: a signing key cannot be read.
        """
        account = self._account(one.account)
        if one.box is Box.X_DM:
            return account.messages(one.name)
        return account.mentions(one.name)

    def outlet(self, one: AccountOutletConfig) -> Outlet:
        """Return the outlet of an account; raises as `inbox` does."""
        return self._account(one.account).answers(one.name)

    def _account(self, one: AccountTable) -> Account:
        if one.name not in self._open:
            memory = StoreMemory(
                account=one.name, store=self.store(), keys=self.keys(), clock=self.clock
            )
            network = network_of(one.network)
            if network is None:
                raise LookupError(one.network)  # the config was not asked for its mistakes
            self._open[one.name] = network.open(
                self._settings(one), memory=memory, clock=self.clock
            )
        return self._open[one.name]

    def _settings(self, one: AccountTable) -> AccountSettings:
        ours = [a.handle for a in self.social.account if a.network == one.network]
        return AccountSettings(
            name=one.name,
            handle=one.handle.removeprefix("@"),
            own_handles=frozenset(handle.removeprefix("@") for handle in ours),
            go_live_at=one.go_live_at,
            secrets={name: secret.read for name, secret in one.secrets.items()},
            monthly_requests=one.monthly_requests,
            api=one.api or "",
            ca_file=str(one.ca_file) if one.ca_file else None,
        )

    def parts(self) -> Iterator[Part]:
        """Yield how it stands with each account that is in use."""
        for one in self.social.account:
            if one.name in self._open:
                yield _part(one, self._open[one.name])


def _part(one: AccountTable, account: Account) -> Part:
    standing, network = account.standing(), one.network.capitalize()
    part = Part(
        name=f"account:{one.name}",
        label=f"Account {one.handle} on {network}",
        figures={"requests": standing.requests, "monthly_requests": one.monthly_requests},
    )
    used = f"{standing.requests:,} of {one.monthly_requests:,} requests used this month."
    if standing.off_since_at is not None:
        return replace(
            part,
            level=Level.TROUBLE,
            why=f"{network} is off since {when(standing.off_since_at)}: {standing.why}.",
            do="Nothing is lost: what came meanwhile is read once it is back, as far back as the"
            " network gives it. See docs/social-media.md, When it is off.",
            since_at=standing.off_since_at,
            at_once=True,
        )
    if standing.requests >= _NEARLY * one.monthly_requests:
        return replace(
            part,
            level=Level.WARNING,
            why=f"{used} When they are used up, nothing is read until the month ends.",
            do="Look less often, or raise monthly_requests in social.toml.",
        )
    return replace(part, why=" ".join((used, *standing.remarks)))
