"""The six registers, and what else is listed, as tables in words: for a terminal, a page, a pack.

A table is the same for whoever looks at it, but for those whom an entry is about: they see that
there is one, and no more (process, "About us ourselves").
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, TypeVar

from daemon.deadlines import LONDON, london_date
from daemon.model import Category, ClockKind, Criterion, Register, Source
from daemon.store.registers import Filter
from daemon.words import CATEGORIES, CLOCKS, CRITERIA, REGISTERS, SOURCES, capitalised

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import date, datetime

    from daemon.model import Policy, Reader
    from daemon.store import Transaction
    from daemon.store.decisions import ActionRow, CallerRow, ReferralRow, Wanted
    from daemon.store.registers import Entry

Cell = str | int | None
Known = TypeVar("Known", "Entry", "Wanted", "ReferralRow", "ActionRow")

DECISIONS, ACTIONS = "decisions", "actions"
LISTS: Final = (*(one.value for one in Register), DECISIONS, ACTIONS)
"""What can be listed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterTable:
    """A table: its columns, its rows, and how many are kept from who looks at it."""

    id: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    overdue: frozenset[int]  # numbers of the rows that are
    restricted: int = 0


_ENTRY: Final = (
    "Reference",
    "Standing",
    "From",
    "About",
    "Received",
    "What",
    "Who wrote",
    "Signs for specific handling",
    "With",
    "Will reply",
    "Reply due",
    "Clock",
    "Next update",
    "Milestones",
    "Latest update",
    "Handling",
    "Arrangements",
)


def table_of(
    tx: Transaction,
    name: str,
    policy: Policy,
    *,
    now: datetime,
    reader: str = "",
    wanted: Filter | None = None,
) -> RegisterTable:
    """Return one list as a table; `name` is one of `LISTS`, `reader` the address of who looks.

    `wanted.reader` says more of them, where it is known.

    Raises:
        KeyError: there is no such list.
    """
    today = london_date(now)
    wanted = wanted or Filter()
    eyes = replace(wanted.reader, address=reader) if reader else wanted.reader
    match name:
        case Register.CASE_REFERRALS:
            referrals = tx.referrals(waiting_only=wanted.open_only)
            return _table(tx, name, _REFERRAL, referrals, _referral_row(policy), eyes)
        case Register.PHONE_CALLS:
            # Whoever sees their own teams' cases alone sees no list of all who may call.
            callers = tx.callers(on=today) if eyes.teams is None else []
            rows = tuple(_caller_row(one, today) for one in callers)
            return RegisterTable(
                id=name, title=_title(name), columns=_CALLER, rows=rows, overdue=frozenset()
            )
        case "decisions":
            return _table(tx, name, _WANTED, tx.decisions_wanted(), _wanted_row, eyes)
        case "actions":
            actions = tx.actions(open_only=wanted.open_only)
            shown = _action_row(today)
            return _table(tx, name, _ACTION, actions, shown, eyes, _is_late_action(today))
        case _:
            entries = tx.entries(_register(name), wanted)
            row = _entry_row(policy, today)
            return _table(tx, name, _ENTRY, entries, row, eyes, _is_overdue(today))


def _register(name: str) -> Register:
    try:
        return Register(name)
    except ValueError:
        raise KeyError(name) from None


def _title(name: str) -> str:
    if name == DECISIONS:
        return "Decisions wanted"
    if name == ACTIONS:
        return "Actions"
    return capitalised(REGISTERS[Register(name)])


def known_to(tx: Transaction, found: Sequence[Known], reader: Reader) -> list[Known]:
    """Return the rows that somebody may know of: by whom they are about, and by whose they are."""
    known = [one for one in found if reader.may_know(one.subjects)]
    if reader.teams is None:
        return known
    visible = tx.seen_references([one.reference for one in known], reader)
    return [
        one for one in known if one.reference in visible or getattr(one, "team", "") in reader.teams
    ]


def _table(
    tx: Transaction,
    name: str,
    columns: tuple[str, ...],
    found: Sequence[Known],
    row: Callable[..., tuple[Cell, ...]],
    reader: Reader,
    is_overdue: Callable[..., bool] = lambda _one: False,
) -> RegisterTable:
    seen = known_to(tx, found, reader)
    return RegisterTable(
        id=name,
        title=_title(name),
        columns=columns,
        rows=tuple(row(one) for one in seen),
        overdue=frozenset(n for n, one in enumerate(seen) if is_overdue(one)),
        restricted=sum(not reader.may_know(one.subjects) for one in found),
    )


# An enquiry


def _is_overdue(today: date) -> Callable[[Entry], bool]:
    def is_overdue(one: Entry) -> bool:
        return (
            one.status == "open"
            and one.due_on is not None
            and one.due_on < today
            and one.stopped_on is None
        )

    return is_overdue


