"""The shipped texts are sound, and every mistake in an administrator's is found by `check`."""

from __future__ import annotations

import re

import pytest
from jinja2 import UndefinedError

from daemon.compose import Templates, example_values
from daemon.compose.languages import language_of
from tests.unit.composing import an_acknowledgement, body, shipped, sources

GENERAL = "acknowledgements/general/body.md"


def changed(path: str, text: str | None) -> list[tuple[str, str]]:
    """The mistakes found after one template was changed, or taken away."""
    texts = sources()
    if text is None:
        del texts[path]
    else:
        texts[path] = text
    return Templates(texts).check()


def test_the_shipped_templates_have_no_mistake():
    """`assurance check` is quiet on a fresh machine."""
    assert shipped().check() == []


@pytest.mark.parametrize(
    ("path", "text", "why"),
    [
        (GENERAL, "# Hello\n\n{{ nobody }}", "'nobody' is undefined"),
        (GENERAL, "# Hello\n\n{% if %}", "Expected an expression"),
        (GENERAL, "# Hello\n\n{{ reference }}", "routing diagram"),
        (GENERAL, "# Hello", "does not tell the reference"),
        (GENERAL, "# A\n\n# B", "2 main headings"),
        (GENERAL, "Hello", "0 main headings"),
        (GENERAL, '{% include "parts/none.md" %}', "none.md"),
        (GENERAL, "{{ 1 / 0 }}", "division by zero"),
        (
            GENERAL,
            '# A\n\n{% include "parts/none.md" %}',
            "includes parts/none.md, which is missing",
        ),
        (
            GENERAL,
            "# A\n\n{{ nobody }}",
            "line 3: 'nobody' is undefined. The names known here are:",
        ),
        (GENERAL, "# A\n\n{{ nobody }}", " office, "),
        (GENERAL, f'# A\n\n{{% include "{GENERAL}" %}}', "includes itself (line 3)"),
        (GENERAL, '{% set a = "parts/none.md" %}{% include a %}', "includes parts/none.md, which"),
        ("parts/crisis.md", "Hello\n{{ nobody }}", "line 2: 'nobody' is undefined"),
        ("parts/crisis.md", '{% include "parts/crisis.md" %}', "includes itself (line 1)"),
        (
            "acknowledgements/mp/body.md",
            "# Title\n{{ reference }}, [see]({{ office.routing_diagram_url }})",
            "leaves out {{ words }}",
        ),
        ("acknowledgements/mp/subject.txt", "{{ x }}", "line 1: 'x' is undefined"),
        ("acknowledgements/mp/subject.txt", "One\ntwo", "has 2 lines"),
        ("layout.html", "<html>{{ title }}</html>", "{{ content }}"),
        ("layout.html", "<html>\n{{ contents }}</html>", "line 2: 'contents' is undefined"),
        (GENERAL, None, "missing"),
        ("acknowledgements/mp/subject.txt", None, "missing"),
        ("acknowledgements/mp/subject.txt", " ", "empty"),
        ("notices/alert/body.md", None, "missing"),
        ("notices/alert/body.md", "# {{ due.nothing }}", "nothing"),
        ("layout.html", None, "missing"),
    ],
)
def test_a_mistake_is_found_by_its_file(path, text, why):
    """Each mistake is told with the template's path and the reason."""
    assert [found for found in changed(path, text) if found[0] == path and why in found[1]]


def test_a_part_that_is_missing_is_told_of_each_template_that_wants_it():
    """And of no other; nobody has to read a template to find out which part is meant."""
    found = changed("parts/crisis.md", None)
    assert {path for path, _ in found} == {
        path for path, text in sources().items() if '"parts/crisis.md"' in text
    }
    assert all("includes parts/crisis.md, which is missing" in why for _, why in found)


def test_a_mistake_in_a_part_is_told_once():
    """However many mails include it."""
    assert len(changed("parts/notice-facts.md", "{{ nobody }}")) == 1


