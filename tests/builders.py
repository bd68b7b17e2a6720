"""Builders: each spells out only what a test is about, and takes a plain default for the rest."""

from __future__ import annotations

import io
import itertools
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from email.utils import format_datetime
from functools import cache
from typing import TYPE_CHECKING

from pypdf import PdfReader
from sqlalchemy import select

from connectors.base import Batch, Cursor, RawMessage
from connectors.posts import Post, pack
from daemon.casework import Casework
from daemon.deadlines import WorkingDays
from daemon.decide import decide
from daemon.failures import Failures
from daemon.intake import Filing, InboxFacts, Intake
from daemon.intake.context import ContextReader
from daemon.letters import Letterhead, Letters
from daemon.model import (
    Address,
    Box,
    Category,
    Classification,
    ClockPolicy,
    Context,
    Decision,
    Directory,
    EnquiryStatus,
    Forwarded,
    InboxRole,
    Message,
    MpOffice,
    OutboxEntry,
    OutboxKind,
    Outcome,
    Policy,
    PostKind,
    Route,
    Social,
    Source,
    Team,
    ThreadLink,
)
from daemon.outbox import Sender
from daemon.store import Store, schema
from daemon.sweep import Sweeper
from daemon.tokens import Signer, new_reference
from tests.fakes import FakeClassifier, FakeClock
from tests.unit.composing import an_office, shipped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from daemon.intake import Taken

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)  # a Monday
OFFICE = "ombudsman.example"
CARE = f"care@{OFFICE}"
INTAKE = f"intake@{OFFICE}"
KEY = b"a key of the tests, long enough to be one"


# What is decided


def a_message(**changes: object) -> Message:
    """A citizen's e-mail to Customer Care."""
    values: dict[str, object] = {
        "channel": Box(changes.get("box", Box.CUSTOMER_CARE)).channel,
        "box": Box.CUSTOMER_CARE,
        "sender": Address(address="resident@home.example", name="A. Resident"),
        "subject": "My letter",
        "new_text": "Please look into this.",
        "message_id": "first@home.example",
    }
    return Message(**{**values, **changes})


def a_sender(address: str) -> Address:
    """Somebody with this address."""
    return Address(address=address)


def a_forward(sender: str = "resident@home.example", **changes: object) -> Forwarded:
    """A message that somebody passes on."""
    values = {"sender": a_sender(sender), "subject": "My letter", "text": "Help", "attached": True}
    return Forwarded(**{**values, **changes})


def a_classification(**changes: object) -> Classification:
    """A complainant's plain new complaint, taken for it with some certainty."""
    values: dict[str, object] = {
        "category": Category.NEW_COMPLAINT,
        "source": Source.COMPLAINANT,
        "confidence": 0.9,
        "version": "test",
    }
    return Classification(**{**values, **changes})


def a_directory(**changes: object) -> Directory:
    """Our own domain and mail server, one MP's office, one chair and the Commissioner."""
    values: dict[str, object] = {
        "own_domains": frozenset({OFFICE}),
        "own_servers": frozenset({f"mx.{OFFICE}"}),
        "private_senders": frozenset({"cousin@family.example"}),
        "mp_offices": (
            MpOffice(
                id="north",
                addresses=("member@commons.example", "north@constituency.example"),
                domains=("north-office.example",),
            ),
        ),
        "chair_addresses": frozenset({"chair@commons.example"}),
        "ico_domains": frozenset({"commissioner.example"}),
        "known_domains": frozenset({"commons.example"}),
    }
    return Directory(**{**values, **changes})


def a_team(team: str, **changes: object) -> Team:
    """A team with a mailbox, a holder and two people above."""
    values = {
        "id": team,
        "name": team.replace("-", " ").title(),
        "mailbox": f"team.{team}@{OFFICE}",
        "holder": f"holder.{team}@{OFFICE}",
        "assistant_director": f"ad.{team}@{OFFICE}",
        "director": f"director@{OFFICE}",
    }
    return Team(**{**values, **changes})


TEAMS = ("customer-care", "intake", "external-affairs", "information", "legal", "operations")


def a_policy(**changes: object) -> Policy:
    """The teams, the routes and the table of who replies."""
    values: dict[str, object] = {
        "directory": a_directory(),
        "teams": {team: a_team(team) for team in TEAMS},
        "routes": {
            Route.CUSTOMER_CARE: "customer-care",
            Route.INTAKE: "intake",
            Route.EXTERNAL_AFFAIRS: "external-affairs",
        },
        "suggestions": {
            "new-complaint": "intake",
            "foi-dpa": "information",
            "ico-decision": "legal",
            "legal-challenge": "legal",
            "follow-up-decision": "operations",
            "press": "external-affairs",
        },
        "duty": (f"duty@{OFFICE}", f"second@{OFFICE}"),
    }
    return Policy(**{**values, **changes})


