"""No loop: machines that answer us, correspondents that answer everything, and a daemon like us."""

from __future__ import annotations

from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP, default

import pytest

from daemon.model import Box, Criterion, Skip
from daemon.parse import parse
from tests.builders import a_classification, a_mail, an_office_over
from tests.fakes import FakeOutlet
from tests.unit.classifying import the_classifier
from tests.unit.composing import an_acknowledgement, shipped

ROBOT = "robot@far.example"


@pytest.fixture
def office(store):
    return an_office_over(store)


def sent_to_the_robot(office):
    outlet = FakeOutlet()
    office.sender.send_due(outlet)
    return [e.content for e in outlet.sent if e.recipient == ROBOT]


def an_answer(ours: bytes, number: int, *, threaded: bool, subject: str, quotes: bool) -> bytes:
    """What a correspondent without any header of a machine answers to a mail of ours."""
    got = message_from_bytes(ours, policy=default)
    made = EmailMessage(policy=SMTP)
    made["From"] = f"The Robot <{ROBOT}>"
    made["To"] = str(got["From"])
    made["Subject"] = subject.format(subject=got["Subject"])
    made["Message-ID"] = f"<{number}@far.example>"
    if threaded:
        made["In-Reply-To"] = str(got["Message-ID"])
    text = got.get_body(("plain",)).get_content()
    quoted = "".join(f"> {line}\n" for line in text.splitlines()) if quotes else ""
    made.set_content(f"I have got your message.\n\n{quoted}")
    return made.as_bytes()


@pytest.mark.parametrize(
    "how",
    [
        pytest.param({"threaded": True, "subject": "Re: {subject}", "quotes": True}, id="a client"),
        pytest.param({"threaded": True, "subject": "Hello", "quotes": False}, id="thread alone"),
        pytest.param(
            {"threaded": False, "subject": "Re: {subject}", "quotes": False}, id="subject"
        ),
        pytest.param({"threaded": False, "subject": "Hello", "quotes": True}, id="quotes alone"),
        pytest.param({"threaded": False, "subject": "Hello", "quotes": False}, id="nothing at all"),
    ],
)
def test_a_correspondent_that_answers_everything_ends_within_two_messages(office, how):
    """Whatever its answers look like."""
    office.take(a_mail(sender=ROBOT, text="The first"))
    acknowledged = 0
    for number in range(10):
        ours = sent_to_the_robot(office)
        acknowledged += len(ours)
        if not ours:
            break
        office.clock.move(seconds=20)
        office.take(an_answer(ours[0], number, **how))
    assert acknowledged <= 2


def test_a_person_who_writes_twice_within_the_hour_is_answered_twice(office):
    """Of two matters: only what speaks of our acknowledgement, or repeats itself, waits."""
    for number in range(2):
        office.take(a_mail(sender=ROBOT, message_id=f"{number}@x.example", text=f"No. {number}"))
        assert len(sent_to_the_robot(office)) == 1


@pytest.mark.parametrize("end", ["replied", "close"])
def test_who_goes_on_with_what_was_ended_at_once_is_answered(office, end):
    """In its thread: a follow-up is an enquiry of its own (guide §1.2), however fast it comes."""
    reference = office.take(a_mail(sender=ROBOT)).reference
    (ours,) = sent_to_the_robot(office)
    getattr(office.casework, end)(reference, by="A. Name")
    answer = an_answer(ours, 1, threaded=True, subject="Re: {subject}", quotes=True)
    taken = office.take(answer)
    assert (taken.decision.held, taken.decision.linked_to.reference) == (None, reference)
    assert len(sent_to_the_robot(office)) == 1


def test_what_was_never_sent_is_answered_by_nobody(office):
    """Our first acknowledgement is held: the same words again have another reason to wait."""
    office.classifier.usual = a_classification(criteria=(Criterion.VULNERABLE,))
    office.take(a_mail(sender=ROBOT, message_id="1@x.example"))
    office.classifier.usual = a_classification()
    again = office.take(a_mail(sender=ROBOT, message_id="2@x.example"))
    assert again.decision.held is None


def test_what_waits_so_is_not_lost(office):
    """It has its enquiry and its reason; a person lets the acknowledgement go."""
    office.take(a_mail(sender=ROBOT))
    (ours,) = sent_to_the_robot(office)
    answer = an_answer(ours, 1, threaded=False, subject="Re: {subject}", quotes=False)
    taken = office.take(answer)
    assert taken.decision.held == "doubt"
    assert "machine" in " ".join(taken.decision.reasons)
    office.casework.release(taken.reference, by="A. Name")
    assert len(sent_to_the_robot(office)) == 1


@pytest.mark.parametrize("template", sorted(shipped().acknowledgements))
def test_an_office_with_the_same_daemon_is_not_answered(template):
    """Two of us pointed at each other stop at once: our acknowledgement is a machine's."""
    ours = an_acknowledgement(template=template, recipient="other@office.example").content
    found = the_classifier().classify(parse(ours, box=Box.CUSTOMER_CARE))
    assert found.automation is Skip.AUTOMATED


def test_an_acknowledgement_fed_back_is_known_as_ours(office):
    """By a rule of somebody's mailbox, say."""
    office.take(a_mail(sender=ROBOT))
    (ours,) = sent_to_the_robot(office)
    assert office.take(ours).decision.skip in {Skip.OWN_MESSAGE, Skip.AUTOMATED, Skip.INTERNAL}
    assert sent_to_the_robot(office) == []
