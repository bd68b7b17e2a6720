"""Showing a mail with invented values, and texts of the office's own laid over the shipped ones."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from daemon import __main__ as command
from daemon.app import load_templates
from daemon.startup import EX_CONFIG, EX_OK, EX_USAGE, share
from tests.unit.config_folders import Folder

if TYPE_CHECKING:
    from pathlib import Path

SUBJECT = "acknowledgements/mp/subject.txt"


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """A config folder with a folder of texts of the office's own."""
    made = Folder(tmp_path)
    (made.path / "texts" / "acknowledgements" / "mp").mkdir(parents=True)
    made.change("daemon.toml", 'templates = ""', 'templates = "texts"')
    return made


def run(folder: Folder, *arguments: str):
    """What a command says about a config folder."""
    return CliRunner().invoke(command.app, [*arguments, "--config", os.fspath(folder.path)])


def warnings(folder: Folder) -> list[str]:
    """What `assurance check` warns of in the folder of texts."""
    found = json.loads(run(folder, "check", "--json").stdout)["warnings"]
    return [one["file"] for one in found if "texts" in one["file"]]


def test_a_mail_is_shown_with_the_words_of_the_office(folder):
    said = run(folder, "preview", "mp")
    assert said.exit_code == EX_OK
    assert said.stdout.startswith("Subject: We have your letter: our reference PH-EXAM-PLE0\n")
    assert "0345 015 4033" in said.stdout


@pytest.mark.parametrize("name", load_templates(share() / "templates").folders)
def test_every_mail_can_be_shown_in_each_form(folder, name):
    shown = json.loads(run(folder, "preview", name, "--json").stdout)
    assert shown["name"] == name
    assert shown["subject"]
    assert run(folder, "preview", name, "--html").stdout.strip() == shown["html"].strip()
    assert name in run(folder, "preview").stdout.splitlines()


def test_an_unknown_mail_is_refused_with_those_there_are(folder):
    said = run(folder, "preview", "../../etc/passwd")
    assert said.exit_code == EX_USAGE
    assert "acknowledgements/general" in said.stderr


def test_a_text_of_the_offices_own_takes_the_place_of_the_shipped_one_alone(folder):
    (folder.path / "texts" / SUBJECT).write_text("Diolch {{ reference }}\n", encoding="utf-8")
    assert run(folder, "preview", "mp").stdout.startswith("Subject: Diolch PH-EXAM-PLE0\n")
    assert "We have your message" in run(folder, "preview", "general").stdout
    assert run(folder, "check").exit_code == EX_OK


def test_a_mistake_is_told_by_the_file_it_stands_in(folder):
    own = folder.path / "texts" / SUBJECT
    own.write_text("Dear {{ nam }}\n", encoding="utf-8")
    said = run(folder, "check")
    assert said.exit_code == EX_CONFIG
    assert str(own) in said.stderr
    assert "'nam' is undefined" in said.stderr
    assert run(folder, "preview", "mp").exit_code == EX_CONFIG


def test_a_file_that_no_mail_uses_is_warned_of(folder):
    texts = folder.path / "texts"
    (texts / "acknowledgements" / "mp" / "subjct.txt").write_text("Words", encoding="utf-8")
    (texts / "acknowledgements" / "mp" / ".subject.txt.swp").write_bytes(b"\xff")
    (texts / "acknowledgements" / "mp" / "ours.md").write_text("Our words.\n", encoding="utf-8")
    shipped = (share() / "templates/acknowledgements/mp/body.md").read_text(encoding="utf-8")
    own = shipped + '\n{% include "acknowledgements/mp/ours.md" %}\n'
    (texts / "acknowledgements" / "mp" / "body.md").write_text(own, encoding="utf-8")
    assert warnings(folder) == [str(texts / "acknowledgements" / "mp" / "subjct.txt")]


def test_a_text_that_is_not_utf8_is_refused(folder):
    (folder.path / "texts" / SUBJECT).write_bytes(b"\xff\xfe")
    assert run(folder, "check").exit_code == EX_CONFIG
    assert run(folder, "preview", "mp").exit_code == EX_CONFIG


def test_a_rule_may_name_a_text_of_the_offices_own_and_none_that_is_not_there(folder):
    own = folder.path / "texts" / "acknowledgements" / "press"
    own.mkdir()
    for name in ("subject.txt", "body.md"):
        text = (share() / "templates/acknowledgements/general" / name).read_text(encoding="utf-8")
        (own / name).write_text(text, encoding="utf-8")
    folder.add("routes.toml", '\n[[answer]]\ntemplate = "press"\nsources = ["stakeholder"]\n')
    assert warnings(folder) == []
    folder.add("routes.toml", '\n[[answer]]\ntemplate = "pres"\n')
    said = run(folder, "check")
    assert said.exit_code == EX_CONFIG
    assert 'There is no text "pres".' in said.stderr
    assert "press" in said.stderr


def test_a_mail_can_be_looked_at_as_a_letter(folder, tmp_path):
    """What goes to our own people never is one."""
    path = tmp_path / "letter.pdf"
    assert run(folder, "preview", "letter", "--pdf", str(path)).exit_code == EX_OK
    assert path.read_bytes().startswith(b"%PDF")
    assert run(folder, "preview", "notices/enquiry", "--pdf", str(path)).exit_code == EX_USAGE
    nowhere = tmp_path / "no" / "letter.pdf"
    assert "cannot be written" in run(folder, "preview", "letter", "--pdf", str(nowhere)).stderr
