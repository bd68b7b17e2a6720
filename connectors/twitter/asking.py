"""Asking X: each call with a timeout, within limits, and each answer one of a few reactions."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import requests
import tweepy
from requests.adapters import HTTPAdapter
from requests.exceptions import ConnectionError as RequestsConnectionError
from requests.exceptions import ConnectTimeout, RequestException, SSLError, Timeout

from connectors.base import AccessDeniedError, RejectedError, UnavailableError
from connectors.twitter.errors import Problem, Reaction, body_of, problem_of
from connectors.twitter.limits import Limits

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from connectors.network import AccountSettings, AppAtNetwork, Memory
    from connectors.twitter.signing_in import Keys

HOSTS: Final = ("https://api.twitter.com", "https://api.x.com")
"""Where tweepy sends all it asks, and where X has its sign-in service."""
TIMEOUT_S: Final = (10.0, 30.0)  # to connect, and between two bytes
_RESET: Final = "x-rate-limit-reset"
_RENAMED: Final = (
    ("tweet.fields", "post.fields"),
    ("referenced_tweets", "referenced_posts"),
    ("note_tweet", "note_post"),
    ("edit_history_tweet_ids", "edit_history_post_ids"),
)
"""How X renamed its fields in 2026: what was asked by the old names is asked by these too."""

# At DEBUG they write down tokens, signatures, who is written to, and what people said.
for _name in ("tweepy", "oauthlib", "requests_oauthlib", "urllib3"):
    logging.getLogger(_name).setLevel(logging.INFO)


class TwiceError(RejectedError):
    """X has the very same post already: probably ours, of a try whose answer was lost."""


class UncertainError(UnavailableError):
    """Something was sent, and no answer came: nobody knows whether it arrived."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One thing that X can be asked; limits are counted by `name`."""

    name: str
    method: str
    route: str  # with {} for an id
    is_of_one: bool = False  # what is refused or missing is that one item, not the account
    is_for_answers: bool = False  # it may use what the month's budget keeps for answers


MENTIONS = Call(name="mentions", method="GET", route="/2/users/{}/mentions")
MESSAGES = Call(name="messages", method="GET", route="/2/dm_events")
MESSAGE = Call(name="message", method="GET", route="/2/dm_events/{}", is_of_one=True)
MESSAGES_WITH = Call(
    name="messages-with",
    method="GET",
    route="/2/dm_conversations/with/{}/dm_events",
    is_of_one=True,
    is_for_answers=True,
)
POSTS = Call(name="posts", method="GET", route="/2/tweets")
OWN_POSTS = Call(name="own-posts", method="GET", route="/2/users/{}/tweets", is_for_answers=True)
ME = Call(name="me", method="GET", route="/2/users/me", is_for_answers=True)
SEND_MESSAGE = Call(
    name="send-message",
    method="POST",
    route="/2/dm_conversations/with/{}/messages",
    is_of_one=True,
    is_for_answers=True,
)
SEND_POST = Call(
    name="send-post", method="POST", route="/2/tweets", is_of_one=True, is_for_answers=True
)


class _Adapter(HTTPAdapter):
    """Gives each request a timeout, which tweepy does not, and perhaps another address."""

    def __init__(self, api: str = "") -> None:
        super().__init__()
        self._api = api.rstrip("/")

    def send(
        self, request: requests.PreparedRequest, *args: Any, **kwargs: Any
    ) -> requests.Response:
        kwargs["timeout"] = kwargs.get("timeout") or TIMEOUT_S
        if self._api and request.url is not None:
            # The signature stays that of the address that is asked for (RFC 5849 §3.4.1.2).
            path = request.url
            for host in HOSTS:
                path = path.removeprefix(host)
            request.url = self._api + path
        response = super().send(request, *args, **kwargs)
        if not response.headers.get(_RESET, "0").strip().isdecimal():
            del response.headers[_RESET]  # tweepy would stumble over it
        return response


def session_for(settings: AccountSettings) -> requests.Session:
    """Return a session whose requests all have timeouts."""
    session = requests.Session()
    equip(session, settings)
    return session


def equip(session: requests.Session, settings: AccountSettings | AppAtNetwork) -> None:
    """Give a session timeouts, and the address and certificates of the settings."""
    for scheme in ("https://", "http://"):
        session.mount(scheme, _Adapter())
    for host in HOSTS:
        session.mount(host + "/", _Adapter(settings.api))
    if settings.ca_file:
        session.verify = settings.ca_file


