"""The reports that daemons keep in the store, for whoever asks without being one of them."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from daemon.health.parts import from_json

if TYPE_CHECKING:
    from daemon.health.parts import Report
    from daemon.store import Store

REPORT = "daemon:"
"""Before the key of a daemon: the marker with its last report."""
FRESH = timedelta(seconds=90)
"""How old a report of a daemon that runs may be."""


def kept_reports(store: Store, now: datetime) -> list[Report]:
    """Return the fresh reports in the store; one of another version is passed over.

    Raises:
        StoreUnavailableError: the database does not answer.
    """
    with store.read() as tx:
        kept = tx.markers(REPORT)
    found = []
    for value in kept.values():
        try:
            report = from_json(json.loads(value))
        except (KeyError, TypeError, ValueError):
            continue
        if abs(now - report.at) <= FRESH:
            found.append(report)
    return sorted(found, key=lambda one: one.host)
