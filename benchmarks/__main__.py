"""Time the stages of the main job on the sample day, the whole, and then all other benchmarks."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.results import keep
from daemon import logs
from daemon.app import App, load_templates, open_store, read_clock
from daemon.classify import Classifier
from daemon.config import load
from daemon.deadlines import WorkingDays
from daemon.decide import decide
from daemon.model import Box, Context
from daemon.parse import parse
from daemon.service import Stop
from daemon.startup import AdoptedModel

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

ROOT = Path(__file__).parent.parent
ROUNDS = 20
WHOLE = 500  # messages from Maildir to letters
APART = (
    *("classification", "desk", "mailbox --runs 3", "mailbox --postgres --runs 3"),
    *("peers", "latency", "daemons", "plots"),
)


def timed(name: str, work: Callable[[int], object], count: int) -> tuple[float, float]:
    """Run work on each item ROUNDS times; print median, 99th percentile and rate.

    Return median and 99th percentile, in milliseconds.
    """
    took = []
    for _ in range(ROUNDS):
        for number in range(count):
            began = time.perf_counter()
            work(number)
            took.append(time.perf_counter() - began)
    took.sort()
    median, late = statistics.median(took), took[int(len(took) * 0.99)]
    print(f"{name:<12} {median * 1e3:8.2f} ms {late * 1e3:8.2f} ms {len(took) / sum(took):8.0f}/s")
    return median * 1e3, late * 1e3


def stages(samples: Sequence[bytes]) -> None:
    """Time parsing, classifying and deciding, each by itself."""
    config = load(ROOT / "config", env={})
    classifier = Classifier(config.rules, config.policy.directory)
    days = WorkingDays(config.policy.clocks)
    messages = [parse(content, box=Box.CUSTOMER_CARE) for content in samples]
    found = [classifier.classify(message) for message in messages]
    context = Context(received_at=read_clock())
    print(f"{'stage':<12} {'median':>11} {'99 %':>11} {'rate':>10}")
    work: dict[str, Callable[[int], object]] = {
        "parse": lambda n: parse(samples[n], box=Box.CUSTOMER_CARE),
        "classify": lambda n: classifier.classify(messages[n]),
        "decide": lambda n: decide(messages[n], found[n], config.policy, context, days=days),
    }
    keep("stages", {name: timed(name, one, len(samples)) for name, one in work.items()})


def whole(samples: Sequence[bytes]) -> None:
    """Time the whole: a full Maildir to letters in a folder, on SQLite."""
    with tempfile.TemporaryDirectory() as folder:
        config = load(ROOT / "config", env={}, state_dir=Path(folder))
        store = open_store(config)
        templates = load_templates(ROOT / "templates")
        models = AdoptedModel.of(config)
        app = App(config, templates=templates, store=store, stop=Stop(), models=models)
        new = Path(folder) / "inboxes" / "customer-care" / "new"
        for number in range(WHOLE):
            content = samples[number % len(samples)]
            unique = content.replace(b"Message-ID: <", f"Message-ID: <b{number}.".encode(), 1)
            (new / f"{number:06}.eml").write_bytes(unique)
            os.utime(new / f"{number:06}.eml", (0, number))
        app.begin()
        began, cpu = time.perf_counter(), time.process_time()
        app.once()
        took, used = time.perf_counter() - began, time.process_time() - cpu
        with store.read() as tx:
            counts = tx.counts()
        app.close()
    print(
        f"\nMaildir to letters: {WHOLE / took:.0f} messages/s, {used / WHOLE * 1e3:.1f} ms CPU"
        f" a message; {counts['enquiries']} enquiries, {counts['sent']} letters"
    )


def main() -> None:
    """Run all of it."""
    logs.configure(format="json", level="error", stream=sys.stderr)
    samples = [path.read_bytes() for path in sorted((ROOT / "samples/day").rglob("*.eml"))]
    stages(samples)
    whole(samples)
    # In processes of their own: memory is counted.
    for one in APART:
        command = [sys.executable, "-m", *f"benchmarks.{one}".split()]
        print(f"\n{one}", flush=True)
        subprocess.run(command, cwd=ROOT, check=True)


if __name__ == "__main__":
    main()
