"""Headers: who wrote, when, about what, in which thread, however broken the block is."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from daemon.model import Address, Box, Channel
from daemon.parse import ParseError, message_from_fields, parse
from tests.unit.parsing import a_mail, read


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("Ada Byron <ADA@Example.ORG>", Address(name="Ada Byron", address="ada@example.org")),
        ('"Byron, Ada" <ada@example.org>', Address(name="Byron, Ada", address="ada@example.org")),
        ("Byron, Ada <ada@example.org>", Address(name="Byron, Ada", address="ada@example.org")),
        ("ada@example.org (Ada Byron)", Address(name="Ada Byron", address="ada@example.org")),
        ("Friends: Ada <ada@example.org>;", Address(name="Ada", address="ada@example.org")),
        ("=?utf-8?q?Zo=C3=AB?= <z@example.org>", Address(name="Zoë", address="z@example.org")),
        (
            "=?utf-8?q?Zo=C3=AB_=3Cz=40example.org=3E?=",
            Address(name="Zoë", address="z@example.org"),
        ),
        ("Ada <ada@bücher.example>", Address(name="Ada", address="ada@xn--bcher-kva.example")),
        ('"ada@example.org" <ada@example.org>', Address(address="ada@example.org")),
        (
            "bob@example.org <ada@example.org>",
            Address(name="bob@example.org", address="ada@example.org"),
        ),
        ("Ada <ada@example.org> (via web", Address(name="Ada", address="ada@example.org")),
        ("Ada ada@example.org", Address(name="Ada ada@example.org", address="ada@example.org")),
        ("<MAILER-DAEMON>", Address(address="mailer-daemon")),
        ("Ada Byron", Address(name="Ada Byron")),
        ("Ada <>", Address(name="Ada")),
    ],
)
def test_the_sender_is_found_in_every_form_of_from(header: str, expected: Address) -> None:
    """Comma, comment, group, encoded word, IDN, rubbish behind: the address still comes out."""
    assert read(a_mail(sender=header)).sender == expected


LONG = f"reply+{'x' * 80}@relay.example"


@pytest.mark.parametrize(
    ("header", "address"),
    [
        (LONG, LONG),
        (f"Ada <{LONG}>", LONG),
        (f"<{LONG}> (via web", LONG),
        (f"Ada {LONG}", LONG),
        (f"{LONG}, b@y.example", LONG),
        ("pat o'brien@x.example", "o'brien@x.example"),
        (f"{'a' * 400}@x.example", ""),
        (f"Ada <{'a' * 400}@x.example>", ""),
        (f"a@{'b' * 330}.example", ""),
        ("ada@parliament.uk@evil.example", ""),
        ("Ada <ada@parliament.uk> <zoe@evil.example>", "zoe@evil.example"),
    ],
)
def test_an_address_is_taken_whole_or_not_at_all(header: str, address: str) -> None:
    """A piece of an address would be somebody else's; of two in brackets the last one counts."""
    assert read(a_mail(sender=header)).sender.address == address


def test_an_address_that_is_no_header_is_not_cut_either() -> None:
    """A row of a file: whole, or none."""
    fields = {"box": Box.INTAKE, "from_name": "A", "subject": "", "body": ""}
    assert message_from_fields(from_addr=LONG, **fields).sender.address == LONG
    long = f"{'a' * 390}@long.example"
    assert message_from_fields(from_addr=long, **fields).sender.address == ""


def test_without_a_usable_from_the_sender_header_counts() -> None:
    """From is missing or holds no address: Sender says who wrote; else nobody does."""
    named = read(a_mail("From: Ada", "Sender: office@example.org", sender=""))
    assert named.sender == Address(name="Ada", address="office@example.org")
    assert read(a_mail("Subject: x", sender="")).sender == Address()


def test_of_two_from_headers_the_first_usable_one_counts() -> None:
    """Two From headers: the first with an address, and the oddity is noted."""
    message = read(a_mail("From: nobody", "From: ada@example.org", sender=""))
    assert message.sender.address == "ada@example.org"
    assert "there are several From headers" in message.defects


