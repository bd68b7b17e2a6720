"""Who may sign in at the page, and who is signed in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import delete, select, update

from daemon.store import schema
from daemon.store.rows import Rows

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountRow:
    """An account as it stands."""

    id: int
    name: str
    display_name: str
    address: str
    roles: tuple[str, ...]
    password_hash: str | None
    link_until: datetime | None
    subject: str | None
    created_at: datetime
    disabled_at: datetime | None
    looked_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """Somebody who is signed in: since when, and when they were last seen."""

    account: AccountRow
    began_at: datetime
    seen_at: datetime


class Accounts(Rows):
    """Accounts and signed-in people; what is secret comes in as a hash."""

    def accounts(self) -> list[AccountRow]:
        """Return every account by name."""
        return self._accounts()

    def account(self, name: str) -> AccountRow | None:
        """Return the account of a name, lower case."""
        return self._one(schema.account.c.name == name)

    def account_by_id(self, account_id: int) -> AccountRow | None:
        """Return an account by its id."""
        return self._one(schema.account.c.id == account_id)

    def account_by_address(self, address: str) -> AccountRow | None:
        """Return the account of an address, lower case."""
        return self._one(schema.account.c.address == address)

    def account_by_subject(self, subject: str) -> AccountRow | None:
        """Return the account bound to somebody of the office's sign-in service."""
        return self._one(schema.account.c.subject == subject)

    def account_by_link(self, link_hash: str) -> AccountRow | None:
        """Return the account that a link to set a password was made for."""
        return self._one(schema.account.c.link_hash == link_hash)

    def _one(self, condition: ColumnElement[bool]) -> AccountRow | None:
        found = self._accounts(condition)
        return found[0] if found else None

    def _accounts(self, *conditions: ColumnElement[bool]) -> list[AccountRow]:
        row = schema.account.c
        query = select(
            *(row.id, row.name, row.display_name, row.address, row.roles, row.password_hash),
            *(row.link_until, row.subject, row.created_at, row.disabled_at, row.looked_at),
        )
        found = self.connection.execute(query.where(*conditions).order_by(row.name))
        return [AccountRow(**{**r._mapping, "roles": tuple(r.roles)}) for r in found]

    def add_account(
        self, name: str, *, display_name: str, address: str, roles: Sequence[str], now: datetime
    ) -> int:
        """Make an account that nobody can sign in with yet."""
        return self.insert(
            schema.account,
            name=name,
            display_name=display_name,
            address=address,
            roles=list(roles),
            created_at=now,
        )

    def change_account(self, account_id: int, **values: object) -> None:
        """Change columns of an account."""
        row = schema.account
        self.connection.execute(update(row).where(row.c.id == account_id).values(**values))

    def begin_session(self, key_hash: str, *, account_id: int, now: datetime) -> None:
        """Note that somebody has signed in."""
        self.add(
            schema.signed_in, key_hash=key_hash, account_id=account_id, began_at=now, seen_at=now
        )

    def signed_in(self, key_hash: str) -> SignedIn | None:
        """Return who holds a key."""
        row = schema.signed_in.c
        found = self.connection.execute(
            select(row.account_id, row.began_at, row.seen_at).where(row.key_hash == key_hash)
        ).one_or_none()
        if found is None:
            return None
        account = self.account_by_id(found.account_id)
        if account is None:  # pragma: no cover -- a foreign key says there is one
            return None
        return SignedIn(account=account, began_at=found.began_at, seen_at=found.seen_at)

    def saw(self, key_hash: str, *, now: datetime) -> None:
        """Note that somebody was seen."""
        row = schema.signed_in
        self.connection.execute(update(row).where(row.c.key_hash == key_hash).values(seen_at=now))

    def end_session(self, key_hash: str) -> None:
        """Forget a key."""
        row = schema.signed_in
        self.connection.execute(delete(row).where(row.c.key_hash == key_hash))

    def end_sessions_of(self, account_id: int) -> None:
        """Sign somebody out everywhere."""
        row = schema.signed_in
        self.connection.execute(delete(row).where(row.c.account_id == account_id))

    def forget_sessions(self, *, began_before: datetime, seen_before: datetime) -> None:
        """Forget who signed in, or was seen, too long ago."""
        row = schema.signed_in
        self.connection.execute(
            delete(row).where((row.c.began_at < began_before) | (row.c.seen_at < seen_before))
        )
