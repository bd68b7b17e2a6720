"""Enquiries: threads and parties, criteria, registers, clocks and their steps."""

from __future__ import annotations

import json
import threading
from datetime import timedelta

import pytest

from daemon.deadlines import deadline, steps_of
from daemon.model import (
    Category,
    ClockKind,
    Criterion,
    EnquiryStatus,
    Register,
    RegisterEntry,
    Route,
)
from daemon.store import ConflictError, Store
from tests.builders import NOW, a_classification, a_decision, a_link, a_message, working_days


def open_enquiry(tx, reference="PH-1", *, parties=("resident@home.example",), **found):
    opened = tx.open_enquiry(
        reference, a_decision(), a_classification(**found), received_at=NOW, now=NOW
    )
    for address in parties:
        tx.add_party(opened, address)
    return opened


def add_message(tx, enquiry_id, rfc_id="first@home.example"):
    return tx.add_message(
        a_message(message_id=rfc_id),
        a_decision(),
        fingerprint=f"{enquiry_id}{rfc_id}",
        ordinal=0,
        inbox="care",
        enquiry_id=enquiry_id,
        received_at=NOW,
        now=NOW,
    )


def links(tx, *, thread=(), tokens=(), mentioned=(), sender=("resident@home.example",), domains=()):
    return tx.links(
        thread=thread,
        tokens=tokens,
        mentioned=mentioned,
        sender=sender,
        sender_domains=domains,
    )


def start(tx, enquiry_id, kind=ClockKind.OTHER, *, message_id=None):
    clock = deadline(kind, NOW, working_days())
    message_id = message_id or add_message(tx, enquiry_id, f"{kind}-{enquiry_id}@home.example")
    return tx.start_clock(
        enquiry_id, clock, message_id=message_id, received_at=NOW, steps=steps_of(clock)
    )


# Opening and status


def test_a_reference_is_given_once(store):
    """A second enquiry with it is a conflict, and another one is tried."""
    with store.write() as tx:
        open_enquiry(tx)
        with pytest.raises(ConflictError), tx.savepoint():
            open_enquiry(tx)


def test_an_enquiry_comes_back_as_it_was_opened(store):
    """By its reference and by its id; nobody's reference is nobody."""
    with store.write() as tx:
        opened = open_enquiry(tx, category=Category.FOI_DPA, to_be_sorted=True)
        enquiry = tx.enquiry("PH-1", lock=True)
        assert enquiry == tx.enquiry_by_id(opened)
        assert (enquiry.status, enquiry.category) == (EnquiryStatus.OPEN, "foi-dpa")
        assert (enquiry.route, enquiry.team) == ("customer-care", "customer-care")
        assert (enquiry.received_at, enquiry.to_be_sorted) == (NOW, True)
        assert tx.enquiry("PH-2") is None


def test_an_enquiry_can_be_ended_moved_and_found_to_be_older(store):
    """Each is one change of the row."""
    with store.write() as tx:
        opened = open_enquiry(tx)
        tx.set_status(opened, EnquiryStatus.REPLIED, now=NOW)
        tx.reroute(opened, route=Route.INTAKE, team="intake")
        tx.received_first_at(opened, NOW - timedelta(hours=1))
        tx.reply_seen(opened, now=NOW)
        view = tx.view("PH-1")
    assert (view["status"], view["ended_at"]) == ("replied", NOW.isoformat())
    assert (view["route"], view["team"]) == ("intake", "intake")
    assert view["received_at"] == (NOW - timedelta(hours=1)).isoformat()
    assert view["reply_seen_at"] == NOW.isoformat()


# Threads, tokens and parties


def test_a_message_points_at_enquiries_by_thread_token_and_words(store):
    """Thread and token prove it; a reference in plain text does not."""
    with store.write() as tx:
        threaded, signed, named = (open_enquiry(tx, f"PH-{n}") for n in (1, 2, 3))
        open_enquiry(tx, "PH-4")
        add_message(tx, threaded)
        found = links(tx, thread=["first@home.example"], tokens=["PH-2"], mentioned=["PH-3"])
    assert [(one.enquiry_id, one.proven) for one in found] == [
        (signed, True),
        (threaded, True),
        (named, False),
    ]


