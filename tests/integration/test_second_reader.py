"""A second process reads what the first stores; whatever becomes of it, all mail is prepared."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import dataclass

import pytest
import structlog
from structlog.testing import capture_logs

from daemon.app import second
from daemon.app.reader import LiveClassifier
from daemon.app.second import FEWEST, SecondReader
from daemon.intake.prepare import Coming, prepare
from tests.builders import NOW, a_mail, a_raw, an_inbox
from tests.servers import wait_until
from tests.unit.classifying import the_classifier


@dataclass
class NoModel:
    """Facts and rules alone."""

    def version(self):
        return ""

    def load(self):
        return None, "none was learnt"


@pytest.fixture
def live():
    return LiveClassifier(the_classifier(), NoModel(), structlog.get_logger())


@pytest.fixture
def reader(live):
    one = SecondReader(live, log=structlog.get_logger())
    one.start()
    assert one.pid
    yield one
    one.close()


class Asked:
    """Asks a reader, and counts what it left to us."""

    def __init__(self, reader, live):
        self.reader, self.live, self.ours = reader, live, 0

    def coming(self, raws):
        return self.reader.prepare_all(
            raws, an_inbox(), own_servers=frozenset(), now=NOW, by_ourselves=self.by_ourselves
        )

    def by_ourselves(self, raw):
        self.ours += 1
        return self.expected(raw)

    def expected(self, raw):
        return prepare(raw, an_inbox(), classifier=self.live, own_servers=frozenset(), now=NOW)


@pytest.fixture
def asked(reader, live):
    return Asked(reader, live)


def some(count, *, size=0):
    return [
        a_raw(a_mail(text=f"Letter {n}. I want to complain about the ward." + "x" * size))
        for n in range(count)
    ]


def test_it_finds_what_we_would(asked):
    """Good and bad, small and large, in their order; the bytes are the ones that came."""
    raws = [
        *some(5),
        a_raw(b""),
        a_raw(b"no mail at all"),
        *some(2, size=3_000_000),
        a_raw(bytes(range(256)) * 50),
    ]
    found = list(asked.coming(raws))
    assert asked.ours == 0
    assert found == [asked.expected(raw) for raw in raws]
    assert [one.raw for one in found] == raws


def test_a_few_are_not_handed_over(asked):
    """It would take longer. They are done at once: not when a transaction asks for them."""
    coming = asked.coming(some(FEWEST - 1))
    assert asked.ours == FEWEST - 1
    assert len(list(coming)) == FEWEST - 1


def test_without_it_a_batch_is_prepared_at_once(live):
    """No transaction stays open for it."""
    asked = Asked(SecondReader(live, log=structlog.get_logger()), live)
    coming = asked.coming(some(9))
    assert asked.ours == 9
    assert len(list(coming)) == 9


def test_it_ends_in_the_middle_and_nothing_is_lost(asked, reader):
    """As the kernel may end it when memory is short."""
    raws = some(60, size=20_000)
    coming = asked.coming(raws)
    found = [next(coming)]
    with capture_logs() as log:
        os.kill(reader.pid, signal.SIGKILL)
        found += coming
    assert [one.raw for one in found] == raws
    assert asked.ours > 0
    assert [entry["event"] for entry in log] == ["reader_lost"]
    assert reader.pid == 0
    assert len(list(asked.coming(some(6)))) == 6


def test_it_hangs_and_nothing_waits_for_long(asked, reader, monkeypatch):
    """A transaction is open meanwhile."""
    monkeypatch.setattr(second, "_PATIENCE_S", 0.2)
    os.kill(reader.pid, signal.SIGSTOP)
    raws = some(6)
    assert [one.raw for one in asked.coming(raws)] == raws
    assert asked.ours == 6
    assert reader.pid == 0


def test_answers_to_a_batch_that_was_given_up_are_passed_over(asked):
    """A transaction that failed leaves the rest of its batch unread."""
    coming = asked.coming(some(30))
    next(coming)
    coming.close()
    raws = some(7)
    assert list(asked.coming(raws)) == [asked.expected(raw) for raw in raws]
    assert asked.ours == 0


def test_two_batches_at_once_do_not_wait_for_each_other(asked):
    """Another inbox is polled by another thread."""
    first = asked.coming(some(8))
    next(first)
    assert len(list(asked.coming(some(8)))) == 8
    assert asked.ours == 8
    assert len(list(first)) == 7


def test_another_version_judges_nothing(asked, live):
    """What was adopted since, and what it cannot read, is used by us alone."""
    live._classifier.version = "another"
    assert len(list(asked.coming(some(6)))) == 6
    assert asked.ours == 6


def test_a_signal_to_stop_is_not_for_it(asked, reader):
    """A service manager tells all processes; the first one says when it is enough."""
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1):
        os.kill(reader.pid, number)
    assert len(list(asked.coming(some(6)))) == 6
    assert asked.ours == 0


def test_it_ends_with_us(live):
    """Also when we are killed: the line is closed then."""
    reader = SecondReader(live, log=structlog.get_logger())
    reader.start()
    pid = reader.pid
    reader._line.close()
    _, status = os.waitpid(pid, 0)
    assert os.waitstatus_to_exitcode(status) == 0


def test_on_one_processor_there_is_none(live, monkeypatch):
    """It would only take turns with us."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: {0})
    reader = SecondReader(live, log=structlog.get_logger())
    reader.start()
    assert reader.pid == 0


def test_what_came_is_gone_through_again():
    """A transaction that met another daemon's is done anew, with what is prepared by then."""
    coming = Coming(iter(range(5)))
    first = iter(coming)
    assert [next(first), next(first)] == [0, 1]
    assert list(coming) == [0, 1, 2, 3, 4]
    assert list(coming) == [0, 1, 2, 3, 4]


def test_it_works_while_nobody_asks(asked, reader):
    """What was asked for is there when it is wanted, though the reader no longer answers."""
    raws = some(12)
    coming = asked.coming(raws)
    wait_until(reader._line.poll, what="an answer")
    time.sleep(1)
    os.kill(reader.pid, signal.SIGSTOP)
    assert [one.raw for one in coming] == raws
    assert asked.ours == 0


def test_a_batch_that_nobody_asks_for_leaves_the_way_free(asked, reader):
    """We were told to stop, or the database was away; its bytes do not stay in memory."""
    assert reader.is_free
    coming = asked.coming(some(8))
    assert not reader.is_free
    assert os.fstat(reader._file).st_size > 0
    del coming
    assert reader.is_free
    assert os.fstat(reader._file).st_size == 0
    raws = some(7)
    assert list(asked.coming(raws)) == [asked.expected(raw) for raw in raws]
    assert asked.ours == 0
