"""The commands on the directory of stakeholders: import another one, and list it."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from daemon.app import read_clock
from daemon.commands.options import ConfigOption, JsonOption, StateOption, do
from daemon.config.stakeholders import (
    FILE,
    Difference,
    Stakeholder,
    compare_stakeholders,
    parse_stakeholders,
    read_stakeholders,
)
from daemon.console import harmless
from daemon.deadlines import london_date
from daemon.startup import (
    EX_CONFIG,
    EX_DATAERR,
    EX_NOINPUT,
    EX_USAGE,
    config_folder,
    fail,
    load_config,
    say,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from daemon.casework import Casework

stakeholders = typer.Typer(
    help="MPs and their offices, Chairs, clerks, the Commissioner, and partners in engagement.",
    no_args_is_help=True,
)
_MOST_GONE = 3  # one in so many may go without --force


@stakeholders.command("import")
def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The new table, as CSV.")],
    by: Annotated[str, typer.Option("--by", help="Who does this: your name.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show the differences.")] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Also where more than a third would go.")
    ] = False,
    config: ConfigOption = None,
    state: StateOption = None,
    as_json: JsonOption = False,
) -> None:
    """Put another table in place of the one in use, and show what differs."""
    if not dry_run and not by.strip():
        fail(EX_USAGE, "Say who you are with --by NAME, or look first with --dry-run.")
    folder = config_folder(config)
    try:
        content = file.read_bytes()
    except OSError as error:
        fail(EX_NOINPUT, f"{file} cannot be read: {error.strerror}.")
    new, mistakes = parse_stakeholders(content, file=file.name)
    for mistake in mistakes:
        say(str(mistake))
    if mistakes:
        count = "1 mistake" if len(mistakes) == 1 else f"{len(mistakes)} mistakes"
        fail(EX_DATAERR, f"{count} in {file}. Nothing was changed.")
    old, _ = read_stakeholders(folder / FILE)
    found = compare_stakeholders(old, new)
    _show(found, new, as_json=as_json)
    if dry_run or found.is_empty:
        return
    if old and len(found.gone) * _MOST_GONE > len(old) and not force:
        fail(
            EX_DATAERR,
            f"{len(found.gone)} of {len(old)} would go: more than a third. If that is meant, run"
            " it again with --force.",
        )
    _replace(folder, content)
    loaded = load_config(config, state)

    def doing(casework: Casework, by: str) -> str:
        return casework.stakeholders_imported(
            added=len(found.added), gone=len(found.gone), changed=len(found.changed), by=by
        )

    do(loaded, doing, by=by)
    say("Restart the daemon, so that it reads the new table.")


def _replace(folder: Path, content: bytes) -> None:
    """Lay the new table into the config folder at once, and keep the old one beside it."""
    place = folder / FILE
    stamp = f"{read_clock():%Y%m%dT%H%M%SZ}"
    draft = folder / f".{FILE}.{stamp}"
    try:
        draft.write_bytes(content)
        with draft.open("rb") as written:
            os.fsync(written.fileno())
        if place.exists():
            draft.chmod(place.stat().st_mode & 0o777)
            (folder / f"{FILE}.{stamp}").write_bytes(place.read_bytes())
        draft.replace(place)
    except OSError as error:
        draft.unlink(missing_ok=True)
        fail(EX_CONFIG, f"{place} cannot be replaced: {error.strerror}. Nothing was changed.")


def _show(found: Difference, new: Sequence[Stakeholder], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps({"entries": len(new), **asdict(found)}))
        return
    for what, ids in (("New", found.added), ("Gone", found.gone), ("Ended", found.ended)):
        for one in ids:
            print(f"{what}: {one}")
    for one, columns in found.changed:
        print(f"Changed: {one} ({', '.join(columns)})")
    if found.is_empty:
        print("Both say the same.")


@stakeholders.command("list")
def list_(
    on: Annotated[
        datetime | None,
        typer.Option("--on", formats=["%Y-%m-%d"], help="Only who is known on that day."),
    ] = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the table in use."""
    found, mistakes = read_stakeholders(config_folder(config) / FILE)
    for mistake in mistakes:
        say(str(mistake))
    day: date = on.date() if on else london_date(read_clock())
    rows = [one for one in found if on is None or one.is_known(day)]
    if as_json:
        print(json.dumps([asdict(one) for one in rows], default=str))
        return
    table = Table("Id", "Kind", "Name", "Body", "Addresses and domains", "From", "Until")
    for one in rows:
        table.add_row(
            one.id,
            one.kind,
            harmless(one.name),
            harmless(one.body),
            harmless(" ".join((*one.addresses, *one.domains))),
            str(one.from_on or ""),
            str(one.until_on or ""),
        )
    Console().print(table)


def register(app: typer.Typer) -> None:
    """Give the command its parts."""
    app.add_typer(stakeholders, name="stakeholders")
