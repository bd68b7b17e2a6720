"""Rules as data: every mistake is found, by its key; phrases mean what they say."""

from __future__ import annotations

import contextlib
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daemon.classify import Classifier, RuleErrors, RuleSet
from daemon.classify.phrases import Scan, compiled, phrase
from daemon.model import Category, Criterion, Directory
from tests.unit.classifying import RULES, a_message, shipped_rules


def a_rule(**changes):
    return {"name": "visit", "phrases": ["come and visit"], "category": "other", **changes}


def mistakes(*rules, **tables):
    with pytest.raises(RuleErrors) as caught:
        RuleSet.from_mapping({"rule": list(rules), **tables})
    return caught.value.mistakes


def test_the_shipped_rules_are_sound():
    """They load, and are commented for an administrator."""
    assert len(shipped_rules().rules) > 40
    assert RULES.read_text(encoding="utf-8").startswith("# Rules of classification")


@pytest.mark.parametrize(
    ("rule", "key"),
    [
        (a_rule(phrase=["x"]), "rule.visit.phrase"),
        (a_rule(category="visits"), "rule.visit.category"),
        (a_rule(criterion="sad"), "rule.visit.criterion"),
        (a_rule(patterns=["(unclosed"]), "rule.visit"),
        (a_rule(patterns=["a*"]), "rule.visit"),
        (a_rule(patterns=[r"(a)\1"]), "rule.visit"),
        (a_rule(phrases=[""]), "rule.visit.phrases"),
        (a_rule(phrases="come"), "rule.visit.phrases"),
        (a_rule(points="many"), "rule.visit.points"),
        (a_rule(**{"from": ["nobody"]}), "rule.visit.from"),
        (a_rule(**{"in": "margin"}), "rule.visit.in"),
        ({"name": "visit", "category": "other"}, "rule.visit"),
        ({"name": "visit", "phrases": ["come"]}, "rule.visit"),
        ({"phrases": ["come"], "category": "other"}, "rule.1.name"),
    ],
)
def test_each_mistake_is_named_by_its_key(rule, key):
    """An administrator finds it without help."""
    assert [found for found, _ in mistakes(rule)] == [key]


def test_all_mistakes_come_at_once():
    """Nobody mends one to meet the next."""
    found = mistakes(a_rule(category="x"), a_rule(), settings={"lead": 1}, extra=1)
    keys = {key for key, _ in found}
    assert keys == {"rule.visit.category", "visit", "settings.lead", "extra"}


def test_a_set_aside_rule_needs_something_to_look_for():
    """It would set aside everything."""
    found = mistakes(set_aside=[{"name": "all", "reason": "bulk"}])
    assert [key for key, _ in found] == ["set_aside.all"]


@pytest.mark.parametrize(
    ("words", "text", "matches"),
    [
        ("complain* about you", "I am COMPLAINING about  you", True),
        ("complain* about you", "complaining about your bins", False),
        ("follow-up", "a follow up", True),
        ("read ... yourself", "read every page of it yourself", True),
        ("read ... yourself", "read it. Ask yourself", False),
        ("(look|see) (at |)this", "please see this", True),
        ("(look|see) (at |)this", "overlook this", False),
        ("can't go on", "I can’t go on", True),
        ("# families", "some 1,200 families", True),
        ("ddrws", "trwy'r ddrws", True),
    ],
)
def test_a_phrase_means_what_it_says(words, text, matches):
    """Endings, gaps, choices, hyphens, numbers, quotation marks."""
    from daemon.classify.phrases import even

    assert bool(Scan([[phrase(words)]]).hits(even(text))) is matches


@given(st.text(max_size=60))
def test_any_phrase_compiles(words):
    """Or is refused: nothing an administrator types breaks the start."""
    with contextlib.suppress(RuleErrors):
        RuleSet.from_mapping({"rule": [a_rule(phrases=[words])]})


@settings(deadline=None)  # the first text in another language has its model loaded
@given(st.text(max_size=300))
def test_any_text_can_be_classified(text):
    """Surrogates aside, which a parser does not let through."""
    clean = text.encode("utf-8", "ignore").decode("utf-8")
    small = RuleSet.from_mapping({"rule": [a_rule()]})
    assert Classifier(small, Directory()).classify(a_message(clean)).version


@pytest.mark.parametrize("evil", [r"(a+)+$", r"(.*a){12}", r"(x|xx)*y"])
def test_no_pattern_can_hang_the_daemon(evil):
    """RE2 takes time in proportion to the text."""
    rules = RuleSet.from_mapping({"rule": [a_rule(patterns=[evil + "never"])]})
    classifier = Classifier(rules, Directory())
    started = time.monotonic()
    classifier.classify(a_message("a" * 50_000 + "x" * 50_000))
    assert time.monotonic() - started < 5


