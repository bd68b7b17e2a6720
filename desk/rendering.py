"""From values to pages: times in London and plain words, everything of others' escaped."""

from __future__ import annotations

from datetime import date, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, PrefixLoader, select_autoescape
from starlette.responses import HTMLResponse

from daemon import words
from daemon.deadlines import LONDON
from daemon.model import Right
from desk.forms import as_typed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.responses import Response

    from desk.asking import Asked

# What turns the direction of text or steers a reader; taken out of what others wrote.
_STEERING = dict.fromkeys(
    (
        *(*range(9), *range(11, 32), *range(127, 160), 0x200E, 0x200F, 0x061C),
        *(*range(0x202A, 0x202F), *range(0x2066, 0x206A)),
    )
)


def harmless(text: object) -> str:
    """Return others' words without controls or turns of direction; the rest is for escaping."""
    return str(text or "").translate(_STEERING)


def _moment(value: object) -> datetime | None:
    if isinstance(value, datetime):
        return value.astimezone(LONDON)
    if isinstance(value, str) and value:
        return datetime.fromisoformat(value).astimezone(LONDON)
    return None


def when(value: object) -> str:
    """Return a time as people read it: 26 November 2026 at 9:05am."""
    at = _moment(value)
    if at is None:
        return ""
    clock = f"{at:%I:%M}".lstrip("0") + ("am" if at.hour < 12 else "pm")  # noqa: PLR2004 -- noon
    return f"{words.long_date(at.date())} at {clock}"


def day(value: object) -> str:
    """Return a day as people read it: Thursday 26 November 2026."""
    if isinstance(value, datetime):
        return words.long_date(value.astimezone(LONDON).date())
    if isinstance(value, str) and value:
        value = date.fromisoformat(value[:10])
    return words.long_date(value) if isinstance(value, date) else ""


def short_day(value: object) -> str:
    """Return a day as it fits into a table: 26 Nov 2026."""
    at = value.astimezone(LONDON).date() if isinstance(value, datetime) else value
    return f"{at.day} {at:%b %Y}" if isinstance(at, date) else ""


def _called(table: Mapping[Any, str], value: object) -> str:
    return words.capitalised(table.get(value, str(value or "")))


@lru_cache(maxsize=1)
def environment() -> Environment:
    """Return the templates, compiled once."""
    env = Environment(
        loader=PrefixLoader(
            {
                "desk": PackageLoader("desk"),
                "govuk_frontend_jinja": PackageLoader("govuk_frontend_jinja"),
            }
        ),
        autoescape=select_autoescape(default=True),
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    env.filters |= {
        "when": when,
        "day": day,
        "short_day": short_day,
        "harmless": harmless,
        "as_typed": as_typed,
        "capitalised": words.capitalised,
        "category": lambda value: _called(words.CATEGORIES, value),
        "source": lambda value: _called(words.SOURCES, value),
        "posted": lambda value: words.POST_KINDS.get(value.kind, str(value.kind)),
        "writer": lambda value: words.SOURCES.get(value, str(value)),
        "criterion": lambda value: _called(words.CRITERIA, value),
        "clock": lambda value: _called(words.CLOCKS, value),
        "register": lambda value: _called(words.REGISTERS, value),
        "hold": lambda value: _called(words.HOLDS, value),
        "skip": lambda value: _called(words.SKIPS, value),
        "route": lambda value: _called(words.ROUTES, value),
    }
    env.globals["Right"] = Right
    return env


def page(asked: Asked, template: str, *, status: int = 200, **values: Any) -> Response:
    """Return a page; `said` is what the last one wanted told."""
    config = asked.office.config
    teams = {one.id: one.name for one in config.policy.teams.values()}
    html = (
        environment()
        .get_template(f"desk/{template}")
        .render(
            asked=asked,
            person=asked.person,
            office_name=config.office.name,
            csrf=asked.csrf,
            said=asked.take_said(),
            path=asked.request.url.path,
            teams=teams,
            people=config.policy.people,
            now=asked.now,
            has_frontend=asked.request.app.state.has_frontend,
            **values,
        )
    )
    return HTMLResponse(html, status_code=status)
