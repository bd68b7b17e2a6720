"""The command that makes the monthly pack."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from daemon.app import load_templates, make_packer, read_clock
from daemon.commands.options import ConfigOption, JsonOption, StateOption
from daemon.deadlines import london_date
from daemon.pack import Month, parse_month
from daemon.pack.packing import enclosures
from daemon.startup import (
    EX_TEMPFAIL,
    EX_USAGE,
    connect,
    fail,
    load_config,
    refusing,
    template_folders,
)
from daemon.store import StoreUnavailableError


def pack(
    month: Annotated[
        str, typer.Option("--month", help="Such as 2026-11; this month by default.")
    ] = "",
    reader: Annotated[
        str, typer.Option("--for", help="Whose eyes it is for: what is about them is counted.")
    ] = "",
    out: Annotated[
        Path, typer.Option("--out", help="The folder the files go to; made if need be.")
    ] = Path(),
    config: ConfigOption = None,
    state: StateOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make the pack for the monthly meeting: a workbook and a page with the same figures."""
    loaded = load_config(config, state)
    today = london_date(read_clock())
    try:
        wanted = parse_month(month) if month else Month(today.year, today.month)
    except ValueError as error:
        fail(EX_USAGE, str(error))
    store = connect(loaded)
    with refusing():
        packer = make_packer(loaded, store, load_templates(*template_folders(loaded)))
    try:
        figures, book, page = packer.made(wanted, reader=reader.strip().lower())
        out.mkdir(parents=True, exist_ok=True)
        paths = []
        for one in enclosures(figures, book, page):
            path = out / one.name
            path.write_bytes(one.content)
            path.chmod(0o600)  # it holds people's letters
            paths.append(str(path))
    except StoreUnavailableError as error:
        fail(EX_TEMPFAIL, str(error))
    except OSError as error:
        fail(EX_USAGE, f"The pack cannot be written into {out}: {error.strerror}.")
    tables = (figures.decisions, figures.actions, *figures.registers)
    if as_json:
        said = {
            "month": str(wanted),
            "files": paths,
            "standing": dict(figures.standing),
            "tables": {
                table.id: {
                    "rows": len(table.rows),
                    "overdue": len(table.overdue),
                    "restricted": table.restricted,
                }
                for table in tables
            },
        }
        print(json.dumps(said))
        return
    for path_ in paths:
        print(path_)
    decisions, actions = len(figures.decisions.rows), len(figures.actions.rows)
    print(f"{figures.overdue} overdue, {decisions} decisions wanted, {actions} actions open.")


def register(app: typer.Typer) -> None:
    """Give the command its part."""
    app.command("pack")(pack)
