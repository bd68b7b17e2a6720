"""Looking for what has come due: reminders, escalations, and holds that end by themselves.

One indexed query finds the steps; each is marked in the transaction that queues its letter, so
it is decided once, whatever stops in between. A person's reminders of a morning are one digest;
the last reminder of a clock, escalations and alerts go singly. What came due on an earlier day,
while the daemon stood still, is one summary for each person (process, "Reminders").
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby
from typing import TYPE_CHECKING

from daemon import reach
from daemon.chased import Want, digest_of, is_late, reminder_of, without_doubles
from daemon.compose import NoticeKind
from daemon.deadlines import london_date
from daemon.model import ClockKind, OutboxKind, Route
from daemon.store import ConflictError, DeadlockError, StoreUnavailableError
from daemon.told import facts_of_enquiry

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
    from datetime import date, datetime

    from daemon.letters import Letters
    from daemon.model import OutboxEntry, Policy
    from daemon.store import Store, Transaction
    from daemon.store.clocks import DueStep

_PER_ROUND = 2000  # a morning's worth: fewer would cut a digest in two


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
            # Another daemon was in the way: the next sweep sees what is left.
            if not isinstance(problem, ConflictError):
                raise problem  # it is logged and counted; everything else has been decided
        return Swept(steps=steps, released=released)

    def _round(self, problems: dict[int, Exception]) -> int | None:
        """Decide the next steps; return how many were decided, None where nothing is due."""
        now = self.clock()
        with self.store.read() as tx:
            due = tx.due_steps(now, limit=_PER_ROUND, but=problems)
            subjects = tx.subjects_of({step.enquiry.id for step in due})
        if not due:
            return None
        by_clock = sorted(due, key=lambda step: (step.deadline_id, step.at, step.ordinal))
        wants: list[Want] = []
        decided = 0
        for clock, group in groupby(by_clock, key=lambda step: step.deadline_id):
            steps = list(group)
            about = subjects.get(steps[-1].enquiry.id, frozenset())
            if steps[-1].kind == ClockKind.VULNERABLE:
                decided += self._tried(problems, {clock}, lambda: self._alert(steps, about, now))  # noqa: B023 -- called at once
            else:
                wants += self._wants(steps, about, london_date(now))
        wants = without_doubles(wants)
        for person, group_ in groupby(sorted(wants, key=_by_person), key=_by_person):
            decided += self._serve(problems, person, list(group_), now)
        return decided

    def _tried(
        self,
        problems: dict[int, Exception],
        clocks: Collection[int],
        work: Callable[[], int],
    ) -> int:
        """Do a piece of work; a mistake of ours in it never stops the others."""
        try:
            return work()
        except (DeadlockError, StoreUnavailableError):
            raise
        except Exception as error:  # noqa: BLE001 -- kept, and raised when all else is decided
            problems.update(dict.fromkeys(clocks, error))
            return 0

    # Who wants to hear what

    def _wants(self, steps: Sequence[DueStep], about: frozenset[str], on: date) -> Iterable[Want]:
        """Yield who hears of a clock: of several steps that concern one person, the latest."""
        by_person: dict[str, list[DueStep]] = {}
        for step in steps:
            person = "" if self._is_silenced(step) else self._person(step, about, on)
            by_person.setdefault(person, []).append(step)
        for person, theirs in by_person.items():
            yield Want(person=person, steps=tuple(theirs))

    def _is_silenced(self, step: DueStep) -> bool:
        """Whether a reply was seen: then nobody is reminded, only asked to confirm it."""
        enquiry = step.enquiry
        seen = enquiry.reply_seen_at is not None and enquiry.reply_failed_at is None
        return seen and step.action == "remind" and step.kind != ClockKind.UPDATE

    def _person(self, step: DueStep, about: frozenset[str], on: date) -> str:
        care = self.policy.routes.get(Route.CUSTOMER_CARE, "")
        # The acknowledgement is Customer Care's; a reply is owed by who has the enquiry.
        team_id = care if step.kind == ClockKind.ACK else step.enquiry.team
        team = self.policy.teams.get(team_id) or self.policy.teams.get(care)
        if team is None:
            return ""
        if step.action == "remind":
            assigned = step.enquiry.assigned_to or ""
            return reach.holder_of(self.policy, team, on=on, assigned=assigned, but=about)
        return reach.above(self.policy, team, rung=step.ordinal, on=on, but=about)

    # What one person hears

    def _serve(
        self, problems: dict[int, Exception], person: str, wants: list[Want], now: datetime
    ) -> int:
        """Decide what concerns one person: one by one, or all of it in one mail."""
        if not person:
            return sum(self._each(problems, want, now) for want in wants)
        late = any(is_late(want, now) for want in wants)
        together = wants if late else [want for want in wants if want.is_for_a_digest]
        if len(together) == 1:
            together = []
        done = 0
        if together:
            clocks = {want.last.deadline_id for want in together}
            done = self._tried(
                problems, clocks, lambda: self._digest(person, together, late=late, now=now)
            )
            # One that cannot be told of takes no other with it: those go one by one.
            if clocks <= problems.keys():
                for clock in clocks:
                    del problems[clock]
                together = []
        for want in wants:
            if want not in together:
                done += self._each(problems, want, now)
        return done

    def _each(self, problems: dict[int, Exception], want: Want, now: datetime) -> int:
        clocks = {want.last.deadline_id}
        return self._tried(problems, clocks, lambda: self._single(want, now))

    def _single(self, want: Want, now: datetime) -> int:
        """Decide the steps of one clock, and queue the letter of the latest."""
        with self.store.write() as tx:
            taken = tx.take_steps([step.id for step in want.steps], now=now)
            if not taken:
                return 0
            last = want.last
            if want.person:
                self._queue(tx, last, [self._letter(tx, want, now)], now)
            self._audit(tx, want, now, steps=len(taken))
            return len(taken)

    def _letter(self, tx: Transaction, want: Want, now: datetime) -> OutboxEntry:
        last = want.last
        kind, outbox_kind = reminder_of(last)
        return self.letters.to_team(
            kind,
            facts_of_enquiry(
                tx,
                self.policy,
                last.enquiry,
                message_id=last.message_id,
                due=((ClockKind(last.kind), last.due_on),),
                holder=last.enquiry.assigned_to or "",
            ),
            key=f"deadline:{last.deadline_id}:{kind}:{last.at.isoformat()}",
            recipient=want.person,
            now=now,
            outbox_kind=outbox_kind,
        )

    def _digest(self, person: str, wants: Sequence[Want], *, late: bool, now: datetime) -> int:
        """Decide many steps for one person in one mail: a morning's, or after an outage all."""
        with self.store.write() as tx:
            ids = [step.id for want in wants for step in want.steps]
            taken = tx.take_steps(ids, now=now)
            left = [want for want in wants if any(step.id in taken for step in want.steps)]
            if not left:
                return 0
            on = london_date(now)
            number = tx.digests_of(person, on=on) + 1
            entry = self.letters.to_team(
                NoticeKind.DIGEST,
                digest_of(left, late=late, now=now),
                key=f"digest:{on.isoformat()}:{number}",
                recipient=person,
                now=now,
                outbox_kind=OutboxKind.DIGEST,
            )
            tx.queue([entry], enquiry_id=None, message_id=None, now=now)
            for want in left:
                self._audit(tx, want, now, steps=len(want.steps), digest=number)
            return len(taken)

    def _queue(
        self, tx: Transaction, step: DueStep, entries: Sequence[OutboxEntry], now: datetime
    ) -> None:
        tx.queue(entries, enquiry_id=step.enquiry.id, message_id=step.message_id, now=now)

    def _audit(
        self, tx: Transaction, want: Want, now: datetime, *, steps: int, digest: int | None = None
    ) -> None:
        last = want.last
        event = "reminder_queued" if last.action == "remind" else "escalation_queued"
        detail: Mapping[str, object] = {
            "kind": last.kind,
            "deadline": last.deadline_id,
            "steps": steps,
            **({"digest": digest} if digest else {}),
        }
        if not want.person:
            event = "reminder_silenced"
        tx.audit(event, f"enquiry:{last.enquiry.id}", at=now, detail=detail)

    # Alerts

    def _alert(self, steps: Sequence[DueStep], about: frozenset[str], now: datetime) -> int:
        """Have an alert climb: to everybody on duty, again and again until somebody confirms."""
        with self.store.write() as tx:
            taken = tx.take_steps([step.id for step in steps], now=now)
            if not taken:
                return 0
            last = steps[-1]
            due = ((ClockKind.VULNERABLE, last.due_on),)
            facts = facts_of_enquiry(
                tx, self.policy, last.enquiry, message_id=last.message_id, due=due
            )
            told = reach.on_duty(self.policy, rung=last.ordinal + 1, on=london_date(now), but=about)
            entries = [
                self.letters.to_team(
                    NoticeKind.ALERT,
                    facts,
                    key=f"deadline:{last.deadline_id}:{NoticeKind.ALERT}:{last.at.isoformat()}",
                    recipient=person,
                    now=now,
                    outbox_kind=OutboxKind.ALERT,
                    original=tx.raw_of(last.message_id),
                )
                for person in told
            ]
            self._queue(tx, last, entries, now)
            if not tx.has_steps(last.deadline_id):
                at = now + self._pace()
                tx.add_step(last.deadline_id, "escalate", ordinal=last.ordinal + 1, at=at)
            detail = {"kind": last.kind, "deadline": last.deadline_id, "steps": len(taken)}
            tx.audit("escalation_queued", f"enquiry:{last.enquiry.id}", at=now, detail=detail)
            return len(taken)

    def _pace(self) -> timedelta:
        """Return how long an alert waits for each further step: it climbs until confirmed."""
        minutes = self.policy.clocks.vulnerable_steps_minutes
        return timedelta(minutes=minutes[-1] - (minutes[-2] if len(minutes) > 1 else 0))

    def _release(self) -> int:
        """Let go what was held until a time that has come."""
        now = self.clock()
        with self.store.write() as tx:
            ids = tx.release_due(now)
            for entry_id in ids:
                tx.audit("outbox_released", f"outbox:{entry_id}", at=now, detail={"why": "time"})
            return len(ids)


def _by_person(want: Want) -> str:
    return want.person
