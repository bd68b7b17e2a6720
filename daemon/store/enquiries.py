"""Enquiries with their parties, criteria and registers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, delete, or_, select, update

from daemon.model import Category, ClockKind, Criterion, EnquiryStatus, ThreadLink
from daemon.store import schema
from daemon.store.rows import Rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from sqlalchemy import Row

    from daemon.model import Classification, Decision, Register


@dataclass(frozen=True, slots=True, kw_only=True)
class EnquiryRow:
    """An enquiry as it stands."""

    id: int
    reference: str
    status: EnquiryStatus
    category: str
    source: str
    to_be_sorted: bool
    route: str
    team: str
    reply_team: str
    received_at: datetime
    assigned_to: str | None
    reply_seen_at: datetime | None
    reply_failed_at: datetime | None


ENQUIRY = (
    schema.enquiry.c.id,
    schema.enquiry.c.reference,
    schema.enquiry.c.status,
    schema.enquiry.c.category,
    schema.enquiry.c.source,
    schema.enquiry.c.to_be_sorted,
    schema.enquiry.c.route,
    schema.enquiry.c.team,
    schema.enquiry.c.reply_team,
    schema.enquiry.c.received_at,
    schema.enquiry.c.assigned_to,
    schema.enquiry.c.reply_seen_at,
    schema.enquiry.c.reply_failed_at,
)


def as_enquiry(row: Row[*tuple[Any, ...]]) -> EnquiryRow:
    """Return the enquiry in a row that has the columns of `ENQUIRY`."""
    values = row._mapping
    fields = {c.name: values[c] for c in ENQUIRY}
    fields["status"] = EnquiryStatus(fields["status"])
    return EnquiryRow(**fields)


_BY_ID = select(*ENQUIRY).where(schema.enquiry.c.id == bindparam("enquiry"))
_BY_ID_LOCKED = _BY_ID.with_for_update()
_PARTY = select(schema.party.c.address).where(
    schema.party.c.enquiry_id == bindparam("enquiry"),
    schema.party.c.address == bindparam("address"),
)
_CRITERIA = select(schema.enquiry_criterion.c.criterion).where(
    schema.enquiry_criterion.c.enquiry_id == bindparam("enquiry")
)
REGISTERS_OF = select(schema.register_entry.c.register).where(
    schema.register_entry.c.enquiry_id == bindparam("enquiry")
)


class Enquiries(Rows):
    """Opening, joining, chasing and ending enquiries."""

    def open_enquiry(
        self,
        reference: str,
        decision: Decision,
        found: Classification,
        *,
        received_at: datetime,
        now: datetime,
    ) -> int:
        """Open an enquiry; a reference already taken violates its constraint."""
        return self.insert(
            schema.enquiry,
            reference=reference,
            status=EnquiryStatus.OPEN,
            category=found.category,
            source=found.source,
            routine=found.routine,
            to_be_sorted=found.to_be_sorted,
            route=decision.route,
            team=decision.team,
            reply_team=decision.reply_team,
            received_at=received_at,
            opened_at=now,
            linked_to=decision.linked_to.enquiry_id if decision.linked_to else None,
        )

    def enquiry(self, reference: str, *, lock: bool = False) -> EnquiryRow | None:
        """Return an enquiry by its reference; `lock` keeps others from changing it."""
        query = select(*ENQUIRY).where(schema.enquiry.c.reference == reference)
        if lock:
            query = query.with_for_update()
        row = self.connection.execute(query).one_or_none()
        return as_enquiry(row) if row else None

    def enquiry_by_id(self, enquiry_id: int, *, lock: bool = False) -> EnquiryRow:
        """Return an enquiry by its id; `lock` keeps others from changing it meanwhile."""
        query = _BY_ID_LOCKED if lock else _BY_ID
        return as_enquiry(self.connection.execute(query, {"enquiry": enquiry_id}).one())

    def set_status(self, enquiry_id: int, status: EnquiryStatus, *, now: datetime) -> None:
        """Change where an enquiry stands."""
        self.connection.execute(
            update(schema.enquiry)
            .where(schema.enquiry.c.id == enquiry_id)
            .values(status=status, ended_at=None if status is EnquiryStatus.OPEN else now)
        )

    def reroute(self, enquiry_id: int, *, route: str, team: str) -> None:
        """Move an enquiry to another part of the office."""
        self.connection.execute(
            update(schema.enquiry)
            .where(schema.enquiry.c.id == enquiry_id)
            .values(route=route, team=team)
        )

    def reclassify(self, enquiry_id: int, found: Classification, *, reply_team: str) -> None:
        """Have an enquiry stand for what its message is taken for now."""
        self.connection.execute(
            update(schema.enquiry)
            .where(schema.enquiry.c.id == enquiry_id)
            .values(
                category=found.category,
                source=found.source,
                routine=found.routine,
                to_be_sorted=found.to_be_sorted,
                reply_team=reply_team,
            )
        )

    def received_first_at(self, enquiry_id: int, received_at: datetime) -> None:
        """Note that an enquiry reached the office earlier than was known."""
        self.connection.execute(
            update(schema.enquiry)
            .where(schema.enquiry.c.id == enquiry_id)
            .values(received_at=received_at)
        )

    # Parties and threads

    def add_party(self, enquiry_id: int, address: str) -> None:
        """Add somebody who may join an enquiry by writing in its thread."""
        known = {"enquiry": enquiry_id, "address": address}
        if address and self.connection.scalar(_PARTY, known) is None:
            self.add(schema.party, enquiry_id=enquiry_id, address=address)

    def links(
        self,
        *,
        thread: Sequence[str],
        tokens: Sequence[str],
        mentioned: Sequence[str],
        sender: Sequence[str],
        sender_domains: Sequence[str] = (),
        conversation: str = "",
    ) -> tuple[ThreadLink, ...]:
        """Return the enquiries that a message points at, best first.

        `thread` are the Message-IDs it answers, `tokens` the references of verified tokens,
        `mentioned` references in plain text, `sender` and `sender_domains` the addresses and
        domains that count as its sender (an MP's whole office), `conversation` what the posts of a
        thread share. Proven ones come first, among
        them the open ones, the latest first.
        """
        proven = set(self._ids_by_thread(thread)) | set(self._ids_by_reference(tokens))
        proven |= set(self._ids_by_conversation(conversation))
        said = set(self._ids_by_reference(mentioned)) - proven
        if not proven | said:
            return ()
        rows = self.connection.execute(
            select(*ENQUIRY).where(schema.enquiry.c.id.in_(proven | said))
        ).all()
        parties = self._enquiries_with(sender, sender_domains, proven | said)
        enquiries = [as_enquiry(row) for row in rows]
        enquiries.sort(
            key=lambda e: (e.id in proven, e.status is EnquiryStatus.OPEN, e.id), reverse=True
        )
        return tuple(
            ThreadLink(
                enquiry_id=e.id,
                reference=e.reference,
                status=e.status,
                category=Category(e.category),
                criteria=self.criteria(e.id),
                sender_is_party=e.id in parties,
                proven=e.id in proven,
                clocks=self._clocks_of(e.id),
            )
            for e in enquiries
        )

    def _clocks_of(self, enquiry_id: int) -> tuple[ClockKind, ...]:
        row = schema.deadline.c
        kinds = self.connection.scalars(
            select(row.kind).where(row.enquiry_id == enquiry_id).distinct().order_by(row.kind)
        )
        return tuple(ClockKind(kind) for kind in kinds)

    def parties(self, enquiry_id: int) -> set[str]:
        """Return the addresses of those who take part in an enquiry."""
        row = schema.party.c
        return set(self.connection.scalars(select(row.address).where(row.enquiry_id == enquiry_id)))

    def _ids_by_thread(self, message_ids: Sequence[str]) -> Iterable[int]:
        if not message_ids:
            return ()
        m = schema.message.c
        return self.connection.scalars(
            select(m.enquiry_id)
            .where(m.rfc_message_id.in_(message_ids), m.enquiry_id.is_not(None))
            .distinct()
        ).all()

    def _ids_by_conversation(self, conversation: str) -> Iterable[int]:
        if not conversation:
            return ()
        m = schema.message.c
        return self.connection.scalars(
            select(m.enquiry_id)
            .where(m.conversation == conversation, m.enquiry_id.is_not(None))
            .distinct()
        ).all()

    def _ids_by_reference(self, references: Sequence[str]) -> Iterable[int]:
        if not references:
            return ()
        row = schema.enquiry.c
        return self.connection.scalars(select(row.id).where(row.reference.in_(references))).all()

    def _enquiries_with(
        self, addresses: Sequence[str], domains: Sequence[str], among: set[int]
    ) -> set[int]:
        row = schema.party.c
        is_sender = or_(
            row.address.in_([a for a in addresses if a]),
            *(row.address.endswith(f"@{domain}", autoescape=True) for domain in domains),
        )
        query = select(row.enquiry_id).where(row.enquiry_id.in_(among), is_sender)
        return set(self.connection.scalars(query))

    # Criteria and registers

    def criteria(self, enquiry_id: int) -> tuple[Criterion, ...]:
        """Return the criteria that an enquiry meets, proposed or accepted."""
        met = set(self.connection.scalars(_CRITERIA, {"enquiry": enquiry_id}))
        return tuple(c for c in Criterion if c in met)

    def add_criteria(
        self,
        enquiry_id: int,
        criteria: Iterable[Criterion],
        *,
        message_id: int | None,
        now: datetime,
    ) -> None:
        """Add criteria that an enquiry did not meet before; those kept automatically accepted."""
        known = set(self.criteria(enquiry_id))
        for criterion in criteria:
            if criterion not in known:
                self.add(
                    schema.enquiry_criterion,
                    enquiry_id=enquiry_id,
                    criterion=criterion,
                    state="accepted" if criterion.is_accepted_at_once else "proposed",
                    message_id=message_id,
                    since_at=now,
                )

    def enter_registers(self, enquiry_id: int, decision: Decision, *, now: datetime) -> None:
        """Put an enquiry on its registers; what stands there already stays as agreed."""
        known = set(self.connection.scalars(REGISTERS_OF, {"enquiry": enquiry_id}))
        for entry in decision.registers:
            if entry.register not in known:
                self.add(
                    schema.register_entry,
                    enquiry_id=enquiry_id,
                    register=entry.register,
                    proposed=entry.proposed,
                    since_at=now,
                )

    def drop_criteria(self, enquiry_id: int, *, message_id: int, but: Iterable[Criterion]) -> None:
        """Take back criteria that a message had shown; what others showed stays."""
        row = schema.enquiry_criterion.c
        self.connection.execute(
            delete(schema.enquiry_criterion).where(
                row.enquiry_id == enquiry_id,
                row.message_id == message_id,
                row.criterion.not_in(list(but)),
            )
        )

    def leave_registers(self, enquiry_id: int, *, but: Iterable[Register]) -> None:
        """Take an enquiry off the registers that it does not belong on any more."""
        row = schema.register_entry.c
        self.connection.execute(
            delete(schema.register_entry).where(
                row.enquiry_id == enquiry_id, row.register.not_in(list(but))
            )
        )
