"""The outlet contract, on a real SMTP conversation and on a Maildir."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import pytest

from connectors.base import AccessDeniedError
from connectors.imap import Account, ImapOutlet
from connectors.maildir import MaildirOutlet
from connectors.smtp import SmtpOutlet
from tests.contracts.outlet_contract import OutletContract, an_envelope

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from connectors.base import Outlet
    from tests.servers.dovecot import Dovecot
    from tests.servers.smtp import MailServer


class SmtpPlace:
    """A mail server that records what it takes."""

    def __init__(self, server: MailServer) -> None:
        self._server = server
        self._outlet = SmtpOutlet(
            name="post", host=server.host, port=server.port, tls="none", timeout_s=10
        )

    def outlet(self) -> Outlet:
        return self._outlet

    def arrived(self) -> list[bytes]:
        return [message.content for message in self._server.accepted]

    def break_down(self) -> None:
        self._server.stop()


class TestSmtp(OutletContract):
    """SMTP keeps the contract."""

    @pytest.fixture
    def place(self, mail_server: MailServer) -> Iterator[SmtpPlace]:
        """A mail server on loopback."""
        place = SmtpPlace(mail_server)
        yield place
        place.outlet().close()


class MaildirPlace:
    """A Maildir in a folder."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def outlet(self) -> Outlet:
        return MaildirOutlet(name="post", path=self._path)

    def arrived(self) -> list[bytes]:
        assert not list((self._path / "tmp").iterdir())
        # names begin with the second, then the microsecond without leading zeros
        files = sorted((self._path / "new").iterdir(), key=lambda p: p.stat().st_mtime_ns)
        return [path.read_bytes() for path in files]

    def break_down(self) -> None:
        self._path.write_text("a file where the folder should be")


class TestMaildir(OutletContract):
    """A Maildir keeps the contract."""

    @pytest.fixture
    def place(self, tmp_path: Path) -> MaildirPlace:
        """A folder that does not exist yet."""
        return MaildirPlace(tmp_path / "sent")


_NUMBERS = itertools.count()


def _account(server: Dovecot, user: str) -> Account:
    return Account(
        host=server.host,
        port=server.port,
        username=user,
        password=lambda: server.password,
        tls="none",
        timeout_s=10,
    )


class ImapPlace:
    """A folder of a mailbox on a real Dovecot."""

    def __init__(self, server: Dovecot) -> None:
        self._server = server
        self._user = server.add_user(f"team-{next(_NUMBERS)}")
        self._outlet = ImapOutlet(
            name="folders",
            account=_account(server, self._user),
        )

    def outlet(self) -> Outlet:
        return self._outlet

    def arrived(self) -> list[bytes]:
        return list(self._server.messages(self._user).values())

    def break_down(self) -> None:
        self._server.stop()


class TestImap(OutletContract):
    """A folder of an IMAP mailbox keeps the contract."""

    @pytest.fixture
    def place(self, dovecot: Dovecot) -> Iterator[ImapPlace]:
        """A mailbox of its own."""
        place = ImapPlace(dovecot)
        yield place
        place.outlet().close()


def test_each_team_has_its_folder_and_a_mail_lies_there_once(dovecot: Dovecot) -> None:
    """A mail that is sent again, since we did not live to see it accepted, changes nothing."""
    user = dovecot.add_user("teams")
    with dovecot.client(user) as client:
        client.create_folder("Intake")
    outlet = ImapOutlet(
        name="folders",
        account=_account(dovecot, user),
        folders={"intake@office.example": "Intake"},
    )
    for recipient in ("Intake@office.example", "care@office.example"):
        for number in (1, 2, 1):
            outlet.send(an_envelope(number, recipient=recipient))
    outlet.close()
    for folder in ("Intake", "INBOX"):
        assert len(dovecot.messages(user, folder)) == 2


def test_a_folder_that_is_not_there_is_said_so(dovecot: Dovecot) -> None:
    """By its name: a person has to act."""
    outlet = ImapOutlet(
        name="folders",
        account=_account(dovecot, dovecot.add_user("nofolder")),
        folder="Nowhere",
    )
    with pytest.raises(AccessDeniedError, match="Nowhere"):
        outlet.send(an_envelope())
    outlet.close()
