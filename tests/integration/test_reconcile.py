"""The reconciliation: sums that add up, every kind of difference, and one alarm a day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete, text, update

from daemon.intake.revision import Revision
from daemon.listed import count, parts
from daemon.model import Box, Category, ClockKind, Criterion
from daemon.reconcile import InboxCount, Reconciler, as_json, counted_inboxes, note, reconcile
from daemon.store import schema
from tests.builders import (
    NOW,
    OFFICE,
    a_classification,
    a_mail,
    a_raw,
    an_inbox,
    an_office_over,
    text_of,
)
from tests.fakes import FakeInbox, FakeOutlet

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


def noted(office, **found):
    count_ = InboxCount(name="care", listed=1, with_receipt=1, **found)
    with office.store.write() as tx:
        tx.set_marker("inbox:care", note(count_), now=NOW)


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


UNANSWERED = "Enquiries with neither an acknowledgement nor a reason for silence"
NO_CLOCK = "Open enquiries that no clock watches"
NO_TRACE = "Messages with no trace of what became of them"
NO_MESSAGE = "Receipts whose message is not there"
NO_RECEIPT = "Messages that no receipt tells of"
ABOUT_NOTHING = "Letters that should be about an enquiry and are about none"
acknowledgements = schema.outbox.c.kind == "acknowledgement"


def test_a_silent_enquiry_without_a_reason_is_a_difference(office):
    """Somebody wrote, and was forgotten."""
    reference = office.take(a_mail()).reference
    changed(office, delete(schema.outbox).where(acknowledgements))
    assert differences(office) == {UNANSWERED: (1, (reference,))}


def test_a_further_message_gives_no_reason_for_silence_to_the_first(office):
    """It got no acknowledgement because the first had one: here it had not."""
    first = office.take(a_mail(message_id="first@home.example"))
    office.take(a_mail(text="And another thing", answers=["first@home.example"]))
    changed(office, delete(schema.outbox).where(acknowledgements))
    assert differences(office) == {UNANSWERED: (1, (first.reference,))}


def test_a_message_split_off_is_counted_by_its_own_answer(office):
    """It is no further message any more, whatever it was taken in as."""
    first = office.take(a_mail(message_id="first@home.example"))
    further = office.take(a_mail(text="Another matter", answers=["first@home.example"]))
    revision = Revision(filing=office.intake.filing)
    office.casework.split(
        first.reference, message_id=further.message_id, by="A. Name", revision=revision
    )
    found = looked_at(office)
    assert (found.ok, found.enquiries, found.messages) == (True, {"waiting": 2}, {"opened": 2})


def test_an_acknowledgement_cancelled_though_nobody_replied_is_a_difference(office):
    """Cancelled is right where somebody ended the enquiry, also when it is opened again."""
    office.classifier.usual = a_classification(category=Category.NOT_AN_ENQUIRY)
    one, other = (office.take(a_mail(text=text)).reference for text in ("one", "two"))
    office.casework.replied(one, by="A. Name")
    office.casework.reopen(one, by="A. Name")
    assert looked_at(office).ok
    changed(office, update(schema.outbox).where(acknowledgements).values(state="cancelled"))
    assert differences(office) == {
        "Open enquiries whose acknowledgement was cancelled though nobody had replied": (
            1,
            (other,),
        )
    }


def test_an_acknowledgement_in_a_state_nobody_knows_is_a_difference(office):
    """It is counted all the same, so that the sums hold."""
    reference = office.take(a_mail()).reference
    changed(office, update(schema.outbox).where(acknowledgements).values(state="lost"))
    assert differences(office) == {
        "Enquiries with two acknowledgements, or one in a state that nobody knows": (
            1,
            (reference,),
        )
    }
    assert sum(looked_at(office).enquiries.values()) == 1


@pytest.mark.parametrize("state", ["failed", "sent"])
def test_a_failed_or_returned_acknowledgement_counts_as_failed(office, state):
    """The enquirer has not got it; it is known, and no difference."""
    office.take(a_mail())
    values = {"state": state, "not_delivered_at": NOW if state == "sent" else None}
    changed(office, update(schema.outbox).where(acknowledgements).values(**values))
    found = looked_at(office)
    assert (found.ok, found.enquiries) == (True, {"failed": 1})


def test_an_open_enquiry_without_a_clock_is_a_difference(office):
    """Nobody would be reminded of it; but for one that was replied to."""
    reference = office.take(a_mail()).reference
    changed(office, update(schema.deadline).values(ended_at=NOW, ended_by="corrected"))
    assert differences(office) == {NO_CLOCK: (1, (reference,))}
    office.casework.replied(reference, by="A. Name")
    assert differences(office) == {}


def test_the_next_update_on_a_register_is_no_clock_for_a_reply(office):
    """Updates may go on for ever while nobody answers."""
    office.classifier.usual = a_classification(category=Category.OTHER)
    reference = office.take(a_mail()).reference
    other = schema.deadline.c.kind == ClockKind.OTHER
    changed(office, update(schema.deadline).where(other).values(ended_at=NOW))
    with office.store.read() as tx:
        (enquiry,) = tx.links(thread=(), tokens=[reference], mentioned=(), sender=())
        running = {clock.kind for clock in tx.open_clocks(enquiry.enquiry_id)}
    assert ClockKind.UPDATE in running
    assert differences(office) == {NO_CLOCK: (1, (reference,))}


@pytest.mark.parametrize(
    "values",
    [{"stopped_on": NOW.date()}, {"ended_at": NOW, "ended_by": "seen"}],
    ids=["stopped for clarification", "a reply was seen"],
)
def test_a_clock_that_waits_for_somebody_is_no_difference(office, values):
    """It stands still, or a person has yet to confirm the reply."""
    office.take(a_mail())
    changed(office, update(schema.deadline).values(**values))
    if "ended_by" in values:
        changed(office, update(schema.enquiry).values(reply_seen_at=NOW))
    assert looked_at(office).ok


def test_a_message_that_is_gone_is_missed_by_its_receipt_and_enquiry(office):
    """Whatever deleted the row, two tables still speak of it."""
    office.classifier.usual = a_classification(category=Category.OTHER)
    reference = office.take(a_mail()).reference
    changed(
        office,
        update(schema.receipt).values(message_id=None),
        update(schema.outbox).values(message_id=None),
        *(
            delete(table)
            for table in (
                *(schema.enquiry_criterion, schema.deadline_step, schema.deadline),
                *(schema.classification, schema.message),
            )
        ),
    )
    found = differences(office)
    assert found.keys() == {NO_MESSAGE, "Enquiries that no message belongs to", NO_CLOCK}
    assert found["Enquiries that no message belongs to"] == (1, (reference,))


@pytest.mark.parametrize(
    ("statements", "what"),
    [
        ([update(schema.message).values(enquiry_id=None)], NO_TRACE),
        ([update(schema.message).values(outcome="lost")], NO_TRACE),
        ([update(schema.message).values(outcome="set-aside", skip=None)], NO_TRACE),
        ([delete(schema.classification)], NO_TRACE),
        ([delete(schema.receipt)], NO_RECEIPT),
        ([update(schema.receipt).values(message_id=None)], NO_MESSAGE),
        ([update(schema.receipt).values(state="lost")], NO_MESSAGE),
        ([update(schema.outbox).where(acknowledgements).values(enquiry_id=None)], ABOUT_NOTHING),
    ],
    ids=[
        "no enquiry",
        "no outcome",
        "no reason",
        "never classified",
        "no receipt",
        "no message",
        "no state",
        "a letter about nothing",
    ],
)
def test_what_somebody_took_out_of_the_database_is_a_difference(office, statements, what):
    """Several tables tell of each message."""
    office.take(a_mail())
    changed(office, *statements)
    assert what in differences(office)


def test_a_letter_that_does_not_leave_is_a_difference_after_a_day(office):
    """Whoever waits for it should not."""
    office.take(a_mail())
    office.clock.move(days=1)
    assert differences(office) == {}
    office.clock.move(seconds=1)
    assert "Letters that should have left more than a day ago" in differences(office)


def test_a_claim_that_nobody_finishes_is_a_difference_after_a_day(office):
    """Expired claims are taken up again: one that stays for a day has nobody to do so."""
    office.take(a_mail())
    since = {"state": "claimed", "claimed_by": "gone", "claimed_until": office.clock()}
    changed(office, update(schema.outbox).values(**since))
    office.clock.move(days=1, seconds=1)
    assert "Letters that should have left more than a day ago" in differences(office)


def test_mail_without_a_receipt_is_a_difference(office):
    """By its id in that inbox."""
    inbox = InboxCount(
        name="care", listed=3, with_receipt=2, missing=1, missing_ids=("1:7",), receipts=2
    )
    assert differences(office, inbox) == {
        "Mail in the inbox care that we have no receipt of": (1, ("1:7",))
    }


@pytest.mark.parametrize(("polled", "ok"), [(True, True), (False, False)])
def test_mail_to_come_is_a_difference_where_nobody_polls(office, polled, ok):
    """With a daemon it is there within a moment."""
    inbox = InboxCount(
        name="care", listed=3, with_receipt=2, to_come=1, to_come_ids=("1:9",), polled=polled
    )
    assert looked_at(office, inbox).ok is ok


def test_each_copy_has_a_receipt_and_the_message_counts_once(office):
    """One mail to two boxes: receipts = messages + those seen again."""
    content = a_mail(message_id="twice@home.example")
    office.take(content)
    office.take(content, an_inbox("intake", box=Box.INTAKE))
    found = looked_at(office, InboxCount(name="care"))
    assert (found.receipts, found.messages, found.seen_again) == ({"stored": 2}, {"opened": 1}, 1)
    assert found.elsewhere == {"intake": 1}


def test_an_inbox_that_was_never_compared_is_told_apart(office):
    """Nothing is known of it, which is not the same as nothing."""
    office.take(a_mail())
    with office.store.read() as tx:
        known = counted_inboxes(tx, ["care", "intake"])
    care, intake = looked_at(office, *known).inboxes
    assert (care.listed, care.receipts, care.gone) == (None, 1, None)
    assert (intake.listed, intake.receipts, intake.gone) == (None, 0, None)


# An inbox's own list


@pytest.fixture
def inbox():
    return FakeInbox(name="care")


def counted(office, inbox, *, since=None):
    with office.store.read() as tx:
        cursor = tx.cursor("care")
    one = count(inbox, office.store, since=since, cursor=cursor, at=office.clock())
    with office.store.read() as tx:
        return one.beside(tx.receipt_counts({"care": since}).get("care"))


def read_to(office, cursor):
    with office.store.write() as tx:
        tx.set_cursor("care", cursor, now=NOW)


def test_what_lies_there_is_with_receipt_to_come_or_missing(office, inbox):
    """Only what was passed by is missing; what came since the last poll is not."""
    for number in range(1, 6):
        inbox.deliver(a_mail(text=f"letter {number}"), at=NOW)
    for number in (1, 3):
        office.take(a_raw(inbox.messages[number][0], external_id=str(number)))
    read_to(office, "4")
    one = counted(office, inbox)
    assert (one.listed, one.with_receipt, one.to_come, one.missing) == (5, 2, 1, 2)
    assert one.missing_ids == ("2", "4")


def test_receipts_lie_there_are_gone_or_from_before_go_live(office, inbox):
    """Mail that a person has moved away is normal; so is what came before us."""
    days = {1: -9, 2: -1, 3: 0, 4: 0}
    for number, day in days.items():
        at = NOW + timedelta(days=day)
        inbox.deliver(a_mail(text=f"letter {number}"), at=at)
        office.take(a_raw(inbox.messages[number][0], external_id=str(number), arrived_at=at))
    del inbox.messages[3]
    read_to(office, "4")
    inbox.list_ids = lambda _since, **_where: ["2", "4"]  # some servers list a day too many
    one = counted(office, inbox, since=NOW)
    assert (one.receipts, one.with_receipt, one.gone, one.older) == (4, 2, 1, 1)


def test_what_was_missed_or_is_private_counts_with_its_state(office, inbox):
    """They have receipts, and say so."""
    inbox.deliver(a_mail(headers=[("Sensitivity", "Private")]), at=NOW)
    inbox.deliver(a_mail(), at=NOW)
    inbox.unfetchable = {2}
    facts = an_inbox(box=Box.OMBUDSMAN)
    office.intake.take_in(facts, inbox.fetch(None, limit=5), lease=None)
    one = counted(office, inbox)
    assert (one.with_receipt, one.missing) == (2, 0)
    assert one.by_state == {"private": 1, "missed": 1}
    assert looked_at(office).ok


def test_a_long_list_is_compared_part_by_part(office, inbox, monkeypatch):
    """Never more ids at once than a part has, and all of them counted."""
    monkeypatch.setattr("daemon.listed._AT_ONCE", 3)
    for number in range(1, 12):
        inbox.deliver(a_mail(text=f"letter {number}"), at=NOW)
    office.take(a_raw(inbox.messages[7][0], external_id="7"))
    read_to(office, "11")
    sizes = [
        len(part.taken) + len(part.gaps)
        for part in parts(inbox, office.store, since=None, cursor="11")
    ]
    assert sizes == [3, 3, 3, 2]
    assert counted(office, inbox).missing == 10


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
        noted(office, at=office.clock().isoformat())
        assert not reconciler.daily().ok
        office.sender.send_due(FakeOutlet())
    assert len(told(office)) == 2
    assert reference in told(office)[0]
    office.casework.replied(reference, by="A. Name")
    for day in range(2, 4):
        office.clock.now = MORNING + timedelta(days=day)
        noted(office, at=office.clock().isoformat())
        assert reconciler.daily().ok
        office.sender.send_due(FakeOutlet())
    assert len(told(office)) == 3
    assert "adds up again" in told(office)[2]


def test_gaps_that_were_fetched_are_told_of_once(office, reconciler):
    """The mail is in; somebody should know that it had been passed by."""
    office.clock.now = MORNING
    noted(office, fetched=3, at=MORNING.isoformat())
    (one,) = reconciler.daily().differences
    assert (one.where, one.count) == ("inbox care", 3)
    assert "had been passed by, and is taken in now: 3" in told(office)[0]
    office.clock.now = MORNING + timedelta(days=1)
    assert reconciler.daily().ok


@pytest.mark.parametrize(("hours", "ok"), [(26, True), (27, False)])
def test_an_inbox_that_was_not_compared_for_a_day_is_a_difference(office, reconciler, hours, ok):
    """A server that is away must not look as if all added up."""
    office.clock.now = MORNING
    noted(office, at=(MORNING - timedelta(hours=hours)).isoformat())
    assert reconciler.daily().ok is ok


def test_an_inbox_that_is_never_reached_is_a_difference_the_next_day(office, reconciler):
    """On the first morning its first poll may still be under way."""
    office.clock.now = MORNING
    assert reconciler.daily().ok
    office.clock.now = MORNING + timedelta(days=1)
    assert [one.which for one in reconciler.daily().differences] == [("care",)]
