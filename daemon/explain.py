"""Judging messages alone, as if just received: what `assurance explain` and programs read.

The keys of a judgement are fixed: keys may be added, none is ever renamed. No store, no socket:
no history, limits, arrangements or go-live.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from daemon.classify import Classifier
from daemon.deadlines import WorkingDays, deadline_as_json, london_date
from daemon.decide import decide
from daemon.lines import LineError, entry_of, id_of, message_of
from daemon.model import Box, ClockKind, Context, Outcome, Route, Skip
from daemon.parse import ParseError, parse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime

    from daemon.classify import LearnedModel, RuleSet
    from daemon.classify.learned.model import Floats
    from daemon.model import Classification, Decision, Message, Policy

LINES = ".jsonl"  # a file of enquiries, one a line
_NOT_MAIL = (LINES, ".md", ".tsv")  # passed over in folders


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One judged message, or why there is none."""

    label: Mapping[str, str | int]  # {"path": ...} as given, or {"id": ...}
    message: Message | None = None
    found: Classification | None = None
    decision: Decision | None = None
    error: str | None = None
    is_unreadable: bool = False  # the path itself: what lies there was not seen


@dataclass(frozen=True, slots=True, kw_only=True)
class Judge:
    """Parses, classifies and decides messages one by one."""

    classifier: Classifier
    policy: Policy
    days: WorkingDays
    clock: Callable[[], datetime]

    @classmethod
    def of(
        cls,
        rules: RuleSet,
        policy: Policy,
        clock: Callable[[], datetime],
        *,
        learned: LearnedModel | None = None,
    ) -> Judge:
        """Return a judge by these rules and this policy, leaving arrangements out."""
        directory = policy.directory.on(london_date(clock()))
        return cls.by(Classifier(rules, directory, learned), policy, clock)

    @classmethod
    def by(cls, classifier: Classifier, policy: Policy, clock: Callable[[], datetime]) -> Judge:
        """Return a judge by a classifier and this policy, leaving arrangements out."""
        directory = policy.directory.on(london_date(clock()))
        return cls(
            classifier=classifier,
            policy=replace(policy, arrangements=(), directory=directory),
            days=WorkingDays(policy.clocks),
            clock=clock,
        )

    def with_model(self, learned: LearnedModel | None) -> Judge:
        """Return a judge by another model."""
        return replace(self, classifier=self.classifier.with_model(learned))

    def decided(
        self, message: Message, *, answers: Floats | None = None
    ) -> tuple[Classification, Decision]:
        """Return what a message is taken for by itself, and what follows from it."""
        found = self.classifier.classify(message, answers=answers)
        return found, self.follows(message, found)

    def follows(self, message: Message, found: Classification) -> Decision:
        """Return what follows from a message that is taken for this."""
        context = Context(received_at=self.clock())
        return decide(message, found, self.policy, context, days=self.days)

    def judge_all(self, paths: Sequence[str], inbox: Box | None) -> Iterator[Judged]:
        """Judge every message of every path, in order; a path that cannot be read is said so."""
        for path in paths:
            if os.path.isdir(path):  # noqa: PTH112 -- pathlib's may raise; then it is no folder
                yield from self._judge_folder(path, inbox)
            elif path.endswith(LINES):
                yield from self.judge_lines(path, inbox)
            else:
                yield self.judge_mail(path, inbox)

    def _judge_folder(self, folder: str, inbox: Box | None) -> Iterator[Judged]:
        """Judge every file below a folder that may be a mail, in order of its name."""
        try:
            entries = sorted(Path(folder).iterdir())
        except OSError as error:
            yield _unreadable(folder, error)
            return
        for entry in entries:
            # Written as it was given: "./mails/" stays "./mails/…".
            name = f"{folder.rstrip('/') or ''}/{entry.name}"
            if entry.is_dir() and not entry.is_symlink():
                yield from self._judge_folder(name, inbox)
            elif entry.is_file() and not entry.name.endswith(_NOT_MAIL):
                yield self.judge_mail(name, inbox)

    def judge_mail(self, path: str, inbox: Box | None) -> Judged:
        """Judge one raw mail."""
        label = {"path": path}
        try:
            content = Path(path).read_bytes()
        except OSError as error:
            return _unreadable(path, error)
        try:
            message = parse(content, box=inbox or Box.CUSTOMER_CARE)
        except ParseError as error:
            return Judged(label=label, error=str(error))
        return self._judge(label, message)

    def judge_lines(self, path: str, inbox: Box | None) -> Iterator[Judged]:
        """Judge a file of enquiries, one JSON object a line."""
        try:
            content = Path(path).read_bytes()
        except OSError as error:
            yield _unreadable(path, error)
            return
        for number, line in enumerate(content.split(b"\n"), start=1):
            if not line.strip():
                continue
            yield self._judge_line(path, number, line, inbox)

    def _judge_line(self, path: str, number: int, line: bytes, inbox: Box | None) -> Judged:
        place = f"{path}:{number}"
        label: dict[str, str | int] = {"id": place}
        try:
            entry = entry_of(line)
            label = {"id": id_of(entry, place)}
            message = message_of(entry, inbox)
        except LineError as error:
            return Judged(label=label, error=f"Line {number} of {path} is no enquiry: {error}.")
        return self._judge(label, message)

    def _judge(self, label: Mapping[str, str | int], message: Message) -> Judged:
        try:
            found, decision = self.decided(message)
        except Exception as error:  # noqa: BLE001 -- the daemon would quarantine it, so this does
            why = f"A mistake in this software ({type(error).__name__}) kept it from being judged."
            return Judged(label=label, error=why)
        return Judged(label=label, message=message, found=found, decision=decision)


