"""What the monthly meeting asked for, and who may be put through to Private Office."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import or_, select, update

from daemon.store import schema
from daemon.store.rows import Rows

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from sqlalchemy import ColumnElement

_MOST_FOUND = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneContact:
    """Somebody who may be put through to Private Office (guide §1.18)."""

    id: int
    name: str
    case_reference: str
    instruction: str
    agreed_by: str
    from_on: date
    review_on: date | None
    until_on: date | None
    numbers: tuple[str, ...] = ()  # in international form, E.164


class Meetings(Rows):
    """Actions of the meeting and the phone-call list."""

    def add_action(
        self,
        *,
        words: str,
        owner: str,
        due_on: date,
        enquiry_id: int | None,
        by: str,
        now: datetime,
    ) -> int:
        """Enter what the Ombudsman or Chief Executive asked for (guide §1.22)."""
        return self.insert(
            schema.action,
            words=words,
            owner=owner,
            due_on=due_on,
            enquiry_id=enquiry_id,
            created_by=by,
            created_at=now,
        )

    def action_done(self, action_id: int, *, by: str, now: datetime) -> bool:
        """Note that an action is done; return whether it was open."""
        row = schema.action
        done = self.connection.execute(
            update(row)
            .where(row.c.id == action_id, row.c.done_at.is_(None))
            .values(done_by=by, done_at=now)
        )
        return done.rowcount > 0

    # The phone-call list (guide §1.18, 1.21)

    def add_phone_contact(
        self,
        contact: PhoneContact,
        *,
        name_key: str,
        enquiry_id: int | None,
        now: datetime,
    ) -> int:
        """Put somebody on the phone-call list; `contact.id` is not looked at."""
        contact_id = self.insert(
            schema.phone_contact,
            name=contact.name,
            name_key=name_key,
            case_reference=contact.case_reference,
            instruction=contact.instruction,
            agreed_by=contact.agreed_by,
            from_on=contact.from_on,
            review_on=contact.review_on,
            until_on=contact.until_on,
            enquiry_id=enquiry_id,
            created_at=now,
        )
        for number in contact.numbers:
            self.add(schema.phone_number, contact_id=contact_id, number=number)
        return contact_id

    def end_phone_contact(self, contact_id: int, *, now: datetime) -> bool:
        """Take somebody off the list; return whether they stood on it."""
        row = schema.phone_contact
        done = self.connection.execute(
            update(row).where(row.c.id == contact_id, row.c.ended_at.is_(None)).values(ended_at=now)
        )
        return done.rowcount > 0

    def find_phone_contacts(
        self, *, name_key: str, numbers: Sequence[str], on: date
    ) -> list[PhoneContact]:
        """Return who is on the list on a day, by the beginning of a name's words or by number."""
        row, number = schema.phone_contact.c, schema.phone_number.c
        by_number = row.id.in_(select(number.contact_id).where(number.number.in_(numbers)))
        ways: list[ColumnElement[bool]] = [by_number]
        if name_key:
            # Keys begin and part with a blank, so that each word of a name is found.
            ways.append(row.name_key.contains(f" {name_key}", autoescape=True))
        query = (
            select(*(row[name] for name in _CONTACT))
            .where(row.ended_at.is_(None), or_(*ways))
            .where(row.from_on <= on, or_(row.until_on.is_(None), row.until_on >= on))
            .order_by(row.name_key, row.id)
            .limit(_MOST_FOUND)
        )
        rows = self.connection.execute(query).all()
        return [PhoneContact(**r._mapping, numbers=self._numbers(r.id)) for r in rows]

    def _numbers(self, contact_id: int) -> tuple[str, ...]:
        row = schema.phone_number.c
        query = select(row.number).where(row.contact_id == contact_id).order_by(row.number)
        return tuple(self.connection.scalars(query))


_CONTACT = (
    "id",
    "name",
    "case_reference",
    "instruction",
    "agreed_by",
    "from_on",
    "review_on",
    "until_on",
)
