"""Everything found in a message before it is judged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from daemon.classify.facts import Facts
    from daemon.classify.scores import Scores
    from daemon.classify.senders import Writer
    from daemon.classify.zones import Zones
    from daemon.model import Message


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A message cut into zones, its facts, its writer, and what the rules say of it."""

    message: Message
    zones: Zones
    facts: Facts
    writer: Writer
    scores: Scores
    language: str | None

    @property
    def is_foreign(self) -> bool:
        """Whether it is written in another language than English."""
        return self.language not in {None, "en"}
