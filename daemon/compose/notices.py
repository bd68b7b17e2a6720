"""Internal mail: notices, reminders, escalations and alerts to the office's own teams."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from daemon.compose import wire
from daemon.compose.facts import NOTICES, NoticeFacts, NoticeKind
from daemon.compose.heading import Heading
from daemon.compose.markup import code
from daemon.model import Category, Criterion
from daemon.words import (
    BOXES,
    CATEGORIES,
    CLOCKS,
    CRITERIA,
    HOLDS,
    REGISTERS,
    ROUTES,
    SOURCES,
    capitalised,
    long_date,
    short_date,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from daemon.compose.facts import Composed, DigestItem, Enclosure, OfficeText
    from daemon.compose.templates import Templates
    from daemon.model import Evidence, RegisterEntry

_COMMANDS = ("replied", "not-replied", "reopen", "close", "confirm", "release", "posted")
_MAX_EVIDENCE = 20
_MAX_WORDS = 300  # characters of one item of evidence


def notice(  # noqa: PLR0913  a mail's parts, by keyword, nowhere else kept together
    *,
    templates: Templates,
    kind: NoticeKind,
    office: OfficeText,
    recipient: str,
    reply_to: str,
    message_id: str,
    sent_at: datetime,
    facts: NoticeFacts,
    original: bytes | None = None,
    enclosures: Sequence[Enclosure] = (),
    in_reply_to: str | None = None,
    references: tuple[str, ...] = (),
) -> Composed:
    """Compose a mail to a team or colleague, the `original` attached whole where one is given.

    `reply_to` is our signed address, never the enquirer's; `sent_at` is aware. `in_reply_to`
    and `references` are ids of our earlier notices, so that a reminder stands below them.

    Raises:
        ValueError: the recipient or the Reply-To is outside the office, or is no address.
        LookupError, jinja2.TemplateError: as for `Templates.render`.
    """
    if not office.is_inside(recipient):
        why = "internal mail goes to the office's own addresses only"
        raise ValueError(why)
    values = notice_values(office=office, facts=facts, attached=original is not None)
    words = templates.render(f"{NOTICES}/{kind.value}", values)
    heading = Heading(
        office=office,
        recipient=recipient,
        reply_to=reply_to,
        message_id=message_id,
        sent_at=sent_at,
        in_reply_to=in_reply_to,
        references=references,
        auto_submitted="auto-generated",
    )
    files = [wire.file_part(one.name, one.media_type, one.content) for one in enclosures]
    attached = _attached(original, kind=kind, facts=facts)
    return heading.over(words, attached=[*files, *attached])


def _attached(original: bytes | None, *, kind: NoticeKind, facts: NoticeFacts) -> list[bytes]:
    if original is None:
        return []
    as_file = kind is NoticeKind.QUARANTINED or not facts.original_complete
    return [wire.original_part(original, as_file=as_file)]


def notice_values(
    *, office: OfficeText, facts: NoticeFacts, attached: bool
) -> Mapping[str, object]:
    """Return all that a notice's template may use, in words; "" or [] for what is not known."""
    due = [(kind, day) for kind, day in facts.due if kind.ends_with_a_reply]
    return {
        "office": office,
        "reference": facts.reference,
        "headline": _headline(facts),
        "to_be_sorted": facts.to_be_sorted,
        "urgent": Criterion.VULNERABLE in facts.criteria,
        "reply_by": short_date(min(day for _, day in due)) if due else "",
        "due": [{"what": capitalised(CLOCKS[kind]), "on": long_date(day)} for kind, day in due],
        "why": facts.why,
        "over": facts.over,
        "evidence": [_in_words(item) for item in facts.evidence[:_MAX_EVIDENCE]],
        "criteria": [CRITERIA[criterion] for criterion in facts.criteria],
        "registers": [_entry(entry) for entry in facts.registers],
        "route": ROUTES[facts.route] if facts.route else "",
        "held": HOLDS[facts.held] if facts.held else "",
        "sender": facts.sender,
        "box": BOXES[facts.box] if facts.box else "",
        "on_social_media": facts.box is not None and facts.box.is_social,
        "received": _moment(facts.received_at),
        "confirm_by": _moment(facts.confirm_by_at),
        "holder": facts.holder,
        "reply_team": facts.reply_team,
        "linked_reference": facts.linked_reference,
        "problem": facts.problem,
        "caller": facts.caller,
        "call_back_by": facts.call_back_by,
        "failed": facts.failed.value,
        "clock": facts.due[0][0].value if facts.due else "",
        "clock_on": long_date(facts.due[0][1]) if facts.due else "",
        "overdue": [_line(item) for item in facts.items if item.overdue],
        "ahead": [_line(item) for item in facts.items if not item.overdue],
        "late": facts.late,
        "answer_link": _answer_link(facts),
        "attached": attached,
        "original_complete": facts.original_complete,
        "commands": {
            "show": code(f"assurance show {facts.reference}"),
            "arrangements": code("assurance arrangement list"),
            "reconcile": code("assurance reconcile"),
            "status": code("assurance status"),
            "show_any": code("assurance show REFERENCE"),
            "letter": code(
                f'assurance letter {facts.reference} --address "NAME, STREET, TOWN" --by NAME'
            ),
            "replied_any": code("assurance replied REFERENCE --by NAME"),
            "write": code(f"assurance update {facts.reference} --by NAME --note WORDS"),
            "call_back_yes": code(f"assurance call-back {facts.reference} --yes --by NAME"),
            "call_back_no": code(f"assurance call-back {facts.reference} --no --by NAME"),
            **{
                verb.replace("-", "_"): code(f"assurance {verb} {facts.reference} --by NAME")
                for verb in _COMMANDS
            },
        },
    }


