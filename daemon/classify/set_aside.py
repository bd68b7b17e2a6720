"""Configured text that proves a machine wrote, for mail whose headers do not say so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from daemon.classify.phrases import any_of, compiled
from daemon.classify.zones import Zone
from daemon.model import Evidence, Step

if TYPE_CHECKING:
    from daemon.classify.ruleset import RuleSet, SetAside
    from daemon.classify.zones import Zones
    from daemon.model import Skip

_PARTS = ("sender", "subject", "opening", "text")


class SetAsideRules:
    """The configured rules that set aside, compiled once."""

    __slots__ = ("_compiled",)

    def __init__(self, rules: RuleSet) -> None:
        self._compiled = tuple((rule, _patterns(rule)) for rule in rules.set_aside)

    def reason(self, zones: Zones) -> tuple[Skip, Evidence] | None:
        """Return the first rule that applies, as reason and evidence."""
        texts = _Texts(zones)
        for rule, patterns in self._compiled:
            words = _applies(rule, patterns, texts)
            if words is not None:
                says = f"set aside: {rule.reason.value}"
                return rule.reason, Evidence(
                    step=Step.RULE, name=rule.name, says=says, text=" ".join(words.split())[:160]
                )
        return None


def _patterns(rule: SetAside) -> dict[str, Any]:
    """Compile the parts of a rule that are given."""
    parts = (*_PARTS, "unless")
    return {part: compiled(any_of(wanted)) for part in parts if (wanted := getattr(rule, part))}


class _Texts:
    """The parts of a message as octets, each made once and not for each search."""

    def __init__(self, zones: Zones) -> None:
        self.zones = zones
        self._made: dict[str, bytes] = {}

    def of(self, part: str) -> bytes:
        """Return a part of the message; `unless` looks at all that is new."""
        if part not in self._made:
            text = self.zones.new if part == "unless" else self.zones.text_of(Zone(part))
            self._made[part] = text.encode("utf-8", "replace")
        return self._made[part]


def _applies(rule: SetAside, patterns: dict[str, Any], texts: _Texts) -> str | None:
    """Return the words that a rule applies to; None where any part of it does not."""
    if rule.at_most_chars and len(texts.zones.new) > rule.at_most_chars:
        return None
    words: list[str] = []
    for part in _PARTS:
        if part not in patterns:
            continue
        match = patterns[part].search(texts.of(part))
        if match is None:
            return None
        words.append(match.group(0).decode("utf-8", "replace"))
    # Last, since it looks through all of a message, and most do not come so far.
    if "unless" in patterns and patterns["unless"].search(texts.of("unless")):
        return None
    return " / ".join(words)
