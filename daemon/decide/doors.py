"""What is no enquiry at all: our own mail, private mail, mail around enquiries, old mail."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from daemon.decide.case import is_forged, outsiders_forward
from daemon.model import Decision, InboxRole, Outcome, Skip

if TYPE_CHECKING:
    from daemon.decide.case import Case
    from daemon.model import Context, Message, Policy

_PRIVATE = frozenset({"private", "personal", "company-confidential"})


def is_private(message: Message, policy: Policy) -> bool:
    """Whether a message in a personal account is not ours to read (process, *house*)."""
    if not message.box.is_personal or outsiders_forward(message, policy):
        return False
    sender = message.sender.address
    return (
        message.header("sensitivity").strip().lower() in _PRIVATE
        or policy.directory.is_own(sender)
        or sender in policy.directory.private_senders
    )


def no_enquiry(case: Case) -> Decision | None:
    """Return what becomes of a message that is no enquiry at all; None for any other."""
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


def _is_internal(case: Case) -> bool:
    """Whether it came through a door for mail around enquiries.

    Somebody from outside who answers to the address for our own people's answers (it stood in
    copy of a reply they got) is heard like anybody else.
    """
    context = case.context
    if context.role is InboxRole.COMMANDS:
        return case.policy.directory.is_own(case.message.sender.address)
    return context.role is not InboxRole.ENQUIRIES or context.command


def _is_colleague_in_thread(case: Case) -> bool:
    return (
        case.forward is None
        and case.policy.directory.is_own(case.message.sender.address)
        and not is_forged(case)
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
