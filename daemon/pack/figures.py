"""The figures of a pack: tables of what stands now, and counts over twelve months."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING

from daemon.deadlines import LONDON
from daemon.model import Category, Channel, Register, Source
from daemon.registers import ACTIONS, DECISIONS, table_of
from daemon.words import CATEGORIES, SOURCES, capitalised

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from daemon.model import Policy
    from daemon.registers import RegisterTable
    from daemon.store import Transaction

MONTHS = 12
_CHANNELS = {
    Channel.EMAIL: "E-mail",
    Channel.X_DM: "X, direct messages",
    Channel.X_MENTION: "X, mentions",
    Channel.LETTER: "Letters",
    Channel.CALL: "Telephone calls",
}
_CHANNELS_BY_ID: dict[str, str] = {channel.value: name for channel, name in _CHANNELS.items()}


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """A calendar month in London."""

    year: int
    month: int

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.month:02d}"

    @property
    def name(self) -> str:
        """As a person reads it: "November 2026"."""
        return f"{date(self.year, self.month, 1):%B %Y}"

    @property
    def begins_at(self) -> datetime:
        """Its first instant, aware UTC."""
        first = date(self.year, self.month, 1)
        return datetime.combine(first, time(), tzinfo=LONDON).astimezone(UTC)

    def plus(self, months: int) -> Month:
        """Return the month that lies a number of months ahead."""
        years, month = divmod(self.year * 12 + self.month - 1 + months, 12)
        return Month(years, month + 1)


def month_before(on: date) -> Month:
    """Return the month before that of a day."""
    return Month(on.year, on.month).plus(-1)


def parse_month(text: str) -> Month:
    """Read a month such as 2026-11.

    Raises:
        ValueError: it is none; in a sentence for the person who typed it.
    """
    try:
        read = date.fromisoformat(f"{text.strip()}-01")
    except ValueError:
        msg = f"{text!r} is no month such as 2026-11."
        raise ValueError(msg) from None
    return Month(read.year, read.month)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """Counts of some kinds over the months, oldest month first."""

    title: str
    rows: tuple[tuple[str, tuple[int, ...]], ...]  # what, how many in each month


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """All that a pack tells."""

    month: Month
    made_at: datetime
    standing: Mapping[str, int]
    months: tuple[Month, ...]
    trends: tuple[Trend, ...]
    decisions: RegisterTable
    actions: RegisterTable
    registers: tuple[RegisterTable, ...]
    audit_head: str  # "" where nothing is sealed
    reconciled: str  # in words

    @property
    def restricted(self) -> int:
        """How many entries are kept from who reads this."""
        tables = (self.decisions, self.actions, *self.registers)
        return sum(table.restricted for table in tables)

    @property
    def overdue(self) -> int:
        """How many entries of the registers are overdue."""
        return sum(len(table.overdue) for table in self.registers)


def figures_of(
    tx: Transaction, policy: Policy, month: Month, *, now: datetime, reader: str = ""
) -> Figures:
    """Return the figures of a month's pack as they stand now, for one reader's eyes."""

    def table(name: str) -> RegisterTable:
        return table_of(tx, name, policy, now=now, reader=reader)

    months = tuple(month.plus(n) for n in range(1 - MONTHS, 1))
    head = tx.last_seal()
    return Figures(
        month=month,
        made_at=now,
        standing=tx.standing(now),
        months=months,
        trends=_trends(tx, months),
        decisions=table(DECISIONS),
        actions=table(ACTIONS),
        registers=tuple(table(one) for one in Register),
        audit_head=f"{head.position}: {head.mac}" if head else "",
        reconciled=_reconciled(tx),
    )


def _reconciled(tx: Transaction) -> str:
    day, wrong = tx.marker("reconciliation:day"), tx.marker("reconciliation:differences")
    if day is None:
        return "No reconciliation has been made yet."
    if wrong in {None, "0"}:
        return f"Everything added up on {day}."
    return f"{wrong} differences were found on {day}: the operators know of them."


def _trends(tx: Transaction, months: Sequence[Month]) -> tuple[Trend, ...]:
    received = [tx.received(one.begins_at, one.plus(1).begins_at) for one in months]
    answered = [tx.answered(one.begins_at, one.plus(1).begins_at) for one in months]

    def by(
        title: str, kinds: Mapping[str, str], key: Callable[[tuple[str, str, str]], str]
    ) -> Trend:
        counts = {
            name: tuple(
                sum(n for what, n in month.items() if key(what) == kind) for month in received
            )
            for kind, name in kinds.items()
        }
        rows = [(name, row) for name, row in counts.items() if any(row)]
        total = tuple(sum(month.values()) for month in received)
        return Trend(title=title, rows=(*rows, ("In all", total)))

    return (
        by("Received, by channel", _CHANNELS_BY_ID, lambda what: what[0]),
        by(
            "Received, by category",
            {one: capitalised(CATEGORIES[one]) for one in Category},
            lambda what: what[1],
        ),
        by(
            "Received, by who wrote",
            {one: capitalised(SOURCES[one]) for one in Source},
            lambda what: what[2],
        ),
        Trend(
            title="Replies",
            rows=(
                ("In time", tuple(in_time for in_time, _ in answered)),
                ("Late", tuple(late for _, late in answered)),
            ),
        ),
    )
