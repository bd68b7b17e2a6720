"""The contract of an `Outlet`: a test class to run on every implementation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import pytest

from connectors.base import Envelope, UnavailableError

if TYPE_CHECKING:
    from connectors.base import Outlet


class Place(Protocol):
    """Where an outlet leads."""

    def outlet(self) -> Outlet:
        """Return an outlet that leads here."""
        ...

    def arrived(self) -> list[bytes]:
        """Return what arrived, in order."""
        ...

    def break_down(self) -> None:
        """Make the place unreachable."""
        ...


def an_envelope(
    number: int = 1, recipient: str = "resident@example.org", content: bytes | None = None
) -> Envelope:
    """Return a message on its way out."""
    text = (
        f"Message-ID: <{number}@office.example>\r\nSubject: we have your letter\r\n\r\n"
        "Thank you.\r\n.\r\n..\r\n.a line that begins with a dot\r\n"
    )
    return Envelope(
        sender="returns@office.example",
        recipient=recipient,
        content=text.encode() if content is None else content,
    )


class OutletContract:
    """The rules; a subclass gives a fixture `place`."""

    large = b"Subject: large\r\n\r\n" + (b"z" * 76 + b"\r\n") * 40_000
    """As much as goes through in one message."""

    def an_envelope(self, number: int = 1, *, content: bytes | None = None) -> Envelope:
        """Return a message on its way out."""
        return an_envelope(number, content=content)

    @pytest.fixture
    def place(self) -> Place:
        """The implementation under test."""
        raise NotImplementedError

    def test_bytes_arrive_as_they_were_sent(self, place: Place) -> None:
        """What arrives is what was sent, lines that begin with a dot included."""
        place.outlet().send(self.an_envelope())
        assert place.arrived() == [self.an_envelope().content]

    def test_messages_arrive_in_order(self, place: Place) -> None:
        """One outlet sends many messages, each of them once and in order."""
        outlet = place.outlet()
        sent = [self.an_envelope(n) for n in range(20)]
        for envelope in sent:
            outlet.send(envelope)
        outlet.close()
        assert place.arrived() == [envelope.content for envelope in sent]

    def test_a_large_message_arrives_whole(self, place: Place) -> None:
        """Megabytes go through unharmed."""
        place.outlet().send(self.an_envelope(content=self.large))
        assert place.arrived() == [self.large]

    def test_closing_twice_is_fine_and_sending_opens_again(self, place: Place) -> None:
        """An outlet can be closed before its first use, twice, and used again."""
        outlet = place.outlet()
        outlet.close()
        outlet.send(self.an_envelope(1))
        outlet.close()
        outlet.close()
        outlet.send(self.an_envelope(2))
        outlet.close()
        assert len(place.arrived()) == 2

    def test_a_check_sends_nothing(self, place: Place) -> None:
        """It connects and signs in, and that is all."""
        outlet = place.outlet()
        outlet.check()
        outlet.check()
        assert place.arrived() == []
        outlet.send(self.an_envelope())
        assert len(place.arrived()) == 1
        outlet.close()

    def test_a_check_of_a_place_that_is_down_is_unavailable(self, place: Place) -> None:
        """As for a send."""
        place.break_down()
        with pytest.raises(UnavailableError):
            place.outlet().check()

    def test_a_place_that_is_down_is_unavailable(self, place: Place) -> None:
        """What cannot be reached says so with a sentence that names no person."""
        outlet = place.outlet()
        place.break_down()
        with pytest.raises(UnavailableError, match=r"reached|used") as caught:
            outlet.send(self.an_envelope())
        assert "resident" not in str(caught.value)
