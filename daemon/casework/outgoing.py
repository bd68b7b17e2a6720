"""What a person does with mail that goes out: pausing, resuming, and writing by post."""

from __future__ import annotations

from typing import TYPE_CHECKING

from daemon.by_post import ByPost
from daemon.casework.acts import Acts, CaseworkError
from daemon.pauses import MARK

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from daemon.store.ledger import Silence
    from daemon.store.postbox import Waiting
    from daemon.store.posting import ToPost


class Outgoing(Acts):
    """Acts on the outbox."""

    def pause(self, what: Sequence[str], *, by: str, note: str = "") -> str:
        """Have no daemon poll these inboxes or send by these outlets ("inbox:intake").

        Raises:
            CaseworkError: they are paused already.
        """
        return self._set(what, paused=True, by=by, note=note)

    def go_on(self, what: Sequence[str], *, by: str, note: str = "") -> str:
        """Have daemons go on with what was paused.

        Raises:
            CaseworkError: none of it is paused.
        """
        return self._set(what, paused=False, by=by, note=note)

    def _set(self, what: Sequence[str], *, paused: bool, by: str, note: str) -> str:
        verb = "paused" if paused else "resumed"
        with self.store.write() as tx:
            now = self.clock()
            held = {name for name, since in tx.markers(MARK).items() if since}
            changed = [one for one in what if (one in held) != paused]
            if not changed:
                msg = "It is paused already." if paused else "Nothing of it is paused."
                raise CaseworkError(msg)
            for one in changed:
                tx.set_marker(MARK + one, now.isoformat() if paused else "", now=now)
            self._note_apart(tx, verb, by=by, note=note, now=now, detail={"what": changed})
        names = ", ".join(one.replace(":", " ") for one in changed)
        return f"{verb.capitalize()}: {names}."

    def paused(self) -> dict[str, str]:
        """Return what is paused, and since when (ISO 8601, UTC)."""
        with self.store.read() as tx:
            return {name: since for name, since in tx.markers(MARK).items() if since}

    def outbox(self, *, limit: int) -> tuple[dict[str, int], list[Waiting]]:
        """Return how many entries have not left, by state, and the oldest of each."""
        with self.store.read() as tx:
            return tx.outbox_counts(), tx.not_sent(limit=limit)

    def silences(self, *, since: datetime, limit: int) -> list[Silence]:
        """Return the messages that nobody was answered for since then, and why."""
        with self.store.read() as tx:
            return tx.silences(since=since, limit=limit)

    def to_post(self) -> list[ToPost]:
        """Return the letters that wait for the post room."""
        with self.store.read() as tx:
            return tx.to_post()

    def letter(self, reference: str, address: Sequence[str], *, by: str, note: str = "") -> str:
        """Write the acknowledgement of an enquiry as a letter; one that waits gets this address.

        `address` are the lines of the address block, the name first.

        Raises:
            CaseworkError: there is no such open enquiry, or an address of no lines.
        """
        if not address:
            msg = "Give the address: the name and the lines below it."
            raise CaseworkError(msg)
        with self.store.write() as tx:
            now = self.clock()
            enquiry = self._open(tx, reference)
            by_post = ByPost(letters=self.letters, teams=self.policy.teams, days=self.days)
            by_post.address(tx, enquiry, address, now=now)
            self._note(tx, enquiry, "letter-written", by=by, note=note, now=now)
        return (
            f"The letter of {enquiry.reference} is ready. The daemon lays it into the folder of"
            " letters. Record when it has gone by post."
        )
