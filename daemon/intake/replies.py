"""Evidence of replies: seen in sent mail or a copy to our signed address, and come back or not.

A seen reply silences reminders and asks the holder to confirm it; the clocks that the office set
itself end, those of the law, MPs and the Commissioner run on until a person confirms (process, "A
reply ends the clock"). What came before its enquiry is kept as keyed hashes and linked later.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from daemon import reach
from daemon.compose import NoticeKind
from daemon.deadlines import london_date
from daemon.model import ClockKind, EnquiryStatus
from daemon.parse import authentication_failed
from daemon.reports import ids_told, message_ids_told
from daemon.store.replies import SentMail
from daemon.told import facts_of_enquiry

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from daemon.compose import NoticeFacts
    from daemon.intake.context import ContextReader
    from daemon.intake.facts import Filed, Sight
    from daemon.intake.filing import Filing
    from daemon.store import Transaction
    from daemon.store.enquiries import EnquiryRow
    from daemon.store.replies import KeptMail
    from daemon.tokens import Signer

ENDED_BY_SEEING = (ClockKind.SERVICE, ClockKind.OTHER, ClockKind.DPA_COMPLAINT)
"""Clocks that a seen reply ends; every other one ends with a person's word."""
_THREAD = 20  # Message-IDs of a mail's thread that are kept, the nearest first
_REPORTED = 10  # Message-IDs of a report that are kept


