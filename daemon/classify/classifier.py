"""Facts, rules and the learned model over one message, and the verdict with its evidence."""

from __future__ import annotations

import hashlib
from copy import copy
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from daemon.classify.automation import automation_of
from daemon.classify.dates import notice_on, reply_by_on
from daemon.classify.facts import facts_of
from daemon.classify.language import language_of
from daemon.classify.learned.evidence import category_evidence, criterion_evidence
from daemon.classify.learned.features import features_of
from daemon.classify.passed_on import before_our_rule
from daemon.classify.reading import Reading
from daemon.classify.references import ReferenceFinder
from daemon.classify.ruleset import Sign
from daemon.classify.scores import Scanner, applicable, scored
from daemon.classify.senders import is_protected, writer_of
from daemon.classify.set_aside import SetAsideRules
from daemon.classify.unread import left_to_a_person
from daemon.classify.verdict import (
    Choice,
    Verdict,
    fact_criteria,
    in_order,
    judge_by_model,
    judge_by_rules,
    matters,
)
from daemon.classify.zones import zones_of
from daemon.model import Category, Classification, Criterion, Evidence, Skip, Source, Step

if TYPE_CHECKING:
    from collections.abc import Iterator

    from daemon.classify.learned.features import Features
    from daemon.classify.learned.model import Floats, LearnedModel, Opinion
    from daemon.classify.ruleset import RuleSet
    from daemon.model import Directory, Message

CODE_VERSION: Final = 8
"""Raised with every change here that could change an answer."""

_VERSION_CHARS: Final = 12
_ALMOST_CERTAIN: Final = 0.99
_BY_TEXT: Final = 0.95
_IN_DOUBT: Final = 0.4
_SIGNS_OF_A_FORM: Final = frozenset({Skip.AUTOMATED, Skip.NULL_RETURN_PATH, Skip.NO_REPLY_ADDRESS})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Weighed:
    """The verdict on a reading, and the model's part in it where there is a model."""

    verdict: Verdict
    opinion: Opinion | None = None
    features: Features | None = None

    @property
    def at_risk(self) -> bool:
        """Whether the text shows that somebody may be at risk."""
        return Criterion.VULNERABLE in self.verdict.criteria


class Classifier:
    """Facts, rules and perhaps a learned model, compiled once; `classify` is pure.

    Without a model only facts and rules decide, and most messages are to be sorted.
    """

    __slots__ = (
        *("_directory", "_finder", "_learned", "_rules", "_scanner", "_set_aside"),
        *("_settings", "version"),
    )

    def __init__(
        self, rules: RuleSet, directory: Directory, learned: LearnedModel | None = None
    ) -> None:
        self._directory, self._rules = directory, rules
        self._settings = rules.settings
        self._scanner = Scanner(rules)
        self._finder = ReferenceFinder(rules.settings)
        self._set_aside = SetAsideRules(rules)
        self._learned = learned
        self.version = _version(rules, directory, learned)

    def with_model(self, learned: LearnedModel | None) -> Classifier:
        """Return a classifier by the same rules and another model."""
        other = copy(self)  # the compiled rules are shared
        other._learned = learned  # noqa: SLF001 -- of its own kind
        other.version = _version(self._rules, self._directory, learned)
        return other

    def with_directory(self, directory: Directory) -> Classifier:
        """Return a classifier by the same rules and model, and another directory."""
        other = copy(self)
        other._directory = directory  # noqa: SLF001 -- of its own kind
        other.version = _version(self._rules, directory, self._learned)
        return other

    def classify(self, message: Message, *, answers: Floats | None = None) -> Classification:
        """Judge one message by itself.

        `answers` stand in for the model's own where a message is one that it learnt from: those
        of weights that had not seen it.
        """
        message, passed_on = before_our_rule(message, self._directory)
        reading = self.read(message)
        weighed = self._weigh(reading, answers)
        by_text = self._set_aside.reason(reading.zones)
        machine = self._machine(reading, weighed, by_text)
        judged = self._judge(reading, weighed, is_set_aside=by_text is not None)
        if passed_on is not None:
            judged = replace(judged, evidence=(passed_on, *judged.evidence))
        if machine is None:
            return left_to_a_person(judged, message)
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

    def read(self, message: Message) -> Reading:
        """Gather facts and points: what rules and model judge by."""
        zones = zones_of(message)
        facts = facts_of(message, zones, self._finder)
        hits = self._scanner.found(zones)
        anybody = scored(
            applicable(hits, source=Source.UNKNOWN, box=message.box, known=facts.known)
        )
        writer = writer_of(message, zones, anybody, self._directory)
        held = applicable(hits, source=writer.source, box=message.box, known=facts.known)
        return Reading(
            message=message,
            zones=zones,
            facts=facts,
            writer=writer,
            scores=scored(held),
            language=language_of(f"{zones.subject}\n{zones.new}"),
        )

    def _weigh(self, reading: Reading, answers: Floats | None) -> _Weighed:
        """Return what model and rules make of a reading, as if a person had written."""
        # Of a text in another language the model knows a stray word at most.
        if self._learned is None or reading.is_foreign:
            return _Weighed(verdict=judge_by_rules(reading, self._settings))
        features = features_of(reading)
        if answers is None:
            opinion = self._learned.opinion(features)
        else:
            opinion = self._learned.opinion_of(self._learned.lexicon.weigh(features), answers)
        verdict = judge_by_model(reading, opinion, self._settings)
        return _Weighed(verdict=verdict, opinion=opinion, features=features)

    def _machine(
        self, reading: Reading, weighed: _Weighed, by_text: tuple[Skip, Evidence] | None
    ) -> tuple[Skip, Evidence] | None:
        """Return why the message is to be set aside: headers first, then configured text.

        Words alone never silence an MP, a chair, the ICO, or anybody who may be at risk.
        """
        by_header = automation_of(reading.message)
        if by_header is not None and by_header[0] in _SIGNS_OF_A_FORM and self._is_form(reading):
            by_header = None  # the tool is a machine; who filled the form in is not
        protected = is_protected(reading.message, self._directory)
        if by_header is not None and by_header[0] is Skip.NO_REPLY_ADDRESS:
            return None if protected or _is_portal(reading) else by_header
        if by_header is not None or protected or weighed.at_risk:
            return by_header
        return by_text

    def _is_form(self, reading: Reading) -> bool:
        """Whether a configured form tool writes for somebody it names."""
        message = reading.message
        return message.sender.address in self._directory.form_tools and bool(message.reply_to)

    def _judge(self, reading: Reading, weighed: _Weighed, *, is_set_aside: bool) -> Classification:
        """Put the verdict into words, as if a person had written."""
        verdict = _with_configured_text(weighed) if is_set_aside else weighed.verdict
        criteria = verdict.criteria | fact_criteria(
            verdict.source, reading.scores, routine=verdict.routine
        )
        found = Classification(
            category=verdict.choice.category,
            source=verdict.source,
            routine=verdict.routine,
            criteria=in_order(criteria),
            confidence=verdict.choice.confidence,
            to_be_sorted=not verdict.choice.decided,
            evidence=tuple(_evidence(reading)),
            personal_attention=reading.scores.signs.get(Sign.PERSONAL_ATTENTION, 0) >= 1,
            individual_case=_is_individual(reading, verdict.choice),
            matters=matters(reading.scores, verdict, self._settings),
            notice_on=notice_on(reading.zones) if verdict.source is Source.ICO else None,
            reply_by_on=reply_by_on(reading.zones) if verdict.source is Source.ICO else None,
            reference=reading.facts.references.best,
            language=reading.language,
            version=self.version,
        )
        return replace(found, evidence=(*found.evidence, *self._why(found, weighed)))

    def _why(self, found: Classification, weighed: _Weighed) -> Iterator[Evidence]:
        """Yield the words and sentences of the message that the model went by."""
        learned, opinion, features = self._learned, weighed.opinion, weighed.features
        if learned is None or opinion is None or features is None:
            return
        yield from category_evidence(learned, opinion, features, found.category)
        for criterion in found.criteria:
            if criterion in opinion.criteria:
                yield from criterion_evidence(learned, opinion, features, criterion)


