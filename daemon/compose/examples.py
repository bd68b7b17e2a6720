"""Example values for every template, the fullest and the barest."""

from __future__ import annotations

from datetime import UTC, date, datetime
from itertools import product
from typing import TYPE_CHECKING

from daemon.compose.facts import ACKNOWLEDGEMENTS, DigestItem, NoticeFacts, OfficeText
from daemon.compose.languages import language_of
from daemon.compose.letters import letter_values
from daemon.compose.notices import notice_values
from daemon.model import (
    AnswerBy,
    Box,
    Category,
    ClockKind,
    Criterion,
    Evidence,
    Hold,
    Register,
    RegisterEntry,
    Route,
    Source,
    Step,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

OFFICE = OfficeText(
    name="Example Ombudsman",
    from_name="Example Ombudsman",
    from_address="office@ombudsman.example",
    routing_diagram_url="https://www.ombudsman.example/how-we-deal-with-enquiries",
    phone="0300 000 0000",
    textphone="0300 000 0001",
)
REFERENCE = "PH-EXAM-PLE0"
WORDS = "Thank you for the time you took"
"""What a colleague wrote in place of an opening."""
_DUE_ON = date(2026, 3, 3)
_AT = datetime(2026, 2, 17, 9, 30, tzinfo=UTC)
_FULL = NoticeFacts(
    reference=REFERENCE,
    category=Category.NEW_COMPLAINT,
    source=Source.COMPLAINANT,
    route=Route.CUSTOMER_CARE,
    criteria=(Criterion.VULNERABLE,),
    registers=(RegisterEntry(register=Register.CENTRAL_ASSURANCE, proposed=True),),
    why=("It came to the Ombudsman's own account.",),
    evidence=(Evidence(step=Step.RULE, name="example", says="example", text="example words"),),
    due=((ClockKind.OTHER, _DUE_ON),),
    held=Hold.VULNERABLE,
    sender="writer@example.org",
    box=Box.INTAKE,
    received_at=_AT,
    holder="A colleague",
    reply_team="Customer Care",
    linked_reference="PH-EXAM-PLE1",
    problem="Example of a problem.",
    caller="A. Caller",
    call_back_by="the Ombudsman",
    confirm_by_at=_AT,
    answer_to="writer@example.org",
    answer_copy="copy@ombudsman.example",
    items=(
        DigestItem(
            reference=REFERENCE,
            category=Category.NEW_COMPLAINT,
            source=Source.COMPLAINANT,
            to_be_sorted=False,
            clock=ClockKind.OTHER,
            due_on=_DUE_ON,
            overdue=True,
            escalated=True,
        ),
        DigestItem(
            reference="PH-EXAM-PLE1",
            category=Category.FOI_DPA,
            source=Source.UNKNOWN,
            to_be_sorted=True,
            clock=ClockKind.FOI,
            due_on=_DUE_ON,
        ),
    ),
    late=True,
)
_BARE = NoticeFacts(reference=REFERENCE)
_TIMED = NoticeFacts(reference=REFERENCE, received_at=_AT)


def example_values(folder: str, *, office: OfficeText = OFFICE) -> Iterator[Mapping[str, object]]:
    """Give the values of each case that a template must cope with, the fullest first."""
    if folder.startswith(f"{ACKNOWLEDGEMENTS}/"):
        language = language_of(folder)
        both = ((ClockKind.FOI, _DUE_ON), (ClockKind.DPA, _DUE_ON))
        some = ((), both, both[:1], both[1:])
        dates = (*((_DUE_ON, one) for one in some), (None, ()))
        for words, by, (due_on, law_days) in product(("", WORDS), AnswerBy, dates):
            yield letter_values(
                office=office,
                reference=REFERENCE,
                due_on=due_on,
                reply_team="Customer Care",
                law_days=law_days,
                by=by,
                language=language,
                words=words,
            )
        return
    for facts, attached in product((_FULL, _BARE, _TIMED), (True, False)):
        yield notice_values(office=office, facts=facts, attached=attached)
