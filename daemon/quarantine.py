"""The quarantine: looking at what could not be read, and taking it in once it can be.

A daemon tries all of it anew when it starts, so that a version which mends the cause needs nobody
to remember; `assurance quarantine` does it at any time.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from daemon.intake import InboxFacts, Intake, Taken
    from daemon.store import Store
    from daemon.store.quarantine import Quarantined, QuarantinedWhole

_AT_ONCE: Final = 100


class QuarantineError(Exception):
    """What was asked cannot be done; the message is a sentence for whoever asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retried:
    """What became of a message that was tried anew."""

    number: int
    inbox: str
    taken: Taken

    @property
    def is_out(self) -> bool:
        """Whether it is in quarantine no more."""
        return self.taken.state != "quarantined"


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarantine:
    """The use cases of what is in quarantine."""

    store: Store
    intake: Intake
    inboxes: Mapping[str, InboxFacts]  # by name

    def listed(self, *, limit: int) -> tuple[int, list[Quarantined]]:
        """Return how many are in quarantine, and the oldest of them."""
        with self.store.read() as tx:
            return tx.count_quarantined(), tx.quarantined(limit=limit)

    def one(self, number: int) -> QuarantinedWhole:
        """Return one of them with its bytes.

        Raises:
            QuarantineError: there is none of this number.
        """
        with self.store.read() as tx:
            found = tx.quarantined_whole(number)
        if found is None:
            msg = f"Nothing of number {number} is in quarantine. See assurance quarantine list."
            raise QuarantineError(msg)
        return found

    def retry(self, number: int, *, by: str = "") -> Retried:
        """Take one in as if it had just arrived, counted from when it first did.

        What still cannot be read stays as it is.

        Raises:
            QuarantineError: there is none of this number, or its inbox is not configured any more.
        """
        whole = self.one(number)
        name = whole.about.inbox
        inbox = self.inboxes.get(name)
        if inbox is None:
            msg = f"Number {number} came by {name}, which inboxes.toml does not name any more."
            raise QuarantineError(msg)
        return Retried(number=number, inbox=name, taken=self.intake.take_anew(inbox, whole, by=by))

    def retry_all(self, *, by: str = "") -> list[Retried]:
        """Try each one whose inbox is configured; return what became of them, the oldest first.

        What goes into quarantine meanwhile is left for the next time.
        """
        done: list[Retried] = []
        last = 0
        with self.store.read() as tx:
            newest = tx.newest_quarantined()
        while some := self._after(last, newest):
            last = some[-1].number
            for one in some:
                with suppress(QuarantineError):  # another daemon has just taken it, or no inbox
                    done.append(self.retry(one.number, by=by))
        return done

    def _after(self, last: int, newest: int) -> list[Quarantined]:
        with self.store.read() as tx:
            found = tx.quarantined(limit=_AT_ONCE, after=last)
        return [one for one in found if one.number <= newest]
