"""How it stands with what all daemons of a store share: mail that comes, letters, the accounts."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from daemon.deadlines import LONDON
from daemon.health.parts import Level, Part
from daemon.health.quiet import Quiet, office_time, usual_pause
from daemon.model import ClockKind

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from daemon.deadlines import WorkingDays
    from daemon.store import Transaction

LINK = "link:checked"
"""The marker with what the last look at the routing diagram found, as JSON."""
DIFFERENCES = "reconciliation:differences"

_OVERDUE = timedelta(minutes=15)
_WEEKS = timedelta(weeks=4)
_MAILS = 5_000  # of four weeks; of more the last ones tell as much
_ANEW = timedelta(hours=1)


@dataclass(slots=True, kw_only=True)
class Common:
    """Looks at the store; remembers for an hour what pause is usual for each inbox."""

    days: WorkingDays
    inboxes: Sequence[str]  # those that enquiries come to
    usual: dict[str, tuple[datetime, timedelta | None]] = field(default_factory=dict)

    def look(self, tx: Transaction, now: datetime) -> list[Part]:
        """Return how it stands with each.

        Raises:
            StoreUnavailableError: the database does not answer.
        """
        return [
            self._outbox(tx, now),
            self._quarantine(tx),
            self._reconciliation(tx),
            *self._link(tx),
            *(part for one in self.inboxes if (part := self._arrivals(tx, one, now))),
        ]

    def _outbox(self, tx: Transaction, now: datetime) -> Part:
        facts = tx.outbox_facts(due_by=now - _OVERDUE)
        figures = {
            "waiting": facts.waiting,
            "overdue": facts.overdue,
            "held": facts.held,
            "to_post": facts.to_post,
            "oldest_overdue_s": (now - facts.oldest_due_at).total_seconds()
            if facts.oldest_due_at
            else 0,
        }
        part = Part(name="outbox", label="Letters to be sent", shared=True, figures=figures)
        if not facts.overdue or facts.oldest_due_at is None:
            return replace(part, why=f"{facts.waiting} wait, {facts.held} are held for a person.")
        return replace(
            part,
            level=Level.WARNING,
            why=f"{_count(facts.overdue, 'letter')} should have left by now, the first since"
            f" {when(facts.oldest_due_at)}.",
            do="See what is wrong with the outlets; assurance outbox lists the letters. They"
            " leave by themselves when the cause is gone.",
            since_at=facts.oldest_due_at + _OVERDUE,
        )

    def _quarantine(self, tx: Transaction) -> Part:
        count = tx.count_quarantined()
        part = Part(name="quarantine", label="Quarantine", shared=True, figures={"messages": count})
        if not count:
            return replace(part, why="Nothing is in it.")
        return replace(
            part,
            level=Level.WARNING,
            why=f"{_count(count, 'message')} could not be read and {'is' if count == 1 else 'are'}"
            " kept whole.",
            do="assurance quarantine list, then retry or export each.",
        )

    def _reconciliation(self, tx: Transaction) -> Part:
        wrong = int(tx.marker(DIFFERENCES) or 0)
        part = Part(
            name="reconciliation",
            label="Reconciliation",
            shared=True,
            figures={"differences": wrong},
        )
        if not wrong:
            return replace(part, why="Everything added up this morning.")
        return replace(
            part,
            level=Level.WARNING,
            why=f"{_count(wrong, 'difference')} this morning: something does not add up.",
            do="assurance reconcile says what, and what to do.",
        )

    def _link(self, tx: Transaction) -> list[Part]:
        noted = tx.marker(LINK)
        if not noted:
            return []
        found = json.loads(noted)
        part = Part(
            name="link",
            label="Link to the routing diagram",
            shared=True,
            figures={"checked_at": found["at"], "failures": found["failures"]},
        )
        if found["failures"] and not found["why"]:
            return [replace(part, why="It could not be asked for yet; it is tried again.")]
        if not found["why"]:
            return [replace(part, why="It leads somewhere.")]
        return [
            replace(
                part,
                level=Level.WARNING,
                why=found["why"],
                do="Correct routing_diagram_url in office.toml: it stands in every"
                " acknowledgement.",
                since_at=datetime.fromisoformat(found["since"]),
            )
        ]

    def _arrivals(self, tx: Transaction, inbox: str, now: datetime) -> Part | None:
        """Return whether mail comes as usual; None where nothing can be said."""
        newest = tx.newest_mail(inbox)
        usual = self._usual(tx, inbox, now)
        if newest is None or usual is None:
            return None
        quiet = Quiet(pause=office_time(newest.received_at, now, self._is_working), usual=usual)
        part = Part(
            name=f"arrivals:{inbox}",
            label=f"Mail to {inbox}",
            shared=True,
            figures={
                "quiet_s": quiet.pause.total_seconds(),
                "usual_s": quiet.usual.total_seconds(),
                "newest_at": newest.received_at.isoformat(),
            },
        )
        if not quiet.is_odd:
            return replace(part, why=f"The last came at {when(newest.received_at)}.")
        return replace(
            part,
            level=Level.WARNING,
            why=f"Nothing has come since {when(newest.received_at)}: {hours(quiet.pause)} of"
            f" office time, where up to {hours(quiet.usual)} is usual.",
            do="Send a mail to the address. If it does not arrive, ask whoever runs the mail"
            " servers: a rule may move mail away, or a licence may have ended.",
            since_at=newest.received_at,
            at_once=True,
        )

    def _usual(self, tx: Transaction, inbox: str, now: datetime) -> timedelta | None:
        kept = self.usual.get(inbox)
        if kept is None or abs(now - kept[0]) > _ANEW:
            arrivals = tx.arrivals(inbox, since=now - _WEEKS, limit=_MAILS)
            kept = self.usual[inbox] = now, usual_pause(arrivals, self._is_working)
        return kept[1]

    def _is_working(self, day: date) -> bool:
        return self.days.is_working(day, ClockKind.OTHER)


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def when(at: datetime) -> str:
    """Return a time as an administrator in London reads it."""
    return f"{at.astimezone(LONDON):%H:%M on %-d %B}"


def hours(span: timedelta) -> str:
    """Return a span in hours and minutes."""
    minutes = round(span.total_seconds() / 60)
    if minutes < 60:  # noqa: PLR2004 - minutes of an hour
        return _count(minutes, "minute")
    return f"{minutes // 60} h {minutes % 60} min"
