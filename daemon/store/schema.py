"""The tables. Migrations make them; a test holds the two against each other."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    false,
    text,
)

if TYPE_CHECKING:
    from sqlalchemy import Dialect

# Names for every constraint, so that migrations can speak of them on both databases.
metadata = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_N_label)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC instant; SQLite, which knows no zones, gets it without one."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return the instant as the database takes it."""
        if value is None:
            return None
        if value.tzinfo is None:
            msg = "a naive time cannot be stored; give it its zone"
            raise ValueError(msg)
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return the instant with its zone."""
        del dialect
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


# SQLite counts rows only in a column of type INTEGER.
_Id = BigInteger().with_variant(Integer, "sqlite")


def _id() -> Column[int]:
    return Column("id", _Id, primary_key=True)


def _ref(name: str, target: str, *, nullable: bool = True, index: bool = True) -> Column[Any]:
    return Column(name, _Id, ForeignKey(target), nullable=nullable, index=index)


inbox = Table(
    "inbox",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("cursor", Text, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
)

lease = Table(
    "lease",
    metadata,
    Column("name", String(80), primary_key=True),
    Column("holder", String(200), nullable=False),
    Column("epoch", BigInteger, nullable=False),
    Column("expires_at", Float, nullable=False),  # seconds of the database's clock since 1970
)

raw = Table(
    "raw",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("content", LargeBinary, nullable=False),
)

receipt = Table(
    "receipt",
    metadata,
    _id(),
    Column("inbox", String(64), nullable=False),
    Column("external_id", String(300), nullable=False),
    Column("state", String(16), nullable=False),  # stored, private, quarantined, missed
    Column("reason", Text, nullable=False, default=""),
    Column("size", BigInteger, nullable=False, default=0),
    Column("complete", Boolean, nullable=False, default=True),
    Column("raw_sha256", String(64), ForeignKey("raw.sha256"), index=True),
    _ref("message_id", "message.id"),
    Column("arrived_at", UtcDateTime),
    Column("received_at", UtcDateTime, nullable=False),
    Column("stored_at", UtcDateTime, nullable=False),
    UniqueConstraint("inbox", "external_id"),
    Index("ix_receipt_inbox_received_at", "inbox", "received_at"),
    Index(
        "ix_receipt_quarantined",
        "id",
        postgresql_where=text("state = 'quarantined'"),
        sqlite_where=text("state = 'quarantined'"),
    ),
)

message = Table(
    "message",
    metadata,
    _id(),
    # What makes two sightings the same message; unique, so that two daemons agree. The same
    # again after more than a week is another message: the next ordinal.
    Column("fingerprint", String(64), nullable=False),
    Column("ordinal", Integer, nullable=False),
    Column("rfc_message_id", Text, index=True),
    Column("conversation", Text, index=True),  # what the posts of a thread share; else null
    Column("inbox", String(64), nullable=False),
    Column("box", String(16), nullable=False),
    Column("channel", String(16), nullable=False),
    Column("sender_address", Text, nullable=False, index=True),
    Column("sender_name", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("new_text", Text, nullable=False),
    Column("quoted_text", Text, nullable=False),
    Column("date_at", UtcDateTime),
    Column("received_at", UtcDateTime, nullable=False),
    Column("outcome", String(16), nullable=False),
    Column("route", String(24)),
    Column("skip", String(24)),
    Column("hold", String(24)),
    Column("reasons", JSON, nullable=False),
    Column("complete", Boolean, nullable=False),
    _ref("enquiry_id", "enquiry.id"),
    _ref("linked_to", "enquiry.id"),
    Column("created_at", UtcDateTime, nullable=False),
    Column("erased_at", UtcDateTime),  # its words are gone, its figures stay
    UniqueConstraint("fingerprint", "ordinal"),
)

# What people search in, folded: name, address and subject. Narrow, so that looking through all of
# it is quick; erased with its message.
message_words = Table(
    "message_words",
    metadata,
    Column("message_id", _Id, ForeignKey("message.id", ondelete="CASCADE"), primary_key=True),
    Column("words", Text, nullable=False),
)

classification = Table(
    "classification",
    metadata,
    _id(),
    _ref("message_id", "message.id", nullable=False),
    Column("made_by", String(16), nullable=False),  # software, person
    Column("category", String(32), nullable=False),
    Column("source", String(32), nullable=False),
    Column("routine", Boolean, nullable=False),
    Column("criteria", JSON, nullable=False),
    Column("confidence", Float, nullable=False),
    Column("to_be_sorted", Boolean, nullable=False),
    Column("personal_attention", Boolean, nullable=False),
    Column("individual_case", Boolean, nullable=False),
    Column("matters", JSON, nullable=False),
    Column("notice_on", Date),
    Column("reply_by_on", Date),
    Column("automation", String(24)),
    Column("evidence", JSON, nullable=False),
    Column("reference", Text),
    Column("language", String(8)),
    Column("version", String(64), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
)

enquiry = Table(
    "enquiry",
    metadata,
    _id(),
    Column("reference", String(20), nullable=False, unique=True),
    Column("status", String(16), nullable=False),
    Column("category", String(32), nullable=False),
    Column("source", String(32), nullable=False),
    Column("routine", Boolean, nullable=False),
    Column("to_be_sorted", Boolean, nullable=False),
    Column("route", String(24), nullable=False),
    Column("team", String(64), nullable=False),
    Column("reply_team", String(64), nullable=False),
    Column("received_at", UtcDateTime, nullable=False, index=True),
    Column("opened_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),  # replied or closed
    Column("reply_seen_at", UtcDateTime),  # a reply was seen; a person has yet to confirm it
    Column("reply_failed_at", UtcDateTime),  # a reply that was seen came back undelivered
    Column("assigned_to", String(320)),  # a colleague's address
    Column("updated_at", UtcDateTime),  # when somebody last wrote an update (guide §1.20)
    Column("erased_at", UtcDateTime),  # what anybody wrote is gone, the figures stay
    _ref("merged_into", "enquiry.id", index=False),
    _ref("linked_to", "enquiry.id"),
    # The page asks for what is to be sorted, and for what is new, however much lies behind it.
    Index(
        "ix_enquiry_unsorted",
        "id",
        postgresql_where=text("status = 'open' AND to_be_sorted"),
        sqlite_where=text("status = 'open' AND to_be_sorted"),
    ),
    Index(None, "opened_at"),
    # Each page counts who is open and was not merged: in two columns without reading the enquiries.
    Index("ix_enquiry_status_merged_into", "status", "merged_into"),
    # Of the few that were merged: for all the others SQLite would go by it, and sort a million.
    Index(
        None,
        "merged_into",
        postgresql_where=text("merged_into IS NOT NULL"),
        sqlite_where=text("merged_into IS NOT NULL"),
    ),
)

party = Table(
    "party",
    metadata,
    Column("enquiry_id", _Id, ForeignKey("enquiry.id"), primary_key=True),
    Column("address", String(320), primary_key=True),
    Index(None, "address"),
)

enquiry_criterion = Table(
    "enquiry_criterion",
    metadata,
    Column("enquiry_id", _Id, ForeignKey("enquiry.id"), primary_key=True),
    Column("criterion", String(32), primary_key=True),
    Column("state", String(16), nullable=False),  # proposed, accepted
    _ref("message_id", "message.id", index=False),
    Column("since_at", UtcDateTime, nullable=False),
)

register_entry = Table(
    "register_entry",
    metadata,
    Column("enquiry_id", _Id, ForeignKey("enquiry.id"), primary_key=True),
    Column("register", String(32), primary_key=True),
    Column("proposed", Boolean, nullable=False),
    Column("since_at", UtcDateTime, nullable=False),
    Index(None, "register"),
)

deadline = Table(
    "deadline",
    metadata,
    _id(),
    _ref("enquiry_id", "enquiry.id", nullable=False),
    _ref("message_id", "message.id", nullable=False),
    Column("kind", String(24), nullable=False),
    Column("due_on", Date, nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
    Column("received_at", UtcDateTime, nullable=False),
    Column("working", JSON, nullable=False),
    Column("ended_at", UtcDateTime),
    # replied, closed, confirmed, sent, seen, updated, moved, corrected, merged
    Column("ended_by", String(24)),
    Column("stopped_on", Date),  # it stands still since that day: clarification, fees, a pause
    # What is overdue or due soon is read from here alone; ended clocks leave the index.
    Index(
        "ix_deadline_open",
        *("due_on", "kind", "enquiry_id"),
        # ended_at is always NULL in it; but for what is not there SQLite reads the table.
        *("stopped_on", "ended_at"),
        postgresql_where=text("ended_at IS NULL"),
        sqlite_where=text("ended_at IS NULL"),
    ),
)

deadline_step = Table(
    "deadline_step",
    metadata,
    _id(),
    _ref("deadline_id", "deadline.id", nullable=False),
    Column("action", String(16), nullable=False),  # remind, escalate
    Column("ordinal", Integer, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("decided_at", UtcDateTime),
    # of a clock's reminders: it goes in a mail of its own
    Column("is_last", Boolean, nullable=False, default=False, server_default=false()),
    # The sweep asks for what is due and nothing else; decided steps leave the index.
    Index(
        "ix_deadline_step_due",
        "at",
        postgresql_where=text("decided_at IS NULL"),
        sqlite_where=text("decided_at IS NULL"),
    ),
)

MADE = "kind = 'acknowledgement' AND state NOT IN ('held', 'cancelled') AND recipient <> ''"
"""Which of the outbox count for the daily limits.

