"""What could not be read: seen, tried anew when it can be, exported, and never lost."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from daemon.parse import ParseError
from daemon.quarantine import Quarantine, QuarantineError
from daemon.store import Transaction, schema
from tests.builders import NOW, a_mail, a_raw, an_office_over
from tests.integration.taking_in import AT_CARE, AT_OMBUDSMAN, count, rows

UNREADABLE = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4  # some file, no mail
WORD = "stumble"


@pytest.fixture
def office(store):
    office = an_office_over(store)
    office.classifier.by_word[WORD] = ZeroDivisionError()
    return office


@pytest.fixture
def quarantine(office):
    return Quarantine(store=office.store, intake=office.intake, inboxes={AT_CARE.name: AT_CARE})


def audited(store, event):
    row = schema.audit.c
    with store.read() as tx:
        return tx.connection.execute(select(row.actor, row.detail).where(row.event == event)).all()


def test_it_is_listed_without_a_word_of_it(office, quarantine):
    """Number, inbox, times, size and our own reason."""
    assert quarantine.listed(limit=5) == (0, [])
    office.take(UNREADABLE)
    office.take(a_mail(text=f"{WORD} over private words"))
    many, (first, second) = quarantine.listed(limit=5)
    assert many == 2
    assert first.number < second.number
    assert (first.inbox, first.size, first.complete) == ("care", len(UNREADABLE), True)
    assert "ZeroDivisionError" in second.reason
    assert quarantine.one(first.number).raw.content == UNREADABLE
    assert "private words" not in repr((first, second))


def test_what_can_be_read_by_now_is_taken_in_from_its_first_receipt(office, quarantine, store):
    """Its clocks count from when it first reached the office; it opens its enquiry once."""
    held = office.take(a_raw(a_mail(text=f"{WORD} once"), arrived_at=NOW - timedelta(days=2)))
    assert held.state == "quarantined"
    ((_, (one,)),) = (quarantine.listed(limit=5),)
    del office.classifier.by_word[WORD]
    office.clock.move(hours=30)
    done = quarantine.retry(one.number, by="A. Name")
    assert done.is_out
    assert (done.taken.state, done.inbox) == ("stored", "care")
    view = office.view(done.taken.reference)
    assert view["received_at"] == one.received_at.isoformat()
    assert [letter["state"] for letter in office.letters_of(done.taken.reference)] == ["waiting"]
    assert quarantine.listed(limit=5) == (0, [])
    assert count(store)["receipt"] == 1
    ((actor, detail),) = audited(store, "message_taken-anew")
    assert actor == office.signer.keyed_hash("A. Name")
    assert detail["state"] == "stored"
    with pytest.raises(QuarantineError, match="quarantine list"):
        quarantine.retry(one.number, by="A. Name")
    assert office.take(a_raw(a_mail(text="new"), external_id=held.external_id)).state == "known"


def test_what_still_cannot_be_read_stays_as_it_is(office, quarantine, store):
    """Neither a second notice nor a second receipt, however often it is tried."""
    office.take(UNREADABLE)
    office.take(a_mail(text=f"{WORD} again"))
    before = quarantine.listed(limit=5)
    for _ in range(2):
        assert [one.is_out for one in quarantine.retry_all()] == [False, False]
    assert quarantine.listed(limit=5) == before
    assert count(store)["outbox"] == 2
    assert audited(store, "message_taken-anew") == []


def test_what_cannot_be_decided_leaves_nothing_half_done(office, quarantine, store, monkeypatch):
    """It was read, but a bug of ours stands in the way further on."""
    office.take(a_mail(text=f"{WORD} here"))
    before = quarantine.listed(limit=5)
    del office.classifier.by_word[WORD]

    def stumble(*_args, **_kwargs):
        raise KeyError

    monkeypatch.setattr(Transaction, "start_clock", stumble)
    (done,) = quarantine.retry_all()
    assert (done.is_out, "KeyError" in done.taken.why) == (False, True)
    assert quarantine.listed(limit=5) == before
    found = count(store)
    assert (found["enquiry"], found["message"], found["receipt"]) == (0, 0, 1)


def test_one_that_fails_stops_no_other(office, quarantine, monkeypatch):
    """Even where the attempt ends in an error of the store that nobody foresaw."""
    for number in (1, 2):
        office.take(a_mail(text=f"{WORD} {number}"))
    del office.classifier.by_word[WORD]
    usual, failing = Transaction.leave_quarantine, []

    def stumble(tx, number):
        if not failing:
            failing.append(number)
            raise RuntimeError
        return usual(tx, number)

    monkeypatch.setattr(Transaction, "leave_quarantine", stumble)
    first, second = quarantine.retry_all()
    assert (first.is_out, second.is_out) == (False, True)
    assert "RuntimeError" in first.taken.why
    _, (left,) = quarantine.listed(limit=5)
    assert left.number == first.number == failing[0]


def test_private_mail_leaves_no_words(office, store, monkeypatch):
    """Somebody's own letter that we could not read is not kept once it is known for what it is."""

    def stumble(*_args, **_kwargs):
        msg = "It could not be read."
        raise ParseError(msg)

    mail = a_mail(text="Unmistakable greetings", headers=[("Sensitivity", "Private")])
    with monkeypatch.context() as broken:
        broken.setattr("daemon.intake.prepare.parse", stumble)
        assert office.take(mail, AT_OMBUDSMAN).state == "quarantined"
    inboxes = {AT_OMBUDSMAN.name: AT_OMBUDSMAN}
    (done,) = Quarantine(store=store, intake=office.intake, inboxes=inboxes).retry_all()
    assert (done.is_out, done.taken.state) == (True, "private")
    assert count(store)["raw"] == 0
    ((state, sha256),) = rows(store, schema.receipt, "state", "raw_sha256")
    assert (state, sha256) == ("private", None)


def test_the_same_seen_twice_is_one_message(office, quarantine, store):
    """Both sightings leave the quarantine: one enquiry, two receipts."""
    mail = a_mail(text=f"{WORD} twice")
    for external_id in ("1:901", "2:901"):
        office.take(a_raw(mail, external_id=external_id))
    del office.classifier.by_word[WORD]
    done = quarantine.retry_all()
    assert [one.taken.state for one in done] == ["stored", "repeated"]
    assert count(store)["enquiry"] == 1
    assert count(store)["receipt"] == 2


def test_an_inbox_that_is_gone_is_named(office, store):
    """The others go on."""
    office.take(UNREADABLE)
    quarantine = Quarantine(store=store, intake=office.intake, inboxes={})
    (_, (one,)) = quarantine.listed(limit=5)
    with pytest.raises(QuarantineError, match=r"care.*inboxes\.toml"):
        quarantine.retry(one.number)
    assert quarantine.retry_all() == []
