"""What every part of a transaction stands on: a connection, and inserting a row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import insert

if TYPE_CHECKING:
    from sqlalchemy import Connection, Table


class Rows:
    """A connection inside a transaction."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def insert(self, table: Table, **values: Any) -> int:
        """Insert a row and return its id."""
        done = self.connection.execute(insert(table).values(**values))
        key = done.inserted_primary_key
        return int(key[0]) if key else 0
