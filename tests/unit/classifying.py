"""Builders for tests of classification."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

from daemon.classify import Classifier, RuleSet
from daemon.model import Address, Box, Directory, Message, MpOffice

ROOT = Path(__file__).parents[2]
RULES = ROOT / "config" / "rules.toml"
SHARED = ROOT.parent / "shared"

KNOWN_OFFICE = "help@office-of-penrose.example"
KNOWN_CHAIR = "chair.desk@committees.example"


@cache
def shipped_rules() -> RuleSet:
    """The rules in config/."""
    return RuleSet.from_mapping(tomllib.loads(RULES.read_text(encoding="utf-8")))


@cache
def the_classifier() -> Classifier:
    """The shipped rules with one known MP's office and one known chair."""
    directory = Directory(
        own_domains=frozenset({"ombudsman.example"}),
        mp_offices=(MpOffice(id="penrose", addresses=(KNOWN_OFFICE,)),),
        chair_addresses=frozenset({KNOWN_CHAIR}),
    )
    return Classifier(shipped_rules(), directory)


def a_message(
    text="I would like to complain about my hospital.",
    *,
    sender="jo.bell@mail.example",
    name="Jo Bell",
    subject="A letter",
    box=Box.CUSTOMER_CARE,
    headers=None,
    types=("text/plain",),
    **more,
) -> Message:
    """A personal mail, but for what is said."""
    return Message(
        channel=box.channel,
        box=box,
        sender=Address(address=sender, name=name),
        subject=subject,
        new_text=text,
        headers={key: (value,) for key, value in (headers or {}).items()},
        content_types=types,
        **more,
    )


def classified(*args, **kwargs):
    """What the shipped rules make of a message."""
    return the_classifier().classify(a_message(*args, **kwargs))
