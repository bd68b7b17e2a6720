"""What follows when a mail of ours failed for good, refused at once or sent back later."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from daemon.by_post import ByPost
from daemon.compose import NoticeFacts, NoticeKind
from daemon.letters import told_of_failure
from daemon.model import EnquiryStatus, OutboxKind

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from daemon.deadlines import WorkingDays
    from daemon.letters import Letters
    from daemon.model import Box, Policy
    from daemon.store import Transaction
    from daemon.store.postbox import Claimed
    from daemon.store.returns import Undelivered

    Failed = Claimed | Undelivered


@dataclass(frozen=True, slots=True, kw_only=True)
class Failures:
    """Tells who can act, and has an enquirer written to by post; in the caller's transaction."""

    letters: Letters
    policy: Policy
    days: WorkingDays
    operators: Sequence[str]

    def follow(
        self, tx: Transaction, entry: Failed, *, problem: str, no_mailbox: str, now: datetime
    ) -> None:
        """Do what follows, once for an entry.

        `problem` is a sentence for people; `no_mailbox` the status that says that nobody is there
        to get mail (5.1.1), or "": then the address is left alone for some days.
        """
        if entry.kind is OutboxKind.ACKNOWLEDGEMENT:
            if no_mailbox:
                self._block(tx, entry, status=no_mailbox, now=now)
            if not _is_handle(entry.recipient):  # a person answers another way
                self._write_by_post(tx, entry, now=now)
        self._tell(tx, entry, problem=problem, now=now)

    def _block(self, tx: Transaction, entry: Failed, *, status: str, now: datetime) -> None:
        until = now + timedelta(days=self.policy.limits.block_days)
        key = self.letters.signer.keyed_hash(entry.recipient.lower())
        tx.block_address(key, status=status, now=now, until=until)
        tx.audit("address_blocked", f"outbox:{entry.id}", at=now, detail={"status": status})

    def _write_by_post(self, tx: Transaction, entry: Failed, *, now: datetime) -> None:
        if entry.enquiry_id is None:
            return
        enquiry = tx.enquiry_by_id(entry.enquiry_id, lock=True)
        if enquiry.status is EnquiryStatus.OPEN:
            by_post = ByPost(letters=self.letters, teams=self.policy.teams, days=self.days)
            by_post.write(tx, enquiry, why=str(entry.id), now=now)

    def _box(self, tx: Transaction, entry: Failed) -> Box | None:
        """Return the box of a message on a social network that was answered there."""
        if entry.message_id is None or not _is_handle(entry.recipient):
            return None
        return tx.message_facts(entry.message_id).box

    def _tell(self, tx: Transaction, entry: Failed, *, problem: str, now: datetime) -> None:
        told = told_of_failure(
            entry.kind,
            entry.recipient,
            operators=self.operators,
            duty=self.policy.duty,
            customer_care=self.policy.care_mailbox,
        )
        facts = NoticeFacts(
            reference=tx.enquiry_by_id(entry.enquiry_id).reference if entry.enquiry_id else "",
            problem=problem,
            failed=entry.kind,
            box=self._box(tx, entry),
        )
        notices = [
            self.letters.to_team(
                NoticeKind.NOT_SENT,
                facts,
                key=f"outbox:{entry.id}:not-sent",
                recipient=person,
                now=now,
                outbox_kind=OutboxKind.OPERATOR,
            )
            for person in told
        ]
        tx.queue(notices, enquiry_id=entry.enquiry_id, message_id=entry.message_id, now=now)


def _is_handle(recipient: str) -> bool:
    return recipient.startswith("@")
