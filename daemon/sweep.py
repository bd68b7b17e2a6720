"""Looking for what has come due: reminders, escalations, and holds that end by themselves.

One indexed query finds the steps; each is marked in the transaction that queues its letter, so
it is decided once, whatever stops in between. Several steps of one clock that came due together
(after an outage) give one letter, that of the latest step.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby
from typing import TYPE_CHECKING

from daemon.compose import NoticeFacts, NoticeKind
from daemon.letters import recipients_of
from daemon.model import Category, ClockKind, Criterion, OutboxKind, Route, Source
from daemon.store import DeadlockError, StoreUnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from daemon.letters import Letters
    from daemon.model import OutboxEntry, Policy
    from daemon.store import Store, Transaction
    from daemon.store.clocks import DueStep

_PER_ROUND = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Swept:
    """What one sweep decided."""

    steps: int = 0
    released: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweeper:
    """The use case: what has come due becomes outbox entries."""

    store: Store
    policy: Policy
    letters: Letters
    clock: Callable[[], datetime]

    def sweep(self) -> Swept:
        """Decide all that is due now.

        Raises:
            StoreUnavailableError: the database does not answer.
        """
        problems: dict[int, Exception] = {}  # by clock: what a mistake of ours stumbled over
        steps = 0
        while (found := self._round(problems)) is not None:
            steps += found
        released = self._release()
        for problem in problems.values():
            raise problem  # it is logged and counted; everything else has been decided
        return Swept(steps=steps, released=released)

    def _round(self, problems: dict[int, Exception]) -> int | None:
        """Decide the next steps; return how many were decided, None where nothing is due."""
        now = self.clock()
        decided = 0
        with self.store.write() as tx:
            due = tx.due_steps(now, limit=_PER_ROUND, but=problems)
            by_clock = sorted(due, key=lambda step: (step.deadline_id, step.at))
            for clock, steps in groupby(by_clock, key=lambda step: step.deadline_id):
                together = list(steps)
                try:
                    with tx.savepoint():
                        self._decide(tx, together, now)
                    decided += len(together)
                except (DeadlockError, StoreUnavailableError):
                    raise
                except Exception as error:  # noqa: BLE001 -- one bad clock never stops the others
                    problems[clock] = error
        return decided if due else None

    def _decide(self, tx: Transaction, steps: list[DueStep], now: datetime) -> None:
        last = steps[-1]
        tx.decide_steps([step.id for step in steps], now=now)
        entries = self._letters(tx, last, now)
        tx.queue(entries, enquiry_id=last.enquiry.id, message_id=last.message_id, now=now)
        if last.kind == ClockKind.VULNERABLE and not tx.has_steps(last.deadline_id):
            at = now + self._pace()
            tx.add_step(last.deadline_id, "escalate", ordinal=last.ordinal + 1, at=at)
        event = "reminder_queued" if last.action == "remind" else "escalation_queued"
        tx.audit(
            event,
            f"enquiry:{last.enquiry.id}",
            at=now,
            detail={"kind": last.kind, "deadline": last.deadline_id, "steps": len(steps)},
        )

    def _pace(self) -> timedelta:
        """Return how long an alert waits for each further step: it climbs until confirmed."""
        minutes = self.policy.clocks.vulnerable_steps_minutes
        return timedelta(minutes=minutes[-1] - (minutes[-2] if len(minutes) > 1 else 0))

    def _letters(self, tx: Transaction, step: DueStep, now: datetime) -> list[OutboxEntry]:
        alert = step.kind == ClockKind.VULNERABLE
        remind = step.action == "remind"
        kind = NoticeKind.REMINDER if remind else NoticeKind.ESCALATION
        outbox_kind = OutboxKind.REMINDER if remind else OutboxKind.ESCALATION
        if alert:
            kind, outbox_kind = NoticeKind.ALERT, OutboxKind.ALERT
        facts = self._facts(tx, step)
        return [
            self.letters.to_team(
                kind,
                facts,
                key=f"deadline:{step.deadline_id}:{kind}:{step.at.isoformat()}",
                recipient=person,
                now=now,
                outbox_kind=outbox_kind,
                original=tx.raw_of(step.message_id) if alert else None,
            )
            for person in self._recipients(step, alert=alert)
        ]

    def _recipients(self, step: DueStep, *, alert: bool) -> Sequence[str]:
        if alert:
            return self.policy.duty
        care = self.policy.routes.get(Route.CUSTOMER_CARE, "")
        # The acknowledgement is Customer Care's; a reply is owed by who has the enquiry.
        team_id = care if step.kind == ClockKind.ACK else step.enquiry.team
        team = self.policy.teams.get(team_id) or self.policy.teams.get(care)
        if team is None:
            return ()
        ordinal = 0 if step.kind == ClockKind.ACK else _rung(step)
        return recipients_of(team, step=step.action, ordinal=ordinal)

    def _facts(self, tx: Transaction, step: DueStep) -> NoticeFacts:
        enquiry = step.enquiry
        criteria = tx.criteria(enquiry.id)
        # "Urgent" belongs to alerts: on a reminder of another clock it would wear off.
        others = tuple(c for c in criteria if c is not Criterion.VULNERABLE)
        team = self.policy.teams.get(enquiry.reply_team)
        message = tx.message_facts(step.message_id)
        return NoticeFacts(
            reference=enquiry.reference,
            category=Category(enquiry.category),
            source=Source(enquiry.source),
            to_be_sorted=enquiry.to_be_sorted,
            route=Route(enquiry.route),
            criteria=criteria if step.kind == ClockKind.VULNERABLE else others,
            due=((ClockKind(step.kind), step.due_on),),
            received_at=enquiry.received_at,
            reply_team=team.name if team else "",
            sender=message.sender,
            box=message.box,
            original_complete=message.complete,
        )

    def _release(self) -> int:
        """Let go what was held until a time that has come."""
        now = self.clock()
        with self.store.write() as tx:
            ids = tx.release_due(now)
            for entry_id in ids:
                tx.audit("outbox_released", f"outbox:{entry_id}", at=now, detail={"why": "time"})
            return len(ids)


def _rung(step: DueStep) -> int:
    """Return which rung of the ladder an escalation is: 0 the Assistant Director."""
    return 0 if step.action == "remind" else max(0, step.ordinal - 1)
