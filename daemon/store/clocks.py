"""Clocks: what runs, what has come due, and what has ended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, delete, select, update

from daemon.model import ClockFact, ClockKind, FactKind
from daemon.store import schema
from daemon.store.enquiries import ENQUIRY, EnquiryRow, as_enquiry
from daemon.store.rows import Rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date, datetime

    from daemon.model import ClockStep, Deadline

_AT_ONCE = 500  # SQLite takes a bounded number of parameters in a query


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenClock:
    """A clock that runs, and the message it counts from."""

    id: int
    kind: str
    message_id: int
    received_at: datetime
    due_on: date
    stopped_on: date | None  # it stands still since then


@dataclass(frozen=True, slots=True, kw_only=True)
class DueStep:
    """A reminder or escalation whose time has come."""

    id: int
    deadline_id: int
    action: str  # remind, escalate
    ordinal: int
    at: datetime
    kind: str
    due_on: date
    due_at: datetime
    enquiry: EnquiryRow
    message_id: int
    is_last: bool  # of the reminders


_clock, _step = schema.deadline.c, schema.deadline_step.c
_KINDS = select(_clock.kind).where(
    _clock.enquiry_id == bindparam("enquiry"), _clock.ended_by.is_distinct_from("corrected")
)
_RUNNING = select(_clock.id, _clock.kind).where(
    _clock.enquiry_id == bindparam("enquiry"), _clock.ended_at.is_(None)
)
_END = update(schema.deadline).where(_clock.id == bindparam("clock"))
_DECIDE_STEPS = update(schema.deadline_step).where(
    _step.deadline_id == bindparam("clock"), _step.decided_at.is_(None)
)


class Clocks(Rows):
    """Starting, chasing and ending the clocks of enquiries."""

    def open_clocks_after(self, last_id: int, *, limit: int) -> list[tuple[int, OpenClock]]:
        """Return running clocks with a higher id, with their enquiries, locked; no alerts."""
        row = schema.deadline.c
        rows = self.connection.execute(
            select(row.enquiry_id, *(row[name] for name in _OPEN_CLOCK))
            .where(row.ended_at.is_(None), row.id > last_id, row.kind != ClockKind.VULNERABLE)
            .order_by(row.id)
            .limit(limit)
            .with_for_update()
        ).all()
        return [
            (r.enquiry_id, OpenClock(**{name: r._mapping[name] for name in _OPEN_CLOCK}))
            for r in rows
        ]

    def enquiry_of_clock(self, deadline_id: int) -> int:
        """Return the enquiry a clock runs for."""
        row = schema.deadline.c
        query = select(row.enquiry_id).where(row.id == deadline_id)
        return int(self.connection.execute(query).scalar_one())

    # What happened to a clock

    def clock_facts(self, deadline_id: int) -> tuple[ClockFact, ...]:
        """Return what happened to a clock, in order."""
        row = schema.deadline_fact.c
        rows = self.connection.execute(
            select(row.what, row.from_on, row.until_on, row.due_on)
            .where(row.deadline_id == deadline_id)
            .order_by(row.id)
        )
        return tuple(
            ClockFact(
                what=FactKind(r.what), from_on=r.from_on, until_on=r.until_on, due_on=r.due_on
            )
            for r in rows
        )

    def add_clock_fact(self, deadline_id: int, fact: ClockFact, *, now: datetime) -> None:
        """Note something that happened to a clock."""
        self.insert(
            schema.deadline_fact,
            deadline_id=deadline_id,
            what=fact.what,
            from_on=fact.from_on,
            until_on=fact.until_on,
            due_on=fact.due_on,
            created_at=now,
        )

    def end_clock_fact(self, deadline_id: int, what: FactKind, *, until_on: date) -> None:
        """Note that what a clock waited for has come."""
        row = schema.deadline_fact
        self.connection.execute(
            update(row)
            .where(row.c.deadline_id == deadline_id, row.c.what == what, row.c.until_on.is_(None))
            .values(until_on=until_on)
        )

    # Clocks

    def clock_kinds(self, enquiry_id: int) -> set[str]:
        """Return the kinds of clock an enquiry has or had, but for those a correction ended."""
        return set(self.connection.scalars(_KINDS, {"enquiry": enquiry_id}))

    def open_clocks(self, enquiry_id: int) -> list[OpenClock]:
        """Return the clocks of an enquiry that run."""
        row = schema.deadline.c
        rows = self.connection.execute(
            select(row.id, row.kind, row.message_id, row.received_at, row.due_on, row.stopped_on)
            .where(row.enquiry_id == enquiry_id, row.ended_at.is_(None))
            .order_by(row.id)
        )
        return [OpenClock(**r._mapping) for r in rows]

    def start_clock(
        self,
        enquiry_id: int,
        clock: Deadline,
        *,
        message_id: int,
        received_at: datetime,
        steps: Sequence[ClockStep],
    ) -> int:
        """Start a clock with the steps (remind or escalate, when) that the sweep will take."""
        deadline_id = self.insert(
            schema.deadline,
            enquiry_id=enquiry_id,
            message_id=message_id,
            kind=clock.kind,
            due_on=clock.due_on,
            due_at=clock.due_at,
            received_at=received_at,
            working=list(clock.working),
        )
        self._add_steps(deadline_id, steps)
        return deadline_id

    def _add_steps(self, deadline_id: int, steps: Sequence[ClockStep]) -> None:
        rows = [
            {
                "deadline_id": deadline_id,
                "action": step.action,
                "ordinal": step.ordinal,
                "at": step.at,
                "is_last": step.is_last,
            }
            for step in steps
        ]
        self.add_all(schema.deadline_step, rows)

    def recount(
        self, clock: OpenClock, counted: Deadline, *, steps: Sequence[ClockStep], now: datetime
    ) -> None:
        """Put a running clock on the dates it is counted to have now; it keeps its row.

        What was decided stays decided and is never decided again: not a step at the same
        instant, and no rung of the ladder whose new instant is not ahead. A reminder whose
        instant has passed is not added; a rung that is due and was never decided is. A clock
        that stood still runs again.
        """
        d, s = schema.deadline, schema.deadline_step.c
        self.connection.execute(
            update(d)
            .where(d.c.id == clock.id)
            .values(
                due_on=counted.due_on,
                due_at=counted.due_at,
                working=list(counted.working),
                stopped_on=None,
            )
        )
        self._drop_open_steps(clock.id)
        decided = self.connection.execute(
            select(s.action, s.ordinal, s.at).where(s.deadline_id == clock.id)
        ).all()
        instants = {(row.action, row.at) for row in decided}
        rungs = {row.ordinal for row in decided if row.action == "escalate"}
        self._add_steps(
            clock.id,
            [
                step
                for step in steps
                if (step.action, step.at) not in instants
                and (step.at > now or (step.action == "escalate" and step.ordinal not in rungs))
            ],
        )

    def received_clock(self, deadline_id: int, received_at: datetime) -> None:
        """Have a clock count from another receipt."""
        row = schema.deadline
        self.connection.execute(
            update(row).where(row.c.id == deadline_id).values(received_at=received_at)
        )

    def stop_clock(self, deadline_id: int, *, on: date) -> None:
        """Have a clock stand still; nobody is reminded until it runs again."""
        row = schema.deadline
        self.connection.execute(update(row).where(row.c.id == deadline_id).values(stopped_on=on))
        self._drop_open_steps(deadline_id)

    def _drop_open_steps(self, deadline_id: int) -> None:
        step = schema.deadline_step
        self.connection.execute(
            delete(step).where(step.c.deadline_id == deadline_id, step.c.decided_at.is_(None))
        )

    def add_step(self, deadline_id: int, action: str, *, ordinal: int, at: datetime) -> None:
        """Add a step to a clock that goes on."""
        self.insert(
            schema.deadline_step, deadline_id=deadline_id, action=action, ordinal=ordinal, at=at
        )

    def has_steps(self, deadline_id: int) -> bool:
        """Whether a clock has a step that is not decided yet."""
        step = schema.deadline_step.c
        query = select(step.id).where(step.deadline_id == deadline_id, step.decided_at.is_(None))
        return self.connection.scalar(query.limit(1)) is not None

    def end_clocks(
        self,
        enquiry_id: int,
        *,
        by: str,
        now: datetime,
        kinds: Sequence[ClockKind] | None = None,
    ) -> list[int]:
        """End the running clocks of an enquiry, all or of some kinds; return their ids."""
        running = self.connection.execute(_RUNNING, {"enquiry": enquiry_id})
        ids = [r.id for r in running if kinds is None or r.kind in kinds]
        self._end(ids, by=by, now=now)
        return ids

    def end_clock(self, deadline_id: int, *, by: str, now: datetime) -> None:
        """End one clock."""
        self._end([deadline_id], by=by, now=now)

    def _end(self, ids: list[int], *, by: str, now: datetime) -> None:
        for deadline_id in ids:
            of = {"clock": deadline_id}
            self.connection.execute(_END, {**of, "ended_at": now, "ended_by": by})
            self.connection.execute(_DECIDE_STEPS, {**of, "decided_at": now})

    def due_steps(self, now: datetime, *, limit: int, but: Iterable[int] = ()) -> list[DueStep]:
        """Return the steps that are due, earliest first; `but` are clocks to leave out.

        Nothing is locked: `take_steps` says which of them are the caller's to act on.
        """
        step, row = schema.deadline_step.c, schema.deadline.c
        query = (
            select(
                step.id.label("step_id"),
                step.deadline_id,
                step.action,
                step.ordinal,
                step.at,
                step.is_last,
                row.kind,
                row.due_on,
                row.due_at,
                row.message_id,
                *ENQUIRY,
            )
            .join(schema.deadline, row.id == step.deadline_id)
            .join(schema.enquiry, schema.enquiry.c.id == row.enquiry_id)
            .where(step.at <= now, step.decided_at.is_(None), row.id.not_in(list(but)))
            # A step can be added at the moment when somebody ends the clock.
            .where(row.ended_at.is_(None), row.stopped_on.is_(None))
            .order_by(step.at, step.id)
            .limit(limit)
        )
        return [
            DueStep(
                id=r.step_id,
                deadline_id=r.deadline_id,
                action=r.action,
                ordinal=r.ordinal,
                at=r.at,
                kind=r.kind,
                due_on=r.due_on,
                due_at=r.due_at,
                enquiry=as_enquiry(r),
                message_id=r.message_id,
                is_last=r.is_last,
            )
            for r in self.connection.execute(query)
        ]

    def take_steps(self, ids: Sequence[int], *, now: datetime) -> set[int]:
        """Mark steps as decided; return those that nobody had, and whose clock still runs.

        Of two daemons that want the same step the second waits for the first, and gets it not.
        """
        step, row = schema.deadline_step, schema.deadline.c
        runs = select(row.id).where(row.ended_at.is_(None), row.stopped_on.is_(None))
        taken: set[int] = set()
        for start in range(0, len(ids), _AT_ONCE):
            done = self.connection.execute(
                update(step)
                .where(
                    step.c.id.in_(ids[start : start + _AT_ONCE]),
                    step.c.decided_at.is_(None),
                    step.c.deadline_id.in_(runs.where(row.id == step.c.deadline_id)),
                )
                .values(decided_at=now)
                .returning(step.c.id)
            )
            taken |= set(done.scalars())
        return taken


_OPEN_CLOCK = ("id", "kind", "message_id", "received_at", "due_on", "stopped_on")
