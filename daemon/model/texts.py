"""Which of its texts the office answers with: rules as data, the first that fits is taken."""

from __future__ import annotations

from dataclasses import dataclass

from daemon.model.enums import AnswerBy, Category, ClockKind, Source

GENERAL = "general"  # the text of whatever no rule fits
INVITATION = "invitation"  # of a public post to write in private; its words are in the config
NEW_DATE = "new-date"  # the second letter, which tells an earlier date


@dataclass(frozen=True, slots=True, kw_only=True)
class TextRule:
    """A text, and what it answers. A list that is empty asks for nothing."""

    template: str
    categories: tuple[Category, ...] = ()  # fits only what is not to be sorted
    sources: tuple[Source, ...] = ()
    clocks: tuple[ClockKind, ...] = ()  # one of these runs
    by: tuple[AnswerBy, ...] = ()
    languages: tuple[str, ...] = ()  # ISO 639-1, of what was written
    at_risk: bool = False  # for somebody who may be at risk; a duty officer sends it
    enabled: bool = True


TEXTS = (
    TextRule(template="social", by=(AnswerBy.DIRECT_MESSAGE,)),
    TextRule(template="vulnerable", at_risk=True, sources=(Source.COMPLAINANT, Source.UNKNOWN)),
    TextRule(template="mp", sources=(Source.MP,), clocks=(ClockKind.MP,)),
    TextRule(template="chair", sources=(Source.COMMITTEE_CHAIR,)),
    TextRule(template="ico", sources=(Source.ICO,)),
    TextRule(
        template="foi",
        categories=(Category.FOI_DPA,),
        clocks=(ClockKind.FOI, ClockKind.FOI_REVIEW, ClockKind.EIR, ClockKind.EIR_REVIEW),
    ),
    TextRule(template="dpa", categories=(Category.FOI_DPA,), clocks=(ClockKind.DPA,)),
    TextRule(template="general.cy", languages=("cy",), enabled=False),
    TextRule(template="letter", by=(AnswerBy.LETTER,)),
    TextRule(template="organisation", sources=(Source.ORGANISATION,)),
    TextRule(
        template="complainant",
        sources=(Source.COMPLAINANT,),
        categories=(
            Category.NEW_COMPLAINT,
            Category.PERSONAL_INTEREST,
            Category.FOLLOW_UP_DECISION,
            Category.COMPLAINT_ABOUT_US,
            Category.FOLLOW_UP_CUSTOMER_CARE,
        ),
    ),
)
"""The rules as they ship (`config/routes.toml`); what fits none gets the general text."""
