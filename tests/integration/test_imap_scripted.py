"""An IMAP inbox on a server that lies, stalls and hangs up on cue."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from connectors.base import AccessDeniedError, UnavailableError
from tests.contracts.inbox_contract import a_mail, all_batches, contents
from tests.integration.imap_inboxes import scripted_inbox
from tests.servers.scripted import Greeter, HangUpError, Mail, ScriptedImap

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from connectors.imap import ImapInbox


@pytest.fixture
def server() -> Iterator[ScriptedImap]:
    """A scripted server with three messages."""
    server = ScriptedImap(a_mail(1), a_mail(2), a_mail(3))
    yield server
    server.close()


@pytest.fixture
def open_inbox(server: ScriptedImap) -> Iterator[Callable[..., ImapInbox]]:
    """Make inboxes on the server that are closed in the end."""
    inboxes: list[ImapInbox] = []

    def make(**changes: object) -> ImapInbox:
        inboxes.append(scripted_inbox(server, **changes))
        return inboxes[-1]

    yield make
    for inbox in inboxes:
        inbox.close()


Opener = "Callable[..., ImapInbox]"


def refusing(uid: int, answer: bytes, server: ScriptedImap) -> Callable[[str], bytes | None]:
    """Return a script that answers so to any BODY fetch with this UID in it."""

    def script(arguments: str) -> bytes | None:
        uids, _, items = arguments.partition(" ")
        return answer if "BODY" in items and uid in server._uids(uids) else None

    return script


# Numbering


def test_an_idle_poll_gets_no_message_again(server: ScriptedImap, open_inbox: Opener) -> None:
    """n:* names the last message even when it lies below n; it is not taken twice."""
    inbox = open_inbox()
    cursor = inbox.fetch(None, limit=5).cursor
    for _ in range(3):
        batch = inbox.fetch(cursor, limit=5)
        assert (batch.messages, batch.more, batch.cursor) == ((), False, cursor)
    assert not any("SELECT" in command for command in server.commands)


def test_without_uidvalidity_nothing_is_read(server: ScriptedImap, open_inbox: Opener) -> None:
    """Numbers that do not last cannot be kept, so the inbox waits for better days."""
    server.uidvalidity = None
    with pytest.raises(UnavailableError, match="gave no UIDVALIDITY"):
        open_inbox().fetch(None, limit=5)


@pytest.mark.parametrize("uidnext", [0, 2], ids=["none", "lagging"])
def test_uidnext_is_not_relied_on(server: ScriptedImap, open_inbox: Opener, uidnext: int) -> None:
    """A server without UIDNEXT, or with one that lags behind, still gives all its mail."""
    server.uidnext = uidnext
    assert len(open_inbox().fetch(None, limit=5).messages) == 3


def test_uids_that_go_back_begin_a_new_epoch(server: ScriptedImap, open_inbox: Opener) -> None:
    """A server that starts from 1 again without saying so is read anew, under new ids."""
    inbox = open_inbox()
    before = inbox.fetch(None, limit=5)
    server.mails = {1: Mail(content=a_mail(9), arrived="06-Jan-2026 10:00:00 +0000")}
    after = inbox.fetch(before.cursor, limit=5)
    assert contents(after.messages) == [a_mail(9)]
    assert [m.external_id for m in after.messages] == ["7.1:1"]
    assert inbox.list_ids(None) == ["7.1:1"]
    assert inbox.fetch(after.cursor, limit=5).messages == ()
    again = open_inbox()
    assert again.fetch(after.cursor, limit=5).messages == ()
    assert contents(again.fetch_ids(["7.1:1"]).messages) == [a_mail(9)]


def test_a_list_bears_the_epoch_of_the_cursor(server: ScriptedImap, open_inbox: Opener) -> None:
    """A second object lists under the ids that the first one took messages in by."""
    inbox = open_inbox()
    first = inbox.fetch(None, limit=5)
    server.mails = {1: Mail(content=a_mail(9), arrived="06-Jan-2026 10:00:00 +0000")}
    cursor = inbox.fetch(first.cursor, limit=5).cursor
    ids = ["7.1:1"]
    assert list(open_inbox().list_ids(None, cursor=cursor)) == ids
    assert open_inbox().to_come(cursor, [*ids, "7:1"]) == {"7:1"}


def test_a_reused_uid_is_told_by_its_time(server: ScriptedImap, open_inbox: Opener) -> None:
    """A mailbox emptied and refilled between two polls shows by the last message's time."""
    inbox = open_inbox()
    before = inbox.fetch(None, limit=5)
    late = "07-Jan-2026 09:00:00 +0000"
    server.mails = {uid: Mail(content=a_mail(uid + 10), arrived=late) for uid in (1, 2, 3)}
    after = inbox.fetch(before.cursor, limit=5)
    assert contents(after.messages) == [a_mail(11), a_mail(12), a_mail(13)]


