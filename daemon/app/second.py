"""A second process that parses and classifies, while the first stores what came before.

It is forked from the first one with rules and model in place, which both then share, and is handed
whole batches. It keeps nothing and writes nothing: should it end, hang, or know another model, the
first process does the work itself.
"""

from __future__ import annotations

import os
import pickle
import signal
import socket
import sys
import threading
import warnings
from contextlib import suppress
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, Final

from daemon.intake.prepare import Prepared, prepare

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from structlog.typing import FilteringBoundLogger

    from connectors.base import RawMessage
    from daemon.app.reader import LiveClassifier
    from daemon.intake.facts import InboxFacts

FEWEST: Final = 4  # messages: fewer are read faster than they are handed over
_PATIENCE_S: Final = 20.0  # for one message; a transaction waits
_IGNORED: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Batch:
    """What the second process is asked: messages without their bytes, which lie in the file."""

    messages: tuple[RawMessage, ...]
    inbox: InboxFacts
    own_servers: frozenset[str]
    now: datetime
    version: str  # of the classifier that is to judge
    number: int = 0
    lengths: tuple[int, ...] = ()  # of the messages' bytes


class SecondReader:
    """Prepares batches in a second process, one batch at a time."""

    def __init__(self, classifier: LiveClassifier, *, log: FilteringBoundLogger) -> None:
        self._classifier, self._log = classifier, log
        self._alone = threading.Lock()
        self._line: Connection | None = None
        self._file = -1  # the bytes of a batch, in memory
        self._pid = 0
        self._number = 0

    @property
    def pid(self) -> int:
        """The number of the second process; 0 where there is none."""
        return self._pid

    def start(self) -> None:
        """Fork the second process, where the machine has a processor for it.

        To be called before any thread is started: a fork has none of them, and all their locks.
        """
        if len(os.sched_getaffinity(0)) == 1:
            return
        ours, theirs = socket.socketpair()
        self._file = os.memfd_create("batch")
        sys.stdout.flush()
        sys.stderr.flush()
        pid = _forked()
        if pid == 0:
            ours.close()
            _serve(Connection(theirs.detach()), self._file, self._classifier)
        theirs.close()
        self._line, self._pid = Connection(ours.detach()), pid

    def prepare_all(
        self,
        messages: Sequence[RawMessage],
        inbox: InboxFacts,
        *,
        own_servers: frozenset[str],
        now: datetime,
        by_ourselves: Callable[[RawMessage], Prepared],
    ) -> Iterator[Prepared]:
        """Return messages prepared, in their order, each as soon as it is there.

        Those that the second process does not give back go `by_ourselves`; where it is not to be
        asked, at once, and not in the transaction that will take them.
        """
        if len(messages) < FEWEST or self._line is None or self._alone.locked():
            return iter([by_ourselves(one) for one in messages])
        batch = _Batch(
            messages=tuple(replace(one, content=b"") for one in messages),
            inbox=inbox,
            own_servers=own_servers,
            now=now,
            version=self._classifier.version,
        )
        return self._as_they_come(batch, messages, by_ourselves)

    def _as_they_come(
        self,
        batch: _Batch,
        messages: Sequence[RawMessage],
        by_ourselves: Callable[[RawMessage], Prepared],
    ) -> Iterator[Prepared]:
        done = 0
        if self._alone.acquire(blocking=False):
            try:
                for item in self._answers(batch, messages):
                    yield replace(item, raw=messages[done])
                    done += 1
            finally:
                self._alone.release()
        yield from map(by_ourselves, messages[done:])

    def _answers(self, batch: _Batch, messages: Sequence[RawMessage]) -> Iterator[Prepared]:
        """Ask for a batch and yield what comes back of it, until nothing more does."""
        line = self._line
        try:
            if line is None:
                return
            self._number += 1
            lengths = tuple(_written(self._file, [one.content for one in messages]))
            line.send(replace(batch, number=self._number, lengths=lengths))
            for _ in messages:
                item = _answer(line, self._number)
                if item is None:
                    return
                yield item
            os.ftruncate(self._file, 0)
        except (OSError, EOFError, pickle.PickleError) as error:
            self._log.warning("reader_lost", why=type(error).__name__)
            self.close()

    def close(self) -> None:
        """End the second process; what comes is prepared in this one from now on."""
        line, self._line = self._line, None
        if line is None:
            return
        line.close()
        os.close(self._file)
        pid, self._pid = self._pid, 0
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        with suppress(ChildProcessError):
            os.waitpid(pid, 0)


def _forked() -> int:
    """Fork; the child does not hear the signals that are meant for its parent, at any moment."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _IGNORED)
    try:
        with warnings.catch_warnings():  # Python warns where threads are left of a daemon before
            warnings.simplefilter("ignore", DeprecationWarning)
            pid = os.fork()
        if pid == 0:
            for one in _IGNORED:
                signal.signal(one, signal.SIG_IGN)
        return pid
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _written(file: int, contents: Sequence[bytes]) -> Iterator[int]:
    """Write contents one behind the other into a file that is emptied; yield their lengths."""
    os.ftruncate(file, 0)
    os.lseek(file, 0, os.SEEK_SET)
    for content in contents:
        rest = memoryview(content)
        while rest:
            rest = rest[os.write(file, rest) :]
        yield len(content)


def _answer(line: Connection, number: int) -> Prepared | None:
    """Return the next answer to a batch, passing over those to one that was given up.

    Raises:
        OSError, EOFError: none came.
    """
    while line.poll(_PATIENCE_S):
        answered, item = line.recv()
        if answered == number:
            return item if isinstance(item, Prepared) else None
    raise TimeoutError


def _serve(line: Connection, file: int, classifier: LiveClassifier) -> None:
    """Be the second process: answer until the first one is gone. Never returns."""
    try:
        quiet = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(quiet, stream)
        while True:
            _answer_all(line, file, line.recv(), classifier)
    finally:
        os._exit(0)


def _answer_all(line: Connection, file: int, batch: _Batch, classifier: LiveClassifier) -> None:
    if classifier.version != batch.version:
        classifier.refresh()
    if classifier.version != batch.version:
        line.send((batch.number, None))
        return
    start = 0
    for message, length in zip(batch.messages, batch.lengths, strict=True):
        item = prepare(
            replace(message, content=os.pread(file, length, start)),
            batch.inbox,
            classifier=classifier,
            own_servers=batch.own_servers,
            now=batch.now,
        )
        line.send((batch.number, replace(item, raw=message)))
        start += length
