"""Sealing the audit, noting its head elsewhere, and finding out whether anybody touched it."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from daemon.seals import Anchor, AuditRow, Problem, UnreadableRow, chain
from daemon.verifying import GRACE, Findings, Lateness, Verifier

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from pathlib import Path

    from daemon.store import Store, Transaction
    from daemon.tokens import Signer

_AT_ONCE = 1000
_LATE_WITHIN = 10_000
"""How far below the highest sealed line a late one is looked for at each round.

On PostgreSQL a line gets its id when it is written and shows when its transaction commits, so that
a lower id may show after a higher one was sealed. No transaction of ours lasts while ten thousand
other lines are written; the whole audit is looked through at each start and once a day all the
same, so that none stays unsealed.
"""
_LOWEST = -(2**63)
_NAMED = 100  # lines that wait for their seal, named one by one


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
    not_sealed: tuple[Problem, ...] = ()  # the first that wait for longer than an hour

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
        count, above = 0, None
        while True:
            sealed, above = self._seal_some(above, everything=everything)
            count += sealed
            if above is None:
                return count

    def _seal_some(self, above: int | None, *, everything: bool) -> tuple[int, int | None]:
        """Seal one batch above an id; return how many, and where to go on."""
        with self.store.write() as tx:
            tx.one_sealer_at_a_time()
            if above is None:
                above = _LOWEST if everything else max(0, tx.highest_sealed() - _LATE_WITHIN)
            rows = tx.unsealed(above=above, limit=_AT_ONCE)
            # One that cannot be read stays without a seal, and `verify` names it.
            readable = [row for row in rows if isinstance(row, AuditRow)]
            seals = list(chain(self.signer, readable, after=tx.last_seal(), now=self.clock()))
            tx.add_seals(seals)
            return len(seals), rows[-1].id if rows else None

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
        looking, findings, sealed = Verifier(self.signer, anchors), Findings(), 0
        with self.store.read() as tx:
            late = Lateness(tx.sealed_above, one_writer=not self.store.allows_many_daemons)
            for seal, row in tx.sealed():
                sealed += 1
                wrong = list(looking.look(seal, row))
                # A link that is wrong is no witness of when others were sealed.
                findings.add(wrong or late.look(seal))
            findings.add(looking.end())
            unsealed, waiting = self._look_at_unsealed(tx, late, findings)
            rows = tx.count_audit()
        return Verified(
            rows=rows,
            sealed=sealed,
            unsealed=unsealed,
            head=looking.head,
            problems=findings.all(),
            not_sealed=tuple(waiting),
        )

    def _look_at_unsealed(
        self, tx: Transaction, late: Lateness, findings: Findings
    ) -> tuple[int, list[Problem]]:
        count, above, waiting = 0, _LOWEST, list[Problem]()
        before = self.clock() - GRACE
        while rows := tx.unsealed(above=above, limit=_AT_ONCE):
            count, above = count + len(rows), rows[-1].id
            for row in rows:
                if isinstance(row, UnreadableRow):
                    findings.add([_unreadable(row)])
                elif wrong := list(late.look_unsealed(row.id)):
                    findings.add(wrong)
                elif row.at < before and len(waiting) < _NAMED:
                    waiting.append(_waiting(row))
        return count, waiting


def _unreadable(row: UnreadableRow) -> Problem:
    why = (
        f"Line {row.id} of the audit, which bears no seal, holds what the software never writes:"
        " it was added or changed by something else."
    )
    return Problem(kind="added", position=0, audit_id=row.id, why=why)


def _waiting(row: AuditRow) -> Problem:
    why = (
        f"Line {row.id} of the audit says it was written at {row.at:%Y-%m-%d %H:%M} UTC and is not"
        " sealed yet. That is so while no daemon runs: see to it that nobody else wrote it, then"
        " run `assurance audit seal`."
    )
    return Problem(kind="not-sealed", position=0, audit_id=row.id, why=why)


def note_anchor(path: Path, anchor: Anchor) -> None:
    """Add a head to a file of anchors, and make sure that it outlives a power cut.

    Raises:
        OSError: the file cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    is_new = not path.exists()
    with path.open("a", encoding="utf-8") as file:
        torn = "" if is_new or _ends_well(path) else "\n"  # a power cut may leave half a line
        file.write(f"{torn}{json.dumps(asdict(anchor))}\n")
        file.flush()
        os.fsync(file.fileno())
    if is_new:
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _ends_well(path: Path) -> bool:
    with path.open("rb") as file:
        if not file.seek(0, os.SEEK_END):
            return True
        file.seek(-1, os.SEEK_END)
        return file.read() == b"\n"


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
