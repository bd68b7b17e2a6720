"""Classification: a message becomes a category, source, criteria and clocks, with evidence.

Steps: facts (who writes, which box, which numbers), header evidence of machines, then the
readable rules of `config/rules.toml`; what stays unclear is *to be sorted* by a person. A
learned model can join as a further source of points between the rules and the verdict.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from daemon.classify.automation import automation_of
from daemon.classify.dates import notice_on, reply_by_on
from daemon.classify.facts import Facts, facts_of
from daemon.classify.language import language_of
from daemon.classify.references import ReferenceFinder
from daemon.classify.ruleset import RuleErrors, RuleSet, Sign
from daemon.classify.scores import Scanner, Scores, applicable, scored
from daemon.classify.senders import Writer, is_protected, writer_of
from daemon.classify.set_aside import SetAsideRules
from daemon.classify.verdict import (
    Choice,
    choose,
    fact_criteria,
    in_order,
    is_routine,
    matters,
    text_criteria,
)
from daemon.classify.zones import Zones, zones_of
from daemon.model import Box, Category, Classification, Criterion, Evidence, Skip, Source, Step

if TYPE_CHECKING:
    from daemon.model import Directory, Message

__all__ = ["Classifier", "RuleErrors", "RuleSet"]

CODE_VERSION: Final = 2
"""Raised with every change here that could change an answer."""

_VERSION_CHARS: Final = 12
_ALMOST_CERTAIN: Final = 0.99
_BY_TEXT: Final = 0.95
_IN_DOUBT: Final = 0.4


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reading:
    """Everything found in a message before it is judged."""

    message: Message
    zones: Zones
    facts: Facts
    writer: Writer
    scores: Scores
    language: str | None


class Classifier:
    """Facts and rules, compiled once; `classify` is pure and takes a few milliseconds."""

    __slots__ = ("_directory", "_finder", "_scanner", "_set_aside", "_settings", "version")

    def __init__(self, rules: RuleSet, directory: Directory) -> None:
        self._directory = directory
        self._settings = rules.settings
        self._scanner = Scanner(rules)
        self._finder = ReferenceFinder(rules.settings)
        self._set_aside = SetAsideRules(rules)
        self.version: Final = _version(rules, directory)

    def classify(self, message: Message) -> Classification:
        """Judge one message by itself."""
        reading = self._read(message)
        machine = self._machine(reading)
        judged = self._judge(reading)
        if machine is None:
            return judged
        skip, evidence = machine
        return replace(
            judged,
            category=Category.NOT_AN_ENQUIRY,
            source=Source.MACHINE,
            routine=False,
            criteria=tuple(c for c in judged.criteria if c is not Criterion.MP_NON_ROUTINE),
            confidence=_ALMOST_CERTAIN,
            to_be_sorted=False,
            evidence=(evidence, *judged.evidence),
            automation=skip,
            matters=(),
        )

    def _read(self, message: Message) -> _Reading:
        """Gather facts and points."""
        zones = zones_of(message)
        facts = facts_of(message, zones, self._finder)
        hits = self._scanner.found(zones)
        anybody = scored(
            applicable(hits, source=Source.UNKNOWN, box=message.box, known=facts.known)
        )
        writer = writer_of(message, zones, anybody, self._directory)
        held = applicable(hits, source=writer.source, box=message.box, known=facts.known)
        return _Reading(
            message=message,
            zones=zones,
            facts=facts,
            writer=writer,
            scores=scored(held),
            language=language_of(f"{zones.subject}\n{zones.new}"),
        )

    def _machine(self, reading: _Reading) -> tuple[Skip, Evidence] | None:
        """Return why the message is to be set aside: headers first, then configured text.

        Words alone never silence an MP, a chair, the ICO, or anybody who may be at risk.
        """
        by_header = automation_of(reading.message)
        protected = is_protected(reading.message, self._directory)
        if by_header is not None and by_header[0] is Skip.NO_REPLY_ADDRESS:
            return None if protected or _is_portal(reading) else by_header
        if by_header is not None or protected or self._at_risk(reading):
            return by_header
        return self._set_aside.reason(reading.zones)

    def _at_risk(self, reading: _Reading) -> bool:
        """Whether the text shows that somebody may be at risk."""
        return Criterion.VULNERABLE in text_criteria(reading.scores, self._settings)

    def _judge(self, reading: _Reading) -> Classification:
        """Weigh the rules as if a person had written."""
        choice = self._choice(reading)
        shown = text_criteria(reading.scores, self._settings)
        source = _source(reading.writer, choice, reading.scores, reading.message.box)
        writer = replace(reading.writer, source=source)
        routine = is_routine(writer, choice, reading.scores, shown)
        criteria = shown | fact_criteria(writer, reading.scores, routine=routine)
        return Classification(
            category=choice.category,
            source=source,
            routine=routine,
            criteria=in_order(criteria),
            confidence=choice.confidence,
            to_be_sorted=not choice.decided or _is_doubtful(reading),
            evidence=tuple(_evidence(reading)),
            personal_attention=reading.scores.signs.get(Sign.PERSONAL_ATTENTION, 0) >= 1,
            individual_case=_is_individual(reading, choice),
            matters=matters(reading.scores, choice, writer, self._settings),
            notice_on=notice_on(reading.zones) if source is Source.ICO else None,
            reply_by_on=reply_by_on(reading.zones) if source is Source.ICO else None,
            reference=reading.facts.references.best,
            language=reading.language,
            version=self.version,
        )

    def _choice(self, reading: _Reading) -> Choice:
        """Choose the category; configured text that proves a machine decides it."""
        if self._set_aside.reason(reading.zones) is not None:
            sure = not self._at_risk(reading)
            confidence = _BY_TEXT if sure else _IN_DOUBT
            return Choice(category=Category.NOT_AN_ENQUIRY, confidence=confidence, decided=sure)
        return choose(reading.scores, self._settings, language=reading.language)


def _source(writer: Writer, choice: Choice, scores: Scores, box: Box) -> Source:
    """Return the source; machine mail that only words show is still a machine's."""
    if choice.category is not Category.NOT_AN_ENQUIRY:
        return writer.source
    if box is Box.X_MENTION or scores.signs.get(Sign.GENERAL_CHATTER, 0) >= 1:
        return Source.UNKNOWN if writer.source is Source.COMPLAINANT else writer.source
    return Source.MACHINE


