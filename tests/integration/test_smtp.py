"""An SMTP outlet: what each reply means, encryption, login, and connections that die."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any, BinaryIO

import pytest

import connectors.smtp
from connectors.base import (
    AccessDeniedError,
    DeferredError,
    RejectedError,
    UnavailableError,
)
from connectors.smtp import SmtpOutlet
from tests.contracts.outlet_contract import an_envelope
from tests.servers.scripted import Greeter, LineServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.servers.certificates import Certificates
    from tests.servers.smtp import MailServer


Opener = "Callable[..., SmtpOutlet]"
Maker = "Callable[..., MailServer]"


@pytest.fixture
def open_outlet() -> Iterator[Callable[..., SmtpOutlet]]:
    """Make outlets to a server that are closed in the end."""
    outlets: list[SmtpOutlet] = []

    def make(server: MailServer | LineServer, **changes: Any) -> SmtpOutlet:
        settings = {"name": "post", "host": "localhost", "port": server.port, "timeout_s": 5}
        outlets.append(SmtpOutlet(**({"tls": "none"} | settings | changes)))
        return outlets[-1]

    yield make
    for outlet in outlets:
        outlet.close()


@pytest.fixture(params=[True, False], ids=["in-one-go", "one-by-one"])
def mail_server(request: pytest.FixtureRequest, make_mail_server: Maker) -> MailServer:
    """A server that takes the commands of a message together, and one that does not say so."""
    return make_mail_server(pipelines=request.param)


class Talker(LineServer):
    """A mail server of few words, some of them a test's own: command to answer."""

    def __init__(self, answers: dict[bytes, bytes]) -> None:
        self._answers = {b"DATA": b"354 go on", b"QUIT": b"221 bye"} | answers
        self.heard: list[bytes] = []
        super().__init__()

    def serve(self, stream: BinaryIO) -> None:
        """Answer each command; say nothing to lines of content."""
        stream.write(b"220 ready\r\n")
        inside = False
        while line := stream.readline():
            word = line.split()[0].upper() if line.strip() else b""
            self.heard.append(word)
            if inside and word != b".":
                continue
            answer = self._answers.get(word, b"250 fine")
            inside = word == b"DATA" and answer.startswith(b"354")
            stream.write(answer + b"\r\n")


# What a reply means


@pytest.mark.parametrize(
    ("stage", "reply", "error"),
    [
        ("mail", "451 4.3.0 later", UnavailableError),
        ("mail", "421 4.3.2 closing", UnavailableError),
        ("mail", "550 5.7.1 not you", AccessDeniedError),
        ("mail", "553 5.1.8 no such sender", AccessDeniedError),
        ("mail", "530 5.7.0 log in first", AccessDeniedError),
        ("mail", "552 5.3.4 too large", RejectedError),
        ("rcpt", "450 4.2.0 greylisted", DeferredError),
        ("rcpt", "452 4.5.3 too many", DeferredError),
        ("rcpt", "421 4.7.0 closing", DeferredError),
        ("rcpt", "550 5.1.1 no such user", RejectedError),
        ("rcpt", "553 5.1.3 strange address", RejectedError),
        ("rcpt", "530 5.7.0 log in first", AccessDeniedError),
        ("data", "451 4.7.1 later", DeferredError),
        ("data", "452 4.3.1 disk full", DeferredError),
        ("data", "421 4.3.2 closing", DeferredError),
        ("data", "554 5.6.0 not this", RejectedError),
    ],
)
def test_a_reply_is_understood_by_its_stage(
    mail_server: MailServer, open_outlet: Opener, stage: str, reply: str, error: type[Exception]
) -> None:
    """Each refusal has the one reaction that fits, its code, and no address in its text."""
    mail_server.answer(reply, at=stage, times=1)
    outlet = open_outlet(mail_server)
    with pytest.raises(error, match=reply[:3]) as caught:
        outlet.send(an_envelope(1))
    assert getattr(caught.value, "code", int(reply[:3])) == int(reply[:3])
    assert "resident" not in str(caught.value)
    outlet.send(an_envelope(2))
    assert [m.content for m in mail_server.accepted] == [an_envelope(2).content]


@pytest.mark.parametrize("reply", ["450 4.2.0 later", "550 5.1.1 no"])
def test_one_refused_message_does_not_cost_the_connection(
    mail_server: MailServer, open_outlet: Opener, reply: str
) -> None:
    """After a refusal the next message goes over the same connection."""
    mail_server.answer(reply, to="gone@example.org")
    outlet = open_outlet(mail_server)
    for number in range(3):
        with suppress(DeferredError, RejectedError):
            outlet.send(an_envelope(number, recipient="gone@example.org"))
        outlet.send(an_envelope(number))
    assert mail_server.connections == 1 + 1  # one is the library's own, as it starts
    assert len(mail_server.accepted) == 3


