"""Bodies: the text is found wherever it is, attachments and inner messages are listed."""

from __future__ import annotations

import base64
import hashlib

import pytest

from daemon.model import Box
from daemon.parse import message_from_fields
from tests.unit.parsing import a_mail, a_multipart, read

PLAIN = "Content-Type: text/plain\n\n"
HTML = "Content-Type: text/html\n\n"


@pytest.mark.parametrize(
    ("data", "label", "expected"),
    [
        ("£5 café", "utf-8", "£5 café"),
        ("£5 “quoted” €", "cp1252", "£5 “quoted” €"),
        ("你好 发票", "gb18030", "你好 发票"),
        ("Xin chào các bạn", "utf-8", "Xin chào các bạn"),
    ],
)
def test_a_right_label_is_believed(data: str, label: str, expected: str) -> None:
    """Nothing is guessed where the label fits the bytes."""
    content = a_mail(f"Content-Type: text/plain; charset={label}", body=data.encode(label))
    assert read(content).new_text == expected


@pytest.mark.parametrize(
    ("label", "written_in", "text"),
    [
        ("iso-8859-1", "cp1252", "“Quoted” – €5"),
        ("us-ascii", "utf-8", "café"),
        ("iso-8859-1", "utf-8", "£5 café"),
        ("utf-8", "cp1252", "café olé"),
        ("gb2312", "gb18030", "镕基 你好"),
        ("iso-2022-jp", "iso2022_jp", "すみません"),
        ("", "iso2022_jp", "すみません。テストです"),
        ("", "utf-8", "Llŷn ac Eryri"),
        ("", "cp1252", "naïve café"),
        ("", "koi8_r", "Здравствуйте, это письмо без указания кодировки"),
        ("", "cp1251", "Здравствуйте, это письмо без указания кодировки"),
        ("unheard-of", "utf-8", "café"),
        ("undefined", "utf-8", "café"),
        ("punycode", "utf-8", "café"),
        ("utf-7", "utf-7", "£5 café"),
        ("ks_c_5601-1987", "cp949", "한국말로 하는 것"),
        ("windows-1258", "cp1258", "à é"),
        ('"utf-8"', "utf-8", "café"),
        ("windows-1251", "cp1251", "Привет"),
        ("iso-8859-2", "iso8859_2", "Zażółć gęślą jaźń"),
    ],
)
def test_charset_lies_are_survived(label: str, written_in: str, text: str) -> None:
    """Wrong, missing and unknown labels: the words come out as they were written."""
    field = f"Content-Type: text/plain; charset={label}" if label else "Subject: x"
    assert read(a_mail(field, body=text.encode(written_in))).new_text == text


def test_an_html_part_may_name_its_charset_itself() -> None:
    """Without a label in the header the meta element counts."""
    body = '<meta charset="windows-1251"><p>Привет</p>'.encode("cp1251")
    assert read(a_mail("Content-Type: text/html", body=body)).new_text == "Привет"


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("base64", base64.b64encode(b"Hello there, Ombudsman").decode()),
        ("BASE64 ", base64.b64encode(b"Hello there, Ombudsman").decode().rstrip("=")),
        ("quoted-printable", "Hello=20there, =\nOmbudsman"),
        ("quoted-printable; x", "Hello there, Ombudsman"),
        ("7-bit", "Hello there, Ombudsman"),
        ("base64", "Hello there, Ombudsman"),  # a lie
        ("unheard-of", "Hello there, Ombudsman"),
    ],
)
def test_transfer_encodings_are_undone_also_where_they_lie(encoding: str, body: str) -> None:
    """Missing padding, stray words behind the name, and a label that is not true."""
    message = read(a_mail(f"Content-Transfer-Encoding: {encoding}", body=body))
    assert message.new_text == "Hello there, Ombudsman"


def test_plain_text_is_preferred_to_html() -> None:
    """Of two alternatives the plain one is read."""
    assert (
        read(a_multipart("alternative", PLAIN + "plain", HTML + "<p>rich</p>")).new_text == "plain"
    )


@pytest.mark.parametrize(
    "plain", ["", " \n", "This message is in HTML.", "View this in your browser"]
)
def test_a_plain_stub_gives_way_to_the_html(plain: str) -> None:
    """An alternative that says nothing, or only points at the HTML, is passed over."""
    rich = HTML + "<p>My mother waited nine hours on a trolley in the corridor.</p>"
    message = read(a_multipart("alternative", PLAIN + plain, rich))
    assert message.new_text == "My mother waited nine hours on a trolley in the corridor."


