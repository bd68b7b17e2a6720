"""`assurance demo`: the sample day that whoever tries the software sees first."""

from __future__ import annotations

import re
import signal
import subprocess
import time
import urllib.request
from contextlib import contextmanager
from email.utils import parseaddr
from typing import TYPE_CHECKING

import pytest

from tests.acceptance.letters import Sent
from tests.acceptance.mails import a_mail
from tests.acceptance.office import ROOT, a_command, an_environment
from tests.servers import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.alone

SAMPLES = sorted((ROOT / "samples" / "day").rglob("*.eml"))


class Show:
    """A demo that runs without a terminal."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.state = folder / "demo"
        self.screen = folder / "screen.txt"
        with self.screen.open("wb") as screen:
            self.process = subprocess.Popen(
                a_command("demo", "--state", str(self.state), *options),
                cwd=folder,
                env=an_environment() | {"COLUMNS": "160"},
                stdin=subprocess.DEVNULL,
                stdout=screen,
                stderr=subprocess.STDOUT,
            )

    def seen(self) -> str:
        """Return what was shown so far."""
        return self.screen.read_text()

    def sent(self, outlet: str = "acknowledgements") -> list[Sent]:
        """Return the letters that lie in an outlet's folder."""
        folder = self.state / "sent" / outlet / "new"
        return [Sent.read(path.read_bytes()) for path in sorted(folder.iterdir())]

    def drop(self, inbox: str, content: bytes) -> None:
        """Drop a mail into an inbox folder, as a file manager does."""
        (self.state / "inboxes" / inbox / "new" / "dropped.eml").write_bytes(content)


@contextmanager
def a_show(folder: Path, *options: str) -> Iterator[Show]:
    """Start a demo, and end it whatever happens."""
    show = Show(folder, *options)
    try:
        yield show
    finally:
        if show.process.poll() is None:
            show.process.kill()
        show.process.wait(10)


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Show:
    """A demo that has run to its end, with a mail dropped in on the way."""
    with a_show(tmp_path_factory.mktemp("demo"), "--pause", "0.05", "--stay", "15") as show:
        wait_until(
            lambda: "The day so far" in show.seen() or show.process.poll() is not None,
            within_s=90,
            what="the day's end",
        )
        show.drop("intake", a_mail("information", 77).content)
        assert show.process.wait(60) == 0, show.seen()[-2000:]
    return show


def test_the_demo_shows_every_sample(seen: Show) -> None:
    """Each sample's sender stands on the screen, but for private mail, which is not read."""
    words = " ".join(seen.seen().split())
    missing = []
    for path in SAMPLES:
        sender = parseaddr(Sent.read(path.read_bytes()).header("From"))[1].lower()
        if sender and sender not in words:
            missing.append(path.name)
    private = words.count("Private mail: not ours to read")
    twice = words.count("The same message again")
    assert len(missing) <= private + twice, missing


def test_the_demo_says_what_was_done_and_why(seen: Show) -> None:
    """Kind, reasons, way, answer and date are said, and a tally closes the day."""
    words = seen.seen()
    for heading in ("Taken for", "Why", "Goes to", "Answer", "Due", "The day so far"):
        assert heading in words
    assert "Traceback" not in words


def test_the_acknowledgements_lie_as_mails_in_a_folder(seen: Show) -> None:
    """Each can be opened: it has a sender, a reference, a text and HTML."""
    letters = seen.sent()
    assert len(letters) > 10
    for letter in letters:
        assert letter.header("Auto-Submitted") == "auto-replied"
        assert "PH-" in letter.header("Subject")
        assert "PH-" in letter.words("html")
    assert seen.sent("notices")


def test_a_mail_dropped_in_is_taken_in_while_one_watches(seen: Show) -> None:
    """An .eml laid into an inbox folder is shown and answered."""
    dropped = a_mail("information", 77)
    assert dropped.marker in seen.seen()
    assert [letter for letter in seen.sent() if letter.recipients == [dropped.sender]]


def test_ctrl_c_ends_the_demo(tmp_path: Path) -> None:
    """In the middle of the day as well; status 0 and a last word."""
    with a_show(tmp_path, "--pause", "0.3") as show:
        wait_until(lambda: "Goes to" in show.seen(), within_s=30, what="the first mail")
        began = time.monotonic()
        show.process.send_signal(signal.SIGINT)
        assert show.process.wait(12) == 0
        assert time.monotonic() - began < 4
        assert "The demo has ended" in show.seen()


def test_the_demo_shows_its_page(tmp_path: Path) -> None:
    """With a link that works, printed so that it can be copied."""
    with a_show(tmp_path, "--pause", "0", "--stay", "20") as show:
        wait_until(lambda: "/welcome/" in show.seen(), within_s=30, what="the link")
        link = re.search(r"http://\S+/welcome/\S+", show.seen())
        assert link

        def page() -> str:
            try:
                with urllib.request.urlopen(link[0], timeout=2) as answer:
                    return str(answer.read().decode())
            except OSError:
                return ""

        wait_until(lambda: "Choose a password" in page(), within_s=20, what="the page")


def test_a_second_demo_on_the_same_folder_is_refused(tmp_path: Path) -> None:
    """With a sentence; the first goes on undisturbed, and says how to look at an enquiry."""
    with a_show(tmp_path, "--pause", "0.3") as show:
        wait_until(lambda: "Goes to" in show.seen(), within_s=30, what="the first mail")
        second = subprocess.run(
            a_command("demo", "--state", str(show.state)),
            cwd=tmp_path,
            env=an_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert second.returncode == 66
        assert "A demo is running" in second.stderr
        assert "Traceback" not in second.stderr
        assert show.process.poll() is None
        assert (show.state / "assurance.db").exists()
        assert f"show REF --state {show.state}" in "".join(show.seen().split("\n"))


def test_the_demo_empties_no_folder_but_its_own(tmp_path: Path) -> None:
    """A state folder that holds something else is left alone, with a sentence."""
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "thesis.txt").write_text("years of work")
    with a_show(tmp_path) as show:
        assert show.process.wait(30) == 66
        assert "--state" in show.seen()
    assert (tmp_path / "demo" / "thesis.txt").read_text() == "years of work"
