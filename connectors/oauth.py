"""Tokens of the sign-in services that offices' mailboxes are behind: Microsoft's and Google's.

Both are asked as an application, with no person present: Microsoft by client credentials (a secret
or a certificate), Google by a service account that may act for the mailbox.
"""

from __future__ import annotations

import json
import re
import time
from datetime import UTC
from typing import TYPE_CHECKING, Any

import msal
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from google.auth import exceptions as google_errors
from google.auth.transport.requests import Request
from google.oauth2 import service_account

from connectors.base import AccessDeniedError, UnavailableError
from connectors.sign_in import Token, Tokens

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

MICROSOFT = "https://login.microsoftonline.com"
MICROSOFT_SCOPE = "https://outlook.office365.com/.default"
GOOGLE_SCOPE = "https://mail.google.com/"
_TIMEOUT_S = 20.0
_AADSTS = re.compile(r"AADSTS\d+")
_PLEASE_WAIT = frozenset({"temporarily_unavailable", "server_error", "slow_down"})
_HINTS = {
    "AADSTS7000215": "the client secret is wrong",
    "AADSTS7000222": "the client secret has ended: make a new one and put it into its file",
    "AADSTS700016": "the application is not known in this tenant: see client_id",
    "AADSTS700027": "the certificate is not the one that the application knows, or has ended",
    "AADSTS90002": "the tenant is not known: see tenant",
    "AADSTS900023": "the tenant is not known: see tenant",
    "AADSTS53003": "a conditional access policy forbids it",
    "AADSTS7000112": "the application is disabled",
}


class _Session(requests.Session):
    """A session that waits for so long and no longer, and trusts whom the config names.

    By itself requests lets $REQUESTS_CA_BUNDLE go before what a program says.
    """

    def __init__(self, ca_file: str | None) -> None:
        super().__init__()
        self._ca_file = ca_file

    def merge_environment_settings(self, *arguments: Any, **named: Any) -> Any:  # noqa: ANN401 - as requests has it
        settings = super().merge_environment_settings(*arguments, **named)
        if self._ca_file:
            settings["verify"] = self._ca_file
        return settings

    def request(self, *arguments: Any, **named: Any) -> requests.Response:
        named["timeout"] = named.get("timeout") or _TIMEOUT_S
        return super().request(*arguments, **named)


class Microsoft:
    """An application of a Microsoft Entra tenant; one token serves for all mailboxes it may use."""

    def __init__(
        self,
        *,
        tenant: str,
        client_id: str,
        secret: Callable[[], str] | None = None,
        certificate: Callable[[], str] | None = None,
        authority: str = MICROSOFT,
        ca_file: str | None = None,
    ) -> None:
        """Remember the settings; nobody is asked yet.

        `certificate` is PEM text with the private key and the certificate; `authority` is
        another one for national clouds.
        """
        self._authority = f"{authority.rstrip('/')}/{tenant}"
        self._client_id, self._secret, self._certificate = client_id, secret, certificate
        self._ca_file, self._is_usual = ca_file, authority == MICROSOFT
        self._tokens = Tokens(self._fetch)

    def tokens_for(self, _username: str) -> Tokens:
        """Return the tokens for a mailbox."""
        return self._tokens

    def _fetch(self) -> Token:
        where = self._authority
        try:
            # A new one each time: a secret that was changed counts at once, and a token that is
            # about to end is not given again.
            with _Session(self._ca_file) as session:
                application = msal.ConfidentialClientApplication(
                    self._client_id,
                    authority=self._authority,
                    client_credential=self._credential(),
                    instance_discovery=None if self._is_usual else False,
                    http_client=session,
                )
                answer: dict[str, Any] = application.acquire_token_for_client([MICROSOFT_SCOPE])
        except OSError as exc:  # requests' errors are such, and so is a file that has gone
            raise _away(where, exc) from exc
        except ValueError as exc:  # what the authority answers is no description of one
            message = f"the sign-in service {where} does not answer as one: see tenant"
            raise AccessDeniedError(message) from exc
        if "access_token" in answer:
            return Token(words=answer["access_token"], lasts_s=float(answer["expires_in"]))
        raise _refused(where, answer)

    def _credential(self) -> str | dict[str, str]:
        if self._certificate is None:
            return self._secret() if self._secret else ""
        pem = self._certificate()
        certificate = x509.load_pem_x509_certificate(pem.encode())
        return {
            "private_key": pem,
            "thumbprint": certificate.fingerprint(hashes.SHA1()).hex(),  # noqa: S303 -- its name at Microsoft's, no proof
            "public_certificate": pem,
        }


