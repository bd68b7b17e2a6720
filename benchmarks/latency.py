"""How long an enquirer waits: from delivery into Dovecot to the acknowledgement that was taken.

`python -m benchmarks.latency [SECONDS] [--rate N] [--postgres]`: so many mails a second come in,
and the server says so by IDLE.
"""

from __future__ import annotations

import argparse
import time
from datetime import UTC, datetime
from email import message_from_bytes

from benchmarks.mailbox import an_office
from benchmarks.mails import mail
from benchmarks.results import keep
from daemon.app import read_clock


def main() -> None:
    """Deliver at a steady rate, and print how long each acknowledgement took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("seconds", type=int, nargs="?", default=60)
    parser.add_argument("--rate", type=float, default=5.0)
    parser.add_argument("--postgres", action="store_true")
    asked = parser.parse_args()
    with an_office(postgres=asked.postgres, poll_s=60) as office:
        running = office.start()
        time.sleep(3)  # the first poll and IDLE
        delivered = {}
        count = int(asked.seconds * asked.rate)
        began = time.monotonic()
        for number in range(count):
            content = mail(number)
            time.sleep(max(0.0, began + number / asked.rate - time.monotonic()))
            delivered[message_from_bytes(content)["Message-ID"].strip("<>")] = read_clock()
            office.deliver("customer-care", content)
        office.wait_until_quiet(within_s=60)
        rows = office.ledger.rows(
            "SELECT m.rfc_message_id, o.sent_at FROM outbox o JOIN message m ON m.id = o.message_id"
            " WHERE o.kind = 'acknowledgement' AND o.state = 'sent'"
        )
        running.stop()
    waited = sorted(
        (_at(r["sent_at"]) - delivered[r["rfc_message_id"]]).total_seconds() for r in rows
    )
    keep("latency-postgres" if asked.postgres else "latency", waited)
    print(f"{len(waited)} acknowledgements of {count} mails at {asked.rate:g} a second, seconds:")
    for share in (0.01, 0.25, 0.5, 0.75, 0.9, 0.99, 1.0):
        print(f"{share:6.0%} {waited[min(len(waited) - 1, int(share * len(waited)))]:7.2f}")


def _at(value: datetime | str) -> datetime:
    found = datetime.fromisoformat(value) if isinstance(value, str) else value
    return found if found.tzinfo else found.replace(tzinfo=UTC)


if __name__ == "__main__":
    main()