def test_an_emptied_mailbox_is_a_new_epoch_at_most_once(
    server: ScriptedImap, open_inbox: Opener
) -> None:
    """An empty mailbox that counts from 1 again does not count epochs for ever."""
    inbox = open_inbox()
    cursor = inbox.fetch(None, limit=5).cursor
    server.mails = {}
    first = inbox.fetch(cursor, limit=5).cursor
    assert inbox.fetch(first, limit=5).cursor == first


def test_gaps_in_the_numbers_cost_few_searches(server: ScriptedImap, open_inbox: Opener) -> None:
    """Numbers with millions between them are found in a handful of commands."""
    server.mails = {uid: Mail(content=a_mail(uid)) for uid in (1, 50_000, 4_000_000_000)}
    batch = open_inbox().fetch(None, limit=5)
    assert [m.external_id for m in batch.messages] == ["7:1", "7:50000", "7:4000000000"]
    assert len([c for c in server.commands if "SEARCH" in c]) < 15


# Messages that cannot be had


def test_what_vanishes_between_list_and_fetch_is_missed(
    server: ScriptedImap, open_inbox: Opener
) -> None:
    """A message that is gone by the time of the fetch is recorded, and the others come."""

    def delete_second(arguments: str) -> None:
        if "BODY" in arguments:
            server.mails.pop(2, None)

    server.scripts["UID FETCH"] = delete_second
    batch = open_inbox().fetch(None, limit=5)
    assert contents(batch.messages) == [a_mail(1), a_mail(3)]
    assert [(m.external_id, m.reason) for m in batch.missed] == [("7:2", "vanished")]
    assert batch.cursor.startswith("7:3")


@pytest.mark.parametrize(
    "answer",
    [
        b"{tag} NO [SERVERBUG] cannot open that one\r\n",
        b"{tag} BAD what\r\n",
        b'* 2 FETCH (UID 2 BODY[] "no end)\r\n{tag} OK done\r\n',
        b"* 2 FETCH (UID 2 BODY[] NIL)\r\n{tag} OK done\r\n",
        b'* 2 FETCH (UID 2 BODY[] "")\r\n{tag} OK done\r\n',
        b"* 2 FETCH (UID 2 BODY[] 17)\r\n{tag} OK done\r\n",
        b"* 2 FETCH (UID 2 FLAGS ())\r\n{tag} OK done\r\n",
        b"* 2 FETCH ((((((\r\n{tag} OK done\r\n",
        b"what is this\r\n{tag} OK done\r\n",
        b"{tag} OK nothing\r\n",
    ],
    ids=["NO", "BAD", "quote", "NIL", "empty", "number", "flags", "parens", "noise", "nothing"],
)
def test_one_message_that_cannot_be_delivered_holds_nothing_up(
    server: ScriptedImap, open_inbox: Opener, answer: bytes
) -> None:
    """Whatever the server says to one message, it is missed and the others come."""
    server.scripts["UID FETCH"] = refusing(2, answer, server)
    batch = open_inbox().fetch(None, limit=5)
    assert contents(batch.messages) == [a_mail(1), a_mail(3)]
    assert [(m.external_id, m.reason) for m in batch.missed] == [("7:2", "unfetchable")]


def test_one_message_that_ends_the_connection_holds_nothing_up(
    server: ScriptedImap, open_inbox: Opener
) -> None:
    """A message at which the server hangs up each time is missed, the others come."""

    def hang_up(arguments: str) -> None:
        if "BODY" in arguments and 2 in server._uids(arguments.split(maxsplit=1)[0]):
            raise HangUpError

    server.scripts["UID FETCH"] = hang_up
    batch = open_inbox().fetch(None, limit=5)
    assert contents(batch.messages) == [a_mail(1), a_mail(3)]
    assert [m.reason for m in batch.missed] == ["unfetchable"]


