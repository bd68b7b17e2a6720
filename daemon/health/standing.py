"""How it stands with one inbox or outlet: when it last went well, and what has been wrong since."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from connectors.base import AccessDeniedError

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(slots=True)
class Standing:
    """What its last tries brought; written by the one thread that tries. Times are aware UTC."""

    well_at: datetime | None = None  # when a try last ended well
    since_at: datetime | None = None  # the first failure after that; None: it is well
    why: str = ""  # of the last failure, one sentence for an operator
    denied: bool = False  # a person has to act
    began_at: datetime | None = None  # a try that goes on now

    def begins(self, now: datetime) -> None:
        """Note that a try begins."""
        self.began_at = now

    def stood_back(self) -> None:
        """Note that a try ended at once: the other side allows no more for now, and all is well."""
        self.began_at = None

    def went_well(self, now: datetime) -> None:
        """Note that a try ended well."""
        self.well_at, self.since_at, self.began_at = now, None, None
        self.why, self.denied = "", False

    def failed(self, error: Exception, now: datetime) -> None:
        """Note that a try failed; since when is kept from the first."""
        self.since_at = self.since_at or now
        self.why, self.denied = str(error), isinstance(error, AccessDeniedError)
        self.began_at = None
