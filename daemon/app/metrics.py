"""A report on health as Prometheus metrics. Names and labels are stable once landed."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Gauge

if TYPE_CHECKING:
    from daemon.health import Report

_FIGURES = {
    # figure of a part: (metric, what it says, label for the name behind the colon)
    ("inbox", "last_success_at"): (
        "assurance_inbox_last_success_timestamp_seconds",
        "When the inbox was last looked into without an error",
    ),
    ("inbox", "backlog"): (
        "assurance_inbox_backlog_messages",
        "Messages that lay in the inbox, at least, behind the last batch",
    ),
    ("inbox", "lag_s"): (
        "assurance_inbox_lag_seconds",
        "How long the newest message had lain there before it was stored",
    ),
    ("outlet", "last_success_at"): (
        "assurance_outlet_last_success_timestamp_seconds",
        "When the outlet last took a letter",
    ),
    ("arrivals", "quiet_s"): (
        "assurance_inbox_quiet_office_seconds",
        "Office time since the last mail came",
    ),
    ("arrivals", "usual_s"): (
        "assurance_inbox_usual_quiet_office_seconds",
        "Office time without mail up to which it is usual",
    ),
    ("outbox", "waiting"): ("assurance_outbox_waiting_letters", "Letters that wait to be sent"),
    ("outbox", "overdue"): (
        "assurance_outbox_overdue_letters",
        "Letters that should have left a quarter of an hour ago or more",
    ),
    ("outbox", "oldest_overdue_s"): (
        "assurance_outbox_oldest_overdue_seconds",
        "How long the oldest of them has been due",
    ),
    ("outbox", "held"): ("assurance_outbox_held_letters", "Letters held for a person"),
    ("outbox", "to_post"): ("assurance_outbox_to_post_letters", "Letters to be posted"),
    ("quarantine", "messages"): (
        "assurance_quarantine_messages",
        "Messages that could not be read",
    ),
    ("reconciliation", "differences"): (
        "assurance_reconciliation_differences",
        "What did not add up this morning",
    ),
    ("account", "requests"): (
        "assurance_account_requests",
        "Requests to the network that were made this month",
    ),
    ("account", "monthly_requests"): (
        "assurance_account_monthly_requests",
        "The month's budget of requests",
    ),
    ("sign-in", "ends_at"): (
        "assurance_sign_in_secret_end_timestamp_seconds",
        "When what proves us to the sign-in service ends",
    ),
    ("disk", "free_bytes"): ("assurance_disk_free_bytes", "Free where the state folder lies"),
    ("clock", "jumped_s"): (
        "assurance_clock_jumped_seconds",
        "By how much the machine's clock was set, in the last hour",
    ),
}


NAMES = frozenset(
    (
        *(metric for metric, _ in _FIGURES.values()),
        *("assurance_up", "assurance_report_age_seconds", "assurance_started_timestamp_seconds"),
        *("assurance_build_info", "assurance_part_level"),
    )
)
"""Every metric there is."""


def registry_of(report: Report | None, now: datetime) -> CollectorRegistry:
    """Return the metrics of a report; of none only that there is none."""
    registry = CollectorRegistry()
    up = Gauge("assurance_up", "1 if the daemon has looked after itself", registry=registry)
    up.set(0 if report is None else 1)
    if report is None:
        return registry
    Gauge("assurance_report_age_seconds", "How old the figures are", registry=registry).set(
        (now - report.at).total_seconds()
    )
    Gauge("assurance_started_timestamp_seconds", "When the daemon started", registry=registry).set(
        report.started_at.timestamp()
    )
    info = Gauge("assurance_build_info", "The version", ["version"], registry=registry)
    info.labels(report.version).set(1)
    levels = Gauge(
        "assurance_part_level",
        "0 well, 1 a person should look, 2 it does not do its work",
        ["part"],
        registry=registry,
    )
    gauges: dict[str, Gauge] = {}
    for part in report.parts:
        levels.labels(part.name).set(int(part.level))
        kind, _, name = part.name.partition(":")
        for figure, value in part.figures.items():
            known = _FIGURES.get((kind, figure))
            if known is None or value is None:
                continue
            metric, words = known
            if metric not in gauges:
                label = ["name"] if name else []
                gauges[metric] = Gauge(metric, words, label, registry=registry)
            gauge = gauges[metric].labels(name) if name else gauges[metric]
            gauge.set(_number(value))
    return registry


def _number(value: float | str) -> float:
    return datetime.fromisoformat(value).timestamp() if isinstance(value, str) else float(value)
