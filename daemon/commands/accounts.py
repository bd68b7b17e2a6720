"""The commands on who may sign in at the page; the first account is made here."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from daemon.accounts import AccountError, Accounts
from daemon.app import make_accounts
from daemon.commands.options import ByOption, ConfigOption, JsonOption, StateOption
from daemon.deadlines import LONDON
from daemon.startup import (
    EX_CONFIG,
    EX_DATAERR,
    EX_TEMPFAIL,
    EX_USAGE,
    connect,
    fail,
    load_config,
    refusing,
)
from daemon.store import StoreUnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable

    from daemon.config import Config

account = typer.Typer(help="Who may sign in at the page.", no_args_is_help=True)

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="What they sign in with.")]
RoleOption = Annotated[
    list[str], typer.Option("--role", help="A role of desk.toml; may be given several times.")
]


def _do(config: Config, doing: Callable[[Accounts], str], *, by: str) -> str:
    """Have somebody do something with accounts; return what came of it."""
    if not by.strip():
        fail(EX_USAGE, "Say who you are with --by NAME: every act is recorded.")
    if not config.desk.role:
        fail(EX_CONFIG, "desk.toml names no roles. Copy it from the config that was shipped.")
    store = connect(config)
    with refusing():
        accounts = make_accounts(config, store)
    try:
        return doing(accounts)
    except AccountError as error:
        fail(EX_DATAERR, str(error))
    except StoreUnavailableError as error:
        fail(EX_TEMPFAIL, str(error))


def _link(config: Config, key: str) -> str:
    return (
        f"Give them this link. It works once, for {config.desk.sign_in.link_hours} hours:\n"
        f"  {config.desk.site.url}/welcome/{key}"
    )


@account.command("add")
def add(
    name: NameArgument,
    full_name: Annotated[
        str, typer.Option("--full-name", help="As it stands beside what they do.")
    ],
    address: Annotated[str, typer.Option("--address", help="Their e-mail address at the office.")],
    role: RoleOption,
    by: ByOption,
    config: ConfigOption = None,
    state: StateOption = None,
) -> None:
    """Make an account, and a link with which its owner sets a password."""
    loaded = load_config(config, state)

    def doing(accounts: Accounts) -> str:
        return accounts.add(name, display_name=full_name, address=address, roles=role, by=by)

    key = _do(loaded, doing, by=by)
    print(f"The account {name.strip().lower()} is made.\n{_link(loaded, key)}")


@account.command("link")
def link(
    name: NameArgument, by: ByOption, config: ConfigOption = None, state: StateOption = None
) -> None:
    """Make a link to set a new password: the old one ends, and they are signed out."""
    loaded = load_config(config, state)
    print(_link(loaded, _do(loaded, lambda accounts: accounts.new_link(name, by=by), by=by)))


@account.command("roles")
def roles(
    name: NameArgument,
    role: RoleOption,
    by: ByOption,
    config: ConfigOption = None,
    state: StateOption = None,
) -> None:
    """Give an account other roles."""
    loaded = load_config(config, state)
    print(_do(loaded, lambda accounts: accounts.set_roles(name, role, by=by), by=by))


@account.command("off")
def off(
    name: NameArgument, by: ByOption, config: ConfigOption = None, state: StateOption = None
) -> None:
    """Switch an account off: its owner is signed out everywhere."""
    loaded = load_config(config, state)
    print(_do(loaded, lambda accounts: accounts.switch(name, on=False, by=by), by=by))


@account.command("on")
def on(
    name: NameArgument, by: ByOption, config: ConfigOption = None, state: StateOption = None
) -> None:
    """Switch an account on again."""
    loaded = load_config(config, state)
    print(_do(loaded, lambda accounts: accounts.switch(name, on=True, by=by), by=by))


@account.command("list")
def listed(
    config: ConfigOption = None, state: StateOption = None, as_json: JsonOption = False
) -> None:
    """List the accounts."""
    loaded = load_config(config, state)
    store = connect(loaded)
    with refusing():
        found = make_accounts(loaded, store).listed()
    if as_json:
        rows = [
            {
                "name": one.name,
                "full_name": one.display_name,
                "address": one.address,
                "roles": list(one.roles),
                "has_password": one.password_hash is not None,
                "disabled_at": one.disabled_at.isoformat() if one.disabled_at else None,
            }
            for one in found
        ]
        print(json.dumps(rows))
        return
    for one in found:
        off = one.disabled_at
        standing = f"off since {off.astimezone(LONDON):%Y-%m-%d}" if off else "on"
        print(f"{one.name:20} {one.display_name:28} {standing:20} {', '.join(one.roles)}")
    if not found:
        print("There is no account yet. Make the first with assurance account add.")


def register(app: typer.Typer) -> None:
    """Give the command its part."""
    app.add_typer(account, name="account")
