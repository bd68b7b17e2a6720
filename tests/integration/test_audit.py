"""The sealed audit: written by many, sealed in one chain, and every kind of tampering found."""

from __future__ import annotations

import json
import threading
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from daemon.audit import AnchorError, Auditor, note_anchor, read_anchors
from daemon.model import Criterion, Handling
from daemon.seals import Anchor
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


def test_another_key_of_the_same_name_verifies_nothing(store, auditor):
    """Every seal is wrong: that is the key, or all of it was forged."""
    write(store, 3)
    auditor.seal()
    other = Auditor(
        store=store,
        signer=Signer([("k1", b"another key of the tests, long enough")]),
        clock=auditor.clock,
    )
    assert found(other) == [("changed", n) for n in (1, 2, 3)]


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
    tampered(store, "UPDATE audit SET subject = 'x' WHERE id = 6001")
    (problem,) = auditor.verify(()).problems
    assert (problem.kind, problem.audit_id) == ("changed", 6001)


# Anchors


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
    with store.read() as tx:
        lines = tx.connection.execute(text("SELECT * FROM audit")).all()
    assert len(lines) > 10
    assert marker.lower() not in str(lines).lower()
