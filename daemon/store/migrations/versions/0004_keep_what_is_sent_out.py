"""Keep a second text with a held letter, count what was sent again, and block dead addresses."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("outbox", sa.Column("usual", sa.LargeBinary(), nullable=True))
    op.add_column(
        "outbox", sa.Column("resent", sa.Integer(), server_default=sa.text("0"), nullable=False)
    )
    op.create_index(
        "ix_outbox_post",
        "outbox",
        ["id"],
        unique=False,
        sqlite_where=sa.text("state = 'post'"),
        postgresql_where=sa.text("state = 'post'"),
    )
    op.create_table(
        "address_block",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("address", sa.String(length=24), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("from_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_address_block")),
        sa.UniqueConstraint("address", name=op.f("uq_address_block_address")),
    )


def downgrade() -> None:
    op.drop_table("address_block")
    op.drop_index("ix_outbox_post", table_name="outbox")
    op.drop_column("outbox", "resent")
    op.drop_column("outbox", "usual")
