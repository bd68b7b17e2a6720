"""The learned model: what it counts, learns, says, and how it is packed."""

from __future__ import annotations

import io
import json
import zipfile

import numpy as np
import pytest

from daemon.classify import LearnedModel, UnusableModelError
from daemon.classify.learned.features import features_of
from daemon.classify.learned.fit import TooFewExamplesError, learn
from daemon.classify.learned.model import HEADS
from daemon.classify.learned.words import parts_of, plain, sentences_of, words_by_sentence
from daemon.model import Box, Category, Criterion, Source, Step
from tests.unit.classifying import a_message, the_classifier
from tests.unit.teaching import (
    AT_RISK,
    WORDS,
    a_lesson,
    an_example,
    some_examples,
    something_learnt,
)


def features(text, **kwargs):
    return features_of(the_classifier().read(a_message(text, **kwargs)))


# What is counted


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("my case P-004417 of 3 May", "my case xourref of n xmonth"),
        ("CC-10873 and IC-298810-H2M6", "xcareref and xicoref"),
        ("write to jo@mail.example or https://x.example/a?b=1", "write to xmail or xlink"),
        ("£1,200 was lost in 2019", "£n was lost in n"),
        ("@PHSOmbudsman and @somebody", "xus and xhandle"),
        ("May I ask? You may.", "may i ask? you may."),
    ],
)
def test_numbers_names_and_dates_become_placeholders(text, expected):
    """That there is one says something, which one does not."""
    assert " ".join(plain(text).split()) == expected


def test_the_lines_of_a_text_stay_as_many_as_they_are():
    """Sentences are made plain all at once and cut apart again."""
    text = ["P-004417 3 May", "", "£5 @x jo@mail.example", "1 2 3"]
    assert len(plain("\n".join(text)).split("\n")) == len(text)
    assert [len(words) for words in words_by_sentence(["One two.", "Three."])] == [2, 1]


def test_very_short_sentences_join_the_one_before():
    """'Please.' alone says nothing."""
    text = "I have rung you seven times now. Seven. Please do ring me back today."
    assert sentences_of(text)[0] == "I have rung you seven times now. Seven."


def test_parts_of_words_know_their_edges():
    """So that endings and beginnings count by themselves."""
    assert " ca" in parts_of("cat")
    assert "at " in parts_of("cat")
    assert max(map(len, parts_of("complaint"))) == 5
    assert len(parts_of("x" * 10_000)) < 100


def test_quoted_text_is_not_what_the_writer_says():
    """New text counts apart from what it answers."""
    found = features("Thank you.", quoted_text="I will sue the hospital")
    assert "hospital" not in found.words


def test_facts_and_rules_count_beside_words():
    """Who writes, through which box, and which rules hit."""
    found = features("My constituent asks.", name="Ada Finch MP", box=Box.CEO).facts
    assert found["box:ceo"] == 1
    assert found["source:mp"] == 1
    assert any(name.startswith("rule:") for name in found)


def test_a_handle_has_no_domain():
    """On X the sender is a name alone."""
    found = features("Hello there", box=Box.X_DM, sender="@hospitaltrust", subject="").sender
    assert "handle" in found
    assert not any(name.startswith("domain:") for name in found)


# Learning


@pytest.mark.parametrize("category", Category)
def test_each_category_is_learnt(category):
    """From other writers' words, for a message never seen."""
    model = something_learnt().model
    opinion = model.opinion(features(f"Greetings! {WORDS[category]}, yours."))
    assert opinion.category is category
    assert sum(opinion.categories.values()) == pytest.approx(1, abs=1e-3)
    assert 0 <= opinion.confidence <= 1


def test_a_criterion_is_learnt_beside_the_category():
    """One clause can be all the sign there is."""
    model = something_learnt().model
    calm = model.opinion(features(WORDS[Category.OTHER])).criteria
    risk = model.opinion(features(f"{WORDS[Category.OTHER]}. {AT_RISK}.")).criteria
    assert risk[Criterion.VULNERABLE] > 0.5 > calm[Criterion.VULNERABLE]


def test_answers_to_the_unseen_come_from_other_writers():
    """A row for each lesson, a column for each head; a writer's own words are left out."""
    lessons = [a_lesson(one) for one in some_examples()]
    odd = an_example(
        Category.OTHER,
        writer="d",
        message=a_message("zyxwv zyxwv zyxwv quorg quorg"),
    )
    again = an_example(Category.OTHER, 1, writer="d", message=odd.message, id="again")
    learnt = learn([*lessons, a_lesson(odd), a_lesson(again)], version="0123abcd")
    assert learnt.unseen.shape == (len(lessons) + 2, len(HEADS))
    column = HEADS.index("category:other")
    weighed = learnt.model.lexicon.weigh(features(odd.message.new_text))
    seen = weighed.values @ learnt.model.weights[weighed.rows] + learnt.model.bias
    assert seen[column] > learnt.unseen[-1, column]


@pytest.mark.parametrize(
    ("examples", "why"),
    [
        (some_examples(writers=("a",), each=6), "by 1 writers"),
        (some_examples(each=1), "at least 50"),
        ([an_example(Category.OTHER, n, writer="ab"[n % 2]) for n in range(60)], "All or none"),
    ],
)
def test_too_little_is_refused_in_a_sentence(examples, why):
    """Nothing is learnt of one hand, of a handful, or of one kind."""
    with pytest.raises(TooFewExamplesError, match=why):
        learn([a_lesson(one) for one in examples], version="0123abcd")


