"""Where an enquiry goes first, on which registers it stands, and who will reply."""

from __future__ import annotations

from typing import TYPE_CHECKING

from daemon.model import Category, Criterion, Handling, Register, RegisterEntry, Route, Source

if TYPE_CHECKING:
    from daemon.decide.case import Case

_AGREED = frozenset({Handling.WATCHING_BRIEF, Handling.APPROVE, Handling.INSTRUCTION})
"""What an arrangement agrees for a case itself: it is overseen (guide §2.7)."""


def route_of(case: Case) -> tuple[Route, str]:  # noqa: PLR0911 -- the guide's list, one line each
    """Return where an enquiry goes first, and the rule (guide §1.3-1.7, 1.15-1.16)."""
    found, box = case.found, case.message.box
    unmarked = box.is_public and not case.criteria
    care = Route.CUSTOMER_CARE
    if case.arrangements:
        return care, "A handling arrangement sends it to Customer Care first (guide §1.5)."
    if found.to_be_sorted:
        return care, "To be sorted by Customer Care (guide §1.7)."
    if found.source is Source.COMMITTEE_CHAIR:
        return care, "From a committee Chair: always to Customer Care (guide §1.4)."
    if box.is_personal or found.personal_attention:
        return care, "For the Ombudsman's or Chief Executive's own attention (guide §1.6-1.7)."
    if found.source is Source.MP and not found.routine:
        return care, "From an MP and no routine referral (guide §1.4, 1.11)."
    if found.source is Source.MP and unmarked:
        return Route.INTAKE, "An MP's routine referral of a new complaint (guide §1.3-1.4)."
    if found.category is Category.NEW_COMPLAINT and unmarked:
        return Route.INTAKE, "A new complaint with nothing that marks it (guide §1.4)."
    if box.is_social and not found.individual_case:
        return Route.EXTERNAL_AFFAIRS, "On social media, about no individual case (guide §1.15)."
    if box.is_social:
        return care, "On social media, about an individual case (guide §1.16)."
    return care, "Everything else goes to Customer Care (guide §1.7)."


def registers_of(case: Case, route: Route) -> tuple[RegisterEntry, ...]:
    """Return the registers an enquiry stands on (guide §1.7-1.12)."""
    # A proposal stands on central assurance until it is decided, wherever the enquiry goes.
    agreed = any(_AGREED.intersection(a.handling) for a in case.arrangements)
    watched = case.message.box.is_social and any(
        a.asks_for(Handling.MONITOR) for a in case.arrangements
    )
    if route is Route.INTAKE or (route is Route.EXTERNAL_AFFAIRS and not case.on):
        return ()
    chair = Criterion.COMMITTEE_CHAIR in case.on
    oversight = Criterion.MP_NON_ROUTINE in case.on or (chair and not is_new_complaint(case))
    proposed = any(not c.is_accepted_at_once for c in case.on)
    entries = [RegisterEntry(register=Register.CENTRAL_ASSURANCE, proposed=proposed)]
    if oversight or Criterion.MP_POST_DECISION in case.on:
        entries.append(RegisterEntry(register=Register.MP_OVERSIGHT))
    if chair or agreed:
        entries.append(RegisterEntry(register=Register.SPECIFIC_HANDLING))
    if watched:
        entries.append(RegisterEntry(register=Register.SOCIAL_MEDIA))
    return tuple(entries)


def is_new_complaint(case: Case) -> bool:
    """Whether it is decided to be a new complaint; what is to be sorted may be anything."""
    return case.found.category is Category.NEW_COMPLAINT and not case.found.to_be_sorted


def reply_team_of(case: Case, route: Route) -> str:
    """Return the team suggested to reply (process, the *house* table; guide §1.13)."""
    table, found = case.policy.suggestions, case.found
    care = case.policy.routes.get(Route.CUSTOMER_CARE, "")
    if found.to_be_sorted:
        return care
    if route is Route.EXTERNAL_AFFAIRS:
        return case.policy.routes.get(route, care)
    if Criterion.LEGAL_CHALLENGE in found.criteria:
        return table.get(Criterion.LEGAL_CHALLENGE, care)
    if found.source is Source.STAKEHOLDER and Criterion.HIGH_PROFILE in found.criteria:
        return table.get("press", care)
    return table.get(found.category, care)


def lies_with(team_id: str, case: Case) -> bool:
    """Whether a message lies in a team's own mailbox already."""
    team = case.policy.teams.get(team_id)
    return team is not None and team.mailbox == case.context.inbox_address
