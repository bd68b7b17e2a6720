"""The acknowledgement on paper, for who has no e-mail address (guide §1.9, footnote 3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from daemon.compose.facts import ACKNOWLEDGEMENTS
from daemon.compose.letters import letter_values

if TYPE_CHECKING:
    from datetime import date

    from daemon.compose.facts import OfficeText
    from daemon.compose.templates import Templates


def printed(
    *,
    templates: Templates,
    template: str,
    office: OfficeText,
    reference: str,
    due_on: date | None,
    reply_team: str,
) -> str:
    """Return the words of an acknowledgement, for a person to print and post.

    Raises:
        LookupError, jinja2.TemplateError: as for `Templates.render`.
    """
    values = letter_values(office=office, reference=reference, due_on=due_on, reply_team=reply_team)
    return templates.render(f"{ACKNOWLEDGEMENTS}/{template}", values).text
