"""What is no enquiry at all: our own mail, private mail, mail around enquiries, old mail."""

from __future__ import annotations

from typing import TYPE_CHECKING

from daemon.decide.case import is_forged, outsiders_forward
from daemon.model import Decision, InboxRole, Outcome, Skip

if TYPE_CHECKING:
    from daemon.decide.case import Case
    from daemon.model import Message, Policy

_PRIVATE = frozenset({"private", "personal", "company-confidential"})


def is_private(message: Message, policy: Policy) -> bool:
    """Whether a message in a personal account is not ours to read (process, *house*)."""
    if not message.box.is_personal or outsiders_forward(message, policy):
        return False
    sender = message.sender.address
    return (
        _sensitivity(message) in _PRIVATE
        or policy.directory.is_own(sender)
        or sender in policy.directory.private_senders
    )


def _sensitivity(message: Message) -> str:
    """Return the Sensitivity header's keyword without comments (RFC 4021 §2.1.55)."""
    return message.header("sensitivity").partition("(")[0].strip().lower()


def no_enquiry(case: Case) -> Decision | None:
    """Return what becomes of a message that is no enquiry at all; None for any other."""
    context = case.context
    if context.own_message:
        why = "We made this message ourselves, and it came back."
        return Decision(outcome=Outcome.OWN, route=None, reasons=(why,), skip=Skip.OWN_MESSAGE)
    if why := _why_internal(case):
        return Decision(
            outcome=Outcome.INTERNAL,
            route=None,
            reasons=(why,),
            skip=Skip.INTERNAL,
            linked_to=context.links[0] if context.links else None,
        )
    if is_private(case.message, case.policy):
        why = "It lies in a personal account and is not ours to read."
        return Decision(outcome=Outcome.PRIVATE, route=None, reasons=(why,), skip=Skip.PRIVATE)
    if context.go_live_at is not None and context.received_at < context.go_live_at:
        why = "It arrived before the go-live date of this inbox."
        skip = Skip.BEFORE_GO_LIVE
        return Decision(outcome=Outcome.HISTORY, route=None, reasons=(why,), skip=skip)
    return None


def _why_internal(case: Case) -> str:
    """Return why a message is mail around enquiries; "" where it may be an enquiry itself.

    A colleague's forward is somebody else's message. Words that may mean danger are heard
    through every door, but for that of our own sent mail.
    """
    role, in_danger = case.context.role, bool(case.found.alerts) and not case.found.automation
    if role is InboxRole.SENT:
        return "It lies in a folder of sent mail: evidence that somebody replied."
    if case.forward is not None or in_danger:
        return ""
    ours = case.policy.directory.is_own(case.message.sender.address)
    if role is InboxRole.BOUNCES:
        return "It came to the address that takes delivery reports."
    # An outsider who answers to that address (it stood in copy of a reply) is heard.
    if role is InboxRole.COMMANDS and ours:
        return "It came to the address that takes answers to our notices."
    if case.context.command:
        return "It answers a notice of ours at our signed address."
    if ours and not is_forged(case) and any(link.proven for link in case.context.links[:1]):
        return "One of our own people wrote it in the thread of an enquiry."
    return ""
