"""From the parts to an ASGI application: which page stands where, and who may ask for it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from daemon import logs
from daemon.model import Right
from daemon.store import StoreUnavailableError
from desk.asking import Asked, guarded
from desk.pages import (
    accounts,
    arrangements,
    enquiry,
    recording,
    referrals,
    registers,
    signing_in,
    today,
)
from desk.pages.service import BACK, Service
from desk.rendering import page

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection

    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from desk.office import Office

STATIC: Final = Path(__file__).parent / "static"
_FRONTEND: Final = STATIC / "govuk-frontend.min.css"
_POLICY: Final = "; ".join(
    (
        *("default-src 'none'", "style-src 'self'", "img-src 'self'", "form-action 'self'"),
        *("frame-ancestors 'none'", "base-uri 'none'"),
    )
)
_HEADERS: Final = {
    "content-security-policy": _POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    # Not no-referrer: browsers would then send no origin with our own forms either.
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "cache-control": "no-store",
}
_YEAR_S: Final = 31_536_000
_SEEING = (Right.SEE_ENQUIRIES,)
_REGISTERS = (Right.SEE_REGISTERS,)
_DECIDING = (Right.SEE_CALL_BACKS, Right.ANSWER_CALL_BACKS)

# Path, page, who may ask (any of the rights), and whether a form may be sent to it.
_PAGES: Final = (
    ("/", today.today, (), False),
    ("/looked", today.looked, _SEEING, True),
    ("/work/{name}", today.work_list, _SEEING, False),
    ("/search", today.search, _SEEING, False),
    ("/call-backs", today.call_backs, _DECIDING, False),
    (
        "/call-backs/{reference}",
        *(today.answer_call_back, (Right.ANSWER_CALL_BACKS,), True),
    ),
    ("/post", today.post_room, (Right.RELEASE,), False),
    ("/enquiries/{reference}", enquiry.enquiry, _SEEING, False),
    ("/enquiries/{reference}/do/{act}", enquiry.do, _SEEING, True),
    ("/enquiries/{reference}/messages/{message}/original", enquiry.raw, _SEEING, False),
    ("/enquiries/{reference}/sent/{number}", enquiry.sent, _SEEING, False),
    ("/enquiries/{reference}/sent/{number}/file", enquiry.sent_file, _SEEING, False),
    ("/enquiries/{reference}/messages/{message}/formatted", enquiry.as_formatted, _SEEING, False),
    (
        "/enquiries/{reference}/messages/{message}/files/{number}",
        *(enquiry.attachment, _SEEING, False),
    ),
    ("/referrals/{number}", referrals.decide, (Right.DECIDE,), True),
    ("/registers", registers.registers, _REGISTERS, False),
    ("/registers/{name}.xlsx", registers.workbook, _REGISTERS, False),
    ("/registers/{name}", registers.register, _REGISTERS, False),
    ("/record/letter", recording.letter, (Right.RECORD,), True),
    ("/record/call", recording.call, (Right.RECORD,), True),
    ("/phone", recording.phone, (Right.RECORD,), False),
    ("/try", recording.sandbox, (Right.CORRECT,), True),
    ("/arrangements", arrangements.arrangements, (Right.ARRANGE,), True),
    ("/arrangements/new", arrangements.new, (Right.ARRANGE,), True),
    ("/health", today.health, (Right.SEE_HEALTH,), False),
    ("/accounts", accounts.accounts, (Right.MANAGE_ACCOUNTS,), False),
    ("/accounts/new", accounts.new, (Right.MANAGE_ACCOUNTS,), True),
    ("/accounts/{name}", accounts.account, (Right.MANAGE_ACCOUNTS,), True),
)
_FORMS_ALONE: Final = frozenset({"/looked", "/call-backs/{reference}"})
_PUBLIC: Final = (
    ("/sign-in", signing_in.sign_in),
    ("/sign-out", signing_in.sign_out),
    ("/welcome/{key}", signing_in.welcome),
)


class Headers:
    """Sets the headers that keep a page of ours to itself; a page's own go before them."""

    def __init__(self, app: ASGIApp, *, is_https: bool) -> None:
        """Wrap an application."""
        self._app = app
        self._headers = dict(_HEADERS)
        if is_https:
            self._headers["strict-transport-security"] = f"max-age={_YEAR_S}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                known = {name.lower() for name, _ in message["headers"]}
                message["headers"] += [
                    (name.encode(), value.encode())
                    for name, value in self._headers.items()
                    if name.encode() not in known
                ]
            await send(message)

        await self._app(scope, receive, sending)


