"""Raw bytes, receipts, messages and their classifications."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, case, delete, func, select, update

from daemon.model import (
    Box,
    Category,
    Channel,
    Classification,
    ClockKind,
    Criterion,
    EnquiryStatus,
    Evidence,
    Outcome,
    Skip,
    Source,
    Step,
)
from daemon.store import schema
from daemon.store.rows import Rows
from daemon.words import folded

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime, timedelta

    from sqlalchemy import Select

    from connectors.base import RawMessage
    from daemon.model import Decision, Message

_IDS_AT_ONCE = 500  # SQLite takes a bounded number of parameters in a query


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredMessage:
    """What intake needs of a message it already has."""

    id: int
    received_at: datetime
    enquiry_id: int | None
    outcome: Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageFacts:
    """What a colleague is told of a message."""

    sender: str
    box: Box
    complete: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptMessage:
    """A message as it is kept, to be read again; `raw` is None where its bytes were erased."""

    id: int
    enquiry_id: int | None
    is_first: bool  # of its enquiry
    inbox: str
    box: Box
    channel: Channel
    received_at: datetime
    sender_address: str
    sender_name: str
    subject: str
    new_text: str
    quoted_text: str
    complete: bool
    raw: bytes | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What staff know a message by, and what they said of it."""

    reference: str  # of its enquiry; "" where it has none
    category_by_person: str  # "" where nobody classified it


@dataclass(frozen=True, slots=True, kw_only=True)
class NewReceipt:
    """One sighting of a message in one inbox; `state` is stored, private or quarantined."""

    inbox: str
    external_id: str
    state: str
    received_at: datetime
    stored_at: datetime
    reason: str = ""
    raw: RawMessage | None = None
    raw_sha256: str | None = None
    message_id: int | None = None


_m, _r = schema.message.c, schema.receipt.c
_KNOWN = select(_r.external_id).where(
    _r.inbox == bindparam("inbox"), _r.external_id.in_(bindparam("some", expanding=True))
)
_TAKEN = _KNOWN.where(_r.state != "missed")
_SETTLED = _KNOWN.where(
    _r.state.in_(["stored", "quarantined"]),
    ~select(_m.id).where(_m.id == _r.message_id, _m.outcome == Outcome.HISTORY).exists(),
)
_SAME = select(_m.id, _m.received_at, _m.enquiry_id, _m.outcome).limit(1)
# A sum is of few receipts, and an inbox of all: this keeps SQLite from going by the inbox, as it
# does where it knows nothing of what the table holds.
_THROUGH = _r.inbox.concat("") == bindparam("inbox")
_BY_BYTES = _SAME.join(schema.receipt, _r.message_id == _m.id).where(
    _THROUGH, _r.raw_sha256 == bindparam("sha256")
)
_HAS_BYTES = select(_r.id).where(_THROUGH, _r.raw_sha256 == bindparam("sha256")).limit(1)
_BY_PRINT = _SAME.where(
    _m.fingerprint == bindparam("fingerprint"),
    _m.received_at >= bindparam("after"),
    _m.received_at <= bindparam("before"),
)
_LAST_ORDINAL = select(func.max(_m.ordinal)).where(_m.fingerprint == bindparam("fingerprint"))
_RAW = select(schema.raw.c.sha256).where(schema.raw.c.sha256 == bindparam("sha256"))
_NO_LONGER_MISSED = delete(schema.receipt).where(
    _r.inbox == bindparam("inbox"),
    _r.external_id == bindparam("external_id"),
    _r.state == "missed",
)


