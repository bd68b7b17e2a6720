"""The outlet contract, on a real SMTP conversation and on a Maildir."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from connectors.maildir import MaildirOutlet
from connectors.smtp import SmtpOutlet
from tests.contracts.outlet_contract import OutletContract

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from connectors.base import Outlet
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
