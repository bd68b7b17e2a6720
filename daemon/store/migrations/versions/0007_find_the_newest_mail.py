"""An index for what health asks at each look: the newest mail of an inbox, and when mail came."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_receipt_inbox_received_at", "receipt", ["inbox", "received_at"], unique=False
    )


def downgrade() -> None:
    op.drop_index("ix_receipt_inbox_received_at", table_name="receipt")
