"""Showing judgements and enquiries to a person at a terminal."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from rich.console import Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from daemon import words
from daemon.deadlines import LONDON
from daemon.model import ClockKind, Step

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from daemon.backtest import Change
    from daemon.evaluate import Figure
    from daemon.explain import Judged
    from daemon.learning import Compared
    from daemon.model import Category, Classification, Decision, Evidence, Message
    from daemon.store.meeting import PhoneContact

_EVIDENCE_SHOWN = 6
_WORDS_SHOWN = 80
# What would steer a terminal, or turn the direction of what it shows; tab and line end stay.
_STEERING = dict.fromkeys(
    (*range(9), *range(11, 32), *range(127, 160), *range(0x202A, 0x202F), *range(0x2066, 0x206A))
)


def harmless(text: str) -> Text:
    """Return others' words to print: no controls, no bidirectional overrides, no markup."""
    return Text(text.translate(_STEERING))


def judged_panel(judged: Judged) -> Panel:
    """Return one judgement as a panel: what, why, where to, which answer, by when."""
    title = harmless(str(next(iter(judged.label.values()), "")))
    if judged.message is None or judged.found is None or judged.decision is None:
        return Panel(harmless(f"Quarantined: {judged.error}"), title=title, title_align="left")
    lines = message_lines(judged.message, judged.found, judged.decision)
    return Panel(lines, title=title, title_align="left")


def message_lines(message: Message, found: Classification, decision: Decision) -> Group:
    """Return what came in, what it was taken for and why, where it went, and what is due."""
    table = Table.grid(padding=(0, 2))
    table.add_column(style="bold", no_wrap=True)
    table.add_column()
    sender = f"{message.sender.name} <{message.sender.address}>".strip()
    rows = [
        ("From", sender),
        ("Subject", message.subject or "(none)"),
        ("Taken for", taken_for(found)),
        ("Why", why(found)),
        ("Goes to", goes_to(decision)),
        ("Answer", answer(decision)),
        ("Due", due(decision)),
    ]
    for name, value in rows:
        if value:
            table.add_row(name, harmless(value))
    return Group(table)


def taken_for(found: Classification) -> str:
    """Return category, source and criteria in words."""
    what = words.capitalised(words.CATEGORIES[found.category])
    text = f"{what}, from {words.SOURCES[found.source]}"
    if found.routine:
        text += " (routine referral)"
    if found.to_be_sorted:
        text += f"; to be sorted by a person (best guess, {found.confidence:.0%})"
    if found.criteria:
        text += "; " + ", ".join(words.CRITERIA[c] for c in found.criteria)
    return text


def why(found: Classification) -> str:
    """Return the evidence for what was concluded, a line each; `explain --json` has all of it."""
    lines = []
    for item in _telling(found):
        said = item.text if len(item.text) <= _WORDS_SHOWN else item.text[:_WORDS_SHOWN] + "…"
        quoted = f": “{' '.join(said.split())}”" if said else ""
        lines.append(f"{item.says} ({item.step.value} {item.name}){quoted}")
    return "\n".join(lines)


def _telling(found: Classification) -> list[Evidence]:
    """Return the facts, and what speaks for the category, source and criteria that were shown."""
    concluded = {f"category: {found.category}", f"source: {found.source}"}
    concluded |= {f"criterion: {criterion}" for criterion in found.criteria}
    by_step: dict[Step, list[Evidence]] = {step: [] for step in Step}
    for item in found.evidence:
        said = item.says.split(", ")[0]
        if item.step is Step.FACT or said in concluded or said.startswith("set aside"):
            by_step[item.step].append(item)
    return [item for items in by_step.values() for item in items[:_EVIDENCE_SHOWN]]


def goes_to(decision: Decision) -> str:
    """Return the route with its reasons."""
    route = words.ROUTES[decision.route] if decision.route else "nobody"
    return words.capitalised(route) + ". " + " ".join(decision.reasons)


def answer(decision: Decision) -> str:
    """Return what the enquirer gets, or why not."""
    if decision.skip is not None:
        return f"No acknowledgement: {words.SKIPS[decision.skip]}."
    if decision.held is not None:
        return f"An acknowledgement is held: {words.HOLDS[decision.held]}."
    return f"An acknowledgement ({decision.template})."


def due(decision: Decision) -> str:
    """Return each clock and its date, a line each."""
    lines = []
    for clock in decision.deadlines:
        day = words.long_date(clock.due_on)
        if clock.kind is ClockKind.VULNERABLE:
            day = f"{clock.due_at.astimezone(LONDON):%H:%M} on {day}"
        lines.append(f"{words.capitalised(words.CLOCKS[clock.kind])}: {day}")
    return "\n".join(lines)


# An enquiry from the store


def phone_table(found: Sequence[PhoneContact]) -> Table:
    """Return those who may be put through, as a table."""
    table = Table("Entry", "Name", "Numbers", "Case", "What was agreed", "By", "Until")
    for one in found:
        cells = (one.name, "\n".join(one.numbers), one.case_reference, one.instruction)
        until = one.until_on.isoformat() if one.until_on else ""
        table.add_row(str(one.id), *(harmless(cell) for cell in (*cells, one.agreed_by)), until)
    return table


