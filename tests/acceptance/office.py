"""An office for the acceptance tests: the shipped config on real servers, and the real process.

`Office` copies the config that is shipped, puts the test servers into it, and runs the daemon
as a process of its own, as an administrator would. `Ledger` looks into its database.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from daemon.store import Store
from daemon.tokens import Signer
from tests.servers import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tests.servers.dovecot import Dovecot

ROOT = Path(__file__).parents[2]
DOMAIN = "ombudsman.example"
ACKNOWLEDGER = f"customer.care@{DOMAIN}"
SIGNED_ADDRESS = f"assurance@{DOMAIN}"
SIGNING_KEY = "a key for the tests, and for nothing else at all"
DOORS = {
    "ombudsman": f"ombudsman@{DOMAIN}",
    "ceo": f"chief.executive@{DOMAIN}",
    "customer-care": f"customer.care@{DOMAIN}",
    "intake": f"intake@{DOMAIN}",
}
"""The four mailboxes people write to, each with its address."""
TEAMS = {
    f"team.customer.care@{DOMAIN}",
    f"team.intake@{DOMAIN}",
    f"team.external.affairs@{DOMAIN}",
}
"""The mailboxes that notices go to, by the shipped teams.toml."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbox:
    """A watched folder of a Dovecot user."""

    name: str
    user: str
    box: str
    address: str
    settings: Mapping[str, object]


