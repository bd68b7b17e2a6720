"""Putting arrangements up for review: Customer Care hears once of each that is due."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from daemon.compose import NoticeFacts, NoticeKind
from daemon.deadlines import in_words, london_date
from daemon.model import OutboxKind

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date, datetime

    from daemon.letters import Letters
    from daemon.model import Arrangement, Policy
    from daemon.store import Store

_TOLD = "review:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviewer:
    """The use case: what has lapsed is not dropped in silence."""

    store: Store
    policy: Policy
    letters: Letters
    clock: Callable[[], datetime]

    def remind(self) -> int:
        """Tell Customer Care of arrangements to review, each once for a date; return how many.

        Raises:
            StoreUnavailableError: the database does not answer.
        """
        now = self.clock()
        today = london_date(now)
        with self.store.write() as tx:
            tx.one_at_a_time()
            mine = [one for one in self.policy.arrangements if one.is_for_review(today)]
            due = [*mine, *tx.arrangements_for_review(today)]
            told = tx.markers(_TOLD)
            new = [one for one in due if told.get(one.id) != _when(one, today)]
            if not new or not self.policy.care_mailbox:
                return 0
            for one in new:
                tx.set_marker(f"{_TOLD}{one.id}", _when(one, today), now=now)
            entry = self.letters.to_team(
                NoticeKind.REVIEW,
                NoticeFacts(why=tuple(_sentence(one, today) for one in new)),
                key=f"review:{now.isoformat()}",
                recipient=self.policy.care_mailbox,
                now=now,
                outbox_kind=OutboxKind.NOTICE,
            )
            tx.queue([entry], enquiry_id=None, message_id=None, now=now)
            return len(new)


def _when(one: Arrangement, today: date) -> str:
    """Return the day that makes it due: another day is another reason to look."""
    day = one.until_on if one.is_lapsed(today) else one.review_on
    return day.isoformat() if day else ""


def _sentence(one: Arrangement, today: date) -> str:
    if one.is_lapsed(today) and one.until_on is not None:
        return f"{one.id} has lapsed: its last day was {in_words(one.until_on)}."
    review = f" since {in_words(one.review_on)}" if one.review_on else ""
    return f"{one.id} is due for review{review}."


def due_for_review(arrangements: Sequence[Arrangement], today: date) -> list[str]:
    """Return a sentence for each arrangement that somebody has to look at."""
    return [_sentence(one, today) for one in arrangements if one.is_for_review(today)]
