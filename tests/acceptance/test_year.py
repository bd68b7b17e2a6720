"""A simulated year with a fast clock: every reminder and escalation is decided exactly once.

Enquiries come in all year round; some are answered in time, some late, some never; some clocks
stand still for a while; people are away; the daemon stands still for days. What is expected is
worked out here from the dates of each clock and the moments at which the daemon looked, not from
what the daemon remembers.
"""

from __future__ import annotations

import json
import os
import random
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import text

from daemon.casework import CaseworkError
from daemon.deadlines import LONDON, WorkingDays, deadline, london_date, steps_of
from daemon.model import (
    Absence,
    Category,
    ClockKind,
    ClockPolicy,
    Criterion,
    FactKind,
    Source,
)
from daemon.store import Store
from tests.builders import (
    OFFICE,
    a_classification,
    a_mail,
    a_policy,
    a_team,
    an_office_over,
    text_of,
)
from tests.fakes import FakeClock, FakeOutlet

FIRST = date(2026, 1, 5)
DAYS = 364
KINDS = (
    a_classification(),
    a_classification(category=Category.OTHER),
    a_classification(category=Category.COMPLAINT_ABOUT_US),
    a_classification(category=Category.FOI_DPA, matters=(ClockKind.FOI,)),
    a_classification(category=Category.FOI_DPA, matters=(ClockKind.DPA,)),
    a_classification(
        category=Category.OTHER, source=Source.MP, criteria=(Criterion.MP_NON_ROUTINE,)
    ),
)
OUTAGES = ((40, 3), (88, 6), (170, 1), (230, 4), (300, 2))  # from which day, for how many
HOLDERS = {team: f"holder.{team}@{OFFICE}" for team in ("intake", "customer-care")}
AWAY = [(20, 10), (85, 12), (150, 15), (226, 10), (310, 20)]


@dataclass
class Year:
    """What happened, as the simulation knows it."""

    seed: int
    enquiries: int
    office: object = None
    looks: list[datetime] = field(default_factory=list)
    after_outage: list[datetime] = field(default_factory=list)
    replied: dict[str, datetime] = field(default_factory=dict)
    changed: set[str] = field(default_factory=set)


def simulated(store: Store, seed: int, enquiries: int) -> Year:
    """Live through a year."""
    chance = random.Random(seed)
    year = Year(seed=seed, enquiries=enquiries)
    absences = tuple(
        Absence(
            person=HOLDERS[team],
            from_on=FIRST + timedelta(days=start),
            until_on=FIRST + timedelta(days=start + days - 1),
        )
        for start, days in AWAY
        for team in HOLDERS
    )
    teams = {
        key: a_team(key, mailbox=team.mailbox, deputy=f"deputy.{key}@{OFFICE}")
        for key, team in a_policy().teams.items()
    }
    holiday = {date(2026, 6, 12): frozenset({"ENG", "WLS", "SCT", "NIR"})}
    policy = a_policy(teams=teams, absences=absences, clocks=ClockPolicy(extra_holidays=holiday))
    clock = FakeClock(datetime(2026, 1, 5, tzinfo=UTC))
    office = an_office_over(store, policy=policy, clock=clock)
    year.office = office
    down = {first + n for first, days in OUTAGES for n in range(days)}
    up = [day for day in range(DAYS - 20) if day not in down]
    arrivals = Counter(chance.choice(up) for _ in range(enquiries))
    plans: dict[int, list[tuple[str, str]]] = defaultdict(list)
    number = 0
    for day in range(DAYS):
        on = FIRST + timedelta(days=day)
        if day in down:
            plans[day + 1] += plans.pop(day, [])  # people answer, and say so later
            continue
        morning = datetime(on.year, on.month, on.day, 9, 0, 30, tzinfo=LONDON).astimezone(UTC)
        if day - 1 in down:
            year.after_outage.append(morning)
        _look(year, clock, morning)
        for _ in range(arrivals[day]):
            number += 1
            clock.now = morning + timedelta(minutes=chance.randrange(1, 400))
            office.classifier.usual = chance.choice(KINDS)
            sender = f"w{number}@home.example"
            reference = office.take(a_mail(sender=sender, text=f"Letter {number}")).reference
            _plan(chance, plans, day, reference)
        office.sender.send_due(FakeOutlet())
        for what, reference in plans.pop(day, []):
            clock.now = morning + timedelta(hours=7, minutes=chance.randrange(59))
            _act(year, what, reference)
        _look(year, clock, morning + timedelta(hours=9))
    return year


def _look(year: Year, clock: FakeClock, at: datetime) -> None:
    clock.now = at
    year.looks.append(at)
    year.office.sweeper.sweep()


def _plan(chance: random.Random, plans, day: int, reference: str) -> None:
    """Decide when somebody will answer, and whether a clock will stand still before."""
    fate = chance.random()
    if fate < 0.85:
        plans[day + 1 + int(chance.expovariate(1 / 15))].append(("reply", reference))
    if chance.random() < 0.15:
        asked = day + chance.randrange(1, 8)
        plans[asked].append(("ask", reference))
        plans[asked + chance.randrange(1, 30)].append(("answer", reference))


def _act(year: Year, what: str, reference: str) -> None:
    office = year.office
    today = london_date(office.clock())
    try:
        if what == "reply":
            office.casework.replied(reference, by="A. Name")
            year.replied[reference] = office.clock()
        elif what == "ask":
            office.casework.stop(
                reference, FactKind.CLARIFICATION, on=today, by="A. Name", note="Which?"
            )
            year.changed.add(reference)
        else:
            office.casework.resume(reference, FactKind.CLARIFICATION, on=today, by="A. Name")
    except CaseworkError:
        pass  # it was answered before, or this kind of clock does not stop