@pytest.mark.parametrize(
    ("greeting", "error"),
    [
        (b"421 4.3.2 busy\r\n", UnavailableError),
        (b"554 5.7.1 no service for you\r\n", AccessDeniedError),
        (b"220 ready\r\n", UnavailableError),
        (b"SSH-2.0-OpenSSH\r\n", UnavailableError),
        (b"\xff\x00\r\n", UnavailableError),
        (b"", UnavailableError),
    ],
    ids=["busy", "refused", "then-silence", "ssh", "noise", "silence"],
)
@pytest.mark.parametrize("tls", ["none", "starttls", "implicit"])
def test_whatever_greets_us_the_error_is_ours(
    open_outlet: Opener, greeting: bytes, error: type[Exception], tls: str
) -> None:
    """A server that is busy, silent or of another kind is met with one of our errors, in time."""
    server = Greeter(greeting)
    try:
        with pytest.raises(error if tls != "implicit" else UnavailableError):
            open_outlet(server, tls=tls, timeout_s=0.5).send(an_envelope())
    finally:
        server.close()


# Connections that die


def test_a_connection_that_died_while_idle_is_replaced(
    mail_server: MailServer, open_outlet: Opener
) -> None:
    """The server restarts between two messages, and nobody notices."""
    outlet = open_outlet(mail_server)
    outlet.send(an_envelope(1))
    mail_server.stop()
    mail_server.start()
    outlet.send(an_envelope(2))
    assert len(mail_server.accepted) == 2


def test_a_kept_connection_that_is_closed_by_421_is_replaced(
    mail_server: MailServer, open_outlet: Opener
) -> None:
    """A server that wants no more messages on a connection gets another connection."""
    outlet = open_outlet(mail_server)
    outlet.send(an_envelope(1))
    mail_server.answer("421 4.7.0 enough on this connection", at="mail", times=1)
    outlet.send(an_envelope(2))
    assert len(mail_server.accepted) == 2


