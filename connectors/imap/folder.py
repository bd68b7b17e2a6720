"""A folder over one connection that is kept, and replaced where the server has closed it."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from connectors.base import UnavailableError
from connectors.imap.connection import Account, DroppedError, RefusedError
from connectors.imap.place import Numbering, Place
from connectors.imap.session import Session

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from connectors.imap.session import Opened

T = TypeVar("T")


class Folder:
    """A folder of a mailbox, its connection, and the numbering its messages bear now."""

    def __init__(self, account: Account, name: str) -> None:
        self.name = name
        self.host = account.host
        self.numbering = Numbering(validity=0)
        self._account = account
        self._session: Session | None = None

    def call(self, work: Callable[[], T]) -> T:
        """Do some work; where a connection kept from earlier turns out dead, once more."""
        kept = self._session is not None
        try:
            return self._try(work)
        except DroppedError:
            if not kept:
                raise
        return self._try(work)

    def _try(self, work: Callable[[], T]) -> T:
        try:
            return work()
        except DroppedError:
            self._drop()
            raise

    def open(self) -> Session:
        """Return the connection, made now if there is none."""
        if self._session is None:
            self._session = Session(self._account)
        return self._session

    def turn_to(self, name: str) -> None:
        """Work on another folder of the mailbox from now on, over the same connection."""
        self.name = name

    def examine(self) -> tuple[Session, Opened]:
        """Open the folder for reading; a new UIDVALIDITY is a new numbering."""
        session = self.open()
        opened = session.examine(self.name)
        self._number(opened)
        return session, opened

    def select(self) -> tuple[Session, Opened]:
        """Open the folder for marking."""
        session = self.open()
        opened = session.select(self.name)
        self._number(opened)
        return session, opened

    def _number(self, opened: Opened) -> None:
        if opened.uidvalidity != self.numbering.validity:
            self.numbering = Numbering(validity=opened.uidvalidity)

    def uids(self, external_ids: Sequence[str]) -> dict[int, str]:
        """Return those ids that belong to the numbering in force, by UID and in order."""
        places = [(place, i) for i in external_ids if (place := Place.parse(i))]
        return dict(sorted((p.uid, i) for p, i in places if p.numbering == self.numbering))

    def ask(
        self, uids: Sequence[int], question: Callable[[Session, Sequence[int]], dict[int, T]]
    ) -> dict[int, T]:
        """Ask about all messages in one command, then alone for each that got no answer.

        Raises:
            UnavailableError: the server has gone.
        """
        answers = self._together(uids, question) if uids else {}
        for uid in uids:
            if uid not in answers:
                answers |= self._alone(uid, question)
        return answers

    def _together(
        self, uids: Sequence[int], question: Callable[[Session, Sequence[int]], dict[int, T]]
    ) -> dict[int, T]:
        try:
            return question(self.open(), uids)
        except RefusedError:
            return {}
        except DroppedError:
            self._drop()
            return {}

    def _alone(
        self, uid: int, question: Callable[[Session, Sequence[int]], dict[int, T]]
    ) -> dict[int, T]:
        """Ask about one message; one that ends the connection twice has no answer."""
        for _ in range(2):
            session = self.reopen()
            try:
                return question(session, [uid])
            except RefusedError:
                return {}
            except DroppedError:
                self._drop()
        self.reopen()  # raises where it is the server that has gone, not the message
        return {}

    def reopen(self) -> Session:
        """Open the folder afresh, which also clears what is left of an unreadable answer.

        Raises:
            UnavailableError: the messages have other numbers than before.
        """
        before = self.numbering
        session, _ = self.examine()
        if self.numbering != before:
            message = f"{self.host} numbered {self.name!r} anew while we read"
            raise UnavailableError(message)
        return session

    def _drop(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            session.drop()

    def close(self) -> None:
        """Log out and let go of the connection."""
        session, self._session = self._session, None
        if session is not None:
            session.close()
