"""A connection to an IMAP server: encrypted, logged in, and every failure one of two kinds.

`DroppedError` says that the connection is of no further use, `RefusedError` that one command
failed and the connection lives on. Both are an `UnavailableError` to whoever does not care.
"""

from __future__ import annotations

import re
import ssl
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from imapclient import IMAPClient
from imapclient.exceptions import (
    IMAPClientAbortError,
    IMAPClientError,
    LoginError,
    ProtocolError,
)

from connectors.base import AccessDeniedError, ConnectorError, UnavailableError
from connectors.reasons import reason
from connectors.tls import TlsMode, client_context, refused_certificate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from connectors.sign_in import Tokens

GOODBYE_S = 2.0
"""How long a server may take over LOGOUT."""

_CODE = re.compile(r"\[([A-Z][A-Z0-9-]*)")
_TEMPORARY_CODES = frozenset({"UNAVAILABLE", "INUSE", "LIMIT", "SERVERBUG", "OVERQUOTA"})
# Exchange Online: "Request is throttled. Suggested Backoff Time: 92415 milliseconds".
_BACK_OFF = re.compile(r"backoff time:? (\d{1,9}) milliseconds", re.IGNORECASE)
_TEMPORARY_WORDS = re.compile(
    r"try again|temporar|too many|busy|later|not connected|throttl", re.IGNORECASE
)


class DroppedError(UnavailableError):
    """The connection broke or lost its sense; a new one may do."""


