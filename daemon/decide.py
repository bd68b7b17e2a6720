"""Classification, policy and context give the decision: what becomes of a message, and why.

Pure rules of the assurance guide. Each of them is a small function that can be read beside
its paragraph; the first that applies wins where the guide has an order.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, assert_never

from daemon.classify.automation import is_no_reply
from daemon.deadlines import deadline, london_date
from daemon.model import (
    Box,
    Category,
    ClockKind,
    Criterion,
    Decision,
    EnquiryStatus,
    Hold,
    InboxRole,
    Outcome,
    Register,
    RegisterEntry,
    Route,
    Skip,
    Source,
    Step,
)
from daemon.parse import authentication_failed
from daemon.words import SKIPS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from daemon.deadlines import WorkingDays
    from daemon.model import (
        Arrangement,
        Classification,
        Context,
        Deadline,
        Forwarded,
        Message,
        Policy,
        ThreadLink,
    )

# Reasons that prove no machine, whatever they rest on.
_UNPROVEN = frozenset({Skip.RULE, Skip.NO_REPLY_ADDRESS, Skip.RECALL_NOTICE})
# These clocks belong to what a message asks, whoever else is on the enquiry (process, clocks).
_LEGAL = frozenset(
    {ClockKind.FOI, ClockKind.FOI_REVIEW, ClockKind.EIR, ClockKind.EIR_REVIEW, ClockKind.DPA}
)
_PRIVATE = frozenset({"private", "personal", "company-confidential"})
_MP_SOURCES = frozenset({Source.MP, Source.COMMITTEE_CHAIR})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """One message with all that is known about it; what the rules below look at."""

    message: Message
    found: Classification
    policy: Policy
    context: Context
    days: WorkingDays
    forward: Forwarded | None  # an outsider's message, passed on from an own domain
    arrangements: tuple[Arrangement, ...]

    @property
    def on(self) -> tuple[Criterion, ...]:
        """The criteria that open clocks and registers: not those of what is no enquiry."""
        if self.found.category is not Category.NOT_AN_ENQUIRY:
            return self.found.criteria
        waits = {Criterion.MP_NON_ROUTINE, Criterion.COMMITTEE_CHAIR}
        return tuple(c for c in self.found.criteria if c not in waits)

    @property
    def recipient(self) -> str:
        """Who an acknowledgement goes to."""
        return _recipient(self.message, self.forward)


def decide(
    message: Message,
    found: Classification,
    policy: Policy,
    context: Context,
    *,
    days: WorkingDays,
) -> Decision:
    """Return everything that follows from one message (process, "first match wins")."""
    case = _Case(
        message=message,
        found=found,
        policy=policy,
        context=context,
        days=days,
        forward=_outsiders_forward(message, policy),
        arrangements=_arrangements(message, policy, context),
    )
    if early := _no_enquiry(case):
        return early
    if reason := _set_aside(case):
        return _put_aside(case, reason)
    link = _joinable(case)
    return _joined(case, link) if link else _opened(case)


def recipient_of(message: Message, policy: Policy) -> str:
    """Return who an acknowledgement of a message goes to, were there one; "" for nobody."""
    return _recipient(message, _outsiders_forward(message, policy))


def _recipient(message: Message, forward: Forwarded | None) -> str:
    """Return the message's own From, or its own other address.

    A `Reply-To` counts on the same domain only: elsewhere it would make a reflector of us.
    """
    if forward is not None:
        return forward.sender.address
    sender = message.sender
    for other in message.reply_to:
        if sender.domain and other.domain == sender.domain:
            return other.address
    # Mail servers sign as "MAILER-DAEMON" alone: nobody to write to.
    return sender.address if "@" in sender.address else ""


# What is no enquiry at all


def is_private(message: Message, policy: Policy) -> bool:
    """Whether a message in a personal account is not ours to read (process, *house*)."""
    if not message.box.is_personal or _outsiders_forward(message, policy):
        return False
    sender = message.sender.address
    return (
        message.header("sensitivity").strip().lower() in _PRIVATE
        or policy.directory.is_own(sender)
        or sender in policy.directory.private_senders
    )


def _outsiders_forward(message: Message, policy: Policy) -> Forwarded | None:
    """Return an outsider's message that one of our own people passed on."""
    if not policy.directory.is_own(message.sender.address):
        return None
    for inner in message.forwarded:
        if inner.sender.address and not policy.directory.is_own(inner.sender.address):
            return inner
    return None


