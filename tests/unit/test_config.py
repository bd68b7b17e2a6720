"""The config folder becomes one checked value."""

import re
from datetime import date
from pathlib import Path

import pytest

from daemon import config
from daemon.config.files import Files
from daemon.config.sentences import _fields, _tables
from daemon.model import TEXTS, Arrangement, Box, Handling, Route, Team
from tests.unit.config_folders import SHIPPED, Folder


@pytest.fixture
def folder(tmp_path):
    return Folder(tmp_path)


def test_shipped_config_loads_without_errors_warnings_or_secrets(tmp_path):
    """The embedded default works as it is: SQLite, Maildirs, no secret."""
    loaded = config.load(SHIPPED, env={}, state_dir=tmp_path)
    assert loaded.warnings == ()
    assert loaded.store_url == f"sqlite:///{tmp_path}/assurance.db"
    assert loaded.store_password is None
    assert loaded.signing_keys == ()
    assert [inbox.box for inbox in loaded.inboxes] == [
        Box.OMBUDSMAN,
        Box.CEO,
        Box.CUSTOMER_CARE,
        Box.INTAKE,
    ]
    assert {inbox.path for inbox in loaded.inboxes} == {
        tmp_path / "inboxes" / name for name in ("ombudsman", "ceo", "customer-care", "intake")
    }
    assert [outlet.path for outlet in loaded.outlets] == [
        tmp_path / "sent/acknowledgements",
        tmp_path / "sent/notices",
    ]
    assert loaded.rules.rules


def test_config_is_what_the_files_say(folder):
    """Each part of the policy comes from its file."""
    folder.add("clocks.toml", '[[extra_holiday]]\ndate = 2026-06-15\nnations = ["SCT"]\n')
    folder.add(
        "arrangements.toml",
        '[[arrangement]]\nid = "one"\naddresses = ["A.Writer@post.example"]\n'
        'instruction = "Ring first."\npersonal_reply_only = true\nuntil = 2026-12-31\n',
    )
    loaded = folder.load()
    policy = loaded.policy
    assert policy.directory.own_domains == {"ombudsman.example"}
    assert policy.directory.mp_office("maria.oakes.mp@parliament.uk").id == "north-fenwick"
    assert policy.directory.mp_office("case@penhale-office.example").id == "harrowby-and-stane"
    assert policy.clocks.extra_holidays == {date(2026, 6, 15): {"SCT"}}
    assert policy.clocks.vulnerable_steps_minutes == (60, 90, 120, 150)
    assert policy.teams["intake"] == Team(
        id="intake",
        name="Intake",
        mailbox="team.intake@ombudsman.example",
        holder="intake.manager@ombudsman.example",
        deputy="intake.deputy@ombudsman.example",
        assistant_director="ad.intake@ombudsman.example",
        director="director.casework@ombudsman.example",
    )
    assert policy.arrangements[:-1] == (
        Arrangement(
            id="one",
            addresses=("a.writer@post.example",),
            instruction="Ring first.",
            handling=(Handling.PERSONAL_REPLY,),
            until_on=date(2026, 12, 31),
        ),
    )
    assert policy.arrangements[-1].id == "patients-voice"
    assert policy.suggestions["foi-dpa"] == "information-assurance"
    assert (policy.limits.per_address, policy.limits.in_all) == (4, 2000)
    assert policy.duty[0] == "duty.officer@ombudsman.example"
    assert loaded.routes is policy.routes
    assert loaded.routes[Route.EXTERNAL_AFFAIRS] == "external-affairs"
    assert Route.SET_ASIDE not in loaded.routes
    assert loaded.operators == ("it.operations@ombudsman.example",)
    assert loaded.office.reference_prefix == "PH"


def test_loaded_config_cannot_be_changed(folder):
    """Nobody changes the config while the daemon runs."""
    loaded = folder.load()
    with pytest.raises(AttributeError):
        loaded.store_url = ""
    with pytest.raises(ValueError, match="frozen"):
        loaded.office.name = ""
    with pytest.raises(TypeError):
        loaded.policy.teams["intake"] = None


def test_a_byte_order_mark_does_no_harm(folder):
    """An editor on Windows may put one in front of the file."""
    text = (folder.path / "clocks.toml").read_text()
    folder.write("clocks.toml", "\ufeff" + text)
    assert folder.load()


def test_state_folder_is_the_given_the_configured_systemds_or_var(folder, tmp_path, monkeypatch):
    """First the argument, then [paths] state, then $STATE_DIRECTORY, then ./var."""
    monkeypatch.chdir(tmp_path)
    assert folder.load(state_dir=None).state_dir == tmp_path / "var"
    folder.env = {"STATE_DIRECTORY": "/var/lib/one:/var/lib/two"}
    assert folder.load(state_dir=None).state_dir == Path("/var/lib/one")
    folder.change("daemon.toml", 'state = ""', 'state = "/srv/assurance"')
    assert folder.load(state_dir=None).state_dir == Path("/srv/assurance")
    assert folder.load(state_dir=Path("here")).state_dir == tmp_path / "here"


def test_sqlite_file_may_lie_anywhere(folder):
    """An absolute path stays what it is."""
    folder.change("daemon.toml", "sqlite:///assurance.db", "sqlite:////srv/a.db")
    assert folder.load().store_url == "sqlite:////srv/a.db"


def test_templates_folder_begins_at_the_config_folder(folder):
    """Empty is left to the command; otherwise it must be there."""
    assert folder.load().templates_dir is None
    (folder.path / "texts").mkdir()
    folder.change("daemon.toml", 'templates = ""', 'templates = "texts"')
    assert folder.load().templates_dir == folder.path / "texts"


def keys_of(table):
    """Find every key that the models know."""
    for key, annotation in _fields(table).items():
        yield key
        for inner in _tables(annotation):
            yield from keys_of(inner)


def test_every_key_has_its_place_in_the_docs():
    """Who is told that a key is needed finds it in docs/configuration.md."""
    docs = (SHIPPED.parent / "docs" / "configuration.md").read_text()
    words = set(re.findall(r"[a-z][a-z_.-]+", docs))
    assert set(keys_of(Files)) <= words


def test_the_rules_for_texts_that_ship_are_those_of_an_older_config_too(folder):
    """A config without any `[[answer]]` answers as the shipped one does."""
    assert folder.load().policy.texts == TEXTS
    text = (folder.path / "routes.toml").read_text()
    folder.write("routes.toml", text[: text.index("[[answer]]")])
    assert folder.load().policy.texts == TEXTS


@pytest.mark.parametrize(
    ("rule", "why"),
    [
        ('template = "No Name"', "Give the name of a folder"),
        ('template = "general"\nsources = ["mps"]', "committee-chair"),
        ('template = "general"\nlanguages = ["Welsh"]', "two small letters"),
        ('template = "general"\nchannel = "email"', "channel"),
    ],
)
def test_a_mistake_in_a_rule_for_texts_is_named(folder, rule, why):
    folder.add("routes.toml", f"\n[[answer]]\n{rule}\n")
    (error,) = folder.errors()
    assert error.file == "routes.toml"
    assert why in f"{error.key} {error.why}"


def test_an_older_config_sends_as_before(folder):
    """Without `[sending]` nothing is in shadow, and letters lie below the state folder."""
    text = (folder.path / "outlets.toml").read_text()
    folder.write("outlets.toml", text[: text.index("[sending]")])
    sending = folder.load().sending
    assert (sending.shadow, sending.letters) == (False, folder.state / "letters")
