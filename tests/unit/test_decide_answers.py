"""Who gets an answer, who gets none, whose waits for a person, and where it goes."""

from __future__ import annotations

from datetime import timedelta

import pytest

from daemon.model import (
    Address,
    Arrangement,
    Box,
    Category,
    Criterion,
    EnquiryStatus,
    Handling,
    Hold,
    InboxRole,
    Limits,
    Outcome,
    Sent,
    Skip,
)
from tests.builders import (
    NOW,
    OFFICE,
    a_classification,
    a_context,
    a_directory,
    a_forward,
    a_link,
    a_message,
    a_policy,
    a_sender,
    decided,
)

COLLEAGUE = a_sender(f"officer@{OFFICE}")
FORGED = {"authentication-results": (f"mx.{OFFICE}; dmarc=fail header.from=home.example",)}
AT_RISK = a_classification(criteria=(Criterion.VULNERABLE,))
PERSONAL_ONLY = Arrangement(id="a", domains=("home.example",), handling=(Handling.PERSONAL_REPLY,))


# What is not ours to read


@pytest.mark.parametrize("box", [Box.OMBUDSMAN, Box.CEO])
@pytest.mark.parametrize(
    "message",
    [
        {"sender": COLLEAGUE},
        {"sender": a_sender("cousin@family.example")},
        {"headers": {"sensitivity": ("Private",)}},
        {"headers": {"sensitivity": ("personal",)}},
        {"headers": {"sensitivity": (" Company-Confidential ",)}},
    ],
    ids=["own-domain", "private-sender", "private", "personal", "company-confidential"],
)
def test_private_mail_in_a_personal_account_is_left_alone(box, message):
    """No route, no clock, no alert, no letter: only that it is there."""
    decision = decided(a_message(box=box, **message), AT_RISK)
    assert (decision.outcome, decision.skip) == (Outcome.PRIVATE, Skip.PRIVATE)
    assert (decision.deadlines, decision.alerts, decision.registers) == ((), (), ())
    assert decision.template == ""


@pytest.mark.parametrize("sensitivity", ["Normal", "", "Privately printed"])
def test_another_sensitivity_is_an_enquiry(sensitivity):
    """Only the three words of the header make a message private."""
    message = a_message(box=Box.CEO, headers={"sensitivity": (sensitivity,)})
    assert decided(message).outcome is Outcome.OPENED


def test_in_a_public_box_nothing_is_private():
    """Customer Care's own mailbox is for reading."""
    message = a_message(headers={"sensitivity": ("Private",)})
    assert decided(message).outcome is Outcome.OPENED


def test_a_colleagues_forward_of_an_outsiders_letter_is_not_private():
    """The inner message is the enquiry; a person releases its acknowledgement."""
    message = a_message(
        box=Box.OMBUDSMAN,
        sender=COLLEAGUE,
        forwarded=(a_forward(),),
        headers={"sensitivity": ("Private",)},
    )
    decision = decided(message)
    assert decision.outcome is Outcome.OPENED
    assert decision.held is Hold.OWN_DOMAIN_FORWARD
    assert decision.recipient == "resident@home.example"


def test_a_colleagues_forward_of_a_colleague_stays_private():
    """Both are our own."""
    inner = a_forward(f"other@{OFFICE}")
    message = a_message(box=Box.CEO, sender=COLLEAGUE, forwarded=(inner,))
    assert decided(message).outcome is Outcome.PRIVATE


def test_an_outsiders_forward_is_the_outsiders_letter():
    """Only what our own people pass on is taken for its inner message."""
    decision = decided(a_message(forwarded=(a_forward("third@party.example"),)))
    assert decision.recipient == "resident@home.example"
    assert decision.held is None


# Our own mail, other doors, and history


def test_our_own_mail_that_comes_back_does_nothing():
    """It is recorded, whatever it looks like."""
    decision = decided(found=AT_RISK, context=a_context(own_message=True, links=(a_link(),)))
    assert (decision.outcome, decision.skip) == (Outcome.OWN, Skip.OWN_MESSAGE)
    assert (decision.alerts, decision.deadlines) == ((), ())


@pytest.mark.parametrize("role", [InboxRole.SENT, InboxRole.BOUNCES])
def test_other_doors_open_no_enquiry(role):
    """Sent copies and delivery reports; the enquiry they are about is linked."""
    decision = decided(context=a_context(role=role, links=(a_link(),)))
    assert (decision.outcome, decision.skip) == (Outcome.INTERNAL, Skip.INTERNAL)
    assert decision.linked_to == a_link()


