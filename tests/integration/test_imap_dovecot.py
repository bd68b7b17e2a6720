"""An IMAP inbox on a real Dovecot: encryption, logins, numbering, marking and IDLE."""

from __future__ import annotations

import itertools
import threading
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from connectors.base import AccessDeniedError, UnavailableError
from tests.contracts.inbox_contract import a_mail, all_batches, contents
from tests.integration.imap_inboxes import dovecot_inbox
from tests.servers import free_port, wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from connectors.imap import ImapInbox
    from tests.servers.certificates import Certificates
    from tests.servers.dovecot import Dovecot

_users = itertools.count(1)


@pytest.fixture
def user(dovecot: Dovecot) -> str:
    """A new user with an empty mailbox."""
    return dovecot.add_user(f"imap{next(_users)}")


@pytest.fixture
def open_inbox(dovecot: Dovecot, user: str) -> Iterator[Callable[..., ImapInbox]]:
    """Make inboxes of the user's that are closed in the end."""
    inboxes: list[ImapInbox] = []

    def make(**changes: object) -> ImapInbox:
        inboxes.append(dovecot_inbox(dovecot, user, **changes))
        return inboxes[-1]

    yield make
    for inbox in inboxes:
        inbox.close()


Opener = "Callable[..., ImapInbox]"


def test_starttls_encrypts_before_login(dovecot: Dovecot, user: str, open_inbox: Opener) -> None:
    """With STARTTLS the clear-text port is encrypted and works."""
    dovecot.deliver(user, a_mail(1))
    batch = open_inbox(tls="starttls", port=dovecot.port).fetch(None, limit=5)
    assert contents(batch.messages) == [a_mail(1)]


def test_clear_text_works_on_loopback_only(dovecot: Dovecot, open_inbox: Opener) -> None:
    """Without TLS this machine may be asked, another may not even be configured."""
    assert open_inbox(tls="none", port=dovecot.port).fetch(None, limit=5).messages == ()
    with pytest.raises(ValueError, match=r"mail\.example"):
        open_inbox(tls="none", host="mail.example")


@pytest.mark.parametrize("tls", ["implicit", "starttls"])
def test_a_certificate_of_strangers_is_refused(
    dovecot: Dovecot, open_inbox: Opener, certificates: Certificates, tls: str
) -> None:
    """A certificate that nobody we trust has signed ends it, and names the host."""
    port = dovecot.tls_port if tls == "implicit" else dovecot.port
    inbox = open_inbox(ca_file=str(certificates.stranger_ca_file), tls=tls, port=port)
    with pytest.raises(AccessDeniedError, match="certificate of localhost was not accepted"):
        inbox.fetch(None, limit=1)


def test_a_missing_certificate_file_is_named(open_inbox: Opener) -> None:
    """A CA file that is not there is a matter for a person."""
    with pytest.raises(AccessDeniedError, match=r"/nowhere/ca\.pem cannot be read"):
        open_inbox(ca_file="/nowhere/ca.pem").fetch(None, limit=1)


def test_tls_to_a_port_that_speaks_none_is_unavailable(
    dovecot: Dovecot, open_inbox: Opener
) -> None:
    """Clear text where TLS was expected is never fallen back to."""
    with pytest.raises(UnavailableError, match="localhost"):
        open_inbox(port=dovecot.port).fetch(None, limit=1)


@pytest.mark.parametrize(
    "changes",
    [{"password": lambda: "wrong"}, {"username": "nobody"}, {"password": lambda: "wröng"}],
    ids=["password", "user", "letters-beyond-ascii"],
)
def test_a_refused_login_is_access_denied(open_inbox: Opener, changes: dict[str, object]) -> None:
    """A wrong name or password says so, and repeats neither."""
    with pytest.raises(AccessDeniedError, match="does not accept the name or password") as caught:
        open_inbox(**changes).fetch(None, limit=1)
    assert "wr" not in str(caught.value)
    assert "nobody" not in str(caught.value)


def test_a_password_file_that_is_gone_is_access_denied(open_inbox: Opener) -> None:
    """A secret that cannot be read is a matter for a person."""

    def gone() -> str:
        raise FileNotFoundError

    with pytest.raises(AccessDeniedError, match=r"password for .* cannot be read"):
        open_inbox(password=gone).fetch(None, limit=1)


def test_a_missing_folder_is_named(open_inbox: Opener) -> None:
    """A folder that is not there is a matter for a person."""
    with pytest.raises(AccessDeniedError, match="'Enquiries 2026'"):
        open_inbox(folder="Enquiries 2026").fetch(None, limit=1)


def test_folder_names_may_have_any_letters(dovecot: Dovecot, user: str, open_inbox: Opener) -> None:
    """A folder called Cwynion & Ymholiadau Ŵy is read, and one like it moved to."""
    folder, done = "Ymholiadau Ŵy & Co", "Wedi eu gwneud ✓"
    with dovecot.client(user) as client:
        client.create_folder(folder)
    dovecot.deliver(user, a_mail(1), folder)
    inbox = open_inbox(folder=folder, when_done="move", done_folder=done)
    (message,) = inbox.fetch(None, limit=1).messages
    inbox.mark_done([message.external_id])
    assert dovecot.messages(user, folder) == {}
    assert list(dovecot.messages(user, done).values()) == [a_mail(1)]


