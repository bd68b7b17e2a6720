"""The docs say what the code does."""

from pathlib import Path

import pytest

from daemon.model import Hold, Skip

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("reason", [*Skip, *Hold])
def test_every_reason_is_explained(reason):
    """Each reason to stay silent or to wait has its row in the docs."""
    assert f"\n| `{reason}` |" in (ROOT / "docs/acknowledgements.md").read_text()