def test_parts_that_include_each_other_are_told():
    """Each of the two, in plain words."""
    texts = sources() | {
        "parts/crisis.md": '{% include "parts/diagram.md" %}',
        "parts/diagram.md": '{% include "parts/crisis.md" %}',
    }
    assert set(Templates(texts).check()) == {
        (
            "parts/crisis.md",
            "includes itself, through parts/diagram.md (line 1); it would never end",
        ),
        (
            "parts/diagram.md",
            "includes itself, through parts/crisis.md (line 1); it would never end",
        ),
    }


def test_every_mistake_is_told_at_once():
    """An administrator mends them in one go."""
    texts = sources() | {GENERAL: "{% if %}", "acknowledgements/mp/body.md": "{{ x }}"}
    assert {path for path, _ in Templates(texts).check()} == {
        GENERAL,
        "acknowledgements/mp/body.md",
    }


def test_a_half_written_folder_is_a_mistake():
    """A new mail needs both files."""
    found = changed("acknowledgements/press/subject.txt", "About {{ reference }}")
    assert found == [("acknowledgements/press/body.md", "missing")]


def test_a_mail_in_no_known_language_is_a_mistake():
    """Its dates could not be written."""
    found = changed("acknowledgements/general.qq/subject.txt", "About {{ reference }}")
    (path, why), *_ = found
    assert path == "acknowledgements/general.qq"
    assert "no language" in why


def test_a_new_folder_is_a_new_acknowledgement():
    """Adding a mail is adding a folder."""
    texts = sources()
    for name in ("subject.txt", "body.md"):
        texts[f"acknowledgements/press/{name}"] = texts[f"acknowledgements/general/{name}"]
    templates = Templates(texts)
    assert templates.check() == []
    assert templates.acknowledgements == {*shipped().acknowledgements, "press"}
    assert an_acknowledgement(templates=templates, template="press").content


def test_a_missing_value_is_an_error_not_a_gap():
    """No letter goes out with a hole in it."""
    with pytest.raises(UndefinedError):
        shipped().render("acknowledgements/general", {})


def test_an_unknown_mail_is_refused():
    """The name tells which."""
    with pytest.raises(LookupError, match="acknowledgements/none"):
        shipped().render("acknowledgements/none", {})


def test_a_template_cannot_reach_into_python():
    """An override from a folder is data, not code."""
    found = changed(GENERAL, "# {{ office.__class__.__mro__ }}")
    assert any("unsafe" in why for _, why in found)


@pytest.mark.parametrize("folder", shipped().folders)
def test_the_html_is_accessible_by_construction(folder):
    """Language, title, one main heading, no table, image, script or outside resource."""
    for values in example_values(folder):
        html = shipped().render(folder, values).html
        assert f'<html lang="{language_of(folder)}">' in html
        assert re.search(r"<title>[^<]+</title>", html)
        assert html.count("<h1>") == 1
        assert "<h3" not in html
        assert html.index("<h1>") < html.find("<h2>") or "<h2>" not in html
        assert not re.search(r"<(table|img|script|link|iframe|font)\b|url\(|@import", html)
        assert "{{" not in html
        assert "{%" not in html


@pytest.mark.parametrize("folder", shipped().folders)
def test_the_text_reads_well_by_itself(folder):
    """No markup, no gaps of several empty lines, no trailing spaces."""
    for values in example_values(folder):
        text = shipped().render(folder, values).text
        assert not re.search(r"\n\n\n|[ \t]\n|\*\*|\]\(|<\w", text)


def test_text_is_large_enough_and_links_can_be_seen():
    """At least 16 px, sized relatively so that it grows with the reader's setting."""
    html = body(an_acknowledgement(), "html")
    size = re.search(r"body \{[^}]*font-size: ([\d.]+)rem", html)
    assert size is not None
    assert float(size[1]) >= 1
    assert "text-decoration: underline" in html


@pytest.mark.parametrize("template", ["general", "mp"])
def test_sentences_are_short(template):
    """Plain English: at most 25 words a sentence, 15 on average."""
    text = body(an_acknowledgement(template=template), "plain")
    sentences = [s.split() for s in re.split(r"(?<=[.!?])\s+|\n+", text) if s.strip()]
    lengths = [len(words) for words in sentences]
    assert max(lengths) <= 25
    assert sum(lengths) / len(lengths) <= 15