def test_new_uidvalidity_reads_everything_again_under_new_ids(
    dovecot: Dovecot, user: str, open_inbox: Opener
) -> None:
    """After the server numbered anew, all comes again, and old ids mean nothing."""
    for n in range(3):
        dovecot.deliver(user, a_mail(n))
    inbox = open_inbox(when_done="flag")
    before = inbox.fetch(None, limit=5)
    old_ids = [m.external_id for m in before.messages]
    dovecot.change_uidvalidity(user)
    after = inbox.fetch(before.cursor, limit=5)
    assert sorted(contents(after.messages)) == sorted(contents(before.messages))
    assert not {m.external_id for m in after.messages} & set(old_ids)
    assert {miss.reason for miss in inbox.fetch_ids(old_ids).missed} == {"vanished"}
    inbox.mark_done(old_ids)
    assert set().union(*dovecot.flags(user).values()) == set()
    assert inbox.fetch(after.cursor, limit=5).messages == ()


def test_a_flag_marks_what_is_done(dovecot: Dovecot, user: str, open_inbox: Opener) -> None:
    """The keyword is set on what is done, once or twice, and never Seen."""
    for n in range(2):
        dovecot.deliver(user, a_mail(n))
    inbox = open_inbox(when_done="flag")
    ids = [m.external_id for m in inbox.fetch(None, limit=1).messages]
    inbox.mark_done(ids)
    inbox.mark_done(ids)
    assert dovecot.flags(user) == {1: {b"$Logged"}, 2: set()}


def test_a_read_or_flagged_message_is_as_new_as_any(
    dovecot: Dovecot, user: str, open_inbox: Opener
) -> None:
    """A person who reads mail in Outlook hides nothing from us."""
    dovecot.deliver(user, a_mail(1))
    with dovecot.client(user) as client:
        client.select_folder("INBOX")
        client.add_flags([1], [b"\\Seen", b"\\Flagged", b"$Logged"])
    assert len(open_inbox().fetch(None, limit=5).messages) == 1


def test_marking_survives_other_peoples_deletions(
    dovecot: Dovecot, user: str, open_inbox: Opener
) -> None:
    """What somebody marked deleted is not expunged by our moving."""
    dovecot.deliver(user, a_mail(1))
    dovecot.deliver(user, a_mail(2))
    with dovecot.client(user) as client:
        client.select_folder("INBOX")
        client.delete_messages([2])
    inbox = open_inbox(when_done="move", done_folder="Logged")
    inbox.mark_done([m.external_id for m in inbox.fetch(None, limit=1).messages])
    assert dovecot.flags(user) == {2: {b"\\Deleted"}}


def test_arrival_is_the_servers_internal_date(
    dovecot: Dovecot, user: str, open_inbox: Opener
) -> None:
    """A message bears the time at which the server got it, in UTC."""
    arrived = datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    dovecot.deliver(user, a_mail(1), arrived=arrived.timestamp())
    inbox = open_inbox()
    (message,) = inbox.fetch(None, limit=1).messages
    assert message.arrived_at == arrived
    assert inbox.list_ids(arrived) == [message.external_id]
    assert inbox.list_ids(arrived + timedelta(days=3)) == []


def test_a_batch_is_bounded_by_its_bytes(dovecot: Dovecot, user: str, open_inbox: Opener) -> None:
    """Large messages come fewer at a time, and none is lost by it."""
    mails = [a_mail(n, "x" * 60_000) for n in range(6)]
    for mail in mails:
        dovecot.deliver(user, mail)
    batches = list(all_batches(open_inbox(batch_bytes=130_000), limit=50))
    assert [len(b.messages) for b in batches] == [2, 2, 2]
    assert [c for b in batches for c in contents(b.messages)] == mails


def test_a_kept_connection_that_was_closed_is_replaced(
    dovecot: Dovecot, user: str, open_inbox: Opener
) -> None:
    """The server restarts between two calls, and nobody notices."""
    inbox = open_inbox()
    cursor = inbox.fetch(None, limit=1).cursor
    dovecot.stop()
    dovecot.start()
    dovecot.deliver(user, a_mail(1))
    assert contents(inbox.fetch(cursor, limit=1).messages) == [a_mail(1)]


def test_a_stopped_server_is_unavailable_until_it_is_back(
    dovecot: Dovecot, user: str, open_inbox: Opener
) -> None:
    """While the server is down each call says so; afterwards all goes on."""
    inbox = open_inbox()
    cursor = inbox.fetch(None, limit=1).cursor
    dovecot.stop()
    for _ in range(3):
        with pytest.raises(UnavailableError, match="cannot be reached"):
            inbox.fetch(cursor, limit=1)
    dovecot.start()
    dovecot.deliver(user, a_mail(1))
    assert contents(inbox.fetch(cursor, limit=1).messages) == [a_mail(1)]


