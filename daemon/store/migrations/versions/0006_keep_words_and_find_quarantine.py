"""A colleague's own words in an acknowledgement; an index for what is in quarantine."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "outbox", sa.Column("words", sa.Text(), nullable=False, server_default=sa.text("''"))
    )
    where = sa.text("state = 'quarantined'")
    op.create_index(
        "ix_receipt_quarantined",
        "receipt",
        ["id"],
        unique=False,
        sqlite_where=where,
        postgresql_where=where,
    )


def downgrade() -> None:
    op.drop_index("ix_receipt_quarantined", table_name="receipt")
    op.drop_column("outbox", "words")
