"""social.toml: accounts with what their owners agreed to, and every mistake in a sentence."""

from __future__ import annotations

import pytest

from daemon.app.networks import mistakes
from daemon.model import Box, Opens, PostKind
from tests.unit.asking_x import KEYS
from tests.unit.config_folders import Folder

ACCOUNT = """
[[account]]
name = "office"
network = "x"
handle = "@PHSOffice"
allow = ["mentions", "messages", "answers"]
go_live = 2026-12-01

[account.secrets]
"""
SECRETS = "".join(f'{name} = "file:{name}"\n' for name in KEYS)


@pytest.fixture
def folder(tmp_path):
    folder = Folder(tmp_path).write("social.toml", ACCOUNT + SECRETS)
    for name in KEYS:
        folder.secret(name)
    return folder


def social(folder, old, new):
    return folder.change("social.toml", old, new)


def test_as_shipped_there_is_no_account(tmp_path):
    """Nothing is read until somebody says what its owner agreed to."""
    config = Folder(tmp_path).load()
    assert config.social.account == ()
    assert config.policy.social.opens[PostKind.REPOST] is Opens.NEVER


def test_a_config_folder_without_the_file_has_no_account(tmp_path):
    """An office that does without need not have it."""
    folder = Folder(tmp_path)
    (folder.path / "social.toml").unlink()
    assert folder.load().social.account == ()


def test_an_account_has_inboxes_and_an_outlet_named_after_it(folder):
    """They are like all others from there on."""
    config = folder.load()
    assert {one.name: one.box for one in config.inboxes if one.kind == "account"} == {
        "office-mentions": Box.X_MENTION,
        "office-messages": Box.X_DM,
    }
    assert [one.name for one in config.outlets if one.kind == "account"] == ["office-answers"]
    assert config.policy.social.answers("@phsoffice")
    assert not config.policy.social.invites("@phsoffice")
    assert list(mistakes(config.social)) == []


@pytest.mark.parametrize(
    ("allow", "inboxes", "outlets"),
    [
        ('["mentions"]', ["office-mentions"], []),
        ('["messages"]', ["office-messages"], []),
        ('["messages", "answers"]', ["office-messages"], ["office-answers"]),
    ],
)
def test_what_was_not_agreed_to_is_not_there(folder, allow, inboxes, outlets):
    """Neither read nor answered."""
    config = social(folder, '["mentions", "messages", "answers"]', allow).load()
    assert [one.name for one in config.inboxes if one.kind == "account"] == inboxes
    assert [one.name for one in config.outlets if one.kind == "account"] == outlets


OFFICE = 'account "office"'


@pytest.mark.parametrize(
    ("old", "new", "key", "words"),
    [
        ('"@PHSOffice"', '"PHSOffice"', "handle", "such as"),
        ('"answers"]', '"answer"]', "allow[3]", "Did you mean"),
        ('["mentions", "messages", "answers"]', '["answers"]', "allow", '"messages" too'),
        (
            '["mentions", "messages", "answers"]',
            '["messages", "invitations"]',
            "allow",
            '"mentions" too',
        ),
        ('["mentions", "messages", "answers"]', '["mentions", "invitations"]', "allow", "no text"),
        ('["mentions", "messages", "answers"]', "[]", "allow", "at least 1"),
        ("go_live = 2026-12-01\n", "", "go_live", "needed"),
        ('"file:access_token"', '"secret words"', "secrets.access_token", "never stands"),
        ("go_live =", 'api = "http://x.example"\ngo_live =', "api", "https://"),
        ("go_live =", "monthly_requests = 5\ngo_live =", "monthly_requests", "from 100"),
        ("go_live =", "handel = 5\ngo_live =", "handel", "Did you mean"),
    ],
)
def test_a_mistake_names_its_key(folder, old, new, key, words):
    """And what to write instead."""
    social(folder, old, new)
    said = folder.errors()
    assert {(one.file, one.key) for one in said} == {("social.toml", f"{OFFICE}.{key}")}
    assert any(words in one.why for one in said)
    assert not any("secret words" in one.why for one in said)


def test_names_that_are_taken_and_accounts_that_stand_twice(folder):
    """Two that read the same account would read, and pay, everything twice."""
    text = (ACCOUNT + SECRETS).replace('name = "office"', 'name = "other"')
    folder.add("social.toml", text)
    folder.change("inboxes.toml", 'name = "intake"', 'name = "office-mentions"')
    found = folder.mistakes()
    assert "same account" in found["social.toml", 'account "other".handle']
    assert "has the name office-mentions" in found["social.toml", f"{OFFICE}.name"]


@pytest.mark.parametrize(
    ("old", "new", "key", "words"),
    [
        ('network = "x"', 'network = "myspace"', f"{OFFICE}.network", "one of: x"),
        ('consumer_key = "file:consumer_key"\n', "", f"{OFFICE}.secrets", "consumer_key"),
        ("[invitation]", "", "", ""),
    ],
)
def test_what_the_network_alone_knows_is_said_too(folder, old, new, key, words):
    """Found by `assurance check`, before anything is asked."""
    folder.add("social.toml", "\n[invitation]\n")
    social(folder, old, new)
    found = {one.key: one.why for one in mistakes(folder.load().social)}
    assert set(found) == ({key} if key else set())
    assert words in found.get(key, "")


@pytest.mark.parametrize(
    ("text", "links", "words"),
    [
        ("Please write to us in private.", False, ""),
        ("See ombudsman.org.uk", False, "links = true"),
        ("See https://ombudsman.org.uk/contact", True, ""),
        ("word " * 60, False, "280"),
    ],
)
def test_an_invitation_is_short_and_has_no_link_unless_said(folder, text, links, words):
    """X counts it, and takes 13 times as much for a link."""
    social(folder, '"answers"]', '"answers", "invitations"]')
    more = "links = true\n" if links else ""
    folder.add("social.toml", f'\n[invitation]\ntext = "{text}"\n{more}')
    found = [one.why for one in mistakes(folder.load().social)]
    assert (words in " ".join(found)) if words else found == []
