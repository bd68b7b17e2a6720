"""Replaying the store through a draft: what would be taken for something else, or go elsewhere.

Each stored message is judged twice, alone and as if just received: by what serves now, and by the
draft. Nothing is written. What a person has classified is compared with that as well.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from daemon.kept import read_again, with_attachments
from daemon.model import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from daemon.explain import Judge
    from daemon.model import Classification, Decision, Message
    from daemon.store import Store

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
