"""What happens to a clock: a question asked and answered, fees, identity, an extension, a start.

Only what stands in the office's clock table changes a clock (docs/clocks.md).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from daemon.casework.acts import Acts, CaseworkError
from daemon.deadlines import deadline, in_words, latest_extension, london_date, steps_of
from daemon.deadlines.facts import ALLOWED
from daemon.model import ClockFact, ClockKind, FactKind
from daemon.recount import counted, recount
from daemon.words import CLOCKS

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date, datetime

    from daemon.model import Deadline
    from daemon.store import Transaction
    from daemon.store.clocks import OpenClock
    from daemon.store.enquiries import EnquiryRow

_NAMES = {
    FactKind.CLARIFICATION: "a question that was asked",
    FactKind.FEES: "a fees notice",
    FactKind.IDENTITY: "proof of identity",
    FactKind.FEE: "a fee",
    FactKind.EXTENSION: "an extension",
}
_STAFF_START = frozenset(
    {
        ClockKind.DPA_COMPLAINT,
        ClockKind.FOI,
        ClockKind.FOI_REVIEW,
        ClockKind.EIR,
        ClockKind.EIR_REVIEW,
        ClockKind.DPA,
        ClockKind.SERVICE,
        ClockKind.OTHER,
        ClockKind.MP,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockActs(Acts):
    """Stopping, restarting, extending and starting clocks."""

    def stop(
        self,
        reference: str,
        what: FactKind,
        *,
        on: date,
        by: str,
        note: str,
        kind: ClockKind | None = None,
    ) -> str:
        """Record that a clock stands still: something we need was asked for.

        `kind` names one of several clocks that it could be about.

        Raises:
            CaseworkError: no running clock stops for this, it stands still already, the date
                lies ahead or too early, or no reason was given.
        """
        self._need_reason(note)

        def fact(_clock: OpenClock, facts: tuple[ClockFact, ...]) -> ClockFact:
            if any(one.until_on is None and one.what is not FactKind.EXTENSION for one in facts):
                msg = "The clock stands still already: record first that it runs again."
                raise CaseworkError(msg)
            return ClockFact(what=what, from_on=on)

        return self._add(reference, what, fact, on=on, kind=kind, by=by, note=note)

    def resume(
        self,
        reference: str,
        what: FactKind,
        *,
        on: date,
        by: str,
        note: str = "",
        kind: ClockKind | None = None,
    ) -> str:
        """Record that what was asked for has come: the clock runs again.

        Raises:
            CaseworkError: nothing of the kind is awaited, or the date lies ahead or before it
                was asked for.
        """
        with self.store.write() as tx:
            now = self.clock()
            enquiry = self._open(tx, reference)
            clock = self._clock(tx, enquiry, what, kind)
            waiting = next(
                (
                    one
                    for one in tx.clock_facts(clock.id)
                    if one.what is what and one.until_on is None
                ),
                None,
            )
            if waiting is None:
                msg = f"Nothing is awaited on {enquiry.reference}: no record of {_NAMES[what]}."
                raise CaseworkError(msg)
            self._refuse_day(on, not_before=waiting.from_on)
            tx.end_clock_fact(clock.id, what, until_on=on)
            anew = counted(tx, clock, self.days)
            said = self._moved(tx, enquiry, clock, anew, what=what, by=by, now=now)
            detail = {"clock": clock.kind, "what": what, "until_on": on.isoformat()}
            self._note(tx, enquiry, "clock-resumed", by=by, note=note, now=now, detail=detail)
            return said

    def extend(
        self,
        reference: str,
        *,
        to: date,
        by: str,
        note: str,
        kind: ClockKind | None = None,
    ) -> str:
        """Record that a clock was extended, with its reason and within the law's bounds.

        Raises:
            CaseworkError: this clock cannot be extended, or not so far, or no reason was given.
        """
        self._need_reason(note)

        def fact(clock: OpenClock, facts: tuple[ClockFact, ...]) -> ClockFact:
            if to <= clock.due_on:
                msg = f"It is due on {in_words(clock.due_on)} already: an extension is later."
                raise CaseworkError(msg)
            if clock.kind == ClockKind.DPA and self._today() > clock.due_on:
                msg = "The person must be told of it within the first month, which has passed."
                raise CaseworkError(msg)
            most = latest_extension(ClockKind(clock.kind), clock.received_at, self.days, facts)
            if most is not None and to > most:
                msg = f"The law allows {in_words(most)} at the latest."
                raise CaseworkError(msg)
            return ClockFact(what=FactKind.EXTENSION, from_on=self._today(), until_on=to, due_on=to)

        today = self._today()
        return self._add(reference, FactKind.EXTENSION, fact, on=today, kind=kind, by=by, note=note)

    def start(self, reference: str, kind: ClockKind, *, on: date, by: str, note: str) -> str:
        """Start a clock that a person sees and the software did not.

        It counts from `on`, the date the matter was raised.

        Raises:
            CaseworkError: it runs already, nobody can start such a one, or the date is wrong.
        """
        self._need_reason(note)
        if kind not in _STAFF_START:
            known = ", ".join(sorted(_STAFF_START))
            msg = f"Nobody starts a clock {kind!r} by hand. There are: {known}."
            raise CaseworkError(msg)
        with self.store.write() as tx:
            now = self.clock()
            enquiry = self._open(tx, reference)
            if any(one.kind == kind for one in tx.open_clocks(enquiry.id)):
                msg = f"{enquiry.reference} has this clock already."
                raise CaseworkError(msg)
            received_on = london_date(enquiry.received_at)
            self._refuse_day(on, not_before=received_on)
            received_at = enquiry.received_at if on == received_on else self.days.noon(on)
            clock = deadline(kind, received_at, self.days)
            clock_id = tx.start_clock(
                enquiry.id,
                clock,
                message_id=tx.messages_of(enquiry.id)[0],
                received_at=received_at,
                steps=steps_of(clock),
            )
            detail = {"id": clock_id, "kind": kind, "due_on": clock.due_on.isoformat()}
            self._note(tx, enquiry, "clock-started", by=by, note=note, now=now, detail=detail)
            return f"{enquiry.reference}: {CLOCKS[kind]}, due on {in_words(clock.due_on)}."

    # One clock and one fact

    def _add(
        self,
        reference: str,
        what: FactKind,
        fact: Callable[[OpenClock, tuple[ClockFact, ...]], ClockFact],
        *,
        on: date,
        kind: ClockKind | None,
        by: str,
        note: str,
    ) -> str:
        with self.store.write() as tx:
            now = self.clock()
            enquiry = self._open(tx, reference)
            clock = self._clock(tx, enquiry, what, kind)
            facts = tx.clock_facts(clock.id)
            ends = [one.until_on for one in facts if one.until_on and one.due_on is None]
            begins_on = london_date(clock.received_at)
            self._refuse_day(on, not_before=max([begins_on, *ends]))
            new = fact(clock, facts)
            tx.add_clock_fact(clock.id, new, now=now)
            anew = counted(tx, clock, self.days)
            said = self._moved(tx, enquiry, clock, anew, what=what, by=by, now=now)
            detail = {"clock": clock.kind, "what": what, "from_on": on.isoformat()}
            self._note(tx, enquiry, "clock-changed", by=by, note=note, now=now, detail=detail)
            return said

    def _clock(
        self, tx: Transaction, enquiry: EnquiryRow, what: FactKind, kind: ClockKind | None
    ) -> OpenClock:
        """Return the one running clock that a fact is about."""
        running = [one for one in tx.open_clocks(enquiry.id) if kind in {None, one.kind}]
        fit = [one for one in running if one.kind in ALLOWED[what]]
        if not fit:
            kinds = ", ".join(ALLOWED[what])
            msg = (
                f"{enquiry.reference} has no running clock that {_NAMES[what]} changes."
                f" It changes these: {kinds} (docs/clocks.md)."
            )
            raise CaseworkError(msg)
        if len(fit) > 1:
            kinds = ", ".join(sorted(one.kind for one in fit))
            msg = f"{enquiry.reference} has several such clocks. Name one: {kinds}."
            raise CaseworkError(msg)
        return fit[0]

    def _moved(
        self,
        tx: Transaction,
        enquiry: EnquiryRow,
        clock: OpenClock,
        anew: Deadline,
        *,
        what: FactKind,
        by: str,
        now: datetime,
    ) -> str:
        actor = self.signer.keyed_hash(by)
        recount(tx, enquiry.id, clock, anew, why=what, now=now, actor=actor)
        name = CLOCKS[ClockKind(clock.kind)]
        if anew.stopped_on is not None:
            return f"{enquiry.reference}: the clock ({name}) stands still."
        return f"{enquiry.reference}: {name}, due on {in_words(anew.due_on)}."

    def _refuse_day(self, on: date, *, not_before: date) -> None:
        """Keep dates in order: none ahead, none before the receipt or the last restart."""
        if on > self._today():
            msg = f"{in_words(on)} lies ahead: record it when it has happened."
            raise CaseworkError(msg)
        if on < not_before:
            msg = f"{in_words(on)} is too early: it cannot lie before {in_words(not_before)}."
            raise CaseworkError(msg)

    def _need_reason(self, note: str) -> None:
        if not note.strip():
            msg = "Say why: a changed clock needs its reason."
            raise CaseworkError(msg)