DOORS = {
    "bounces": {"role": InboxRole.BOUNCES},
    "commands": {"role": InboxRole.COMMANDS},
    "command": {"command": True},
    "thread": {"links": (a_link(sender_is_party=False),)},
    "enquiries": {},
}


@pytest.mark.parametrize("door", DOORS.values(), ids=DOORS)
def test_a_colleagues_forward_is_heard_through_every_door_but_sent(door):
    """It is somebody else's message, and a person looks at its sender."""
    message = a_message(sender=COLLEAGUE, forwarded=(a_forward(),))
    decision = decided(message, context=a_context(**door))
    assert (decision.outcome, decision.held) == (Outcome.OPENED, Hold.OWN_DOMAIN_FORWARD)
    assert decision.recipient == "resident@home.example"
    sent = a_context(**{**door, "role": InboxRole.SENT})
    assert decided(message, context=sent).outcome is Outcome.INTERNAL


@pytest.mark.parametrize("sender", [COLLEAGUE, a_sender("resident@home.example")])
@pytest.mark.parametrize("door", DOORS.values(), ids=DOORS)
def test_words_of_danger_are_heard_through_every_door_but_sent(door, sender):
    """Whoever passes them on, and wherever they were addressed."""
    decision = decided(a_message(sender=sender), AT_RISK, context=a_context(**door))
    assert decision.outcome in {Outcome.OPENED, Outcome.JOINED}
    assert decision.alerts == (Criterion.VULNERABLE,)
    sent = a_context(**{**door, "role": InboxRole.SENT})
    assert decided(a_message(sender=sender), AT_RISK, context=sent).outcome is Outcome.INTERNAL


def test_a_delivery_report_with_words_of_danger_is_still_a_report():
    """It brings back what somebody wrote long ago."""
    found = a_classification(
        criteria=(Criterion.VULNERABLE,),
        category=Category.NOT_AN_ENQUIRY,
        automation=Skip.DELIVERY_REPORT,
    )
    bounces = a_context(role=InboxRole.BOUNCES)
    assert decided(found=found, context=bounces).outcome is Outcome.INTERNAL


REWRITTEN = [
    {"sender": Address(address=f"office@{OFFICE}", name="Jane Doe via Ombudsman")},
    {
        "sender": a_sender(f"office@{OFFICE}"),
        "headers": {"x-original-from": ("jane@home.example",)},
    },
]


@pytest.mark.parametrize("message", REWRITTEN, ids=["via", "x-original-from"])
@pytest.mark.parametrize("box", [Box.CUSTOMER_CARE, Box.OMBUDSMAN])
def test_behind_a_list_that_rewrote_the_sender_stands_who_wrote(message, box):
    """It put its own address into From for DMARC; a person checks, and the writer is answered."""
    jane = a_sender("jane@home.example")
    decision = decided(a_message(box=box, reply_to=(jane,), **message))
    assert (decision.outcome, decision.held) == (Outcome.OPENED, Hold.OWN_DOMAIN_FORWARD)
    assert decision.recipient == "jane@home.example"


@pytest.mark.parametrize(
    "message",
    [
        {"sender": a_sender(f"office@{OFFICE}"), "reply_to": (a_sender("jane@home.example"),)},
        {**REWRITTEN[0], "reply_to": (a_sender(f"other@{OFFICE}"),)},
        REWRITTEN[0],
    ],
    ids=["nothing-says-so", "one-of-ours-wrote", "nobody-is-named"],
)
def test_what_one_of_our_own_wrote_is_no_rewritten_mail(message):
    """A Reply-To alone makes nobody the writer."""
    decision = decided(a_message(**message))
    assert (decision.skip, decision.held) == (Skip.OWN_ADDRESS, None)


def test_an_outsiders_list_is_not_believed():
    """Only what stands under our own name hides somebody behind it."""
    sender = Address(address="list@else.example", name="Jane Doe via List")
    decision = decided(a_message(sender=sender, reply_to=(a_sender("victim@home.example"),)))
    assert (decision.recipient, decision.held) == ("list@else.example", None)


def test_our_peoples_answers_to_notices_are_internal():
    """A command, or anything of ours at the door for commands."""
    command = a_context(command=True)
    door = a_context(role=InboxRole.COMMANDS)
    assert decided(a_message(sender=COLLEAGUE), context=command).outcome is Outcome.INTERNAL
    assert decided(a_message(sender=COLLEAGUE), context=door).outcome is Outcome.INTERNAL


def test_an_enquirer_who_writes_to_the_door_for_commands_is_heard():
    """The address stood in copy of a reply they got."""
    assert decided(context=a_context(role=InboxRole.COMMANDS)).outcome is Outcome.OPENED


