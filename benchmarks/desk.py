"""How long a page takes at the server, with 100,000 enquiries stored: a quarter of them open."""

from __future__ import annotations

import random
import re
import statistics
import sys
import tempfile
import time
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert
from starlette.testclient import TestClient

from daemon import logs
from daemon.app import make_accounts, open_store, read_clock
from daemon.config import load
from daemon.store import schema
from desk.command import make_office, settle
from desk.serving import make_app
from tests.servers import short_folder
from tests.servers.postgres import Postgres

if TYPE_CHECKING:
    from collections.abc import Iterator

    from daemon.config import Config
    from daemon.store import Store

ROOT = Path(__file__).parent.parent
STORED = 100_000
AT_ONCE = 5_000
ROUNDS = 7
SITE = "http://127.0.0.1:8420"
WORDS = "three quiet words"
NAMES = ("Ada", "Bo", "Cai", "Dee", "Eli", "Fay", "Gus", "Hal", "Ivy", "Jo")
SURNAMES = ("Rowe", "Prys", "Okafor", "Singh", "Blake", "Kowalska", "Reid", "Nair", "Lowe")
SUBJECTS = ("My mother's care", "Delay at the ward", "Your decision", "Request for information")


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
        key = make_accounts(config, store).add(
            "bench",
            display_name="Bench",
            address="bench@ombudsman.example",
            roles=["manager", "ombudsman"],
            by="bench",
        )
        with TestClient(make_app(make_office(config, store)), base_url=SITE) as browser:
            _sign_in(browser, key)
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


def _sign_in(browser: TestClient, key: str) -> None:
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


def fill(store: Store, count: int) -> str:
    """Store enquiries of two years, a quarter of them open; return one's reference."""
    chance = random.Random(20261127)
    now = read_clock()
    reference = ""
    for start in range(0, count, AT_ONCE):
        rows: dict[str, list[dict[str, Any]]] = {}
        for number in range(start, min(start + AT_ONCE, count)):
            reference = f"PH-{number // 1000:05}-{number % 1000:05}"
            for table, row in _rows(number + 1, reference, chance, now):
                rows.setdefault(table, []).append(row)
        with store.write() as tx:
            for name, some in rows.items():
                tx.connection.execute(insert(schema.metadata.tables[name]), some)
    with store.write() as tx:
        tx.connection.exec_driver_sql("ANALYZE")
    return reference


def _rows(
    number: int, reference: str, chance: random.Random, now: datetime
) -> Iterator[tuple[str, dict[str, Any]]]:
    received = now - timedelta(days=chance.random() * 730)
    is_open = chance.random() < 0.25
    sender = f"{chance.choice(NAMES)} {chance.choice(SURNAMES)}"
    address = f"writer.{number}@home{number % 977}.example"
    category = chance.choice(("new-complaint", "other", "foi-dpa", "complaint-about-us"))
    unsorted = is_open and chance.random() < 0.1
    at = {"received_at": received, "opened_at": received}
    kinds = {"category": category, "source": "complainant", "routine": False}
    yield (
        "enquiry",
        {
            "id": number,
            "reference": reference,
            **kinds,
            **at,
            "to_be_sorted": unsorted,
            "status": "open" if is_open else "closed",
            "route": "customer-care",
            "team": "customer-care",
            "reply_team": "operations",
        },
    )
    yield (
        "message",
        {
            "id": number,
            "fingerprint": f"{number:064}",
            "ordinal": 0,
            "inbox": "care",
            "box": "customer-care",
            "channel": "email",
            "sender_address": address,
            "sender_name": sender,
            "subject": chance.choice(SUBJECTS),
            "reasons": [],
            "new_text": "Please look into this. " * 60,
            "quoted_text": "",
            "complete": True,
            "received_at": received,
            "outcome": "opened",
            "route": "customer-care",
            "enquiry_id": number,
            "created_at": received,
        },
    )
    words = f"{sender} {address}".lower()
    yield "message_words", {"message_id": number, "words": words}
    yield (
        "classification",
        {
            "message_id": number,
            "made_by": "software",
            **kinds,
            "criteria": [],
            "confidence": 0.8,
            "to_be_sorted": unsorted,
            "personal_attention": False,
            "individual_case": True,
            "matters": [],
            "evidence": [],
            "version": "bench",
            "created_at": received,
        },
    )
    mp = number % 20 == 0
    for register in ("central-assurance", *(["mp-oversight"] * mp)):
        since = {"proposed": False, "since_at": received}
        yield "register_entry", {"enquiry_id": number, "register": register, **since}
    if number % 500 == 0:
        criterion = {"criterion": "high-profile", "state": "proposed", "since_at": received}
        yield "enquiry_criterion", {"enquiry_id": number, "message_id": None, **criterion}
    for kind, days in (("other", 14), ("update", 14)):
        due = (received + timedelta(days=days + chance.randrange(90))).date()
        yield (
            "deadline",
            {
                "enquiry_id": number,
                "message_id": number,
                "kind": kind,
                "due_on": due,
                "due_at": received + timedelta(days=days),
                "received_at": received,
                "working": ["Counted."],
                "ended_at": None if is_open else received,
            },
        )
    held = is_open and number % 50 == 0
    yield (
        "outbox",
        {
            "key": f"{reference}:acknowledgement",
            "recipient": address,
            "outlet": "out",
            "recipient_domain": address.rpartition("@")[2],
            "kind": "acknowledgement",
            "envelope_from": "r@ombudsman.example",
            "rfc_message_id": f"{number}@x",
            "content": b"x",
            "enquiry_id": number,
            "message_id": number,
            "attempts": 1,
            "state": "held" if held else "sent",
            "hold": "limit" if held else None,
            "send_after": received,
            "created_at": received,
            "last_error": "",
        },
    )


if __name__ == "__main__":
    main()
