"""The rules as data: read from the parsed `config/rules.toml`, checked, every mistake at once."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar

from daemon.classify.phrases import PhraseError, Wanted, compiled, pattern, phrase
from daemon.classify.zones import Zone
from daemon.model import Box, Category, ClockKind, Criterion, Skip, Source

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

E = TypeVar("E", bound=StrEnum)
FROM_TEXT: Final = tuple(one for one in Criterion if one.is_read_from_text)


class Sign(StrEnum):
    """What a rule may note for the code to weigh, beside categories and criteria."""

    PERSONAL_ATTENTION = "personal-attention"  # asks that a named or titled person deals with it
    GENERAL_CHATTER = "general-chatter"  # social media: about no individual case
    MP_OFFICE = "mp-office"  # reads like a Member of the Commons or their staff
    NOT_AN_MP = "not-an-mp"  # a peer, a clerk, House staff
    PRIVATE_CAPACITY = "private-capacity"  # an MP who writes for themselves
    COMMITTEE = "committee"  # one of the two committees whose Chairs are handled specially
    CHAIR = "chair"  # speaks as, or for, a committee's Chair
    REFERS = "refers"  # passes a complaint on
    SPECIAL_CONCERN = "special-concern"  # more than passing a complaint on
    MACHINE_TEXT = "machine-text"  # proposes that no person wrote
    PORTAL = "portal"  # the message lies elsewhere: log in to read
    AFTER_REVIEW = "after-review"  # a review or Customer Care's reply lies behind it


class Known(StrEnum):
    """A fact that a rule may ask for in `when` and `when_not`."""

    OWN_REFERENCE = "own-reference"
    CUSTOMER_CARE_REFERENCE = "customer-care-reference"
    ICO_REFERENCE = "ico-reference"
    SOCIAL = "social"
    MENTION = "mention"
    PERSONAL_BOX = "personal-box"
    PUBLIC_BOX = "public-box"
    REPLY = "reply"
    FORWARD = "forward"
    SHORT = "short"


class RuleErrors(ValueError):  # noqa: N818 - it holds all of them: (key, why)
    """Every mistake found in a set of rules, as pairs of key and reason."""

    def __init__(self, mistakes: list[tuple[str, str]]) -> None:
        super().__init__("; ".join(f"{key}: {why}" for key, why in mistakes))
        self.mistakes = mistakes


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One readable rule: where to look, for what, and what it says."""

    name: str
    zone: Zone = Zone.TEXT
    looks_for: tuple[Wanted, ...] = ()  # any of them; () where `when` alone decides
    also: tuple[Wanted, ...] = ()  # any of them must occur too
    unless: tuple[Wanted, ...] = ()  # none of them may occur
    sources: frozenset[Source] = frozenset()  # only of these writers; empty: of all
    boxes: frozenset[Box] = frozenset()
    when: frozenset[Known] = frozenset()
    when_not: frozenset[Known] = frozenset()
    category: Category | None = None
    criterion: Criterion | None = None
    source: Source | None = None
    clock: ClockKind | None = None
    sign: Sign | None = None
    points: float = 1.0
    passed_on: bool = False  # whether words in quoted or passed-on text count, at a lower weight
    decides: bool = False  # its category or criterion holds, whatever points and model say


