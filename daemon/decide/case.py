"""A message with all that is known about it, and who it is really from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from daemon.compose import mailable
from daemon.decide.arrangements import met
from daemon.model import Category, Criterion, Forwarded
from daemon.parse import authentication_failed

if TYPE_CHECKING:
    from daemon.deadlines import WorkingDays
    from daemon.model import Arrangement, Classification, Context, Message, Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One message with all that is known about it; what the rules below look at."""

    message: Message
    found: Classification
    policy: Policy
    context: Context
    days: WorkingDays
    forward: Forwarded | None  # an outsider's message, passed on from an own domain
    arrangements: tuple[Arrangement, ...]  # in force
    lapsed: tuple[Arrangement, ...] = ()  # would apply, but their last day has passed

    @property
    def on(self) -> tuple[Criterion, ...]:
        """The criteria that open clocks and registers: not those of what is no enquiry."""
        if self.found.category is not Category.NOT_AN_ENQUIRY:
            return self.criteria
        waits = {Criterion.MP_NON_ROUTINE, Criterion.COMMITTEE_CHAIR}
        return tuple(c for c in self.criteria if c not in waits)

    @property
    def criteria(self) -> tuple[Criterion, ...]:
        """The criteria that are met: read from the text, and following from a list (guide §2)."""
        listed = (
            {Criterion.LINKED_STAKEHOLDER}
            if any(a.engagement for a in self.arrangements)
            else set()
        )
        met_ = set(self.found.criteria) | listed
        return tuple(c for c in Criterion if c in met_)

    @property
    def recipient(self) -> str:
        """Who an acknowledgement goes to."""
        return answered_address(self.message, self.forward, self.policy)


def answered_address(message: Message, forward: Forwarded | None, policy: Policy) -> str:
    """Return the message's own From, or its own other address; "" where neither can be used.

    A `Reply-To` counts on the same domain, or from a configured form tool, which writes for
    somebody: elsewhere it would make a reflector of us.
    """
    if forward is not None:
        return _usable(forward.sender.address)
    sender = message.sender
    is_form = sender.address in policy.directory.form_tools
    for other in message.reply_to:
        is_theirs = is_form or (sender.domain and other.domain == sender.domain)
        if is_theirs and _usable(other.address):
            return other.address
    return _usable(sender.address)


def _usable(address: str) -> str:
    """Return an address that mail, or a message on X, can go to; "" for any other."""
    return address if address.startswith("@") or mailable(address) else ""


def outsiders_forward(message: Message, policy: Policy) -> Forwarded | None:
    """Return an outsider's message that one of our own people, or lists, passed on."""
    directory = policy.directory
    if not directory.is_own(message.sender.address):
        return None
    for inner in (*message.forwarded, *_behind_rewritten(message)):
        if inner.sender.address and not directory.is_own(inner.sender.address):
            return inner
    return None


def _behind_rewritten(message: Message) -> tuple[Forwarded, ...]:
    """Return who wrote where a list of ours put its own address into From, to satisfy DMARC.

    Such a list says so ("Jane Doe via Enquiries") and names the writer in Reply-To (RFC 7960
    §4.1.3.1).
    """
    said = " via " in message.sender.name.lower()
    named = any(message.header(name) for name in ("x-original-from", "x-original-sender"))
    if not said and not named:
        return ()
    return tuple(
        Forwarded(sender=one, subject=message.subject, text=message.text, attached=False)
        for one in message.reply_to
    )


def arrangements_for(message: Message, policy: Policy, context: Context) -> tuple[Arrangement, ...]:
    """Return the handling arrangements that a message meets, in force or lapsed."""
    forward = outsiders_forward(message, policy)
    sender = forward.sender if forward else message.sender
    return met(message, sender, policy, context)


def is_forged(case: Case) -> bool:
    """Whether our own mail server found that the sender may be forged."""
    return authentication_failed(case.message, case.policy.directory.own_servers)
