"""Accounts and who is signed in; words to search in, and indexes for what the page asks."""

import unicodedata

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_AT_ONCE = 1000
_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "account",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("display_name", sa.Text(), nullable=False),
        sa.Column("address", sa.String(length=320), nullable=False),
        sa.Column("roles", sa.JSON(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("link_hash", sa.String(length=64), nullable=True),
        sa.Column("link_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("subject", sa.String(length=255), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("looked_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint("address", name=op.f("uq_account_address")),
        sa.UniqueConstraint("link_hash", name=op.f("uq_account_link_hash")),
        sa.UniqueConstraint("name", name=op.f("uq_account_name")),
        sa.UniqueConstraint("subject", name=op.f("uq_account_subject")),
    )
    op.create_table(
        "signed_in",
        sa.Column("key_hash", sa.String(length=64), nullable=False),
        sa.Column("account_id", _ID, nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_signed_in_account_id_account")
        ),
        sa.PrimaryKeyConstraint("key_hash", name=op.f("pk_signed_in")),
    )
    op.create_index(op.f("ix_signed_in_account_id"), "signed_in", ["account_id"], unique=False)
    op.create_table(
        "message_words",
        sa.Column("message_id", _ID, nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["message_id"],
            ["message.id"],
            name=op.f("fk_message_words_message_id_message"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_message_words")),
    )
    _note_words()
    op.create_index(op.f("ix_enquiry_opened_at"), "enquiry", ["opened_at"], unique=False)
    _partial("ix_enquiry_unsorted", "enquiry", ["id"], "status = 'open' AND to_be_sorted")
    columns = ["due_on", "kind", "enquiry_id", "stopped_on", "ended_at"]
    _partial("ix_deadline_open", "deadline", columns, "ended_at IS NULL")
    _partial("ix_outbox_held", "outbox", ["id"], "state = 'held'")


def _note_words() -> None:
    """Fold what is stored already, a part at a time."""
    message = sa.table(
        "message",
        *(sa.column(one) for one in ("id", "sender_name", "sender_address", "subject")),
    )
    words = sa.table("message_words", sa.column("message_id"), sa.column("words"))
    connection, last = op.get_bind(), 0
    while rows := connection.execute(
        sa.select(message).where(message.c.id > last).order_by(message.c.id).limit(_AT_ONCE)
    ).all():
        connection.execute(
            sa.insert(words),
            [{"message_id": r.id, "words": _folded(" ".join(r[1:]))} for r in rows],
        )
        last = rows[-1].id


def _folded(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.casefold())
    return " ".join("".join(c for c in plain if not unicodedata.combining(c)).split())


def _partial(name: str, table: str, columns: list[str], where: str) -> None:
    op.create_index(
        name,
        table,
        columns,
        unique=False,
        sqlite_where=sa.text(where),
        postgresql_where=sa.text(where),
    )


def downgrade() -> None:
    op.drop_index("ix_outbox_held", table_name="outbox")
    op.drop_index("ix_deadline_open", table_name="deadline")
    op.drop_index("ix_enquiry_unsorted", table_name="enquiry")
    op.drop_index(op.f("ix_enquiry_opened_at"), table_name="enquiry")
    op.drop_table("message_words")
    op.drop_table("signed_in")
    op.drop_table("account")
