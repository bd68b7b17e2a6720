"""The shelf of learned models: kept whole, checked before they are read, adopted and gone back."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from daemon.shelf import Shelf, ShelfError
from tests.unit.teaching import something_learnt

NOW = datetime(2026, 11, 26, 10, tzinfo=UTC)
FIRST, SECOND = "aaaa0001", "bbbb0002"


@pytest.fixture
def shelf(tmp_path):
    shelf = Shelf.of(tmp_path)
    for version in (FIRST, SECOND):
        shelf.keep(version, something_learnt().model.pack(), {"examples": {}}, answers=b"{}")
    return shelf


def adopt(shelf, version, *, by_person=True):
    last = shelf.adopted()
    return shelf.adopt(version, by_person=by_person, now=NOW, last=last)


def test_a_model_is_read_as_it_was_kept(shelf):
    """Under its version."""
    assert shelf.load(FIRST).version == FIRST
    assert shelf.has(FIRST)
    assert not shelf.has("cccc0003")


def test_an_empty_shelf_has_adopted_nothing(tmp_path):
    """The folder need not exist."""
    assert Shelf.of(tmp_path / "nowhere").adopted() is None


def test_one_changed_byte_is_refused(shelf):
    """Checked by its hash before anything in it is looked at."""
    path = shelf.folder / FIRST / "model.bin"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(ShelfError, match="not those that were learnt"):
        shelf.load(FIRST)


@pytest.mark.parametrize("name", ["model.bin", "about.json"])
def test_a_missing_file_is_named(shelf, name):
    """And what to do."""
    (shelf.folder / FIRST / name).unlink()
    with pytest.raises(ShelfError, match=rf"{name}.*Run assurance learn"):
        shelf.load(FIRST)


def test_a_version_is_no_path(shelf):
    """Nothing outside the shelf is ever read."""
    with pytest.raises(ShelfError, match="no version"):
        shelf.load("../../etc")


def test_adopting_and_going_back(shelf):
    """What served before is remembered, the last one first."""
    adopt(shelf, FIRST)
    assert adopt(shelf, SECOND).before == (FIRST,)
    back = shelf.go_back(now=NOW)
    assert (back.version, back.before) == (FIRST, ())
    assert shelf.adopted() == back
    with pytest.raises(ShelfError, match="nothing to go back to"):
        shelf.go_back(now=NOW)


def test_adopting_the_same_again_remembers_nothing_twice(shelf):
    """Going back then leads to another one."""
    for version in (FIRST, SECOND, SECOND):
        adopted = adopt(shelf, version)
    assert adopted.before == (FIRST,)


def test_what_cannot_be_read_is_not_adopted(shelf):
    """What serves goes on."""
    adopt(shelf, FIRST)
    (shelf.folder / SECOND / "model.bin").write_bytes(b"no model")
    with pytest.raises(ShelfError):
        adopt(shelf, SECOND)
    assert shelf.adopted().version == FIRST


@pytest.mark.parametrize(
    "note", ["", "[]", '{"version": "../x"}', '{"version": "aaaa0001", "before": 7}']
)
def test_a_broken_note_is_said_so(shelf, note):
    """Never passed over."""
    (shelf.folder / "adopted.json").write_text(note)
    with pytest.raises(ShelfError, match=r"adopted\.json"):
        shelf.adopted()


def test_a_model_of_another_shelf_is_taken_over(shelf, tmp_path):
    """So that one can go back to it."""
    own = Shelf.of(tmp_path / "own")
    own.take_over(FIRST, shelf)
    assert own.load(FIRST).version == FIRST
    assert json.loads((own.folder / FIRST / "about.json").read_text())["version"] == FIRST
