"""The commands on the config: what holds and why, every key there is, and schemas for editors."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from daemon.commands.options import ConfigOption, JsonOption, StateOption
from daemon.config import (
    ConfigErrors,
    config_schema,
    read_files,
    read_raw,
    reference,
    values_that_hold,
)
from daemon.startup import EX_USAGE, config_folder, fail, refuse_config

config_app = typer.Typer(help="The config: what holds, and what there is.", no_args_is_help=True)


@config_app.command("show")
def show(
    config: ConfigOption = None, state: StateOption = None, as_json: JsonOption = False
) -> None:
    """Show every value that holds, with the file it comes from; secrets stay hidden."""
    folder = config_folder(config)
    try:
        files, raw, places = read_files(folder, env=os.environ, state_dir=state)
    except ConfigErrors as errors:
        refuse_config(folder, errors.errors)
    rows = values_that_hold(files, raw)
    if as_json:
        told = {"config": str(folder), "state": str(places.state)}
        print(json.dumps({**told, "values": [asdict(one) for one in rows]}))
        return
    print(f"# config folder {folder}, state folder {places.state}")
    file = ""
    for one in rows:
        if one.file != file:
            file = one.file
            print(f"\n# {file}")
        print(f"{one.key} = {one.value}{'  # by default' if one.origin == 'default' else ''}")


@config_app.command("reference")
def show_reference() -> None:
    """Print every key there is, as Markdown: default, unit, effect and an example."""
    shipped, _ = read_raw(config_folder(None))
    print(reference(shipped), end="")


@config_app.command("schema")
def show_schema(
    file: Annotated[str, typer.Argument(metavar="FILE", help="Such as inboxes.toml.")],
) -> None:
    """Print the JSON Schema of one file, for editors that check TOML as you type."""
    try:
        print(json.dumps(config_schema(Path(file).name), indent=2))
    except LookupError:
        fail(EX_USAGE, f"There is no schema for {file}. Name a file such as inboxes.toml.")


def register(app: typer.Typer) -> None:
    """Give the command its part."""
    app.add_typer(config_app, name="config")
