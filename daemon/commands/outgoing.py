"""The commands on mail that goes out: what waits and why, pausing, and letters to post."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime, time
from typing import TYPE_CHECKING, Annotated, Any

import typer

from daemon.app import read_clock
from daemon.commands.options import (
    ByOption,
    ConfigOption,
    JsonOption,
    NoteOption,
    ReferenceArgument,
    StateOption,
    ask,
    do,
    file_or_words,
    moment,
)
from daemon.deadlines import LONDON, london_date
from daemon.letters import address_lines
from daemon.postroom import file_name
from daemon.startup import EX_USAGE, fail, load_config
from daemon.words import HOLDS, SKIPS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from daemon.casework import Casework
    from daemon.config import Config
    from daemon.store.postbox import Waiting

_SHOWN = 20  # of each state
_STATES = {
    "failed": "Failed for good",
    "waiting": "Waiting to be sent",
    "claimed": "Being sent",
    "held": "Held for a person",
    "post": "To be posted",
    "shadow": "Written in shadow mode, never sent",
}

InboxOption = Annotated[str, typer.Option("--inbox", help="This inbox alone, by its name.")]
OutletOption = Annotated[str, typer.Option("--outlet", help="This outlet alone, by its name.")]


def register(app: typer.Typer) -> None:
    """Add this topic's commands."""
    for one in (outbox, silences, pause, resume, letter, letters):
        app.command()(one)


def outbox(
    config: ConfigOption = None, state: StateOption = None, as_json: JsonOption = False
) -> None:
    """Show what has not left, and why: waiting, held, failed, to be posted; and what is paused."""
    loaded = load_config(config, state)
    limit = 1000 if as_json else _SHOWN
    (counts, waiting), paused = ask(loaded, lambda one: (one.outbox(limit=limit), one.paused()))
    if as_json:
        entries = [asdict(one) for one in waiting]
        print(json.dumps({"counts": counts, "paused": paused, "entries": entries}, default=_iso))
        return
    for what, since in sorted(paused.items()):
        print(f"Paused: {what.replace(':', ' ')}, since {since}.")
    if loaded.sending.shadow:
        print("Shadow mode: nothing is sent.")
    if not counts:
        print("Everything has been sent.")
    for name, title in _STATES.items():
        if name in counts:
            _show(title, counts[name], [one for one in waiting if one.state == name])


def _show(title: str, many: int, entries: list[Waiting]) -> None:
    print(f"\n{title}: {many}")
    for one in entries:
        to = one.recipient_domain or "the post"
        print(f"  {one.reference or '-':14} {one.kind:16} to {to:28} {_why(one)}")
    if many > len(entries):
        print(f"  … and {many - len(entries)} more: assurance outbox --json")


def _why(one: Waiting) -> str:
    if one.state == "held":
        until = f"; by itself at {moment(one.release_at)}" if one.release_at else ""
        return f"{_said(HOLDS, one.hold)}{until}"
    if one.state == "waiting":
        tried = f"; tried {one.attempts} times: {one.last_error}" if one.attempts else ""
        return f"by {one.outlet}, not before {moment(one.send_after)}{tried}"
    if one.state == "failed":
        return one.last_error
    return f"since {moment(one.created_at)}"


def _said(words: Mapping[Any, str], name: str | None) -> str:
    """Return what an id is called in plain words."""
    return next((said for one, said in words.items() if one == name), name or "")


def _iso(value: object) -> str:
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def silences(
    since: Annotated[
        datetime | None,
        typer.Option("--since", formats=["%Y-%m-%d"], help="Day; today if left out."),
    ] = None,
    config: ConfigOption = None,
    state: StateOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the messages that got no answer from us, or wait for one, each with its reason."""
    loaded = load_config(config, state)
    day = since or datetime.combine(london_date(read_clock()), time())
    begin = day.replace(tzinfo=LONDON).astimezone(UTC)
    limit = 100_000 if as_json else 200
    found = ask(loaded, lambda one: one.silences(since=begin, limit=limit))
    if as_json:
        print(json.dumps([asdict(one) for one in found], default=_iso))
        return
    for one in found:
        why = _said(SKIPS, one.skip) if one.skip else f"waits: {_said(HOLDS, one.hold)}"
        where = one.reference or f"message {one.id}"
        print(f"{moment(one.received_at)}  {one.inbox:16} {where:16} {why}")
    if not found:
        print("Everybody who wrote since then was answered.")


def pause(
    by: ByOption,
    inbox: InboxOption = "",
    outlet: OutletOption = "",
    config: ConfigOption = None,
    state: StateOption = None,
    note: NoteOption = "",
) -> None:
    """Stop polling an inbox, or sending by an outlet; without a name all. Nothing is lost."""
    loaded = load_config(config, state)
    what = _meant(loaded, inbox, outlet)
    do(loaded, lambda casework, who: casework.pause(what, by=who, note=note), by=by)


def resume(
    by: ByOption,
    inbox: InboxOption = "",
    outlet: OutletOption = "",
    config: ConfigOption = None,
    state: StateOption = None,
    note: NoteOption = "",
) -> None:
    """Go on with what was paused; without a name with all of it."""
    loaded = load_config(config, state)
    what = _meant(loaded, inbox, outlet)
    do(loaded, lambda casework, who: casework.go_on(what, by=who, note=note), by=by)


def _meant(config: Config, inbox: str, outlet: str) -> list[str]:
    """Return what is to be paused or resumed: one of them, or all."""
    inboxes, outlets = [one.name for one in config.inboxes], [one.name for one in config.outlets]
    if inbox and inbox not in inboxes:
        fail(EX_USAGE, f"There is no inbox {inbox!r}. There are: {', '.join(inboxes)}.")
    if outlet and outlet not in outlets:
        fail(EX_USAGE, f"There is no outlet {outlet!r}. There are: {', '.join(outlets)}.")
    named = [f"inbox:{inbox}"] * bool(inbox) + [f"outlet:{outlet}"] * bool(outlet)
    return named or [*(f"inbox:{one}" for one in inboxes), *(f"outlet:{one}" for one in outlets)]


def letter(
    reference: ReferenceArgument,
    by: ByOption,
    address: Annotated[
        str, typer.Option("--address", help="The name and the lines below it: words, or a file.")
    ],
    config: ConfigOption = None,
    state: StateOption = None,
    note: NoteOption = "",
) -> None:
    """Write the acknowledgement of an enquiry as a letter to post, with this address."""
    lines = address_lines(file_or_words(address))

    def doing(casework: Casework, by: str) -> str:
        return casework.letter(reference, lines, by=by, note=note)

    do(load_config(config, state), doing, by=by)


def letters(
    config: ConfigOption = None, state: StateOption = None, as_json: JsonOption = False
) -> None:
    """List the letters that wait to be posted, and where each lies."""
    loaded = load_config(config, state)
    waiting = ask(loaded, lambda one: one.to_post())
    rows = [
        {
            "reference": one.reference,
            "since": one.created_at.isoformat(),
            "file": str(loaded.sending.letters / file_name(one)),
        }
        for one in waiting
    ]
    if as_json:
        print(json.dumps(rows))
        return
    if not rows:
        print("No letter waits to be posted.")
    for one, row in zip(waiting, rows, strict=True):
        print(f"{one.reference}  since {moment(one.created_at)}  {row['file']}")
