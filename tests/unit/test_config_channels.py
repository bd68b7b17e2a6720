"""Inboxes and outlets: safe defaults, no clear text, no folder read twice."""

from datetime import UTC, datetime

import pytest

from daemon import config
from daemon.model import InboxRole
from tests.unit.config_folders import IMAP, SMTP, Folder, the_only


@pytest.fixture
def folder(tmp_path):
    return Folder(tmp_path)


def test_imap_inbox_has_safe_defaults(folder):
    """TLS from the first byte, its port, INBOX, and a role of enquiries."""
    folder.secret("far").add("inboxes.toml", IMAP)
    inbox = folder.load().inboxes[-1]
    assert isinstance(inbox, config.ImapInboxConfig)
    assert (inbox.tls, inbox.port, inbox.folder) == ("implicit", 993, "INBOX")
    assert (inbox.role, inbox.when_done, inbox.idle) == (InboxRole.ENQUIRIES, "leave", True)


@pytest.mark.parametrize(
    ("written", "instant"),
    [
        ("2026-07-01", datetime(2026, 6, 30, 23, tzinfo=UTC)),
        ("2026-01-05", datetime(2026, 1, 5, tzinfo=UTC)),
        ("2026-07-01T09:00:00+01:00", datetime(2026, 7, 1, 8, tzinfo=UTC)),
    ],
)
def test_go_live_is_an_instant(folder, written, instant):
    """A date begins at midnight in London; a time says its own zone; both become UTC."""
    folder.change("inboxes.toml", '"inboxes/ceo"', f'"inboxes/ceo"\ngo_live = {written}')
    go_live_at = folder.load().inboxes[1].go_live_at
    assert go_live_at == instant
    assert go_live_at.tzinfo is UTC


@pytest.mark.parametrize("host", ["imap.ombudsman.example", "192.0.2.7", "localhost.example"])
def test_clear_text_is_refused_over_a_network(folder, host):
    """Without TLS only this machine may be talked to."""
    inbox = IMAP.replace("imap.ombudsman.example", host) + 'tls = "none"\n'
    folder.secret("far").add("inboxes.toml", inbox)
    outlet = SMTP.replace("smtp.ombudsman.example", host) + 'tls = "none"\n'
    folder.change("outlets.toml", "\n[use]\n", f"{outlet}\n[use]\n")
    assert set(folder.mistakes()) == {
        ("inboxes.toml", 'inbox "far".tls'),
        ("outlets.toml", 'outlet "relay".tls'),
    }


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "::1", "127.8.8.8"])
def test_clear_text_is_allowed_on_this_machine(folder, host):
    """A relay on the same machine needs no TLS."""
    inbox = IMAP.replace("imap.ombudsman.example", host) + 'tls = "none"\n'
    folder.secret("far").add("inboxes.toml", inbox)
    assert folder.load().inboxes[-1].port == 143


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ('when_done = "move"\n', "needs the folder"),
        ('when_done = "move"\ndone_folder = "INBOX"\n', "is watched"),
    ],
)
def test_moving_needs_another_folder(folder, lines, says):
    """What is finished goes somewhere, and not where it would be read again."""
    folder.secret("far").add("inboxes.toml", IMAP + lines)
    place, why = the_only(folder.mistakes())
    assert place == ("inboxes.toml", 'inbox "far".done_folder')
    assert says in why


@pytest.mark.parametrize("key", ["host", "username", "password", "address"])
def test_imap_inbox_needs_its_keys(folder, key):
    """What cannot be guessed must be there; the port that depends on it is not complained of."""
    inbox = "".join(line for line in IMAP.splitlines(True) if not line.startswith(key))
    folder.secret("far").add("inboxes.toml", inbox)
    place, why = the_only(folder.mistakes())
    assert place == ("inboxes.toml", f'inbox "far".{key}')
    assert "needed" in why


@pytest.mark.parametrize(
    ("other", "same"),
    [
        ("", True),
        ('folder = "inbox"\n', True),
        ('folder = "Archive"\n', False),
    ],
)
def test_two_inboxes_never_read_one_folder(folder, other, same):
    """Same host, user and folder is the same place, INBOX in any case; another folder is not."""
    second = IMAP.replace('"far"\nbox', '"far-two"\nbox').replace("imap.omb", "IMAP.omb")
    folder.secret("far").add("inboxes.toml", IMAP + second + other)
    if not same:
        assert folder.load()
        return
    place, why = the_only(folder.mistakes())
    assert place == ("inboxes.toml", 'inbox "far-two".folder')
    assert 'inbox "far"' in why


