"""Recording letters and calls, looking a caller up, and trying a message out."""

from __future__ import annotations

from datetime import datetime, time
from typing import TYPE_CHECKING

from starlette.datastructures import UploadFile

from daemon.deadlines import LONDON
from daemon.model import Box
from daemon.parse import message_from_fields
from daemon.record import CallBack, RecordError, Recording, Scan, at_hand
from desk.asking import go_to
from desk.forms import CallRecordForm, LetterRecordForm, SandboxForm
from desk.highlight import marked
from desk.rendering import page

if TYPE_CHECKING:
    from datetime import date

    from starlette.responses import Response
    from wtforms import Form

    from desk.asking import Asked

_REFUSED = 422
_AT_NOON = time(12)


def letter(asked: Asked) -> Response:
    """Record a letter."""
    form = LetterRecordForm(asked.form if asked.is_post else None)
    if not asked.is_post:
        form.received_on.data = asked.now.astimezone(LONDON).date()
        return page(asked, "record.html", form=form, what="letter", wrong="")
    scans = _scans(asked)
    if form.validate() and _is_past(form, asked):
        given = at_hand(
            Recording(
                box=Box.POST,
                from_name=_said(form, "from_name"),
                received_at=_on(form.received_on.data),
                subject=_said(form, "subject"),
                text=_said(form, "text"),
                from_address=_said(form, "from_address").lower(),
                postal_address=_said(form, "postal_address"),
                to=_said(form, "to"),
                scans=scans,
            ),
            asked.now,
        )
        return _record(asked, form, given, "letter")
    return page(asked, "record.html", form=form, what="letter", wrong="", status=_REFUSED)


def call(asked: Asked) -> Response:
    """Record a call."""
    form = CallRecordForm(asked.form if asked.is_post else None)
    if not asked.is_post:
        form.received_at.data = asked.now.astimezone(LONDON).replace(tzinfo=None)
        return page(asked, "record.html", form=form, what="call", wrong="")
    if form.validate():
        asked_for, number = _said(form, "call_back"), _said(form, "number")
        if asked_for and not number:
            form.number.errors = ["Give the number that they want to be called back on"]
            return page(asked, "record.html", form=form, what="call", wrong="", status=_REFUSED)
        text = _said(form, "text")
        began = form.received_at.data or datetime.min  # noqa: DTZ901 -- the form needs one
        given = Recording(
            box=Box.PHONE,
            from_name=_said(form, "from_name"),
            received_at=began.replace(tzinfo=LONDON),
            subject=_first_words(text),
            text=text if not number else f"{text}\n\nTelephone: {number}",
            from_address=_said(form, "from_address").lower(),
            postal_address=_said(form, "postal_address"),
            call_back=CallBack(asked_for=asked_for, number=number) if asked_for else None,
        )
        return _record(asked, form, given, "call")
    return page(asked, "record.html", form=form, what="call", wrong="", status=_REFUSED)


def _is_past(form: LetterRecordForm, asked: Asked) -> bool:
    """Whether the day of a letter has come; a day that lies ahead is a slip."""
    today = asked.now.astimezone(LONDON).date()
    if form.received_on.data is not None and form.received_on.data > today:
        form.received_on.errors = ["This day lies ahead. Give the day it was delivered"]
        return False
    return True


def _record(asked: Asked, form: Form, given: Recording, what: str) -> Response:
    try:
        done = asked.office.recorder.record(given, by=asked.who.name)
    except RecordError as error:
        return page(asked, "record.html", form=form, what=what, wrong=str(error), status=_REFUSED)
    said = "is recorded" if done.is_new else "was recorded before: here it is"
    asked.say(f"The {what} {said}. Its reference is {done.reference}.")
    return go_to(f"/enquiries/{done.reference}")


def _scans(asked: Asked) -> tuple[Scan, ...]:
    files = [one for one in asked.form.getlist("scans") if isinstance(one, UploadFile)]
    return tuple(Scan(name=one.filename, content=one.file.read()) for one in files if one.filename)


def _said(form: Form, name: str) -> str:
    return (form[name].data or "").strip()


def _on(day: date | None) -> datetime:
    """Return noon of a day: the hour of a letter is nobody's to know."""
    return datetime.combine(day or datetime.min.date(), _AT_NOON, LONDON)  # noqa: DTZ901 -- as above


def _first_words(text: str, most: int = 60) -> str:
    line = " ".join(text.split())
    return line if len(line) <= most else line[:most].rsplit(" ", 1)[0] + " …"


def phone(asked: Asked) -> Response:
    """Say while the caller waits who may be put through, and what they wrote about."""
    words = asked.query("q")[:200]
    contacts = asked.office.casework.find_phone_contacts(words) if words.strip() else ()
    found = asked.office.looking.found(words, asked.who.reader)[:10] if words.strip() else ()
    return page(asked, "phone.html", words=words, contacts=contacts, found=found)


def sandbox(asked: Asked) -> Response:
    """Say what a message would be taken for, and why; nothing of it is kept."""
    form = SandboxForm(asked.form if asked.is_post else None)
    if not asked.is_post:
        form.box.data = Box.CUSTOMER_CARE.value
        return page(asked, "sandbox.html", form=form, found=None)
    if not form.validate():
        return page(asked, "sandbox.html", form=form, found=None, status=_REFUSED)
    message = message_from_fields(
        box=Box(form.box.data),
        from_name=_said(form, "from_name"),
        from_addr=_said(form, "from_address").lower(),
        subject=_said(form, "subject"),
        body=_said(form, "text"),
    )
    found, decision = asked.office.judge().decided(message)
    text = marked(message.new_text, found.evidence)
    return page(asked, "sandbox.html", form=form, found=found, decision=decision, text=text)
