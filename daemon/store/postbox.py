"""The outbox: what waits to be sent, what was sent, and what came back undelivered."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy import and_, bindparam, case, func, or_, select, text, update

from daemon.model import OutboxKind, Sent
from daemon.store import schema
from daemon.store.rows import Rows

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection, Select, TextClause

    from daemon.model import OutboxEntry

NOT_SENT = ("failed", "waiting", "claimed", "held", "post", "shadow")
"""The states of what has not left and was not cancelled; `shadow` never will."""

# Written out, not bound: only so does SQLite see that the index of what is open will do.
OPEN = text("outbox.state IN ('waiting', 'claimed')")
"""What is on its way."""
_ALERTS = text(f"outbox.kind = '{OutboxKind.ALERT}'")
_OTHERS = text(f"outbox.kind <> '{OutboxKind.ALERT}'")
_UNCLAIMED: Final = {"claimed_by": None, "claimed_until": None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """An entry that is ours to send until the claim ends."""

    id: int
    key: str
    kind: OutboxKind
    recipient: str
    envelope_from: str
    attempts: int  # this one included
    enquiry_id: int | None
    message_id: int | None
    content: bytes | None = None  # None: it is large, and loaded when it is sent


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledged:
    """The acknowledgement of an enquiry as it stands."""

    id: int
    state: str
    recipient: str
    send_after: datetime  # when it was written, or let go
    not_delivered_at: datetime | None
    words: str  # a colleague's own in it; "" where there are none

    @property
    def is_on_its_way(self) -> bool:
        """Whether it was sent or is about to be, and has not come back."""
        going = self.state in {"waiting", "claimed", "sent", "post"}
        return going and self.not_delivered_at is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """An entry that has not left, as an administrator sees it: no names, no words."""

    id: int
    reference: str | None
    kind: str
    outlet: str
    recipient_domain: str
    state: str
    hold: str | None
    created_at: datetime
    send_after: datetime
    release_at: datetime | None
    attempts: int
    last_error: str


_row = schema.outbox.c
_QUEUED = select(_row.id).where(
    _row.key == bindparam("key"), _row.recipient == bindparam("recipient")
)
# Written out as in the indexes: only so does SQLite see that they will do.
_MADE = and_(text(schema.MADE), _row.created_at >= bindparam("since"))
_ACKNOWLEDGED = select(_row.key).where(_MADE, _row.recipient == bindparam("address"))
_IN_ALL = select(func.count()).select_from(schema.outbox).where(_MADE)
_TO_ADDRESS = _IN_ALL.where(_row.recipient == bindparam("address"))
_TO_DOMAIN = _IN_ALL.where(_row.recipient_domain == bindparam("domain"))
_MARK_SENT = (
    update(schema.outbox)
    .where(_row.id == bindparam("entry"))
    .values(state="sent", sent_at=bindparam("now"), last_error="", **_UNCLAIMED)
)
_LETTER = select(_row.content).where(_row.id == bindparam("entry"))
_SMALL: Final = 64 << 10  # bytes: so many come with the claim, of what may carry 50 MB
_CLAIMED = select(
    *(_row[field.name] for field in fields(Claimed) if field.name != "content"),
    case((func.length(_row.content) <= _SMALL, _row.content)).label("content"),
).where(_row.id.in_(bindparam("ids", expanding=True)))


class Postbox(Rows):
    """Queueing, claiming and marking what goes out."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self._made: dict[tuple[Select[int], str, datetime], int] = {}

    def queue(
        self,
        entries: Sequence[OutboxEntry],
        *,
        enquiry_id: int | None,
        message_id: int | None,
        now: datetime,
    ) -> list[int]:
        """Put entries in the outbox; a key and recipient that stand there already stay."""
        ids = []
        for entry in entries:
            if self._is_queued(entry):
                continue
            state = _state_of(entry)
            ids.append(
                self.insert(
                    schema.outbox,
                    key=entry.key,
                    recipient=entry.recipient,
                    recipient_domain=entry.recipient.rpartition("@")[2],
                    kind=entry.kind,
                    outlet=entry.outlet,
                    envelope_from=entry.envelope_from,
                    rfc_message_id=entry.message_id,
                    content=entry.content,
                    usual=entry.usual,
                    words=entry.words,
                    enquiry_id=enquiry_id,
                    message_id=message_id,
                    state=state,
                    hold=entry.hold,
                    send_after=entry.send_after,
                    release_at=entry.release_at,
                    attempts=0,
                    created_at=now,
                )
            )
            self._note_made(entry, state, now)
        return ids

    def _is_queued(self, entry: OutboxEntry) -> bool:
        known = {"key": entry.key, "recipient": entry.recipient}
        return self.connection.scalar(_QUEUED, known) is not None

    def acknowledgement_of(self, enquiry_id: int) -> Acknowledged | None:
        """Return the acknowledgement of an enquiry; None where there is none."""
        row, e = schema.outbox.c, schema.enquiry.c
        query = (
            select(*(row[field.name] for field in fields(Acknowledged)))
            .join(schema.enquiry, e.id == row.enquiry_id)
            .where(e.id == enquiry_id, row.key == e.reference + ":acknowledgement")
            .limit(1)
        )
        found = self.connection.execute(query).one_or_none()
        return Acknowledged(**found._mapping) if found else None

    def write_anew(self, entry_id: int, content: bytes, *, usual: bytes | None, words: str) -> None:
        """Write a letter that is held anew; `words` are those of a colleague in it."""
        row = schema.outbox
        self.connection.execute(
            update(row)
            .where(row.c.id == entry_id, row.c.state == "held")
            .values(content=content, usual=usual, words=words)
        )

    def new_dates_told(self, reference: str) -> list[date]:
        """Return the days that second letters told, by their keys."""
        row = schema.outbox.c
        start = f"{reference}:new-date:"
        query = select(row.key).where(row.key.startswith(start), row.state != "cancelled")
        return [
            date.fromisoformat(key.removeprefix(start)) for key in self.connection.scalars(query)
        ]

    def acknowledged_since(self, address: str, since: datetime) -> Sent:
        """Return how many acknowledgements were made since a time, for the daily limits.

        What is held has not gone out: forgeries that wait for a person use nobody's share up.
        """
        domain = address.rpartition("@")[2]
        return Sent(
            to_address=self._count_made(_TO_ADDRESS, address, since, {"address": address}),
            to_domain=self._count_made(_TO_DOMAIN, domain, since, {"domain": domain}),
            in_all=self._count_made(_IN_ALL, "", since, {}),
        )

    def _count_made(
        self,
        query: Select[int],
        of: str,
        since: datetime,
        bound: Mapping[str, object],
    ) -> int:
        """Count acknowledgements: the first time in a transaction; then what it adds is added.

        So the letters of a day are walked once for a batch of messages, not for each of them.
        """
        key = query, of, since
        if key not in self._made:
            self._made[key] = self.connection.scalar(query, {**bound, "since": since}) or 0
        return self._made[key]

    def _note_made(self, entry: OutboxEntry, state: str, now: datetime) -> None:
        if entry.kind is not OutboxKind.ACKNOWLEDGEMENT or state == "held" or not entry.recipient:
            return
        domain = entry.recipient.rpartition("@")[2]
        counts = {(_IN_ALL, ""), (_TO_ADDRESS, entry.recipient), (_TO_DOMAIN, domain)}
        for query, of, since in self._made:
            if (query, of) in counts and now >= since:
                self._made[query, of, since] += 1

    def forget_counts(self) -> None:
        """Count anew what was counted in this transaction: a part of it was rolled back."""
        self._made.clear()

    def acknowledged_to(self, address: str, *, since: datetime) -> set[str]:
        """Return the references of enquiries acknowledged to an address since then."""
        found = self.connection.scalars(_ACKNOWLEDGED, {"address": address, "since": since})
        return {key.partition(":")[0] for key in found}

    def claim(
        self, outlet: str, *, holder: str, now: datetime, until: datetime, limit: int
    ) -> list[Claimed]:
        """Claim due entries of an outlet: alerts first, and the longest waiting first.

        A claim that ended without a mark is claimed again: sent at least once, and a repeat
        is the same mail with the same Message-ID.
        """
        ids = self._due(outlet, _ALERTS, now=now, limit=limit)
        ids += self._due(outlet, _OTHERS, now=now, limit=limit - len(ids))
        row = schema.outbox.c
        self.connection.execute(
            update(schema.outbox)
            .where(row.id.in_(ids))
            .values(
                state="claimed",
                claimed_by=holder,
                claimed_until=until,
                attempts=row.attempts + 1,
            )
        )
        found = {entry.id: entry for entry in self._claimed(ids)}
        return [found[entry_id] for entry_id in ids]

    def _due(self, outlet: str, which: TextClause, *, now: datetime, limit: int) -> list[int]:
        """Return and lock the ids of what is due, in order; the bytes stay where they are."""
        row = schema.outbox.c
        query = (
            select(row.id)
            # `send_after` bounds the walk along the index; of what is claimed it lies past.
            .where(row.outlet == outlet, OPEN, which, row.send_after <= now)
            .where(or_(row.state == "waiting", row.claimed_until < now))
            .order_by(row.send_after, row.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        return list(self.connection.scalars(query)) if limit > 0 else []

    def _claimed(self, ids: Sequence[int]) -> list[Claimed]:
        return [
            Claimed(
                **{
                    **r._mapping,
                    "kind": OutboxKind(r.kind),
                    "content": None if r.content is None else bytes(r.content),
                }
            )
            for r in self.connection.execute(_CLAIMED, {"ids": list(ids)})
        ]

    def letter(self, entry_id: int) -> bytes:
        """Return the bytes of an entry."""
        return bytes(self.connection.execute(_LETTER, {"entry": entry_id}).scalar_one())

    def claim_holders(self) -> list[str]:
        """Return who holds claims now."""
        row = schema.outbox.c
        query = select(row.claimed_by).where(OPEN, row.state == "claimed").distinct()
        return [h for h in self.connection.scalars(query) if h]

    def free_claims(self, holder: str) -> int:
        """Free the claims of a holder that has ended; return how many there were."""
        row = schema.outbox.c
        done = self.connection.execute(
            update(schema.outbox)
            .where(OPEN, row.state == "claimed", row.claimed_by == holder)
            .values(state="waiting", claimed_by=None, claimed_until=None)
        )
        return done.rowcount

    def mark_sent(self, entry_id: int, *, now: datetime) -> None:
        """Mark an entry as accepted by the other side."""
        self.connection.execute(_MARK_SENT, {"entry": entry_id, "now": now})

    def mark_waiting(self, entry_id: int, *, send_after: datetime, why: str) -> None:
        """Put a claimed entry back to be tried again later."""
        self._mark(entry_id, state="waiting", send_after=send_after, last_error=why)

    def unclaim(
        self,
        entry_ids: Sequence[int],
        *,
        holder: str,
        send_after: datetime | None = None,
        why: str | None = None,
    ) -> None:
        """Give back a holder's claims; the attempt does not count.

        What was not tried keeps its place; `send_after` and `why` are for what was tried.
        """
        row = schema.outbox.c
        tried = {} if send_after is None else {"send_after": send_after, "last_error": why or ""}
        self.connection.execute(
            update(schema.outbox)
            .where(row.id.in_(entry_ids), row.state == "claimed", row.claimed_by == holder)
            .values(
                state="waiting",
                claimed_by=None,
                claimed_until=None,
                attempts=row.attempts - 1,
                **tried,
            )
        )

    def mark_failed(self, entry_id: int, *, why: str) -> None:
        """Mark an entry as refused for good."""
        self._mark(entry_id, state="failed", last_error=why)

    def _mark(self, entry_id: int, **values: object) -> None:
        self.connection.execute(
            update(schema.outbox)
            .where(schema.outbox.c.id == entry_id)
            .values(**values, **_UNCLAIMED)
        )

    def release(self, enquiry_id: int, *, now: datetime, usual: bool = False) -> list[int]:
        """Let the held acknowledgement of an enquiry go; return the ids of what was held.

        `usual` sends the usual text in place of the careful one, where there are both.
        """
        row = schema.outbox.c
        held = and_(row.enquiry_id == enquiry_id, row.state == "held")
        ids = list(self.connection.scalars(select(row.id).where(held)))
        self._let_go(ids, now=now, usual=usual)
        return ids

    def release_due(self, now: datetime) -> list[int]:
        """Let go what was held until a time that has come; return the ids."""
        row = schema.outbox.c
        due = and_(row.state == "held", row.release_at.is_not(None), row.release_at <= now)
        query = select(row.id).where(due).with_for_update(skip_locked=True)
        ids = list(self.connection.scalars(query))
        self._let_go(ids, now=now, usual=True)
        return ids

    def _let_go(self, ids: Sequence[int], *, now: datetime, usual: bool) -> None:
        row = schema.outbox.c
        state_of = {True: "waiting", False: "post"}
        for has_address, state in state_of.items():
            self.connection.execute(
                update(schema.outbox)
                .where(row.id.in_(ids), (row.recipient != "") == has_address)
                .values(
                    state=state,
                    send_after=now,
                    release_at=None,
                    content=func.coalesce(row.usual, row.content) if usual else row.content,
                    usual=None,
                )
            )

    def not_sent(self, *, limit: int) -> list[Waiting]:
        """Return what has not left, the oldest of each state first; the bytes stay there."""
        row, e = schema.outbox.c, schema.enquiry.c
        columns = (
            *(row.id, row.kind, row.outlet, row.recipient_domain, row.state, row.hold),
            *(row.created_at, row.send_after, row.release_at, row.attempts, row.last_error),
        )
        found: list[Waiting] = []
        for state in NOT_SENT:
            query = (
                select(*columns, e.reference)
                .outerjoin(schema.enquiry, e.id == row.enquiry_id)
                .where(row.state == state)
                .order_by(row.send_after, row.id)
                .limit(limit)
            )
            found += [Waiting(**r._mapping) for r in self.connection.execute(query)]
        return found

    def clock_went_back(self, *, now: datetime, by_s: float) -> int:
        """Have letters leave now that were put off by a clock that stood ahead; return how many."""
        row = schema.outbox
        ahead = now + timedelta(seconds=by_s)
        done = self.connection.execute(
            update(row)
            .where(row.c.state == "waiting", row.c.send_after > now, row.c.send_after <= ahead)
            .values(send_after=now)
        )
        return done.rowcount

    def outbox_counts(self) -> dict[str, int]:
        """Return how many entries are in each state but sent."""
        row = schema.outbox.c
        query = select(row.state, func.count()).where(row.state.in_(NOT_SENT)).group_by(row.state)
        return {row.state: row[1] for row in self.connection.execute(query)}

    def hold_without_end(self, enquiry_id: int) -> int:
        """Keep what is held for an enquiry held until a person releases it; return how many."""
        row = schema.outbox.c
        done = self.connection.execute(
            update(schema.outbox)
            .where(row.enquiry_id == enquiry_id, row.state == "held")
            .values(release_at=None)
        )
        return done.rowcount

    def cancel_held(self, enquiry_id: int) -> list[int]:
        """Cancel what waits for a person, or for the post, of an enquiry that has been answered.

        Return the ids.
        """
        row = schema.outbox.c
        held = and_(row.enquiry_id == enquiry_id, row.state.in_(["held", "post"]))
        ids = list(self.connection.scalars(select(row.id).where(held)))
        self.connection.execute(
            update(schema.outbox).where(row.id.in_(ids)).values(state="cancelled", release_at=None)
        )
        return ids

    def digests_of(self, recipient: str, *, on: date) -> int:
        """Return how many digests somebody was written on a day in London."""
        row = schema.outbox.c
        query = (
            select(func.count())
            .select_from(schema.outbox)
            .where(
                row.kind == OutboxKind.DIGEST,
                row.recipient == recipient,
                row.key.startswith(f"digest:{on.isoformat()}:"),
            )
        )
        return self.connection.scalar(query) or 0

    def add_act(
        self,
        what: str,
        *,
        by_name: str,
        note: str,
        enquiry_id: int | None,
        message_id: int | None,
        now: datetime,
    ) -> None:
        """Write down what a person did, in words that can be erased."""
        self.add(
            schema.act,
            enquiry_id=enquiry_id,
            message_id=message_id,
            what=what,
            by_name=by_name,
            note=note,
            at=now,
        )


def _state_of(entry: OutboxEntry) -> str:
    """Return the state an entry begins in."""
    if entry.shadow:
        return "shadow"
    if entry.hold:
        return "held"
    return "waiting" if entry.recipient else "post"
