"""The conversation of a post, by which what follows in it joins the same enquiry."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("message", sa.Column("conversation", sa.Text(), nullable=True))
    op.create_index(op.f("ix_message_conversation"), "message", ["conversation"])


def downgrade() -> None:
    op.drop_index(op.f("ix_message_conversation"), table_name="message")
    op.drop_column("message", "conversation")
