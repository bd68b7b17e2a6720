"""Whether the link to the routing diagram still leads somewhere; it stands in every answer."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import httpx2

from daemon.health.common import LINK

if TYPE_CHECKING:
    from collections.abc import Callable

    from daemon.store import Store

_TRY_AGAIN = timedelta(hours=6)  # after a failure
_FAILURES = 3  # in a row, before somebody is told: the way there may be what is broken
_TIMEOUT_S = 20.0
_MISSING = 400  # HTTP statuses from here on say that the page is not there for people
_ASK_ANOTHER_WAY = frozenset({405, 501})  # a server that answers no HEAD


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkCheck:
    """Asks for the page now and then, and notes what came in the store."""

    store: Store
    url: str
    every: timedelta
    clock: Callable[[], datetime]
    ask: Callable[[str], str]  # "" where the page is there, else a sentence

    def look(self) -> bool:
        """Ask, if it is time; return whether it was.

        Raises:
            StoreUnavailableError: the database does not answer.
        """
        now = self.clock()
        with self.store.read() as tx:
            noted = json.loads(tx.marker(LINK) or "{}")
        if noted.get("url") == self.url:
            failing = noted["failures"] > 0
            if now - datetime.fromisoformat(noted["at"]) < (
                min(_TRY_AGAIN, self.every) if failing else self.every
            ):
                return False
        else:
            noted = {}
        why = self.ask(self.url)
        failures = noted.get("failures", 0) + 1 if why else 0
        kept = {
            "url": self.url,
            "at": now.isoformat(),
            "failures": failures,
            "since": (noted.get("since") or now.isoformat()) if why else "",
            "why": why if failures >= _FAILURES or _is_sure(why) else "",
        }
        with self.store.write() as tx:
            tx.set_marker(LINK, json.dumps(kept), now=now)
        return True


def ask_for(url: str) -> str:
    """Ask for a page without reading it; return "" where it is there, else a sentence."""
    try:
        with httpx2.Client(follow_redirects=True, timeout=_TIMEOUT_S) as client:
            answer = client.head(url)
            if answer.status_code in _ASK_ANOTHER_WAY:
                with client.stream("GET", url) as answer:
                    pass
    except httpx2.HTTPError as error:
        return f"The server could not be asked ({type(error).__name__})."
    if answer.status_code >= _MISSING:
        return f"The server answers {answer.status_code}: whoever follows the link finds nothing."
    return ""


def _is_sure(why: str) -> bool:
    """Whether the server itself said that the page is gone: then there is nothing to wait for."""
    return " 404:" in why or " 410:" in why
