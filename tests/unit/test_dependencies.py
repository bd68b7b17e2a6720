"""What is installed is what was tried together, and nothing else comes along with it."""

from __future__ import annotations

import re
from importlib.metadata import distribution
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).parent.parent.parent
OURS = "assurance"
_BETWEEN = re.compile(r"[-_.]+")


def _plain(name: str) -> str:
    return _BETWEEN.sub("-", name).lower()


def _pinned() -> dict[str, str]:
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    pins = (line.split("==") for line in lines if line and not line.startswith("#"))
    return {_plain(name): version for name, version in pins}


def _needed(name: str) -> set[str]:
    """Return what a distribution needs on this machine, and what that needs."""
    found: set[str] = set()
    left = [(name, "")]
    while left:
        one, extra = left.pop()
        for line in distribution(one).requires or ():
            requirement = Requirement(line)
            if requirement.marker and not requirement.marker.evaluate({"extra": extra}):
                continue
            further = [(requirement.name, asked) for asked in ("", *requirement.extras)]
            if _plain(requirement.name) not in found:
                found.add(_plain(requirement.name))
                left += further
    return found


def test_all_that_runs_is_pinned_and_installed_as_pinned():
    """A package that nobody pinned would be another one tomorrow."""
    pins = _pinned()
    needed = _needed(OURS)
    assert len(needed) > 50
    assert sorted(needed - set(pins)) == []
    installed = {name: distribution(name).version for name in needed}
    assert {n: v for n, v in installed.items() if pins[n] != v} == {}


def test_nothing_that_runs_is_given_up_or_may_not_be_used_so():
    """Its makers say that it is alive, and its licence asks nothing of an office."""
    wrong = []
    for name in sorted(_needed(OURS)):
        about = distribution(name).metadata
        said = about.get_all("Classifier") or []
        if any("7 - Inactive" in one for one in said):
            wrong.append(f"{name}: inactive")
        words = f"{about.get('License-Expression') or ''} {' '.join(said)}"
        if re.search(r"\bAGPL|Affero|\bGPL-|:: GNU General Public", words):
            wrong.append(f"{name}: {words}")
    assert wrong == []
