"""A message with all that is known about it, and who it is really from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from daemon.deadlines import london_date
from daemon.model import Category, ClockKind, Criterion
from daemon.parse import authentication_failed

if TYPE_CHECKING:
    from daemon.deadlines import WorkingDays
    from daemon.model import Arrangement, Classification, Context, Forwarded, Message, Policy


# These clocks belong to what a message asks, whoever else is on the enquiry (process, clocks).
REQUESTS = frozenset(
    {ClockKind.FOI, ClockKind.FOI_REVIEW, ClockKind.EIR, ClockKind.EIR_REVIEW, ClockKind.DPA}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
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
        return answered_address(self.message, self.forward)


def answered_address(message: Message, forward: Forwarded | None) -> str:
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


def outsiders_forward(message: Message, policy: Policy) -> Forwarded | None:
    """Return an outsider's message that one of our own people passed on."""
    if not policy.directory.is_own(message.sender.address):
        return None
    for inner in message.forwarded:
        if inner.sender.address and not policy.directory.is_own(inner.sender.address):
            return inner
    return None


def arrangements_for(message: Message, policy: Policy, context: Context) -> tuple[Arrangement, ...]:
    """Return the handling arrangements in force for who wrote (guide §1.5, 1.10)."""
    forward = outsiders_forward(message, policy)
    sender = forward.sender if forward else message.sender
    today = london_date(context.received_at)
    return tuple(
        a
        for a in policy.arrangements
        if (sender.address in a.addresses or sender.domain in a.domains)
        and (a.from_on is None or a.from_on <= today)
        and (a.until_on is None or today <= a.until_on)
    )


def is_forged(case: Case) -> bool:
    """Whether our own mail server found that the sender may be forged."""
    return authentication_failed(case.message, case.policy.directory.own_servers)