def in_thread(work: Callable[[], object]) -> tuple[threading.Thread, list[object]]:
    """Run some work in a thread and keep what it returns or raises."""
    results: list[object] = []

    def run() -> None:
        try:
            results.append(work())
        except Exception as exc:  # noqa: BLE001 - the test looks at it
            results.append(exc)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread, results


def test_idle_hears_of_a_delivery_within_seconds(
    dovecot: Dovecot, user: str, open_inbox: Opener
) -> None:
    """Mail that arrives during a wait ends it; with Dovecot in about half a second."""
    inbox = open_inbox()
    cursor = inbox.fetch(None, limit=1).cursor
    assert inbox.can_wait
    for number in range(2):
        thread, results = in_thread(lambda: inbox.wait(30))
        time.sleep(0.7)
        assert thread.is_alive()
        began = time.monotonic()
        dovecot.deliver(user, a_mail(number))
        thread.join(10)
        assert results == [True]
        assert time.monotonic() - began < 5
        cursor = inbox.fetch(cursor, limit=5).cursor


def test_what_arrived_between_poll_and_idle_is_noticed_at_once(
    dovecot: Dovecot, user: str, open_inbox: Opener
) -> None:
    """Nothing falls between the last look and the start of listening."""
    inbox = open_inbox()
    cursor = inbox.fetch(None, limit=1).cursor
    assert inbox.wait(0.1) is False
    dovecot.deliver(user, a_mail(1))
    began = time.monotonic()
    assert inbox.wait(30) is True
    assert time.monotonic() - began < 2
    inbox.fetch(cursor, limit=1)
    assert inbox.wait(0.1) is False


def test_deletions_and_flags_do_not_end_a_wait(
    dovecot: Dovecot, user: str, open_inbox: Opener
) -> None:
    """A person who tidies up does not look like new mail."""
    for n in range(3):
        dovecot.deliver(user, a_mail(n))
    inbox = open_inbox()
    inbox.fetch(None, limit=5)
    thread, results = in_thread(lambda: inbox.wait(3))
    time.sleep(0.5)
    dovecot.expunge(user, 2)
    thread.join(10)
    assert results == [False]


def test_interrupting_a_wait_ends_it_within_a_second(open_inbox: Opener) -> None:
    """A daemon that stops does not sit out its IDLE."""
    inbox = open_inbox()
    inbox.fetch(None, limit=1)
    thread, results = in_thread(lambda: inbox.wait(60))
    time.sleep(0.5)
    began = time.monotonic()
    inbox.interrupt()
    thread.join(5)
    assert results == [False]
    assert time.monotonic() - began < 1.5


def test_closing_during_a_wait_ends_it(open_inbox: Opener) -> None:
    """Closing from another thread wakes whoever waits."""
    inbox = open_inbox()
    inbox.fetch(None, limit=1)
    thread, results = in_thread(lambda: inbox.wait(60))
    time.sleep(0.5)
    inbox.close()
    thread.join(5)
    assert results == [False]


def test_a_wait_outlives_a_restart_of_the_server(
    dovecot: Dovecot, user: str, open_inbox: Opener
) -> None:
    """A wait whose server goes away says unavailable; the next one listens again."""
    inbox = open_inbox()
    cursor = inbox.fetch(None, limit=1).cursor
    thread, results = in_thread(lambda: inbox.wait(30))
    time.sleep(0.5)
    dovecot.stop()
    thread.join(10)
    assert [isinstance(result, UnavailableError) for result in results] == [True]
    dovecot.start()
    dovecot.deliver(user, a_mail(1))
    assert inbox.wait(10) is True
    assert len(inbox.fetch(cursor, limit=1).messages) == 1


def test_without_idle_a_wait_only_waits(open_inbox: Opener) -> None:
    """An inbox told not to idle lets the time go by."""
    inbox = open_inbox(idle=False)
    assert not inbox.can_wait
    assert inbox.wait(0.1) is False


def test_a_port_nobody_listens_on_is_unavailable_to_a_wait_too(open_inbox: Opener) -> None:
    """Waiting has the same errors as fetching."""
    inbox = open_inbox(port=free_port())
    with pytest.raises(UnavailableError, match="cannot be reached"):
        inbox.wait(5)


def test_a_thousand_messages_come_in_order(dovecot: Dovecot, user: str, open_inbox: Opener) -> None:
    """A full mailbox is read from the oldest to the newest, in bounded batches."""
    mails = [a_mail(n) for n in range(1000)]
    with dovecot.client(user) as client:
        client.multiappend("INBOX", mails)
    wait_until(lambda: len(list(dovecot.maildir(user).glob("*/*"))) >= 1000)
    batches = list(all_batches(open_inbox(), limit=100))
    assert [c for b in batches for c in contents(b.messages)] == mails
