"""Mails that differ in their values alone are parsed once, and read as if each had been."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.compose import markup, skeletons
from daemon.compose.markup import Raw, code, new_parser
from daemon.compose.skeletons import Skeletons
from daemon.compose.templates import Templates
from daemon.model import ClockKind

BODY = """# About {{ name }}

{% if urgent %}
**{{ urgent }}** now.
{% endif %}
- Reference: **{{ reference }}**
- {{ reasons | join("; ") }}
{% for one in evidence %}
- {{ one.says }}: {{ one.text | upper }}
{% endfor %}

Run {{ command }} or [answer here]({{ link }}). {{ name }}{{ reference }}
"""
WORDS = st.text(max_size=40) | st.sampled_from(
    ["", " ", "*a*", "# b", "- c", "1. d", "<b>", "[x](y)", "\ue0000\ue001", "%EE%80%800%EE%80%81"]
)


def templates_of(body: str) -> Templates:
    return Templates(
        {"notices/x/body.md": body, "notices/x/subject.txt": "s", "layout.html": "{{ content }}"}
    )


def values_of(words: list[str]) -> dict[str, object]:
    name, urgent, reference, reason, text = words
    return {
        "name": name,
        "urgent": urgent,
        "reference": reference,
        "reasons": [reason, name],
        "evidence": [{"says": reason, "text": text}],
        "command": code(f"assurance show {reference}"),
        "link": "mailto:a@office.example?subject=Your%20enquiry",
    }


def as_it_is(body: str, values: dict[str, object]) -> markup.Page:
    """Render it without any skeleton."""
    template = templates_of(body)._template("notices/x/body.md")
    return markup.render(new_parser(), template.render(values))


@given(words=st.lists(WORDS, min_size=5, max_size=5))
def test_a_skeleton_with_values_is_what_the_values_alone_would_give(words):
    """Text, HTML, title and links, whatever somebody writes."""
    templates = templates_of(BODY)
    for some in (words, ["Ann", "", "PH-1", "because", "word"], words):
        rendered = templates.render("notices/x", values_of(some))
        expected = as_it_is(BODY, values_of(some))
        assert rendered.text == expected.text
        assert rendered.html == expected.html
        assert rendered.links == expected.links


@pytest.mark.parametrize(
    "link",
    [
        "javascript:alert(1)",
        "mailto:a@b.example",
        "tel:0345",
        "https://x.example/a b",
        "https://x.example/(a)",
        "https://x.example/ä",
        "",
    ],
)
def test_a_target_that_markdown_may_refuse_is_left_to_it(link):
    """A link goes nowhere that it would not go without a skeleton."""
    body = "# T\n\n[here]({{ link }}) [{{ link }}]({{ link }})\n"
    rendered = templates_of(body).render("notices/x", {"link": link})
    expected = as_it_is(body, {"link": link})
    assert (rendered.html, rendered.text) == (expected.html, expected.text)


def test_what_jinja_can_do_with_values_it_still_can():
    """An office's own templates use filters, tests and the members of our enums."""
    body = (
        "# T\n\n{{ kinds | join(', ') }} {{ items | join('; ', attribute='name') }}"
        " {{ kinds[0].value }} {{ a ~ b }} {{ a | upper }} {{ a | length }}"
        " {% if a == 'x*' and b is string %}yes{% endif %}\n"
    )
    items = [{"name": "*one*"}, {"name": "two"}]
    values = {"kinds": [ClockKind.FOI, ClockKind.ACK], "items": items, "a": "x*", "b": "y"}
    for _ in range(2):
        text = templates_of(body).render("notices/x", values).text
        assert text == "T\n\nfoi, ack *one*; two foi x*y X* 2 yes\n"


def test_mails_of_one_kind_are_parsed_once(monkeypatch):
    """Otherwise it is no use."""
    parsed = []
    real = skeletons.render
    monkeypatch.setattr(
        skeletons, "render", lambda parser, source: parsed.append(source) or real(parser, source)
    )
    templates = templates_of(BODY)
    for number in range(5):
        words = [f"Name {number}", "", f"PH-{number}", f"because {number}", "word"]
        assert f"PH-{number}" in templates.render("notices/x", values_of(words)).text
    assert len(parsed) == 1


def test_what_is_kept_is_bounded():
    """Values that a filter changed make a source of their own each."""
    kept = Skeletons(new_parser())
    for number in range(skeletons._MOST_KEPT + 10):
        kept.page("# {0[a]}".format, {"a": Raw(str(number))})
    assert len(kept._kept) <= skeletons._MOST_KEPT
