"""The acknowledgement: its words, its headers, and that nobody else can write in it."""

from __future__ import annotations

import email
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from daemon.compose import mailable
from daemon.model import ClockKind
from tests.unit.composing import (
    DIAGRAM,
    an_acknowledgement,
    an_office,
    body,
    both,
    read_back,
    shipped,
)

HEADERS = [
    "From",
    "To",
    "Reply-To",
    "Subject",
    "Date",
    "Message-ID",
    "Auto-Submitted",
    "X-Auto-Response-Suppress",
    "Content-Language",
    "MIME-Version",
    "Content-Type",
]
THREADED = [*HEADERS[:6], "In-Reply-To", "References", *HEADERS[6:]]
HOSTILE = "x\r\nBcc: victim@example.net\r\n\r\n<script>alert(1)</script> [a](http://evil.example)"
ANYTHING = st.text(max_size=60) | st.sampled_from(
    [HOSTILE, "a\nb", "=?utf-8?q?=0d=0aBcc:_v=40example.net?=", "\ud800", "\u202egnp", "é" * 300]
)


WITH_ALL = sorted(shipped().acknowledgements - {"new-date", "social", "general.cy"})
LAW = ((ClockKind.FOI, date(2026, 3, 3)),)


@pytest.mark.parametrize("template", WITH_ALL)
@pytest.mark.parametrize("kind", ["plain", "html"])
def test_an_acknowledgement_tells_all_that_the_guide_asks_for(template, kind):
    """Reference, who replies, by when, the diagram, how to reach us, other formats, a crisis."""
    text = body(an_acknowledgement(template=template, law_days=LAW), kind)
    for said in (
        "PH-7K2M-9QXD",
        "Customer Care",
        "Tuesday 3 March 2026",
        DIAGRAM,
        "0345 015 4033",
        "0300 061 4298",
        "large print",
        "116 123",
        "111",
        "999",
    ):
        assert said in text


def test_an_mps_office_hears_of_the_28_days():
    """The target of guide §1.11 stands in the letter to a Member and in no other."""
    assert "28 days" in both(an_acknowledgement(template="mp"))
    assert "28 days" not in both(an_acknowledgement(template="general"))


def test_without_a_date_no_date_is_promised():
    """Where no clock runs the letter says nothing of a day."""
    assert "reply by" not in both(an_acknowledgement(due_on=None))


def test_an_acknowledgement_says_that_a_machine_sent_it():
    """RFC 3834 §5, so that no other machine answers."""
    mail = read_back(an_acknowledgement())
    assert mail["Auto-Submitted"] == "auto-replied"
    assert mail["X-Auto-Response-Suppress"] == "All"
    assert mail["Content-Language"] == "en-GB"
    assert mail.keys() == THREADED


def test_answers_come_back_to_the_office():
    """Reply-To is the From address, the office's reply address, or the signed one given."""
    office = an_office(reply_address="replies@ombudsman.example")
    assert read_back(an_acknowledgement())["Reply-To"] == "casework@ombudsman.example"
    assert read_back(an_acknowledgement(office=office))["Reply-To"] == "replies@ombudsman.example"
    signed = an_acknowledgement(office=office, reply_to="casework+t@ombudsman.example")
    assert read_back(signed)["Reply-To"] == "casework+t@ombudsman.example"


def test_answers_never_go_outside_the_office():
    """A Reply-To elsewhere is refused."""
    with pytest.raises(ValueError, match="own addresses"):
        an_acknowledgement(reply_to="someone@example.org")


def test_an_unclean_id_of_our_own_is_refused():
    """We made it, so it is a mistake of ours and no mail is made."""
    with pytest.raises(ValueError, match="our own message id"):
        an_acknowledgement(message_id="a b")


def test_the_date_header_is_in_the_offices_own_time():
    """Summer time shows as +0100."""
    mail = read_back(an_acknowledgement(sent_at=datetime(2026, 7, 1, 9, 30, tzinfo=UTC)))
    assert mail["Date"].endswith("+0100")
    assert parsedate_to_datetime(mail["Date"]) == datetime(2026, 7, 1, 9, 30, tzinfo=UTC)


def test_a_time_without_a_zone_is_refused():
    """Nobody can tell when that was."""
    with pytest.raises(ValueError, match="time zone"):
        an_acknowledgement(sent_at=datetime(2026, 7, 1, 9, 30))


def test_the_thread_is_kept():
    """In-Reply-To is the parent; References are its chain and the parent last."""
    mail = read_back(an_acknowledgement(references=("a@example.org", "b@example.org")))
    assert mail["Message-ID"] == "<ack.1.k1.5f2a@ombudsman.example>"
    assert mail["In-Reply-To"] == "<first@example.org>"
    assert mail["References"].split() == [
        "<a@example.org>",
        "<b@example.org>",
        "<first@example.org>",
    ]


