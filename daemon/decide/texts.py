"""Which text an enquirer is answered with, by the office's own rules; the first that fits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from daemon.compose import mailable
from daemon.model import GENERAL, INVITATION, AnswerBy, Box

if TYPE_CHECKING:
    from collections.abc import Collection

    from daemon.decide.case import Case
    from daemon.model import ClockKind, TextRule


def answer_by(case: Case) -> AnswerBy:
    """Return how an answer reaches the enquirer: a letter where no mail can."""
    if case.message.box is Box.X_MENTION:
        return AnswerBy.PUBLIC_REPLY
    if case.message.box.is_social:
        return AnswerBy.DIRECT_MESSAGE
    return AnswerBy.EMAIL if mailable(case.recipient) else AnswerBy.LETTER


def texts_of(case: Case, clocks: Collection[ClockKind]) -> tuple[str, str]:
    """Return the acknowledgement's name, and that of the text that goes if nobody sends it.

    The second is "" but where the first is for somebody at risk: a duty officer sends that, and
    if none does within the hour the general text goes (process, *house*).
    """
    if answer_by(case) is AnswerBy.PUBLIC_REPLY:
        return INVITATION, ""  # the same words for everybody, and nothing of the case
    for rule in case.policy.texts:
        if _fits(rule, case, clocks) and (case.found.alerts or not rule.at_risk):
            return rule.template, _unattended(case) if rule.at_risk else ""
    return GENERAL, ""


def _unattended(case: Case) -> str:
    """Return the general text in the writer's language: what a rule has for nothing but that."""
    for rule in case.policy.texts:
        asks_more = rule.at_risk or rule.categories or rule.sources or rule.clocks
        if rule.languages and not asks_more and _fits(rule, case, ()):
            return rule.template
    return GENERAL


def _fits(rule: TextRule, case: Case, clocks: Collection[ClockKind]) -> bool:
    """Whether a rule is for this case: a category's own text needs a decided category."""
    found = case.found
    return (
        rule.enabled
        and (not rule.sources or found.source in rule.sources)
        and (not rule.by or answer_by(case) in rule.by)
        and (not rule.languages or found.language in rule.languages)
        and (not rule.clocks or not set(rule.clocks).isdisjoint(clocks))
        and (not rule.categories or (not found.to_be_sorted and found.category in rule.categories))
    )
