"""The commands on privacy: find, export and erase a person, hold back, and what age takes out."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from daemon.app import make_privacy
from daemon.commands.options import (
    ByOption,
    ConfigOption,
    JsonOption,
    ReferenceArgument,
    StateOption,
    moment,
)
from daemon.privacy import Privacy, PrivacyError
from daemon.startup import (
    EX_CANTCREAT,
    EX_DATAERR,
    EX_OK,
    EX_TEMPFAIL,
    EX_USAGE,
    connect,
    fail,
    load_config,
    refusing,
)
from daemon.store import StoreUnavailableError
from daemon.tokens import as_reference

if TYPE_CHECKING:
    from collections.abc import Callable

    from daemon.config import Config

T = TypeVar("T")
privacy_app = typer.Typer(help="What is held on people, and taking it out.", no_args_is_help=True)
AddressOption = Annotated[str, typer.Option("--address", help="The address they write from.")]
YesOption = Annotated[bool, typer.Option("--yes", help="Do it; without it only say what would go.")]


def _privacy(config: Path | None, state: Path | None) -> tuple[Privacy, Config]:
    loaded = load_config(config, state)
    store = connect(loaded)
    with refusing():
        return make_privacy(loaded, store), loaded


def _do(doing: Callable[[], T]) -> T:
    try:
        return doing()
    except PrivacyError as error:
        fail(EX_DATAERR, str(error))
    except StoreUnavailableError as error:
        fail(EX_TEMPFAIL, str(error))
    except OSError as error:
        fail(EX_CANTCREAT, f"{error.filename}: {error.strerror}.")


def _named(by: str) -> str:
    if not by.strip():
        fail(EX_USAGE, "Say who does this: --by NAME.")
    return by.strip()


@privacy_app.command()
def find(
    address: AddressOption,
    config: ConfigOption = None,
    state: StateOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say what is held on somebody: messages and enquiries, in numbers and references."""
    privacy, _ = _privacy(config, state)
    found = _do(lambda: privacy.find(address))
    if as_json:
        print(json.dumps(asdict(found)))
        return
    print(f"{found.messages} messages, {len(found.enquiries)} enquiries.")
    for name, references in (
        ("Enquiries", found.enquiries),
        ("Still open", found.open),
        ("Held back", found.held),
    ):
        if references:
            print(f"{name}: {', '.join(references)}")


@privacy_app.command()
def export(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="A new folder.")],
    address: AddressOption,
    by: ByOption,
    config: ConfigOption = None,
    state: StateOption = None,
) -> None:
    """Write all that is held on somebody into a folder: their mail, our letters, the record."""
    privacy, _ = _privacy(config, state)
    count = _do(lambda: privacy.export(address, folder.absolute(), by=_named(by)))
    print(f"{count} files are in {folder}; only you can read them.")
    print("The records name colleagues, and may repeat what others wrote: look before you send.")


@privacy_app.command()
def erase(
    address: AddressOption,
    by: ByOption,
    yes: YesOption = False,
    config: ConfigOption = None,
    state: StateOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take out all that is held on somebody, but for what is held back. Figures stay."""
    privacy, _ = _privacy(config, state)
    if not yes:
        found = _do(lambda: privacy.find(address))
        print(f"Would go: {found.messages} messages, {len(found.enquiries)} enquiries.")
        if found.open:
            print(f"Still open, so nothing would: {', '.join(found.open)}")
        if found.held:
            print(f"Held back, and would stay: {', '.join(found.held)}")
        print("Nothing was done. Add --yes to do it; there is no way back.")
        raise typer.Exit(EX_OK)
    done = _do(lambda: privacy.erase(address, by=_named(by)))
    if as_json:
        print(json.dumps(asdict(done)))
        return
    print(f"Taken out: {done.messages} messages, {len(done.enquiries)} enquiries.")
    if done.kept:
        print(f"Held back, and still here: {', '.join(done.kept)}")
    print(
        "Left to do: take the mail out of the mailboxes; end a handling arrangement that names them"
        " (assurance arrangement list); learn the model anew (assurance learn --adopt), since what"
        " officers corrected may be in it; and let back-ups of before run out."
    )


@privacy_app.command()
def hold(
    reference: ReferenceArgument,
    reason: Annotated[str, typer.Option("--reason", help="Why it has to stay.")],
    by: ByOption,
    config: ConfigOption = None,
    state: StateOption = None,
) -> None:
    """Hold an enquiry back from erasure: for a court, a review or the Commission."""
    privacy, _ = _privacy(config, state)
    _do(lambda: privacy.hold(as_reference(reference), reason=reason, by=_named(by)))
    print(f"{as_reference(reference)} is held back from erasure.")


@privacy_app.command("let-go")
def let_go(
    reference: ReferenceArgument,
    by: ByOption,
    config: ConfigOption = None,
    state: StateOption = None,
) -> None:
    """Hold an enquiry back no longer."""
    privacy, _ = _privacy(config, state)
    was = _do(lambda: privacy.let_go(as_reference(reference), by=_named(by)))
    print(f"{as_reference(reference)} {'is held back no longer' if was else 'was not held back'}.")


@privacy_app.command()
def held(
    config: ConfigOption = None, state: StateOption = None, as_json: JsonOption = False
) -> None:
    """List what is held back from erasure, by whom and why."""
    privacy, _ = _privacy(config, state)
    rows = _do(privacy.held_back)
    if as_json:
        print(json.dumps([asdict(one) for one in rows], default=str))
        return
    for one in rows:
        print(f"{one.reference}  {moment(one.since_at)}  {one.by_name}: {one.reason}")
    if not rows:
        print("Nothing is held back.")


@privacy_app.command()
def due(
    config: ConfigOption = None, state: StateOption = None, as_json: JsonOption = False
) -> None:
    """Count what the rules of retention.toml would take out now; takes nothing out."""
    privacy, loaded = _privacy(config, state)
    found = _do(lambda: privacy.retain(loaded.retention, dry=True))
    active = loaded.retention_is_active
    if as_json:
        rows = {"enquiries": len(found.enquiries), "unfiled": found.messages, "active": active}
        print(json.dumps(rows))
        return
    print(f"Due: {len(found.enquiries)} enquiries, {found.messages} messages of no enquiry.")
    print(
        "They go by themselves, each night."
        if active
        else "Nothing goes by itself: retention.toml says active = false."
    )


def register(app: typer.Typer) -> None:
    """Give the command its part."""
    app.add_typer(privacy_app, name="privacy")
