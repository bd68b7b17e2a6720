"""The command that shows a mail as it would be sent, with invented values."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from jinja2 import TemplateError

from daemon.app import load_templates, office_text
from daemon.commands.options import ConfigOption, JsonOption
from daemon.compose import ACKNOWLEDGEMENTS, example_values
from daemon.compose.printed import example_letter
from daemon.startup import EX_CONFIG, EX_USAGE, fail, load_config, template_folders

if TYPE_CHECKING:
    from daemon.compose import Rendered, Templates
    from daemon.config import Config


def register(app: typer.Typer) -> None:
    """Add this topic's commands."""
    app.command()(preview)


def preview(
    name: Annotated[
        str, typer.Argument(metavar="[NAME]", help="Such as mp, or notices/enquiry. None: a list.")
    ] = "",
    html: Annotated[bool, typer.Option("--html", help="The page instead of the text.")] = False,
    pdf: Annotated[
        Path | None, typer.Option("--pdf", help="Write it as a letter into this file.")
    ] = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show a mail as it would be sent, with invented values; nothing is sent."""
    loaded = load_config(config, None)
    try:
        templates = load_templates(*template_folders(loaded))
    except (OSError, ValueError) as error:
        why = f"The templates cannot be read ({type(error).__name__}). Run assurance check."
        fail(EX_CONFIG, why)
    if not name:
        folders = templates.folders
        print(json.dumps(folders) if as_json else "\n".join(folders))
        return
    folder = _folder(name, templates)
    if pdf is not None:
        _as_letter(folder, templates, loaded, pdf)
        return
    shown = _rendered(folder, templates, loaded)
    if as_json:
        parts = {"subject": shown.subject, "text": shown.text, "html": shown.html}
        print(json.dumps({"name": folder, **parts}))
    elif html:
        print(shown.html)
    else:
        print(f"Subject: {shown.subject}\n\n{shown.text}", end="")


def _folder(name: str, templates: Templates) -> str:
    """Return the folder that a name stands for: an acknowledgement's goes before a notice's."""
    wanted = name.strip("/").removeprefix("templates/")
    meant = (wanted, f"acknowledgements/{wanted}", f"notices/{wanted}")
    found = [folder for folder in meant if folder in templates.folders]
    if not found:
        known = ", ".join(templates.folders)
        fail(EX_USAGE, f"There is no mail of that name. There are: {known}.")
    return found[0]


def _rendered(folder: str, templates: Templates, config: Config) -> Rendered:
    values = next(iter(example_values(folder, office=office_text(config))))
    try:
        return templates.render(folder, values)
    except (LookupError, TemplateError) as error:
        why = f"{folder} has a mistake ({type(error).__name__}): assurance check says which."
        fail(EX_CONFIG, why)


def _as_letter(folder: str, templates: Templates, config: Config, path: Path) -> None:
    kind, _, name = folder.partition("/")
    if kind != ACKNOWLEDGEMENTS:
        fail(EX_USAGE, f"{folder} goes to our own people: it is never a letter.")
    try:
        content = example_letter(templates, name, office=office_text(config))
    except (LookupError, TemplateError) as error:
        why = f"{folder} has a mistake ({type(error).__name__}): assurance check says which."
        fail(EX_CONFIG, why)
    try:
        path.write_bytes(content)
    except OSError as error:
        fail(EX_USAGE, f"{path} cannot be written: {error.strerror}.")
    print(f"The letter lies in {path}.")
