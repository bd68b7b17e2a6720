"""Markdown in, text and HTML out; values stay values."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from daemon.compose.markup import (
    code,
    escape,
    new_parser,
    one_line,
    paragraphs,
    render,
)

PARSER = new_parser()


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("# Title\n\nOne\ntwo.", "Title\n\nOne two.\n"),
        ("- a\n- b\n\nafter", "- a\n- b\n\nafter\n"),
        ("3. a\n4. b", "3. a\n4. b\n"),
        ("- a\n  - b\n  - c\n- d", "- a\n  - b\n  - c\n- d\n"),
        ("line\\\nbreak", "line\nbreak\n"),
        ("- item\\\n  more", "- item\n  more\n"),
        ("a **bold** *word* `code`", "a bold word code\n"),
        ("[text](https://x.example/a)", "text: https://x.example/a\n"),
        ("<https://x.example/a>", "https://x.example/a\n"),
        ("[116 123](tel:116123)", "116 123\n"),
        ("[a@b.example](mailto:a@b.example)", "a@b.example\n"),
        ("- a\n\n  b\n\nafter", "- a\n\n  b\n\nafter\n"),
    ],
)
def test_markdown_reads_well_as_text(source, text):
    """Lists, headings, breaks and links as a person would type them."""
    assert render(PARSER, source).text == text


@pytest.mark.parametrize("source", ["<b>x</b>", "![x](https://x.example/i.png)", "<script>"])
def test_raw_html_and_images_have_no_way_in(source):
    """Also an administrator's template stays accessible and free of outside resources."""
    html = render(PARSER, source).html
    assert "<b>" not in html
    assert "<img" not in html
    assert "<script" not in html


@given(value=st.text())
@example(value="1. # *x* [a](b) <https://x.example> `c` &amp; \\ ~ | > - + = _ ! \t x")
@example(value="    four spaces")
@example(value="a\r\n\r\n# b")
def test_an_escaped_value_reads_exactly_as_it_was(value):
    """Whatever it holds becomes one paragraph of the same characters."""
    page = render(PARSER, escape(value))
    assert page.text.strip() == one_line(value)
    assert page.links == ()
    assert page.html.count("<") == (2 if one_line(value) else 0)


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ("", ""),
        (" \r\n \r\n ", ""),
        ("One line", "One line"),
        ("Dear Ms Smith,\r\n\r\nThank you.", "Dear Ms Smith,\n\nThank you."),
        ("One\nTwo\n\n\n\nThree", "One\nTwo\n\nThree"),
        ("# No heading\n- no list\n1. no list", "# No heading\n- no list\n1. no list"),
        ("[a](https://x.example) <b>b</b> {{ c }}", "[a](https://x.example) <b>b</b> {{ c }}"),
    ],
)
def test_the_words_of_a_colleague_read_as_they_were_typed(words, text):
    """Their paragraphs and lines stay, and nothing in them becomes a heading or a link."""
    page = render(PARSER, paragraphs(words))
    assert page.text.strip() == text
    assert page.links == ()
    assert page.main_headings == 0


@given(words=st.text())
@example(words="a\n\n\u2028\n\nb")
@example(words="\\\n\\")
def test_whatever_a_colleague_writes_stays_words(words):
    """No tag but those of paragraphs and line breaks."""
    html = render(PARSER, paragraphs(words)).html
    for tag in ("<p>", "</p>", "<br />"):
        html = html.replace(tag, "")
    assert "<" not in html


def test_a_value_cannot_leave_its_code_span():
    """A command to copy stays one piece."""
    assert render(PARSER, code("a`b\n*c*")).html == "<p><code>ab *c*</code></p>\n"


def test_direction_marks_and_controls_become_spaces():
    """Nobody hides or turns words in a notice."""
    assert one_line("a\u202eb\x00c\u2028d\ud800e") == "a b c d e"


def test_joiners_stay():
    """Several languages need them."""
    assert one_line("क्\u200dष") == "क्\u200dष"


@given(st.text())
def test_each_character_is_judged_by_itself(value):
    """Common or not, first or again; what stays is in no unsafe kind."""
    unsafe = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
    kept = [
        c if c in "\u200c\u200d" or unicodedata.category(c) not in unsafe else " " for c in value
    ]
    assert one_line(value) == " ".join("".join(kept).split())