def _no_enquiry(case: _Case) -> Decision | None:
    context = case.context
    if context.own_message:
        why = "We made this message ourselves, and it came back."
        return Decision(outcome=Outcome.OWN, route=None, reasons=(why,), skip=Skip.OWN_MESSAGE)
    if _is_internal(case):
        return Decision(
            outcome=Outcome.INTERNAL,
            route=None,
            reasons=(_why_internal(context),),
            skip=Skip.INTERNAL,
            linked_to=context.links[0] if context.links else None,
        )
    if _is_colleague_in_thread(case):
        why = "One of our own people wrote it in the thread of an enquiry."
        link = context.links[0]
        return Decision(
            outcome=Outcome.INTERNAL,
            route=None,
            reasons=(why,),
            skip=Skip.INTERNAL,
            linked_to=link,
        )
    if is_private(case.message, case.policy):
        why = "It lies in a personal account and is not ours to read."
        return Decision(outcome=Outcome.PRIVATE, route=None, reasons=(why,), skip=Skip.PRIVATE)
    if context.go_live_at is not None and context.received_at < context.go_live_at:
        why = "It arrived before the go-live date of this inbox."
        skip = Skip.BEFORE_GO_LIVE
        return Decision(outcome=Outcome.HISTORY, route=None, reasons=(why,), skip=skip)
    return None


def _is_internal(case: _Case) -> bool:
    """Whether it came through a door for mail around enquiries.

    Somebody from outside who answers to the address for our own people's answers (it stood in
    copy of a reply they got) is heard like anybody else.
    """
    context = case.context
    if context.role is InboxRole.COMMANDS:
        return case.policy.directory.is_own(case.message.sender.address)
    return context.role is not InboxRole.ENQUIRIES or context.command


def _is_colleague_in_thread(case: _Case) -> bool:
    return (
        case.forward is None
        and case.policy.directory.is_own(case.message.sender.address)
        and not _is_forged(case)
        and any(link.proven for link in case.context.links[:1])
    )


def _why_internal(context: Context) -> str:
    if context.command:
        return "It answers a notice of ours at our signed address."
    match context.role:
        case InboxRole.SENT:
            return "It lies in a folder of sent mail: evidence that somebody replied."
        case InboxRole.BOUNCES:
            return "It came to the address that takes delivery reports."
        case InboxRole.COMMANDS:
            return "It came to the address that takes answers to our notices."
        case InboxRole.ENQUIRIES:  # only a command is internal here, and that was said above
            return "It is internal."
        case _:
            assert_never(context.role)


# Setting aside


def _set_aside(case: _Case) -> Skip | None:
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


def _is_protected(case: _Case) -> bool:
    known = {Source.MP, Source.COMMITTEE_CHAIR, Source.ICO}
    directory, sender = case.policy.directory, case.message.sender
    party = any(link.proven and link.sender_is_party for link in case.context.links)
    return (
        case.found.source in known
        or directory.mp_office(sender.address) is not None
        or sender.address in directory.chair_addresses
        or sender.domain in directory.ico_domains
        or party
        or bool(case.arrangements)
        or Criterion.VULNERABLE in case.found.criteria
    )


def _put_aside(case: _Case, reason: Skip) -> Decision:
    alerts = case.found.alerts
    return Decision(
        outcome=Outcome.SET_ASIDE,
        route=Route.SET_ASIDE,
        reasons=(f"Set aside: {SKIPS[reason]}.",),
        linked_to=case.context.links[0] if case.context.links else None,
        team=case.policy.routes.get(Route.CUSTOMER_CARE, "") if alerts else "",
        deadlines=tuple(_deadlines(case, [ClockKind.VULNERABLE])) if alerts else (),
        alerts=alerts,
        skip=reason,
        notify=False,
    )


# Joining


def _joinable(case: _Case) -> ThreadLink | None:
    """Return the open enquiry that a message joins: thread or token, and a party wrote it."""
    link = _thread_of(case)
    return None if link is None or _is_new_matter(case) or _adds_matter(case, link) else link


def _thread_of(case: _Case) -> ThreadLink | None:
    """Return the open enquiry whose thread a party goes on with, whatever about."""
    if case.forward is not None or _is_forged(case):
        return None
    for link in case.context.links:
        if link.proven and link.status is EnquiryStatus.OPEN and link.sender_is_party:
            return link
    return None


def _is_new_matter(case: _Case) -> bool:
    """Whether it is a matter of the ICO's, which never joins a complainant's enquiry."""
    return case.found.source is Source.ICO and case.found.category is Category.ICO_DECISION


