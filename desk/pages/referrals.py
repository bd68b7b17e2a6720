"""Referrals of cases that no enquiry of ours stands behind: the decision on them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException

from daemon.casework import CaseworkError
from desk.asking import go_to
from desk.forms import DecisionForm
from desk.rendering import page

if TYPE_CHECKING:
    from starlette.responses import Response

    from daemon.registers import Wanted
    from desk.asking import Asked

_UNKNOWN, _REFUSED = 404, 422


def _waiting(asked: Asked) -> Wanted:
    """Return the referral that was asked for, among those that wait and that they may know of."""
    number = asked.path("number")
    for one in asked.office.looking.decisions(asked.who.reader):
        if one.what == "referral" and str(one.number) == number:
            return one
    raise HTTPException(_UNKNOWN)


def decide(asked: Asked) -> Response:
    """Ask what is decided on a referral, and record it."""
    found = _waiting(asked)
    form = DecisionForm(asked.form if asked.is_post else None)
    if not asked.is_post:
        return page(asked, "referral.html", referral=found, form=form, wrong="")
    if not form.validate():
        return page(asked, "referral.html", referral=found, form=form, wrong="", status=_REFUSED)
    try:
        words = (form.note.data or "").strip()
        said = asked.office.casework.decide_referral(found.number, words=words, by=asked.who.name)
    except CaseworkError as error:  # somebody else was quicker
        wrong = str(error)
        return page(asked, "referral.html", referral=found, form=form, wrong=wrong, status=_REFUSED)
    asked.say(said)
    return go_to("/registers/case-referrals")
