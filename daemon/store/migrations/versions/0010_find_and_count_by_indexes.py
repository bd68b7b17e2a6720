"""Indexes for searches: of every three letters in a row, as a search finds any part.

And narrower ones for the daily limits, which count thousands of acknowledgements on a busy day, for
the few enquiries that were merged, and for those that are open.
"""

from alembic import op
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_MADE = text("kind = 'acknowledgement' AND state NOT IN ('held', 'cancelled') AND recipient <> ''")
_MERGED = text("merged_into IS NOT NULL")
_COUNTED = {
    "ix_outbox_recipient_day": ["recipient", "kind", "created_at"],
    "ix_outbox_domain_day": ["recipient_domain", "created_at", "kind", "state", "recipient"],
    "ix_outbox_day": ["created_at", "kind", "state", "recipient"],
}
_BEFORE = {
    "ix_outbox_recipient_day": ["kind", "recipient", "created_at"],
    "ix_outbox_domain_day": ["kind", "recipient_domain", "created_at"],
    "ix_outbox_day": ["kind", "created_at"],
}
# No such extension here (its file is missing, or PostgreSQL 16 and later: not supported), no right
# to make it, or made where our names do not lead.
_NOT_TO_BE_HAD = ("58P01", "0A000", "42501", "42704")
_SEARCHED = (
    ("message_search", "message_words", "message_id", "words"),
    ("reference_search", "enquiry", "id", "reference"),
)


def upgrade() -> None:
    connection = op.get_bind()
    if connection.dialect.name == "sqlite":
        for index, table, key, column in _SEARCHED:
            _follow(index, table, key, column)
    else:
        _index_if_allowed(connection)
    op.drop_index("ix_enquiry_status", table_name="enquiry")
    op.create_index("ix_enquiry_status_merged_into", "enquiry", ["status", "merged_into"])
    op.drop_index("ix_enquiry_merged_into", table_name="enquiry")
    op.create_index(
        "ix_enquiry_merged_into",
        "enquiry",
        ["merged_into"],
        sqlite_where=_MERGED,
        postgresql_where=_MERGED,
    )
    for index, columns in _COUNTED.items():
        op.drop_index(index, table_name="outbox")
        where = None if index == "ix_outbox_recipient_day" else _MADE
        op.create_index(index, "outbox", columns, sqlite_where=where, postgresql_where=where)


def _follow(index: str, table: str, key: str, column: str) -> None:
    """Make a table that holds no words of its own and follows another one's by itself."""
    add = f"INSERT INTO {index}(rowid, {column}) VALUES (new.{key}, new.{column});"
    leave = (
        f"INSERT INTO {index}({index}, rowid, {column})"
        f" VALUES ('delete', old.{key}, old.{column});"
    )
    for statement in (
        f"CREATE VIRTUAL TABLE {index} USING fts5("
        f"{column}, content='{table}', content_rowid='{key}', tokenize='trigram')",
        f"CREATE TRIGGER {index}_add AFTER INSERT ON {table} BEGIN {add} END",
        f"CREATE TRIGGER {index}_leave AFTER DELETE ON {table} BEGIN {leave} END",
        f"CREATE TRIGGER {index}_change AFTER UPDATE OF {column} ON {table}"
        f" BEGIN {leave} {add} END",
        f"INSERT INTO {index}({index}) VALUES ('rebuild')",
    ):
        op.execute(text(statement))


def _index_if_allowed(connection: Connection) -> None:
    """Make them; without the extension, or the right to have it, a search reads all words."""
    try:
        with connection.begin_nested():
            connection.execute(text("CREATE EXTENSION IF NOT EXISTS pg_trgm"))
            for index, table, _, column in _SEARCHED:
                connection.execute(
                    text(f"CREATE INDEX {index} ON {table} USING gin ({column} gin_trgm_ops)")
                )
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) not in _NOT_TO_BE_HAD:
            raise


def downgrade() -> None:
    op.drop_index("ix_enquiry_status_merged_into", table_name="enquiry")
    op.create_index("ix_enquiry_status", "enquiry", ["status"])
    op.drop_index("ix_enquiry_merged_into", table_name="enquiry")
    op.create_index("ix_enquiry_merged_into", "enquiry", ["merged_into"])
    for index, columns in _BEFORE.items():
        op.drop_index(index, table_name="outbox")
        op.create_index(index, "outbox", columns)
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    for index, *_ in _SEARCHED:
        if is_sqlite:
            for what in ("add", "leave", "change"):
                op.execute(text(f"DROP TRIGGER {index}_{what}"))
            op.execute(text(f"DROP TABLE {index}"))
        else:
            op.execute(text(f"DROP INDEX IF EXISTS {index}"))
