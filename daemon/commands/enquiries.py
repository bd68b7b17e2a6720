"""The commands on one enquiry: replied, close, confirm, release, correct."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from daemon.app import load_templates, make_revision
from daemon.casework import Correction
from daemon.commands.options import (
    ByOption,
    ConfigOption,
    NoteOption,
    ReferenceArgument,
    StateOption,
    act,
    do,
)
from daemon.model import Category, Criterion, Source
from daemon.startup import load_config, refusing, templates_folder

if TYPE_CHECKING:
    from daemon.casework import Casework


def replied(
    reference: ReferenceArgument,
    by: ByOption,
    config: ConfigOption = None,
    state: StateOption = None,
    note: NoteOption = "",
) -> None:
    """Record that somebody has replied: every clock of the enquiry ends."""
    act("replied", reference, config, state, by=by, note=note)


def close_command(
    reference: ReferenceArgument,
    by: ByOption,
    config: ConfigOption = None,
    state: StateOption = None,
    note: NoteOption = "",
) -> None:
    """Close an enquiry."""
    act("close", reference, config, state, by=by, note=note)


def confirm(
    reference: ReferenceArgument,
    by: ByOption,
    config: ConfigOption = None,
    state: StateOption = None,
    note: NoteOption = "",
) -> None:
    """Confirm that you look after somebody who may be at risk: the alert stops climbing."""
    act("confirm", reference, config, state, by=by, note=note)


def release(
    reference: ReferenceArgument,
    by: ByOption,
    config: ConfigOption = None,
    state: StateOption = None,
    note: NoteOption = "",
) -> None:
    """Let a held acknowledgement go."""
    act("release", reference, config, state, by=by, note=note)


def correct(  # noqa: PLR0913, PLR0917 -- a person names what is wrong; typer reads the signature
    reference: ReferenceArgument,
    by: ByOption,
    category: Annotated[
        Category | None, typer.Option("--category", help="What the writer mainly wants.")
    ] = None,
    source: Annotated[Source | None, typer.Option("--source", help="Who wrote.")] = None,
    routine: Annotated[
        bool | None,
        typer.Option("--routine/--not-routine", help="Whether an MP just passes a complaint on."),
    ] = None,
    add: Annotated[
        list[Criterion] | None, typer.Option("--add", help="A criterion that it meets.")
    ] = None,
    drop: Annotated[
        list[Criterion] | None, typer.Option("--drop", help="A criterion that it does not meet.")
    ] = None,
    message: Annotated[
        int | None, typer.Option("--message", help="Which of its messages; the first by default.")
    ] = None,
    config: ConfigOption = None,
    state: StateOption = None,
    note: NoteOption = "",
) -> None:
    """Say what an enquiry is: route, registers and clocks follow, and the next model learns."""
    change = Correction(
        category=category,
        source=source,
        routine=routine,
        add=frozenset(add or ()),
        drop=frozenset(drop or ()),
        message_id=message,
    )
    loaded = load_config(config, state)
    with refusing():
        revision = make_revision(loaded, load_templates(templates_folder(loaded)))

    def doing(casework: Casework, by: str) -> str:
        return casework.correct(reference, change, by=by, revision=revision, note=note)

    do(loaded, doing, by=by)


def register(app: typer.Typer) -> None:
    """Give the command its parts."""
    app.command()(replied)
    app.command("close")(close_command)
    for one in (confirm, release, correct):
        app.command()(one)