def _is_individual(reading: _Reading, choice: Choice) -> bool:
    """Whether a post is about one case; everything that is not a post is taken to be."""
    if not reading.message.box.is_social:
        return True
    if reading.facts.references.own is not None:
        return True
    chatter = reading.scores.signs.get(Sign.GENERAL_CHATTER, 0) >= 1
    return not chatter and choice.category not in {Category.OTHER, Category.NOT_AN_ENQUIRY}


def _is_portal(reading: _Reading) -> bool:
    """Whether the mail tells where a person's message waits: a person has to look."""
    return reading.scores.signs.get(Sign.PORTAL, 0) >= 1


def _is_doubtful(reading: _Reading) -> bool:
    """Whether the sender may not be who it says: a person has to look."""
    return reading.writer.unproven or bool(reading.facts.other_addresses)


def _evidence(reading: _Reading) -> list[Evidence]:
    """Return the facts, then the rules, the weightiest first."""
    found = [reading.writer.evidence]
    found += (
        Evidence(step=Step.FACT, name="other-address", says="sign of forgery", text=address)
        for address in reading.facts.other_addresses
    )
    reference = reading.facts.references.best
    if reference is not None:
        says = "reference"
        found.append(Evidence(step=Step.FACT, name="reference", says=says, text=reference))
    hits = sorted(reading.scores.hits, key=lambda hit: -abs(hit.points))
    return found + [hit.evidence for hit in hits]


def _version(rules: RuleSet, directory: Directory) -> str:
    """Return a short hash of everything that an answer depends on."""
    parts = [str(CODE_VERSION), rules.fingerprint, *_directory_text(directory)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:_VERSION_CHARS]


def _directory_text(directory: Directory) -> list[str]:
    """Return what classification reads of the directory, in a fixed order."""
    offices = [
        " ".join((office.id, *sorted(office.addresses), *sorted(office.domains)))
        for office in directory.mp_offices
    ]
    known = (directory.chair_addresses, directory.ico_domains, directory.own_domains)
    return sorted(offices) + [" ".join(sorted(names)) for names in known]