class RefusedError(UnavailableError):
    """The server said NO or BAD to one command, or answered it with something unreadable."""

    def __init__(
        self, why: str, *, code: str = "", temporary: bool = False, wait_s: float | None = None
    ) -> None:
        super().__init__(why, wait_s=wait_s)
        self.code = code  # the response code of RFC 9051 §7.1, "" where there is none
        self.temporary = temporary


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Where to connect, and as whom."""

    host: str
    port: int
    username: str
    password: Callable[[], str] | None = None
    tokens: Tokens | None = None  # of a sign-in service, in the place of a password
    tls: TlsMode = "implicit"
    ca_file: str | None = None
    own_file: str | None = None  # our certificate and key, where the server asks for one
    timeout_s: float = 30.0


class _Client(IMAPClient):  # type: ignore[misc]  # imapclient ships no types
    """An IMAPClient whose first look into an IDLE takes what came along with its "+" line.

    That line and an EXISTS may arrive in one packet; the second then lies in a buffer that no
    poll of the socket can see.
    """

    _look_first = False

    def idle(self) -> None:
        super().idle()
        self._look_first = True

    def _poll_socket(self, sock: object, timeout: float | None = None) -> object:
        if self._look_first:
            self._look_first = False
            return True
        return super()._poll_socket(sock, timeout)


class Connection:
    """A connection that is logged in. Used by one thread."""

    def __init__(self, account: Account) -> None:
        """Connect and log in.

        Raises:
            UnavailableError: the server cannot be reached, or not now.
            AccessDeniedError: certificate, encryption, name or password are not accepted.
        """
        self._where = f"{account.host}:{account.port}"
        self._host = account.host
        context = client_context(account.ca_file, account.own_file)
        with self._speaking(connecting=True):
            self._client = _Client(
                account.host,
                account.port,
                ssl=account.tls == "implicit",
                ssl_context=context,
                timeout=account.timeout_s,
            )
        try:
            self._prepare(account, context)
        except BaseException:
            self._shut()
            raise

    def _prepare(self, account: Account, context: ssl.SSLContext) -> None:
        self._client.normalise_times = False
        self._client._imap.debug = 0  # noqa: SLF001 - there is no other switch, and it is slow
        if account.tls == "starttls":
            self._encrypt(context)
        self._login(account)
        with self._speaking():
            offered = {bytes(word).upper() for word in self._client.capabilities()}
        self.can_idle = b"IDLE" in offered
        self._can_move = b"MOVE" in offered
        self._can_expunge = b"UIDPLUS" in offered

    def _encrypt(self, context: ssl.SSLContext) -> None:
        with self._speaking(connecting=True):
            if not self._client.has_capability("STARTTLS"):
                message = f"{self._where} does not offer STARTTLS; the password was not sent"
                raise AccessDeniedError(message)
            try:
                self._client.starttls(context)
            except IMAPClientAbortError:
                raise
            except IMAPClientError as exc:
                message = f"{self._where} refused STARTTLS; the password was not sent"
                raise AccessDeniedError(message) from exc

    def _login(self, account: Account) -> None:
        if account.tokens is not None:
            self._login_by_token(account.username, account.tokens)
            return
        try:
            password = account.password() if account.password else ""
        except OSError as exc:
            message = f"the password for {self._where} cannot be read ({type(exc).__name__})"
            raise AccessDeniedError(message) from exc
        with self._speaking():
            try:
                self._authenticate(account.username, password)
            except LoginError as exc:
                raise self._login_error(exc) from exc

    def _login_by_token(self, username: str, tokens: Tokens) -> None:
        token = tokens.read()
        with self._speaking():
            if not self._client.has_capability("AUTH=XOAUTH2"):
                message = f"{self._where} offers no sign-in by token (XOAUTH2); it was not sent"
                raise AccessDeniedError(message)
            try:
                self._client.oauth2_login(username, token)
            except LoginError as exc:
                error = self._login_error(exc)
                if isinstance(error, AccessDeniedError):
                    tokens.forget()  # perhaps it was taken back: the next try has a new one
                    message = (
                        f"{self._where} does not accept our token for the mailbox: see whether the"
                        " application may use it"
                    )
                    raise AccessDeniedError(message) from exc
                raise error from exc

    def _authenticate(self, username: str, password: str) -> None:
        offered = self._client.capabilities()
        if b"AUTH=PLAIN" in offered:  # unlike LOGIN it carries any character
            self._client.plain_login(username, password)
        elif b"LOGINDISABLED" in offered:
            message = f"{self._where} offers no login by password; it was not sent"
            raise AccessDeniedError(message)
        else:
            self._client.login(username, password)

    def _login_error(self, exc: LoginError) -> ConnectorError:
        """Tell a server that is busy from one that does not want us (RFC 5530 §3)."""
        if isinstance(exc.__context__, IMAPClientAbortError):
            return DroppedError(f"{self._where} ended the connection during login")
        refusal = self._refused(exc)
        code = f" [{refusal.code}]" if refusal.code else ""
        if refusal.temporary:
            why = f"{self._where} cannot log us in for now{code}"
            return UnavailableError(why, wait_s=refusal.wait_s)
        return AccessDeniedError(f"{self._where} does not accept the name or password{code}")

    @contextmanager
    def _speaking(self, *, connecting: bool = False) -> Iterator[None]:
        """Turn whatever imapclient, imaplib, socket and ssl raise into our errors."""
        try:
            yield
        except ConnectorError:
            raise
        except ssl.SSLCertVerificationError as exc:
            raise refused_certificate(self._host, exc) from exc
        except (IMAPClientAbortError, OSError, EOFError, AttributeError) as exc:
            # AttributeError: imaplib's own state after its socket has gone
            raise DroppedError(self._lost(exc, connecting=connecting)) from exc
        except (IMAPClientError, ValueError, LookupError, TypeError, AssertionError) as exc:
            raise self._refused(exc) from exc
        except RecursionError as exc:  # parentheses nested without end
            raise self._refused(exc) from exc

    def _lost(self, exc: Exception, *, connecting: bool) -> str:
        what = "cannot be reached" if connecting else "ended the connection"
        return f"{self._where} {what} ({reason(exc)})"

    def _refused(self, exc: Exception) -> RefusedError:
        """Keep the response code of a refusal; its free text might hold anything."""
        text = str(exc)
        code = found[1] if (found := _CODE.search(text)) else ""
        garbled = isinstance(exc, ProtocolError) or not isinstance(exc, IMAPClientError)
        temporary = garbled or code in _TEMPORARY_CODES or bool(_TEMPORARY_WORDS.search(text))
        why = f"{self._where} refused a command ({code or type(exc).__name__})"
        wait = _BACK_OFF.search(text)
        if wait:
            why, temporary = f"{self._where} asks us to slow down", True
        return RefusedError(
            why,
            code=code,
            temporary=temporary,
            wait_s=int(wait[1]) / 1000 if wait else None,
        )

    def close(self) -> None:
        """Log out if the server is quick about it, and let go of the connection."""
        with suppress(IMAPClientError, OSError, ValueError, AttributeError):
            self._client.socket().settimeout(GOODBYE_S)
            self._client.logout()
        self._shut()

    def drop(self) -> None:
        """Let go of the connection without a word."""
        self._shut()

    def _shut(self) -> None:
        with suppress(IMAPClientError, OSError, ValueError, AttributeError):
            self._client.shutdown()
