"""SMTP servers: one that answers whatever a test wants, and Postfix's sink for volume."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import re
import ssl
import subprocess
from collections import defaultdict
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

from tests.servers import (
    HOST,
    IS_ROOT,
    free_port,
    is_listening,
    require,
    short_folder,
    stop_process,
    wait_until,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from aiosmtpd.smtp import Envelope, Session

    from tests.servers.certificates import Certificates

Stage = Literal["mail", "rcpt", "data"]
EVERYBODY = "*"
FOREVER_S = 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """A message that the server took responsibility for."""

    sender: str
    recipients: tuple[str, ...]
    content: bytes
    options: tuple[str, ...] = ()


@dataclass(slots=True, kw_only=True)
class _Rule:
    """What to do at one stage, and how many times still (None: always)."""

    reply: str
    do: Literal["reply", "hang", "drop", "accept-and-drop"]
    delay_s: float
    times: int | None


class MailServer:
    """A mail server in this process: takes everything, unless told otherwise.

    What it accepts is written to disk in order, and handed on to the mailboxes given by
    `deliver_to`. It can be stopped and started again on the same port.
    """

    host = HOST

    def __init__(
        self,
        folder: Path,
        *,
        tls: Literal["none", "starttls", "implicit"] = "none",
        certificates: Certificates | None = None,
        login: tuple[str, str] | None = None,
        clients: Path | None = None,
        takes_token: Callable[[str, str], bool] | None = None,
        extensions: bool = True,
        pipelines: bool = True,
    ) -> None:
        """Prepare it. `login` asks clients for a name and password; without `extensions` it
        offers neither SIZE, 8BITMIME nor SMTPUTF8, and with `pipelines` PIPELINING."""
        self.port = free_port()
        self.connections = 0
        self.accepted: list[Accepted] = []
        self.attempts: list[tuple[str, str]] = []  # stage and address, also refused ones
        self._folder = folder
        self._tls = tls
        self._certificates = certificates
        self._login = login
        self._takes_token = takes_token
        self._clients = clients  # the certificates of clients that may connect, and no others
        self._extensions = extensions
        self._pipelines = pipelines
        self._rules: dict[tuple[Stage, str], _Rule] = {}
        self._mailboxes: dict[str, list[Callable[[bytes], object]]] = defaultdict(list)
        self._controller: Controller | None = None

    def answer(
        self,
        reply: str = "",
        *,
        to: str = EVERYBODY,
        at: Stage = "rcpt",
        do: Literal["reply", "hang", "drop", "accept-and-drop"] = "reply",
        delay_s: float = 0.0,
        times: int | None = None,
    ) -> None:
        """Answer so at a stage, for one address or everybody: a reply, silence, or a hang-up."""
        self._rules[at, to.lower()] = _Rule(reply=reply, do=do, delay_s=delay_s, times=times)

    def behave(self) -> None:
        """Take everything again."""
        self._rules.clear()

    def deliver_to(self, address: str, mailbox: Callable[[bytes], object]) -> None:
        """Hand each accepted message for an address on to a mailbox."""
        self._mailboxes[address.lower()].append(mailbox)

    def start(self) -> None:
        """Listen; a second time does nothing."""
        if self._controller is not None:
            return
        options = self._options()
        self._controller = _Listener(self, self._context("implicit"), options)
        self._controller.start()

    def stop(self) -> None:
        """Stop listening and end every connection."""
        controller, self._controller = self._controller, None
        if controller is not None:
            controller.stop(no_assert=True)

    def _context(self, mode: str) -> ssl.SSLContext | None:
        if self._tls != mode or self._certificates is None:
            return None
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(self._certificates.server_cert, self._certificates.server_key)
        if self._clients is not None:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(self._clients)
        return context

    def _options(self) -> dict[str, Any]:
        options: dict[str, Any] = {"enable_SMTPUTF8": self._extensions, "timeout": 300}
        if self._tls == "starttls":
            options |= {"tls_context": self._context("starttls"), "require_starttls": True}
        if not self._extensions:
            options["data_size_limit"] = 0
        if self._login or self._takes_token:
            options |= {"authenticator": self._authenticate, "auth_required": True}
            options["auth_require_tls"] = self._tls == "starttls"
        if not self._takes_token:
            options["auth_exclude_mechanism"] = ["XOAUTH2"]
        return options

    def _authenticate(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _how: str, data: object
    ) -> AuthResult:
        name, password = self._login or ("", "")
        given = isinstance(data, LoginPassword) and (data.login, data.password)
        return AuthResult(success=given == (name.encode(), password.encode()), handled=False)

    async def auth_XOAUTH2(self, server: SMTP, args: list[str]) -> AuthResult:  # noqa: N802 - the library's name
        """Take a bearer token, or say why not as Microsoft and Google do: in a challenge."""
        words = base64.b64decode(args[1]).decode()
        user, token = words.rstrip("\x01").split("\x01auth=Bearer ")
        user = user.removeprefix("user=")
        self.attempts.append(("token", user))
        if self._takes_token is not None and self._takes_token(user, token):
            return AuthResult(success=True)
        await server.challenge_auth('{"status":"401","schemes":"bearer"}')
        return AuthResult(success=False, handled=False)

    async def handle_EHLO(  # noqa: N802 - the library's name
        self, _server: SMTP, session: Session, _envelope: Envelope, name: str, lines: list[str]
    ) -> list[str]:
        session.host_name = name
        offered = [line for line in lines if self._extensions or "8BITMIME" not in line]
        return ["250-PIPELINING", *offered] if self._pipelines else offered

    async def handle_MAIL(  # noqa: N802 - the library's name
        self, server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self.attempts.append(("mail", address or ""))
        reply = await self._reply(server, "mail", address or "")
        if reply.startswith("2"):
            envelope.mail_from = address
            envelope.mail_options.extend(options)
        return reply

    async def handle_RCPT(  # noqa: N802 - the library's name
        self, server: SMTP, _session: Session, envelope: Envelope, address: str, _: list[str]
    ) -> str:
        self.attempts.append(("rcpt", address))
        reply = await self._reply(server, "rcpt", address)
        if reply.startswith("2"):
            envelope.rcpt_tos.append(address)
        return reply

    async def handle_DATA(  # noqa: N802 - the library's name
        self, server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        address = envelope.rcpt_tos[0]
        self.attempts.append(("data", address))
        rule = self._rule("data", address)
        if rule is not None and rule.do == "accept-and-drop":
            self._accept(envelope)
        reply = await self._follow(server, rule)
        if reply.startswith("2"):
            self._accept(envelope)
        return reply

    def _rule(self, stage: Stage, address: str) -> _Rule | None:
        for key in ((stage, address.lower()), (stage, EVERYBODY)):
            rule = self._rules.get(key)
            if rule is None or rule.times == 0:
                continue
            if rule.times is not None:
                rule.times -= 1
            return rule
        return None

    async def _reply(self, server: SMTP, stage: Stage, address: str) -> str:
        return await self._follow(server, self._rule(stage, address))

    async def _follow(self, server: SMTP, rule: _Rule | None) -> str:
        if rule is None:
            return "250 fine"
        await asyncio.sleep(rule.delay_s)
        if rule.do == "hang":
            await asyncio.sleep(FOREVER_S)
        if rule.do != "reply" and server.transport is not None:
            server.transport.abort()
            await asyncio.sleep(FOREVER_S)  # ends with the connection
        return rule.reply or "250 fine"

    def _accept(self, envelope: Envelope) -> None:
        message = Accepted(
            sender=(envelope.mail_from or "").removeprefix("<>"),
            recipients=tuple(envelope.rcpt_tos),
            content=bytes(envelope.content or b""),
            options=tuple(envelope.mail_options),
        )
        self._record(message)
        self.accepted.append(message)
        for recipient in message.recipients:
            for mailbox in self._mailboxes[recipient.lower()]:
                mailbox(message.content)

    def _record(self, message: Accepted) -> None:
        number = len(self.accepted) + 1
        (self._folder / f"{number:06}.eml").write_bytes(message.content)
        about = asdict(message) | {"content": f"{number:06}.eml"}
        with (self._folder / "accepted.jsonl").open("a") as record:
            record.write(json.dumps(about) + "\n")
            record.flush()
            os.fsync(record.fileno())


class _Protocol(SMTP):
    """An SMTP conversation that is counted."""

    def __init__(self, owner: MailServer, **options: Any) -> None:
        super().__init__(owner, **options)
        self.command_size_limits["AUTH"] = 12_288  # RFC 4954 §4.1: tokens are long
        self._owner = owner

    def connection_made(self, transport: Any) -> None:
        self._owner.connections += 1
        super().connection_made(transport)


class _Listener(Controller):
    """Serves `_Protocol` at a MailServer's port."""

    def __init__(
        self, owner: MailServer, context: ssl.SSLContext | None, options: dict[str, Any]
    ) -> None:
        super().__init__(owner, hostname=HOST, port=owner.port, ssl_context=context)
        self._owner = owner
        self._options = options

    def factory(self) -> SMTP:
        return _Protocol(self._owner, **self._options)


