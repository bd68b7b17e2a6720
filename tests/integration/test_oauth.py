"""Signing in with tokens: real Dovecot and SMTP, tokens of a local service that signs them."""

from __future__ import annotations

import itertools
import subprocess
import threading
import time
from contextlib import closing, suppress
from datetime import UTC, date, datetime, timedelta

import pytest

from connectors.base import AccessDeniedError, UnavailableError
from connectors.oauth import Google, Microsoft
from connectors.sign_in import Token, Tokens
from connectors.smtp import SmtpOutlet
from daemon.app import read_clock
from daemon.app.signing_in import SignIns
from daemon.config import MicrosoftOAuth, Secret
from daemon.health import Level
from tests.contracts.outlet_contract import an_envelope
from tests.integration.imap_inboxes import dovecot_inbox
from tests.servers.tokens import CLIENT, SECRET, TENANT

_NUMBERS = itertools.count(1)


def microsoft(service, certificates, **changes):
    values = {
        "tenant": TENANT,
        "client_id": CLIENT,
        "secret": lambda: SECRET,
        "authority": service.authority,
        "ca_file": str(certificates.ca_file),
    }
    return Microsoft(**(values | changes))


@pytest.fixture
def mailbox(dovecot, token_service):
    """A shared mailbox that tokens of the service open."""
    dovecot.trust(token_service.public_key)
    token_service.user = dovecot.add_user(f"shared-{next(_NUMBERS)}")
    return token_service.user


def a_certificate(folder, *, days=30):
    """A private key and its certificate in one PEM file, as an application has them."""
    key, cert = folder / "app.key", folder / "app.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=app"),
            *("-days", str(days), "-keyout", str(key), "-out", str(cert)),
        ],
        check=True,
        capture_output=True,
    )
    return key.read_text() + cert.read_text()


# Microsoft


def test_a_mailbox_is_read_with_a_token(dovecot, token_service, certificates, mailbox):
    """Client credentials, XOAUTH2, mail; one token serves many connections."""
    tokens = microsoft(token_service, certificates).tokens_for(mailbox)
    dovecot.deliver(mailbox, b"Subject: x\r\n\r\nBy token\r\n")
    for _ in range(2):
        inbox = dovecot_inbox(dovecot, mailbox, password=None, tokens=tokens)
        assert len(inbox.fetch(None, limit=5).messages) == 1
        inbox.close()
    (asked,) = token_service.signed_in
    assert asked["grant_type"] == "client_credentials"
    assert asked["scope"] == "https://outlook.office365.com/.default"


def test_a_certificate_proves_as_much_as_a_secret(token_service, certificates, tmp_path):
    """A signed assertion; the key itself never leaves."""
    pem = a_certificate(tmp_path)
    proof = microsoft(token_service, certificates, secret=None, certificate=lambda: pem)
    assert proof.tokens_for("care@office.example").read()
    (asked,) = token_service.signed_in
    assert asked["client_assertion"].count(".") == 2
    assert "PRIVATE" not in str(asked)


def test_idle_goes_on_over_the_end_of_a_token(dovecot, token_service, certificates, mailbox):
    """A connection that listens and is ended is opened anew, with a new token, and hears."""
    token_service.lasts_s = 1
    tokens = microsoft(token_service, certificates).tokens_for(mailbox)
    inbox = dovecot_inbox(dovecot, mailbox, password=None, tokens=tokens)
    inbox.fetch(None, limit=1)
    assert inbox.wait(0.5) is False
    dovecot.stop()
    dovecot.start()
    time.sleep(1.1)
    later = threading.Timer(1.0, dovecot.deliver, (mailbox, b"Subject: x\r\n\r\nLater\r\n"))
    later.start()
    assert _hears(inbox)
    later.join()
    assert inbox.fetch(None, limit=5).messages
    assert len(token_service.signed_in) >= 2
    inbox.close()


def _hears(inbox):
    """Listen as the daemon does: a connection that broke is followed by another."""
    for _ in range(3):
        with suppress(UnavailableError):
            return inbox.wait(8)
    return False


def test_a_token_that_was_taken_back_is_replaced(dovecot, token_service, certificates, mailbox):
    """The first try says so; the next has a new one."""
    tokens = microsoft(token_service, certificates).tokens_for(mailbox)
    good, token_service.user = token_service.user, "somebody-else"
    inbox = dovecot_inbox(dovecot, mailbox, password=None, tokens=tokens)
    with pytest.raises(AccessDeniedError, match="does not accept our token for the mailbox"):
        inbox.fetch(None, limit=1)
    token_service.user = good
    assert inbox.fetch(None, limit=1).messages == ()
    inbox.close()


