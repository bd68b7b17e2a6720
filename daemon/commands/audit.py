"""The commands on the audit: verify, seal and head."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from daemon.app import anchor_file, make_auditor
from daemon.audit import AnchorError, Auditor, Verified, note_anchor, read_anchors
from daemon.commands.options import ConfigOption, JsonOption, StateOption
from daemon.startup import (
    EX_CONFIG,
    EX_DATAERR,
    EX_NOINPUT,
    EX_OK,
    EX_TEMPFAIL,
    connect,
    fail,
    load_config,
    refusing,
)
from daemon.store import StoreUnavailableError

audit = typer.Typer(help="The audit: who did what, and whether anybody touched it.")
_SHOWN = 50
_ABOUT_KEYS = frozenset({"key-unknown", "key-wrong"})


def _auditor(config: Path | None, state: Path | None) -> tuple[Auditor, Path]:
    loaded = load_config(config, state)
    store = connect(loaded)
    with refusing():
        return make_auditor(loaded, store), anchor_file(loaded)


@audit.command()
def verify(
    anchor: Annotated[
        Path | None,
        typer.Option("--anchor", help="A file of anchors; that of the config by default."),
    ] = None,
    config: ConfigOption = None,
    state: StateOption = None,
    as_json: JsonOption = False,
) -> None:
    """Find out whether lines of the audit were changed, removed, reordered or cut off."""
    auditor, usual = _auditor(config, state)
    try:
        anchors = read_anchors(anchor or usual) if anchor or usual.exists() else []
        found = auditor.verify(anchors)
    except AnchorError as error:
        fail(EX_NOINPUT, str(error))
    except StoreUnavailableError as error:
        fail(EX_TEMPFAIL, str(error))
    if as_json:
        print(json.dumps({"ok": found.ok, **asdict(found)}))
    else:
        for problem in found.problems[:_SHOWN]:
            print(problem.why)
        if len(found.problems) > _SHOWN:
            print(f"… and {len(found.problems) - _SHOWN} more. See all of them with --json.")
        for line in found.not_sealed[:_SHOWN]:
            print(line.why)
        waiting = f", {found.unsealed} wait for their seal" if found.unsealed else ""
        counts = f"{found.rows} lines, {found.sealed} seals{waiting}."
        told = f"{len(anchors)} anchors were looked at." if anchors else "No anchors were given."
        print(f"{_verdict(found)}: {counts} {told}")
    raise typer.Exit(EX_OK if found.ok else EX_DATAERR)


def _verdict(found: Verified) -> str:
    if found.ok:
        return "The audit is whole"
    if all(problem.kind in _ABOUT_KEYS for problem in found.problems):
        return "The audit cannot be verified with these keys"
    return "The audit was tampered with"


@audit.command()
def seal(config: ConfigOption = None, state: StateOption = None) -> None:
    """Seal now what waits for its seal, and note the head: before a back-up, say."""
    auditor, anchors = _auditor(config, state)
    try:
        count = auditor.seal(everything=True)
        head_ = auditor.head()
        if head_:
            note_anchor(anchors, head_)
    except StoreUnavailableError as error:
        fail(EX_TEMPFAIL, str(error))
    except OSError as error:
        fail(
            EX_CONFIG,
            f"All is sealed, but the head cannot be noted in {anchors}: {error.strerror}."
            " See [audit] anchors in daemon.toml.",
        )
    where = f" The head is seal {head_.position}: {head_.mac}" if head_ else ""
    print(f"{count} lines were sealed.{where}")


@audit.command()
def head(config: ConfigOption = None, state: StateOption = None) -> None:
    """Print the head of the chain as an anchor, to be kept somewhere else."""
    auditor, _ = _auditor(config, state)
    try:
        found = auditor.head()
    except StoreUnavailableError as error:
        fail(EX_TEMPFAIL, str(error))
    if found is None:
        fail(EX_DATAERR, "Nothing is sealed yet. Run `assurance audit seal`.")
    print(json.dumps(asdict(found)))


def register(app: typer.Typer) -> None:
    """Give the command its parts."""
    app.add_typer(audit, name="audit", no_args_is_help=True)
