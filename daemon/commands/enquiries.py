"""The commands on one enquiry: who has it, how far it has got, and how it ends."""

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
    read_words,
)
from daemon.model import Category, Criterion, Source
from daemon.startup import load_config, refusing, template_folders

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
    usual: Annotated[
        bool, typer.Option("--usual", help="The general text, not the one for somebody at risk.")
    ] = False,
    config: ConfigOption = None,
    state: StateOption = None,
    note: NoteOption = "",
) -> None:
    """Let a held acknowledgement go."""

    def doing(casework: Casework, by: str) -> str:
        return casework.release(reference, by=by, note=note, usual=usual)

    do(load_config(config, state), doing, by=by)


def write(
    reference: ReferenceArgument,
    words: Annotated[
        str, typer.Argument(metavar="FILE", help="A text file, or - for standard input.")
    ],
    by: ByOption,
    config: ConfigOption = None,
    state: StateOption = None,
    note: NoteOption = "",
) -> None:
    """Put your own words into a held acknowledgement, in place of its opening."""
    loaded = load_config(config, state)
    text = read_words(words)
    with refusing():
        revision = make_revision(loaded, load_templates(*template_folders(loaded)))

    def doing(casework: Casework, by: str) -> str:
        return casework.write(reference, text, by=by, revision=revision, note=note)

    do(loaded, doing, by=by)


def correct(
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
        revision = make_revision(loaded, load_templates(*template_folders(loaded)))

    def doing(casework: Casework, by: str) -> str:
        return casework.correct(reference, change, by=by, revision=revision, note=note)

    do(loaded, doing, by=by)


def posted(
    reference: ReferenceArgument,
    by: ByOption,
    config: ConfigOption = None,
    state: StateOption = None,
    note: NoteOption = "",
) -> None:
    """Record that the letter of an acknowledgement has gone by post."""
    act("posted", reference, config, state, by=by, note=note)


def assign(
    reference: ReferenceArgument,
    to: Annotated[str, typer.Option("--to", help="The id of the team, as in teams.toml.")],
    by: ByOption,
    person: Annotated[
        str, typer.Option("--person", help="A colleague's address: they are reminded.")
    ] = "",
    config: ConfigOption = None,
    state: StateOption = None,
    note: NoteOption = "",
) -> None:
    """Give an enquiry to a team, or to one colleague of it."""

    def doing(casework: Casework, by: str) -> str:
        return casework.assign(reference, to=to, person=person, by=by, note=note)

    do(load_config(config, state), doing, by=by)


def update(
    reference: ReferenceArgument,
    by: ByOption,
    note: Annotated[str, typer.Option("--note", help="How far it has got.")],
    config: ConfigOption = None,
    state: StateOption = None,
) -> None:
    """Record how far an enquiry has got: the next update is due anew."""
    act("update", reference, config, state, by=by, note=note)


def note_command(
    reference: ReferenceArgument,
    by: ByOption,
    note: Annotated[str, typer.Option("--note", help="The words.")],
    config: ConfigOption = None,
    state: StateOption = None,
) -> None:
    """Write a few words onto an enquiry."""
    act("note", reference, config, state, by=by, note=note)


def reopen(
    reference: ReferenceArgument,
    by: ByOption,
    config: ConfigOption = None,
    state: StateOption = None,
    note: NoteOption = "",
) -> None:
    """Open an enquiry again: its clocks run on with the dates they had."""
    act("reopen", reference, config, state, by=by, note=note)


def merge(
    reference: ReferenceArgument,
    into: Annotated[str, typer.Option("--into", help="The enquiry that it is a part of.")],
    by: ByOption,
    config: ConfigOption = None,
    state: StateOption = None,
    note: NoteOption = "",
) -> None:
    """Make an enquiry a part of another one."""

    def doing(casework: Casework, by: str) -> str:
        return casework.merge(reference, into=into, by=by, note=note)

    do(load_config(config, state), doing, by=by)


def split(
    reference: ReferenceArgument,
    message: Annotated[int, typer.Option("--message", help="The message, as `show` has it.")],
    by: ByOption,
    config: ConfigOption = None,
    state: StateOption = None,
    note: NoteOption = "",
) -> None:
    """Give a further message an enquiry of its own."""
    loaded = load_config(config, state)
    with refusing():
        revision = make_revision(loaded, load_templates(*template_folders(loaded)))

    def doing(casework: Casework, by: str) -> str:
        return casework.split(reference, message_id=message, by=by, revision=revision, note=note)

    do(loaded, doing, by=by)


def register(app: typer.Typer) -> None:
    """Give the command its parts."""
    app.command()(replied)
    app.command("close")(close_command)
    app.command("note")(note_command)
    for one in (confirm, release, write, posted, correct, assign, update, reopen, merge, split):
        app.command()(one)
