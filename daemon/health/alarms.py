"""Mail to the operators about what is not well: once when it begins, and once when it is over.

What was told stands in the store, so that neither a restart nor a second daemon tells it again.
While the store itself cannot be written the mail goes straight to the mail server, and what was
told is remembered by this process alone.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from daemon.compose import NoticeFacts, NoticeKind
from daemon.health.common import when
from daemon.health.parts import Level, Part
from daemon.model import OutboxKind

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime, timedelta

    from daemon.letters import Letters
    from daemon.model import OutboxEntry
    from daemon.store import Store, Transaction

MARK = "alarm:"
"""Before the name of what the operators were told of; "" for what is well again."""
STORE = "store"
"""The part that is the database: while it is in trouble nothing is queued."""


@dataclass(slots=True, kw_only=True)
class Alarms:
    """Compares what is wrong with what was told."""

    store: Store
    letters: Letters
    operators: Sequence[str]
    host: str
    after: timedelta  # how long something has to be wrong, unless it has to be told at once
    send: Callable[[OutboxEntry], bool]  # past the outbox; whether the mail server took it
    told_of_store: datetime | None = None

    def follow(self, parts: Sequence[Part], now: datetime) -> tuple[list[str], list[str]]:
        """Queue what is to be told; return the names of what was told, and of what is over.

        Raises:
            StoreUnavailableError: the database does not answer, and `parts` did not say so.
        """
        troubled = next((p for p in parts if p.name == STORE and p.level is Level.TROUBLE), None)
        if troubled is not None:
            return self._about_the_store(troubled, now), []
        with self.store.write() as tx:
            tx.one_at_a_time()
            told = {name for name, value in tx.markers(MARK).items() if value}
            if self.told_of_store is not None:
                told.add(f"{STORE}@{self.host[:40]}")
            begun = [p for p in parts if self._is_to_be_told(p, now) and self._key(p) not in told]
            over = [p for p in parts if p.level is Level.WELL and self._key(p) in told]
            if begun or over:
                self._queue(tx, begun, over, now)
        self.told_of_store = None
        return [p.name for p in begun], [p.name for p in over]

    def _key(self, part: Part) -> str:
        return part.name if part.shared else f"{part.name}@{self.host[:40]}"

    def _is_to_be_told(self, part: Part, now: datetime) -> bool:
        if part.level is Level.WELL:
            return False
        since = part.since_at or now
        return part.at_once or now - since >= self.after

    def _queue(
        self, tx: Transaction, begun: Sequence[Part], over: Sequence[Part], now: datetime
    ) -> None:
        for entry in self._letters(begun, over, now):
            tx.queue([entry], enquiry_id=None, message_id=None, now=now)
        for part in begun:
            since = (part.since_at or now).isoformat()
            value = json.dumps({"since": since, "why": part.why})
            tx.set_marker(MARK + self._key(part), value, now=now)
            tx.audit("operators_told", "office", at=now, detail={"of": part.name})
        for part in over:
            tx.set_marker(MARK + self._key(part), "", now=now)
            tx.audit("operators_told", "office", at=now, detail={"over": part.name})

    def _letters(
        self, begun: Sequence[Part], over: Sequence[Part], now: datetime
    ) -> list[OutboxEntry]:
        facts = NoticeFacts(
            problem=self.host,
            why=tuple(_sentence(part) for part in begun),
            over=tuple(f"{part.label}. {part.why}".strip() for part in over),
        )
        # A name of its own for each mail: the same thing can go wrong again.
        about = "\n".join((*(f"+{p.name}" for p in begun), *(f"-{p.name}" for p in over)))
        digest = hashlib.sha256(about.encode()).hexdigest()[:8]
        key = f"alarm:{self.host[:40]}:{now.isoformat()}:{digest}"
        return [
            self.letters.to_team(
                NoticeKind.ALARM,
                facts,
                key=key,
                recipient=operator,
                now=now,
                outbox_kind=OutboxKind.OPERATOR,
            )
            for operator in self.operators
        ]

    def _about_the_store(self, part: Part, now: datetime) -> list[str]:
        """Tell of a store that cannot be written, straight by the mail server, once."""
        if self.told_of_store is not None or not self._is_to_be_told(part, now):
            return []
        if not [entry for entry in self._letters([part], [], now) if self.send(entry)]:
            return []  # nobody took it: next time
        self.told_of_store = now
        return [part.name]


def _sentence(part: Part) -> str:
    since = f" Since {when(part.since_at)}." if part.since_at else ""
    return f"{part.label}: {part.why}{since} {part.do}".strip()
