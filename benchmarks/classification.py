"""What classification costs: time a message and memory added, on the labelled examples.

It runs in a process of its own, so that no memory of anything else is counted.
"""

from __future__ import annotations

import resource
import statistics
import time
from pathlib import Path

from daemon.classify import Classifier
from daemon.config import load
from daemon.lines import read_examples
from daemon.startup import AdoptedModel

ROOT = Path(__file__).parent.parent
ROUNDS = 3
_PAGE = resource.getpagesize()


def held() -> float:
    """Return the memory that this process holds, in MB."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE / 1e6


def main() -> None:
    """Print a row for facts and rules, and one with the model beside them."""
    messages = [
        example.message
        for path in sorted((ROOT / "config/examples").glob("*.jsonl"))
        for example in read_examples(path.read_bytes(), path=str(path), writer=path.stem).examples
    ]
    config = load(ROOT / "config", env={})
    before = held()
    by_rules = Classifier(config.rules, config.policy.directory)
    learned, why = AdoptedModel.of(config).load()
    rows = {"facts and rules": by_rules}
    if learned is None:
        print(f"No model: {why}")
    else:
        rows["facts, rules and model"] = by_rules.with_model(learned)
    print(f"\n{'classify ' + str(len(messages)):<24} {'median':>11} {'99 %':>11} {'CPU':>11}")
    for name, classifier in rows.items():
        for message in messages:
            classifier.classify(message)
        took: list[float] = []
        cpu = time.process_time()
        for _ in range(ROUNDS):
            for message in messages:
                began = time.perf_counter()
                classifier.classify(message)
                took.append(time.perf_counter() - began)
        used = (time.process_time() - cpu) / len(took)
        took.sort()
        median, late = statistics.median(took), took[int(len(took) * 0.99)]
        print(f"{name:<24} {median * 1e3:8.2f} ms {late * 1e3:8.2f} ms {used * 1e3:8.2f} ms")
    print(f"memory that classification adds: {held() - before:.0f} MB")


if __name__ == "__main__":
    main()
