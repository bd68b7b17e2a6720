"""The sealed audit: written by many, sealed in one chain, and every kind of tampering found."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from daemon.audit import AnchorError, Auditor, note_anchor, read_anchors
from daemon.model import Criterion, Handling
from daemon.seals import Anchor, content_of
from daemon.store import Store
from daemon.tokens import Signer
from tests.builders import NOW, OFFICE, a_mail, a_signer, an_office_over
from tests.fakes import FakeClock

ROWS = 20


@pytest.fixture
def auditor(store):
    return Auditor(store=store, signer=a_signer(), clock=FakeClock(NOW))


def write(store, count=ROWS, actor="software"):
    for number in range(count):
        with store.write() as tx:
            tx.audit(
                "enquiry_noted", f"enquiry:{number}", at=NOW, actor=actor, detail={"n": number}
            )


def tampered(store, *statements):
    """Do what an owner of the database could: with the guards out of the way."""
    with store.write() as tx:
        if tx.connection.dialect.name == "postgresql":
            for table in ("audit", "audit_seal"):
                tx.connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER ALL"))
        else:
            for table in ("audit", "audit_seal"):
                for verb in ("update", "delete"):
                    tx.connection.execute(text(f"DROP TRIGGER IF EXISTS {table}_no_{verb}"))
        for statement in statements:
            tx.connection.execute(text(statement))
        if tx.connection.dialect.name == "postgresql":  # the next test has the same tables
            for table in ("audit", "audit_seal"):
                tx.connection.execute(text(f"ALTER TABLE {table} ENABLE TRIGGER ALL"))


def found(auditor, anchors=()):
    verified = auditor.verify(anchors)
    return [(one.kind, one.position) for one in verified.problems]


def test_what_is_sealed_verifies(store, auditor):
    """And new lines wait for the next round."""
    write(store)
    assert auditor.seal() == ROWS
    write(store, 3)
    verified = auditor.verify(())
    assert (verified.ok, verified.rows, verified.sealed) == (True, ROWS + 3, ROWS)
    assert verified.unsealed == 3
    assert auditor.seal() == 3
    assert auditor.verify(()).unsealed == 0


@pytest.mark.parametrize(
    "verb", ["UPDATE {} SET {} = {}", "DELETE FROM {}"], ids=["change", "remove"]
)
@pytest.mark.parametrize(("table", "column"), [("audit", "id"), ("audit_seal", "position")])
def test_the_database_itself_refuses_to_change_or_remove(store, auditor, verb, table, column):
    """Insert-only is a rule of the database, not of our good will."""
    write(store, 1)
    auditor.seal()
    refused = pytest.raises(DBAPIError, match="insert-only")
    with store.write() as tx, refused, tx.connection.begin_nested():
        tx.connection.execute(text(verb.format(table, column, column)))


CHANGES = {
    "event": "event = 'enquiry_closed'",
    "actor": "actor = 'somebody'",
    "subject": "subject = 'enquiry:999'",
    "detail": "detail = '{\"n\": 999}'",
    "at": "at = '2020-01-01 00:00:00'",
}
FORGED = (
    "INSERT INTO audit (id, at, event, actor, subject, detail)"
    " VALUES ({}, '{}', 'enquiry_closed', 'software', 'enquiry:1', '{{}}')"
)


@pytest.mark.parametrize("column", CHANGES)
def test_a_changed_column_is_found_and_located(store, auditor, column):
    """Whichever it is, and no other line is blamed."""
    write(store)
    auditor.seal()
    tampered(store, f"UPDATE audit SET {CHANGES[column]} WHERE id = 7")
    assert found(auditor) == [("changed", 7)]
    assert "7" in auditor.verify(()).problems[0].why


def test_a_removed_line_is_found(store, auditor):
    """Its seal stays behind."""
    write(store)
    auditor.seal()
    tampered(store, "DELETE FROM audit WHERE id = 7")
    assert found(auditor) == [("removed", 7)]


def test_a_removed_seal_is_found(store, auditor):
    """Positions have no gaps."""
    write(store)
    auditor.seal()
    tampered(store, "DELETE FROM audit_seal WHERE position = 7")
    assert found(auditor)[0] == ("seal-missing", 7)
    assert "added" not in {kind for kind, _ in found(auditor)}  # the line is honest


def test_a_line_removed_with_its_seal_is_found(store, auditor):
    """Also where the positions behind it are closed up."""
    write(store)
    auditor.seal()
    tampered(
        store,
        "DELETE FROM audit WHERE id = 7",
        "DELETE FROM audit_seal WHERE position = 7",
        "UPDATE audit_seal SET position = -position WHERE position > 7",
        "UPDATE audit_seal SET position = -position - 1 WHERE position < 0",
    )
    assert found(auditor)[0] == ("changed", 7)


def test_two_lines_that_changed_places_are_found(store, auditor):
    """The order is part of what is signed."""
    write(store)
    auditor.seal()
    tampered(
        store,
        "UPDATE audit SET subject = 'x' WHERE id = 7",
        "UPDATE audit SET subject = 'enquiry:6', detail = '{\"n\": 6}' WHERE id = 8",
        "UPDATE audit SET subject = 'enquiry:7', detail = '{\"n\": 7}' WHERE id = 7",
    )
    assert found(auditor) == [("changed", 7), ("changed", 8)]


def test_two_seals_that_changed_places_are_found(store, auditor):
    """A seal belongs to its place."""
    write(store)
    auditor.seal()
    tampered(
        store,
        "UPDATE audit_seal SET position = -1 WHERE position = 7",
        "UPDATE audit_seal SET position = 7 WHERE position = 8",
        "UPDATE audit_seal SET position = 8 WHERE position = -1",
    )
    assert {7, 8} <= {position for _, position in found(auditor)}


def test_a_forged_seal_is_found(store, auditor):
    """Without the key nobody can make one."""
    write(store)
    auditor.seal()
    forged = "0" * 64
    tampered(
        store,
        "UPDATE audit SET event = 'enquiry_closed' WHERE id = 7",
        f"UPDATE audit_seal SET mac = '{forged}' WHERE position = 7",
    )
    assert found(auditor)[0] == ("changed", 7)


@pytest.mark.parametrize("kept", [0, 12])
def test_a_cut_tail_is_found_by_an_anchor_alone(store, auditor, kept):
    """A chain that ends earlier looks whole in itself: the head must be noted elsewhere."""
    write(store)
    auditor.seal()
    anchors = [auditor.head()]
    tampered(
        store,
        f"DELETE FROM audit_seal WHERE position > {kept}",
        f"DELETE FROM audit WHERE id > {kept}",
    )
    assert found(auditor) == []
    assert found(auditor, anchors) == [("cut", ROWS)]


def test_a_tail_that_was_made_anew_is_found_by_an_anchor(store, auditor):
    """Even by somebody who has the key."""
    write(store)
    auditor.seal()
    anchors = [auditor.head()]
    tampered(store, "DELETE FROM audit_seal", "DELETE FROM audit WHERE id > 10")
    write(store, 10, actor="somebody")
    auditor.seal(everything=True)
    assert found(auditor, anchors) == [("seal-changed", ROWS)]


def test_a_key_that_is_gone_is_said_so(store, auditor):
    """And is told apart from tampering; with the old key behind the new one all verifies."""
    write(store, 3)
    auditor.seal()
    new = ("k2", b"another key of the tests, long enough")
    without = Auditor(store=store, signer=Signer([new]), clock=auditor.clock)
    assert found(without) == [("key-unknown", n) for n in (1, 2, 3)]
    both = Auditor(
        store=store,
        signer=Signer([new, ("k1", b"a key of the tests, long enough to be one")]),
        clock=auditor.clock,
    )
    write(store, 2)
    both.seal()
    assert found(both) == []


def test_another_key_of_the_same_name_is_told_apart_from_changed_lines(store, auditor):
    """No seal of it verifies: one sentence names the key, rather than one a line."""
    write(store, 3)
    auditor.seal()
    other = Auditor(
        store=store,
        signer=Signer([("k1", b"another key of the tests, long enough")]),
        clock=auditor.clock,
    )
    assert found(other) == [("key-wrong", 1)]
    assert "'k1'" in other.verify(()).problems[0].why


def test_changed_lines_are_not_taken_for_a_wrong_key(store, auditor):
    """Also where the chain begins with them: one seal that verifies shows that the key is right."""
    write(store)
    auditor.seal()
    tampered(store, "UPDATE audit SET subject = 'x' WHERE id < 20")
    assert found(auditor) == [("changed", n) for n in range(1, 20)]


@pytest.mark.parametrize("prepared_url", ["postgresql"], indirect=True)
def test_a_line_that_shows_late_is_sealed_when_it_shows(store, prepared_url, auditor):
    """Its id is lower than what was sealed before it: the chain's order is that of sealing."""
    other = Store.open(prepared_url)
    with other.write() as slow:
        slow.audit("enquiry_noted", "enquiry:1", at=NOW)
        write(store, 2)
        assert auditor.seal() == 2
    other.close()
    assert auditor.seal() == 1
    assert auditor.verify(()).ok


