"""Real mails from other projects' test suites, against the standard library as an oracle."""

from __future__ import annotations

import email
import email.header
import email.utils
from pathlib import Path
from statistics import median
from time import perf_counter

import pytest

from daemon.model import Box, Message
from daemon.parse import parse
from tests.unit.test_parse_hostile import assert_storable

CORPORA = Path(__file__).resolve().parents[3] / "shared" / "corpora"
MANIFEST = CORPORA / "manifest.tsv"
# Where the oracle reads a broken header worse than we do; a new kind of mistake costs more.
MAX_DIFFERENT = 0.02
MAX_MEDIAN_S = 0.02  # several times what it takes, for a slow machine

pytestmark = pytest.mark.skipif(not MANIFEST.exists(), reason="the shared corpora are not here")


@pytest.fixture(scope="module")
def read_mails() -> list[tuple[bytes, Message]]:
    """Return every mail of the corpora, raw and parsed."""
    paths = [line.split("\t")[0] for line in MANIFEST.read_text().splitlines()[1:]]
    contents = [(CORPORA / path).read_bytes() for path in paths]
    return [(content, parse(content, box=Box.INTAKE)) for content in contents]


def decoded(value: str) -> str | None:
    """Decode a header by the standard library, or None where it cannot."""
    try:
        chunks = email.header.decode_header(value)
        text = "".join(
            chunk.decode(charset or "ascii") if isinstance(chunk, bytes) else chunk
            for chunk, charset in chunks
        )
    except (ValueError, LookupError, email.errors.HeaderParseError):
        return None
    return " ".join(text.split()) if text.isprintable() and len(text) < 1000 else None


def has_text(content: bytes) -> bool:
    """Whether the oracle finds a text part with words, outside attachments and inner messages."""
    mail = email.message_from_bytes(content)
    if mail.get_content_maintype() == "message":
        return False
    for part in mail.walk():
        if part.get_content_type().startswith("message/") or part.get_content_type().endswith(
            "digest"
        ):
            return False
        data = part.get_payload(decode=True)
        named = part.get_filename() or part.get_content_disposition() == "attachment"
        if part.get_content_type() == "text/plain" and not named and isinstance(data, bytes):
            return any(chr(byte).isalpha() for byte in data)
    return False


def test_every_mail_is_read_and_storable(read_mails: list[tuple[bytes, Message]]) -> None:
    """None raises, every string can be stored, and the tree builder never gives up."""
    assert len(read_mails) > 600
    for _, message in read_mails:
        assert_storable(message)
        assert not any("could not be followed" in defect for defect in message.defects)


def test_senders_agree_with_the_standard_library(read_mails: list[tuple[bytes, Message]]) -> None:
    """Where it finds one sane address in From, so do we, and the same."""
    different = checked = 0
    for content, message in read_mails:
        value = email.message_from_bytes(content)["from"]
        address = email.utils.parseaddr(value)[1].lower() if isinstance(value, str) else ""
        if address.count("@") == 1 and address.isascii() and " " not in address:
            checked += 1
            different += address != message.sender.address
    assert checked > 500
    assert different <= MAX_DIFFERENT * checked


def test_subjects_agree_with_the_standard_library(read_mails: list[tuple[bytes, Message]]) -> None:
    """Where it can decode the subject, ours has the same letters."""
    different = checked = 0
    for content, message in read_mails:
        value = email.message_from_bytes(content)["subject"]
        expected = decoded(value) if isinstance(value, str) else None
        if expected is not None:
            checked += 1
            different += expected.replace(" ", "") != message.subject.replace(" ", "")
    assert checked > 500
    assert different <= MAX_DIFFERENT * checked


def test_dates_agree_with_the_standard_library(read_mails: list[tuple[bytes, Message]]) -> None:
    """Where it understands the date with its zone, ours is the same instant."""
    different = checked = 0
    for content, message in read_mails:
        value = email.message_from_bytes(content)["date"]
        try:
            expected = email.utils.parsedate_to_datetime(str(value or ""))
        except (ValueError, TypeError):
            continue
        if expected.tzinfo:
            checked += 1
            different += message.date_at != expected
    assert checked > 400
    assert different <= MAX_DIFFERENT * checked


def test_text_is_found_where_it_is(read_mails: list[tuple[bytes, Message]]) -> None:
    """A mail with words in a text part has text."""
    with_text = [message for content, message in read_mails if has_text(content)]
    assert len(with_text) > 400
    assert all(message.text_chars for message in with_text)


def test_reading_is_fast(read_mails: list[tuple[bytes, Message]]) -> None:
    """A mail takes about a millisecond."""
    times = []
    for content, _ in read_mails:
        begun = perf_counter()
        parse(content, box=Box.INTAKE)
        times.append(perf_counter() - begun)
    assert median(times) < MAX_MEDIAN_S