def test_after_a_long_silence_the_connection_is_tried_first(
    mail_server: MailServer, open_outlet: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A connection idle for long is asked before it is trusted, dead or alive."""
    monkeypatch.setattr(connectors.smtp, "IDLE_CHECK_S", -1.0)
    outlet = open_outlet(mail_server)
    outlet.send(an_envelope(1))
    outlet.send(an_envelope(2))
    mail_server.stop()
    mail_server.start()
    outlet.send(an_envelope(3))
    assert len(mail_server.accepted) == 3


@pytest.mark.parametrize("reply", ["421 4.7.0 not so fast", "421"])
@pytest.mark.parametrize("stage", ["rcpt", "data"])
def test_a_421_is_about_one_message_and_ends_the_connection(
    mail_server: MailServer, open_outlet: Opener, stage: str, reply: str
) -> None:
    """A rate limit or policy for one recipient stops nobody else: a new connection is made."""
    mail_server.answer(reply, at=stage, to="slow@example.org")
    outlet = open_outlet(mail_server)
    for number in range(2):
        with pytest.raises(DeferredError, match="421"):
            outlet.send(an_envelope(number, recipient="slow@example.org"))
        outlet.send(an_envelope(number))
    assert len(mail_server.accepted) == 2
    assert mail_server.connections == 1 + 3  # one is the library's own, as it starts


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (b"421 4.3.2 too many at once", DeferredError),
        (b"451 4.3.0 later", DeferredError),
        (b"554 5.7.1 no", RejectedError),
        (b"250 fine", UnavailableError),
        (b"what?", UnavailableError),
    ],
)
def test_a_refused_data_command_sends_no_content(
    open_outlet: Opener, answer: bytes, error: type[Exception]
) -> None:
    """Only 354 asks for the content; even a yes of another kind means that nothing was taken."""
    server = Talker({b"DATA": answer})
    try:
        with pytest.raises(error):
            open_outlet(server).send(an_envelope())
        assert server.heard[:4] == [b"EHLO", b"MAIL", b"RCPT", b"DATA"]
        assert not {b"SUBJECT:", b"."} & set(server.heard)
    finally:
        server.close()


@pytest.mark.parametrize("go_ahead", [b"354 go on", b"503 no recipient", b"what?"])
@pytest.mark.parametrize(
    ("answers", "error"),
    [({b"RCPT": b"550 5.1.1 no"}, RejectedError), ({b"MAIL": b"552 too large"}, RejectedError)],
    ids=["its-address", "the-message"],
)
def test_what_was_said_together_with_a_refused_command_sends_nothing(
    open_outlet: Opener, answers: dict[bytes, bytes], error: type[Exception], go_ahead: bytes
) -> None:
    """Even where a server would take it then; and the next message goes over the same connection.

    Each command is heard once, and none is taken for content.
    """
    server = Talker({b"EHLO": b"250-me\r\n250 PIPELINING", b"DATA": go_ahead, **answers})
    outlet = open_outlet(server)
    try:
        for _ in range(2):
            with pytest.raises(error):
                outlet.send(an_envelope())
        outlet.close()
        end = [b"."] if go_ahead.startswith(b"354") else []
        once = [b"MAIL", b"RCPT", b"DATA", *end, b"RSET"]
        assert server.heard == [b"EHLO", *once, *once, b"QUIT"]
        assert server.connections == 1
    finally:
        server.close()


@pytest.mark.parametrize("how", ["drop", "hang"])
def test_once_the_message_is_under_way_it_is_not_repeated(
    mail_server: MailServer, open_outlet: Opener, how: str
) -> None:
    """A connection lost after the message began is an error, never a silent second try."""
    outlet = open_outlet(mail_server, timeout_s=0.5)
    outlet.send(an_envelope(1))
    mail_server.answer(at="rcpt", do=how)
    with pytest.raises(UnavailableError, match="ended the connection"):
        outlet.send(an_envelope(2))
    assert [a[0] for a in mail_server.attempts].count("rcpt") == 2


@pytest.mark.parametrize("how", ["drop", "hang", "accept-and-drop"])
def test_an_unknown_outcome_defers_the_one_message(
    mail_server: MailServer, open_outlet: Opener, how: str
) -> None:
    """A server that dies or is silent after the final dot may have the message: it waits.

    It is not sent twice at once, and the next one goes over a new connection.
    """
    mail_server.answer(at="data", do=how, times=1)
    outlet = open_outlet(mail_server, answer_s=0.5)
    with pytest.raises(DeferredError, match="outcome unknown"):
        outlet.send(an_envelope(1))
    assert [a[0] for a in mail_server.attempts].count("data") == 1
    outlet.send(an_envelope(2))
    assert mail_server.accepted[-1].content == an_envelope(2).content


def test_an_unreadable_answer_to_the_final_dot_is_an_unknown_outcome(open_outlet: Opener) -> None:
    """Noise where yes or no should stand is neither."""
    server = Talker({b".": b"\xff?"})
    try:
        with pytest.raises(DeferredError, match="outcome unknown"):
            open_outlet(server).send(an_envelope())
    finally:
        server.close()


def test_the_reply_to_the_final_dot_may_take_longer_than_others(
    mail_server: MailServer, open_outlet: Opener
) -> None:
    """A server that scans what it got is waited for, and the usual patience holds after it."""
    mail_server.answer(at="data", delay_s=1.0, times=1)
    outlet = open_outlet(mail_server, timeout_s=0.4)
    outlet.send(an_envelope(1))
    assert len(mail_server.accepted) == 1
    mail_server.answer(at="rcpt", do="hang")
    began = time.monotonic()
    with pytest.raises(UnavailableError):
        outlet.send(an_envelope(2))
    assert time.monotonic() - began < 3
    assert connectors.smtp.ANSWER_S == 600


def test_content_that_drips_is_given_up(
    mail_server: MailServer, open_outlet: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However slow the line: the content has a time of its own, all in all."""
    monkeypatch.setattr(connectors.smtp, "CONTENT_S", -1.0)
    with pytest.raises(UnavailableError, match="no answer in time"):
        open_outlet(mail_server).send(an_envelope())
    assert mail_server.accepted == []


def test_a_large_message_arrives_whole(mail_server: MailServer, open_outlet: Opener) -> None:
    """What goes over piece by piece is put together again, dots and all."""
    lines = (b".%d" % number if number % 3 else b"." for number in range(50_000))
    content = b"Subject: x\r\n\r\n" + b"\r\n".join(lines) + b"\r\n"
    open_outlet(mail_server).send(an_envelope(content=content))
    assert mail_server.accepted[0].content == content


def test_a_server_that_hangs_is_given_up_in_time(
    mail_server: MailServer, open_outlet: Opener
) -> None:
    """No stage can block for longer than the timeout."""
    mail_server.answer(at="mail", do="hang")
    began = time.monotonic()
    with pytest.raises(UnavailableError):
        open_outlet(mail_server, timeout_s=0.5).send(an_envelope())
    assert time.monotonic() - began < 4


# Encryption and login


@pytest.mark.parametrize("tls", ["implicit", "starttls"])
def test_mail_goes_encrypted(
    make_mail_server: Maker, open_outlet: Opener, certificates: Certificates, tls: str
) -> None:
    """Both ways to encrypt work with the office's own authority."""
    server = make_mail_server(tls=tls)
    open_outlet(server, tls=tls, ca_file=str(certificates.ca_file)).send(an_envelope())
    assert len(server.accepted) == 1


@pytest.mark.parametrize("tls", ["implicit", "starttls"])
def test_a_certificate_of_strangers_is_refused(
    make_mail_server: Maker, open_outlet: Opener, certificates: Certificates, tls: str
) -> None:
    """A certificate that nobody we trust has signed ends it, and names the host."""
    server = make_mail_server(tls=tls)
    outlet = open_outlet(server, tls=tls, ca_file=str(certificates.stranger_ca_file))
    with pytest.raises(AccessDeniedError, match="certificate of localhost was not accepted"):
        outlet.send(an_envelope())
    assert server.attempts == []


def test_without_starttls_nothing_is_sent(mail_server: MailServer, open_outlet: Opener) -> None:
    """STARTTLS that is not offered, or was stripped on the way, ends it."""
    outlet = open_outlet(
        mail_server, tls="starttls", username="office", password=lambda: "correct-horse"
    )
    with pytest.raises(AccessDeniedError, match="does not offer STARTTLS"):
        outlet.send(an_envelope())
    assert mail_server.attempts == []


def test_clear_text_is_for_this_machine_only() -> None:
    """Another machine cannot even be configured without encryption."""
    for host in ("127.0.0.1", "::1", "localhost"):
        SmtpOutlet(name="post", host=host, port=25, tls="none")
    for host in ("mail.example", "10.0.0.1", "127.0.0.1.example"):
        with pytest.raises(ValueError, match="this machine only"):
            SmtpOutlet(name="post", host=host, port=25, tls="none")
    with pytest.raises(ValueError, match="not 'clear'"):
        SmtpOutlet(name="post", host="localhost", port=25, tls="clear")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="go together"):
        SmtpOutlet(name="post", host="localhost", port=25, tls="none", username="office")


