"""The directory of stakeholders as a table that an administrator replaces: stakeholders.csv.

One line for each MP with their office, committee Chair, clerk, address of the Commissioner, or
partner in ongoing engagement; read as Excel and others save it.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Final, Literal, cast, get_args

from pydantic import TypeAdapter, ValidationError

from daemon.config.errors import ConfigError
from daemon.config.fields import Domain, Line, MailAddress, Name
from daemon.config.reading import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

FILE: Final = "stakeholders.csv"
Kind = Literal["mp", "chair", "clerk", "ico", "engagement"]
KINDS: Final = get_args(Kind)
COLUMNS: Final = (
    *("id", "kind", "name", "body", "addresses", "domains"),
    *("from", "until", "note"),
)
_NEEDED: Final = ("id", "kind", "name")
_Wrong = Callable[[str, str], None]
_SHARED: Final = frozenset({"parliament.uk"})
_MOST_BYTES: Final = 20 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Stakeholder:
    """One line of the table."""

    id: str
    kind: Kind
    name: str
    body: str = ""  # constituency, committee or organisation
    addresses: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    from_on: date | None = None
    until_on: date | None = None  # the last day on which they are what the line says
    note: str = ""

    def is_known(self, day: date) -> bool:
        """Whether the line holds on a day."""
        begun = self.from_on is None or self.from_on <= day
        return begun and (self.until_on is None or day <= self.until_on)


def read_stakeholders(path: Path) -> tuple[tuple[Stakeholder, ...], list[ConfigError]]:
    """Return the lines of a table and every mistake in it; a missing file is an empty one."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return (), []
    except OSError as error:
        why = f"This file cannot be read ({error.strerror}). Give the daemon's user the right to."
        return (), [ConfigError(file=path.name, key="", why=why)]
    return parse_stakeholders(content, file=path.name)


def parse_stakeholders(
    content: bytes, *, file: str
) -> tuple[tuple[Stakeholder, ...], list[ConfigError]]:
    """Return the lines of a table and every mistake in it, by line and column."""
    if len(content) > _MOST_BYTES:
        why = "This file is too large to be a directory of people."
        return (), [ConfigError(file=file, key="", why=why)]
    text = _decoded(content)
    first = text.partition("\n")[0]
    delimiter = ";" if first.count(";") > first.count(",") else ","
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error as error:
        return (), [ConfigError(file=file, key="", why=f"This is no CSV table: {error}.")]
    if not rows:
        why = f"The first line names the columns: {', '.join(COLUMNS)}."
        return (), [ConfigError(file=file, key="", why=why)]
    head = [name.strip().lower() for name in rows[0]]
    errors = [*_wrong_columns(head, file)]
    if errors:
        return (), errors
    found: list[Stakeholder] = []
    for number, row in enumerate(rows[1:], start=2):
        if any(cell.strip() for cell in row):
            _read_line(dict(zip(head, row, strict=False)), f"line {number}", file, found, errors)
    errors += _repeated(found, file)
    return tuple(found), errors


