"""How work grows with what is stored: 10,000 enquiries against 1,000,000, as many of them open.

`python -m benchmarks.growth [LARGE]` prints each figure at both sizes and the ratio.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.testclient import TestClient

from benchmarks.desk import SITE, an_account, sign_in
from benchmarks.mails import mails
from benchmarks.results import keep
from benchmarks.stored import fill
from daemon import logs
from daemon.app import App, load_templates, open_store
from daemon.config import load
from daemon.service import Stop
from daemon.startup import AdoptedModel
from desk.command import make_office, settle
from desk.serving import make_app

if TYPE_CHECKING:
    from collections.abc import Callable

    from daemon.config import Config
    from daemon.store import Store

ROOT = Path(__file__).parent.parent
SMALL, LARGE = 10_000, 1_000_000
OPEN = 2_500  # of either: an office does not have more open the longer it has been there
TAKEN, ROUNDS = 100, 15


def main() -> None:
    """Fill both, time the same on both in turn, and print the ratios."""
    logs.configure(format="json", level="error", stream=sys.stderr)
    large = int(sys.argv[1]) if len(sys.argv) > 1 else LARGE
    with tempfile.TemporaryDirectory() as folder:
        small, great = (_figures(Path(folder) / str(count), count) for count in (SMALL, large))
    keep("growth", {str(SMALL): small, str(large): great})
    print(f"{'':44} {SMALL:>12,} {large:>12,}   ratio")
    for name, (median, worst) in small.items():
        other, other_worst = great[name]
        print(
            f"{name:44} {median:6.1f} ({worst:5.1f}) {other:6.1f} ({other_worst:5.1f})"
            f" ms {other / median:5.2f}"
        )


def _figures(folder: Path, count: int) -> dict[str, tuple[float, float]]:
    """Return median and worst of each, in milliseconds."""
    shutil.copytree(ROOT / "config", folder / "config")
    routes = folder / "config" / "routes.toml"
    for limit in ("per_address = 4", "per_domain = 100", "in_all = 2000"):
        routes.write_text(routes.read_text().replace(limit, f"{limit.split()[0]} = 1000000"))
    config = load(folder / "config", env={}, state_dir=folder / "state")
    began = time.perf_counter()
    with closing(open_store(config)) as store:
        reference = fill(store, count, open_share=OPEN / count)
    size = sum(path.stat().st_size for path in config.state_dir.glob("assurance.db*"))
    took = time.perf_counter() - began
    print(f"{count:,} enquiries: {took:.0f} s to make, {size / 1e6:,.0f} MB", flush=True)
    return {
        "start and end of `assurance once`": _start(folder),
        **_daemon(config),
        **_pages(config, reference),
    }


def _timed(work: Callable[[], object], rounds: int = ROUNDS) -> tuple[float, float]:
    took = []
    for _ in range(rounds):
        began = time.perf_counter()
        work()
        took.append((time.perf_counter() - began) * 1e3)
    return statistics.median(took), max(took)


def _start(folder: Path) -> tuple[float, float]:
    command = [sys.executable, "-m", "daemon", "once", "--config", str(folder / "config")]
    command += ["--state", str(folder / "state")]
    return _timed(lambda: subprocess.run(command, cwd=ROOT, check=True, capture_output=True), 3)


def _daemon(config: Config) -> dict[str, tuple[float, float]]:
    """Time taking in and sweeping, in this process."""
    store = open_store(config)
    app = App(
        config,
        templates=load_templates(ROOT / "templates"),
        store=store,
        stop=Stop(),
        models=AdoptedModel.of(config),
    )
    app.begin()
    new = config.state_dir / "inboxes" / "customer-care" / "new"
    poll, number = app.tick("poll:customer-care"), 0
    took = []
    for _ in range(5):
        for content in mails(TAKEN, start=number):
            path = new / f"{number:06}.eml"
            path.write_bytes(content)
            os.utime(path, (0, 0))  # one just written might not be whole yet
            number += 1
        took.append(_timed(poll, 1)[0] / TAKEN)
    found = {
        "take in a mail": (statistics.median(took), max(took)),
        "sweep, nothing due": _timed(app.tick("sweep")),
        "health": _timed(app.tick("health")),
    }
    app.close()
    return found


def _pages(config: Config, reference: str) -> dict[str, tuple[float, float]]:
    with closing(open_store(config, lists=True)) as store:
        return _pages_of(config, store, reference)


def _pages_of(config: Config, store: Store, reference: str) -> dict[str, tuple[float, float]]:
    key = an_account(config, store)
    paths = (
        *("/", "/work/overdue", "/work/unsorted", f"/enquiries/{reference}"),
        *("/registers/central-assurance", "/registers/central-assurance?which=all"),
        *("/registers/central-assurance?which=overdue", "/registers/mp-oversight"),
        *("/search?q=nobody+at+all", "/search?q=kowalska", f"/search?q={reference}"),
    )
    with TestClient(make_app(make_office(config, store)), base_url=SITE) as browser:
        sign_in(browser, key)
        settle()
        timed = {path: _timed(partial(browser.get, path)) for path in paths}
    return {path.replace(reference, "REFERENCE"): took for path, took in timed.items()}


if __name__ == "__main__":
    main()
