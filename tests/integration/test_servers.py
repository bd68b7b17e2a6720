"""The servers of the tests themselves: each does what the tests rely on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg

from connectors.smtp import SmtpOutlet
from tests.contracts.outlet_contract import an_envelope
from tests.servers import wait_until

if TYPE_CHECKING:
    from tests.servers.dovecot import Dovecot
    from tests.servers.postgres import Postgres
    from tests.servers.smtp import MailServer, SmtpSink


def test_the_sink_keeps_envelope_and_content(smtp_sink: SmtpSink) -> None:
    """What goes into smtp-sink can be read back."""
    outlet = SmtpOutlet(name="post", host=smtp_sink.host, port=smtp_sink.port, tls="none")
    outlet.send(an_envelope())
    outlet.close()
    wait_until(smtp_sink.messages)
    ((sender, recipients, content),) = smtp_sink.messages()
    assert (sender, recipients) == ("returns@office.example", ["resident@example.org"])
    assert content.rstrip(b"\n") == an_envelope().content.replace(b"\r\n", b"\n").rstrip(b"\n")


def test_mail_can_flow_from_smtp_into_imap(dovecot: Dovecot, mail_server: MailServer) -> None:
    """The mail server hands on to Dovecot, and is the same one after a restart."""
    user = dovecot.add_user("flow")
    mail_server.deliver_to("resident@example.org", lambda content: dovecot.deliver(user, content))
    mail_server.stop()
    mail_server.start()
    outlet = SmtpOutlet(name="post", host=mail_server.host, port=mail_server.port, tls="none")
    outlet.send(an_envelope())
    outlet.close()
    assert list(dovecot.messages(user).values()) == [an_envelope().content]


def test_each_test_has_a_database_of_its_own(postgres: Postgres, database_url: str) -> None:
    """A fresh database is empty, and outlives a restart of the server."""
    plain = database_url.replace("+psycopg", "")
    with psycopg.connect(plain) as connection:
        connection.execute("CREATE TABLE kept (id int)")
    postgres.stop()
    postgres.start()
    with psycopg.connect(plain) as connection:
        rows = connection.execute("SELECT count(*) FROM kept").fetchall()
    assert rows == [(0,)]