@pytest.mark.parametrize(
    ("password", "error"),
    [("correct-horse", None), ("wrong", AccessDeniedError), ("wröng", AccessDeniedError)],
)
def test_a_login_is_accepted_or_access_is_denied(
    make_mail_server: Maker,
    open_outlet: Opener,
    certificates: Certificates,
    password: str,
    error: type[Exception] | None,
) -> None:
    """The right password sends; a wrong one is a matter for a person, and is not repeated."""
    server = make_mail_server(tls="starttls", login=("office", "correct-horse"))
    outlet = open_outlet(
        server,
        tls="starttls",
        ca_file=str(certificates.ca_file),
        username="office",
        password=lambda: password,
    )
    if error is None:
        outlet.send(an_envelope())
    else:
        with pytest.raises(error) as caught:
            outlet.send(an_envelope())
        assert password not in str(caught.value)
    assert len(server.accepted) == (error is None)


def test_a_server_that_wants_a_login_denies_access_without_one(
    make_mail_server: Maker, open_outlet: Opener, certificates: Certificates
) -> None:
    """530 at any stage is not the message's fault."""
    server = make_mail_server(tls="starttls", login=("office", "correct-horse"))
    outlet = open_outlet(server, tls="starttls", ca_file=str(certificates.ca_file))
    with pytest.raises(AccessDeniedError, match="530"):
        outlet.send(an_envelope())


def test_a_password_for_a_server_without_login_stays_here(
    mail_server: MailServer, open_outlet: Opener
) -> None:
    """A server that offers no login gets no password."""
    outlet = open_outlet(mail_server, username="office", password=lambda: "correct-horse")
    with pytest.raises(AccessDeniedError, match="offers no login"):
        outlet.send(an_envelope())


def test_a_password_file_that_is_gone_is_access_denied(
    mail_server: MailServer, open_outlet: Opener
) -> None:
    """A secret that cannot be read is a matter for a person."""

    def gone() -> str:
        raise FileNotFoundError

    with pytest.raises(AccessDeniedError, match="cannot be read"):
        open_outlet(mail_server, username="office", password=gone).send(an_envelope())


# Addresses and bytes