def test_mail_from_before_go_live_is_history():
    """The first look into a full mailbox sends nothing; the instant itself counts as live."""
    live = NOW + timedelta(seconds=1)
    before = decided(found=AT_RISK, context=a_context(go_live_at=live))
    assert (before.outcome, before.skip) == (Outcome.HISTORY, Skip.BEFORE_GO_LIVE)
    assert (before.deadlines, before.alerts) == ((), ())
    assert decided(context=a_context(go_live_at=NOW)).outcome is Outcome.OPENED


# Silence


@pytest.mark.parametrize(
    ("message", "skip"),
    [
        ({"box": Box.X_MENTION, "sender": a_sender("@resident")}, Skip.PUBLIC_MENTION),
        ({"sender": COLLEAGUE}, Skip.OWN_ADDRESS),
    ],
    ids=["public-mention", "own-address"],
)
def test_an_enquiry_may_be_logged_and_not_answered(message, skip):
    """It has a route and clocks, but no letter and no hold."""
    decision = decided(a_message(**message), AT_RISK)
    assert decision.outcome is Outcome.OPENED
    assert (decision.skip, decision.held, decision.template) == (skip, None, "")
    assert decision.deadlines
    assert decision.alerts


# Holds


def on_hold(message=None, found=None, *, policy=None, context=None):
    decision = decided(message, found, policy, context)
    assert decision.outcome is Outcome.OPENED
    assert decision.acknowledge is True
    assert decision.skip is None
    assert decision.template
    return decision.held


def test_nothing_is_held_without_reason():
    """A plain enquiry is answered at once."""
    assert on_hold() is None


@pytest.mark.parametrize(
    ("message", "found", "hold"),
    [
        ({}, {"criteria": (Criterion.VULNERABLE,)}, Hold.VULNERABLE),
        ({"sender": COLLEAGUE, "forwarded": (a_forward(),)}, {}, Hold.OWN_DOMAIN_FORWARD),
        ({"headers": FORGED}, {}, Hold.AUTHENTICATION),
        ({}, {"category": Category.NOT_AN_ENQUIRY}, Hold.PROPOSED_SET_ASIDE),
        ({"sender": a_sender("")}, {}, Hold.DOUBT),
        (
            {"sender": a_sender("member@commons.example")},
            {"category": Category.NOT_AN_ENQUIRY, "automation": Skip.RULE},
            Hold.DOUBT,
        ),
    ],
    ids=lambda value: value.value if isinstance(value, Hold) else "",
)
def test_an_answer_waits_for_a_person(message, found, hold):
    """Each reason is on record in words as well."""
    assert on_hold(a_message(**message), a_classification(**found)) is hold


@pytest.mark.parametrize(
    ("to_be_sorted", "a_party", "hold"),
    [
        (True, True, None),
        (False, True, Hold.PROPOSED_SET_ASIDE),
        (True, False, Hold.PROPOSED_SET_ASIDE),
    ],
)
def test_a_guess_does_not_keep_the_answer_from_somebody_in_our_thread(to_be_sorted, a_party, hold):
    """“I do not accept this” looks like nothing by itself; an enquiry replied to is over."""
    link = a_link(status=EnquiryStatus.REPLIED, proven=True, sender_is_party=a_party)
    found = a_classification(category=Category.NOT_AN_ENQUIRY, to_be_sorted=to_be_sorted)
    assert on_hold(found=found, context=a_context(links=(link,))) is hold


def test_an_arrangement_may_ask_for_a_personal_reply_only():
    """Then no machine answers."""
    assert on_hold(policy=a_policy(arrangements=(PERSONAL_ONLY,))) is Hold.ARRANGEMENT


def test_another_arrangement_holds_nothing():
    """It only leads to Customer Care."""
    arrangement = Arrangement(id="a", domains=("home.example",))
    assert on_hold(policy=a_policy(arrangements=(arrangement,))) is None


@pytest.mark.parametrize("box", [Box.POST, Box.X_DM])
def test_a_letter_or_a_direct_message_needs_no_mail_address(box):
    """They are answered by letter and by direct message."""
    assert on_hold(a_message(box=box, sender=a_sender(""))) is None


@pytest.mark.parametrize(
    ("sent", "held"),
    [
        ({"to_address": 3, "to_domain": 99, "in_all": 1999}, None),
        ({"to_address": 4}, Hold.LIMIT),
        ({"to_domain": 100}, Hold.LIMIT),
        ({"in_all": 2000}, Hold.LIMIT),
    ],
)
def test_over_a_limit_a_person_has_a_look(sent, held):
    """4 a day an address, 100 a domain, 2,000 in all (house)."""
    assert on_hold(context=a_context(sent_today=Sent(**sent))) is held


