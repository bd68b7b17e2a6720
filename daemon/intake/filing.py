"""What follows from a message that belongs to an enquiry: registers, clocks and letters."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from daemon.compose import NoticeKind
from daemon.deadlines import deadline
from daemon.letters import facts_of
from daemon.model import Category, ClockKind, Hold, OutboxKind, Outcome, Route

if TYPE_CHECKING:
    from datetime import datetime

    from daemon.compose import NoticeFacts
    from daemon.deadlines import WorkingDays
    from daemon.intake.facts import Filed
    from daemon.letters import Letters
    from daemon.model import Classification, Deadline, OutboxEntry, Policy
    from daemon.store import Transaction
    from daemon.store.clocks import OpenClock
    from daemon.store.messages import StoredMessage


@dataclass(frozen=True, slots=True, kw_only=True)
class Filing:
    """Writes down what follows, inside the caller's transaction."""

    policy: Policy
    days: WorkingDays
    letters: Letters

    def follow(self, tx: Transaction, filed: Filed) -> None:
        """Write parties, criteria, registers, clocks and letters of an enquiry's message."""
        decision, now = filed.decision, filed.now
        for address in {filed.message.sender.address, decision.recipient}:
            if decision.outcome is Outcome.OPENED:
                tx.add_party(filed.enquiry_id, address)
        tx.add_criteria(
            filed.enquiry_id, filed.found.criteria, message_id=filed.message_id, now=now
        )
        tx.enter_registers(filed.enquiry_id, decision, now=now)
        if decision.join is not None and decision.route is Route.CUSTOMER_CARE:
            self._move_to_customer_care(tx, filed)
        self._start_clocks(tx, filed)
        entries = self._entries(tx, filed)
        tx.queue(entries, enquiry_id=filed.enquiry_id, message_id=filed.message_id, now=now)

    def _move_to_customer_care(self, tx: Transaction, filed: Filed) -> None:
        """Bring an enquiry that Intake has to Customer Care: a criterion is met now."""
        enquiry = tx.enquiry_by_id(filed.enquiry_id)
        if enquiry.route != Route.INTAKE:
            return
        tx.reroute(filed.enquiry_id, route=Route.CUSTOMER_CARE, team=filed.decision.team)
        tx.audit(
            "enquiry_rerouted",
            f"enquiry:{filed.enquiry_id}",
            at=filed.now,
            detail={"old": enquiry.route, "new": Route.CUSTOMER_CARE, "why": "criteria"},
        )

    def _start_clocks(self, tx: Transaction, filed: Filed) -> None:
        had = tx.clock_kinds(filed.enquiry_id)
        received_at = filed.item.received_at
        clocks = [
            clock
            for clock in filed.decision.deadlines
            if clock.kind is ClockKind.VULNERABLE or clock.kind not in had
        ]
        if filed.decision.outcome is Outcome.OPENED and filed.decision.skip is None:
            clocks.append(deadline(ClockKind.ACK, received_at, self.days))
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
                at=filed.now,
                detail={"id": clock_id, "kind": clock.kind, "due_on": clock.due_on.isoformat()},
            )

    def _entries(self, tx: Transaction, filed: Filed) -> list[OutboxEntry]:
        """Return the letters that follow: acknowledgement, notice to the team, alerts."""
        decision = filed.decision
        entries = []
        if decision.template:
            entries.append(self._acknowledgement(filed))
        team = self._team_for_notice(tx, filed)
        facts = self._facts(filed)
        if team:
            joined = decision.outcome is Outcome.JOINED
            kind = NoticeKind.FURTHER_MESSAGE if joined else NoticeKind.ENQUIRY
            entries.append(
                self.letters.to_team(
                    kind,
                    facts,
                    key=f"{filed.reference}:{kind}:{filed.message_id}",
                    recipient=team,
                    now=filed.now,
                    original=filed.item.raw.content,
                )
            )
        if decision.alerts:
            entries += self._alerts(filed, facts)
        return entries

    def _acknowledgement(self, filed: Filed) -> OutboxEntry:
        decision = filed.decision
        # If nobody acts on an alert within its hour, the general text goes (process, *house*),
        # but for what a person has to look at for another reason too.
        alone = decision.held is Hold.VULNERABLE and not decision.held_also
        hours = timedelta(hours=self.policy.confirm_within_hours)
        return self.letters.acknowledgement(
            decision,
            filed.message,
            reference=filed.reference,
            reply_team=self._team_name(decision.reply_team),
            now=filed.now,
            release_at=filed.now + hours if alone else None,
        )

    def _team_for_notice(self, tx: Transaction, filed: Filed) -> str:
        """Return the mailbox that gets the notice; "" where the message lies in it already."""
        if not filed.decision.notify:
            return ""
        enquiry = tx.enquiry_by_id(filed.enquiry_id)
        team = self.policy.teams.get(enquiry.team)
        if team is None or team.mailbox == filed.inbox_address:
            return ""
        return team.mailbox

    def _alerts(self, filed: Filed, facts: NoticeFacts) -> list[OutboxEntry]:
        return [
            self.letters.to_team(
                NoticeKind.ALERT,
                facts,
                key=f"{filed.reference}:alert:{filed.message_id}",
                recipient=person,
                now=filed.now,
                outbox_kind=OutboxKind.ALERT,
                original=filed.item.raw.content,
            )
            for person in self.policy.duty
        ]

    def _facts(self, filed: Filed) -> NoticeFacts:
        return facts_of(
            filed.message,
            filed.found,
            filed.decision,
            reference=filed.reference,
            received_at=filed.item.received_at,
            reply_team=self._team_name(filed.decision.reply_team),
        )

    def _team_name(self, team_id: str) -> str:
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
        found = tx.classification_of(same.id)
        for clock in tx.open_clocks(enquiry.id):
            if clock.message_id == same.id and clock.kind != ClockKind.VULNERABLE:
                self._move(tx, enquiry.id, clock, found, received_at, now)

    def _move(
        self,
        tx: Transaction,
        enquiry_id: int,
        clock: OpenClock,
        found: Classification | None,
        received_at: datetime,
        now: datetime,
    ) -> None:
        """Put a clock on its date by another receipt; what was sent is not sent again."""
        kind = ClockKind(clock.kind)
        ico = found if kind is ClockKind.ICO else None
        moved = deadline(
            kind,
            received_at,
            self.days,
            notice_on=ico.notice_on if ico else None,
            stated_on=ico.reply_by_on if ico else None,
            ico_notice=ico is None or ico.category is Category.ICO_DECISION,
        )
        if moved.due_on == clock.due_on:
            return
        done = tx.decided_actions(clock.id)
        tx.end_clock(clock.id, by="moved", now=now)
        new_id = tx.start_clock(
            enquiry_id,
            moved,
            message_id=clock.message_id,
            received_at=received_at,
            steps=[step for step in steps_of(moved) if step[0] not in done],
        )
        tx.audit(
            "deadline_moved",
            f"enquiry:{enquiry_id}",
            at=now,
            detail={"kind": kind, "old": clock.id, "new": new_id, "why": "earlier receipt"},
        )


def steps_of(clock: Deadline) -> list[tuple[str, datetime]]:
    """Return the steps the sweep takes: the last reminder and the first escalation.

    An alert is different: it climbs until a person confirms.
    """
    if clock.kind is ClockKind.VULNERABLE:
        return [("escalate", at) for at in clock.escalate_at]
    if clock.kind is ClockKind.ACK:
        return [("escalate", at) for at in clock.escalate_at[:1]]
    reminds = [("remind", at) for at in clock.remind_at[-1:]]
    return reminds + [("escalate", at) for at in clock.escalate_at[:1]]
