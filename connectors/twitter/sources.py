"""Mentions and direct messages of an account, page by page."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from connectors.base import RejectedError
from connectors.post_inbox import Found, Mark, Page
from connectors.twitter.asking import MENTIONS, MESSAGE, MESSAGES, POSTS
from connectors.twitter.reading import items_of, mention_from, message_from, next_of, written_at

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from connectors.network import AccountSettings
    from connectors.twitter.asking import Asking
    from connectors.twitter.reading import Json

_LATE: Final = timedelta(hours=3)
"""How late X may list a post below others: hours were seen."""
_REACH: Final = timedelta(days=30)
"""How far back X gives direct messages."""
_MOST_MENTIONS: Final = 780
"""About as many mentions X gives, whatever there is beyond (800 by its documents)."""
_FIRST_PAGE, _PAGE = 20, 100
_AT_ONCE: Final = 100
_USER: Final = {"user.fields": "id,name,username"}
_POST: Final = {
    **_USER,
    "tweet.fields": "created_at,conversation_id,lang,author_id,in_reply_to_user_id,"
    "referenced_tweets,note_tweet,entities,edit_controls,edit_history_tweet_ids,attachments,withheld",
    "expansions": "author_id,referenced_tweets.id",
}
_MESSAGE: Final = {
    **_USER,
    "dm_event.fields": "id,text,event_type,created_at,sender_id,dm_conversation_id,"
    "referenced_tweets,attachments,entities",
    "event_types": "MessageCreate",
    "expansions": "sender_id",
}


class Mentions:
    """The posts that name an account."""

    def __init__(self, asking: Asking, settings: AccountSettings) -> None:
        """Ask nothing yet."""
        self._asking, self._settings = asking, settings
        self._had = 0  # in the pages of this look

    def page(self, after: Mark, token: str, *, again: bool = True) -> Page:
        """Return a page of posts after a mark, newest first; raises as a `Source` does."""
        params: dict[str, Any] = {**_POST, "max_results": _PAGE}
        if after.id:  # by number, which X goes by; it hears of nothing else then
            back = (int(_LATE.total_seconds() * 1000) << 22) if again else 0
            params["since_id"] = str(max(int(after.id) - back, 1))
        else:
            params["start_time"] = (
                f"{after.at - (_LATE if again else timedelta()):%Y-%m-%dT%H:%M:%SZ}"
            )
        if token:
            params["pagination_token"] = token
        me = self._asking.me()
        body = self._asking.ask(MENTIONS, me, params=params)
        items = items_of(body)
        self._had = len(items) + (self._had if token else 0)
        next_ = next_of(body)
        return Page(
            found=tuple(self._found(items, body, me)),
            next=next_,
            cut=not next_ and self._had >= _MOST_MENTIONS,
        )

    def _found(self, items: Sequence[Json], body: Json, me: str) -> list[Found]:
        handle, own = self._settings.handle, self._settings.own_handles
        found = [mention_from(item, body, me=me, handle=handle) for item in items]
        return [one for one in found if one.post.author_id != me and one.post.author not in own]

    def by_ids(self, ids: Sequence[str]) -> Sequence[Found]:
        """Return these posts, those that are gone left out; raises as a `Source` does."""
        me = self._asking.me()
        wanted = [one for one in ids if one.isdigit()]
        found: list[Found] = []
        for start in range(0, len(wanted), _AT_ONCE):
            some = ",".join(wanted[start : start + _AT_ONCE])
            body = self._asking.ask(POSTS, params={**_POST, "ids": some})
            found += self._found(items_of(body), body, me)
        return found

    def check(self) -> int:
        """Sign in and look; return how many posts the first page holds."""
        me = self._asking.me()
        return len(items_of(self._asking.ask(MENTIONS, me, params={**_POST, "max_results": _PAGE})))

    def close(self) -> None:
        """Let go of every connection."""
        self._asking.close()


class Messages:
    """The direct messages to an account; what is encrypted X does not give."""

    def __init__(
        self, asking: Asking, settings: AccountSettings, clock: Callable[[], datetime]
    ) -> None:
        """Ask nothing yet."""
        self._asking, self._settings, self._clock = asking, settings, clock

    def page(self, after: Mark, token: str, *, again: bool = True) -> Page:
        """Return a page of messages after a mark, newest first; raises as a `Source` does.

        X knows no "since" for them, and names a next page for ever: a page is the last that is
        empty, or that reaches the mark.
        """
        since = after.at - (_LATE if again else timedelta())
        # Each message that is read costs: the first page, which mostly holds nothing new, is short.
        params: dict[str, Any] = {**_MESSAGE, "max_results": _PAGE if token else _FIRST_PAGE}
        if token:
            params["pagination_token"] = token
        me = self._asking.me()
        body = self._asking.ask(MESSAGES, params=params)
        items = items_of(body)
        at = [written_at(item) for item in items]
        has_reached = bool(items) and min(at) < since
        next_ = "" if has_reached or not items else next_of(body)
        return Page(
            found=tuple(self._found(items, body, me, since)),
            next=next_,
            cut=not (has_reached or next_) and after.at < self._clock() - _REACH,
        )

    def _found(
        self, items: Sequence[Json], body: Json, me: str, since: datetime | None = None
    ) -> list[Found]:
        handle, own = self._settings.handle, self._settings.own_handles
        found = [
            message_from(item, body, handle=handle)
            for item in items
            if str(item.get("event_type", "MessageCreate")) == "MessageCreate"
            and str(item.get("sender_id", "")) != me
        ]
        return [
            one
            for one in found
            if one.post.author not in own and (since is None or one.post.written_at >= since)
        ]

    def by_ids(self, ids: Sequence[str]) -> Sequence[Found]:
        """Return these messages, those that are gone left out; raises as a `Source` does."""
        me = self._asking.me()
        found: list[Found] = []
        for one in ids:
            if one.isdigit():
                try:
                    body = self._asking.ask(MESSAGE, one, params=_without(_MESSAGE, "event_types"))
                except RejectedError:
                    continue
                found += self._found(items_of(body), body, me)
        return found

    def check(self) -> int:
        """Sign in and look; return how many messages the first page holds."""
        me = self._asking.me()
        body = self._asking.ask(MESSAGES, params={**_MESSAGE, "max_results": _FIRST_PAGE})
        return len(self._found(items_of(body), body, me))

    def close(self) -> None:
        """Let go of every connection."""
        self._asking.close()


def _without(params: dict[str, str], name: str) -> dict[str, str]:
    return {key: value for key, value in params.items() if key != name}
