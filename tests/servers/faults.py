"""A way to a server that lets things go wrong: late, cut, half-open, garbled, drop by drop.

It stands at a port of its own and passes bytes on to the server's. What befalls each connection is
drawn by a seed, so that a run can be had again.
"""

from __future__ import annotations

import random
import socket
import threading
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.servers import HOST

if TYPE_CHECKING:
    from collections.abc import Mapping

_CHUNK = 16 * 1024
KINDS: Mapping[str, float] = {
    "late": 0.10,  # each piece waits a moment
    "cut": 0.12,  # ends after so many bytes, in the middle of whatever is being said
    "mute": 0.04,  # taken, and never a word
    "garbled": 0.06,  # some bytes are others
    "drip": 0.05,  # a few bytes at a time
    "refused": 0.06,  # ended at once
}
"""How often each befalls a connection; the rest go well."""


@dataclass
class FaultyWay:
    """A port that leads to a server, for the most part."""

    to_port: int
    seed: int
    kinds: Mapping[str, float] = field(default_factory=lambda: dict(KINDS))
    mute_s: float = 8.0  # how long a mute connection is held
    host: str = HOST  # where it listens; "" for all addresses
    befell: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._chance = random.Random(self.seed)
        self._lock = threading.Lock()
        self._is_healed = threading.Event()
        self._open: set[socket.socket] = set()
        self._listener = socket.create_server((self.host, 0))
        threading.Thread(target=self._take, name="faults", daemon=True).start()

    @property
    def port(self) -> int:
        """Where to come in."""
        return int(self._listener.getsockname()[1])

    def heal(self) -> None:
        """Let everything go well from now on; what is open ends."""
        self._is_healed.set()
        self.cut_all()

    def cut_all(self) -> None:
        """End every connection, wherever it is."""
        with self._lock:
            for one in self._open:
                _end(one)

    def close(self) -> None:
        """Be no more."""
        self.heal()
        _end(self._listener)
        self._listener.close()

    def _draw(self) -> tuple[str, random.Random]:
        """Draw what befalls the next connection, and a chance of its own."""
        with self._lock:
            names = [*self.kinds, "well"]
            weights = [*self.kinds.values(), max(0.0, 1 - sum(self.kinds.values()))]
            kind = self._chance.choices(names, weights)[0]
            own = random.Random(self._chance.getrandbits(64))
            if self._is_healed.is_set():
                kind = "well"
            self.befell[kind] += 1
        return kind, own

    def _take(self) -> None:
        with suppress(OSError):
            while True:
                visitor, _ = self._listener.accept()
                kind, own = self._draw()
                threading.Thread(target=self._serve, args=(visitor, kind, own), daemon=True).start()

    def _serve(self, visitor: socket.socket, kind: str, own: random.Random) -> None:
        with self._lock:
            self._open.add(visitor)
        server: socket.socket | None = None
        try:
            if kind == "mute":
                self._is_healed.wait(self.mute_s)
            elif kind != "refused":
                server = socket.create_connection((HOST, self.to_port), timeout=10)
                server.settimeout(None)
                with self._lock:
                    self._open.add(server)
                other = random.Random(own.getrandbits(64))
                back = _Passing(server, visitor, kind, other)
                back.start()
                _Passing(visitor, server, kind, own).run()
                back.join()
        except OSError:
            pass
        finally:
            with self._lock:
                self._open -= {visitor, *([server] if server else [])}
            for one in (visitor, server):
                if one is not None:
                    _end(one)
                    one.close()


class _Passing(threading.Thread):
    """Passes bytes one way, as the connection's fate has it."""

    def __init__(
        self,
        source: socket.socket,
        target: socket.socket,
        kind: str,
        own: random.Random,
    ) -> None:
        super().__init__(daemon=True)
        self._source, self._target, self._kind, self._own = source, target, kind, own
        # Mostly early, where sign-ins and answers are; now and then in the middle of a mail.
        self._left = int(own.expovariate(1 / 6_000)) if kind == "cut" else -1

    def run(self) -> None:
        with suppress(OSError):
            while data := self._source.recv(_CHUNK):
                self._pass(data)
                if self._left == 0:
                    break
        _end(self._source)
        _end(self._target)

    def _pass(self, data: bytes) -> None:
        if self._kind == "late":
            time.sleep(self._own.uniform(0.0, 0.3))
        if self._kind == "garbled" and self._own.random() < 0.05:
            place = self._own.randrange(len(data))
            data = data[:place] + bytes([data[place] ^ 0x55]) + data[place + 1 :]
        if self._left > 0:
            data = data[: self._left]
            self._left -= len(data)
        if self._kind == "drip":
            for start in range(0, len(data), 64):
                self._target.sendall(data[start : start + 64])
                time.sleep(0.002)
            return
        self._target.sendall(data)


def _end(one: socket.socket) -> None:
    with suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
