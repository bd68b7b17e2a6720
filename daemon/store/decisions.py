"""What the meeting decides and asks for: proposals, referrals, call-backs, actions, callers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import or_, select

from daemon.model import EnquiryStatus
from daemon.store import schema
from daemon.store.subjects import Subjects

if TYPE_CHECKING:
    from datetime import date, datetime

    from sqlalchemy import Row

    AnyRow = Row[*tuple[Any, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A decision that is wanted: a proposal, a referral, a call-back, or criteria put up."""

    what: str  # proposal, referral, call-back, criteria
    number: int  # 0 for criteria
    reference: str
    kind: str  # the handling, the kind of referral, who is to call, the criteria
    words: str
    put_to: str
    by: str
    at: datetime
    subjects: frozenset[str] = field(default_factory=frozenset)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferralRow:
    """A case on the register of referrals."""

    number: int
    reference: str  # of our enquiry, or the case's own
    kind: str
    words: str
    team: str
    referred_by: str
    referred_at: datetime
    state: str
    decided_by: str
    decided_at: datetime | None
    decision: str
    subjects: frozenset[str] = field(default_factory=frozenset)


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionRow:
    """Something that was asked for at the meeting."""

    number: int
    reference: str
    words: str
    owner: str
    due_on: date
    created_at: datetime
    done_at: datetime | None
    subjects: frozenset[str] = field(default_factory=frozenset)


@dataclass(frozen=True, slots=True, kw_only=True)
class CallerRow:
    """Somebody who may be put through to Private Office."""

    number: int
    name: str
    numbers: tuple[str, ...]
    case_reference: str
    instruction: str
    agreed_by: str
    from_on: date
    review_on: date | None
    until_on: date | None


