"""The clock table: on which day each kind of clock falls due, and how that was counted."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final, assert_never

from daemon.deadlines.london import in_words, london_date
from daemon.deadlines.wording import counted, ordinal
from daemon.deadlines.working_days import UNITED_KINGDOM, nations_of
from daemon.model import ClockKind, ClockPolicy

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from daemon.deadlines.working_days import WorkingDays

INFORMATION_WORKING_DAYS: Final = 20  # FOI Act 2000 s.10(1); EIR 2004 reg. 5(2); ICO guidance
EIR_REVIEW_WORKING_DAYS: Final = 40  # EIR 2004 reg. 11(4)
MP_DAYS: Final = 28  # guide §1.11
ICO_NOTICE_DAYS: Final = 30  # ICO practice
ICO_APPEAL_DAYS: Final = 28  # ICO practice
DPA_COMPLAINT_ACK_DAYS: Final = 30  # DPA 2018 s.164A


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """What a clock is counted from. The ICO's own dates are looked at for `ico` alone."""

    kind: ClockKind
    received_at: datetime  # aware
    days: WorkingDays
    notice_on: date | None = None
    stated_on: date | None = None
    ico_notice: bool = True
    by_letter: bool = False  # for `ack` alone

    @property
    def receipt_on(self) -> date:
        """The date of receipt: that of the instant in Europe/London."""
        return london_date(self.received_at)

    @property
    def policy(self) -> ClockPolicy:
        """The office's own clock rules."""
        return self.days.policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """The last day of a clock, with the sentences that show how it was counted."""

    on: date
    working: tuple[str, ...]
    ack_by_on: date | None = None
    appeal_by_on: date | None = None


def due(start: Start) -> Due:
    """Return the last day of a clock (the office's clock table).

    Raises:
        ValueError: for `vulnerable`, which counts minutes, not days.

    """
    match start.kind:
        case ClockKind.MP:
            return _calendar_days(start.receipt_on, MP_DAYS, "the date of receipt")
        case ClockKind.DPA:
            return _calendar_month(start)
        case ClockKind.DPA_COMPLAINT:
            return _dpa_complaint(start)
        case ClockKind.ICO:
            return _ico_notice(start) if start.ico_notice else _ico_letter(start)
        case (
            ClockKind.FOI
            | ClockKind.FOI_REVIEW
            | ClockKind.EIR
            | ClockKind.EIR_REVIEW
            | ClockKind.ACK
            | ClockKind.SERVICE
            | ClockKind.OTHER
        ):
            return _working_days(start, _standards(start)[start.kind])
        case ClockKind.UPDATE:
            return _milestone(start) or _working_days(start, start.policy.update_working_days)
        case ClockKind.VULNERABLE:
            msg = "a vulnerable alert counts minutes, not days"
            raise ValueError(msg)
        case _:
            assert_never(start.kind)


def _standards(start: Start) -> dict[ClockKind, int]:
    """Return the working days of each clock that has nothing else to it."""
    policy = start.policy
    ack = policy.ack_letter_working_days if start.by_letter else policy.ack_working_days
    return {
        ClockKind.FOI: INFORMATION_WORKING_DAYS,
        ClockKind.FOI_REVIEW: INFORMATION_WORKING_DAYS,
        ClockKind.EIR: INFORMATION_WORKING_DAYS,
        ClockKind.EIR_REVIEW: EIR_REVIEW_WORKING_DAYS,
        ClockKind.ACK: ack,
        ClockKind.SERVICE: policy.service_working_days,
        ClockKind.OTHER: policy.other_working_days,
    }


def _working_days(start: Start, n: int) -> Due:
    """Day 1 is the first working day after the date of receipt."""
    first = start.days.add(start.receipt_on, 1, start.kind)
    last = start.days.add(start.receipt_on, n, start.kind)
    left_out = start.days.weekday_holidays(start.receipt_on + timedelta(days=1), last, start.kind)
    working = (
        f"Day 1 is {in_words(first)}, the first working day after the date of receipt.",
        f"Counting {counted(n, 'working day')}, the last is {in_words(last)}.",
        _left_out(left_out, start.kind),
    )
    return Due(on=last, working=working)


def _calendar_days(from_on: date, n: int, from_words: str) -> Due:
    """Count from the day after `from_on`; the last day stays where it falls."""
    first, last = from_on + timedelta(days=1), from_on + timedelta(days=n)
    working = (
        f"Day 1 is {in_words(first)}, the day after {from_words}.",
        f"Counting {counted(n, 'calendar day')}, the last is {in_words(last)}.",
        "Weekends and bank holidays count and do not move it.",
    )
    return Due(on=last, working=working)


