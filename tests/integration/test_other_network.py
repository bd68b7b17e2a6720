"""Another network: one file, one line in the app, and config; all the rest is there."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from daemon.app import App, load_templates, networks, open_store
from daemon.model import PostKind
from daemon.service import Stop
from daemon.startup import AdoptedModel, share
from daemon.store import schema
from tests import other_network
from tests.unit.config_folders import SHIPPED, Folder

ACCOUNT = """
[[account]]
name = "office"
network = "other"
handle = "@Office.Example"
allow = ["mentions", "messages", "answers", "invitations"]
go_live = 2026-01-01

[account.secrets]
key = "file:other-key"

[invitation]
text = "Thank you. Please write to us in a direct message."
"""


@pytest.fixture
def daemon(tmp_path, monkeypatch):
    """A daemon whose office has an account there."""
    monkeypatch.setitem(networks.NETWORKS, "other", "tests.other_network:Other")
    other_network.TIMELINE.clear()
    other_network.SENT.clear()
    folder = Folder(tmp_path).secret("other-key").write("social.toml", ACCOUNT)
    (folder.path / "rules.toml").write_bytes((SHIPPED / "rules.toml").read_bytes())
    config = folder.load()
    assert list(networks.mistakes(config.social)) == []
    daemon = App(
        config,
        templates=load_templates(share() / "templates"),
        store=open_store(config),
        stop=Stop(),
        models=AdoptedModel.of(config),
        clock=lambda: datetime.now(UTC),  # noqa: TID251 -- the tests' own clock
    )
    daemon.begin()
    yield daemon
    daemon.close()


def test_what_people_write_there_is_taken_in_and_answered_there(daemon):
    """A message by a message, a post about a case by the invitation, and nothing twice."""
    words = "My complaint P-004123 has been with you for eight months and nobody answers me."
    other_network.TIMELINE[:] = [
        ("2", PostKind.MENTION, "jo", f"@office.example {words}"),
        ("1", PostKind.MESSAGE, "ann", words),
    ]
    for _ in range(3):
        daemon.once()
    m = schema.message.c
    with daemon._store.read() as tx:
        rows = tx.connection.execute(
            select(m.sender_address, m.outcome, m.inbox, m.conversation).order_by(m.sender_address)
        ).all()
    assert [tuple(row) for row in rows] == [
        ("@ann", "opened", "office-messages", "other:ann"),
        ("@jo", "opened", "office-mentions", "other:jo"),
    ]
    sent = dict(other_network.SENT)
    assert len(other_network.SENT) == 2
    assert "Your reference is" in sent["ann"]
    assert sent["jo"] == "@jo Thank you. Please write to us in a direct message."
    assert daemon.exit_code == 0
