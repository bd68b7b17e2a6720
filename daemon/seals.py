"""The chain over the audit: each seal signs its row and the seal before it.

Pure: rows and seals come in, what is wrong comes out. A seal's mark is an HMAC with a key that is
not in the database; whoever changes, takes away or reorders rows there cannot make the marks anew.
What was cut off at the end shows only against an anchor: a head noted somewhere else before.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from daemon.tokens import Signer

START: Final = ""
"""What stands for the mark before the first seal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRow:
    """One line of the audit."""

    id: int
    at: datetime
    event: str
    actor: str
    subject: str
    detail: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Seal:
    """One link of the chain; positions count from 1 without gaps."""

    position: int
    audit_id: int
    key_id: str
    mac: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """A head of the chain as it was noted outside the database."""

    position: int
    mac: str
    at: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """What is wrong, and where: position and audit id are 0 where none can be named."""

    kind: str  # changed, removed, seal-missing, seal-changed, key-unknown, cut
    position: int
    audit_id: int
    why: str


def content_of(row: AuditRow) -> bytes:
    """Return the bytes of a row that are signed: the same on every database."""
    at = row.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    values = [row.id, at, row.event, row.actor, row.subject, row.detail]
    return json.dumps(values, sort_keys=True, separators=(",", ":")).encode()


def mark(signer: Signer, row: AuditRow, *, position: int, before: str, key_id: str) -> str:
    """Return the mark of a row at its place in the chain.

    Raises:
        KeyError: there is no such key any more.
    """
    said = f"{position}\0{before}\0".encode() + content_of(row)
    return signer.seal(said, key_id=key_id)


def chain(signer: Signer, rows: Iterable[AuditRow], *, after: Seal | None) -> Iterator[Seal]:
    """Yield the seals of further rows."""
    position = after.position if after else 0
    before = after.mac if after else START
    for row in rows:
        position += 1
        key_id = signer.key_id
        before = mark(signer, row, position=position, before=before, key_id=key_id)
        yield Seal(position=position, audit_id=row.id, key_id=key_id, mac=before)


class Verifier:
    """Looks at the chain link by link, in order; each link is judged by itself.

    A link is checked against the mark that is stored before it, so that one that was tampered
    with does not make all that follow look wrong.
    """

    def __init__(self, signer: Signer, anchors: Sequence[Anchor]) -> None:
        self._signer = signer
        self._anchors = {anchor.position: anchor for anchor in anchors}
        self._expected, self._before = 1, START
        self._was_wrong = False

    @property
    def head(self) -> Anchor | None:
        """The last link seen."""
        if self._expected == 1:
            return None
        return Anchor(position=self._expected - 1, mac=self._before)

    def look(self, seal: Seal, row: AuditRow | None) -> Iterator[Problem]:
        """Yield what is wrong with the next link; None for a row that is not there."""
        if seal.position != self._expected:
            yield self._gap(self._expected, seal.position - 1)
            self._was_wrong = True
        before, self._before, self._expected = self._before, seal.mac, seal.position + 1
        yield from self._anchored(seal)
        if row is None:
            why = f"Line {seal.audit_id} of the audit was removed (seal {seal.position})."
            yield _problem("removed", seal, why)
            self._was_wrong = True
            return
        yield from self._marked(seal, row, before)

    def _marked(self, seal: Seal, row: AuditRow, before: str) -> Iterator[Problem]:
        try:
            right = mark(
                self._signer, row, position=seal.position, before=before, key_id=seal.key_id
            )
        except KeyError:
            why = (
                f"Seal {seal.position} was made with the key {seal.key_id!r}, which is not in"
                " [signing] keys of daemon.toml: put it back behind the others to verify."
            )
            yield _problem("key-unknown", seal, why)
            return
        if right == seal.mac:
            self._was_wrong = False
            return
        # Behind a link that is wrong in itself the mark before may be what is wrong.
        why = f"Line {seal.audit_id} of the audit, or its seal {seal.position}, was changed"
        why += " or moved." if not self._was_wrong else ", moved, or follows one that was."
        self._was_wrong = True
        yield _problem("changed", seal, why)

    def _gap(self, first: int, last: int) -> Problem:
        which = f"Seal {first} is" if first == last else f"Seals {first} to {last} are"
        return Problem(
            kind="seal-missing", position=first, audit_id=0, why=f"{which} missing from the chain."
        )

    def _anchored(self, seal: Seal) -> Iterator[Problem]:
        anchor = self._anchors.pop(seal.position, None)
        if anchor is not None and anchor.mac != seal.mac:
            why = (
                f"Seal {seal.position} is not the one that was anchored"
                f"{f' at {anchor.at}' if anchor.at else ''}: it was replaced."
            )
            yield _problem("seal-changed", seal, why)

    def end(self) -> Iterator[Problem]:
        """Yield what the anchors know of and the chain does not: a tail that was cut off."""
        for position in sorted(self._anchors):
            anchor = self._anchors[position]
            why = (
                f"The chain ends at seal {self._expected - 1}, but seal {position} was anchored"
                f"{f' at {anchor.at}' if anchor.at else ''}: what followed was cut off."
            )
            yield Problem(kind="cut", position=position, audit_id=0, why=why)


def _problem(kind: str, seal: Seal, why: str) -> Problem:
    return Problem(kind=kind, position=seal.position, audit_id=seal.audit_id, why=why)
