"""The acknowledgement: what an enquirer gets from us (guide §1.9, 1.14; RFC 3834 §3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from daemon.compose.facts import ACKNOWLEDGEMENTS
from daemon.compose.heading import Heading
from daemon.compose.languages import ENGLISH, in_words, language_of
from daemon.compose.markup import Raw, paragraphs
from daemon.model import AnswerBy

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime

    from daemon.compose.facts import Composed, OfficeText
    from daemon.compose.templates import Templates
    from daemon.model import ClockKind

    LawDays = Sequence[tuple[ClockKind, date]]


def acknowledgement(  # noqa: PLR0913  a letter's parts, by keyword, nowhere else kept together
    *,
    templates: Templates,
    template: str,
    office: OfficeText,
    recipient: str,
    reference: str,
    message_id: str,
    in_reply_to: str | None,
    references: tuple[str, ...],
    due_on: date | None,
    reply_team: str,
    sent_at: datetime,
    reply_to: str = "",
    law_days: LawDays = (),
    words: str = "",
) -> Composed:
    """Compose the acknowledgement `template` ("general", "mp") for one enquirer.

    `due_on` is the day to reply by and `law_days` the days that the law gives, in Europe/London;
    `sent_at` an aware time. Message ids come without brackets; unclean ones of the enquirer's
    are left out. `reply_to` goes before the office's own reply address. `words`, a colleague's
    own, take the place of the opening. Nothing that the enquirer wrote has a way in but the
    address.

    Raises:
        ValueError: the recipient cannot be mailed (ask `mailable` first), our own id is not
            clean, or the answer would go outside the office.
        LookupError, jinja2.TemplateError: as for `Templates.render`.
    """
    values = letter_values(
        office=office,
        reference=reference,
        due_on=due_on,
        reply_team=reply_team,
        law_days=law_days,
        language=language_of(template),
        words=words,
    )
    rendered = templates.render(f"{ACKNOWLEDGEMENTS}/{template}", values)
    heading = Heading(
        office=office,
        recipient=recipient,
        reply_to=reply_to or office.reply_address or office.from_address,
        message_id=message_id,
        sent_at=sent_at,
        in_reply_to=in_reply_to,
        references=references,
        auto_submitted="auto-replied",
        language=language_of(template),
    )
    return heading.over(rendered)


def letter_values(
    *,
    office: OfficeText,
    reference: str,
    due_on: date | None,
    reply_team: str,
    law_days: LawDays = (),
    by: AnswerBy = AnswerBy.EMAIL,
    language: str = ENGLISH,
    words: str = "",
) -> Mapping[str, object]:
    """Return all that an acknowledgement's template may use, in words."""
    return {
        "office": office,
        "reference": reference,
        "words": paragraphs(words),
        "reply_by": in_words(due_on, language) if due_on else "",
        "reply_team": reply_team,
        "law_days": [{"kind": kind, "day": in_words(day, language)} for kind, day in law_days],
        "by_email": by is AnswerBy.EMAIL,
        "phone_link": _dialled(office.phone),
        "textphone_link": _dialled(office.textphone),
    }


def _dialled(number: str) -> Raw:
    """Return a number as a link's target; Markdown that is the same in every letter."""
    return Raw("tel:" + "".join(digit for digit in number if digit.isascii() and digit.isdigit()))
