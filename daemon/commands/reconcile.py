"""The command that adds everything up."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.table import Table

from connectors.base import ConnectorError
from daemon.app import make_inbox, read_clock
from daemon.commands.options import ConfigOption, JsonOption, StateOption
from daemon.console import harmless
from daemon.reconcile import InboxCount, Reconciled, as_json, reconcile
from daemon.startup import (
    EX_DATAERR,
    EX_OK,
    EX_TEMPFAIL,
    EX_UNAVAILABLE,
    connect,
    fail,
    load_config,
    refusing,
    say,
)
from daemon.store import StoreUnavailableError

if TYPE_CHECKING:
    from daemon.config import InboxConfig
    from daemon.store import Store

_AT_ONCE = 10_000


def reconcile_command(
    config: ConfigOption = None, state: StateOption = None, as_json_: JsonOption = False
) -> None:
    """Compare each inbox's own list with our receipts, and add up what became of everything."""
    loaded = load_config(config, state)
    store = connect(loaded)
    try:
        inboxes = [_count(one, store) for one in loaded.inboxes]
        with store.read() as tx:
            found = reconcile(tx, inboxes, now=read_clock())
    except StoreUnavailableError as error:
        fail(EX_TEMPFAIL, str(error))
    if as_json_:
        print(json.dumps(as_json(found)))
    else:
        _print(found)
    if not found.ok:
        raise typer.Exit(EX_DATAERR)
    unreached = any(one.listed is None for one in found.inboxes)
    raise typer.Exit(EX_UNAVAILABLE if unreached else EX_OK)


def _count(one: InboxConfig, store: Store) -> InboxCount:
    """List an inbox and compare; what cannot be reached is said so."""
    with refusing():
        inbox = make_inbox(one, read_clock)
    with store.read() as tx:
        receipts = sum(tx.receipts_by_state().get(one.name, {}).values())
    at = read_clock().isoformat()
    try:
        listed = list(inbox.list_ids(one.go_live_at))
    except ConnectorError as error:
        say(f"The inbox {one.name} could not be listed: {error}")
        return InboxCount(name=one.name, listed=None, receipts=receipts, at=at)
    finally:
        inbox.close()
    missing: list[str] = []
    for start in range(0, len(listed), _AT_ONCE):
        some = listed[start : start + _AT_ONCE]
        with store.read() as tx:
            known = tx.known_ids(one.name, some)
        missing += [external_id for external_id in some if external_id not in known]
    return InboxCount(
        name=one.name,
        listed=len(listed),
        with_receipt=len(listed) - len(missing),
        missing=tuple(missing),
        receipts=receipts,
        at=at,
    )


def _print(found: Reconciled) -> None:
    console = Console()
    for difference in found.differences:
        console.print(f"[bold]Difference:[/bold] {difference.what}: {difference.count}")
        console.print(harmless(f"  {', '.join(difference.which)}"))
        console.print(f"  {difference.do}")
    table = Table("Inbox", "Lies there", "With receipt", "Missing", "No longer there")
    for one in found.inboxes:
        listed = "not reached" if one.listed is None else str(one.listed)
        gone = "" if one.listed is None else str(max(0, one.receipts - one.with_receipt))
        table.add_row(one.name, listed, str(one.with_receipt), str(len(one.missing)), gone)
    console.print(table)
    for title, sums in (
        ("Receipts", found.receipts),
        ("Messages", found.messages),
        ("Enquiries", found.enquiries),
        ("Of these silent, because", found.silent),
    ):
        counts = Table(title, "Count")
        for what, count in sorted(sums.items()):
            counts.add_row(what, str(count))
        counts.add_row("in all", str(sum(sums.values())), style="bold")
        console.print(counts)
    print("Everything adds up." if found.ok else "There are differences: see above.")


def register(app: typer.Typer) -> None:
    """Give the command its part."""
    app.command("reconcile")(reconcile_command)