def test_an_absolute_path_can_be_the_same_folder_too(folder):
    """The same Maildir is found however its path is written."""
    folder.change("inboxes.toml", '"inboxes/ceo"', f'"{folder.state}/inboxes/ombudsman"')
    assert the_only(folder.mistakes())[0] == ("inboxes.toml", 'inbox "ceo".path')


@pytest.mark.parametrize(
    ("lines", "port", "mistake"),
    [
        ("", 587, None),
        ('tls = "implicit"\n', 465, None),
        ('tls = "implicit"\nport = 2465\n', 2465, None),
        ('username = "u"\npassword = "file:far"\n', 587, None),
        ('username = "u"\n', 0, "password"),
        ('password = "file:far"\n', 0, "password"),
        ('ca_file = "ca.pem"\n', 0, "ca_file"),
        ("port = 70000\n", 0, "port"),
    ],
)
def test_smtp_outlet(folder, lines, port, mistake):
    """The port follows TLS; user name and password come together; a CA file must be there."""
    folder.secret("far")
    folder.change("outlets.toml", "\n[use]\n", f"{SMTP}{lines}\n[use]\n")
    if mistake:
        assert the_only(folder.mistakes())[0] == ("outlets.toml", f'outlet "relay".{mistake}')
    else:
        assert folder.load().outlets[-1].port == port


def test_ca_file_lies_beside_the_config(folder):
    """A relative path begins at the config folder."""
    folder.write("ca.pem", "")
    folder.change("outlets.toml", "\n[use]\n", f'{SMTP}ca_file = "ca.pem"\n\n[use]\n')
    assert folder.load().outlets[-1].ca_file == folder.path / "ca.pem"


def test_imap_enquiries_need_a_go_live(folder):
    """Nobody whose mail lies in a mailbox already is answered by an oversight."""
    folder.secret("far").add("inboxes.toml", IMAP.replace("go_live = 2026-07-01\n", ""))
    place, why = the_only(folder.mistakes())
    assert place == ("inboxes.toml", 'inbox "far".go_live')
    assert "go_live = 2026-04-01" in why


def test_what_is_hardly_meant_is_warned_of(folder):
    """Answers or failures that nobody would read."""
    folder.secret("far").add("inboxes.toml", IMAP)
    folder.change("outlets.toml", "\n[use]\n", f"{SMTP}\n[use]\n")
    assert [(one.file, one.key) for one in folder.load().warnings] == [
        ("office.toml", "office.bounce_address"),
        ("office.toml", "office.signed_address"),
    ]


def test_read_addresses_need_no_warning(folder):
    """With an inbox for each of the two addresses all is well."""
    folder.secret("far")
    returns = IMAP.replace("far@", "returns@") + 'role = "bounces"\n'
    answers = IMAP.replace('"far"', '"answers"').replace("far@", "assurance@")
    folder.add("inboxes.toml", returns + answers + 'role = "commands"\n')
    folder.change("outlets.toml", "\n[use]\n", f"{SMTP}\n[use]\n")
    assert folder.load().warnings == ()


IMAP_OUTLET = """
[[outlet]]
name = "folders"
kind = "imap"
host = "imap.ombudsman.example"
username = "teams"
password = "file:teams"
folders = { "intake@ombudsman.example" = "Teams/Intake" }
"""


def test_notices_of_a_team_may_be_laid_into_a_folder_of_its_own(folder):
    folder.secret("teams").add("outlets.toml", IMAP_OUTLET)
    text = (folder.path / "teams.toml").read_text()
    head, mark, rest = text.partition('id = "intake"\n')
    assert mark
    folder.write("teams.toml", f'{head}{mark}outlet = "folders"\n{rest}')
    loaded = folder.load()
    assert loaded.policy.teams["intake"].outlet == "folders"
    folder.write("teams.toml", f'{head}{mark}outlet = "folder"\n{rest}')
    (error,) = folder.errors()
    assert 'Did you mean "folders"?' in error.why


def test_no_enquirer_is_answered_into_a_folder_of_ours(folder):
    folder.secret("teams").add("outlets.toml", IMAP_OUTLET)
    folder.change(
        "outlets.toml", '\nacknowledgements = "acknowledgements"', '\nacknowledgements = "folders"'
    )
    (error,) = folder.errors()
    assert error.key == "use.acknowledgements"
    assert "no enquirer" in error.why
