"""The command that adds everything up."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from connectors.base import ConnectorError, Cursor
from daemon import words
from daemon.app import (
    AlreadyRunningError,
    App,
    SignIns,
    load_templates,
    make_inbox,
    make_networks,
    names_for,
    open_store,
    read_clock,
)
from daemon.commands.options import ConfigOption, JsonOption, StateOption
from daemon.console import harmless
from daemon.listed import count
from daemon.model import Skip
from daemon.reconcile import InboxCount, Reconciled, as_json, reconcile
from daemon.service import Stop
from daemon.startup import (
    EX_DATAERR,
    EX_OK,
    EX_TEMPFAIL,
    EX_UNAVAILABLE,
    AdoptedModel,
    connect,
    fail,
    load_config,
    refusing,
    say,
    template_folders,
)
from daemon.store import LeaseLostError, StoreUnavailableError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from daemon.config import AnyInbox, Config
    from daemon.reconcile import Difference
    from daemon.store import Store

FetchOption = Annotated[
    bool, typer.Option("--fetch", help="First take in what lies there and has no receipt.")
]


def reconcile_command(
    fetch: FetchOption = False,
    config: ConfigOption = None,
    state: StateOption = None,
    as_json_: JsonOption = False,
) -> None:
    """Compare each inbox's own list with our receipts, and add up what became of everything."""
    loaded = load_config(config, state)
    store = connect(loaded)
    try:
        fetched = _fetch(loaded) if fetch else None
        inboxes = [_counted(one, store, loaded) for one in loaded.inboxes]
        with store.read() as tx:
            tx.stand_still()
            go_live = {one.name: one.go_live_at for one in loaded.inboxes}
            found = reconcile(tx, inboxes, now=read_clock(), go_live=go_live)
    except StoreUnavailableError as error:
        fail(EX_TEMPFAIL, str(error))
    finally:
        store.close()
    if as_json_:
        print(json.dumps(as_json(found) | ({"fetched": fetched.count} if fetched else {})))
    else:
        _print(found)
    if not found.ok:
        raise typer.Exit(EX_DATAERR)
    unreached = any(one.listed is None for one in found.inboxes)
    raise typer.Exit(EX_UNAVAILABLE if unreached else EX_OK)


# Fetching


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """What was taken in before the sums were made."""

    count: int


def _fetch(config: Config) -> Fetched:
    """Take in what has no receipt, under the leases of the inboxes; send nothing."""
    with refusing():
        daemon = App(
            config,
            templates=load_templates(*template_folders(config)),
            store=open_store(config),
            stop=Stop(),
            models=AdoptedModel.of(config),
        )
    try:
        daemon.begin()
        taken, elsewhere = daemon.compare()
    except AlreadyRunningError:
        say("Nothing was fetched: a daemon is running, and takes in what is missing itself.")
        return Fetched(count=0)
    except LeaseLostError:
        say("Fetching was broken off: a daemon has begun to work on these inboxes.")
        return Fetched(count=0)
    finally:
        daemon.close()
    for name in elsewhere:
        say(f"The inbox {name} is left to the daemon that works on it.")
    if taken:
        say(f"Taken in: {taken}. What has to be sent leaves when the daemon next sends.")
    return Fetched(count=taken)


# Counting


def _counted(one: AnyInbox, store: Store, config: Config) -> InboxCount:
    """List an inbox and compare; what cannot be reached is said so."""
    with refusing():
        networks = make_networks(config, lambda: store, read_clock)
        inbox = make_inbox(one, read_clock, SignIns(config.oauth), networks)
    with store.read() as tx:
        kept = tx.cursor(one.name)
        polled = tx.is_leased(*names_for(one.name))
    at = read_clock()
    try:
        cursor = Cursor(kept) if kept is not None else None
        found = count(inbox, store, since=one.go_live_at, cursor=cursor, at=at)
        return replace(found, polled=polled)
    except ConnectorError as error:
        say(f"The inbox {one.name} could not be listed: {error}")
        return InboxCount(name=one.name, at=at.isoformat(), why=str(error))
    finally:
        inbox.close()


# Showing

_RECEIPTS = {
    "stored": "taken in",
    "private": "not ours to read: kept without content",
    "quarantined": "could not be read: kept for a person",
    "missed": "listed, and gone or not to be had when it was fetched",
}
_OUTCOMES = {
    "opened": "opened an enquiry",
    "joined": "joined an enquiry that was open",
    "set-aside": "set aside",
    "history": "from before go-live: kept, no enquiry",
    "own": "our own, come back",
    "internal": "around enquiries: sent copies, reports, answers to notices",
    "private": "not ours to read",
}


def _print(found: Reconciled) -> None:
    console = Console()
    for difference in found.differences:
        _print_difference(console, difference)
    console.print(_inboxes(found))
    for name, many in sorted(found.elsewhere.items()):
        console.print(harmless(f"Recorded by people, or no longer polled: {name}, {many} receipts"))
    again = {"of these seen before, in this inbox or another": found.seen_again}
    console.print(_sums("Receipts", found.receipts, _RECEIPTS, notes=again))
    console.print(_sums("Messages", found.messages, _OUTCOMES))
    console.print(_sums("Enquiries", found.enquiries, {}))
    if found.silent:
        reasons = {skip.value: words.SKIPS[skip] for skip in Skip}
        console.print(_sums("Silent, because", found.silent, reasons))
    print("Everything adds up." if found.ok else "There are differences: see above.")


def _print_difference(console: Console, one: Difference) -> None:
    console.print(harmless(f"Difference: {one.what}: {one.count}"), style="bold")
    if one.which:
        more = ", …" if one.count > len(one.which) else ""
        console.print(harmless(f"  {', '.join(one.which)}{more}"))
    console.print(harmless(f"  {one.why} {one.do}"))


def _inboxes(found: Reconciled) -> Table:
    """Return each inbox with two sums: what lies there, and the receipts there are."""
    table = Table(
        *("Inbox", "Lies there", "= with receipt", "+ to come", "+ missing"),
        *("Receipts", "= lies there", "+ no longer there", "+ before go-live"),
    )
    for one in found.inboxes:
        if one.listed is None:
            table.add_row(one.name, "not reached", "", "", "", str(one.receipts))
            continue
        numbers = (
            *(one.listed, one.with_receipt, one.to_come, one.missing),
            *(one.receipts, one.with_receipt, one.gone, one.older),
        )
        table.add_row(one.name, *(str(number) for number in numbers))
    return table


def _sums(
    title: str,
    sums: Mapping[str, int],
    in_words: Mapping[str, str],
    *,
    notes: Mapping[str, int] | None = None,
) -> Table:
    table = Table(title, "Count")
    for what, many in sorted(sums.items()):
        table.add_row(in_words.get(what, what), str(many))
    table.add_row("in all", str(sum(sums.values())), style="bold")
    for what, many in (notes or {}).items():
        table.add_row(what, str(many))
    return table


def register(app: typer.Typer) -> None:
    """Give the command its part."""
    app.command("reconcile")(reconcile_command)
