"""The demo's own folder: emptied at the start, and nobody else's."""

from __future__ import annotations

import pytest

from daemon.demo import DemoError, Folder


def test_the_folder_is_made_and_emptied_at_each_start(tmp_path):
    """Whatever an earlier demo left in it, folders and links included; what links lead to stays."""
    kept = tmp_path / "kept"
    kept.mkdir()
    Folder(tmp_path / "a" / "demo").close()
    (tmp_path / "a" / "demo" / "inboxes" / "ceo").mkdir(parents=True)
    (tmp_path / "a" / "demo" / "assurance.db").write_text("x")
    (tmp_path / "a" / "demo" / "link").symlink_to(kept)
    Folder(tmp_path / "a" / "demo").close()
    assert [path.name for path in (tmp_path / "a" / "demo").iterdir()] == [".assurance-demo"]
    assert kept.is_dir()


def test_a_second_demo_in_the_same_folder_is_refused(tmp_path):
    """It must not empty the folder under the first; when that has ended it may."""
    first = Folder(tmp_path / "demo")
    (tmp_path / "demo" / "assurance.db").write_text("at work")
    with pytest.raises(DemoError, match="A demo is running"):
        Folder(tmp_path / "demo")
    assert (tmp_path / "demo" / "assurance.db").read_text() == "at work"
    first.close()
    Folder(tmp_path / "demo").close()


def test_a_folder_with_something_else_is_left_alone(tmp_path):
    """A wrong --state costs nobody their files."""
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(DemoError, match="--state"):
        Folder(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


@pytest.mark.parametrize("place", ["a-file", "a-file/below"])
def test_a_folder_that_cannot_be_made_is_told_in_a_sentence(tmp_path, place):
    """A file stands in the way; nothing is raised but `DemoError`."""
    (tmp_path / "a-file").write_text("x")
    with pytest.raises(DemoError, match="--state"):
        Folder(tmp_path / place)