class Kept(StaticFiles):
    """Files of ours that change with the software alone: a browser may keep them for an hour."""

    def file_response(self, *args: object, **values: object) -> Response:
        """Return a file."""
        answer = super().file_response(*args, **values)  # type: ignore[arg-type]  # passed on
        answer.headers["cache-control"] = "public, max-age=3600"
        return answer


def make_app(office: Office) -> Starlette:
    """Return the application over its parts.

    Raises:
        OSError, ValueError: the secret of the sign-in service's client cannot be read.
    """
    site = office.config.desk.site
    routes: list[Route | Mount] = []
    for path, answer, rights, takes_forms in _PAGES:
        routes.append(_route(office, path, answer, rights=rights, takes_forms=takes_forms))
    for path, answer in _PUBLIC:
        methods = ["POST"] if path == "/sign-out" else ["GET", "POST"]
        routes.append(Route(path, guarded(office, answer, public=True), methods=methods))
    if office.config.desk.oidc is not None:
        service = Service(office, office.config.desk.oidc)
        routes.append(Route("/sign-in/service", service.start))
        routes.append(Route(BACK, service.back))
    routes.append(Mount("/static", Kept(directory=STATIC)))
    hosts = [urlsplit(site.url).hostname or "", "127.0.0.1", "localhost"]
    app = Starlette(
        routes=routes,
        middleware=[
            Middleware(Headers, is_https=site.is_https),
            Middleware(TrustedHostMiddleware, allowed_hosts=hosts),
            Middleware(
                SessionMiddleware,
                secret_key=office.cookie_key,
                session_cookie="__Host-desk" if site.is_https else "desk",
                max_age=office.config.desk.session.hours * 3600,
                same_site="lax",
                https_only=site.is_https,
            ),
        ],
        exception_handlers={
            HTTPException: _refused(office),
            StoreUnavailableError: _away,
            Exception: _failed,
        },
    )
    app.state.patience = signing_in.Patience(office)
    app.state.has_frontend = _FRONTEND.is_file()
    return app


def _route(
    office: Office,
    path: str,
    answer: Callable[[Asked], Response],
    *,
    rights: Collection[Right],
    takes_forms: bool,
) -> Route:
    methods = ["GET", "POST"] if takes_forms else ["GET"]
    if path in _FORMS_ALONE:
        methods = ["POST"]
    endpoint = guarded(office, answer, rights=rights, signed_out=signing_in.signed_out)
    return Route(path, endpoint, methods=methods)


# What went wrong, in words

_WORDS: Final = {
    400: (
        "This form could not be read",
        "Go back, and send it again. If it happens again, tell your administrator.",
    ),
    403: (
        "You may not see or do this",
        "If you need it for your work, ask your administrator for another role.",
    ),
    404: (
        "There is nothing here",
        "Check the reference. It may also be something that you may not see.",
    ),
    405: ("This page takes no forms", "Go back, and try again from the page you came from."),
    413: (
        "That is too much at once",
        "Send fewer or smaller files: at most ten, and 30 MB in all.",
    ),
}
_STALE: Final = (
    "This page was open for too long",
    "Go back, open the page again, and send the form once more. Nothing was changed.",
)


def _refused(office: Office) -> Callable[[Request, Exception], Awaitable[Response]]:
    async def handler(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        stale = isinstance(error, HTTPException) and error.detail == "stale"
        title, what = _STALE if stale else _WORDS.get(status, _WORDS[404])
        asked = Asked(request=request, office=office, person=None)
        return page(asked, "wrong.html", title=title, what=what, status=status)

    return handler


async def _away(_request: Request, error: Exception) -> Response:
    logs.get_logger().warning("store_unavailable", why=str(error))
    words = "The database does not answer. Nothing was changed. Try again in a minute.\n"
    return PlainTextResponse(words, status_code=503, headers={"retry-after": "60"})


async def _failed(request: Request, error: Exception) -> Response:
    # The path of the route, not of the request: no key of a link stands in the log.
    route = request.scope.get("route")
    logs.get_logger().error("desk_failed", page=getattr(route, "path", ""), exc_info=error)
    words = (
        "Sorry, there is a mistake in this software, and it is noted. What you sent was not saved."
        " Go back, and try again; if it happens again, tell your administrator.\n"
    )
    return PlainTextResponse(words, status_code=500)
