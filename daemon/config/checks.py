"""What no single table can know: names used twice, teams that do not exist, shared folders.

The checks read the files as they lie there, so that a mistake in one table hides none in the
next. Whatever is missing or of the wrong type is passed over: the model reports it.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from daemon.config.errors import ConfigError
from daemon.config.fields import is_domain
from daemon.config.machine import names_a_server
from daemon.config.reading import did_you_mean
from daemon.config.sentences import entry_label
from daemon.model import Category, Criterion, InboxRole

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from daemon.config.files import Files

    Raw = Mapping[str, Mapping[str, Any]]

CALL_BACK: Final = "call-back"
PRESS: Final = "press"
SUGGESTED_FOR: Final = (*Category, *Criterion, PRESS, CALL_BACK)
_NAMED: Final = (
    ("inboxes.toml", "inbox", "name"),
    ("outlets.toml", "outlet", "name"),
    ("teams.toml", "team", "id"),
    ("stakeholders.toml", "mp_office", "id"),
    ("arrangements.toml", "arrangement", "id"),
    ("desk.toml", "role", "id"),
    ("daemon.toml", "oauth", "name"),
    ("social.toml", "account", "name"),
)
_TEAM_ADDRESSES: Final = ("mailbox", "holder", "deputy", "assistant_director", "director")
_PRINCIPALS: Final = ("ombudsman", "chief_executive", "alternate", "private_office")
_PEOPLE: Final = ("duty", "operators")
_OFFICE_ADDRESSES: Final = ("from_address", "bounce_address", "signed_address")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    """One table of a list, as it was written."""

    file: str
    label: str
    index: str
    table: Mapping[str, Any]

    def text(self, key: str) -> str:
        value = self.table.get(key)
        return value.strip() if isinstance(value, str) else ""

    def error(self, key: str, why: str) -> ConfigError:
        return ConfigError(file=self.file, key=f"{self.label}.{key}", why=why)


def check(raw: Raw, *, state: Path) -> list[ConfigError]:
    """Return every mistake that shows only between tables or files.

    `raw` is what the files hold, by file name; `state` the folder that relative paths begin at.
    """
    every: tuple[Callable[[Raw], Iterator[ConfigError]], ...] = (
        _names_used_twice,
        _keys_used_twice,
        _unknown_teams,
        _unknown_subjects,
        _unknown_outlets,
        _unknown_sign_ins,
        _foreign_addresses,
        _offices_that_overlap,
        _mailboxes_without_go_live,
        _machines_without_a_key,
        _turns_that_overlap,
        _accounts_in_the_way,
        _invitations_without_words,
    )
    found = [error for one in every for error in one(raw)]
    return [*found, *_shared_folders(raw, state), *_own_mail_read_again(raw, state)]


def _mailboxes_without_go_live(raw: Raw) -> Iterator[ConfigError]:
    """Yield mailboxes whose old mail would all be answered at the first start."""
    for inbox in _entries(raw, "inboxes.toml", "inbox"):
        enquiries = inbox.table.get("role", InboxRole.ENQUIRIES) == InboxRole.ENQUIRIES
        if inbox.table.get("kind") == "imap" and enquiries and "go_live" not in inbox.table:
            why = (
                "Say from when on mail is answered, such as go_live = 2026-04-01: without it"
                " everybody whose mail lies in the mailbox already would get an answer."
            )
            yield inbox.error("go_live", why)


def _machines_without_a_key(raw: Raw) -> Iterator[ConfigError]:
    """Yield the keys that are missing where several machines must sign alike."""
    tables = raw.get("daemon.toml", {})
    keys = _table(tables, "signing").get("keys", [])
    if keys == [] and names_a_server(_table(tables, "store").get("url")):
        why = (
            "With PostgreSQL every machine needs the same signing keys: each would make one of"
            ' its own and refuse the others\' tokens. Write keys = [{ id = "a", secret ='
            ' "file:signing-a" }].'
        )
        yield ConfigError(file="daemon.toml", key="signing.keys", why=why)


def _turns_that_overlap(raw: Raw) -> Iterator[ConfigError]:
    """Yield turns of duty on days that another turn has: nobody would know whose they are."""
    before: list[tuple[date, date, str]] = []
    for turn in _entries(raw, "teams.toml", "turn", within="duty"):
        first, last = turn.table.get("from"), turn.table.get("until")
        if not isinstance(first, date) or not isinstance(last, date):
            continue
        other = next((one for one in before if first <= one[1] and one[0] <= last), None)
        if other is not None:
            why = f"{other[2]} covers some of these days too. Give each day to one turn."
            yield turn.error("from", why)
        before.append((first, last, turn.label))


def warn(files: Files) -> Iterator[ConfigError]:
    """Yield what works, but is hardly meant."""
    if any(outlet.kind == "smtp" for outlet in files.outlets.outlet):
        yield from _unread_addresses(files)


def _unread_addresses(files: Files) -> Iterator[ConfigError]:
    office = files.office.office
    inboxes = files.inboxes.inbox
    if not any(i.role is InboxRole.BOUNCES and i.address == office.bounce_address for i in inboxes):
        why = 'No inbox of the role "bounces" reads this address: failures go unseen.'
        yield ConfigError(file="office.toml", key="office.bounce_address", why=why)
    if not any(inbox.address == office.signed_address for inbox in inboxes):
        why = "No inbox reads this address: answers to our notices go unseen."
        yield ConfigError(file="office.toml", key="office.signed_address", why=why)


def _entries(raw: Raw, file: str, key: str, within: str = "") -> list[_Entry]:
    tables = raw.get(file, {})
    listed = _table(tables, within).get(key) if within else tables.get(key)
    if not isinstance(listed, list):
        return []
    path = f"{within}.{key}" if within else key
    return [
        _Entry(
            file=file,
            label=path + entry_label(listed, number),
            index=f"{path}[{number + 1}]",
            table=entry,
        )
        for number, entry in enumerate(listed)
        if isinstance(entry, dict)
    ]


def _table(tables: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = tables.get(key)
    return found if isinstance(found, dict) else {}


def _texts(value: object) -> list[str]:
    listed = value if isinstance(value, list) else []
    return [one.strip().lower() for one in listed if isinstance(one, str)]


def _names_used_twice(raw: Raw) -> Iterator[ConfigError]:
    for file, table, key in _NAMED:
        yield from _repeats(_entries(raw, file, table), key)


def _keys_used_twice(raw: Raw) -> Iterator[ConfigError]:
    yield from _repeats(_entries(raw, "daemon.toml", "keys", within="signing"), "id")


def _repeats(entries: list[_Entry], key: str) -> Iterator[ConfigError]:
    first: dict[str, str] = {}
    for entry in entries:
        name = entry.text(key)
        if name and name in first:
            why = f"{first[name]} has the same {key}. Give each one of its own."
            yield ConfigError(file=entry.file, key=f"{entry.index}.{key}", why=why)
        first.setdefault(name, entry.index)


def _place(entry: _Entry, state: Path) -> tuple[str, ...]:
    """Return what makes a folder the same as another, whatever it is called here."""
    if entry.text("kind") == "maildir":
        path = entry.text("path")
        return ("maildir", os.path.normpath(state / path)) if path else ()
    folder = entry.text("folder") or "INBOX"
    if folder.upper() == "INBOX":  # RFC 9051 §5.1: in any case
        folder = "INBOX"
    host, username = entry.text("host").lower(), entry.text("username").lower()
    return ("imap", host, username, folder) if host and username else ()


def _shared_folders(raw: Raw, state: Path) -> Iterator[ConfigError]:
    first: dict[tuple[str, ...], _Entry] = {}
    for entry in _entries(raw, "inboxes.toml", "inbox"):
        place = _place(entry, state)
        if place and place in first:
            key = "path" if place[0] == "maildir" else "folder"
            other = first[place].label
            yield entry.error(key, f"{other} reads the same folder. Take one of the two out.")
        first.setdefault(place, entry)


def _own_mail_read_again(raw: Raw, state: Path) -> Iterator[ConfigError]:
    inboxes = _entries(raw, "inboxes.toml", "inbox")
    read = {_place(inbox, state): inbox.label for inbox in inboxes}
    for entry in _entries(raw, "outlets.toml", "outlet"):
        place = _place(entry, state) if entry.text("kind") == "maildir" else ()
        if place and place in read:
            why = f"{read[place]} reads this folder: what we send would come back. Choose another."
            yield entry.error("path", why)


def _accounts_in_the_way(raw: Raw) -> Iterator[ConfigError]:
    """Yield accounts whose inboxes or outlet bear a name that is taken, or that stand twice."""
    taken = {
        entry.text("name"): entry.label
        for file, table in (("inboxes.toml", "inbox"), ("outlets.toml", "outlet"))
        for entry in _entries(raw, file, table)
    }
    first: dict[tuple[str, str], str] = {}
    for account in _entries(raw, "social.toml", "account"):
        name = account.text("name")
        for one in (f"{name}-mentions", f"{name}-messages", f"{name}-answers"):
            if one in taken:
                yield account.error("name", f"{taken[one]} has the name {one}. Take another.")
        who = (account.text("network"), account.text("handle").lower())
        if all(who) and who in first:
            why = f"{first[who]} is the same account: it would be read twice."
            yield account.error("handle", why)
        first.setdefault(who, account.label)


def _invitations_without_words(raw: Raw) -> Iterator[ConfigError]:
    text = str(_table(raw.get("social.toml", {}), "invitation").get("text", "")).strip()
    for account in _entries(raw, "social.toml", "account"):
        if "invitations" in _texts(account.table.get("allow")) and not text:
            why = 'It allows "invitations", and [invitation] has no text to invite with.'
            yield account.error("allow", why)


def _unknown_teams(raw: Raw) -> Iterator[ConfigError]:
    teams = {entry.text("id") for entry in _entries(raw, "teams.toml", "team")} - {""}
    if not teams:
        return
    for table in ("routes", "suggestions"):
        for key, team in _table(raw.get("routes.toml", {}), table).items():
            if isinstance(team, str) and team not in teams:
                why = f"teams.toml has no team of this id.{did_you_mean(team, teams)}"
                yield ConfigError(file="routes.toml", key=f"{table}.{key}", why=why)


def _unknown_subjects(raw: Raw) -> Iterator[ConfigError]:
    for key in _table(raw.get("routes.toml", {}), "suggestions"):
        if key not in SUGGESTED_FOR:
            hint = did_you_mean(key, SUGGESTED_FOR)
            why = f'This is no category, no criterion, nor "{PRESS}" or "{CALL_BACK}".{hint}'
            yield ConfigError(file="routes.toml", key=f"suggestions.{key}", why=why)


def _unknown_sign_ins(raw: Raw) -> Iterator[ConfigError]:
    known = {entry.text("name") for entry in _entries(raw, "daemon.toml", "oauth")} - {""}
    for file, table in (("inboxes.toml", "inbox"), ("outlets.toml", "outlet")):
        for entry in _entries(raw, file, table):
            name = entry.text("oauth")
            if name and name not in known:
                why = (
                    f"There is no [[oauth]] of this name in daemon.toml.{did_you_mean(name, known)}"
                )
                yield entry.error("oauth", why)


def _unknown_outlets(raw: Raw) -> Iterator[ConfigError]:
    outlets = {entry.text("name") for entry in _entries(raw, "outlets.toml", "outlet")} - {""}
    if not outlets:
        return
    for key, outlet in _table(raw["outlets.toml"], "use").items():
        if isinstance(outlet, str) and outlet not in outlets:
            why = f"There is no [[outlet]] of this name.{did_you_mean(outlet, outlets)}"
            yield ConfigError(file="outlets.toml", key=f"use.{key}", why=why)
    for team in _entries(raw, "teams.toml", "team"):
        if team.text("outlet") and team.text("outlet") not in outlets:
            why = (
                f"There is no [[outlet]] of this name.{did_you_mean(team.text('outlet'), outlets)}"
            )
            yield team.error("outlet", why)
    used = _table(raw["outlets.toml"], "use").get("acknowledgements")
    for outlet in _entries(raw, "outlets.toml", "outlet"):
        if outlet.table.get("kind") == "imap" and outlet.text("name") == used:
            why = "An imap outlet lays mail into our own folders: no enquirer would get it."
            yield ConfigError(file="outlets.toml", key="use.acknowledgements", why=why)


def _foreign_addresses(raw: Raw) -> Iterator[ConfigError]:
    """Find addresses that must be the office's own and are not: mail would go to strangers."""
    tables = raw.get("office.toml", {})
    directory = _table(tables, "directory")
    domains = set(_texts(directory.get("own_domains")))
    addresses = set(_texts(directory.get("own_addresses")))
    if not domains or not all(is_domain(domain) for domain in domains):
        return  # everything else would look foreign
    for file, key, address in _must_be_own(raw):
        if address and address not in addresses and address.rpartition("@")[2] not in domains:
            why = (
                "This address is not the office's own. Correct it, or add it to own_addresses or"
                " its domain to own_domains in office.toml."
            )
            yield ConfigError(file=file, key=key, why=why)


