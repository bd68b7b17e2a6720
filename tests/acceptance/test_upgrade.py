"""From the version before to this one and back, over one database: what came in stays in."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.acceptance.mails import a_mail
from tests.acceptance.office import ROOT, an_environment
from tests.unit.config_folders import Folder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.servers
BEFORE, COMMIT = "v0.1.0", "2c30ace"
"""The version before this one: its tag, or the commit where a copy has no tags."""


@pytest.fixture
def older(tmp_path: Path) -> Iterator[Path]:
    """The version before, checked out beside this one; it runs on the same packages."""
    place = tmp_path / "older"
    for name in (BEFORE, COMMIT):
        command = ["git", "-C", str(ROOT), "worktree", "add", "--detach", str(place), name]
        if subprocess.run(command, capture_output=True, check=False).returncode == 0:
            break
    else:
        pytest.skip("This copy of the repository does not hold the version before.")
    yield place
    subprocess.run(
        ["git", "-C", str(ROOT), "worktree", "remove", "--force", str(place)], check=False
    )


class Version:
    """The command of one version, on one config and state."""

    def __init__(self, root: Path, folder: Path, state: Path) -> None:
        self.root, self.folder, self.state = root, folder, state

    def __call__(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        named = ("--config", str(self.folder), "--state", str(self.state))
        return subprocess.run(
            [sys.executable, "-m", "daemon", *arguments, *named],
            cwd=self.root,
            env={**an_environment(), "PYTHONPATH": str(self.root)},
            capture_output=True,
            text=True,
            check=False,
        )


def deliver(state: Path, number: int) -> None:
    place = state / "inboxes" / "intake"
    (place / "tmp" / str(number)).write_bytes(a_mail("information", number).content)
    (place / "tmp" / str(number)).rename(place / "new" / str(number))


def test_up_and_back_again(tmp_path: Path, older: Path) -> None:
    """Each version takes in what comes while it runs, and sees what the other took in."""
    config = Folder(tmp_path)  # this version's, for what both versions read
    state = config.state
    old = Version(older, older / "config", state)
    new = Version(ROOT, ROOT / "config", state)

    done = old("once")
    assert done.returncode == 0, done.stderr
    deliver(state, 1)
    assert old("once").returncode == 0

    refused = new("once")
    assert refused.returncode == 78
    assert "assurance db upgrade" in refused.stderr
    assert new("backup", str(tmp_path / "before")).returncode == 0
    assert new("db", "upgrade").returncode == 0
    deliver(state, 2)
    done = new("once")
    assert done.returncode == 0, done.stderr
    assert new("audit", "verify").returncode == 0
    assert new("reconcile").returncode == 0

    schema = subprocess.run(
        [sys.executable, "-c", "from daemon.store import migrate; print(migrate.head())"],
        cwd=older,
        env={**an_environment(), "PYTHONPATH": str(older)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    assert new("db", "downgrade", schema).returncode == 0
    deliver(state, 3)
    done = old("once")
    assert done.returncode == 0, done.stderr
    assert old("audit", "verify").returncode == 0
    assert old("reconcile").returncode == 0
    assert new("db", "upgrade").returncode == 0
    assert new("reconcile").returncode == 0
    assert len(list((state / "sent" / "acknowledgements" / "new").iterdir())) == 3