def certificate_ends(pem: str) -> datetime:
    """Return when the certificate in a PEM text ends, aware UTC.

    Raises:
        ValueError: there is none in it.
    """
    return x509.load_pem_x509_certificate(pem.encode()).not_valid_after_utc


def _refused(where: str, answer: dict[str, Any]) -> AccessDeniedError | UnavailableError:
    """Return what a refusal means; its free text might name people."""
    error = str(answer.get("error", ""))
    found = _AADSTS.search(str(answer.get("error_description", "")))
    code = found[0] if found else error
    if error in _PLEASE_WAIT:
        return UnavailableError(f"the sign-in service {where} gives no token for now ({code})")
    hint = _HINTS.get(code, "see client_id, tenant and secret")
    return AccessDeniedError(f"the sign-in service {where} refuses us: {hint} ({code})")


def _away(where: str, exc: Exception) -> UnavailableError | AccessDeniedError:
    if isinstance(exc, requests.exceptions.SSLError):
        return AccessDeniedError(f"the certificate of the sign-in service {where} is not accepted")
    if isinstance(exc, requests.exceptions.Timeout):
        return UnavailableError(f"the sign-in service {where} does not answer in time")
    if isinstance(exc, requests.exceptions.RequestException):
        return UnavailableError(f"the sign-in service {where} cannot be reached")
    return AccessDeniedError(f"the secret for {where} cannot be read ({type(exc).__name__})")


class Google:
    """A service account with domain-wide delegation; each mailbox has tokens of its own."""

    def __init__(self, *, key: Callable[[], str], ca_file: str | None = None) -> None:
        """Remember the settings; nobody is asked yet. `key` is the account's JSON key."""
        self._key, self._ca_file = key, ca_file
        self._by_user: dict[str, Tokens] = {}

    def tokens_for(self, username: str) -> Tokens:
        """Return the tokens for a mailbox."""
        return self._by_user.setdefault(username, Tokens(lambda: self._fetch(username)))

    def _fetch(self, username: str) -> Token:
        where = "of Google"
        try:
            account = json.loads(self._key())
            made: Any = service_account.Credentials  # google-auth ships no types for it
            credentials = made.from_service_account_info(
                account, scopes=[GOOGLE_SCOPE], subject=username
            )
            with _Session(self._ca_file) as session:
                credentials.refresh(Request(session))
        except (OSError, ValueError, KeyError) as exc:
            message = f"the key of the service account cannot be used ({type(exc).__name__})"
            raise AccessDeniedError(message) from exc
        except google_errors.TransportError as exc:
            message = f"the sign-in service {where} cannot be reached"
            raise UnavailableError(message) from exc
        except google_errors.RefreshError as exc:
            if exc.retryable:
                message = f"the sign-in service {where} gives no token for now"
                raise UnavailableError(message) from exc
            message = (
                f"the sign-in service {where} refuses us: see the key, and whether the account may"
                " act for the mailbox (domain-wide delegation)"
            )
            raise AccessDeniedError(message) from exc
        ends = credentials.expiry.replace(tzinfo=UTC).timestamp()
        return Token(words=credentials.token, lasts_s=ends - time.time())
