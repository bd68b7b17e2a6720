"""Classification, policy and context give the decision: what becomes of a message, and why.

Pure rules of the assurance guide. Each of them is a small function that can be read beside
its paragraph; the first that applies wins where the guide has an order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from daemon.decide.answers import holds_of, skip_of
from daemon.decide.arrangements import in_force, lapsed
from daemon.decide.aside import chatter, put_aside, set_aside
from daemon.decide.case import Case, answered_address, arrangements_for, outsiders_forward
from daemon.decide.clocks import clock_kinds_of, deadlines_of
from daemon.decide.doors import is_private, no_enquiry
from daemon.decide.routes import lies_with, registers_of, reply_team_of, route_of
from daemon.decide.texts import answer_by, texts_of
from daemon.decide.threads import joinable
from daemon.model import ClockKind, Decision, Handling, Outcome, Route, Skip

if TYPE_CHECKING:
    from daemon.deadlines import WorkingDays
    from daemon.model import Classification, Context, Message, Policy, ThreadLink

__all__ = ["decide", "is_private", "recipient_of"]


def decide(
    message: Message,
    found: Classification,
    policy: Policy,
    context: Context,
    *,
    days: WorkingDays,
) -> Decision:
    """Return everything that follows from one message (process, "first match wins")."""
    arrangements = arrangements_for(message, policy, context)
    case = Case(
        message=message,
        found=found,
        policy=policy,
        context=context,
        days=days,
        forward=outsiders_forward(message, policy),
        arrangements=in_force(arrangements, context),
        lapsed=lapsed(arrangements, context),
    )
    if early := no_enquiry(case):
        return early
    if reason := set_aside(case):
        return put_aside(case, reason)
    link = joinable(case)
    if link is None and (reason := chatter(case)):
        return put_aside(case, reason)
    return _joined(case, link) if link else _opened(case)


def recipient_of(message: Message, policy: Policy) -> str:
    """Return who an acknowledgement of a message goes to, were there one; "" for nobody."""
    return answered_address(message, outsiders_forward(message, policy), policy)


def _joined(case: Case, link: ThreadLink) -> Decision:
    """Add a further message to an open enquiry: its criteria and clocks count, no second answer.

    The store starts only those clocks that the enquiry does not have yet.
    """
    kinds = [k for k in clock_kinds_of(case) if k not in {ClockKind.SERVICE, ClockKind.OTHER}]
    route = Route.CUSTOMER_CARE if case.on else None
    return Decision(
        outcome=Outcome.JOINED,
        route=route,
        reasons=(f"It joins {link.reference}, which is open: thread and sender fit.",),
        join=link,
        team=case.policy.routes.get(route, "") if route else "",
        registers=registers_of(case, Route.CUSTOMER_CARE) if case.on else (),
        deadlines=tuple(deadlines_of(case, kinds)),
        alerts=case.found.alerts,
        skip=Skip.JOINED,
        arrangements=tuple(a.id for a in case.arrangements),
        watchers=watchers_of(case),
        criteria=case.criteria,
    )


def watchers_of(case: Case) -> tuple[str, ...]:
    """Return the colleagues whom arrangements ask to be told of each message."""
    asked = (a for a in case.arrangements if a.asks_for(Handling.TELL_WATCHERS))
    return tuple(dict.fromkeys(one for a in asked for one in a.watchers))


def _opened(case: Case) -> Decision:
    route, why = route_of(case)
    team = case.policy.routes.get(route, "")
    skip = skip_of(case)
    holds = [] if skip else holds_of(case)
    kinds = clock_kinds_of(case)
    template, usual = ("", "") if skip else texts_of(case, kinds)
    link = case.context.links[0] if case.context.links else None
    reasons = [why, *(said for _, said in holds)]
    if link is not None:
        reasons.append(f"It may belong to {link.reference} ({link.status}); the link is proposed.")
    reasons += [f"Handling arrangement {a.id}: {a.instruction}" for a in case.arrangements]
    reasons += [
        f"The handling arrangement {a.id} has lapsed and is up for review." for a in case.lapsed
    ]
    return Decision(
        outcome=Outcome.OPENED,
        route=route,
        reasons=tuple(reasons),
        linked_to=link,
        team=team,
        reply_team=reply_team_of(case, route),
        registers=registers_of(case, route),
        deadlines=tuple(deadlines_of(case, kinds)),
        alerts=case.found.alerts,
        skip=skip,
        held=holds[0][0] if holds else None,
        held_also=tuple(hold for hold, _ in holds[1:]),
        template=template,
        usual_template=usual,
        by=answer_by(case),
        recipient="" if skip else case.recipient,
        arrangements=tuple(a.id for a in case.arrangements),
        watchers=watchers_of(case),
        criteria=case.criteria,
        notify=not lies_with(team, case),
    )
