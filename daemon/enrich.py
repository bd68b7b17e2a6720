"""The use case of reading attachments, after the commit: a further classification of a message.

MPs' offices write "please see attached": the letter is in the file. What it shows may raise an
alert or start a clock, and never withdraws one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from daemon.kept import read_again, with_attachments
from daemon.parse import files_of
from daemon.store import StoreUnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from daemon.attachments.reader import AttachmentReader, FileText
    from daemon.intake.facts import Classifies
    from daemon.intake.revision import Revision
    from daemon.model import Attachment
    from daemon.store import Store
    from daemon.store.messages import KeptMessage

MOST_FILES: Final = 10  # of one message
MOST_CHARS: Final = 100_000  # of their text together


@dataclass(frozen=True, slots=True, kw_only=True)
class Enricher:
    """Reads what lies in attachments, one message at a time."""

    store: Store
    classifier: Classifies
    revision: Revision
    reader: AttachmentReader
    clock: Callable[[], datetime]

    def read_waiting(self, limit: int) -> int:
        """Read the attachments of messages that wait for it; return how many messages there were.

        Raises:
            StoreUnavailableError: the database does not answer.
        """
        with self.store.read() as tx:
            ids = tx.to_read(limit)
        for message_id in ids:
            try:
                self._read(message_id)
            except StoreUnavailableError:
                raise
            except Exception as error:  # noqa: BLE001 -- a bug of ours costs this message its files
                self._give_up(message_id, error)
        return len(ids)

    def _give_up(self, message_id: int, error: Exception) -> None:
        """Note that a message's attachments could not be read, so that the next have their turn."""
        with self.store.write() as tx:
            if tx.waits(message_id):
                now = self.clock()
                tx.was_read(message_id, files=[("", "failed")], text="", now=now)
                why = {"why": type(error).__name__}
                tx.audit("attachments_not-read", f"message:{message_id}", at=now, detail=why)

    def _read(self, message_id: int) -> None:
        with self.store.read() as tx:
            kept = tx.kept(message_id)
        files = self._files(kept)
        text = "\n\n".join(one.text for _, one in files if one.text)[:MOST_CHARS]
        message = with_attachments(read_again(kept), text) if text.strip() else None
        found = self.classifier.classify(message) if message is not None else None
        with self.store.write() as tx:
            if not tx.waits(message_id):
                return  # another daemon was faster
            now = self.clock()
            states = [(described.name, one.state.value) for described, one in files]
            tx.was_read(message_id, files=states, text=text, now=now)
            if message is not None and found is not None:
                self.revision.add(tx, kept, message, found, now=now)

    def _files(self, kept: KeptMessage) -> list[tuple[Attachment, FileText]]:
        """Return the attachments that may hold text, with what was read of each."""
        if kept.raw is None:
            return []
        read = [
            (described, self.reader.read(content))
            for described, content in files_of(kept.raw)[:MOST_FILES]
        ]
        return [(described, one) for described, one in read if one is not None]
