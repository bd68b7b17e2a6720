"""Who asks for what: every page is asked for through `guarded`, which knows who may.

The guard stands in one place, so that no page can forget it: who is signed in, what they may do,
that a form came from our own page, and that it is not too large.
"""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection
    from datetime import datetime

    from starlette.requests import Request
    from starlette.responses import Response

    from daemon.model import Person, Right
    from desk.office import Office

CSRF: Final = "csrf"
SESSION_KEY: Final = "key"
SAID: Final = "said"
_FORM_FIELDS, _FORM_FILES = 200, 10
_FORM_BYTES: Final = 30 * 1024 * 1024
_TOKEN_BYTES: Final = 32
FORBIDDEN, TOO_LARGE = 403, 413


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request, as a page sees it."""

    request: Request
    office: Office
    person: Person | None
    form: FormData = field(default_factory=FormData)

    @property
    def who(self) -> Person:
        """Who is signed in.

        Raises:
            HTTPException: nobody is; the guard lets nobody else through to pages that ask.
        """
        if self.person is None:
            raise HTTPException(FORBIDDEN)
        return self.person

    @property
    def is_post(self) -> bool:
        """Whether a form was sent."""
        return self.request.method == "POST"

    @property
    def now(self) -> datetime:
        """The time, aware UTC."""
        return self.office.clock()

    def path(self, name: str) -> str:
        """Return a part of the address."""
        return str(self.request.path_params[name])

    def query(self, name: str) -> str:
        """Return what stands behind the question mark; "" where it is not there."""
        return self.request.query_params.get(name, "")

    def number(self, name: str) -> int:
        """Return a number from behind the question mark; 1 where there is none that will do."""
        text = self.query(name)
        return int(text) if text.isascii() and text.isdecimal() and len(text) <= 6 else 1  # noqa: PLR2004 -- digits

    def text(self, name: str) -> str:
        """Return a field of the form that holds text."""
        value = self.form.get(name, "")
        return value.strip() if isinstance(value, str) else ""

    @property
    def csrf(self) -> str:
        """The mark that our own forms carry."""
        session = self.request.session
        if CSRF not in session:
            session[CSRF] = secrets.token_urlsafe(_TOKEN_BYTES)
        return str(session[CSRF])

    def say(self, words: str) -> None:
        """Have the next page say what came of this."""
        self.request.session[SAID] = words[:1000]

    def take_said(self) -> str:
        """Return what the last page wanted said, once."""
        return str(self.request.session.pop(SAID, ""))

    def begin(self, key: str) -> None:
        """Sign somebody in: nothing of the session before is kept, so none can be planted."""
        self.request.session.clear()
        self.request.session[SESSION_KEY] = key

    def end(self) -> None:
        """Sign out."""
        self.request.session.clear()


def go_to(path: str) -> Response:
    """Return an answer that sends the browser to a page of ours, by GET."""
    return RedirectResponse(path, status_code=303)


def own_path(text: str) -> str:
    """Return a path of our own page, or the first page: no other site is ever redirected to."""
    parts = urlsplit(text)
    is_own = (
        text.startswith("/")
        and not text.startswith(("//", "/\\"))
        and not parts.netloc
        and not parts.scheme
        and "\\" not in text
        and text.isprintable()
    )
    return text if is_own else "/"


def guarded(
    office: Office,
    page: Callable[[Asked], Response],
    *,
    rights: Collection[Right] = (),
    public: bool = False,
    signed_out: Callable[[Asked], Response] | None = None,
) -> Callable[[Request], Awaitable[Response]]:
    """Return a page that asks who it is first; `rights`: any of them will do.

    `signed_out` answers whoever sends a form after their session has ended: what they typed must
    not be lost.

    A page works in a thread of its own, since reading the database waits.
    """

    async def endpoint(request: Request) -> Response:
        key = str(request.session.get(SESSION_KEY, ""))
        person = await run_in_threadpool(office.accounts.who, key)
        if person is None and not public:
            request.session.pop(SESSION_KEY, None)
            if request.method == "POST" and signed_out is not None:
                form = await _read(request, office)
                return await _answered(signed_out, request, office, None, form)
            return _sign_in(request)
        if rights and not any(person.may(one) for one in rights if person):
            raise HTTPException(FORBIDDEN)
        form = await _form(request, office) if request.method == "POST" else FormData()
        return await _answered(page, request, office, person, form)

    return endpoint


async def _answered(
    page: Callable[[Asked], Response],
    request: Request,
    office: Office,
    person: Person | None,
    form: FormData,
) -> Response:
    try:
        asked = Asked(request=request, office=office, person=person, form=form)
        return await run_in_threadpool(page, asked)
    finally:
        await form.close()


def _sign_in(request: Request) -> Response:
    if request.method != "GET":
        return go_to("/sign-in")
    wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return go_to(f"/sign-in?next={quote(wanted, safe='')}" if wanted != "/" else "/sign-in")


async def _form(request: Request, office: Office) -> FormData:
    """Return a form that came from our own page.

    Raises:
        HTTPException: it came from elsewhere, or is too large.
    """
    form = await _read(request, office)
    sent, known = form.get(CSRF, ""), request.session.get(CSRF, "")
    if not (isinstance(sent, str) and known and hmac.compare_digest(sent.encode(), known.encode())):
        await form.close()
        raise HTTPException(FORBIDDEN, "stale")
    return form


async def _read(request: Request, office: Office) -> FormData:
    """Read a form, unless it says of itself that it comes from elsewhere, or is too large.

    Raises:
        HTTPException: it does.
    """
    _refuse_foreign(request, office)
    try:
        size = int(request.headers.get("content-length", "-1"))
    except ValueError:
        size = -1
    if not 0 <= size <= _FORM_BYTES:
        raise HTTPException(TOO_LARGE)
    return await request.form(
        max_files=_FORM_FILES, max_fields=_FORM_FIELDS, max_part_size=_FORM_BYTES
    )


def _refuse_foreign(request: Request, office: Office) -> None:
    """Refuse what a browser says another site has sent."""
    if request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
        raise HTTPException(FORBIDDEN)
    origin = request.headers.get("origin")
    own: set[Any] = {office.config.desk.site.url, f"{request.url.scheme}://{request.url.netloc}"}
    if origin is not None and origin not in own:
        raise HTTPException(FORBIDDEN)