def test_known_offices_are_free_of_the_limit_a_domain():
    """All MPs share one."""
    directory = a_directory(known_domains=frozenset({"home.example"}))
    sent = a_context(sent_today=Sent(to_domain=5000))
    assert on_hold(policy=a_policy(directory=directory), context=sent) is None
    assert on_hold(context=sent) is Hold.LIMIT


def test_limits_are_the_configs():
    """Not the code's."""
    policy = a_policy(limits=Limits(per_address=1))
    assert on_hold(policy=policy, context=a_context(sent_today=Sent(to_address=1))) is Hold.LIMIT


def test_the_gravest_reason_to_hold_comes_first_and_none_is_lost():
    """Someone at risk, then who the sender is, then what was asked for, then how many."""
    decision = decided(
        a_message(sender=COLLEAGUE, forwarded=(a_forward(),), headers=FORGED),
        a_classification(criteria=(Criterion.VULNERABLE,), category=Category.NOT_AN_ENQUIRY),
        a_policy(arrangements=(PERSONAL_ONLY,)),
        a_context(sent_today=Sent(in_all=2000)),
    )
    assert decision.held is Hold.VULNERABLE
    assert decision.held_also == (
        Hold.OWN_DOMAIN_FORWARD,
        Hold.AUTHENTICATION,
        Hold.ARRANGEMENT,
        Hold.PROPOSED_SET_ASIDE,
        Hold.LIMIT,
    )


# Where it goes, and which text


@pytest.mark.parametrize(
    ("reply_to", "recipient"),
    [
        ((), "resident@home.example"),
        (("casework@home.example",), "casework@home.example"),
        (("victim@elsewhere.example",), "resident@home.example"),
        (("victim@elsewhere.example", "casework@home.example"), "casework@home.example"),
        (("victim@sub.home.example",), "resident@home.example"),
    ],
    ids=["none", "same-domain", "elsewhere", "second-one", "subdomain"],
)
def test_a_reply_to_counts_on_the_same_domain_only(reply_to, recipient):
    """Elsewhere it would make a reflector of us."""
    message = a_message(reply_to=tuple(a_sender(one) for one in reply_to))
    assert decided(message).recipient == recipient


def test_without_a_sender_a_reply_to_is_no_recipient():
    """Nobody vouches for it."""
    message = a_message(sender=a_sender(""), reply_to=(a_sender("victim@elsewhere.example"),))
    decision = decided(message)
    assert (decision.recipient, decision.held) == ("", Hold.DOUBT)


def test_a_forwards_reply_to_is_not_followed():
    """The answer goes to the inner sender."""
    message = a_message(
        sender=COLLEAGUE, forwarded=(a_forward(),), reply_to=(a_sender(f"team@{OFFICE}"),)
    )
    assert decided(message).recipient == "resident@home.example"


def test_a_portal_with_a_person_behind_it_waits_for_a_person():
    """Nobody reads the sender's address, but another one is named: not silence, doubt."""
    message = a_message(
        sender=a_sender("no-reply@portal.example"), reply_to=(a_sender("jo@home.example"),)
    )
    assert decided(message).held is Hold.DOUBT


@pytest.mark.parametrize(
    "address", ["mailer-daemon", '"a b"@home.example', "zo\u00eb@home.example"]
)
def test_an_address_that_no_letter_can_go_to_is_a_doubt(address):
    """The reason is on record, and a person finds another way."""
    decision = decided(a_message(sender=a_sender(address)))
    assert (decision.held, decision.recipient) == (Hold.DOUBT, "")
    assert any("no address" in why for why in decision.reasons)


@pytest.mark.parametrize("value", ["Private", "personal (for you)", " Company-Confidential "])
def test_sensitivity_is_read_without_comments(value):
    """What is marked private is not ours to read (RFC 4021 section 2.1.55)."""
    message = a_message(box=Box.OMBUDSMAN, headers={"sensitivity": (value,)})
    assert decided(message).skip is Skip.PRIVATE


def test_an_arrangements_instruction_is_among_the_reasons():
    """Whoever gets the notice reads what was agreed."""
    policy = a_policy(
        arrangements=(
            Arrangement(id="a1", addresses=("resident@home.example",), instruction="Ring first."),
        )
    )
    message = a_message(sender=a_sender("resident@home.example"))
    assert any("Ring first." in why for why in decided(message, policy=policy).reasons)
