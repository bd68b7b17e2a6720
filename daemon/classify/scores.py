"""What the rules say about a message: points by category, criterion, source and sign."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeVar

from daemon.classify.phrases import Scan
from daemon.classify.zones import Zone
from daemon.model import Category, ClockKind, Criterion, Evidence, Source, Step

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from daemon.classify.phrases import Wanted
    from daemon.classify.ruleset import Known, Rule, RuleSet, Sign
    from daemon.classify.zones import Zones
    from daemon.model import Box

EVIDENCE_CHARS: Final = 160
FURTHER_WEIGHT: Final = 0.5
MOST_FURTHER: Final = 2
K = TypeVar("K")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A rule that applies, with its weight and the words it applies to."""

    rule: Rule
    weight: float
    words: tuple[str, ...]

    @property
    def points(self) -> float:
        """The rule's points at this weight; further phrases of it add half as much each."""
        further = min(max(len(self.words) - 1, 0), MOST_FURTHER)
        return self.rule.points * self.weight * (1 + FURTHER_WEIGHT * further)

    @property
    def evidence(self) -> Evidence:
        """What a person sees."""
        return Evidence(
            step=Step.RULE,
            name=self.rule.name,
            says=", ".join(_says(self.rule)),
            text=" / ".join(" ".join(words.split()) for words in self.words)[:EVIDENCE_CHARS],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """The sums of all hits."""

    hits: tuple[Hit, ...] = ()
    categories: Mapping[Category, float] = field(default_factory=dict)
    criteria: Mapping[Criterion, float] = field(default_factory=dict)
    sources: Mapping[Source, float] = field(default_factory=dict)
    signs: Mapping[Sign, float] = field(default_factory=dict)
    clocks: Mapping[ClockKind, float] = field(default_factory=dict)

    @property
    def decided_category(self) -> Category | None:
        """The category that a rule decides: the one with most points, should several."""
        decided = [hit for hit in self.hits if hit.rule.decides and hit.rule.category]
        return max(decided, key=lambda hit: hit.points).rule.category if decided else None

    @property
    def decided_criteria(self) -> frozenset[Criterion]:
        """The criteria that rules decide."""
        return frozenset(
            hit.rule.criterion for hit in self.hits if hit.rule.decides and hit.rule.criterion
        )


class Scanner:
    """The rules, compiled once: one pass of each zone finds all words that any rule wants."""

    __slots__ = ("_plans", "_quoted_weight", "_rules", "_scans")

    def __init__(self, rules: RuleSet) -> None:
        self._rules = rules.rules
        self._quoted_weight = rules.settings.quoted_weight
        self._plans: list[tuple[Rule, int | None, int | None, int | None]] = []
        groups: dict[Zone, list[tuple[Wanted, ...]]] = defaultdict(list)
        for rule in rules.rules:
            places = [
                _add(groups[rule.zone], wanted)
                for wanted in (rule.looks_for, rule.also, rule.unless)
            ]
            self._plans.append((rule, places[0], places[1], places[2]))
        self._scans = {zone: Scan(found) for zone, found in groups.items() if found}

    def found(self, zones: Zones) -> tuple[Hit, ...]:
        """Return the rules whose words occur, whoever wrote and through whichever box."""
        in_zone = {zone: scan.hits(zones.text_of(zone)) for zone, scan in self._scans.items()}
        in_quoted: Mapping[int, tuple[str, ...]] = {}
        if zones.quoted and Zone.TEXT in self._scans:
            in_quoted = self._scans[Zone.TEXT].hits(zones.quoted)
        return tuple(self._matched(in_zone, in_quoted))

    def _matched(
        self,
        in_zone: Mapping[Zone, Mapping[int, tuple[str, ...]]],
        in_quoted: Mapping[int, tuple[str, ...]],
    ) -> Iterator[Hit]:
        """Yield a hit for each rule whose words occur in its zone, else in quoted text."""
        for rule, *places in self._plans:
            words = _words(in_zone.get(rule.zone, {}), places)
            if words is not None:
                yield Hit(rule=rule, weight=1.0, words=words)
            elif rule.zone is Zone.TEXT and rule.passed_on and rule.looks_for:
                words = _words(in_quoted, places)
                if words is not None:
                    weight = 1.0 if rule.criterion is not None else self._quoted_weight
                    yield Hit(rule=rule, weight=weight, words=words)


def applicable(
    hits: tuple[Hit, ...], *, source: Source, box: Box, known: frozenset[Known]
) -> tuple[Hit, ...]:
    """Return the hits that hold for this writer, box and facts."""
    return tuple(
        hit
        for hit in hits
        if (not hit.rule.sources or source in hit.rule.sources)
        and (not hit.rule.boxes or box in hit.rule.boxes)
        and hit.rule.when <= known
        and not hit.rule.when_not & known
    )


def scored(hits: tuple[Hit, ...]) -> Scores:
    """Add the hits up."""
    categories: dict[Category, float] = defaultdict(float)
    criteria: dict[Criterion, float] = defaultdict(float)
    sources: dict[Source, float] = defaultdict(float)
    signs: dict[Sign, float] = defaultdict(float)
    clocks: dict[ClockKind, float] = defaultdict(float)
    for hit in hits:
        _add_points(categories, hit.rule.category, hit.points)
        _add_points(criteria, hit.rule.criterion, hit.points)
        _add_points(sources, hit.rule.source, hit.points)
        _add_points(signs, hit.rule.sign, hit.points)
        _add_points(clocks, hit.rule.clock, hit.points)
    return Scores(
        hits=hits,
        categories=categories,
        criteria=criteria,
        sources=sources,
        signs=signs,
        clocks=clocks,
    )


def _add_points(sums: dict[K, float], key: K | None, points: float) -> None:
    """Add points to what a rule says, where it says something of the kind."""
    if key is not None:
        sums[key] += points


def _add(groups: list[tuple[Wanted, ...]], wanted: tuple[Wanted, ...]) -> int | None:
    """Add words to a scan and return their place; None where there is nothing to look for."""
    if not wanted:
        return None
    groups.append(wanted)
    return len(groups) - 1


def _words(
    found: Mapping[int, tuple[str, ...]], places: list[int | None]
) -> tuple[str, ...] | None:
    """Return the words a rule applies to; None where it does not apply."""
    looks_for, also, unless = places
    if looks_for is not None and looks_for not in found:
        return None
    if also is not None and also not in found:
        return None
    if unless is not None and unless in found:
        return None
    return () if looks_for is None else found[looks_for]


def _says(rule: Rule) -> Iterator[str]:
    """Yield what a rule says, in words."""
    named = {
        "category": rule.category,
        "criterion": rule.criterion,
        "source": rule.source,
        "clock": rule.clock,
        "sign": rule.sign,
    }
    yield from (f"{kind}: {value}" for kind, value in named.items() if value is not None)