def test_the_scan_finds_what_each_phrase_alone_finds():
    """The quick first look leaves nothing out."""
    phrases = ["read ... yourself", "see you", "(come|go) and ... visit"]
    text = "Please read it yourself, and go and pay a visit."
    together = Scan([[phrase(words)] for words in phrases]).hits(text)
    alone = {n for n, words in enumerate(phrases) if compiled(phrase(words).full).search(text)}
    assert set(together) == alone == {0, 2}


def test_an_office_may_write_many_more_rules_than_are_shipped():
    """What all of them take together grows with them."""
    phrases = [f"(word{n}|term{n}) of ... letter{n}*" for n in range(6_000)]
    assert set(Scan([[phrase(words)] for words in phrases]).hits("a term4711 of a letter4711")) == {
        4711
    }


def test_the_version_follows_the_rules_and_the_directory():
    """Stored beside each answer, so it has to tell which rules gave it."""
    one = RuleSet.from_mapping({"rule": [a_rule()]})
    other = RuleSet.from_mapping({"rule": [a_rule(points=2)]})
    chair = Directory(chair_addresses=frozenset({"chair@x.example"}))
    versions = {Classifier(one, Directory()).version, Classifier(other, Directory()).version}
    assert len(versions | {Classifier(one, chair).version}) == 3
    assert Classifier(one, Directory()).version in versions


def test_points_decide_and_too_few_leave_it_to_a_person():
    """The best guess is given all the same."""
    strong = RuleSet.from_mapping({"rule": [a_rule(points=6)]})
    weak = RuleSet.from_mapping({"rule": [a_rule(points=1)]})
    message = a_message("Would you come and visit our village hall in May?")
    sure = Classifier(strong, Directory()).classify(message)
    unsure = Classifier(weak, Directory()).classify(message)
    assert (sure.category, sure.to_be_sorted) == (Category.OTHER, False)
    assert (unsure.category, unsure.to_be_sorted) == (Category.OTHER, True)
    assert unsure.confidence < sure.confidence


def test_a_tie_is_left_to_a_person():
    """Two categories with the same points."""
    rival = a_rule(name="rival", category="foi-dpa", points=6)
    rules = RuleSet.from_mapping({"rule": [a_rule(points=6), rival]})
    result = Classifier(rules, Directory()).classify(a_message("Do come and visit our hall."))
    assert result.to_be_sorted


def test_words_and_conditions_have_to_hold_together():
    """`also`, `unless`, `from`, `boxes` and `when` narrow a rule."""
    narrowed = a_rule(also=["in May"], unless=["not you"], points=6)
    classifier = Classifier(RuleSet.from_mapping({"rule": [narrowed]}), Directory())

    def hit(text):
        return not classifier.classify(a_message(text)).to_be_sorted

    assert hit("Come and visit us in May, do.")
    assert not hit("Come and visit us in June, do.")
    assert not hit("Come and visit us in May, but not you.")


def test_a_rule_can_note_a_criterion_with_its_words():
    """Evidence says which rule and which words."""
    rule = {"name": "flood", "phrases": ["whole street"], "criterion": "systemic-issue"}
    result = Classifier(RuleSet.from_mapping({"rule": [rule]}), Directory()).classify(
        a_message("It happened to the whole street.")
    )
    assert result.criteria == (Criterion.SYSTEMIC_ISSUE,)
    assert ("flood", "whole street") in [(one.name, one.text) for one in result.evidence]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("My complaint is P-004122 I want to end my life.", True),
        ("8 months I will kill myself", True),
        ("I have not slept. I'm going to take my own life", True),
        ("Honestly I just really want to end my life", True),
        ("I don't want to end my life.", False),
        ("I never said I wanted to kill myself", False),
        ("They will kill the ward", False),
        ("It would end my life savings", False),
        ("He wants to end my complaint", False),
    ],
)
def test_what_is_said_in_so_many_words_is_heard_whatever_stands_around_it(text, says):
    """Of a threat to oneself, plainly made, no other word is the counterweight."""
    rule = next(one for one in shipped_rules().rules if one.name == "self-harm-in-so-many-words")
    found = Classifier(shipped_rules(), Directory()).classify(a_message(text))
    assert rule.decides
    assert (rule.name in {one.name for one in found.evidence}) is says
    assert not says or Criterion.VULNERABLE in found.criteria
