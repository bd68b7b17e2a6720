"""The registers: filter, sort, search, and as a workbook."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from starlette.exceptions import HTTPException

from daemon.deadlines import london_date
from daemon.model import Category, Register
from daemon.pack.workbook import workbook_of
from daemon.registers import ACTIONS, DECISIONS, LISTS, Filter
from desk.pages.enquiry import as_file
from desk.rendering import page

if TYPE_CHECKING:
    from starlette.responses import Response

    from desk.asking import Asked

_UNKNOWN = 404
_TABLES = frozenset({Register.CASE_REFERRALS, Register.PHONE_CALLS, DECISIONS, ACTIONS})
_FILTERS = ("team", "category", "about", "which", "sort")


def registers(asked: Asked) -> Response:
    """Show which registers there are."""
    return page(asked, "registers.html", names=LISTS)


def _wish(asked: Asked) -> Filter:
    """Return what was filtered for; what makes no sense counts as not given."""
    which = asked.query("which")
    teams = asked.office.config.policy.teams
    team, category = asked.query("team"), asked.query("category")
    return Filter(
        open_only=which != "all",
        overdue_on=london_date(asked.now) if which == "overdue" else None,
        team=team if team in teams else "",
        about=asked.query("about").strip()[:200],
        category=category if category in set(Category) else "",
        reader=asked.who.reader,
        newest_first=asked.query("sort") == "newest",
    )


def register(asked: Asked) -> Response:
    """Show a register, a page at a time; or a list that is short by nature, as a table."""
    name = asked.path("name")
    if name not in LISTS:
        raise HTTPException(_UNKNOWN)
    wish = _wish(asked)
    chosen = {key: asked.query(key) for key in _FILTERS if asked.query(key)}
    base = f"/registers/{name}?" + (urlencode(chosen) + "&" if chosen else "")
    book = f"/registers/{name}.xlsx" + (f"?{urlencode(chosen)}" if chosen else "")
    values: dict[str, Any] = {"name": name, "chosen": chosen, "base": base, "book": book}
    if name in _TABLES:
        table = asked.office.looking.table(name, wish)
        return page(asked, "table.html", table=table, **values)
    part = asked.office.looking.register(Register(name), wish, page=asked.number("page"))
    return page(asked, "register.html", part=part, categories=tuple(Category), **values)


def workbook(asked: Asked) -> Response:
    """Give a list as a workbook, filtered as the page was."""
    name = asked.path("name")
    if name not in LISTS:
        raise HTTPException(_UNKNOWN)
    table = asked.office.looking.table(name, _wish(asked))
    return as_file(f"{name}-{london_date(asked.now)}.xlsx", workbook_of(table))
