"""Machines without a header that says so, and people who sound like one (RFC 3834 §2)."""

from __future__ import annotations

from email.message import EmailMessage
from email.policy import SMTP

import pytest

from daemon.model import Box, Skip
from daemon.parse import parse
from tests.unit.classifying import the_classifier
from tests.unit.unusual_mails import AUTOMATIC, PERSONAL, REPORTS, Mail


def found(mail: Mail) -> Skip | None:
    """What a mail is set aside for."""
    sender, subject, text, headers = mail
    made = EmailMessage(policy=SMTP)
    made["From"] = sender or "<>"
    made["To"] = "customer.care@ombudsman.example"
    made["Subject"] = subject
    for name, value in headers:
        made[name] = value
    made.set_content(text + "\n")
    message = parse(made.as_bytes(), box=Box.CUSTOMER_CARE)
    return the_classifier().classify(message).automation


def named(mail: Mail) -> str:
    return f"{mail[0][:20]}-{mail[1][:30]}"


@pytest.mark.parametrize("mail", REPORTS, ids=named)
def test_a_report_in_a_form_of_its_own_is_set_aside(mail):
    """In whatever language, and without any standard."""
    assert found(mail) is not None


@pytest.mark.parametrize("mail", AUTOMATIC, ids=named)
def test_an_automatic_mail_that_does_not_say_so_is_set_aside(mail):
    assert found(mail) is not None


@pytest.mark.parametrize("mail", PERSONAL, ids=named)
def test_a_person_who_sounds_like_a_machine_is_not(mail):
    """Nobody who writes of a bounce, a delivery or an absence is silenced."""
    assert found(mail) is None