def _line(item: DigestItem) -> Mapping[str, object]:
    """Return one enquiry of a digest, in words."""
    told = NoticeFacts(category=item.category, source=item.source, to_be_sorted=item.to_be_sorted)
    return {
        "reference": item.reference,
        "headline": _headline(told),
        "what": CLOCKS[item.clock],
        "on": long_date(item.due_on),
        "escalated": item.escalated,
    }


def _headline(facts: NoticeFacts) -> str:
    """Return what it is and who it is from, in our words only."""
    return capitalised(
        f"{_what(facts)} from {SOURCES[facts.source]}" if facts.source else _what(facts)
    )


def _what(facts: NoticeFacts) -> str:
    if facts.category is None or facts.to_be_sorted:
        return "enquiry to be sorted"
    if facts.category is Category.NOT_AN_ENQUIRY:
        return "message that may be no enquiry"
    return CATEGORIES[facts.category]


def _entry(entry: RegisterEntry) -> str:
    name = REGISTERS[entry.register]
    return f"{name} (proposed)" if entry.proposed else name


def _in_words(item: Evidence) -> str:
    """Return one item of evidence as a line: what it says, and the words it rests on."""
    words = item.text if len(item.text) <= _MAX_WORDS else item.text[:_MAX_WORDS] + " …"
    said = f"{item.says} ({item.step.value} {item.name})"
    return f"{said}: “{words}”" if words else said


def _moment(at: datetime | None) -> str:
    """Return a time of day and date in London, "" for none."""
    if at is None:
        return ""
    local = at.astimezone(wire.LONDON)
    return f"{local:%H:%M} on {long_date(local.date())}"


def _answer_link(facts: NoticeFacts) -> str:
    """Return a mailto: link (RFC 6068) that starts an answer with our reference and copy."""
    address = wire.mailable(facts.answer_to)
    if not address:
        return ""
    fields = [("subject", f"Your enquiry, our reference {facts.reference}")]
    if copy := wire.mailable(facts.answer_copy):
        fields.append(("cc", copy))
    query = "&".join(f"{name}={quote(value, safe='@')}" for name, value in fields)
    return f"mailto:{quote(address, safe='@')}?{query}"