def a_context(**changes: object) -> Context:
    """Received now, and nothing known."""
    return Context(**{"received_at": NOW, **changes})


def a_link(**changes: object) -> ThreadLink:
    """An open enquiry that the thread points at, and whose party wrote."""
    values: dict[str, object] = {
        "enquiry_id": 7,
        "reference": "PH-AAAAA-AAAAA",
        "status": EnquiryStatus.OPEN,
        "category": Category.NEW_COMPLAINT,
        "criteria": (),
        "sender_is_party": True,
        "proven": True,
    }
    return ThreadLink(**{**values, **changes})


def decided(
    message: Message | None = None,
    found: Classification | None = None,
    policy: Policy | None = None,
    context: Context | None = None,
) -> Decision:
    """What is decided of them; each is the plain one where it does not matter."""
    policy = policy or a_policy()
    return decide(
        message or a_message(),
        found or a_classification(),
        policy,
        context or a_context(),
        days=working_days(),
    )


@cache
def working_days() -> WorkingDays:
    """The working days by the office's own rules."""
    return WorkingDays(ClockPolicy())


# What is stored


def a_store(url: str) -> Store:
    """A store with its schema in place."""
    store = Store.open(url)
    store.prepare()
    return store


def a_decision(**changes: object) -> Decision:
    """An enquiry that is opened and goes to Customer Care."""
    values: dict[str, object] = {
        "outcome": Outcome.OPENED,
        "route": Route.CUSTOMER_CARE,
        "team": "customer-care",
        "reply_team": "customer-care",
        "template": "general",
        "recipient": "resident@home.example",
    }
    return Decision(**{**values, **changes})


_numbers = itertools.count(1)


def an_entry(**changes: object) -> OutboxEntry:
    """An acknowledgement that waits to be sent."""
    number = next(_numbers)
    values: dict[str, object] = {
        "kind": OutboxKind.ACKNOWLEDGEMENT,
        "key": f"key-{number}",
        "recipient": "resident@home.example",
        "outlet": "relay",
        "envelope_from": f"returns@{OFFICE}",
        "message_id": f"entry-{number}@{OFFICE}",
        "content": b"Subject: we have your letter\r\n\r\nThank you.\r\n",
        "send_after": NOW,
    }
    return OutboxEntry(**{**values, **changes})


# What arrives


def a_mail(
    *,
    sender: str = "A. Resident <resident@home.example>",
    to: str = CARE,
    subject: str = "My letter",
    text: str = "Please look into this.",
    message_id: str | None = None,
    answers: Sequence[str] = (),
    headers: Sequence[tuple[str, str]] = (),
    date: datetime = NOW,
) -> bytes:
    """A mail as a server hands it over; `answers` are the Message-IDs of its thread."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = sender, to, subject
    mail["Date"] = format_datetime(date)
    mail["Message-ID"] = f"<{message_id or f'm{next(_numbers)}@home.example'}>"
    if answers:
        mail["In-Reply-To"] = f"<{answers[-1]}>"
        mail["References"] = " ".join(f"<{one}>" for one in answers)
    for name, value in headers:
        mail[name] = value
    mail.set_content(text)
    return mail.as_bytes()


def a_post(text: str = "My complaint has waited.", **changes: object) -> bytes:
    """A public post as a connector keeps it; `id`, `author` and the like as they are changed."""
    values = {
        "network": "x",
        "kind": PostKind.MENTION,
        "id": "1001",
        "conversation": "1001",
        "account": "office",
        "author_id": "42",
        "author": "ann",
        "author_name": "Ann Example",
        "text": text,
        "written_at": NOW,
        **changes,
    }
    return pack(Post(**{"first_id": values["id"], **values}), {"text": text})


def a_direct_message(text: str = "My complaint has waited.", **changes: object) -> bytes:
    """A direct message as a connector keeps it."""
    values = {"kind": PostKind.MESSAGE, "id": "2001", "conversation": "dm-42-99"}
    return a_post(text, **{**values, **changes})


def a_raw(content: bytes | None = None, **changes: object) -> RawMessage:
    """One mail as it lies in an inbox."""
    content = a_mail() if content is None else content
    values: dict[str, object] = {
        "inbox": "care",
        "external_id": f"1:{next(_numbers)}",
        "content": content,
        "size": len(content),
        "arrived_at": NOW - timedelta(minutes=1),
    }
    return RawMessage(**{**values, **changes})


def a_batch(*raws: RawMessage, cursor: str = "", **changes: object) -> Batch:
    """What one look at an inbox brought."""
    return Batch(messages=raws, cursor=Cursor(cursor), **changes)


def an_inbox(name: str = "care", **changes: object) -> InboxFacts:
    """Customer Care's public mailbox."""
    values: dict[str, object] = {
        "name": name,
        "box": Box.CUSTOMER_CARE,
        "role": InboxRole.ENQUIRIES,
        "address": CARE,
        "go_live_at": None,
    }
    return InboxFacts(**{**values, **changes})


