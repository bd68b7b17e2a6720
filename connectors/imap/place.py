"""Where in a folder: a numbering and a UID in it; the forms of external ids and cursors."""

from __future__ import annotations

import re
from dataclasses import dataclass

from connectors.base import Cursor

_FORM = re.compile(r"(\d{1,20})(?:\.(\d{1,9}))?:(\d{1,20})(?:@(-?\d{1,20}))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbering:
    """What a UID is unique in: UIDVALIDITY, and an epoch for servers that reuse UIDs."""

    validity: int
    epoch: int = 0

    def external_id(self, uid: int) -> str:
        """Return `UIDVALIDITY:UID`, or `UIDVALIDITY.EPOCH:UID` where UIDs were reused."""
        return f"{self.validity}{f'.{self.epoch}' if self.epoch else ''}:{uid}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The last message taken: its numbering, its UID, and when it arrived (POSIX seconds).

    By its time of arrival (INTERNALDATE, which never changes) it is told from a message that
    was given the same UID later.
    """

    numbering: Numbering
    uid: int = 0
    arrived: int | None = None

    @classmethod
    def parse(cls, text: str | None) -> Place | None:
        """Return the place that a cursor or external id stands for, if it is one of ours."""
        found = _FORM.fullmatch(text or "")
        if found is None:
            return None
        numbering = Numbering(validity=int(found[1]), epoch=int(found[2] or 0))
        arrived = None if found[4] is None else int(found[4])
        return cls(numbering=numbering, uid=int(found[3]), arrived=arrived)

    def cursor(self) -> Cursor:
        """Return the cursor that `parse` turns into this place again."""
        arrived = "" if self.arrived is None else f"@{self.arrived}"
        return Cursor(self.numbering.external_id(self.uid) + arrived)
