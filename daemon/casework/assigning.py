"""Who has an enquiry, how far it has got, and opening it again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from daemon.casework.acts import Acts, CaseworkError
from daemon.casework.updates import renew_update_clock
from daemon.compose import NoticeKind
from daemon.compose.wire import mailable
from daemon.deadlines import in_words
from daemon.model import ClockKind, EnquiryStatus
from daemon.tokens import as_reference
from daemon.told import facts_of_enquiry

if TYPE_CHECKING:
    from datetime import date, datetime

    from daemon.model import Team
    from daemon.store import Transaction
    from daemon.store.enquiries import EnquiryRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Assigning(Acts):
    """Assigning, updating, noting, milestones, and opening again."""

    def assign(self, reference: str, *, to: str, person: str = "", by: str, note: str = "") -> str:
        """Give an enquiry to a team, or to one colleague of it (guide §1.13).

        `to` is a team's id, `person` the address of a colleague who is reminded from now on.
        The team's mailbox, or that colleague, gets a notice with the original.

        Raises:
            CaseworkError: there is no such open enquiry or team, or it is about that colleague.
        """
        with self.store.write() as tx:
            now = self.clock()
            enquiry = self._open(tx, reference)
            team = self._team(to)
            holder = self._colleague(tx, enquiry, person) if person else None
            tx.assign(enquiry.id, team=team.id, person=holder)
            detail = {"old": enquiry.team, "new": team.id, "in_person": holder is not None}
            self._note(tx, enquiry, "assigned", by=by, note=note, now=now, detail=detail)
            self._tell(tx, enquiry, holder or team.mailbox, now)
            return f"{enquiry.reference} is now with {holder or team.name}."

    def _team(self, team_id: str) -> Team:
        team = self.policy.teams.get(team_id)
        if team is None:
            known = ", ".join(sorted(self.policy.teams))
            msg = f"There is no team {team_id!r} in teams.toml. There are: {known}."
            raise CaseworkError(msg)
        return team

    def _colleague(self, tx: Transaction, enquiry: EnquiryRow, person: str) -> str:
        address = mailable(person.strip().lower()) or ""
        if not address or not self.policy.directory.is_own(address):
            msg = f"{person} is no address of the office: notices hold people's letters."
            raise CaseworkError(msg)
        if address in tx.subjects(enquiry.id):
            msg = f"{enquiry.reference} is about {address}, who cannot hold it."
            raise CaseworkError(msg)
        return address

    def _tell(self, tx: Transaction, enquiry: EnquiryRow, recipient: str, now: datetime) -> None:
        """Queue a notice with the original to who has an enquiry now."""
        if not recipient or recipient in tx.subjects(enquiry.id):
            return
        message_id = tx.messages_of(enquiry.id)[0]
        due = [(ClockKind(c.kind), c.due_on) for c in tx.open_clocks(enquiry.id)]
        why = ("A colleague has assigned it to you.",)
        facts = facts_of_enquiry(tx, self.policy, enquiry, message_id=message_id, due=due, why=why)
        entry = self.letters.to_team(
            NoticeKind.ENQUIRY,
            facts,
            key=f"{enquiry.reference}:assigned:{now.isoformat()}",
            recipient=recipient,
            now=now,
            original=tx.raw_of(message_id),
        )
        tx.queue([entry], enquiry_id=enquiry.id, message_id=message_id, now=now)

    def update(self, reference: str, *, by: str, note: str) -> str:
        """Record how far an enquiry has got; the next update is due anew (guide §1.20).

        Raises:
            CaseworkError: there is no such open enquiry, or no words.
        """
        if not note.strip():
            msg = "Say how far it has got."
            raise CaseworkError(msg)
        with self.store.write() as tx:
            now = self.clock()
            next_on = self.update_in(tx, self._open(tx, reference), by=by, note=note, now=now)
            said = f"The update on {as_reference(reference)} is recorded."
            return f"{said} The next one is due by {in_words(next_on)}." if next_on else said

    def update_in(
        self, tx: Transaction, enquiry: EnquiryRow, *, by: str, note: str, now: datetime
    ) -> date | None:
        """Record an update inside a transaction; return when the next one is due."""
        tx.note_update(enquiry.id, now=now)
        self._note(tx, enquiry, "updated", by=by, note=note, now=now)
        return renew_update_clock(tx, enquiry.id, self.days, now=now)

    def take_in_hand(
        self, tx: Transaction, enquiry: EnquiryRow, person: str, *, by: str, now: datetime
    ) -> str:
        """Give an enquiry to a colleague who takes it, in the team that has it.

        Raises:
            CaseworkError: it is not open, is about that colleague, or no address of the office.
        """
        enquiry = self._open(tx, enquiry.reference)
        holder = self._colleague(tx, enquiry, person)
        tx.assign(enquiry.id, team=enquiry.team, person=holder)
        detail = {"old": enquiry.team, "new": enquiry.team, "in_person": True}
        self._note(tx, enquiry, "assigned", by=by, note="", now=now, detail=detail)
        return f"{enquiry.reference} is now with {holder}."

    def note(self, reference: str, *, by: str, note: str) -> str:
        """Write a few words onto an enquiry; no clock changes.

        Raises:
            CaseworkError: there is no such enquiry, or no words.
        """
        if not note.strip():
            msg = "There is nothing to note: give the words."
            raise CaseworkError(msg)
        with self.store.write() as tx:
            enquiry = self._enquiry(tx, reference)
            self._note(tx, enquiry, "noted", by=by, note=note, now=self.clock())
            return f"The note stands on {enquiry.reference}."

    def add_milestone(self, reference: str, *, words: str, on: date, by: str) -> str:
        """Enter a milestone: the next update is due by then at the latest (guide §1.20).

        Raises:
            CaseworkError: there is no such open enquiry, or the date has passed.
        """
        with self.store.write() as tx:
            now = self.clock()
            enquiry = self._open(tx, reference)
            if on < self._today():
                msg = f"{in_words(on)} has passed: a milestone lies ahead."
                raise CaseworkError(msg)
            number = tx.add_milestone(enquiry.id, words=words, due_on=on, now=now)
            detail = {"milestone": number, "due_on": on.isoformat()}
            self._note(tx, enquiry, "milestone-set", by=by, note=words, now=now, detail=detail)
            renew_update_clock(tx, enquiry.id, self.days, now=now)
            return f"Milestone {number} stands on {enquiry.reference}, for {in_words(on)}."

    def pass_milestone(self, reference: str, number: int, *, by: str, note: str = "") -> str:
        """Record that a milestone was reached.

        Raises:
            CaseworkError: there is no such enquiry, or no such milestone ahead of it.
        """
        with self.store.write() as tx:
            now = self.clock()
            enquiry = self._enquiry(tx, reference)
            if not tx.pass_milestone(enquiry.id, number, now=now):
                msg = f"{enquiry.reference} has no milestone {number} ahead of it."
                raise CaseworkError(msg)
            detail = {"milestone": number}
            self._note(tx, enquiry, "milestone-passed", by=by, note=note, now=now, detail=detail)
            if enquiry.status is EnquiryStatus.OPEN:
                renew_update_clock(tx, enquiry.id, self.days, now=now)
            return f"Milestone {number} of {enquiry.reference} is reached."

    def reopen(self, reference: str, *, by: str, note: str = "") -> str:
        """Open an enquiry again: its clocks run on with the dates they had.

        Raises:
            CaseworkError: there is no such enquiry, it is open, or was merged into another.
        """
        with self.store.write() as tx:
            now = self.clock()
            enquiry = self._enquiry(tx, reference)
            if enquiry.status is EnquiryStatus.OPEN:
                msg = f"{enquiry.reference} is open."
                raise CaseworkError(msg)
            if target := tx.merged_into(enquiry.id):
                msg = f"{enquiry.reference} was merged into {target}: work on that one."
                raise CaseworkError(msg)
            tx.reopen(enquiry.id)
            clocks = tx.revive_clocks(enquiry.id)
            detail = {"old": enquiry.status, "clocks": clocks}
            self._note(tx, enquiry, "reopened", by=by, note=note, now=now, detail=detail)
            return f"{enquiry.reference} is open again, with the dates it had."
