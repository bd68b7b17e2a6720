"""Builders for the tests of `daemon.compose`: shipped templates, an office, a mail read back."""

from __future__ import annotations

import email
from datetime import UTC, date, datetime
from email import policy
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from daemon.compose import (
    Composed,
    NoticeFacts,
    NoticeKind,
    OfficeText,
    Templates,
    acknowledgement,
    notice,
)
from daemon.model import Box, Category, ClockKind, Register, RegisterEntry, Route, Source

if TYPE_CHECKING:
    from email.message import EmailMessage

TEMPLATES = Path(__file__).parents[2] / "templates"
SENT_AT = datetime(2026, 2, 17, 9, 30, tzinfo=UTC)
DIAGRAM = "https://www.ombudsman.org.uk/about-us/contact-us/making-enquiry-ombudsman"
SIGNED = "casework+k1.abc@ombudsman.example"


def sources() -> dict[str, str]:
    """The texts of all templates as they ship."""
    return {
        path.relative_to(TEMPLATES).as_posix(): path.read_text(encoding="utf-8")
        for path in TEMPLATES.rglob("*")
        if path.is_file()
    }


@cache
def shipped() -> Templates:
    """The shipped templates, compiled once for all tests."""
    return Templates(sources())


def an_office(**changes) -> OfficeText:
    values = {
        "name": "Parliamentary and Health Service Ombudsman",
        "from_name": "Parliamentary and Health Service Ombudsman",
        "from_address": "casework@ombudsman.example",
        "routing_diagram_url": DIAGRAM,
        "phone": "0345 015 4033",
        "textphone": "0300 061 4298",
    }
    return OfficeText(**{**values, **changes})


def an_acknowledgement(**changes) -> Composed:
    values = {
        "templates": shipped(),
        "template": "general",
        "office": an_office(),
        "recipient": "writer@example.org",
        "reference": "PH-7K2M-9QXD",
        "message_id": "ack.1.k1.5f2a@ombudsman.example",
        "in_reply_to": "first@example.org",
        "references": (),
        "due_on": date(2026, 3, 3),
        "reply_team": "Customer Care",
        "sent_at": SENT_AT,
    }
    return acknowledgement(**{**values, **changes})


def some_facts(**changes) -> NoticeFacts:
    values = {
        "reference": "PH-7K2M-9QXD",
        "category": Category.NEW_COMPLAINT,
        "source": Source.COMPLAINANT,
        "route": Route.INTAKE,
        "registers": (RegisterEntry(register=Register.CENTRAL_ASSURANCE),),
        "why": ("It is a new complaint in a public mailbox.",),
        "due": ((ClockKind.OTHER, date(2026, 3, 3)),),
        "sender": "writer@example.org",
        "box": Box.INTAKE,
        "received_at": SENT_AT,
    }
    return NoticeFacts(**{**values, **changes})


def a_notice(facts: NoticeFacts | None = None, **changes) -> Composed:
    values = {
        "templates": shipped(),
        "kind": NoticeKind.ENQUIRY,
        "office": an_office(),
        "recipient": "intake.team@ombudsman.example",
        "reply_to": SIGNED,
        "message_id": "notice.1.k1.77aa@ombudsman.example",
        "sent_at": SENT_AT,
        "facts": facts or some_facts(),
    }
    return notice(**{**values, **changes})


def read_back(composed: Composed) -> EmailMessage:
    """The mail as the standard library reads it."""
    return email.message_from_bytes(composed.content, policy=policy.default)


def body(composed: Composed, kind: str) -> str:
    """The text of the "plain" or "html" part."""
    part = read_back(composed).get_body(preferencelist=(kind,))
    assert part is not None
    return part.get_content()


def both(composed: Composed) -> str:
    return body(composed, "plain") + body(composed, "html")