_BY_STAFF = (
    ("Milestones", "milestones", ("number", "due_on", "words", "done_at")),
    ("Proposals", "proposals", ("number", "handling", "words", "state", "decision")),
    ("Referrals", "referrals", ("number", "kind", "words", "referred_by", "state", "decision")),
    ("Call-backs", "call_backs", ("number", "asked_for", "state", "decision")),
    ("About members of staff", "subjects", ("person", "state")),
    ("Handling arrangements", "arrangements", ("arrangement", "since_at")),
    ("Actions", "actions", ("number", "words", "owner", "due_on", "done_at")),
)
"""What staff entered: shown where there is some."""


def enquiry_view(view: Mapping[str, Any]) -> Group:
    """Return an enquiry with its messages, clocks, registers, letters and acts."""
    head = Table.grid(padding=(0, 2))
    head.add_column(style="bold")
    head.add_column()
    for name in ("status", "category", "source", "route", "team", "assigned_to", "reply_team"):
        head.add_row(name.replace("_", " ").capitalize(), harmless(_cell(view[name])))
    head.add_row("Received at", harmless(_cell(view["received_at"])))
    if view["merged_into"]:
        head.add_row("Merged into", harmless(view["merged_into"]))
    if view["erased_at"]:
        gone = f"{_cell(view['erased_at'])}: what people wrote is gone, figures are kept"
        head.add_row("Taken out", harmless(gone))
    if view["reply_seen_at"]:
        head.add_row("Reply seen", harmless(_cell(view["reply_seen_at"])))
    if view["reply_failed_at"]:
        came_back = f"{_cell(view['reply_failed_at'])}: it did not reach the enquirer"
        head.add_row("Reply came back", harmless(came_back))
    if view["linked_to"]:
        head.add_row("May belong to", harmless(view["linked_to"]))
    twins = {one for message in view["messages"] for one in message["same_message_id"]}
    if twins:
        head.add_row("Same Message-ID", harmless(", ".join(sorted(twins))))
    names = [entry["register"] for entry in view["registers"]]
    head.add_row("Registers", ", ".join(names) or "none")
    head.add_row("Criteria", ", ".join(c["criterion"] for c in view["criteria"]) or "none")
    return Group(
        Panel(head, title=view["reference"], title_align="left"),
        _table(
            "Messages",
            view["messages"],
            ("id", "received_at", "box", "sender_address", "subject", "outcome", "skip", "hold"),
        ),
        _table(
            "Clocks", view["deadlines"], ("kind", "due_on", "stopped_on", "ended_at", "ended_by")
        ),
        *(_table(title, view[key], columns) for title, key, columns in _BY_STAFF if view[key]),
        _table("Letters", view["outbox"], ("kind", "recipient", "state", "hold", "sent_at")),
        _table("What people did", view["acts"], ("at", "what", "by_name", "note")),
        _table("Audit", view["audit"], ("at", "event", "actor")),
    )


def _table(title: str, rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold")
    for name in columns:
        table.add_column(name.replace("_", " "), overflow="fold")
    for row in rows:
        table.add_row(*(harmless(_cell(row[name])) for name in columns))
    return table


def _cell(value: object) -> str:
    """Return a value for a cell; times in London."""
    if isinstance(value, str) and "T" in value:
        try:
            at = datetime.fromisoformat(value)
        except ValueError:
            return value
        return f"{at.astimezone(LONDON):%d %b %Y %H:%M}"
    return "" if value is None else str(value)


# Figures of classification


def figures_table(figures: Sequence[Figure]) -> Table:
    """Return figures as a table: each share with its 95 % interval."""
    table = Table("", "share", "95 % interval", "messages")
    for figure in figures:
        low, high = figure.interval or (None, None)
        interval = "" if low is None or high is None else f"{_percent(low)} to {_percent(high)}"
        count = f"{figure.hits} of {figure.of}"
        table.add_row(figure.says, _percent(figure.share), interval, count)
    return table


def comparison_table(compared: Sequence[Compared]) -> Table:
    """Return two models' figures side by side, with the 95 % interval of the difference."""
    table = Table("", "before", "now", "difference (95 %)", "messages")
    for one in compared:
        difference = f"{100 * one.low:+.1f} to {100 * one.high:+.1f}"
        table.add_row(
            one.now.says,
            _percent(one.before.share),
            _percent(one.now.share),
            difference,
            str(one.now.of),
        )
    return table


def confusions_table(mistaken: Sequence[tuple[Category, Category, int]]) -> Table:
    """Return which categories were taken for which."""
    table = Table("is", "was taken for", "messages")
    for was, taken, count in mistaken:
        table.add_row(words.CATEGORIES[was], words.CATEGORIES[taken], str(count))
    return table


def change_line(change: Change) -> Text:
    """Return one message's changes as a line."""
    parts = (f"{key}: {as_word(a)} → {as_word(b)}" for key, (a, b) in change.changes.items())
    person = f" (a person said {change.person_said})" if change.person_said else ""
    return Text(f"{change.reference or f'message {change.message_id}'}  {'; '.join(parts)}{person}")


def changes_table(counts: Mapping[tuple[str, str, str], int]) -> Table:
    """Return how often each thing would change, from what and to what; the commonest first."""
    table = Table("what", "from", "to", "messages")
    for (key, before, after), count in sorted(counts.items(), key=lambda one: (-one[1], one[0])):
        table.add_row(key, before, after, str(count))
    return table


def as_word(value: object) -> str:
    """Return a value of a decision in plain words."""
    match value:
        case None:
            return "none"
        case bool():
            return "yes" if value else "no"
        case list():
            return ", ".join(value) or "none"
        case _:
            return str(value)


def _percent(share: float | None) -> str:
    return "" if share is None else f"{100 * share:.1f} %"
