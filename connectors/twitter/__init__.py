"""X, which was Twitter: mentions and direct messages as inboxes, answers as an outlet.

The state of its API as of November 2026 is behind every choice here: pay per request, limits that
change without notice, fields by two sets of names, replies only to who named us, and direct
messages of the last 30 days, the encrypted ones left out.
"""

from __future__ import annotations

import unicodedata
import warnings
from functools import partial
from typing import TYPE_CHECKING, Final, cast

from connectors.network import Account, AccountStanding
from connectors.twitter import signing_in
from connectors.twitter.answers import Answers
from connectors.twitter.asking import Asking, equip
from connectors.twitter.signing_in import KEYS, Rotating, Signed
from connectors.twitter.sources import Mentions, Messages

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from datetime import datetime
    from types import ModuleType

    from connectors.network import AccountSettings, AppAtNetwork, Memory

REMARKS: Final = (
    "Encrypted chats and encrypted group chats are not read: X does not give them.",
    "Direct messages can be had for 30 days only.",
)


def _counting() -> ModuleType:
    """Return what counts a post's characters: a quarter of a second, for who invites people."""
    with warnings.catch_warnings():
        # It reads its own data by pkg_resources, which says that it will go one day.
        warnings.simplefilter("ignore")
        import twitter_text  # noqa: PLC0415 -- as above
    return cast("ModuleType", twitter_text)


class X:
    """The network."""

    def missing(self, secrets: Collection[str]) -> str:
        """Return what is wrong with the names of an account's secrets; "" if nothing is."""
        return signing_in.missing(secrets)

    def too_long(self, text: str) -> str:
        """Return why a post cannot have this text; "" where it can.

        X counts 280 by weight: 2 for an emoji or a Chinese character, 23 for any link.
        """
        counted = _counting().parse_tweet(unicodedata.normalize("NFC", text))
        if counted.valid:
            return ""
        return f"X counts it as {counted.weightedLength}, and takes 1 to 280."

    def has_link(self, text: str) -> bool:
        """Whether X makes a link of something in a text: a bare domain, too."""
        return bool(_counting().extract_urls_with_indices(text))

    def ask_owner(self, app: AppAtNetwork) -> signing_in.OwnersConsent:
        """Begin to ask the owner of an account to let our app use it."""
        return signing_in.OwnersConsent(app, equip)

    def open(
        self, settings: AccountSettings, *, memory: Memory, clock: Callable[[], datetime]
    ) -> Account:
        """Return an account; nothing is asked yet."""
        keys = (
            Signed(settings)
            if set(settings.secrets) == set(KEYS)
            else Rotating(settings, memory=memory, clock=clock, equip=equip)
        )
        asking = Asking(settings, keys, memory=memory, clock=clock)
        return Account(
            settings=settings,
            clock=clock,
            mentioned_in=Mentions(asking, settings),
            written_to=Messages(asking, settings, clock),
            outlet=partial(Answers, asking=asking, memory=memory, clock=clock),
            how=partial(_standing, asking, clock),
        )


def _standing(asking: Asking, clock: Callable[[], datetime]) -> AccountStanding:
    since, why = asking.off() or (None, "")
    return AccountStanding(
        off_since_at=since, why=why, requests=asking.limits.used(clock()), remarks=REMARKS
    )


__all__ = ["X"]
