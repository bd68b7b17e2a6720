"""Example values for every template, and the check that renders each with them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from itertools import product
from typing import TYPE_CHECKING

from jinja2 import TemplateError

from daemon.compose.facts import ACKNOWLEDGEMENTS, NOTICES, NoticeFacts, NoticeKind, OfficeText
from daemon.compose.letters import letter_values
from daemon.compose.markup import one_line
from daemon.compose.notices import notice_values
from daemon.model import (
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

    from daemon.compose.templates import Rendered, Templates

SUBJECT_FILE, BODY_FILE, LAYOUT = "subject.txt", "body.md", "layout.html"
REQUIRED_FOLDERS = (
    f"{ACKNOWLEDGEMENTS}/general",
    f"{ACKNOWLEDGEMENTS}/mp",
    *(f"{NOTICES}/{kind.value}" for kind in NoticeKind),
)
OFFICE = OfficeText(
    name="Example Ombudsman",
    from_name="Example Ombudsman",
    from_address="office@ombudsman.example",
    routing_diagram_url="https://www.ombudsman.example/how-we-deal-with-enquiries",
    phone="0300 000 0000",
    textphone="0300 000 0001",
)
_DUE_ON = date(2026, 3, 3)
_AT = datetime(2026, 2, 17, 9, 30, tzinfo=UTC)
_FULL = NoticeFacts(
    reference="PH-EXAM-PLE0",
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
    confirm_by_at=_AT,
    answer_to="writer@example.org",
    answer_copy="copy@ombudsman.example",
)
_BARE = NoticeFacts(reference="PH-EXAM-PLE0")


def example_values(folder: str) -> Iterator[Mapping[str, object]]:
    """Give the values of each case that a template must cope with, the fullest first."""
    if folder.startswith(f"{ACKNOWLEDGEMENTS}/"):
        for due_on in (_DUE_ON, None):
            yield letter_values(
                office=OFFICE, reference="PH-EXAM-PLE0", due_on=due_on, reply_team="Customer Care"
            )
        return
    for facts, attached in product((_FULL, _BARE), (True, False)):
        yield notice_values(office=OFFICE, facts=facts, attached=attached)


def mistakes(templates: Templates) -> list[tuple[str, str]]:
    """Return every mistake in the templates as (path relative to `templates/`, why)."""
    found = list(templates.broken.items())
    if not templates.has(LAYOUT):
        found.append((LAYOUT, "missing: the page that all mails are put into"))
    for folder in sorted({*REQUIRED_FOLDERS, *templates.folders}):
        missing = _missing_files(templates, folder)
        found.extend(missing)
        paths = {f"{folder}/{name}" for name in (SUBJECT_FILE, BODY_FILE)} | {LAYOUT}
        if not missing and not paths & {path for path, _ in found}:
            found.extend(_mistakes_of(templates, folder))
    return found


def _missing_files(templates: Templates, folder: str) -> list[tuple[str, str]]:
    paths = (f"{folder}/{name}" for name in (SUBJECT_FILE, BODY_FILE))
    return [(path, "missing") for path in paths if not templates.has(path)]


def _mistakes_of(templates: Templates, folder: str) -> list[tuple[str, str]]:
    """Return what is wrong with one mail, the first failing case only."""
    for values in example_values(folder):
        try:
            rendered = templates.render(folder, values)
        except Exception as mistake:  # noqa: BLE001  an administrator's template can raise anything
            return [(f"{folder}/{BODY_FILE}", said(mistake))]
        if wrong := list(_wrong_with(folder, rendered)):
            return wrong
    return []


def _wrong_with(folder: str, rendered: Rendered) -> Iterator[tuple[str, str]]:
    body = f"{folder}/{BODY_FILE}"
    if not rendered.subject:
        yield f"{folder}/{SUBJECT_FILE}", "empty"
    if rendered.main_headings != 1:
        yield body, f"has {rendered.main_headings} main headings (#); it needs exactly one"
    outward = folder.startswith(f"{ACKNOWLEDGEMENTS}/")
    if outward and OFFICE.routing_diagram_url not in rendered.links:
        yield body, "has no link to the routing diagram (office.routing_diagram_url)"
    if outward and "PH-EXAM-PLE0" not in rendered.text:
        yield body, "does not tell the reference"


def said(mistake: Exception) -> str:
    """Return what is wrong with a template in one sentence, with its line where known."""
    line = getattr(mistake, "lineno", None)
    where = f" (line {line})" if line else ""
    words = mistake.message if isinstance(mistake, TemplateError) else str(mistake)
    return one_line(words or type(mistake).__name__) + where
