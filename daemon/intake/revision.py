"""Deciding a stored message anew: for what its attachments say, or for what a person says.

Route, registers and open clocks follow the new classification on the original receipt. What was
sent stays sent, and nothing is sent twice.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from connectors.base import RawMessage
from daemon.deadlines import london_date
from daemon.decide import decide
from daemon.intake.facts import Filed, InboxFacts, Sight
from daemon.intake.prepare import Prepared
from daemon.kept import read_again
from daemon.letters import reply_by
from daemon.model import (
    GENERAL,
    REQUESTS,
    Box,
    ClockKind,
    Context,
    Criterion,
    EnquiryStatus,
    Hold,
    InboxRole,
    Outcome,
    Register,
    Route,
)

if TYPE_CHECKING:
    from datetime import datetime

    from daemon.intake.filing import Filing
    from daemon.model import Classification, Decision, Message
    from daemon.store import Transaction
    from daemon.store.enquiries import EnquiryRow
    from daemon.store.messages import KeptMessage
    from daemon.store.postbox import Acknowledged

_TOLD_ANEW = frozenset({*REQUESTS, ClockKind.DPA_COMPLAINT})
"""Clocks of freedom of information and data protection: an earlier date is told."""
_OF_THE_FIRST = frozenset({ClockKind.SERVICE, ClockKind.OTHER})
_BY_PEOPLE = frozenset({Register.CASE_REFERRALS, Register.SOCIAL_MEDIA, Register.PHONE_CALLS})
"""Registers that follow from what people entered, not from what a message is taken for."""
_STAY = frozenset({ClockKind.ACK, ClockKind.VULNERABLE, ClockKind.UPDATE})
"""Clocks that no new classification ends: ours to send, a person's to confirm, the register's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """Lets what follows from a message follow a new classification of it."""

    filing: Filing

    def add(
        self,
        tx: Transaction,
        kept: KeptMessage,
        message: Message,
        found: Classification,
        *,
        now: datetime,
    ) -> None:
        """Add what a further reading shows: criteria, alerts and clocks, and withdraw none.

        An enquiry that was to be sorted takes its category from a reading that is sure.
        """
        before = tx.classification_of(kept.id)
        tx.add_classification(kept.id, found, made_by="software", now=now)
        enquiry = self._enquiry(tx, kept)
        if enquiry is None or before is None:
            return
        sight = self.sight(tx, kept, message, found, now)
        new = tuple(c for c in found.criteria if c not in tx.criteria(enquiry.id))
        alerts = tuple(c for c in new if c.raises_alert)
        decision = replace(
            self._as_further(sight.decision, kept, enquiry, alerts),
            registers=sight.decision.registers if new else (),
            route=Route.CUSTOMER_CARE if new else None,
        )
        if enquiry.status is EnquiryStatus.OPEN and kept.is_first and _is_sorted(before, found):
            tx.reclassify(enquiry.id, found, reply_team=sight.decision.reply_team)
            self._file(tx, kept, enquiry, replace(sight, decision=decision))
            self._tell(tx, kept, enquiry, sight)
        else:
            self._file(tx, kept, enquiry, replace(sight, decision=decision))
        tx.audit(
            "message_read-further",
            f"message:{kept.id}",
            at=now,
            detail=_difference(before, found),
        )

    def correct(
        self,
        tx: Transaction,
        kept: KeptMessage,
        message: Message,
        found: Classification,
        *,
        actor: str,
        now: datetime,
    ) -> None:
        """Have everything follow what a person says a message is."""
        before = tx.classification_of(kept.id)
        tx.add_classification(kept.id, found, made_by="person", now=now)
        if before is not None:
            tx.audit(
                "classification_corrected",
                f"message:{kept.id}",
                at=now,
                actor=actor,
                detail=_difference(before, found),
            )
        enquiry = self._enquiry(tx, kept)
        if enquiry is None:
            return
        self._follow(tx, kept, enquiry, self.sight(tx, kept, message, found, now), why="corrected")

    def redecide(
        self,
        tx: Transaction,
        kept: KeptMessage,
        message: Message,
        found: Classification,
        *,
        actor: str,
        now: datetime,
    ) -> bool:
        """Have an open enquiry follow what new rules take its message for; whether it did.

        Only a backtest that a person applies does so. Never over a person's word: not where
        somebody classified the message, nor what was agreed, assigned or stopped by people.
        """
        before = tx.classification_of(kept.id)
        enquiry = self._enquiry(tx, kept)
        if before is None or enquiry is None or enquiry.status is not EnquiryStatus.OPEN:
            return False
        if tx.said_of(kept.id).category_by_person:
            return False
        tx.add_classification(kept.id, found, made_by="software", now=now)
        tx.audit(
            "classification_redecided",
            f"message:{kept.id}",
            at=now,
            actor=actor,
            detail={"why": "backtest", "enquiry": enquiry.id, **_difference(before, found)},
        )
        self._follow(tx, kept, enquiry, self.sight(tx, kept, message, found, now), why="backtest")
        return True

    def _follow(
        self, tx: Transaction, kept: KeptMessage, enquiry: EnquiryRow, sight: Sight, *, why: str
    ) -> None:
        """Have criteria, registers, route, clocks and the date that was told follow a sight."""
        by_person, found, now = why == "corrected", sight.found, sight.now
        had = tx.criteria(enquiry.id)
        alerts = tuple(c for c in found.criteria if c.raises_alert and c not in had)
        decision = self._as_further(sight.decision, kept, enquiry, alerts)
        keep = set(found.criteria)
        if not by_person:
            proposed = tx.proposed_criteria(enquiry.id)
            keep |= {c for c in had if c not in proposed and not c.is_accepted_at_once}
        tx.drop_criteria(enquiry.id, message_id=kept.id, but=keep)
        if kept.is_first:
            tx.reclassify(enquiry.id, found, reply_team=sight.decision.reply_team)
            if by_person or enquiry.team == self.filing.policy.routes.get(Route(enquiry.route)):
                self._reroute(tx, enquiry, sight.decision, now, why=why)
            self._leave_registers(tx, enquiry, decision, now)
        if enquiry.status is EnquiryStatus.OPEN:
            self._end_clocks(tx, kept, enquiry, decision, now, why=why)
        self._file(tx, kept, enquiry, replace(sight, decision=decision))
        self._tell(tx, kept, enquiry, sight)

    # What the enquirer was told

    def _tell(self, tx: Transaction, kept: KeptMessage, enquiry: EnquiryRow, sight: Sight) -> None:
        """Have the acknowledgement say what holds now, or a second letter tell an earlier date.

        One that waits for a person is written anew. One that has gone stays: where the date for
        freedom of information or data protection is earlier now, a second letter says so (process,
        *house*).
        """
        answer = tx.acknowledgement_of(enquiry.id)
        if answer is None or not kept.is_first or enquiry.status is not EnquiryStatus.OPEN:
            return
        if answer.state == "held":
            self._write_anew(tx, answer, enquiry, sight)
        elif answer.is_on_its_way:
            self._tell_new_date(tx, kept, answer, enquiry, sight)

    def _write_anew(
        self, tx: Transaction, answer: Acknowledged, enquiry: EnquiryRow, sight: Sight
    ) -> None:
        decision = sight.decision
        recipient = self.filing.letters.reached_at(decision.recipient, sight.message)
        if not decision.template or recipient != answer.recipient:
            return
        entry = self.filing.letters.acknowledgement(
            decision,
            sight.message,
            reference=enquiry.reference,
            reply_team=self.filing.team_name(decision.reply_team),
            now=sight.now,
            words=answer.words,
        )
        tx.write_anew(answer.id, entry.content, usual=entry.usual, words=answer.words)
        tx.audit("outbox_written-anew", f"outbox:{answer.id}", at=sight.now)

    def _tell_new_date(
        self,
        tx: Transaction,
        kept: KeptMessage,
        answer: Acknowledged,
        enquiry: EnquiryRow,
        sight: Sight,
    ) -> None:
        then = tx.classification_of(kept.id, at=answer.send_after)
        if then is None or kept.box is Box.X_MENTION:  # in public no date was told, nor is one
            return
        told = reply_by(
            self.sight(tx, kept, sight.message, then, sight.now).decision, answer.send_after
        )
        told = min(filter(None, (told, *tx.new_dates_told(enquiry.reference))), default=None)
        running = [
            (clock.due_on, ClockKind(clock.kind))
            for clock in tx.open_clocks(enquiry.id)
            if ClockKind(clock.kind).ends_with_a_reply and clock.stopped_on is None
        ]
        due_on, kind = min(running, default=(None, None))
        if told is None or due_on is None or kind not in _TOLD_ANEW:
            return
        if not london_date(sight.now) <= due_on < told:
            return
        entry = self.filing.letters.new_date(
            sight.message,
            recipient=answer.recipient,
            reference=enquiry.reference,
            reply_team=self.filing.team_name(sight.decision.reply_team),
            due_on=due_on,
            now=sight.now,
        )
        tx.queue([entry], enquiry_id=enquiry.id, message_id=kept.id, now=sight.now)
        detail = {"kind": kind, "old": told.isoformat(), "new": due_on.isoformat()}
        tx.audit("new-date_queued", f"enquiry:{enquiry.id}", at=sight.now, detail=detail)

    def _enquiry(self, tx: Transaction, kept: KeptMessage) -> EnquiryRow | None:
        """Return the message's enquiry, locked."""
        if kept.enquiry_id is None:
            return None
        return tx.enquiry_by_id(kept.enquiry_id, lock=True)

    def write(
        self,
        tx: Transaction,
        enquiry: EnquiryRow,
        words: str,
        *,
        now: datetime,
    ) -> bool:
        """Put a colleague's words into the acknowledgement that is held; whether there is one now.

        Where none was decided one is written and held: a person asks for it. There is none then
        where no mail can go to whoever wrote, nor in public, where all get the same words.
        """
        kept = tx.kept(tx.messages_of(enquiry.id)[0])
        message = read_again(kept)
        found = tx.classification_of(kept.id)
        answer = tx.acknowledgement_of(enquiry.id)
        if found is None or kept.box is Box.X_MENTION:
            return False
        decision = self.sight(tx, kept, message, found, now).decision
        recipient = answer.recipient if answer else decision.recipient or message.sender.address
        if answer is None and not self.filing.letters.reached_at(recipient, message):
            return False
        entry = self.filing.letters.acknowledgement(
            replace(decision, template=decision.template or GENERAL, recipient=recipient),
            message,
            reference=enquiry.reference,
            reply_team=self.filing.team_name(enquiry.reply_team),
            now=now,
            words=words,
        )
        if answer is None:
            held = replace(entry, hold=entry.hold or Hold.WRITTEN)
            (entry_id,) = tx.queue([held], enquiry_id=enquiry.id, message_id=kept.id, now=now)
        else:
            entry_id = answer.id
            tx.write_anew(entry_id, entry.content, usual=entry.usual, words=words)
        tx.audit("outbox_written-anew", f"outbox:{entry_id}", at=now)
        return True

    def sight(
        self,
        tx: Transaction,
        kept: KeptMessage,
        message: Message,
        found: Classification,
        now: datetime,
    ) -> Sight:
        """Return the message as if it had just been received, alone, at its own time."""
        filing = self.filing
        decision = decide(
            message,
            found,
            filing.policy,
            Context(received_at=kept.received_at, arrangements=tx.arrangements()),
            days=filing.days,
        )
        content = kept.raw or b""
        raw = RawMessage(
            inbox=kept.inbox,
            external_id="",
            content=content,
            size=len(content),
            arrived_at=None,
            complete=kept.complete,
        )
        return Sight(
            inbox=InboxFacts(
                name=kept.inbox,
                box=kept.box,
                role=InboxRole.ENQUIRIES,
                address="",
                go_live_at=None,
            ),
            item=Prepared(raw=raw, sha256="", received_at=kept.received_at),
            message=message,
            found=found,
            decision=decision,
            now=now,
        )

    def _as_further(
        self,
        decision: Decision,
        kept: KeptMessage,
        enquiry: EnquiryRow,
        alerts: tuple[Criterion, ...],
    ) -> Decision:
        """Return a decision that writes no acknowledgement and no notice: those were decided.

        Only somebody newly seen at risk is alerted to, whether the enquiry is still open or not.
        """
        is_open = enquiry.status is EnquiryStatus.OPEN

        def starts(kind: ClockKind) -> bool:
            if kind is ClockKind.VULNERABLE:
                return bool(alerts)
            # A further message starts none of the first one's own (process, clocks).
            return is_open and (kept.is_first or kind not in _OF_THE_FIRST)

        return replace(
            decision,
            outcome=Outcome.JOINED,
            template="",
            notify=False,
            alerts=alerts,
            deadlines=tuple(one for one in decision.deadlines if starts(one.kind)),
        )

    def _reroute(
        self, tx: Transaction, enquiry: EnquiryRow, decision: Decision, now: datetime, *, why: str
    ) -> None:
        if decision.route is None or decision.route == enquiry.route:
            return
        tx.reroute(enquiry.id, route=decision.route, team=decision.team)
        tx.audit(
            "enquiry_rerouted",
            f"enquiry:{enquiry.id}",
            at=now,
            detail={"old": enquiry.route, "new": decision.route, "why": why},
        )

    def _leave_registers(
        self, tx: Transaction, enquiry: EnquiryRow, decision: Decision, now: datetime
    ) -> None:
        """Take an enquiry off registers it does not belong on; what people agreed stays."""
        keep = {one.register for one in decision.registers} | _BY_PEOPLE
        if tx.has_agreed_handling(enquiry.id):
            keep.add(Register.SPECIFIC_HANDLING)
        tx.leave_registers(enquiry.id, but=keep)
        if not tx.on_registers(enquiry.id) and not decision.registers:
            tx.end_clocks(enquiry.id, by="corrected", now=now, kinds=[ClockKind.UPDATE])

    def _end_clocks(
        self,
        tx: Transaction,
        kept: KeptMessage,
        enquiry: EnquiryRow,
        decision: Decision,
        now: datetime,
        *,
        why: str,
    ) -> None:
        """End the clocks that this message started and would not start now.

        One that a person stopped is left to people, unless a person corrects.
        """
        wanted = {one.kind for one in decision.deadlines}
        for clock in tx.open_clocks(enquiry.id):
            kind = ClockKind(clock.kind)
            if why != "corrected" and clock.stopped_on is not None:
                continue
            if clock.message_id == kept.id and kind not in wanted | _STAY:
                tx.end_clock(clock.id, by="corrected", now=now)
                tx.audit(
                    "deadline_ended",
                    f"enquiry:{enquiry.id}",
                    at=now,
                    detail={"id": clock.id, "kind": kind, "why": why},
                )

    def _file(self, tx: Transaction, kept: KeptMessage, enquiry: EnquiryRow, sight: Sight) -> None:
        """Write criteria, registers, clocks and alerts."""
        filed = Filed(
            sight=sight,
            message_id=kept.id,
            enquiry_id=enquiry.id,
            reference=enquiry.reference,
        )
        self.filing.follow(tx, filed)


def _is_sorted(before: Classification, after: Classification) -> bool:
    """Whether what was to be sorted is so no more."""
    return before.to_be_sorted and not after.to_be_sorted


def _difference(before: Classification, after: Classification) -> dict[str, object]:
    """Return what changed, from what to what: ids and truth values alone."""
    pairs = {
        "category": (before.category, after.category),
        "source": (before.source, after.source),
        "routine": (before.routine, after.routine),
        "to_be_sorted": (before.to_be_sorted, after.to_be_sorted),
        "criteria": (list(before.criteria), list(after.criteria)),
    }
    changed = {key: {"old": a, "new": b} for key, (a, b) in pairs.items() if a != b}
    return {**changed, "version": after.version}