def test_a_size_that_cannot_be_read_holds_nothing_up(
    server: ScriptedImap, open_inbox: Opener
) -> None:
    """A message whose description is garbled is missed, the others come."""

    def garble(arguments: str) -> bytes | None:
        if "SIZE" in arguments and 2 in server._uids(arguments.split(maxsplit=1)[0]):
            return b"* 2 FETCH (UID 2 RFC822.SIZE\r\n{tag} OK done\r\n"
        return None

    server.scripts["UID FETCH"] = garble
    batch = open_inbox().fetch(None, limit=5)
    assert contents(batch.messages) == [a_mail(1), a_mail(3)]
    assert [m.reason for m in batch.missed] == ["unfetchable"]


def test_a_server_that_delivers_nothing_is_suspected_first(
    server: ScriptedImap, open_inbox: Opener
) -> None:
    """Where all is refused the server is at fault; only the third time are messages missed."""
    server.scripts["UID FETCH"] = lambda a: b"{tag} NO storage\r\n" if "BODY" in a else None
    inbox = open_inbox()
    for _ in range(2):
        with pytest.raises(UnavailableError, match="delivers nothing"):
            inbox.fetch(None, limit=5)
    assert [m.reason for m in inbox.fetch(None, limit=5).missed] == ["unfetchable"] * 3


def test_a_server_that_recovers_loses_nothing(server: ScriptedImap, open_inbox: Opener) -> None:
    """After a spell in which all is refused, all comes."""
    server.scripts["UID FETCH"] = lambda a: b"{tag} NO storage\r\n" if "BODY" in a else None
    inbox = open_inbox()
    with pytest.raises(UnavailableError):
        inbox.fetch(None, limit=5)
    server.scripts.clear()
    assert len(inbox.fetch(None, limit=5).messages) == 3


def test_unasked_and_unordered_answers_are_survived(
    server: ScriptedImap, open_inbox: Opener
) -> None:
    """Answers in any order, with flags and strangers between them, are put right."""

    def shuffle(arguments: str) -> bytes:
        uids, _, items = arguments.partition(" ")
        lines = [server.fetched(uid, items) for uid in reversed(server._uids(uids))]
        noise = [b"* 9 EXISTS", b"* 1 FETCH (FLAGS (\\Seen))", b"* 99 FETCH (UID 99 BODY[] NIL)"]
        return b"\r\n".join([*noise, *lines, *noise, b"{tag} OK done\r\n"])

    server.scripts["UID FETCH"] = shuffle
    batch = open_inbox().fetch(None, limit=5)
    assert contents(batch.messages) == [a_mail(1), a_mail(2), a_mail(3)]
    assert batch.missed == ()


def test_an_empty_message_is_a_message(server: ScriptedImap, open_inbox: Opener) -> None:
    """A message of no bytes at all is not taken for one that failed."""
    server.mails[2].content = b""
    batch = open_inbox().fetch(None, limit=5)
    assert contents(batch.messages) == [a_mail(1), b"", a_mail(3)]


@pytest.mark.parametrize("arrived", ["nonsense", "31-Dec-9999 23:59:59 -1200"])
def test_a_time_that_no_calendar_has_is_no_time(
    server: ScriptedImap, open_inbox: Opener, arrived: str
) -> None:
    """An unreadable INTERNALDATE leaves the time of arrival unknown."""
    server.mails[2].arrived = arrived
    batch = open_inbox().fetch(None, limit=2)
    assert [m.arrived_at is None for m in batch.messages] == [False, True]
    assert len(list(all_batches(open_inbox(), limit=1))) == 3


