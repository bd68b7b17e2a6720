"""Whatever bytes arrive as a mail: reading, judging, deciding and answering it raise nothing.

`python -m tests.fuzz.mail CORPUS… [OPTIONS of libFuzzer]`: the first folder gathers what found
new ways through the code. A crash lies in a file where it is run; it becomes a test.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from email import message_from_bytes

import atheris

with atheris.instrument_imports(include=["daemon", "email", "mailparser"]):
    from daemon.compose import NoticeKind
    from daemon.deadlines import WorkingDays
    from daemon.decide import decide
    from daemon.intake.prepare import fingerprint, received_at
    from daemon.letters import facts_of
    from daemon.model import Box, Context
    from daemon.parse import ParseError, files_of, parse

from tests.builders import a_policy, a_raw, a_signer, some_letters
from tests.unit.classifying import the_classifier
from tests.unit.test_parse_hostile import assert_storable

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
POLICY = a_policy()
DAYS = WorkingDays(POLICY.clocks)
LETTERS = some_letters(a_signer())
TEAM = "team.customer.care@ombudsman.example"
ONCE = ("From", "To", "Subject", "Reply-To", "Message-ID", "Date", "Auto-Submitted")


def one_input(content: bytes) -> None:
    """Do with some bytes all that is done with a mail before anything is stored."""
    received_at(a_raw(content), frozenset({"mx.ombudsman.example"}), NOW)
    try:
        message = parse(content, box=Box.CUSTOMER_CARE)
    except ParseError:
        return
    assert_storable(message)
    fingerprint(message)
    files_of(content)
    found = the_classifier().classify(message)
    decision = decide(message, found, POLICY, Context(received_at=NOW), days=DAYS)
    facts = facts_of(
        message, found, decision, reference="PH-7K3M9-QXDT2", received_at=NOW, reply_team="Intake"
    )
    notice = LETTERS.to_team(
        NoticeKind.ENQUIRY, facts, key="k", recipient=TEAM, now=NOW, original=content
    )
    check_letter(notice.content, to=TEAM)
    if decision.template:
        letter = LETTERS.acknowledgement(
            decision, message, reference="PH-7K3M9-QXDT2", reply_team="Intake", now=NOW
        )
        if letter.recipient:
            check_letter(letter.content, to=letter.recipient)


def check_letter(content: bytes, *, to: str) -> None:
    """Whatever somebody wrote, it added no header, and the letter goes to one address."""
    mail = message_from_bytes(content)
    for name in ONCE:
        assert len(mail.get_all(name, [])) == 1, name
    assert mail["To"].replace("\n", "").replace("\r", "").strip() == to
    assert mail.get_all("Bcc") is None
    assert mail.get_all("Cc") is None
    head = content.partition(b"\r\n\r\n")[0]
    assert head.isascii()
    assert max(map(len, content.split(b"\r\n"))) <= 998


if __name__ == "__main__":
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()
