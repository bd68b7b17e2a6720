"""Setting aside: on the evidence of headers or of a configured rule alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from daemon.deadlines import london_date
from daemon.decide.clocks import deadlines_of
from daemon.model import (
    Box,
    ClockKind,
    Criterion,
    Decision,
    Opens,
    Outcome,
    Route,
    Skip,
    Source,
    Step,
)
from daemon.words import SKIPS

if TYPE_CHECKING:
    from daemon.decide.case import Case
    from daemon.model import Classification

# Reasons that prove no machine, whatever they rest on.
_UNPROVEN = frozenset({Skip.RULE, Skip.NO_REPLY_ADDRESS, Skip.RECALL_NOTICE})


def set_aside(case: Case) -> Skip | None:
    """Return the header evidence or configured rule to set a message aside, if it may be.

    A pattern in the text is not enough against somebody we know or somebody at risk.
    """
    reason = case.found.automation
    if reason is None or (_is_protected(case) and not _is_proven(case.found, reason)):
        return None
    return reason


def _is_proven(found: Classification, reason: Skip) -> bool:
    """Whether headers prove a machine: a configured text or a no-reply address do not."""
    said = f"set aside: {reason}"
    by_text = any(e.step is not Step.FACT and e.says == said for e in found.evidence)
    return not by_text and reason not in _UNPROVEN


def is_from_party(case: Case) -> bool:
    """Whether a party to an enquiry goes on with its thread."""
    return any(link.proven and link.sender_is_party for link in case.context.links)


def chatter(case: Case) -> Skip | None:
    """Return why a public post opens no enquiry, by what the office's config says of its kind.

    Retweets, quotes and whole trees of replies carry our name along and ask us nothing. Whatever is
    about a case, meets a criterion, asks for information, or comes from somebody we know does.
    """
    posted, found = case.message.posted, case.found
    if case.message.box is not Box.X_MENTION or posted is None:
        return None
    opens = case.policy.social.opens.get(posted.kind, Opens.ALWAYS)
    if opens is Opens.ALWAYS or _is_protected(case):
        return None
    if opens is Opens.NEVER:
        return Skip.SOCIAL_CHATTER
    matters = found.individual_case or found.criteria or found.matters
    return None if matters else Skip.SOCIAL_CHATTER


def _is_protected(case: Case) -> bool:
    known = {Source.MP, Source.COMMITTEE_CHAIR, Source.ICO}
    on = london_date(case.context.received_at)
    return (
        case.found.source in known
        or case.policy.directory.is_protected(case.message.sender.address, on)
        or is_from_party(case)
        or bool(case.arrangements)
        or Criterion.VULNERABLE in case.found.criteria
    )


def put_aside(case: Case, reason: Skip) -> Decision:
    """Return the decision to set a message aside; an alert is raised all the same."""
    alerts = case.found.alerts
    return Decision(
        outcome=Outcome.SET_ASIDE,
        route=Route.SET_ASIDE,
        reasons=(f"Set aside: {SKIPS[reason]}.",),
        linked_to=case.context.links[0] if case.context.links else None,
        team=case.policy.routes.get(Route.CUSTOMER_CARE, "") if alerts else "",
        deadlines=tuple(deadlines_of(case, [ClockKind.VULNERABLE])) if alerts else (),
        alerts=alerts,
        skip=reason,
        notify=False,
    )
