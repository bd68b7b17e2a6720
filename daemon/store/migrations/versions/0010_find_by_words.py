"""An index for what people search in: by three letters in a row, as a search finds any part."""

from alembic import op
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

# It holds no words of its own and follows the table of words by itself.
_SQLITE = (
    "CREATE VIRTUAL TABLE message_search USING fts5("
    "words, content='message_words', content_rowid='message_id', tokenize='trigram')",
    "CREATE TRIGGER message_words_added AFTER INSERT ON message_words BEGIN"
    " INSERT INTO message_search(rowid, words) VALUES (new.message_id, new.words); END",
    "CREATE TRIGGER message_words_gone AFTER DELETE ON message_words BEGIN"
    " INSERT INTO message_search(message_search, rowid, words)"
    " VALUES ('delete', old.message_id, old.words); END",
    "CREATE TRIGGER message_words_changed AFTER UPDATE ON message_words BEGIN"
    " INSERT INTO message_search(message_search, rowid, words)"
    " VALUES ('delete', old.message_id, old.words);"
    " INSERT INTO message_search(rowid, words) VALUES (new.message_id, new.words); END",
    "INSERT INTO message_search(message_search) VALUES ('rebuild')",
)
_POSTGRESQL = (
    "CREATE EXTENSION IF NOT EXISTS pg_trgm",
    "CREATE INDEX ix_message_words_trigrams ON message_words USING gin (words gin_trgm_ops)",
)


def upgrade() -> None:
    connection = op.get_bind()
    if connection.dialect.name == "sqlite":
        for statement in _SQLITE:
            op.execute(text(statement))
    else:
        _index_if_allowed(connection)


def _index_if_allowed(connection: Connection) -> None:
    """Make the index; without the extension, or the right to have it, a search reads all words."""
    try:
        with connection.begin_nested():
            for statement in _POSTGRESQL:
                connection.execute(text(statement))
    except DBAPIError as error:
        if error.connection_invalidated:
            raise


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for what in ("added", "gone", "changed"):
            op.execute(text(f"DROP TRIGGER message_words_{what}"))
        op.execute(text("DROP TABLE message_search"))
    else:
        op.execute(text("DROP INDEX IF EXISTS ix_message_words_trigrams"))