def test_lists_of_addresses_come_out_in_order_without_repeats() -> None:
    """To, Cc and Reply-To are read in full."""
    message = read(
        a_mail(
            "To: B <b@x.example>, c@x.example, b@X.example",
            "Cc: d@x.example",
            "Reply-To: e@x.example",
        ),
    )
    assert [a.address for a in message.to] == ["b@x.example", "c@x.example"]
    assert [a.address for a in (*message.cc, *message.reply_to)] == ["d@x.example", "e@x.example"]


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("plain", "plain"),
        ("=?iso-8859-1?q?caf=E9?= open", "café open"),
        ("=?utf-8?b?w6k=?=\r\n =?utf-8?b?w6k=?=", "éé"),
        ("=?utf-8?b?4oI=?= =?utf-8?b?rA==?=", "€"),  # a character cut between two words
        ("=?unheard-of?q?caf=C3=A9?=", "café"),
        ("=?gb2312?b?6UY=?=", "镕"),  # a character of GB 18030 under the older label
        ("=?utf-8?x?abc?= rest", "=?utf-8?x?abc?= rest"),
        ("a\r\n\tb", "a b"),
    ],
)
def test_subjects_are_unfolded_and_decoded(header: str, expected: str) -> None:
    """Encoded words in any shape become text; what cannot be decoded stays as it was."""
    assert read(a_mail(f"Subject: {header}")).subject == expected


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("naïve".encode(), "naïve"),
        ("naïve".encode("cp1252"), "naïve"),
        (b"a\x00b", "ab"),
    ],
)
def test_raw_8_bit_and_nul_in_a_header_are_survived(raw: bytes, expected: str) -> None:
    """Headers that were never encoded are read as UTF-8 or Western text; NUL goes."""
    assert read(b"From: a@b.example\nSubject: " + raw + b"\n\nx").subject == expected


def test_a_raw_header_is_read_in_the_charset_of_the_body() -> None:
    """An 8-bit subject without a label takes the label of the text below it."""
    subject = "邮件传输失败".encode("gb18030")
    content = b"From: a@b.example\nContent-Type: text/plain; charset=GB2312\nSubject: "
    assert read(content + subject + b"\n\nx").subject == "邮件传输失败"


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("Mon, 5 Mar 2018 10:00:00 +0100", datetime(2018, 3, 5, 9, tzinfo=UTC)),
        ("Fri, 3 Jun 16 10:00:00 BST", datetime(2016, 6, 3, 9, tzinfo=UTC)),
        ("Mon, 05 Mar 2018 10:00:00 GMT+01:00", datetime(2018, 3, 5, 9, tzinfo=UTC)),
        ("Tue, 5 Mar 2018 10:00 (a (nested) comment) +0000", datetime(2018, 3, 5, 10, tzinfo=UTC)),
        ("2018-03-05T10:00:00Z", datetime(2018, 3, 5, 10, tzinfo=UTC)),
        ("Mon, 5 Mar 2018 10:00:00.123 +0000", datetime(2018, 3, 5, 10, tzinfo=UTC)),
        ("Mon, 5 Mar 2018 59:10 +0000", None),
        ("Pn, 5 mars 2018", None),
        ("yesterday", None),
        ("Mon, 5 Mar 99999999999999999999999 10:00:00 +0000", None),
    ],
)
def test_dates_come_out_in_utc_or_not_at_all(header: str, expected: datetime | None) -> None:
    """Old and odd forms are understood; what makes no sense is no date."""
    assert read(a_mail(f"Date: {header}")).date_at == expected


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("<a@b>", "a@b"),
        ("<[8F2C]@exchange.example>", "[8F2C]@exchange.example"),
        ("< a b @c >", "ab@c"),
        ("a@b", "a@b"),
        ("", None),
        ("<>", None),
    ],
)
def test_message_ids_are_taken_as_they_come(header: str, expected: str | None) -> None:
    """Brackets, spaces and Exchange's own brackets; empty is none at all."""
    assert read(a_mail(f"Message-ID: {header}")).message_id == expected


def test_threading_headers_name_the_messages_above() -> None:
    """In-Reply-To and References: only the ids, the last hundred of them."""
    references = " ".join(f"<{n}@x>" for n in range(150))
    message = read(a_mail("In-Reply-To: Your message of Monday <a@b>", f"References: {references}"))
    assert message.in_reply_to == ("a@b",)
    assert message.references == tuple(f"{n}@x" for n in range(50, 150))