# The use cases over one store


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """Everything that works over one store, with a clock and a classifier of the test's own."""

    store: Store
    policy: Policy
    clock: FakeClock
    classifier: FakeClassifier
    signer: Signer
    letters: Letters
    intake: Intake
    sender: Sender
    sweeper: Sweeper
    casework: Casework

    def take(
        self,
        content: bytes | RawMessage,
        inbox: InboxFacts | None = None,
        *,
        at: datetime | None = None,
    ) -> Taken:
        """Take in one mail through an inbox, Customer Care's by default."""
        inbox = inbox or an_inbox()
        if isinstance(content, bytes):
            content = a_raw(content, inbox=inbox.name, arrived_at=at or self.clock())
        (taken,) = self.intake.take_in(inbox, a_batch(content), lease=None)
        return taken

    def view(self, reference: str) -> dict:
        """An enquiry with all that belongs to it."""
        with self.store.read() as tx:
            return tx.view(reference)

    def letters_of(self, reference: str, kind: str = "acknowledgement") -> list[dict]:
        """The outbox entries of an enquiry, of one kind."""
        return [one for one in self.view(reference)["outbox"] if one["kind"] == kind]

    def digests(self) -> list[dict]:
        """The digests written so far: to whom, and the text."""
        row = schema.outbox.c
        query = select(row.recipient, row.content).where(row.kind == "digest").order_by(row.id)
        with self.store.read() as tx:
            found = tx.connection.execute(query).all()
        return [{"recipient": one.recipient, "text": text_of(one.content)} for one in found]


def printed_words(content: bytes) -> str:
    """The words of a letter of ours in PDF, in one line."""
    pages = PdfReader(io.BytesIO(content)).pages
    return " ".join(" ".join(page.extract_text() for page in pages).split())


def text_of(content: bytes) -> str:
    """The plain text of a mail of ours."""
    mail = message_from_bytes(content, policy=default)
    return mail.get_body(("plain",)).get_content()


def a_signer(*keys: tuple[str, bytes]) -> Signer:
    """A signer with one key, or these."""
    return Signer(keys or [("k1", KEY)])


def some_letters(
    signer: Signer, *, bounces_are_signed: bool = False, social: Social | None = None
) -> Letters:
    """Letters with the shipped templates; all of them leave by the outlet `relay`."""
    head = Letterhead(
        bounce_address=f"returns@{OFFICE}",
        bounces_are_signed=bounces_are_signed,
        signed_address=f"assurance@{OFFICE}",
        message_id_domain=OFFICE,
        acknowledgements="relay",
        notices="relay",
        social=social or Social(),
    )
    return Letters(templates=shipped(), office=an_office(), head=head, signer=signer)


def an_office_over(
    store: Store,
    *,
    policy: Policy | None = None,
    clock: FakeClock | None = None,
    holder: str = "tests",
    bounces_are_signed: bool = False,
) -> Office:
    """The use cases over a store."""
    policy, clock = policy or a_policy(), clock or FakeClock(NOW)
    signer, classifier = a_signer(), FakeClassifier(a_classification())
    letters = some_letters(signer, bounces_are_signed=bounces_are_signed, social=policy.social)
    operators = (f"operator@{OFFICE}",)
    numbers = itertools.count(1)
    failures = Failures(
        letters=letters, policy=policy, days=WorkingDays(policy.clocks), operators=operators
    )
    casework = Casework(
        store=store,
        signer=signer,
        policy=policy,
        days=WorkingDays(policy.clocks),
        letters=letters,
        clock=clock,
        new_reference=lambda: new_reference("PH", next(numbers)),
    )
    return Office(
        store=store,
        policy=policy,
        clock=clock,
        classifier=classifier,
        signer=signer,
        letters=letters,
        intake=Intake(
            store=store,
            classifier=classifier,
            reader=ContextReader(policy=policy, signer=signer, prefix="PH"),
            filing=Filing(policy=policy, days=WorkingDays(policy.clocks), letters=letters),
            operators=operators,
            clock=clock,
            random_bits=lambda _bits: next(numbers),
            failures=failures,
            obey=casework.obey,
        ),
        sender=Sender(
            store=store,
            failures=failures,
            holder=holder,
            clock=clock,
            jitter=lambda: 1.0,
        ),
        sweeper=Sweeper(store=store, policy=policy, letters=letters, clock=clock),
        casework=casework,
    )
