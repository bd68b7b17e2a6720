"""Handling arrangements: what was agreed for somebody who writes, or for a theme."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from daemon.casework import CaseworkError
from daemon.deadlines import london_date
from daemon.model import Arrangement, Handling
from desk.asking import go_to
from desk.forms import ArrangementForm
from desk.rendering import page

if TYPE_CHECKING:
    from starlette.responses import Response

    from desk.asking import Asked

_REFUSED = 422
_AS_WRITTEN = frozenset({"names", "references", "themes"})


def arrangements(asked: Asked) -> Response:
    """Show every arrangement, those of the config first; end one of the page's own."""
    wrong = ""
    if asked.is_post:
        try:
            said = asked.office.casework.end_arrangement(asked.text("end"), by=asked.who.name)
        except CaseworkError as error:
            wrong = str(error)
        else:
            asked.say(said)
            return go_to("/arrangements")
    found = asked.office.casework.arrangements()
    configured = {one.id for one in asked.office.config.policy.arrangements}
    return page(
        asked,
        "arrangements.html",
        arrangements=found,
        configured=configured,
        today=london_date(asked.now),
        wrong=wrong,
        status=_REFUSED if wrong else 200,
    )


def new(asked: Asked) -> Response:
    """Set an arrangement."""
    form = ArrangementForm(asked.form if asked.is_post else None)
    if not asked.is_post:
        return page(asked, "arrangement-new.html", form=form, wrong="")
    if not form.validate():
        return page(asked, "arrangement-new.html", form=form, wrong="", status=_REFUSED)
    kind = form.about.data
    about: dict[str, Any] = {kind: _lines(form.which.data, lower=kind not in _AS_WRITTEN)}
    one = Arrangement(
        id=(form.short_id.data or "").strip().lower(),
        **about,
        instruction=(form.instruction.data or "").strip(),
        requested_by=(form.requested_by.data or "").strip(),
        handling=tuple(Handling(value) for value in form.handling.data or ()),
        watchers=_lines(form.watchers.data, lower=True),
        from_on=london_date(asked.now),
        review_on=form.review_on.data,
        until_on=form.until_on.data,
    )
    try:
        asked.say(asked.office.casework.set_arrangement(one, by=asked.who.name))
    except CaseworkError as error:
        return page(asked, "arrangement-new.html", form=form, wrong=str(error), status=_REFUSED)
    return go_to("/arrangements")


def _lines(text: str | None, *, lower: bool) -> tuple[str, ...]:
    lines = (line.strip() for line in (text or "").splitlines())
    return tuple(line.lower() if lower else line for line in lines if line)