def test_a_mail_leaves_with_a_token(make_mail_server, token_service, certificates):
    """SMTP AUTH XOAUTH2 for the mailbox it is sent from."""
    service, token_service.user = token_service, "care@office.example"
    server = make_mail_server(tls="starttls", takes_token=lambda user, _token: user == service.user)
    outlet = SmtpOutlet(
        name="relay",
        host="localhost",
        port=server.port,
        tls="starttls",
        ca_file=str(certificates.ca_file),
        username=service.user,
        tokens=microsoft(service, certificates).tokens_for(service.user),
    )
    outlet.send(an_envelope())
    outlet.close()
    assert len(server.accepted) == 1


def test_a_token_that_the_mail_server_refuses_is_a_matter_for_a_person(
    make_mail_server, token_service, certificates
):
    """In one sentence; and the token is dropped."""
    server = make_mail_server(tls="starttls", takes_token=lambda _user, _token: False)
    tokens = microsoft(token_service, certificates).tokens_for("care")
    outlet = SmtpOutlet(
        name="relay",
        host="localhost",
        port=server.port,
        tls="starttls",
        ca_file=str(certificates.ca_file),
        username="care@office.example",
        tokens=tokens,
    )
    for _ in range(2):
        with pytest.raises(AccessDeniedError, match="refused our token for the mailbox"):
            outlet.send(an_envelope())
    assert len(token_service.signed_in) == 2


@pytest.mark.parametrize(
    ("refusal", "error", "words"),
    [
        ({"error": "invalid_client", "error_description": "AADSTS7000222: expired for a@b.c"},
         AccessDeniedError, "the client secret has ended"),
        ({"error": "unauthorized_client", "error_description": "AADSTS700016: no app"},
         AccessDeniedError, "see client_id"),
        ({"error": "invalid_request", "error_description": "Something with jo@home.example"},
         AccessDeniedError, "see client_id, tenant and secret"),
        ({"error": "temporarily_unavailable", "error_description": "AADSTS90033: wait"},
         UnavailableError, "gives no token for now"),
    ],
)  # fmt: skip
def test_a_refusal_says_what_to_do(token_service, certificates, refusal, error, words):
    """By the code; never with what the service wrote, which may name people."""
    token_service.refuses = refusal
    with pytest.raises(error, match=words) as caught:
        microsoft(token_service, certificates).tokens_for("x").read()
    assert "@" not in str(caught.value)


def test_a_wrong_secret_is_named(token_service, certificates):
    """AADSTS7000215."""
    proof = microsoft(token_service, certificates, secret=lambda: "wrong")
    with pytest.raises(AccessDeniedError, match="the client secret is wrong"):
        proof.tokens_for("x").read()


def test_a_secret_that_was_changed_counts_at_once(token_service, certificates):
    """Its file is read for each new token."""
    secrets = ["wrong", SECRET]
    tokens = microsoft(token_service, certificates, secret=lambda: secrets.pop(0)).tokens_for("x")
    with pytest.raises(AccessDeniedError):
        tokens.read()
    assert tokens.read()


def test_a_service_that_is_away_is_tried_again(certificates, token_service):
    """No connection; a stranger's certificate is a matter for a person."""
    away = microsoft(token_service, certificates, authority="https://localhost:1")
    with pytest.raises(UnavailableError, match="cannot be reached"):
        away.tokens_for("x").read()
    strange = microsoft(token_service, certificates, ca_file=str(certificates.stranger_ca_file))
    with pytest.raises(AccessDeniedError, match="certificate of the sign-in service"):
        strange.tokens_for("x").read()


# Google


def test_a_service_account_acts_for_each_mailbox(dovecot, token_service, certificates):
    """Tokens for the one mailbox do not open the other."""
    dovecot.trust(token_service.public_key)
    key = token_service.service_account()
    google = Google(key=lambda: key, ca_file=str(certificates.ca_file))
    for user in [dovecot.add_user(f"google-{number}") for number in (1, 2)]:
        tokens = google.tokens_for(user)
        inbox = dovecot_inbox(dovecot, user, password=None, tokens=tokens)
        assert inbox.fetch(None, limit=1).messages == ()
        inbox.close()
    assert len(token_service.signed_in) == 2


@pytest.mark.parametrize(
    ("refusal", "status", "error"),
    [({"error": "unauthorized_client"}, 0, AccessDeniedError), (None, 503, UnavailableError)],
)
def test_googles_refusals(token_service, certificates, refusal, status, error, monkeypatch):
    """For good, or for now."""
    monkeypatch.setattr("time.sleep", lambda _s: None)  # it tries again by itself
    key = token_service.service_account()
    token_service.refuses, token_service.status = refusal, status
    google = Google(key=lambda: key, ca_file=str(certificates.ca_file))
    with pytest.raises(error):
        google.tokens_for("x@office.example").read()


