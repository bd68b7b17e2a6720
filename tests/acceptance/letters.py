"""Reading what the daemon has sent: a mail taken apart by the standard library."""

from __future__ import annotations

import email
import email.policy
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from email.message import EmailMessage


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A mail of ours as somebody receives it."""

    content: bytes
    mail: EmailMessage

    @classmethod
    def read(cls, content: bytes) -> Sent:
        """Read a mail with the policy that follows today's standards."""
        return cls(
            content=content, mail=email.message_from_bytes(content, policy=email.policy.default)
        )

    def header(self, name: str) -> str:
        """Return a header's only value, unfolded; "" where there is none."""
        values = self.mail.get_all(name, [])
        assert len(values) <= 1, f"{name} stands {len(values)} times"
        return " ".join(str(values[0]).split()) if values else ""

    @property
    def message_id(self) -> str:
        """The Message-ID without its brackets."""
        return self.header("Message-ID").strip("<>")

    @property
    def sender(self) -> str:
        """The bare address in From."""
        return str(self.mail["From"].addresses[0].addr_spec)

    @property
    def recipients(self) -> list[str]:
        """The bare addresses in To."""
        return [str(one.addr_spec) for one in self.mail["To"].addresses]

    @property
    def reply_to(self) -> list[str]:
        """The bare addresses in Reply-To."""
        header = self.mail["Reply-To"]
        return [str(one.addr_spec) for one in header.addresses] if header else []

    def words(self, subtype: str) -> str:
        """Return the text of the first part that is text/`subtype`; "" where there is none."""
        for part in self.mail.walk():
            if part.get_content_type() == f"text/{subtype}":
                return str(part.get_content())
        return ""

    @property
    def original(self) -> bytes:
        """The message attached to a notice, byte for byte; b"" where there is none."""
        for line in (b"Content-Type: message/rfc822\r\n", b"Content-Type: application/octet"):
            before, found, part = self.content.partition(line)
            if found:
                boundary = before.rstrip().rsplit(b"\r\n", 1)[-1]
                head, _, body = part.partition(b"\r\n\r\n")
                body = body.rpartition(b"\r\n" + boundary + b"--")[0]
                return _from_base64(body) if b"base64" in head else body
        return b""


def _from_base64(body: bytes) -> bytes:
    import base64

    return base64.b64decode(body)
