"""`learn`, `evaluate`, `backtest` and `correct`: what an administrator and an officer do."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from daemon import __main__ as command
from daemon import startup
from daemon.model import Category
from daemon.shelf import Shelf
from tests.builders import a_mail
from tests.unit.config_folders import SHIPPED, Folder
from tests.unit.teaching import some_examples

if TYPE_CHECKING:
    from pathlib import Path

    from daemon.classify import Example


@pytest.fixture(autouse=True)
def _no_model_of_setup(tmp_path, monkeypatch):
    """What set-up made for this machine is not what is tested."""
    monkeypatch.setattr(startup, "made_by_setup", lambda: tmp_path / "setup")


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    folder = Folder(tmp_path)
    (folder.path / "rules.toml").write_bytes((SHIPPED / "rules.toml").read_bytes())
    folder.change("daemon.toml", 'state = ""', f'state = "{folder.state}"')
    write_examples(folder, some_examples())
    return folder


def as_line(example: Example, **changes) -> str:
    message, labels = example.message, example.labels
    values = {
        "id": example.id,
        "box": message.box,
        "from_name": message.sender.name,
        "from_addr": message.sender.address,
        "subject": message.subject,
        "body": message.new_text,
        "labels": {
            "category": labels.category,
            "source": labels.source,
            "routine": labels.routine,
            "criteria": sorted(labels.criteria),
            "reference": labels.reference,
        },
    }
    return json.dumps(values | changes)


def write_examples(folder: Folder, examples: list[Example]) -> None:
    place = folder.path / "examples"
    place.mkdir(exist_ok=True)
    for writer in {one.writer for one in examples}:
        lines = [as_line(one) for one in examples if one.writer == writer]
        (place / f"writer-{writer}.jsonl").write_text("\n".join(lines) + "\n")


def run(folder: Folder, *arguments: str, code: int = 0):
    done = CliRunner().invoke(command.app, [*arguments, "--config", str(folder.path)])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    assert done.exit_code == code, done.output
    return done


def learnt(folder: Folder, *arguments: str) -> dict:
    return json.loads(run(folder, "learn", "--json", *arguments).stdout)


def another_example(folder: Folder) -> None:
    """Something more to learn, so that the next model has another version."""
    path = folder.path / "examples" / "writer-a.jsonl"
    line = as_line(some_examples()[0], id="more", body="Quite another letter.")
    path.write_text(path.read_text() + line + "\n")


# Learning


def test_the_first_model_serves_at_once(folder):
    """Nothing served before: nobody has to choose."""
    said = learnt(folder)
    assert said["adopted"] == said["version"] == Shelf.of(folder.state).adopted().version
    assert {"category", "vulnerable-recall"} <= {row["key"] for row in said["figures"]}
    assert said["compared"] == []


def test_the_next_serves_on_a_persons_word_only(folder):
    """Until then it lies on the shelf, compared with the one that serves."""
    first = learnt(folder)["version"]
    another_example(folder)
    said = learnt(folder)
    assert said["version"] != first
    assert said["adopted"] == first
    by_key = {row["key"]: row for row in said["compared"]}
    assert by_key["category"]["low"] <= 0 <= by_key["category"]["high"]
    assert learnt(folder, "--adopt", "--by", "A. Admin")["adopted"] == said["version"]


def test_learning_goes_on_beside_a_model_that_cannot_be_read(folder):
    """A disk or another version of the software spoilt it: there is nothing to compare with."""
    first = learnt(folder)["version"]
    (folder.state / "models" / first / "model.bin").write_bytes(b"spoilt")
    another_example(folder)
    done = run(folder, "learn", "--json", "--adopt", "--by", "A. Admin")
    said = json.loads(done.stdout)
    assert said["compared"] == []
    assert said["adopted"] == said["version"] != first
    assert f"no going back to {first}" in done.stderr
    assert Shelf.of(folder.state).adopted().before == ()


def test_a_note_that_names_no_model_is_replaced_on_a_persons_word(folder):
    """It says so itself."""
    learnt(folder)
    (folder.state / "models" / "adopted.json").write_text("{}")
    assert "learn --adopt" in run(folder, "learn", code=65).stderr
    said = learnt(folder, "--adopt", "--by", "A. Admin")
    assert Shelf.of(folder.state).adopted().version == said["version"]


def test_one_command_goes_back(folder):
    """At three in the morning, without learning anything."""
    first = learnt(folder)["version"]
    another_example(folder)
    second = learnt(folder, "--adopt", "--by", "A. Admin")["version"]
    back = learnt(folder, "--back", "--by", "A. Admin")
    assert back == {"adopted": first, "before": second}
    done = run(folder, "learn", "--back", "--by", "A. Admin", code=65)
    assert "nothing to go back to" in done.stderr


def test_who_decides_is_on_record(folder):
    """A keyed hash in the audit, no name."""
    run(folder, "once")
    first = learnt(folder)["version"]
    another_example(folder)
    second = learnt(folder, "--adopt", "--by", "A. Admin")["version"]
    store = startup.connect(startup.load_config(folder.path))
    with store.read() as tx:
        rows = tx.connection.exec_driver_sql(
            "SELECT subject, actor, detail FROM audit WHERE event = 'model_adopted'"
        ).all()
    store.close()
    ((subject, actor, detail),) = rows
    assert (subject, json.loads(detail)) == (f"model:{second}", {"old": first, "new": second})
    assert "Admin" not in actor


@pytest.mark.parametrize("arguments", [("--adopt",), ("--back",), ("--adopt", "--back")])
def test_nobody_is_no_one_to_decide(folder, arguments):
    """64, before anything is learnt."""
    run(folder, "learn", *arguments, code=64)
    assert not folder.state.exists()


def test_set_up_learns_only_what_has_changed(folder):
    """And takes over a model that no person chose."""
    run(folder, "learn", "--if-needed")
    first = Shelf.of(folder.state).adopted().version
    assert "learnt already" in run(folder, "learn", "--if-needed").stderr
    another_example(folder)
    run(folder, "learn", "--if-needed")
    assert Shelf.of(folder.state).adopted().version != first


def test_set_up_leaves_a_persons_choice_alone(folder):
    """It only lays the new one beside it."""
    chosen = learnt(folder, "--adopt", "--by", "A. Admin")["version"]
    another_example(folder)
    run(folder, "learn", "--if-needed")
    assert Shelf.of(folder.state).adopted().version == chosen


def test_every_wrong_example_is_named(folder):
    """65, by file and line, all of them at once; nothing is learnt."""
    (folder.path / "examples" / "writer-x.jsonl").write_text('{"labels": 1}\n\n{\n')
    done = run(folder, "learn", code=65)
    assert "writer-x.jsonl:1" in done.stderr
    assert "writer-x.jsonl:3" in done.stderr
    assert not folder.state.exists()


def test_too_few_examples_are_said_so(folder):
    """65, and how many there are."""
    for path in (folder.path / "examples").iterdir():
        path.write_text(path.read_text().splitlines()[0] + "\n")
    assert "3 examples by 3 writers" in run(folder, "learn", code=65).stderr


def test_a_person_sees_a_table(folder):
    """With intervals, and how to have the model serve."""
    assert "95 % interval" in run(folder, "learn").stdout
    another_example(folder)
    done = run(folder, "learn")
    assert "difference" in done.stdout
    assert "assurance learn --adopt --by NAME" in done.stdout


def test_check_warns_where_no_model_serves(folder):
    """It can start; most would be to be sorted."""
    assert "Run assurance learn" in run(folder, "check").stderr
    run(folder, "learn")
    assert "Run assurance learn" not in run(folder, "check").stderr


# Measuring


@pytest.fixture
def labelled(tmp_path):
    path = tmp_path / "unseen.jsonl"
    path.write_text("\n".join(as_line(one) for one in some_examples(writers=("z",))) + "\n")
    return path


def test_evaluate_prints_the_table(folder, labelled):
    """For a program and for a person."""
    run(folder, "learn")
    said = json.loads(run(folder, "evaluate", str(labelled), "--json").stdout)
    by_key = {row["key"]: row for row in said["figures"]}
    assert by_key["category"]["of"] == 27
    assert by_key["category"]["share"] > 0.8
    assert "category right" in run(folder, "evaluate", str(labelled)).stdout


def test_evaluate_judges_what_was_learnt_from_as_if_unseen(folder):
    """Else the table of the examples themselves would flatter."""
    version = learnt(folder)["version"]
    path = folder.state / "models" / version / "answers.json"
    rows = json.loads(path.read_text())
    path.write_text(json.dumps({digest: [-x for x in row] for digest, row in rows.items()}))
    done = run(folder, "evaluate", "--json", str(folder.path / "examples" / "writer-a.jsonl"))
    assert "has learnt from" in done.stderr
    by_key = {row["key"]: row for row in json.loads(done.stdout)["figures"]}
    assert by_key["category"]["hits"] < by_key["category"]["of"] / 2


def test_evaluate_names_lines_that_are_no_examples(folder, labelled):
    """65; the others are measured all the same."""
    labelled.write_text(labelled.read_text() + "{}\n")
    done = run(folder, "evaluate", str(labelled), "--json", code=65)
    assert "unseen.jsonl:28" in done.stderr
    assert json.loads(done.stdout)["figures"][0]["of"] == 27


def test_evaluate_says_which_file_is_missing(folder, tmp_path):
    """66."""
    assert "nowhere" in run(folder, "evaluate", str(tmp_path / "nowhere"), code=66).stderr


def test_without_a_model_the_table_says_so(folder, labelled):
    """Facts and rules alone."""
    assert "Facts and rules alone decide" in run(folder, "evaluate", str(labelled)).stderr


# Trying a draft, and correcting


@pytest.fixture
def enquiry(folder) -> str:
    """One mail in the store; return its enquiry's reference."""
    run(folder, "learn")
    place = folder.state / "inboxes" / "customer-care" / "new"
    place.mkdir(parents=True)
    path = place / "one.eml"
    path.write_bytes(a_mail(text="Your caseworker never rang back. It is wrong."))
    os.utime(path, (0, 0))  # a file that was dropped this moment is left to settle
    for name in ("cur", "tmp"):
        (place.parent / name).mkdir()
    run(folder, "once")
    store = startup.connect(startup.load_config(folder.path))
    with store.read() as tx:
        reference = tx.enquiry_by_id(1).reference
    store.close()
    return reference


