"""Signing in with the office's own service, by OpenID Connect: code flow with PKCE."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from authlib.integrations.starlette_client import OAuth, OAuthError
from httpx2 import HTTPError
from joserfc.errors import JoseError
from starlette.concurrency import run_in_threadpool

from daemon import logs
from desk.asking import SESSION_KEY, Asked, go_to, own_path
from desk.rendering import page

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request
    from starlette.responses import Response

    from daemon.config import Oidc
    from desk.office import Office

BACK: Final = "/sign-in/service/back"
_AFTER: Final = "after"
_REFUSED, _AWAY = 403, 502
_TROUBLE: Final = (HTTPError, OAuthError, JoseError, ValueError, KeyError)


class Service:
    """The office's sign-in service, as a client sees it."""

    def __init__(self, office: Office, settings: Oidc) -> None:
        """Prepare it; nothing is asked for until somebody signs in.

        Raises:
            OSError, ValueError: the client's secret cannot be read.
        """
        self._office = office
        self._back = office.config.desk.site.url + BACK
        oauth = OAuth()
        self._client: Any = oauth.register(
            "service",
            server_metadata_url=f"{settings.issuer.rstrip('/')}/.well-known/openid-configuration",
            client_id=settings.client_id,
            client_secret=settings.client_secret.read(),
            client_kwargs={"scope": "openid email", "code_challenge_method": "S256"},
        )

    async def start(self, request: Request) -> Response:
        """Send somebody to the service, and note where they wanted to go."""
        request.session[_AFTER] = own_path(request.query_params.get("next", "/"))
        try:
            answer: Response = await self._client.authorize_redirect(request, self._back)
        except _TROUBLE as error:
            return self._failed(request, error)
        return answer

    async def back(self, request: Request) -> Response:
        """Take in whoever comes back from the service, if they have an account here."""
        after = own_path(str(request.session.get(_AFTER, "/")))
        try:
            token = await self._client.authorize_access_token(request)
            known = await self._known(token)
            subject = str(known["sub"])
        except _TROUBLE as error:
            return self._failed(request, error)
        # An address that nobody vouches for could be anybody's.
        address = str(known.get("email", "")) if known.get("email_verified") is True else ""
        accounts = self._office.accounts
        key = await run_in_threadpool(accounts.sign_in_from, subject, address)
        request.session.clear()
        if key is None:
            return self._refused(request)
        request.session[SESSION_KEY] = key
        return go_to(after)

    async def _known(self, token: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return what the service says of somebody: in the token, or where it is asked for more."""
        known: dict[str, Any] = dict(token["userinfo"])
        metadata = await self._client.load_server_metadata()
        if "email" in known or "userinfo_endpoint" not in metadata:
            return known
        more = await self._client.userinfo(token=token)
        if more.get("sub") != known["sub"]:  # OpenID Connect Core 5.3.2: else it is somebody else's
            return known
        return {**more, **known}

    def _refused(self, request: Request) -> Response:
        asked = Asked(request=request, office=self._office, person=None)
        what = "The sign-in service knows you, but there is no account for you here. Ask for one."
        return page(asked, "wrong.html", title="You have no account", what=what, status=_REFUSED)

    def _failed(self, request: Request, error: Exception) -> Response:
        logs.get_logger().warning("service_failed", error=type(error).__name__)
        request.session.clear()
        asked = Asked(request=request, office=self._office, person=None)
        title, what = "The sign-in service did not answer as it should", "Try again in a minute."
        return page(asked, "wrong.html", title=title, what=what, status=_AWAY)
