"""An OpenID Connect provider on loopback that knows one person and checks what a client sends."""

from __future__ import annotations

import base64
import hashlib
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlencode

import pytest
import uvicorn
from joserfc import jwt
from joserfc.jwk import RSAKey
from starlette.applications import Starlette
from starlette.responses import JSONResponse, RedirectResponse
from starlette.routing import Route

from tests.servers import HOST, free_port, is_listening, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.requests import Request
    from starlette.responses import Response

CLIENT, SECRET = "assurance", "a secret of the tests"


@dataclass
class Provider:
    """What it says of who signs in; a test changes it."""

    claims: dict[str, object] = field(default_factory=dict)
    key: RSAKey = field(
        default_factory=lambda: RSAKey.generate_key(2048, {"kid": "k", "use": "sig"})
    )
    signs_with: RSAKey | None = None  # another key than it shows
    is_away: bool = False
    tells_when_asked: dict[str, object] = field(default_factory=dict)  # at its userinfo endpoint
    port: int = field(default_factory=free_port)
    asked: dict[str, str] = field(default_factory=dict)

    @property
    def issuer(self) -> str:
        return f"http://{HOST}:{self.port}"

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/.well-known/openid-configuration", self._metadata),
                Route("/jwks", self._keys),
                Route("/authorize", self._authorize),
                Route("/token", self._token, methods=["POST"]),
                Route("/userinfo", self._userinfo),
            ]
        )

    async def _metadata(self, _request: Request) -> Response:
        if self.is_away:
            return JSONResponse({}, status_code=503)
        return JSONResponse(
            {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/jwks",
                "userinfo_endpoint": f"{self.issuer}/userinfo",
                "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "code_challenge_methods_supported": ["S256"],
            }
        )

    async def _keys(self, _request: Request) -> Response:
        return JSONResponse({"keys": [self.key.as_dict(private=False)]})

    async def _userinfo(self, request: Request) -> Response:
        if request.headers.get("authorization") != "Bearer a":
            return JSONResponse({}, status_code=401)
        return JSONResponse(self.tells_when_asked)

    async def _authorize(self, request: Request) -> Response:
        self.asked = dict(request.query_params)
        back = {"code": "the-code", "state": self.asked["state"]}
        return RedirectResponse(f"{self.asked['redirect_uri']}?{urlencode(back)}")

    async def _token(self, request: Request) -> Response:
        form = {k: v[0] for k, v in parse_qs((await request.body()).decode()).items()}
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        basic = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        sent = request.headers.get("authorization", "")
        if (
            form.get("code") != "the-code"
            or challenge != self.asked.get("code_challenge")
            or sent != f"Basic {basic}"
        ):
            return JSONResponse({"error": "invalid_grant"}, status_code=400)
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "aud": CLIENT,
            "iat": now,
            "exp": now + 60,
            "nonce": self.asked["nonce"],
            **self.claims,
        }
        header = {"alg": "RS256", "kid": "k"}
        token = jwt.encode(header, claims, self.signs_with or self.key)
        body = {"access_token": "a", "token_type": "Bearer", "id_token": token}
        return JSONResponse(body)


@pytest.fixture
def provider() -> Iterator[Provider]:
    """A provider that runs."""
    one = Provider()
    config = uvicorn.Config(one.app(), host=HOST, port=one.port, log_config=None)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    wait_until(lambda: is_listening(one.port), what="the provider")
    yield one
    server.should_exit = True
    thread.join(10)