class _UndoError(Exception):
    """Rolls a transaction back."""


class _OneTransaction:
    """A store in which everything happens in one transaction, to be rolled back."""

    allows_many_daemons = True

    def __init__(self, tx):
        self._tx = tx

    @contextmanager
    def write(self):
        yield self._tx

    read = write


@contextmanager
def undone(store):
    """What happens in here leaves nothing behind."""
    with suppress(_UndoError), store.write() as tx:
        yield _OneTransaction(tx)
        raise _UndoError


HERE = "(SELECT audit_id FROM audit_seal WHERE position = {})"
LINE = "id = " + HERE.format(6000)
MOVED = "UPDATE audit_seal SET position = {} WHERE position = {}"
OTHER = f"(SELECT b.subject FROM audit b WHERE b.id = {HERE.format(6001)})"
SWAPPED = [f"UPDATE audit SET subject = {OTHER} WHERE {LINE}"]
TAMPERING = [
    *[
        ([f"UPDATE audit SET {change} WHERE {LINE}"], ("changed", 6000))
        for change in CHANGES.values()
    ],
    ([f"UPDATE audit SET id = 99999 WHERE {LINE}"], ("removed", 6000)),
    ([f"DELETE FROM audit WHERE {LINE}"], ("removed", 6000)),
    (["DELETE FROM audit_seal WHERE position = 6000"], ("seal-missing", 6000)),
    (
        [f"DELETE FROM audit WHERE {LINE}", "DELETE FROM audit_seal WHERE position = 6000"],
        ("seal-missing", 6000),
    ),
    (SWAPPED, ("changed", 6000)),
    ([MOVED.format(-5, 6000), MOVED.format(6000, 6001), MOVED.format(6001, -5)], ("changed", 6000)),
    ([FORGED.format(-1, "2026-01-01 00:00:00")], ("added", 0)),
    (
        [
            "DELETE FROM audit WHERE id IN (SELECT audit_id FROM audit_seal WHERE position > 6000)",
            "DELETE FROM audit_seal WHERE position > 6000",
        ],
        ("cut", 10_000),
    ),
    (["TRUNCATE audit"], ("removed", 1)),
    (["TRUNCATE audit_seal"], ("cut", 10_000)),
    (["TRUNCATE audit, audit_seal"], ("cut", 10_000)),
]


