"""The facts of a case as fields, for the office's case system to read (process, "Intake")."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from daemon.compose.facts import Enclosure, NoticeKind

if TYPE_CHECKING:
    from daemon.compose.facts import NoticeFacts

WITH_A_CASE: Final = frozenset({NoticeKind.ENQUIRY, NoticeKind.FURTHER_MESSAGE})
"""The notices that bring a team something to put into its case system."""
_VERSION: Final = 1  # of the fields; raised when one changes its meaning or goes


def case_file(facts: NoticeFacts) -> Enclosure:
    """Return the facts of a notice as a JSON file.

    Ids are those of the process; times are ISO 8601 in UTC, dates those of Europe/London; what is
    not known is null.
    """
    fields = {
        "version": _VERSION,
        "reference": facts.reference,
        "follows": facts.linked_reference or None,
        "category": facts.category,
        "to_be_sorted": facts.to_be_sorted,
        "source": facts.source,
        "from": facts.sender or None,
        "box": facts.box,
        "received_at": facts.received_at.isoformat() if facts.received_at else None,
        "route": facts.route,
        "criteria": list(facts.criteria),
        "registers": [
            {"register": one.register, "proposed": one.proposed} for one in facts.registers
        ],
        "due": [{"clock": kind, "on": on.isoformat()} for kind, on in facts.due],
        "held": facts.held,
        "reply_team": facts.reply_team or None,
        "complete": facts.original_complete,
    }
    content = json.dumps(fields, indent=1).encode("ascii")
    return Enclosure(name="case.json", media_type="application/json", content=content)
