"""Several connections used as one outlet."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import pytest

from connectors.base import Envelope, UnavailableError
from connectors.several import Several
from connectors.smtp import SmtpOutlet
from tests.servers import HOST

LETTER = Envelope(sender="a@home.example", recipient="b@home.example", content=b"Subject: x\r\n")


@dataclass
class OneThread:
    """An outlet that notices when two threads use it."""

    name: str = "relay"
    sent: int = 0
    checked: int = 0
    closed: int = 0
    down: UnavailableError | None = None
    in_use: threading.Lock = field(default_factory=threading.Lock)
    before: threading.Barrier | None = None

    def send(self, _envelope):
        assert self.in_use.acquire(blocking=False)
        try:
            if self.before:
                self.before.wait(timeout=10)
            if self.down:
                raise self.down
            self.sent += 1
        finally:
            self.in_use.release()

    def check(self):
        if self.down:
            raise self.down
        self.checked += 1

    def close(self):
        self.closed += 1


def test_one_letter_after_the_other_leaves_by_one_connection():
    """The others are not opened for them."""
    outlets = [OneThread(), OneThread()]
    several = Several(outlets)
    for _ in range(3):
        several.send(LETTER)
    several.check()
    assert [(one.sent, one.checked) for one in outlets] == [(3, 1), (0, 0)]
    assert several.name == "relay"


def test_each_thread_has_a_connection_to_itself():
    """And whoever comes when all are in use waits for one."""
    outlets = [OneThread(before=threading.Barrier(1)) for _ in range(2)]
    several = Several(outlets)
    with ThreadPoolExecutor(5) as pool:
        list(pool.map(several.send, [LETTER] * 200))
    assert sum(one.sent for one in outlets) == 200
    together = threading.Barrier(2)
    for one in outlets:
        one.before = together
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(several.send, [LETTER] * 2))
    assert sum(one.sent for one in outlets) == 202


def test_a_connection_that_failed_is_used_again():
    """It mends itself, as it does where it is the only one."""
    outlets = [OneThread(down=UnavailableError("away"))]
    several = Several(outlets)
    for _ in range(2):
        with pytest.raises(UnavailableError):
            several.send(LETTER)
        with pytest.raises(UnavailableError):
            several.check()
    outlets[0].down = None
    several.send(LETTER)
    assert outlets[0].sent == 1


def test_all_connections_are_closed_and_can_be_closed_twice():
    """Those that were never opened too."""
    outlets = [OneThread(), OneThread()]
    several = Several(outlets)
    several.close()
    several.close()
    assert [one.closed for one in outlets] == [2, 2]


def test_a_mail_server_has_as_many_connections_as_it_is_given(mail_server):
    """Each letter comes once and whole."""
    before = mail_server.connections
    several = Several(
        [SmtpOutlet(name="out", host=HOST, port=mail_server.port, tls="none") for _ in range(3)]
    )
    mail_server.answer(at="data", delay_s=0.2)
    letters = [
        Envelope(sender="a@home.example", recipient=f"r{n}@home.example", content=LETTER.content)
        for n in range(9)
    ]
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(several.send, letters))
    several.close()
    assert mail_server.connections - before == 3
    assert sorted(one.recipients[0] for one in mail_server.accepted) == [
        one.recipient for one in letters
    ]
