"""Where children are born: a process that has loaded what reads files, and forks for each of them.

A new interpreter takes a quarter of a second to load; a fork of one that is loaded takes a few
milliseconds, and is as much on its own. The nursery opens no file: it is handed them.
"""

from __future__ import annotations

import atexit
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from daemon.attachments import child

if TYPE_CHECKING:
    from collections.abc import Callable

_LOOK_S: Final = 0.2
_IDLE_S: Final = 60.0  # then it ends, and gives its memory back
_MOST_BYTES: Final = 4096  # of a request


class Nursery:
    """The parent's side: a nursery process, started when it is first needed."""

    def __init__(self) -> None:
        self._alone = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._line: socket.socket | None = None

    @property
    def pid(self) -> int:
        """The number of the nursery process; 0 where there is none."""
        return self._process.pid if self._process else 0

    def run(
        self,
        arguments: tuple[str, ...],
        *,
        files: tuple[int, int],
        within_s: float,
        stopping: Callable[[], bool],
    ) -> int:
        """Have a child read a file and write what it says to another; return its exit status.

        `files` are the descriptors of both. It is negative where the child was ended, by itself or
        for its time; whatever it started ends with it.

        Raises:
            OSError: no child could be had, or `stopping` said to stop.
        """
        with self._alone:
            request = json.dumps({"arguments": arguments, "within_s": within_s}).encode()
            try:
                return self._asked(request, files, stopping)
            except (OSError, ValueError) as error:
                self.close()
                if isinstance(error, InterruptedError):
                    raise
            # It had just ended, for having been idle or by somebody: once more, with another one.
            for file in files:
                os.lseek(file, 0, os.SEEK_SET)
            os.ftruncate(files[1], 0)
            try:
                return self._asked(request, files, stopping)
            except (OSError, ValueError):
                self.close()
                raise

    def _asked(self, request: bytes, files: tuple[int, int], stopping: Callable[[], bool]) -> int:
        line = self._ready()
        socket.send_fds(line, [request], list(files))
        while not stopping():
            if select.select([line], [], [], _LOOK_S)[0]:
                return int(line.recv(_MOST_BYTES))
        why = "asked to stop"
        raise InterruptedError(why)

    def _ready(self) -> socket.socket:
        """Return the line to a nursery that lives."""
        if self._line is not None and not select.select([self._line], [], [], 0)[0]:
            return self._line  # nothing to be read from it: no end either
        self.close()
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-m", "daemon.attachments.nursery"],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env={"PATH": os.defpath, "LANG": "C.UTF-8"},
                start_new_session=True,
            )
        self._line = ours
        return ours

    def close(self) -> None:
        """Let the nursery end, and with it the child that it has."""
        line, process = self._line, self._process
        self._line = self._process = None
        if line is not None:
            line.close()
        if process is not None:
            try:
                process.wait(2.0)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


OURS: Final = Nursery()
"""The one of this process: it has one child at a time."""
atexit.register(OURS.close)


def main() -> None:
    """Fork for each request that comes on standard input, one after another."""
    child.load()
    line = socket.socket(fileno=0)
    while select.select([line], [], [], _IDLE_S)[0]:
        request, files, _, _ = socket.recv_fds(line, _MOST_BYTES, 2)
        if not request:
            return  # the parent is gone
        asked = json.loads(request)
        pid = os.fork()
        if pid == 0:
            _become(asked["arguments"], *files)
        for one in files:
            os.close(one)
        line.send(str(_awaited(pid, line, asked["within_s"])).encode())


def _become(arguments: list[str], source: int, out: int) -> None:
    """Be the child: with nothing open but the two files, and a session of its own."""
    code = 1
    try:
        os.setsid()
        os.dup2(source, 0)
        os.dup2(out, 1)
        os.closerange(3, 256)
        code = child.run(arguments)
    finally:
        os._exit(code)


def _awaited(pid: int, line: socket.socket, within_s: float) -> int:
    """Return the exit status of a child; end it for its time, or when the parent is gone."""
    ended = os.pidfd_open(pid)
    ready = select.select([ended, line.fileno()], [], [], within_s)[0]
    os.close(ended)
    if ended not in ready:
        os.kill(pid, signal.SIGKILL)  # it may not lead a group of its own yet
    status = os.waitpid(pid, 0)[1]
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)  # what it may have left behind
    return os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    main()
