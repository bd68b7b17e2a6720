"""The day's work."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException

from daemon.casework import CaseworkError
from daemon.model import Right
from daemon.registers.looking import NEW
from desk.asking import go_to
from desk.rendering import page

if TYPE_CHECKING:
    from starlette.responses import Response

    from daemon.registers import Wanted
    from desk.asking import Asked

_UNKNOWN, _CHANGED = 404, 409
_MOST = 200  # letters that an administrator sees at once
_ELSEWHERE = (
    (Right.SEE_REGISTERS, "/registers"),
    (Right.SEE_CALL_BACKS, "/call-backs"),
    (Right.MANAGE_ACCOUNTS, "/accounts"),
    (Right.SEE_HEALTH, "/health"),
)
"""Where whoever sees no enquiries begins."""


def today(asked: Asked) -> Response:
    """Show what has to be done; whoever sees no enquiries is sent to what they see."""
    person = asked.who
    if not person.may(Right.SEE_ENQUIRIES):
        for right, path in _ELSEWHERE:
            if person.may(right):
                return go_to(path)
        return page(asked, "nothing.html")
    looking = asked.office.looking
    since = asked.office.accounts.looked_at(person)
    found = looking.today(person.reader, since=since)
    to_post = looking.to_post(person.reader) if person.may(Right.RELEASE) else ()
    wanted = looking.decisions(person.reader) if person.may(Right.DECIDE) else ()
    return page(asked, "today.html", today=found, to_post=to_post, wanted=wanted)


def looked(asked: Asked) -> Response:
    """Note that they have seen what was new when the page was made."""
    asked.office.accounts.has_looked(asked.who, until=asked.now)
    asked.say("What comes in from now on is new.")
    return go_to("/")


def work_list(asked: Asked) -> Response:
    """Show one list of the day's work in full."""
    name = asked.path("name")
    since = asked.office.accounts.looked_at(asked.who) if name == NEW else None
    part = asked.office.looking.work_list(
        name, asked.who.reader, page=asked.number("page"), since=since
    )
    if part is None:
        raise HTTPException(_UNKNOWN)
    return page(asked, "list.html", part=part, base=f"/work/{name}?")


def search(asked: Asked) -> Response:
    """Find an enquiry by its reference, or by somebody's name, address or subject."""
    words = asked.query("q")[:200]
    found = asked.office.looking.found(words, asked.who.reader)
    if len(found) == 1 and found[0].reference.casefold() == words.strip().casefold():
        return go_to(f"/enquiries/{found[0].reference}")
    return page(asked, "search.html", words=words, found=found)


def call_backs(asked: Asked) -> Response:
    """Show who wishes to be called back: for Private Office, who see no casework."""
    return page(asked, "call-backs.html", wanted=_call_backs(asked))


def _call_backs(asked: Asked) -> list[Wanted]:
    """Return the wishes that wait; also on restricted enquiries: no word of them is told here."""
    reader = replace(asked.who.reader, sees_restricted=True)
    found = asked.office.looking.decisions(reader)
    return [one for one in found if one.what == "call-back"]


def answer_call_back(asked: Asked) -> Response:
    """Record Private Office's yes or no; they see nothing else of the enquiry."""
    reference, answer = asked.path("reference"), asked.text("answer")
    waiting = {one.reference for one in _call_backs(asked)}
    if reference not in waiting or answer not in {"agreed", "declined"}:
        raise HTTPException(_UNKNOWN)
    agreed, note = answer == "agreed", asked.text("note")[:300]
    try:
        said = asked.office.casework.answer_call_back(
            reference, agreed=agreed, by=asked.who.name, note=note
        )
    except CaseworkError as error:  # somebody else was quicker
        title = "This was answered meanwhile"
        return page(asked, "wrong.html", title=title, what=str(error), status=_CHANGED)
    asked.say(said)
    return go_to("/call-backs")


def post_room(asked: Asked) -> Response:
    """Show the letters that wait to be posted."""
    return page(asked, "post.html", letters=asked.office.looking.to_post(asked.who.reader))


def health(asked: Asked) -> Response:
    """Show what has not left and what is paused: no names and no words, for administrators."""
    casework = asked.office.casework
    counts, waiting = casework.outbox(limit=_MOST)
    shadow = asked.office.config.sending.shadow
    return page(
        asked,
        "health.html",
        counts=counts,
        waiting=waiting,
        paused=casework.paused(),
        shadow=shadow,
        reports=asked.office.looking.health(),
    )
