"""Mail laid into folders of an IMAP mailbox: notices to where a team already looks."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from connectors.base import DeferredError, RejectedError
from connectors.imap.connection import RefusedError
from connectors.imap.folder import Folder
from connectors.tls import check_mode

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connectors.base import Envelope
    from connectors.imap.connection import Account

_MESSAGE_ID = re.compile(rb"^Message-ID:\s*(<[^<>\s]+>)", re.IGNORECASE | re.MULTILINE)
_TOO_LARGE = frozenset({"TOOBIG", "LIMIT"})


class ImapOutlet:
    """Folders of one mailbox, chosen by recipient. A mail that lies there already stays alone."""

    def __init__(
        self,
        *,
        name: str,
        account: Account,
        folder: str = "INBOX",
        folders: Mapping[str, str] | None = None,
    ) -> None:
        """Remember the settings; nothing is opened yet.

        `folders` says which folder a recipient's mail goes to, by address in lower case; all
        other mail goes to `folder`.

        Raises:
            ValueError: clear text to another machine.
        """
        check_mode(account.tls, account.host)
        self._name = name
        self._default = folder
        self._folders = dict(folders or {})
        self._folder = Folder(account, folder)

    @property
    def name(self) -> str:
        """The outlet's name in the config."""
        return self._name

    def send(self, envelope: Envelope) -> None:
        """Lay the message, unread, into its recipient's folder.

        Raises:
            RejectedError: the server takes no message as large as this.
            DeferredError: the folder does not take this one now; others may go on.
            UnavailableError: the server cannot be reached, or not now.
            AccessDeniedError: certificate, login or folder.
        """
        folder = self._folders.get(envelope.recipient.lower(), self._default)
        if folder != self._folder.name:
            self._folder.turn_to(folder)
        try:
            self._folder.call(lambda: self._append(envelope.content))
        except RefusedError as error:
            if error.code in _TOO_LARGE:
                raise RejectedError(str(error)) from error
            raise DeferredError(str(error)) from error

    def check(self) -> None:
        """Sign in and open every folder that mail may go to.

        Raises:
            UnavailableError: the server cannot be reached, or not now.
            AccessDeniedError: certificate, login or folder.
        """
        for folder in dict.fromkeys((*self._folders.values(), self._default)):
            self._folder.turn_to(folder)
            self._folder.call(self._folder.select)

    def _append(self, content: bytes) -> None:
        session, _ = self._folder.select()
        found = _MESSAGE_ID.search(content)
        # A mail whose acceptance we did not live to see is sent again: once is enough.
        if found and session.has_message_id(found[1].decode("ascii", "replace")):
            return
        session.append(self._folder.name, content)

    def close(self) -> None:
        """Let go of the connection; the next call opens it anew."""
        self._folder.close()
