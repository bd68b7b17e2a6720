"""What all tests share: the servers, and which tests may use them."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.register_assert_rewrite("tests.contracts")

pytest_plugins = (
    "tests.servers.browser",
    "tests.servers.certificates",
    "tests.servers.clock",
    "tests.servers.disk",
    "tests.servers.dovecot",
    "tests.servers.npm_oidc",
    "tests.servers.oidc",
    "tests.servers.smtp",
    "tests.servers.postgres",
    "tests.servers.tokens",
)

TESTS = Path(__file__).parent
WITH_SERVERS = (TESTS / "integration", TESTS / "acceptance")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let integration and acceptance tests, and only these, open sockets."""
    for item in items:
        if any(folder in item.path.parents for folder in WITH_SERVERS):
            item.add_marker(pytest.mark.servers)
            item.add_marker(pytest.mark.enable_socket)
