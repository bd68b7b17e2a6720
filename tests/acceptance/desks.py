"""The page of an office: a process of its own, and accounts by the command."""

from __future__ import annotations

import re
import urllib.request
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tests.acceptance.office import DOMAIN, Running, a_command
from tests.servers import HOST, free_port, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.acceptance.office import Office


@contextmanager
def serving(office: Office) -> Iterator[str]:
    """Serve the page of an office on a port of its own; give its address."""
    port = free_port()
    url = f"http://{HOST}:{port}"
    office.change("desk.toml", "port = 8420", f"port = {port}")
    office.change("desk.toml", "http://127.0.0.1:8420", url)
    running = Running(
        a_command("desk", "--config", str(office.config)),
        folder=office.folder,
        log=office.folder / "desk.jsonl",
    )

    def answers() -> bool:
        try:
            with urllib.request.urlopen(f"{url}/sign-in", timeout=1):
                return True
        except OSError:
            return False

    try:
        wait_until(answers, within_s=60, what="the page")
        yield url
        running.stop()
        assert "desk_failed" not in running.log.read_text()
    finally:
        if running.is_alive:
            running.kill()


def account(office: Office, name: str, *roles: str) -> str:
    """Make an account; return the link with which its owner sets a password."""
    chosen = [part for role in roles for part in ("--role", role)]
    done = office.command(
        *("account", "add", name, "--full-name", name.title(), "--by", "Tests", *chosen),
        *("--address", f"{name}@{DOMAIN}"),
    )
    assert done.returncode == 0, done.stderr
    return re.search(r"http://\S+", done.stdout)[0]
