"""Everything that the pages are made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from daemon.accounts import Accounts
    from daemon.casework import Casework, Revision
    from daemon.config import Config
    from daemon.explain import Judge
    from daemon.record import Recorder
    from daemon.registers.looking import Looking


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """What the pages read and do, put together by `desk.serving`."""

    config: Config
    accounts: Accounts
    casework: Casework
    looking: Looking
    recorder: Recorder
    judge: Callable[[], Judge]  # by the model that is adopted, as of today
    revision: Revision
    cookie_key: str  # signs the cookie; another after each change of the signing keys
    clock: Callable[[], datetime]
