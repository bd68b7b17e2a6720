"""What X answers when it does not do what it was asked: one reaction each.

The `type` of a problem has had two hosts, so its last part alone counts. What X wrote is never
passed on: it may hold a person's words.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    import requests


class Reaction(StrEnum):
    """What follows from an answer."""

    WAIT = "wait"  # it is busy or broken: back off
    LIMIT = "limit"  # too many requests: until the limit begins anew
    OFF = "off"  # the whole account: a person has to act
    KEYS = "keys"  # our token is not accepted: a new one, once; else as OFF
    WORDS = "words"  # it does not know the names of our parameters: try the others
    ITEM = "item"  # this one item is refused for good
    TWICE = "twice"  # it has the very same post already: probably ours


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """An answer that is none: the reaction, and why, in few words for an operator."""

    reaction: Reaction
    why: str
    is_whole: bool = True  # it holds for the whole account, whatever is asked


_PERMISSIONS: Final = (
    "the app at X may not do this: set its permissions to read, write and direct messages in the"
    " developer console, then make new access tokens"
)
_BY_TYPE: Final = {
    "credits": Problem(reaction=Reaction.OFF, why="no credits: buy some in X's developer console"),
    "credits-depleted": Problem(
        reaction=Reaction.OFF, why="no credits: buy some in X's developer console"
    ),
    "usage-capped": Problem(
        reaction=Reaction.OFF,
        why="the plan's monthly cap is used up: raise it in X's developer console",
    ),
    "oauth1-permissions": Problem(reaction=Reaction.OFF, why=_PERMISSIONS, is_whole=False),
    "client-forbidden": Problem(
        reaction=Reaction.OFF,
        why="the app is not enrolled for this part of X's API: see X's developer console",
        is_whole=False,
    ),
    "user-suspended": Problem(reaction=Reaction.OFF, why="X has suspended the account"),
    "invalid-request": Problem(
        reaction=Reaction.WORDS,
        why="X does not understand what was asked: it may have changed",
        is_whole=False,
    ),
}
_BY_WORDS: Final = (
    (
        "only reply to or quote posts where you are mentioned",
        Problem(
            reaction=Reaction.ITEM, why="X takes a reply only where the post's author named us"
        ),
    ),
    (
        "reply to a tweet that is deleted or not visible",
        Problem(reaction=Reaction.ITEM, why="the post is deleted, or we cannot see it"),
    ),
    (
        "reply to a post that is deleted or not visible",
        Problem(reaction=Reaction.ITEM, why="the post is deleted, or we cannot see it"),
    ),
    ("duplicate content", Problem(reaction=Reaction.TWICE, why="X has the very same post already")),
    (
        "permission to dm one or more participants",
        Problem(reaction=Reaction.ITEM, why="this person takes no direct messages from us"),
    ),
    (
        "this operation is not permitted",
        Problem(reaction=Reaction.ITEM, why="this person takes no direct messages from us"),
    ),
    ("is suspended", Problem(reaction=Reaction.OFF, why="X has suspended the account")),
)
_PLAIN: Final = {"", "forbidden"}
_BY_CODE: Final[Mapping[int, Problem]] = {
    HTTPStatus.BAD_REQUEST: _BY_TYPE["invalid-request"],
    HTTPStatus.UNAUTHORIZED: Problem(
        reaction=Reaction.KEYS,
        why="X does not accept our keys: they were revoked, or are another app's",
    ),
    HTTPStatus.PAYMENT_REQUIRED: _BY_TYPE["credits"],
    HTTPStatus.NOT_FOUND: Problem(
        reaction=Reaction.OFF, why="X knows no such account or call", is_whole=False
    ),
    HTTPStatus.TOO_MANY_REQUESTS: Problem(reaction=Reaction.LIMIT, why="too many requests"),
}
_OF_ONE: Final[Mapping[int, Problem]] = {
    HTTPStatus.BAD_REQUEST: Problem(
        reaction=Reaction.ITEM, why="X takes this message for malformed"
    ),
    HTTPStatus.NOT_FOUND: Problem(
        reaction=Reaction.ITEM, why="whom or what it is about is not at X any more"
    ),
}
"""What a bad request and a missing address are where it is about one item: that item's."""


def problem_of(response: requests.Response, *, is_of_one: bool) -> Problem:
    """Return what follows from an error status; `is_of_one`: it is about one item alone."""
    body = body_of(response)
    code = response.status_code
    known = _BY_TYPE.get(_type_of(body))
    if known is not None:
        return _OF_ONE.get(code, known) if is_of_one else known
    if code == HTTPStatus.FORBIDDEN:
        return _forbidden(body, is_of_one=is_of_one)
    if code >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Problem(reaction=Reaction.WAIT, why=f"X answers with {code}")
    if is_of_one and code in _OF_ONE:
        return _OF_ONE[code]
    unknown = Problem(
        reaction=Reaction.ITEM if is_of_one else Reaction.WAIT,
        why=f"X answers with {code}, which nobody has explained",
    )
    return _BY_CODE.get(code, unknown)


def _forbidden(body: Mapping[str, Any], *, is_of_one: bool) -> Problem:
    detail = str(body.get("detail", "")).lower()
    for words, known in _BY_WORDS:
        if words in detail:
            return known
    if body.get("reason") == "client-not-enrolled":
        return _BY_TYPE["client-forbidden"]
    if detail.strip(". ") in _PLAIN or not is_of_one:
        return Problem(reaction=Reaction.OFF, why=_PERMISSIONS, is_whole=False)
    return Problem(reaction=Reaction.ITEM, why="X refuses this message, and does not say why")


def body_of(response: requests.Response) -> Mapping[str, Any]:
    """Return the JSON object of an answer; an empty one where it holds none (HTML, say)."""
    try:
        body = response.json()
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}


def _type_of(body: Mapping[str, Any]) -> str:
    return str(body.get("type", "")).rstrip("/").rpartition("/")[2].lower()
