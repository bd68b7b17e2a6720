"""What the daemon remembers between two looks: small values by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, func, select, update

from daemon.store import schema
from daemon.store.rows import Rows

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

_LOCK = 0x6173_7375_6D61_726B  # any number: that of the advisory lock of once-only work


class Markers(Rows):
    """Reading and setting markers."""

    def marker(self, name: str) -> str | None:
        """Return the value of a marker."""
        row = schema.marker.c
        return self.connection.scalar(select(row.value).where(row.name == name))

    def markers(self, prefix: str) -> dict[str, str]:
        """Return the markers whose names begin alike, by the rest of their names."""
        row = schema.marker.c
        query = select(row.name, row.value).where(row.name.startswith(prefix, autoescape=True))
        return {r.name.removeprefix(prefix): r.value for r in self.connection.execute(query)}

    def newest_marker_at(self) -> datetime | None:
        """Return when a marker was last set, by whichever daemon; None where there is none."""
        row = schema.marker.c
        newest: datetime | None = self.connection.scalar(select(func.max(row.updated_at)))
        return newest

    def drop_markers(self, names: Sequence[str]) -> None:
        """Take markers away."""
        row = schema.marker
        self.connection.execute(delete(row).where(row.c.name.in_(names)))

    def drop_markers_of_old(self, prefix: str, *, before: datetime) -> None:
        """Take away the markers whose names begin alike and that were not set since a time."""
        row = schema.marker
        old = row.c.name.startswith(prefix, autoescape=True), row.c.updated_at < before
        self.connection.execute(delete(row).where(*old))

    def set_marker(self, name: str, value: str, *, now: datetime) -> None:
        """Set a marker."""
        row = schema.marker
        values = {"value": value, "updated_at": now}
        done = self.connection.execute(update(row).where(row.c.name == name).values(**values))
        if done.rowcount == 0:
            self.add(row, name=name, **values)

    def one_at_a_time(self) -> None:
        """Have others that do the same work once wait. On SQLite the transaction does so."""
        if self.connection.dialect.name == "postgresql":
            self.connection.execute(select(func.pg_advisory_xact_lock(_LOCK)))
