"""Mails of every kind, each with a marker in all its words, so that it can be followed.

A `Kind` is a way to write, and what has to become of it; `a_day` makes a mixed day of them.
All people and places are invented.
"""

from __future__ import annotations

from dataclasses import dataclass
from email.message import EmailMessage
from enum import StrEnum
from typing import TYPE_CHECKING

from tests.acceptance import hard, machines, people
from tests.acceptance.letter import STEM, Letter, crlf

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.acceptance.letter import Content

EVERY_DOOR = ("ombudsman", "ceo", "customer-care", "intake")
PUBLIC_DOORS = ("customer-care", "intake")
PERSONAL_DOORS = ("ombudsman", "ceo")


class Fate(StrEnum):
    """What has to become of a mail."""

    ANSWERED = "answered"  # an enquiry, and an acknowledgement at once
    HELD = "held"  # an enquiry, and an acknowledgement that waits for a person
    LOGGED = "logged"  # an enquiry without an acknowledgement: one of our own wrote
    SILENT = "silent"  # set aside: kept, no enquiry, nothing sent
    PRIVATE = "private"  # a receipt without content


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """One mail with what has to become of it."""

    kind: str
    marker: str
    door: str
    fate: Fate
    sender: str
    content: bytes
    message_id: str = ""  # without brackets; "" where it has none that could be answered
    references: tuple[str, ...] = ()
    clock: str = "other"
    category: str = ""  # "" where any will do
    twin_door: str = ""  # where another copy of it lies


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A way to write to the office."""

    name: str
    write: Callable[[Letter], Content]
    fate: Fate
    doors: tuple[str, ...] = EVERY_DOOR
    host: str = ""
    local: str = "writer"
    clock: str = "other"
    category: str = ""
    has_id: bool = True
    references: tuple[str, ...] = ()

    def mail(self, marker: str, door: str) -> Mail:
        """Return a mail of this kind."""
        host = self.host or f"{marker}.example"
        local = marker if self.local == "MARKER" else self.local
        letter = Letter(marker=marker, host=host, local=local)
        content = self.write(letter)
        return Mail(
            kind=self.name,
            marker=marker,
            door=door,
            fate=self.fate,
            sender=letter.sender if self.fate is not Fate.HELD else "",
            content=crlf(content.as_bytes()) if isinstance(content, EmailMessage) else content,
            message_id=letter.message_id if self.has_id else "",
            references=self.references,
            clock=self.clock,
            category=self.category,
        )


_A, _H, _S = Fate.ANSWERED, Fate.HELD, Fate.SILENT
_THREAD = ("one@elsewhere.example", "two@elsewhere.example")
_NEW = "new-complaint"

KINDS: tuple[Kind, ...] = (
    Kind(name="plain", write=people.plain, fate=_A, doors=PUBLIC_DOORS, category=_NEW),
    Kind(name="html-only", write=people.html_only, fate=_A),
    Kind(name="with-attachment", write=people.with_attachment, fate=_A),
    Kind(name="large", write=people.large, fate=_A),
    Kind(name="information", write=people.information, fate=_A, clock="foi", category="foi-dpa"),
    Kind(name="own-data", write=people.own_data, fate=_A, clock="dpa", category="foi-dpa"),
    Kind(
        name="about-us",
        write=people.about_us,
        fate=_A,
        doors=PUBLIC_DOORS,
        clock="service",
        category="complaint-about-us",
    ),
    Kind(name="personal", write=people.personal, fate=_A, category="personal-interest"),
    Kind(
        name="mp-referral",
        write=people.mp_referral,
        fate=_A,
        doors=PUBLIC_DOORS,
        host="oakes-casework.example",
        local="MARKER",
        category=_NEW,
    ),
    Kind(
        name="mp-asks",
        write=people.mp_asks,
        fate=_A,
        host="oakes-casework.example",
        local="MARKER",
        clock="mp",
    ),
    Kind(
        name="chair",
        write=people.chair,
        fate=_A,
        host="committees.example",
        local="chair.pacac",
        clock="mp",
    ),
    Kind(
        name="commissioner",
        write=people.commissioner,
        fate=_A,
        host="ico.org.uk",
        local="MARKER",
        clock="ico",
        category="ico-decision",
    ),
    Kind(name="press", write=people.press, fate=_A),
    Kind(name="polish", write=hard.polish, fate=_A),
    Kind(name="chinese", write=hard.chinese, fate=_A),
    Kind(name="bare-eight-bit", write=hard.bare_eight_bit, fate=_A),
    Kind(name="wrong-charset", write=hard.wrong_charset, fate=_A),
    Kind(name="unknown-charset", write=hard.unknown_charset, fate=_A),
    Kind(name="bare-headers", write=hard.bare_headers, fate=_A, has_id=False),
    Kind(name="broken-headers", write=hard.broken_headers, fate=_A),
    Kind(name="no-end-boundary", write=hard.no_end_boundary, fate=_A),
    Kind(name="long-lines", write=hard.long_lines, fate=_A),
    Kind(name="bracketed-id", write=hard.bracketed_id, fate=_A, has_id=False),
    Kind(name="unquoted-comma", write=hard.unquoted_comma, fate=_A),
    Kind(name="foreign-reply-to", write=hard.foreign_reply_to, fate=_A),
    Kind(name="in-a-thread", write=hard.in_a_thread, fate=_A, references=_THREAD),
    Kind(name="quoting", write=hard.quoting, fate=_A),
    Kind(name="says-no-machine", write=hard.says_no_machine, fate=_A),
    Kind(name="suppresses-notices", write=hard.suppresses_notices, fate=_A),
    Kind(name="welsh", write=hard.welsh, fate=_A),
    Kind(name="attachment-only", write=hard.attachment_only, fate=_A),
    Kind(name="at-risk", write=hard.at_risk, fate=_H),
    Kind(name="forged", write=hard.forged, fate=_H, host="bank.example"),
    Kind(
        name="passed-on",
        write=hard.passed_on,
        fate=_H,
        doors=PERSONAL_DOORS,
        host="ombudsman.example",
        local="MARKER",
    ),
    Kind(
        name="colleague",
        write=machines.colleague,
        fate=Fate.LOGGED,
        doors=PUBLIC_DOORS,
        host="ombudsman.example",
        local="MARKER",
    ),
    Kind(name="private", write=machines.private, fate=Fate.PRIVATE, doors=PERSONAL_DOORS),
    Kind(
        name="private-colleague",
        write=machines.colleague,
        fate=Fate.PRIVATE,
        doors=PERSONAL_DOORS,
        host="ombudsman.example",
        local="MARKER",
    ),
    Kind(name="out-of-office", write=machines.out_of_office, fate=_S),
    Kind(name="generated", write=machines.generated, fate=_S),
    Kind(name="newsletter", write=machines.newsletter, fate=_S),
    Kind(name="delivery-report", write=machines.delivery_report, fate=_S),
    Kind(name="odd-bounce", write=machines.odd_bounce, fate=_S),
    Kind(name="read-receipt", write=machines.read_receipt, fate=_S),
    Kind(name="calendar-reply", write=machines.calendar_reply, fate=_S),
)
_SELDOM = {"chair": 4, "large": 4}  # an address gets four answers a day; and time is short


def a_kind(name: str) -> Kind:
    """Return the kind of a name."""
    return next(kind for kind in KINDS if kind.name == name)


def a_mail(kind: str = "plain", number: int = 0, door: str = "intake") -> Mail:
    """Return one mail of a kind; the number makes it another than the others."""
    return a_kind(kind).mail(f"{STEM}{number:05}", door)


def a_day(count: int, *, first: int = 1) -> Iterator[Mail]:
    """Return a mixed day of `count` mails: every kind in turn, and by turns to every door."""
    made = dict.fromkeys((kind.name for kind in KINDS), 0)
    number, turn = first, 0
    while number < first + count:
        kind = KINDS[turn % len(KINDS)]
        turn += 1
        if made[kind.name] >= _SELDOM.get(kind.name, count):
            continue
        door = kind.doors[made[kind.name] % len(kind.doors)]
        made[kind.name] += 1
        yield kind.mail(f"{STEM}{number:05}", door)
        number += 1
