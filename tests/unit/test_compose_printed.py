"""The acknowledgement on paper: what it says, for whom, and that nobody else can write in it."""

from __future__ import annotations

import io
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader

from daemon.compose.printed import printed
from daemon.letters import address_block
from daemon.model import Address, Box, Channel
from tests.builders import a_message
from tests.unit.composing import DIAGRAM, an_office, shipped

ADDRESS = ("Ms Éowyn Ŵyn", "1 High Street", "Town", "AB1 2CD")


def a_letter(**changes) -> bytes:
    values = {
        "templates": shipped(),
        "template": "letter",
        "office": an_office(),
        "reference": "PH-7K2M-9QXD",
        "due_on": date(2026, 3, 3),
        "reply_team": "Customer Care",
        "address": ADDRESS,
        "written_on": date(2026, 2, 17),
    }
    return printed(**{**values, **changes})


def words(content: bytes) -> str:
    text = "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)
    return " ".join(text.split())


@pytest.mark.parametrize(
    "said",
    [
        *ADDRESS,
        "Tuesday 17 February 2026",
        "PH-7K2M-9QXD",
        "Customer Care",
        "Tuesday 3 March 2026",
        DIAGRAM[:60],
        "0345 015 4033",
        "large print",
        "116 123",
    ],
)
def test_a_letter_tells_what_a_mail_tells_and_has_an_address_block(said):
    assert said.replace(" ", "") in words(a_letter()).replace(" ", "")


@pytest.mark.parametrize("template", sorted(shipped().acknowledgements))
def test_every_text_can_be_printed(template):
    """None speaks of an email that nobody got."""
    said = words(a_letter(template=template, law_days=()))
    assert "this email" not in said
    assert "PH-7K2M-9QXD" in said


def test_a_letter_can_be_read_by_a_screen_reader():
    """PDF/UA-1: tagged, with a title and a language."""
    pdf = PdfReader(io.BytesIO(a_letter()))
    assert pdf.trailer["/Root"]["/MarkInfo"]["/Marked"]
    assert pdf.trailer["/Root"]["/Lang"] == "en-GB"
    assert "PH-7K2M-9QXD" in pdf.metadata.title


def test_the_same_letter_has_the_same_bytes():
    assert a_letter() == a_letter()


@given(st.lists(st.text(max_size=30), max_size=4))
def test_no_name_or_address_is_taken_for_markup(lines):
    """Whatever somebody calls themselves, a letter comes of it."""
    assert a_letter(address=lines).startswith(b"%PDF")


@pytest.mark.parametrize(
    "name", ['#panic("no")', "*bold*", '"', "\\", "$x$", "]", "#{", "<label>", "`raw`", "// no"]
)
def test_markup_of_the_typesetter_stands_as_it_was_written(name):
    assert name in words(a_letter(address=[name]))


@pytest.mark.parametrize(
    ("channel", "lines"),
    [
        pytest.param(Channel.LETTER, ("A. Name", "1 High Street", "Town"), id="a person wrote it"),
        pytest.param(Channel.EMAIL, ("A. Name",), id="anybody can write a header in a mail"),
    ],
)
def test_the_address_block_is_what_a_person_recorded(channel, lines):
    message = a_message(
        channel=channel,
        box=Box.POST if channel is Channel.LETTER else Box.INTAKE,
        sender=Address(address="", name="A. Name"),
        headers={"x-postal-address": ("1 High Street | Town",)},
    )
    assert address_block(message) == lines
