"""A second process that parses and classifies, while the first stores and sends what came before.

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
from collections import deque
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
_AHEAD_BYTES: Final = 4 << 20  # of answers that nobody has asked for yet; the system may allow less
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

    @property
    def is_free(self) -> bool:
        """Whether there is a second process that nobody has asked for anything."""
        return self._line is not None and not self._alone.locked()

    def start(self) -> None:
        """Fork the second process, where the machine has a processor for it.

        To be called before any thread is started: a fork has none of them, and all their locks.
        """
        if len(os.sched_getaffinity(0)) == 1:
            return
        ours, theirs = socket.socketpair()
        theirs.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _AHEAD_BYTES)
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
        """Ask for messages, and return them prepared, in their order, each as soon as it is there.

        Those that the second process does not give back go `by_ourselves`; where it is not to be
        asked, at once, and not in the transaction that will take them.
        """
        if len(messages) < FEWEST or self._line is None or not self._alone.acquire(blocking=False):
            return iter([by_ourselves(one) for one in messages])
        batch = _Batch(
            messages=tuple(replace(one, content=b"") for one in messages),
            inbox=inbox,
            own_servers=own_servers,
            now=now,
            version=self._classifier.version,
        )
        return _Answers(self, self._ask(batch, messages), messages, by_ourselves)

    def _ask(self, batch: _Batch, messages: Sequence[RawMessage]) -> int:
        """Hand a batch over; return its number, 0 where it could not be."""
        if self._line is None:
            return 0
        self._number += 1
        try:
            lengths = tuple(_written(self._file, [one.content for one in messages]))
            self._line.send(replace(batch, number=self._number, lengths=lengths))
        except (OSError, pickle.PickleError) as error:
            self._lose(error)
            return 0
        return self._number

    def answer(self, number: int) -> Prepared | None:
        """Return the next answer to a batch that was asked for; None: there is no more."""
        if self._line is None or not number:
            return None
        try:
            return _answer(self._line, number)
        except (OSError, EOFError, pickle.PickleError) as error:
            self._lose(error)
            return None

    def next_batch(self) -> None:
        """Say that nothing more is wanted of the last one."""
        if self._line is not None:
            with suppress(OSError):
                os.ftruncate(self._file, 0)  # or its bytes would stay in memory until the next
        self._alone.release()

    def _lose(self, error: Exception) -> None:
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


class _Answers:
    """The answers to a batch, as they are asked for; whoever has it has the second process."""

    def __init__(
        self,
        reader: SecondReader,
        number: int,
        messages: Sequence[RawMessage],
        by_ourselves: Callable[[RawMessage], Prepared],
    ) -> None:
        self._reader, self._number = reader, number
        self._waiting = deque(messages)
        self._by_ourselves = by_ourselves
        self._is_open = True

    def __iter__(self) -> Iterator[Prepared]:
        return self

    def __next__(self) -> Prepared:
        if not self._waiting:
            self.close()
            raise StopIteration
        raw = self._waiting.popleft()
        item = self._reader.answer(self._number) if self._is_open else None
        if item is None:
            self.close()
            return self._by_ourselves(raw)
        if not self._waiting:
            self.close()
        return replace(item, raw=raw)

    def close(self) -> None:
        """Let the next batch have the second process; the rest of this one is left to us."""
        if self._is_open:
            self._is_open = False
            self._reader.next_batch()

    def __del__(self) -> None:
        """Nobody asks for the rest: we were told to stop, or the transaction failed."""
        self.close()


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