@pytest.mark.parametrize(("times", "is_kept"), [(2, False), (3, True)])
def test_a_rare_word_of_real_people_is_not_kept(times, is_kept):
    """Corrections are real messages: a name in one must not outlive it in a model."""
    real = [
        a_lesson(
            an_example(
                Category.OTHER,
                n,
                writer="corrections",
                message=a_message(f"{WORDS[Category.OTHER]} Featherstonehaugh number {n}"),
            ),
            is_correction=True,
        )
        for n in range(times)
    ]
    learnt = learn([*(a_lesson(one) for one in some_examples()), *real], version="0123abcd")
    assert ("featherstonehaugh" in learnt.model.lexicon.rows["words"]) is is_kept


def test_the_same_examples_make_the_same_model():
    """A version stands for one model; rounding alone may differ, as memory lies."""
    lessons = [a_lesson(one) for one in some_examples()]
    first, second = (learn(lessons, version="0123abcd").model for _ in range(2))
    assert first.lexicon.rows == second.lexicon.rows
    assert np.allclose(first.weights, second.weights, atol=1e-3)


# Packing


def test_a_model_says_the_same_unpacked():
    """Bytes and back."""
    model = something_learnt().model
    again = LearnedModel.unpack(model.pack(), version=model.version)
    found = features(f"{WORDS[Category.FOI_DPA]}. {AT_RISK}.")
    first, second = model.opinion(found), again.opinion(found)
    assert first.categories == pytest.approx(second.categories)
    assert first.criteria == pytest.approx(second.criteria)
    assert first.confidence == pytest.approx(second.confidence)


def repacked(**parts: bytes) -> bytes:
    """A packed model with some of its parts replaced."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(something_learnt().model.pack())) as old,
        zipfile.ZipFile(out, "w") as new,
    ):
        for name in old.namelist():
            new.writestr(name, parts.get(name.replace(".", "_"), old.read(name)))
    return out.getvalue()


def npy(array) -> bytes:
    out = io.BytesIO()
    np.save(out, array, allow_pickle=True)
    return out.getvalue()


def header(**changes: object) -> bytes:
    """The header of a packed model, changed."""
    with zipfile.ZipFile(io.BytesIO(something_learnt().model.pack())) as packed:
        return json.dumps({**json.loads(packed.read("header.json")), **changes}).encode()


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "holds no model"),
        (b"PK nothing", "holds no model"),
        (repacked(header_json=b"{}"), "holds no model"),
        (repacked(header_json=json.dumps({"format": 0, "heads": []}).encode()), "another version"),
        (repacked(weights_npy=npy(np.zeros((1, 1)))), "do not fit"),
        (repacked(weights_npy=npy(np.array([object()]))), "holds no model"),
        (repacked(bias_npy=npy(np.full(len(HEADS), np.nan))), "no number"),
        (repacked(header_json=header(routine_trust={"weights": [1], "bias": 0})), "do not fit"),
    ],
)
def test_bytes_that_are_no_model_are_refused(content, why):
    """Nothing in them is ever run."""
    with pytest.raises(UnusableModelError, match=why):
        LearnedModel.unpack(content, version="0123abcd")


# Judging by it


@pytest.fixture
def classifier():
    return the_classifier().with_model(something_learnt().model)


def test_the_model_judges_where_rules_are_silent(classifier):
    """And the version names it."""
    found = classifier.classify(a_message(WORDS[Category.COMPLAINT_ABOUT_US]))
    assert found.category is Category.COMPLAINT_ABOUT_US
    assert found.version != the_classifier().version


def test_the_evidence_quotes_words_and_sentence(classifier):
    """An officer sees why in a line."""
    text = f"Hello to you all. {WORDS[Category.FOI_DPA]}. I remain yours."
    found = classifier.classify(a_message(text))
    of_category = [one for one in found.evidence if one.says.startswith("category: foi-dpa")]
    by_model = {one.name: one for one in of_category if one.step is Step.MODEL}
    assert by_model["sentence"].text.startswith(WORDS[Category.FOI_DPA])
    assert f"category: {found.category}" in by_model["sentence"].says
    words = by_model["words"].text.split(" / ")
    assert words
    assert all(word in f"A letter\n{text}" for word in words)


def test_the_evidence_of_a_criterion_is_its_own_sentence(classifier):
    """Not the one that decided the category."""
    found = classifier.classify(a_message(f"{WORDS[Category.OTHER]}. {AT_RISK}. Bye."))
    (sentence,) = (
        one.text
        for one in found.evidence
        if one.name == "sentence" and one.says.startswith("criterion: vulnerable")
    )
    assert AT_RISK in sentence


def test_another_language_is_left_to_a_person_and_marked(classifier):
    """Whatever the model makes of it."""
    text = "Rwyf am wneud cwyn am y gofal a gafodd fy nhad yn yr ysbyty ym mis Chwefror."
    found = classifier.classify(a_message(text))
    assert (found.language, found.to_be_sorted) == ("cy", True)
    assert found.confidence <= 0.4
    assert "language: cy, to be translated" in [one.says for one in found.evidence]


def test_who_only_writes_like_an_mp_is_left_to_a_person(classifier):
    """Whatever the model makes of it: anybody can."""
    found = classifier.classify(a_message("As the Member for Fenwick I write for a constituent."))
    assert found.source is not Source.MP or found.to_be_sorted


def test_answers_given_stand_in_for_the_models_own(classifier):
    """So that an example is judged by weights that have not seen it."""
    answers = np.full(len(HEADS), -9.0, dtype=np.float32)
    answers[HEADS.index("category:ico-decision")] = 9.0
    found = classifier.classify(a_message(WORDS[Category.OTHER]), answers=answers)
    assert found.category is Category.ICO_DECISION
