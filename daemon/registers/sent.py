"""What we sent, as it is read: our own mails and letters, from the bytes in the outbox."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from email import message_from_bytes, policy
from typing import TYPE_CHECKING, Any, Self

from connectors.posts import unpack_answer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from daemon.store.views import SentRow


@dataclass(frozen=True, slots=True, kw_only=True)
class SentInFull:
    """Something that we sent or shall send."""

    row: Mapping[str, Any]  # kind, recipient, state, hold, created_at, sent_at, …
    subject: str
    text: str  # its words; "" of a letter on paper
    usual: str  # the words that go if nobody releases the others; "" where there are none
    content: bytes  # a mail, a letter in PDF, or what goes out on a social network

    @classmethod
    def of(cls, sent: SentRow) -> Self:
        """Return an entry of the outbox as it is read."""
        subject, text = _words(sent.content)
        return cls(
            row=sent.row,
            subject=subject,
            text=text,
            usual=_words(sent.usual)[1] if sent.usual else "",
            content=sent.content,
        )

    @property
    def is_paper(self) -> bool:
        """Whether it is a letter to print."""
        return self.content.startswith(b"%PDF")

    @property
    def file_ending(self) -> str:
        """The ending of a file of it."""
        if self.is_paper:
            return "pdf"
        return "json" if self.content.startswith(b"{") else "eml"


def _words(content: bytes) -> tuple[str, str]:
    """Return the subject and the plain words of a mail that we made ourselves."""
    if content.startswith(b"%PDF"):
        return "", ""
    with suppress(ValueError):
        answer = unpack_answer(content)
        return "A public reply" if answer.answers else "A direct message", answer.text
    mail = message_from_bytes(content, policy=policy.default)
    body = mail.get_body(("plain",))
    text = str(body.get_content()) if body is not None else ""
    return str(mail["Subject"] or ""), text.replace("\r\n", "\n")
