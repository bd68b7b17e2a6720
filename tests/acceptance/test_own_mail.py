"""Our own mail that comes back: nothing we send may ever make us send more."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING

from tests.acceptance.letter import Letter
from tests.acceptance.letters import Sent
from tests.acceptance.mails import a_mail
from tests.acceptance.office import DOMAIN, SIGNED_ADDRESS, TEAMS, Office
from tests.acceptance.people import COMPLAINT

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.servers.dovecot import Dovecot
    from tests.servers.smtp import MailServer

POLL_S = 0.3
TEN_POLLS_S = 10 * (POLL_S + 0.5)  # with time for the look itself


def _watch_everything(office: Office, server: MailServer) -> None:
    """Watch doors, teams, reports and answers; what we send to any of them arrives there."""
    office.watch_doors(poll_s=POLL_S)
    for address in TEAMS:
        name = address.partition("@")[0].replace(".", "-")
        box = "intake" if "intake" in name else "customer-care"
        office.watch(name, box=box, address=address, poll_s=POLL_S)
    returns = f"returns@{DOMAIN}"
    office.watch("returns", box="customer-care", address=returns, role="bounces", poll_s=POLL_S)
    office.watch(
        "answers", box="customer-care", address=SIGNED_ADDRESS, role="commands", poll_s=POLL_S
    )
    for inbox in office.inboxes.values():
        server.deliver_to(inbox.address, partial(office.dovecot.deliver, inbox.user))


def _numbers(office: Office) -> dict[str, int]:
    tables = ("receipt", "message", "enquiry", "outbox")
    return {table: office.ledger.count(table) for table in tables}


def _wait_until_still(office: Office) -> dict[str, int]:
    """Wait until two looks, some polls apart, find the same; return what they find."""
    before = _numbers(office)
    for _ in range(20):
        time.sleep(4 * POLL_S)
        now = _numbers(office)
        if before == now and not office.ledger.unsent():
            return now
        before = now
    message = f"it never comes to rest: {before}"
    raise AssertionError(message)


def test_ten_polls_later_the_number_of_mails_is_constant(
    make_office: Callable[..., Office], mail_server: MailServer, dovecot: Dovecot
) -> None:
    """Notices arrive in watched team mailboxes, are known as ours, and bring nothing about."""
    office = make_office(mail_server)
    _watch_everything(office, mail_server)
    kinds = ("plain", "mp-asks", "information", "colleague", "at-risk", "newsletter", "large")
    for number, kind in enumerate(kinds):
        office.deliver("intake" if number % 2 else "customer-care", a_mail(kind, number).content)
    running = office.start()
    office.wait_until_quiet()
    numbers = _wait_until_still(office)
    sent = len(mail_server.accepted)
    lying = {inbox.user: len(dovecot.messages(inbox.user)) for inbox in office.inboxes.values()}

    time.sleep(TEN_POLLS_S)

    assert _numbers(office) == numbers
    assert len(mail_server.accepted) == sent
    assert {user: len(dovecot.messages(user)) for user in lying} == lying
    assert running.is_alive
    own = office.ledger.rows("SELECT skip FROM message WHERE outcome = 'own'")
    assert len(own) >= len(kinds) - 2  # every notice came back and was known
    assert {row["skip"] for row in own} == {"own-message"}
    running.stop()


def test_a_mail_to_a_team_needs_no_notice_to_that_team(
    make_office: Callable[..., Office], mail_server: MailServer
) -> None:
    """An enquiry that already lies in its team's mailbox is not announced there once more."""
    office = make_office(mail_server)
    _watch_everything(office, mail_server)
    office.deliver("team-intake", a_mail("plain", 1).content)
    running = office.start()
    office.wait_until_quiet()
    _wait_until_still(office)
    recipients = [accepted.recipients for accepted in mail_server.accepted]
    assert recipients == [(a_mail("plain", 1).sender,)]
    running.stop()