@dataclass(frozen=True, slots=True, kw_only=True)
class SetAside:
    """Text that proves a machine wrote: every part that is given must match."""

    name: str
    reason: Skip
    sender: tuple[Wanted, ...] = ()
    subject: tuple[Wanted, ...] = ()
    opening: tuple[Wanted, ...] = ()
    text: tuple[Wanted, ...] = ()
    unless: tuple[Wanted, ...] = ()
    at_most_chars: int = 0  # of new text; 0: any


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How sure the rules must be, and what the office's own numbers look like."""

    decide_points: float = 4.5
    decide_lead: float = 2.5
    quoted_weight: float = 0.25
    criterion_points: float = 1.0
    decide_confidence: float = 0.8  # of the learned model; below it a message is to be sorted
    routine_confidence: float = 0.5
    criterion_confidence: Mapping[Criterion, float] = field(
        default_factory=lambda: dict.fromkeys(FROM_TEXT, 0.5)
    )
    own_references: tuple[str, ...] = ()
    customer_care_references: tuple[str, ...] = ()
    other_references: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSet:
    """All rules, ready to be compiled."""

    settings: Settings = field(default_factory=Settings)
    rules: tuple[Rule, ...] = ()
    set_aside: tuple[SetAside, ...] = ()
    fingerprint: str = ""  # of the data it was made from, hex

    @classmethod
    def from_mapping(cls, data: Mapping[str, Any]) -> Self:
        """Build the rules from the parsed TOML of `config/rules.toml`.

        Raises: RuleErrors with every mistake: unknown keys and ids, patterns that RE2 refuses,
        repeated names, rules that look for nothing or say nothing.
        """
        mistakes: list[tuple[str, str]] = []
        _refuse_unknown(data, _TOP_KEYS, "", mistakes)
        settings = _settings(_table(data, "settings", mistakes), mistakes)
        rules = [_rule(*item, mistakes) for item in _tables(data, "rule", mistakes)]
        asides = [_set_aside(*item, mistakes) for item in _tables(data, "set_aside", mistakes)]
        _refuse_repeats([*rules, *asides], mistakes)
        if mistakes:
            raise RuleErrors(mistakes)
        return cls(
            settings=settings,
            rules=tuple(rules),
            set_aside=tuple(asides),
            fingerprint=_fingerprint(data),
        )


_TOP_KEYS: Final = frozenset({"settings", "rule", "set_aside"})
_WORDS: Final = frozenset({"phrases", "patterns"})
_RULE_KEYS: Final = _WORDS | {
    *("name", "in", "also", "unless", "from", "boxes", "when", "when_not", "passed_on"),
    *("category", "criterion", "source", "clock", "sign", "points", "decides"),
}
_SET_ASIDE_KEYS: Final = frozenset(
    {"name", "reason", "sender", "subject", "opening", "text", "unless", "at_most_chars"}
)
Mistakes = list[tuple[str, str]]


