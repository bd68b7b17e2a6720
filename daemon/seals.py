"""The chain over the audit: each seal signs its row and the seal before it.

Pure: rows and seals come in, what is wrong comes out. A seal's mark is an HMAC with a key that is
not in the database; whoever changes, takes away or reorders rows there cannot make the marks anew.
What was cut off at the end shows only against an anchor: a head noted somewhere else before.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

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
class UnreadableRow:
    """A line that holds what the software never writes: a time that is none, broken JSON."""

    id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Seal:
    """One link of the chain; positions count from 1 without gaps.

    `sealed_at` is not signed: it tells how late a line was sealed, and proves nothing.
    """

    position: int
    audit_id: int
    key_id: str
    mac: str
    sealed_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """A head of the chain as it was noted outside the database."""

    position: int
    mac: str
    at: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """What is wrong, and where: position and audit id are 0 where none can be named.

    `kind` is one of: changed, removed, added, unsealed, seal-missing, seal-changed, seal-forged,
    key-unknown, key-wrong, cut; or not-sealed, which is no tampering.
    """

    kind: str
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


def chain(
    signer: Signer, rows: Iterable[AuditRow], *, after: Seal | None, now: datetime
) -> Iterator[Seal]:
    """Yield the seals of further rows."""
    position = after.position if after else 0
    before = after.mac if after else START
    for row in rows:
        position += 1
        key_id = signer.key_id
        before = mark(signer, row, position=position, before=before, key_id=key_id)
        yield Seal(position=position, audit_id=row.id, key_id=key_id, mac=before, sealed_at=now)
