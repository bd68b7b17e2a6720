"""What people look at: an enquiry with everything that belongs to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Select, func, select

from daemon.store import schema
from daemon.store.rows import Rows

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import ColumnElement, Table

Row = dict[str, object]

_NUMBERED = ("milestone", "proposal", "referral", "action")
"""Tables whose rows people name by their number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SentRow:
    """An entry of the outbox with its bytes; `usual` is what goes if nobody releases `content`."""

    row: Row
    content: bytes
    usual: bytes | None


class Views(Rows):
    """Read-only views; plain values that JSON can hold, times aware UTC in ISO 8601."""

    def view(self, reference: str) -> Row | None:
        """Return an enquiry with its messages, clocks, registers, letters and acts."""
        e = schema.enquiry
        row = self._rows(select(e).where(e.c.reference == reference))
        if not row:
            return None
        enquiry = row[0]
        enquiry_id = enquiry.pop("id")
        linked = enquiry.pop("linked_to")
        return {
            **enquiry,
            "linked_to": self._reference_of(linked),
            "parties": self._addresses(enquiry_id),
            "criteria": self._of(schema.enquiry_criterion, enquiry_id),
            "registers": self._of(schema.register_entry, enquiry_id),
            "messages": self._messages(enquiry_id),
            "deadlines": self._deadlines(enquiry_id),
            "outbox": self._outbox(enquiry_id),
            "merged_into": self._reference_of(enquiry.get("merged_into")),
            "milestones": self._of(schema.milestone, enquiry_id),
            "proposals": self._of(schema.proposal, enquiry_id),
            "referrals": self._of(schema.referral, enquiry_id),
            "call_backs": self._of(schema.call_back, enquiry_id),
            "subjects": self._of(schema.enquiry_subject, enquiry_id),
            "arrangements": self._of(schema.enquiry_arrangement, enquiry_id),
            "actions": self._of(schema.action, enquiry_id),
            "acts": self._of(schema.act, enquiry_id),
            "audit": self._audit(enquiry_id),
        }

    def counts(self) -> Mapping[str, int]:
        """Return how many receipts, messages, enquiries and sent letters there are."""
        tables = {
            "receipts": select(func.count()).select_from(schema.receipt),
            "messages": select(func.count()).select_from(schema.message),
            "enquiries": select(func.count()).select_from(schema.enquiry),
            "sent": select(func.count()).where(schema.outbox.c.state == "sent"),
        }
        return {name: self.connection.scalar(query) or 0 for name, query in tables.items()}

    def _rows(self, query: Select[*tuple[object, ...]]) -> list[Row]:
        return [
            {name: _plain(value) for name, value in row._mapping.items()}
            for row in self.connection.execute(query)
        ]

    def _of(self, table: Table, enquiry_id: object) -> list[Row]:
        left_out = {"enquiry_id", "message_id", "id"}
        columns: list[ColumnElement[Any]] = [c for c in table.c if c.name not in left_out]
        if table.name in _NUMBERED:
            columns.insert(0, table.c.id.label("number"))
        return self._rows(select(*columns).where(table.c.enquiry_id == enquiry_id))

    def _reference_of(self, enquiry_id: object) -> str | None:
        row = schema.enquiry.c
        return self.connection.scalar(select(row.reference).where(row.id == enquiry_id))

    def _addresses(self, enquiry_id: object) -> Sequence[str]:
        row = schema.party.c
        return self.connection.scalars(
            select(row.address).where(row.enquiry_id == enquiry_id)
        ).all()

    def _messages(self, enquiry_id: object) -> list[Row]:
        m, r, c = schema.message.c, schema.receipt.c, schema.classification.c
        messages = self._rows(
            select(
                m.id,
                m.box,
                m.sender_name,
                m.sender_address,
                m.subject,
                m.received_at,
                m.outcome,
                m.route,
                m.skip,
                m.hold,
                m.reasons,
                m.complete,
            )
            .where(m.enquiry_id == enquiry_id)
            .order_by(m.id)
        )
        for message in messages:
            message["same_message_id"] = self._twins(message["id"])
            message["receipts"] = self._rows(
                select(r.inbox, r.received_at, r.stored_at).where(r.message_id == message["id"])
            )
            message["attachments"] = self.connection.scalar(
                select(schema.enrichment.c.files).where(
                    schema.enrichment.c.message_id == message["id"]
                )
            )
            message["classifications"] = self._rows(
                select(
                    c.made_by,
                    c.category,
                    c.source,
                    c.routine,
                    c.criteria,
                    c.confidence,
                    c.to_be_sorted,
                    c.reference,
                    c.language,
                    c.evidence,
                    c.version,
                ).where(c.message_id == message["id"])
            )
        return messages

    def _twins(self, message_id: object) -> Sequence[str]:
        """Return the enquiries of other messages that bear the same Message-ID."""
        m, e = schema.message.c, schema.enquiry.c
        own = select(m.rfc_message_id).where(m.id == message_id).scalar_subquery()
        return self.connection.scalars(
            select(e.reference)
            .join(schema.message, m.enquiry_id == e.id)
            .where(m.rfc_message_id == own, m.id != message_id)
            .order_by(m.id)
        ).all()

    def _deadlines(self, enquiry_id: object) -> list[Row]:
        d, s = schema.deadline.c, schema.deadline_step.c
        clocks = self._rows(
            select(
                *(d.id, d.kind, d.due_on, d.due_at, d.working),
                *(d.ended_at, d.ended_by, d.stopped_on),
            )
            .where(d.enquiry_id == enquiry_id)
            .order_by(d.due_at)
        )
        f = schema.deadline_fact.c
        for clock in clocks:
            clock["facts"] = self._rows(
                select(f.what, f.from_on, f.until_on, f.due_on)
                .where(f.deadline_id == clock["id"])
                .order_by(f.id)
            )
            clock["steps"] = self._rows(
                select(s.action, s.at, s.decided_at).where(s.deadline_id == clock["id"])
            )
        return clocks

    def _outbox(self, enquiry_id: object) -> list[Row]:
        row = schema.outbox.c
        return self._rows(_sent().where(row.enquiry_id == enquiry_id).order_by(row.id))

    def sent_of(self, enquiry_id: int, number: int) -> SentRow | None:
        """Return an entry of the outbox of an enquiry with its bytes, by its number."""
        row = schema.outbox.c
        mine = (row.enquiry_id == enquiry_id, row.id == number)
        found = self._rows(_sent().where(*mine))
        if not found:
            return None
        content, usual = self.connection.execute(select(row.content, row.usual).where(*mine)).one()
        return SentRow(row=found[0], content=content, usual=usual)

    def _audit(self, enquiry_id: object) -> list[Row]:
        self.write_waiting()
        row = schema.audit.c
        about = row.subject == f"enquiry:{enquiry_id}"
        return self._rows(
            select(row.at, row.event, row.actor, row.detail).where(about).order_by(row.id)
        )


def _sent() -> Select[*tuple[object, ...]]:
    """Select what is told of an entry of the outbox; the bytes stay there."""
    row = schema.outbox.c
    return select(
        row.id.label("number"),
        row.kind,
        row.recipient,
        row.outlet,
        row.state,
        row.hold,
        row.release_at,
        row.attempts,
        row.created_at,
        row.sent_at,
        row.not_delivered_at,
        row.last_error,
        row.rfc_message_id,
        row.words,
    )


def _plain(value: object) -> object:
    """Return a value as JSON can hold it; dates and times in ISO 8601."""
    isoformat = getattr(value, "isoformat", None)
    return isoformat() if isoformat else value
