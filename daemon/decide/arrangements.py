"""Which handling arrangements a message meets (guide §1.5, 1.10, 2.7).

By who wrote: address, domain, X handle, or the whole name. By what it is about: a case's reference
or a theme, as whole words in the subject or in what was written now, never in what is quoted.
"""

from __future__ import annotations

import unicodedata
from functools import cache
from typing import TYPE_CHECKING

from daemon.deadlines import london_date

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from daemon.model import Address, Arrangement, Context, Message, Policy


def met(
    message: Message, sender: Address, policy: Policy, context: Context
) -> tuple[Arrangement, ...]:
    """Return every arrangement that a message meets, in force or lapsed; config's come first."""
    known = (*policy.arrangements, *context.arrangements)
    if not known:
        return ()
    said = _folded(f"{message.subject}\n{message.new_text}")
    name = _folded(sender.name).strip()
    return tuple(one for one in known if _is_met(one, sender, name, said))


def in_force(arrangements: Iterable[Arrangement], context: Context) -> tuple[Arrangement, ...]:
    """Return those that hold on the date of receipt."""
    on = london_date(context.received_at)
    return tuple(one for one in arrangements if one.is_in_force(on))


def lapsed(arrangements: Iterable[Arrangement], context: Context) -> tuple[Arrangement, ...]:
    """Return those whose last day lay before the date of receipt."""
    on = london_date(context.received_at)
    return tuple(one for one in arrangements if one.is_lapsed(on))


def _is_met(one: Arrangement, sender: Address, name: str, said: str) -> bool:
    address = sender.address
    handle = address.removeprefix("@").lower() if address.startswith("@") else ""
    return (
        (bool(address) and (address in one.addresses or sender.domain in one.domains))
        or (bool(handle) and handle in {h.removeprefix("@").lower() for h in one.handles})
        or (bool(name) and name in {_folded(n).strip() for n in one.names})
        or any(_words(what) in said for what in (*one.references, *one.themes))
    )


@cache
def _words(text: str) -> str:
    return _folded(text)


def _folded(text: str) -> str:
    """Return words without accents, case and punctuation, each between blanks."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    letters = "".join(c if c.isalnum() else " " for c in plain if not unicodedata.combining(c))
    return f" {' '.join(letters.split())} "


def named_in(text: str, people: Mapping[str, str]) -> set[str]:
    """Return the addresses of those whose whole name stands in a text."""
    said = _folded(text)
    return {address for address, name in people.items() if _words(name) in said}
