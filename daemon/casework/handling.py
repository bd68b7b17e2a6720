"""Specific handling (guide §2): criteria raised, referrals, proposals and what was decided."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from daemon import reach
from daemon.casework.acts import Acts, CaseworkError
from daemon.casework.updates import renew_update_clock
from daemon.compose import NoticeKind
from daemon.deadlines import deadline, steps_of
from daemon.model import (
    ClockKind,
    Criterion,
    EnquiryStatus,
    Handling,
    OutboxKind,
    Register,
    Route,
)
from daemon.tokens import as_reference
from daemon.told import facts_of_enquiry

if TYPE_CHECKING:
    from datetime import datetime

    from daemon.store import Transaction
    from daemon.store.enquiries import EnquiryRow

REFERRALS = {
    "decision": "for a decision",
    "input": "for input",
    "uphold": "a review that proposes to uphold",
}
_PRINCIPALS, _ALTERNATE = "principals", "alternate"
_BY_LISTS = frozenset({Criterion.MP_NON_ROUTINE, Criterion.COMMITTEE_CHAIR})
_PROPOSABLE = frozenset({Handling.WATCHING_BRIEF, Handling.APPROVE, Handling.INSTRUCTION})
"""What may be proposed for a case (guide §2.6); the rest belongs to arrangements."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Handlings(Acts):
    """Raising, referring, proposing and deciding."""

    def raise_criterion(
        self,
        reference: str,
        criterion: Criterion,
        *,
        assistant_director: str,
        by: str,
        note: str,
    ) -> str:
        """Say that an enquiry meets a criterion, through an Assistant Director (guide §2.4-2.5).

        It is put up for decision on the central assurance register, and Customer Care has it; a
        person at risk raises the alert at once.

        Raises:
            CaseworkError: there is no such open enquiry, it meets it already, nobody answers for
                it, or the criterion follows from who wrote.
        """
        if criterion in _BY_LISTS:
            msg = f"{criterion} follows from who wrote: correct the source of the message instead."
            raise CaseworkError(msg)
        if not assistant_director.strip():
            msg = "Name the Assistant Director who has agreed."
            raise CaseworkError(msg)
        with self.store.write() as tx:
            now = self.clock()
            enquiry = self._open(tx, reference)
            if criterion in tx.pending_or_accepted(enquiry.id):
                msg = f"{enquiry.reference} meets {criterion} already."
                raise CaseworkError(msg)
            first = tx.messages_of(enquiry.id)[0]
            tx.add_criteria(enquiry.id, (criterion,), message_id=None, now=now)
            tx.propose_again(enquiry.id, (criterion,))
            tx.put_on_register(enquiry.id, Register.CENTRAL_ASSURANCE, now=now, proposed=True)
            self._to_customer_care(tx, enquiry, now)
            if criterion.raises_alert:
                self._alert(tx, enquiry, first, now)
            renew_update_clock(tx, enquiry.id, self.days, now=now)
            words = f"{criterion}, agreed by {assistant_director.strip()}: {note}"
            detail = {"criterion": criterion}
            self._note(tx, enquiry, "criterion-raised", by=by, note=words, now=now, detail=detail)
            return f"{enquiry.reference} now meets {criterion}: it is put up for decision."

    def _to_customer_care(self, tx: Transaction, enquiry: EnquiryRow, now: datetime) -> None:
        """Bring to Customer Care what Intake alone had (guide §1.10)."""
        if enquiry.route != Route.INTAKE:
            return
        team = self.policy.routes.get(Route.CUSTOMER_CARE, "")
        tx.reroute(enquiry.id, route=Route.CUSTOMER_CARE, team=team)
        detail = {"old": enquiry.route, "new": Route.CUSTOMER_CARE, "why": "criterion raised"}
        tx.audit("enquiry_rerouted", f"enquiry:{enquiry.id}", at=now, detail=detail)

    def _alert(self, tx: Transaction, enquiry: EnquiryRow, message_id: int, now: datetime) -> None:
        """Start the alert's clock and tell everybody on duty."""
        clock = deadline(ClockKind.VULNERABLE, now, self.days)
        tx.start_clock(
            enquiry.id, clock, message_id=message_id, received_at=now, steps=steps_of(clock)
        )
        due = ((ClockKind.VULNERABLE, clock.due_on),)
        facts = facts_of_enquiry(tx, self.policy, enquiry, message_id=message_id, due=due)
        told = reach.on_duty(self.policy, rung=0, on=self._today(), but=tx.subjects(enquiry.id))
        entries = [
            self.letters.to_team(
                NoticeKind.ALERT,
                facts,
                key=f"{enquiry.reference}:alert:raised:{now.isoformat()}",
                recipient=person,
                now=now,
                outbox_kind=OutboxKind.ALERT,
                original=tx.raw_of(message_id),
            )
            for person in told
        ]
        tx.queue(entries, enquiry_id=enquiry.id, message_id=message_id, now=now)

    # Referrals

    def refer(
        self,
        reference: str,
        *,
        kind: str,
        assistant_director: str,
        team: str,
        words: str,
        by: str,
    ) -> str:
        """Refer a case for decision or input, by its Assistant Director (guide §1.21, 2.5).

        `reference` is one of our enquiries, or a case's own reference where there is none. A
        review that proposes to uphold meets the criterion `upheld-review`.

        Raises:
            CaseworkError: the kind or team is unknown, or something is missing.
        """
        if kind not in REFERRALS:
            msg = f"{kind!r} is no kind of referral. There are: {', '.join(REFERRALS)}."
            raise CaseworkError(msg)
        if team not in self.policy.teams:
            known = ", ".join(sorted(self.policy.teams))
            msg = f"There is no team {team!r} in teams.toml. There are: {known}."
            raise CaseworkError(msg)
        if not (assistant_director.strip() and words.strip()):
            msg = "Name the Assistant Director, and say what is asked."
            raise CaseworkError(msg)
        with self.store.write() as tx:
            now = self.clock()
            enquiry = tx.enquiry(as_reference(reference), lock=True)
            number = tx.refer(
                enquiry_id=enquiry.id if enquiry else None,
                case_reference="" if enquiry else reference.strip(),
                kind=kind,
                words=words,
                team=team,
                by=assistant_director.strip(),
                now=now,
            )
            detail = {"referral": number, "kind": kind, "team": team}
            if enquiry is None:
                self._note_apart(tx, "referred", by=by, note=words, now=now, detail=detail)
            else:
                self._enter_referral(tx, enquiry, kind, now)
                self._note(tx, enquiry, "referred", by=by, note=words, now=now, detail=detail)
            what = enquiry.reference if enquiry else reference.strip()
            return f"Referral {number}: {what}, {REFERRALS[kind]}."

    def _enter_referral(
        self, tx: Transaction, enquiry: EnquiryRow, kind: str, now: datetime
    ) -> None:
        tx.put_on_register(enquiry.id, Register.CASE_REFERRALS, now=now)
        if kind == "uphold":
            tx.add_criteria(enquiry.id, (Criterion.UPHELD_REVIEW,), message_id=None, now=now)
            tx.put_on_register(enquiry.id, Register.CENTRAL_ASSURANCE, now=now, proposed=True)
        if enquiry.status is EnquiryStatus.OPEN:
            renew_update_clock(tx, enquiry.id, self.days, now=now)

    def decide_referral(self, number: int, *, words: str, by: str) -> str:
        """Record what the Ombudsman or Chief Executive decided on a referral.

        Raises:
            CaseworkError: there is no such referral that waits, or no words.
        """
        if not words.strip():
            msg = "Say what was decided."
            raise CaseworkError(msg)
        with self.store.write() as tx:
            now = self.clock()
            waiting = tx.referral_waiting(number)
            if waiting is None:
                msg = f"There is no referral {number} that waits for a decision."
                raise CaseworkError(msg)
            tx.decide_referral(number, decision=words, by=by, now=now)
            detail = {"referral": number}
            if waiting.enquiry_id is None:
                self._note_apart(tx, "referral-decided", by=by, note=words, now=now, detail=detail)
            else:
                enquiry = tx.enquiry_by_id(waiting.enquiry_id)
                self._note(
                    tx, enquiry, "referral-decided", by=by, note=words, now=now, detail=detail
                )
            return f"Referral {number} is decided."

    # Proposals

    def propose(self, reference: str, handling: Handling, *, by: str, note: str) -> str:
        """Put a handling to the Ombudsman or Chief Executive (guide §2.3, 2.6).

        About one of the two themselves it goes to the alternate.

        Raises:
            CaseworkError: there is no such open enquiry, it cannot be proposed, or no words.
        """
        if handling not in _PROPOSABLE:
            known = ", ".join(sorted(_PROPOSABLE))
            msg = f"{handling} is no handling of a case. There are: {known}."
            raise CaseworkError(msg)
        if not note.strip():
            msg = "Say why, and what is to be done."
            raise CaseworkError(msg)
        with self.store.write() as tx:
            now = self.clock()
            enquiry = self._open(tx, reference)
            put_to = self._put_to(tx, enquiry)
            number = tx.propose(
                enquiry.id, handling=handling, words=note, put_to=put_to, by=by, now=now
            )
            tx.put_on_register(enquiry.id, Register.CENTRAL_ASSURANCE, now=now, proposed=True)
            renew_update_clock(tx, enquiry.id, self.days, now=now)
            if put_to == _ALTERNATE:
                self._tell_alternate(tx, enquiry, now)
            detail = {"proposal": number, "handling": handling, "put_to": put_to}
            self._note(tx, enquiry, "proposed", by=by, note=note, now=now, detail=detail)
            return f"Proposal {number} on {enquiry.reference}: {handling}, put to the {put_to}."

    def _put_to(self, tx: Transaction, enquiry: EnquiryRow) -> str:
        subjects = tx.subjects(enquiry.id)
        principals = self.policy.principals
        if not any(one in subjects for one in principals.addresses):
            return _PRINCIPALS
        if not principals.alternate:
            msg = (
                f"{enquiry.reference} is about the Ombudsman or the Chief Executive, and nobody is"
                " named to decide instead. Set alternate under [principals] in teams.toml."
            )
            raise CaseworkError(msg)
        return _ALTERNATE

    def _tell_alternate(self, tx: Transaction, enquiry: EnquiryRow, now: datetime) -> None:
        """Tell who decides what is about one of the two: the pack goes to those."""
        message_id = tx.messages_of(enquiry.id)[0]
        why = ("It is about the Ombudsman or the Chief Executive: you are asked to decide.",)
        facts = facts_of_enquiry(tx, self.policy, enquiry, message_id=message_id, why=why)
        entry = self.letters.to_team(
            NoticeKind.ENQUIRY,
            facts,
            key=f"{enquiry.reference}:alternate:{now.isoformat()}",
            recipient=self.policy.principals.alternate,
            now=now,
            original=tx.raw_of(message_id),
        )
        tx.queue([entry], enquiry_id=enquiry.id, message_id=message_id, now=now)

    def decide(
        self, reference: str, *, agreed: bool, by: str, note: str = "", number: int | None = None
    ) -> str:
        """Record what was decided on what is proposed for an enquiry (guide §2.7).

        Agreed, it goes onto the register of specific handling; an MP's letter that meets no
        further criterion stays on MP oversight. `number` names one of several proposals.

        Raises:
            CaseworkError: nothing waits for a decision, or no such proposal.
        """
        with self.store.write() as tx:
            now = self.clock()
            enquiry = self._enquiry(tx, reference)
            waiting = tx.proposals_waiting(enquiry.id)
            chosen = [one for one in waiting if number in {None, one.id}]
            criteria = tx.proposed_criteria(enquiry.id)
            if not chosen and (number is not None or not criteria):
                listed = ", ".join(str(one.id) for one in waiting) or "none"
                msg = f"On {enquiry.reference} these proposals wait for a decision: {listed}."
                raise CaseworkError(msg)
            state = "agreed" if agreed else "declined"
            for one in chosen:
                tx.decide_proposal(one.id, state=state, decision=note, by=by, now=now)
            self._settle(tx, enquiry, agreed=agreed, but=len(waiting) - len(chosen), now=now)
            detail = {"proposals": [one.id for one in chosen], "criteria": list(criteria)}
            self._note(tx, enquiry, state, by=by, note=note, now=now, detail=detail)
            return f"What is proposed for {enquiry.reference} is {state}."

    def _settle(
        self, tx: Transaction, enquiry: EnquiryRow, *, agreed: bool, but: int, now: datetime
    ) -> None:
        """Have criteria and registers follow a decision; `but` proposals wait still."""
        further = bool(tx.proposed_criteria(enquiry.id)) or not tx.on_oversight(enquiry.id)
        if not but:
            tx.settle_criteria(enquiry.id, accepted=agreed)
            tx.put_on_register(enquiry.id, Register.CENTRAL_ASSURANCE, now=now)
        if agreed and further:
            tx.put_on_register(enquiry.id, Register.SPECIFIC_HANDLING, now=now)
        if enquiry.status is EnquiryStatus.OPEN:
            renew_update_clock(tx, enquiry.id, self.days, now=now)

    # Staff an enquiry is about

    def set_subject(self, reference: str, person: str, *, by: str, note: str = "") -> str:
        """Say that an enquiry is about a colleague: they neither hold it nor hear of it.

        Raises:
            CaseworkError: there is no such enquiry, or the address is not the office's.
        """
        address = person.strip().lower()
        if not self.policy.directory.is_own(address):
            msg = f"{person} is no address of the office. Give a colleague's own address."
            raise CaseworkError(msg)
        with self.store.write() as tx:
            now = self.clock()
            enquiry = self._enquiry(tx, reference)
            tx.set_subject(enquiry.id, address, state="set", now=now)
            if tx.assigned_to(enquiry.id) == address:
                tx.assign(enquiry.id, team=enquiry.team, person=None)
            withdrawn = tx.withdraw_from(enquiry.id, address)
            self._put_to_alternate(tx, enquiry, address, now)
            detail = {"person": self.signer.keyed_hash(address), "withdrawn": withdrawn}
            self._note(tx, enquiry, "subject-set", by=by, note=note, now=now, detail=detail)
            return f"{enquiry.reference} is restricted: it is about {address}."

    def _put_to_alternate(
        self, tx: Transaction, enquiry: EnquiryRow, person: str, now: datetime
    ) -> None:
        """Take what waits for a decision out of the hands of whom it is about."""
        principals = self.policy.principals
        if person not in principals.addresses or not principals.alternate:
            return
        if tx.put_to_alternate(enquiry.id):
            self._tell_alternate(tx, enquiry, now)

    def dismiss_subject(self, reference: str, person: str, *, by: str, note: str = "") -> str:
        """Say that an enquiry is not about a colleague.

        Raises:
            CaseworkError: there is no such enquiry, or nobody said that it is.
        """
        address = person.strip().lower()
        with self.store.write() as tx:
            now = self.clock()
            enquiry = self._enquiry(tx, reference)
            if address not in tx.known_subjects(enquiry.id):
                msg = f"Nothing says that {enquiry.reference} is about {address}."
                raise CaseworkError(msg)
            tx.set_subject(enquiry.id, address, state="dismissed", now=now)
            detail = {"person": self.signer.keyed_hash(address)}
            self._note(tx, enquiry, "subject-dismissed", by=by, note=note, now=now, detail=detail)
            return f"{enquiry.reference} is not about {address}."

    # Call-backs

    def answer_call_back(self, reference: str, *, agreed: bool, by: str, note: str = "") -> str:
        """Record Private Office's yes or no to a wish to be called back (guide §1.17, 1.19).

        Raises:
            CaseworkError: there is no such enquiry, or no wish that waits.
        """
        with self.store.write() as tx:
            now = self.clock()
            enquiry = self._enquiry(tx, reference)
            waiting = tx.call_backs_waiting(enquiry.id)
            if not waiting:
                msg = f"No call-back waits for an answer on {enquiry.reference}."
                raise CaseworkError(msg)
            for one in waiting:
                tx.answer_call_back(one.id, agreed=agreed, decision=note, by=by, now=now)
            detail = {"call_backs": [one.id for one in waiting], "agreed": agreed}
            what = "call-back-answered"
            self._note(tx, enquiry, what, by=by, note=note, now=now, detail=detail)
            said = "agreed to" if agreed else "declined"
            return f"The call-back on {enquiry.reference} is {said}. Tell the caller."
