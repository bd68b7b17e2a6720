"""Hostile and damaged input: nothing but ParseError, bounded work, storable strings."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from time import perf_counter
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daemon.model import Box
from daemon.parse import ParseError, message_from_fields, parse, trusted_received_at
from daemon.parse.limits import MAX_FORWARDED, MAX_PARTS, MAX_TEXT_CHARS
from daemon.parse.markup import html_to_text
from tests.unit.parsing import a_mail, a_multipart, read

if TYPE_CHECKING:
    from collections.abc import Iterator

MILLION = 1_000_000
SECONDS = 15  # ten times what these take, for a slow machine


def strings(value: object) -> Iterator[str]:
    """Yield every string that a parsed value holds."""
    match value:
        case str():
            yield value
        case dict():
            for key, inner in value.items():
                yield from strings((key, inner))
        case tuple():
            for inner in value:
                yield from strings(inner)
        case _ if is_dataclass(value):
            for field in fields(value):
                yield from strings(getattr(value, field.name))


def assert_storable(value: object) -> None:
    """Fail where a string has a NUL or a lone surrogate."""
    for text in strings(value):
        assert "\0" not in text
        text.encode("utf-8")


def check(content: bytes) -> None:
    """Parse anything: a message with storable strings, or a ParseError."""
    trusted_received_at(content, frozenset({"mx.example"}))
    try:
        message = parse(content, box=Box.INTAKE)
    except ParseError:
        return
    assert_storable(message)
    assert message.text_chars == 0 or message.text


pieces = st.sampled_from(
    [
        b"From: a@b.example\n",
        b"Subject: =?utf-8?b?4oI=?=\n",
        b"From: \xff <x@y>\n",
        b"To: (c):\n",
        b"Content-Type: text/plain; name*\n",
        b"Content-Type: multipart/mixed; boundary=e\n",
        b'Content-Type: multipart/alternative; boundary="f "\n',
        b"Content-Type: message/rfc822\n",
        b"Content-Type: text/html; charset=utf-7\n",
        b"Content-Type: text/plain; charset=utf-16\n",
        b"Content-Transfer-Encoding: base64\n",
        b"Content-Transfer-Encoding: x-uuencode\n",
        b"Content-Disposition: attachment; filename*0*=utf-8''%ff; filename*2=x\n",
        b"Date: Mon, 99 Foo\n",
        b"Message-ID: <[x]@\n",
        b"References: <a <b> c>\n",
        b"Received: from ((( by mx.example; Mon\n",
        b"Authentication-Results: x; dmarc=\n",
        b"\n",
        b"\r\n",
        b"\r",
        b" \n",
        b"\0",
        b"--e\n",
        b"--e--\n",
        b"--f \n",
        b"<p>x</p>",
        b"<div " * 9,
        b"+2AA-",
        b"\x1b$B",
        b"begin 644 x\n",
        b"end\n",
        b"> quoted\n",
        b"On 1 Jan 10:00 a@b wrote:\n",
        b"From: A <a@b>\nSent: 1 10:00\nTo: b\n",
        b"text",
        b"\xed\xa0\x80",
        b"=ED=A0=80",
        b"\xff\xfe",
    ],
)


@settings(max_examples=300, deadline=None)
@given(st.lists(pieces, max_size=25).map(b"".join))
def test_damaged_mime_trees_raise_nothing_else(content: bytes) -> None:
    """Any heap of header lines, boundaries and scraps is read or refused."""
    check(content)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=400))
def test_random_bytes_raise_nothing_else(content: bytes) -> None:
    """Bytes of any kind, alone, as a header, as a body and as a part."""
    check(content)
    check(b"From: " + content + b"\n\nx")
    check(b"From: a@b\nContent-Type: " + content + b"\n\nx")
    check(b"From: a@b\nContent-Type: text/html\n\n" + content)
    check(b"From: a@b\nContent-Type: multipart/mixed; boundary=e\n\n--e\n" + content)


@given(st.text(), st.text(), st.text(), st.text())
def test_fields_of_any_text_make_a_storable_message(
    name: str, addr: str, subject: str, body: str
) -> None:
    """Enquiries that are no mail never fail and never carry what cannot be stored."""
    assert_storable(
        message_from_fields(
            box=Box.POST, from_name=name, from_addr=addr, subject=subject, body=body
        ),
    )


@pytest.mark.parametrize("body", ["a\\ud800b", "a\0b", "+2AA-b", "&#xD800;&#0;b"])
def test_surrogates_and_nuls_never_leave_the_parser(body: str) -> None:
    """Not from UTF-7, not from character references, not raw."""
    raw = body.encode().decode("unicode-escape").encode("utf-8", "surrogatepass")
    for field in ("charset=utf-7", "charset=utf-8", "charset=utf-16"):
        assert_storable(read(a_mail(f"Content-Type: text/html; {field}", body=raw)))


NESTED = b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n"
HEAD = b"From: a@b.example\nSubject: x\n"


@pytest.mark.parametrize(
    "content",
    [
        HEAD + b"".join(NESTED % (n, n) for n in range(3000)),
        HEAD + b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\nx\n" * 200_000,
        HEAD + b"From: a@b\nContent-Type: message/rfc822\n\n" * 5000,
        HEAD + b"X-A: b\n" * 300_000 + b"\nbody",
        HEAD + b"junk\nX-A: b\n" * 50_000 + b"\nbody",
        b"From: a@b.example\nSubject: " + b"a\n " * MILLION + b"\n\nbody",
        b"From: " + b"(" * MILLION + b"\n\nbody",
        b"From: " + b"a@" * MILLION + b"\n\nbody",
        b"From: " + b"<" * MILLION + b"\n\nbody",
        b"From: " + b"=?a?q?" * 100_000 + b"\n\nbody",
        HEAD + b"Date: " + b"(" * MILLION + b"\n\nbody",
        HEAD + b"Content-Type: text/plain" + b"; a=b" * 100_000 + b"\n\nbody",
        HEAD + b"Content-Type: text/plain; charset=punycode\n\n" + b"a" * MILLION,
        HEAD + b"\n" + b">" * MILLION,
        HEAD + b"\n" + b"-" * MILLION,
        HEAD + b"\n" + b" " * MILLION + b"x",
        HEAD + b"\n" + b":" * MILLION,
        HEAD + b"\nOn " + b"a" * MILLION + b" wrote:",
        HEAD + b"\n" + b"On 1 Jan 10:00 x wrote\n" * 40_000,
        HEAD + b"\n" + b"From: x@y\nTo: a\n\n" * 60_000,
        HEAD + b"\n" + b"\r" * MILLION,
        HEAD + b"\n" + b"begin 644 x\n" * 80_000,
        HEAD + b"Content-Type: text/plain; charset=utf-8\n\na" + "\u0301\u0316".encode() * 250_000,
        HEAD + b"Content-Type: text/html\n\n" + b"<div>" * MILLION + b"x",
        HEAD + b"Content-Type: text/html\n\n" + b"<p>a</p>" * MILLION,
        HEAD + b"Content-Type: text/html\n\n" + b"<table><tr><td>" * 300_000 + b"x",
        HEAD + b"Content-Type: text/html\n\n<a " + b"b=c " * MILLION + b">x</a>",
        HEAD + b"Content-Type: text/html\n\n" + b"<!-- " * 200_000 + b"x",
    ],
    ids=range(28),
)
def test_time_and_size_are_bounded(content: bytes) -> None:
    """Megabytes made to blow up a parser cost seconds, and little of them is kept."""
    begun = perf_counter()
    message = parse(content, box=Box.INTAKE)
    assert perf_counter() - begun < SECONDS
    assert message.text_chars <= MAX_TEXT_CHARS
    assert len(message.content_types) <= MAX_PARTS
    assert len(message.forwarded) <= MAX_FORWARDED


def test_a_cut_message_says_that_it_is_not_complete() -> None:
    """Text beyond the limit, and parts beyond the limit, are noted."""
    long = read(a_mail(body="word " * 500_000))
    assert (long.complete, long.text_chars) == (False, MAX_TEXT_CHARS)
    many = read(a_multipart("mixed", *["\nx"] * (MAX_PARTS + 10)))
    assert not many.complete
    assert any("too many parts" in defect for defect in many.defects)


def test_deep_html_loses_no_words() -> None:
    """Beyond the depth that the library holds, the tags are simply taken off."""
    deep = html_to_text("<div>" * 5000 + "inside" + "</div>" * 5000 + "<script>no()</script>after")
    assert deep.split() == ["inside", "after"]


def test_a_parse_error_quotes_nothing_of_the_message(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever goes wrong inside, the sentence names the kind of failure only."""

    def broken(*_: object) -> None:
        raise KeyError(*["ada@example.org"])

    monkeypatch.setattr("daemon.parse.message.frame", broken)
    with pytest.raises(ParseError, match=r"^The message could not be read: KeyError\.$"):
        parse(a_mail(), box=Box.INTAKE)
