"""An IMAP server that lies: another one behind it holds the mail, and some of its words change.

Sizes are wrong, numbers come twice and out of order, nobody asked for what is told, and it says BYE
or hangs up at any moment, also in the middle of a mail. What it says of the mails themselves is
true: whoever believes no more than that loses nothing.
"""

from __future__ import annotations

import random
import re
import socket
import threading
from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING, BinaryIO

from tests.servers import HOST
from tests.servers.scripted import HangUpError, LineServer

if TYPE_CHECKING:
    from collections.abc import Iterator

_SIZE = re.compile(rb"RFC822\.SIZE (\d+)")
_LITERAL = re.compile(rb"\{(\d+)\}\r\n$")
_SEARCH = re.compile(rb"^\* SEARCH((?: \d+)+)")
_BYE = 0.004  # a line
_DUPLICATE, _SIZED, _UNASKED = 0.3, 0.5, 0.05


class LyingImap(LineServer):
    """Stands before an IMAP server without TLS; what it says is drawn by a seed."""

    def __init__(self, to_port: int, seed: int) -> None:
        self.lies: Counter[str] = Counter()
        self._to_port = to_port
        self._chance = random.Random(seed)
        self._is_honest = threading.Event()
        super().__init__()

    def repent(self) -> None:
        """Say the truth from now on; what is open ends."""
        self._is_honest.set()
        self.cut()

    def serve(self, stream: BinaryIO) -> None:
        """Hold one conversation."""
        own = random.Random(self._chance.getrandbits(64))
        with socket.create_connection((HOST, self._to_port), timeout=10) as server:
            server.settimeout(None)
            threading.Thread(target=_pass_on, args=(stream, server), daemon=True).start()
            with server.makefile("rb") as said, suppress(OSError):
                while line := said.readline():
                    stream.writelines(self._told(line, own))
                    if found := _LITERAL.search(line):
                        self._hand_over(stream, said.read(int(found[1])), own)

    def _told(self, line: bytes, own: random.Random) -> Iterator[bytes]:
        """Yield what is told in the place of a line."""
        if self._is_honest.is_set() or not line.startswith(b"* "):
            yield line
            return
        if own.random() < _BYE:
            self.lies["bye"] += 1
            yield b"* BYE There is too much to do.\r\n"
            raise HangUpError
        if own.random() < _UNASKED:
            self.lies["unasked"] += 1
            yield own.choice((b"* 1 RECENT\r\n", b"* OK Hello again\r\n", b"* FLAGS ()\r\n"))
        if (found := _SIZE.search(line)) and own.random() < _SIZED:
            self.lies["size"] += 1
            size = own.choice((0, 1, int(found[1]) * 3 + 7, int(found[1]) // 2))
            line = line[: found.start(1)] + str(size).encode() + line[found.end(1) :]
        if (found := _SEARCH.match(line)) and own.random() < _DUPLICATE:
            self.lies["twice"] += 1
            numbers = found[1].split()
            numbers += own.sample(numbers, own.randint(1, len(numbers)))
            own.shuffle(numbers)
            line = b"* SEARCH " + b" ".join(numbers) + line[found.end() :]
        yield line
        if b" FETCH (" in line and line.endswith(b")\r\n") and own.random() < _DUPLICATE:
            self.lies["again"] += 1
            yield line

    def _hand_over(self, stream: BinaryIO, literal: bytes, own: random.Random) -> None:
        """Say a literal; now and then half of it, and then nothing more."""
        if self._is_honest.is_set() or own.random() >= _BYE:
            stream.write(literal)
            return
        self.lies["half"] += 1
        stream.write(literal[: len(literal) // 2])
        raise HangUpError


def _pass_on(stream: BinaryIO, server: socket.socket) -> None:
    """Hand on what a client says, as it is."""
    with suppress(OSError, ValueError):
        while data := stream.read(16 * 1024):
            server.sendall(data)
    with suppress(OSError):
        server.shutdown(socket.SHUT_RDWR)
