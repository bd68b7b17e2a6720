"""The inbox contract, on a folder of a real IMAP server and on a Maildir."""

from __future__ import annotations

import itertools
import os
import shutil
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from connectors.imap import ImapInbox
from connectors.maildir import MaildirInbox, make_maildir
from tests.contracts.inbox_contract import InboxContract
from tests.servers import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from connectors.base import Inbox
    from tests.servers.dovecot import Dovecot

_users = itertools.count(1)


def now() -> datetime:
    """The time."""
    return datetime.now(UTC)  # noqa: TID251 - the tests' own clock


class DovecotBox:
    """A new user's INBOX."""

    def __init__(self, dovecot: Dovecot) -> None:
        self._dovecot = dovecot
        self._user = dovecot.add_user(f"contract{next(_users)}")
        self._inboxes: list[ImapInbox] = []
        self._port = dovecot.tls_port

    def inbox(self, *, max_message_bytes: int = 10**8, mark: bool = False) -> Inbox:
        inbox = ImapInbox(
            name="enquiries",
            host="localhost",
            port=self._port,
            username=self._user,
            password=lambda: self._dovecot.password,
            ca_file=self._dovecot.ca_file,
            timeout_s=10,
            max_message_bytes=max_message_bytes,
            when_done="move" if mark else "leave",
            done_folder="Logged" if mark else None,
        )
        self._inboxes.append(inbox)
        return inbox

    def deliver(self, content: bytes) -> None:
        with self._dovecot.client(self._user) as client:
            client.append("INBOX", content)

    def delete(self, content: bytes) -> None:
        found = {c: uid for uid, c in self._dovecot.messages(self._user).items()}
        self._dovecot.expunge(self._user, found[content])

    def state(self) -> object:
        return self._dovecot.flags(self._user), self._dovecot.messages(self._user)

    def break_down(self) -> None:
        self._port = free_port()

    def close(self) -> None:
        for inbox in self._inboxes:
            inbox.close()


class TestImap(InboxContract):
    """IMAP keeps the contract."""

    @pytest.fixture
    def box(self, dovecot: Dovecot) -> Iterator[DovecotBox]:
        """A new user's INBOX at Dovecot."""
        box = DovecotBox(dovecot)
        yield box
        box.close()


class MaildirBox:
    """A Maildir in a folder."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._numbers = itertools.count(1)
        make_maildir(path)

    def inbox(self, *, max_message_bytes: int = 10**8, mark: bool = False) -> Inbox:
        return MaildirInbox(
            name="enquiries",
            path=self._path,
            clock=now,
            max_message_bytes=max_message_bytes,
            when_done="move" if mark else "leave",
        )

    def deliver(self, content: bytes) -> None:
        number = next(self._numbers)
        path = self._path / "new" / f"1767600000.M{number:04}P1.tests"
        path.write_bytes(content)
        moment = now().timestamp() - 60 + number
        os.utime(path, (moment, moment))

    def _files(self) -> list[Path]:
        return [p for p in self._path.rglob("*") if p.is_file() and ".Done" not in p.parts]

    def delete(self, content: bytes) -> None:
        next(p for p in self._files() if p.read_bytes() == content).unlink()

    def state(self) -> object:
        return {(str(p), p.stat().st_mtime_ns, p.read_bytes()) for p in self._files()}

    def break_down(self) -> None:
        shutil.rmtree(self._path)


class TestMaildir(InboxContract):
    """A Maildir keeps the contract."""

    @pytest.fixture
    def box(self, tmp_path: Path) -> MaildirBox:
        """An empty Maildir."""
        return MaildirBox(tmp_path / "inbox")