@pytest.mark.parametrize(
    "address",
    [
        "a@example.org>\r\nRCPT TO:<b@example.org",
        "a@example.org\nDATA",
        "a@example.org> SIZE=1",
        "<a@example.org>",
        "a b@example.org",
        "a(b)c@example.org",
        "a,b@example.org",
        '"a@example.org',
        "a@example.org\x00",
        "a@ex\u0085ample.org",
        "\ud800@example.org",
        "",
        "nobody",
        "a@b@",
        "a" * 300 + "@example.org",
    ],
)
def test_an_address_that_is_a_command_is_refused(
    mail_server: MailServer, open_outlet: Opener, address: str
) -> None:
    """No address can carry a command or a second recipient; nothing is sent at all."""
    with pytest.raises(RejectedError, match="no mail address may"):
        open_outlet(mail_server).send(an_envelope(recipient=address))
    if address:
        with pytest.raises(RejectedError, match="no mail address may"):
            open_outlet(mail_server).send(replace(an_envelope(), sender=address))
    assert mail_server.attempts == []


@pytest.mark.parametrize(
    "recipient", ["o'neil+tag@example.org", "X@EXAMPLE.org", "a.-_{b}!@example.org"]
)
def test_odd_addresses_arrive_as_they_are(
    mail_server: MailServer, open_outlet: Opener, recipient: str
) -> None:
    """Addresses are not tidied up on the way."""
    open_outlet(mail_server).send(an_envelope(recipient=recipient))
    assert mail_server.attempts[1] == ("rcpt", recipient)


def test_an_empty_sender_is_the_null_sender(mail_server: MailServer, open_outlet: Opener) -> None:
    """An envelope without a sender goes out as MAIL FROM:<>."""
    open_outlet(mail_server).send(replace(an_envelope(), sender=""))
    assert [m.sender for m in mail_server.accepted] == [""]


def test_line_ends_become_crlf_and_nothing_is_smuggled(
    mail_server: MailServer, open_outlet: Opener
) -> None:
    """Bare CR and LF become line ends, so that no lone dot can end the message early."""
    content = b"Subject: x\n\nfirst\n.\nMAIL FROM:<evil@example.org>\r.\r\nlast"
    open_outlet(mail_server).send(an_envelope(content=content))
    (message,) = mail_server.accepted
    expected = b"Subject: x\r\n\r\nfirst\r\n.\r\nMAIL FROM:<evil@example.org>\r\n.\r\nlast\r\n"
    assert message.content == expected


def test_a_domain_in_other_letters_is_written_in_ascii(
    mail_server: MailServer, open_outlet: Opener
) -> None:
    """A domain name beyond ASCII has an ASCII form that every server takes."""
    open_outlet(mail_server).send(an_envelope(recipient="someone@bücher.example"))
    assert mail_server.accepted[0].recipients == ("someone@xn--bcher-kva.example",)


def test_an_address_in_other_letters_uses_smtputf8(
    mail_server: MailServer, open_outlet: Opener
) -> None:
    """A local part beyond ASCII goes out with SMTPUTF8 where the server has it."""
    outlet = open_outlet(mail_server)
    outlet.send(an_envelope(recipient="siân@example.org"))
    outlet.send(an_envelope())
    assert mail_server.accepted[0].recipients == ("siân@example.org",)
    assert "SMTPUTF8" in mail_server.accepted[0].options
    assert "SMTPUTF8" not in mail_server.accepted[1].options


def test_eight_bit_text_is_announced(mail_server: MailServer, open_outlet: Opener) -> None:
    """Content with bytes above 127 is declared as such and arrives unchanged."""
    content = "Subject: x\r\n\r\nSiân\r\n".encode()
    open_outlet(mail_server).send(an_envelope(content=content))
    assert mail_server.accepted[0].content == content
    assert "BODY=8BITMIME" in mail_server.accepted[0].options


@pytest.mark.parametrize(
    ("envelope", "lacks"),
    [
        (an_envelope(recipient="siân@example.org"), "SMTPUTF8"),
        (an_envelope(content=b"Subject: x\r\n\r\n\xc3\xa2\r\n"), "8BITMIME"),
    ],
)
def test_what_the_server_cannot_carry_is_rejected(
    make_mail_server: Maker, open_outlet: Opener, envelope: Any, lacks: str
) -> None:
    """A message that needs what the server lacks says so; plain ones still go."""
    server = make_mail_server(extensions=False)
    outlet = open_outlet(server)
    with pytest.raises(RejectedError, match=lacks):
        outlet.send(envelope)
    outlet.send(an_envelope())
    assert len(server.accepted) == 1
