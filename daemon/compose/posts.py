"""What goes out on a social network, and how a post from there is shown to colleagues."""

from __future__ import annotations

import re
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import TYPE_CHECKING, Final

from connectors.posts import Answer, pack_answer
from daemon.compose.facts import ACKNOWLEDGEMENTS
from daemon.words import BOXES, capitalised

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from daemon.compose.templates import Templates
    from daemon.model import Message, Posted

_HANDLE: Final = re.compile(r"@\w+")


def direct_message(
    *,
    templates: Templates,
    template: str,
    values: Mapping[str, object],
    to: Posted,
    key: str,
    written_at: datetime,
) -> bytes:
    """Return an acknowledgement as a direct message: the words of its template, plain.

    Raises:
        LookupError, jinja2.TemplateError: as for `Templates.render`.
    """
    rendered = templates.render(f"{ACKNOWLEDGEMENTS}/{template}", values)
    return pack_answer(
        Answer(
            network=to.network,
            recipient_id=to.author_id,
            text=rendered.text.strip(),
            key=key,
            written_at=written_at,
        )
    )


def public_reply(*, words: str, handle: str, to: Posted, key: str, written_at: datetime) -> bytes:
    """Return a reply below a post: the office's own words, and nothing of the case.

    `handle` is whom it is said to, with the @: networks refuse the very same words said twice.
    """
    known = handle if _HANDLE.fullmatch(handle) else ""
    return pack_answer(
        Answer(
            network=to.network,
            recipient_id=to.author_id,
            answers=to.id,
            text=f"{known} {words}".strip(),
            key=key,
            written_at=written_at,
        )
    )


def shown_as_mail(message: Message, posted: Posted) -> bytes:
    """Return a post as a mail that a colleague can open: words, what is missing, and its link."""
    mail = EmailMessage(policy=SMTP.clone(max_line_length=998))
    # A handle is no address: whoever answers this mail must not write to some stranger.
    handle = message.sender.address.replace("@", "", 1)
    mail["From"] = Address(display_name=f"{message.sender.name or handle} ({handle})")
    mail["Subject"] = capitalised(BOXES[message.box])
    if message.date_at is not None:
        mail["Date"] = format_datetime(message.date_at)
    mail.set_content(in_full(message, posted))
    return mail.as_bytes()


def in_full(message: Message, posted: Posted) -> str:
    """Return the words of a post with those it answers, what is missing, and where it stands."""
    parts = (message.new_text, message.quoted_text, *posted.notes, posted.link)
    return "\n\n".join(part for part in parts if part) + "\n"
