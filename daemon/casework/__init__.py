"""What staff do: every act is one transaction, with a line of audit and a row with a name."""

from __future__ import annotations

from dataclasses import dataclass

from daemon.casework.acts import CaseworkError
from daemon.casework.correction import Correction
from daemon.casework.enquiries import Enquiries

__all__ = ["Casework", "CaseworkError", "Correction"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Casework(Enquiries):
    """The use cases of staff, over one store."""
