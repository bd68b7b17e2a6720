"""What a person says a message is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from daemon.casework.acts import CaseworkError
from daemon.model import Category, Criterion, Source

if TYPE_CHECKING:
    from daemon.model import Classification

_BY_WRITER = frozenset({Criterion.MP_NON_ROUTINE, Criterion.COMMITTEE_CHAIR})


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """What a person says a message is; what is None or empty stays as it was."""

    category: Category | None = None
    source: Source | None = None
    routine: bool | None = None
    add: frozenset[Criterion] = frozenset()
    drop: frozenset[Criterion] = frozenset()
    message_id: int | None = None  # of the enquiry's messages; the first by default

    def applied_to(self, before: Classification) -> Classification:
        """Return the classification as the person has it.

        Raises:
            CaseworkError: it contradicts itself.
        """
        category = self.category or before.category
        source = self.source or before.source
        routine = before.routine if self.routine is None else self.routine
        is_mp = source is Source.MP
        if self.routine and (not is_mp or category is not Category.NEW_COMPLAINT):
            msg = "Only an MP's referral of a new complaint can be routine."
            raise CaseworkError(msg)
        routine = routine and is_mp and category is Category.NEW_COMPLAINT
        criteria = (set(before.criteria) | self.add) - self.drop - _BY_WRITER
        if is_mp and not routine:
            criteria.add(Criterion.MP_NON_ROUTINE)
        if source is Source.COMMITTEE_CHAIR:
            criteria.add(Criterion.COMMITTEE_CHAIR)
        return replace(
            before,
            category=category,
            source=source,
            routine=routine,
            criteria=tuple(one for one in Criterion if one in criteria),
            confidence=1.0,
            to_be_sorted=False,
            automation=None if category is not Category.NOT_AN_ENQUIRY else before.automation,
            evidence=(),
        )