def test_the_headers_that_matter_are_kept_decoded_and_the_rest_is_left() -> None:
    """Marks of machines, lists and thread are kept with every value; others are not."""
    message = read(
        a_mail(
            "Auto-Submitted: auto-replied",
            "X-Auto-Response-Suppress: All",
            "List-Unsubscribe: <https://x.example/u>",
            "Received: from a by b;\r\n Mon, 5 Mar 2018 10:00:00 +0000",
            "Received: from c by d; Mon, 5 Mar 2018 09:00:00 +0000",
            "DKIM-Signature: v=1; b=long",
        ),
    )
    assert message.header("Auto-Submitted") == "auto-replied"
    assert len(message.headers["received"]) == 2
    assert message.headers["received"][0] == "from a by b; Mon, 5 Mar 2018 10:00:00 +0000"
    assert {"x-auto-response-suppress", "list-unsubscribe", "from"} <= set(message.headers)
    assert "dkim-signature" not in message.headers


def test_kept_headers_stay_within_bounds() -> None:
    """However much a sender writes into them, what is stored of the headers is small."""
    message = read(a_mail(*(f"X-Mailer-{n}: {'x' * 3000}" for n in range(100))))
    assert sum(len(v) for values in message.headers.values() for v in values) <= 64 * 1024


@pytest.mark.parametrize(
    "content",
    [
        b"\n\r\n\nFrom: a@b.example\nSubject: s\n\nbody",
        b"\xef\xbb\xbfFrom: a@b.example\nSubject: s\n\nbody",
        b"From a@b.example Mon Mar  5 10:00:00 2018\nFrom: a@b.example\nSubject: s\n\nbody",
        b">From a@b.example Mon Mar  5 10:00:00 2018\nFrom: a@b.example\nSubject: s\n\nbody",
        b"From: a@b.example\r\rSubject: s\r\rbody".replace(b"\r\r", b"\r", 1),
        b"From: a@b.example\r\r\nSubject: s\r\r\n\r\r\nbody",
        b"From: a@b.example\nthis is no header line\nSubject: s\n\nbody",
        b" From: a@b.example\nSubject: s\n\nbody",
        b"From : a@b.example\nSubject  : s\n\nbody",
        b"From: a@b.example\nSubject: s\n \nTo: x@y.example\n\nbody",
        b"Return-Path: <a@b.example>\n\nFrom: a@b.example\nSubject: s\n\nbody",
        b"From: a@b.example\nSubject: s\nbody",
        "\ufeffFrom: a@b.example\nSubject: s\n\nbody".encode("utf-16-le"),
    ],
)
def test_broken_header_blocks_are_mended(content: bytes) -> None:
    """Blank lines, mbox lines, marks, odd line ends and stray lines cost nothing."""
    message = read(content)
    assert (message.sender.address, message.subject) == ("a@b.example", "s")
    assert message.new_text == "body"


def test_a_list_of_recipients_broken_without_indent_goes_on() -> None:
    """An address on a line of its own below To belongs to To."""
    message = read(b"From: a@b.example\nTo: x@y.example,\nz@y.example\nSubject: s\n\nbody")
    assert [a.address for a in message.to] == ["x@y.example", "z@y.example"]


def test_text_without_any_header_is_the_body() -> None:
    """Words alone are kept as the text of a message from nobody."""
    message = read(b"Dear Ombudsman: I write again.\nNote: third time.\n")
    assert message.new_text == "Dear Ombudsman: I write again.\nNote: third time."
    assert "the message has no header" in message.defects


@pytest.mark.parametrize("content", [b"\0" * 50, bytes(range(256)) * 40])
def test_what_is_no_message_at_all_is_a_parse_error(content: bytes) -> None:
    """The bytes of some file: quarantined with one sentence that quotes nothing."""
    with pytest.raises(ParseError, match=r"^The message has neither a header nor readable text\.$"):
        parse(content, box=Box.INTAKE)


@pytest.mark.parametrize("content", [b"", b"\r\n\r\n"])
def test_an_empty_message_is_a_message(content: bytes) -> None:
    """Somebody sent it, with nothing in it: a person sees that it came."""
    message = read(content)
    assert (message.sender.address, message.text) == ("", "")
    assert "the message has no header" in message.defects


def test_a_header_without_a_body_is_a_message() -> None:
    """Many real mails have nothing but a subject."""
    message = read(b"From: a@b.example\nSubject: please call me\n")
    assert (message.subject, message.text_chars) == ("please call me", 0)


def test_channel_and_completeness_come_from_the_caller() -> None:
    """The box gives the channel; a message fetched in part says so."""
    message = parse(a_mail(), box=Box.OMBUDSMAN, complete=False)
    assert (message.channel, message.complete) == (Channel.EMAIL, False)