def replayed(folder: Folder, draft: Path, *arguments: str):
    live = ["--live", str(folder.path), "--config", str(draft)]
    done = CliRunner().invoke(command.app, ["backtest", *live, *arguments])
    assert done.exit_code == 0, done.output
    return done


@pytest.fixture
def draft(tmp_path) -> Path:
    """A config that decides nothing any more, with a rule that calls every letter 'other'."""
    rule = '\n[[rule]]\nname = "a-draft"\nphrases = ["caseworker"]\n'
    other = Folder(tmp_path / "draft")
    (other.path / "rules.toml").write_text(
        (SHIPPED / "rules.toml").read_text() + rule + 'category = "other"\ndecides = true\n'
    )
    return other.path


def test_backtest_shows_what_a_draft_would_change(folder, enquiry, draft):
    """From what, to what, by reference; the store stays as it is."""
    (line,) = replayed(folder, draft, "--json").stdout.splitlines()
    change = json.loads(line)
    assert change["reference"] == enquiry
    assert change["changes"]["category"]["to"] == "other"
    done = replayed(folder, draft)
    assert "1 messages were replayed. Nothing was changed." in done.stderr
    assert "other" in done.stdout


def test_backtest_of_the_same_config_changes_nothing(folder, enquiry):
    """Not a line."""
    assert enquiry
    assert replayed(folder, folder.path, "--json").stdout == ""
    assert replayed(folder, folder.path, "--since", "2099-01-01").stderr.startswith("0 messages")


