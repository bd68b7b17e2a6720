"""What staff enter on an enquiry: who has it, what was proposed and agreed, whom it is about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import Table, bindparam, delete, select, update

from daemon.model import Criterion, EnquiryStatus, Register
from daemon.store import schema
from daemon.store.enquiries import REGISTERS_OF
from daemon.store.subjects import Subjects

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date, datetime


_ENDED_WITH_IT = ("replied", "closed", "seen")
"""What ends a clock together with its enquiry, and is undone when that is opened again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """Something that waits for a decision, and the enquiry it is about, if any."""

    id: int
    enquiry_id: int | None
    what: str  # the handling proposed, the kind of referral, or who is to call back


_SUBJECTS = select(schema.enquiry_subject.c.person).where(
    schema.enquiry_subject.c.enquiry_id == bindparam("enquiry"),
    schema.enquiry_subject.c.state == bindparam("state"),
)


class Handlings(Subjects):
    """Assigning, proposing, deciding, referring; milestones and staff an enquiry is about."""

    # Who has it

    def assign(self, enquiry_id: int, *, team: str, person: str | None) -> None:
        """Give an enquiry to a team, and perhaps to one colleague of it."""
        self._change(enquiry_id, team=team, assigned_to=person)

    def assigned_to(self, enquiry_id: int) -> str:
        """Return the colleague who has an enquiry in person; "" for nobody."""
        row = schema.enquiry.c
        return self.connection.scalar(select(row.assigned_to).where(row.id == enquiry_id)) or ""

    def note_update(self, enquiry_id: int, *, now: datetime) -> None:
        """Note that somebody wrote an update (guide §1.20)."""
        self._change(enquiry_id, updated_at=now)

    def reopen(self, enquiry_id: int) -> None:
        """Open an enquiry again that was replied to or closed."""
        self._change(
            enquiry_id,
            status=EnquiryStatus.OPEN,
            ended_at=None,
            reply_seen_at=None,
            reply_failed_at=None,
        )

    def _change(self, enquiry_id: int, **values: object) -> None:
        row = schema.enquiry
        self.connection.execute(update(row).where(row.c.id == enquiry_id).values(**values))

    def merged_into(self, enquiry_id: int) -> str:
        """Return the reference of the enquiry that one was merged into; "" for none."""
        row, other = schema.enquiry.c, schema.enquiry.alias().c
        query = select(other.reference).where(row.id == enquiry_id, other.id == row.merged_into)
        return self.connection.scalar(query) or ""

    def link(self, enquiry_id: int, *, linked_to: int) -> None:
        """Link an enquiry to another one."""
        self._change(enquiry_id, linked_to=linked_to)

    def revive_clocks(self, enquiry_id: int, *, ended_by: Sequence[str] = _ENDED_WITH_IT) -> int:
        """Have clocks run again that ended with their enquiry; return how many.

        Steps that were open when a clock ended bear the moment of its end: they come back, and
        what had been decided before stays decided.
        """
        d, s = schema.deadline, schema.deadline_step
        ended = self.connection.execute(
            select(d.c.id, d.c.ended_at).where(
                d.c.enquiry_id == enquiry_id, d.c.ended_by.in_(ended_by)
            )
        ).all()
        for clock in ended:
            self.connection.execute(
                update(s)
                .where(s.c.deadline_id == clock.id, s.c.decided_at == clock.ended_at)
                .values(decided_at=None)
            )
        self.connection.execute(
            update(d)
            .where(d.c.id.in_([clock.id for clock in ended]))
            .values(ended_at=None, ended_by=None)
        )
        return len(ended)

    # Proposals (guide §2.3-2.7)

    def propose(
        self,
        enquiry_id: int,
        *,
        handling: str,
        words: str,
        put_to: str,
        by: str,
        now: datetime,
    ) -> int:
        """Put a handling to the Ombudsman or Chief Executive, or to the alternate."""
        return self.insert(
            schema.proposal,
            enquiry_id=enquiry_id,
            handling=handling,
            words=words,
            put_to=put_to,
            state="waiting",
            proposed_by=by,
            proposed_at=now,
        )

    def proposals_waiting(self, enquiry_id: int) -> list[Waiting]:
        """Return the proposals on an enquiry that nobody has decided."""
        row = schema.proposal.c
        rows = self.connection.execute(
            select(row.id, row.enquiry_id, row.handling.label("what"))
            .where(row.enquiry_id == enquiry_id, row.state == "waiting")
            .order_by(row.id)
        )
        return [Waiting(**r._mapping) for r in rows]

    def put_to_alternate(self, enquiry_id: int) -> int:
        """Put the proposals that wait to the alternate; return how many there were."""
        row = schema.proposal
        done = self.connection.execute(
            update(row)
            .where(
                row.c.enquiry_id == enquiry_id,
                row.c.state == "waiting",
                row.c.put_to != "alternate",
            )
            .values(put_to="alternate")
        )
        return done.rowcount

    def has_agreed_handling(self, enquiry_id: int) -> bool:
        """Whether a handling was agreed for an enquiry."""
        row = schema.proposal.c
        query = select(row.id).where(row.enquiry_id == enquiry_id, row.state == "agreed").limit(1)
        return self.connection.scalar(query) is not None

    def decide_proposal(
        self, proposal_id: int, *, state: str, decision: str, by: str, now: datetime
    ) -> None:
        """Note what was decided on a proposal: agreed or declined."""
        self._decide(schema.proposal, proposal_id, state=state, decision=decision, by=by, now=now)

    def _decide(
        self,
        table: Table,
        row_id: int,
        *,
        state: str,
        decision: str,
        by: str,
        now: datetime,
    ) -> None:
        self.connection.execute(
            update(table)
            .where(table.c.id == row_id)
            .values(state=state, decision=decision, decided_by=by, decided_at=now)
        )

    def settle_criteria(self, enquiry_id: int, *, accepted: bool) -> None:
        """Have the criteria that were proposed accepted, or declined."""
        row = schema.enquiry_criterion
        self.connection.execute(
            update(row)
            .where(row.c.enquiry_id == enquiry_id, row.c.state == "proposed")
            .values(state="accepted" if accepted else "declined")
        )

    def proposed_criteria(self, enquiry_id: int) -> tuple[Criterion, ...]:
        """Return the criteria of an enquiry that nobody has decided."""
        row = schema.enquiry_criterion.c
        found = set(
            self.connection.scalars(
                select(row.criterion).where(row.enquiry_id == enquiry_id, row.state == "proposed")
            )
        )
        return tuple(one for one in Criterion if one in found)

    def pending_or_accepted(self, enquiry_id: int) -> set[str]:
        """Return the criteria of an enquiry that nobody has declined."""
        row = schema.enquiry_criterion.c
        query = select(row.criterion).where(row.enquiry_id == enquiry_id, row.state != "declined")
        return set(self.connection.scalars(query))

    def propose_again(self, enquiry_id: int, criteria: Iterable[Criterion]) -> None:
        """Put criteria up once more that were declined before: somebody has raised them."""
        row = schema.enquiry_criterion
        self.connection.execute(
            update(row)
            .where(
                row.c.enquiry_id == enquiry_id,
                row.c.criterion.in_(list(criteria)),
                row.c.state == "declined",
            )
            .values(state="proposed")
        )

    # Registers

    def put_on_register(
        self, enquiry_id: int, register: Register, *, now: datetime, proposed: bool = False
    ) -> None:
        """Put an enquiry on a register, or change whether it stands there as proposed."""
        row = schema.register_entry
        done = self.connection.execute(
            update(row)
            .where(row.c.enquiry_id == enquiry_id, row.c.register == register)
            .values(proposed=proposed)
        )
        if done.rowcount == 0:
            self.add(row, enquiry_id=enquiry_id, register=register, proposed=proposed, since_at=now)

    def on_registers(self, enquiry_id: int) -> set[str]:
        """Return the registers an enquiry stands on."""
        return set(self.connection.scalars(REGISTERS_OF, {"enquiry": enquiry_id}))

    def on_oversight(self, enquiry_id: int) -> bool:
        """Whether an enquiry stands on the register of MP oversight."""
        return Register.MP_OVERSIGHT in self.on_registers(enquiry_id)

    # Referrals by an Assistant Director (guide §1.21, 2.5)

    def refer(
        self,
        *,
        enquiry_id: int | None,
        case_reference: str,
        kind: str,
        words: str,
        team: str,
        by: str,
        now: datetime,
    ) -> int:
        """Enter a case that is referred for decision or input, or a review to uphold."""
        return self.insert(
            schema.referral,
            enquiry_id=enquiry_id,
            case_reference=case_reference,
            kind=kind,
            words=words,
            team=team,
            referred_by=by,
            referred_at=now,
            state="waiting",
        )

    def referral_waiting(self, referral_id: int) -> Waiting | None:
        """Return a referral that nobody has decided."""
        row = schema.referral.c
        found = self.connection.execute(
            select(row.id, row.enquiry_id, row.kind.label("what")).where(
                row.id == referral_id, row.state == "waiting"
            )
        ).one_or_none()
        return Waiting(**found._mapping) if found else None

    def referrals_waiting(self, enquiry_id: int) -> list[Waiting]:
        """Return the referrals of an enquiry that nobody has decided."""
        row = schema.referral.c
        rows = self.connection.execute(
            select(row.id, row.enquiry_id, row.kind.label("what"))
            .where(row.enquiry_id == enquiry_id, row.state == "waiting")
            .order_by(row.id)
        )
        return [Waiting(**r._mapping) for r in rows]

    def decide_referral(self, referral_id: int, *, decision: str, by: str, now: datetime) -> None:
        """Note what was decided on a referral."""
        self._decide(
            schema.referral, referral_id, state="decided", decision=decision, by=by, now=now
        )

    # Call-backs (guide §1.17, 1.19)

    def ask_call_back(
        self, enquiry_id: int, *, number: str, asked_for: str, by: str, now: datetime
    ) -> int:
        """Enter a wish to be called back, for Private Office to agree."""
        return self.insert(
            schema.call_back,
            enquiry_id=enquiry_id,
            number=number,
            asked_for=asked_for,
            state="waiting",
            asked_by=by,
            asked_at=now,
        )

    def call_backs_waiting(self, enquiry_id: int) -> list[Waiting]:
        """Return the wishes to be called back that nobody has answered."""
        row = schema.call_back.c
        rows = self.connection.execute(
            select(row.id, row.enquiry_id, row.asked_for.label("what"))
            .where(row.enquiry_id == enquiry_id, row.state == "waiting")
            .order_by(row.id)
        )
        return [Waiting(**r._mapping) for r in rows]

    def answer_call_back(
        self, call_back_id: int, *, agreed: bool, decision: str, by: str, now: datetime
    ) -> None:
        """Note what Private Office said."""
        state = "yes" if agreed else "no"
        self._decide(schema.call_back, call_back_id, state=state, decision=decision, by=by, now=now)

    # Staff an enquiry is about (process, "About us ourselves")

    def set_subject(self, enquiry_id: int, person: str, *, state: str, now: datetime) -> None:
        """Note that an enquiry is about a colleague: proposed, set or dismissed."""
        row = schema.enquiry_subject
        done = self.connection.execute(
            update(row)
            .where(row.c.enquiry_id == enquiry_id, row.c.person == person)
            .values(state=state, since_at=now)
        )
        if done.rowcount == 0:
            self.add(row, enquiry_id=enquiry_id, person=person, state=state, since_at=now)

    def subjects(self, enquiry_id: int, *, state: str = "set") -> frozenset[str]:
        """Return the colleagues an enquiry is about, as a person has set it."""
        about = {"enquiry": enquiry_id, "state": state}
        return frozenset(self.connection.scalars(_SUBJECTS, about))

    def known_subjects(self, enquiry_id: int) -> frozenset[str]:
        """Return the colleagues named on an enquiry, whatever was decided about that."""
        row = schema.enquiry_subject.c
        return frozenset(
            self.connection.scalars(select(row.person).where(row.enquiry_id == enquiry_id))
        )

    # Milestones (guide §1.20)

    def add_milestone(self, enquiry_id: int, *, words: str, due_on: date, now: datetime) -> int:
        """Enter a milestone."""
        return self.insert(
            schema.milestone, enquiry_id=enquiry_id, words=words, due_on=due_on, created_at=now
        )

    def pass_milestone(self, enquiry_id: int, milestone_id: int, *, now: datetime) -> bool:
        """Note that a milestone was reached; return whether there was such a one ahead."""
        row = schema.milestone
        done = self.connection.execute(
            update(row)
            .where(
                row.c.id == milestone_id,
                row.c.enquiry_id == enquiry_id,
                row.c.done_at.is_(None),
            )
            .values(done_at=now)
        )
        return done.rowcount > 0

    def milestones_ahead(self, enquiry_id: int) -> list[date]:
        """Return the dates of the milestones not reached yet, soonest first."""
        row = schema.milestone.c
        return list(
            self.connection.scalars(
                select(row.due_on)
                .where(row.enquiry_id == enquiry_id, row.done_at.is_(None))
                .order_by(row.due_on)
            )
        )

    # Joining two enquiries, and taking one apart

    def move_message(self, message_id: int, *, enquiry_id: int) -> None:
        """Have a message belong to another enquiry."""
        row = schema.message
        self.connection.execute(
            update(row).where(row.c.id == message_id).values(enquiry_id=enquiry_id)
        )

    def merge_into(self, enquiry_id: int, *, target_id: int) -> None:
        """Move what belongs to one enquiry to another: messages, parties, criteria, entries."""
        for table in (schema.message, schema.milestone, schema.proposal, schema.referral):
            self._move(table, enquiry_id, target_id)
        for table in (schema.call_back, schema.phone_contact, schema.action, schema.act):
            self._move(table, enquiry_id, target_id)
        for table, key in (
            (schema.party, "address"),
            (schema.enquiry_criterion, "criterion"),
            (schema.register_entry, "register"),
            (schema.enquiry_subject, "person"),
            (schema.enquiry_arrangement, "arrangement"),
        ):
            self._unite(table, key, enquiry_id, target_id)
        self._change(enquiry_id, merged_into=target_id)

    def _move(self, table: Table, enquiry_id: int, target_id: int) -> None:
        self.connection.execute(
            update(table).where(table.c.enquiry_id == enquiry_id).values(enquiry_id=target_id)
        )

    def _unite(self, table: Table, key: str, enquiry_id: int, target_id: int) -> None:
        """Move the rows whose key the target does not have, and take away the others."""
        has = select(table.c[key]).where(table.c.enquiry_id == target_id)
        self.connection.execute(
            delete(table).where(table.c.enquiry_id == enquiry_id, table.c[key].in_(has))
        )
        self._move(table, enquiry_id, target_id)

    def move_clock(self, deadline_id: int, *, enquiry_id: int) -> None:
        """Have a clock run for another enquiry."""
        row = schema.deadline
        self.connection.execute(
            update(row).where(row.c.id == deadline_id).values(enquiry_id=enquiry_id)
        )

    def is_held(self, enquiry_id: int) -> bool:
        """Whether something for the enquirer waits for a person."""
        row = schema.outbox.c
        query = select(row.id).where(row.enquiry_id == enquiry_id, row.state == "held").limit(1)
        return self.connection.scalar(query) is not None

    def withdraw_from(self, enquiry_id: int, recipient: str) -> list[int]:
        """Cancel what is queued for somebody about an enquiry; return the ids."""
        row = schema.outbox
        ids = list(
            self.connection.scalars(
                select(row.c.id).where(
                    row.c.enquiry_id == enquiry_id,
                    row.c.recipient == recipient,
                    row.c.state.in_(("waiting", "held")),
                )
            )
        )
        self.connection.execute(update(row).where(row.c.id.in_(ids)).values(state="cancelled"))
        return ids
