"""Health: what is well, what is not, since when, and what to do about it.

Each daemon reports on what it works on itself; what all share is looked up in the store.
"""

from daemon.health.alarms import Alarms
from daemon.health.common import Common
from daemon.health.parts import (
    Level,
    Part,
    Report,
    as_json,
    from_json,
    in_one_line,
)
from daemon.health.standing import Standing

__all__ = [
    "Alarms",
    "Common",
    "Level",
    "Part",
    "Report",
    "Standing",
    "as_json",
    "from_json",
    "in_one_line",
]
