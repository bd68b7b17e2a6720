"""Counting running clocks anew: after a stop, an extension, a new holiday or a new standard.

A clock keeps its row; what was decided stays decided (`Clocks.recount`). Each change of a date
leaves a line of audit: old, new and why.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, fields
from importlib.metadata import version
from typing import TYPE_CHECKING

from daemon.compose import NoticeFacts, NoticeKind
from daemon.deadlines import deadline, london_date, next_update, steps_of
from daemon.model import Category, ClockKind, OutboxKind

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from daemon.deadlines import WorkingDays
    from daemon.letters import Letters
    from daemon.model import Deadline
    from daemon.store import Store, Transaction
    from daemon.store.clocks import OpenClock

_AT_ONCE = 200
_CALENDAR = "calendar"
_AUTUMN = 10  # the month from which next year's bank holidays must be known
_YEARS_ASKED = range(-1, 3)  # around this one: no clock of ours runs longer


def counted(
    tx: Transaction, clock: OpenClock, days: WorkingDays, *, received_at: datetime | None = None
) -> Deadline:
    """Return a clock as it is to be counted now, with all that happened to it.

    `received_at` is another receipt than the one it was counted from.
    """
    kind = ClockKind(clock.kind)
    received_at = received_at or clock.received_at
    if kind is ClockKind.UPDATE:
        enquiry_id = tx.enquiry_of_clock(clock.id)
        return next_update(received_at, tx.milestones_ahead(enquiry_id), days)
    found = tx.classification_of(clock.message_id) if kind is ClockKind.ICO else None
    by_letter = kind is ClockKind.ACK and tx.is_answered_by_letter(tx.enquiry_of_clock(clock.id))
    return deadline(
        kind,
        received_at,
        days,
        notice_on=found.notice_on if found else None,
        stated_on=found.reply_by_on if found else None,
        ico_notice=found is None or found.category is Category.ICO_DECISION,
        by_letter=by_letter,
        facts=tx.clock_facts(clock.id),
    )


def recount(
    tx: Transaction,
    enquiry_id: int,
    clock: OpenClock,
    anew: Deadline,
    *,
    why: str,
    now: datetime,
    actor: str = "software",
) -> bool:
    """Put a clock on its new dates, or have it stand still; return whether its day changed.

    `why` is an id for the audit, never words.
    """
    if anew.stopped_on is not None:
        tx.stop_clock(clock.id, on=anew.stopped_on)
    else:
        tx.recount(clock, anew, steps=steps_of(anew), now=now)
    changed = (anew.due_on, anew.stopped_on) != (clock.due_on, clock.stopped_on)
    if changed:
        detail = {
            "id": clock.id,
            "kind": clock.kind,
            "old": clock.due_on.isoformat(),
            "new": anew.due_on.isoformat(),
            "why": why,
        }
        if anew.stopped_on is not None:
            detail["stopped"] = anew.stopped_on.isoformat()
        tx.audit("deadline_moved", f"enquiry:{enquiry_id}", at=now, actor=actor, detail=detail)
    return changed


def calendar_print(days: WorkingDays, year: int) -> str:
    """Return what tells one calendar with the office's standards from another."""
    years = [year + n for n in _YEARS_ASKED]
    holidays = [
        (day.isoformat(), name)
        for kind in (ClockKind.FOI, ClockKind.OTHER)
        for one in years
        for day, name in days.holidays_of(one, kind)
    ]
    # The holidays themselves stand above; their mapping is a view that cannot be copied.
    standards = {
        one.name: getattr(days.policy, one.name)
        for one in fields(days.policy)
        if one.name != "extra_holidays"
    }
    said = json.dumps([version("holidays"), holidays, standards], default=str, sort_keys=True)
    return hashlib.sha256(said.encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Recounter:
    """The use case: open clocks follow the calendar and the office's own standards."""

    store: Store
    days: WorkingDays
    letters: Letters
    operators: Sequence[str]
    clock: Callable[[], datetime]

    def follow(self) -> int:
        """Count every open clock anew if calendar or standards changed; return how many moved.

        Raises:
            StoreUnavailableError: the database does not answer.
        """
        now = self.clock()
        self._warn(now)
        calendar = calendar_print(self.days, london_date(now).year)
        with self.store.read() as tx:
            if tx.marker(_CALENDAR) == calendar:
                return 0
        moved, last = 0, 0
        while True:
            with self.store.write() as tx:
                clocks = tx.open_clocks_after(last, limit=_AT_ONCE)
                for enquiry_id, clock in clocks:
                    anew = counted(tx, clock, self.days)
                    moved += recount(tx, enquiry_id, clock, anew, why="calendar", now=now)
                if not clocks:
                    tx.set_marker(_CALENDAR, calendar, now=now)
                    return moved
                last = clocks[-1][1].id

    def _warn(self, now: datetime) -> None:
        """Tell the operators once a year where next year's bank holidays are not known."""
        today = london_date(now)
        year = today.year + 1
        if today.month < _AUTUMN or self.days.covers(year):
            return
        name = f"holidays:{year}"
        with self.store.write() as tx:
            tx.one_at_a_time()
            if tx.marker(name) is not None:
                return
            entries = [
                self.letters.to_team(
                    NoticeKind.HOLIDAYS,
                    NoticeFacts(problem=str(year)),
                    key=name,
                    recipient=operator,
                    now=now,
                    outbox_kind=OutboxKind.OPERATOR,
                )
                for operator in self.operators
            ]
            tx.queue(entries, enquiry_id=None, message_id=None, now=now)
            tx.set_marker(name, "told", now=now)
