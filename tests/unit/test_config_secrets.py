"""Secrets lie in files of their own, and are never shown."""

import pytest

from daemon import config
from tests.unit.config_folders import IMAP, Folder, the_only

PASSWORD = "correct horse battery staple and more"
DATABASE = 'url = "postgresql+psycopg://assurance@db.ombudsman.example/assurance"'
PLACE = ("inboxes.toml", 'inbox "far".password')


@pytest.fixture
def folder(tmp_path):
    return Folder(tmp_path)


def a_credential(folder, tmp_path, text):
    """Give the service a systemd credential called far."""
    credentials = tmp_path / "credentials"
    credentials.mkdir()
    (credentials / "far").write_text(text)
    (credentials / "far").chmod(0o400)
    folder.env = {"CREDENTIALS_DIRECTORY": str(credentials)}


def test_secret_is_read_when_it_is_needed(folder):
    """A password that changes on disk is taken up without a restart; its line break is not."""
    folder.secret("far", "first\n").add("inboxes.toml", IMAP)
    password = folder.load().inboxes[-1].password
    assert password.read() == "first"
    folder.secret("far", " second \r\n")
    assert password.read() == " second "


def test_systemd_credential_comes_first(folder, tmp_path):
    """The credential of that name wins over the file in secrets/."""
    a_credential(folder, tmp_path, "from systemd")
    folder.secret("far", "from the folder").add("inboxes.toml", IMAP)
    assert folder.load().inboxes[-1].password.read() == "from systemd"


def test_a_folder_of_systemd_credentials_will_do(folder, tmp_path):
    """`LoadCredential=secrets:FOLDER` puts the folder's name in front of each."""
    a_credential(folder, tmp_path, "from systemd")
    (tmp_path / "credentials" / "far").rename(tmp_path / "credentials" / "secrets_far")
    folder.add("inboxes.toml", IMAP)
    assert folder.load().inboxes[-1].password.read() == "from systemd"


def test_without_the_credential_the_folder_is_asked(folder, tmp_path):
    """A service with other credentials still finds the file in secrets/."""
    folder.env = {"CREDENTIALS_DIRECTORY": str(tmp_path)}
    folder.secret("far", "from the folder").add("inboxes.toml", IMAP)
    assert folder.load().inboxes[-1].password.read() == "from the folder"


def test_secret_may_lie_at_an_absolute_path(folder, tmp_path):
    """An absolute path is taken as it is."""
    folder.secret("far")
    (folder.path / "secrets" / "far").rename(tmp_path / "elsewhere")
    folder.add("inboxes.toml", IMAP.replace("file:far", f"file:{tmp_path}/elsewhere"))
    assert folder.load().inboxes[-1].password.read() == PASSWORD


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ('"hunter2"', "never stands in a config file"),
        ("4711", "never stands in a config file"),
        ('"file:"', "name of the secret's file"),
        ('"file:../hunter2"', "name of the secret's file"),
        ('"file:hunter2"', "no such secret file"),
        ('"file:/nowhere/hunter2"', "no such secret file"),
    ],
)
def test_a_secret_is_a_file_that_is_there(folder, written, says):
    """A literal secret is refused, a missing file told; neither message repeats the value."""
    folder.add("inboxes.toml", IMAP.replace('"file:far"', written))
    place, why = the_only(folder.mistakes())
    assert place == PLACE
    assert says in why
    assert "hunter2" not in why
    assert "4711" not in why


@pytest.mark.parametrize(
    ("text", "mode", "says"),
    [
        (PASSWORD, 0o604, "Everybody on this machine"),
        ("", 0o600, "empty"),
        (" \n", 0o600, "empty"),
    ],
)
def test_a_secret_is_private_and_not_empty(folder, text, mode, says):
    """A file that others can read keeps no secret; an empty one holds none."""
    folder.secret("far", text, mode).add("inboxes.toml", IMAP)
    place, why = the_only(folder.mistakes())
    assert place == PLACE
    assert says in why


def test_a_secret_that_is_not_text_is_refused_without_its_bytes(folder):
    """Neither the mistake nor the error of a later read holds a byte of it."""
    folder.secret("far").add("inboxes.toml", IMAP)
    password = folder.load().inboxes[-1].password
    password.path.write_bytes(b"hunter2\xff")
    place, why = the_only(folder.mistakes())
    assert place == PLACE
    assert "UTF-8" in why
    with pytest.raises(ValueError, match="UTF-8") as caught:
        password.read()
    assert "hunter2" not in repr(caught.value)
    assert caught.value.__cause__ is None


def test_no_secret_shows_when_the_config_is_printed(folder):
    """Neither repr nor str of anything loaded holds a secret's value."""
    folder.secret("far").add("inboxes.toml", IMAP)
    folder.change("daemon.toml", "keys = []", 'keys = [{ id = "a", secret = "file:far" }]')
    loaded = folder.load()
    for thing in (loaded, *loaded.inboxes, *loaded.signing_keys, loaded.inboxes[-1].password):
        assert PASSWORD not in repr(thing) + str(thing)


def test_signing_keys_keep_their_order(folder):
    """The first signs, all of them verify."""
    keys = 'keys = [{ id = "b", secret = "file:b" }, { id = "a", secret = "file:a" }]'
    folder.secret("a").secret("b").change("daemon.toml", "keys = []", keys)
    assert [key.id for key in folder.load().signing_keys] == ["b", "a"]


@pytest.mark.parametrize(
    ("keys", "key", "says"),
    [
        ('[{ id = "a", secret = "file:short" }]', 'signing.keys "a".secret', "at least 32"),
        ('[{ id = "A", secret = "file:a" }]', "signing.keys[1].id", "pattern"),
        (
            '[{ id = "a", secret = "file:a" }, { id = "a", secret = "file:b" }]',
            "signing.keys[2].id",
            "of its own",
        ),
    ],
)
def test_signing_keys_are_long_and_told_apart(folder, keys, key, says):
    """A short key could be guessed; two of one id could not be told apart."""
    folder.secret("a").secret("b").secret("short", "too short")
    folder.change("daemon.toml", "keys = []", f"keys = {keys}")
    place, why = the_only(folder.mistakes())
    assert place == ("daemon.toml", key)
    assert says in why


def test_database_password_stands_beside_the_url(folder):
    """The address that may be logged holds no password; the secret is kept apart."""
    folder.secret("db").change(
        "daemon.toml", 'url = "sqlite:///assurance.db"', DATABASE + '\npassword = "file:db"'
    )
    folder.secret("a").change(
        "daemon.toml", "keys = []", 'keys = [{ id = "a", secret = "file:a" }]'
    )
    loaded = folder.load()
    assert loaded.store_url == "postgresql+psycopg://assurance@db.ombudsman.example/assurance"
    assert loaded.store_password.read() == PASSWORD


def test_sqlite_takes_no_password(folder):
    """A password that nobody would use is a mistake."""
    folder.secret("db").change(
        "daemon.toml", 'assurance.db"', 'assurance.db"\npassword = "file:db"'
    )
    assert the_only(folder.mistakes())[0] == ("daemon.toml", "store.password")


def test_config_models_are_made_by_load_only():
    """Without its folders a secret cannot be found, and a slip in the code says so."""
    with pytest.raises(TypeError, match="Places"):
        config.SigningKey(id="a", secret="file:a")