def test_a_long_thread_keeps_its_first_and_its_last_ids():
    """Twenty ids at most, so that the header stays small."""
    chain = tuple(f"{n}@example.org" for n in range(500))
    ids = read_back(an_acknowledgement(references=chain))["References"].split()
    assert ids[0] == "<0@example.org>"
    assert ids[1:] == [f"<{n}@example.org>" for n in range(482, 500)] + ["<first@example.org>"]


@pytest.mark.parametrize(
    "dirty",
    [
        "a b@example.org",
        "a@example.org>\r\nBcc: v@example.net",
        "<a@example.org>",
        "é@example.org",
        "",
        "x" * 300,
        "=?utf-8?q?x?=",
    ],
)
def test_an_unclean_id_is_left_out(dirty):
    """An id that could break the header goes, the others stay."""
    mail = read_back(an_acknowledgement(in_reply_to=dirty, references=(dirty, "ok@example.org")))
    assert "In-Reply-To" not in mail
    assert mail["References"] == "<ok@example.org>"


def test_an_exchange_id_in_square_brackets_keeps_the_thread():
    """Exchange writes such ids; they are odd but harmless."""
    odd = "[0f1e]@mail.example.org"
    mail = email.message_from_bytes(an_acknowledgement(in_reply_to=odd).content)
    assert mail["In-Reply-To"] == f"<{odd}>"


def test_the_same_mail_always_has_the_same_bytes():
    """A repeat after a crash is the same mail."""
    assert an_acknowledgement().content == an_acknowledgement().content


def test_markup_in_a_value_stays_text():
    """A value cannot write a link, a heading or a tag into our mail."""
    composed = an_acknowledgement(reply_team="# *Evil* <b>[click](https://evil.example)</b>")
    html = body(composed, "html")
    assert 'href="https://evil.example' not in html
    assert "<b>" not in html
    assert html.count("<h1>") == 1
    assert "# *Evil* <b>[click](https://evil.example)</b>" in body(composed, "plain")


@given(
    recipient=st.text(max_size=40)
    | st.emails()
    | st.builds("{}@example.org".format, st.text(min_size=1, max_size=12)),
)
@example(recipient="-oQ/tmp@example.org")
@example(recipient="a..b.@example.org")
@example(recipient="someone@bücher.example")
@example(recipient="a@example.org\r\nBcc: v@example.net")
@example(recipient="a@example.org, v@example.net")
@example(recipient='"a\r\nb"@example.org')
def test_a_mail_goes_to_the_one_recipient_or_is_refused(recipient):
    """Whatever the address was, the mail has exactly that recipient, or none is made."""
    plain = mailable(recipient)
    if plain is None:
        with pytest.raises(ValueError, match="mailable"):
            an_acknowledgement(recipient=recipient)
        return
    composed = an_acknowledgement(recipient=recipient)
    assert composed.recipient == plain
    mail = read_back(composed)
    assert mail.keys() == THREADED
    assert email.message_from_bytes(composed.content)["To"] == plain
    assert plain.rpartition("@")[0] == recipient.rpartition("@")[0]


@given(
    name=ANYTHING,
    team=ANYTHING,
    reference=ANYTHING,
    parent=st.none() | ANYTHING,
    chain=st.lists(ANYTHING, max_size=30).map(tuple),
)
@example(
    name='Ombudsman, The "Office" <x@example.net>', team="", reference="", parent=None, chain=()
)
@example(name="x" * 2000, team="y" * 5000, reference="z" * 3000, parent=None, chain=())
def test_no_value_can_add_a_header_or_an_address(name, team, reference, parent, chain):
    """Every acknowledgement re-parses with exactly its headers, sender and recipient."""
    composed = an_acknowledgement(
        office=an_office(from_name=name, name=name),
        reply_team=team,
        reference=reference,
        in_reply_to=parent,
        references=chain,
    )
    assert_sound(composed.content)
    mail = email.message_from_bytes(composed.content)
    assert [name for name in mail if name not in {"In-Reply-To", "References"}] == HEADERS
    assert len(set(mail.keys())) == len(mail.keys())
    senders = read_back(composed)["From"].addresses
    assert [sender.addr_spec for sender in senders] == ["casework@ombudsman.example"]
    assert mail["To"] == "writer@example.org"
    assert [part.get_content_type() for part in mail.walk()] == [
        "multipart/alternative",
        "text/plain",
        "text/html",
    ]
    assert not any(part.defects for part in mail.walk())


def assert_sound(content: bytes) -> None:
    """7-bit, CRLF only, short lines: any server takes it as it is."""
    assert content.isascii()
    assert b"\0" not in content
    lines = content.split(b"\r\n")
    assert not any(b"\r" in line or b"\n" in line for line in lines)
    assert max(map(len, lines)) <= 998


def test_the_subject_reads_back_as_it_was_composed():
    """The outbox shows what the enquirer sees."""
    composed = an_acknowledgement(reference="PH-Ŵyn-" + "x" * 120)
    assert read_back(composed)["Subject"] == composed.subject


def test_a_date_can_be_any():
    """No locale, no padding."""
    assert "Sunday 29 February 2032" in both(an_acknowledgement(due_on=date(2032, 2, 29)))
