"""What holds and why, every key there is, and what can be reached: as an administrator asks."""

from __future__ import annotations

import json
import tomllib

import pytest
from typer.testing import CliRunner

from daemon.__main__ import app
from daemon.config.files import FILE_NAMES, RULES, Files
from daemon.config.reference import keys
from daemon.startup import share
from tests.unit.config_folders import Folder

PASSWORD = "correct horse battery staple and more"


@pytest.fixture
def folder(tmp_path):
    return Folder(tmp_path)


def run(folder, *arguments):
    arguments = [*arguments, "--config", str(folder.path), "--state", str(folder.state)]
    return CliRunner().invoke(app, arguments)


def far(folder, port, **settings):
    """An inbox on a server that is not there."""
    folder.secret("far", PASSWORD)
    lines = {"host": "127.0.0.1", "tls": "none", "port": port, "username": "far", **settings}
    text = "\n".join(f"{key} = {json.dumps(value)}" for key, value in lines.items())
    folder.add(
        "inboxes.toml",
        f'\n[[inbox]]\nname = "far"\nbox = "intake"\nkind = "imap"\ngo_live = 2026-07-01\n'
        f'address = "far@ombudsman.example"\npassword = "file:far"\n{text}\n',
    )


def test_every_value_has_its_origin_and_secrets_stay_hidden(folder):
    """Written in a file, or by default; a secret by the file it is read from."""
    far(folder, 143)
    done = run(folder, "config", "show")
    assert done.exit_code == 0, done.output
    assert 'inbox "far".password = (hidden), read from ' in done.stdout
    assert PASSWORD not in done.stdout
    assert 'inbox "far".folder = "INBOX"  # by default' in done.stdout
    assert 'inbox "far".username = "far"\n' in done.stdout
    told = json.loads(run(folder, "config", "show", "--json").stdout)
    origins = {one["key"]: one["origin"] for one in told["values"]}
    assert origins['inbox "far".host'] == "inboxes.toml"
    assert origins["schedule.lease_s"] == "daemon.toml"
    assert origins['inbox "far".idle'] == "default"
    assert told["state"] == str(folder.state)


def test_a_config_with_mistakes_shows_them(folder):
    """78, by file and key."""
    folder.change("office.toml", "\nphone =", "\nfone =")
    done = run(folder, "config", "show")
    assert done.exit_code == 78
    assert 'Did you mean "phone"?' in done.stderr


def test_the_reference_leaves_no_key_out():
    """Each with what may stand there, its effect and an example that is TOML."""
    text = CliRunner().invoke(app, ["config", "reference"]).stdout
    shipped = {
        name: tomllib.loads((share() / "config" / name).read_text())
        for name in FILE_NAMES
        if name != RULES
    }
    every = keys(shipped)
    assert len(every) > 150
    for key in every:
        assert key.words, key
        assert key.effect.endswith("."), key
        assert tomllib.loads(f"key = {key.example}"), key
        assert f"| `{key.name}` |" in text
    assert "`remind_hour = 9`" in text
    assert "(hour of the day)" in text


def test_every_file_has_a_schema_that_the_shipped_one_fits():
    """For an editor: keys with their descriptions, and no others."""
    for field in Files.model_fields.values():
        done = CliRunner().invoke(app, ["config", "schema", str(field.alias)])
        assert done.exit_code == 0, done.output
        made = json.loads(done.stdout)
        assert made["additionalProperties"] is False
        written = tomllib.loads((share() / "config" / str(field.alias)).read_text())
        assert set(written) <= set(made["properties"])
    assert CliRunner().invoke(app, ["config", "schema", "none.toml"]).exit_code == 64


def test_what_can_be_reached_says_so(folder):
    """Inboxes and outlets of the shipped config, and the database once there is one."""
    run(folder, "once")
    done = run(folder, "connect", "intake", "notices", "database")
    assert done.exit_code == 0, done.output
    assert "well  inbox intake: Signed in, and the folder holds 0 messages." in done.stdout
    assert "well  outlet notices: It would take mail. Nothing was sent." in done.stdout
    assert "well  database: It answers" in done.stdout


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"port": 1}, "127.0.0.1:1 cannot be reached (it takes no connections)"),
        ({"port": 1, "host": "nowhere.invalid", "tls": "implicit"}, "cannot be resolved"),
    ],
)
def test_what_cannot_be_reached_says_why(folder, settings, words):
    """69, in words of ours."""
    far(folder, **settings)
    done = run(folder, "connect", "far")
    assert done.exit_code == 69
    assert words in done.stdout
    (told,) = json.loads(run(folder, "connect", "far", "--json").stdout)
    assert told["ok"] is False


def test_the_wrong_password_and_a_stranger_are_told_apart(folder, dovecot, certificates):
    """On a real server: password, certificate, folder."""
    user = dovecot.add_user("connect-me")
    name = {"username": user, "host": "localhost", "tls": "implicit"}
    far(folder, dovecot.tls_port, **name, ca_file=str(certificates.ca_file))
    assert "does not accept the name or password" in run(folder, "connect", "far").stdout
    folder.secret("far", dovecot.password)
    assert run(folder, "connect", "far").exit_code == 0
    ours, strange = (
        f'/{one.name}"' for one in (certificates.ca_file, certificates.stranger_ca_file)
    )
    folder.change("inboxes.toml", ours, strange)
    assert "certificate of localhost was not accepted" in run(folder, "connect", "far").stdout
    folder.change("inboxes.toml", strange, ours)
    folder.change(
        "inboxes.toml", 'username = "connect-me"', 'folder = "None"\nusername = "connect-me"'
    )
    assert "has no folder 'None'" in run(folder, "connect", "far").stdout


def test_a_name_that_is_none_is_answered_with_those_there_are(folder):
    """64."""
    done = run(folder, "connect", "intakes")
    assert done.exit_code == 64
    assert "intake, " in done.stderr


def test_the_older_name_of_a_sign_in_service_is_refused(folder):
    """With the nearest there is."""
    far(folder, 993, host="imap.example", tls="implicit")
    folder.change("inboxes.toml", 'password = "file:far"', 'oauth = "m356"')
    folder.secret("app", PASSWORD).change(
        "daemon.toml",
        "[signing]",
        '[[oauth]]\nname = "m365"\nprovider = "microsoft"\ntenant = "t"\nclient_id = "c"\n'
        'client_secret = "file:app"\n\n[signing]',
    )
    done = run(folder, "check")
    assert done.exit_code == 78
    assert 'inbox "far".oauth' in done.stderr
    assert 'Did you mean "m365"?' in done.stderr


@pytest.mark.parametrize(
    ("lines", "key", "words"),
    [
        ('client_secret = "file:app"\ncertificate = "file:app"', "certificate", "either"),
        ("", "certificate", "either"),
        ('client_secret = "file:app"\ntenent = "x"', "tenent", 'Did you mean "tenant"?'),
    ],
)
def test_a_sign_in_service_is_proved_to_in_one_way(folder, lines, key, words):
    """A secret or a certificate; slips are named."""
    folder.secret("app", PASSWORD).change(
        "daemon.toml",
        "[signing]",
        '[[oauth]]\nname = "m365"\nprovider = "microsoft"\ntenant = "t"\nclient_id = "c"\n'
        f"{lines}\n\n[signing]",
    )
    done = run(folder, "check")
    assert done.exit_code == 78
    assert f'oauth "m365".{key}' in done.stderr
    assert words in done.stderr
