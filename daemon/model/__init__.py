"""The nouns: frozen values and enums that every room shares. One word, one meaning.

Times end in `_at` and are aware UTC; dates end in `_on` and are dates in Europe/London.
The ids of categories, sources, criteria, registers and clocks are those of the assurance
guide as the office uses them; they are stored, printed and configured, so they never change.
"""

from daemon.model.decisions import (
    Context,
    Deadline,
    Decision,
    OutboxEntry,
    RegisterEntry,
    Sent,
    ThreadLink,
)
from daemon.model.enums import (
    Box,
    Category,
    Channel,
    ClockKind,
    Criterion,
    EnquiryStatus,
    Handling,
    Hold,
    InboxRole,
    OutboxKind,
    Outcome,
    Register,
    Route,
    Skip,
    Source,
    Step,
)
from daemon.model.messages import Address, Attachment, Classification, Evidence, Forwarded, Message
from daemon.model.policies import (
    Absence,
    Arrangement,
    ClockPolicy,
    Directory,
    DutyTurn,
    Limits,
    MpOffice,
    Policy,
    Principals,
    Team,
)

__all__ = [
    "Absence",
    "Address",
    "Arrangement",
    "Attachment",
    "Box",
    "Category",
    "Channel",
    "Classification",
    "ClockKind",
    "ClockPolicy",
    "Context",
    "Criterion",
    "Deadline",
    "Decision",
    "Directory",
    "DutyTurn",
    "EnquiryStatus",
    "Evidence",
    "Forwarded",
    "Handling",
    "Hold",
    "InboxRole",
    "Limits",
    "Message",
    "MpOffice",
    "OutboxEntry",
    "OutboxKind",
    "Outcome",
    "Policy",
    "Principals",
    "Register",
    "RegisterEntry",
    "Route",
    "Sent",
    "Skip",
    "Source",
    "Step",
    "Team",
    "ThreadLink",
]
