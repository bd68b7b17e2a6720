"""A decision and the templates make the exact bytes to send. Pure: no I/O, no clock.

`acknowledgement` is the only way to write to somebody outside; `notice` refuses to. What an
outsider reads comes from `templates/acknowledgements/` and a handful of values of our own.
"""

from __future__ import annotations

from daemon.compose.examples import OFFICE as EXAMPLE_OFFICE
from daemon.compose.examples import example_values
from daemon.compose.facts import (
    ACKNOWLEDGEMENTS,
    Composed,
    DigestItem,
    Enclosure,
    NoticeFacts,
    NoticeKind,
    OfficeText,
)
from daemon.compose.letters import acknowledgement
from daemon.compose.mistakes import BODY_FILE, SUBJECT_FILE
from daemon.compose.notices import notice
from daemon.compose.posts import direct_message, in_full, public_reply, shown_as_mail
from daemon.compose.templates import Rendered, Templates
from daemon.compose.wire import mailable

__all__ = [
    "ACKNOWLEDGEMENTS",
    "BODY_FILE",
    "EXAMPLE_OFFICE",
    "SUBJECT_FILE",
    "Composed",
    "DigestItem",
    "Enclosure",
    "NoticeFacts",
    "NoticeKind",
    "OfficeText",
    "Rendered",
    "Templates",
    "acknowledgement",
    "direct_message",
    "example_values",
    "in_full",
    "mailable",
    "notice",
    "public_reply",
    "shown_as_mail",
]
