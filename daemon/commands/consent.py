"""The command by which the owner of an account on a social network lets our app use it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from connectors.base import ConnectorError
from connectors.network import AppAtNetwork, AsksOwners
from daemon.app import NETWORKS, network_of
from daemon.startup import EX_CANTCREAT, EX_NOINPUT, EX_UNAVAILABLE, EX_USAGE, fail


def sign_in(
    network: Annotated[str, typer.Argument(help="The social network: x.")],
    client_id: Annotated[str, typer.Option(help="Of the app, as the network shows it.")],
    to: Annotated[Path, typer.Option(help="The new secret file for the refresh token.")],
    client_secret_file: Annotated[
        Path | None, typer.Option(help="The file with the app's secret, where it has one.")
    ] = None,
    redirect: Annotated[
        str, typer.Option(help="The callback address that the app is registered with.")
    ] = "https://localhost/signed-in",
    api: Annotated[str, typer.Option(help="Another address of the network's interface.")] = "",
) -> None:
    """Have the owner of an account let our app use it, and keep the refresh token in a file.

    For OAuth 2.0: the file is what refresh_token in social.toml names.
    """
    found: object = network_of(network)
    if not isinstance(found, AsksOwners):
        fail(EX_USAGE, f"There is no sign-in for {network!r}. Known: {', '.join(NETWORKS)}.")
    secret = _secret(client_secret_file)
    _make(to)
    try:
        token = _asked(
            found,
            AppAtNetwork(client_id=client_id, client_secret=secret, redirect=redirect, api=api),
        )
        to.write_text(f"{token}\n", "utf-8")
    except BaseException:
        to.unlink()  # it holds nothing
        raise
    print(f'The refresh token lies in {to}. Write refresh_token = "file:{to.name}" in social.toml.')


def _asked(network: AsksOwners, app: AppAtNetwork) -> str:
    """Return the refresh token that the owner's word brings, or end and say why there is none."""
    consent = network.ask_owner(app)
    print("1. In a browser where the account's owner is signed in, open this page and agree:\n")
    print(f"   {consent.address}\n")
    print("2. The browser then arrives at an address that need not show anything. Copy it whole.")
    arrived_at = typer.prompt("3. Paste it here within half a minute", hide_input=True)
    try:
        token = consent.finish(arrived_at.strip())
    except ConnectorError as error:
        fail(EX_UNAVAILABLE, f"{error}.")
    if not token:
        fail(
            EX_UNAVAILABLE,
            "The network gave no refresh token: the scope offline.access is missing.",
        )
    return token


def _secret(path: Path | None) -> str | None:
    if path is None:
        return None
    try:
        return path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        fail(EX_NOINPUT, f"{path} cannot be read ({type(error).__name__}).")


def _make(path: Path) -> None:
    """Make the file, for us alone, before anybody is asked: a token is given once."""
    try:
        path.touch(mode=0o600, exist_ok=False)
    except FileExistsError:
        fail(EX_CANTCREAT, f"{path} is there already. Name a file that is not.")
    except OSError as error:
        fail(EX_CANTCREAT, f"{path} cannot be made ({error.strerror}).")


def register(app: typer.Typer) -> None:
    """Give the command its part."""
    app.command("sign-in")(sign_in)