# Refusals and silence


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (b"{tag} NO [AUTHENTICATIONFAILED] no\r\n", AccessDeniedError),
        (b"{tag} NO go away\r\n", AccessDeniedError),
        (b"{tag} NO [UNAVAILABLE] backend\r\n", UnavailableError),
        (b"{tag} NO [INUSE] locked\r\n", UnavailableError),
        (b"{tag} NO Too many connections, try again\r\n", UnavailableError),
        (b"{tag} BAD User is authenticated but not connected.\r\n", UnavailableError),
        (b"* BYE shutting down\r\n", UnavailableError),
        (b"* BYE shutting down\r\n{tag} NO bye\r\n", UnavailableError),
    ],
)
def test_a_refused_login_is_told_from_a_busy_server(
    server: ScriptedImap, open_inbox: Opener, answer: bytes, error: type[Exception]
) -> None:
    """Only a lasting refusal is a matter for a person; the server's words are not repeated."""
    server.scripts["LOGIN"] = lambda _: answer
    with pytest.raises(error) as caught:
        open_inbox().fetch(None, limit=1)
    assert "correct-horse" not in str(caught.value)
    assert "go away" not in str(caught.value)


def test_no_password_is_sent_where_login_is_disabled(
    server: ScriptedImap, open_inbox: Opener
) -> None:
    """A server that wants no passwords gets none."""
    server.capabilities = "IMAP4rev1 LOGINDISABLED"
    with pytest.raises(AccessDeniedError, match="offers no login"):
        open_inbox().fetch(None, limit=1)
    assert "LOGIN" not in server.commands


@pytest.mark.parametrize(
    ("capabilities", "answer"),
    [("IMAP4rev1", b""), ("IMAP4rev1 STARTTLS", b"{tag} NO not today\r\n")],
    ids=["not-offered", "refused"],
)
def test_no_password_is_sent_without_the_encryption_asked_for(
    server: ScriptedImap, open_inbox: Opener, capabilities: str, answer: bytes
) -> None:
    """STARTTLS stripped on the way or refused ends it before login."""
    server.capabilities = capabilities
    server.scripts["STARTTLS"] = lambda _: answer
    with pytest.raises(AccessDeniedError, match="password was not sent"):
        open_inbox(tls="starttls").fetch(None, limit=1)
    assert not {"LOGIN", "AUTHENTICATE"} & set(server.commands)


def test_a_greeting_that_logs_us_in_does_not_avoid_starttls(
    server: ScriptedImap, open_inbox: Opener
) -> None:
    """PREAUTH on a connection that was to be encrypted is refused, and nothing is read."""
    server.greeting = b"* PREAUTH welcome\r\n"
    server.capabilities = "IMAP4rev1 STARTTLS"
    with pytest.raises(AccessDeniedError, match="STARTTLS"):
        open_inbox(tls="starttls").fetch(None, limit=1)
    assert not any("EXAMINE" in command for command in server.commands)


@pytest.mark.parametrize(
    "greeting",
    [b"* BYE too busy\r\n", b"SSH-2.0-OpenSSH\r\n", b"\x15\x03\x01\x00\x02\x02\x0a", b"", b"* OK"],
)
@pytest.mark.parametrize("tls", ["none", "starttls", "implicit"])
def test_a_greeting_of_another_kind_is_unavailable(greeting: bytes, tls: str) -> None:
    """Whatever answers at the port, the outcome is one of ours, and in time."""
    server = Greeter(greeting)
    inbox = scripted_inbox(server, tls=tls, timeout_s=0.5)  # type: ignore[arg-type]  # host, port
    try:
        with pytest.raises(UnavailableError):
            inbox.fetch(None, limit=1)
    finally:
        inbox.close()
        server.close()


@pytest.mark.parametrize("verb", ["EXAMINE", "UID SEARCH", "UID FETCH"])
@pytest.mark.parametrize(
    "answer",
    [
        b"* BYE going down\r\n",
        b"{tag} NO [UNAVAILABLE] later\r\n",
        b"* garbage (((\r\n{tag} OK\r\n",
        b"\x00\xff\r\n",
        b"* OK [UIDVALIDITY x]\r\n* EXISTS\r\n{tag} OK\r\n",
        b"",
    ],
    ids=["BYE", "NO", "garbage", "noise", "no-numbers", "silence"],
)
def test_whatever_the_server_says_the_error_is_ours(
    server: ScriptedImap, open_inbox: Opener, verb: str, answer: bytes
) -> None:
    """No command can be answered so that anything but a connector error comes out."""
    server.scripts[verb] = lambda _: answer
    inbox = open_inbox(timeout_s=0.3)
    delivered: tuple[object, ...] = ()
    with suppress(UnavailableError):
        delivered = inbox.fetch(None, limit=5).messages
    assert delivered == ()


