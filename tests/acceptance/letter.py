"""A letter's pieces: every one carries the marker of the mail it stands in."""

from __future__ import annotations

from dataclasses import dataclass, field
from email.message import EmailMessage

STEM = "quillmark"
"""Stands in every marker, and in no word of the daemon's own."""
DATE = "Mon, 02 Mar 2026 09:30:00 +0000"


@dataclass(slots=True, kw_only=True)
class Letter:
    """The pieces a kind writes with; every one carries the marker."""

    marker: str
    host: str = ""  # the sender's domain
    local: str = ""
    name: str = ""
    headers: list[tuple[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.host = self.host or f"{self.marker}.example"
        self.local = self.local or "writer"
        self.name = self.name or f"Morgan {self.marker.title()}"

    @property
    def sender(self) -> str:
        return f"{self.local}@{self.host}"

    @property
    def message_id(self) -> str:
        return f"{self.marker}@post.example"

    def message(self, subject: str, text: str, **more: str) -> EmailMessage:
        """Return a mail as a common mail program writes it."""
        mail = EmailMessage()
        mail["From"] = f'"{self.name}" <{self.sender}>'
        mail["To"] = more.pop("to", "office@ombudsman.example")
        mail["Subject"] = f"{subject} {self.marker}".strip()
        mail["Date"] = DATE
        mail["Message-ID"] = f"<{self.message_id}>"
        for name, value in more.items():
            mail[name.replace("_", "-")] = value
        mail.set_content(self.sign(text))
        return mail

    def sign(self, text: str) -> str:
        """Return a text with the marker in the middle and a name under it."""
        return f"{text}\n\nMy own note for my file is {self.marker}.\n\n{self.name}\n"

    def raw(self, *lines: str, body: bytes, charset: str = "ascii") -> bytes:
        """Return a mail with just these header lines, for what no mail program writes."""
        return "".join(f"{line}\r\n" for line in lines).encode(charset) + b"\r\n" + body

    def usual(self) -> list[str]:
        """Return the usual header lines but the subject."""
        return [
            f"From: {self.name} <{self.sender}>",
            "To: office@ombudsman.example",
            f"Date: {DATE}",
            f"Message-ID: <{self.message_id}>",
        ]


Content = EmailMessage | bytes


def crlf(content: bytes) -> bytes:
    return content.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
