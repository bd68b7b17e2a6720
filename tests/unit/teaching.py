"""Builders for tests of learning: a small world in which some words stand for something."""

from __future__ import annotations

from functools import cache

from daemon.classify import Example, Labels
from daemon.classify.learned.features import features_of
from daemon.classify.learned.fit import Learnt, Lesson, learn
from daemon.model import Box, Category, Criterion, Source
from tests.unit.classifying import a_message, the_classifier

WORDS = {
    Category.NEW_COMPLAINT: "the hospital ward left my mother without her medicine",
    Category.PERSONAL_INTEREST: "would the ombudsman himself read this and meet me in person",
    Category.FOLLOW_UP_DECISION: "you asked for further evidence and here are the records",
    Category.COMPLAINT_ABOUT_US: "your caseworker never rang back and your decision is wrong",
    Category.FOLLOW_UP_CUSTOMER_CARE: "customer care replied to my complaint about you in may",
    Category.FOI_DPA: "please send me all recorded information under the act",
    Category.ICO_DECISION: "the commissioner has issued this decision notice to your office",
    Category.OTHER: "we invite you to speak at our conference on complaints",
    Category.NOT_AN_ENQUIRY: "great offers on printers buy now and unsubscribe below",
}
AT_RISK = "I have counted my tablets and nobody will miss me"
OPENINGS = ("Hello,", "Dear all,", "Good morning.", "To whom it may concern.", "Hi there,")


def an_example(category, number=0, *, writer="a", at_risk=False, **changes) -> Example:
    """A message that says what its category's writers say."""
    text = f"{OPENINGS[number % len(OPENINGS)]} {WORDS[category]}. Letter {number}."
    if at_risk:
        text += f" {AT_RISK}."
    values = {
        "id": f"{writer}-{category}-{number}-{at_risk}",
        "writer": writer,
        "message": a_message(text, box=Box.CUSTOMER_CARE, subject="A letter"),
        "labels": Labels(
            category=category,
            source=Source.COMPLAINANT,
            criteria=frozenset({Criterion.VULNERABLE} if at_risk else ()),
        ),
    }
    return Example(**{**values, **changes})


def some_examples(writers=("a", "b", "c"), each=3) -> list[Example]:
    """Every category by every writer, some of them at risk."""
    return [
        an_example(category, number, writer=writer, at_risk=number == 0)
        for writer in writers
        for category in Category
        for number in range(each)
    ]


def a_lesson(example: Example, *, is_correction=False) -> Lesson:
    """An example as it is learnt from."""
    return Lesson(
        writer=example.writer,
        features=features_of(the_classifier().read(example.message)),
        labels=example.labels,
        is_correction=is_correction,
    )


@cache
def something_learnt() -> Learnt:
    """A model of the small world."""
    return learn([a_lesson(one) for one in some_examples()], version="0123abcd")
