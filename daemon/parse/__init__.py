"""Raw bytes to a `Message`, or a `ParseError`; pure, bounded, and never surprised.

The header is framed and mended here, mail-parser reads addresses, dates, `Received` and base64,
the standard library builds the MIME tree, lxml and inscriptis turn HTML to text. Each reading
stands behind a guard, so one bad header or part never costs the rest of the message.
"""

from daemon.parse.message import ParseError, files_of, html_of, message_from_fields, parse
from daemon.parse.trust import authentication_failed, trusted_received_at

__all__ = [
    "ParseError",
    "authentication_failed",
    "files_of",
    "html_of",
    "message_from_fields",
    "parse",
    "trusted_received_at",
]
