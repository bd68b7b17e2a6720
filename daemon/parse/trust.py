"""What our own servers wrote on a message: when it reached us, and whether its sender is proven.

Anyone can write such headers; only those that name one of our servers count.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mailparser.exceptions import MailParserReceivedParsingError
from mailparser.utils import parse_received

from daemon.parse.dates import date_at
from daemon.parse.fields import Fields
from daemon.parse.framing import frame

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from daemon.model import Message

_RESULT = re.compile(r"(dmarc|spf|dkim)\s{0,5}=\s{0,5}([a-z]{1,20})")
_FAILED = frozenset({"fail", "hardfail"})
_NO_VERDICT = frozenset({"none", "temperror", "permerror", "unknown", "bestguesspass"})


def trusted_received_at(content: bytes, own_servers: frozenset[str]) -> datetime | None:
    """Return when one of our servers took a message in (aware UTC), by its own header.

    That is the top `Received` of all, if one of `own_servers` (host names, any case) added it:
    each server puts its own above those it finds (RFC 5321 §4.4), so whatever stands below
    another's may be the sender's invention. None otherwise; the Date header never counts.
    """
    own = frozenset(server.lower() for server in own_servers)
    for value in Fields(frame(content).fields).raw("received")[:1]:
        try:
            clauses = parse_received(value)
        except (MailParserReceivedParsingError, ValueError, LookupError, TypeError):
            return None
        by = str(clauses.get("by", "")).split()
        if by and by[0].lower().rstrip(".;") in own:
            return date_at(str(clauses.get("date", "")))
    return None


def authentication_failed(message: Message, own_servers: frozenset[str]) -> bool:
    """Whether our own servers found the sender's address forged (RFC 8601, RFC 7489).

    True for a failed DMARC check; without a DMARC verdict, where SPF and DKIM were both looked
    at, neither passed and one of them failed outright.
    """
    own = frozenset(server.lower() for server in own_servers)
    results = _results(message.headers.get("authentication-results", ()), own)
    dmarc = [verdict for verdict in results.get("dmarc", ()) if verdict not in _NO_VERDICT]
    if dmarc:
        return "pass" not in dmarc and any(verdict in _FAILED for verdict in dmarc)
    spf, dkim = results.get("spf", ()), results.get("dkim", ())
    verdicts = {*spf, *dkim}
    return bool(spf and dkim) and "pass" not in verdicts and bool(verdicts & _FAILED)


def _results(values: Sequence[str], own: frozenset[str]) -> Mapping[str, tuple[str, ...]]:
    """Return the verdicts by method, each from the top-most own header that gives any."""
    found: dict[str, tuple[str, ...]] = {}
    for value in values:
        server, _, rest = _without_comments(value).lower().partition(";")
        if server.split()[:1] and server.split()[0].strip('"') in own:
            for method, verdicts in _verdicts(rest).items():
                found.setdefault(method, verdicts)
    return found


def _verdicts(rest: str) -> Mapping[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for clause in rest.split(";"):
        match = _RESULT.match(clause.strip())
        if match:
            found[match[1]] = (*found.get(match[1], ()), match[2])
    return found


def _without_comments(value: str) -> str:
    """Leave out what stands in brackets: a sender's words are echoed there."""
    kept = []
    depth = 0
    for character in value:
        depth += character == "("
        if not depth:
            kept.append(character)
        depth -= character == ")" and depth > 0
    return "".join(kept)
