"""The reconciliation: sums that add up, every kind of difference, and one alarm a day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete, text, update

from daemon.model import Category, Criterion
from daemon.reconcile import InboxCount, Reconciler, as_json, counted_inboxes, reconcile
from daemon.store import schema
from tests.builders import NOW, OFFICE, a_classification, a_mail, an_office_over, text_of
from tests.fakes import FakeOutlet

MORNING = datetime(2026, 11, 24, 6, 0, tzinfo=UTC)  # six o'clock in London


@pytest.fixture
def office(store):
    return an_office_over(store)


@pytest.fixture
def reconciler(office):
    return Reconciler(
        store=office.store,
        letters=office.letters,
        operators=(f"operator@{OFFICE}",),
        inboxes=("care",),
        clock=office.clock,
    )


def looked_at(office, *inboxes):
    with office.store.read() as tx:
        return reconcile(tx, inboxes, now=office.clock())


def differences(office, *inboxes):
    return {one.what: (one.count, one.which) for one in looked_at(office, *inboxes).differences}


def changed(office, *statements):
    with office.store.write() as tx:
        for statement in statements:
            tx.connection.execute(statement)


def told(office):
    with office.store.read() as tx:
        rows = tx.connection.execute(
            text("SELECT key, content FROM outbox WHERE key LIKE 'reconciliation:%' ORDER BY id")
        ).all()
    return [text_of(bytes(row.content)) for row in rows]


def test_each_enquiry_is_answered_waiting_held_or_silent_by_reason(office):
    """The sums of all ways are the number of enquiries."""
    office.take(a_mail(text="one"))
    office.sender.send_due(FakeOutlet())
    office.take(a_mail(text="two"))
    office.classifier.usual = a_classification(
        category=Category.OTHER, criteria=(Criterion.VULNERABLE,)
    )
    office.take(a_mail(text="three"))
    office.take(a_mail(text="four", sender=f"colleague@{OFFICE}"))
    found = looked_at(office)
    assert found.ok
    assert found.enquiries == {"acknowledged": 1, "waiting": 1, "held": 1, "silent": 1}
    assert found.silent == {"own-address": 1}
    assert found.messages == {"opened": 4}
    assert found.receipts == {"stored": 4}
    assert as_json(found)["ok"] is True


def test_an_answered_enquiry_whose_acknowledgement_was_held_still_counts(office):
    """It was cancelled since somebody had replied."""
    office.classifier.usual = a_classification(category=Category.NOT_AN_ENQUIRY)
    reference = office.take(a_mail()).reference
    office.casework.replied(reference, by="A. Name")
    assert looked_at(office).enquiries == {"replied to before": 1}


def test_a_merged_enquiry_counts_as_such(office):
    """Its acknowledgement had gone, its messages are elsewhere."""
    one = office.take(a_mail(text="one")).reference
    other = office.take(a_mail(text="two")).reference
    office.casework.merge(one, into=other, by="A. Name")
    found = looked_at(office)
    assert (found.ok, sum(found.enquiries.values())) == (True, 2)


def test_a_silent_enquiry_without_a_reason_is_a_difference(office):
    """Somebody wrote, and was forgotten."""
    reference = office.take(a_mail()).reference
    changed(office, delete(schema.outbox).where(schema.outbox.c.kind == "acknowledgement"))
    assert differences(office) == {
        "Enquiries with neither an acknowledgement nor a reason for silence": (1, (reference,))
    }


def test_an_open_enquiry_without_a_clock_is_a_difference(office):
    """Nobody would be reminded of it; but for one that was replied to."""
    reference = office.take(a_mail()).reference
    changed(office, update(schema.deadline).values(ended_at=NOW, ended_by="corrected"))
    assert differences(office) == {"Open enquiries that no clock watches": (1, (reference,))}
    office.casework.replied(reference, by="A. Name")
    assert differences(office) == {}


@pytest.mark.parametrize(
    ("statement", "what"),
    [
        (
            update(schema.message).values(enquiry_id=None),
            "Messages that opened or joined an enquiry and belong to none",
        ),
        (delete(schema.receipt), "Messages that no receipt tells of"),
        (update(schema.receipt).values(message_id=None), "Receipts whose message is not there"),
    ],
    ids=["no enquiry", "no receipt", "no message"],
)
def test_what_somebody_took_out_of_the_database_is_a_difference(office, statement, what):
    """Three tables tell of each message."""
    office.take(a_mail())
    changed(office, statement)
    assert what in differences(office)


def test_a_letter_that_does_not_leave_is_a_difference_after_a_day(office):
    """Whoever waits for it should not."""
    office.take(a_mail())
    office.clock.move(days=1)
    assert differences(office) == {}
    office.clock.move(seconds=1)
    assert "Letters that should have left more than a day ago" in differences(office)


def test_mail_without_a_receipt_is_a_difference(office):
    """By its id in that inbox."""
    inbox = InboxCount(name="care", listed=3, with_receipt=2, missing=("1:7",), receipts=2)
    assert differences(office, inbox) == {
        "Mail in the inbox care that we have no receipt of": (1, ("1:7",))
    }


def test_an_inbox_that_was_never_compared_is_told_apart(office):
    """Nothing is known of it, which is not the same as nothing."""
    office.take(a_mail())
    with office.store.read() as tx:
        care, intake = counted_inboxes(tx, ["care", "intake"])
    assert (care.listed, care.receipts) == (None, 1)
    assert (intake.listed, intake.receipts) == (None, 0)


# Every morning


def test_it_is_done_once_a_day_from_six_on(office, reconciler):
    """London time; a restart does not repeat it."""
    office.clock.now = MORNING - timedelta(seconds=1)
    assert reconciler.daily() is None
    office.clock.now = MORNING
    assert reconciler.daily().ok
    assert reconciler.daily() is None
    assert told(office) == []


def test_the_operators_hear_of_a_difference_each_day_and_once_when_it_is_gone(office, reconciler):
    """A person has to act; then they may rest."""
    reference = office.take(a_mail()).reference
    office.sender.send_due(FakeOutlet())
    changed(office, update(schema.deadline).values(ended_at=NOW, ended_by="corrected"))
    for day in range(2):
        office.clock.now = MORNING + timedelta(days=day)
        assert not reconciler.daily().ok
        office.sender.send_due(FakeOutlet())
    assert len(told(office)) == 2
    assert reference in told(office)[0]
    office.casework.replied(reference, by="A. Name")
    for day in range(2, 4):
        office.clock.now = MORNING + timedelta(days=day)
        assert reconciler.daily().ok
        office.sender.send_due(FakeOutlet())
    assert len(told(office)) == 3
    assert "adds up again" in told(office)[2]
