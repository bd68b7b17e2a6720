"""Making the pack and having it mailed, once a month to each who gets it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from daemon.compose import Enclosure, NoticeFacts, NoticeKind
from daemon.deadlines import LONDON, london_date
from daemon.model import ClockKind, OutboxKind
from daemon.pack.figures import figures_of, month_before
from daemon.pack.workbook import workbook

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import date, datetime

    from daemon.compose import Templates
    from daemon.deadlines import WorkingDays
    from daemon.letters import Letters
    from daemon.model import Policy
    from daemon.pack.figures import Figures, Month
    from daemon.store import Store, Transaction

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_HOUR = 7  # London, on the first working day of the month
_MARKER = "pack"


@dataclass(frozen=True, slots=True, kw_only=True)
class Packer:
    """The use case: figures, workbook, page, and the mail that carries both."""

    store: Store
    policy: Policy
    days: WorkingDays
    letters: Letters
    templates: Templates
    clock: Callable[[], datetime]

    def made(self, month: Month, *, reader: str = "") -> tuple[Figures, bytes, str]:
        """Return a month's figures for one reader's eyes, as values, workbook and page.

        Raises:
            StoreUnavailableError: the database does not answer.
        """
        with self.store.read() as tx:
            figures = figures_of(tx, self.policy, month, now=self.clock(), reader=reader)
        return figures, workbook(figures), self._page(figures)

    def _page(self, figures: Figures) -> str:
        return self.templates.page("pack/page.html", page_values(figures))

    @property
    def recipients(self) -> tuple[str, ...]:
        """Those who get the pack."""
        principals = self.policy.principals
        return tuple(dict.fromkeys((*principals.addresses, *principals.pack)))

    def monthly(self) -> int:
        """Queue last month's pack from its hour on, once; return to how many it goes.

        After an outage the last month's goes late, and none older. A daemon that has just been
        set up begins with the month it is set up in.

        Raises:
            StoreUnavailableError: the database does not answer.
        """
        now = self.clock()
        month = month_before(london_date(now))
        with self.store.read() as tx:
            last = tx.marker(_MARKER)
        if last is None:
            self._begin_after(month, now)
        if last is None or last >= str(month) or not self._is_time(now):
            return 0
        entries = [(person, *self.made(month, reader=person)) for person in self.recipients]
        with self.store.write() as tx:
            tx.one_at_a_time()
            if (tx.marker(_MARKER) or "") >= str(month):
                return 0  # another daemon was first
            for person, figures, book, page in entries:
                self._queue(tx, person, figures, book, page, now)
            tx.set_marker(_MARKER, str(month), now=now)
            detail = {"month": str(month), "count": len(entries)}
            tx.audit("pack_queued", "office", at=now, detail=detail)
        return len(entries)

    def _begin_after(self, month: Month, now: datetime) -> None:
        with self.store.write() as tx:
            tx.one_at_a_time()
            if tx.marker(_MARKER) is None:
                tx.set_marker(_MARKER, str(month), now=now)

    def _is_time(self, now: datetime) -> bool:
        local = now.astimezone(LONDON)
        first = _first_working_day(local.date(), self.days)
        return local.date() > first or (local.date() == first and local.hour >= _HOUR)

    def _queue(
        self,
        tx: Transaction,
        person: str,
        figures: Figures,
        book: bytes,
        page: str,
        now: datetime,
    ) -> None:
        facts = NoticeFacts(
            why=(
                f"{figures.overdue} entries are overdue.",
                f"{len(figures.decisions.rows)} decisions are wanted.",
                f"{len(figures.actions.rows)} actions are open.",
                figures.reconciled,
            ),
            problem=figures.month.name,
        )
        entry = self.letters.to_team(
            NoticeKind.PACK,
            facts,
            key=f"pack:{figures.month}",
            recipient=person,
            now=now,
            outbox_kind=OutboxKind.REPORT,
            enclosures=enclosures(figures, book, page),
        )
        tx.queue([entry], enquiry_id=None, message_id=None, now=now)


def enclosures(figures: Figures, book: bytes, page: str) -> Sequence[Enclosure]:
    """Return the two files of a pack."""
    name = f"casework-assurance-{figures.month}"
    return (
        Enclosure(name=f"{name}.xlsx", media_type=XLSX, content=book),
        Enclosure(name=f"{name}.html", media_type="text/html", content=page.encode()),
    )


def page_values(figures: Figures) -> Mapping[str, object]:
    """Return what the page's template may use."""
    made = figures.made_at.astimezone(LONDON)
    return {
        "month": figures.month.name,
        "made": f"{made:%H:%M} on {made.day} {made:%B %Y}",
        "standing": list(figures.standing.items()),
        "overdue": figures.overdue,
        "tables": [figures.decisions, figures.actions, *figures.registers],
        "months": [str(month) for month in figures.months],
        "trends": figures.trends,
        "reconciled": figures.reconciled,
        "audit_head": figures.audit_head,
        "restricted": figures.restricted,
    }


def _first_working_day(on: date, days: WorkingDays) -> date:
    return days.on_or_after(on.replace(day=1), ClockKind.OTHER)