@pytest.mark.parametrize("prepared_url", ["postgresql"], indirect=True)
def test_two_writers_and_a_sealer_make_one_chain_of_ten_thousand(store, prepared_url, auditor):
    """Two daemons write while a third seals: nothing is left out, sealed twice or reordered."""
    done = threading.Event()

    def writer(name: str) -> None:
        mine = Store.open(prepared_url)
        for start in range(0, 5000, 10):
            with mine.write() as tx:
                for number in range(start, start + 10):
                    tx.audit("enquiry_noted", f"{name}:{number}", at=NOW, detail={"n": number})
        mine.close()

    def sealer() -> None:
        theirs = Store.open(prepared_url)
        two = Auditor(store=theirs, signer=a_signer(), clock=auditor.clock)
        while not done.is_set():
            two.seal()
        theirs.close()

    writers = [threading.Thread(target=writer, args=(name,)) for name in ("one", "two")]
    sealers = [threading.Thread(target=sealer) for _ in range(2)]
    for thread in (*writers, *sealers):
        thread.start()
    for thread in writers:
        thread.join(120)
    done.set()
    for thread in sealers:
        thread.join(30)
    auditor.seal(everything=True)
    verified = auditor.verify([auditor.head()])
    assert (verified.ok, verified.sealed, verified.unsealed) == (True, 10_000, 0)
    anchors = [auditor.head()]
    for statements, expected in TAMPERING:
        with undone(store) as one:  # each of them on the whole chain
            tampered(one, *statements)
            assert expected in found(replace(auditor, store=one), anchors), statements
    assert auditor.verify(anchors).ok


