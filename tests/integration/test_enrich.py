"""Attachments, read after the commit: what they show is added, and nothing is withdrawn."""

from __future__ import annotations

from email.message import EmailMessage

import pytest

from daemon.attachments.reader import AttachmentReader
from daemon.enrich import Enricher
from daemon.intake.revision import Revision
from daemon.model import Category, Criterion, Source
from tests.builders import a_classification, a_mail, an_office_over
from tests.integration.taking_in import events
from tests.unit.attached import a_pdf, a_word_file

UNSURE = a_classification(category=Category.OTHER, to_be_sorted=True, confidence=0.3)
SURE = a_classification(category=Category.FOLLOW_UP_DECISION, confidence=0.97)
AT_RISK = a_classification(category=Category.NEW_COMPLAINT, criteria=(Criterion.VULNERABLE,))
FROM_MP = a_classification(
    category=Category.COMPLAINT_ABOUT_US, source=Source.MP, criteria=(Criterion.MP_NON_ROUTINE,)
)


@pytest.fixture
def office(store):
    return an_office_over(store)


def enricher(office) -> Enricher:
    return Enricher(
        store=office.store,
        classifier=office.classifier,
        revision=Revision(filing=office.intake.filing),
        reader=AttachmentReader(max_bytes=1 << 20, memory_mb=512, cpu_s=20),
        clock=office.clock,
    )


def with_file(content: bytes, name: str, *, text: str = "Please see attached.") -> bytes:
    mail = EmailMessage()
    mail["From"] = "Ada Finch MP <ada@commons.example>"
    mail["To"] = "care@ombudsman.example"
    mail["Subject"] = "Our constituent"
    mail["Message-ID"] = "<letter@commons.example>"
    mail.set_content(text)
    mail.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)
    return mail.as_bytes()


def taken(office, content: bytes, *, usual=UNSURE, by_word=None) -> str:
    """Take a mail in, and read what it brought; return the enquiry's reference."""
    office.classifier.usual = usual
    office.classifier.by_word = by_word or {}
    reference = office.take(content).reference
    enricher(office).read_waiting(10)
    return reference


def clocks(office, reference):
    return {(c["kind"], c["ended_by"]) for c in office.view(reference)["deadlines"]}


@pytest.mark.parametrize(
    "content",
    [a_pdf("This is the SEAGULL letter of which we wrote."), a_word_file("a SEAGULL letter")],
)
def test_a_letter_in_a_file_is_read_with_the_mail(office, content):
    """What was to be sorted is decided by the letter itself."""
    reference = taken(office, with_file(content, "letter"), by_word={"SEAGULL": SURE})
    view = office.view(reference)
    assert (view["category"], view["to_be_sorted"]) == ("follow-up-decision", False)
    assert [c["category"] for c in view["messages"][0]["classifications"]] == [
        "other",
        "follow-up-decision",
    ]
    assert view["messages"][0]["attachments"] == [["letter", "read"]]


def test_somebody_at_risk_in_a_file_raises_the_alert(office):
    """The duty officer is told, and the clock runs."""
    content = with_file(a_pdf("SEAGULL"), "form.pdf")
    reference = taken(office, content, usual=SURE, by_word={"SEAGULL": AT_RISK})
    view = office.view(reference)
    assert [c["criterion"] for c in view["criteria"]] == ["vulnerable"]
    assert ("vulnerable", None) in clocks(office, reference)
    assert office.letters_of(reference, "alert")


def test_a_second_reading_alerts_nobody_twice(office):
    """The mail itself had shown it."""
    content = with_file(a_pdf("SEAGULL"), "form.pdf")
    reference = taken(office, content, usual=AT_RISK)
    assert len(office.letters_of(reference, "alert")) == len(office.policy.duty)
    assert [k for k, _ in clocks(office, reference)].count("vulnerable") == 1


def test_nothing_is_withdrawn(office):
    """Criteria and clocks of the mail stay, whatever the file looks like."""
    content = with_file(a_pdf("SEAGULL"), "form.pdf")
    reference = taken(office, content, usual=FROM_MP, by_word={"SEAGULL": SURE})
    view = office.view(reference)
    assert view["category"] == "complaint-about-us"
    assert [c["criterion"] for c in view["criteria"]] == ["mp-non-routine"]
    assert ("mp", None) in clocks(office, reference)


def test_an_alert_in_a_file_is_heard_after_the_enquiry_has_ended(office):
    """Somebody may be at risk now, whoever has replied meanwhile."""
    office.classifier.usual = SURE
    office.classifier.by_word = {"SEAGULL": AT_RISK}
    reference = office.take(with_file(a_pdf("SEAGULL"), "form.pdf")).reference
    office.casework.replied(reference, by="A. Name")
    enricher(office).read_waiting(10)
    assert ("vulnerable", None) in clocks(office, reference)
    assert office.view(reference)["category"] == "follow-up-decision"


def test_a_scan_is_marked_as_needing_a_reader(office):
    """A person sees that the software has not read it."""
    reference = taken(office, with_file(a_pdf(""), "scan.pdf"))
    (message,) = office.view(reference)["messages"]
    assert message["attachments"] == [["scan.pdf", "needs-reading"]]
    assert len(message["classifications"]) == 1


def test_each_message_is_read_once(office):
    """And one without files never."""
    taken(office, with_file(a_pdf("SEAGULL"), "form.pdf"))
    office.take(a_mail(text="No files here."))
    assert enricher(office).read_waiting(10) == 0


def test_a_mistake_of_ours_costs_the_message_its_files_alone(office):
    """The next has its turn; the failure is on record."""
    office.classifier.by_word = {"SEAGULL": ZeroDivisionError("secret words")}
    reference = office.take(with_file(a_pdf("SEAGULL"), "form.pdf")).reference
    enricher(office).read_waiting(10)
    assert "attachments_not-read" in events(office.store)
    assert office.view(reference)["messages"][0]["attachments"] == [["", "failed"]]
    assert enricher(office).read_waiting(10) == 0
