"""The headers that every mail of ours carries, in order, each safe or refused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from daemon.compose import wire
from daemon.compose.facts import Composed
from daemon.compose.languages import ENGLISH

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from daemon.compose.facts import OfficeText
    from daemon.compose.templates import Rendered


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """Who a mail is from and to, when, which it is, what it answers, and that a machine sent it."""

    office: OfficeText
    recipient: str
    reply_to: str
    message_id: str
    sent_at: datetime
    in_reply_to: str | None
    references: tuple[str, ...]
    auto_submitted: str  # "auto-replied" or "auto-generated" (RFC 3834 §5)
    language: str = ENGLISH

    def over(self, words: Rendered, *, attached: Sequence[bytes] = ()) -> Composed:
        """Return the finished mail: these headers, the words, perhaps parts attached.

        Raises:
            ValueError: an address cannot be mailed, answers would leave the office, our own
                message id is not clean, or the time has no zone.
        """
        body = alternatives(words)
        if attached:
            body = wire.multipart("mixed", [body, *attached])
        return Composed(
            message_id=self.message_id,
            subject=words.subject,
            recipient=wire.checked_address(self.recipient),
            content=self._lines(words.subject).encode("ascii") + body,
        )

    def _lines(self, subject: str) -> str:
        return (
            wire.address_header("From", self.office.from_address, self.office.from_name)
            + wire.address_header("To", self.recipient)
            + self._reply_to()
            + wire.text_header("Subject", subject)
            + wire.date_header(self.sent_at)
            + self._own_id()
            + wire.thread_headers(self.in_reply_to, self.references)
            + f"Auto-Submitted: {self.auto_submitted}\r\n"
            "X-Auto-Response-Suppress: All\r\n"
            f"Content-Language: {self.language}\r\n"
            "MIME-Version: 1.0\r\n"
        )

    def _reply_to(self) -> str:
        if not self.office.is_inside(self.reply_to):
            why = "answers to our mail go to the office's own addresses only"
            raise ValueError(why)
        return wire.address_header("Reply-To", self.reply_to)

    def _own_id(self) -> str:
        if not wire.is_clean_id(self.message_id):
            why = "our own message id is not clean"
            raise ValueError(why)
        return wire.id_header("Message-ID", [self.message_id])


def alternatives(words: Rendered) -> bytes:
    """Return the words as text and as HTML, the richer form last (RFC 2046 §5.1.4)."""
    parts = [wire.text_part("plain", words.text), wire.text_part("html", words.html)]
    return wire.multipart("alternative", parts)
