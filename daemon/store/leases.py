"""Leases: who may work on what, by the database's own clock.

A lease has an epoch that grows with each new holder. A process that was stopped past its
lease and wakes up after somebody took it carries an old epoch: every transaction that checks it
writes nothing. That it expired while nobody took it is no reason to stop.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import Float, func, insert, select, update
from sqlalchemy.sql.expression import cast

from daemon.store import schema
from daemon.store.errors import LeaseLostError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import ColumnElement, Connection

_UNIX_EPOCH_JULIAN = 2440587.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """A right to work on something; `ttl_s` seconds after its last renewal others may take it."""

    name: str
    holder: str
    epoch: int
    ttl_s: float


def _now(connection: Connection) -> ColumnElement[float]:
    """Return the database's own clock, in seconds since 1970."""
    if connection.dialect.name == "sqlite":
        return cast((func.julianday("now") - _UNIX_EPOCH_JULIAN) * 86400.0, Float)
    return cast(func.extract("epoch", func.clock_timestamp()), Float)


def acquire(
    connection: Connection,
    name: str,
    holder: str,
    *,
    ttl_s: float,
    is_gone: Callable[[str], bool],
) -> Lease | None:
    """Take a lease that is free, expired, our own, or held by a process known to be gone.

    Whoever has the row locked holds the lease, even if frozen: nobody waits for it.
    """
    row = schema.lease.c
    now = _now(connection)
    held = connection.execute(
        select(row.holder, row.epoch, row.expires_at < now)
        .where(row.name == name)
        .with_for_update(skip_locked=True)
    ).one_or_none()
    if held is None:
        if connection.scalar(select(row.epoch).where(row.name == name)) is not None:
            return None
        connection.execute(
            insert(schema.lease).values(name=name, holder=holder, epoch=1, expires_at=now + ttl_s)
        )
        return Lease(name=name, holder=holder, epoch=1, ttl_s=ttl_s)
    other, epoch, expired = held
    if other != holder and not expired and not is_gone(other):
        return None
    connection.execute(
        update(schema.lease)
        .where(row.name == name)
        .values(holder=holder, epoch=epoch + 1, expires_at=now + ttl_s)
    )
    return Lease(name=name, holder=holder, epoch=epoch + 1, ttl_s=ttl_s)


def is_held(connection: Connection, names: Sequence[str]) -> bool:
    """Whether somebody holds one of these leases now; nothing is taken or renewed."""
    row = schema.lease.c
    held = select(row.epoch).where(row.name.in_(names), row.expires_at >= _now(connection))
    return connection.execute(held.limit(1)).one_or_none() is not None


def holders(connection: Connection) -> list[str]:
    """Return who holds leases now."""
    row = schema.lease.c
    held = select(row.holder).where(row.expires_at >= _now(connection)).distinct()
    return list(connection.scalars(held))


def check(connection: Connection, lease: Lease) -> None:
    """Lock the lease's row for the rest of the transaction and renew it.

    Raises:
        LeaseLostError: somebody else took it, or it was given back.
    """
    row = schema.lease.c
    now = _now(connection)
    done = connection.execute(
        update(schema.lease)
        .where(row.name == lease.name, row.holder == lease.holder, row.epoch == lease.epoch)
        .values(expires_at=now + lease.ttl_s)
    )
    if done.rowcount != 1:
        raise LeaseLostError(lease.name)


def release(connection: Connection, lease: Lease) -> None:
    """Give a lease back, so that the next holder need not wait for its end.

    Its epoch ends too: what still runs on it writes nothing.
    """
    row = schema.lease.c
    connection.execute(
        update(schema.lease)
        .where(row.name == lease.name, row.holder == lease.holder, row.epoch == lease.epoch)
        .values(expires_at=0.0, epoch=lease.epoch + 1)
    )