def _calendar_month(start: Start) -> Due:
    """One calendar month (UK GDPR art. 12(3)); off a weekend or bank holiday, moved on."""
    month_on = a_month_after(start.receipt_on)
    due_on = start.days.on_or_after(month_on, start.kind)
    working = [f"One calendar month after the date of receipt is {in_words(month_on)}."]
    if month_on.day != start.receipt_on.day:
        working.append(f"That month has no day {start.receipt_on.day}, so its last day is taken.")
    if due_on != month_on:
        why = _why_off(start, month_on, due_on)
        working.append(f"{why}, so it moves on to the next working day, {in_words(due_on)}.")
    return Due(on=due_on, working=tuple(working))


def _why_off(start: Start, from_on: date, due_on: date) -> str:
    """Say that a day is on a weekend or is a bank holiday, and which ones follow it."""
    holidays = dict(start.days.weekday_holidays(from_on, due_on, start.kind))
    name = holidays.pop(from_on, None)
    why = f"That is a bank holiday ({name})" if name else f"That is a {from_on:%A}"
    more = [f"{in_words(day)}, {name}" for day, name in holidays.items()]
    followed = "followed by bank holidays" if len(more) > 1 else "followed by a bank holiday"
    return f"{why}, {followed} ({'; '.join(more)})" if more else why


def a_month_after(day: date) -> date:
    """Return the same day of the next month, or that month's last day where it has none."""
    return calendar_months(day, 1)


def calendar_months(day: date, months: int) -> date:
    """Return the same day some months later, or that month's last day where it has none."""
    years, month_before = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month_before + 1
    _, month_length = calendar.monthrange(year, month)
    return date(year, month, min(day.day, month_length))


def _dpa_complaint(start: Start) -> Due:
    """Acknowledged within 30 days of which receipt is the first (DPA 2018 s.164A)."""
    reply = _working_days(start, start.policy.dpa_complaint_working_days)
    ack_by_on = start.receipt_on + timedelta(days=DPA_COMPLAINT_ACK_DAYS - 1)
    acknowledge = (
        f"The complaint is to be acknowledged by {in_words(ack_by_on)}, the "
        f"{ordinal(DPA_COMPLAINT_ACK_DAYS)} day, the day of receipt counting as the first."
    )
    return Due(on=reply.on, working=(*reply.working, acknowledge), ack_by_on=ack_by_on)


def _ico_notice(start: Start) -> Due:
    """Take the date a notice states, else 30 calendar days from the notice's own date."""
    notice_on = start.notice_on or start.receipt_on
    last = _stated(start) or _calendar_days(notice_on, ICO_NOTICE_DAYS, "the notice's own date")
    appeal_by_on = notice_on + timedelta(days=ICO_APPEAL_DAYS)
    appeal_day = f"the {ordinal(ICO_APPEAL_DAYS)} day after the notice's own date"
    working = (
        f"The decision notice is dated {in_words(notice_on)}.",
        *last.working,
        f"An appeal can be made until {in_words(appeal_by_on)}, {appeal_day}.",
    )
    return Due(on=last.on, working=working, appeal_by_on=appeal_by_on)


def _ico_letter(start: Start) -> Due:
    """Take the date another letter of the ICO states, else a number of working days."""
    return _stated(start) or _working_days(start, start.policy.ico_letter_working_days)


def _stated(start: Start) -> Due | None:
    if start.stated_on is None:
        return None
    return Due(
        on=start.stated_on,
        working=(f"The ICO's letter states {in_words(start.stated_on)}.",),
    )


def _milestone(start: Start) -> Due | None:
    if start.stated_on is None:
        return None
    working = (f"The next milestone is {in_words(start.stated_on)}.",)
    return Due(on=start.stated_on, working=working)


def _left_out(holidays: Iterable[tuple[date, str]], kind: ClockKind) -> str:
    """Say which bank holidays were left out beside the weekends."""
    where = "any part of the UK" if nations_of(kind) == UNITED_KINGDOM else "England and Wales"
    named = "; ".join(f"{in_words(day)}, {name}" for day, name in holidays)
    return f"Left out are Saturdays, Sundays and bank holidays of {where}: {named or 'none here'}."