class SmtpSink:
    """Postfix's smtp-sink: takes any amount of mail, a file each."""

    host = HOST

    def __init__(self, folder: Path, *options: str) -> None:
        """Prepare it; `options` are smtp-sink's own, to refuse or delay."""
        self.port = free_port()
        self._folder = folder
        self._options = options
        self._program = require("smtp-sink", "postfix")
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Listen; a second time does nothing."""
        if self._process is not None:
            return
        self._folder.chmod(0o777)
        identity = ["-u", "nobody"] if IS_ROOT else []
        command = [self._program, *identity, *self._options, "-h", "localhost", "-d", "%s."]
        where = f"{HOST}:{self.port}"
        self._process = subprocess.Popen([*command, where, "1024"], cwd=self._folder)
        wait_until(lambda: is_listening(self.port), what="smtp-sink")

    def stop(self) -> None:
        """End it."""
        process, self._process = self._process, None
        if process is not None:
            stop_process(process)

    def messages(self) -> list[tuple[str, list[str], bytes]]:
        """Return sender, recipients and content of what came, with LF line ends, unordered."""
        return [_read_dump(path.read_bytes()) for path in sorted(self._folder.iterdir())]


def _read_dump(dump: bytes) -> tuple[str, list[str], bytes]:
    """Take the sink's own lines, the last of them its Received, off a message."""
    sender = re.search(rb"^X-Mail-Args: <(.*?)>", dump, re.MULTILINE)
    recipients = re.findall(rb"^X-Rcpt-Args: <(.*?)>", dump, re.MULTILINE)
    content = re.split(rb"^Received: .*\n(?:[ \t].*\n)*", dump, maxsplit=1, flags=re.MULTILINE)[-1]
    return (sender[1].decode() if sender else ""), [r.decode() for r in recipients], content


@pytest.fixture
def mail_server(certificates: Certificates) -> Iterator[MailServer]:
    """A mail server in clear text that takes everything and records it."""
    with short_folder("smtp") as folder:
        server = MailServer(folder, certificates=certificates)
        server.start()
        try:
            yield server
        finally:
            server.stop()


@pytest.fixture
def make_mail_server(certificates: Certificates) -> Iterator[Callable[..., MailServer]]:
    """Make mail servers with TLS, a login, or without extensions; all stopped at the end."""
    servers: list[MailServer] = []
    with short_folder("smtp") as folder:

        def make(**options: Any) -> MailServer:
            place = folder / str(len(servers))
            place.mkdir()
            servers.append(MailServer(place, certificates=certificates, **options))
            servers[-1].start()
            return servers[-1]

        try:
            yield make
        finally:
            for server in servers:
                server.stop()


@pytest.fixture
def smtp_sink() -> Iterator[SmtpSink]:
    """Postfix's smtp-sink, listening."""
    with short_folder("sink") as folder:
        sink = SmtpSink(folder)
        sink.start()
        try:
            yield sink
        finally:
            sink.stop()
