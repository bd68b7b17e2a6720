"""What commands share: their options, and having somebody do one thing of casework."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from daemon.app import load_templates, make_casework
from daemon.casework import CaseworkError
from daemon.deadlines import LONDON
from daemon.startup import (
    EX_DATAERR,
    EX_NOINPUT,
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
    from datetime import datetime

    from daemon.casework import Casework
    from daemon.config import Config

T = TypeVar("T")
_MOST_CHARS = 200_000

ConfigOption = Annotated[
    Path | None,
    typer.Option(
        "--config",
        envvar="ASSURANCE_CONFIG",
        help="The config folder; the shipped one by default.",
    ),
]
StateOption = Annotated[
    Path | None, typer.Option("--state", help="The state folder; that of the config by default.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="For a program to read.")]
ByOption = Annotated[str, typer.Option("--by", help="Who does this: your name.")]
NoteOption = Annotated[str, typer.Option("--note", help="A few words for the record.")]
ReferenceArgument = Annotated[str, typer.Argument(metavar="REF", help="The enquiry's reference.")]


def moment(at: datetime | None) -> str:
    """Write a time out for a list, in Europe/London; "" where there is none."""
    return f"{at.astimezone(LONDON):%d %B %Y %H:%M}" if at else ""


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
        fail(EX_DATAERR, f"{error} Run {error.command}." if error.command else str(error))
    except StoreUnavailableError as error:
        fail(EX_TEMPFAIL, str(error))


def read_words(name: str) -> str:
    """Return the words of a file, or of standard input for -."""
    try:
        content = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
    except OSError as error:
        fail(EX_NOINPUT, f"{name}: cannot be read ({error.strerror}).")
    try:
        words = content.decode("utf-8-sig").strip()
    except UnicodeDecodeError:
        fail(EX_DATAERR, f"{name}: is no UTF-8 text. Save it as such, or give a scan.")
    if not words:
        fail(EX_DATAERR, f"{name}: has no words in it.")
    if len(words) > _MOST_CHARS:
        fail(EX_DATAERR, f"{name}: is longer than {_MOST_CHARS} characters. Give it as a scan.")
    return words


def file_or_words(text: str) -> str:
    """Return the words of a file where one has that name; else the words themselves."""
    try:
        is_file = bool(text) and "\n" not in text and Path(text).is_file()
    except OSError:
        is_file = False
    return read_words(text) if is_file else text
