"""Who is told: holders and their deputies, the ladder above a team, and who is on duty.

Pure: the policy and a date in London come in, addresses go out. `but` are those an enquiry is
about: they are never reminded, escalated or alerted about it (process, "About us ourselves").
What falls to somebody away goes to the deputy; there is always somebody, at last the mailbox.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from daemon.model import Route

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import date

    from daemon.model import Policy, Team

_AT_FIRST, _MANAGER, _DIRECTOR = 1, 2, 3
"""From which climb of an alert on the second contact and those above Customer Care hear of it."""


def away(policy: Policy, person: str, on: date) -> bool:
    """Whether somebody is away on a day."""
    return any(
        one.person == person and one.from_on <= on <= one.until_on for one in policy.absences
    )


def stand_in(policy: Policy, person: str, on: date) -> str:
    """Return who an absence names to stand in for somebody; "" for nobody."""
    named = (
        one.deputy
        for one in policy.absences
        if one.person == person and one.from_on <= on <= one.until_on
    )
    return next((one for one in named if one), "")


def holder_of(
    policy: Policy, team: Team, *, on: date, assigned: str = "", but: Collection[str] = ()
) -> str:
    """Return who is reminded of an enquiry of a team; `assigned` is who was given it in person.

    The mailbox stands for a holder where none is named; of an enquiry about a colleague, who may
    read that mailbox, somebody above hears instead.
    """
    holder = team.holder or ("" if but else team.mailbox)
    chain = (assigned, holder, team.deputy, team.assistant_director, team.director)
    return _first(policy, chain, on, but) or team.mailbox


def above(policy: Policy, team: Team, *, rung: int, on: date, but: Collection[str] = ()) -> str:
    """Return who an escalation goes to: rung 0 the Assistant Director, further up the Director."""
    chain = (team.assistant_director, team.director)
    if rung:
        chain = (team.director, team.assistant_director)
    last = policy.principals.alternate if but else ""
    return _first(policy, (*chain, last), on, but) or team.mailbox


def on_duty(policy: Policy, *, rung: int, on: date, but: Collection[str] = ()) -> tuple[str, ...]:
    """Return who an alert goes to; `rung` is 0 at once, then one more with each climb.

    The officers on duty at once, the second contact too from the first climb on, then the
    Assistant Director and the Director of Customer Care.
    """
    officers, second = _turn(policy, on)
    care = policy.teams.get(policy.routes.get(Route.CUSTOMER_CARE, ""))
    told = [*officers]
    if rung >= _AT_FIRST:
        told += second
    if care is not None and rung >= _MANAGER:
        told.append(care.assistant_director)
    if care is not None and rung >= _DIRECTOR:
        told.append(care.director)
    here = _present(policy, told, on, but) or _present(policy, second, on, but)
    if here or care is None:
        return here
    return (holder_of(policy, care, on=on, but=but),)


def decides(policy: Policy, but: Collection[str] = ()) -> tuple[str, ...]:
    """Return who decides a proposal: Ombudsman and Chief Executive, or the alternate."""
    principals = policy.principals
    if principals.alternate and any(one in but for one in principals.addresses):
        return (principals.alternate,)
    return tuple(one for one in principals.addresses if one not in but)


def _turn(policy: Policy, on: date) -> tuple[tuple[str, ...], tuple[str, ...]]:
    for turn in policy.rota:
        if turn.from_on <= on <= turn.until_on:
            return turn.officers, turn.second or policy.second
    return policy.duty, policy.second


def _first(policy: Policy, chain: Iterable[str], on: date, but: Collection[str]) -> str:
    return next(iter(_present(policy, chain, on, but)), "")


def _present(
    policy: Policy, chain: Iterable[str], on: date, but: Collection[str]
) -> tuple[str, ...]:
    """Return those of a chain who are there, each away replaced by who stands in for them."""
    found: dict[str, None] = {}
    for one in chain:
        person = stand_in(policy, one, on) if away(policy, one, on) else one
        if person and person not in but and not away(policy, person, on):
            found[person] = None
    return tuple(found)


def unreached(policy: Policy, today: date) -> list[tuple[str, date]]:
    """Return the teams in which nobody can be reached, each with the first such day from today on.

    That is where everybody who is named, holder and deputy, is away on one day and nobody stands
    in. A team that names nobody has its mailbox, which several read.
    """
    days = sorted({max(one.from_on, today) for one in policy.absences if one.until_on >= today})
    found: list[tuple[str, date]] = []
    for team in policy.teams.values():
        named = [one for one in (team.holder, team.deputy) if one]
        empty = next((day for day in days if named and not _present(policy, named, day, ())), None)
        if empty is not None:
            found.append((team.id, empty))
    return found
