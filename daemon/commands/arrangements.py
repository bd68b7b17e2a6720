"""The commands on handling arrangements: add, list, review and end."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from daemon.commands.options import (
    ByOption,
    ConfigOption,
    JsonOption,
    StateOption,
    ask,
    do,
)
from daemon.console import harmless
from daemon.deadlines import london_date
from daemon.model import Arrangement, Handling
from daemon.startup import load_config

if TYPE_CHECKING:
    from daemon.casework import Casework

arrangement = typer.Typer(
    help="What was agreed for somebody who writes, or for a theme.", no_args_is_help=True
)
IdArgument = Annotated[str, typer.Argument(metavar="ID", help="Its id: no name, it is logged.")]
Texts = list[str] | None


@arrangement.command("add")
def add(
    arrangement_id: IdArgument,
    instruction: Annotated[str, typer.Option("--instruction", help="What was agreed.")],
    requested_by: Annotated[str, typer.Option("--requested-by", help="Who asked for it.")],
    by: ByOption,
    address: Annotated[Texts, typer.Option("--address", help="Of the writer; repeat it.")] = None,
    domain: Annotated[Texts, typer.Option("--domain", help="Of a whole office.")] = None,
    handle: Annotated[Texts, typer.Option("--handle", help="On X.")] = None,
    name: Annotated[Texts, typer.Option("--name", help="The writer's whole name.")] = None,
    case: Annotated[Texts, typer.Option("--case", help="A case's reference.")] = None,
    theme: Annotated[Texts, typer.Option("--theme", help="Words that stand together.")] = None,
    handling: Annotated[
        list[Handling] | None, typer.Option("--handling", help="What is asked for; repeat it.")
    ] = None,
    watcher: Annotated[Texts, typer.Option("--watcher", help="Who is told; repeat it.")] = None,
    engagement: Annotated[
        bool, typer.Option("--engagement", help="Part of ongoing stakeholder engagement.")
    ] = False,
    from_: Annotated[
        datetime | None,
        typer.Option("--from", formats=["%Y-%m-%d"], help="The first day."),
    ] = None,
    review: Annotated[
        datetime | None,
        typer.Option("--review", formats=["%Y-%m-%d"], help="When it is looked at again."),
    ] = None,
    until: Annotated[
        datetime | None, typer.Option("--until", formats=["%Y-%m-%d"], help="The last day.")
    ] = None,
    config: ConfigOption = None,
    state: StateOption = None,
) -> None:
    """Set an arrangement: what meets it goes to Customer Care first (guide §1.5)."""
    one = Arrangement(
        id=arrangement_id,
        addresses=_lower(address),
        domains=_lower(domain),
        handles=_lower(handle),
        names=tuple(name or ()),
        references=tuple(case or ()),
        themes=tuple(theme or ()),
        instruction=instruction,
        handling=tuple(handling or ()),
        watchers=_lower(watcher),
        requested_by=requested_by,
        engagement=engagement,
        from_on=_on(from_),
        review_on=_on(review),
        until_on=_on(until),
    )

    def doing(casework: Casework, by: str) -> str:
        return casework.set_arrangement(one, by=by)

    do(load_config(config, state), doing, by=by)


def _lower(texts: Texts) -> tuple[str, ...]:
    return tuple(one.strip().lower() for one in texts or ())


def _on(at: datetime | None) -> date | None:
    return at.date() if at else None


@arrangement.command("list")
def list_(
    config: ConfigOption = None, state: StateOption = None, as_json: JsonOption = False
) -> None:
    """List every arrangement, and say which are due for review."""
    loaded = load_config(config, state)
    found, today = ask(
        loaded, lambda casework: (casework.arrangements(), london_date(casework.clock()))
    )
    if as_json:
        rows = [{**asdict(one), "for_review": one.is_for_review(today)} for one in found]
        print(json.dumps(rows, default=str))
        return
    table = Table("Id", "About", "What was agreed", "Handling", "From", "Review", "Until", "")
    for one in found:
        about = (*one.addresses, *one.domains, *one.handles, *one.names)
        about += (*one.references, *one.themes)
        said = "lapsed" if one.is_lapsed(today) else "review" if one.is_for_review(today) else ""
        table.add_row(
            one.id,
            harmless(", ".join(about)),
            harmless(one.instruction),
            ", ".join(one.handling),
            *(str(day or "") for day in (one.from_on, one.review_on, one.until_on)),
            said,
        )
    Console().print(table)


@arrangement.command("review")
def review_(
    arrangement_id: IdArgument,
    by: ByOption,
    review: Annotated[
        datetime | None,
        typer.Option("--review", formats=["%Y-%m-%d"], help="The next review."),
    ] = None,
    until: Annotated[
        datetime | None, typer.Option("--until", formats=["%Y-%m-%d"], help="The last day.")
    ] = None,
    config: ConfigOption = None,
    state: StateOption = None,
) -> None:
    """Have an arrangement go on after you looked at it."""

    def doing(casework: Casework, by: str) -> str:
        return casework.review_arrangement(
            arrangement_id, review_on=_on(review), until_on=_on(until), by=by
        )

    do(load_config(config, state), doing, by=by)


@arrangement.command("end")
def end(
    arrangement_id: IdArgument,
    by: ByOption,
    config: ConfigOption = None,
    state: StateOption = None,
) -> None:
    """End an arrangement."""

    def doing(casework: Casework, by: str) -> str:
        return casework.end_arrangement(arrangement_id, by=by)

    do(load_config(config, state), doing, by=by)


def register(app: typer.Typer) -> None:
    """Give the command its parts."""
    app.add_typer(arrangement, name="arrangement")