def _must_be_own(raw: Raw) -> Iterator[tuple[str, str, str]]:
    office = _table(raw.get("office.toml", {}), "office")
    for key in _OFFICE_ADDRESSES:
        yield "office.toml", f"office.{key}", _address(office.get(key))
    for inbox in _entries(raw, "inboxes.toml", "inbox"):
        yield inbox.file, f"{inbox.label}.address", _address(inbox.text("address"))
    for team in _entries(raw, "teams.toml", "team"):
        for key in _TEAM_ADDRESSES:
            yield team.file, f"{team.label}.{key}", _address(team.text(key))
    yield from _people_own(raw)


def _people_own(raw: Raw) -> Iterator[tuple[str, str, str]]:
    """Yield every address of a colleague in teams.toml and arrangements.toml."""
    teams = raw.get("teams.toml", {})
    for table in _PEOPLE:
        yield from _listed_addresses("teams.toml", table, _table(teams, table).get("addresses"))
    duty, principals = _table(teams, "duty"), _table(teams, "principals")
    yield from _listed_addresses("teams.toml", "duty", duty.get("second"), "second")
    yield from _listed_addresses("teams.toml", "principals", principals.get("pack"), "pack")
    for key in _PRINCIPALS:
        yield "teams.toml", f"principals.{key}", _address(principals.get(key))
    yield from _entries_own(raw)


