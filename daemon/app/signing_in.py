"""The sign-in services of the config: their tokens, and when what proves us to them ends."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING

from daemon.config import GoogleOAuth
from daemon.deadlines import LONDON
from daemon.health import Level, Part
from daemon.health.common import when

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from connectors.oauth import Google, Microsoft
    from connectors.sign_in import Tokens
    from daemon.config import MicrosoftOAuth

AHEAD = timedelta(days=30)
"""How long before the end of a secret or certificate the operators are told."""


@dataclass(slots=True)
class SignIns:
    """All sign-in services of a config, and the tokens that are in use."""

    settings: Sequence[MicrosoftOAuth | GoogleOAuth]
    _services: dict[str, Microsoft | Google] = field(default_factory=dict)
    _used: dict[tuple[str, str], Tokens] = field(default_factory=dict)

    def tokens_for(self, name: str, username: str) -> Tokens:
        """Return the tokens of a service for a mailbox; the config has made sure that it is there.

        Raises:
            LookupError: there is no service of this name.
        """
        if name not in self._services:
            one = next((one for one in self.settings if one.name == name), None)
            if one is None:
                raise LookupError(name)
            self._services[name] = _service(one)
        tokens = self._services[name].tokens_for(username)
        return self._used.setdefault((name, username), tokens)

    def renew(self) -> None:
        """Renew what comes to its end; what goes wrong is for `parts` to say."""
        for tokens in dict.fromkeys(self._used.values()):
            tokens.renew()

    def parts(self, now: datetime) -> Iterator[Part]:
        """Yield how it stands with each service that is used."""
        for one in self.settings:
            used = [tokens for (name, _), tokens in self._used.items() if name == one.name]
            if used:
                failures = [str(tokens.failure) for tokens in used if tokens.failure]
                yield _part(one, failures, now)


def _service(one: MicrosoftOAuth | GoogleOAuth) -> Microsoft | Google:
    # Half a second and 25 MB, for offices that have one.
    from connectors.oauth import Google, Microsoft  # noqa: PLC0415

    ca_file = str(one.ca_file) if one.ca_file else None
    if isinstance(one, GoogleOAuth):
        return Google(key=one.key.read, ca_file=ca_file)
    return Microsoft(
        tenant=one.tenant,
        client_id=one.client_id,
        secret=one.client_secret.read if one.client_secret else None,
        certificate=one.certificate.read if one.certificate else None,
        authority=one.authority,
        ca_file=ca_file,
    )


def _part(one: MicrosoftOAuth | GoogleOAuth, failures: list[str], now: datetime) -> Part:
    name, label = f"sign-in:{one.name}", f"Sign-in service {one.name}"
    if failures:
        return Part(
            name=name,
            label=label,
            level=Level.TROUBLE,
            why=f"No new token: {failures[0]}.",
            do="Mail goes on until the token of before ends, within the hour. See [[oauth]] in"
            " daemon.toml; a changed secret needs systemctl restart assurance.",
            at_once=True,
        )
    ends = _ends(one)
    if ends is not None and ends - now <= AHEAD:
        gone = ends <= now
        return Part(
            name=name,
            label=label,
            level=Level.WARNING,
            why=f"What proves us to it {'ended' if gone else 'ends'} at {when(ends)} {ends.year}.",
            do="Make a new secret or certificate, put it into its file, write its end to ends in"
            " daemon.toml, and restart.",
            at_once=True,
            figures={"ends_at": ends.isoformat()},
        )
    figures = {"ends_at": ends.isoformat()} if ends else {}
    return Part(name=name, label=label, why="It gives tokens.", figures=figures)


def _ends(one: MicrosoftOAuth | GoogleOAuth) -> datetime | None:
    """Return when what proves us ends: by its certificate, or as the config says."""
    certificate = None if isinstance(one, GoogleOAuth) else one.certificate
    if certificate is not None:
        from connectors.oauth import certificate_ends  # noqa: PLC0415 -- as above

        try:
            return certificate_ends(certificate.read())
        except (OSError, ValueError):
            return None  # the next token says so
    return datetime.combine(one.ends, time(), LONDON) if one.ends else None
