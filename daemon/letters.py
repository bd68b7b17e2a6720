"""Everything the office sends by itself, as outbox entries: key, recipient, signed ids, bytes.

Pure: `now` comes in, bytes come out. The key of an entry is what it is about, so that the
store can refuse to queue it twice; Message-ID and Reply-To are signed over key and recipient.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, assert_never

from daemon.compose import (
    NoticeFacts,
    NoticeKind,
    acknowledgement,
    direct_message,
    mailable,
    notice,
    public_reply,
)
from daemon.compose.case_file import WITH_A_CASE, case_file
from daemon.compose.languages import language_of
from daemon.compose.letters import letter_values
from daemon.compose.printed import printed
from daemon.deadlines import london_date
from daemon.model import (
    NEW_DATE,
    REQUESTS,
    AnswerBy,
    Box,
    Channel,
    Hold,
    OutboxEntry,
    OutboxKind,
    Social,
)
from daemon.tokens import Purpose, message_id, signed_address

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime

    from daemon.compose import Enclosure, OfficeText, Templates
    from daemon.model import Classification, ClockKind, Decision, Message, Posted, Team
    from daemon.tokens import Signer

_PURPOSES = {
    OutboxKind.ACKNOWLEDGEMENT: Purpose.ACKNOWLEDGEMENT,
    OutboxKind.NOTICE: Purpose.NOTICE,
    OutboxKind.REMINDER: Purpose.REMINDER,
    OutboxKind.ESCALATION: Purpose.ESCALATION,
    OutboxKind.ALERT: Purpose.ALERT,
    OutboxKind.DIGEST: Purpose.REMINDER,
    OutboxKind.REPORT: Purpose.OPERATOR,
    OutboxKind.OPERATOR: Purpose.OPERATOR,
}
_THERE = frozenset({AnswerBy.DIRECT_MESSAGE, AnswerBy.PUBLIC_REPLY})
POST = "post"  # the outlet of what a person prints and posts
POSTAL_ADDRESS = "X-Postal-Address"  # of a recorded letter or call: its lines, "|" between them


@dataclass(frozen=True, slots=True, kw_only=True)
class Letterhead:
    """What stands on every envelope of ours."""

    bounce_address: str  # envelope sender; takes delivery reports
    bounces_are_signed: bool = False  # its mailbox takes plus-addresses too: each mail has its own
    signed_address: str  # base of the signed Reply-To
    message_id_domain: str
    acknowledgements: str  # outlet
    notices: str  # outlet
    shadow: bool = False  # all is written down and nothing sent: the office tries us out
    by_team: Mapping[str, str] = field(default_factory=dict)  # team mailbox → another outlet
    social: Social = field(default_factory=Social)  # what our accounts there may answer
    answers_are_read: bool = False  # an inbox reads the signed address: answers may go there


@dataclass(frozen=True, slots=True, kw_only=True)
class _Letter:
    """What a letter to somebody outside tells, whichever words and form it takes."""

    key: str
    recipient: str  # "" for one to post
    reference: str
    reply_team: str
    due_on: date | None
    law_days: tuple[tuple[ClockKind, date], ...]
    now: datetime
    words: str = ""  # a colleague's own, in place of the opening


@dataclass(frozen=True, slots=True, kw_only=True)
class Letters:
    """Makes outbox entries from what was decided."""

    templates: Templates
    office: OfficeText
    head: Letterhead
    signer: Signer

    def acknowledgement(
        self,
        decision: Decision,
        message: Message,
        *,
        reference: str,
        reply_team: str,
        now: datetime,
        release_at: datetime | None = None,
        words: str = "",
    ) -> OutboxEntry:
        """Return the acknowledgement that was decided; without an address, a letter to post.

        `reply_team` is the team's name as an enquirer reads it; `release_at` ends a hold. What
        goes then has none of `words`: those are for the text that a person releases.
        """
        recipient = self.reached_at(decision.recipient, message)
        letter = _Letter(
            key=f"{reference}:acknowledgement",
            recipient=recipient,
            reference=reference,
            reply_team=reply_team,
            due_on=reply_by(decision, now),
            law_days=law_days(decision, now),
            now=now,
        )
        entry = self._outward(replace(letter, words=words), message, decision.template)
        usual = decision.usual_template
        return replace(
            entry,
            # A message on a social network cannot be posted: a person answers it there.
            hold=decision.held or (Hold.DOUBT if decision.by in _THERE and not recipient else None),
            release_at=release_at,
            usual=self._outward(letter, message, usual).content if usual else None,
            words=words,
        )

    def reached_at(self, address: str, message: Message) -> str:
        """Return where an answer to a message goes; "" where only a letter, or a person, can.

        A handle counts where our account there may answer, in private or with the invitation.
        """
        posted = message.posted
        if posted is None:
            return mailable(address) or ""
        social = self.head.social
        may = (
            social.invites(posted.account)
            if message.box is Box.X_MENTION
            else social.answers(posted.account)
        )
        return address if may else ""

    def new_date(
        self,
        message: Message,
        *,
        recipient: str,
        reference: str,
        reply_team: str,
        due_on: date,
        now: datetime,
    ) -> OutboxEntry:
        """Return the letter that tells an enquirer an earlier date than the acknowledgement did.

        It goes where that went and stands in the same thread; each date is told once.
        """
        letter = _Letter(
            key=f"{reference}:new-date:{due_on.isoformat()}",
            recipient=recipient,
            reference=reference,
            reply_team=reply_team,
            due_on=due_on,
            law_days=(),
            now=now,
        )
        return self._outward(letter, message, NEW_DATE)

    def on_paper(  # noqa: PLR0913  a letter's parts, by keyword, nowhere else kept together
        self,
        message: Message,
        *,
        key: str,
        template: str,
        reference: str,
        reply_team: str,
        due_on: date | None,
        address: Sequence[str],
        now: datetime,
        words: str = "",
    ) -> OutboxEntry:
        """Return a letter to post to somebody whom no mail reaches, or no longer does.

        `address` are the lines of the address block, the name first; `words`, a colleague's own,
        take the place of the opening.
        """
        letter = _Letter(
            key=key,
            recipient="",
            reference=reference,
            reply_team=reply_team,
            due_on=due_on,
            law_days=(),
            now=now,
            words=words,
        )
        return self._outward(letter, message, template, address=address)

    def _outward(
        self, letter: _Letter, message: Message, template: str, *, address: Sequence[str] = ()
    ) -> OutboxEntry:
        """Return a letter as mail where it has a recipient, else in PDF for the post room."""
        kind, recipient = OutboxKind.ACKNOWLEDGEMENT, letter.recipient
        rfc_id, signed, sender = self._signed(kind, letter.key, recipient, letter.reference)
        posted = message.posted
        if recipient and posted is not None:
            content = self._on_network(letter, message.box, posted, template, key=rfc_id)
        elif recipient:
            content = acknowledgement(
                templates=self.templates,
                template=template,
                office=self.office,
                recipient=recipient,
                reference=letter.reference,
                message_id=rfc_id,
                in_reply_to=message.message_id,
                references=message.references,
                due_on=letter.due_on,
                law_days=letter.law_days,
                reply_team=letter.reply_team,
                sent_at=letter.now,
                reply_to=signed if self.head.answers_are_read else "",
                words=letter.words,
            ).content
        else:
            content = printed(
                templates=self.templates,
                template=template,
                office=self.office,
                reference=letter.reference,
                due_on=letter.due_on,
                law_days=letter.law_days,
                reply_team=letter.reply_team,
                address=address or address_block(message),
                written_on=london_date(letter.now),
                words=letter.words,
            )
        return OutboxEntry(
            kind=kind,
            key=letter.key,
            recipient=recipient,
            outlet=self._outlet(message) if recipient else POST,
            envelope_from=sender,
            shadow=self.head.shadow,
            message_id=rfc_id,
            content=content,
            send_after=letter.now,
        )

    def _on_network(
        self, letter: _Letter, box: Box, posted: Posted, template: str, *, key: str
    ) -> bytes:
        """Return a direct message, or the invitation below a public post."""
        if box is Box.X_MENTION:
            words = self.head.social.invitation
            whom = letter.recipient
            return public_reply(words=words, handle=whom, to=posted, key=key, written_at=letter.now)
        values = letter_values(
            office=self.office,
            reference=letter.reference,
            due_on=letter.due_on,
            reply_team=letter.reply_team,
            law_days=letter.law_days,
            by=AnswerBy.DIRECT_MESSAGE,
            language=language_of(template),
            words=letter.words,
        )
        return direct_message(
            templates=self.templates,
            template=template,
            values=values,
            to=posted,
            key=key,
            written_at=letter.now,
        )

    def _outlet(self, message: Message) -> str:
        """Return the outlet that an answer to a message leaves by."""
        if message.posted is None:
            return self.head.acknowledgements
        return self.head.social.accounts[message.posted.account].outlet

    def to_team(
        self,
        kind: NoticeKind,
        facts: NoticeFacts,
        *,
        key: str,
        recipient: str,
        now: datetime,
        outbox_kind: OutboxKind = OutboxKind.NOTICE,
        original: bytes | None = None,
        enclosures: Sequence[Enclosure] = (),
    ) -> OutboxEntry:
        """Return an internal mail: a notice, reminder, escalation or alert.

        Answers to it go to our own signed address, never to the enquirer.
        """
        rfc_id, reply_to, sender = self._signed(outbox_kind, key, recipient, facts.reference)
        composed = notice(
            templates=self.templates,
            kind=kind,
            office=self.office,
            recipient=recipient,
            reply_to=reply_to,
            message_id=rfc_id,
            sent_at=now,
            facts=replace(facts, answer_copy=reply_to) if facts.answer_to else facts,
            original=original,
            enclosures=(*enclosures, case_file(facts)) if kind in WITH_A_CASE else enclosures,
        )
        return OutboxEntry(
            kind=outbox_kind,
            key=key,
            recipient=recipient,
            outlet=self.head.by_team.get(recipient, self.head.notices),
            envelope_from=sender,
            shadow=self.head.shadow,
            message_id=rfc_id,
            content=composed.content,
            send_after=now,
        )

    def _signed(
        self, kind: OutboxKind, key: str, recipient: str, reference: str
    ) -> tuple[str, str, str]:
        """Return the Message-ID, the Reply-To and the envelope sender of an entry.

        All carry its token: the last where the mailbox that takes reports allows it.
        """
        token = self.signer.sign(
            reference=reference or "none",
            purpose=_PURPOSES[kind],
            entry_key=f"{key}\n{recipient}",
        )
        head = self.head
        bounces = head.bounce_address
        return (
            message_id(token, head.message_id_domain),
            signed_address(head.signed_address, token),
            signed_address(bounces, token) if head.bounces_are_signed else bounces,
        )


def reply_by(decision: Decision, now: datetime) -> date | None:
    """Return the day an enquirer is told: the first of the clocks that end with a reply.

    A day that has passed already (the mail lay somewhere for weeks) is nobody's promise.
    """
    first = min((day for _, day in due_days(decision)), default=None)
    return first if first is not None and first >= london_date(now) else None


def law_days(decision: Decision, now: datetime) -> tuple[tuple[ClockKind, date], ...]:
    """Return the days that the law gives for a request, of those that have not passed."""
    days = due_days(decision)
    return tuple((k, on) for k, on in days if k in REQUESTS and on >= london_date(now))


def address_block(message: Message) -> tuple[str, ...]:
    """Return the lines of a letter's address: the writer's name, then what a person recorded.

    Only of what a person entered: in a mail anybody could write that header.
    """
    by_person = message.channel in {Channel.LETTER, Channel.CALL}
    given = message.header(POSTAL_ADDRESS) if by_person else ""
    lines = [line.strip() for line in given.split("|")]
    name = message.sender.name.strip()
    return tuple(line for line in (*([] if name in lines else [name]), *lines) if line)


def address_lines(words: str) -> list[str]:
    """Return the lines of an address as somebody typed it: below each other, or with commas."""
    lines = [line.strip() for line in words.splitlines() if line.strip()]
    if len(lines) == 1:
        lines = [part.strip() for part in lines[0].split(",") if part.strip()]
    return lines


def due_days(decision: Decision) -> list[tuple[ClockKind, date]]:
    """Return the clocks that end with a reply and their days, soonest first."""
    days = [(d.kind, d.due_on) for d in decision.deadlines if d.kind.ends_with_a_reply]
    return sorted(days, key=lambda pair: pair[1])


def facts_of(
    message: Message,
    found: Classification,
    decision: Decision,
    *,
    reference: str,
    received_at: datetime,
    reply_team: str,
) -> NoticeFacts:
    """Return what a team is told about a message that came to it."""
    alert = next((d.due_at for d in decision.deadlines if d.kind == "vulnerable"), None)
    # Of what a colleague passed on, the inner message is the enquiry.
    forwarded = Hold.OWN_DOMAIN_FORWARD in (decision.held, *decision.held_also)
    writer = decision.recipient if forwarded else message.sender.address
    return NoticeFacts(
        reference=reference,
        category=found.category,
        source=found.source,
        to_be_sorted=found.to_be_sorted,
        route=decision.route,
        criteria=found.criteria,
        registers=decision.registers,
        why=decision.reasons,
        evidence=found.evidence,
        due=tuple(due_days(decision)),
        held=decision.held,
        sender=writer,
        box=message.box,
        received_at=received_at,
        reply_team=reply_team,
        linked_reference=decision.linked_to.reference if decision.linked_to else "",
        confirm_by_at=alert,
        answer_to=writer,
        original_complete=message.complete,
    )


def recipients_of(team: Team, *, step: str, ordinal: int) -> Sequence[str]:
    """Return who a reminder or escalation of a team's enquiry goes to.

    A reminder goes to the holder, an escalation to the Assistant Director, then the Director
    (process, "Reminders"); where nobody is named, to the team's mailbox.
    """
    if step == "remind":
        return (team.holder or team.mailbox,)
    above = team.director if ordinal else team.assistant_director
    return (above or team.assistant_director or team.mailbox,)


def told_of_failure(
    kind: OutboxKind,
    recipient: str,
    *,
    operators: Sequence[str],
    duty: Sequence[str],
    customer_care: str,
) -> Sequence[str]:
    """Return who hears that a mail of ours failed for good.

    Of an acknowledgement Customer Care, who write by post; of an alert everybody else on duty,
    and the operators; of the rest the operators; of a warning about a failure nobody.
    """
    match kind:
        case OutboxKind.ACKNOWLEDGEMENT:
            return (customer_care,) if customer_care else tuple(operators)
        case OutboxKind.ALERT:
            return tuple(dict.fromkeys(one for one in (*duty, *operators) if one != recipient))
        case (
            OutboxKind.NOTICE
            | OutboxKind.REMINDER
            | OutboxKind.ESCALATION
            | OutboxKind.DIGEST
            | OutboxKind.REPORT
        ):
            return tuple(operators)
        case OutboxKind.OPERATOR:
            return ()
        case _:
            assert_never(kind)