def test_parts_of_mixed_text_are_read_in_order_and_repeats_once() -> None:
    """Text around an attachment belongs together; HTML that repeats the plain part does not."""
    message = read(
        a_multipart(
            "mixed",
            PLAIN + "one",
            HTML + "<p>one</p>",
            "Content-Type: image/png\nContent-Disposition: inline\n\nAAAA",
            PLAIN + "two",
        ),
    )
    assert message.new_text == "one\n\ntwo"
    assert [a.content_type for a in message.attachments] == ["image/png"]


def test_html_is_turned_into_text_without_scripts_styles_and_hidden_parts() -> None:
    """What a reader would see, line by line, cells of a row side by side."""
    markup = (
        "<html><head><title>t</title><style>p{}</style></head><body><script>x()</script>"
        "<p>Dear&nbsp;Sir</p><div style='display:none'>hidden</div>"
        "<table><tr><td>Name:</td><td>Ada</td></tr></table><!-- no -->bye</body></html>"
    )
    text = read(a_mail("Content-Type: text/html", body=markup)).new_text
    assert text.split("\n") == ["Dear Sir", "", "Name: Ada", "bye"]


def test_html_sent_as_plain_text_is_still_html() -> None:
    """A wrong type does not leave tags in the text."""
    body = "<!DOCTYPE html><html><body><p>Hello</p></body></html>"
    assert read(a_mail("Content-Type: text/plain", body=body)).new_text == "Hello"


def test_format_flowed_is_joined_into_paragraphs() -> None:
    """Soft line ends go, space-stuffing too, and quoted lines stay quoted."""
    field = "Content-Type: text/plain; format=flowed; delsp=yes"
    body = "A long \nline.\n From here\n> quoted \n> words\n-- \nAda"
    message = read(a_mail(field, body=body))
    assert message.new_text == "A longline.\nFrom here\n-- \nAda"
    assert message.quoted_text == "> quotedwords"


def test_attachments_are_listed_with_safe_names_sizes_and_digests() -> None:
    """Name without path or controls, type, decoded size, SHA-256."""
    part = (
        "Content-Type: application/pdf\n"
        'Content-Disposition: attachment; filename="../../etc/pa:ss\u202ewd.pdf"\n'
        "Content-Transfer-Encoding: base64\n\nSGVsbG8="
    )
    (found,) = read(a_multipart("mixed", PLAIN + "see attached", part)).attachments
    assert (found.name, found.content_type, found.size) == ("pa_ss_wd.pdf", "application/pdf", 5)
    assert found.sha256 == hashlib.sha256(b"Hello").hexdigest()


@pytest.mark.parametrize(
    ("parameter", "expected"),
    [
        ("filename*=utf-8''caf%C3%A9.doc", "café.doc"),
        ("filename*0=long-; filename*1=name.doc", "long-name.doc"),
        ('filename="=?utf-8?q?caf=C3=A9.doc?="', "café.doc"),
        ("filename=café.doc", "café.doc"),
        ('filename="con.txt"', "_con.txt"),
        ('filename="..."', ""),
        (f'filename="{"x" * 400}.docx"', "x" * 145 + ".docx"),
    ],
)
def test_file_names_are_decoded_in_every_form(parameter: str, expected: str) -> None:
    """RFC 2231, encoded words, raw 8-bit, reserved and endless names."""
    part = f"Content-Type: application/x\nContent-Disposition: attachment; {parameter}\n\ndata"
    assert read(a_multipart("mixed", part)).attachments[0].name == expected


def test_a_named_text_part_is_an_attachment_unless_it_is_all_there_is() -> None:
    """A file of text beside a letter is a file; alone and inline it is the letter."""
    named = 'Content-Type: text/plain; name="a.txt"\n\nfile'
    beside = read(a_multipart("mixed", PLAIN + "letter", named))
    assert (beside.new_text, beside.attachments[0].name) == ("letter", "a.txt")
    assert read(a_mail('Content-Type: text/plain; name="a.txt"', body="file")).new_text == "file"


def test_an_attached_message_stands_apart_with_its_sender_and_text() -> None:
    """message/rfc822: the citizen is inside; the words are not the forwarder's."""
    inner = "From: Ben <ben@example.net>\nSubject: Help\n\nPlease help me"
    message = read(
        a_multipart("mixed", PLAIN + "One for you", f"Content-Type: message/rfc822\n\n{inner}")
    )
    (found,) = message.forwarded
    assert (found.sender.address, found.subject, found.text) == (
        "ben@example.net",
        "Help",
        "Please help me",
    )
    assert found.attached
    assert (message.new_text, message.quoted_text, message.text_chars) == ("One for you", "", 11)


@pytest.mark.parametrize("encoding", ["7bit", "base64", "quoted-printable"])
def test_an_attached_message_is_read_also_where_it_was_encoded(encoding: str) -> None:
    """Encoding a message/rfc822 is forbidden and common."""
    inner = b"From: ben@example.net\n\nPlease help me"
    body = base64.b64encode(inner).decode() if encoding == "base64" else inner.decode()
    part = f"Content-Type: message/rfc822\nContent-Transfer-Encoding: {encoding}\n\n{body}"
    assert read(a_multipart("mixed", part)).forwarded[0].text == "Please help me"


