"""Merging two enquiries that are one, and splitting one that is two."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from daemon.casework.acts import Acts, CaseworkError
from daemon.intake.facts import Filed
from daemon.kept import read_again, with_attachments
from daemon.model import ClockKind, EnquiryStatus, Outcome

if TYPE_CHECKING:
    from datetime import datetime

    from daemon.intake.revision import Revision
    from daemon.store import Transaction
    from daemon.store.clocks import OpenClock
    from daemon.store.enquiries import EnquiryRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Joining(Acts):
    """Merging and splitting; nothing that was sent is taken back or sent twice."""

    def merge(self, reference: str, *, into: str, by: str, note: str = "") -> str:
        """Make an enquiry a part of another one that is open.

        Messages, parties, criteria, entries and notes move. Of two clocks of one kind the one
        that is due first runs on. The merged enquiry is closed and points at the other.

        Raises:
            CaseworkError: one of them is missing or not open, they are the same, or an
                acknowledgement of the merged one is still held.
        """
        with self.store.write() as tx:
            now = self.clock()
            one, other = self._open(tx, reference), self._open(tx, into)
            self._refuse_merge(tx, one, other)
            for clock in tx.open_clocks(one.id):
                self._unite_clock(tx, clock, other, now)
            tx.merge_into(one.id, target_id=other.id)
            tx.set_status(one.id, EnquiryStatus.CLOSED, now=now)
            detail = {"into": other.id}
            self._note(tx, one, "merged", by=by, note="", now=now, detail=detail)
            self._note(tx, other, "merged-with", by=by, note=note, now=now, detail={"id": one.id})
            return f"{one.reference} is now a part of {other.reference}."

    def _refuse_merge(self, tx: Transaction, one: EnquiryRow, other: EnquiryRow) -> None:
        if one.id == other.id:
            msg = f"{one.reference} cannot be merged into itself."
            raise CaseworkError(msg)
        if tx.is_held(one.id):
            msg = (
                f"An acknowledgement of {one.reference} is still held. Release it first, or merge"
                " the other way round."
            )
            raise CaseworkError(msg, command=f"assurance release {one.reference} --by NAME")

    def _unite_clock(
        self, tx: Transaction, clock: OpenClock, other: EnquiryRow, now: datetime
    ) -> None:
        """Have the clock that is due first run on for the other enquiry."""
        theirs = next((c for c in tx.open_clocks(other.id) if c.kind == clock.kind), None)
        keeps = theirs is None or clock.due_on < theirs.due_on
        if theirs is not None:
            tx.end_clock(theirs.id if keeps else clock.id, by="merged", now=now)
        if keeps:
            tx.move_clock(clock.id, enquiry_id=other.id)
        tx.audit(
            "deadline_merged",
            f"enquiry:{other.id}",
            at=now,
            detail={"id": clock.id, "kind": clock.kind, "kept": keeps},
        )

    def split(
        self, reference: str, *, message_id: int, by: str, revision: Revision, note: str = ""
    ) -> str:
        """Give a further message an enquiry of its own, linked to the one it stood in.

        It is routed, acknowledged and put on the clock as if it had opened one, by its own
        receipt.

        Raises:
            CaseworkError: there is no such enquiry or message, or it is the one that opened it.
        """
        with self.store.write() as tx:
            now = self.clock()
            enquiry = self._enquiry(tx, reference)
            ids = tx.messages_of(enquiry.id)
            if message_id not in ids[1:]:
                listed = ", ".join(str(one) for one in ids[1:]) or "none"
                msg = f"Of {enquiry.reference} these messages can be split off: {listed}."
                raise CaseworkError(msg)
            kept = tx.kept(message_id)
            found = tx.classification_of(message_id)
            if found is None:
                msg = f"Message {message_id} has never been classified. Correct it first."
                raise CaseworkError(msg)
            message = with_attachments(read_again(kept), tx.attachment_text(message_id))
            sight = revision.sight(tx, kept, message, found, now)
            # An alert stays where it was raised, until a person confirms it: one is enough.
            decision = replace(
                sight.decision,
                outcome=Outcome.OPENED,
                alerts=(),
                deadlines=tuple(
                    d for d in sight.decision.deadlines if d.kind is not ClockKind.VULNERABLE
                ),
            )
            opened = self.new_reference()
            new_id = tx.open_enquiry(opened, decision, found, received_at=kept.received_at, now=now)
            tx.link(new_id, linked_to=enquiry.id)
            tx.decide_again(message_id, decision, inbox=kept.inbox, box=kept.box, enquiry_id=new_id)
            self._end_clocks_of(tx, enquiry, message_id, now)
            filed = Filed(
                sight=replace(sight, decision=decision),
                message_id=message_id,
                enquiry_id=new_id,
                reference=opened,
            )
            revision.filing.follow(tx, filed)
            detail = {"message": message_id, "new": new_id}
            self._note(tx, enquiry, "split", by=by, note=note, now=now, detail=detail)
            return f"Message {message_id} of {enquiry.reference} is now {opened}."

    def _end_clocks_of(
        self, tx: Transaction, enquiry: EnquiryRow, message_id: int, now: datetime
    ) -> None:
        """End what the message had started where it stood: its own enquiry starts it anew."""
        for clock in tx.open_clocks(enquiry.id):
            if clock.message_id == message_id and clock.kind != ClockKind.VULNERABLE:
                tx.end_clock(clock.id, by="corrected", now=now)
