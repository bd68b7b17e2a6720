"""The commands on clocks: what stops, restarts, extends or starts one."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from daemon.commands.options import (
    ByOption,
    ConfigOption,
    NoteOption,
    ReferenceArgument,
    StateOption,
    do,
)
from daemon.deadlines import london_date
from daemon.model import ClockKind, FactKind
from daemon.startup import load_config

if TYPE_CHECKING:
    from daemon.casework import Casework

clock = typer.Typer(
    help="What stops, restarts, extends or starts the clock of an enquiry.",
    no_args_is_help=True,
)
OnOption = Annotated[
    datetime | None,
    typer.Option("--on", formats=["%Y-%m-%d"], help="The day it happened; today by default."),
]
KindOption = Annotated[
    ClockKind | None, typer.Option("--kind", help="Which of several clocks it is about.")
]
WhyOption = Annotated[str, typer.Option("--why", help="The reason, for the record.")]
WhatArgument = Annotated[
    FactKind,
    typer.Argument(metavar="WHAT", help="clarification, fees, identity or fee."),
]


@clock.command()
def stop(
    reference: ReferenceArgument,
    what: WhatArgument,
    why: WhyOption,
    by: ByOption,
    on: OnOption = None,
    kind: KindOption = None,
    config: ConfigOption = None,
    state: StateOption = None,
) -> None:
    """Something we need was asked for: the clock stands still."""

    def doing(casework: Casework, by: str) -> str:
        return casework.stop(reference, what, on=_day(on, casework), by=by, note=why, kind=kind)

    do(load_config(config, state), doing, by=by)


@clock.command()
def resume(
    reference: ReferenceArgument,
    what: WhatArgument,
    by: ByOption,
    on: OnOption = None,
    kind: KindOption = None,
    config: ConfigOption = None,
    state: StateOption = None,
    note: NoteOption = "",
) -> None:
    """What was asked for has come: the clock runs again."""

    def doing(casework: Casework, by: str) -> str:
        return casework.resume(reference, what, on=_day(on, casework), by=by, note=note, kind=kind)

    do(load_config(config, state), doing, by=by)


@clock.command()
def extend(
    reference: ReferenceArgument,
    to: Annotated[datetime, typer.Option("--to", formats=["%Y-%m-%d"], help="The new last day.")],
    why: WhyOption,
    by: ByOption,
    kind: KindOption = None,
    config: ConfigOption = None,
    state: StateOption = None,
) -> None:
    """Extend a clock, within the bounds of its law."""

    def doing(casework: Casework, by: str) -> str:
        return casework.extend(reference, to=to.date(), by=by, note=why, kind=kind)

    do(load_config(config, state), doing, by=by)


@clock.command()
def start(
    reference: ReferenceArgument,
    kind: Annotated[ClockKind, typer.Argument(metavar="KIND", help="Such as dpa-complaint.")],
    why: WhyOption,
    by: ByOption,
    on: OnOption = None,
    config: ConfigOption = None,
    state: StateOption = None,
) -> None:
    """Start a clock that you see and the software did not."""

    def doing(casework: Casework, by: str) -> str:
        return casework.start(reference, kind, on=_day(on, casework), by=by, note=why)

    do(load_config(config, state), doing, by=by)


def _day(on: datetime | None, casework: Casework) -> date:
    return on.date() if on else london_date(casework.clock())


def register(app: typer.Typer) -> None:
    """Give the command its parts."""
    app.add_typer(clock, name="clock")
