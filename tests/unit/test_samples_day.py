"""The sample day is real mail about invented people, and its README knows every file."""

from __future__ import annotations

import email
import re
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest

SAMPLES = Path(__file__).parents[2] / "samples"
MAILS = sorted(SAMPLES.glob("day/*/*.eml"), key=lambda path: path.name)
BOXES = {"ombudsman", "ceo", "customer-care", "intake"}
NOT_INVENTED = {"parliament.uk", "mailout.parliament.uk", "ico.org.uk", "mail.ico.org.uk"}
UK_PARLIAMENT_ID = re.compile(r"^\w+\.parliament\.uk$")
DOMAIN = re.compile(r"(?<=[@/])(?:[a-z0-9-]+\.)+[a-z]{2,}", re.IGNORECASE)


def everything_in(path: Path) -> str:
    """Headers and decoded text of a sample."""
    mail = email.message_from_bytes(path.read_bytes())
    texts = [
        part.get_payload(decode=True).decode("latin-1")
        for part in mail.walk()
        if part.get_content_maintype() == "text"
    ]
    return "\n".join([*(f"{name}: {value}" for name, value in mail.items()), *texts])


def test_the_day_is_long_enough_and_uses_every_mailbox():
    """About forty mails in the four mailboxes, numbered in order without a gap."""
    assert len(MAILS) >= 38
    assert {path.parent.name for path in MAILS} == BOXES
    assert [int(path.name[:2]) for path in MAILS] == list(range(1, len(MAILS) + 1))


@pytest.mark.parametrize("path", MAILS, ids=lambda path: path.name)
def test_a_sample_is_a_mail_as_a_server_stores_it(path):
    """LF line ends, a last newline, a body, and a Received header of our own server that day."""
    content = path.read_bytes()
    assert b"\r" not in content
    assert content.endswith(b"\n")
    mail = email.message_from_bytes(content)
    assert mail.get_payload()
    first = " ".join(mail.get_all("Received")[0].split())
    assert "by mx.ombudsman.example" in first
    at = parsedate_to_datetime(first.rpartition(";")[2].strip())
    assert (at.year, at.month, at.day) == (2026, 11, 23)
    assert (7, 30) <= (at.hour, at.minute) <= (17, 0)


@pytest.mark.parametrize("path", MAILS, ids=lambda path: path.name)
def test_a_sample_names_no_real_address(path):
    """Only example domains, with Parliament's and the Information Commission's own."""
    for domain in DOMAIN.findall(everything_in(path)):
        bare = domain.lower()
        reserved = bare.rpartition(".")[2] == "example" or re.search(
            r"(^|\.)example\.(com|net|org)$", bare
        )
        assert reserved or bare in NOT_INVENTED or UK_PARLIAMENT_ID.match(bare), bare


def test_the_order_of_the_numbers_is_the_order_of_arrival():
    """Played by number, the day happens as it did."""
    received = [
        parsedate_to_datetime(
            email.message_from_bytes(path.read_bytes())["Received"].rpartition(";")[2].strip()
        )
        for path in MAILS
    ]
    assert received == sorted(received)


def test_one_mail_lies_in_two_mailboxes():
    """Same Message-ID and text, two Received headers."""
    by_id: dict[str, list[Path]] = {}
    for path in MAILS:
        by_id.setdefault(str(email.message_from_bytes(path.read_bytes())["Message-ID"]), []).append(
            path
        )
    (pair,) = [paths for paths in by_id.values() if len(paths) > 1]
    assert {path.parent.name for path in pair} == {"customer-care", "intake"}
    first, second = (email.message_from_bytes(path.read_bytes()) for path in pair)
    assert first.get_payload() == second.get_payload()
    assert first["Received"] != second["Received"]


def test_the_readme_has_a_line_for_every_sample():
    """Number and mailbox agree."""
    lines = re.findall(
        r"^\| (\d+) \| ([a-z-]+) \|", (SAMPLES / "README.md").read_text(), re.MULTILINE
    )
    assert [(int(n), box) for n, box in lines] == [
        (int(path.name[:2]), path.parent.name) for path in MAILS
    ]
