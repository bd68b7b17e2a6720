"""Taking out what people wrote and who they are, in place: rows, dates and numbers stay."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import JSON, and_, bindparam, delete, func, or_, select, text, update

from daemon.store import schema
from daemon.store.rows import Rows

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from sqlalchemy import Column, Table

_UNSENT = ("waiting", "claimed", "held", "post", "shadow")
# What is blanked of everything that hangs on an enquiry. A column of JSON becomes an empty list.
_WORDS: tuple[tuple[Table, tuple[str, ...]], ...] = (
    (schema.milestone, ("words",)),
    (schema.proposal, ("words", "decision")),
    (schema.referral, ("words", "decision", "case_reference")),
    (schema.phone_contact, ("name", "name_key", "case_reference", "instruction")),
    (schema.call_back, ("number", "decision")),
    (schema.action, ("words",)),
    (schema.act, ("note",)),
    (schema.sent_mail, ("addressed",)),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """An enquiry that must not be erased for now."""

    reference: str
    reason: str
    by_name: str
    since_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldOn:
    """What is held on a person: their messages, and the enquiries that they are a party to."""

    message_ids: tuple[int, ...]
    enquiry_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EnquiryToErase:
    """What decides whether an enquiry may be erased."""

    id: int
    reference: str
    status: str
    is_held: bool
    erased_at: datetime | None


_ERASED = (
    select(schema.erased.c.mark)
    .where(schema.erased.c.mark.in_(bindparam("marks", expanding=True)))
    .limit(1)
)


class Erasing(Rows):
    """Finding what is to go, and taking it out."""

    def was_erased(self, marks: Collection[str]) -> bool:
        """Whether something with one of these keyed hashes was erased."""
        return self.connection.scalar(_ERASED, {"marks": list(marks)}) is not None

    # What is to go

    def held_on(self, address: str) -> HeldOn:
        """Return what is held on whoever writes from an address (lower case)."""
        m, p = schema.message.c, schema.party.c
        is_theirs = func.lower(m.sender_address) == address
        messages = self.connection.scalars(select(m.id).where(is_theirs).order_by(m.id)).all()
        by_party = select(p.enquiry_id).where(p.address == address)
        by_message = select(m.enquiry_id).where(is_theirs).distinct()
        enquiries = {
            one
            for query in (by_party, by_message)
            for one in self.connection.scalars(query)
            if one is not None
        }
        return HeldOn(message_ids=tuple(messages), enquiry_ids=tuple(sorted(enquiries)))

    def enquiries_to_erase(self, ids: Sequence[int]) -> list[EnquiryToErase]:
        """Return what decides about some enquiries."""
        e, h = schema.enquiry.c, schema.legal_hold.c
        query = (
            select(e.id, e.reference, e.status, h.enquiry_id, e.erased_at)
            .outerjoin(schema.legal_hold, h.enquiry_id == e.id)
            .where(e.id.in_(ids))
            .order_by(e.id)
        )
        return [
            EnquiryToErase(
                id=row.id,
                reference=row.reference,
                status=row.status,
                is_held=row.enquiry_id is not None,
                erased_at=row.erased_at,
            )
            for row in self.connection.execute(query)
        ]

    def ended_enquiries(
        self, *, before: datetime, categories: Sequence[str], but_not: Sequence[str], limit: int
    ) -> list[int]:
        """Return enquiries that ended before a time, are not held and not erased.

        `categories`: of these; empty: of all but `but_not`.
        """
        e, h = schema.enquiry.c, schema.legal_hold.c
        query = (
            select(e.id)
            .outerjoin(schema.legal_hold, h.enquiry_id == e.id)
            .where(
                e.ended_at < before,
                e.status.in_(["replied", "closed"]),
                e.erased_at.is_(None),
                h.enquiry_id.is_(None),
                e.category.in_(categories) if categories else e.category.not_in(but_not),
            )
        )
        return list(self.connection.scalars(query.order_by(e.id).limit(limit)))

    def unfiled_messages(self, *, before: datetime, limit: int) -> list[int]:
        """Return messages that belong to no enquiry, received before a time and not erased."""
        m = schema.message.c
        query = select(m.id).where(
            m.enquiry_id.is_(None), m.received_at < before, m.erased_at.is_(None)
        )
        return list(self.connection.scalars(query.order_by(m.id).limit(limit)))

    def messages_of(self, enquiry_id: int) -> list[int]:
        """Return the messages of an enquiry."""
        m = schema.message.c
        return list(self.connection.scalars(select(m.id).where(m.enquiry_id == enquiry_id)))

    def prints_of(self, message_ids: Sequence[int]) -> list[tuple[int, str, list[str]]]:
        """Return the fingerprint of each message, and the hashes of its bytes."""
        m, r = schema.message.c, schema.receipt.c
        found = []
        for message_id in message_ids:
            fingerprint = self.connection.scalar(select(m.fingerprint).where(m.id == message_id))
            hashes = self.connection.scalars(
                select(r.raw_sha256).where(r.message_id == message_id, r.raw_sha256.is_not(None))
            )
            found.append((message_id, str(fingerprint), sorted({str(one) for one in hashes})))
        return found

    # Taking it out

    def erase_message(
        self, message_id: int, *, prints: str, marks: Sequence[str], now: datetime
    ) -> None:
        """Blank a message and all that repeats its words; `prints` is the keyed fingerprint.

        Its receipts stay, with their keys; `marks` are kept so that it does not come back.
        """
        self._shred()
        m, r, gone = schema.message, schema.receipt, schema.erased.c
        known = set(self.connection.scalars(select(gone.mark).where(gone.mark.in_(marks))))
        for mark in dict.fromkeys(marks):
            if mark not in known:
                self.add(schema.erased, mark=mark, erased_at=now)
        ordinal = self.connection.scalar(
            select(func.max(m.c.ordinal)).where(m.c.fingerprint == prints)
        )
        blank: dict[str, Any] = dict.fromkeys(
            ("sender_address", "sender_name", "subject", "new_text", "quoted_text"), ""
        )
        self.connection.execute(
            update(m)
            .where(m.c.id == message_id)
            .values(
                **blank,
                fingerprint=prints,
                ordinal=0 if ordinal is None else ordinal + 1,
                rfc_message_id=None,
                conversation=None,
                reasons=[],
                erased_at=now,
            )
        )
        hashes = self.connection.scalars(
            select(r.c.raw_sha256).where(r.c.message_id == message_id, r.c.raw_sha256.is_not(None))
        ).all()
        self.connection.execute(
            update(r).where(r.c.message_id == message_id).values(raw_sha256=None, reason="")
        )
        for sha256 in hashes:
            self._drop_raw(sha256)
        words = schema.message_words
        self.connection.execute(delete(words).where(words.c.message_id == message_id))
        found = schema.classification
        self.connection.execute(
            update(found)
            .where(found.c.message_id == message_id)
            .values(evidence=[], reference=None, matters=[])
        )
        self.connection.execute(
            update(schema.enrichment)
            .where(schema.enrichment.c.message_id == message_id)
            .values(text="", files=[], state="done")
        )
        self._erase_letters(schema.outbox.c.message_id == message_id)

    def erase_enquiry(self, enquiry_id: int, *, now: datetime) -> None:
        """Blank what hangs on an enquiry besides its messages; figures and dates stay."""
        self._shred()
        for table, columns in _WORDS:
            values = {name: [] if isinstance(table.c[name].type, JSON) else "" for name in columns}
            self.connection.execute(
                update(table).where(table.c.enquiry_id == enquiry_id).values(**values)
            )
        contacts = select(schema.phone_contact.c.id).where(
            schema.phone_contact.c.enquiry_id == enquiry_id
        )
        numbers = schema.phone_number
        self.connection.execute(delete(numbers).where(numbers.c.contact_id.in_(contacts)))
        for table in (schema.party, schema.enquiry_subject):
            self.connection.execute(delete(table).where(table.c.enquiry_id == enquiry_id))
        self._erase_letters(schema.outbox.c.enquiry_id == enquiry_id)
        e = schema.enquiry
        self.connection.execute(update(e).where(e.c.id == enquiry_id).values(erased_at=now))

    def erase_letters_to(self, address: str) -> None:
        """Blank every letter of ours to an address."""
        self._shred()
        self._erase_letters(schema.outbox.c.recipient == address)

    def leave_party(self, enquiry_id: int, address: str) -> None:
        """Take somebody out of the parties of an enquiry that others go on with."""
        row = schema.party
        self.connection.execute(
            delete(row).where(row.c.enquiry_id == enquiry_id, row.c.address == address)
        )

    def erase_internal_mail(self, *, before: datetime, limit: int) -> int:
        """Blank notices, reports and the like that were sent before a time; return how many.

        They repeat what enquirers wrote: originals are attached, the pack names people.
        """
        self._shred()
        row = schema.outbox.c
        ids = self.connection.scalars(
            select(row.id)
            .where(
                row.kind != "acknowledgement",
                row.state.in_(["sent", "failed", "cancelled"]),
                row.created_at < before,
                func.length(row.content) > 0,
            )
            .limit(limit)
        ).all()
        if ids:
            self.connection.execute(
                update(schema.outbox)
                .where(row.id.in_(ids))
                .values(content=b"", usual=None, words="", last_error="")
            )
        return len(ids)

    def _erase_letters(self, which: Any) -> None:  # noqa: ANN401 - a condition of SQLAlchemy's
        """Blank letters: bytes, words and recipient. What has not left is cancelled."""
        row = schema.outbox
        self.connection.execute(
            update(row).where(and_(which, row.c.state.in_(_UNSENT))).values(state="cancelled")
        )
        ids = self.connection.scalars(select(row.c.id).where(which)).all()
        for entry_id in ids:
            self.connection.execute(
                update(row)
                .where(row.c.id == entry_id)
                .values(
                    content=b"",
                    usual=None,
                    words="",
                    last_error="",
                    recipient=f"erased-{entry_id}",  # with the key it has to stay unique
                    recipient_domain="",
                )
            )

    def _drop_raw(self, sha256: str) -> None:
        """Delete bytes that no receipt has any more."""
        r = schema.receipt.c
        if self.connection.scalar(select(r.id).where(r.raw_sha256 == sha256).limit(1)) is None:
            self.connection.execute(delete(schema.raw).where(schema.raw.c.sha256 == sha256))

    def _shred(self) -> None:
        """Have SQLite write zeros over what is deleted, where it would only mark it as free."""
        if self.connection.dialect.name == "sqlite":
            self.connection.execute(text("PRAGMA secure_delete = ON"))

    # What is held back

    def hold(self, enquiry_id: int, *, reason: str, by: str, now: datetime) -> None:
        """Hold an enquiry back from erasure; a new reason takes the place of the one before."""
        self.let_go(enquiry_id)
        self.add(schema.legal_hold, enquiry_id=enquiry_id, reason=reason, by_name=by, since_at=now)

    def let_go(self, enquiry_id: int) -> bool:
        """Hold an enquiry back no longer; whether it was."""
        row = schema.legal_hold
        return bool(
            self.connection.execute(delete(row).where(row.c.enquiry_id == enquiry_id)).rowcount
        )

    def held_back(self) -> list[Held]:
        """Return all that is held back, the oldest first."""
        h, e = schema.legal_hold.c, schema.enquiry.c
        query = select(e.reference, h.reason, h.by_name, h.since_at).join(
            schema.enquiry, e.id == h.enquiry_id
        )
        return [Held(**row._mapping) for row in self.connection.execute(query.order_by(h.since_at))]

    # What is held on somebody, for themselves

    def raws_of(self, message_ids: Sequence[int]) -> list[tuple[str, bytes]]:
        """Return the bytes of messages, as they came, each with a name: `7`, `7-2`.

        A post that was edited has several, oldest first.
        """
        r, raw = schema.receipt.c, schema.raw.c
        found = []
        for message_id in message_ids:
            hashes = self.connection.scalars(
                select(r.raw_sha256)
                .where(r.message_id == message_id, r.raw_sha256.is_not(None))
                .order_by(r.id)
            ).all()
            for number, sha256 in enumerate(dict.fromkeys(hashes), start=1):
                name = f"{message_id}" if number == 1 else f"{message_id}-{number}"
                content = select(raw.content).where(raw.sha256 == sha256)
                found.append((name, bytes(self.connection.scalars(content).one())))
        return found

    def letters_of(self, address: str, enquiry_ids: Sequence[int]) -> list[tuple[int, str, bytes]]:
        """Return the letters of ours to somebody: number, kind and bytes."""
        row = schema.outbox.c
        to_them = or_(
            row.recipient == address,
            and_(row.enquiry_id.in_(enquiry_ids), row.kind == "acknowledgement"),
        )
        query = select(row.id, row.kind, row.content).where(to_them, func.length(row.content) > 0)
        found = self.connection.execute(query.order_by(row.id))
        return [(r.id, r.kind, bytes(r.content)) for r in found]


def columns_of_words() -> list[Column[Any]]:
    """Return what `erase_enquiry` blanks, for the test that holds it against the schema."""
    return [table.c[name] for table, names in _WORDS for name in names]