def test_a_key_that_is_none_is_named(certificates):
    """Not JSON, or not of a service account."""
    for key in ("nonsense", "{}"):
        google = Google(key=lambda key=key: key, ca_file=str(certificates.ca_file))
        with pytest.raises(AccessDeniedError, match="key of the service account"):
            google.tokens_for("x").read()


# Renewal


class Service:
    """Gives tokens that serve for an hour, unless it is broken."""

    def __init__(self):
        self.given, self.broken, self.now = 0, None, 0.0

    def __call__(self):
        if self.broken:
            raise self.broken
        self.given += 1
        return Token(words=f"token {self.given}", lasts_s=3600)


def test_a_token_is_renewed_before_its_end():
    """Ten minutes before, without anybody waiting for it."""
    service = Service()
    tokens = Tokens(service, monotonic=lambda: service.now)
    tokens.renew()
    assert service.given == 0  # nobody uses it
    assert tokens.read() == "token 1"
    service.now = 2900
    tokens.renew()
    assert service.given == 1
    service.now = 3100
    tokens.renew()
    assert tokens.read() == "token 2"


def test_the_first_failed_renewal_is_known_and_the_old_token_serves_on():
    """Until its end; then whoever reads it hears why."""
    service = Service()
    tokens = Tokens(service, monotonic=lambda: service.now)
    tokens.read()
    service.now, service.broken = 3100, AccessDeniedError("the secret has ended")
    tokens.renew()
    assert str(tokens.failure) == "the secret has ended"
    assert tokens.read() == "token 1"
    service.now = 3700
    with pytest.raises(AccessDeniedError, match="the secret has ended"):
        tokens.read()
    service.broken = None
    assert tokens.read() == "token 2"
    assert tokens.failure is None


# Health


def settings(service, certificates, folder, **changes):
    (folder / "secret").write_text(SECRET)
    values = {
        "name": "m365",
        "provider": "microsoft",
        "tenant": TENANT,
        "client_id": CLIENT,
        "authority": service.authority,
        "ca_file": certificates.ca_file,
    }
    secret = {"client_secret": Secret(path=folder / "secret")}
    return MicrosoftOAuth.model_construct(
        **(values | secret | {"certificate": None, "ends": None} | changes)
    )


def test_a_failed_renewal_and_a_near_end_are_told_at_once(token_service, certificates, tmp_path):
    """Before the mail stops; and thirty days before a secret ends."""
    now = datetime(2026, 11, 1, 12, tzinfo=UTC)
    one = settings(token_service, certificates, tmp_path)
    sign_ins = SignIns((one,))
    assert list(sign_ins.parts(now)) == []
    sign_ins.tokens_for("m365", "care").read()
    (part,) = sign_ins.parts(now)
    assert part.level is Level.WELL

    for tokens in sign_ins._used.values():
        tokens.failure = AccessDeniedError("the sign-in service refuses us")
    (part,) = sign_ins.parts(now)
    assert (part.level, part.at_once) == (Level.TROUBLE, True)

    ending = settings(token_service, certificates, tmp_path, ends=date(2026, 11, 20))
    sign_ins = SignIns((ending,))
    sign_ins.tokens_for("m365", "care")
    (part,) = sign_ins.parts(now)
    assert (part.level, part.at_once) == (Level.WARNING, True)
    assert "ends at 00:00 on 20 November 2026" in part.why


def test_a_certificate_says_its_own_end(token_service, certificates, tmp_path):
    """Whatever the config says."""
    (tmp_path / "app").write_text(a_certificate(tmp_path, days=10))
    secret = Secret(path=tmp_path / "app")
    one = settings(token_service, certificates, tmp_path, client_secret=None, certificate=secret)
    sign_ins = SignIns((one,))
    sign_ins.tokens_for("m365", "care")
    (part,) = sign_ins.parts(read_clock())
    assert part.level is Level.WARNING
    (part,) = sign_ins.parts(read_clock() - timedelta(days=60))
    assert part.level is Level.WELL


# Our own certificate, where a server asks for one


def test_a_server_that_asks_for_our_certificate_is_shown_it(
    make_mail_server, certificates, tmp_path
):
    """With it mail leaves; without it, or with what is none, it says so in a sentence."""
    own = tmp_path / "own.pem"
    own.write_text(a_certificate(tmp_path))
    server = make_mail_server(tls="implicit", clients=own)

    def outlet(own_file):
        return SmtpOutlet(
            name="relay",
            host="localhost",
            port=server.port,
            tls="implicit",
            ca_file=str(certificates.ca_file),
            own_file=own_file,
        )

    with closing(outlet(str(own))) as relay:
        relay.send(an_envelope())
    assert len(server.accepted) == 1
    with pytest.raises(UnavailableError):
        outlet(None).send(an_envelope())
    with pytest.raises(AccessDeniedError, match=r"our own certificate .* cannot be used"):
        outlet(str(certificates.ca_file)).send(an_envelope())
