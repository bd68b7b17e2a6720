"""How X is told who we are: four keys that stay (OAuth 1.0a), or tokens that rotate (OAuth 2.0).

X gives a new refresh token at each renewal, and the old one is dead by then. So one process at a
time renews, and the new pair is kept before anything is done with it.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, Protocol

import requests
import tweepy
from oauthlib.oauth2 import OAuth2Error
from requests.exceptions import RequestException

from connectors.base import AccessDeniedError, UnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from connectors.network import AccountSettings, AppAtNetwork, Memory

KEYS: Final = ("consumer_key", "consumer_secret", "access_token", "access_token_secret")
TOKENS: Final = ("client_id", "refresh_token")
SECRET: Final = "client_secret"  # noqa: S105 -- the name of one, of apps that can keep one
TOKEN_URL: Final = "https://api.x.com/2/oauth2/token"  # noqa: S105 -- an address
SCOPES: Final = ("tweet.read", "users.read", "tweet.write", "dm.read", "dm.write", "offline.access")
_NAME: Final = "tokens"
_AHEAD: Final = timedelta(minutes=5)
_LASTS_S: Final = 7_200  # where X does not say


class Keys(Protocol):
    """What proves who we are."""

    def token(self) -> str:
        """Return the bearer token to ask with; "" where requests are signed instead.

        Raises:
            UnavailableError: there is none now.
            AccessDeniedError: there is none, and a person has to act.
        """
        ...

    def client(self, token: str) -> tweepy.Client:
        """Return what asks, with this token."""
        ...

    def renew(self, refused: str) -> bool:
        """Get another token than the one that was refused; whether there is one. Raises so too."""
        ...


def missing(given: Collection[str]) -> str:
    """Return which secrets are missing or unknown, a sentence; "" where they are right."""
    names = set(given)
    if unknown := names - {*KEYS, *TOKENS, SECRET}:
        return f"X knows no secret of the name {', '.join(sorted(unknown))}."
    if names == set(KEYS) or names - {SECRET} == set(TOKENS):
        return ""
    return (
        f"Give the four of OAuth 1.0a ({', '.join(KEYS)}), or {' and '.join(TOKENS)} of OAuth 2.0"
        f" (and {SECRET}, where the app has one)."
    )


@dataclass(frozen=True, slots=True)
class Signed:
    """OAuth 1.0a: each request is signed; the keys serve until they are revoked."""

    settings: AccountSettings

    def token(self) -> str:
        """Return "": there is none."""
        return ""

    def client(self, token: str) -> tweepy.Client:
        """Return what signs its requests; the keys are read anew each time."""
        del token
        try:
            values = {name: self.settings.secrets[name]().strip() for name in KEYS}
        except (OSError, ValueError) as error:
            msg = f"a key cannot be read ({type(error).__name__})"
            raise AccessDeniedError(msg) from None
        return tweepy.Client(**values, return_type=requests.Response, wait_on_rate_limit=False)

    def renew(self, refused: str) -> bool:
        """Return False: keys that are refused stay so."""
        del refused
        return False


@dataclass(frozen=True, slots=True)
class _Pair:
    """What X gave last: `first` marks the refresh token of the config it all began with."""

    access: str = field(repr=False)
    refresh: str = field(repr=False)
    ends_at: datetime
    first: str

    def kept(self) -> str:
        return json.dumps([self.access, self.refresh, self.ends_at.isoformat(), self.first])


class Rotating:
    """OAuth 2.0: an access token for two hours, and a refresh token for the next."""

    def __init__(
        self,
        settings: AccountSettings,
        *,
        memory: Memory,
        clock: Callable[[], datetime],
        equip: Callable[..., None],
    ) -> None:
        """Ask nothing yet; `equip` gives a session its timeouts."""
        self._settings, self._memory, self._clock, self._equip = settings, memory, clock, equip
        self._access, self._ends_at = "", clock()
        self._unkept: _Pair | None = None  # given by X, and not in the memory yet

    def token(self) -> str:
        """Return an access token that serves, renewed five minutes before its end.

        Raises:
            UnavailableError: X cannot be reached, or another daemon renews it just now.
            AccessDeniedError: X does not take the refresh token any more.
        """
        now = self._clock()
        if not self._access or now >= self._ends_at - _AHEAD:
            self._look(now)
        return self._access

    def client(self, token: str) -> tweepy.Client:
        """Return what asks with a bearer token."""
        return tweepy.Client(
            bearer_token=token, return_type=requests.Response, wait_on_rate_limit=False
        )

    def renew(self, refused: str) -> bool:
        """Get another token than the one that was refused."""
        self._look(self._clock(), but=refused)
        return True

    def _look(self, now: datetime, but: str = "") -> None:
        """Take the token that is kept, if it serves; else renew it, one process at a time."""
        if self._unkept is not None:
            self._keep(self._unkept)
        if self._take(self._kept(), now, but):
            return
        with self._memory.alone(_NAME) as alone:
            if not alone:
                msg = "another daemon renews the token of X just now"
                raise UnavailableError(msg, wait_s=5)
            # Whoever was at it before us may have renewed it already.
            pair = self._kept()
            if not self._take(pair, now, but):
                self._renew(pair, now)

    def _take(self, pair: _Pair, now: datetime, but: str) -> bool:
        serves = pair.access not in {"", but} and now < pair.ends_at - _AHEAD
        if serves:
            self._access, self._ends_at = pair.access, pair.ends_at
        return serves

    def _kept(self) -> _Pair:
        """Return what X gave last, or what the config begins with; a newer one there counts."""
        configured = self._read("refresh_token")
        first = hashlib.sha256(configured.encode()).hexdigest()
        try:
            access, refresh, ends, began = json.loads(self._memory.read_secret(_NAME))
            if began == first:
                ends_at = datetime.fromisoformat(ends)
                return _Pair(access=access, refresh=refresh, ends_at=ends_at, first=first)
        except (ValueError, TypeError):
            pass
        return _Pair(access="", refresh=configured, ends_at=self._clock(), first=first)

    def _renew(self, pair: _Pair, now: datetime) -> None:
        secret = self._read(SECRET) if SECRET in self._settings.secrets else None
        handler = tweepy.OAuth2UserHandler(
            client_id=self._read("client_id"),
            redirect_uri="",
            scope=None,  # what was granted stays: oauthlib would take other words for an error
            client_secret=secret,
        )
        self._equip(handler, self._settings)
        handler.register_compliance_hook("refresh_token_response", _not_broken)
        given = {} if secret else {"client_id": self._read("client_id")}
        try:
            token = handler.refresh_token(
                TOKEN_URL, refresh_token=pair.refresh, auth=handler.auth, **given
            )
        except OAuth2Error:
            raise _refused() from None
        except (RequestException, ValueError) as error:
            msg = f"X's sign-in service cannot be reached ({type(error).__name__})"
            raise UnavailableError(msg) from None
        finally:
            handler.close()
        got = _Pair(
            access=str(token["access_token"]),
            refresh=str(token.get("refresh_token") or pair.refresh),
            ends_at=now + timedelta(seconds=float(token.get("expires_in") or _LASTS_S)),
            first=pair.first,
        )
        self._keep(got)
        self._access, self._ends_at = got.access, got.ends_at

    def _keep(self, pair: _Pair) -> None:
        """Keep a pair before it is used: the old one is dead. What fails is tried again first."""
        self._unkept = pair
        self._memory.write_secret(_NAME, pair.kept())
        self._unkept = None

    def _read(self, name: str) -> str:
        try:
            return self._settings.secrets[name]().strip()
        except (OSError, ValueError) as error:
            msg = f"the secret {name} cannot be read ({type(error).__name__})"
            raise AccessDeniedError(msg) from None


class OwnersConsent:
    """The owner of an account letting our app use it (OAuth 2.0 with PKCE, RFC 7636)."""

    def __init__(self, app: AppAtNetwork, equip: Callable[..., None]) -> None:
        """Work out the page that asks them; nothing is asked yet."""
        self._handler = tweepy.OAuth2UserHandler(
            client_id=app.client_id,
            redirect_uri=app.redirect,
            scope=list(SCOPES),
            client_secret=app.client_secret,
        )
        equip(self._handler, app)
        self.address: str = self._handler.get_authorization_url()
        # What was granted the first request shows: oauthlib takes other words for an error.
        self._handler.scope = None

    def finish(self, arrived_at: str) -> str:
        """Return the refresh token, given the address that the browser arrived at.

        Raises:
            AccessDeniedError: they said no, or it took too long, or the address is another's.
            UnavailableError: X cannot be reached.
        """
        self._handler.register_compliance_hook("access_token_response", _not_broken)
        try:
            token = self._handler.fetch_token(arrived_at)
        except OAuth2Error as error:
            why = error.error or type(error).__name__
            msg = f"X gives no token ({why}): begin anew, and be quick"
            raise AccessDeniedError(msg) from None
        except (RequestException, ValueError) as error:
            msg = f"X's sign-in service cannot be reached ({type(error).__name__})"
            raise UnavailableError(msg) from None
        finally:
            self._handler.close()
        return str(token.get("refresh_token") or "")


def _not_broken(response: requests.Response) -> requests.Response:
    """Let an answer through that says something of the token; a busy service says nothing."""
    if response.status_code >= 500 or response.status_code == 429:  # noqa: PLR2004 -- HTTP's own
        msg = f"X's sign-in service answers with {response.status_code}"
        raise UnavailableError(msg)
    return response


def _refused() -> AccessDeniedError:
    return AccessDeniedError(
        "X does not take the refresh token any more: sign in anew, and put the new one into its"
        " secret file"
    )
