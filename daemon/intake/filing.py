"""What follows from a message that belongs to an enquiry: registers, clocks and letters."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from daemon import reach
from daemon.compose import NoticeKind, shown_as_mail
from daemon.deadlines import deadline, london_date, steps_of
from daemon.decide.arrangements import named_in
from daemon.intake.facts import Filed
from daemon.letters import facts_of
from daemon.model import (
    AnswerBy,
    ClockKind,
    Criterion,
    EnquiryStatus,
    Hold,
    OutboxKind,
    Outcome,
    Route,
)
from daemon.recount import counted, recount

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from daemon.compose import NoticeFacts
    from daemon.deadlines import WorkingDays
    from daemon.intake.facts import Sight
    from daemon.letters import Letters
    from daemon.model import Deadline, OutboxEntry, Policy
    from daemon.store import Transaction
    from daemon.store.clocks import OpenClock
    from daemon.store.messages import StoredMessage


@dataclass(frozen=True, slots=True, kw_only=True)
class Filing:
    """Writes down what follows, inside the caller's transaction."""

    policy: Policy
    days: WorkingDays
    letters: Letters

    def follow(self, tx: Transaction, filed: Filed) -> list[str]:
        """Write parties, criteria, registers, clocks and letters of an enquiry's message.

        Return what went wrong with a letter to our own people, in words.
        """
        sight, decision = filed.sight, filed.sight.decision
        if decision.outcome is Outcome.OPENED:
            for address in self._parties_of(sight):
                tx.add_party(filed.enquiry_id, address)
        tx.add_criteria(
            filed.enquiry_id,
            decision.criteria or sight.found.criteria,
            message_id=filed.message_id,
            now=sight.now,
        )
        tx.note_arrangements(filed.enquiry_id, decision.arrangements, now=sight.now)
        self._propose_subjects(tx, filed)
        tx.enter_registers(filed.enquiry_id, decision, now=sight.now)
        if decision.join is not None and decision.route is Route.CUSTOMER_CARE:
            self._move_to_customer_care(tx, filed, why="criteria")
        self._start_clocks(tx, filed)
        return self._write(tx, filed)

    def take_from_intake(
        self, tx: Transaction, sight: Sight, message_id: int, enquiry_id: int
    ) -> None:
        """Bring what Intake alone had to Customer Care, where another copy of it belongs.

        A mail to Intake and to the Ombudsman is for the Ombudsman (guide §1.6), whichever copy
        was seen first.
        """
        enquiry = tx.enquiry_by_id(enquiry_id, lock=True)
        elsewhere = sight.decision.route is Route.CUSTOMER_CARE and enquiry.route == Route.INTAKE
        if not elsewhere or enquiry.status is not EnquiryStatus.OPEN:
            return
        filed = Filed(
            sight=sight, message_id=message_id, enquiry_id=enquiry_id, reference=enquiry.reference
        )
        self._move_to_customer_care(tx, filed, why="another box")
        tx.enter_registers(enquiry_id, sight.decision, now=sight.now)
        self._tell(tx, filed, self._notice)

    def _move_to_customer_care(self, tx: Transaction, filed: Filed, *, why: str) -> None:
        """Bring an enquiry that Intake has to Customer Care: a criterion is met now, say."""
        enquiry = tx.enquiry_by_id(filed.enquiry_id)
        if enquiry.route != Route.INTAKE:
            return
        tx.reroute(filed.enquiry_id, route=Route.CUSTOMER_CARE, team=filed.sight.decision.team)
        tx.audit(
            "enquiry_rerouted",
            f"enquiry:{filed.enquiry_id}",
            at=filed.sight.now,
            detail={"old": enquiry.route, "new": Route.CUSTOMER_CARE, "why": why},
        )

    def _parties_of(self, sight: Sight) -> set[str]:
        """Return who takes part: who wrote, and who is answered.

        Not a colleague who passed it on, nor a form tool that anybody can use.
        """
        decision, posted = sight.decision, sight.message.posted
        sender = sight.message.sender.address
        if posted is not None:  # a handle can change hands, and the network's own id cannot
            return {posted.author}
        forwarded = Hold.OWN_DOMAIN_FORWARD in {decision.held, *decision.held_also}
        if forwarded or sender in self.policy.directory.form_tools:
            return {decision.recipient}
        return {sender, decision.recipient}

    def _start_clocks(self, tx: Transaction, filed: Filed) -> None:
        sight = filed.sight
        had = tx.clock_kinds(filed.enquiry_id)
        received_at = sight.item.received_at
        clocks = [
            clock
            for clock in self._clocks_of(sight)
            if clock.kind is ClockKind.VULNERABLE or clock.kind not in had
        ]
        if sight.decision.outcome is Outcome.OPENED and sight.decision.skip is None:
            by_letter = sight.decision.by is AnswerBy.LETTER
            clocks.append(deadline(ClockKind.ACK, received_at, self.days, by_letter=by_letter))
        if ClockKind.UPDATE not in had and tx.on_registers(filed.enquiry_id):
            clocks.append(deadline(ClockKind.UPDATE, received_at, self.days))
        for clock in clocks:
            clock_id = tx.start_clock(
                filed.enquiry_id,
                clock,
                message_id=filed.message_id,
                received_at=received_at,
                steps=steps_of(clock),
            )
            tx.audit(
                "deadline_started",
                f"enquiry:{filed.enquiry_id}",
                at=sight.now,
                detail={"id": clock_id, "kind": clock.kind, "due_on": clock.due_on.isoformat()},
            )

    def _clocks_of(self, sight: Sight) -> list[Deadline]:
        """Return the clocks decided; whoever is at risk was heard now, so the hour begins now."""
        return [
            deadline(clock.kind, sight.now, self.days)
            if clock.kind is ClockKind.VULNERABLE
            else clock
            for clock in sight.decision.deadlines
        ]

    # Letters

    def _write(self, tx: Transaction, filed: Filed) -> list[str]:
        """Queue the letters that follow: acknowledgement, notice to the team, alerts."""
        if filed.sight.decision.template:
            self._queue(tx, filed, [self._acknowledgement(filed)])
        letters = (self._alerts, self._notice, self._watchers)
        problems = [self._tell(tx, filed, write) for write in letters]
        return [problem for problem in problems if problem]

    def _tell(
        self,
        tx: Transaction,
        filed: Filed,
        write: Callable[[Transaction, Filed], list[OutboxEntry]],
    ) -> str:
        """Queue letters to our own people; return in words why that could not be.

        One that cannot be written takes none of the others with it.
        """
        try:
            self._queue(tx, filed, write(tx, filed))
        except ValueError as error:
            kind = write.__name__.strip("_")
            tx.audit(f"{kind}_not-written", f"enquiry:{filed.enquiry_id}", at=filed.sight.now)
            return f"The {kind} could not be written ({type(error).__name__})."
        return ""

    def _queue(self, tx: Transaction, filed: Filed, entries: Sequence[OutboxEntry]) -> None:
        tx.queue(
            entries,
            enquiry_id=filed.enquiry_id,
            message_id=filed.message_id,
            now=filed.sight.now,
        )

    def _notice(self, tx: Transaction, filed: Filed) -> list[OutboxEntry]:
        team = self._team_for_notice(tx, filed)
        if not team:
            return []
        joined = filed.sight.decision.outcome is Outcome.JOINED
        kind = NoticeKind.FURTHER_MESSAGE if joined else NoticeKind.ENQUIRY
        return [
            self.letters.to_team(
                kind,
                self._facts(filed),
                key=f"{filed.reference}:{kind}:{filed.message_id}",
                recipient=team,
                now=filed.sight.now,
                original=_original(filed.sight),
            )
        ]

    def _watchers(self, tx: Transaction, filed: Filed) -> list[OutboxEntry]:
        """Tell those whom an arrangement names, but for whom the enquiry is about."""
        about = tx.subjects(filed.enquiry_id)
        return [
            self.letters.to_team(
                NoticeKind.ENQUIRY,
                self._facts(filed),
                key=f"{filed.reference}:watcher:{filed.message_id}",
                recipient=person,
                now=filed.sight.now,
                original=_original(filed.sight),
            )
            for person in filed.sight.decision.watchers
            if person not in about
        ]

    def _propose_subjects(self, tx: Transaction, filed: Filed) -> None:
        """Propose the colleagues whom a complaint about conduct names; a person sets them."""
        found = filed.sight.found
        if Criterion.SENIOR_STAFF_CONDUCT not in found.criteria or not self.policy.people:
            return
        message = filed.sight.message
        named = named_in(f"{message.subject}\n{message.new_text}", self.policy.people)
        for person in named - tx.known_subjects(filed.enquiry_id):
            tx.set_subject(filed.enquiry_id, person, state="proposed", now=filed.sight.now)
            detail = {"state": "proposed"}
            subject = f"enquiry:{filed.enquiry_id}"
            tx.audit("subject_proposed", subject, at=filed.sight.now, detail=detail)

    def _acknowledgement(self, filed: Filed) -> OutboxEntry:
        decision = filed.sight.decision
        # If nobody acts on an alert within its hour, the general text goes (process, *house*),
        # but for what a person has to look at for another reason too, and never in public.
        alone = decision.held is Hold.VULNERABLE and not decision.held_also
        alone = alone and decision.by is not AnswerBy.PUBLIC_REPLY
        hours = timedelta(hours=self.policy.confirm_within_hours)
        return self.letters.acknowledgement(
            decision,
            filed.sight.message,
            reference=filed.reference,
            reply_team=self.team_name(decision.reply_team),
            now=filed.sight.now,
            release_at=filed.sight.now + hours if alone else None,
        )

    def _team_for_notice(self, tx: Transaction, filed: Filed) -> str:
        """Return the mailbox that gets the notice; "" where the message lies in it already."""
        if not filed.sight.decision.notify:
            return ""
        enquiry = tx.enquiry_by_id(filed.enquiry_id)
        team = self.policy.teams.get(enquiry.team)
        if team is None or team.mailbox == filed.sight.inbox.address:
            return ""
        return team.mailbox

    def _alerts(self, tx: Transaction, filed: Filed) -> list[OutboxEntry]:
        if not filed.sight.decision.alerts:
            return []
        return [
            self.letters.to_team(
                NoticeKind.ALERT,
                self._facts(filed),
                key=f"{filed.reference}:alert:{filed.message_id}",
                recipient=person,
                now=filed.sight.now,
                outbox_kind=OutboxKind.ALERT,
                original=_original(filed.sight),
            )
            for person in reach.on_duty(
                self.policy,
                rung=0,
                on=london_date(filed.sight.now),
                but=tx.subjects(filed.enquiry_id),
            )
        ]

    def _facts(self, filed: Filed) -> NoticeFacts:
        return facts_of(
            filed.sight.message,
            filed.sight.found,
            replace(filed.sight.decision, deadlines=tuple(self._clocks_of(filed.sight))),
            reference=filed.reference,
            received_at=filed.sight.item.received_at,
            reply_team=self.team_name(filed.sight.decision.reply_team),
        )

    def team_name(self, team_id: str) -> str:
        """Return a team's name as an enquirer reads it; the office's where there is none."""
        team = self.policy.teams.get(team_id)
        return team.name if team else self.letters.office.name

    def arrived_earlier(
        self, tx: Transaction, same: StoredMessage, received_at: datetime, now: datetime
    ) -> None:
        """Count the clocks that this message started from its earlier receipt."""
        tx.received_earlier(same.id, received_at)
        if same.enquiry_id is None:
            return
        enquiry = tx.enquiry_by_id(same.enquiry_id, lock=True)
        if received_at < enquiry.received_at:
            tx.received_first_at(enquiry.id, received_at)
        for clock in tx.open_clocks(enquiry.id):
            if clock.message_id == same.id and clock.kind != ClockKind.VULNERABLE:
                self._move(tx, enquiry.id, clock, received_at, now)

    def _move(
        self,
        tx: Transaction,
        enquiry_id: int,
        clock: OpenClock,
        received_at: datetime,
        now: datetime,
    ) -> None:
        """Put a clock on its date by another receipt; what was sent is not sent again."""
        tx.received_clock(clock.id, received_at)
        anew = counted(tx, clock, self.days, received_at=received_at)
        if anew.due_on != clock.due_on:
            recount(tx, enquiry_id, clock, anew, why="earlier receipt", now=now)


def _original(sight: Sight) -> bytes:
    """Return what a colleague gets of a message: as it came, or a post in words."""
    posted = sight.message.posted
    return sight.item.raw.content if posted is None else shown_as_mail(sight.message, posted)
