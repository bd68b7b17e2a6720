"""Handling arrangements that staff set, review and end (guide §1.5, 1.10, 2.7)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from daemon.casework.acts import Acts, CaseworkError
from daemon.deadlines import in_words
from daemon.model import Handling

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from daemon.model import Arrangement
    from daemon.store import Transaction

_ABOUT = ("addresses", "domains", "handles", "names", "references", "themes")
_LIST = "assurance arrangement list"
_SHORTEST = 4  # letters of a theme or reference: fewer would meet everything


@dataclass(frozen=True, slots=True, kw_only=True)
class ArrangementActs(Acts):
    """Setting, reviewing and ending arrangements."""

    def set_arrangement(self, one: Arrangement, *, by: str) -> str:
        """Set an arrangement; from its first day on it applies to what comes in.

        Raises:
            CaseworkError: it is about nobody, says too little, or there is one of this id.
        """
        self._refuse_empty(one)
        with self.store.write() as tx:
            now = self.clock()
            known = {each.id for each in self.policy.arrangements}
            if one.id in known or tx.arrangement(one.id) is not None:
                msg = f"There is an arrangement {one.id} already. Choose another id."
                raise CaseworkError(msg)
            tx.add_arrangement(one, now=now)
            self._audited(tx, "arrangement-set", one.id, by=by, now=now)
            return f"The arrangement {one.id} is set."

    def _refuse_empty(self, one: Arrangement) -> None:
        if not any(getattr(one, key) for key in _ABOUT):
            msg = "Say who or what it is about: an address, domain, handle, name, case or theme."
            raise CaseworkError(msg)
        short = [w for w in (*one.references, *one.themes) if len(w.strip()) < _SHORTEST]
        if short:
            msg = f"{short[0]!r} is too short: it would meet what it is not about."
            raise CaseworkError(msg)
        if not one.instruction.strip():
            msg = "Say what was agreed."
            raise CaseworkError(msg)
        if one.asks_for(Handling.TELL_WATCHERS) and not one.watchers:
            msg = "Name who is told."
            raise CaseworkError(msg)
        for person in one.watchers:
            if not self.policy.directory.is_own(person):
                msg = f"{person} is no address of the office: notices hold people's letters."
                raise CaseworkError(msg)
        if one.from_on and one.until_on and one.until_on < one.from_on:
            msg = "The last day lies before the first. Correct one of them."
            raise CaseworkError(msg)

    def review_arrangement(
        self, arrangement_id: str, *, review_on: date | None, until_on: date | None, by: str
    ) -> str:
        """Have an arrangement go on after somebody looked at it.

        Raises:
            CaseworkError: there is no such arrangement in force, or the dates have passed.
        """
        today = self._today()
        for day in (review_on, until_on):
            if day is not None and day <= today:
                msg = f"{in_words(day)} is not ahead: give a later day."
                raise CaseworkError(msg)
        with self.store.write() as tx:
            now = self.clock()
            self._refuse_configured(arrangement_id)
            if not tx.review_arrangement(arrangement_id, review_on=review_on, until_on=until_on):
                raise CaseworkError(_missing(arrangement_id), command=_LIST)
            self._audited(tx, "arrangement-reviewed", arrangement_id, by=by, now=now)
            return f"The arrangement {arrangement_id} goes on."

    def end_arrangement(self, arrangement_id: str, *, by: str) -> str:
        """End an arrangement.

        Raises:
            CaseworkError: there is no such arrangement in force.
        """
        with self.store.write() as tx:
            now = self.clock()
            self._refuse_configured(arrangement_id)
            if not tx.end_arrangement(arrangement_id, now=now):
                raise CaseworkError(_missing(arrangement_id), command=_LIST)
            self._audited(tx, "arrangement-ended", arrangement_id, by=by, now=now)
            return f"The arrangement {arrangement_id} has ended."

    def arrangements(self) -> Sequence[Arrangement]:
        """Return every arrangement, those of the config first."""
        with self.store.read() as tx:
            return (*self.policy.arrangements, *tx.arrangements())

    def stakeholders_imported(self, *, added: int, gone: int, changed: int, by: str) -> str:
        """Record that somebody put another table of stakeholders in place."""
        with self.store.write() as tx:
            detail = {"added": added, "gone": gone, "changed": changed}
            now = self.clock()
            self._note_apart(tx, "stakeholders-imported", by=by, note="", now=now, detail=detail)
            return f"The table is in place: {added} new, {gone} gone, {changed} changed."

    def _refuse_configured(self, arrangement_id: str) -> None:
        if any(one.id == arrangement_id for one in self.policy.arrangements):
            msg = f"{arrangement_id} stands in arrangements.toml: change it there."
            raise CaseworkError(msg)

    def _audited(
        self, tx: Transaction, what: str, arrangement_id: str, *, by: str, now: datetime
    ) -> None:
        detail: dict[str, Any] = {"arrangement": self.signer.keyed_hash(arrangement_id)}
        self._note_apart(tx, what, by=by, note=arrangement_id, now=now, detail=detail)


def _missing(arrangement_id: str) -> str:
    return f"There is no arrangement {arrangement_id} in force."
