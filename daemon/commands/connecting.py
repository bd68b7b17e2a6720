"""The command that tries inboxes, outlets, the database and the link, and says what is wrong."""

from __future__ import annotations

import json
from contextlib import closing
from typing import TYPE_CHECKING, Annotated

import typer

from connectors.base import ConnectorError
from daemon.app import (
    Networks,
    SignIns,
    connect_store,
    make_inbox,
    make_networks,
    make_outlet,
    open_store,
    read_clock,
)
from daemon.commands.options import ConfigOption, JsonOption, StateOption
from daemon.links import ask_for
from daemon.startup import EX_OK, EX_UNAVAILABLE, EX_USAGE, fail, load_config
from daemon.store import SchemaError, StoreUnavailableError

if TYPE_CHECKING:
    from daemon.config import AnyInbox, AnyOutlet, Config

STORE, LINK = "database", "link"


def connect_command(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="NAME…", help="Inboxes, outlets, database, link; all by default."),
    ] = None,
    config: ConfigOption = None,
    state: StateOption = None,
    as_json: JsonOption = False,
) -> None:
    """Try to reach an inbox or outlet and say in words what is wrong. Sends and marks nothing."""
    loaded = load_config(config, state)
    inboxes, outlets = (
        {one.name: one for one in group} for group in (loaded.inboxes, loaded.outlets)
    )
    known = [*inboxes, *(name for name in outlets if name not in inboxes), STORE, LINK]
    for name in names or ():
        if name not in known:
            fail(EX_USAGE, f"There is no {name!r}. Known: {', '.join(known)}.")
    found = [line for name in names or known for line in _tried(loaded, name)]
    if as_json:
        print(json.dumps([{"name": n, "ok": ok, "said": said} for n, ok, said in found]))
    else:
        for name, ok, said in found:
            print(f"{'well' if ok else 'TROUBLE'}  {name}: {said}")
    raise typer.Exit(EX_OK if all(ok for _, ok, _ in found) else EX_UNAVAILABLE)


def _tried(config: Config, name: str) -> list[tuple[str, bool, str]]:
    """Try whatever bears a name: an inbox and an outlet may share one."""
    if name == STORE:
        return [_store(config)]
    if name == LINK:
        why = ask_for(str(config.office.routing_diagram_url))
        return [("link to the routing diagram", not why, why or "It leads somewhere.")]
    sign_ins = SignIns(config.oauth)
    # What an account remembers (its tokens) has its place before anything is asked.
    networks = make_networks(config, lambda: open_store(config), read_clock)
    inboxes = [one for one in config.inboxes if one.name == name]
    outlets = [one for one in config.outlets if one.name == name]
    return [
        *((f"inbox {name}", *_inbox(one, sign_ins, networks)) for one in inboxes),
        *((f"outlet {name}", *_outlet(one, sign_ins, networks)) for one in outlets),
    ]


def _inbox(settings: AnyInbox, sign_ins: SignIns, networks: Networks) -> tuple[bool, str]:
    try:
        with closing(make_inbox(settings, read_clock, sign_ins, networks)) as inbox:
            count = inbox.check()
    except (ConnectorError, StoreUnavailableError, SchemaError, OSError, ValueError) as error:
        return False, f"{error}."
    return True, f"Signed in, and the folder holds {count:,} message{'' if count == 1 else 's'}."


def _outlet(settings: AnyOutlet, sign_ins: SignIns, networks: Networks) -> tuple[bool, str]:
    try:
        with closing(make_outlet(settings, sign_ins, networks)) as outlet:
            outlet.check()
    except (ConnectorError, StoreUnavailableError, SchemaError, OSError, ValueError) as error:
        return False, f"{error}."
    return True, "It would take mail. Nothing was sent."


def _store(config: Config) -> tuple[str, bool, str]:
    try:
        store = connect_store(config)
        store.check()
        with store.read() as tx:
            tx.ping()
        store.close()
    except StoreUnavailableError as error:
        return (STORE, False, f"{str(error)[:1].upper()}{str(error)[1:]}.")
    except (SchemaError, OSError, ValueError) as error:
        return (STORE, False, str(error))
    return (STORE, True, "It answers, with the schema of this version.")


def register(app: typer.Typer) -> None:
    """Give the command its part."""
    app.command("connect")(connect_command)
