"""Real mails of public test suites: no machine is answered, no person is silenced."""

from __future__ import annotations

import csv

import pytest

from daemon.model import Box
from daemon.parse import parse
from tests.unit.classifying import SHARED, the_classifier

MANIFEST = SHARED / "corpora" / "manifest.tsv"

pytestmark = pytest.mark.skipif(
    not MANIFEST.exists(), reason="the mail corpora are not there: ../shared/corpora"
)


def _rows(*truths):
    with MANIFEST.open(encoding="utf-8", newline="") as lines:
        return [row for row in csv.DictReader(lines, delimiter="\t") if row["truth"] in truths]


def _silenced(row):
    content = (MANIFEST.parent / row["path"]).read_bytes()
    message = parse(content, box=Box.CUSTOMER_CARE)
    return the_classifier().classify(message).automation is not None


def test_every_delivery_report_and_automatic_mail_is_set_aside():
    """Whatever its form."""
    rows = _rows("bounce", "auto")
    assert rows
    assert [row["path"] for row in rows if not _silenced(row)] == []


def test_no_personal_mail_is_set_aside():
    """Not one."""
    rows = _rows("human")
    assert rows
    assert [row["path"] for row in rows if _silenced(row)] == []
