"""The command that says how it stands with everything, in words and for machines."""

from __future__ import annotations

import json
import os
import socket
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from rich.console import Console

from daemon.app import ask, connect_store, read_clock
from daemon.commands.options import ConfigOption, JsonOption, StateOption
from daemon.config import ConfigErrors, load, whereabouts
from daemon.health import Level, Part, Report, as_json
from daemon.health.common import when
from daemon.health.kept import kept_reports
from daemon.startup import EX_OK, EX_UNAVAILABLE, config_folder
from daemon.store import SchemaError, StoreUnavailableError

if TYPE_CHECKING:
    from daemon.config import Config

_MARKS = {Level.WELL: "[green]well[/]", Level.WARNING: "[yellow]look[/]"}
_WRONG = "[bold red]trouble[/]"


def status(
    config: ConfigOption = None, state: StateOption = None, as_json_: JsonOption = False
) -> None:
    """Say how it stands: inboxes, outlets, letters, database, disk, clock. 69 where trouble is."""
    folder = config_folder(config)
    try:
        loaded = load(folder, env=os.environ, state_dir=state)
    except ConfigErrors as found:
        # A daemon may well go on with the config of before: ask it all the same.
        where, listens = whereabouts(folder, env=os.environ, state_dir=state)
        own = ask(listens, where)
        reports, missing = [own] if own else [], _refused(found)
    else:
        reports, why = _reports(loaded)
        missing = _missing(loaded, reports, why)
    level = max([*(r.level for r in reports), *(p.level for p in missing)], default=Level.TROUBLE)
    if as_json_:
        rows: dict[str, Any] = {
            "level": level.word,
            "daemons": [as_json(one) for one in reports],
            "missing": [{"name": p.name, "why": p.why, "do": p.do} for p in missing],
        }
        print(json.dumps(rows))
    else:
        _show(reports, missing)
    raise typer.Exit(EX_UNAVAILABLE if level is Level.TROUBLE else EX_OK)


def _reports(config: Config) -> tuple[list[Report], str]:
    """Return what the daemons say of themselves, and why the store could not be asked, or ""."""
    own = ask(config.health, config.state_dir)
    found = {own.pid: own} if own else {}
    try:
        store = connect_store(config)
        store.check()
        kept = [one for one in kept_reports(store, read_clock()) if not _has_ended(one)]
    except (StoreUnavailableError, SchemaError, OSError, ValueError) as error:
        return list(found.values()), str(error)
    for one in kept:
        if own is None or (one.host, one.pid) != (own.host, own.pid):
            found[hash((one.host, one.pid))] = one
    return list(found.values()), ""


def _refused(found: ConfigErrors) -> list[Part]:
    """Return that the config has mistakes, by file and key."""
    return [
        Part(
            name="config",
            label="Config",
            level=Level.TROUBLE,
            why=str(error),
            do="Correct it, run assurance check, then systemctl reload assurance.",
        )
        for error in found.errors
    ]


def _has_ended(report: Report) -> bool:
    """Whether a daemon of this machine was killed since; of another machine nothing is known."""
    return report.host == socket.gethostname() and not Path(f"/proc/{report.pid}").exists()


def _missing(config: Config, reports: list[Report], why: str) -> list[Part]:
    """Return what no daemon tells of: that none runs, or an inbox that none watches."""
    if not reports:
        return [
            Part(
                name="daemon",
                label="Daemon",
                level=Level.TROUBLE,
                why="No daemon runs: nobody watches the inboxes, and nothing is sent."
                + (f" And: {why}" if why else ""),
                do="systemctl status assurance, then systemctl start assurance.",
            )
        ]
    told = {part.name for report in reports for part in report.parts}
    old = min(report.started_at for report in reports)
    if read_clock() - old < timedelta(minutes=2):
        return []
    return [
        Part(
            name=f"inbox:{one.name}",
            label=f"Inbox {one.name}",
            level=Level.TROUBLE,
            why="No daemon watches it.",
            do="If it is new in the config: systemctl reload assurance.",
        )
        for one in config.inboxes
        if f"inbox:{one.name}" not in told
    ]


def _show(reports: list[Report], missing: list[Part]) -> None:
    console = Console(highlight=False, soft_wrap=True)
    for report in reports:
        console.print(
            f"[bold]Daemon on {report.host}[/] (process {report.pid}, version {report.version}),"
            f" running since {when(report.started_at)}, as of {when(report.at)}"
        )
        for part in sorted(report.parts, key=lambda one: -one.level):
            _show_part(console, part)
    for part in missing:
        _show_part(console, part)


def _show_part(console: Console, part: Part) -> None:
    mark = _MARKS.get(part.level, _WRONG)
    since = f" Since {when(part.since_at)}." if part.since_at and part.level else ""
    console.print(f"  {mark}  {part.label}: ", end="")
    console.print(f"{part.why}{since}", markup=False)
    if part.level and part.do:
        console.print(f"           {part.do}", markup=False)


def register(app: typer.Typer) -> None:
    """Give the command its part."""
    app.command()(status)
