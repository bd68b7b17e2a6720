"""What the store knows about a message: thread, tokens, parties, and today's letters."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING

from daemon.deadlines import LONDON, london_date
from daemon.decide import recipient_of
from daemon.model import Context
from daemon.parse import authentication_failed
from daemon.tokens import Purpose, find_references, message_id

if TYPE_CHECKING:
    from collections.abc import Iterable

    from daemon.intake.facts import InboxFacts
    from daemon.letters import Letterhead
    from daemon.model import Message, MpOffice, Policy
    from daemon.store import Transaction
    from daemon.tokens import Signer, Token


AT_ONCE = timedelta(hours=1)
"""A machine that answers our acknowledgement does so within this time."""
_WORDS_READ = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ContextReader:
    """Reads, inside the caller's transaction, what `decide` needs to know."""

    policy: Policy
    signer: Signer
    prefix: str  # of references

    def read(
        self,
        tx: Transaction,
        inbox: InboxFacts,
        message: Message,
        *,
        received_at: datetime,
        now: datetime,
    ) -> Context:
        """Return the context of a message that is about to be decided."""
        sender = message.sender.address
        # The tokens are no secret, since those who get our mail see them: the sender counts.
        servers = self.policy.directory.own_servers
        ours = self.policy.directory.is_own(sender) and not authentication_failed(message, servers)
        office = self.policy.directory.mp_office(sender, london_date(received_at))
        recipient = recipient_of(message, self.policy)
        addressed = self.verify(a.address for a in (*message.to, *message.cc))
        # The nearest message of the thread first: In-Reply-To, then References backwards.
        thread = list(dict.fromkeys((*message.in_reply_to, *reversed(message.references))))
        answered = self.verify(thread)
        return Context(
            received_at=received_at,
            role=inbox.role,
            links=tx.links(
                thread=thread,
                tokens=[token.reference for token in (*answered, *addressed)],
                mentioned=find_references(message.subject, self.prefix),
                sender=_known_as(message, office),
                conversation=message.posted.conversation if message.posted else "",
                sender_domains=office.domains if office else (),
            ),
            sent_today=tx.acknowledged_since(recipient, _midnight(now)),
            answers_at_once=self._answers_at_once(tx, message, recipient, now),
            blocked=tx.is_blocked(self.signer.keyed_hash(recipient.lower()), now=now),
            arrangements=tx.arrangements(),
            go_live_at=inbox.go_live_at,
            # The Message-ID alone is not enough: somebody who writes with that of our
            # acknowledgement must still be heard.
            own_message=ours and self.is_signed(message.message_id),
            command=ours and any(t.purpose != Purpose.ACKNOWLEDGEMENT for t in addressed),
            inbox_address=inbox.address,
        )

    def _answers_at_once(
        self, tx: Transaction, message: Message, recipient: str, now: datetime
    ) -> bool:
        """Whether a message may be a machine's answer to what we sent its writer just now.

        It speaks of an enquiry that we acknowledged, or says the very same as the message before.
        """
        told = tx.acknowledged_to(recipient, since=now - AT_ONCE)
        if not told:
            return False
        words = f"{message.subject}\n{message.text[:_WORDS_READ]}"
        spoken_of = not told.isdisjoint(find_references(words, self.prefix))
        return spoken_of or tx.said_the_same(told, message.subject, message.new_text)

    def verify(self, texts: Iterable[str]) -> list[Token]:
        """Return the tokens of ours that stand in Message-IDs or addresses."""
        found = (self.signer.verify(text, prefix=self.prefix) for text in texts)
        return [token for token in found if token is not None]

    def answered_notices(self, message: Message) -> list[Token]:
        """Return the tokens of notices that one of our own people answers at our signed address.

        An acknowledgement's is none: whoever has it may be anybody.
        """
        servers = self.policy.directory.own_servers
        ours = self.policy.directory.is_own(message.sender.address)
        if not ours or authentication_failed(message, servers):
            return []
        addressed = self.verify(a.address for a in (*message.to, *message.cc))
        return [token for token in addressed if token.purpose is not Purpose.ACKNOWLEDGEMENT]

    def own_ids(self, words: Iterable[str], head: Letterhead) -> set[str]:
        """Return the Message-IDs of ours that some words are, or that stand in a signed address."""
        found: set[str] = set()
        for word in words:
            for token in self.verify([word]):
                found |= {word, message_id(token.text, head.message_id_domain)}
        return found

    def is_signed(self, own_id: str | None) -> bool:
        """Whether a Message-ID carries a token of ours."""
        return own_id is not None and bool(self.verify([own_id]))


def _known_as(message: Message, office: MpOffice | None) -> tuple[str, ...]:
    """Return by what parties a sender is found: of a post, by what never changes of its writer."""
    if message.posted is not None:
        return (message.posted.author,)
    sender = message.sender.address
    return (sender, *office.addresses) if office else (sender,)


def _midnight(now: datetime) -> datetime:
    """Return the beginning of London's day."""
    return datetime.combine(london_date(now), time(), tzinfo=LONDON).astimezone(UTC)
