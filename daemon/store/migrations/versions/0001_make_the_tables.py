"""Make the tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# SQLite counts rows only in a column of type INTEGER.
_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

# The audit is insert-only, and the database says so itself.
_SQLITE_GUARD = """
CREATE TRIGGER audit_no_{verb} BEFORE {verb} ON audit
BEGIN SELECT RAISE(ABORT, 'the audit is insert-only'); END
"""
_POSTGRESQL_GUARD = (
    """
    CREATE FUNCTION audit_guard() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'the audit is insert-only'; END $$
    """,
    """
    CREATE TRIGGER audit_guard BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION audit_guard()
    """,
)


def _guard_audit() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(_SQLITE_GUARD.format(verb=verb))
    else:
        for statement in _POSTGRESQL_GUARD:
            op.execute(statement)


def upgrade() -> None:
    op.create_table(
        "audit",
        sa.Column("id", _ID, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("event", sa.String(length=48), nullable=False),
        sa.Column("actor", sa.String(length=32), nullable=False),
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
    )
    with op.batch_alter_table("audit", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_audit_subject"), ["subject"], unique=False)

    op.create_table(
        "enquiry",
        sa.Column("id", _ID, nullable=False),
        sa.Column("reference", sa.String(length=20), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("category", sa.String(length=32), nullable=False),
        sa.Column("source", sa.String(length=32), nullable=False),
        sa.Column("routine", sa.Boolean(), nullable=False),
        sa.Column("to_be_sorted", sa.Boolean(), nullable=False),
        sa.Column("route", sa.String(length=24), nullable=False),
        sa.Column("team", sa.String(length=64), nullable=False),
        sa.Column("reply_team", sa.String(length=64), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reply_seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("linked_to", _ID, nullable=True),
        sa.ForeignKeyConstraint(
            ["linked_to"], ["enquiry.id"], name=op.f("fk_enquiry_linked_to_enquiry")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enquiry")),
        sa.UniqueConstraint("reference", name=op.f("uq_enquiry_reference")),
    )
    with op.batch_alter_table("enquiry", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_enquiry_linked_to"), ["linked_to"], unique=False)
        batch_op.create_index(batch_op.f("ix_enquiry_received_at"), ["received_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_enquiry_status"), ["status"], unique=False)

    op.create_table(
        "inbox",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("cursor", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_inbox")),
    )
    op.create_table(
        "lease",
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("holder", sa.String(length=200), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_lease")),
    )
    op.create_table(
        "raw",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_raw")),
    )
    op.create_table(
        "message",
        sa.Column("id", _ID, nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("rfc_message_id", sa.Text(), nullable=True),
        sa.Column("inbox", sa.String(length=64), nullable=False),
        sa.Column("box", sa.String(length=16), nullable=False),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("sender_address", sa.Text(), nullable=False),
        sa.Column("sender_name", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("new_text", sa.Text(), nullable=False),
        sa.Column("quoted_text", sa.Text(), nullable=False),
        sa.Column("date_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("route", sa.String(length=24), nullable=True),
        sa.Column("skip", sa.String(length=24), nullable=True),
        sa.Column("hold", sa.String(length=24), nullable=True),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.Column("complete", sa.Boolean(), nullable=False),
        sa.Column("enquiry_id", _ID, nullable=True),
        sa.Column("linked_to", _ID, nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["enquiry_id"], ["enquiry.id"], name=op.f("fk_message_enquiry_id_enquiry")
        ),
        sa.ForeignKeyConstraint(
            ["linked_to"], ["enquiry.id"], name=op.f("fk_message_linked_to_enquiry")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message")),
        sa.UniqueConstraint("fingerprint", "ordinal", name=op.f("uq_message_fingerprint_ordinal")),
    )
    with op.batch_alter_table("message", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_message_enquiry_id"), ["enquiry_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_message_linked_to"), ["linked_to"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_message_rfc_message_id"), ["rfc_message_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_message_sender_address"), ["sender_address"], unique=False
        )

    op.create_table(
        "party",
        sa.Column("enquiry_id", _ID, nullable=False),
        sa.Column("address", sa.String(length=320), nullable=False),
        sa.ForeignKeyConstraint(
            ["enquiry_id"], ["enquiry.id"], name=op.f("fk_party_enquiry_id_enquiry")
        ),
        sa.PrimaryKeyConstraint("enquiry_id", "address", name=op.f("pk_party")),
    )
    with op.batch_alter_table("party", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_party_address"), ["address"], unique=False)

    op.create_table(
        "register_entry",
        sa.Column("enquiry_id", _ID, nullable=False),
        sa.Column("register", sa.String(length=32), nullable=False),
        sa.Column("proposed", sa.Boolean(), nullable=False),
        sa.Column("since_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["enquiry_id"], ["enquiry.id"], name=op.f("fk_register_entry_enquiry_id_enquiry")
        ),
        sa.PrimaryKeyConstraint("enquiry_id", "register", name=op.f("pk_register_entry")),
    )
    with op.batch_alter_table("register_entry", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_register_entry_register"), ["register"], unique=False)

    op.create_table(
        "act",
        sa.Column("id", _ID, nullable=False),
        sa.Column("enquiry_id", _ID, nullable=True),
        sa.Column("message_id", _ID, nullable=True),
        sa.Column("what", sa.String(length=32), nullable=False),
        sa.Column("by_name", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["enquiry_id"], ["enquiry.id"], name=op.f("fk_act_enquiry_id_enquiry")
        ),
        sa.ForeignKeyConstraint(
            ["message_id"], ["message.id"], name=op.f("fk_act_message_id_message")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_act")),
    )
    with op.batch_alter_table("act", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_act_enquiry_id"), ["enquiry_id"], unique=False)

    op.create_table(
        "classification",
        sa.Column("id", _ID, nullable=False),
        sa.Column("message_id", _ID, nullable=False),
        sa.Column("made_by", sa.String(length=16), nullable=False),
        sa.Column("category", sa.String(length=32), nullable=False),
        sa.Column("source", sa.String(length=32), nullable=False),
        sa.Column("routine", sa.Boolean(), nullable=False),
        sa.Column("criteria", sa.JSON(), nullable=False),
        sa.Column("confidence", sa.Float(), nullable=False),
        sa.Column("to_be_sorted", sa.Boolean(), nullable=False),
        sa.Column("personal_attention", sa.Boolean(), nullable=False),
        sa.Column("individual_case", sa.Boolean(), nullable=False),
        sa.Column("matters", sa.JSON(), nullable=False),
        sa.Column("notice_on", sa.Date(), nullable=True),
        sa.Column("reply_by_on", sa.Date(), nullable=True),
        sa.Column("automation", sa.String(length=24), nullable=True),
        sa.Column("evidence", sa.JSON(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=True),
        sa.Column("language", sa.String(length=8), nullable=True),
        sa.Column("version", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["message_id"], ["message.id"], name=op.f("fk_classification_message_id_message")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_classification")),
    )
    with op.batch_alter_table("classification", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_classification_message_id"), ["message_id"], unique=False
        )

    op.create_table(
        "deadline",
        sa.Column("id", _ID, nullable=False),
        sa.Column("enquiry_id", _ID, nullable=False),
        sa.Column("message_id", _ID, nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("working", sa.JSON(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.String(length=24), nullable=True),
        sa.ForeignKeyConstraint(
            ["enquiry_id"], ["enquiry.id"], name=op.f("fk_deadline_enquiry_id_enquiry")
        ),
        sa.ForeignKeyConstraint(
            ["message_id"], ["message.id"], name=op.f("fk_deadline_message_id_message")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deadline")),
    )
    with op.batch_alter_table("deadline", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_deadline_enquiry_id"), ["enquiry_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_deadline_message_id"), ["message_id"], unique=False)

    op.create_table(
        "enquiry_criterion",
        sa.Column("enquiry_id", _ID, nullable=False),
        sa.Column("criterion", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("message_id", _ID, nullable=True),
        sa.Column("since_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["enquiry_id"], ["enquiry.id"], name=op.f("fk_enquiry_criterion_enquiry_id_enquiry")
        ),
        sa.ForeignKeyConstraint(
            ["message_id"], ["message.id"], name=op.f("fk_enquiry_criterion_message_id_message")
        ),
        sa.PrimaryKeyConstraint("enquiry_id", "criterion", name=op.f("pk_enquiry_criterion")),
    )
    op.create_table(
        "outbox",
        sa.Column("id", _ID, nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("recipient", sa.String(length=320), nullable=False),
        sa.Column("recipient_domain", sa.String(length=255), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("outlet", sa.String(length=64), nullable=False),
        sa.Column("envelope_from", sa.String(length=320), nullable=False),
        sa.Column("rfc_message_id", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("enquiry_id", _ID, nullable=True),
        sa.Column("message_id", _ID, nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("hold", sa.String(length=24), nullable=True),
        sa.Column("send_after", sa.DateTime(timezone=True), nullable=False),
        sa.Column("release_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("claimed_by", sa.String(length=200), nullable=True),
        sa.Column("claimed_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("not_delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["enquiry_id"], ["enquiry.id"], name=op.f("fk_outbox_enquiry_id_enquiry")
        ),
        sa.ForeignKeyConstraint(
            ["message_id"], ["message.id"], name=op.f("fk_outbox_message_id_message")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("key", "recipient", name=op.f("uq_outbox_key_recipient")),
    )
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.create_index(
            "ix_outbox_alerts",
            ["outlet", "send_after"],
            unique=False,
            postgresql_where=sa.text("state IN ('waiting', 'claimed') AND kind = 'alert'"),
            sqlite_where=sa.text("state IN ('waiting', 'claimed') AND kind = 'alert'"),
        )
        batch_op.create_index("ix_outbox_day", ["kind", "created_at"], unique=False)
        batch_op.create_index(
            "ix_outbox_domain_day", ["kind", "recipient_domain", "created_at"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_outbox_enquiry_id"), ["enquiry_id"], unique=False)
        batch_op.create_index(
            "ix_outbox_open",
            ["outlet", "send_after"],
            unique=False,
            postgresql_where=sa.text("state IN ('waiting', 'claimed')"),
            sqlite_where=sa.text("state IN ('waiting', 'claimed')"),
        )
        batch_op.create_index(
            "ix_outbox_recipient_day", ["kind", "recipient", "created_at"], unique=False
        )
        batch_op.create_index(
            "ix_outbox_release",
            ["release_at"],
            unique=False,
            postgresql_where=sa.text("state = 'held' AND release_at IS NOT NULL"),
            sqlite_where=sa.text("state = 'held' AND release_at IS NOT NULL"),
        )
        batch_op.create_index(
            batch_op.f("ix_outbox_rfc_message_id"), ["rfc_message_id"], unique=False
        )

    op.create_table(
        "receipt",
        sa.Column("id", _ID, nullable=False),
        sa.Column("inbox", sa.String(length=64), nullable=False),
        sa.Column("external_id", sa.String(length=300), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("complete", sa.Boolean(), nullable=False),
        sa.Column("raw_sha256", sa.String(length=64), nullable=True),
        sa.Column("message_id", _ID, nullable=True),
        sa.Column("arrived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("stored_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["message_id"], ["message.id"], name=op.f("fk_receipt_message_id_message")
        ),
        sa.ForeignKeyConstraint(
            ["raw_sha256"], ["raw.sha256"], name=op.f("fk_receipt_raw_sha256_raw")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_receipt")),
        sa.UniqueConstraint("inbox", "external_id", name=op.f("uq_receipt_inbox_external_id")),
    )
    with op.batch_alter_table("receipt", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_receipt_message_id"), ["message_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_receipt_raw_sha256"), ["raw_sha256"], unique=False)

    op.create_table(
        "deadline_step",
        sa.Column("id", _ID, nullable=False),
        sa.Column("deadline_id", _ID, nullable=False),
        sa.Column("action", sa.String(length=16), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["deadline_id"], ["deadline.id"], name=op.f("fk_deadline_step_deadline_id_deadline")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deadline_step")),
    )
    with op.batch_alter_table("deadline_step", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_deadline_step_deadline_id"), ["deadline_id"], unique=False
        )
        batch_op.create_index(
            "ix_deadline_step_due",
            ["at"],
            unique=False,
            postgresql_where=sa.text("decided_at IS NULL"),
            sqlite_where=sa.text("decided_at IS NULL"),
        )
    _guard_audit()


def downgrade() -> None:
    if op.get_bind().dialect.name != "sqlite":
        op.execute("DROP TRIGGER audit_guard ON audit")
        op.execute("DROP FUNCTION audit_guard")
    for table in (
        "deadline_step",
        "receipt",
        "outbox",
        "enquiry_criterion",
        "deadline",
        "classification",
        "act",
        "register_entry",
        "party",
        "message",
        "raw",
        "lease",
        "inbox",
        "enquiry",
        "audit",
    ):
        op.drop_table(table)