class Running:
    """A daemon that runs: asked to stop, killed, and read by its log."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        folder: Path,
        log: Path,
        around: Mapping[str, str] | None = None,
    ) -> None:
        """Start it; `around` are variables of its environment beside the usual ones."""
        self.log = log
        with log.open("ab") as stderr:
            self.process = subprocess.Popen(
                command,
                cwd=folder,
                env={**an_environment(), **(around or {})},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=stderr,
                start_new_session=True,
            )

    @property
    def is_alive(self) -> bool:
        """Whether the process still runs."""
        return self.process.poll() is None

    def ask_to_stop(self) -> None:
        """Send SIGTERM, as systemd does."""
        self.process.send_signal(signal.SIGTERM)

    def stop(self, *, within_s: float = 10.0) -> float:
        """Ask it to stop, expect it to have ended well; return how long that took, seconds."""
        began = time.monotonic()
        self.ask_to_stop()
        code = self.process.wait(within_s)
        assert code == 0, self.tail()
        return time.monotonic() - began

    def kill(self) -> None:
        """End it with SIGKILL, in the middle of whatever it does."""
        self.process.kill()
        self.process.wait(10)

    def events(self) -> list[dict[str, Any]]:
        """Return the lines of the log; each has to be JSON."""
        return [json.loads(line) for line in self.log.read_text().splitlines()]

    def has_said(self, event: str) -> bool:
        """Whether an event stands in the log."""
        return any(f'"event": "{event}"' in line for line in self.log.read_text().splitlines())

    def wait_for(self, event: str, *, within_s: float = 20.0) -> None:
        """Wait until an event stands in the log."""
        wait_until(
            lambda: self.has_said(event) or not self.is_alive,
            within_s=within_s,
            what=f"the event {event}",
        )
        assert self.has_said(event), self.tail()

    def tail(self) -> str:
        """Return the end of the log, to show when something is wrong."""
        return self.log.read_text()[-3000:]


def an_environment() -> dict[str, str]:
    """Return the environment of a process of ours: that of the tests without their own marks."""
    left_out = ("ASSURANCE_", "STATE_DIRECTORY", "CREDENTIALS_DIRECTORY", "NOTIFY_SOCKET")
    return {k: v for k, v in os.environ.items() if not k.startswith(left_out)}


def a_command(*arguments: str) -> list[str]:
    """Return the `assurance` command with its arguments."""
    return [sys.executable, "-m", "daemon", *arguments]


@dataclass(slots=True, kw_only=True)
class Office:
    """A config folder, a state folder, and the processes that work on them."""

    folder: Path
    dovecot: Dovecot
    prefix: str  # of Dovecot's users, so that no two tests share a mailbox
    smtp: Mapping[str, object] | None = None  # of the outlet; None: sent mail lies in a folder
    url: str = "sqlite:///assurance.db"
    log_level: str = "debug"
    inboxes: dict[str, Inbox] = field(default_factory=dict)
    schedule: dict[str, object] = field(default_factory=lambda: {"send_s": 0.5, "sweep_s": 1})
    around: dict[str, str] = field(default_factory=dict)  # of the daemon's environment
    inside: tuple[str, ...] = ()  # what the daemon's command begins with
    runs: list[Running] = field(default_factory=list)
    _delivered: int = 0

    def __post_init__(self) -> None:
        self.config.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(ROOT / "config", self.config)
        self.state.mkdir()
        self.secret("imap", self.dovecot.password)
        self.secret("signing", SIGNING_KEY)

    @property
    def config(self) -> Path:
        """The config folder."""
        return self.folder / "config"

    @property
    def state(self) -> Path:
        """The state folder."""
        return self.folder / "state"

    def secret(self, name: str, words: str) -> None:
        """Lay a secret into its file."""
        path = self.config / "secrets" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(words + "\n")
        path.chmod(0o600)

    # Mailboxes

    def watch(
        self, name: str, *, box: str = "", address: str = "", user: str = "", **settings: Any
    ) -> Inbox:
        """Make a mailbox and watch it; `settings` go into inboxes.toml as they are."""
        inbox = Inbox(
            name=name,
            user=self.dovecot.add_user(user or f"{self.prefix}-{name}"),
            box=box or name,
            address=address or DOORS[name],
            settings=settings,
        )
        self.inboxes[name] = inbox
        return inbox

    def watch_doors(self, **settings: Any) -> None:
        """Watch the four mailboxes that people write to."""
        for name in DOORS:
            self.watch(name, **settings)

    def mailbox(self, name: str) -> str:
        """Make a mailbox that nobody watches; return its user."""
        return self.dovecot.add_user(f"{self.prefix}-{name}")

    def deliver(self, inbox: str, content: bytes, *, arrived: float | None = None) -> None:
        """Let a mail arrive in a watched mailbox; `arrived` in seconds since 1970."""
        self.dovecot.deliver(self.inboxes[inbox].user, content, arrived=arrived)
        self._delivered += 1

    # Config

    def write(self) -> None:
        """Write the config files that name servers and folders."""
        (self.config / "inboxes.toml").write_text("\n".join(self._inbox_tables()))
        (self.config / "outlets.toml").write_text(self._outlets())
        daemon: dict[str, dict[str, object]] = {
            "store": {"url": self.url},
            "schedule": {"lease_s": 10, **self.schedule},
        }
        daemon |= {"log": {"level": self.log_level, "format": "json"}}
        daemon |= {"signing": {"keys": [{"id": "t", "secret": "file:signing"}]}}
        daemon |= {"paths": {"templates": str(ROOT / "templates"), "state": str(self.state)}}
        tables = (f"[{name}]\n{_toml(table)}" for name, table in daemon.items())
        (self.config / "daemon.toml").write_text("\n".join(tables))

    def change(self, file: str, old: str, new: str) -> None:
        """Change words in a file of the config."""
        path = self.config / file
        words = path.read_text()
        assert old in words, f"{old!r} does not stand in {file}"
        path.write_text(words.replace(old, new))

    def _inbox_tables(self) -> Iterator[str]:
        for inbox in self.inboxes.values():
            table = {
                "name": inbox.name,
                "box": inbox.box,
                "address": inbox.address,
                "kind": "imap",
                "host": "localhost",
                "tls": "implicit",
                "port": self.dovecot.tls_port,
                "ca_file": self.dovecot.ca_file,
                "username": inbox.user,
                "password": "file:imap",
                "go_live": "2020-01-01T00:00:00Z",
                "poll_s": 0.5,
                "idle": False,
            }
            yield f"[[inbox]]\n{_toml({**table, **inbox.settings})}"

    def _outlets(self) -> str:
        outlet: dict[str, object] = {"name": "out", "kind": "maildir", "path": "sent"}
        if self.smtp is not None:
            outlet = {"name": "out", "kind": "smtp", "host": "localhost", **self.smtp}
        use = {"acknowledgements": "out", "notices": "out"}
        return f"[[outlet]]\n{_toml(outlet)}\n[use]\n{_toml(use)}"

    # Processes

    def start(self) -> Running:
        """Start the daemon and wait until it says that it works."""
        running = self.launch()
        running.wait_for("daemon_started")
        return running

    def launch(self) -> Running:
        """Start the daemon; it may still be refused."""
        self.write()
        log = self.folder / f"log-{len(self.runs)}.jsonl"
        running = Running(
            [*self.inside, *a_command("run", "--config", str(self.config))],
            folder=self.folder,
            log=log,
            around=self.around,
        )
        self.runs.append(running)
        return running

    def end(self) -> None:
        """End whatever still runs; for the end of a test."""
        for running in self.runs:
            if running.is_alive:
                running.kill()

    def command(self, *arguments: str, timeout_s: float = 60) -> subprocess.CompletedProcess[str]:
        """Run a command to its end, such as `command("close", reference, "--by", "Somebody")`."""
        return subprocess.run(
            [*a_command(*arguments), "--config", str(self.config)],
            cwd=self.folder,
            env=an_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
        )

    def show(self, reference: str) -> dict[str, Any]:
        """Return what `assurance show --json` says of an enquiry."""
        done = self.command("show", reference, "--json")
        assert done.returncode == 0, done.stderr
        shown: dict[str, Any] = json.loads(done.stdout)
        return shown

    def health(self, path: str) -> tuple[int, str]:
        """Ask the daemon how it is: its status and words; 0 and none where it does not answer."""
        asked = _AskedAt(str(self.state / "health.sock"))
        try:
            asked.request("GET", path)
            answer = asked.getresponse()
            return answer.status, answer.read().decode()
        except (OSError, HTTPException):
            return 0, ""
        finally:
            asked.close()

    # What came of it

    @property
    def ledger(self) -> Ledger:
        """A look into the database."""
        url = self.url
        if url.startswith("sqlite:///"):
            url = f"sqlite:///{self.state / url.removeprefix('sqlite:///')}"
        return Ledger(url)

    def wait_until_quiet(self, *, within_s: float = 60.0, count: int | None = None) -> None:
        """Wait until every delivered mail is stored and nothing that is due waits to be sent."""
        ledger, expected = self.ledger, self._delivered if count is None else count
        wait_until(
            lambda: ledger.count("receipt") >= expected and not ledger.unsent(),
            within_s=within_s,
            what=f"the rest after {expected} mails ({ledger.count('receipt')} are in)",
        )

    def log_text(self) -> str:
        """Return everything that all runs have logged."""
        return "".join(running.log.read_text() for running in self.runs)


class _AskedAt(HTTPConnection):
    """A connection to a socket file."""

    def __init__(self, place: str) -> None:
        super().__init__("health", timeout=10)
        self._place = place

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(10)
        self.sock.connect(self._place)


def _toml(table: Mapping[str, object]) -> str:
    return "".join(f"{key} = {_value(value)}\n" for key, value in table.items())


def _value(value: object) -> str:
    match value:
        case dict():
            pairs = ", ".join(f"{k} = {_value(v)}" for k, v in value.items())
            return f"{{ {pairs} }}"
        case list():
            return f"[{', '.join(_value(one) for one in value)}]"
        case str() if value[:4].isdigit() and value.endswith("Z"):
            return value  # a time
        case _:
            return json.dumps(value)


class Ledger:
    """Looks into a store from outside, without disturbing who works on it."""

    def __init__(self, url: str) -> None:
        self._store = Store.open(url)

    def rows(self, query: str, **values: object) -> list[dict[str, Any]]:
        """Return the rows of a query."""
        with self._store.read() as tx:
            found = tx.connection.execute(text(query), values)
            rows = [dict(row._mapping) for row in found]
        self._store.close()
        return rows

    def count(self, table: str) -> int:
        """Return how many rows a table has."""
        return int(self.rows(f"SELECT count(*) AS n FROM {table}")[0]["n"])

    def unsent(self) -> int:
        """Return how many outbox entries are on their way."""
        query = "SELECT count(*) AS n FROM outbox WHERE state IN ('waiting', 'claimed')"
        return int(self.rows(query)[0]["n"])

    def receipts(self) -> list[dict[str, Any]]:
        """Return every receipt with its bytes and what became of its message."""
        return self.rows(
            "SELECT r.inbox, r.external_id, r.state, r.received_at, raw.content, m.id AS message,"
            " m.outcome, m.skip, m.hold, m.rfc_message_id, m.sender_address, m.subject,"
            " e.reference, e.category, e.route, e.status"
            " FROM receipt r LEFT JOIN raw ON raw.sha256 = r.raw_sha256"
            " LEFT JOIN message m ON m.id = r.message_id"
            " LEFT JOIN enquiry e ON e.id = m.enquiry_id ORDER BY r.id"
        )

    def outbox(self, kind: str = "acknowledgement") -> list[dict[str, Any]]:
        """Return the outbox entries of a kind with the reference they are about."""
        return self.rows(
            "SELECT o.*, e.reference FROM outbox o LEFT JOIN enquiry e ON e.id = o.enquiry_id"
            " WHERE o.kind = :kind ORDER BY o.id",
            kind=kind,
        )

    def clocks(self, reference: str) -> dict[str, dict[str, Any]]:
        """Return an enquiry's clocks by kind."""
        rows = self.rows(
            "SELECT d.* FROM deadline d JOIN enquiry e ON e.id = d.enquiry_id"
            " WHERE e.reference = :reference ORDER BY d.id",
            reference=reference,
        )
        return {row["kind"]: row for row in rows}

    def reference_of(self, words: str) -> str:
        """Return the reference of the enquiry whose message has these words in its subject."""
        rows = self.rows(
            "SELECT e.reference FROM message m JOIN enquiry e ON e.id = m.enquiry_id"
            " WHERE m.subject LIKE :words ORDER BY m.id",
            words=f"%{words}%",
        )
        return str(rows[0]["reference"]) if rows else ""


def the_signer() -> Signer:
    """Return a signer with the key of every office of these tests."""
    return Signer([("t", SIGNING_KEY.encode())])
