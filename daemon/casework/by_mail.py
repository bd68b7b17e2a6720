"""Answers to our notices: one word does something, anything else is an update; none is sent on.

The token in the address binds an answer to one enquiry, to whom the notice went, and to some
weeks. Whoever else of the office answers is heard, and can change nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from daemon.casework.acts import CaseworkError
from daemon.casework.assigning import Assigning
from daemon.casework.enquiries import Enquiries
from daemon.compose import NoticeFacts, NoticeKind
from daemon.model import EnquiryStatus, OutboxKind
from daemon.tokens import message_id as id_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from daemon.model import Message
    from daemon.store import Transaction
    from daemon.store.enquiries import EnquiryRow
    from daemon.store.returns import Told
    from daemon.tokens import Token

ANSWERED_WITHIN: Final = timedelta(days=90)
"""Until then a notice can be answered with a command; process, *house*."""
_WORDS_KEPT: Final = 2_000  # of an update
_COMMAND: Final = re.compile(r"\W*(taken|replied|close)\W*", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class ByMail(Enquiries, Assigning):
    """Does what an answer to a notice says, inside the transaction that stores it."""

    def obey(self, tx: Transaction, message: Message, tokens: Sequence[Token]) -> None:
        """Do it, or note the words on the enquiry; say so to the writer where it cannot be done.

        The caller has made sure that one of our own people wrote it, and no machine.
        """
        for token in tokens:
            domain = self.letters.head.message_id_domain
            told = tx.told_by(id_of(token.text, domain))
            if told is None or told.enquiry_id is None:
                continue
            enquiry = tx.enquiry_by_id(told.enquiry_id, lock=True)
            if message.sender.address not in tx.subjects(enquiry.id):
                self._obey(tx, enquiry, told, message)
            return

    def _obey(self, tx: Transaction, enquiry: EnquiryRow, told: Told, message: Message) -> None:
        now, sender = self.clock(), message.sender
        by = sender.name or sender.address
        word = _first_line(message)
        command = _COMMAND.fullmatch(word)
        if command is None:
            self._keep(tx, enquiry, message, by=by, now=now)
            return
        refused = self._why_not(tx, enquiry, told, sender.address, now)
        if not refused:
            try:
                self._do(tx, enquiry, command[1].lower(), sender.address, by=by, now=now)
            except CaseworkError as error:
                refused = str(error)
        if refused:
            self._keep(tx, enquiry, message, by=by, now=now)
            self._say(tx, enquiry, message, refused, now)

    def _do(
        self,
        tx: Transaction,
        enquiry: EnquiryRow,
        what: str,
        person: str,
        *,
        by: str,
        now: datetime,
    ) -> None:
        if what == "taken":
            self.take_in_hand(tx, enquiry, person, by=by, now=now)
            return
        status = EnquiryStatus.REPLIED if what == "replied" else EnquiryStatus.CLOSED
        self.end_in(tx, enquiry, status, by=by, note="By an answer to a notice.")

    def _why_not(
        self, tx: Transaction, enquiry: EnquiryRow, told: Told, sender: str, now: datetime
    ) -> str:
        """Return why somebody cannot command by this answer; "" where they can."""
        if now > told.created_at + ANSWERED_WITHIN:
            return "That notice is too old to be answered with a command."
        if sender not in self._bound_to(tx, enquiry, told):
            return "That notice went to somebody else, who can answer it with a command."
        return ""

    def _bound_to(self, tx: Transaction, enquiry: EnquiryRow, told: Told) -> set[str]:
        """Return whose answers count: the address a notice went to, and who reads that mailbox."""
        bound = {told.recipient}
        for team in self.policy.teams.values():
            if team.mailbox == told.recipient:
                people = (team.holder, team.deputy, team.assistant_director, team.director)
                bound.update(people, (tx.assigned_to(enquiry.id),))
        return {one for one in bound if one}

    def _keep(
        self, tx: Transaction, enquiry: EnquiryRow, message: Message, *, by: str, now: datetime
    ) -> None:
        """Note the words on the enquiry; where it is open, that is its update."""
        words = message.new_text.strip()[:_WORDS_KEPT]
        if not words:
            return
        if enquiry.status is EnquiryStatus.OPEN:
            self.update_in(tx, enquiry, by=by, note=words, now=now)
        else:
            self._note(tx, enquiry, "noted", by=by, note=words, now=now)

    def _say(
        self, tx: Transaction, enquiry: EnquiryRow, message: Message, why: str, now: datetime
    ) -> None:
        facts = NoticeFacts(reference=enquiry.reference, problem=why)
        entry = self.letters.to_team(
            NoticeKind.NOT_DONE,
            facts,
            key=f"{enquiry.reference}:not-done:{now.isoformat()}",
            recipient=message.sender.address,
            now=now,
            outbox_kind=OutboxKind.OPERATOR,
        )
        tx.queue([entry], enquiry_id=enquiry.id, message_id=None, now=now)


def _first_line(message: Message) -> str:
    lines = (line.strip() for line in message.new_text.splitlines())
    return next((line for line in lines if line), "")
