"""Who may do what on the page: rights, and the roles that are sets of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class Right(StrEnum):
    """One thing that somebody may do; what each lets do stands in `daemon.words`."""

    SEE_ENQUIRIES = "see-enquiries"
    SEE_REGISTERS = "see-registers"
    SEE_RESTRICTED = "see-restricted"
    SEE_CALL_BACKS = "see-call-backs"
    CORRECT = "correct"
    ASSIGN = "assign"
    UPDATE = "update"
    CONFIRM = "confirm"
    RELEASE = "release"
    RECORD = "record"
    REPLY = "reply"
    CLOSE = "close"
    MERGE = "merge"
    REOPEN = "reopen"
    PROPOSE = "propose"
    DECIDE = "decide"
    REFER = "refer"
    ARRANGE = "arrange"
    RESTRICT = "restrict"
    ANSWER_CALL_BACKS = "answer-call-backs"
    MANAGE_ACCOUNTS = "manage-accounts"
    SEE_HEALTH = "see-health"


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """A named set of rights; `own_teams_only` narrows what is seen to the teams they answer for."""

    id: str
    name: str
    rights: frozenset[Right]
    own_teams_only: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Through whose eyes enquiries are looked at.

    An enquiry that is about them is never shown, whatever their rights (process, "About us
    ourselves"). `teams` None: those of every team.
    """

    address: str = ""
    teams: frozenset[str] | None = None
    sees_restricted: bool = True

    def sees(self, *, team: str, reply_team: str, holder: str, subjects: Iterable[str]) -> bool:
        """Whether an enquiry that these have, and that is about these people, may be shown."""
        if not self.may_know(subjects):
            return False
        if self.teams is None:
            return True
        return bool(self.teams & {team, reply_team}) or holder == self.address

    def may_know(self, subjects: Iterable[str]) -> bool:
        """Whether they may know of something that is about these people."""
        about = frozenset(subjects)
        return not about or (self.sees_restricted and self.address not in about)


EVERYTHING = Reader()
"""Who works on the machine itself: no page, no limits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody who has signed in."""

    account_id: int
    name: str  # as it stands beside what they do
    address: str  # the office's, lower case
    rights: frozenset[Right] = field(default_factory=frozenset)
    reader: Reader = EVERYTHING

    def may(self, right: Right) -> bool:
        """Whether one of their roles has this right."""
        return right in self.rights
