"""Finding by a part: messages by names, addresses and subjects, enquiries by their reference.

Both databases have indexes of every three letters in a row (migration 0010): on SQLite tables that
follow those they are of by triggers, on PostgreSQL indexes that its own LIKE goes by, where the
extension pg_trgm may be had. Fewer letters are looked for in all that there is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import Integer, column, literal_column, select, table

from daemon.store import schema
from daemon.words import folded

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection, Dialect, Select

_FEWEST: Final = 3  # letters that the indexes know
_WORDS, _REFERENCES = "message_search", "reference_search"


def messages_with(words: str, dialect: Dialect, *, newest: int = 0) -> Select[int]:
    """Select the ids of messages that say these words; `newest`: no more than so many of the last.

    Capitals, accents and the number of blanks do not matter.
    """
    row = schema.message_words.c
    found, says = _where(_WORDS, row.message_id, row.words, folded(words), dialect)
    query = select(found).where(says)
    return query.order_by(found.desc()).limit(newest) if newest else query


def enquiries_named(part: str, dialect: Dialect) -> Select[int]:
    """Select the ids of enquiries whose reference has this part, in capitals or not."""
    row = schema.enquiry.c
    found, says = _where(_REFERENCES, row.id, row.reference, part.upper(), dialect)
    return select(found).where(says)


def _where(
    index: str,
    key: ColumnElement[int],
    said: ColumnElement[str],
    sought: str,
    dialect: Dialect,
) -> tuple[ColumnElement[int], ColumnElement[bool]]:
    """Return what names a row, and the condition that it has what is sought."""
    sought = sought.replace("\0", "")
    if dialect.name != "sqlite" or len(sought) < _FEWEST:
        return key, said.contains(sought, autoescape=True)
    phrase = '"{}"'.format(sought.replace('"', '""'))  # between quotation marks nothing is special
    rowid = table(index, column("rowid", Integer)).c.rowid
    return rowid, literal_column(index).op("MATCH", is_comparison=True)(phrase)


def forget_for_good(connection: Connection) -> None:
    """Have SQLite's index hold nothing of words that are gone; it marks them as gone until then."""
    connection.exec_driver_sql("INSERT INTO message_search(message_search) VALUES ('optimize')")
