"""Who is told: holders and deputies, the ladder above, who is on duty, and whom it is about."""

from __future__ import annotations

from datetime import date

import pytest

from daemon import reach
from daemon.model import Absence, DutyTurn, Principals, Route
from tests.builders import OFFICE, a_policy, a_team

ON = date(2026, 11, 30)
HOLDER, DEPUTY = f"holder.intake@{OFFICE}", f"deputy@{OFFICE}"
MANAGER, DIRECTOR = f"ad.intake@{OFFICE}", f"director@{OFFICE}"
BOX = f"team.intake@{OFFICE}"
CARE_MANAGER = f"ad.customer-care@{OFFICE}"


def gone(person, **changes):
    return Absence(**{"person": person, "from_on": ON, "until_on": ON, **changes})


def a_policy_with(*absences, **changes):
    team = a_team("intake", deputy=DEPUTY)
    teams = {**a_policy().teams, "intake": team}
    return a_policy(teams=teams, absences=absences, **changes)


def holder(policy, **how):
    return reach.holder_of(policy, policy.teams["intake"], on=ON, **how)


@pytest.mark.parametrize(
    ("absences", "how", "who"),
    [
        ([], {}, HOLDER),
        ([], {"assigned": f"x@{OFFICE}"}, f"x@{OFFICE}"),
        ([gone(HOLDER)], {}, DEPUTY),
        ([gone(HOLDER, deputy=f"other@{OFFICE}")], {}, f"other@{OFFICE}"),
        ([gone(HOLDER, until_on=date(2026, 11, 29), from_on=date(2026, 11, 1))], {}, HOLDER),
        ([gone(HOLDER), gone(DEPUTY)], {}, MANAGER),
        ([gone(HOLDER, deputy=DEPUTY), gone(DEPUTY)], {}, MANAGER),
        ([gone(one) for one in (HOLDER, DEPUTY, MANAGER, DIRECTOR)], {}, BOX),
        ([], {"but": {HOLDER}}, DEPUTY),
        ([gone(DEPUTY)], {"but": {HOLDER}}, MANAGER),
        ([], {"assigned": f"x@{OFFICE}", "but": {f"x@{OFFICE}"}}, HOLDER),
        ([gone(f"x@{OFFICE}")], {"assigned": f"x@{OFFICE}"}, HOLDER),
    ],
)
def test_what_falls_to_somebody_away_goes_to_the_deputy(absences, how, who):
    """There is always somebody; never whom it is about."""
    assert holder(a_policy_with(*absences), **how) == who


def test_without_a_holder_the_mailbox_stands_for_one():
    """But not of an enquiry about a colleague, who may read that mailbox."""
    team = a_team("intake", holder="")
    policy = a_policy(teams={**a_policy().teams, "intake": team})
    assert reach.holder_of(policy, team, on=ON) == BOX
    assert reach.holder_of(policy, team, on=ON, but={"somebody"}) == MANAGER


@pytest.mark.parametrize(
    ("absences", "rung", "but", "who"),
    [
        ([], 0, set(), MANAGER),
        ([], 1, set(), DIRECTOR),
        ([], 5, set(), DIRECTOR),
        ([gone(MANAGER)], 0, set(), DIRECTOR),
        ([gone(MANAGER, deputy=DEPUTY)], 0, set(), DEPUTY),
        ([gone(DIRECTOR)], 1, set(), MANAGER),
        ([], 0, {MANAGER}, DIRECTOR),
        ([], 1, {DIRECTOR}, MANAGER),
        ([], 1, {DIRECTOR, MANAGER}, f"chair@{OFFICE}"),
        ([gone(MANAGER), gone(DIRECTOR)], 0, set(), BOX),
    ],
)
def test_an_escalation_climbs_and_passes_by_who_is_away_or_concerned(absences, rung, but, who):
    """At last to the alternate, of what is about those above."""
    policy = a_policy_with(*absences, principals=Principals(alternate=f"chair@{OFFICE}"))
    assert reach.above(policy, policy.teams["intake"], rung=rung, on=ON, but=but) == who


DUTY = {"duty": (f"d@{OFFICE}",), "second": (f"s@{OFFICE}",)}


@pytest.mark.parametrize(
    ("rung", "who"),
    [
        (0, ["d"]),
        (1, ["d", "s"]),
        (2, ["d", "s", "ad.customer-care"]),
        (3, ["d", "s", "ad.customer-care", "director"]),
        (9, ["d", "s", "ad.customer-care", "director"]),
    ],
)
def test_an_alert_reaches_more_people_with_each_climb(rung, who):
    """The officers, the second contact, then those above Customer Care."""
    told = reach.on_duty(a_policy(**DUTY), rung=rung, on=ON)
    assert list(told) == [f"{one}@{OFFICE}" for one in who]


def test_a_turn_takes_the_duty_on_its_days():
    """First and last included; its own second contact, or the usual one."""
    turn = DutyTurn(from_on=ON, until_on=ON, officers=(f"x@{OFFICE}",), second=(f"y@{OFFICE}",))
    policy = a_policy(**DUTY, rota=(turn,))
    assert reach.on_duty(policy, rung=1, on=ON) == (f"x@{OFFICE}", f"y@{OFFICE}")
    assert reach.on_duty(policy, rung=0, on=date(2026, 12, 1)) == (f"d@{OFFICE}",)
    bare = DutyTurn(from_on=ON, until_on=ON, officers=(f"x@{OFFICE}",))
    told = reach.on_duty(a_policy(**DUTY, rota=(bare,)), rung=1, on=ON)
    assert told == (f"x@{OFFICE}", f"s@{OFFICE}")


def test_an_alert_always_finds_somebody():
    """Whoever is away or concerned: at last the holder of Customer Care."""
    away = [gone(f"d@{OFFICE}"), gone(f"s@{OFFICE}")]
    policy = a_policy_with(*away, **DUTY)
    assert reach.on_duty(policy, rung=0, on=ON) == (f"holder.customer-care@{OFFICE}",)
    assert reach.on_duty(a_policy(**DUTY), rung=0, on=ON, but={f"d@{OFFICE}"}) == (f"s@{OFFICE}",)
    nobody = a_policy(duty=(), routes={Route.INTAKE: "intake"})
    assert reach.on_duty(nobody, rung=0, on=ON) == ()


def test_who_decides_is_never_whom_it_is_about():
    """The alternate, where one of the two is concerned."""
    two = Principals(ombudsman="o", chief_executive="c", alternate="a")
    policy = a_policy(principals=two)
    assert reach.decides(policy) == ("o", "c")
    assert reach.decides(policy, {"c"}) == ("a",)
    without = a_policy(principals=Principals(ombudsman="o", chief_executive="c"))
    assert reach.decides(without, {"c"}) == ("o",)


def test_a_team_in_which_nobody_is_left_is_named_with_the_day():
    """The first such day from today on; what has passed is nobody's mistake."""
    both = [gone(HOLDER), gone(DEPUTY)]
    assert reach.unreached(a_policy_with(*both), ON) == [("intake", ON)]
    assert reach.unreached(a_policy_with(*both), date(2026, 11, 1)) == [("intake", ON)]
    assert reach.unreached(a_policy_with(*both), date(2026, 12, 1)) == []
    stands_in = [gone(HOLDER, deputy=f"other@{OFFICE}"), gone(DEPUTY)]
    assert reach.unreached(a_policy_with(*stands_in), ON) == []
    assert reach.unreached(a_policy_with(gone(HOLDER)), ON) == []
