"""When X may be asked again: what its answers say of its limits, and our own monthly budget.

Limits differ by plan and change without notice, so none is written down here: the headers count
(`x-rate-limit-*` for a quarter of an hour, `x-*-limit-24hour-*` for a day).
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from connectors.base import PausedError, UnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from connectors.network import Memory

_HEADERS: Final = ("x-rate-limit", "x-app-limit-24hour", "x-user-limit-24hour")
_WINDOW: Final = timedelta(minutes=15)  # where a refusal does not say until when
_LONGEST: Final = timedelta(hours=25)  # no limit of X lasts longer: a header that says so is wrong
_SPENT: Final = "spent "
"""What a kept time begins with that ends no refusal, but a share that was used up."""
_SHORTEST: Final = timedelta(seconds=5)
_FOR_ANSWERS: Final = 0.9  # of the budget reading may use so much; people still get answers then


class Limits:
    """What may be asked now, of one account. May be used by several threads."""

    def __init__(self, *, memory: Memory, clock: Callable[[], datetime], monthly: int) -> None:
        """Ask nothing; `monthly` is our own budget of requests in a month, UTC."""
        self._memory, self._clock, self._monthly = memory, clock, monthly
        self._until: dict[str, datetime] = {}  # by call: our share is used up until then
        self._refused: dict[str, datetime] = {}  # by call: X said so itself
        self._recalled: set[str] = set()  # calls of which it was looked up what is kept

    def ask(self, call: str, *, is_answer: bool = False) -> None:
        """Take leave to ask once.

        Raises:
            PausedError: our share of the moment is used up.
            UnavailableError: X has refused for a while, or the month's budget is used up.
        """
        now = self._clock()
        self._recall(call)
        if (until := self._refused.get(call, now)) > now:
            why = f"X allows no more requests of this kind until {_when(until)}"
            raise UnavailableError(why, retry_at=until)
        if (until := self._until.get(call, now)) > now:
            why = f"the requests that X allows are used up until {_when(until)}"
            raise PausedError(why, retry_at=until)
        most = self._monthly if is_answer else int(self._monthly * _FOR_ANSWERS)
        if self.used(now) >= most:
            until = _next_month(now)
            why = (
                f"the month's budget of {self._monthly:,} requests is used up until"
                f" {until:%-d %B} (monthly_requests in social.toml)"
            )
            raise UnavailableError(why, retry_at=until)
        self._memory.count(_month(now))

    def heard(self, call: str, headers: Mapping[str, str]) -> None:
        """Take in what an answer says of the limits."""
        now = self._clock()
        ends = [_reset(headers, name, now) for name in _HEADERS if _is_used_up(headers, name)]
        until = max((one for one in ends if one), default=None)
        was_kept = self._refused.pop(call, None) or self._until.pop(call, None)
        if until is not None:
            self._until[call] = until
            self._memory.write(f"until:{call}", f"{_SPENT}{until.isoformat()}")
        elif was_kept:
            self._memory.write(f"until:{call}", "")

    def refused(self, call: str, headers: Mapping[str, str]) -> datetime:
        """Note that X refused for too many requests; return until when to leave it alone."""
        now = self._clock()
        ends = [_reset(headers, name, now) for name in _HEADERS if _is_used_up(headers, name)]
        until = max((one for one in ends if one), default=None)
        until = until or _reset(headers, _HEADERS[0], now) or now + _WINDOW
        self._refused[call] = until
        self._memory.write(f"until:{call}", until.isoformat())
        return until

    def used(self, now: datetime) -> int:
        """Return how many requests were made this month."""
        return int(self._memory.read(_month(now)) or 0)

    def _recall(self, call: str) -> None:
        """Heed what was heard before a restart, or a new config."""
        if call in self._recalled:
            return
        self._recalled.add(call)
        kept = self._memory.read(f"until:{call}")
        if kept.startswith(_SPENT):
            self._until[call] = datetime.fromisoformat(kept.removeprefix(_SPENT))
        elif kept:
            self._refused[call] = datetime.fromisoformat(kept)


def _is_used_up(headers: Mapping[str, str], name: str) -> bool:
    return headers.get(f"{name}-remaining", "").strip() in {"0", "0.0"}


def _reset(headers: Mapping[str, str], name: str, now: datetime) -> datetime | None:
    """Return when a limit begins anew; None where the header does not say, or nonsense."""
    try:
        at = datetime.fromtimestamp(int(headers.get(f"{name}-reset", "")), UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return min(max(at, now + _SHORTEST), now + _LONGEST)


def _month(now: datetime) -> str:
    return f"requests:{now.astimezone(UTC):%Y-%m}"


def _next_month(now: datetime) -> datetime:
    first = now.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return (first + timedelta(days=32)).replace(day=1)


def _when(at: datetime) -> str:
    return f"{at:%H:%M} UTC on {at:%-d %B}"
