"""Keep what staff enter, how clocks were changed, and the seals of the audit."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

# Seals are insert-only as the audit is.
_SQLITE_GUARD = """
CREATE TRIGGER audit_seal_no_{verb} BEFORE {verb} ON audit_seal
BEGIN SELECT RAISE(ABORT, 'the seals of the audit are insert-only'); END
"""
_POSTGRESQL_GUARD = """
CREATE TRIGGER audit_seal_guard BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_seal
FOR EACH STATEMENT EXECUTE FUNCTION audit_guard()
"""
# SQLite adds a column with its foreign key in place; a copy of the table (Alembic's batch) would
# take away, for a moment, what other tables refer to.
_MERGED_INTO = """
ALTER TABLE enquiry ADD COLUMN merged_into {id}
CONSTRAINT fk_enquiry_merged_into_enquiry REFERENCES enquiry (id)
"""


def upgrade() -> None:
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    op.create_table(
        "arrangement",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("matches", sa.JSON(), nullable=False),
        sa.Column("handling", sa.JSON(), nullable=False),
        sa.Column("watchers", sa.JSON(), nullable=False),
        sa.Column("instruction", sa.Text(), nullable=False),
        sa.Column("requested_by", sa.Text(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=True),
        sa.Column("review_on", sa.Date(), nullable=True),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_arrangement")),
    )
    op.create_table(
        "audit_seal",
        sa.Column("position", _ID, autoincrement=False, nullable=False),
        sa.Column("audit_id", _ID, nullable=False),
        sa.Column("key_id", sa.String(length=16), nullable=False),
        sa.Column("mac", sa.String(length=64), nullable=False),
        sa.Column("sealed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_audit_seal")),
        sa.UniqueConstraint("audit_id", name=op.f("uq_audit_seal_audit_id")),
    )
    op.create_table(
        "marker",
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_marker")),
    )
    op.create_table(
        "action",
        sa.Column("id", _ID, nullable=False),
        sa.Column("enquiry_id", _ID, nullable=True),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_by", sa.Text(), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["enquiry_id"], ["enquiry.id"], name=op.f("fk_action_enquiry_id_enquiry")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_action")),
    )
    with op.batch_alter_table("action", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_action_done_at"), ["done_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_action_enquiry_id"), ["enquiry_id"], unique=False)

    op.create_table(
        "call_back",
        sa.Column("id", _ID, nullable=False),
        sa.Column("enquiry_id", _ID, nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("asked_for", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["enquiry_id"], ["enquiry.id"], name=op.f("fk_call_back_enquiry_id_enquiry")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_back")),
    )
    with op.batch_alter_table("call_back", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_call_back_enquiry_id"), ["enquiry_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_call_back_state"), ["state"], unique=False)

    op.create_table(
        "enquiry_arrangement",
        sa.Column("enquiry_id", _ID, nullable=False),
        sa.Column("arrangement", sa.String(length=64), nullable=False),
        sa.Column("since_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["enquiry_id"], ["enquiry.id"], name=op.f("fk_enquiry_arrangement_enquiry_id_enquiry")
        ),
        sa.PrimaryKeyConstraint("enquiry_id", "arrangement", name=op.f("pk_enquiry_arrangement")),
    )
    op.create_table(
        "enquiry_subject",
        sa.Column("enquiry_id", _ID, nullable=False),
        sa.Column("person", sa.String(length=320), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("since_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["enquiry_id"], ["enquiry.id"], name=op.f("fk_enquiry_subject_enquiry_id_enquiry")
        ),
        sa.PrimaryKeyConstraint("enquiry_id", "person", name=op.f("pk_enquiry_subject")),
    )
    op.create_table(
        "milestone",
        sa.Column("id", _ID, nullable=False),
        sa.Column("enquiry_id", _ID, nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["enquiry_id"], ["enquiry.id"], name=op.f("fk_milestone_enquiry_id_enquiry")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_milestone")),
    )
    with op.batch_alter_table("milestone", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_milestone_enquiry_id"), ["enquiry_id"], unique=False)

    op.create_table(
        "phone_contact",
        sa.Column("id", _ID, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_key", sa.Text(), nullable=False),
        sa.Column("case_reference", sa.Text(), nullable=False),
        sa.Column("instruction", sa.Text(), nullable=False),
        sa.Column("agreed_by", sa.Text(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("review_on", sa.Date(), nullable=True),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.Column("enquiry_id", _ID, nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["enquiry_id"], ["enquiry.id"], name=op.f("fk_phone_contact_enquiry_id_enquiry")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_phone_contact")),
    )
    with op.batch_alter_table("phone_contact", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_phone_contact_enquiry_id"), ["enquiry_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_phone_contact_name_key"), ["name_key"], unique=False)

    op.create_table(
        "proposal",
        sa.Column("id", _ID, nullable=False),
        sa.Column("enquiry_id", _ID, nullable=False),
        sa.Column("handling", sa.String(length=24), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("put_to", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("proposed_by", sa.Text(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["enquiry_id"], ["enquiry.id"], name=op.f("fk_proposal_enquiry_id_enquiry")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposal")),
    )
    with op.batch_alter_table("proposal", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_proposal_enquiry_id"), ["enquiry_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_proposal_state"), ["state"], unique=False)

    op.create_table(
        "referral",
        sa.Column("id", _ID, nullable=False),
        sa.Column("enquiry_id", _ID, nullable=True),
        sa.Column("case_reference", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("team", sa.String(length=64), nullable=False),
        sa.Column("referred_by", sa.Text(), nullable=False),
        sa.Column("referred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["enquiry_id"], ["enquiry.id"], name=op.f("fk_referral_enquiry_id_enquiry")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_referral")),
    )
    with op.batch_alter_table("referral", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_referral_enquiry_id"), ["enquiry_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_referral_state"), ["state"], unique=False)

    op.create_table(
        "phone_number",
        sa.Column("contact_id", _ID, nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(
            ["contact_id"],
            ["phone_contact.id"],
            name=op.f("fk_phone_number_contact_id_phone_contact"),
        ),
        sa.PrimaryKeyConstraint("contact_id", "number", name=op.f("pk_phone_number")),
    )
    with op.batch_alter_table("phone_number", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_phone_number_number"), ["number"], unique=False)

    op.create_table(
        "deadline_fact",
        sa.Column("id", _ID, nullable=False),
        sa.Column("deadline_id", _ID, nullable=False),
        sa.Column("what", sa.String(length=24), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["deadline_id"], ["deadline.id"], name=op.f("fk_deadline_fact_deadline_id_deadline")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deadline_fact")),
    )
    with op.batch_alter_table("deadline_fact", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_deadline_fact_deadline_id"), ["deadline_id"], unique=False
        )

    op.create_table(
        "sent_mail",
        sa.Column("id", _ID, nullable=False),
        sa.Column("own_id", sa.String(length=24), nullable=False),
        sa.Column("answers", sa.String(length=24), nullable=False),
        sa.Column("addressed", sa.JSON(), nullable=False),
        sa.Column("message_id", _ID, nullable=True),
        sa.Column("enquiry_id", _ID, nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("failed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["message_id"], ["message.id"], name=op.f("fk_sent_mail_message_id_message")
        ),
        sa.ForeignKeyConstraint(
            ["enquiry_id"], ["enquiry.id"], name=op.f("fk_sent_mail_enquiry_id_enquiry")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sent_mail")),
    )
    with op.batch_alter_table("sent_mail", schema=None) as batch_op:
        for column in ("own_id", "answers", "enquiry_id"):
            batch_op.create_index(batch_op.f(f"ix_sent_mail_{column}"), [column], unique=False)

    op.add_column(
        "deadline_step",
        sa.Column("is_last", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    op.add_column("deadline", sa.Column("stopped_on", sa.Date(), nullable=True))
    op.add_column(
        "enquiry", sa.Column("reply_failed_at", sa.DateTime(timezone=True), nullable=True)
    )
    op.add_column("enquiry", sa.Column("assigned_to", sa.String(length=320), nullable=True))
    op.add_column("enquiry", sa.Column("updated_at", sa.DateTime(timezone=True), nullable=True))
    op.execute(_MERGED_INTO.format(id="INTEGER" if is_sqlite else "BIGINT"))
    op.create_index(op.f("ix_enquiry_merged_into"), "enquiry", ["merged_into"])
    if is_sqlite:
        for verb in ("UPDATE", "DELETE"):
            op.execute(_SQLITE_GUARD.format(verb=verb))
    else:
        op.execute(_POSTGRESQL_GUARD)


def downgrade() -> None:
    op.drop_index(op.f("ix_enquiry_merged_into"), table_name="enquiry")
    for column in ("merged_into", "updated_at", "assigned_to", "reply_failed_at"):
        if column == "merged_into" and op.get_bind().dialect.name != "sqlite":
            op.drop_constraint("fk_enquiry_merged_into_enquiry", "enquiry")
        op.drop_column("enquiry", column)
    op.drop_column("deadline", "stopped_on")
    op.drop_column("deadline_step", "is_last")
    for table in (
        "sent_mail",
        "deadline_fact",
        "phone_number",
        "referral",
        "proposal",
        "phone_contact",
        "milestone",
        "enquiry_subject",
        "enquiry_arrangement",
        "call_back",
        "action",
        "marker",
        "audit_seal",
        "arrangement",
    ):
        op.drop_table(table)
