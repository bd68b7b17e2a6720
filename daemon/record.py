"""Recording letters and telephone calls: through the same door, under the same rules (guide §1.1).

What a person types or scans becomes a message as the standard library writes one, and is taken in
like any other. The same recording made twice by mistake is the same message.
"""

from __future__ import annotations

import hashlib
import mimetypes
from dataclasses import dataclass, replace
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import TYPE_CHECKING, Final

from connectors.base import Batch, Cursor, RawMessage
from daemon import reach
from daemon.compose import NoticeFacts, NoticeKind
from daemon.compose.wire import mailable
from daemon.deadlines import london_date
from daemon.intake.facts import InboxFacts
from daemon.letters import POSTAL_ADDRESS, address_lines
from daemon.model import Box, InboxRole

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from daemon.intake import Intake
    from daemon.letters import Letters
    from daemon.model import Policy
    from daemon.store import Store, Transaction
    from daemon.store.enquiries import EnquiryRow
    from daemon.tokens import Signer

ADDRESSEES: Final = {
    "ombudsman": "the Ombudsman",
    "ceo": "the Chief Executive",
    "customer-care": "",
    "intake": "",
}
"""Whom a letter or call is for: id → words that mark it for their personal attention."""
CALLED_BACK_BY: Final = {
    "ombudsman": "the Ombudsman",
    "ceo": "the Chief Executive",
    "private-office": "Private Office",
}
"""Who may be asked to call back: id → words."""
_SCANNED: Final = "The letter is in the attached scan."


class RecordError(Exception):
    """What was given cannot be recorded; the message is a sentence for whoever gave it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """A file of the post team's: its name and bytes."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class CallBack:
    """A caller's wish to be called back (guide §1.17)."""

    asked_for: str  # an id of CALLED_BACK_BY
    number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """A letter or call as a person gives it; `received_at` is its delivery or its start, aware."""

    box: Box  # POST or PHONE
    from_name: str
    received_at: datetime
    subject: str = ""
    text: str = ""
    from_address: str = ""
    postal_address: str = ""
    to: str = ""  # an id of ADDRESSEES; "" for nobody in particular
    scans: tuple[Scan, ...] = ()
    call_back: CallBack | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """What became of it."""

    reference: str
    is_new: bool  # False: it was recorded before


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorder:
    """Takes in letters and calls, and passes wishes for a call back to Private Office."""

    store: Store
    intake: Intake
    policy: Policy
    letters: Letters
    signer: Signer
    clock: Callable[[], datetime]

    def record(self, given: Recording, *, by: str) -> Recorded:
        """Take in a letter or call, and record who did so.

        Done again after it was cut off half-way, it adds what is missing and nothing twice.

        Raises:
            RecordError: it lies ahead, says nothing, or could not be read as a message.
            StoreUnavailableError: the database does not answer.
        """
        self._check(given)
        raw = raw_of(given)
        inbox = InboxFacts(
            name=raw.inbox, box=given.box, role=InboxRole.ENQUIRIES, address="", go_live_at=None
        )
        with self.store.read() as tx:
            is_new = not tx.known_ids(raw.inbox, [raw.external_id])
        (taken,) = self.intake.take_in(inbox, Batch(messages=(raw,), cursor=Cursor("")), lease=None)
        if taken.state == "quarantined":
            why = f"It could not be taken in: {taken.why} It is kept, and the operators are told."
            raise RecordError(why)
        with self.store.write() as tx:
            now = self.clock()
            found = tx.recorded_as(raw.inbox, raw.external_id)
            if found is None:
                why = "It was taken for no enquiry. Say in the text what the writer wants."
                raise RecordError(why)
            enquiry = tx.enquiry_by_id(found.enquiry_id, lock=True)
            if not found.has_act:
                self._note(tx, enquiry, found.message_id, given, by=by, now=now)
            return Recorded(reference=enquiry.reference, is_new=is_new and taken.state == "stored")

    def _check(self, given: Recording) -> None:
        if given.received_at > self.clock():
            why = f"{given.received_at:%d %B %Y %H:%M} UTC lies ahead. Give when it was received."
            raise RecordError(why)
        if not given.text.strip() and not given.scans:
            why = "There are no words: give what was written or said, or a scan."
            raise RecordError(why)
        if given.from_address and not mailable(given.from_address):
            why = "The e-mail address cannot be written to. Leave it out, or put it right."
            raise RecordError(why)

    def _note(
        self,
        tx: Transaction,
        enquiry: EnquiryRow,
        message_id: int,
        given: Recording,
        *,
        by: str,
        now: datetime,
    ) -> None:
        """Record who did it, and pass on the wish to be called back."""
        what = "recorded"
        tx.add_act(what, by_name=by, note="", enquiry_id=enquiry.id, message_id=message_id, now=now)
        detail: dict[str, object] = {"message": message_id, "channel": given.box.channel}
        if given.call_back is not None:
            detail["call_back"] = self._call_back(tx, enquiry, message_id, given, by=by, now=now)
            detail["asked_for"] = given.call_back.asked_for
        actor = self.signer.keyed_hash(by)
        tx.audit("enquiry_recorded", f"enquiry:{enquiry.id}", at=now, actor=actor, detail=detail)

    def _call_back(
        self,
        tx: Transaction,
        enquiry: EnquiryRow,
        message_id: int,
        given: Recording,
        *,
        by: str,
        now: datetime,
    ) -> int:
        """Enter a wish to be called back, and ask Private Office for a yes or no."""
        wish = given.call_back
        if wish is None:
            return 0
        number = tx.ask_call_back(
            enquiry.id, number=wish.number, asked_for=wish.asked_for, by=by, now=now
        )
        recipient = self._private_office(now)
        if recipient:
            # Private Office does not see casework: who calls and for whom, and no more.
            facts = NoticeFacts(
                reference=enquiry.reference,
                caller=given.from_name,
                call_back_by=CALLED_BACK_BY[wish.asked_for],
                received_at=given.received_at,
            )
            entry = self.letters.to_team(
                NoticeKind.CALL_BACK,
                facts,
                key=f"{enquiry.reference}:call-back:{number}",
                recipient=recipient,
                now=now,
            )
            tx.queue([entry], enquiry_id=enquiry.id, message_id=message_id, now=now)
        return number

    def _private_office(self, now: datetime) -> str:
        """Return who says yes or no: Private Office, the team for call-backs, or Customer Care."""
        policy = self.policy
        if policy.principals.private_office:
            return policy.principals.private_office
        team = policy.teams.get(policy.suggestions.get("call-back", ""))
        if team is None:
            return policy.care_mailbox
        return reach.holder_of(policy, team, on=london_date(now))


