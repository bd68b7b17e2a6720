"""A sign-in service that gives signed tokens, as Microsoft's and Google's do, over TLS."""

from __future__ import annotations

import base64
import json
import threading
import time
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

import pytest
import uvicorn
from joserfc import jwt
from joserfc.jwk import RSAKey
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

from tests.servers import HOST, free_port, is_listening, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.requests import Request
    from starlette.responses import Response

    from tests.servers.certificates import Certificates

TENANT, CLIENT, SECRET = "office-tenant", "assurance-app", "a secret of the tests"


@cache
def _own_key() -> RSAKey:
    """Return one key for all tests: Dovecot remembers the first that it sees."""
    return RSAKey.generate_key(2048)


@dataclass
class TokenService:
    """What it gives and refuses; a test changes it."""

    certificates: Certificates
    user: str = ""  # whom a token of Microsoft's kind is for: Dovecot wants a name in it
    lasts_s: int = 3600
    refuses: dict[str, object] | None = None
    status: int = 0  # answer so, and nothing else
    secret: str = SECRET
    signed_in: list[dict[str, str]] = field(default_factory=list)  # what clients sent
    key: RSAKey = field(default_factory=_own_key)
    port: int = field(default_factory=free_port)

    @property
    def authority(self) -> str:
        """Its address, as a national cloud's."""
        return f"https://localhost:{self.port}"

    @property
    def public_key(self) -> str:
        """The key that its tokens can be verified with, PEM."""
        return self.key.as_pem(private=False).decode()

    def token(self, user: str, *, lasts_s: int | None = None) -> str:
        """Return a signed token for a mailbox."""
        now = int(time.time())
        ends = now + (self.lasts_s if lasts_s is None else lasts_s)
        claims = {"sub": user, "iat": now - 60, "nbf": now - 60, "exp": ends, "iss": self.authority}
        return jwt.encode({"alg": "RS256", "typ": "JWT"}, claims, self.key)

    def service_account(self) -> str:
        """Return the JSON key of a service account of Google's that asks here."""
        own = RSAKey.generate_key(2048).as_pem(private=True).decode()
        return json.dumps(
            {
                "type": "service_account",
                "project_id": "office",
                "private_key_id": "1",
                "private_key": own,
                "client_email": "assurance@office.iam.example",
                "client_id": "1",
                "token_uri": f"{self.authority}/google",
            }
        )

    def app(self) -> Starlette:
        """Return what it serves."""
        about = f"/{TENANT}/v2.0/.well-known/openid-configuration"
        return Starlette(
            routes=[
                Route(about, self._about),
                Route(f"/{TENANT}/oauth2/v2.0/token", self._microsoft, methods=["POST"]),
                Route("/google", self._google, methods=["POST"]),
            ]
        )

    async def _about(self, _request: Request) -> Response:
        base = f"{self.authority}/{TENANT}"
        return JSONResponse(
            {
                "issuer": f"{base}/v2.0",
                "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
                "token_endpoint": f"{base}/oauth2/v2.0/token",
                "jwks_uri": f"{base}/keys",
            }
        )

    async def _microsoft(self, request: Request) -> Response:
        sent = await self._sent(request)
        proved = sent.get("client_secret") == self.secret or "client_assertion" in sent
        if refused := self._refused():
            return refused
        if not proved:
            said = "AADSTS7000215: Invalid client secret provided for somebody@office.example."
            return JSONResponse({"error": "invalid_client", "error_description": said}, 401)
        return self._given(self.user)

    async def _google(self, request: Request) -> Response:
        sent = await self._sent(request)
        if refused := self._refused():
            return refused
        body = sent["assertion"].split(".")[1]
        claims = json.loads(_decoded(body))
        return self._given(claims["sub"])

    async def _sent(self, request: Request) -> dict[str, str]:
        sent = {k: v[0] for k, v in parse_qs((await request.body()).decode()).items()}
        self.signed_in.append(sent)
        return sent

    def _refused(self) -> Response | None:
        if self.status:
            return JSONResponse({}, self.status)
        return JSONResponse(self.refuses, 400) if self.refuses else None

    def _given(self, user: str) -> Response:
        token = {"token_type": "Bearer", "expires_in": self.lasts_s}
        return JSONResponse({**token, "access_token": self.token(user)})


def _decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


@pytest.fixture
def token_service(certificates: Certificates) -> Iterator[TokenService]:
    """A sign-in service on a port of its own."""
    service = TokenService(certificates)
    server = uvicorn.Server(
        uvicorn.Config(
            service.app(),
            host=HOST,
            port=service.port,
            log_config=None,
            timeout_graceful_shutdown=1,
            ssl_certfile=str(certificates.server_cert),
            ssl_keyfile=str(certificates.server_key),
        )
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    wait_until(lambda: is_listening(service.port), what="the sign-in service")
    yield service
    server.should_exit = True
    thread.join(10)
