"""What the benchmarks found, kept in `var/bench` for the plots."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent.parent / "var" / "bench"


def keep(name: str, found: object) -> None:
    """Keep what a benchmark found; what it found before gives way."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / f"{name}.json").write_text(json.dumps(found, indent=1) + "\n")


def kept(name: str) -> Any:  # noqa: ANN401 -- JSON, of a shape that each benchmark knows
    """Return what a benchmark found when it last ran; None where it never did."""
    path = FOLDER / f"{name}.json"
    return json.loads(path.read_text()) if path.is_file() else None
