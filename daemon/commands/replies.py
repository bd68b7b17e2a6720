"""The command on a reply that was seen: it was none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from daemon.commands.options import (
    ByOption,
    ConfigOption,
    NoteOption,
    ReferenceArgument,
    StateOption,
    act,
)

if TYPE_CHECKING:
    import typer


def not_replied(
    reference: ReferenceArgument,
    by: ByOption,
    config: ConfigOption = None,
    state: StateOption = None,
    note: NoteOption = "",
) -> None:
    """Say that the mail that was seen was no reply: clocks and reminders go on."""
    act("not_replied", reference, config, state, by=by, note=note)


def register(app: typer.Typer) -> None:
    """Give the command its parts."""
    app.command("not-replied")(not_replied)
