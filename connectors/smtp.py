"""Mail out over SMTP, one connection kept open; every reply told apart by what it means to us.

What a reply code means depends on when it comes (RFC 5321 §4.2.1):

- greeting, EHLO, `MAIL FROM`: 4xx, nothing can be sent for now; 5xx, this server does not want
  *us* (the sender is the office's own), but for 552 and 555, which are about the one message;
- login: 4xx for now, 5xx access denied;
- `RCPT TO` and `DATA`: about this message, 4xx for now, 5xx for good; 421 too (a rate limit or
  a policy for one recipient), but it ends the connection;
- a lost connection or silence: nothing can be sent for now; but after the final dot nobody knows
  whether the message was taken, so this one waits and the others go on.
"""

from __future__ import annotations

import smtplib
import socket
import ssl
from contextlib import contextmanager, suppress
from time import monotonic
from typing import TYPE_CHECKING, NoReturn

from connectors.base import (
    AccessDeniedError,
    ConnectorError,
    DeferredError,
    RejectedError,
    UnavailableError,
)
from connectors.reasons import reason
from connectors.sign_in import bearer
from connectors.smtp_letter import Letter
from connectors.smtp_talk import GO_AHEAD, Talk
from connectors.tls import TlsMode, check_mode, client_context, refused_certificate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from connectors.base import Envelope
    from connectors.sign_in import Tokens

__all__ = ["SmtpOutlet"]

IDLE_CHECK_S = 30.0
"""After how long a silence the connection is tried before it is used."""
CONTENT_S = 180.0
"""How long the content of one message may take to go over, be the line ever so slow."""
ANSWER_S = 600.0
"""How long the reply to the final dot may take (RFC 5321 §4.5.3.2.6): too short makes copies."""
CLOSING = 421
UNREADABLE = -1  # smtplib's word for a reply that has no code
AUTHENTICATION_REQUIRED = 530
ABOUT_THE_MESSAGE = frozenset({552, 555})  # too large; a parameter that is not understood

_CHUNK = 64 * 1024


class _StaleError(Exception):
    """A connection kept from earlier turned out dead before anything was said over it."""


