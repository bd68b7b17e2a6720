"""A store as it is after years: enquiries with their messages, clocks, letters and audit."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert

from daemon.app import read_clock
from daemon.store import schema

if TYPE_CHECKING:
    from collections.abc import Iterator

    from daemon.store import Store

AT_ONCE = 5_000
NAMES = ("Ada", "Bo", "Cai", "Dee", "Eli", "Fay", "Gus", "Hal", "Ivy", "Jo")
SURNAMES = ("Rowe", "Prys", "Okafor", "Singh", "Blake", "Kowalska", "Reid", "Nair", "Lowe")
SUBJECTS = ("My mother's care", "Delay at the ward", "Your decision", "Request for information")


def fill(store: Store, count: int, *, open_share: float = 0.25, has_statistics: bool = True) -> str:
    """Store enquiries of two years with all that belongs to them; return one's reference.

    Without statistics the database knows nothing of what its tables hold, as on its first day.
    """
    chance = random.Random(20261127)
    now = read_clock()
    reference = ""
    for start in range(0, count, AT_ONCE):
        rows: dict[str, list[dict[str, Any]]] = {}
        for number in range(start, min(start + AT_ONCE, count)):
            reference = f"PH-{number // 1000:05}-{number % 1000:05}"
            for table, row in _rows(number + 1, reference, chance, now, open_share):
                rows.setdefault(table, []).append(row)
        with store.write() as tx:
            for name, some in rows.items():
                tx.connection.execute(insert(schema.metadata.tables[name]), some)
    with store.write() as tx:
        if store.allows_many_daemons:  # its sequences do not follow ids that were given
            for table in ("enquiry", "message", "deadline"):
                tx.connection.exec_driver_sql(
                    f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table}"
                )
        if store.allows_many_daemons and has_statistics:
            tx.connection.exec_driver_sql("ANALYZE")
    if has_statistics:
        store.gather_statistics()
    return reference


def _rows(
    number: int, reference: str, chance: random.Random, now: datetime, open_share: float
) -> Iterator[tuple[str, dict[str, Any]]]:
    received = now - timedelta(days=chance.random() * 730)
    is_open = chance.random() < open_share
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
    yield "raw", {"sha256": f"{number:064x}", "content": b"x"}
    yield "party", {"enquiry_id": number, "address": address}
    yield (
        "receipt",
        {
            "inbox": "care",
            "external_id": f"9:{number}",
            "state": "stored",
            "reason": "",
            "size": 2000,
            "complete": True,
            "raw_sha256": f"{number:064x}",
            "message_id": number,
            "arrived_at": received,
            "received_at": received,
            "stored_at": received,
        },
    )
    for event in ("message_opened", "enquiry_opened", "deadline_started", "outbox_sent"):
        subject = f"enquiry:{number}"
        line: dict[str, Any] = {
            "event": event,
            "actor": "software",
            "subject": subject,
            "detail": {},
        }
        yield "audit", {"at": received, **line}
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
    for nth, (kind, days) in enumerate((("other", 14), ("update", 14))):
        due = (received + timedelta(days=days + chance.randrange(90))).date()
        yield (
            "deadline",
            {
                "id": 2 * number + nth,
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
        for ordinal, action in enumerate(("remind", "escalate")):
            # What is due was taken: a sweep finds the steps that lie ahead.
            at_step = now + timedelta(days=1 + chance.randrange(60))
            step = {"deadline_id": 2 * number + nth, "action": action, "ordinal": ordinal}
            decided = None if is_open else received
            yield "deadline_step", {**step, "at": at_step, "is_last": True, "decided_at": decided}
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
