"""Classification: a message becomes a category, source, criteria and clocks, with evidence.

Steps: facts (who writes, which box, which numbers), header evidence of machines, the readable
rules of `config/rules.toml`, a model learnt from labelled examples, and abstention: what stays
unclear is *to be sorted* by a person. Pure: no clock, no log, no file.
"""

from daemon.classify.classifier import CODE_VERSION, Classifier
from daemon.classify.examples import Example, Labels
from daemon.classify.learned.model import LearnedModel, UnusableModelError
from daemon.classify.ruleset import RuleErrors, RuleSet

__all__ = [
    "CODE_VERSION",
    "Classifier",
    "Example",
    "Labels",
    "LearnedModel",
    "RuleErrors",
    "RuleSet",
    "UnusableModelError",
]
