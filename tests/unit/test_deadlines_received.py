"""Reading the instant of receipt, and writing a clock as JSON."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.deadlines import WorkingDays, deadline, deadline_as_json, parse_received
from daemon.model import ClockKind, ClockPolicy

DAYS = WorkingDays(ClockPolicy())
GUIDE = Path(__file__).parents[2] / "docs" / "clocks.md"


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        pytest.param("2026-01-05T09:30", "2026-01-05T09:30:00", id="no offset: London in winter"),
        pytest.param("2026-07-05T09:30", "2026-07-05T08:30:00", id="no offset: London in summer"),
        pytest.param("2026-07-05T09:30Z", "2026-07-05T09:30:00", id="UTC"),
        pytest.param("2026-07-05T09:30:15+05:30", "2026-07-05T04:00:15", id="another offset"),
        pytest.param(" 2026-07-05 09:30 ", "2026-07-05T08:30:00", id="spaces"),
        pytest.param("2026-07-05", "2026-07-04T23:00:00", id="date alone: its first instant"),
        pytest.param("2026-10-25T01:30", "2026-10-25T00:30:00", id="ambiguous hour: the first"),
        pytest.param("2026-03-29T01:30", "2026-03-29T01:30:00", id="skipped hour: an hour on"),
    ],
)
def test_a_receipt_is_read_as_an_instant(text, utc):
    """Without an offset it is a time in London."""
    assert parse_received(text) == datetime.fromisoformat(utc).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "2026-13-01",
        "2026-02-29",
        "2026-02-30T10:00",
        "2026-01-05T25:00",
        "05/01/2026",
        "2026-01-05T10:00 Europe/London",
        "9999-12-31T23:59",
        "0001-01-01T00:00+14:00",
        "1969-12-31",
        "2101-01-01",
        "\ud800",
    ],
)
def test_what_is_no_date_is_refused_in_a_sentence(text):
    """One sentence for the person who typed it, that does not echo what they typed."""
    with pytest.raises(ValueError, match=r"^(This|The year) is (no|not) .*\.$") as refusal:
        parse_received(text)
    assert "\n" not in str(refusal.value)


@given(st.text(max_size=40))
def test_any_text_is_read_or_refused(text):
    """Never another error, and every kind can be counted from what was read."""
    try:
        received_at = parse_received(text)
    except ValueError:
        return
    assert received_at.utcoffset() is not None


@pytest.mark.parametrize("kind", list(ClockKind))
@pytest.mark.parametrize("text", ["1970-01-01", "2100-12-31T23:59:59", "2100-12-31T23:59-12:00"])
def test_every_instant_that_is_read_can_be_counted_from(kind, text):
    """The whole range of years works for every kind."""
    assert deadline(kind, parse_received(text), DAYS).due_on.year in {1970, 2100, 2101}


class TestJson:
    """A clock as a program reads it."""

    @pytest.mark.parametrize("kind", list(ClockKind))
    def test_all_keys_are_always_there(self, kind):
        """Null where a date does not apply."""
        clock = deadline_as_json(deadline(kind, parse_received("2026-03-20"), DAYS))
        assert list(clock) == [
            "kind",
            "due_on",
            "due_at",
            "remind_at",
            "escalate_at",
            "ack_by",
            "appeal_by",
            "working",
        ]
        assert (clock["ack_by"] is not None) == (kind is ClockKind.DPA_COMPLAINT)
        assert (clock["appeal_by"] is not None) == (kind is ClockKind.ICO)
        assert json.loads(json.dumps(clock)) == clock

    def test_instants_carry_the_offset_of_london_at_that_instant(self):
        """Due in summer time, reminded in winter time."""
        clock = deadline_as_json(deadline(ClockKind.MP, parse_received("2026-03-02"), DAYS))
        assert clock["due_at"] == "2026-03-30T23:59:59+01:00"
        assert clock["remind_at"][0] == "2026-03-16T09:00:00+00:00"


def worked_examples():
    """Each row of the tables in the guide to clocks, below its kind's heading."""
    kind = ""
    for line in GUIDE.read_text(encoding="utf-8").splitlines():
        if heading := re.match(r"### `([a-z-]+)`", line):
            kind = heading[1]
        elif re.match(r"\| \d{4}-", line):
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            yield pytest.param(kind, *cells, id=f"{kind} {cells[0]}")


@pytest.mark.parametrize(("kind", "received", "due", "remind", "escalate"), list(worked_examples()))
def test_the_worked_examples_of_the_guide_are_true(kind, received, due, remind, escalate):
    """docs/clocks.md says what the software does."""
    clock = deadline_as_json(deadline(ClockKind(kind), parse_received(received), DAYS))
    assert clock["due_on" if len(due) == 10 else "due_at"][: len(due)] == due
    assert _shortened(clock["remind_at"], remind) == remind
    assert _shortened(clock["escalate_at"], escalate) == escalate


def _shortened(instants, like):
    length = len(like.split(", ")[0])
    return ", ".join(instant[:length] for instant in instants) or "none"


def test_the_guide_has_a_worked_example_of_every_kind():
    """None is forgotten."""
    kinds = {k.value for k in ClockKind if k is not ClockKind.UPDATE}  # staff's own, no message's
    assert {example.values[0] for example in worked_examples()} == kinds
