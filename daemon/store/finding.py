"""Finding messages by a part of a name, an address or a subject.

Both databases have an index of every three letters in a row (migration 0010): on SQLite a table
that follows `message_words` by triggers, on PostgreSQL an index that its own LIKE goes by, where
the extension pg_trgm may be had. Fewer letters are looked for in all words.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import Integer, column, literal_column, select, table

from daemon.store import schema
from daemon.words import folded

if TYPE_CHECKING:
    from sqlalchemy import Connection, Dialect, Select

_FEWEST: Final = 3  # letters that the index knows
_INDEX: Final = table("message_search", column("rowid", Integer))


def messages_with(words: str, dialect: Dialect, *, newest: int = 0) -> Select[int]:
    """Select the ids of messages that say these words; `newest`: no more than so many of the last.

    Capitals, accents and the number of blanks do not matter.
    """
    sought = folded(words.replace("\0", ""))
    if dialect.name == "sqlite" and len(sought) >= _FEWEST:
        found, phrase = _INDEX.c.rowid, '"{}"'.format(sought.replace('"', '""'))
        query = select(found).where(literal_column("message_search").op("MATCH")(phrase))
    else:
        found = schema.message_words.c.message_id
        query = select(found).where(schema.message_words.c.words.contains(sought, autoescape=True))
    return query.order_by(found.desc()).limit(newest) if newest else query


def forget_for_good(connection: Connection) -> None:
    """Have SQLite's index hold nothing of words that are gone; it marks them as gone until then."""
    connection.exec_driver_sql("INSERT INTO message_search(message_search) VALUES ('optimize')")
