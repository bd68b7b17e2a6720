"""The sample day: a whole office on the embedded default, for somebody to watch.

It runs the real daemon on SQLite and Maildirs in a folder of its own. The samples bear the date
of one day; they are delivered as of today, so that the clocks shown are those of a real office.
"""

from __future__ import annotations

import fcntl
import shlex
import shutil
import sys
import threading
import time
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from rich.panel import Panel
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from daemon import words
from daemon.app import App, load_templates, open_store
from daemon.config import MaildirInboxConfig, MaildirOutletConfig, load
from daemon.console import harmless, message_lines
from daemon.deadlines import LONDON
from daemon.service import Stop
from daemon.startup import AdoptedModel
from desk.command import Beside

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import IO

    from rich.console import Console

    from daemon.config import Config
    from daemon.intake import InboxFacts, Taken

SAMPLE_DAY = b"Mon, 23 Nov 2026"  # as it stands in the headers of the samples
_MARKER = ".assurance-demo"  # a folder with this file is ours to empty; locked while one runs
_STAY_WITHOUT_TERMINAL_S = 120.0
_LOOK_S = 0.3


class DemoError(Exception):
    """The demo cannot be shown; the message says what to do."""


@dataclass(slots=True, kw_only=True)
class _Tally:
    """What has been shown so far."""

    taken: int = 0
    last_at: float = 0.0  # monotonic


class Demo:
    """One showing of the sample day."""

    def __init__(
        self,
        config: Config,
        *,
        templates: Path,
        samples: Sequence[Path],
        folder: Folder,
        console: Console,
    ) -> None:
        """Put the daemon together on an empty store."""
        self._folder = folder
        self._config, self._samples, self._console = config, samples, console
        self._stop = Stop()
        self._tally = _Tally()
        self._lock = threading.Lock()
        self._store = open_store(config)
        self._app = App(
            config,
            templates=load_templates(templates),
            store=self._store,
            stop=self._stop,
            models=AdoptedModel.of(config),
            on_taken=self._show,
        )
        self._page = Beside(config, self._store) if config.desk.role else None

    @classmethod
    def prepare(
        cls,
        *,
        config_dir: Path,
        samples: Path,
        templates: Path,
        state: Path,
        console: Console,
    ) -> Demo:
        """Empty the demo's folder and make everything ready.

        Raises:
            ConfigErrors: the config has mistakes.
            DemoError: the folder is not the demo's, another demo runs in it, it cannot be made,
                or the samples are missing.
        """
        files = sorted(samples.rglob("*.eml"), key=lambda path: path.name)
        if not files:
            msg = f"There are no samples in {samples}. Install the package again."
            raise DemoError(msg)
        folder = Folder(state)
        config = load(config_dir, env={}, state_dir=state)
        # A sample day asks nobody outside this machine.
        quiet = config.health.model_copy(update={"link_days": 0})
        config = replace(config, health=quiet)
        return cls(config, templates=templates, samples=files, folder=folder, console=console)

    def run(self, *, pause_s: float, stay_s: float | None) -> int:
        """Deliver the day mail by mail, show what becomes of it, then wait for more.

        `stay_s` None: until Ctrl-C, or two minutes where there is no terminal.
        """
        self._stop.install()
        self._app.begin()
        self._greet()
        director = threading.Thread(target=self._direct, args=(pause_s, stay_s), daemon=True)
        director.start()
        if self._page:
            self._page.start()
        code = self._app.run()
        if self._page:
            self._page.stop()
        self._console.print(Rule())
        self._console.print("The demo has ended. Everything it made is still in its folder.")
        return code

    def _greet(self) -> None:
        inboxes = [one for one in self._config.inboxes if isinstance(one, MaildirInboxConfig)]
        lines = [
            f"A sample day of {len(self._samples)} mails begins. Each mail is taken in,",
            "understood, routed, answered and put on the clock by the real daemon.",
            "",
            "Drop a mail into one of these folders to see what becomes of it. Its name must end",
            "in .eml; within the folder's new/ any name will do:",
            *(f"  {one.path}" for one in inboxes),
            "The letters sent lie as mails in:",
            *(f"  {folder}" for folder in self._outlet_folders()),
            *self._page_lines(),
            "Look at an enquiry in another window, REF being its reference:",
            f"  {_command()} show REF --state {shlex.quote(str(self._folder.path))}",
            "",
            "Press Ctrl-C to end.",
        ]
        self._console.print(Panel(Text("\n".join(lines)), title="Assurance", title_align="left"))

    def _page_lines(self) -> list[str]:
        if self._page is None:
            return []
        return [
            "Work on them in a browser. Choose a password for the account here:",
            f"  {self._page.link}",
            "You sign in as demo.",
        ]

    def _outlet_folders(self) -> Iterator[Path]:
        for one in self._config.outlets:
            if isinstance(one, MaildirOutletConfig):
                yield one.path / "new"

    # The day

    def _direct(self, pause_s: float, stay_s: float | None) -> None:
        for sample in self._samples:
            if self._stop.wait(pause_s):
                return
            self._deliver(sample)
        self._wait_for_rest()
        self._sum_up()
        if stay_s is None:
            if sys.stdout.isatty():
                return
            stay_s = _STAY_WITHOUT_TERMINAL_S
        while time.monotonic() - self._tally.last_at < stay_s:
            if self._stop.wait(_LOOK_S):
                return
        self._stop.set()

    def _deliver(self, sample: Path) -> None:
        """Lay a sample into the inbox of its folder's name, dated today, as a server would."""
        inbox = next(
            (
                one
                for one in self._config.inboxes
                if one.name == sample.parent.name and isinstance(one, MaildirInboxConfig)
            ),
            None,
        )
        if inbox is None:
            return
        today = f"{datetime.now(LONDON):%a, %d %b %Y}".encode()  # noqa: TID251 -- a day to show, not one to reckon with
        content = sample.read_bytes().replace(SAMPLE_DAY, today)
        draft = inbox.path / "tmp" / sample.name
        draft.write_bytes(content)
        draft.rename(inbox.path / "new" / sample.name)

    def _wait_for_rest(self) -> None:
        patience_s = 30.0
        began = time.monotonic()
        while self._tally.taken < len(self._samples) and time.monotonic() - began < patience_s:
            if self._stop.wait(_LOOK_S):
                return
        self._stop.wait(2.0)  # the last letters leave

    # What a person sees

    def _show(self, inbox: InboxFacts, taken: Sequence[Taken]) -> None:
        with self._lock:
            for one in taken:
                self._tally.taken += 1
                self._tally.last_at = time.monotonic()
                self._console.print(Rule(f"{words.BOXES[inbox.box]}", align="left"))
                self._show_one(one)

    def _show_one(self, one: Taken) -> None:
        if one.message is None or one.found is None or one.decision is None:
            self._console.print(harmless(_SAID.get(one.state, one.state) + f" {one.why}".rstrip()))
            return
        if one.reference:
            self._console.print(Text(f"Enquiry {one.reference}", style="bold"))
        self._console.print(message_lines(one.message, one.found, one.decision))

    def _sum_up(self) -> None:
        with self._store.read() as tx:
            counts = tx.counts()
        table = Table(title="The day so far", title_justify="left")
        table.add_column("What")
        table.add_column("How many", justify="right")
        for name, count in counts.items():
            table.add_row(_COUNTED[name], str(count))
        self._console.print(table)