def _unreadable(path: str, error: OSError) -> Judged:
    why = error.strerror or type(error).__name__
    sentence = f"{path}: cannot be read ({why})."
    return Judged(label={"path": path}, error=sentence, is_unreadable=True)


# Putting a judgement into words


def as_json(judged: Judged) -> dict[str, object]:
    """Return a judgement with all its keys; what is not known is null."""
    values: dict[str, object] = {**judged.label, **_UNKNOWN, "error": judged.error}
    if judged.message is None or judged.found is None or judged.decision is None:
        return values
    return values | _of_message(judged.message) | _of(judged.found) | _of_decision(judged.decision)


_UNKNOWN: dict[str, object] = {
    "from": None,
    "subject": None,
    "date": None,
    "text_chars": None,
    "category": None,
    "source": None,
    "routine": None,
    "criteria": [],
    "alerts": [],
    "registers": [],
    "deadlines": [],
    "evidence": [],
    "confidence": None,
    "to_be_sorted": None,
    "reference": None,
    "language": None,
    "route": None,
    "acknowledge": False,
    "held": None,
    "skip": Skip.QUARANTINED.value,
    "error": None,
    "matters": [],
    "personal_attention": None,
    "proposed": [],
    "team": None,
    "outcome": Outcome.QUARANTINED.value,
    "reasons": [],
}


def _of_message(message: Message) -> dict[str, object]:
    return {
        "from": message.sender.address,
        "subject": message.subject,
        "date": message.date_at.isoformat() if message.date_at else None,
        "text_chars": message.text_chars,
    }


def _of(found: Classification) -> dict[str, object]:
    return {
        "category": found.category.value,
        "source": found.source.value,
        "routine": found.routine,
        "criteria": [c.value for c in found.criteria],
        "alerts": [c.value for c in found.alerts],
        "evidence": [
            {"step": e.step.value, "name": e.name, "says": e.says, "text": e.text}
            for e in found.evidence
        ],
        "confidence": round(found.confidence, 4),
        "to_be_sorted": found.to_be_sorted,
        "reference": found.reference,
        "language": found.language,
        "matters": [k.value for k in found.matters],
        "personal_attention": found.personal_attention,
    }


def _of_decision(decision: Decision) -> dict[str, object]:
    shown = [d for d in decision.deadlines if d.kind is not ClockKind.ACK]
    return {
        "registers": [r.register.value for r in decision.registers],
        "proposed": [r.register.value for r in decision.registers if r.proposed],
        "deadlines": [
            {key: deadline_as_json(d)[key] for key in ("kind", "due_on", "due_at")} for d in shown
        ],
        # What is private or internal goes nowhere: for who asks, it is set aside.
        "route": (decision.route or Route.SET_ASIDE).value,
        "acknowledge": decision.acknowledge,
        "held": decision.held.value if decision.held else None,
        "skip": decision.skip.value if decision.skip else None,
        "team": decision.reply_team or None,
        "outcome": decision.outcome.value,
        "reasons": list(decision.reasons),
    }