def _standing(one: Entry, today: date) -> str:
    """Return where an entry stands, in words: never by colour alone."""
    said = ["overdue" if _is_overdue(today)(one) else one.status]
    if one.proposed:
        said.append("proposed, to be decided")
    if one.to_be_sorted:
        said.append("to be sorted")
    if one.stopped_on is not None:
        said.append(f"clock stopped on {_day(one.stopped_on)}")
    if one.reply_failed_at is not None:
        said.append("the reply was not delivered")
    elif one.reply_seen_at is not None:
        said.append("reply seen, to be confirmed")
    if one.subjects:
        said.append("restricted")
    return capitalised("; ".join(said))


def _entry_row(policy: Policy, today: date) -> Callable[[Entry], tuple[Cell, ...]]:
    def team(team_id: str) -> str:
        found = policy.teams.get(team_id)
        return found.name if found else team_id

    def row(one: Entry) -> tuple[Cell, ...]:
        return (
            one.reference,
            _standing(one, today),
            one.who or one.address,
            one.subject,
            _moment(one.received_at),
            capitalised(CATEGORIES[Category(one.category)]),
            SOURCES[Source(one.source)],
            "; ".join(CRITERIA[Criterion(c)] for c in one.criteria),
            one.assigned_to or team(one.team),
            team(one.reply_team),
            _day(one.due_on),
            CLOCKS[ClockKind(one.clock)] if one.clock else "",
            _day(one.next_update_on),
            "; ".join(f"{_day(on)}: {words}" for on, words in one.milestones),
            "; ".join(f"{_day(london_date(at))}: {words}" for at, words in one.updates[:1]),
            "; ".join(f"{what} ({state}): {words}" for what, words, state in one.handling),
            ", ".join(one.arrangements),
        )

    return row


# Referrals, callers, decisions, actions

_REFERRAL: Final = (
    "Number",
    "Case",
    "Kind",
    "What is asked",
    "Team",
    "Referred by",
    "Referred",
    "Standing",
    "Decision",
)


def _referral_row(policy: Policy) -> Callable[[ReferralRow], tuple[Cell, ...]]:
    def row(one: ReferralRow) -> tuple[Cell, ...]:
        team = policy.teams.get(one.team)
        decided = f"{one.decision} ({one.decided_by})" if one.decided_at else ""
        return (
            one.number,
            one.reference,
            one.kind,
            one.words,
            team.name if team else one.team,
            one.referred_by,
            _moment(one.referred_at),
            "Waits for a decision" if one.state == "waiting" else "Decided",
            decided,
        )

    return row


_CALLER: Final = (
    "Entry",
    "Name",
    "Numbers",
    "Case",
    "What was agreed",
    "Agreed by",
    "From",
    "Review",
    "Until",
)


def _caller_row(one: CallerRow, today: date) -> tuple[Cell, ...]:
    review = _day(one.review_on)
    if one.review_on is not None and one.review_on < today:
        review += " (due for review)"
    return (
        one.number,
        one.name,
        ", ".join(one.numbers),
        one.case_reference,
        one.instruction,
        one.agreed_by,
        _day(one.from_on),
        review,
        _day(one.until_on),
    )


_WANTED: Final = ("What", "Number", "Enquiry", "Handling", "Why", "Put to", "By", "Since")
_PUT_TO: Final[Mapping[str, str]] = {
    "principals": "Ombudsman and Chief Executive",
    "alternate": "Alternate",
    "private-office": "Private Office",
}


def _wanted_row(one: Wanted) -> tuple[Cell, ...]:
    kind = one.kind
    if one.what == "criteria":
        kind = "; ".join(CRITERIA[Criterion(c)] for c in one.kind.split(", "))
    return (
        "Signs without a proposal" if one.what == "criteria" else capitalised(one.what),
        one.number or None,
        one.reference,
        kind,
        one.words,
        _PUT_TO[one.put_to],
        one.by,
        _moment(one.at),
    )


_ACTION: Final = ("Number", "What", "Owner", "Due", "Standing", "Enquiry", "Asked for")


def _is_late_action(today: date) -> Callable[[ActionRow], bool]:
    return lambda one: one.done_at is None and one.due_on < today


def _action_row(today: date) -> Callable[[ActionRow], tuple[Cell, ...]]:
    def row(one: ActionRow) -> tuple[Cell, ...]:
        late = one.due_on < today
        standing = "Done" if one.done_at else "Overdue" if late else "Open"
        return (
            one.number,
            one.words,
            one.owner,
            _day(one.due_on),
            standing,
            one.reference,
            _moment(one.created_at),
        )

    return row


def _day(on: date | None) -> str:
    """Return a day as it is sorted and read: 2026-11-30."""
    return on.isoformat() if on else ""


def _moment(at: datetime) -> str:
    return f"{at.astimezone(LONDON):%Y-%m-%d %H:%M}"
