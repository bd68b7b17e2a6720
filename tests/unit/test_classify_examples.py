"""The labelled examples: floors under what the rules get right, and what may never happen."""

from __future__ import annotations

import json
from functools import cache

import pytest

from daemon.model import Box, Category, Criterion
from daemon.parse import message_from_fields
from tests.unit.classifying import SHARED, the_classifier

EXAMPLES = SHARED / "enquiries"

pytestmark = pytest.mark.skipif(
    not EXAMPLES.exists(), reason="the labelled examples are not there: ../shared/enquiries"
)


@cache
def results():
    """Every example with what was made of it."""
    pairs = []
    for path in sorted(EXAMPLES.glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            fields = {key: row[key] for key in ("from_name", "from_addr", "subject", "body")}
            message = message_from_fields(box=Box(row["box"]), **fields)
            pairs.append((row, the_classifier().classify(message)))
    return pairs


def share(pairs):
    outcomes = list(pairs)
    return sum(outcomes) / len(outcomes)


def test_no_person_is_set_aside():
    """None at all here; none of an MP, chair, the ICO or somebody at risk anywhere."""
    silenced = [
        row["id"]
        for row, found in results()
        if found.automation and row["labels"]["category"] != "not-an-enquiry"
    ]
    assert silenced == []


def test_no_mps_special_letter_goes_to_intake():
    """A letter that is not routine, or a chair's, is never passed on as routine."""
    passed_on = [
        row["id"]
        for row, found in results()
        if row["labels"]["source"] in {"mp", "committee-chair"}
        and not row["labels"]["routine"]
        and Box(row["box"]).is_public
        and found.category is Category.NEW_COMPLAINT
        and not (found.to_be_sorted or found.personal_attention or found.criteria)
    ]
    assert passed_on == []


def test_what_is_decided_is_mostly_right():
    """To be sorted is better than wrong."""
    decided = [(row, found) for row, found in results() if not found.to_be_sorted]
    assert len(decided) / len(results()) > 0.25
    assert share(found.category == row["labels"]["category"] for row, found in decided) > 0.93


def test_best_guesses_sources_and_routine_keep_their_level():
    """Floors a little under what docs/classification.md reports."""
    mps = [(row, found) for row, found in results() if row["labels"]["source"] == "mp"]
    assert share(found.category == row["labels"]["category"] for row, found in results()) > 0.66
    assert share(found.source == row["labels"]["source"] for row, found in results()) > 0.88
    assert share(found.routine == row["labels"]["routine"] for row, found in mps) > 0.94


def test_four_in_five_at_risk_are_seen():
    """And not everybody is called so."""
    at_risk = [f for row, f in results() if "vulnerable" in row["labels"]["criteria"]]
    flagged = [row for row, f in results() if Criterion.VULNERABLE in f.criteria]
    assert share(Criterion.VULNERABLE in found.criteria for found in at_risk) > 0.8
    assert share("vulnerable" in row["labels"]["criteria"] for row in flagged) > 0.5