def _with_configured_text(weighed: _Weighed) -> Verdict:
    """Let configured text that proves a machine decide the category."""
    choice = Choice(
        category=Category.NOT_AN_ENQUIRY,
        confidence=_IN_DOUBT if weighed.at_risk else _BY_TEXT,
        decided=not weighed.at_risk,
    )
    return replace(weighed.verdict, choice=choice)


def _is_individual(reading: Reading, choice: Choice) -> bool:
    """Whether a post is about one case; everything that is not a post is taken to be."""
    if not reading.message.box.is_social:
        return True
    if reading.facts.references.own is not None:
        return True
    chatter = reading.scores.signs.get(Sign.GENERAL_CHATTER, 0) >= 1
    return not chatter and choice.category not in {Category.OTHER, Category.NOT_AN_ENQUIRY}


def _is_portal(reading: Reading) -> bool:
    """Whether the mail tells where a person's message waits: a person has to look."""
    return reading.scores.signs.get(Sign.PORTAL, 0) >= 1


def _evidence(reading: Reading) -> Iterator[Evidence]:
    """Yield the facts, then the rules, the weightiest first."""
    yield reading.writer.evidence
    for address in reading.facts.other_addresses:
        says = "sign of forgery"
        yield Evidence(step=Step.FACT, name="other-address", says=says, text=address)
    reference = reading.facts.references.best
    if reference is not None:
        yield Evidence(step=Step.FACT, name="reference", says="reference", text=reference)
    if reading.is_foreign:
        says = f"language: {reading.language}, to be translated"
        yield Evidence(step=Step.FACT, name="language", says=says)
    for hit in sorted(reading.scores.hits, key=lambda hit: -abs(hit.points)):
        yield hit.evidence


def _version(rules: RuleSet, directory: Directory, learned: LearnedModel | None) -> str:
    """Return a short hash of everything that an answer depends on."""
    model = learned.version if learned else ""
    parts = [str(CODE_VERSION), rules.fingerprint, model, *_directory_text(directory)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:_VERSION_CHARS]


def _directory_text(directory: Directory) -> list[str]:
    """Return what classification reads of the directory, in a fixed order."""
    offices = [
        " ".join((office.id, *sorted(office.addresses), *sorted(office.domains)))
        for office in directory.mp_offices
    ]
    known = (
        *(directory.chair_addresses, directory.ico_domains, directory.own_domains),
        *(directory.clerk_addresses, directory.ico_addresses, directory.form_tools),
        *(directory.forwarders, directory.own_servers),
    )
    return sorted(offices) + [" ".join(sorted(names)) for names in known]
