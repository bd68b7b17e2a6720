"""What every part of a transaction stands on: a connection, and inserting rows."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection, Insert, Table


class Rows:
    """A connection inside a transaction."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._waiting: dict[Table, list[Mapping[str, Any]]] = {}

    def insert(self, table: Table, **values: Any) -> int:
        """Insert a row and return its id."""
        done = self.connection.execute(_into(table), values)
        key = done.inserted_primary_key
        return int(key[0]) if key else 0

    def add(self, table: Table, **values: Any) -> None:
        """Insert a row whose id nobody needs, or that has none."""
        self.connection.execute(_into(table), values)

    def add_all(self, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
        """Insert rows that name the same columns; none is fine."""
        if rows:
            self.connection.execute(_into(table), rows)

    def add_later(self, table: Table, **values: Any) -> None:
        """Add a row at the end of the savepoint or transaction, in one go with others of its table.

        They keep their order. Whoever reads the table before calls `write_waiting`.
        """
        self._waiting.setdefault(table, []).append(values)

    def write_waiting(self) -> None:
        """Write the rows that wait."""
        waiting, self._waiting = self._waiting, {}
        for table, rows in waiting.items():
            self.add_all(table, rows)

    def forget_waiting(self) -> None:
        """Drop the rows that wait: what they belong to was rolled back."""
        self._waiting = {}


# Building a statement costs five times what running it does: those of every message are built
# once, here and in constants beside the methods that run them.
@cache
def _into(table: Table) -> Insert:
    return insert(table)
