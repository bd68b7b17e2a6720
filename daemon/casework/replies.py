"""What a person says of a reply that the software saw: that it was none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from daemon.casework.acts import Acts, CaseworkError

if TYPE_CHECKING:
    from daemon.store import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Replies(Acts):
    """Saying that what was seen was no reply; that it was one is said with `replied`."""

    def not_replied(self, reference: str, *, by: str, note: str = "") -> str:
        """Say that a mail that was seen was no reply: clocks and reminders go on.

        Clocks that it ended run again with the dates they had; what came due meanwhile and was
        not decided is decided now.

        Raises:
            CaseworkError: there is no such open enquiry, or no reply of it was seen.
        """
        with self.store.write() as tx:
            now = self.clock()
            enquiry = self._open(tx, reference)
            if enquiry.reply_seen_at is None:
                msg = f"No reply was seen on {enquiry.reference}: there is nothing to take back."
                raise CaseworkError(msg)
            tx.no_reply_seen(enquiry.id)
            clocks = tx.revive_clocks(enquiry.id, ended_by=("seen",))
            detail = {"clocks": clocks, "failed": enquiry.reply_failed_at is not None}
            self._note(tx, enquiry, "not-replied", by=by, note=note, now=now, detail=detail)
            return f"{enquiry.reference} is not replied to. {_running(tx, enquiry.id)}"


def _running(tx: Transaction, enquiry_id: int) -> str:
    kinds = {one.kind for one in tx.open_clocks(enquiry_id)}
    return "Its clocks run with the dates they had." if kinds else "No clock of it runs."
