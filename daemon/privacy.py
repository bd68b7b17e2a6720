"""Privacy: what is held on somebody, giving it to them, and taking it out, by hand or by age.

Erasure is in place: what anybody wrote and who they are goes, numbers and dates stay, so that the
registers of past years still add up and the audit still verifies. A keyed hash stays of what is
gone, so that the same mail does not come back when its mailbox is read again.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from daemon.deadlines import LONDON, london_date
from daemon.model import EnquiryStatus

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from daemon.model import RetentionRule
    from daemon.store import Store, Transaction
    from daemon.store.erasing import Held
    from daemon.tokens import Signer

_AT_ONCE = 50  # enquiries or messages in one transaction
_MONTH = timedelta(days=365.25 / 12)
_NIGHT = range(1, 5)  # London: when nobody works, and no other work of the day is due
_RETAINED = "retention:day"
_OPEN = (EnquiryStatus.OPEN.value,)


class PrivacyError(Exception):
    """What was asked cannot be done; the message says why and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What is held on somebody, in numbers."""

    messages: int
    enquiries: tuple[str, ...]  # references
    open: tuple[str, ...]  # of those: somebody works on them
    held: tuple[str, ...]  # of those: held back from erasure


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """What was taken out."""

    messages: int = 0
    enquiries: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()  # references: held back
    internal: int = 0  # notices and reports of our own


@dataclass(frozen=True, slots=True, kw_only=True)
class Privacy:
    """The use cases; `now` is aware UTC."""

    store: Store
    signer: Signer
    clock: Callable[[], datetime]

    def find(self, address: str) -> Found:
        """Return what is held on whoever writes from an address.

        Raises:
            StoreUnavailableError: the database does not answer.
        """
        with self.store.read() as tx:
            held = tx.held_on(address.strip().lower())
            enquiries = tx.enquiries_to_erase(held.enquiry_ids)
        return Found(
            messages=len(held.message_ids),
            enquiries=tuple(one.reference for one in enquiries),
            open=tuple(one.reference for one in enquiries if one.status in _OPEN),
            held=tuple(one.reference for one in enquiries if one.is_held),
        )

    def export(self, address: str, folder: Path, *, by: str) -> int:
        """Write all that is held on somebody into a new folder; return how many files.

        Their messages byte for byte, our letters to them, and a record of each enquiry.

        Raises:
            PrivacyError: nothing is held, or the folder is there.
            OSError: it cannot be written.
        """
        address = address.strip().lower()
        if folder.exists():
            msg = f"{folder} is there already. Name a folder that is not."
            raise PrivacyError(msg)
        with self.store.read() as tx:
            held = tx.held_on(address)
            enquiries = tx.enquiries_to_erase(held.enquiry_ids)
            raws = tx.raws_of(held.message_ids)
            letters = tx.letters_of(address, held.enquiry_ids)
            views = {one.reference: tx.view(one.reference) for one in enquiries}
        if not (held.message_ids or enquiries or letters):
            msg = f"Nothing is held on {address}."
            raise PrivacyError(msg)
        folder.mkdir(mode=0o700, parents=True)
        files = {f"message-{name}.{_ending(content)}": content for name, content in raws}
        files |= {
            f"{kind}-{number}.{_ending(content)}": content for number, kind, content in letters
        }
        files |= {
            f"{reference}.json": json.dumps(view, default=str, indent=2).encode()
            for reference, view in views.items()
        }
        for name, content in files.items():
            path = folder / name
            path.touch(mode=0o600)
            path.write_bytes(content)
        self._note("person_exported", by=by, detail={"files": len(files)})
        return len(files)

    def erase(self, address: str, *, by: str) -> Erased:
        """Take out all that is held on somebody, but for what is held back.

        Raises:
            PrivacyError: nothing is held, or an enquiry is still open.
            StoreUnavailableError: the database does not answer; what was committed is gone.
        """
        address = address.strip().lower()
        found = self.find(address)
        if not (found.messages or found.enquiries):
            msg = f"Nothing is held on {address}."
            raise PrivacyError(msg)
        if found.open:
            msg = (
                f"Still open: {', '.join(found.open)}. Reply or close first; what somebody works on"
                " is not taken out of their hands."
            )
            raise PrivacyError(msg)
        done = Erased()
        with self.store.write() as tx:
            tx.one_at_a_time()
            held = tx.held_on(address)
            mine = set(held.message_ids)
            for enquiry in tx.enquiries_to_erase(held.enquiry_ids):
                if enquiry.is_held:
                    kept = set(tx.messages_of(enquiry.id))
                    mine -= kept
                    done = _plus(done, kept=(enquiry.reference,))
                    continue
                messages = set(tx.messages_of(enquiry.id))
                if messages <= mine:  # nobody else wrote in it
                    tx.erase_enquiry(enquiry.id, now=self.clock())
                    self._audit(tx, enquiry.id, why="request", by=by)
                    done = _plus(done, enquiries=(enquiry.reference,))
                else:
                    tx.leave_party(enquiry.id, address)
            for message_id in sorted(mine):
                self._erase_message(tx, message_id)
            done = _plus(done, messages=len(mine))
            if not done.kept:
                tx.erase_letters_to(address)
        self._note("person_erased", by=by, detail={"messages": done.messages})
        self.store.forget_for_good()
        return done

    def nightly(self, rules: Sequence[RetentionRule]) -> Erased | None:
        """Once a night, take out what is older than the rules keep it; None where that is done.

        Raises:
            StoreUnavailableError: the database does not answer; the next look goes on.
        """
        now = self.clock()
        tonight = london_date(now).isoformat()
        if now.astimezone(LONDON).hour not in _NIGHT:
            return None
        with self.store.read() as tx:
            if tx.marker(_RETAINED) == tonight:
                return None
        done = self.retain(rules)
        self.store.gather_statistics()  # of what is left
        with self.store.write() as tx:
            tx.set_marker(_RETAINED, tonight, now=now)
        return done

    def retain(self, rules: Sequence[RetentionRule], *, dry: bool = False) -> Erased:
        """Take out what is older than the rules keep it; `dry`: only count.

        Raises:
            StoreUnavailableError: the database does not answer; what was committed is gone.
        """
        done = Erased()
        for rule in rules:
            before = self.clock() - rule.months * _MONTH
            match rule.what:
                case "enquiries":
                    done = self._retain_enquiries(rule, rules, before, done, dry=dry)
                case "unfiled":
                    done = self._retain_unfiled(before, done, dry=dry)
                case _:
                    done = self._retain_internal(before, done, dry=dry)
        if not dry and (done.messages or done.internal):
            self.store.forget_for_good()
        return done

    def _retain_enquiries(
        self,
        rule: RetentionRule,
        rules: Sequence[RetentionRule],
        before: datetime,
        done: Erased,
        *,
        dry: bool,
    ) -> Erased:
        # What a rule names by category is not for the rule of all the rest.
        named = [c for other in rules if other.what == "enquiries" for c in other.categories]
        while True:
            with self.store.write() as tx:
                tx.one_at_a_time()
                limit = 1_000_000 if dry else _AT_ONCE
                ids = tx.ended_enquiries(
                    before=before, categories=rule.categories, but_not=named, limit=limit
                )
                for enquiry in tx.enquiries_to_erase(ids[:_AT_ONCE]) if not dry else ():
                    for message_id in tx.messages_of(enquiry.id):
                        self._erase_message(tx, message_id)
                        done = _plus(done, messages=1)
                    tx.erase_enquiry(enquiry.id, now=self.clock())
                    self._audit(tx, enquiry.id, why="retention")
                    done = _plus(done, enquiries=(enquiry.reference,))
                if dry:
                    return _plus(done, enquiries=tuple(str(one) for one in ids))
            if len(ids) < _AT_ONCE:
                return done

    def _retain_unfiled(self, before: datetime, done: Erased, *, dry: bool) -> Erased:
        while True:
            with self.store.write() as tx:
                tx.one_at_a_time()
                limit = 1_000_000 if dry else _AT_ONCE
                ids = tx.unfiled_messages(before=before, limit=limit)
                if dry:
                    return _plus(done, messages=len(ids))
                for message_id in ids:
                    self._erase_message(tx, message_id)
                done = _plus(done, messages=len(ids))
            if len(ids) < _AT_ONCE:
                return done

    def _retain_internal(self, before: datetime, done: Erased, *, dry: bool) -> Erased:
        while not dry:
            with self.store.write() as tx:
                count = tx.erase_internal_mail(before=before, limit=_AT_ONCE)
            done = _plus(done, internal=count)
            if count < _AT_ONCE:
                break
        return done

    def _erase_message(self, tx: Transaction, message_id: int) -> None:
        ((_, fingerprint, hashes),) = tx.prints_of([message_id])
        marks = self.signer.marks
        tx.erase_message(
            message_id,
            prints=marks(fingerprint)[0],
            marks=[marks(one)[0] for one in (fingerprint, *hashes)],
            now=self.clock(),
        )

    # What is held back

    def hold(self, reference: str, *, reason: str, by: str) -> None:
        """Hold an enquiry back from erasure until `let_go`.

        Raises:
            PrivacyError: there is no such enquiry, or it is erased already.
        """
        with self.store.write() as tx:
            enquiry = self._enquiry(tx, reference)
            tx.hold(enquiry, reason=reason, by=by, now=self.clock())
            self._audit(tx, enquiry, event="enquiry_held-back", by=by)

    def let_go(self, reference: str, *, by: str) -> bool:
        """Hold an enquiry back no longer; whether it was.

        Raises:
            PrivacyError: there is no such enquiry.
        """
        with self.store.write() as tx:
            enquiry = self._enquiry(tx, reference)
            was = tx.let_go(enquiry)
            if was:
                self._audit(tx, enquiry, event="enquiry_let-go", by=by)
        return was

    def held_back(self) -> list[Held]:
        """Return all that is held back."""
        with self.store.read() as tx:
            return tx.held_back()

    def _enquiry(self, tx: Transaction, reference: str) -> int:
        found = tx.enquiry(reference)
        if found is None:
            msg = f"There is no enquiry {reference}. Check the reference."
            raise PrivacyError(msg)
        return found.id

    def _audit(
        self,
        tx: Transaction,
        enquiry_id: int,
        *,
        event: str = "enquiry_erased",
        why: str = "",
        by: str = "",
    ) -> None:
        tx.audit(
            event,
            f"enquiry:{enquiry_id}",
            at=self.clock(),
            actor=self.signer.keyed_hash(by) if by else "software",
            detail={"why": why} if why else {},
        )

    def _note(self, event: str, *, by: str, detail: dict[str, object]) -> None:
        with self.store.write() as tx:
            actor = self.signer.keyed_hash(by)
            tx.audit(event, "office", at=self.clock(), actor=actor, detail=detail)


def _ending(content: bytes) -> str:
    """Return the ending of a file: a letter in PDF, a post or an answer to one, or a mail."""
    if content.startswith(b"%PDF"):
        return "pdf"
    return "json" if content.startswith(b"{") else "eml"


def _plus(
    done: Erased,
    *,
    messages: int = 0,
    enquiries: tuple[str, ...] = (),
    kept: tuple[str, ...] = (),
    internal: int = 0,
) -> Erased:
    return Erased(
        messages=done.messages + messages,
        enquiries=done.enquiries + enquiries,
        kept=done.kept + kept,
        internal=done.internal + internal,
    )