_SAID = {
    "repeated": "The same message again, in another inbox: no second enquiry, no second answer.",
    "private": "Private mail: not ours to read. A receipt without content is kept.",
    "quarantined": "It cannot be read, so it is set aside for a person, who is told.",
    "missed": "It was listed, but could not be had:",
}
_COUNTED = {
    "receipts": "Mails received",
    "messages": "Messages (a mail to two boxes is one)",
    "enquiries": "Enquiries opened",
    "sent": "Letters sent: acknowledgements, notices, alerts",
}


class Folder:
    """The demo's own folder, emptied, and kept from a second demo while this one runs."""

    def __init__(self, path: Path) -> None:
        """Make the folder new, or leave it as it is.

        Raises:
            DemoError: it holds something else, another demo runs in it, or it cannot be made.
        """
        self.path = path
        try:
            _check(path)
            path.mkdir(parents=True, exist_ok=True)
            self._lock = _locked(path / _MARKER)
            _empty(path)
        except OSError as error:
            msg = f"{path} cannot be used: {error.strerror}. Give another folder with --state."
            raise DemoError(msg) from None

    def close(self) -> None:
        """Let another demo have the folder; the end of the process does so too."""
        self._lock.close()


def _check(path: Path) -> None:
    if path.exists() and not path.is_dir():
        msg = f"{path} is a file, not a folder. Give a folder with --state."
        raise DemoError(msg)
    if path.exists() and any(path.iterdir()) and not (path / _MARKER).exists():
        msg = f"{path} is not empty and not the demo's. Give another folder with --state."
        raise DemoError(msg)


def _locked(marker: Path) -> IO[str]:
    """Return the marker, open and locked until this process ends."""
    lock = marker.open("a")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        msg = (
            f"A demo is running in {marker.parent}. End it first (Ctrl-C in its window), or give "
            "another folder with --state."
        )
        raise DemoError(msg) from None
    return lock


def _empty(path: Path) -> None:
    for child in path.iterdir():
        if child.is_dir() and not child.is_symlink():
            shutil.rmtree(child)
        elif child.name != _MARKER:
            child.unlink()


def _command() -> str:
    """Return how this command was called, so that a line can be copied."""
    called = Path(sys.argv[0])
    return shlex.quote(str(called)) if called.name == "assurance" else "assurance"
