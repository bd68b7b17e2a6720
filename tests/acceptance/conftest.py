"""What the acceptance tests share: offices on real servers, ended whatever happens."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import pytest

from tests.acceptance.office import Office
from tests.servers import short_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from tests.servers.dovecot import Dovecot
    from tests.servers.smtp import MailServer

_NUMBERS = itertools.count(1)


def smtp_settings(server: MailServer, **more: object) -> Mapping[str, object]:
    """Return what outlets.toml says of a test's mail server."""
    return {"port": server.port, "tls": "none", **more}


@pytest.fixture
def make_office(dovecot: Dovecot) -> Iterator[Callable[..., Office]]:
    """Make offices on the test's Dovecot; whatever they run is ended at the end."""
    offices: list[Office] = []
    with short_folder("office") as folder:

        def make(server: MailServer | None = None, **more: Any) -> Office:
            smtp = more.pop("smtp", smtp_settings(server) if server else None)
            number = next(_NUMBERS)
            prefix = f"o{number}"
            place = folder / prefix
            offices.append(Office(folder=place, dovecot=dovecot, prefix=prefix, smtp=smtp, **more))
            return offices[-1]

        try:
            yield make
        finally:
            for office in offices:
                office.end()