def test_a_hung_server_is_given_up_in_time(server: ScriptedImap, open_inbox: Opener) -> None:
    """A server that accepts a command and then says nothing is unavailable, soon."""
    server.scripts["EXAMINE"] = lambda _: b""
    began = time.monotonic()
    with pytest.raises(UnavailableError, match="no answer in time"):
        open_inbox(timeout_s=0.5).fetch(None, limit=1)
    assert time.monotonic() - began < 3


def test_a_dead_connection_is_replaced_once(server: ScriptedImap, open_inbox: Opener) -> None:
    """A connection cut while it lay idle is replaced; a server that cuts again is not chased."""
    inbox = open_inbox()
    cursor = inbox.fetch(None, limit=1).cursor
    server.cut()
    assert len(inbox.fetch(cursor, limit=5).messages) == 2
    assert server.connections == 2

    def hang_up(_: str) -> None:
        raise HangUpError

    server.scripts["EXAMINE"] = hang_up
    with pytest.raises(UnavailableError):
        inbox.fetch(cursor, limit=5)
    assert server.connections == 3


# Marking


def moved(server: ScriptedImap, open_inbox: Opener) -> list[str]:
    """Move the first message away; return the verbs that it took."""
    inbox = open_inbox(when_done="move", done_folder="Logged")
    ids = [m.external_id for m in inbox.fetch(None, limit=1).messages]
    server.commands.clear()
    inbox.mark_done(ids)
    inbox.mark_done(ids)
    return [c.split(" ")[1] if c.startswith("UID") else c.split(" ")[0] for c in server.commands]


def test_move_is_used_where_there_is_move(server: ScriptedImap, open_inbox: Opener) -> None:
    """A server with MOVE moves."""
    assert "MOVE" in moved(server, open_inbox)
    assert sorted(server.mails) == [2, 3]
    assert server.folders == {"Logged": [a_mail(1)]}


def test_without_move_messages_are_copied_and_expunged_by_uid(
    server: ScriptedImap, open_inbox: Opener
) -> None:
    """COPY, then Deleted, then UID EXPUNGE: never the EXPUNGE that takes others' mail too."""
    server.capabilities = "IMAP4rev1 UIDPLUS"
    server.mails[3].flags.add("\\Deleted")
    verbs = moved(server, open_inbox)
    assert [v for v in verbs if v in ("COPY", "STORE", "EXPUNGE")] == ["COPY", "STORE", "EXPUNGE"]
    assert not any(c.startswith("EXPUNGE") for c in server.commands)
    assert sorted(server.mails) == [2, 3]


def test_with_neither_move_nor_uidplus_nothing_is_expunged(
    server: ScriptedImap, open_inbox: Opener
) -> None:
    """The message is copied once, marked deleted, and left for a person to empty out."""
    server.capabilities = "IMAP4rev1"
    server.mails[3].flags.add("\\Deleted")
    moved(server, open_inbox)
    assert sorted(server.mails) == [1, 2, 3]
    assert server.mails[1].flags == {"\\Deleted"}
    assert server.folders == {"Logged": [a_mail(1)]}
    assert not any("EXPUNGE" in c for c in server.commands)


def test_the_done_folder_is_made_when_missing(server: ScriptedImap, open_inbox: Opener) -> None:
    """A move refused for want of the folder makes it and moves."""

    def refuse(_: str) -> bytes | None:
        made = any(c.startswith("CREATE") for c in server.commands)
        return None if made else b"{tag} NO [TRYCREATE] no such mailbox\r\n"

    server.scripts["UID MOVE"] = refuse
    moved(server, open_inbox)
    assert sorted(server.mails) == [2, 3]


def test_a_full_done_folder_is_unavailable(server: ScriptedImap, open_inbox: Opener) -> None:
    """A quota that is used up is somebody else's to mend, and mail stays where it is."""
    server.scripts["UID MOVE"] = lambda _: b"{tag} NO [OVERQUOTA] full\r\n"
    with pytest.raises(UnavailableError, match="OVERQUOTA"):
        moved(server, open_inbox)
    assert sorted(server.mails) == [1, 2, 3]