def _adds_matter(case: _Case, link: ThreadLink) -> bool:
    """Whether it brings an FOI, data-protection or legal matter that the enquiry is not about."""
    found = case.found
    asks = found.category is Category.FOI_DPA or bool(_LEGAL & set(found.matters))
    if asks and link.category is not Category.FOI_DPA:
        return True
    legal = Criterion.LEGAL_CHALLENGE
    return legal in found.criteria and legal not in link.criteria


def _joined(case: _Case, link: ThreadLink) -> Decision:
    """Add a further message to an open enquiry: its criteria and clocks count, no second answer.

    The store starts only those clocks that the enquiry does not have yet.
    """
    kinds = [k for k in _clock_kinds(case) if k not in {ClockKind.SERVICE, ClockKind.OTHER}]
    route = Route.CUSTOMER_CARE if case.on else None
    return Decision(
        outcome=Outcome.JOINED,
        route=route,
        reasons=(f"It joins {link.reference}, which is open: thread and sender fit.",),
        join=link,
        team=case.policy.routes.get(route, "") if route else "",
        registers=_registers(case, Route.CUSTOMER_CARE) if case.on else (),
        deadlines=tuple(_deadlines(case, kinds)),
        alerts=case.found.alerts,
        skip=Skip.JOINED,
        arrangements=tuple(a.id for a in case.arrangements),
    )


# Opening


def _opened(case: _Case) -> Decision:
    route, why = _route(case)
    team = case.policy.routes.get(route, "")
    skip = _skip(case)
    holds = [] if skip else _holds(case)
    link = case.context.links[0] if case.context.links else None
    reasons = [why, *(said for _, said in holds)]
    if link is not None:
        reasons.append(f"It may belong to {link.reference} ({link.status}); the link is proposed.")
    return Decision(
        outcome=Outcome.OPENED,
        route=route,
        reasons=tuple(reasons),
        linked_to=link,
        team=team,
        reply_team=_reply_team(case, route),
        registers=_registers(case, route),
        deadlines=tuple(_deadlines(case, _clock_kinds(case))),
        alerts=case.found.alerts,
        skip=skip,
        held=holds[0][0] if holds else None,
        held_also=tuple(hold for hold, _ in holds[1:]),
        template="" if skip else _template(case),
        recipient="" if skip else case.recipient,
        arrangements=tuple(a.id for a in case.arrangements),
        notify=not _lies_with(team, case),
    )


def _lies_with(team_id: str, case: _Case) -> bool:
    team = case.policy.teams.get(team_id)
    return team is not None and team.mailbox == case.context.inbox_address


def _route(case: _Case) -> tuple[Route, str]:  # noqa: PLR0911 -- the guide's list, one line each
    """Return where an enquiry goes first, and the rule (guide §1.3-1.7, 1.15-1.16)."""
    found, box = case.found, case.message.box
    unmarked = box.is_public and not found.criteria
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


def _registers(case: _Case, route: Route) -> tuple[RegisterEntry, ...]:
    """Return the registers an enquiry stands on (guide §1.7-1.12)."""
    # A proposal stands on central assurance until it is decided, wherever the enquiry goes.
    if route is Route.INTAKE or (route is Route.EXTERNAL_AFFAIRS and not case.on):
        return ()
    chair = Criterion.COMMITTEE_CHAIR in case.on
    oversight = Criterion.MP_NON_ROUTINE in case.on or (chair and not _is_new_complaint(case))
    proposed = any(not c.is_accepted_at_once for c in case.on)
    entries = [RegisterEntry(register=Register.CENTRAL_ASSURANCE, proposed=proposed)]
    if oversight or Criterion.MP_POST_DECISION in case.on:
        entries.append(RegisterEntry(register=Register.MP_OVERSIGHT))
    if chair:
        entries.append(RegisterEntry(register=Register.SPECIFIC_HANDLING))
    return tuple(entries)


def _is_new_complaint(case: _Case) -> bool:
    return case.found.category is Category.NEW_COMPLAINT


def _clock_kinds(case: _Case) -> list[ClockKind]:
    """Return the clocks an enquiry starts (process, "Which clocks start")."""
    found = case.found
    chair = Criterion.COMMITTEE_CHAIR in case.on and not _is_new_complaint(case)
    kinds: list[ClockKind] = []
    if chair or Criterion.MP_NON_ROUTINE in case.on:
        kinds.append(ClockKind.MP)
    kinds += _category_clocks(case, replaced=bool(kinds))
    if ClockKind.DPA_COMPLAINT in found.matters:
        kinds.append(ClockKind.DPA_COMPLAINT)
    if found.alerts:
        kinds.append(ClockKind.VULNERABLE)
    return kinds