def _decoded(content: bytes) -> str:
    """Return the text: UTF-8 with or without a mark, else as Excel saves it on Windows."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def _wrong_columns(head: Sequence[str], file: str) -> Iterable[ConfigError]:
    for name in head:
        if name and name not in COLUMNS:
            why = f"There is no column {name!r}.{did_you_mean(name, COLUMNS)}"
            yield ConfigError(file=file, key="line 1", why=why)
    for name in _NEEDED:
        if name not in head:
            why = f"The column {name!r} is missing. The columns are: {', '.join(COLUMNS)}."
            yield ConfigError(file=file, key="line 1", why=why)


def _read_line(
    row: Mapping[str, str],
    line: str,
    file: str,
    found: list[Stakeholder],
    errors: list[ConfigError],
) -> None:
    """Read one line into `found`, or say by column what is wrong with it."""
    cells = {key: (value or "").strip() for key, value in row.items()}
    mistakes: list[ConfigError] = []

    def wrong(column: str, why: str) -> None:
        mistakes.append(ConfigError(file=file, key=f"{line}, {column}", why=why))

    kind = cells.get("kind", "").lower()
    if kind not in KINDS:
        wrong("kind", f"Write one of these: {', '.join(KINDS)}.{did_you_mean(kind, KINDS)}")
    one = Stakeholder(
        id=_one(_NAME, cells, "id", wrong),
        kind=cast("Kind", kind),
        name=_one(_LINE, cells, "name", wrong),
        body=cells.get("body", ""),
        addresses=_many(_ADDRESS, cells, "addresses", wrong),
        domains=_many(_DOMAIN, cells, "domains", wrong),
        from_on=_day(cells, "from", wrong),
        until_on=_day(cells, "until", wrong),
        note=cells.get("note", ""),
    )
    if not one.addresses and not one.domains and not mistakes:
        wrong("addresses", "Say whom it is about: at least one address or domain.")
    if _SHARED.intersection(one.domains):
        wrong("domains", "Peers, clerks and staff write from parliament.uk too: list addresses.")
    if one.kind in {"chair", "clerk"} and one.domains:
        wrong("domains", "A Chair and a clerk are known by their addresses alone.")
    if one.from_on and one.until_on and one.until_on < one.from_on:
        wrong("until", "The last day lies before the first.")
    if mistakes:
        errors.extend(mistakes)
    else:
        found.append(one)


_NAME: Final = TypeAdapter(Name)
_LINE: Final = TypeAdapter(Line)
_ADDRESS: Final = TypeAdapter(MailAddress)
_DOMAIN: Final = TypeAdapter(Domain)


def _one(adapter: TypeAdapter[str], cells: Mapping[str, str], column: str, wrong: _Wrong) -> str:
    try:
        return adapter.validate_python(cells.get(column, ""))
    except ValidationError as error:
        wrong(column, _sentence(error))
        return ""


def _many(
    adapter: TypeAdapter[str], cells: Mapping[str, str], column: str, wrong: _Wrong
) -> tuple[str, ...]:
    """Return the values of a cell: parted by blanks, semicolons or line breaks."""
    values: list[str] = []
    for word in cells.get(column, "").replace(";", " ").replace(",", " ").split():
        try:
            values.append(adapter.validate_python(word))
        except ValidationError as error:
            wrong(column, _sentence(error))
    return tuple(values)


def _day(cells: Mapping[str, str], column: str, wrong: _Wrong) -> date | None:
    text = cells.get(column, "")
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        wrong(column, "Write a date such as 2026-11-30.")
        return None


def _sentence(error: ValidationError) -> str:
    return error.errors()[0]["msg"].removeprefix("Value error, ")


def _repeated(found: Sequence[Stakeholder], file: str) -> Iterable[ConfigError]:
    """Yield ids, and addresses of MPs, that stand in two lines."""
    ids: set[str] = set()
    owners: dict[str, str] = {}
    for one in found:
        if one.id in ids:
            why = "Two lines have this id: give each its own."
            yield ConfigError(file=file, key=one.id, why=why)
        ids.add(one.id)
        for known in (*one.addresses, *one.domains) if one.kind == "mp" else ():
            if owners.setdefault(known, one.id) != one.id:
                why = f"{owners[known]} has one of these addresses too. It belongs to one MP."
                yield ConfigError(file=file, key=one.id, why=why)


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """How one table differs from another, by id."""

    added: tuple[str, ...]
    gone: tuple[str, ...]
    changed: tuple[tuple[str, tuple[str, ...]], ...]  # id, and the columns
    ended: tuple[str, ...]  # got a last day, or an earlier one

    @property
    def is_empty(self) -> bool:
        """Whether both say the same."""
        return not (self.added or self.gone or self.changed)


def compare_stakeholders(before: Sequence[Stakeholder], after: Sequence[Stakeholder]) -> Difference:
    """Return what a new table would change."""
    old, new = {one.id: one for one in before}, {one.id: one for one in after}
    both = [key for key in new if key in old]
    fields = [name for name in Stakeholder.__slots__ if name != "id"]
    changed = {
        key: tuple(
            name.removesuffix("_on")
            for name in fields
            if getattr(old[key], name) != getattr(new[key], name)
        )
        for key in both
    }
    ended = [
        key
        for key in both
        if (last := new[key].until_on) is not None
        and ((was := old[key].until_on) is None or last < was)
    ]
    return Difference(
        added=tuple(key for key in new if key not in old),
        gone=tuple(key for key in old if key not in new),
        changed=tuple((key, what) for key, what in changed.items() if what),
        ended=tuple(ended),
    )
