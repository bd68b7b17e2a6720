"""Answers on X: a direct message, or a reply that all can read.

X has no key that would make a second try harmless. So each try is noted before it is made, and
where its end is unknown (no answer, a broken one, this process killed meanwhile) X is looked at
first: what is there is not sent again.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from connectors.base import ConnectorError, DeferredError, RejectedError
from connectors.posts import Answer, unpack_answer
from connectors.twitter.asking import (
    ME,
    MESSAGES_WITH,
    OWN_POSTS,
    SEND_MESSAGE,
    SEND_POST,
    TwiceError,
    UncertainError,
)
from connectors.twitter.reading import items_of, message_from, written_at

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from connectors.base import Envelope
    from connectors.network import Memory
    from connectors.twitter.asking import Asking

_LISTED_AFTER: Final = timedelta(minutes=2)
"""How long X may take until it lists what it has taken: a look before that proves nothing."""
_CLOCKS_APART: Final = timedelta(minutes=2)
_MESSAGE_CHARS: Final = 10_000
_LOOKED_AT: Final = 100


class Answers:
    """The outlet of one account."""

    def __init__(
        self, name: str, *, asking: Asking, memory: Memory, clock: Callable[[], datetime]
    ) -> None:
        """Send nothing yet; `clock` gives aware UTC."""
        self._name, self._asking, self._memory, self._clock = name, asking, memory, clock

    @property
    def name(self) -> str:
        """The outlet's name in the config."""
        return self._name

    def send(self, envelope: Envelope) -> None:
        """Send a direct message or a reply, once, whatever became of an earlier try.

        Raises:
            RejectedError: X refuses this one for good.
            DeferredError: an earlier try may have arrived, and X does not show it yet.
            UnavailableError, AccessDeniedError: nothing can be sent for now.
        """
        answer = _answer_in(envelope)
        mark = f"tried:{answer.key}"
        if tried := self._memory.read(mark):
            if self._has_arrived(answer, datetime.fromisoformat(tried)):
                self._memory.write(mark, "")
                return
            if self._clock() - datetime.fromisoformat(tried) < _LISTED_AFTER:
                msg = "nobody knows yet whether the last try arrived: X is looked at again"
                raise DeferredError(msg)
        self._memory.write(mark, self._clock().isoformat())
        try:
            self._post(answer)
        except UncertainError:
            raise
        except TwiceError:
            # The note of the try stays until X shows it: then it was ours.
            if self._has_arrived(answer, None):
                self._memory.write(mark, "")
                return
            self._memory.write(mark, "")
            raise
        except ConnectorError:
            self._memory.write(mark, "")  # refused, or never sent: nothing can have arrived
            raise
        self._memory.write(mark, "")

    def _post(self, answer: Answer) -> None:
        if answer.answers:
            reply = {"in_reply_to_tweet_id": answer.answers}
            self._asking.ask(SEND_POST, json={"text": answer.text, "reply": reply})
        else:
            self._asking.ask(SEND_MESSAGE, answer.recipient_id, json={"text": answer.text})

    def _has_arrived(self, answer: Answer, tried_at: datetime | None) -> bool:
        """Whether X shows an answer of ours with these words, since the try if that is known."""
        me = self._asking.me()
        since = tried_at - _CLOCKS_APART if tried_at else None
        if answer.answers:
            params: dict[str, Any] = {
                "max_results": _LOOKED_AT,
                "tweet.fields": "created_at,referenced_tweets,entities,note_tweet",
            }
            body = self._asking.ask(OWN_POSTS, me, params=params)
            items = [one for one in items_of(body) if _is_reply_to(one, answer.answers)]
        else:
            params = {
                "max_results": _LOOKED_AT,
                "event_types": "MessageCreate",
                "dm_event.fields": "id,text,event_type,created_at,sender_id,entities",
            }
            body = self._asking.ask(MESSAGES_WITH, answer.recipient_id, params=params)
            items = [one for one in items_of(body) if str(one.get("sender_id")) == me]
        return any(
            (since is None or written_at(one) >= since)
            and _same_words(message_from(one, body, handle="").post.text, answer.text)
            for one in items
        )

    def check(self) -> None:
        """Sign in, and send nothing.

        Raises:
            UnavailableError, AccessDeniedError: as for `send`.
        """
        self._asking.ask(ME, params={"user.fields": "id,username"})

    def close(self) -> None:
        """Let go of every connection; safe to call twice."""
        self._asking.close()


def _answer_in(envelope: Envelope) -> Answer:
    try:
        answer = unpack_answer(envelope.content)
    except ValueError:
        msg = "this is no message for X"
        raise RejectedError(msg) from None
    if len(answer.text) > _MESSAGE_CHARS:
        msg = f"it has more than the {_MESSAGE_CHARS:,} characters that X takes"
        raise RejectedError(msg)
    return answer


def _is_reply_to(item: Mapping[str, Any], post_id: str) -> bool:
    near = item.get("referenced_tweets", item.get("referenced_posts"))
    return any(str(one.get("id")) == post_id for one in near) if isinstance(near, list) else False


def _same_words(seen: str, sent: str) -> bool:
    """Whether words are the same: X shortens links, and may put names in front of a reply."""
    plain, wanted = ("".join(words.split()) for words in (seen, sent))
    return bool(wanted) and plain.endswith(wanted)