class Decisions(Subjects):
    """Reading what waits for a decision, or was asked for."""

    def decisions_wanted(self) -> list[Wanted]:
        """Return what waits for a decision, the longest waiting first."""
        found = [*self._proposals(), *self._referrals_wanted(), *self._call_backs()]
        found += self._criteria_put_up()
        return sorted(found, key=lambda one: one.at)

    def _proposals(self) -> list[Wanted]:
        row, e = schema.proposal.c, schema.enquiry.c
        rows = self.connection.execute(
            select(schema.proposal, e.reference)
            .join(schema.enquiry, e.id == row.enquiry_id)
            .where(row.state == "waiting")
        ).all()
        about = self.subjects_of([r.enquiry_id for r in rows])
        return [
            Wanted(
                what="proposal",
                number=r.id,
                reference=r.reference,
                kind=r.handling,
                words=r.words,
                put_to=r.put_to,
                by=r.proposed_by,
                at=r.proposed_at,
                subjects=about.get(r.enquiry_id, frozenset()),
            )
            for r in rows
        ]

    def _referrals_wanted(self) -> list[Wanted]:
        return [
            Wanted(
                what="referral",
                number=one.number,
                reference=one.reference,
                kind=one.kind,
                words=one.words,
                put_to="principals",
                by=one.referred_by,
                at=one.referred_at,
                subjects=one.subjects,
            )
            for one in self.referrals(waiting_only=True)
        ]

    def _call_backs(self) -> list[Wanted]:
        row, e = schema.call_back.c, schema.enquiry.c
        rows = self.connection.execute(
            select(schema.call_back, e.reference)
            .join(schema.enquiry, e.id == row.enquiry_id)
            .where(row.state == "waiting")
        ).all()
        about = self.subjects_of([r.enquiry_id for r in rows])
        return [
            Wanted(
                what="call-back",
                number=r.id,
                reference=r.reference,
                kind=r.asked_for,
                words="",
                put_to="private-office",
                by=r.asked_by,
                at=r.asked_at,
                subjects=about.get(r.enquiry_id, frozenset()),
            )
            for r in rows
        ]

    def _criteria_put_up(self) -> list[Wanted]:
        """Return open enquiries with criteria that nobody has made a proposal for."""
        row, e, p = schema.enquiry_criterion.c, schema.enquiry.c, schema.proposal.c
        proposed = select(p.id).where(p.enquiry_id == e.id, p.state == "waiting").exists()
        rows = self.connection.execute(
            select(e.id, e.reference, row.criterion, row.since_at)
            .join(schema.enquiry, e.id == row.enquiry_id)
            .where(row.state == "proposed", e.status == EnquiryStatus.OPEN, ~proposed)
            .order_by(e.id, row.criterion)
        ).all()
        by_enquiry: dict[int, list[AnyRow]] = {}
        for r in rows:
            by_enquiry.setdefault(r.id, []).append(r)
        about = self.subjects_of(list(by_enquiry))
        return [
            Wanted(
                what="criteria",
                number=0,
                reference=group[0].reference,
                kind=", ".join(r.criterion for r in group),
                words="",
                put_to="principals",
                by="",
                at=min(r.since_at for r in group),
                subjects=about.get(enquiry_id, frozenset()),
            )
            for enquiry_id, group in by_enquiry.items()
        ]

    def referrals(self, *, waiting_only: bool = False) -> list[ReferralRow]:
        """Return the cases referred by Assistant Directors: those that wait first."""
        row, e = schema.referral.c, schema.enquiry.c
        query = select(schema.referral, e.reference).outerjoin(
            schema.enquiry, e.id == row.enquiry_id
        )
        if waiting_only:
            query = query.where(row.state == "waiting")
        rows = self.connection.execute(
            query.order_by(row.state != "waiting", row.referred_at, row.id)
        ).all()
        about = self.subjects_of([r.enquiry_id for r in rows if r.enquiry_id])
        return [
            ReferralRow(
                number=r.id,
                reference=r.reference or r.case_reference,
                kind=r.kind,
                words=r.words,
                team=r.team,
                referred_by=r.referred_by,
                referred_at=r.referred_at,
                state=r.state,
                decided_by=r.decided_by,
                decided_at=r.decided_at,
                decision=r.decision,
                subjects=about.get(r.enquiry_id, frozenset()),
            )
            for r in rows
        ]

    def actions(self, *, open_only: bool = True) -> list[ActionRow]:
        """Return the meeting's actions, what is due first."""
        row, e = schema.action.c, schema.enquiry.c
        query = select(schema.action, e.reference).outerjoin(schema.enquiry, e.id == row.enquiry_id)
        if open_only:
            query = query.where(row.done_at.is_(None))
        rows = self.connection.execute(query.order_by(row.due_on, row.id)).all()
        about = self.subjects_of([r.enquiry_id for r in rows if r.enquiry_id])
        return [
            ActionRow(
                number=r.id,
                reference=r.reference or "",
                words=r.words,
                owner=r.owner,
                due_on=r.due_on,
                created_at=r.created_at,
                done_at=r.done_at,
                subjects=about.get(r.enquiry_id, frozenset()),
            )
            for r in rows
        ]

    def callers(self, *, on: date) -> list[CallerRow]:
        """Return who may be put through on a day or later, by name."""
        row, number = schema.phone_contact.c, schema.phone_number.c
        rows = self.connection.execute(
            select(schema.phone_contact)
            .where(row.ended_at.is_(None), or_(row.until_on.is_(None), row.until_on >= on))
            .order_by(row.name_key, row.id)
        ).all()
        numbers: dict[int, list[str]] = {}
        for contact_id, one in self.connection.execute(
            select(number.contact_id, number.number).order_by(number.number)
        ):
            numbers.setdefault(contact_id, []).append(one)
        return [
            CallerRow(
                number=r.id,
                name=r.name,
                numbers=tuple(numbers.get(r.id, ())),
                case_reference=r.case_reference,
                instruction=r.instruction,
                agreed_by=r.agreed_by,
                from_on=r.from_on,
                review_on=r.review_on,
                until_on=r.until_on,
            )
            for r in rows
        ]
