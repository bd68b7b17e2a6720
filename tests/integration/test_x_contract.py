"""The contracts of inbox and outlet, on a local X that checks signatures and lists pages."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from connectors.base import Envelope
from connectors.network import Account, AccountSettings
from connectors.posts import Answer, pack_answer, unpack, unpack_answer
from connectors.twitter import X
from tests.contracts.inbox_contract import InboxContract, a_mail
from tests.contracts.outlet_contract import OutletContract
from tests.fakes import FakeMemory
from tests.servers.x import KEYS, OFFICE, XServer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from connectors.base import Inbox, Outlet, RawMessage
    from tests.contracts.inbox_contract import Box


def now() -> datetime:
    """The time."""
    return datetime.now(UTC)  # noqa: TID251 - the tests' own clock


def an_account(x: XServer) -> Account:
    """Return the office's account at a local X."""
    return X().open(
        AccountSettings(
            name="office",
            handle=OFFICE,
            own_handles=frozenset({OFFICE}),
            go_live_at=now() - timedelta(hours=1),
            secrets={name: (lambda words=words: words) for name, words in KEYS.items()},
            monthly_requests=10_000,
            api=x.url,
        ),
        memory=FakeMemory(),
        clock=now,
    )


@pytest.fixture
def x() -> Iterator[XServer]:
    """A local X, without limits that a contract would meet."""
    x = XServer(limits=dict.fromkeys(("mentions", "messages", "me"), (10_000, 900.0)))
    x.add_user("42", "ann")
    yield x
    x.close()


class XBox:
    """What people write to the office there; bytes travel as the letters of Latin-1."""

    def __init__(self, x: XServer) -> None:
        self.x = x

    def deliver(self, content: bytes) -> None:
        self.x.post(content.decode("latin-1"))

    def delete(self, content: bytes) -> None:
        text = content.decode("latin-1")
        self.x.delete(next(p for p in (*self.x.posts, *self.x.messages) if p["text"] == text))

    def state(self) -> object:
        return [dict(one) for one in (*self.x.posts, *self.x.messages)]

    def break_down(self) -> None:
        self.x.close()

    def inbox(self, *, max_message_bytes: int = 10**8, mark: bool = False) -> Inbox:
        del max_message_bytes, mark  # a post is short, and nothing is marked there
        return an_account(self.x).mentions("enquiries")


class XMessages(XBox):
    """Their direct messages."""

    def deliver(self, content: bytes) -> None:
        self.x.message(content.decode("latin-1"))

    def inbox(self, *, max_message_bytes: int = 10**8, mark: bool = False) -> Inbox:
        del max_message_bytes, mark
        return an_account(self.x).messages("enquiries")


class XInboxContract(InboxContract):
    """What holds for both inboxes of an account."""

    reads_ahead = True

    def delivered(self, message: RawMessage) -> bytes:
        return unpack(message.content).text.encode("latin-1")

    def test_a_message_too_large_comes_as_its_beginning(self, box: Box) -> None:
        """None is: the longest that X takes comes whole."""
        box.deliver(b"x" * 25_000)
        (message,) = box.inbox().fetch(None, limit=5).messages
        assert message.complete
        assert self.delivered(message) == b"x" * 25_000

    def test_what_is_done_is_moved_away_once(self, box: Box) -> None:
        """Nothing is: marking changes nothing, and what is done does not come again."""
        box.deliver(a_mail(1))
        inbox = box.inbox(mark=True)
        batch = inbox.fetch(None, limit=5)
        before = box.state()
        inbox.mark_done([m.external_id for m in batch.messages])
        assert box.state() == before
        assert inbox.fetch(batch.cursor, limit=5).messages == ()


class TestMentions(XInboxContract):
    """Mentions keep the contract."""

    @pytest.fixture
    def box(self, x: XServer) -> XBox:
        return XBox(x)


class TestMessages(XInboxContract):
    """Direct messages keep the contract."""

    @pytest.fixture
    def box(self, x: XServer) -> XBox:
        return XMessages(x)


class XPlace:
    """The messages that people get from the office."""

    def __init__(self, x: XServer) -> None:
        self.x = x
        self._outlet = an_account(x).answers("post")

    def outlet(self) -> Outlet:
        return self._outlet

    def arrived(self) -> list[bytes]:
        return [text.encode("latin-1") for text in self.x.sent_to("42")]

    def break_down(self) -> None:
        self.x.close()


class _Content(bytes):
    """The bytes of an answer, which equal what arrives of it: its words."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return unpack_answer(bytes(self)).text.encode("latin-1") == other

    __hash__ = bytes.__hash__


class TestAnswers(OutletContract):
    """Direct messages from the office keep the contract."""

    large = b"z" * 10_000

    @pytest.fixture
    def place(self, x: XServer) -> Iterator[XPlace]:
        place = XPlace(x)
        yield place
        place.outlet().close()

    def an_envelope(self, number: int = 1, *, content: bytes | None = None) -> Envelope:
        words = super().an_envelope(number, content=content).content.decode("latin-1")
        answer = Answer(network="x", recipient_id="42", text=words, key=f"k{number}")
        return Envelope(
            sender="returns@office.example",
            recipient="@resident",
            content=_Content(pack_answer(answer)),
        )