def test_the_best_link_comes_first(store):
    """Proven before mentioned, open before ended, late before early."""
    with store.write() as tx:
        for number in range(1, 6):
            open_enquiry(tx, f"PH-{number}")
        for number in (2, 4):
            tx.set_status(tx.enquiry(f"PH-{number}").id, EnquiryStatus.CLOSED, now=NOW)
        found = links(tx, tokens=["PH-1", "PH-2", "PH-3"], mentioned=["PH-4", "PH-5", "PH-1"])
    assert [one.reference for one in found] == ["PH-3", "PH-1", "PH-2", "PH-5", "PH-4"]


def test_who_is_a_party_is_told_by_address_or_by_the_domain_of_an_office(store):
    """A domain counts whole: not its end, not a wildcard in it."""
    with store.write() as tx:
        open_enquiry(tx, parties=("one@north_office.example", ""))

        def is_party(sender, *domains):
            (link,) = links(tx, tokens=["PH-1"], sender=(sender,), domains=domains)
            return link.sender_is_party

        assert is_party("one@north_office.example")
        assert not is_party("two@north_office.example")
        assert is_party("two@north_office.example", "north_office.example")
        assert not is_party("two@office.example", "office.example")
        assert not is_party("x@northxoffice.example", "northxoffice.example")
        assert not is_party("")


def test_adding_a_party_twice_is_once(store):
    """And nobody is no party."""
    with store.write() as tx:
        opened = open_enquiry(tx)
        tx.add_party(opened, "resident@home.example")
        tx.add_party(opened, "")
        assert tx.view("PH-1")["parties"] == ["resident@home.example"]


def test_a_message_that_points_nowhere_has_no_links(store):
    """The usual case."""
    with store.write() as tx:
        open_enquiry(tx)
        assert links(tx) == ()
        assert links(tx, thread=["unknown@x.example"], tokens=["PH-9"], mentioned=["PH-8"]) == ()


def test_a_link_tells_what_the_enquiry_is_about(store):
    """Its category and criteria, by which a further matter is known."""
    with store.write() as tx:
        opened = open_enquiry(tx, category=Category.FOI_DPA)
        message_id = add_message(tx, opened)
        tx.add_criteria(opened, [Criterion.LEGAL_CHALLENGE], message_id=message_id, now=NOW)
        (link,) = links(tx, tokens=["PH-1"])
    assert (link.category, link.criteria) == (Category.FOI_DPA, (Criterion.LEGAL_CHALLENGE,))


# Criteria and registers


def test_criteria_are_kept_once_in_the_order_of_the_guide(store):
    """Those accepted automatically are, the others are proposed."""
    with store.write() as tx:
        opened = open_enquiry(tx)
        message_id = add_message(tx, opened)
        for criteria in (
            [Criterion.VULNERABLE, Criterion.MP_NON_ROUTINE],
            [Criterion.VULNERABLE, Criterion.SYSTEMIC_ISSUE],
        ):
            tx.add_criteria(opened, criteria, message_id=message_id, now=NOW)
        assert tx.criteria(opened) == (
            Criterion.MP_NON_ROUTINE,
            Criterion.SYSTEMIC_ISSUE,
            Criterion.VULNERABLE,
        )
        states = {c["criterion"]: c["state"] for c in tx.view("PH-1")["criteria"]}
    assert states == {
        "mp-non-routine": "accepted",
        "systemic-issue": "proposed",
        "vulnerable": "proposed",
    }


def test_an_enquiry_enters_a_register_once(store):
    """What is agreed there is not made a proposal again."""
    agreed = RegisterEntry(register=Register.CENTRAL_ASSURANCE)
    proposed = RegisterEntry(register=Register.CENTRAL_ASSURANCE, proposed=True)
    with store.write() as tx:
        opened = open_enquiry(tx)
        tx.enter_registers(opened, a_decision(registers=(agreed,)), now=NOW)
        tx.enter_registers(opened, a_decision(registers=(proposed,)), now=NOW)
        entries = tx.view("PH-1")["registers"]
    assert [(entry["register"], entry["proposed"]) for entry in entries] == [
        ("central-assurance", False)
    ]