def _fingerprint(data: Mapping[str, Any]) -> str:
    """Return a hash of the data, whatever the order of its keys."""
    text = json.dumps(data, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def _refuse_unknown(
    data: Mapping[str, Any], known: frozenset[str], key: str, mistakes: Mistakes
) -> None:
    """Note every key that nobody reads: it is probably misspelt."""
    for name in data:
        if name not in known:
            mistakes.append((f"{key}.{name}" if key else name, "unknown key"))


def _refuse_repeats(items: list[Rule | SetAside], mistakes: Mistakes) -> None:
    """Note names that stand on more than one rule: evidence would be ambiguous."""
    seen: set[str] = set()
    for item in items:
        if item.name in seen:
            mistakes.append((item.name, "another rule has this name"))
        seen.add(item.name)


def _table(data: Mapping[str, Any], key: str, mistakes: Mistakes) -> Mapping[str, Any]:
    """Return a table of the data, empty where it is missing."""
    found = data.get(key, {})
    if isinstance(found, dict):
        return found
    mistakes.append((key, "must be a table"))
    return {}


def _tables(
    data: Mapping[str, Any], key: str, mistakes: Mistakes
) -> list[tuple[str, Mapping[str, Any]]]:
    """Return the tables of a list, each with the key to report it by."""
    found = data.get(key, [])
    if not isinstance(found, list):
        mistakes.append((key, f"must be [[{key}]]"))
        return []
    tables: list[tuple[str, Mapping[str, Any]]] = []
    for number, item in enumerate(found, start=1):
        if isinstance(item, dict):
            tables.append((f"{key}.{item.get('name') or number}", item))
        else:
            mistakes.append((f"{key}.{number}", f"must be [[{key}]]"))
    return tables


def _settings(data: Mapping[str, Any], mistakes: Mistakes) -> Settings:
    """Read the settings."""
    known = frozenset(item.name for item in fields(Settings))
    _refuse_unknown(data, known, "settings", mistakes)
    values: dict[str, Any] = {}
    for name in known & data.keys():
        key = f"settings.{name}"
        if name.endswith("_references"):
            texts = _texts(data, name, "settings", mistakes)
            values[name] = tuple(texts)
            _checked([pattern(text) for text in texts], key, mistakes)
        elif name == "criterion_confidence":
            values[name] = _confidences(data, key, mistakes)
        elif name.endswith("_confidence"):
            values[name] = _confidence(data[name], key, mistakes)
        elif (number := _number(data[name], key, mistakes)) is not None:
            values[name] = number
    return Settings(**values)


def _confidences(
    data: Mapping[str, Any], key: str, mistakes: Mistakes
) -> Mapping[Criterion, float]:
    """Read how likely each criterion has to be; one that is not named keeps its default."""
    found = data["criterion_confidence"]
    if not isinstance(found, dict):
        mistakes.append((key, "must be a table, such as { vulnerable = 0.1 }"))
        return {}
    _refuse_unknown(found, frozenset(FROM_TEXT), key, mistakes)
    given = {one: found[one] for one in FROM_TEXT if one in found}
    return dict.fromkeys(FROM_TEXT, 0.5) | {
        one: _confidence(value, f"{key}.{one}", mistakes) for one, value in given.items()
    }


def _confidence(value: object, key: str, mistakes: Mistakes) -> float:
    """Return a number from 0 to 1, or note that it is none."""
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1:
        return float(value)
    mistakes.append((key, "must be a number from 0 to 1"))
    return 1.0


def _yes(data: Mapping[str, Any], name: str, key: str, mistakes: Mistakes) -> bool:
    """Return a truth value; false where the key is missing."""
    value = data.get(name, False)
    if not isinstance(value, bool):
        mistakes.append((f"{key}.{name}", "must be true or false"))
    return value is True


def _rule(key: str, data: Mapping[str, Any], mistakes: Mistakes) -> Rule:
    """Read one rule."""
    _refuse_unknown(data, _RULE_KEYS, key, mistakes)
    _refuse_empty(data, key, mistakes)
    return Rule(
        name=_name(key, data, mistakes),
        zone=_one(Zone, data, "in", key, mistakes) or Zone.TEXT,
        looks_for=_words(data, key, mistakes),
        also=_phrases(data, "also", key, mistakes),
        unless=_phrases(data, "unless", key, mistakes),
        sources=_some(Source, data, "from", key, mistakes),
        boxes=_some(Box, data, "boxes", key, mistakes),
        when=_some(Known, data, "when", key, mistakes),
        when_not=_some(Known, data, "when_not", key, mistakes),
        category=_one(Category, data, "category", key, mistakes),
        criterion=_one(Criterion, data, "criterion", key, mistakes),
        source=_one(Source, data, "source", key, mistakes),
        clock=_one(ClockKind, data, "clock", key, mistakes),
        sign=_one(Sign, data, "sign", key, mistakes),
        points=_number(data.get("points", 1.0), f"{key}.points", mistakes) or 0.0,
        passed_on=_yes(data, "passed_on", key, mistakes),
        decides=_yes(data, "decides", key, mistakes),
    )


def _refuse_empty(data: Mapping[str, Any], key: str, mistakes: Mistakes) -> None:
    """Note a rule that looks for nothing or says nothing."""
    if not data.keys() & {"phrases", "patterns", "when", "from", "boxes"}:
        mistakes.append((key, "looks for nothing: give phrases, patterns, when, from or boxes"))
    if data.get("decides") is True and not data.keys() & {"category", "criterion"}:
        mistakes.append((f"{key}.decides", "needs a category or a criterion to decide"))
    if not data.keys() & {"category", "criterion", "source", "clock", "sign"}:
        mistakes.append((key, "says nothing: give category, criterion, source, clock or sign"))


def _set_aside(key: str, data: Mapping[str, Any], mistakes: Mistakes) -> SetAside:
    """Read one rule that sets aside."""
    _refuse_unknown(data, _SET_ASIDE_KEYS, key, mistakes)
    parts = {
        part: _phrases(data, part, key, mistakes)
        for part in ("sender", "subject", "opening", "text", "unless")
    }
    if not data.keys() & {"sender", "subject", "opening", "text"}:
        mistakes.append((key, "looks for nothing: give sender, subject, opening or text"))
    if "reason" not in data:
        mistakes.append((f"{key}.reason", "missing"))
    return SetAside(
        name=_name(key, data, mistakes),
        reason=_one(Skip, data, "reason", key, mistakes) or Skip.RULE,
        at_most_chars=int(_number(data.get("at_most_chars", 0), key, mistakes) or 0),
        **parts,
    )


def _name(key: str, data: Mapping[str, Any], mistakes: Mistakes) -> str:
    """Return the name of a rule."""
    name = data.get("name")
    if isinstance(name, str) and name.strip():
        return name
    mistakes.append((f"{key}.name", "missing"))
    return key


def _words(data: Mapping[str, Any], key: str, mistakes: Mistakes) -> tuple[Wanted, ...]:
    """Return what a rule's own phrases and patterns look for."""
    phrases = [phrase(text) for text in _texts(data, "phrases", key, mistakes)]
    patterns = [pattern(text) for text in _texts(data, "patterns", key, mistakes)]
    return _checked([*phrases, *patterns], key, mistakes)


def _phrases(
    data: Mapping[str, Any], name: str, key: str, mistakes: Mistakes
) -> tuple[Wanted, ...]:
    """Return what a list of phrases looks for; `/.../` marks a pattern among them."""
    texts = _texts(data, name, key, mistakes)
    wanted = [pattern(text[1:-1]) if _is_pattern(text) else phrase(text) for text in texts]
    return _checked(wanted, f"{key}.{name}", mistakes)


def _is_pattern(text: str) -> bool:
    """Whether a text in a list of phrases is a pattern."""
    return len(text) > len("//") and text.startswith("/") and text.endswith("/")


def _checked(wanted: list[Wanted], key: str, mistakes: Mistakes) -> tuple[Wanted, ...]:
    """Return what RE2 takes, and note what it refuses or what would match anything."""
    taken: list[Wanted] = []
    for one in wanted:
        try:
            matches_anything = compiled(one.full).search("") is not None
        except PhraseError as error:
            mistakes.append((key, f"does not compile: {error}: {one.full}"))
            continue
        if matches_anything:
            mistakes.append((key, f"would match every message: {one.full}"))
        else:
            taken.append(one)
    return tuple(taken)


def _texts(data: Mapping[str, Any], name: str, key: str, mistakes: Mistakes) -> list[str]:
    """Return a list of texts, none of them empty."""
    found = data.get(name, [])
    if isinstance(found, list) and all(isinstance(one, str) and one.strip() for one in found):
        return found
    mistakes.append((f"{key}.{name}", "must be a list of texts, none empty"))
    return []


def _number(value: object, key: str, mistakes: Mistakes) -> float | None:
    """Return a number, or note that it is none."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    mistakes.append((key, "must be a number"))
    return None


def _one(
    kind: Callable[[str], E], data: Mapping[str, Any], name: str, key: str, mistakes: Mistakes
) -> E | None:
    """Return the member of an enum that a key names; None where the key is missing."""
    if name not in data:
        return None
    try:
        return kind(data[name])
    except ValueError:
        mistakes.append((f"{key}.{name}", f"unknown: {data[name]!r}"))
        return None


def _some(
    kind: Callable[[str], E], data: Mapping[str, Any], name: str, key: str, mistakes: Mistakes
) -> frozenset[E]:
    """Return the members of an enum that a list names."""
    found: set[E] = set()
    for text in _texts(data, name, key, mistakes):
        member = _one(kind, {name: text}, name, key, mistakes)
        if member is not None:
            found.add(member)
    return frozenset(found)
