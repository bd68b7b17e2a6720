"""What lets a clock run otherwise than from its receipt alone: stops, restarts, extensions.

Only what stands in the office's clock table changes a clock:

| what | kinds | effect |
|---|---|---|
| clarification | `foi` | a new period starts with the answer (FOI Act 2000 s.1(3), 10(6)) |
| clarification | `dpa` | the days it was awaited are added (UK GDPR art. 12A) |
| fees | `foi` | the working days from notice to payment are not counted (FOI Act 2000 s.10(2)) |
| identity, fee | `dpa` | the month starts with the latest of receipt, proof and fee (art. 12A) |
| extension | `foi`, `foi-review`, `eir`, `dpa` | another last day, within the law's bounds |
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from daemon.deadlines.london import in_words
from daemon.deadlines.periods import INFORMATION_WORKING_DAYS, Due, calendar_months, due
from daemon.deadlines.wording import counted
from daemon.model import ClockFact, ClockKind, FactKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from daemon.deadlines.periods import Start

ALLOWED: Final = {
    FactKind.CLARIFICATION: (ClockKind.FOI, ClockKind.DPA),
    FactKind.FEES: (ClockKind.FOI,),
    FactKind.IDENTITY: (ClockKind.DPA,),
    FactKind.FEE: (ClockKind.DPA,),
    FactKind.EXTENSION: (ClockKind.FOI, ClockKind.FOI_REVIEW, ClockKind.EIR, ClockKind.DPA),
}
"""Which facts change which clocks (the office's clock table)."""
_EXTENDED_WORKING_DAYS: Final = 40  # ICO guidance on reviews; EIR 2004 reg. 7
_DPA_MONTHS: Final = 3  # one, and up to two more (UK GDPR art. 12(3))
_STOPS: Final = (FactKind.CLARIFICATION, FactKind.FEES, FactKind.IDENTITY, FactKind.FEE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """The last day as facts have it, and since when the clock stands still, if it does."""

    due: Due
    stopped_on: date | None = None


def counted_with(start: Start, facts: Sequence[ClockFact]) -> Counted:
    """Return the last day of a clock with what has happened to it.

    A clock that stands still keeps the last day it had, so that it can be shown.
    """
    waiting = next((f for f in facts if f.what in _STOPS and f.until_on is None), None)
    done = [fact for fact in facts if fact is not waiting]
    last = _extended(_counted(start, done), done)
    if waiting is None:
        return Counted(due=last)
    still = f"Since {in_words(waiting.from_on)} it stands still: {_AWAITED[waiting.what]}."
    return Counted(due=replace(last, working=(*last.working, still)), stopped_on=waiting.from_on)


def latest_extension(start: Start, facts: Sequence[ClockFact]) -> date | None:
    """Return how far a clock can be extended at most; None where only a reason is needed."""
    match start.kind:
        case ClockKind.FOI_REVIEW | ClockKind.EIR:
            return start.days.add(start.receipt_on, _EXTENDED_WORKING_DAYS, start.kind)
        case ClockKind.DPA:
            begins_on, waited = _dpa_start(start, facts)
            end = calendar_months(begins_on, _DPA_MONTHS) + timedelta(days=waited)
            return start.days.on_or_after(end, start.kind)
        case _:
            return None


_AWAITED: Final = {
    FactKind.CLARIFICATION: "an answer that is needed is awaited",
    FactKind.FEES: "payment is awaited after a fees notice",
    FactKind.IDENTITY: "proof of identity is awaited",
    FactKind.FEE: "the fee is awaited",
}


def _counted(start: Start, facts: Sequence[ClockFact]) -> Due:
    if start.kind is ClockKind.FOI and facts:
        return _information(start, facts)
    if start.kind is ClockKind.DPA and facts:
        return _data_protection(start, facts)
    return due(start)


def _information(start: Start, facts: Sequence[ClockFact]) -> Due:
    """Count 20 working days from the latest answer, leaving out those that fees took."""
    answers = [f.until_on for f in facts if f.what is FactKind.CLARIFICATION and f.until_on]
    begins_on = max([start.receipt_on, *answers])
    spans = [
        (f.from_on, f.until_on)
        for f in facts
        if f.what is FactKind.FEES and f.until_on and f.until_on > begins_on
    ]
    if not answers and not spans:
        return due(start)
    on, left, skipped = begins_on, INFORMATION_WORKING_DAYS, 0
    while left:
        on = start.days.add(on, 1, start.kind)
        if any(first <= on <= last for first, last in spans):
            skipped += 1
        else:
            left -= 1
    working = []
    if answers:
        working.append(
            f"The answer to our question came on {in_words(begins_on)}: a new period of"
            f" {counted(INFORMATION_WORKING_DAYS, 'working day')} starts the day after"
            " (FOI Act 2000 s.1(3))."
        )
    if skipped:
        working.append(
            f"{counted(skipped, 'working day')} between a fees notice and its payment"
            f" {'is' if skipped == 1 else 'are'} not counted (FOI Act 2000 s.10(2))."
        )
    working.append(
        f"Counting {counted(INFORMATION_WORKING_DAYS, 'working day')} after"
        f" {in_words(begins_on)}, the last is {in_words(on)}."
    )
    return Due(on=on, working=tuple(working))


def _dpa_start(start: Start, facts: Sequence[ClockFact]) -> tuple[date, int]:
    """Return when the month begins, and how many days clarification was awaited."""
    latest = [
        f.until_on
        for f in facts
        if f.what in {FactKind.IDENTITY, FactKind.FEE} and f.until_on is not None
    ]
    waited = sum(
        (f.until_on - f.from_on).days
        for f in facts
        if f.what is FactKind.CLARIFICATION and f.until_on is not None
    )
    return max([start.receipt_on, *latest]), waited


def _data_protection(start: Start, facts: Sequence[ClockFact]) -> Due:
    begins_on, waited = _dpa_start(start, facts)
    month_on = calendar_months(begins_on, 1)
    end = month_on + timedelta(days=waited)
    on = start.days.on_or_after(end, start.kind)
    working = []
    if begins_on != start.receipt_on:
        working.append(
            f"The month starts with {in_words(begins_on)}, the latest of receipt, proof of"
            " identity and fee (UK GDPR art. 12A)."
        )
    working.append(f"One calendar month later is {in_words(month_on)}.")
    if waited:
        working.append(
            f"{counted(waited, 'day')} of waiting for an answer we needed"
            f" {'is' if waited == 1 else 'are'} added: {in_words(end)} (UK GDPR art. 12A)."
        )
    if on != end:
        working.append(f"That is no working day, so it moves on to {in_words(on)}.")
    return Due(on=on, working=tuple(working))


def _extended(last: Due, facts: Sequence[ClockFact]) -> Due:
    """Return the last day as it was extended to; one that lies later by itself stays."""
    extensions = [f.due_on for f in facts if f.what is FactKind.EXTENSION and f.due_on]
    if not extensions or max(extensions) <= last.on:
        return last
    on = max(extensions)
    said = f"It was extended to {in_words(on)}; the reason stands on the enquiry."
    return replace(last, on=on, working=(*last.working, said))
