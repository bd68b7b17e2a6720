"""What the daemon asks its store all day finds its rows by an index, however much is stored."""

from __future__ import annotations

import re
from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import event

from benchmarks.stored import fill
from daemon.app import read_clock
from daemon.deadlines import WorkingDays
from daemon.health.common import Common
from daemon.store.registers import Filter
from tests.builders import FakeClock, a_mail, an_inbox, an_office_over
from tests.fakes import FakeOutlet

STORED = 20_000
STEPS = 1_000  # of SQLite's machine, to count by
A_WALK = 3 * STORED  # what no statement may take: a look at each row of one table
# What grows with the years. The others are small, or emptied as they are worked on.
LARGE = {
    *("enquiry", "message", "message_words", "classification", "receipt", "raw", "party"),
    *("register_entry", "deadline", "deadline_step", "outbox", "audit", "audit_seal"),
}


@contextmanager
def listening(store):
    """Gather the statements that run, each once, with the values of the first."""
    asked: dict[str, object] = {}

    def note(_connection, _cursor, statement, values, _context, _many):
        if statement.split(maxsplit=1)[0] in {"SELECT", "UPDATE", "DELETE"}:
            asked.setdefault(statement, values)

    event.listen(store._engine, "before_cursor_execute", note)
    yield asked
    event.remove(store._engine, "before_cursor_execute", note)


def walks(store, statement, values, *, may_be_small: bool = False) -> list[str]:
    """The large tables that a statement walks through from end to end.

    `may_be_small`: PostgreSQL would rather walk through so few rows than ask a large index.
    """
    with store.read() as tx:
        if may_be_small and store.allows_many_daemons:
            tx.connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        if not store.allows_many_daemons:
            plan = tx.connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
            scans = [re.match(r"SCAN (\w+)(?! USING)", row[3]) for row in plan]
            return [one[1] for one in scans if one and one[1] in LARGE]
        plan = tx.connection.exec_driver_sql(f"EXPLAIN {statement}", values)
        scans = [re.search(r"Seq Scan on (\w+)", row[0]) for row in plan]
        return [one[1] for one in scans if one and one[1] in LARGE]


@contextmanager
def counting(store):
    """Gather what each statement costs SQLite at most, in steps of its machine; -1 at first."""
    steps: dict[str, int] = {}
    now = {"statement": ""}

    def begin(connection, _cursor, statement, _values, _context, _many):
        now["statement"] = statement
        steps.setdefault(statement, 0)
        at_most = steps[statement]
        counted = {"steps": 0}

        def count():
            counted["steps"] += STEPS
            steps[statement] = max(at_most, counted["steps"])
            return 0

        connection.connection.dbapi_connection.set_progress_handler(count, STEPS)

    event.listen(store._engine, "before_cursor_execute", begin)
    yield steps
    event.remove(store._engine, "before_cursor_execute", begin)


@pytest.fixture(params=[True, False], ids=["known", "unknown"])
def stored(request, store):
    """Two years of an office, a tenth of it open; SQLite may know what its tables hold, or not."""
    if not request.param and store.allows_many_daemons:
        pytest.skip("PostgreSQL gathers its statistics by itself.")
    reference = fill(store, STORED, open_share=0.1, has_statistics=request.param)
    return an_office_over(store, clock=FakeClock(read_clock())), reference


def a_days_work(office, reference):
    """What comes, what goes, what falls due, and a look at how it stands."""
    store, now = office.store, office.clock()
    first = office.take(a_mail(subject="My complaint", message_id="first@home.example"))
    answer = office.take(a_mail(subject=f"Re: {reference}", answers=["first@home.example"]))
    again = office.take(a_mail(subject="My complaint", message_id="first@home.example"))
    assert [one.state for one in (first, answer, again)] == ["stored", "stored", "repeated"]
    office.sender.send_due(FakeOutlet())
    office.sender.free_claims_of_the_gone(lambda _holder: True)
    office.clock.now = now + timedelta(days=2)
    office.sweeper.sweep()
    with store.read() as tx:
        assert tx.enquiry(reference) is not None
        tx.view(first.reference)
        Common(days=WorkingDays(office.policy.clocks), inboxes=["care"]).look(tx, office.clock())
        tx.known_ids("care", [f"9:{number}" for number in range(50)])
        tx.settled_ids("care", [f"9:{number}" for number in range(50)])
    office.take(a_mail(message_id="third@home.example"), an_inbox("ombudsman"))


def test_nothing_walks_through_what_grows(stored):
    """Neither taking in, sending, sweeping, nor a look at health."""
    office, reference = stored
    with listening(office.store) as asked:
        a_days_work(office, reference)
    assert len(asked) > 40
    found = {
        statement: large
        for statement, values in asked.items()
        if (large := walks(office.store, statement, values))
    }
    assert found == {}


def test_a_search_reads_an_index_and_no_more_than_a_page_needs(stored):
    """What is rare is found by its letters, and of what is common the newest by their number."""
    store = stored[0].store
    for words in ("nobody at all", "kowalska", "singh", "writer.777@"):
        wanted = Filter(open_only=False, about=words, newest_first=True, limit=50)
        with listening(store) as asked, store.read() as tx:
            tx.enquiries(wanted)
        found = [one for one in asked if "LIMIT" in one and "enquiry.status" in one]
        assert found
        for statement in found:
            assert walks(store, statement, asked[statement], may_be_small=True) == [], words


def test_no_statement_takes_more_steps_the_more_is_stored(stored):
    """A plan may name an index that all rows share; what it costs does not lie."""
    office, reference = stored
    if office.store.allows_many_daemons:
        pytest.skip("SQLite alone counts its steps.")
    with counting(office.store) as steps:
        a_days_work(office, reference)
    assert len(steps) > 40
    assert {one: count for one, count in steps.items() if count > A_WALK} == {}
