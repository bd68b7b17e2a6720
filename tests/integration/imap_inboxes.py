"""Builders for the IMAP tests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connectors.imap import ImapInbox

if TYPE_CHECKING:
    from tests.servers.dovecot import Dovecot
    from tests.servers.scripted import ScriptedImap


def dovecot_inbox(dovecot: Dovecot, user: str, **changes: Any) -> ImapInbox:
    """Return an inbox on a user's INBOX over TLS; keywords change the settings."""
    settings = {
        "name": "enquiries",
        "host": "localhost",
        "port": dovecot.tls_port,
        "username": user,
        "password": lambda: dovecot.password,
        "ca_file": dovecot.ca_file,
        "timeout_s": 10,
    }
    return ImapInbox(**(settings | changes))


def scripted_inbox(server: ScriptedImap, **changes: Any) -> ImapInbox:
    """Return an inbox on a scripted server, in clear text on loopback."""
    settings = {
        "name": "enquiries",
        "host": server.host,
        "port": server.port,
        "username": "ombudsman",
        "password": lambda: "correct-horse",
        "tls": "none",
        "timeout_s": 2,
    }
    return ImapInbox(**(settings | changes))
