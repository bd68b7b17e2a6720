"""The letters' own rules: who hears of a failure, and where answers go."""

from __future__ import annotations

import json
from dataclasses import replace
from email import message_from_bytes
from email.policy import default
from email.utils import getaddresses, parseaddr

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.compose import NoticeKind
from daemon.letters import address_lines, told_of_failure
from daemon.model import Address, OutboxKind
from daemon.tokens import Purpose
from tests.builders import NOW, OFFICE, a_decision, a_message, a_signer, some_letters, text_of
from tests.unit.composing import shipped, some_facts

DUTY = ("one@office.example", "two@office.example")
OPERATORS = ("operator@office.example",)
CARE = "care@office.example"
REFERENCE = "PH-AAAAA-AAAAA"


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        (OutboxKind.ACKNOWLEDGEMENT, (CARE,)),
        (OutboxKind.ALERT, (DUTY[1], *OPERATORS)),
        (OutboxKind.NOTICE, OPERATORS),
        (OutboxKind.REMINDER, OPERATORS),
        (OutboxKind.ESCALATION, OPERATORS),
        (OutboxKind.OPERATOR, ()),
    ],
)
def test_who_hears_that_a_mail_failed(kind, told):
    """Who can act; nobody of a warning, lest warnings breed."""
    heard = told_of_failure(kind, DUTY[0], operators=OPERATORS, duty=DUTY, customer_care=CARE)
    assert tuple(heard) == told


def test_nobody_is_told_twice_of_one_failure():
    """Whoever is on duty may be an operator too."""
    heard = told_of_failure(
        OutboxKind.ALERT, CARE, operators=(DUTY[0],), duty=DUTY, customer_care=CARE
    )
    assert tuple(heard) == DUTY


def test_without_customer_care_the_operators_hear_of_an_acknowledgement():
    """Somebody does."""
    heard = told_of_failure(
        OutboxKind.ACKNOWLEDGEMENT, "", operators=OPERATORS, duty=DUTY, customer_care=""
    )
    assert tuple(heard) == OPERATORS


def reply_to(*, answers_are_read: bool) -> str:
    """Where answers to an acknowledgement go."""
    letters = some_letters(a_signer())
    letters = replace(letters, head=replace(letters.head, answers_are_read=answers_are_read))
    entry = letters.acknowledgement(
        a_decision(), a_message(), reference=REFERENCE, reply_team="Intake", now=NOW
    )
    return parseaddr(message_from_bytes(entry.content)["Reply-To"] or "")[1]


def test_answers_to_an_acknowledgement_go_to_the_signed_address_that_is_read():
    """So that they join, whatever the enquirer's program does to the thread."""
    address = reply_to(answers_are_read=True)
    token = a_signer().verify(address, prefix="PH")
    assert address.endswith(f"@{OFFICE}")
    assert token is not None
    assert (token.reference, token.purpose) == (REFERENCE, Purpose.ACKNOWLEDGEMENT)


def test_nobody_is_asked_to_write_to_an_address_that_no_inbox_reads():
    """Their answer would be lost."""
    assert a_signer().verify(reply_to(answers_are_read=False), prefix="PH") is None


def test_a_notice_brings_the_facts_of_the_case_as_fields():
    """For Intake's case system; ids, dates and times alone."""
    entry = some_letters(a_signer()).to_team(
        NoticeKind.ENQUIRY,
        some_facts(),
        key="k",
        recipient=f"intake@{OFFICE}",
        now=NOW,
        original=b"Subject: x\r\n\r\ny\r\n",
    )
    parts = {p.get_filename(): p for p in message_from_bytes(entry.content).walk()}
    fields = json.loads(parts["case.json"].get_payload(decode=True))
    assert fields["version"] == 1
    assert (fields["reference"], fields["category"]) == ("PH-7K2M-9QXD", "new-complaint")
    assert fields["due"] == [{"clock": "other", "on": "2026-03-03"}]
    assert parts["original.eml"].get_content_type() == "message/rfc822"


def test_a_teams_notices_leave_by_its_own_outlet():
    letters = some_letters(a_signer())
    mailbox = f"intake@{OFFICE}"
    letters = replace(letters, head=replace(letters.head, by_team={mailbox: "folders"}))
    outlets = [
        letters.to_team(NoticeKind.ENQUIRY, some_facts(), key="k", recipient=to, now=NOW).outlet
        for to in (mailbox, f"holder@{OFFICE}")
    ]
    assert outlets == ["folders", "relay"]


