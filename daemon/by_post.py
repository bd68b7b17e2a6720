"""Writing by post to somebody whom our mail did not reach (guide §1.9, footnote 3)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from daemon.deadlines import deadline, london_date, steps_of
from daemon.kept import read_again
from daemon.model import ClockKind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from daemon.deadlines import WorkingDays
    from daemon.letters import Letters
    from daemon.model import OutboxEntry, Team
    from daemon.store import Transaction
    from daemon.store.enquiries import EnquiryRow

TEMPLATE = "letter"


@dataclass(frozen=True, slots=True, kw_only=True)
class ByPost:
    """Puts an acknowledgement on paper, inside the caller's transaction."""

    letters: Letters
    teams: Mapping[str, Team]
    days: WorkingDays

    def write(
        self,
        tx: Transaction,
        enquiry: EnquiryRow,
        *,
        why: str,
        now: datetime,
    ) -> bool:
        """Queue a letter for the post room, once for each `why`; whether it is new.

        The enquirer has not heard from us: the clock of the acknowledgement runs again, to the
        day by which a letter has to go.
        """
        first = tx.messages_of(enquiry.id)[0]
        entry = self._letter(tx, enquiry, first, why=why, address=(), now=now)
        return self._queue(tx, enquiry, first, entry, now)

    def address(
        self, tx: Transaction, enquiry: EnquiryRow, lines: Sequence[str], *, now: datetime
    ) -> None:
        """Put an address block on the letter that waits, or write one where none does."""
        first = tx.messages_of(enquiry.id)[0]
        why = now.isoformat()
        entry = self._letter(tx, enquiry, first, why=why, address=lines, now=now)
        if not tx.write_letter_anew(enquiry.id, entry.content):
            self._queue(tx, enquiry, first, entry, now)

    def _letter(
        self,
        tx: Transaction,
        enquiry: EnquiryRow,
        message_id: int,
        *,
        why: str,
        address: Sequence[str],
        now: datetime,
    ) -> OutboxEntry:
        due = [
            clock.due_on
            for clock in tx.open_clocks(enquiry.id)
            if ClockKind(clock.kind).ends_with_a_reply and clock.due_on >= london_date(now)
        ]
        team = self.teams.get(enquiry.reply_team)
        answer = tx.acknowledgement_of(enquiry.id)
        return self.letters.on_paper(
            read_again(tx.kept(message_id)),
            key=f"{enquiry.reference}:by-post:{why}",
            template=TEMPLATE,
            reference=enquiry.reference,
            reply_team=team.name if team else self.letters.office.name,
            due_on=min(due, default=None),
            address=address,
            now=now,
            words=answer.words if answer else "",
        )

    def _queue(
        self,
        tx: Transaction,
        enquiry: EnquiryRow,
        message_id: int,
        entry: OutboxEntry,
        now: datetime,
    ) -> bool:
        ids = tx.queue([entry], enquiry_id=enquiry.id, message_id=message_id, now=now)
        if ids:
            self._run_again(tx, enquiry, message_id, now)
            tx.audit("letter_queued", f"enquiry:{enquiry.id}", at=now, detail={"outbox": ids[0]})
        return bool(ids)

    def _run_again(
        self, tx: Transaction, enquiry: EnquiryRow, message_id: int, now: datetime
    ) -> None:
        tx.end_clocks(enquiry.id, by="moved", now=now, kinds=[ClockKind.ACK])
        clock = deadline(ClockKind.ACK, enquiry.received_at, self.days, by_letter=True)
        clock_id = tx.start_clock(
            enquiry.id,
            clock,
            message_id=message_id,
            received_at=enquiry.received_at,
            steps=steps_of(clock),
        )
        detail = {"id": clock_id, "kind": clock.kind, "due_on": clock.due_on.isoformat()}
        tx.audit("deadline_started", f"enquiry:{enquiry.id}", at=now, detail=detail)
