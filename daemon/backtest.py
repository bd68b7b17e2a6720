"""Replaying the store through a draft: what would be taken for something else, or go elsewhere.

Each stored message is judged twice, alone and as if just received: by what serves now, and by the
draft. Nothing is written. What a person has classified is compared with that as well.

New rules touch past enquiries through `Redecision` alone, and only those that are still open.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from daemon.kept import read_again, with_attachments
from daemon.model import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime

    from daemon.explain import Judge
    from daemon.intake.revision import Revision
    from daemon.model import Classification, Decision, Message
    from daemon.store import Store
    from daemon.tokens import Signer

BATCH: Final = 100  # messages read at a time: readers are short
JUDGED: Final = (Outcome.OPENED, Outcome.JOINED, Outcome.SET_ASIDE, Outcome.HISTORY)
"""What is replayed: what role inboxes brought, and what is not ours to read, is not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What would be otherwise for one message: by key, from what and to what."""

    message_id: int
    reference: str  # of its enquiry; "" where it has none
    changes: Mapping[str, tuple[Any, Any]]
    person_said: str  # the category a person gave it; "" where none did


@dataclass(slots=True, kw_only=True)
class Replay:
    """A replay as it goes on; complete once `changes` is exhausted."""

    store: Store
    now: Judge
    draft: Judge
    replayed: int = 0

    def changes(self, *, since_at: datetime | None = None) -> Iterator[Change]:
        """Yield each message that the draft would take for something else, oldest first.

        Raises:
            StoreUnavailableError: the database does not answer.
        """
        with self.store.read() as tx:
            ids = tx.message_ids(JUDGED, since_at=since_at)
        for start in range(0, len(ids), BATCH):
            with self.store.read() as tx:
                batch = [
                    (tx.kept(one), tx.attachment_text(one), tx.said_of(one))
                    for one in ids[start : start + BATCH]
                ]
            for kept, attached, said in batch:
                changed = self._compare(with_attachments(read_again(kept), attached))
                if changed:
                    yield Change(
                        message_id=kept.id,
                        reference=said.reference,
                        changes=changed,
                        person_said=said.category_by_person,
                    )

    def _compare(self, message: Message) -> dict[str, tuple[Any, Any]]:
        self.replayed += 1
        before = _told(*self.now.decided(message))
        after = _told(*self.draft.decided(message))
        return {key: (before[key], after[key]) for key in before if before[key] != after[key]}


def _told(found: Classification, decision: Decision) -> dict[str, Any]:
    """Return what an administrator would want to hear of, should it change."""
    return {
        "category": found.category.value,
        "to_be_sorted": found.to_be_sorted,
        "source": found.source.value,
        "routine": found.routine,
        "criteria": [one.value for one in found.criteria],
        "route": decision.route.value if decision.route else None,
        "acknowledge": decision.acknowledge,
        "held": decision.held.value if decision.held else None,
        "skip": decision.skip.value if decision.skip else None,
        "clocks": [one.kind.value for one in decision.deadlines],
    }


@dataclass(slots=True, kw_only=True)
class Redecision:
    """Has open enquiries follow new rules: those whose last word was the software's."""

    store: Store
    now: Judge
    draft: Judge
    revision: Revision
    signer: Signer
    clock: Callable[[], datetime]
    judged: int = 0

    def changes(self, *, since_at: datetime | None = None) -> Iterator[Change]:
        """Yield each message that is taken for something else now than is kept; write nothing.

        Raises:
            StoreUnavailableError: the database does not answer.
        """
        with self.store.read() as tx:
            ids = tx.open_message_ids(since_at=since_at)
        for one in ids:
            self.judged += 1
            with self.store.read() as tx:
                kept, attached = tx.kept(one), tx.attachment_text(one)
                before, said = tx.classification_of(one), tx.said_of(one)
                lies = tx.enquiry_by_id(kept.enquiry_id).route if kept.enquiry_id else ""
            if before is None:
                continue
            message = with_attachments(read_again(kept), attached)
            found, decision = self.draft.decided(message)
            changed = _difference(before, found)
            # The policy may route otherwise what is taken for the same.
            route = self.now.follows(message, before).route
            if kept.is_first and decision.route not in {route, lies}:
                changed["route"] = (lies, decision.route)
            if changed:
                yield Change(
                    message_id=one, reference=said.reference, changes=changed, person_said=""
                )

    def apply(self, changes: Sequence[Change], *, by: str) -> int:
        """Have what follows from messages follow the draft; return how many did.

        Each is a transaction of its own, and looked at again in it: what a person ended or
        classified meanwhile is left alone.

        Raises:
            StoreUnavailableError: the database does not answer; what was done stays done.
        """
        actor = self.signer.keyed_hash(by)
        done = 0
        for change in changes:
            with self.store.read() as tx:
                kept = tx.kept(change.message_id)
                attached = tx.attachment_text(change.message_id)
            message = with_attachments(read_again(kept), attached)
            found = self.draft.classifier.classify(message)
            with self.store.write() as tx:
                kept, now = tx.kept(change.message_id), self.clock()
                done += self.revision.redecide(tx, kept, message, found, actor=actor, now=now)
        with self.store.write() as tx:
            now = self.clock()
            what = "backtest-applied"
            tx.add_act(what, by_name=by, note="", enquiry_id=None, message_id=None, now=now)
            detail = {"messages": done, "version": self.draft.classifier.version}
            tx.audit("office_backtest-applied", "office", at=now, actor=actor, detail=detail)
        return done


_FOLLOWED: Final = (
    *("category", "to_be_sorted", "source", "routine", "criteria", "personal_attention"),
    *("individual_case", "matters", "notice_on", "reply_by_on"),
)
"""What of a classification something follows from."""


def _difference(before: Classification, after: Classification) -> dict[str, tuple[Any, Any]]:
    pairs = {key: (_plain(getattr(before, key)), _plain(getattr(after, key))) for key in _FOLLOWED}
    return {key: pair for key, pair in pairs.items() if pair[0] != pair[1]}


def _plain(value: object) -> object:
    """Return a value as it is printed."""
    if isinstance(value, tuple):
        return [str(one) for one in value]
    return value if value is None or isinstance(value, bool) else str(value)