@pytest.mark.parametrize("kind", NoticeKind)
def test_a_reply_to_any_inner_mail_goes_to_our_own_signed_address(kind):
    """Never to an enquirer, whose address it may show; and it is bound to whom it went to."""
    signer = a_signer()
    facts = some_facts(problem="It was refused.", items=(), answer_to="writer@example.org")
    made = [
        some_letters(signer).to_team(kind, facts, key="k", recipient=to, now=NOW)
        for to in (f"intake@{OFFICE}", f"holder@{OFFICE}")
    ]
    tokens = []
    for entry in made:
        mail = message_from_bytes(entry.content)
        goes_to = [address for _, address in getaddresses(mail.get_all("Reply-To"))]
        assert [one.endswith(f"@{OFFICE}") for one in goes_to] == [True]
        assert parseaddr(mail["To"])[1] == entry.recipient
        assert mail["Cc"] is mail["Bcc"] is None
        tokens.append(signer.verify(goes_to[0], prefix="PH"))
    assert None not in tokens
    assert tokens[0].unique != tokens[1].unique


@pytest.mark.parametrize("kind", NoticeKind)
def test_no_inner_mail_leaves_the_office(kind):
    with pytest.raises(ValueError, match="own addresses only"):
        some_letters(a_signer()).to_team(
            kind, some_facts(), key="k", recipient="writer@example.org", now=NOW
        )


@pytest.mark.parametrize("template", sorted(shipped().acknowledgements))
def test_no_inner_words_stand_in_what_goes_outside(template):
    """Not the reasons, the evidence, the register or how sure we are; answers come to us."""
    entry = some_letters(a_signer()).acknowledgement(
        a_decision(template=template, reasons=("An inner reason.",)),
        a_message(subject="Their subject", new_text="Their words"),
        reference=REFERENCE,
        reply_team="Intake",
        now=NOW,
    )
    mail = message_from_bytes(entry.content)
    assert parseaddr(mail["Reply-To"])[1].endswith(f"@{OFFICE}")
    said = text_of(entry.content).lower()
    for inner in ("inner reason", "their subject", "their words", "evidence", "register"):
        assert inner not in said


@pytest.mark.parametrize(
    ("words", "lines"),
    [
        ("A. Name\n 1 High Street \n\nTown, County", ["A. Name", "1 High Street", "Town, County"]),
        ("A. Name, 1 High Street, Town", ["A. Name", "1 High Street", "Town"]),
        (" \n", []),
    ],
)
def test_an_address_may_be_typed_in_lines_or_with_commas(words, lines):
    assert address_lines(words) == lines


ANYTHING = st.text(max_size=60) | st.sampled_from(
    ["x\r\nBcc: victim@example.net\r\n\r\nx", "=?utf-8?q?=0d=0aBcc:_v=40example.net?=", "\u202egnp"]
)
CLEAN = "first@home.example"
TEMPLATE = st.sampled_from(sorted(shipped().acknowledgements))


@given(subject=ANYTHING, name=ANYTHING, words=ANYTHING, odd_id=ANYTHING, template=TEMPLATE)
def test_whatever_somebody_wrote_our_answer_is_one_clean_mail_in_its_thread(
    subject, name, words, odd_id, template
):
    """To them alone, answering theirs, with nothing of theirs in it."""
    message = a_message(
        sender=Address(address="writer@home.example", name=name),
        subject=subject,
        new_text=words,
        message_id=CLEAN,
        references=(odd_id, "before@home.example"),
    )
    entry = some_letters(a_signer()).acknowledgement(
        a_decision(template=template, recipient="writer@home.example"),
        message,
        reference=REFERENCE,
        reply_team="Intake",
        now=NOW,
    )
    mail = message_from_bytes(entry.content, policy=default)
    assert not mail.defects
    for header in ("From", "To", "Reply-To", "Subject", "Message-ID", "In-Reply-To"):
        assert len(mail.get_all(header)) == 1
    assert [address for _, address in getaddresses([mail["To"]])] == ["writer@home.example"]
    assert mail["Bcc"] is mail["Cc"] is None
    assert mail["In-Reply-To"] == f"<{CLEAN}>"
    assert mail["References"].split()[-2:] == ["<before@home.example>", f"<{CLEAN}>"]
    assert mail["Message-ID"] == f"<{entry.message_id}>"
