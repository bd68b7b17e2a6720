"""The docs say what the code does."""

from pathlib import Path

import pytest

from daemon.model import Hold, Right, Skip

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("reason", [*Skip, *Hold])
def test_every_reason_is_explained(reason):
    """Each reason to stay silent or to wait has its row in the docs."""
    assert f"\n| `{reason}` |" in (ROOT / "docs/acknowledgements.md").read_text()


@pytest.mark.parametrize("right", Right)
def test_every_right_is_explained(right):
    """Each right has its row in the docs."""
    assert f"\n| `{right}` |" in (ROOT / "docs/desk.md").read_text()