# Lines and seals that were added


def forge(store, audit_id, at="2026-01-01 00:00:00"):
    tampered(store, FORGED.format(audit_id, at))


@pytest.mark.parametrize("sealed", [False, True], ids=["before its seal", "behind its seal"])
def test_a_line_forged_in_a_gap_is_found(store, auditor, sealed):
    """Lines after it were sealed long before, and rounds since then did not see it."""
    write(store, 5)
    for audit_id in (7, 8):  # 6 was drawn by a transaction that was rolled back
        with store.write() as tx:
            tx.connection.execute(text(FORGED.format(audit_id, "2026-11-23 10:00:00")))
        auditor.seal()
        auditor.clock.move(hours=2)
    assert found(auditor) == []
    forge(store, 6)
    if sealed:
        auditor.seal()
    (problem,) = auditor.verify(()).problems
    assert (problem.kind, problem.audit_id) == ("added" if sealed else "unsealed", 6)


@pytest.mark.parametrize("audit_id", [0, -3])
def test_a_line_below_one_is_found(store, auditor, audit_id):
    """The database counts from 1; sealing does not make it right."""
    write(store, 3)
    auditor.seal()
    forge(store, audit_id)
    assert [one.audit_id for one in auditor.verify(()).problems] == [audit_id]
    auditor.seal(everything=True)
    assert [one.audit_id for one in auditor.verify(()).problems] == [audit_id]


@pytest.mark.parametrize("position", [0, -1])
def test_a_line_hidden_behind_a_seal_before_the_chain_is_found(store, auditor, position):
    """It would count as sealed, and no link of the chain would speak of it."""
    write(store)
    auditor.seal()
    tampered(
        store,
        FORGED.format(50, "2026-01-01 00:00:00"),
        "INSERT INTO audit_seal (position, audit_id, key_id, mac, sealed_at)"
        f" VALUES ({position}, 50, 'k1', 'x', '2026-01-01 00:00:00')",
    )
    (problem,) = auditor.verify(()).problems
    assert (problem.kind, problem.position, problem.audit_id) == ("seal-forged", position, 50)


def test_a_duplicate_with_a_forged_seal_is_found(store, auditor):
    """A copy of a line needs a seal of its own, which nobody can make."""
    write(store)
    auditor.seal()
    tampered(
        store,
        "INSERT INTO audit (id, at, event, actor, subject, detail)"
        " SELECT 21, at, event, actor, subject, detail FROM audit WHERE id = 7",
        "INSERT INTO audit_seal (position, audit_id, key_id, mac, sealed_at)"
        " SELECT 21, 21, key_id, mac, sealed_at FROM audit_seal WHERE position = 7",
    )
    assert found(auditor) == [("changed", 21)]


def test_a_line_forged_at_the_end_is_named_while_it_waits_for_its_seal(store, auditor):
    """It may be an honest one that nobody sealed, so it is no tampering, but somebody can look."""
    write(store)
    auditor.seal()
    forge(store, 21)
    verified = auditor.verify(())
    assert (verified.ok, verified.unsealed) == (True, 1)
    assert [one.audit_id for one in verified.not_sealed] == [21]


def test_a_line_that_waits_for_less_than_an_hour_is_only_counted(store, auditor):
    """So it is between any two rounds."""
    write(store, 1)
    verified = auditor.verify(())
    assert (verified.ok, verified.unsealed, verified.not_sealed) == (True, 1, ())


@pytest.mark.parametrize("prepared_url", ["postgresql"], indirect=True)
def test_an_honest_late_line_is_not_taken_for_a_forged_one(store, prepared_url, auditor):
    """Also where the daemon stood still for a day before it was sealed."""
    other = Store.open(prepared_url)
    with other.write() as slow:
        slow.audit("enquiry_noted", "enquiry:1", at=NOW)
        write(store, 2)
        auditor.seal()
    other.close()
    auditor.clock.move(days=1)
    assert auditor.verify(()).ok
    auditor.seal()
    auditor.clock.move(days=1)
    write(store, 1)
    auditor.seal()
    assert auditor.verify(()).ok