class Messages(Rows):
    """Writing down what arrived, and finding what is the same."""

    def known_ids(self, inbox: str, external_ids: Sequence[str]) -> set[str]:
        """Return those of the external ids that have a receipt."""
        return self._ids_with_receipts(_KNOWN, inbox, external_ids)

    def taken_ids(self, inbox: str, external_ids: Sequence[str]) -> set[str]:
        """Return those that were taken in, leaving out what was recorded as missed."""
        return self._ids_with_receipts(_TAKEN, inbox, external_ids)

    def settled_ids(self, inbox: str, external_ids: Sequence[str]) -> set[str]:
        """Return those that may be marked done: not what is private, was missed, or is history."""
        return self._ids_with_receipts(_SETTLED, inbox, external_ids)

    def _ids_with_receipts(
        self, query: Select[tuple[str]], inbox: str, external_ids: Sequence[str]
    ) -> set[str]:
        found: set[str] = set()
        for start in range(0, len(external_ids), _IDS_AT_ONCE):
            some = list(external_ids[start : start + _IDS_AT_ONCE])
            found.update(self.connection.scalars(query, {"inbox": inbox, "some": some}))
        return found

    def keep_raw(self, sha256: str, content: bytes) -> None:
        """Keep raw bytes; the same bytes are kept once.

        Two daemons may insert the same bytes at the same moment: the second waits for the
        first to commit and then meets the constraint, as it does for the message itself.
        """
        if self.connection.scalar(_RAW, {"sha256": sha256}) is None:
            self.add(schema.raw, sha256=sha256, content=content)

    def raw_of(self, message_id: int) -> bytes | None:
        """Return the raw bytes of a message's first receipt; None where they were erased.

        Of a post they are those of its newest version: its ids grow, and are equally long.
        """
        m, row = schema.message.c, schema.receipt.c
        version = case((m.conversation.is_not(None), row.external_id), else_="")
        query = (
            select(schema.raw.c.content)
            .join(schema.receipt, row.raw_sha256 == schema.raw.c.sha256)
            .join(schema.message, m.id == row.message_id)
            .where(row.message_id == message_id)
            .order_by(version.desc(), row.id)
            .limit(1)
        )
        return self.connection.scalar(query)

    def has_raw(self, message_id: int) -> bool:
        """Whether the raw bytes of a message are kept."""
        row = schema.receipt.c
        query = select(row.id).where(row.message_id == message_id, row.raw_sha256.is_not(None))
        return self.connection.scalar(query.limit(1)) is not None

    def message_facts(self, message_id: int) -> MessageFacts:
        """Return what a colleague is told of a message."""
        m = schema.message.c
        row = self.connection.execute(
            select(m.sender_address, m.box, m.complete).where(m.id == message_id)
        ).one()
        return MessageFacts(sender=row.sender_address, box=Box(row.box), complete=row.complete)

    def add_receipt(self, new: NewReceipt) -> int:
        """Write down one sighting; what could not be had before is completed."""
        raw = new.raw
        missed = {"inbox": new.inbox, "external_id": new.external_id}
        self.connection.execute(_NO_LONGER_MISSED, missed)
        return self.insert(
            schema.receipt,
            inbox=new.inbox,
            external_id=new.external_id,
            state=new.state,
            reason=new.reason,
            size=raw.size if raw else 0,
            complete=raw.complete if raw else True,
            raw_sha256=new.raw_sha256,
            message_id=new.message_id,
            arrived_at=raw.arrived_at if raw else None,
            received_at=new.received_at,
            stored_at=new.stored_at,
        )

    def find_same(
        self,
        inbox: str,
        raw_sha256: str,
        fingerprint: str,
        received_at: datetime,
        *,
        within: timedelta,
    ) -> StoredMessage | None:
        """Return the message that this is another sighting of.

        The same: the same bytes in the same inbox, ever; or the same fingerprint in any inbox
        within a period.
        """
        by_print = {
            "fingerprint": fingerprint,
            "after": received_at - within,
            "before": received_at + within,
        }
        by_bytes = {"inbox": inbox, "sha256": raw_sha256}
        for query, bound in ((_BY_PRINT, by_print), (_BY_BYTES, by_bytes)):
            found = self.connection.execute(query, bound).one_or_none()
            if found is not None:
                return StoredMessage(
                    id=found.id,
                    received_at=found.received_at,
                    enquiry_id=found.enquiry_id,
                    outcome=Outcome(found.outcome),
                )
        return None

    def has_bytes(self, inbox: str, raw_sha256: str) -> bool:
        """Whether the same bytes came through an inbox before."""
        return (
            self.connection.scalar(_HAS_BYTES, {"inbox": inbox, "sha256": raw_sha256}) is not None
        )

    def next_ordinal(self, fingerprint: str) -> int:
        """Return the ordinal of the next message with this fingerprint; 0 for the first."""
        last = self.connection.scalar(_LAST_ORDINAL, {"fingerprint": fingerprint})
        return 0 if last is None else last + 1

    def add_message(
        self,
        message: Message,
        decision: Decision,
        *,
        fingerprint: str,
        ordinal: int,
        inbox: str,
        enquiry_id: int | None,
        received_at: datetime,
        now: datetime,
    ) -> int:
        """Write down a parsed message and what became of it."""
        message_id = self.insert(
            schema.message,
            fingerprint=fingerprint,
            ordinal=ordinal,
            rfc_message_id=message.message_id,
            conversation=message.posted.conversation if message.posted else None,
            inbox=inbox,
            box=message.box,
            channel=message.channel,
            sender_address=message.sender.address,
            sender_name=message.sender.name,
            subject=message.subject,
            new_text=message.new_text,
            quoted_text=message.quoted_text,
            date_at=message.date_at,
            received_at=received_at,
            outcome=decision.outcome,
            route=decision.route,
            skip=decision.skip,
            hold=decision.held,
            reasons=list(decision.reasons),
            complete=message.complete,
            enquiry_id=enquiry_id,
            linked_to=decision.linked_to.enquiry_id if decision.linked_to else None,
            created_at=now,
        )
        sender = message.sender
        words = folded(f"{sender.name} {sender.address} {message.subject}")
        self.add(schema.message_words, message_id=message_id, words=words)
        return message_id

    def decide_again(
        self, message_id: int, decision: Decision, *, inbox: str, box: Box, enquiry_id: int
    ) -> None:
        """Write down what became of a message by another sighting of it."""
        self.connection.execute(
            update(schema.message)
            .where(schema.message.c.id == message_id)
            .values(
                inbox=inbox,
                box=box,
                outcome=decision.outcome,
                route=decision.route,
                skip=decision.skip,
                hold=decision.held,
                reasons=list(decision.reasons),
                enquiry_id=enquiry_id,
                linked_to=decision.linked_to.enquiry_id if decision.linked_to else None,
            )
        )

    def received_earlier(self, message_id: int, received_at: datetime) -> None:
        """Note that another receipt shows a message to have arrived earlier."""
        self.connection.execute(
            update(schema.message)
            .where(schema.message.c.id == message_id)
            .values(received_at=received_at)
        )

    def add_classification(
        self, message_id: int, found: Classification, *, made_by: str, now: datetime
    ) -> int:
        """Append a classification; the current one is the last by a person, else the last."""
        return self.insert(
            schema.classification,
            message_id=message_id,
            made_by=made_by,
            category=found.category,
            source=found.source,
            routine=found.routine,
            criteria=list(found.criteria),
            confidence=found.confidence,
            to_be_sorted=found.to_be_sorted,
            personal_attention=found.personal_attention,
            individual_case=found.individual_case,
            matters=list(found.matters),
            notice_on=found.notice_on,
            reply_by_on=found.reply_by_on,
            automation=found.automation,
            evidence=[[e.step, e.name, e.says, e.text] for e in found.evidence],
            reference=found.reference,
            language=found.language,
            version=found.version,
            created_at=now,
        )

    def kept(self, message_id: int) -> KeptMessage:
        """Return a message as it is kept."""
        m = schema.message.c
        columns = (
            *(m.id, m.enquiry_id, m.inbox, m.box, m.channel, m.received_at),
            *(m.sender_address, m.sender_name, m.subject, m.new_text, m.quoted_text, m.complete),
        )
        row = self.connection.execute(select(*columns).where(m.id == message_id)).one()
        first = select(func.min(m.id)).where(m.enquiry_id == row.enquiry_id)
        values = dict(row._mapping)
        values |= {
            "box": Box(row.box),
            "channel": Channel(row.channel),
            "is_first": self.connection.scalar(first) == message_id,
        }
        return KeptMessage(**values, raw=self.raw_of(message_id))

    def message_ids(
        self, outcomes: Sequence[Outcome], *, since_at: datetime | None = None
    ) -> list[int]:
        """Return the messages with these outcomes, received since then, in the order they came."""
        m = schema.message.c
        query = select(m.id).where(m.outcome.in_(outcomes), m.erased_at.is_(None)).order_by(m.id)
        if since_at is not None:
            query = query.where(m.received_at >= since_at)
        return list(self.connection.scalars(query))

    def said_the_same(self, references: Collection[str], subject: str, text: str) -> bool:
        """Whether the first message of one of these enquiries had this subject and these words."""
        m, e = schema.message.c, schema.enquiry.c
        query = (
            select(m.id)
            .join(schema.enquiry, e.id == m.enquiry_id)
            .where(e.reference.in_(references), m.subject == subject, m.new_text == text)
            .limit(1)
        )
        return self.connection.scalar(query) is not None

    def open_message_ids(self, *, since_at: datetime | None = None) -> list[int]:
        """Return the messages of open enquiries that no person has classified, in order."""
        m, e, c = schema.message.c, schema.enquiry.c, schema.classification.c
        by_person = select(c.id).where(c.message_id == m.id, c.made_by == "person").exists()
        query = (
            select(m.id)
            .join(schema.enquiry, e.id == m.enquiry_id)
            .where(
                e.status == EnquiryStatus.OPEN,
                m.outcome.in_((Outcome.OPENED, Outcome.JOINED)),
                ~by_person,
            )
            .order_by(m.id)
        )
        if since_at is not None:
            query = query.where(m.received_at >= since_at)
        return list(self.connection.scalars(query))

    def said_of(self, message_id: int) -> Said:
        """Return the reference of a message's enquiry, and the category a person gave it."""
        m, c, e = schema.message.c, schema.classification.c, schema.enquiry.c
        reference = self.connection.scalar(
            select(e.reference).join(schema.message, m.enquiry_id == e.id).where(m.id == message_id)
        )
        category = self.connection.scalar(
            select(c.category)
            .where(c.message_id == message_id, c.made_by == "person")
            .order_by(c.id.desc())
            .limit(1)
        )
        return Said(reference=reference or "", category_by_person=category or "")

    def messages_of(self, enquiry_id: int) -> list[int]:
        """Return the messages of an enquiry, the first one first."""
        m = schema.message.c
        query = select(m.id).where(m.enquiry_id == enquiry_id).order_by(m.id)
        return list(self.connection.scalars(query))

    def corrected_ids(self) -> list[int]:
        """Return the messages that a person has classified, in the order they came."""
        c = schema.classification.c
        m = schema.message.c
        query = (
            select(c.message_id)
            .join(schema.message, m.id == c.message_id)
            .where(c.made_by == "person", m.erased_at.is_(None))
            .distinct()
        )
        return sorted(self.connection.scalars(query))

    def classification_of(
        self, message_id: int, *, at: datetime | None = None
    ) -> Classification | None:
        """Return the current classification: the last by a person, else by the software.

        With `at`, that which was current then.
        """
        c = schema.classification.c
        query = (
            select(schema.classification)
            .where(c.message_id == message_id)
            .order_by((c.made_by == "person").desc(), c.id.desc())
            .limit(1)
        )
        if at is not None:
            query = query.where(c.created_at <= at)
        row = self.connection.execute(query).mappings().one_or_none()
        if row is None:
            return None
        return Classification(
            category=Category(row["category"]),
            source=Source(row["source"]),
            routine=row["routine"],
            criteria=tuple(Criterion(c) for c in row["criteria"]),
            confidence=row["confidence"],
            to_be_sorted=row["to_be_sorted"],
            personal_attention=row["personal_attention"],
            individual_case=row["individual_case"],
            matters=tuple(ClockKind(k) for k in row["matters"]),
            notice_on=row["notice_on"],
            reply_by_on=row["reply_by_on"],
            automation=Skip(row["automation"]) if row["automation"] else None,
            evidence=tuple(
                Evidence(step=Step(step), name=name, says=says, text=text)
                for step, name, says, text in row["evidence"]
            ),
            reference=row["reference"],
            language=row["language"],
            version=row["version"],
        )