def _category_clocks(case: _Case, *, replaced: bool) -> list[ClockKind]:
    """Return the category's own clocks; `mp` replaces `service` and `other`."""
    found = case.found
    if found.to_be_sorted:
        return [] if replaced else [ClockKind.OTHER]
    asked = [k for k in found.matters if k in _LEGAL]
    # In somebody's thread, what it asks is why it is an enquiry of its own.
    if found.category is Category.FOI_DPA or (asked and _thread_of(case) is not None):
        return asked or [ClockKind.FOI]
    if found.category is Category.ICO_DECISION or ClockKind.ICO in found.matters:
        return [ClockKind.ICO]
    if replaced:
        return []
    if found.category in {Category.COMPLAINT_ABOUT_US, Category.FOLLOW_UP_CUSTOMER_CARE}:
        return [ClockKind.SERVICE]
    return [ClockKind.OTHER]


def _deadlines(case: _Case, kinds: Sequence[ClockKind]) -> list[Deadline]:
    """Return the dates of each clock, counted from when the message was received."""
    found = case.found
    received_at = case.context.received_at
    notice_on: date | None = found.notice_on
    return [
        deadline(
            kind,
            received_at,
            case.days,
            notice_on=notice_on if kind is ClockKind.ICO else None,
            stated_on=found.reply_by_on if kind is ClockKind.ICO else None,
            ico_notice=found.category is Category.ICO_DECISION,
        )
        for kind in kinds
    ]


def _reply_team(case: _Case, route: Route) -> str:
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


# The answer: silent, held, or sent


def _skip(case: _Case) -> Skip | None:
    """Return why an enquiry gets no acknowledgement although it is logged."""
    if case.message.box is Box.X_MENTION:
        return Skip.PUBLIC_MENTION
    sender = case.message.sender.address
    if case.forward is None and case.policy.directory.is_own(sender):
        return Skip.OWN_ADDRESS
    if is_no_reply(case.recipient):
        return Skip.NO_REPLY_ADDRESS  # an MP's or the ICO's, or it would have been set aside
    return None


def _holds(case: _Case) -> list[tuple[Hold, str]]:
    """Return every reason why the acknowledgement waits for a person, the gravest first."""
    found, box = case.found, case.message.box
    personal = any(a.personal_reply_only for a in case.arrangements)
    needs_address = not box.is_social and box is not Box.POST
    reasons = (
        (bool(found.alerts), Hold.VULNERABLE, "Somebody may be at risk: a duty officer answers."),
        (
            case.forward is not None,
            Hold.OWN_DOMAIN_FORWARD,
            "A colleague passed it on: a person checks the sender.",
        ),
        (_is_forged(case), Hold.AUTHENTICATION, "Our own server could not confirm the sender."),
        (personal, Hold.ARRANGEMENT, "A handling arrangement asks for a personal reply only."),
        (
            found.automation is not None,
            Hold.DOUBT,
            "It may be an automatic reply, but from somebody we know.",
        ),
        (
            found.automation is None and found.category is Category.NOT_AN_ENQUIRY,
            Hold.PROPOSED_SET_ASIDE,
            "It looks like no enquiry: a person decides.",
        ),
        (
            needs_address and not case.recipient,
            Hold.DOUBT,
            "It carries no address that an answer could go to.",
        ),
        (_over_limit(case), Hold.LIMIT, "Too many acknowledgements today: a person has a look."),
    )
    return [(hold, why) for applies, hold, why in reasons if applies]


def _is_forged(case: _Case) -> bool:
    return authentication_failed(case.message, case.policy.directory.own_servers)


def _over_limit(case: _Case) -> bool:
    sent, limits = case.context.sent_today, case.policy.limits
    domain = case.recipient.rpartition("@")[2]
    known = domain in case.policy.directory.known_domains
    return (
        sent.to_address >= limits.per_address
        or (sent.to_domain >= limits.per_domain and not known)
        or sent.in_all >= limits.in_all
    )


def _template(case: _Case) -> str:
    """Return the acknowledgement's name; a category's own text needs a decided category."""
    return "mp" if case.found.source in _MP_SOURCES and case.on else "general"


# Arrangements


def _arrangements(message: Message, policy: Policy, context: Context) -> tuple[Arrangement, ...]:
    """Return the handling arrangements in force for who wrote (guide §1.5, 1.10)."""
    forward = _outsiders_forward(message, policy)
    sender = forward.sender if forward else message.sender
    today = london_date(context.received_at)
    return tuple(
        a
        for a in policy.arrangements
        if (sender.address in a.addresses or sender.domain in a.domains)
        and (a.from_on is None or a.from_on <= today)
        and (a.until_on is None or today <= a.until_on)
    )