# What the software never writes

ODD = {
    "sqlite": {
        "no time": "at = 'rubbish'",
        "no JSON": "detail = 'rubbish'",
        "no text": "event = x'ff'",
        "no UTF-8": "event = CAST(x'ff' AS TEXT)",
        "no object": "detail = '[]'",
    },
    "postgresql": {
        "infinity": "at = 'infinity'",
        "before Christ": "at = '0044-03-15 BC'",
        "no object": "detail = 'null'",
    },
}
CASES = [
    pytest.param(database, change, id=f"{database}-{what}")
    for database, changes in ODD.items()
    for what, change in changes.items()
]


@pytest.mark.parametrize(("prepared_url", "change"), CASES, indirect=["prepared_url"])
def test_a_value_that_cannot_be_read_is_found_and_located(store, auditor, change):
    """It must not keep us from looking at the others."""
    write(store)
    auditor.seal()
    tampered(
        store, f"UPDATE audit SET {change} WHERE id = 7", "UPDATE audit SET event='x' WHERE id = 9"
    )
    assert found(auditor) == [("changed", 7), ("changed", 9)]


@pytest.mark.parametrize(("prepared_url", "change"), CASES, indirect=["prepared_url"])
def test_a_value_that_cannot_be_read_keeps_no_other_line_from_its_seal(store, auditor, change):
    """The line itself gets none, and is named."""
    write(store, 3)
    tampered(store, f"UPDATE audit SET {change} WHERE id = 2")
    assert auditor.seal() == 2
    (problem,) = auditor.verify(()).problems
    assert (problem.kind, problem.audit_id) == ("added", 2)


@pytest.mark.parametrize(
    "change", ["key_id = 'zz'", "audit_id = 999", "mac = 'x'"], ids=["key", "line", "mark"]
)
def test_a_changed_column_of_a_seal_is_found_and_located(store, auditor, change):
    """Each but the time, which is not signed (docs/audit.md)."""
    write(store)
    auditor.seal()
    tampered(store, f"UPDATE audit_seal SET {change} WHERE position = 7")
    assert found(auditor)[0][1] == 7


def test_a_changed_number_is_found(store, auditor):
    """Its seal speaks of a line that is not there, and the line has no seal."""
    write(store)
    auditor.seal()
    tampered(store, "UPDATE audit SET id = 999 WHERE id = 7")
    assert ("removed", 7) in found(auditor)
    assert auditor.verify(()).unsealed == 1


def test_the_same_canonical_form_on_both_databases(store):
    """Byte for byte: a chain can be moved from one to the other and still verifies."""
    at = datetime(2026, 6, 29, 1, 30, 0, 7, tzinfo=ZoneInfo("Europe/London"))
    detail = {"z": [1, 1.5, None, True], "a": {"é": "\u2028"}, "big": 2**53 + 1}
    with store.write() as tx:
        tx.audit("enquiry_noted", "enquiry:1", at=at, detail=detail)
    with store.read() as tx:
        (row,) = tx.unsealed(above=0, limit=1)
    assert content_of(row) == (
        b'[1,"2026-06-29T00:30:00.000007Z","enquiry_noted","software","enquiry:1",'
        b'{"a":{"\\u00e9":"\\u2028"},"big":9007199254740993,"z":[1,1.5,null,true]}]'
    )


@pytest.mark.parametrize("prepared_url", ["postgresql"], indirect=True)
@pytest.mark.parametrize("table", ["audit", "audit_seal"])
def test_postgresql_refuses_to_truncate(store, auditor, table):
    """A faster DELETE is one all the same."""
    write(store, 1)
    auditor.seal()
    refused = pytest.raises(DBAPIError, match="insert-only")
    with store.write() as tx, refused, tx.connection.begin_nested():
        tx.connection.execute(text(f"TRUNCATE {table}"))


# Anchors


