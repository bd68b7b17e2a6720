"""Servers that go away and come back: nothing is lost, and nobody is stormed."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections import Counter
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from tests.acceptance.mails import a_mail
from tests.servers import HOST, wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.acceptance.office import Office, Running
    from tests.servers.dovecot import Dovecot
    from tests.servers.postgres import Postgres
    from tests.servers.smtp import MailServer

DOWN_S = 9.0
MOST_ATTEMPTS = 8  # an inbox or outlet in that time, for the poll and the IDLE together


class Porter:
    """Sits at a port whose server is away, counts who knocks, and sends them off."""

    def __init__(self, port: int) -> None:
        self.knocks = 0
        self._listener = socket.create_server((HOST, port))
        threading.Thread(target=self._sit, daemon=True).start()

    def _sit(self) -> None:
        with suppress(OSError):
            while True:
                visitor, _ = self._listener.accept()
                self.knocks += 1
                visitor.close()

    def leave(self) -> None:
        """Give the port back to its server."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


@contextmanager
def _away(server: Dovecot | MailServer, *, port: int) -> Iterator[Porter]:
    """Stop a server for a while and count who asks for it."""
    server.stop()
    porter = Porter(port)
    try:
        yield porter
    finally:
        porter.leave()
        server.start()


def _answers(server: MailServer) -> Counter[str]:
    everybody = (accepted.recipients[0] for accepted in server.accepted)
    return Counter(one for one in everybody if not one.endswith("@ombudsman.example"))


def _deliver(office: Office, *numbers: int) -> Counter[str]:
    """Let plain mails arrive by turns in every mailbox; return who has to be answered."""
    mails = [a_mail("information", number) for number in numbers]
    for number, mail in zip(numbers, mails, strict=True):
        office.deliver(list(office.inboxes)[number % len(office.inboxes)], mail.content)
    return Counter(mail.sender for mail in mails)


def test_dovecot_and_smtp_go_and_come_back(
    make_office: Callable[..., Office], mail_server: MailServer, dovecot: Dovecot
) -> None:
    """Mail that came while all was down is taken in and answered once; few connections tried."""
    office = make_office(mail_server)
    office.watch_doors(idle=True, poll_s=0.5)
    due = _deliver(office, *range(8))
    running = office.start()
    office.wait_until_quiet()

    with (
        _away(dovecot, port=dovecot.tls_port) as at_dovecot,
        _away(mail_server, port=mail_server.port) as at_smtp,
    ):
        due += _deliver(office, *range(8, 16))
        time.sleep(DOWN_S)
        assert running.is_alive
        print(f"{at_dovecot.knocks} tries at Dovecot, {at_smtp.knocks} at SMTP in {DOWN_S} s")
        assert 0 < at_dovecot.knocks <= MOST_ATTEMPTS * len(office.inboxes)
        assert at_smtp.knocks <= MOST_ATTEMPTS

    office.wait_until_quiet(within_s=60)
    due += _deliver(office, *range(16, 20))
    office.wait_until_quiet()
    assert _answers(mail_server) == due
    assert office.ledger.count("enquiry") == due.total()
    _is_said_once(running, "inbox_unavailable", len(office.inboxes))
    assert running.has_said("inbox_recovered")
    running.stop()


def _is_said_once(running: Running, event: str, most: int) -> None:
    """Expect an event once for each inbox, not once for each try."""
    said = [line for line in running.events() if line["event"] == event]
    assert 0 < len(said) <= most


def test_smtp_alone_goes_and_comes_back(
    make_office: Callable[..., Office], mail_server: MailServer
) -> None:
    """Mail is taken in meanwhile; each acknowledgement leaves once when the server is back."""
    office = make_office(mail_server)
    office.watch_doors()
    running = office.start()
    with _away(mail_server, port=mail_server.port) as at_smtp:
        due = _deliver(office, *range(12))
        wait_until(lambda: office.ledger.count("enquiry") == due.total(), what="the enquiries")
        time.sleep(3)
        assert 0 < at_smtp.knocks <= MOST_ATTEMPTS
        assert all(row["state"] == "waiting" for row in office.ledger.outbox())
    office.wait_until_quiet(within_s=60)
    assert _answers(mail_server) == due
    _is_said_once(running, "outlet_unavailable", 1)
    assert running.has_said("outlet_recovered")
    running.stop()