class Asking:
    """One account's way to X. May be used by several threads: one request at a time."""

    def __init__(
        self,
        settings: AccountSettings,
        keys: Keys,
        *,
        memory: Memory,
        clock: Callable[[], datetime],
    ) -> None:
        """Ask nothing yet."""
        self._settings, self._keys, self._clock = settings, keys, clock
        self.limits = Limits(memory=memory, clock=clock, monthly=settings.monthly_requests)
        self._session = session_for(settings)
        self._lock = threading.Lock()
        self._new_names = False
        self._me = ""
        self._off: dict[str, tuple[datetime, Problem]] = {}  # by call: refused since, and why

    def ask(
        self,
        call: Call,
        *ids: str,
        params: Mapping[str, Any] | None = None,
        json: Mapping[str, Any] | None = None,
    ) -> Mapping[str, Any]:
        """Return the JSON object that X answers with.

        Raises:
            PausedError, UnavailableError: later; `UncertainError` where something was sent.
            AccessDeniedError: a person has to act.
            RejectedError: this item is refused for good; `TwiceError` where X has it already.
        """
        with self._lock:
            return self._ask(call, call.route.format(*ids), params or {}, json)

    def me(self) -> str:
        """Return the account's own id; that the keys are the account's is made sure of, once.

        Raises: as `ask`.
        """
        if not self._me:
            before = self._off.get(ME.name)
            body = self.ask(ME, params={"user.fields": "id,username"})
            said = body.get("data")
            said = said if isinstance(said, dict) else {}
            if str(said.get("username", "")).lower() != self._settings.handle:
                if before:
                    self._off[ME.name] = before  # since then
                why = f"the keys are not those of @{self._settings.handle}"
                raise self._denied(ME, Problem(reaction=Reaction.OFF, why=why))
            self._me = str(said.get("id", ""))
        return self._me

    def close(self) -> None:
        """Let go of every connection; safe to call twice."""
        self._session.close()

    def _ask(
        self,
        call: Call,
        route: str,
        params: Mapping[str, Any],
        json: Mapping[str, Any] | None,
        *,
        again: bool = True,
    ) -> Mapping[str, Any]:
        sends = call.method == "POST"
        token = self._keys.token()
        self.limits.ask(call.name, is_answer=call.is_for_answers)
        given = renamed(params) if self._new_names else params
        try:
            response = self._request(call.method, route, given, json, token)
        except tweepy.HTTPException as error:
            problem = problem_of(error.response, is_of_one=call.is_of_one)
            if again and self._may_mend(problem, token, params):
                return self._ask(call, route, params, json, again=False)
            raise self._reaction(call, problem, error.response) from None
        except RequestException as error:
            raise _unreached(error, sends=sends) from None
        except (AttributeError, KeyError, TypeError, ValueError):
            # An error's body of another shape than tweepy knows.
            raise _unreadable(sends=sends) from None
        self.limits.heard(call.name, response.headers)
        self._off = {
            name: (since, problem)
            for name, (since, problem) in self._off.items()
            if name != call.name and not problem.is_whole
        }
        return self._read(response, sends=sends)

    def _request(
        self,
        method: str,
        route: str,
        params: Mapping[str, Any],
        json: Mapping[str, Any] | None,
        token: str,
    ) -> requests.Response:
        client = self._keys.client(token)
        client.session = self._session
        response: requests.Response = client.request(
            method, route, params=dict(params), json=json, user_auth=not token
        )
        return response

    def _may_mend(self, problem: Problem, token: str, params: Mapping[str, Any]) -> bool:
        """Whether the same may be asked once more: with a new token, or by the other names."""
        if problem.reaction is Reaction.KEYS:
            return self._keys.renew(token)
        if problem.reaction is Reaction.WORDS and renamed(params) != params:
            self._new_names = not self._new_names
            return True
        return False

    def _reaction(self, call: Call, problem: Problem, response: requests.Response) -> Exception:
        """Return the error that a problem is for whoever asked."""
        match problem.reaction:
            case Reaction.LIMIT:
                until = self.limits.refused(call.name, response.headers)
                why = f"X allows no more requests of this kind until {until:%H:%M} UTC"
                return UnavailableError(why, retry_at=until)
            case Reaction.WAIT if call.method == "POST":
                return UncertainError(problem.why)
            case Reaction.WAIT:
                return UnavailableError(problem.why)
            case Reaction.ITEM | Reaction.TWICE if not call.is_of_one:
                return self._denied(call, problem)
            case Reaction.ITEM:
                return RejectedError(problem.why, code=response.status_code)
            case Reaction.TWICE:
                return TwiceError(problem.why, code=response.status_code)
            case _:  # OFF, and what could not be mended
                return self._denied(call, problem)

    def _denied(self, call: Call, problem: Problem) -> AccessDeniedError:
        """Note that X refuses us, since when, and return the error that it is."""
        since, _ = self._off.get(call.name, (self._clock(), problem))
        self._off[call.name] = (since, problem)
        return AccessDeniedError(problem.why)

    def off(self) -> tuple[datetime, str] | None:
        """Return since when X refuses us, and why; None where it does not."""
        if not self._off:
            return None
        since, problem = min(self._off.values(), key=lambda one: one[0])
        return since, problem.why

    def _read(self, response: requests.Response, *, sends: bool) -> Mapping[str, Any]:
        body = body_of(response)
        if not body:
            raise _unreadable(sends=sends)
        return body


def renamed(params: Mapping[str, Any]) -> dict[str, Any]:
    """Return parameters by the names that X gave its fields in 2026."""
    found: dict[str, Any] = {}
    for key, value in params.items():
        for old, new in _RENAMED:
            key = key.replace(old, new)  # noqa: PLW2901 -- name by name
            value = value.replace(old, new) if isinstance(value, str) else value  # noqa: PLW2901
        found[key] = value
    return found


def _unreadable(*, sends: bool) -> UnavailableError:
    why = "X answered with something that cannot be read"
    return UncertainError(why) if sends else UnavailableError(why)


def _unreached(error: RequestException, *, sends: bool) -> UnavailableError:
    """Return that X could not be reached; what was sent may have arrived all the same."""
    match error:
        case ConnectTimeout():
            return UnavailableError("X cannot be reached: no answer in time")
        case SSLError():
            return UnavailableError("X cannot be reached: no encryption could be agreed on")
        case Timeout() if not sends:
            return UnavailableError("X cannot be reached: no answer in time")
        case RequestsConnectionError() if _never_connected(error):
            return UnavailableError("X cannot be reached: it takes no connections")
    why = f"X cannot be reached: {type(error).__name__}"
    return UncertainError(why) if sends else UnavailableError(why)


def _never_connected(error: RequestException) -> bool:
    """Whether not even a connection was made, so that nothing can have been sent."""
    inner = error.args[0] if error.args else None
    reason = getattr(inner, "reason", None)
    return type(reason).__name__ in {"NewConnectionError", "NameResolutionError"}
