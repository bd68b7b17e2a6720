"""What every act of a person has in common: one transaction, a line of audit, a row with a name.

The audit holds a keyed hash of who did it; the name itself lies in an erasable row.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Self

from daemon.deadlines import london_date
from daemon.model import EnquiryStatus
from daemon.tokens import as_reference

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import date, datetime

    from daemon.deadlines import WorkingDays
    from daemon.letters import Letters
    from daemon.model import Policy
    from daemon.store import Store, Transaction
    from daemon.store.enquiries import EnquiryRow
    from daemon.tokens import Signer


class CaseworkError(Exception):
    """What was asked cannot be done; the message is a sentence for whoever asked.

    `command` is what would help at a terminal: pages have a button for it.
    """

    def __init__(self, said: str, *, command: str = "") -> None:
        super().__init__(said)
        self.command = command


class ChangedError(CaseworkError):
    """Somebody else has changed the enquiry since it was looked at; nothing was overwritten.

    `acts` says who did what meanwhile: an act's id and a name. It is empty where a message came
    in, or the software looked again.
    """

    def __init__(self, said: str, *, acts: Sequence[tuple[str, str]]) -> None:
        super().__init__(said)
        self.acts = tuple(acts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Acts:
    """What a person's acts need: a store, the office's policy, calendar, letters, and a clock."""

    store: Store
    signer: Signer
    policy: Policy
    days: WorkingDays
    letters: Letters
    clock: Callable[[], datetime]
    new_reference: Callable[[], str]
    seen: Mapping[str, str] = field(default_factory=dict)  # reference → mark when looked at

    def having_seen(self, reference: str, version: str) -> Self:
        """Return the same, for somebody who has an enquiry before them as it was then.

        Acts on it raise `ChangedError` if it has changed since (`registers` gives the mark).
        """
        return replace(self, seen={as_reference(reference): version})

    def _open(self, tx: Transaction, reference: str) -> EnquiryRow:
        """Return an enquiry that is still open, locked.

        Raises:
            CaseworkError: there is none, or it is not open.
        """
        enquiry = self._enquiry(tx, reference)
        if enquiry.status is not EnquiryStatus.OPEN:
            msg = f"{enquiry.reference} is {enquiry.status}. Open it again first."
            command = f"assurance reopen {enquiry.reference} --by NAME"
            raise CaseworkError(msg, command=command)
        return enquiry

    def _today(self) -> date:
        """Return the date in London."""
        return london_date(self.clock())

    def _enquiry(self, tx: Transaction, reference: str) -> EnquiryRow:
        enquiry = tx.enquiry(as_reference(reference), lock=True)
        if enquiry is None:
            msg = f"There is no enquiry {reference}. Check the reference, as on the notice."
            raise CaseworkError(msg)
        seen = self.seen.get(enquiry.reference)
        if seen is not None and seen != tx.version_of(enquiry.id):
            msg = f"{enquiry.reference} has changed since you opened this page."
            raise ChangedError(msg, acts=tx.acts_since(enquiry.id, seen))
        return enquiry

    def _note_apart(
        self,
        tx: Transaction,
        what: str,
        *,
        by: str,
        note: str,
        now: datetime,
        detail: Mapping[str, object],
    ) -> None:
        """Record an act that is about no enquiry."""
        tx.add_act(what, by_name=by, note=note, enquiry_id=None, message_id=None, now=now)
        actor = self.signer.keyed_hash(by)
        tx.audit(f"office_{what}", "office", at=now, actor=actor, detail=detail)

    def _note(
        self,
        tx: Transaction,
        enquiry: EnquiryRow,
        what: str,
        *,
        by: str,
        note: str,
        now: datetime,
        detail: Mapping[str, object] | None = None,
    ) -> None:
        """Record who did what: the name and words in an erasable row, the rest in the audit.

        `detail` is for the audit: ids, enums and dates alone.
        """
        tx.add_act(what, by_name=by, note=note, enquiry_id=enquiry.id, message_id=None, now=now)
        tx.audit(
            f"enquiry_{what}",
            f"enquiry:{enquiry.id}",
            at=now,
            actor=self.signer.keyed_hash(by),
            detail=detail,
        )