class SmtpOutlet:
    """A mail server that takes our mail on. Used by one thread at a time."""

    def __init__(  # noqa: PLR0913 - one keyword for each setting of a server
        self,
        *,
        name: str,
        host: str,
        port: int,
        tls: TlsMode,
        username: str | None = None,
        password: Callable[[], str] | None = None,
        tokens: Tokens | None = None,
        ca_file: str | None = None,
        own_file: str | None = None,
        timeout_s: float = 30.0,
        answer_s: float = ANSWER_S,
        local_hostname: str | None = None,
    ) -> None:
        """Remember the settings; nothing is opened yet.

        `timeout_s` holds for each step (RFC 5321 §4.5.3.2), `answer_s` for the reply to the
        final dot.

        `local_hostname` is how we call ourselves; without it our own host name if it has a
        dot, else an address literal.

        Raises:
            ValueError: clear text to another machine, or a user name without a password.
        """
        check_mode(tls, host)
        if (username is None) != (password is None and tokens is None):
            message = "a user name and a password or token go together"
            raise ValueError(message)
        self._name = name
        self._host = host
        self._port = port
        self._tls = tls
        self._username = username
        self._password = password
        self._tokens = tokens
        self._ca_file, self._own_file = ca_file, own_file
        self._timeout_s = timeout_s
        self._answer_s = answer_s
        self._local_hostname = local_hostname
        self._where = f"{host}:{port}"
        self._smtp: smtplib.SMTP | None = None
        self._used_at = 0.0  # by the monotonic clock

    @property
    def name(self) -> str:
        """The outlet's name in the config."""
        return self._name

    def send(self, envelope: Envelope) -> None:
        """Hand one message over, its bytes unchanged but for line ends, which become CRLF.

        A connection that died while idle is replaced once, as long as nothing of this message
        was said over it.

        Raises:
            RejectedError: an address or the message is refused for good.
            DeferredError: an address or the message is refused for now, or nobody knows whether
                the message was taken: sending again may repeat the same mail.
            UnavailableError: nothing can be sent for now.
            AccessDeniedError: certificate, login or our sender address are not accepted.
        """
        letter = Letter(envelope)
        try:
            self._send(letter)
        except _StaleError:
            self.close()
            self._send(letter)

    def check(self) -> None:
        """Connect and sign in, and have the server answer; nothing is sent.

        Raises:
            UnavailableError: nothing can be sent for now.
            AccessDeniedError: certificate or login are not accepted.
        """
        if self._smtp is not None:
            self._try_out(self._smtp)
        if self._smtp is None:
            self._smtp = self._connect()
            self._used_at = monotonic()

    def _send(self, letter: Letter) -> None:
        kept = self._smtp is not None
        smtp = self._ready()
        talk = Talk(smtp, letter)
        try:
            with self._speaking():
                self._begin(talk, kept=kept)
                self._judge(talk.answer(), "the address")
                self._tell_content(smtp, talk, letter)
        except (RejectedError, DeferredError) as exc:
            self._reset(smtp, talk, exc)
            raise
        except (ConnectorError, _StaleError):
            self.close()
            raise
        self._used_at = monotonic()

    def _ready(self) -> smtplib.SMTP:
        """Return a connection that answers; one that was idle for long is tried first."""
        if self._smtp is not None and monotonic() - self._used_at > IDLE_CHECK_S:
            self._try_out(self._smtp)
        if self._smtp is None:
            self._smtp = self._connect()
        return self._smtp

    def _try_out(self, smtp: smtplib.SMTP) -> None:
        try:
            answers = _is_good(smtp.noop()[0])
        except (OSError, smtplib.SMTPException):
            answers = False
        if not answers:
            self.close()

    def _connect(self) -> smtplib.SMTP:
        context = client_context(self._ca_file, self._own_file)
        with self._speaking("cannot be reached"):
            smtp = self._dial(context)
        if smtp.sock is not None:
            # Or the end of each letter waits until the server has confirmed the rest: 40 ms.
            smtp.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            with self._speaking():
                if self._tls == "starttls":
                    self._encrypt(smtp, context)
                smtp.ehlo_or_helo_if_needed()
                self._login(smtp)
        except BaseException:
            smtp.close()
            raise
        return smtp

    def _dial(self, context: ssl.SSLContext) -> smtplib.SMTP:
        if self._tls == "implicit":
            return smtplib.SMTP_SSL(
                self._host,
                self._port,
                self._local_hostname or _own_name(),
                timeout=self._timeout_s,
                context=context,
            )
        return smtplib.SMTP(
            self._host,
            self._port,
            self._local_hostname or _own_name(),
            timeout=self._timeout_s,
        )

    def _encrypt(self, smtp: smtplib.SMTP, context: ssl.SSLContext) -> None:
        smtp.ehlo_or_helo_if_needed()
        if not smtp.has_extn("starttls"):
            message = f"{self._where} does not offer STARTTLS; nothing was sent"
            raise AccessDeniedError(message)
        try:
            smtp.starttls(context=context)
        except smtplib.SMTPResponseException as exc:
            self._refuse_us(exc.smtp_code, "STARTTLS")
        smtp.ehlo_or_helo_if_needed()

    def _login(self, smtp: smtplib.SMTP) -> None:
        if self._username is None:
            return
        if self._tokens is not None:
            self._login_by_token(smtp, self._username, self._tokens)
            return
        if self._password is None:
            return
        try:
            password = self._password()
        except OSError as exc:
            message = f"the password for {self._where} cannot be read ({type(exc).__name__})"
            raise AccessDeniedError(message) from exc
        try:
            smtp.login(self._username, password)
        except smtplib.SMTPAuthenticationError as exc:
            self._refuse_us(exc.smtp_code, "the login")
        except smtplib.SMTPNotSupportedError as exc:
            message = f"{self._where} offers no login; the password was not sent"
            raise AccessDeniedError(message) from exc
        except UnicodeError as exc:
            message = f"the name or password for {self._where} has letters that SMTP cannot carry"
            raise AccessDeniedError(message) from exc

    def _login_by_token(self, smtp: smtplib.SMTP, username: str, tokens: Tokens) -> None:
        words = bearer(username, tokens.read())
        if "XOAUTH2" not in smtp.esmtp_features.get("auth", "").upper().split():
            message = f"{self._where} offers no sign-in by token (XOAUTH2); it was not sent"
            raise AccessDeniedError(message)

        def answer(challenge: bytes | None = None) -> str:
            # What comes instead of a yes is a reason; an empty answer brings the refusal itself.
            return words if challenge is None else ""

        try:
            smtp.auth("XOAUTH2", answer)
        except smtplib.SMTPAuthenticationError as exc:
            if exc.smtp_code // 100 == 5:  # noqa: PLR2004 - read by the first digit
                tokens.forget()  # perhaps it was taken back: the next try has a new one
            self._refuse_us(exc.smtp_code, "our token for the mailbox")

    @contextmanager
    def _speaking(self, what: str = "ended the connection") -> Iterator[None]:
        """Turn whatever smtplib, socket and ssl raise into our errors."""
        try:
            yield
        except (ConnectorError, _StaleError):
            raise
        except ssl.SSLCertVerificationError as exc:
            raise refused_certificate(self._host, exc) from exc
        except smtplib.SMTPResponseException as exc:  # greeting or EHLO
            self._refuse_us(exc.smtp_code, "the connection")
        except (OSError, smtplib.SMTPException, ValueError) as exc:
            message = f"{self._where} {what} ({reason(exc)})"
            raise UnavailableError(message) from exc

    def _refuse_us(self, code: int, what: str) -> NoReturn:
        if code // 100 == 5:  # noqa: PLR2004 - reply codes are read by their first digit
            message = f"{self._where} refused {what} ({code})"
            raise AccessDeniedError(message)
        message = f"{self._where} refused {what} for now ({code})"
        raise UnavailableError(message)

    def _begin(self, talk: Talk, *, kept: bool) -> None:
        try:
            code = talk.answer()
        except (OSError, smtplib.SMTPServerDisconnected) as exc:
            if kept:
                raise _StaleError from exc
            raise
        if code == CLOSING and kept:
            raise _StaleError
        if code in ABOUT_THE_MESSAGE:
            message = f"{self._where} refused the message before its address ({code})"
            raise RejectedError(message, code=code)
        if not _is_good(code):
            self._refuse_us(code, "our sender address")

    def _tell_content(self, smtp: smtplib.SMTP, talk: Talk, letter: Letter) -> None:
        code = talk.answer()
        if code != GO_AHEAD:
            self._judge(code, "the message")
            self._not_understood(code)
        end = b".\r\n" if letter.content.endswith(b"\r\n") else b"\r\n.\r\n"
        content = letter.content.replace(b"\n.", b"\n..")
        if content.startswith(b"."):
            content = b"." + content
        _upload(smtp, content, end)
        self._judge(self._outcome(smtp), "the message")

    def _outcome(self, smtp: smtplib.SMTP) -> int:
        """Return the code of the reply to the final dot, for which a server may take its time."""
        try:
            with _patience(smtp, self._answer_s):
                code = smtp.getreply()[0]
        except (OSError, smtplib.SMTPException) as exc:
            message = f"{self._where} did not say whether it took the message: outcome unknown"
            raise DeferredError(message) from exc
        if code == UNREADABLE:
            message = f"{self._where} answered the message unreadably: outcome unknown"
            raise DeferredError(message)
        return code

    def _judge(self, code: int, what: str) -> None:
        if _is_good(code):
            return
        if code == UNREADABLE:
            self._not_understood(code)
        if code == AUTHENTICATION_REQUIRED:
            self._refuse_us(code, "us without a login")
        if code // 100 == 5:  # noqa: PLR2004 - reply codes are read by their first digit
            message = f"{self._where} refused {what} for good ({code})"
            raise RejectedError(message, code=code)
        message = f"{self._where} refused {what} for now ({code})"
        raise DeferredError(message, code=code)

    def _not_understood(self, code: int) -> NoReturn:
        message = f"{self._where} gave an answer that makes no sense ({code})"
        raise UnavailableError(message)

    def _reset(
        self, smtp: smtplib.SMTP, talk: Talk, refusal: RejectedError | DeferredError
    ) -> None:
        """Make the connection ready for another message, or let it go."""
        ends = isinstance(refusal, DeferredError) and refusal.code in (0, CLOSING)
        try:
            if not ends:
                talk.break_off()
                if _is_good(smtp.rset()[0]):
                    self._used_at = monotonic()
                    return
        except (OSError, smtplib.SMTPException):
            pass
        self.close()

    def close(self) -> None:
        """Take leave if the server still listens, and let go of the connection."""
        smtp, self._smtp = self._smtp, None
        if smtp is None:
            return
        with suppress(OSError, smtplib.SMTPException, ValueError):
            if smtp.sock is not None:
                smtp.sock.settimeout(min(2.0, self._timeout_s))
            smtp.quit()
        smtp.close()


