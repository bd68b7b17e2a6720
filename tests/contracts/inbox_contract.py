"""The contract of an `Inbox`: a test class to run on every implementation."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Protocol

import pytest

from connectors.base import Cursor, UnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from connectors.base import Batch, Inbox, RawMessage


class Box(Protocol):
    """A place with an inbox on it, and a way to do to it what the world does."""

    def inbox(self, *, max_message_bytes: int = ..., mark: bool = ...) -> Inbox:
        """Return an inbox on this place; `mark`: it moves what is done out of the way."""
        ...

    def deliver(self, content: bytes) -> None:
        """Put a message in."""
        ...

    def delete(self, content: bytes) -> None:
        """Take the message of this content out for good."""
        ...

    def state(self) -> object:
        """Return whatever a reader might change: names, flags, numbers."""
        ...

    def break_down(self) -> None:
        """Make the place unreachable."""
        ...


def a_mail(number: int, body: str = "I have not had a reply.") -> bytes:
    """Return a small mail; each number makes another."""
    return (
        f"Message-ID: <{number}@sender.example>\r\nSubject: number {number}\r\n\r\n"
        f"{body}\r\n.\r\n..two dots\r\nFrom the last line, without an end"
    ).encode()


def contents(messages: tuple[RawMessage, ...]) -> list[bytes]:
    """Return the bytes of messages, in order."""
    return [message.content for message in messages]


def all_batches(inbox: Inbox, cursor: Cursor | None = None, *, limit: int = 3) -> Iterator[Batch]:
    """Fetch until nothing more is promised; bounded, so that a test ends."""
    for _ in range(50):
        batch = inbox.fetch(cursor, limit=limit)
        yield batch
        cursor = batch.cursor
        if not batch.more:
            return
    pytest.fail("the inbox promised more for ever")


class InboxContract:
    """The rules; a subclass gives a fixture `box` and perhaps how a name is spelt."""

    reads_ahead = False
    """Whether what was listed is had: then it comes, though somebody deletes it meanwhile."""

    def delivered(self, message: RawMessage) -> bytes:
        """Return the bytes that were delivered as this message."""
        return message.content

    def contents(self, messages: tuple[RawMessage, ...]) -> list[bytes]:
        """Return what was delivered as these messages, in order."""
        return [self.delivered(message) for message in messages]

    @pytest.fixture
    def box(self) -> Box:
        """The implementation under test, empty."""
        raise NotImplementedError

    def test_an_empty_inbox_gives_nothing_and_a_cursor(self, box: Box) -> None:
        """An empty inbox gives an empty batch whose cursor can be kept."""
        batch = box.inbox().fetch(None, limit=10)
        assert (batch.messages, batch.missed, batch.more) == ((), (), False)
        assert isinstance(batch.cursor, str)

    def test_bytes_come_as_they_were_delivered(self, box: Box) -> None:
        """Content is identical to what was delivered, odd line ends and dots included."""
        mails = [a_mail(1), b"no header at all", b"Subject: \xff\xfe\x80\r\n\r\n\xe9\r\n"]
        for mail in mails:
            box.deliver(mail)
        batch = box.inbox().fetch(None, limit=10)
        assert self.contents(batch.messages) == mails
        assert [m.size for m in batch.messages] == [len(m.content) for m in batch.messages]
        assert all(m.complete and m.inbox == box.inbox().name for m in batch.messages)

    def test_messages_bear_the_time_they_arrived(self, box: Box) -> None:
        """The time of arrival is aware, UTC, and of just now."""
        box.deliver(a_mail(1))
        (message,) = box.inbox().fetch(None, limit=1).messages
        assert message.arrived_at is not None
        assert message.arrived_at.utcoffset() == timedelta(0)
        assert abs(datetime.now(UTC) - message.arrived_at) < timedelta(minutes=2)  # noqa: TID251

    @pytest.mark.parametrize("limit", [1, 2, 3, 7, 100])
    def test_batches_lose_and_repeat_nothing_in_order(self, box: Box, limit: int) -> None:
        """Whatever the limit, all messages come once, in order, no batch above the limit."""
        mails = [a_mail(n) for n in range(7)]
        for mail in mails:
            box.deliver(mail)
        batches = list(all_batches(box.inbox(), limit=limit))
        assert [c for batch in batches for c in self.contents(batch.messages)] == mails
        assert all(len(batch.messages) <= limit for batch in batches)
        ids = [m.external_id for batch in batches for m in batch.messages]
        assert len(set(ids)) == len(mails)

    def test_the_same_cursor_gives_the_same_messages(self, box: Box) -> None:
        """Fetching again from a cursor, also an earlier one, repeats what came before."""
        for n in range(5):
            box.deliver(a_mail(n))
        inbox = box.inbox()
        first = inbox.fetch(None, limit=2)
        second = inbox.fetch(first.cursor, limit=2)
        assert inbox.fetch(first.cursor, limit=2).messages == second.messages
        assert inbox.fetch(None, limit=2).messages == first.messages
        assert inbox.fetch(first.cursor, limit=2).messages == second.messages

    def test_nothing_arrives_twice_and_new_mail_does(self, box: Box) -> None:
        """From the cursor returned only what came later is given."""
        box.deliver(a_mail(1))
        inbox = box.inbox()
        cursor = inbox.fetch(None, limit=10).cursor
        again = inbox.fetch(cursor, limit=10)
        assert again.messages == ()
        box.deliver(a_mail(2))
        later = inbox.fetch(again.cursor, limit=10)
        assert self.contents(later.messages) == [a_mail(2)]
        assert inbox.fetch(later.cursor, limit=10).messages == ()

    def test_after_a_restart_nothing_known_is_repeated_or_lost(self, box: Box) -> None:
        """A new object with the old cursor and receipts goes on where the old one stopped."""
        for n in range(4):
            box.deliver(a_mail(n))
        before = box.inbox().fetch(None, limit=2)
        had = {m.external_id for m in before.messages}
        after = box.inbox().fetch(before.cursor, limit=10, known=had.intersection)
        assert self.contents(after.messages) == [a_mail(2), a_mail(3)]

    def test_external_ids_last_over_a_restart(self, box: Box) -> None:
        """The same message has the same external id for another object."""
        box.deliver(a_mail(1))
        first = box.inbox().fetch(None, limit=1).messages
        assert box.inbox().fetch(None, limit=1).messages == first

    def test_a_cursor_that_is_not_ours_starts_from_the_beginning(self, box: Box) -> None:
        """A cursor that cannot be read loses nothing: reading begins anew."""
        box.deliver(a_mail(1))
        for strange in ("", "nonsense", "1:", ":1", "-1:-1", "9" * 40):
            assert len(box.inbox().fetch(Cursor(strange), limit=5).messages) == 1

    def test_reading_changes_nothing(self, box: Box) -> None:
        """Fetching and listing leave flags, names and numbers as they are."""
        box.deliver(a_mail(1))
        box.deliver(a_mail(2))
        before = box.state()
        inbox = box.inbox()
        first = inbox.fetch(None, limit=1)
        inbox.fetch(first.cursor, limit=5)
        inbox.fetch_ids(inbox.list_ids(None))
        inbox.close()
        assert box.state() == before

    def test_what_was_deleted_meanwhile_holds_nothing_up(self, box: Box) -> None:
        """A message deleted between two batches is passed by, the others come."""
        for n in range(4):
            box.deliver(a_mail(n))
        inbox = box.inbox()
        first = inbox.fetch(None, limit=1)
        box.delete(a_mail(1))
        rest = list(all_batches(inbox, first.cursor, limit=1))
        expected = [a_mail(n) for n in ((1, 2, 3) if self.reads_ahead else (2, 3))]
        assert [c for b in rest for c in self.contents(b.messages)] == expected

    def test_what_is_gone_has_vanished(self, box: Box) -> None:
        """Asking for messages by id returns those that are there and misses the others."""
        for n in range(3):
            box.deliver(a_mail(n))
        inbox = box.inbox()
        ids = [m.external_id for m in inbox.fetch(None, limit=3).messages]
        box.delete(a_mail(1))
        again = inbox.fetch_ids([*ids, "nobody-has-this-id"])
        assert self.contents(again.messages) == [a_mail(0), a_mail(2)]
        missed = {miss.external_id: miss.reason for miss in again.missed}
        assert missed == {ids[1]: "vanished", "nobody-has-this-id": "vanished"}
        assert again.cursor == ""

    def test_a_message_too_large_comes_as_its_beginning(self, box: Box) -> None:
        """Above the limit only the beginning is fetched, with the true size; others are whole."""
        large = a_mail(1, "x" * 70 + "\r\n" + ("y" * 78 + "\r\n") * 10_000)
        box.deliver(a_mail(0))
        box.deliver(large)
        box.deliver(a_mail(2))
        messages = box.inbox(max_message_bytes=600_000).fetch(None, limit=5).messages
        assert [m.complete for m in messages] == [True, False, True]
        assert messages[1].size == len(large)
        assert 256_000 < len(messages[1].content) < 600_000
        assert large.startswith(messages[1].content)

    def test_the_list_of_ids_is_that_of_the_messages(self, box: Box) -> None:
        """Listing gives the ids that fetching gives, none of them before the day asked for."""
        for n in range(3):
            box.deliver(a_mail(n))
        inbox = box.inbox()
        ids = [m.external_id for m in inbox.fetch(None, limit=3).messages]
        now = datetime.now(UTC)  # noqa: TID251
        assert list(inbox.list_ids(None)) == ids
        assert list(inbox.list_ids(now - timedelta(hours=1))) == ids
        assert list(inbox.list_ids(now + timedelta(days=10))) == []

    def test_what_a_fetch_has_brought_is_not_to_come(self, box: Box) -> None:
        """Only what lies beyond the cursor is; the rest, if nobody has it, is a gap."""
        for n in range(4):
            box.deliver(a_mail(n))
        inbox = box.inbox()
        ids = list(inbox.list_ids(None))
        cursor = inbox.fetch(None, limit=2).cursor
        assert inbox.list_ids(None, cursor=cursor) == ids
        assert inbox.to_come(cursor, ids) == set(ids[2:])
        assert box.inbox().to_come(None, ids) == set(ids)

    def test_what_is_done_is_moved_away_once(self, box: Box) -> None:
        """Marking takes messages out of the inbox; doing it twice or to strangers is fine."""
        for n in range(3):
            box.deliver(a_mail(n))
        inbox = box.inbox(mark=True)
        batch = inbox.fetch(None, limit=2)
        ids = [m.external_id for m in batch.messages]
        for _ in range(2):
            inbox.mark_done([*ids, "nobody-has-this-id"])
        assert self.contents(inbox.fetch(batch.cursor, limit=5).messages) == [a_mail(2)]
        assert not set(ids) & set(inbox.list_ids(None))

    def test_without_a_mark_what_is_done_stays(self, box: Box) -> None:
        """An inbox that is told to leave things as they are does."""
        box.deliver(a_mail(1))
        inbox = box.inbox()
        ids = [m.external_id for m in inbox.fetch(None, limit=2).messages]
        before = box.state()
        inbox.mark_done(ids)
        assert box.state() == before

    def test_a_batch_says_that_more_lies_there(self, box: Box) -> None:
        """At least one more beyond it, as long as there is one; then none."""
        for number in range(3):
            box.deliver(a_mail(number))
        inbox = box.inbox()
        first = inbox.fetch(None, limit=2)
        assert first.left >= 1
        assert inbox.fetch(first.cursor, limit=2).left == 0
        inbox.close()

    def test_a_check_counts_and_changes_nothing(self, box: Box) -> None:
        """It connects and opens the inbox for reading, and that is all."""
        inbox = box.inbox()
        assert inbox.check() == 0
        for number in range(3):
            box.deliver(a_mail(number))
        before = box.state()
        assert inbox.check() == 3
        assert box.state() == before
        inbox.close()
        box.break_down()
        with pytest.raises(UnavailableError):
            box.inbox().check()

    def test_closing_twice_is_fine_and_reading_opens_again(self, box: Box) -> None:
        """An inbox can be closed before its first use, twice, and used again."""
        box.deliver(a_mail(1))
        inbox = box.inbox()
        inbox.close()
        assert len(inbox.fetch(None, limit=1).messages) == 1
        inbox.close()
        inbox.close()
        assert len(inbox.fetch(None, limit=1).messages) == 1

    def test_waiting_ends_in_time_and_when_interrupted(self, box: Box) -> None:
        """A wait with nothing new returns False in time; one interrupted before returns at once."""
        inbox = box.inbox()
        inbox.fetch(None, limit=1)
        began = datetime.now(UTC)  # noqa: TID251
        assert inbox.wait(0.3) is False
        inbox.interrupt()
        assert inbox.wait(60) is False
        assert datetime.now(UTC) - began < timedelta(seconds=10)  # noqa: TID251

    def test_a_place_that_is_down_is_unavailable(self, box: Box) -> None:
        """What cannot be reached says so, in every operation, and with a sentence."""
        box.break_down()
        inbox = box.inbox(mark=True)
        for operation in (
            lambda: inbox.fetch(None, limit=1),
            lambda: inbox.fetch_ids(["1:1"]),
            lambda: inbox.list_ids(None),
        ):
            with pytest.raises(UnavailableError, match=r"reached|used"):
                operation()
