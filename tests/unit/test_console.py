"""What a person at a terminal sees of other people's words."""

from __future__ import annotations

import io

from rich.console import Console

from daemon.console import enquiry_view, harmless, message_lines, why
from daemon.model import Criterion, Evidence, Step
from tests.builders import a_classification, a_decision
from tests.unit.classifying import a_message, the_classifier

STEERING = "\x1b]0;title\x07\x9b31m\u202egpj.exe\u202c\u2066a\u2069\u202a\u2068"


def shown(thing) -> str:
    """What is printed on a terminal that has colours."""
    out = io.StringIO()
    Console(file=out, width=200, color_system=None).print(thing)
    return out.getvalue()


def is_harmless(text: str) -> bool:
    return not any(c in text for c in STEERING if not c.isprintable())


def test_controls_and_direction_overrides_are_left_out():
    """They could steer the terminal, or make a name read backwards; the words stay."""
    assert harmless(f"a{STEERING}b\n\tc [bold]").plain == "a]0;title31mgpj.exeab\n\tc [bold]"


def test_a_mail_cannot_steer_the_terminal():
    """Neither by its name, nor by its subject, nor by the words shown as evidence."""
    message = a_message(
        f"I {STEERING} complain about my hospital.", name=f"Jo{STEERING}", subject=f"Hi{STEERING}"
    )
    found = the_classifier().classify(message)
    assert is_harmless(shown(message_lines(message, found, a_decision(reasons=(STEERING,)))))


def test_a_stored_enquiry_cannot_steer_the_terminal():
    """Subjects and notes come from the database as they were written."""
    fields = ("status", "category", "source", "route", "team", "reply_team", "received_at")
    fields += ("assigned_to", "merged_into", "reply_seen_at", "reply_failed_at", "erased_at")
    row = dict.fromkeys(
        ("id", "received_at", "box", "sender_address", "subject", "outcome", "skip", "hold"),
        STEERING,
    )
    view = dict.fromkeys(fields, STEERING) | {
        "reference": "PH-EXAM-PLE0",
        "linked_to": None,
        "messages": [row | {"same_message_id": [STEERING]}],
        **{name: [] for name in ("registers", "criteria", "deadlines", "outbox", "acts", "audit")},
        **{name: [] for name in ("milestones", "proposals", "referrals", "call_backs")},
        **{name: [] for name in ("subjects", "arrangements", "actions")},
    }
    assert is_harmless(shown(enquiry_view(view)))


def test_why_shows_what_speaks_for_each_conclusion():
    """However many rules spoke for something else: an officer has to see why in a line."""
    model = Step.MODEL
    found = a_classification(
        criteria=(Criterion.VULNERABLE,),
        evidence=(
            Evidence(step=Step.FACT, name="member-of-the-public", says="source: complainant"),
            *(
                Evidence(step=Step.RULE, name=f"rule-{n}", says="category: other", text="x")
                for n in range(9)
            ),
            Evidence(step=Step.RULE, name="crisis", says="criterion: vulnerable", text="goodbye"),
            Evidence(step=Step.RULE, name="ours", says="criterion: high-profile", text="film"),
            Evidence(step=model, name="words", says="category: new-complaint, 90 % sure"),
            Evidence(step=model, name="words", says="criterion: vulnerable, 40 % sure"),
        ),
    )
    assert why(found).splitlines() == [
        "source: complainant (fact member-of-the-public)",
        "criterion: vulnerable (rule crisis): “goodbye”",
        "category: new-complaint, 90 % sure (model words)",
        "criterion: vulnerable, 40 % sure (model words)",
    ]