def test_one_bad_mailbox_does_not_stop_the_others(
    make_office: Callable[..., Office], mail_server: MailServer
) -> None:
    """A refused password is said once and not tried on and on; the other mailboxes work."""
    office = make_office(mail_server)
    office.secret("wrong", "not the password")
    office.watch("ceo", password="file:wrong", idle=True, poll_s=0.3)
    for name in ("ombudsman", "customer-care", "intake"):
        office.watch(name)
    running = office.start()
    running.wait_for("inbox_access-denied")
    due = Counter[str]()
    for number, name in enumerate(("ombudsman", "customer-care", "intake")):
        mail = a_mail("information", number)
        office.deliver(name, mail.content)
        due[mail.sender] += 1
    office.wait_until_quiet()
    time.sleep(2)
    assert running.is_alive
    assert _answers(mail_server) == due
    denied = [e for e in running.events() if e["event"] == "inbox_access-denied"]
    assert [e["inbox"] for e in denied] == ["ceo"]
    running.stop()


def test_a_refused_address_stops_nobody_else(
    make_office: Callable[..., Office], mail_server: MailServer
) -> None:
    """A mail refused for good is given up, and Customer Care, who write by post, hear it once."""
    office = make_office(mail_server)
    office.watch_doors()
    mails = [a_mail("information", number) for number in range(6)]
    mail_server.answer("550 5.1.1 nobody here", to=mails[2].sender)
    for mail in mails:
        office.deliver("intake", mail.content)
    running = office.start()
    office.wait_until_quiet()
    states = Counter(row["state"] for row in office.ledger.outbox())
    assert states == {"sent": 5, "failed": 1, "post": 1}
    told = [a for a in mail_server.accepted if b"could not be delivered" in a.content]
    assert len(told) == 1
    assert mails[2].marker.encode() not in told[0].content
    running.stop()


def test_a_refusal_for_now_is_tried_again_later(
    make_office: Callable[..., Office], mail_server: MailServer
) -> None:
    """Greylisting: the mail waits its turn, and goes before the others are held up."""
    office = make_office(mail_server)
    office.watch_doors()
    grey, other = a_mail("information", 1), a_mail("information", 2)
    mail_server.answer("451 4.7.1 later", to=grey.sender, times=1)
    for mail in (grey, other):
        office.deliver("intake", mail.content)
    running = office.start()
    wait_until(lambda: _answers(mail_server)[other.sender] == 1, within_s=20)
    assert _answers(mail_server)[grey.sender] == 0
    office.wait_until_quiet(within_s=60)
    assert _answers(mail_server) == Counter([grey.sender, other.sender])
    running.stop()


def test_postgresql_is_restarted(
    make_office: Callable[..., Office],
    mail_server: MailServer,
    postgres: Postgres,
    database_url: str,
) -> None:
    """The daemon outlives its database: it waits, says so, and goes on where it was."""
    office = make_office(mail_server, url=database_url)
    office.watch_doors(idle=True, poll_s=0.5)
    due = _deliver(office, *range(8))
    running = office.start()
    office.wait_until_quiet()
    due += _deliver(office, *range(8, 40))  # so that it is at work when the database goes
    postgres.stop()
    time.sleep(4)
    due += _deliver(office, *range(40, 44))
    assert running.is_alive
    postgres.start()
    office.wait_until_quiet(within_s=90)
    assert office.ledger.count("enquiry") == due.total()
    answers = _answers(mail_server)
    assert answers.keys() == due.keys()
    assert answers.total() - due.total() <= 1  # accepted, but not marked before the end
    failed = [line for line in running.log.read_text().splitlines() if "job_failed" in line]
    assert not failed, json.dumps(failed[:2])
    running.stop()
