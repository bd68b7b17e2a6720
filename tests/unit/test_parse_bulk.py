"""Long runs of base64 go round the tree builder, and nobody can tell but by the clock."""

from __future__ import annotations

import base64
from email.feedparser import BytesFeedParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mailparser.utils import decode_base64_payload

from daemon.model import Attachment, Box, Message
from daemon.parse import ParseError, bulk, files_of, parse
from daemon.parse.transfer import decoded

CORPORA = Path(__file__).resolve().parents[3] / "shared" / "corpora"
FILE = bytes(range(256)) * 200
ENCODED = base64.encodebytes(FILE)
HEADER = (
    b"From: Ann <ann@people.example>\r\nTo: cc@office.example\r\nSubject: Papers\r\n"
    b'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n'
)
ATTACHED = (
    b"--b\nContent-Type: application/pdf; name=a.pdf\nContent-Transfer-Encoding: base64\n"
    b"Content-Disposition: attachment; filename=a.pdf\n\n"
)

Read = tuple[Message | str, list[tuple[Attachment, bytes]]]


def read(content: bytes, least: int) -> Read:
    """Read a mail with runs of so many bytes taken out before its tree is built."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bulk, "LEAST_BYTES", least)
        try:
            message: Message | str = parse(content, box=Box.INTAKE)
        except ParseError as error:
            message = str(error)
        return message, files_of(content)


def assert_same(content: bytes, least: int) -> None:
    """A mail is read as it is without any of this."""
    assert read(content, least) == read(content, 10**9)


lines = st.sampled_from(
    [
        *(b"--b", b"--b--", b"--c", b"--", b"--b  ", b"QUJD", b"QUJD" * 19, b"QUI=", b"Q=JD", b"="),
        *(b"", b" ", b"words, many", b"-- ", b"From: x", b"bulk", b"bulkn0n", b"QUJD\rQUJD"),
        *(b"Content-Type: application/pdf", b"Content-Type: text/plain", b"\xe9t\xe9"),
        *(b"Content-Type: multipart/mixed; boundary=c", b"Content-Type: message/rfc822"),
        *(b"Content-Transfer-Encoding: base64", b"Content-Transfer-Encoding: quoted-printable"),
    ]
)


@given(st.lists(lines, max_size=30), st.sampled_from([b"\n", b"\r\n"]), st.booleans())
@settings(max_examples=600)
def test_any_mail_is_read_the_same(rows: list[bytes], end: bytes, mixed: bool) -> None:
    """Delimiters, blank lines and letters in any order; the shortest runs are taken out."""
    body = end.join(rows) + (b"\n\r\n" if mixed else b"")
    assert_same(HEADER + body, least=1)
    assert_same(HEADER.replace(b"multipart/mixed", b"application/pdf") + body, least=1)


@pytest.mark.skipif(not CORPORA.exists(), reason="the shared corpora are not here")
def test_every_mail_of_the_corpora_is_read_the_same() -> None:
    """None of them is read otherwise."""
    rows = (CORPORA / "manifest.tsv").read_text().splitlines()[1:]
    paths = [CORPORA / row.split("\t")[0] for row in rows]
    assert len(paths) > 600
    for path in paths:
        assert_same(path.read_bytes(), least=200)


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_a_file_does_not_go_through_the_builder(
    end: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is built line by line is short; the file comes out whole, also below a message."""
    fed: list[int] = []
    feed = BytesFeedParser.feed

    def counted(self: BytesFeedParser[Any], data: bytes) -> None:
        fed.append(len(data))
        feed(self, data)

    monkeypatch.setattr(BytesFeedParser, "feed", counted)
    inner = b"--b\nContent-Type: message/rfc822\n\n" + HEADER.replace(b"\r\n", b"\n")
    body = inner.replace(b'"b"', b'"c"') + ATTACHED.replace(b"--b", b"--c") + ENCODED + b"--c--\n"
    body += ATTACHED + ENCODED + b"--b--\n"
    content = HEADER + body.replace(b"\n", end)
    assert [data for _, data in files_of(content)] == [FILE, FILE]
    assert sum(fed) < len(ENCODED)


def test_who_knows_the_word_gains_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A body that has the word in it is left alone."""
    monkeypatch.setattr(bulk.secrets, "token_hex", lambda _: "0f" * 16)
    word = b"bulk" + b"0f" * 16 + b"n0n\n"
    content = HEADER + ATTACHED + ENCODED + b"--b\n\n" + word + b"--b--\n"
    message = parse(content, box=Box.INTAKE)
    assert word.decode().strip() in message.text
    assert [data for _, data in files_of(content)] == [FILE]


def test_many_delimiters_take_no_time() -> None:
    """The look for runs goes once through the body, however it is divided."""
    for piece in (b"--b\n\n", b"\n\n", b"\n--", b"QUJD\n\n--"):
        one = bulk.Bulk()
        assert one.restored(one.lifted(piece * 200_000)) == piece * 200_000


@given(
    st.lists(
        st.sampled_from([b"QUJD", b"QQ==", b"QQ=", b"=", b"Q", b"\n", b"\r\n", b" ", b"-", b"Qx=="])
    ).map(b"".join)
)
@settings(max_examples=500)
def test_base64_is_decoded_as_mail_clients_do(data: bytes) -> None:
    """What keeps to the standard is decoded in one go, with the same result."""
    data = b"QUJD" * 600 + data
    assert decoded(data, "base64") == decode_base64_payload(data.decode())
