"""A daemon that runs takes up another model between two messages."""

from __future__ import annotations

from dataclasses import dataclass

import structlog
from structlog.testing import capture_logs

from daemon.app.reader import LiveClassifier
from daemon.model import Category, Step
from tests.unit.classifying import a_message, the_classifier
from tests.unit.teaching import WORDS, something_learnt


@dataclass
class Models:
    """What the shelf says today."""

    named: str = ""
    broken: str = "No model has been learnt yet."
    asked: int = 0

    def version(self) -> str:
        return self.named

    def load(self):
        self.asked += 1
        return (None, self.broken) if self.broken else (something_learnt().model, "")


def a_live_one(models: Models) -> LiveClassifier:
    return LiveClassifier(the_classifier(), models, structlog.get_logger())


def judged_by_model(live: LiveClassifier) -> bool:
    found = live.classify(a_message(WORDS[Category.FOI_DPA]))
    return any(one.step is Step.MODEL for one in found.evidence)


def test_without_a_model_facts_and_rules_serve_and_it_is_said_once():
    """Every minute would be noise."""
    models = Models()
    live = a_live_one(models)
    with capture_logs() as log:
        live.refresh()
        live.refresh()
    assert [entry["event"] for entry in log] == ["model_missing"]
    assert "learnt" in log[0]["why"]
    assert not judged_by_model(live)


def test_an_adopted_model_is_taken_up_once():
    """And read again only when another is adopted."""
    models = Models()
    live = a_live_one(models)
    live.refresh()
    models.named, models.broken = "0123abcd", ""
    with capture_logs() as log:
        live.refresh()
        live.refresh()
    assert [entry["event"] for entry in log] == ["model_adopted"]
    assert judged_by_model(live)
    assert models.asked == 2


def test_one_that_cannot_be_read_changes_nothing_but_the_log():
    """What serves goes on."""
    models = Models(named="0123abcd", broken="")
    live = a_live_one(models)
    live.refresh()
    models.named, models.broken = "4567cdef", "Its bytes are not those that were learnt."
    with capture_logs() as log:
        live.refresh()
    assert [entry["event"] for entry in log] == ["model_missing"]
    assert judged_by_model(live)
