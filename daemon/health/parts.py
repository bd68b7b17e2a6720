"""A report on health, and the parts it is made of, as values, as JSON and in words."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import IntEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

Figure = int | float | str | None


class Level(IntEnum):
    """How it stands with something; the worst of all parts is that of the whole."""

    WELL = 0
    WARNING = 1  # it works, and a person should look
    TROUBLE = 2  # it does not do its work

    @property
    def word(self) -> str:
        """Return it as it stands in JSON."""
        return self.name.lower()


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One thing that can be well or not.

    `name` is for machines and stays: a kind, or a kind, a colon and a name of the config
    (`inbox:ceo`). `figures` are numbers and times by name, for machines.
    """

    name: str
    label: str  # for a person: "Inbox ceo"
    level: Level = Level.WELL
    why: str = ""  # what is wrong, one sentence; where it is well, how it stands
    do: str = ""  # what to do about it
    since_at: datetime | None = None  # aware UTC
    at_once: bool = False  # an alarm need not wait whether it passes
    shared: bool = False  # every daemon of the store sees the same
    figures: Mapping[str, Figure] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """How it stands with one daemon at one time."""

    at: datetime  # aware UTC
    host: str
    pid: int
    version: str
    started_at: datetime
    parts: tuple[Part, ...]

    @property
    def level(self) -> Level:
        """Return the worst there is."""
        return max((part.level for part in self.parts), default=Level.WELL)

    @property
    def troubled(self) -> list[Part]:
        """Return what is not well, the worst first."""
        return sorted((p for p in self.parts if p.level), key=lambda p: -p.level)


def as_json(report: Report) -> dict[str, Any]:
    """Return a report as plain JSON values; `from_json` reads it."""
    return {
        "level": report.level.word,
        "at": report.at.isoformat(),
        "host": report.host,
        "pid": report.pid,
        "version": report.version,
        "started_at": report.started_at.isoformat(),
        "parts": [_part_as_json(part) for part in report.parts],
    }


def _part_as_json(part: Part) -> dict[str, Any]:
    since = part.since_at.isoformat() if part.since_at else None
    return {**asdict(part), "level": part.level.word, "since_at": since}


def from_json(value: Mapping[str, Any]) -> Report:
    """Return the report that JSON values hold.

    Raises:
        KeyError, TypeError, ValueError: they hold none, or one of another version.
    """
    return Report(
        at=datetime.fromisoformat(value["at"]),
        host=value["host"],
        pid=value["pid"],
        version=value["version"],
        started_at=datetime.fromisoformat(value["started_at"]),
        parts=tuple(_part_from_json(part) for part in value["parts"]),
    )


def _part_from_json(value: Mapping[str, Any]) -> Part:
    since = value["since_at"]
    return Part(
        **{
            **value,
            "level": Level[value["level"].upper()],
            "since_at": datetime.fromisoformat(since) if since else None,
        }
    )


def in_one_line(report: Report) -> str:
    """Return how it stands in one line, as `systemctl status` shows it."""
    worst = report.troubled
    if not worst:
        by_name = {part.name: part.figures for part in report.parts}
        inboxes = sum(part.name.startswith("inbox:") for part in report.parts)
        waiting = by_name.get("outbox", {}).get("waiting") or 0
        watched = f"{inboxes} inbox{'' if inboxes == 1 else 'es'} watched"
        return f"All is well: {watched}, {waiting} letters wait to be sent."
    more = f" (and {len(worst) - 1} more)" if len(worst) > 1 else ""
    kind = "Trouble" if report.level is Level.TROUBLE else "Please look"
    return f"{kind}: {worst[0].label}: {worst[0].why}{more}"