What is held has not gone out: forgeries that wait for a person use nobody's share up.
"""

outbox = Table(
    "outbox",
    metadata,
    _id(),
    Column("key", String(200), nullable=False),
    Column("recipient", String(320), nullable=False),
    Column("recipient_domain", String(255), nullable=False),
    Column("kind", String(24), nullable=False),
    Column("outlet", String(64), nullable=False),
    Column("envelope_from", String(320), nullable=False),
    Column("rfc_message_id", Text, nullable=False, index=True),
    Column("content", LargeBinary, nullable=False),
    # What goes instead when a hold ends by itself (process, "Vulnerable").
    Column("usual", LargeBinary),
    # A colleague's own words in it: they stay when it is written anew.
    Column("words", Text, nullable=False, default="", server_default=text("''")),
    _ref("enquiry_id", "enquiry.id"),
    _ref("message_id", "message.id", index=False),
    # waiting, held, post (a letter for the post room), claimed, sent, failed, cancelled, shadow
    Column("state", String(16), nullable=False),
    Column("hold", String(24)),
    Column("send_after", UtcDateTime, nullable=False),
    Column("release_at", UtcDateTime),
    Column("attempts", Integer, nullable=False),
    Column("claimed_by", String(200)),
    Column("claimed_until", UtcDateTime),
    Column("created_at", UtcDateTime, nullable=False),
    Column("sent_at", UtcDateTime),
    Column("not_delivered_at", UtcDateTime),  # a delivery report came back
    Column("last_error", Text, nullable=False, default=""),
    # How often it was sent again because a report said: not now; of a letter, written anew.
    Column("resent", Integer, nullable=False, default=0, server_default=text("0")),
    UniqueConstraint("key", "recipient"),
    Index(
        "ix_outbox_open",
        "outlet",
        "send_after",
        postgresql_where=text("state IN ('waiting', 'claimed')"),
        sqlite_where=text("state IN ('waiting', 'claimed')"),
    ),
    Index(
        "ix_outbox_alerts",
        "outlet",
        "send_after",
        postgresql_where=text("state IN ('waiting', 'claimed') AND kind = 'alert'"),
        sqlite_where=text("state IN ('waiting', 'claimed') AND kind = 'alert'"),
    ),
    Index(
        "ix_outbox_release",
        "release_at",
        postgresql_where=text("state = 'held' AND release_at IS NOT NULL"),
        sqlite_where=text("state = 'held' AND release_at IS NOT NULL"),
    ),
    Index(
        "ix_outbox_held",
        "id",
        postgresql_where=text("state = 'held'"),
        sqlite_where=text("state = 'held'"),
    ),
    # The folder of letters follows these at each sweep.
    Index(
        "ix_outbox_post",
        "id",
        postgresql_where=text("state = 'post'"),
        sqlite_where=text("state = 'post'"),
    ),
    # The daily limits on acknowledgements count by address, by domain and in all; on a busy day
    # the last two count thousands, and read no more than these: for what is not there SQLite reads
    # the table, letters and all.
    Index("ix_outbox_recipient_day", "recipient", "kind", "created_at"),
    Index(
        "ix_outbox_domain_day",
        *("recipient_domain", "created_at", "kind", "state", "recipient"),
        postgresql_where=text(MADE),
        sqlite_where=text(MADE),
    ),
    Index(
        "ix_outbox_day",
        *("created_at", "kind", "state", "recipient"),
        postgresql_where=text(MADE),
        sqlite_where=text(MADE),
    ),
)

# Addresses that no mailbox stands behind, as keyed hashes: nothing is sent to them for a while.
address_block = Table(
    "address_block",
    metadata,
    _id(),
    Column("address", String(24), nullable=False),
    Column("status", String(16), nullable=False),  # what the report said, such as 5.1.1
    Column("from_at", UtcDateTime, nullable=False),
    Column("until_at", UtcDateTime, nullable=False),
    UniqueConstraint("address"),
)

# The text of attachments, read after the commit; erased with its message.
enrichment = Table(
    "enrichment",
    metadata,
    Column("message_id", _Id, ForeignKey("message.id"), primary_key=True),
    Column("state", String(16), nullable=False),  # waiting, done
    Column("files", JSON, nullable=False),  # [name, state] of each attachment that may hold text
    Column("text", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("done_at", UtcDateTime),
    Index(
        "ix_enrichment_waiting",
        "message_id",
        postgresql_where=text("state = 'waiting'"),
        sqlite_where=text("state = 'waiting'"),
    ),
)

# Mail of our own people that may answer an enquiry, and reports that such mail came back: keyed
# hashes of ids and addresses alone, so that what is private stays so (docs/replies.md).
sent_mail = Table(
    "sent_mail",
    metadata,
    _id(),
    Column("own_id", String(24), nullable=False, index=True),  # of its Message-ID; "" for none
    Column("answers", String(24), nullable=False, index=True),  # of one it answers; "" for none
    Column("addressed", JSON, nullable=False),  # who it went to
    _ref("message_id", "message.id", index=False),  # NULL: not ours to read, or only a report
    _ref("enquiry_id", "enquiry.id"),  # whose reply it was seen to be
    Column("sent_at", UtcDateTime, nullable=False),
    Column("failed_at", UtcDateTime),  # a report says that it did not arrive
)

# What lets a clock run otherwise than from its receipt alone; the words why stand in an act.
deadline_fact = Table(
    "deadline_fact",
    metadata,
    _id(),
    _ref("deadline_id", "deadline.id", nullable=False),
    # clarification, fees, identity, fee, extension, pause
    Column("what", String(24), nullable=False),
    Column("from_on", Date, nullable=False),
    Column("until_on", Date),  # NULL: it goes on
    Column("due_on", Date),  # of an extension: the new date
    Column("created_at", UtcDateTime, nullable=False),
)

milestone = Table(
    "milestone",
    metadata,
    _id(),
    _ref("enquiry_id", "enquiry.id", nullable=False),
    Column("words", Text, nullable=False),
    Column("due_on", Date, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("done_at", UtcDateTime),
)

# A handling put to the Ombudsman or Chief Executive (guide §2.3-2.7).
proposal = Table(
    "proposal",
    metadata,
    _id(),
    _ref("enquiry_id", "enquiry.id", nullable=False),
    Column("handling", String(24), nullable=False),
    Column("words", Text, nullable=False),
    Column("put_to", String(16), nullable=False),  # principals, alternate
    Column("state", String(16), nullable=False, index=True),  # waiting, agreed, declined
    Column("proposed_by", Text, nullable=False),
    Column("proposed_at", UtcDateTime, nullable=False),
    Column("decided_by", Text, nullable=False, default=""),
    Column("decided_at", UtcDateTime),
    Column("decision", Text, nullable=False, default=""),
)

# A case that an Assistant Director put up for decision or input (guide §1.21, 2.5).
referral = Table(
    "referral",
    metadata,
    _id(),
    _ref("enquiry_id", "enquiry.id"),
    Column("case_reference", Text, nullable=False, default=""),
    Column("kind", String(16), nullable=False),  # decision, input, uphold
    Column("words", Text, nullable=False),
    Column("team", String(64), nullable=False),
    Column("referred_by", Text, nullable=False),
    Column("referred_at", UtcDateTime, nullable=False),
    Column("state", String(16), nullable=False, index=True),  # waiting, decided
    Column("decided_by", Text, nullable=False, default=""),
    Column("decided_at", UtcDateTime),
    Column("decision", Text, nullable=False, default=""),
)

# Complainants who may be put through to Private Office (guide §1.18, 1.21).
phone_contact = Table(
    "phone_contact",
    metadata,
    _id(),
    Column("name", Text, nullable=False),
    Column("name_key", Text, nullable=False, index=True),  # folded, for the look-up
    Column("case_reference", Text, nullable=False, default=""),
    Column("instruction", Text, nullable=False),
    Column("agreed_by", Text, nullable=False),
    Column("from_on", Date, nullable=False),
    Column("review_on", Date),
    Column("until_on", Date),
    _ref("enquiry_id", "enquiry.id"),
    Column("created_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
)

phone_number = Table(
    "phone_number",
    metadata,
    Column("contact_id", _Id, ForeignKey("phone_contact.id"), primary_key=True),
    Column("number", String(40), primary_key=True),  # in international form, E.164
    Index(None, "number"),
)

# A wish to be called back, for Private Office to agree (guide §1.17, 1.19).
call_back = Table(
    "call_back",
    metadata,
    _id(),
    _ref("enquiry_id", "enquiry.id", nullable=False),
    Column("number", Text, nullable=False),
    Column("asked_for", String(16), nullable=False),  # ombudsman, ceo, private-office
    Column("state", String(16), nullable=False, index=True),  # waiting, yes, no
    Column("asked_by", Text, nullable=False),
    Column("asked_at", UtcDateTime, nullable=False),
    Column("decided_by", Text, nullable=False, default=""),
    Column("decided_at", UtcDateTime),
    Column("decision", Text, nullable=False, default=""),
)

# What the Ombudsman or Chief Executive asked for at a meeting (guide §1.22).
action = Table(
    "action",
    metadata,
    _id(),
    _ref("enquiry_id", "enquiry.id"),
    Column("words", Text, nullable=False),
    Column("owner", Text, nullable=False),
    Column("due_on", Date, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("done_by", Text, nullable=False, default=""),
    Column("done_at", UtcDateTime, index=True),
)

# What was agreed for somebody who writes (guide §1.5, 1.10, 2.7); more stand in config.
arrangement = Table(
    "arrangement",
    metadata,
    Column("id", String(64), primary_key=True),
    # addresses, domains, handles, names, references, themes: lists of text
    Column("matches", JSON, nullable=False),
    Column("handling", JSON, nullable=False),
    Column("watchers", JSON, nullable=False),
    Column("instruction", Text, nullable=False),
    Column("requested_by", Text, nullable=False),
    Column("from_on", Date),
    Column("review_on", Date),
    Column("until_on", Date),
    Column("created_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
)

enquiry_arrangement = Table(
    "enquiry_arrangement",
    metadata,
    Column("enquiry_id", _Id, ForeignKey("enquiry.id"), primary_key=True),
    Column("arrangement", String(64), primary_key=True),
    Column("since_at", UtcDateTime, nullable=False),
)

# Members of staff whom an enquiry is about: they neither hold nor see it (process, *house*).
enquiry_subject = Table(
    "enquiry_subject",
    metadata,
    Column("enquiry_id", _Id, ForeignKey("enquiry.id"), primary_key=True),
    Column("person", String(320), primary_key=True),  # a colleague's address
    Column("state", String(16), nullable=False),  # proposed, set, dismissed
    Column("since_at", UtcDateTime, nullable=False),
)

# What must not be erased for now: a court, a review or the Commission may ask for it.
legal_hold = Table(
    "legal_hold",
    metadata,
    Column("enquiry_id", _Id, ForeignKey("enquiry.id"), primary_key=True),
    Column("reason", Text, nullable=False),
    Column("by_name", Text, nullable=False),
    Column("since_at", UtcDateTime, nullable=False),
)

# Keyed hashes of what was erased, so that it does not come back when it is found again.
erased = Table(
    "erased",
    metadata,
    Column("mark", String(64), primary_key=True),
    Column("erased_at", UtcDateTime, nullable=False),
)

# What the daemon remembers between two looks: which calendar it counted by, what it told whom.
marker = Table(
    "marker",
    metadata,
    Column("name", String(120), primary_key=True),
    Column("value", Text, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
)

# What people did, with their names and words: erasable, unlike the audit.
act = Table(
    "act",
    metadata,
    _id(),
    _ref("enquiry_id", "enquiry.id"),
    _ref("message_id", "message.id", index=False),
    Column("what", String(32), nullable=False),
    Column("by_name", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
)

# Who may sign in at the page. The password is kept as an Argon2 hash; a link to set one as a hash.
account = Table(
    "account",
    metadata,
    _id(),
    Column("name", String(64), nullable=False, unique=True),  # what they sign in with, lower case
    Column("display_name", Text, nullable=False),  # as it stands beside what they do
    Column("address", String(320), nullable=False, unique=True),  # the office's, lower case
    Column("roles", JSON, nullable=False),
    Column("password_hash", Text),
    Column("link_hash", String(64), unique=True),
    Column("link_until", UtcDateTime),
    Column("subject", String(255), unique=True),  # who they are to the office's sign-in service
    Column("created_at", UtcDateTime, nullable=False),
    Column("disabled_at", UtcDateTime),
    Column("looked_at", UtcDateTime),  # until when they have seen what is new
)

# Who is signed in. The cookie holds the key; here lies its hash.
signed_in = Table(
    "signed_in",
    metadata,
    Column("key_hash", String(64), primary_key=True),
    _ref("account_id", "account.id", nullable=False),
    Column("began_at", UtcDateTime, nullable=False),
    Column("seen_at", UtcDateTime, nullable=False),
)

# Insert-only (triggers in the first migration): ids, enums, dates and keyed hashes.
audit = Table(
    "audit",
    metadata,
    _id(),
    Column("at", UtcDateTime, nullable=False),
    Column("event", String(48), nullable=False),
    Column("actor", String(32), nullable=False),  # "software", or a keyed hash of a name
    Column("subject", String(64), nullable=False, index=True),  # e.g. "enquiry:17"
    Column("detail", JSON, nullable=False),
)

# The chain over committed audit rows, insert-only too: each link signs its row and the one before.
audit_seal = Table(
    "audit_seal",
    metadata,
    Column("position", _Id, primary_key=True, autoincrement=False),  # from 1, without gaps
    Column("audit_id", _Id, nullable=False, unique=True),
    Column("key_id", String(16), nullable=False),
    Column("mac", String(64), nullable=False),
    Column("sealed_at", UtcDateTime, nullable=False),
)
