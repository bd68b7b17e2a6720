"""An OpenID Connect provider that others wrote: npm's oidc-provider, in a Node of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from tests.servers import (
    HOST,
    is_listening,
    refuse,
    require,
    short_folder,
    stop_process,
    wait_until,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

VERSION: Final = "8.8.1"  # the newest that Debian's Node runs
CLIENT, SECRET = "assurance", "a-secret-of-the-tests"
_FOLDER: Final = Path("var") / "npm" / f"oidc-provider-{VERSION}"
_PATIENCE_S: Final = 180
# Its own pages for development let anybody sign in by a name; that name is the address here.
_SCRIPT: Final = """\
import { Provider } from 'oidc-provider';
const asked = JSON.parse(process.env.PROVIDER);
const provider = new Provider(asked.issuer, {
  clients: [{ client_id: asked.client, client_secret: asked.secret, redirect_uris: [asked.back] }],
  claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
  findAccount: (_, id) => ({
    accountId: id,
    claims: () => ({ sub: 'subject-of-' + id, email: id, email_verified: true }),
  }),
});
provider.listen(asked.port, asked.host);
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class NpmProvider:
    """One that runs."""

    issuer: str


@pytest.fixture
def start_npm_provider() -> Iterator[Callable[[str, int], NpmProvider]]:
    """Start providers, for the address to come back to; all are ended at the end."""
    node = require("node", "npm")
    modules = _installed(require("npm", "npm"))
    running: list[subprocess.Popen[bytes]] = []

    with short_folder("oidc") as folder:
        # Where Node looks for what a script imports: beside it.
        (folder / "node_modules").symlink_to(modules)
        script = folder / "provider.mjs"
        script.write_text(_SCRIPT)

        def start(back: str, port: int) -> NpmProvider:
            issuer = f"http://{HOST}:{port}"
            asked = {"issuer": issuer, "client": CLIENT, "secret": SECRET, "back": back}
            with (folder / "log").open("wb") as log:
                running.append(
                    subprocess.Popen(
                        [node, str(script)],
                        env={
                            **os.environ,
                            "PROVIDER": json.dumps({**asked, "port": port, "host": HOST}),
                        },
                        stdout=log,
                        stderr=log,
                    )
                )
            wait_until(lambda: is_listening(port), what="npm's provider")
            return NpmProvider(issuer=issuer)

        yield start
        for one in running:
            stop_process(one)


def _installed(npm: str) -> Path:
    """Return the folder of the provider and what it needs, fetched once."""
    ready = _FOLDER.resolve() / ".ready"
    if not ready.exists():
        shutil.rmtree(_FOLDER, ignore_errors=True)
        _FOLDER.mkdir(parents=True)
        command = [npm, "install", "--ignore-scripts", "--no-audit", "--no-fund"]
        done = subprocess.run(
            [*command, f"oidc-provider@{VERSION}"],
            cwd=_FOLDER,
            capture_output=True,
            text=True,
            timeout=_PATIENCE_S,
            check=False,
        )
        if done.returncode:
            refuse(f"npm cannot fetch oidc-provider {VERSION}: {done.stderr.strip()[-300:]}")
        ready.touch()
    return ready.parent / "node_modules"
