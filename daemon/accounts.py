"""Who may sign in at the page: accounts, passwords, links to set one, and who is signed in.

Passwords are kept as Argon2 hashes; keys of sessions and links as SHA-256 of what is random
already. Whoever tries a name that is not there waits as long as for a wrong password, and is told
the same.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from daemon.model import EVERYTHING, Person, Reader, Right
from daemon.store import ConflictError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from daemon.model import Policy, Role
    from daemon.store import Store, Transaction
    from daemon.store.accounts import AccountRow, SignedIn
    from daemon.tokens import Signer

PASSWORD_CHARS: Final = (12, 200)
"""How long a password may be, both included."""
_NAME_CHARS: Final = 64
_KEY_BYTES: Final = 32
_SEEING: Final = frozenset({Right.SEE_ENQUIRIES, Right.SEE_REGISTERS})
_LOOK_AGAIN: Final = timedelta(minutes=1)
_HASHER: Final = PasswordHasher()  # the library's defaults: RFC 9106, low memory
_OF_NOBODY: Final = _HASHER.hash(secrets.token_urlsafe())


class AccountError(Exception):
    """What was asked cannot be done; the message is a sentence for whoever asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How long somebody stays signed in, and how long a link works."""

    idle: timedelta
    longest: timedelta
    link: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Accounts:
    """The use cases of signing in, over one store."""

    store: Store
    signer: Signer
    policy: Policy
    roles: Mapping[str, Role]
    limits: Limits
    clock: Callable[[], datetime]

    # What an administrator does

    def listed(self) -> list[AccountRow]:
        """Return every account by name."""
        with self.store.read() as tx:
            return tx.accounts()

    def add(
        self, name: str, *, display_name: str, address: str, roles: Sequence[str], by: str
    ) -> str:
        """Make an account; return the key of a link with which its owner sets a password.

        Raises:
            AccountError: the name or address is taken or no use, or there is no such role.
        """
        name, address = name.strip().lower(), address.strip().lower()
        display_name = " ".join(display_name.split())
        self._check(name, display_name, address, roles)
        try:
            with self.store.write() as tx:
                now = self.clock()
                account_id = tx.add_account(
                    name, display_name=display_name, address=address, roles=roles, now=now
                )
                self._audit(tx, "added", account_id, by=by, detail={"roles": list(roles)})
                return self._new_link(tx, account_id, now)
        except ConflictError:
            msg = f"There is an account {name}, or one with the address {address}, already."
            raise AccountError(msg) from None

    def _check(self, name: str, display_name: str, address: str, roles: Sequence[str]) -> None:
        if not name or len(name) > _NAME_CHARS or not name.isprintable() or " " in name:
            msg = f"Give a name to sign in with: at most {_NAME_CHARS} characters, no spaces."
            raise AccountError(msg)
        if not display_name or not display_name.isprintable():
            msg = "Give the name that stands beside what they do, such as Sam Okonedo."
            raise AccountError(msg)
        if not self.policy.directory.is_own(address):
            msg = f"{address or 'Nothing'} is no address of the office. Give a colleague's own."
            raise AccountError(msg)
        self._check_roles(roles)

    def _check_roles(self, roles: Sequence[str]) -> None:
        known = ", ".join(self.roles)
        if not roles:
            msg = f"Give at least one role. There are: {known}."
            raise AccountError(msg)
        for one in roles:
            if one not in self.roles:
                msg = f"There is no role {one!r} in desk.toml. There are: {known}."
                raise AccountError(msg)

    def set_roles(self, name: str, roles: Sequence[str], *, by: str) -> str:
        """Give an account other roles; whoever is signed in has them at the next click.

        Raises:
            AccountError: there is no such account or role, or nobody could set accounts any more.
        """
        self._check_roles(roles)
        with self.store.write() as tx:
            account = self._account(tx, name)
            if not self._manages(roles):
                self._refuse_last(tx, account)
            tx.change_account(account.id, roles=list(roles))
            detail = {"old": list(account.roles), "new": list(roles)}
            self._audit(tx, "roles_set", account.id, by=by, detail=detail)
            return f"{account.name} now has these roles: {', '.join(roles)}."

    def new_link(self, name: str, *, by: str) -> str:
        """Return the key of a link to set a new password; the old password ends, sessions too.

        Raises:
            AccountError: there is no such account, or it is switched off.
        """
        with self.store.write() as tx:
            account = self._account(tx, name)
            if account.disabled_at:
                msg = f"{account.name} is switched off. Switch it on first."
                raise AccountError(msg)
            tx.change_account(account.id, password_hash=None)
            tx.end_sessions_of(account.id)
            self._audit(tx, "link_made", account.id, by=by)
            return self._new_link(tx, account.id, self.clock())

    def switch(self, name: str, *, on: bool, by: str) -> str:
        """Switch an account off, signing its owner out everywhere, or on again.

        Raises:
            AccountError: there is no such account, it is so already, or nobody could set accounts.
        """
        with self.store.write() as tx:
            account = self._account(tx, name)
            if bool(account.disabled_at) != on:
                msg = f"{account.name} is switched {'on' if on else 'off'} already."
                raise AccountError(msg)
            if not on:
                self._refuse_last(tx, account)
                tx.end_sessions_of(account.id)
            tx.change_account(account.id, disabled_at=None if on else self.clock())
            self._audit(tx, "switched_on" if on else "switched_off", account.id, by=by)
            return f"{account.name} is switched {'on' if on else 'off'}."

    def _refuse_last(self, tx: Transaction, account: AccountRow) -> None:
        """Keep the last one who can set accounts from going: nobody could bring them back."""
        others = [one for one in tx.accounts() if one.id != account.id and not one.disabled_at]
        if self._manages(account.roles) and not any(self._manages(one.roles) for one in others):
            msg = f"{account.name} is the last account that can set accounts. Make another first."
            raise AccountError(msg)

    def _manages(self, roles: Sequence[str]) -> bool:
        return Right.MANAGE_ACCOUNTS in self._rights(roles)

    def _rights(self, roles: Sequence[str]) -> frozenset[Right]:
        return frozenset().union(*(self.roles[r].rights for r in roles if r in self.roles))

    def _account(self, tx: Transaction, name: str) -> AccountRow:
        account = tx.account(name.strip().lower())
        if account is None:
            msg = f"There is no account {name}."
            raise AccountError(msg)
        return account

    def _new_link(self, tx: Transaction, account_id: int, now: datetime) -> str:
        key = secrets.token_urlsafe(_KEY_BYTES)
        tx.change_account(account_id, link_hash=_hashed(key), link_until=now + self.limits.link)
        return key

    def _audit(
        self,
        tx: Transaction,
        what: str,
        account_id: int,
        *,
        by: str = "",
        detail: Mapping[str, object] | None = None,
    ) -> None:
        actor = self.signer.keyed_hash(by) if by else "software"
        subject = f"account:{account_id}"
        tx.audit(f"account_{what}", subject, at=self.clock(), actor=actor, detail=detail)

    # Setting a password

    def welcomed(self, key: str) -> str:
        """Return the name of the account that a link is for; "" where it does not work."""
        with self.store.read() as tx:
            account = self._by_link(tx, key)
            return account.name if account else ""

    def set_password(self, key: str, password: str) -> str:
        """Set a password with a link, which ends with it; return the account's name.

        Raises:
            AccountError: the link does not work any more, or the password will not do.
        """
        shortest, longest = PASSWORD_CHARS
        if not shortest <= len(password) <= longest:
            msg = f"Choose a password of {shortest} to {longest} characters: three words will do."
            raise AccountError(msg)
        hashed = _HASHER.hash(password)  # slow by design: outside of the transaction
        with self.store.write() as tx:
            account = self._by_link(tx, key)
            if account is None:
                msg = "This link does not work any more. Ask your administrator for a new one."
                raise AccountError(msg)
            if account.name in password.lower():
                msg = "Choose a password without your name in it."
                raise AccountError(msg)
            tx.change_account(account.id, password_hash=hashed, link_hash=None, link_until=None)
            tx.end_sessions_of(account.id)
            self._audit(tx, "password_set", account.id, by=account.display_name)
            return account.name

    def _by_link(self, tx: Transaction, key: str) -> AccountRow | None:
        account = tx.account_by_link(_hashed(key))
        if account is None or account.disabled_at or not account.link_until:
            return None
        return account if account.link_until > self.clock() else None

    # Signing in and out

    def sign_in(self, name: str, password: str) -> str | None:
        """Return the key of a new session; None where name and password are not right."""
        with self.store.read() as tx:
            account = tx.account(name.strip().lower())
        kept = account.password_hash if account and not account.disabled_at else None
        is_right = _verified(kept or _OF_NOBODY, password) and kept is not None
        if account is None or not is_right:
            self._refused(account)
            return None
        return self._begin(account, password=password)

    def sign_in_from(self, subject: str, address: str) -> str | None:
        """Return the key of a session for somebody whom the office's sign-in service vouches for.

        `subject` is who they are there, `address` their verified address. The first time they are
        known by the address, and bound to the subject from then on.
        """
        with self.store.read() as tx:
            account = tx.account_by_subject(subject)
            if account is None and address:
                account = tx.account_by_address(address.strip().lower())
        is_theirs = account is not None and account.subject in {None, subject}
        if account is None or account.disabled_at or not is_theirs:
            self._refused(account)
            return None
        return self._begin(account, subject=subject)

    def _refused(self, account: AccountRow | None) -> None:
        """Record it; of a name that is not there too, so that both take as long."""
        with self.store.write() as tx:
            self._audit(tx, "refused", account.id if account else 0)

    def _begin(self, account: AccountRow, *, password: str = "", subject: str = "") -> str:
        key, kept = secrets.token_urlsafe(_KEY_BYTES), account.password_hash
        is_weak = bool(password and kept and _HASHER.check_needs_rehash(kept))
        anew = _HASHER.hash(password) if is_weak else None
        with self.store.write() as tx:
            now = self.clock()
            tx.forget_sessions(
                began_before=now - self.limits.longest, seen_before=now - self.limits.idle
            )
            if anew:
                tx.change_account(account.id, password_hash=anew)
            if subject and account.subject is None:
                tx.change_account(account.id, subject=subject)
            tx.begin_session(_hashed(key), account_id=account.id, now=now)
            self._audit(tx, "signed_in", account.id, by=account.display_name)
        return key

    def who(self, key: str) -> Person | None:
        """Return who holds the key of a session that still lasts."""
        if not key:
            return None
        hashed = _hashed(key)
        with self.store.read() as tx:
            found = tx.signed_in(hashed)
        now = self.clock()
        if found is None or found.account.disabled_at or self._is_over(found, now):
            return None
        if now - found.seen_at > _LOOK_AGAIN:
            with self.store.write() as tx:
                tx.saw(hashed, now=now)
        return self._person(found.account)

    def _is_over(self, found: SignedIn, now: datetime) -> bool:
        return now - found.seen_at > self.limits.idle or now - found.began_at > self.limits.longest

    def _person(self, account: AccountRow) -> Person:
        roles = [self.roles[one] for one in account.roles if one in self.roles]
        rights = self._rights(account.roles)
        seeing = [r for r in roles if r.rights & _SEEING]
        own_only = bool(seeing) and all(r.own_teams_only for r in seeing)
        reader = Reader(
            address=account.address,
            teams=self._teams_of(account.address) if own_only else EVERYTHING.teams,
            sees_restricted=Right.SEE_RESTRICTED in rights,
        )
        return Person(
            account_id=account.id,
            name=account.display_name,
            address=account.address,
            rights=rights,
            reader=reader,
        )

    def _teams_of(self, address: str) -> frozenset[str]:
        """Return the teams that somebody answers for or works in."""
        return frozenset(
            team.id
            for team in self.policy.teams.values()
            if address in {team.holder, team.deputy, team.assistant_director, team.director}
        )

    def sign_out(self, key: str) -> None:
        """End a session."""
        with self.store.write() as tx:
            tx.end_session(_hashed(key))

    # What is new

    def looked_at(self, person: Person) -> datetime | None:
        """Return until when somebody has seen what is new; None: never."""
        with self.store.read() as tx:
            account = tx.account_by_id(person.account_id)
            return account.looked_at if account else None

    def has_looked(self, person: Person, *, until: datetime) -> None:
        """Note that somebody has seen what was new until then."""
        with self.store.write() as tx:
            tx.change_account(person.account_id, looked_at=min(until, self.clock()))


def _hashed(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def _verified(hashed: str, password: str) -> bool:
    try:
        return _HASHER.verify(hashed, password)
    except (VerificationError, InvalidHashError):
        return False
