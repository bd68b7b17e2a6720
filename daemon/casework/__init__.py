"""What staff do: every act is one transaction, with a line of audit and a row with a name."""

from __future__ import annotations

from dataclasses import dataclass

from daemon.casework.acts import CaseworkError, ChangedError
from daemon.casework.arrangements import ArrangementActs
from daemon.casework.assigning import Assigning
from daemon.casework.by_mail import ByMail
from daemon.casework.clocks import ClockActs
from daemon.casework.correction import Correction
from daemon.casework.enquiries import Enquiries
from daemon.casework.handling import Handlings
from daemon.casework.joining import Joining
from daemon.casework.meeting import Meetings
from daemon.casework.outgoing import Outgoing
from daemon.casework.replies import Replies
from daemon.intake.revision import Revision

__all__ = ["Casework", "CaseworkError", "ChangedError", "Correction", "Revision"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Casework(
    ByMail,
    Enquiries,
    ArrangementActs,
    ClockActs,
    Assigning,
    Joining,
    Handlings,
    Meetings,
    Replies,
    Outgoing,
):
    """The use cases of staff, over one store."""
