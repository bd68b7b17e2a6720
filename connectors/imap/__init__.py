"""One mailbox folder as an `Inbox`: read by UID, heard of by IDLE, with a poll behind it.

A message's external id is `UIDVALIDITY:UID`, a cursor the same of the last message taken, with
its time of arrival. Flags play no part in what is new, nor do sequence numbers or dates.

Some servers number anew without saying so (RFC 9051 §2.3.1.1 forbids it). They are found out:
UIDNEXT has gone back, or the last message taken is suddenly another. Then an *epoch* is counted
up, ids become `UIDVALIDITY.EPOCH:UID`, and the folder is read again from its beginning.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Literal

from connectors.base import Batch, Cursor, Missed, RawMessage, nothing_known
from connectors.imap.connection import Account, RefusedError
from connectors.imap.ear import Ear
from connectors.imap.folder import Folder
from connectors.imap.outlet import ImapOutlet
from connectors.imap.place import Numbering, Place
from connectors.imap.reader import Reader
from connectors.tls import TlsMode, check_mode

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from connectors.imap.session import Described, Opened, Session
    from connectors.sign_in import Tokens

__all__ = ["Account", "ImapInbox", "ImapOutlet"]

MARKED_AT_ONCE = 500
"""UIDs in one command that marks: a line of a few kilobytes."""


class ImapInbox:
    """A folder of an IMAP mailbox.

    Opens a connection when it first needs one, keeps it, and replaces it once a call where the
    server has closed it meanwhile. `wait` has a second connection.
    """

    def __init__(  # noqa: PLR0913 - one keyword for each setting of a mailbox
        self,
        *,
        name: str,
        host: str,
        port: int,
        username: str,
        password: Callable[[], str] | None = None,
        tokens: Tokens | None = None,
        folder: str = "INBOX",
        tls: TlsMode = "implicit",
        ca_file: str | None = None,
        own_file: str | None = None,
        timeout_s: float = 30.0,
        max_message_bytes: int = 50 * 1024 * 1024,
        batch_bytes: int = 16 * 1024 * 1024,
        when_done: Literal["leave", "flag", "move"] = "leave",
        done_flag: str = "$Logged",
        done_folder: str | None = None,
        idle: bool = True,
    ) -> None:
        r"""Remember the settings; nothing is opened yet.

        A message above `max_message_bytes` is fetched as its beginning. A batch holds about
        `batch_bytes`. `when_done`: `flag` sets the keyword `done_flag` (\Flagged where keywords
        are not kept), `move` moves to `done_folder`.

        Raises:
            ValueError: clear text to another machine, or `move` with no folder to move to.
        """
        check_mode(tls, host)
        if when_done == "move" and not done_folder:
            message = "when_done = move needs a done_folder"
            raise ValueError(message)
        account = Account(
            host=host,
            port=port,
            username=username,
            password=password,
            tokens=tokens,
            tls=tls,
            ca_file=ca_file,
            own_file=own_file,
            timeout_s=timeout_s,
        )
        self._name = name
        self._when_done = when_done
        self._done_flag = done_flag
        self._done_folder = done_folder or ""
        self._folder = Folder(account, folder)
        self._reader = Reader(
            self._folder,
            inbox=name,
            max_message_bytes=max_message_bytes,
            batch_bytes=batch_bytes,
        )
        self._ear = Ear(account, folder, idle=idle)

    @property
    def name(self) -> str:
        """The inbox's name in the config."""
        return self._name

    @property
    def can_wait(self) -> bool:
        """Whether `wait` may hear of new messages; false once a server showed it has no IDLE."""
        return self._ear.can_wait

    def fetch(
        self,
        cursor: Cursor | None,
        *,
        limit: int,
        known: Callable[[Sequence[str]], set[str]] = nothing_known,  # noqa: ARG002 - UIDs tell
    ) -> Batch:
        """Return up to `limit` messages beyond the cursor, in the order of their UIDs.

        Fewer come, with `more` set, where they would exceed `batch_bytes`. A message that the
        server lists but cannot deliver is asked for alone, and then `Missed`.

        Raises:
            UnavailableError: not reachable, busy, numbers nothing, or delivers nothing at all.
            AccessDeniedError: certificate, login or folder.
        """
        return self._folder.call(lambda: self._fetch(cursor, limit))

    def _fetch(self, cursor: Cursor | None, limit: int) -> Batch:
        session, opened = self._folder.examine()
        self._ear.saw(opened)
        place = self._resume(session, opened, Place.parse(cursor))
        self._folder.numbering = place.numbering
        listed = session.uids_from(opened, place.uid + 1, enough=limit + 1)
        described = self._reader.describe(listed[:limit])
        taken = next(self._reader.loads(listed[:limit], described), [])
        messages, missed = self._reader.read(taken, described)
        if taken:
            place = replace(place, uid=taken[-1], arrived=_arrived(described.get(taken[-1])))
        left = len(listed) - len(taken)
        return Batch(
            messages=messages, missed=missed, cursor=place.cursor(), more=left > 0, left=left
        )

    def _resume(self, session: Session, opened: Opened, place: Place | None) -> Place:
        """Return where to go on: from the beginning if the messages were numbered anew."""
        if place is None or place.numbering.validity != opened.uidvalidity:
            return Place(numbering=Numbering(validity=opened.uidvalidity))
        went_back = opened.uidnext is not None and opened.uidnext <= place.uid
        if went_back or _is_another(session, place):
            epoch = place.numbering.epoch + 1
            return Place(numbering=replace(place.numbering, epoch=epoch))
        return place

    def fetch_ids(self, external_ids: Sequence[str]) -> Batch:
        """Return these messages again; ids of an earlier numbering have vanished.

        Raises:
            UnavailableError, AccessDeniedError: as for `fetch`.
        """
        return self._folder.call(lambda: self._fetch_ids(external_ids))

    def _fetch_ids(self, external_ids: Sequence[str]) -> Batch:
        self._folder.examine()
        uids = self._folder.uids(external_ids)
        gone = set(external_ids) - set(uids.values())
        missed = tuple(Missed(external_id=i, reason="vanished") for i in external_ids if i in gone)
        messages: tuple[RawMessage, ...] = ()
        described = self._reader.describe(list(uids))
        for load in self._reader.loads(list(uids), described):
            had, not_had = self._reader.read(load, described)
            messages, missed = messages + had, missed + not_had
        return Batch(messages=messages, missed=missed, cursor=Cursor(""))

    def check(self) -> int:
        """Sign in and open the folder for reading; return how many messages it holds.

        Raises:
            UnavailableError, AccessDeniedError: as for `fetch`.
        """
        return self._folder.call(lambda: self._folder.examine()[1].exists)

    def list_ids(self, since: datetime | None, *, cursor: Cursor | None = None) -> Sequence[str]:
        """Return the ids of what arrived since; some that came a day or two earlier as well.

        The server compares dates in its own time zone, so one day more is asked for. The cursor
        tells the epoch that ids bear.

        Raises:
            UnavailableError, AccessDeniedError: as for `fetch`.
        """
        return self._folder.call(lambda: self._list_ids(since, cursor))

    def _list_ids(self, since: datetime | None, cursor: Cursor | None) -> list[str]:
        session, opened = self._folder.examine()
        if (place := Place.parse(cursor)) is not None:
            self._folder.numbering = self._resume(session, opened, place).numbering
        day = since.date() - timedelta(days=1) if since else None
        uids = session.uids_from(opened, 1, since=day)
        return [self._folder.numbering.external_id(uid) for uid in uids]

    def to_come(self, cursor: Cursor | None, external_ids: Sequence[str]) -> set[str]:
        """Return those beyond the cursor: of a higher UID, or of another numbering."""
        place = Place.parse(cursor)
        if place is None:
            return set(external_ids)
        return {i for i in external_ids if not _is_within(Place.parse(i), place)}

    def mark_done(self, external_ids: Sequence[str]) -> None:
        r"""Flag or move messages, as configured; ids of another numbering are passed over.

        Where a server has neither MOVE nor UIDPLUS, messages are copied to `done_folder` and
        stay behind marked \Deleted.

        Raises:
            UnavailableError: as for `fetch`.
            AccessDeniedError: as for `fetch`, or the folder may only be read.
        """
        if self._when_done != "leave" and external_ids:
            self._folder.call(lambda: self._mark(external_ids))

    def _mark(self, external_ids: Sequence[str]) -> None:
        session, opened = self._folder.select()
        uids = list(self._folder.uids(external_ids))
        flag = self._done_flag if opened.keeps(self._done_flag) else "\\Flagged"
        for start in range(0, len(uids), MARKED_AT_ONCE):
            some = uids[start : start + MARKED_AT_ONCE]
            if self._when_done == "flag":
                session.flag(some, flag)
            elif there := sorted(session.present(some, "UNDELETED")):
                session.move(there, self._done_folder)

    def wait(self, timeout_s: float) -> bool:
        """Idle for up to `timeout_s` seconds; True as soon as something may have arrived.

        Every call first compares how far the folder reaches with what `fetch` saw, so nothing
        falls between a poll and the IDLE. Keep `timeout_s` below 600: firewalls cut connections
        that stay silent longer.

        Raises:
            UnavailableError, AccessDeniedError: as for `fetch`.
        """
        return self._ear.wait(timeout_s)

    def interrupt(self) -> None:
        """Make the `wait` under way return at once, or else the next one."""
        self._ear.interrupt()

    def close(self) -> None:
        """Let go of both connections; the next call opens them anew."""
        self._folder.close()
        self._ear.close()


def _is_within(one: Place | None, place: Place) -> bool:
    """Whether a message bears a UID up to that of a place, in the same numbering."""
    return one is not None and one.numbering == place.numbering and one.uid <= place.uid


def _is_another(session: Session, place: Place) -> bool:
    """Whether the last message taken has now arrived at another time: its UID was reused."""
    if not place.uid or place.arrived is None:
        return False
    try:
        arrived = _arrived(session.describe([place.uid]).get(place.uid))
    except RefusedError:
        return False
    return arrived is not None and arrived != place.arrived


def _arrived(described: Described | None) -> int | None:
    if described is None or described.arrived_at is None:
        return None
    return int(described.arrived_at.timestamp())