def rows(year: Year, query: str):
    with year.office.store.read() as tx:
        return tx.connection.execute(text(query)).mappings().all()


def instant(value) -> datetime:
    at = datetime.fromisoformat(value) if isinstance(value, str) else value
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at


def decided_by_audit(year: Year) -> Counter:
    """How many steps of each clock the audit says were decided."""
    counts: Counter = Counter()
    for line in rows(
        year,
        "SELECT event, detail FROM audit WHERE event IN"
        " ('reminder_queued', 'escalation_queued', 'reminder_silenced')",
    ):
        detail = line["detail"]
        detail = json.loads(detail) if isinstance(detail, str) else detail
        counts[detail["deadline"]] += detail["steps"]
    return counts


def check_each_step_once(year: Year) -> int:
    """Compare what was decided with what each clock's dates and the looks give."""
    decided = decided_by_audit(year)
    days = WorkingDays(year.office.policy.clocks)
    checked = 0
    for row in rows(
        year,
        "SELECT d.id, d.kind, d.received_at, d.ended_at, d.ended_by, e.reference"
        " FROM deadline d JOIN enquiry e ON e.id = d.enquiry_id",
    ):
        if row["reference"] in year.changed:
            continue  # its steps were counted anew: looked at below
        clock = deadline(ClockKind(row["kind"]), instant(row["received_at"]), days)
        end = instant(row["ended_at"]) if row["ended_at"] else datetime.max.replace(tzinfo=UTC)
        last_look = max((look for look in year.looks if look < end), default=None)
        due = [s for s in steps_of(clock) if last_look is not None and s.at <= last_look]
        assert decided[row["id"]] == len(due), (row["reference"], row["kind"])
        checked += 1
    return checked


def check_steps_of_changed_clocks(year: Year) -> None:
    """No instant of a clock is decided twice, however often it was counted anew."""
    seen = Counter(
        (row["deadline_id"], row["action"], row["at"])
        for row in rows(year, "SELECT deadline_id, action, at FROM deadline_step")
    )
    assert max(seen.values()) == 1


def check_nothing_after_a_reply(year: Year) -> None:
    """Neither in a mail of its own nor in a digest."""
    mails = rows(
        year,
        "SELECT o.kind, o.created_at, o.content, e.reference FROM outbox o"
        " LEFT JOIN enquiry e ON e.id = o.enquiry_id"
        " WHERE o.kind IN ('reminder', 'escalation', 'digest')",
    )
    for mail in mails:
        made_at = instant(mail["created_at"])
        if mail["reference"]:
            assert made_at < year.replied.get(mail["reference"], made_at + timedelta(1))
            continue
        words = text_of(bytes(mail["content"]))
        for reference, replied_at in year.replied.items():
            assert reference not in words or made_at < replied_at


def check_who_was_told(year: Year) -> None:
    """Nobody who is away; and whoever missed something in an outage gets one mail for all."""
    away = {
        (one.person, one.from_on + timedelta(days=n))
        for one in year.office.policy.absences
        for n in range((one.until_on - one.from_on).days + 1)
    }
    mails: Counter = Counter()
    summaries: set[tuple[str, datetime]] = set()
    for mail in rows(
        year,
        "SELECT recipient, created_at, kind, content FROM outbox"
        " WHERE kind IN ('reminder', 'escalation', 'digest')",
    ):
        made_at = instant(mail["created_at"])
        assert (mail["recipient"], london_date(made_at)) not in away
        mails[mail["recipient"], made_at] += 1
        if "stood still" in text_of(bytes(mail["content"])):
            summaries.add((mail["recipient"], made_at))
    assert {made_at for _, made_at in summaries} <= set(year.after_outage)
    assert summaries
    assert all(mails[one] == 1 for one in summaries)


def check_digests(year: Year) -> None:
    """A person's first reminders of a morning come as one."""
    mornings = Counter(
        (row["recipient"], row["key"].split(":")[1])
        for row in rows(year, "SELECT recipient, key FROM outbox WHERE kind = 'digest'")
    )
    assert mornings
    assert max(mornings.values()) == 1


def check(year: Year) -> None:
    """Everything."""
    assert len(rows(year, "SELECT id FROM enquiry")) == year.enquiries
    assert check_each_step_once(year) > year.enquiries
    check_steps_of_changed_clocks(year)
    check_nothing_after_a_reply(year)
    check_who_was_told(year)
    check_digests(year)
    assert year.office.sweeper.sweep().steps == 0


def test_a_year_of_five_hundred_enquiries(tmp_path):
    """Outages, holidays, pauses, replies and absences: each step once, none after a reply."""
    store = Store.open(f"sqlite:///{tmp_path / 'year.db'}")
    store.prepare()
    check(simulated(store, seed=20260105, enquiries=500))
    store.close()


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.skipif(not os.environ.get("ASSURANCE_SOAK"), reason="make soak runs it")
def test_a_year_of_five_thousand_enquiries(tmp_path):
    """The same, ten times as busy."""
    store = Store.open(f"sqlite:///{tmp_path / 'year.db'}")
    store.prepare()
    check(simulated(store, seed=20260106, enquiries=5000))
    store.close()
