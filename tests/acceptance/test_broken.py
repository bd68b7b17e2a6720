"""Broken on purpose: it says in a line what is wrong, goes on once it is mended, loses nothing."""

from __future__ import annotations

import json
import shutil
import signal
import socket
import ssl
import threading
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from daemon.app import read_clock
from tests.acceptance.mails import a_mail
from tests.servers import HOST, free_port, wait_until

if TYPE_CHECKING:
    from pathlib import Path

    from tests.acceptance.office import Office

pytestmark = pytest.mark.servers


def parts(office: Office) -> dict[str, dict[str, str]]:
    """What the daemon says of itself, by part."""
    _, told = office.health("/status")
    return {part["name"]: part for part in json.loads(told or "{}").get("parts", ())}


def wait_for(office: Office, name: str, words: str, *, within_s: float = 60) -> dict[str, str]:
    """Wait until a part says something; return the part."""
    said: dict[str, str] = {}

    def says() -> bool:
        said.update(parts(office).get(name, {}))
        return words in said.get("why", "")

    try:
        wait_until(says, within_s=within_s)
    except pytest.fail.Exception:
        pytest.fail(f"{name} says {said.get('why')!r}, and not {words!r}")
    return said


def test_a_full_disk_and_a_read_only_one(make_office, disk):
    """The database cannot be written: said, and afterwards every mail is in, once."""
    office = make_office()
    shutil.rmtree(office.state)
    office.state.symlink_to(disk.place)
    office.watch("intake")
    running = office.start()
    office.deliver("intake", a_mail("information", 1).content)
    office.wait_until_quiet()

    disk.fill()
    office.deliver("intake", a_mail("information", 2).content)
    assert wait_for(office, "store", "the disk is full")["level"] == "trouble"
    disk.free()
    wait_for(office, "store", "It answers, and can be written.")
    office.wait_until_quiet(count=2)

    running.stop()
    disk.refuse_writes()
    office.deliver("intake", a_mail("information", 3).content)
    done = office.command("run")
    assert done.returncode == 75  # systemd tries again every ten seconds
    assert "read-only" in done.stderr
    disk.take_writes()
    office.start()
    office.wait_until_quiet(count=3)
    states = [one["state"] for one in office.ledger.receipts()]
    assert states == ["stored"] * 3


def test_a_mail_server_that_refuses_us(make_office, mail_server):
    """Said by outlet and code; letters wait and leave when it takes them again."""
    office = make_office(mail_server)
    office.watch("intake")
    office.start()
    mail_server.answer("550 5.7.1 you may not", at="mail")
    office.deliver("intake", a_mail("information", 1).content)
    wait_for(office, "outlet:out", "refused our sender address (550)")
    assert office.ledger.unsent()
    mail_server.behave()
    office.wait_until_quiet(within_s=90)
    wait_for(office, "outlet:out", "Last well")
    assert mail_server.accepted


def test_a_mailbox_that_was_deleted(make_office, dovecot):
    """Said by its name; there again it is read at the next look, or at once after a reload."""
    office = make_office()
    inbox = office.watch("intake", folder="Letters")
    place = dovecot.maildir(inbox.user, "Letters")
    dovecot.deliver(inbox.user, a_mail("information", 2).content, folder="Letters")
    running = office.start()
    wait_for(office, "inbox:intake", "Last well")
    shutil.rmtree(place)
    said = wait_for(office, "inbox:intake", "has no folder 'Letters' that we may open")
    assert said["level"] == "trouble"
    dovecot.deliver(inbox.user, a_mail("information", 1).content, folder="Letters")
    running.process.send_signal(signal.SIGHUP)
    wait_for(office, "inbox:intake", "Last well")
    office.wait_until_quiet(count=2)


class ExpiredServer:
    """A server whose certificate ended yesterday, signed by an authority that we trust."""

    def __init__(self, folder: Path) -> None:
        now = read_clock()
        authority, ca = self._make("authority", now - timedelta(days=10), now + timedelta(days=10))
        key, leaf = self._make(
            "localhost", now - timedelta(days=9), now - timedelta(days=1), by=(authority, ca)
        )
        self.ca_file = folder / "ca.pem"
        self.ca_file.write_bytes(ca.public_bytes(serialization.Encoding.PEM))
        pem = folder / "server.pem"
        pem.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
            + leaf.public_bytes(serialization.Encoding.PEM)
        )
        self.context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self.context.load_cert_chain(pem)
        self.port = free_port()

    def _make(self, name, begins, ends, by=None):
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        signer, issuer = (by[0], by[1].subject) if by else (key, subject)
        made = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(begins)
            .not_valid_after(ends)
            .add_extension(x509.BasicConstraints(ca=by is None, path_length=None), critical=True)
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
            .sign(signer, hashes.SHA256())
        )
        return key, made

    def serve(self, count: int) -> threading.Thread:
        """Answer some connections; each ends in the handshake."""

        listening = socket.create_server((HOST, self.port))
        listening.settimeout(60)

        def answer() -> None:
            with listening:
                for _ in range(count):
                    try:
                        plain, _where = listening.accept()
                        with plain:
                            self.context.wrap_socket(plain, server_side=True).close()
                    except OSError:
                        continue

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        return thread


def test_an_expired_certificate(make_office, tmp_path):
    """In one line: whose, and that it has expired."""
    server = ExpiredServer(tmp_path)
    serving = server.serve(1)
    office = make_office()
    office.watch("intake", port=server.port, ca_file=str(server.ca_file))
    office.write()
    done = office.command("connect", "intake")
    assert done.returncode == 69
    assert "the certificate of localhost was not accepted: certificate has expired" in done.stdout
    serving.join(10)


def test_a_person_is_erased_and_the_mailbox_read_again(make_office, dovecot):
    """Figures stay, the audit verifies, and the renumbered mailbox brings nothing back."""
    office = make_office()
    inbox = office.watch("intake")
    running = office.start()
    mail = a_mail("information", 1)
    office.deliver("intake", mail.content)
    office.wait_until_quiet()
    (receipt,) = office.ledger.receipts()
    reference, address = receipt["reference"], receipt["sender_address"]
    assert office.command("close", reference, "--by", "Sam").returncode == 0
    done = office.command("privacy", "erase", "--address", address, "--by", "Sam", "--yes")
    assert done.returncode == 0, done.stderr
    running.stop()
    dovecot.change_uidvalidity(inbox.user)
    running = office.start()
    wait_until(lambda: office.ledger.count("receipt") == 2, within_s=30, what="the same mail again")
    assert [one["state"] for one in office.ledger.receipts()] == ["stored", "private"]
    assert office.ledger.count("enquiry") == 1
    assert office.ledger.count("raw") == 0
    assert office.command("audit", "verify").returncode == 0
    assert office.command("reconcile").returncode == 0
    assert address not in office.command("show", reference, "--json").stdout
