"""Draw what the benchmarks found when they last ran: `var/bench/*.svg`.

`python -m benchmarks.plots`; what has not run is left out.
"""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING, Any, Final

import matplotlib as mpl
from matplotlib import pyplot as plt

from benchmarks.results import FOLDER, kept

if TYPE_CHECKING:
    from collections.abc import Callable

    from matplotlib.axes import Axes

_SIZE: Final = (8, 4.5)  # inches
_MAILBOXES: Final = {
    "mailbox-1000": "SQLite",
    "mailbox-second-1000": "SQLite, second process",
    "mailbox-postgres-1000": "PostgreSQL",
}


def stages(axes: Axes, found: dict[str, list[float]]) -> None:
    """How long each stage takes: the median, and up to the 99th percentile."""
    medians = [median_ms for median_ms, _ in found.values()]
    beyond = [late - median_ms for median_ms, late in found.values()]
    axes.barh([*found], medians, xerr=[[0] * len(beyond), beyond], capsize=4)
    axes.set_title("Stages, each by itself: median and 99 %")
    axes.set_xlabel("milliseconds a mail")


def rates(axes: Axes, found: dict[str, list[dict[str, Any]]]) -> None:
    """Mails a second from mailbox to letter: the median, lowest and highest of the runs."""
    names = [_MAILBOXES[name] for name in found]
    _spread(axes, names, [[run["rate"] for run in runs] for runs in found.values()])
    axes.set_title("A full mailbox to letters that were taken: median, lowest and highest")
    axes.set_ylabel("mails a second")


def peers(axes: Axes, found: dict[str, list[dict[str, Any]]]) -> None:
    """Beside another help desk, in one run: the median, lowest and highest."""
    _spread(axes, [*found], [[run["rate"] for run in runs] for runs in found.values()])
    axes.set_title("The same mailbox, the same servers: median, lowest and highest")
    axes.set_ylabel("mails a second")


def latency(axes: Axes, found: list[float]) -> None:
    """Which share of enquirers had their acknowledgement after how long."""
    axes.plot(found, [100 * (nth + 1) / len(found) for nth in range(len(found))])
    axes.axhline(99, color="grey", linewidth=0.7)
    axes.set_title("Delivery to acknowledgement at 5 mails a second")
    axes.set_xlabel("seconds")
    axes.set_ylabel("% answered")


def memory(axes: Axes, found: dict[str, list[dict[str, Any]]]) -> None:
    """What is resident, by how many mails were taken in."""
    for name, runs in found.items():
        for nth, run in enumerate(runs):
            taken = [mails for _, mails, _ in run["course"]]
            resident = [mb for _, _, mb in run["course"]]
            axes.plot(taken, resident, label=name if nth == 0 else None, alpha=0.8)
    axes.set_ylim(bottom=0)
    axes.set_xscale("symlog", linthresh=100)
    axes.set_title("Memory of the daemon and all below it")
    axes.set_xlabel("mails taken in")
    axes.set_ylabel("MB resident")
    axes.legend()


def growth(axes: Axes, found: dict[str, dict[str, list[float]]]) -> None:
    """What the same work takes with more stored."""
    sizes = sorted(found, key=int)
    axes.set_prop_cycle(color=[mpl.colormaps["tab20"](nth) for nth in range(20)])
    for name in found[sizes[0]]:
        axes.plot(
            [int(size) for size in sizes], [found[size][name][0] for size in sizes], label=name
        )
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_title("With so many enquiries stored")
    axes.set_xlabel("enquiries")
    axes.set_ylabel("milliseconds")
    axes.legend(fontsize=7, loc="center left", bbox_to_anchor=(1, 0.5))


def daemons(axes: Axes, found: dict[str, list[float]]) -> None:
    """How the rate grows with daemons on one PostgreSQL."""
    _spread(axes, [*found], [*found.values()])
    axes.set_title("Daemons on one PostgreSQL: median, lowest and highest")
    axes.set_xlabel("daemons")
    axes.set_ylabel("mails a second")


def _spread(axes: Axes, names: list[str], runs: list[list[float]]) -> None:
    middles = [median(one) for one in runs]
    below = [middle - min(one) for middle, one in zip(middles, runs, strict=True)]
    above = [max(one) - middle for middle, one in zip(middles, runs, strict=True)]
    axes.bar(names, middles, yerr=[below, above], capsize=4)


def main() -> None:
    """Draw all that there is."""
    mpl.use("svg")
    mailboxes = {name: runs for name in _MAILBOXES if (runs := kept(name))}
    courses = {path.stem: kept(path.stem) for path in sorted(FOLDER.glob("mailbox*.json"))}
    drawn: dict[str, tuple[Callable[[Axes, Any], None], Any]] = {
        "stages": (stages, kept("stages")),
        "rates": (rates, mailboxes),
        "peers": (peers, kept("peers")),
        "latency": (latency, kept("latency")),
        "memory": (memory, courses),
        "growth": (growth, kept("growth")),
        "daemons": (daemons, kept("daemons")),
    }
    for name, (draw, found) in drawn.items():
        if not found:
            print(f"{name}: has not run")
            continue
        figure, axes = plt.subplots(figsize=_SIZE, layout="constrained")
        draw(axes, found)
        figure.savefig(FOLDER / f"{name}.svg")
        plt.close(figure)
        print(f"{name}: var/bench/{name}.svg")


if __name__ == "__main__":
    main()