@pytest.mark.parametrize(
    ("kept", "flag"), [("\\Deleted \\Flagged \\*", "$Logged"), ("\\Flagged", "\\Flagged")]
)
def test_where_keywords_are_not_kept_the_star_is_used(
    server: ScriptedImap, open_inbox: Opener, kept: str, flag: str
) -> None:
    """A keyword that the server would forget gives way to the flag that all servers keep."""
    server.permanent_flags = kept
    inbox = open_inbox(when_done="flag")
    inbox.mark_done([m.external_id for m in inbox.fetch(None, limit=1).messages])
    assert server.mails[1].flags == {flag}


def test_a_folder_that_may_only_be_read_is_said_so(
    server: ScriptedImap, open_inbox: Opener
) -> None:
    """Marking in a read-only folder is a matter for a person; reading still works."""
    server.scripts["SELECT"] = lambda _: (
        b"* 3 EXISTS\r\n* OK [UIDVALIDITY 7] v\r\n* OK [UIDNEXT 4] n\r\n{tag} OK [READ-ONLY] r\r\n"
    )
    inbox = open_inbox(when_done="flag")
    batch = inbox.fetch(None, limit=1)
    with pytest.raises(AccessDeniedError, match="but not mark"):
        inbox.mark_done([m.external_id for m in batch.messages])
    assert len(inbox.fetch(batch.cursor, limit=5).messages) == 2


def test_move_needs_a_folder_to_move_to() -> None:
    """A setting that cannot work is refused at once."""
    server = Greeter(b"")
    try:
        with pytest.raises(ValueError, match="done_folder"):
            scripted_inbox(server, when_done="move")  # type: ignore[arg-type]  # host and port
    finally:
        server.close()


# Waiting


def test_a_server_without_idle_is_found_out(server: ScriptedImap, open_inbox: Opener) -> None:
    """Once it has shown that it cannot IDLE, the inbox says that it cannot wait."""
    server.capabilities = "IMAP4rev1"
    inbox = open_inbox()
    inbox.fetch(None, limit=5)
    assert inbox.can_wait
    assert inbox.wait(0.1) is False
    assert not inbox.can_wait
    assert inbox.wait(0.1) is False


def test_news_that_come_with_the_first_answer_are_heard(
    server: ScriptedImap, open_inbox: Opener
) -> None:
    """An EXISTS in the same packet as the + of IDLE is not left lying in a buffer."""
    inbox = open_inbox()
    inbox.fetch(None, limit=5)
    server.scripts["IDLE"] = lambda _: b"+ idling\r\n* 4 EXISTS\r\n"
    server.scripts["DONE"] = lambda _: b""
    began = time.monotonic()
    try:
        heard: object = inbox.wait(20)
    except UnavailableError:  # this script never ends the IDLE
        heard = None
    assert heard is not False
    assert time.monotonic() - began < 5


def test_a_push_ends_a_wait(server: ScriptedImap, open_inbox: Opener) -> None:
    """An EXISTS above the number known ends a wait."""
    inbox = open_inbox()
    inbox.fetch(None, limit=5)

    def push() -> None:
        server.mails[4] = Mail(content=a_mail(4))
        server.pushed.set()

    threading.Timer(0.5, push).start()
    began = time.monotonic()
    assert inbox.wait(20) is True
    assert time.monotonic() - began < 5


def test_each_arrival_is_told_once(server: ScriptedImap, open_inbox: Opener) -> None:
    """While nobody fetches, a wait does not report the same mail over and over."""
    inbox = open_inbox()
    inbox.fetch(None, limit=5)
    server.mails[4] = Mail(content=a_mail(4))
    assert inbox.wait(5) is True
    assert inbox.wait(0.2) is False


def test_a_server_that_is_throttling_says_for_how_long(
    server: ScriptedImap, open_inbox: Callable[..., ImapInbox]
) -> None:
    """Exchange Online's words, at login or later: the time they name is handed on."""
    said = b"{tag} NO Request is throttled. Suggested Backoff Time: 92415 milliseconds\r\n"
    server.scripts["UID SEARCH"] = lambda _: said
    with pytest.raises(UnavailableError, match="asks us to slow down") as caught:
        open_inbox().fetch(None, limit=1)
    assert caught.value.wait_s == 92.415
