"""Posts of a social network as values, and as the bytes that are kept and sent.

What arrives is kept as JSON with two halves: `post`, the same for every network, which the daemon
reads, and `as_sent`, what the network said, untouched. What leaves is JSON too: whom it goes to,
and the words.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


class PostKind(StrEnum):
    """What a post is to us."""

    MESSAGE = "message"  # a direct message
    MENTION = "mention"  # names us by itself
    REPLY = "reply"  # answers a post of ours
    THREAD = "thread"  # a reply further down, which carries our name along
    QUOTE = "quote"  # passes on another post with words of its own
    REPOST = "repost"  # passes on another post, and says nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """One post or direct message, whole, whatever the network.

    Every version of an edited post has its own `id`, and the same `first_id`.
    """

    network: str  # "x"
    kind: PostKind
    id: str
    first_id: str
    conversation: str  # what all posts of a thread share
    account: str  # our handle that it came to, without the @
    author_id: str
    author: str  # handle, without the @
    author_name: str = ""
    answers: str = ""  # the id of the post that it answers
    text: str = ""  # plain, links spelt out
    context: str = ""  # the words of the post that it answers or passes on
    notes: tuple[str, ...] = ()  # sentences: what is there and cannot be had as text
    link: str = ""  # where a colleague sees it
    written_at: datetime  # aware UTC


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What we send on a social network: a direct message, or a reply that all can read."""

    network: str
    recipient_id: str  # the network's id of whom it goes to
    answers: str = ""  # the id of the post that is answered in public; "" for a direct message
    text: str
    key: str = ""  # the same for the same answer, and for no other
    written_at: datetime | None = None  # aware UTC


def pack(post: Post, as_sent: Mapping[str, Any]) -> bytes:
    """Return the bytes that are kept of a post; the same for the same."""
    said = {**asdict(post), "written_at": post.written_at.isoformat()}
    return _json({"post": said, "as_sent": as_sent})


def unpack(content: bytes) -> Post:
    """Return the post that was kept.

    Raises:
        ValueError: the bytes hold none, or one of a later version of this software.
    """
    try:
        said = json.loads(content)["post"]
        return Post(
            **{
                **said,
                "kind": PostKind(said["kind"]),
                "notes": tuple(said["notes"]),
                "written_at": datetime.fromisoformat(said["written_at"]),
            }
        )
    except (KeyError, TypeError, RecursionError, UnicodeDecodeError, json.JSONDecodeError):
        msg = "these bytes hold no post"
        raise ValueError(msg) from None


def pack_answer(answer: Answer) -> bytes:
    """Return the bytes that wait in the outbox; the same for the same."""
    written = answer.written_at.isoformat() if answer.written_at else None
    return _json({**asdict(answer), "written_at": written})


def unpack_answer(content: bytes) -> Answer:
    """Return the answer that the bytes hold.

    Raises:
        ValueError: they hold none.
    """
    try:
        said = json.loads(content)
        written = datetime.fromisoformat(said["written_at"]) if said.get("written_at") else None
        return Answer(**{**said, "written_at": written})
    except (KeyError, TypeError, AttributeError, UnicodeDecodeError, json.JSONDecodeError):
        msg = "these bytes hold no answer for a social network"
        raise ValueError(msg) from None


def _json(value: Mapping[str, Any]) -> bytes:
    # Lone surrogates, which a network's JSON may escape, are no UTF-8: ASCII carries them.
    return json.dumps(value, ensure_ascii=True, sort_keys=True, indent=1).encode()