def _entries_own(raw: Raw) -> Iterator[tuple[str, str, str]]:
    for turn in _entries(raw, "teams.toml", "turn", within="duty"):
        for key in ("addresses", "second"):
            yield from _listed_addresses("teams.toml", turn.label, turn.table.get(key), key)
    for absence in _entries(raw, "teams.toml", "absence"):
        for key in ("person", "deputy"):
            yield absence.file, f"{absence.label}.{key}", _address(absence.text(key))
    for person in _entries(raw, "teams.toml", "person"):
        yield person.file, f"{person.label}.address", _address(person.text("address"))
    for one in _entries(raw, "arrangements.toml", "arrangement"):
        yield from _listed_addresses(one.file, one.label, one.table.get("watchers"), "watchers")


def _listed_addresses(
    file: str, label: str, listed: object, key: str = "addresses"
) -> Iterator[tuple[str, str, str]]:
    for number, address in enumerate(listed if isinstance(listed, list) else [], start=1):
        yield file, f"{label}.{key}[{number}]", _address(address)


def _address(value: object) -> str:
    return value.strip().lower() if isinstance(value, str) and "@" in value else ""


def _offices_that_overlap(raw: Raw) -> Iterator[ConfigError]:
    first: dict[str, str] = {}
    for office in _entries(raw, "stakeholders.toml", "mp_office"):
        for key in ("addresses", "domains"):
            for one in _texts(office.table.get(key)):
                if first.setdefault(one, office.label) != office.label:
                    why = f"{first[one]} has one of these too. An address belongs to one MP."
                    yield office.error(key, why)
