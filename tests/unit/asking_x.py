"""An account of X's for the unit tests: keys, a clock that stands, and X's answers as given."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from connectors.base import Envelope
from connectors.network import Account, AccountSettings
from connectors.posts import Answer, pack_answer
from connectors.twitter import X
from tests.fakes import FakeClock, FakeMemory

if TYPE_CHECKING:
    import responses

NOW = datetime(2026, 11, 28, 9, 12, tzinfo=UTC)
GO_LIVE = NOW - timedelta(days=20)
HANDLE, ME = "phsoffice", "99"
KEYS = {
    "consumer_key": "ck",
    "consumer_secret": "cs",
    "access_token": "at",
    "access_token_secret": "ats",
}
TOKENS = {"client_id": "cid", "client_secret": "sec", "refresh_token": "refresh-0"}
API = "https://api.twitter.com/2"
MENTIONS, MESSAGES = f"{API}/users/{ME}/mentions", f"{API}/dm_events"
SEND_MESSAGE, SEND_POST = f"{API}/dm_conversations/with/42/messages", f"{API}/tweets"
MESSAGES_WITH, OWN_POSTS = f"{API}/dm_conversations/with/42/dm_events", f"{API}/users/{ME}/tweets"
TOKEN = "https://api.x.com/2/oauth2/token"


def an_account(
    *,
    secrets: dict[str, str] | None = None,
    memory: FakeMemory | None = None,
    clock: FakeClock | None = None,
    monthly: int = 10_000,
    go_live_at: datetime = GO_LIVE,
) -> Account:
    """Return an account; its own id is asked for once, and is 99."""
    given = KEYS if secrets is None else secrets
    return X().open(
        AccountSettings(
            name="office",
            handle=HANDLE,
            own_handles=frozenset({HANDLE, "theombudsman"}),
            go_live_at=go_live_at,
            secrets={name: (lambda words=words: words) for name, words in given.items()},
            monthly_requests=monthly,
        ),
        memory=memory or FakeMemory(),
        clock=clock or FakeClock(NOW),
    )


def me(mock: responses.RequestsMock) -> None:
    """Have X say whose keys they are."""
    mock.get(f"{API}/users/me", json={"data": {"id": ME, "username": "PHSOffice", "name": "PHSO"}})


def an_id(at: datetime, number: int = 0) -> str:
    """Return the id of a post of a time."""
    return str(((int(at.timestamp() * 1000) - 1_288_834_974_657) << 22) + number)


def a_post(number: int, *, at: datetime = NOW, **changes: Any) -> dict[str, Any]:
    """Return a post as X writes it."""
    post_id = an_id(at, number)
    return {
        "id": post_id,
        "text": f"@PHSOffice question {number}",
        "author_id": "42",
        "conversation_id": post_id,
        "created_at": f"{at:%Y-%m-%dT%H:%M:%S}.000Z",
        "edit_history_tweet_ids": [post_id],
        **changes,
    }


def a_message(number: int, *, at: datetime = NOW, **changes: Any) -> dict[str, Any]:
    """Return a direct message as X writes it."""
    return {
        "id": an_id(at, number),
        "event_type": "MessageCreate",
        "text": f"message {number}",
        "sender_id": "42",
        "dm_conversation_id": "42-99",
        "created_at": f"{at:%Y-%m-%dT%H:%M:%S}.000Z",
        **changes,
    }


def a_page(*items: dict[str, Any], next_token: str = "", **more: Any) -> dict[str, Any]:
    """Return a page as X writes it, newest first as given; without items it has no data."""
    meta: dict[str, Any] = {"result_count": len(items)}
    if next_token:
        meta["next_token"] = next_token
    page: dict[str, Any] = {"meta": meta, **more}
    if items:
        page["data"] = list(items)
        page.setdefault("includes", {"users": [{"id": "42", "username": "Ann", "name": "Ann B"}]})
    return page


def an_envelope(text: str = "We have it.", *, answers: str = "", key: str = "k1") -> Envelope:
    """Return an answer on its way out."""
    answer = Answer(network="x", recipient_id="42", answers=answers, text=text, key=key)
    return Envelope(sender="returns@office.example", recipient="@ann", content=pack_answer(answer))
