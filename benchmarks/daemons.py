"""How the rate grows with the number of daemons: four mailboxes, one PostgreSQL.

`python -m benchmarks.daemons [MOST] [--count N] [--runs N]`: with one daemon, with two, and so on.
"""

from __future__ import annotations

import argparse
import time
from contextlib import ExitStack
from statistics import median
from typing import TYPE_CHECKING

from benchmarks.mailbox import an_office, settle
from benchmarks.mails import mails
from benchmarks.results import keep
from tests.acceptance.office import DOORS, Office
from tests.servers import short_folder

if TYPE_CHECKING:
    from collections.abc import Iterator


def main() -> None:
    """Measure each number of daemons as often as asked, in turn."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("most", type=int, nargs="?", default=4)
    parser.add_argument("--count", type=int, default=1000, help="mails in all four mailboxes")
    parser.add_argument("--runs", type=int, default=3)
    asked = parser.parse_args()
    rates: dict[int, list[float]] = {number: [] for number in range(1, asked.most + 1)}
    for run in range(asked.runs):
        for number, found in rates.items():
            found.append(_rate(number, asked.count, seed=run + 1))
    keep("daemons", rates)
    print("daemons   mails a second: median (lowest to highest)")
    for number, found in rates.items():
        print(f"{number:7}   {median(found):6.0f} ({min(found):.0f} to {max(found):.0f})")


def _rate(daemons: int, count: int, *, seed: int) -> float:
    """Return how many mails a second so many daemons took in and answered."""
    with ExitStack() as stack:
        doors = [*DOORS]
        first = stack.enter_context(an_office(postgres=True, doors=doors))
        offices = [first, *_others(stack, first, daemons - 1)]
        for number, content in enumerate(mails(count, seed=seed)):
            first.deliver(doors[number % len(doors)], content)
        running = [office.launch() for office in offices]
        for one in running:
            one.wait_for("daemon_started")
        began = time.monotonic()
        already = first.ledger.count("receipt")
        while first.ledger.count("receipt") < count or first.ledger.unsent():
            time.sleep(0.25)
        took = time.monotonic() - began
        for one in running:
            one.stop(within_s=60)
        return (count - already) / took


def _others(stack: ExitStack, first: Office, count: int) -> Iterator[Office]:
    for _ in range(count):
        office = Office(
            folder=stack.enter_context(short_folder("office")),
            dovecot=first.dovecot,
            prefix=first.prefix,
            smtp=first.smtp,
            url=first.url,
            log_level=first.log_level,
        )
        stack.callback(office.end)
        settle(office, [*DOORS])  # of the same prefix: the same mailboxes
        yield office


if __name__ == "__main__":
    main()