def test_types_are_listed_with_what_a_report_and_an_invitation_are_for() -> None:
    """multipart/report says which report, text/calendar which method."""
    report = (
        b"From: a@b.example\nContent-Type: multipart/report; report-type=Delivery-Status;"
        b" boundary=e\n\n--e\n\nfailed\n--e\nContent-Type: message/delivery-status\n\n"
        b"Final-Recipient: rfc822; x@y\n--e\nContent-Type: text/rfc822-headers\n\n"
        b"From: c@d.example\nSubject: ours\n--e--\n"
    )
    message = read(report)
    assert message.content_types[0] == "multipart/report; report-type=delivery-status"
    assert message.content_types[2:] == ("message/delivery-status", "text/rfc822-headers")
    assert (message.forwarded[0].sender.address, message.forwarded[0].subject) == (
        "c@d.example",
        "ours",
    )
    calendar = read(a_mail("Content-Type: text/calendar; method=REPLY", body="BEGIN:VCALENDAR"))
    assert calendar.content_types == ("text/calendar; method=reply",)
    assert calendar.text_chars == 0


def test_a_text_that_lies_inside_winmail_dat_is_noted() -> None:
    """Where there is nothing else to read, somebody must open the attachment."""
    field = 'Content-Type: application/ms-tnef; name="winmail.dat"'
    message = read(a_mail(field, body="xxxx"))
    assert message.attachments[0].name == "winmail.dat"
    assert any("winmail.dat" in defect for defect in message.defects)


def test_uuencoded_files_in_a_text_become_attachments() -> None:
    """The block leaves the text; what only looks like one stays."""
    body = "See below\nbegin 644 note.txt\n%2&5L;&\\\n`\nend\nRegards\nbegin 644 nothing\nAda"
    message = read(a_mail(body=body))
    assert [(a.name, a.size) for a in message.attachments] == [("note.txt", 5)]
    assert message.new_text == "See below\n\nRegards\nbegin 644 nothing\nAda"


@pytest.mark.parametrize(
    "content",
    [
        a_mail("Content-Type: multipart/mixed; boundary=e", body="--e\n\nthe text\n"),
        a_mail(
            "Content-Type: multipart/mixed", body="--e\nContent-Type: text/plain\n\nthe text\n--e--"
        ),
        a_mail("Content-Type: multipart/mixed; boundary=f", body="--e\n\nthe text\n--e--"),
        a_mail("Content-Type: multipart/mixed; boundary=e", body="the text"),
        a_mail('Content-Type: multipart/mixed; boundary="e x"', body="--e x \n\nthe text\n--e x--"),
        a_mail("Content-Type: multipart/mixed; boundary=e", body="the text\n--e--\n"),
        a_mail("Content-Type: nonsense", body="the text"),
        a_mail("Content-Type: text/plain; name*", body="the text"),
        a_mail("Content-Type: text/plain; charset=", body="the text"),
        a_mail("Content-Type:", "Content-Type: text/plain", body="the text"),
        a_mail("To: (c):", body="the text"),
        a_mail(body="the\0 text"),
        a_mail(body="the text".encode("utf-16")),
    ],
)
def test_the_text_is_found_in_a_broken_structure(content: bytes) -> None:
    """Boundaries missing, wrong or never used, types without sense, NULs."""
    assert read(content).new_text == "the text"


def test_the_same_mail_by_two_roads_has_the_same_hash() -> None:
    """Line ends, trailing blanks and transfer encoding may differ between two copies."""
    field = "Content-Type: text/plain; charset=utf-8"
    plain = a_mail(field, body="Caf\u00e9  \r\n\r\nregards\r\n")
    encoded = a_mail(
        field,
        "Received: from elsewhere",
        "Content-Transfer-Encoding: quoted-printable",
        body="Cafe=CC=81\n\nregards",
    )
    other = a_mail(field, body="Coffee")
    assert read(plain).content_hash == read(encoded).content_hash != read(other).content_hash


def test_an_enquiry_that_is_no_mail_is_made_from_its_fields() -> None:
    """Letters, calls and posts: the same split, storable strings, the handle with its @."""
    message = message_from_fields(
        box=Box.X_DM,
        from_name="Ada\ud800",
        from_addr="@Ada_B",
        subject="",
        body="Hello\0\n> quoted",
    )
    assert message.sender.address == "@ada_b"
    assert message.sender.name == "Ada\ufffd"
    assert (message.new_text, message.quoted_text) == ("Hello", "> quoted")
    assert message.text_chars == len("Hello\n> quoted")