# Clocks and their steps


def test_a_clock_is_kept_with_its_working_and_steps(store):
    """And its kind is known, also when it has ended."""
    with store.write() as tx:
        opened = open_enquiry(tx)
        clock_id = start(tx, opened)
        assert tx.clock_kinds(opened) == {"other"}
        assert [clock.id for clock in tx.open_clocks(opened)] == [clock_id]
        tx.end_clock(clock_id, by="replied", now=NOW)
        assert tx.open_clocks(opened) == []
        assert tx.clock_kinds(opened) == {"other"}
        (clock,) = tx.view("PH-1")["deadlines"]
    assert (clock["kind"], clock["due_on"], clock["ended_by"]) == ("other", "2026-12-07", "replied")
    assert clock["working"]
    steps = [step["action"] for step in clock["steps"]]
    assert steps == ["remind", "remind", "escalate", "escalate"]


def test_ending_clocks_ends_only_the_kinds_asked_for(store):
    """And says which."""
    with store.write() as tx:
        opened, other = open_enquiry(tx), open_enquiry(tx, "PH-2")
        foi, mp = start(tx, opened, ClockKind.FOI), start(tx, opened, ClockKind.MP)
        start(tx, other)
        assert tx.end_clocks(opened, by="confirmed", now=NOW, kinds=[ClockKind.MP]) == [mp]
        assert tx.end_clocks(opened, by="replied", now=NOW) == [foi]
        assert tx.end_clocks(opened, by="replied", now=NOW) == []
        assert len(tx.open_clocks(other)) == 1


def test_each_due_step_comes_once_the_earliest_first(store):
    """Not before its time, and not after it was decided."""
    with store.write() as tx:
        start(tx, open_enquiry(tx), ClockKind.FOI)
        start(tx, open_enquiry(tx, "PH-2"))
        assert tx.due_steps(NOW, limit=10) == []
        due = tx.due_steps(NOW + timedelta(days=90), limit=10)
        assert [(step.kind, step.action, step.ordinal) for step in due] == [
            ("other", "remind", 0),
            ("other", "remind", 1),
            ("foi", "remind", 0),
            ("other", "escalate", 0),
            ("other", "escalate", 1),
            ("foi", "remind", 1),
            ("foi", "remind", 2),
            ("foi", "escalate", 0),
            ("foi", "escalate", 1),
        ]
        assert [step.is_last for step in due if step.action == "remind"] == [
            *(False, True, False),
            *(False, True),
        ]
        assert due[0].enquiry.reference == "PH-2"
        ids = [step.id for step in due[:3]]
        assert tx.take_steps(ids, now=NOW) == set(ids)
        assert tx.take_steps(ids, now=NOW) == set()
        left = [step.id for step in tx.due_steps(NOW + timedelta(days=90), limit=10)]
        assert left == [step.id for step in due[3:]]


def test_the_steps_of_an_ended_clock_are_not_due(store):
    """An answered enquiry stops its reminders."""
    with store.write() as tx:
        opened = open_enquiry(tx)
        start(tx, opened)
        tx.end_clocks(opened, by="replied", now=NOW)
        assert tx.due_steps(NOW + timedelta(days=90), limit=10) == []


def test_a_step_that_is_added_while_somebody_ends_the_clock_is_not_due(store):
    """Two daemons, one moment: what has ended never climbs again."""
    with store.write() as tx:
        clock = start(tx, open_enquiry(tx), ClockKind.VULNERABLE)
        tx.end_clocks(1, by="confirmed", now=NOW)
        assert tx.has_steps(clock) is False
        tx.add_step(clock, "escalate", ordinal=9, at=NOW)
        assert tx.has_steps(clock) is True
        assert tx.due_steps(NOW + timedelta(days=1), limit=10) == []


