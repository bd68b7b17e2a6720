"""Messages out of a folder: size before body, in loads, whatever one message does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.base import Missed, RawMessage, UnavailableError
from connectors.imap.session import Described, Session

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from connectors.imap.folder import Folder

HEAD_BYTES = 512 * 1024
"""How much is fetched of a message that is too large: a header and the beginning of a body."""
PATIENCE = 3
"""How often a server may deliver nothing of what it lists before we go past it."""


class Reader:
    """Fetches messages by UID; what cannot be had is told apart into gone and undeliverable."""

    def __init__(
        self, folder: Folder, *, inbox: str, max_message_bytes: int, batch_bytes: int
    ) -> None:
        self._folder = folder
        self._inbox = inbox
        self._max_message_bytes = max_message_bytes
        self._batch_bytes = batch_bytes
        self._refused: tuple[str, ...] = ()  # ids, last time that nothing at all was delivered
        self._refusals = 0

    def describe(self, uids: Sequence[int]) -> dict[int, Described]:
        """Return sizes and times of arrival of those that the server can tell of."""
        return self._folder.ask(uids, Session.describe)

    def loads(self, uids: Sequence[int], described: Mapping[int, Described]) -> Iterator[list[int]]:
        """Divide messages into loads of about `batch_bytes`, of one message at least."""
        load: list[int] = []
        total = 0
        for uid in uids:
            size = min(described[uid].size, self._max_message_bytes) if uid in described else 0
            if load and total + size > self._batch_bytes:
                yield load
                load, total = [], 0
            load.append(uid)
            total += size
        if load:
            yield load

    def read(
        self, uids: Sequence[int], described: Mapping[int, Described]
    ) -> tuple[tuple[RawMessage, ...], tuple[Missed, ...]]:
        """Fetch one load: the messages in the order asked for, and those that did not come.

        Raises:
            UnavailableError: none came although all are there; the third time they are missed.
        """
        sizes = {uid: described[uid].size for uid in uids if uid in described}
        large = [uid for uid, size in sizes.items() if size > self._max_message_bytes]
        whole = [uid for uid in sizes if uid not in large]
        contents = self._bodies(whole, sizes) | self._bodies(large, sizes, HEAD_BYTES)
        messages = tuple(
            self._message(uid, contents[uid], described[uid], complete=uid not in large)
            for uid in uids
            if uid in contents
        )
        lost = [uid for uid in uids if uid not in contents]
        return messages, self._missed(lost, others_came=bool(messages))

    def _bodies(
        self, uids: Sequence[int], sizes: Mapping[int, int], first_bytes: int | None = None
    ) -> dict[int, bytes]:
        def question(session: Session, wanted: Sequence[int]) -> dict[int, bytes]:
            bodies = session.bodies(wanted, first_bytes=first_bytes)
            # one that comes empty although it has a size has not come
            return {uid: body for uid, body in bodies.items() if body or not sizes[uid]}

        return self._folder.ask(uids, question)

    def _message(
        self, uid: int, content: bytes, described: Described, *, complete: bool
    ) -> RawMessage:
        return RawMessage(
            inbox=self._inbox,
            external_id=self._folder.numbering.external_id(uid),
            content=content,
            size=len(content) if complete else described.size,
            arrived_at=described.arrived_at,
            complete=complete,
        )

    def _missed(self, uids: Sequence[int], *, others_came: bool) -> tuple[Missed, ...]:
        still_there = self._folder.reopen().present(uids) if uids else set()
        ids = {uid: self._folder.numbering.external_id(uid) for uid in uids}
        if still_there and not others_came:
            self._lose_patience(tuple(ids.values()))
        return tuple(
            Missed(external_id=ids[uid], reason="unfetchable" if uid in still_there else "vanished")
            for uid in uids
        )

    def _lose_patience(self, refused: tuple[str, ...]) -> None:
        """Where nothing at all was delivered, suspect the server, but not for ever."""
        self._refusals = self._refusals + 1 if refused == self._refused else 1
        self._refused = refused
        if self._refusals < PATIENCE:
            host, name = self._folder.host, self._folder.name
            message = f"{host} delivers nothing of what it lists in {name!r}"
            raise UnavailableError(message)
