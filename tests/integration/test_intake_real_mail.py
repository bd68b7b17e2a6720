"""Real and hostile mail goes all the way into both databases: every string can be stored."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from daemon.__main__ import share
from daemon.classify import Classifier
from daemon.config import load
from tests.builders import a_batch, a_raw, an_inbox, an_office_over

MANIFEST = Path(__file__).resolve().parents[3] / "shared" / "corpora" / "manifest.tsv"
LONG = "x" * 5000
WIDE = "".join(map(chr, range(0x4E00, 0x4E00 + 2000)))
HOSTILE = {
    "nul": b"From: a\0b <a\0@home.example>\nSubject: a\0b\n\nwords\0and words\n",
    "long-address": f"From: {LONG}@{LONG}.example\nSubject: x\n\nwords\n".encode(),
    "long-reply-to": f"From: a@home.example\nReply-To: {LONG}@home.example\n\nwords\n".encode(),
    "long-local-part": f"From: {'l' * 64}@{'d' * 60}.{'d' * 60}.{'d' * 60}.example\n\nx\n".encode(),
    "long-message-id": f"From: a@home.example\nMessage-ID: <{LONG}@x>\n\nwords\n".encode(),
    "wide-message-id": f"From: a@home.example\nMessage-ID: <{WIDE}@x>\n\nwords\n".encode(),
    "wide-sender": f"From: {WIDE} <{WIDE[:60]}@{WIDE[:250]}>\n\nwords\n".encode(),
    "long-subject": f"From: a@home.example\nSubject: {LONG * 20}\n\nwords\n".encode(),
    "surrogates": b"From: a@home.example\nSubject: \xed\xa0\x80\n\n\xed\xa0\x80\xff words\n",
    "many-references": (
        "From: a@home.example\nReferences: "
        + "\n ".join(f"<{n}@home.example>" for n in range(5000))
        + "\n\nwords\n"
    ).encode(),
    "year-one": b"From: a@home.example\nDate: Mon, 1 Jan 0001 00:00:00 +1400\n\nwords\n",
    "year-9999": b"From: a@home.example\nDate: Fri, 31 Dec 9999 23:59:59 -1200\n\nwords\n",
    "many-reply-to": (
        "From: a@home.example\nReply-To: "
        + ", ".join(f"r{n}@home.example" for n in range(500))
        + "\n\nwords\n"
    ).encode(),
    "nothing": b"",
}


@pytest.fixture(scope="module")
def config(tmp_path_factory):
    """The shipped one."""
    return load(share() / "config", env=os.environ, state_dir=tmp_path_factory.mktemp("state"))


@pytest.fixture
def intake(store, config):
    """Intake by the shipped rules."""
    office = an_office_over(store, policy=config.policy)
    classifier = Classifier(config.rules, config.policy.directory)
    return replace(office.intake, classifier=classifier)


def problems(intake, contents):
    """Why each of them was not stored, by name."""
    found = {}
    names = list(contents)
    for start in range(0, len(names), 50):
        some = names[start : start + 50]
        raws = [a_raw(contents[name]) for name in some]
        taken = intake.take_in(an_inbox(), a_batch(*raws), lease=None)
        found |= {
            name: one.why
            for name, one in zip(some, taken, strict=True)
            if one.state not in {"stored", "repeated"}
        }
    return found


def test_hostile_mail_is_stored(intake):
    """Nothing that can be written into a header or a body is more than a database can take."""
    assert problems(intake, HOSTILE) == {}


@pytest.mark.skipif(not MANIFEST.exists(), reason="the shared corpora are not here")
def test_real_mail_is_stored(intake):
    """Every mail of other projects' test suites."""
    paths = [line.split("\t")[0] for line in MANIFEST.read_text().splitlines()[1:]]
    assert problems(intake, {p: (MANIFEST.parent / p).read_bytes() for p in paths}) == {}
