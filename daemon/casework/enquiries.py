"""What a person does with an enquiry: replied, close, confirm, release, correct; all audited."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from daemon.casework.acts import Acts, CaseworkError
from daemon.kept import read_again, with_attachments
from daemon.model import ClockKind, EnquiryStatus
from daemon.words import CATEGORIES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from daemon.casework.correction import Correction
    from daemon.intake.revision import Revision
    from daemon.store import Transaction
    from daemon.store.enquiries import EnquiryRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Enquiries(Acts):
    """Ending, correcting and answering for an enquiry."""

    def replied(self, reference: str, *, by: str, note: str = "") -> str:
        """Record that somebody has replied: every clock ends, nothing is held any more.

        Raises:
            CaseworkError: there is no such enquiry, or it is not open.
        """
        return self._end(reference, EnquiryStatus.REPLIED, by=by, note=note)

    def close(self, reference: str, *, by: str, note: str = "") -> str:
        """Close an enquiry, replied to or not.

        Raises:
            CaseworkError: there is no such enquiry, or it is closed already.
        """
        return self._end(reference, EnquiryStatus.CLOSED, by=by, note=note)

    def confirm(self, reference: str, *, by: str, note: str = "") -> str:
        """Confirm that somebody looks after a person who may be at risk: the alert ends.

        The acknowledgement that waits for a humane answer waits on until it is released.

        Raises:
            CaseworkError: there is no such enquiry, or it has no alert.
        """
        with self.store.write() as tx:
            now = self.clock()
            enquiry = self._enquiry(tx, reference)
            ended = tx.end_clocks(enquiry.id, by="confirmed", now=now, kinds=[ClockKind.VULNERABLE])
            if not ended:
                msg = f"{enquiry.reference} has no alert that waits for a confirmation."
                raise CaseworkError(msg)
            held = tx.hold_without_end(enquiry.id)
            self._note(tx, enquiry, "confirmed", by=by, note=note, now=now)
            said = f"The alert on {enquiry.reference} is confirmed."
            if held:
                said += " Its acknowledgement waits until you release it or reply yourself."
            return said

    def release(self, reference: str, *, by: str, note: str = "", usual: bool = False) -> str:
        """Let a held acknowledgement go; of two texts the careful one, or the `usual` one.

        Raises:
            CaseworkError: there is no such enquiry, nothing of it is held, or it came by a social
                network where our account may not answer.
        """
        with self.store.write() as tx:
            now = self.clock()
            enquiry = self._enquiry(tx, reference)
            self._refuse_unanswerable(tx, enquiry)
            released = tx.release(enquiry.id, now=now, usual=usual)
            if not released:
                msg = f"Nothing is held for {enquiry.reference}."
                raise CaseworkError(msg)
            self._note(tx, enquiry, "released", by=by, note=note, now=now)
            said = f"The acknowledgement of {enquiry.reference} is released."
            if tx.are_to_post(released):
                said += (
                    " It goes by post: print it from the folder of letters, and record when it"
                    " has gone."
                )
            return said

    def _refuse_unanswerable(self, tx: Transaction, enquiry: EnquiryRow) -> None:
        """Refuse to print what was written on a social network: there is nowhere to post it to."""
        answer = tx.acknowledgement_of(enquiry.id)
        if answer is None or answer.recipient:
            return
        if tx.message_facts(tx.messages_of(enquiry.id)[0]).box.is_social:
            msg = (
                f"Our account may not answer {enquiry.reference} by itself. Answer on the network"
                " by hand, then record that we have replied."
            )
            raise CaseworkError(msg)

    def write(
        self, reference: str, words: str, *, by: str, revision: Revision, note: str = ""
    ) -> str:
        """Put one's own words in place of the opening of an acknowledgement that has not gone.

        Reference, dates, the routing diagram and how to reach us stay as they are. It waits until
        it is released. No words at all: the office's own text again.

        Raises:
            CaseworkError: there is no such open enquiry, it has been acknowledged, or no mail can
                go to whoever wrote.
        """
        with self.store.write() as tx:
            now = self.clock()
            enquiry = self._open(tx, reference)
            answer = tx.acknowledgement_of(enquiry.id)
            if answer is not None and answer.state != "held":
                msg = (
                    f"The acknowledgement of {enquiry.reference} does not wait any more. Reply from"
                    " your mailbox, or write a letter."
                )
                raise CaseworkError(msg)
            if not revision.write(tx, enquiry, words.strip(), now=now):
                msg = (
                    f"No mail can go to whoever wrote {enquiry.reference}. Write the"
                    " acknowledgement as a letter; or, on social media, answer there."
                )
                raise CaseworkError(msg)
            self._note(tx, enquiry, "words-written", by=by, note=note, now=now)
            return f"The acknowledgement of {enquiry.reference} is written. Read it and release it."

    def posted(self, reference: str, *, by: str, note: str = "") -> str:
        """Record that the letter of an acknowledgement has gone by post (guide, footnote 3).

        Raises:
            CaseworkError: there is no such enquiry, or no letter of it waits for the post.
        """
        with self.store.write() as tx:
            now = self.clock()
            enquiry = self._enquiry(tx, reference)
            if not tx.mark_posted(enquiry.id, now=now):
                msg = f"No letter of {enquiry.reference} waits for the post."
                raise CaseworkError(msg)
            tx.end_clocks(enquiry.id, by="sent", now=now, kinds=[ClockKind.ACK])
            self._note(tx, enquiry, "posted", by=by, note=note, now=now)
            return f"The letter of {enquiry.reference} has gone by post."

    def correct(
        self, reference: str, change: Correction, *, by: str, revision: Revision, note: str = ""
    ) -> str:
        """Say what a message is: the enquiry follows, and the next model learns from it.

        Route, registers and open clocks follow on the original receipt; what was sent stays sent.

        Raises:
            CaseworkError: there is no such enquiry or message, or nothing would change.
        """
        with self.store.write() as tx:
            now = self.clock()
            enquiry = self._enquiry(tx, reference)
            ids = tx.messages_of(enquiry.id)
            message_id = change.message_id or ids[0]
            before = tx.classification_of(message_id) if message_id in ids else None
            if before is None:
                msg = f"{enquiry.reference} has no message {message_id}. It has {_listed(ids)}."
                raise CaseworkError(msg)
            found = change.applied_to(before)
            kept = tx.kept(message_id)
            message = with_attachments(read_again(kept), tx.attachment_text(message_id))
            actor = self.signer.keyed_hash(by)
            revision.correct(tx, kept, message, found, actor=actor, now=now)
            self._note(tx, enquiry, "corrected", by=by, note=note, now=now)
            return f"{enquiry.reference} is now taken for this: {CATEGORIES[found.category]}."

    def model_adopted(self, version: str, *, before: str, by: str) -> None:
        """Record that somebody had another learned model serve."""
        with self.store.write() as tx:
            tx.audit(
                "model_adopted",
                f"model:{version}",
                at=self.clock(),
                actor=self.signer.keyed_hash(by),
                detail={"old": before, "new": version},
            )

    def _end(self, reference: str, status: EnquiryStatus, *, by: str, note: str) -> str:
        with self.store.write() as tx:
            return self.end_in(tx, self._enquiry(tx, reference), status, by=by, note=note)

    def end_in(
        self, tx: Transaction, enquiry: EnquiryRow, status: EnquiryStatus, *, by: str, note: str
    ) -> str:
        """End an enquiry inside a transaction; raises as `replied` does."""
        now = self.clock()
        closing_replied = (enquiry.status, status) == (
            EnquiryStatus.REPLIED,
            EnquiryStatus.CLOSED,
        )
        if enquiry.status is not EnquiryStatus.OPEN and not closing_replied:
            msg = f"{enquiry.reference} is {enquiry.status} already."
            raise CaseworkError(msg)
        self._refuse_over_alert(tx, enquiry)
        tx.set_status(enquiry.id, status, now=now)
        tx.end_clocks(enquiry.id, by=status, now=now)
        for entry_id in tx.cancel_held(enquiry.id):
            tx.audit("outbox_cancelled", f"outbox:{entry_id}", at=now)
        self._note(tx, enquiry, status, by=by, note=note, now=now)
        return f"{enquiry.reference} is {status}."

    def _refuse_over_alert(self, tx: Transaction, enquiry: EnquiryRow) -> None:
        """Keep an alert from ending unnoticed: a person confirms it first."""
        if any(c.kind == ClockKind.VULNERABLE for c in tx.open_clocks(enquiry.id)):
            msg = f"{enquiry.reference} has an alert: somebody may be at risk. Confirm it first."
            command = f"assurance confirm {enquiry.reference} --by NAME"
            raise CaseworkError(msg, command=command)


def _listed(ids: Sequence[int]) -> str:
    return ", ".join(str(one) for one in ids)
