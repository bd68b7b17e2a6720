"""The main job at full load: a full mailbox in Dovecot to letters that a mail server took.

`python -m benchmarks.mailbox [COUNT] [--eml FOLDER] [--postgres] [--second] [--runs N]`
"""

from __future__ import annotations

import argparse
import os
import time
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from benchmarks.mails import mails
from benchmarks.results import keep
from tests.acceptance.office import Office
from tests.servers import short_folder
from tests.servers.certificates import make_certificates
from tests.servers.dovecot import Dovecot
from tests.servers.postgres import Postgres
from tests.servers.smtp import SmtpSink

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_POINTS = 500  # of a plot
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What one run of the main job took."""

    count: int
    ready_s: float  # from the start of the process to its being ready
    seconds: float  # from then to the last letter taken
    cpu_s: float  # of the daemon and its children
    peak_mb: float  # resident, of the daemon and its children together
    letters: int
    held: int
    course: tuple[tuple[float, int, float], ...]  # seconds, mails taken in, resident MB

    @property
    def rate(self) -> float:
        """Mails a second."""
        return self.count / self.seconds

    @property
    def cpu_ms(self) -> float:
        """Processor time a mail, milliseconds."""
        return self.cpu_s / self.count * 1e3


@dataclass(slots=True, kw_only=True)
class Usage:
    """Processor time and memory of a process and all below it, looked at now and then."""

    pid: int
    peak: int = 0

    def look(self) -> tuple[float, int]:
        """Return processor seconds so far (also of children that ended) and bytes resident now.

        Pages that processes share are counted once.
        """
        ticks = 0
        for pid in _family(self.pid):
            try:
                fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            ticks += sum(map(int, fields[11:15]))
        resident = shares(self.pid)
        self.peak = max(self.peak, resident)
        return ticks / _TICKS, resident


def shares(pid: int) -> int:
    """Return the bytes resident in a process and all below it, shared pages counted once."""
    found = 0
    for one in _family(pid):
        with suppress(OSError):
            lines = Path(f"/proc/{one}/smaps_rollup").read_text().splitlines()
            found += sum(int(line.split()[1]) << 10 for line in lines if line.startswith("Pss:"))
    return found


def _family(pid: int) -> list[int]:
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        below = [one for task in tasks for one in (task / "children").read_text().split()]
    except OSError:
        return []
    return [pid, *(one for child in below for one in _family(int(child)))]


@contextmanager
def an_office(
    *,
    postgres: bool = False,
    poll_s: float = 1.0,
    doors: Sequence[str] = ("customer-care",),
    **schedule: object,
) -> Iterator[Office]:
    """Start Dovecot, a mail server that takes everything and perhaps PostgreSQL."""
    with ExitStack() as stack:
        certificates = make_certificates(stack.enter_context(short_folder("certs")))
        dovecot = Dovecot(stack.enter_context(short_folder("dovecot")), certificates)
        dovecot.start()
        stack.callback(dovecot.stop)
        sink = SmtpSink(stack.enter_context(short_folder("sink")))
        sink.start()
        stack.callback(sink.stop)
        url = "sqlite:///assurance.db"
        if postgres:
            server = Postgres(stack.enter_context(short_folder("pg")))
            server.start()
            stack.callback(server.stop)
            url = server.url(server.create_database())
        office = Office(
            folder=stack.enter_context(short_folder("office")),
            dovecot=dovecot,
            prefix="bench",
            smtp={"port": sink.port, "tls": "none"},
            url=url,
            schedule={**schedule},
            log_level="info",
        )
        stack.callback(office.end)
        settle(office, doors, poll_s=poll_s)
        yield office


def settle(office: Office, doors: Sequence[str], *, poll_s: float = 1.0) -> None:
    """Have an office watch mailboxes of its Dovecot, and answer whatever comes."""
    office.write()
    for limit in ("per_address = 4", "per_domain = 100", "in_all = 2000"):
        office.change("routes.toml", f"\n{limit}\n", f"\n{limit.split()[0]} = 10000000\n")
    port = office.dovecot.port
    for door in doors:
        office.watch(door, host="127.0.0.1", tls="none", port=port, poll_s=poll_s, idle=True)


def measure(office: Office, contents: Iterable[bytes], *, within_s: float = 3600) -> Figures:
    """Deliver mails, start the daemon, and wait until the last letter has left."""
    count = 0
    for content in contents:
        office.deliver("customer-care", content)
        count += 1
    began = time.monotonic()
    running = office.start()
    ready = time.monotonic() - began
    usage = Usage(pid=running.process.pid)
    at_start, _ = usage.look()
    ledger, cpu = office.ledger, 0.0
    course: list[tuple[float, int, float]] = []
    while (taken := ledger.count("receipt")) < count or ledger.unsent():
        time.sleep(0.25)
        cpu, resident = usage.look()
        course.append((time.monotonic() - began - ready, taken, resident / 1e6))
        if not running.is_alive or time.monotonic() - began > within_s:
            raise SystemExit(running.tail())
    took = time.monotonic() - began - ready
    running.ask_to_stop()
    running.process.wait(60)
    rows = ledger.rows("SELECT state, count(*) AS n FROM outbox GROUP BY state")
    states = {row["state"]: row["n"] for row in rows}
    return Figures(
        count=count,
        ready_s=ready,
        seconds=took,
        cpu_s=cpu - at_start,
        peak_mb=usage.peak / 1e6,
        letters=states.get("sent", 0),
        held=states.get("held", 0),
        course=tuple(course[:: max(1, len(course) // _POINTS)]),
    )


def main() -> None:
    """Measure, as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("count", type=int, nargs="?", default=1000)
    parser.add_argument("--eml", type=Path, help="a folder of mails in place of our own")
    parser.add_argument("--postgres", action="store_true")
    parser.add_argument("--second", action="store_true", help="with [schedule] second_process")
    parser.add_argument("--runs", type=int, default=1)
    asked = parser.parse_args()
    found = []
    for run in range(asked.runs):
        contents = mails(asked.count, seed=run + 1)
        if asked.eml:
            paths = sorted(asked.eml.glob("*.eml"))[: asked.count]
            contents = (path.read_bytes() for path in paths)
        with an_office(postgres=asked.postgres, second_process=asked.second) as office:
            found.append(measure(office, contents))
        one = found[-1]
        print(
            f"{one.count} mails: {one.rate:.0f}/s, {one.cpu_ms:.1f} ms CPU a mail,"
            f" {one.peak_mb:.0f} MB, {one.letters} letters, {one.held} held,"
            f" ready in {one.ready_s:.1f} s",
            flush=True,
        )
    print(f"median {median(one.rate for one in found):.0f}/s")
    name = "-".join(["mailbox", *["postgres"] * asked.postgres, *["second"] * asked.second])
    keep(f"{name}-{asked.count}", [asdict(one) | {"rate": one.rate} for one in found])


if __name__ == "__main__":
    main()
