"""Sealing the audit, noting its head elsewhere, and finding out whether anybody touched it."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from daemon.seals import Anchor, Problem, Verifier, chain

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from pathlib import Path

    from daemon.store import Store
    from daemon.tokens import Signer

_AT_ONCE = 1000
_LATE_WITHIN = 10_000
"""How far below the highest sealed line a late one is looked for at each round.

On PostgreSQL a line gets its id when it is written and shows when its transaction commits, so that
a lower id may show after a higher one was sealed. No transaction of ours lasts while ten thousand
other lines are written; the whole audit is looked through at each start and once a day all the
same, so that none stays unsealed.
"""


class AnchorError(Exception):
    """A file of anchors cannot be read; the message names it and the line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """What a look through the whole audit found."""

    rows: int
    sealed: int
    unsealed: int
    head: Anchor | None
    problems: tuple[Problem, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong; lines that wait for their seal are not."""
        return not self.problems


@dataclass(frozen=True, slots=True, kw_only=True)
class Auditor:
    """The use case: seal, anchor and verify."""

    store: Store
    signer: Signer
    clock: Callable[[], datetime]

    def seal(self, *, everything: bool = False) -> int:
        """Seal the lines that bear no seal; return how many there were.

        `everything` looks through the whole audit for late ones, not only near its end.

        Raises:
            StoreUnavailableError: the database does not answer.
        """
        count = 0
        while found := self._seal_some(everything=everything):
            count += found
        return count

    def _seal_some(self, *, everything: bool) -> int:
        with self.store.write() as tx:
            tx.one_sealer_at_a_time()
            above = 0 if everything else max(0, tx.highest_sealed() - _LATE_WITHIN)
            rows = tx.unsealed(above=above, limit=_AT_ONCE)
            seals = list(chain(self.signer, rows, after=tx.last_seal()))
            tx.add_seals(seals, now=self.clock())
            return len(seals)

    def head(self) -> Anchor | None:
        """Return the head of the chain, to be noted outside the database."""
        with self.store.read() as tx:
            last = tx.last_seal()
        if last is None:
            return None
        return Anchor(position=last.position, mac=last.mac, at=self.clock().isoformat())

    def verify(self, anchors: Sequence[Anchor]) -> Verified:
        """Look through the whole audit.

        Raises:
            StoreUnavailableError: the database does not answer.
        """
        looking = Verifier(self.signer, anchors)
        problems: list[Problem] = []
        sealed = 0
        with self.store.read() as tx:
            for seal, row in tx.sealed():
                sealed += 1
                problems += looking.look(seal, row)
            rows, unsealed = tx.count_audit(), tx.count_unsealed()
        problems += looking.end()
        return Verified(
            rows=rows,
            sealed=sealed,
            unsealed=unsealed,
            head=looking.head,
            problems=tuple(problems),
        )


def note_anchor(path: Path, anchor: Anchor) -> None:
    """Add a head to a file of anchors, and make sure that it outlives a power cut.

    Raises:
        OSError: the file cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(asdict(anchor)) + "\n")
        file.flush()
        os.fsync(file.fileno())


def read_anchors(path: Path) -> list[Anchor]:
    """Return the heads that a file holds.

    Raises:
        AnchorError: it cannot be read, or a line of it is no anchor.
    """
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        msg = f"The anchors in {path} cannot be read: {error}."
        raise AnchorError(msg) from error
    return [_anchor(path, number, line) for number, line in enumerate(lines, start=1) if line]


def _anchor(path: Path, number: int, line: str) -> Anchor:
    try:
        said: dict[str, Any] = json.loads(line)
        return Anchor(
            position=int(said["position"]), mac=str(said["mac"]), at=str(said.get("at", ""))
        )
    except (ValueError, KeyError, TypeError) as error:
        msg = f"Line {number} of {path} is no anchor. Take it out, or give another file."
        raise AnchorError(msg) from error