def raw_of(given: Recording) -> RawMessage:
    """Return a letter or call as a message that intake can take in; the same for the same."""
    mark = _digest(given)
    mail = EmailMessage(policy=SMTP.clone(max_line_length=998))
    mail["From"] = _sender(given)
    mail["To"] = given.to or given.box.value
    mail["Subject"] = _line(given.subject)
    mail["Date"] = format_datetime(given.received_at)
    if lines := address_lines(given.postal_address):
        mail[POSTAL_ADDRESS] = " | ".join(_line(line).replace("|", " ") for line in lines)
    mail.set_content(_words(given))
    for scan in given.scans:
        kind, _ = mimetypes.guess_type(scan.name)
        main, _, sub = (kind or "application/octet-stream").partition("/")
        mail.add_attachment(scan.content, maintype=main, subtype=sub, filename=_line(scan.name))
    if given.scans:
        mail.set_boundary(f"recorded-{mark[:40]}")  # a random one would make another message
    content = mail.as_bytes()
    return RawMessage(
        inbox=f"recorded-{given.box}",
        external_id=mark,
        content=content,
        size=len(content),
        arrived_at=given.received_at,
    )


def _words(given: Recording) -> str:
    """Return the text: the mark of whom it is for, the words, and the address they gave."""
    parts: list[str] = []
    if marked := ADDRESSEES.get(given.to, ""):
        parts.append(f"For the personal attention of {marked}.")
    parts.append(given.text.strip() or _SCANNED)
    if given.postal_address.strip():
        parts.append(f"Address to write to:\n{given.postal_address.strip()}")
    return "\n\n".join(parts) + "\n"


def _sender(given: Recording) -> str:
    # An address that stands in a name is nobody's to answer to.
    name = _line(given.from_name).replace("@", " at ")
    if given.from_address:
        return str(Address(display_name=name, addr_spec=given.from_address))
    return str(Address(display_name=name))


def _line(text: str) -> str:
    """Return words in one line: a header holds no other."""
    return " ".join(text.split())


def _digest(given: Recording) -> str:
    """Return what makes a recording the same as another one, whoever made it, in hex."""
    wish = given.call_back
    parts = [
        *(given.box.value, given.from_name, given.from_address, given.postal_address),
        *(given.received_at.isoformat(), given.subject, given.text, given.to),
        *(wish.asked_for if wish else "", wish.number if wish else ""),
        *(hashlib.sha256(scan.content).hexdigest() for scan in given.scans),
    ]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def at_hand(given: Recording, now: datetime) -> Recording:
    """Return a letter of today, whose hour nobody gave, as received no later than now."""
    return replace(given, received_at=min(given.received_at, now))
