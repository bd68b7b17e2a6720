"""One enquiry, its messages, and what is done with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.responses import Response

from daemon.casework import CaseworkError, ChangedError
from daemon.parse import html_of
from desk.acts import ACTS, Doing
from desk.asking import FORBIDDEN, go_to
from desk.highlight import formatted, marked
from desk.rendering import page

if TYPE_CHECKING:
    from daemon.registers.looking import EnquiryInFull
    from daemon.registers.sent import SentInFull
    from desk.asking import Asked

_UNKNOWN, _CHANGED, _REFUSED = 404, 409, 422


def _wanted(asked: Asked) -> EnquiryInFull:
    """Return the enquiry that was asked for; that it was looked at is audited where it has to be.

    Raises:
        HTTPException: there is none that they may see; which of the two is not said.
    """
    found = asked.office.looking.enquiry(asked.path("reference"), asked.who)
    if found is None:
        raise HTTPException(_UNKNOWN)
    return found


def enquiry(asked: Asked) -> Response:
    """Show an enquiry with everything that belongs to it."""
    found = _wanted(asked)
    texts = {one.row["id"]: marked(one.new_text, one.evidence) for one in found.messages}
    acts = [one for one in ACTS.values() if asked.who.may(one.right) and one.fits(found)]
    return page(asked, "enquiry.html", enquiry=found, texts=texts, acts=acts)


def do(asked: Asked) -> Response:
    """Ask for what an act needs, and do it."""
    act = ACTS.get(asked.path("act"))
    if act is None:
        raise HTTPException(_UNKNOWN)
    if not asked.who.may(act.right):
        raise HTTPException(FORBIDDEN)
    found = _wanted(asked)
    form = act.form(asked.form if asked.is_post else None)
    if act.prepare is not None and not (asked.is_post and act.id == "correct"):
        act.prepare(form, asked.office, found)
    shown: dict[str, Any] = {"act": act, "enquiry": found, "form": form}
    if act.shows_held:
        held = (one["number"] for one in found.held)
        every = (asked.office.looking.sent(found.reference, one, asked.who.reader) for one in held)
        shown["held"] = [one for one in every if one is not None]
    if not asked.is_post:
        wrong = "" if act.fits(found) else "This cannot be done with the enquiry as it stands."
        return page(asked, "act.html", **shown, wrong=wrong, changed=())
    if not form.validate():
        return page(asked, "act.html", **shown, wrong="", changed=(), status=_REFUSED)
    # What they had before them is what the form carries, not what stands here now.
    casework = asked.office.casework.having_seen(found.reference, asked.text("version"))
    doing = Doing(
        office=asked.office, casework=casework, enquiry=found, form=form, person=asked.who
    )
    try:
        asked.say(act.do(doing))
    except ChangedError as error:
        told = {"wrong": str(error), "changed": error.acts}
        return page(asked, "act.html", **shown, **told, status=_CHANGED)
    except CaseworkError as error:
        return page(asked, "act.html", **shown, wrong=str(error), changed=(), status=_REFUSED)
    return go_to(f"/enquiries/{found.reference}")


def _sent(asked: Asked) -> SentInFull:
    number, reader = _number(asked, "number"), asked.who.reader
    found = asked.office.looking.sent(asked.path("reference"), number, reader)
    if found is None:
        raise HTTPException(_UNKNOWN)
    return found


def sent(asked: Asked) -> Response:
    """Show what we sent, or shall send, as whoever gets it reads it."""
    return page(asked, "sent.html", enquiry=_wanted(asked), sent=_sent(asked))


def sent_file(asked: Asked) -> Response:
    """Give what we sent as the bytes that went: a mail, or a letter to print."""
    found, one = _wanted(asked), _sent(asked)
    name = f"{found.reference}-sent-{one.row['number']}.{one.file_ending}"
    return as_file(name, one.content)


def _number(asked: Asked, name: str) -> int:
    text = asked.path(name)
    if not (text.isascii() and text.isdecimal() and len(text) < 16):  # noqa: PLR2004 -- digits
        raise HTTPException(_UNKNOWN)
    return int(text)


def raw(asked: Asked) -> Response:
    """Give a message as it came, to be saved: it is never opened here."""
    reference, message = _wanted(asked).reference, _number(asked, "message")
    content = asked.office.looking.raw(reference, message, asked.who.reader)
    if content is None:
        raise HTTPException(_UNKNOWN)
    ending = "json" if content.startswith(b"{") else "eml"  # a post, or a mail
    return as_file(f"{reference}-{message}.{ending}", content)


def attachment(asked: Asked) -> Response:
    """Give an attachment, to be saved: whatever it says it is, it is bytes to us."""
    found = asked.office.looking.file(
        _wanted(asked).reference,
        _number(asked, "message"),
        _number(asked, "number"),
        asked.who.reader,
    )
    if found is None:
        raise HTTPException(_UNKNOWN)
    return as_file(*found)


def as_file(name: str, content: bytes) -> Response:
    """Return bytes that a browser saves and neither opens nor guesses at."""
    plain = "".join(c if c.isascii() and (c.isalnum() or c in "._- ") else "_" for c in name)
    disposition = f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
    return Response(
        content,
        media_type="application/octet-stream",
        headers={"Content-Disposition": disposition, "Content-Security-Policy": "sandbox"},
    )


def as_formatted(asked: Asked) -> Response:
    """Show a mail with its own structure: nothing in it loads, runs, asks or hides."""
    found = _wanted(asked)
    number = _number(asked, "message")
    content = asked.office.looking.raw(found.reference, number, asked.who.reader)
    markup = html_of(content) if content else ""
    if not markup:
        raise HTTPException(_UNKNOWN)
    return page(asked, "formatted.html", enquiry=found, number=number, words=formatted(markup))