def test_backtest_tries_a_model_that_does_not_serve_yet(folder, enquiry):
    """By its version; one that is not there is refused in a sentence."""
    assert enquiry
    another_example(folder)
    version = learnt(folder)["version"]
    assert replayed(folder, folder.path, "--model", version).exit_code == 0
    live = ["--live", str(folder.path), "--config", str(folder.path)]
    done = CliRunner().invoke(command.app, ["backtest", *live, "--model", "0badc0de"])
    assert done.exit_code == 65


def applied(folder, draft, *arguments, words=None):
    """Have open enquiries follow a draft."""
    place = getattr(draft, "path", draft)
    arguments = ["--live", str(folder.path), "--config", str(place), "--apply", *arguments]
    return CliRunner().invoke(command.app, ["backtest", *arguments], input=words)


def category_of(folder, reference):
    done = CliRunner().invoke(
        command.app, ["show", reference, "--config", str(folder.path), "--json"]
    )
    return json.loads(done.stdout)["category"]


def test_backtest_applies_on_a_persons_word_only(folder, enquiry, draft):
    """It lists and asks first; a no changes nothing, --yes does not ask."""
    before = category_of(folder, enquiry)
    assert applied(folder, draft).exit_code == 64
    assert applied(folder, draft, "--by", "A. Admin", "--json").exit_code == 64
    done = applied(folder, draft, "--by", "A. Admin", words="n\n")
    assert enquiry in done.stdout
    assert "1 open enquiries" in done.stderr
    assert "Nothing was changed" in done.stderr
    assert category_of(folder, enquiry) == before
    done = applied(folder, draft, "--by", "A. Admin", "--yes")
    assert "1 messages are taken for something else" in done.stderr
    assert category_of(folder, enquiry) == "other"
    again = applied(folder, draft, "--by", "A. Admin", "--yes")
    assert "None of them would change" in again.stderr


def test_no_reply_to_take_back_is_said_in_a_sentence(folder, enquiry):
    """65: there is nothing that could be done."""
    arguments = ["not-replied", enquiry, "--by", "A. Name", "--config", str(folder.path)]
    done = CliRunner().invoke(command.app, arguments)
    assert done.exit_code == 65
    assert "No reply was seen" in done.stderr


def test_what_an_officer_corrects_is_learnt_from(folder, enquiry):
    """The next model has another version, and counts one more hand."""
    first = Shelf.of(folder.state).adopted().version
    done = run(folder, "correct", enquiry, "--by", "A. Officer", "--category", "ico-decision")
    assert "decision of the Information Commissioner" in done.stdout
    version = learnt(folder)["version"]
    assert version != first
    assert Shelf.of(folder.state).about(version)["examples"]["corrections"] == 1


def test_a_wrong_word_for_a_category_is_a_mistake_in_the_command(folder, enquiry):
    """64 is the command's own; nothing is written."""
    arguments = ["correct", enquiry, "--by", "A. Officer", "--category", "oddity"]
    done = CliRunner().invoke(command.app, [*arguments, "--config", str(folder.path)])
    assert done.exit_code == 2  # what typer says; the process makes 64 of it
    assert all(one.value in done.output for one in (Category.OTHER,))
