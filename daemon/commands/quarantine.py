"""The commands on what could not be read: list, show, retry, export."""

from __future__ import annotations

import json
import os
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from daemon.app import load_templates, make_quarantine
from daemon.commands.learning import judge_of
from daemon.commands.options import ByOption, ConfigOption, JsonOption, StateOption, moment
from daemon.quarantine import QuarantineError
from daemon.startup import (
    EX_CANTCREAT,
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
    from collections.abc import Iterator

    from daemon.quarantine import Quarantine, Retried
    from daemon.store.quarantine import Quarantined

quarantine = typer.Typer(help="Messages that could not be read.", no_args_is_help=True)

NumberArgument = Annotated[
    int, typer.Argument(metavar="NUMBER", help="Of the message, as `quarantine list` has it.")
]
_SHOWN = 20


@contextmanager
def _opened(config: Path | None, state: Path | None) -> Iterator[Quarantine]:
    """Give the quarantine; what goes wrong with it ends the command with a sentence."""
    loaded = load_config(config, state)
    store = connect(loaded)
    with refusing():
        templates = load_templates(*template_folders(loaded))
        found = make_quarantine(loaded, store, templates, judge_of(loaded).classifier)
    try:
        yield found
    except QuarantineError as error:
        fail(EX_DATAERR, str(error))
    except StoreUnavailableError as error:
        fail(EX_TEMPFAIL, str(error))
    finally:
        store.close()


@quarantine.command("list")
def list_command(
    config: ConfigOption = None, state: StateOption = None, as_json: JsonOption = False
) -> None:
    """List what could not be read, and why."""
    with _opened(config, state) as opened:
        count, found = opened.listed(limit=1000 if as_json else _SHOWN)
    if as_json:
        print(json.dumps({"count": count, "messages": [_plain(one) for one in found]}))
        return
    if not count:
        print("Nothing is in quarantine.")
        return
    for one in found:
        print(f"{one.number:>8}  {moment(one.received_at)}  {one.inbox:20}  {one.reason}")
    if count > len(found):
        print(f"… and {count - len(found)} more: assurance quarantine list --json")


@quarantine.command("show")
def show(
    number: NumberArgument,
    config: ConfigOption = None,
    state: StateOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what is known of one of them; its words stay where they are."""
    with _opened(config, state) as opened:
        one = opened.one(number).about
    if as_json:
        print(json.dumps(_plain(one)))
        return
    print(f"Number:   {one.number}")
    print(f"Inbox:    {one.inbox}{'' if one.inbox in opened.inboxes else ' (not configured)'}")
    print(f"Received: {moment(one.received_at)}")
    print(f"Size:     {one.size} bytes{'' if one.complete else ', of which the beginning is kept'}")
    print(f"Why:      {one.reason}")
    print(f"\nTo read it: assurance quarantine export {one.number} FILE")
    print(f"To try it anew: assurance quarantine retry {one.number} --by NAME")


@quarantine.command("retry")
def retry(
    by: ByOption,
    numbers: Annotated[
        list[int] | None, typer.Argument(metavar="NUMBER…", help="Which; all if left out.")
    ] = None,
    config: ConfigOption = None,
    state: StateOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take in anew what can be read by now; what cannot stays as it is.

    Ends with 65 where something stays.
    """
    if not by.strip():
        fail(EX_USAGE, "Say who you are with --by NAME: every act is recorded.")
    with _opened(config, state) as opened:
        if numbers:
            done = [opened.retry(one, by=by.strip()) for one in numbers]
        else:
            done = opened.retry_all(by=by.strip())
        left, _ = opened.listed(limit=0)
    if as_json:
        print(json.dumps({"tried": [_became(one) for one in done], "left": left}))
    else:
        for one in done:
            print(_said(one))
        print(f"In quarantine: {left}.")
    stays = any(not one.is_out for one in done) if numbers else left > 0
    raise typer.Exit(EX_DATAERR if stays else 0)


@quarantine.command("export")
def export(
    number: NumberArgument,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where to; it must not be there.")],
    config: ConfigOption = None,
    state: StateOption = None,
) -> None:
    """Write one of them to a file, byte for byte; only you can read it."""
    with _opened(config, state) as opened:
        content = opened.one(number).raw.content
    try:
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            out.write(content)
    except OSError as error:
        fail(EX_CANTCREAT, f"{file}: cannot be written ({error.strerror}).")
    print(f"{file}: {len(content)} bytes. It holds somebody's words: delete it when you are done.")


def _plain(one: Quarantined) -> dict[str, object]:
    times = {name: getattr(one, name).isoformat() for name in ("received_at", "stored_at")}
    return {**asdict(one), **times}


def _became(one: Retried) -> dict[str, object]:
    taken = one.taken
    told = {"state": taken.state, "reference": taken.reference, "why": taken.why}
    return {"number": one.number, "inbox": one.inbox, **told}


def _said(one: Retried) -> str:
    taken = one.taken
    match taken.state:
        case "quarantined":
            return f"{one.number}: stays. {taken.why}"
        case "stored":
            what = f"{taken.outcome}" + (f" {taken.reference}" if taken.reference else "")
            return f"{one.number}: taken in ({what})."
        case "repeated":
            return f"{one.number}: the same message was taken in before; this is noted."
        case "private":
            return f"{one.number}: private mail; its words are not kept."
        case _:
            return f"{one.number}: somebody else has just taken it in."


def register(app: typer.Typer) -> None:
    """Add this topic's commands."""
    app.add_typer(quarantine, name="quarantine")
