"""Raw mails as the parser's tests need them: each names only the lines that matter to it."""

from __future__ import annotations

from daemon.model import Box, Message
from daemon.parse import parse


def a_mail(*fields: str, body: str | bytes = "Hello", sender: str = "ada@example.org") -> bytes:
    """Return the bytes of a mail with these header lines; `sender` "" leaves From out."""
    lines = ([f"From: {sender}"] if sender else []) + list(fields)
    text = body if isinstance(body, bytes) else body.encode()
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + text


def a_multipart(subtype: str, *parts: str, sender: str = "ada@example.org") -> bytes:
    """Return a multipart mail; each part is its header lines, a blank line and its body."""
    body = "".join(f"--edge\n{part}\n" for part in parts) + "--edge--\n"
    field = f'Content-Type: multipart/{subtype}; boundary="edge"'
    return a_mail("MIME-Version: 1.0", field, body=body, sender=sender)


def read(content: bytes, box: Box = Box.CUSTOMER_CARE) -> Message:
    """Parse a mail that came through a public box."""
    return parse(content, box=box)