def test_due_steps_leave_out_the_clocks_that_they_are_told_to(store):
    """So that what cannot be decided hides nothing behind it."""
    later = NOW + timedelta(days=90)
    with store.write() as tx:
        one, two = (start(tx, open_enquiry(tx, f"PH-{n}")) for n in (1, 2))
        assert {step.deadline_id for step in tx.due_steps(later, limit=9)} == {one, two}
        assert {step.deadline_id for step in tx.due_steps(later, limit=9, but=[one])} == {two}


def test_a_link_tells_the_clocks_that_an_enquiry_has_or_had(store):
    """Each kind once, ended ones too; and those who take part are its own."""
    with store.write() as tx:
        opened = open_enquiry(tx)
        open_enquiry(tx, "PH-2", parties=("other@home.example",))
        start(tx, opened, ClockKind.FOI)
        tx.end_clocks(opened, by="replied", now=NOW)
        message_id = add_message(tx, opened)
        start(tx, opened, ClockKind.ACK, message_id=message_id)
        start(tx, opened, ClockKind.FOI, message_id=message_id)
        (link,) = links(tx, thread=["first@home.example"])
        assert link.clocks == (ClockKind.ACK, ClockKind.FOI)
        assert tx.parties(opened) == {"resident@home.example"}


def test_due_steps_come_in_bounded_portions(store):
    """After a long outage too."""
    with store.write() as tx:
        start(tx, open_enquiry(tx))
        assert len(tx.due_steps(NOW + timedelta(days=90), limit=1)) == 1


@pytest.mark.parametrize("prepared_url", ["postgresql"], indirect=True)
def test_two_daemons_never_decide_the_same_step(store, prepared_url):
    """Both see it; the second waits for the first, and gets it not."""
    later = NOW + timedelta(days=90)
    with store.write() as tx:
        start(tx, open_enquiry(tx))
        ids = [step.id for step in tx.due_steps(later, limit=10)]
    other, theirs = Store.open(prepared_url), []

    def take() -> None:
        with other.write() as two:
            theirs.append(two.take_steps(ids, now=later))

    with store.write() as one:
        ours = one.take_steps(ids[:3], now=later)
        second = threading.Thread(target=take)
        second.start()
        second.join(0.3)
        assert theirs == []
    second.join(10)
    other.close()
    assert (ours, theirs) == (set(ids[:3]), [set(ids[3:])])
    with store.write() as tx:
        assert tx.due_steps(later, limit=10) == []


# Views


def test_a_view_is_plain_json_and_whole(store):
    """Everything that belongs to an enquiry, times in ISO 8601."""
    with store.write() as tx:
        first = open_enquiry(tx, "PH-9")
        linked = a_decision(linked_to=a_link(enquiry_id=first))
        tx.open_enquiry("PH-1", linked, a_classification(), received_at=NOW, now=NOW)
        opened = tx.enquiry("PH-1").id
        message_id = add_message(tx, opened)
        tx.add_classification(message_id, a_classification(), made_by="software", now=NOW)
        tx.add_act(
            "replied", by_name="A. Name", note="n", enquiry_id=opened, message_id=None, now=NOW
        )
        tx.audit("enquiry_opened", f"enquiry:{opened}", at=NOW)
        start(tx, opened, message_id=message_id)
        view = tx.view("PH-1")
        counts = tx.counts()
    assert json.loads(json.dumps(view)) == view
    assert view["linked_to"] == "PH-9"
    assert view["received_at"] == NOW.isoformat()
    assert [m["classifications"][0]["category"] for m in view["messages"]] == ["new-complaint"]
    assert [(a["what"], a["by_name"]) for a in view["acts"]] == [("replied", "A. Name")]
    assert [line["event"] for line in view["audit"]] == ["enquiry_opened"]
    assert counts == {"receipts": 0, "messages": 1, "enquiries": 2, "sent": 0}


def test_nobodys_reference_has_no_view(store):
    """None, no error."""
    with store.read() as tx:
        assert tx.view("PH-1") is None
