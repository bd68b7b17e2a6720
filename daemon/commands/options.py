"""What commands share: their options, and having somebody do one thing of casework."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from daemon.app import load_templates, make_casework
from daemon.casework import CaseworkError
from daemon.startup import (
    EX_DATAERR,
    EX_TEMPFAIL,
    EX_USAGE,
    connect,
    fail,
    load_config,
    refusing,
    template_folders,
)
from daemon.store import StoreUnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable

    from daemon.casework import Casework
    from daemon.config import Config

T = TypeVar("T")

ConfigOption = Annotated[
    Path | None, typer.Option("--config", help="The config folder; the shipped one by default.")
]
StateOption = Annotated[
    Path | None, typer.Option("--state", help="The state folder; that of the config by default.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="For a program to read.")]
ByOption = Annotated[str, typer.Option("--by", help="Who does this: your name.")]
NoteOption = Annotated[str, typer.Option("--note", help="A few words for the record.")]
ReferenceArgument = Annotated[str, typer.Argument(metavar="REF", help="The enquiry's reference.")]


def act(
    what: str, reference: str, config: Path | None, state: Path | None, *, by: str, note: str
) -> None:
    """Do one thing of casework and say what came of it."""

    def doing(casework: Casework, by: str) -> str:
        return str(getattr(casework, what)(reference, by=by, note=note))

    do(load_config(config, state), doing, by=by)


def ask(config: Config, asking: Callable[[Casework], T]) -> T:
    """Look something up for somebody; nothing is recorded."""
    store = connect(config)
    with refusing():
        casework = make_casework(config, store, load_templates(*template_folders(config)))
    try:
        return asking(casework)
    except StoreUnavailableError as error:
        fail(EX_TEMPFAIL, str(error))


def do(config: Config, doing: Callable[[Casework, str], str], *, by: str) -> None:
    """Have somebody do something, and say what came of it."""
    if not by.strip():
        fail(EX_USAGE, "Say who you are with --by NAME: every act is recorded.")
    store = connect(config)
    with refusing():
        casework = make_casework(config, store, load_templates(*template_folders(config)))
    try:
        print(doing(casework, by.strip()))
    except CaseworkError as error:
        fail(EX_DATAERR, str(error))
    except StoreUnavailableError as error:
        fail(EX_TEMPFAIL, str(error))
