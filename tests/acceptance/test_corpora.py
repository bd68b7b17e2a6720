"""The test mails of public libraries, read in place: every one judged, none against its truth."""

from __future__ import annotations

import csv
import json
import subprocess
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from tests.acceptance.office import ROOT, a_command, an_environment

if TYPE_CHECKING:
    from collections.abc import Sequence

CORPORA = ROOT.parent / "shared" / "corpora"
MANIFEST = CORPORA / "manifest.tsv"
KEYS = {
    *("path", "from", "subject", "date", "text_chars", "category", "source", "routine"),
    *("criteria", "alerts", "registers", "deadlines", "evidence", "confidence", "to_be_sorted"),
    *("reference", "language", "route", "acknowledge", "held", "skip", "error"),
}
LISTS = ("criteria", "alerts", "registers", "deadlines", "evidence")


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """One mail's line of the manifest, and what the command said of it."""

    path: str
    truth: str
    said: dict[str, Any]

    def __str__(self) -> str:
        """Return what a person needs to look it up."""
        words = ("route", "category", "skip", "held", "error")
        return f"{self.path} ({self.truth}): " + ", ".join(f"{w}={self.said[w]}" for w in words)


@pytest.fixture(scope="module")
def listed() -> list[dict[str, str]]:
    """The lines of the manifest; without the corpora the tests are skipped."""
    if not MANIFEST.is_file():
        pytest.skip(f"the corpora are not here: there is no {MANIFEST.relative_to(ROOT.parent)}")
    with MANIFEST.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))


@pytest.fixture(scope="module")
def lines(listed: list[dict[str, str]]) -> list[bytes]:
    """What one process says of all of them, a line each."""
    done = subprocess.run(
        a_command("explain", "--json", *(line["path"] for line in listed)),
        cwd=CORPORA,
        env=an_environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=400,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    return done.stdout.splitlines()


@pytest.fixture(scope="module")
def judgements(listed: list[dict[str, str]], lines: list[bytes]) -> list[Judgement]:
    """Each listed mail with what was said of it."""
    return [
        Judgement(path=line["path"], truth=line["truth"] or "", said=json.loads(said))
        for line, said in zip(listed, lines, strict=True)
    ]


def _fail_on(wrong: Sequence[Judgement]) -> None:
    if wrong:
        pytest.fail(f"{len(wrong)} are wrong:\n" + "\n".join(map(str, wrong)), pytrace=False)


def test_there_is_one_line_of_ascii_for_each_mail(
    listed: list[dict[str, str]], lines: list[bytes]
) -> None:
    """As many lines as paths, in their order, in ASCII, each path as it was given."""
    assert len(lines) == len(listed)
    assert all(line.isascii() for line in lines)
    assert [json.loads(line)["path"] for line in lines] == [line["path"] for line in listed]


def test_every_key_is_always_there(judgements: list[Judgement]) -> None:
    """No key is ever missing, and lists are never null."""
    _fail_on([j for j in judgements if not j.said.keys() >= KEYS])
    _fail_on([j for j in judgements if any(j.said[key] is None for key in LISTS)])


def test_every_mail_can_be_read(judgements: list[Judgement]) -> None:
    """None is quarantined, however broken."""
    _fail_on([j for j in judgements if j.said["error"] is not None])


def test_no_machine_is_ever_answered(judgements: list[Judgement]) -> None:
    """A delivery report, automatic reply, list or bulk mail gets no acknowledgement."""
    machines = [j for j in judgements if j.truth in {"bounce", "auto"}]
    print(Counter(j.truth for j in machines))
    assert machines
    _fail_on([j for j in machines if j.said["acknowledge"]])


def test_every_person_is_answered(judgements: list[Judgement]) -> None:
    """A person's direct mail is acknowledged, at once or on release."""
    people = [j for j in judgements if j.truth == "human"]
    assert people
    _fail_on([j for j in people if not j.said["acknowledge"]])


def test_the_answer_is_sent_held_or_left_out_for_one_reason(judgements: list[Judgement]) -> None:
    """`acknowledge`, `held` and `skip` never contradict each other."""
    _fail_on(
        [
            j
            for j in judgements
            if j.said["acknowledge"] != (j.said["skip"] is None)
            or (j.said["skip"] is not None and j.said["held"] is not None)
        ]
    )


def test_all_that_was_read_can_be_stored(judgements: list[Judgement]) -> None:
    """No NUL and no half of a surrogate pair stands in any string."""

    def strings(value: object) -> list[str]:
        match value:
            case str():
                return [value]
            case dict():
                return [s for one in value.values() for s in strings(one)]
            case list():
                return [s for one in value for s in strings(one)]
            case _:
                return []

    def storable(text: str) -> bool:
        return "\0" not in text and not any("\ud800" <= char <= "\udfff" for char in text)

    _fail_on([j for j in judgements if not all(map(storable, strings(j.said)))])