@dataclass(frozen=True, slots=True, kw_only=True)
class Seeing:
    """Sees replies and their failures, inside the caller's transaction."""

    filing: Filing
    reader: ContextReader

    @property
    def _signer(self) -> Signer:
        return self.reader.signer

    # What our own people sent

    def look_at(self, tx: Transaction, sight: Sight, *, message_id: int | None) -> None:
        """Note a mail of our own people: whose reply it is now, and what it may answer yet.

        `message_id` is None where it is not ours to read: then only hashes are kept.
        """
        if not self._may_be_a_reply(sight):
            return
        mail = self._mail(sight, message_id)
        message = sight.message
        thread = dict.fromkeys((*message.in_reply_to, *reversed(message.references)))
        for one in list(thread)[:_THREAD]:
            tx.keep_sent_mail(mail, answers=self._signer.keyed_hash(one))
        link = sight.decision.linked_to
        if link is None or not link.proven or message_id is None:
            return
        enquiry = tx.enquiry_by_id(link.enquiry_id, lock=True)
        if self._answers(tx, enquiry, mail):
            kept_id = tx.keep_sent_mail(mail, enquiry_id=enquiry.id)
            self._seen(tx, enquiry, kept_id, mail, sight.now)

    def look_back(self, tx: Transaction, filed: Filed) -> None:
        """Link replies that were seen before the message they answer was taken in."""
        own_id = filed.sight.message.message_id
        if own_id is None:
            return
        for kept in tx.answers_to(self._signer.keyed_hash(own_id)):
            enquiry = tx.enquiry_by_id(filed.enquiry_id, lock=True)
            if self._answers(tx, enquiry, kept.mail):
                tx.answers_enquiry(kept.id, enquiry.id)
                self._seen(tx, enquiry, kept.id, kept.mail, filed.sight.now)

    def _may_be_a_reply(self, sight: Sight) -> bool:
        """Whether one of our own people wrote it, and no machine: what the daemon made is neither.

        Anybody can write our address into From: where our own server doubts it, it is no reply.
        """
        directory = self.filing.policy.directory
        sender = sight.message.sender.address
        return (
            sight.found.automation is None
            and directory.is_own(sender)
            and not authentication_failed(sight.message, directory.own_servers)
        )

    def _mail(self, sight: Sight, message_id: int | None) -> SentMail:
        message = sight.message
        own_id = message.message_id
        return SentMail(
            own_id=self._signer.keyed_hash(own_id) if own_id else "",
            addressed=self._keys(one.address for one in (*message.to, *message.cc)),
            message_id=message_id,
            sent_at=sight.item.received_at,
        )

    def _keys(self, addresses: Iterable[str]) -> frozenset[str]:
        """Return what addresses are known by: each, and the MP's office it belongs to."""
        found: set[str] = set()
        for address in addresses:
            office = self.filing.policy.directory.mp_office(address)
            names = (address, f"office:{office.id}") if office else (address,)
            found |= {self._signer.keyed_hash(one) for one in names if address}
        return frozenset(found)

    def _answers(self, tx: Transaction, enquiry: EnquiryRow, mail: SentMail) -> bool:
        """Whether a mail went to a party, and later than the enquiry came."""
        if mail.sent_at < enquiry.received_at:
            return False
        return bool(mail.addressed & self._keys(tx.parties(enquiry.id)))

    def _seen(
        self, tx: Transaction, enquiry: EnquiryRow, kept_id: int, mail: SentMail, now: datetime
    ) -> None:
        tx.reply_seen(enquiry.id, now=now)
        detail = {"sent_mail": kept_id, "message": mail.message_id}
        tx.audit("reply_seen", f"enquiry:{enquiry.id}", at=now, detail=detail)
        if enquiry.status is EnquiryStatus.OPEN:
            self._end_clocks(tx, enquiry, now)
            if not tx.has_failed(mail.own_id):
                self._tell(tx, enquiry, NoticeKind.REPLY_SEEN, f"reply-seen:{kept_id}", now)
        if tx.has_failed(mail.own_id):
            self._came_back(tx, enquiry, [kept_id], now)

    def _end_clocks(self, tx: Transaction, enquiry: EnquiryRow, now: datetime) -> None:
        """End the clocks that seeing ends; one that stands still awaits something else."""
        for clock in tx.open_clocks(enquiry.id):
            if clock.kind in ENDED_BY_SEEING and clock.stopped_on is None:
                tx.end_clock(clock.id, by="seen", now=now)
                detail = {"id": clock.id, "kind": clock.kind, "why": "reply seen"}
                tx.audit("deadline_ended", f"enquiry:{enquiry.id}", at=now, detail=detail)

    # What came back

    def hear_failure(self, tx: Transaction, content: bytes, *, now: datetime) -> None:
        """Note that replies came back: a report counts by the very Message-ID of what it returns.

        One that is faster than the sent mail is kept until that is seen.
        """
        told = {self._signer.keyed_hash(one) for one in ids_told(content)}
        by_enquiry: dict[int, list[KeptMail]] = {}
        for kept in tx.replies_of(told):
            by_enquiry.setdefault(kept.enquiry_id or 0, []).append(kept)
        for enquiry_id, replies in by_enquiry.items():
            enquiry = tx.enquiry_by_id(enquiry_id, lock=True)
            self._came_back(tx, enquiry, [one.id for one in replies], now)
        narrow = [one for one in message_ids_told(content) if not self.reader.is_signed(one)]
        tx.keep_failed_mail({self._signer.keyed_hash(one) for one in narrow[:_REPORTED]}, now=now)

    def _came_back(
        self, tx: Transaction, enquiry: EnquiryRow, kept_ids: Sequence[int], now: datetime
    ) -> None:
        """Say on the enquiry that a reply did not arrive; where no other one stands, clocks go on.

        They have their old dates; what was decided meanwhile stays decided.
        """
        tx.reply_came_back(kept_ids, now=now)
        others = tx.replies_that_stand(enquiry.id)
        revived = 0
        if not others:
            tx.reply_failed(enquiry.id, now=now)
            if enquiry.status is EnquiryStatus.OPEN:
                revived = tx.revive_clocks(enquiry.id, ended_by=("seen",))
        detail = {"sent_mail": list(kept_ids), "clocks": revived, "others": others}
        tx.audit("reply_failed", f"enquiry:{enquiry.id}", at=now, detail=detail)
        key = f"reply-failed:{kept_ids[0]}"
        self._tell(tx, enquiry, NoticeKind.REPLY_FAILED, key, now, and_care=True)

    # Letters

    def _tell(
        self,
        tx: Transaction,
        enquiry: EnquiryRow,
        kind: NoticeKind,
        key: str,
        now: datetime,
        *,
        and_care: bool = False,
    ) -> None:
        """Queue a notice to who holds an enquiry; never to somebody it is about."""
        about = tx.subjects(enquiry.id)
        told = [self._holder(tx, enquiry, about, now)]
        if and_care:
            told.append(self.filing.policy.care_mailbox if not about else "")
        facts = self._facts(tx, enquiry)
        first = tx.messages_of(enquiry.id)[0]
        for person in dict.fromkeys(one for one in told if one and one not in about):
            try:
                entry = self.filing.letters.to_team(
                    kind, facts, key=f"{enquiry.reference}:{key}", recipient=person, now=now
                )
            except ValueError:  # an address outside the office: the reply was seen all the same
                tx.audit("notice_not-written", f"enquiry:{enquiry.id}", at=now)
                continue
            tx.queue([entry], enquiry_id=enquiry.id, message_id=first, now=now)

    def _holder(
        self, tx: Transaction, enquiry: EnquiryRow, about: frozenset[str], now: datetime
    ) -> str:
        policy = self.filing.policy
        team = policy.teams.get(enquiry.team)
        if team is None:
            return policy.care_mailbox
        assigned = tx.assigned_to(enquiry.id)
        return reach.holder_of(policy, team, on=london_date(now), assigned=assigned, but=about)

    def _facts(self, tx: Transaction, enquiry: EnquiryRow) -> NoticeFacts:
        return facts_of_enquiry(
            tx,
            self.filing.policy,
            enquiry,
            message_id=tx.messages_of(enquiry.id)[0],
            due=[
                (ClockKind(one.kind), one.due_on)
                for one in sorted(tx.open_clocks(enquiry.id), key=lambda one: one.due_on)
                if ClockKind(one.kind).ends_with_a_reply
            ],
            holder=tx.assigned_to(enquiry.id),
        )
