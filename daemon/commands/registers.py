"""The command that lists a register."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from daemon.app import read_clock
from daemon.commands.options import ConfigOption, JsonOption, StateOption
from daemon.console import harmless
from daemon.deadlines import london_date
from daemon.registers import LISTS, RegisterTable, table_of
from daemon.startup import EX_TEMPFAIL, EX_USAGE, connect, fail, load_config
from daemon.store import StoreUnavailableError
from daemon.store.registers import Filter


def list_register(
    register: Annotated[str, typer.Argument(metavar="REGISTER", help="Such as mp-oversight.")],
    everything: Annotated[bool, typer.Option("--all", help="Also what is closed.")] = False,
    overdue: Annotated[bool, typer.Option("--overdue", help="Only what is overdue.")] = False,
    team: Annotated[str, typer.Option("--team", help="Only what this team has.")] = "",
    about: Annotated[
        str, typer.Option("--about", help="A part of a name, address, subject or reference.")
    ] = "",
    reader: Annotated[
        str, typer.Option("--for", help="Whose eyes it is for: what is about them is left out.")
    ] = "",
    config: ConfigOption = None,
    state: StateOption = None,
    as_json: JsonOption = False,
) -> None:
    """List a register, overdue first; or the decisions wanted, or the meeting's actions."""
    if register not in LISTS:
        fail(EX_USAGE, f"There is no list {register!r}. Known: {', '.join(LISTS)}.")
    loaded = load_config(config, state)
    store = connect(loaded)
    now = read_clock()
    wanted = Filter(
        open_only=not everything,
        overdue_on=london_date(now) if overdue else None,
        team=team,
        about=about,
    )
    try:
        with store.read() as tx:
            found = table_of(
                tx, register, loaded.policy, now=now, reader=reader.lower(), wanted=wanted
            )
    except StoreUnavailableError as error:
        fail(EX_TEMPFAIL, str(error))
    if as_json:
        print(json.dumps(_as_json(found)))
        return
    if found.rows:
        Console().print(_as_table(found))
    else:  # a table without rows would be an empty line
        print(f"{found.title}: nothing that fits.")
    if found.restricted:
        count = found.restricted
        print(f"{count} restricted {'entry is' if count == 1 else 'entries are'} not shown.")


def _as_json(found: RegisterTable) -> dict[str, object]:
    entries = [dict(zip(found.columns, row, strict=True)) for row in found.rows]
    said = asdict(found)
    return {
        "register": said["id"],
        "title": said["title"],
        "entries": entries,
        "overdue": len(found.overdue),
        "restricted": found.restricted,
    }


def _as_table(found: RegisterTable) -> Table:
    """Return the columns that hold something, as a table."""
    used = [n for n in range(len(found.columns)) if any(row[n] for row in found.rows)]
    title = f"{found.title}: {len(found.rows)}, overdue {len(found.overdue)}"
    table = Table(*(found.columns[n] for n in used), title=title, title_justify="left")
    for number, row in enumerate(found.rows):
        cells = [harmless("" if row[n] is None else str(row[n])) for n in used]
        table.add_row(*cells, style="bold" if number in found.overdue else None)
    return table


def register(app: typer.Typer) -> None:
    """Give the command its part."""
    app.command("list")(list_register)
