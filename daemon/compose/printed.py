"""The acknowledgement on paper, for who has no e-mail address (guide §1.9, footnote 3)."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from daemon.compose.examples import REFERENCE
from daemon.compose.facts import ACKNOWLEDGEMENTS
from daemon.compose.languages import in_words, language_of
from daemon.compose.letters import letter_values
from daemon.compose.markup import one_line
from daemon.compose.paper import typeset
from daemon.model import AnswerBy, ClockKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from daemon.compose.facts import OfficeText
    from daemon.compose.letters import LawDays
    from daemon.compose.templates import Templates


def printed(  # noqa: PLR0913  a letter's parts, by keyword, nowhere else kept together
    *,
    templates: Templates,
    template: str,
    office: OfficeText,
    reference: str,
    due_on: date | None,
    reply_team: str,
    address: Sequence[str],
    written_on: date,
    law_days: LawDays = (),
    words: str = "",
) -> bytes:
    """Return an acknowledgement as a letter in PDF, for a person to print and post.

    `address` are the lines of the address block, the name first; the dates are those of
    Europe/London; `words`, a colleague's own, take the place of the opening.

    Raises:
        LookupError, jinja2.TemplateError: as for `Templates.render`.
    """
    language = language_of(template)
    values = letter_values(
        office=office,
        reference=reference,
        due_on=due_on,
        reply_team=reply_team,
        law_days=law_days,
        by=AnswerBy.LETTER,
        language=language,
        words=words,
    )
    folder = f"{ACKNOWLEDGEMENTS}/{template}"
    lines = (one_line(line) for line in address)
    return typeset(
        templates.tokens(folder, values),
        title=templates.subject(folder, values),
        language=language,
        office=office.name,
        address=[line for line in lines if line],
        written_on=in_words(written_on, language),
        reference=reference,
    )


def example_letter(templates: Templates, template: str, *, office: OfficeText) -> bytes:
    """Return a letter with invented values, to look at; raises as `printed` does."""
    return printed(
        templates=templates,
        template=template,
        office=office,
        reference=REFERENCE,
        due_on=date(2026, 3, 3),
        law_days=((ClockKind.FOI, date(2026, 3, 3)),),
        reply_team="Customer Care",
        address=("A. Writer", "1 High Street", "Town", "AB1 2CD"),
        written_on=date(2026, 2, 17),
    )