def test_a_delivery_report_about_our_mail_opens_no_enquiry(
    make_office: Callable[..., Office], mail_server: MailServer
) -> None:
    """It is tied to the acknowledgement that did not arrive, and Customer Care is told once."""
    office = make_office(mail_server)
    _watch_everything(office, mail_server)
    mail = a_mail("plain", 2)
    office.deliver("intake", mail.content)
    running = office.start()
    office.wait_until_quiet()
    _wait_until_still(office)
    (lost,) = [a for a in mail_server.accepted if a.recipients == (mail.sender,)]
    before = _numbers(office)

    office.deliver("returns", _a_report_about(lost.content))
    _wait_until_still(office)

    after = _numbers(office)
    assert after["enquiry"] == before["enquiry"]
    told = [accepted.recipients for accepted in mail_server.accepted[before["outbox"] :]]
    assert told == [(f"team.customer.care@{DOMAIN}",)]
    row, letter = office.ledger.outbox()
    assert (letter["state"], letter["recipient"]) == ("post", "")
    assert row["not_delivered_at"] is not None
    running.stop()


def _a_report_about(content: bytes) -> bytes:
    headers = content.partition(b"\r\n\r\n")[0]
    return (
        b"Return-Path: <>\r\nFrom: MAILER-DAEMON@mx.post.example\r\n"
        b"To: returns@ombudsman.example\r\nSubject: Undelivered Mail Returned to Sender\r\n"
        b"Message-ID: <report@mx.post.example>\r\nAuto-Submitted: auto-replied\r\n"
        b'Content-Type: multipart/report; report-type=delivery-status; boundary="r"\r\n\r\n'
        b"--r\r\nContent-Type: text/plain\r\n\r\nNobody lives here.\r\n"
        b"--r\r\nContent-Type: message/delivery-status\r\n\r\nStatus: 5.1.1\r\n"
        b"--r\r\nContent-Type: message/rfc822\r\n\r\n" + headers + b"\r\n\r\n\r\n--r--\r\n"
    )


def test_an_answering_machine_gets_no_second_acknowledgement(
    make_office: Callable[..., Office], mail_server: MailServer, dovecot: Dovecot
) -> None:
    """Machines that answer whatever we send, with or without saying so, cannot make us go on."""
    office = make_office(mail_server)
    _watch_everything(office, mail_server)
    answered: list[bytes] = []

    def answer(content: bytes) -> None:
        answered.append(content)
        number = len(answered)
        said = {"Auto_Submitted": "auto-replied"} if number % 2 else {}
        letter = Letter(marker=f"quillmark{number:05}", host="parrot.example")
        mail = letter.message("Thank you", COMPLAINT, **said)
        mail["In-Reply-To"] = Sent.read(content).header("Message-ID")
        dovecot.deliver(office.inboxes["customer-care"].user, mail.as_bytes())

    mail_server.deliver_to("writer@parrot.example", answer)
    first = Letter(marker="quillmark00000", host="parrot.example")
    office.deliver("customer-care", first.message("Complaint", COMPLAINT).as_bytes())
    office.deliver("intake", first.message("Complaint", f"{COMPLAINT} And more.").as_bytes())
    running = office.start()
    office.wait_until_quiet(count=4)
    _wait_until_still(office)
    assert len(answered) == len(office.ledger.outbox())
    assert len(answered) <= 3
    running.stop()


def test_an_out_of_office_to_our_returns_is_no_failure(
    make_office: Callable[..., Office], mail_server: MailServer
) -> None:
    """Answering machines write to the envelope sender: the mail they answer has arrived."""
    office = make_office(mail_server)
    _watch_everything(office, mail_server)
    mail = a_mail("plain", 3)
    office.deliver("intake", mail.content)
    running = office.start()
    office.wait_until_quiet()
    (answered,) = [a for a in mail_server.accepted if a.recipients == (mail.sender,)]
    away = Letter(marker="quillmark00009").message(
        "Automatic reply:", "I am away until Monday.", Auto_Submitted="auto-replied"
    )
    away["In-Reply-To"] = Sent.read(answered.content).header("Message-ID")
    away["References"] = Sent.read(answered.content).header("Message-ID")
    office.deliver("returns", away.as_bytes())
    _wait_until_still(office)
    (row,) = office.ledger.outbox()
    assert row["not_delivered_at"] is None
    assert office.ledger.count("enquiry") == 1
    running.stop()
