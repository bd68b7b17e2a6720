"""The answer to an enquirer: silent, held for a person, or sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from daemon.classify.automation import is_no_reply
from daemon.decide.aside import is_from_party
from daemon.decide.case import is_forged
from daemon.model import Box, Category, Handling, Hold, PostKind, Skip

if TYPE_CHECKING:
    from daemon.decide.case import Case


def skip_of(case: Case) -> Skip | None:
    """Return why an enquiry gets no acknowledgement although it is logged."""
    if case.message.box is Box.X_MENTION and not _is_invited(case):
        return Skip.PUBLIC_MENTION
    sender = case.message.sender.address
    if case.forward is None and case.policy.directory.is_own(sender):
        return Skip.OWN_ADDRESS
    if is_no_reply(case.recipient) and not case.message.reply_to:
        return Skip.NO_REPLY_ADDRESS  # an MP's or the ICO's, or it would have been set aside
    return None


def _is_invited(case: Case) -> bool:
    """Whether a public post gets the invitation to write in private: one about a case, of a person.

    Nobody is invited whom the network would not let us answer: who did not name us themselves.
    """
    posted = case.message.posted
    return (
        posted is not None
        and posted.kind in {PostKind.MENTION, PostKind.REPLY, PostKind.QUOTE}
        and case.found.individual_case
        and case.found.category is not Category.NOT_AN_ENQUIRY
        and case.policy.social.invites(posted.account)
    )


def holds_of(case: Case) -> list[tuple[Hold, str]]:
    """Return every reason why the acknowledgement waits for a person, the gravest first."""
    found, box = case.found, case.message.box
    personal = any(a.asks_for(Handling.PERSONAL_REPLY) for a in case.arrangements)
    needs_address = not box.is_social and box is not Box.POST
    reasons = (
        (bool(found.alerts), Hold.VULNERABLE, "Somebody may be at risk: a duty officer answers."),
        (
            case.forward is not None,
            Hold.OWN_DOMAIN_FORWARD,
            "A colleague passed it on: a person checks the sender.",
        ),
        (is_forged(case), Hold.AUTHENTICATION, "Our own server could not confirm the sender."),
        (personal, Hold.ARRANGEMENT, "A handling arrangement asks for a personal reply only."),
        (
            found.automation is not None,
            Hold.DOUBT,
            "It may be an automatic reply, but from somebody we know.",
        ),
        (
            _has_no_way(case),
            Hold.DOUBT,
            "Our account may not answer there: a person does.",
        ),
        (
            _is_proposed_aside(case),
            Hold.PROPOSED_SET_ASIDE,
            "It looks like no enquiry: a person decides.",
        ),
        (
            needs_address and not case.recipient,
            Hold.DOUBT,
            "It carries no address that an answer could go to.",
        ),
        (
            is_no_reply(case.recipient),
            Hold.DOUBT,
            "Nobody reads replies at the sender's address, and it names another one.",
        ),
        (
            case.context.answers_at_once and not is_from_party(case),
            Hold.DOUBT,
            "It followed our acknowledgement at once and speaks of it, or repeats: a machine?",
        ),
        (
            case.context.blocked,
            Hold.BLOCKED,
            "Our last mail to this address came back: a person writes another way.",
        ),
        (_over_limit(case), Hold.LIMIT, "Too many acknowledgements today: a person has a look."),
    )
    return [(hold, why) for applies, hold, why in reasons if applies]


def _is_proposed_aside(case: Case) -> bool:
    """Whether a person is to say that it is an enquiry at all before it is answered.

    A few words from somebody who goes on with our thread look like nothing by themselves: a mere
    guess does not keep their answer back.
    """
    found = case.found
    if found.automation is not None or found.category is not Category.NOT_AN_ENQUIRY:
        return False
    return not (found.to_be_sorted and is_from_party(case))


def _has_no_way(case: Case) -> bool:
    """Whether a direct message came to an account that may not acknowledge it."""
    posted = case.message.posted
    if case.message.box is not Box.X_DM or posted is None:
        return False
    return not case.policy.social.answers(posted.account)


def _over_limit(case: Case) -> bool:
    sent, limits = case.context.sent_today, case.policy.limits
    domain = case.recipient.rpartition("@")[2]
    known = domain in case.policy.directory.known_domains
    return (
        sent.to_address >= limits.per_address
        or (sent.to_domain >= limits.per_domain and not known)
        or sent.in_all >= limits.in_all
    )