def _upload(smtp: smtplib.SMTP, content: bytes, end: bytes) -> None:
    """Send content piece by piece: each within the socket's timeout, all within `CONTENT_S`.

    What ends it goes with the last piece, so that it cannot be lost behind it.
    """
    begun = monotonic()
    pieces = memoryview(content)
    for start in range(0, len(pieces), _CHUNK):
        if monotonic() - begun > CONTENT_S:
            raise TimeoutError
        is_last = start + _CHUNK >= len(pieces)
        smtp.send(bytes(pieces[start : start + _CHUNK]) + (end if is_last else b""))
    if not content:
        smtp.send(end)


@contextmanager
def _patience(smtp: smtplib.SMTP, timeout_s: float) -> Iterator[None]:
    """Let the socket wait for so many seconds, and then as long as before again."""
    sock = smtp.sock
    if sock is None:
        raise smtplib.SMTPServerDisconnected
    before = sock.gettimeout()
    sock.settimeout(timeout_s)
    try:
        yield
    finally:
        if smtp.sock is not None:  # smtplib lets go of one that broke
            sock.settimeout(before)


def _is_good(code: int) -> bool:
    return 200 <= code < 300  # noqa: PLR2004 - the range of replies that say yes


def _own_name() -> str:
    """Return our host name without asking any server for it (RFC 5321 §4.1.4)."""
    name = socket.gethostname()
    return name if "." in name else "[127.0.0.1]"