def test_a_later_anchor_of_the_same_place_hides_no_earlier_one(store, auditor):
    """Who cuts the tail and lets the daemon seal as many new lines gets them anchored as well."""
    write(store)
    auditor.seal()
    anchors = [auditor.head()]
    tampered(store, "DELETE FROM audit_seal", "DELETE FROM audit WHERE id > 10")
    write(store, 10, actor="somebody")
    auditor.seal(everything=True)
    assert found(auditor, [*anchors, auditor.head()]) == [("seal-changed", ROWS)]


def test_an_anchored_seal_missing_in_the_middle_is_no_cut_tail(store, auditor):
    """The gap says where."""
    write(store, 7)
    auditor.seal()
    anchors = [auditor.head()]
    write(store, 5)
    auditor.seal()
    tampered(store, "DELETE FROM audit_seal WHERE position = 7")
    assert "cut" not in {kind for kind, _ in found(auditor, anchors)}
    assert found(auditor, anchors)[0] == ("seal-missing", 7)


def test_an_anchor_after_a_torn_line_stands_on_a_line_of_its_own(tmp_path, store, auditor):
    """A power cut costs one anchor and not the next one too."""
    path = tmp_path / "anchors.jsonl"
    path.write_text('{"position": 1, "ma')
    write(store, 2)
    auditor.seal()
    note_anchor(path, auditor.head())
    assert json.loads(path.read_text().splitlines()[1])["position"] == 2


def test_anchors_are_lines_that_are_only_added(tmp_path, store, auditor):
    """Each one counts: also the older ones."""
    path = tmp_path / "elsewhere" / "anchors.jsonl"
    for _ in range(2):
        write(store, 2)
        auditor.seal()
        note_anchor(path, auditor.head())
    anchors = read_anchors(path)
    assert [one.position for one in anchors] == [2, 4]
    assert found(auditor, anchors) == []


@pytest.mark.parametrize("line", ["no json", "[]", '{"position": "x", "mac": "y"}'])
def test_a_bad_anchor_is_named_by_file_and_line(tmp_path, line):
    """So that it can be put right."""
    path = tmp_path / "anchors.jsonl"
    path.write_text(json.dumps({"position": 1, "mac": "x", "at": ""}) + f"\n{line}\n")
    with pytest.raises(AnchorError, match=r"Line 2 of .*anchors\.jsonl"):
        read_anchors(path)
    with pytest.raises(AnchorError, match="cannot be read"):
        read_anchors(tmp_path / "nothing")


def test_an_empty_audit_has_no_head(auditor):
    """And an anchor of one that was not empty tells that it was emptied."""
    assert auditor.head() is None
    assert found(auditor) == []
    assert found(auditor, [Anchor(position=3, mac="x")]) == [("cut", 3)]


# What stands in it


def test_nothing_that_a_person_wrote_stands_in_the_audit(store):
    """Neither words nor names nor addresses: those lie where they can be erased."""
    marker = "Quetzalcoatlus"
    office = an_office_over(store)
    reference = office.take(a_mail(text=f"{marker} wrote this", subject=marker)).reference
    acts = office.casework
    acts.note(reference, by=marker, note=marker)
    acts.update(reference, by=marker, note=marker)
    acts.assign(reference, to="intake", person=f"{marker}@{OFFICE}", by=marker, note=marker)
    acts.raise_criterion(
        reference, Criterion.SYSTEMIC_ISSUE, assistant_director=marker, by=marker, note=marker
    )
    acts.propose(reference, Handling.WATCHING_BRIEF, by=marker, note=marker)
    acts.decide(reference, agreed=True, by=marker, note=marker)
    acts.set_subject(reference, f"{marker}@{OFFICE}", by=marker, note=marker)
    on = (NOW + timedelta(days=9)).date()
    acts.add_milestone(reference, words=marker, on=on, by=marker)
    acts.add_action(words=marker, owner=marker, due_on=on, by=marker, reference=reference)
    acts.replied(reference, by=marker, note=marker)
    Auditor(store=store, signer=a_signer(), clock=FakeClock(NOW)).seal()
    with store.read() as tx:
        lines = tx.connection.execute(text("SELECT * FROM audit")).all()
        seals = tx.connection.execute(text("SELECT * FROM audit_seal")).all()
    assert len(seals) == len(lines)
    assert marker.lower() not in str(seals).lower()
    assert len(lines) > 10
    assert marker.lower() not in str(lines).lower()
