"""How long a page takes at the server, with 100,000 enquiries stored: a quarter of them open."""

from __future__ import annotations

import re
import statistics
import sys
import tempfile
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.testclient import TestClient

from benchmarks.stored import fill
from daemon import logs
from daemon.app import make_accounts, open_store
from daemon.config import load
from desk.command import make_office, settle
from desk.serving import make_app
from tests.servers import short_folder
from tests.servers.postgres import Postgres

if TYPE_CHECKING:
    from daemon.config import Config
    from daemon.store import Store

ROOT = Path(__file__).parent.parent
STORED = 100_000
ROUNDS = 7
SITE = "http://127.0.0.1:8420"
WORDS = "three quiet words"


def main() -> None:
    """Fill a store of either kind and time each page."""
    logs.configure(format="json", level="error", stream=sys.stderr)
    with tempfile.TemporaryDirectory() as folder:
        _measure("SQLite", load(ROOT / "config", env={}, state_dir=Path(folder)))
        with short_folder("pg") as place:
            server = Postgres(place)
            server.start()
            try:
                url = server.url(server.create_database())
                config = load(ROOT / "config", env={}, state_dir=Path(folder))
                _measure("PostgreSQL", replace(config, store_url=url))
            finally:
                server.stop()


def _measure(database: str, config: Config) -> None:
    """Time each page over one database."""
    with closing(open_store(config, lists=True)) as store:
        began = time.perf_counter()
        reference = fill(store, STORED)
        took = time.perf_counter() - began
        print(f"\ndesk on {database}, {STORED:,} enquiries stored ({took:.0f} s to make them)")
        key = an_account(config, store)
        with TestClient(make_app(make_office(config, store)), base_url=SITE) as browser:
            sign_in(browser, key)
            settle()  # as the command does
            for path in pages(reference):
                _time(browser, path)


def pages(reference: str) -> tuple[str, ...]:
    """Return every kind of page."""
    return (
        *("/", "/work/overdue", "/work/unsorted?page=9", "/work/new"),
        *(f"/enquiries/{reference}", f"/enquiries/{reference}/do/correct"),
        *("/registers/central-assurance", "/registers/central-assurance?which=all&page=900"),
        *("/registers/central-assurance?which=all&sort=newest", "/registers/mp-oversight"),
        *("/registers/central-assurance?which=overdue", "/registers/decisions"),
        "/registers/central-assurance?which=all&about=okafor",
        *("/search?q=kowalska", "/search?q=nobody+at+all", f"/search?q={reference}"),
        *("/phone?q=Reid", "/call-backs", "/post", "/record/letter", "/try"),
    )


def an_account(config: Config, store: Store) -> str:
    """Make an account that may see everything; return the key of its welcome."""
    return make_accounts(config, store).add(
        "bench",
        display_name="Bench",
        address="bench@ombudsman.example",
        roles=["manager", "ombudsman"],
        by="bench",
    )


def sign_in(browser: TestClient, key: str) -> None:
    def send(path: str, form: dict[str, str]) -> None:
        shown = browser.get(path).text
        token = re.search(r'name="csrf" value="([^"]+)"', shown)
        browser.post(path, data={**form, "csrf": token[1] if token else ""})

    send(f"/welcome/{key}", {"password": WORDS})
    send("/sign-in", {"name": "bench", "password": WORDS})


def _time(browser: TestClient, path: str) -> None:
    took = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        answer = browser.get(path)
        took.append(time.perf_counter() - began)
        assert answer.status_code == 200, (path, answer.status_code)
    worst, median = max(took) * 1e3, statistics.median(took) * 1e3
    late = "  TOO SLOW" if median > 300 else ""
    print(f"{path:60} {median:7.0f} ms {worst:7.0f} ms{late}")


if __name__ == "__main__":
    main()
