"""Evidence of replies: mail of our own people, by keyed hashes, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, select, update

from daemon.store import schema
from daemon.store.rows import Rows

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SentMail:
    """A mail of one of our own people; ids and addresses are keyed hashes."""

    own_id: str  # of its Message-ID; "" for none
    addressed: frozenset[str]
    message_id: int | None  # None where it is not ours to read
    sent_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptMail:
    """A mail of one of our own people as it is kept."""

    id: int
    mail: SentMail
    enquiry_id: int | None
    failed_at: datetime | None


class Replies(Rows):
    """Keeping what may be a reply, finding what it answers, and noting that one was seen."""

    def keep_sent_mail(
        self, mail: SentMail, *, answers: str = "", enquiry_id: int | None = None
    ) -> int:
        """Keep a mail that answers a Message-ID, or that was seen to answer an enquiry."""
        return self.insert(
            schema.sent_mail,
            own_id=mail.own_id,
            answers=answers,
            addressed=sorted(mail.addressed),
            message_id=mail.message_id,
            enquiry_id=enquiry_id,
            sent_at=mail.sent_at,
        )

    def keep_failed_mail(self, own_ids: Collection[str], *, now: datetime) -> None:
        """Keep that mail failed which nobody has seen yet: a report may be faster than the mail."""
        row = schema.sent_mail.c
        known = select(row.own_id).where(row.own_id.in_(own_ids), row.failed_at.is_not(None))
        for own_id in sorted(set(own_ids) - set(self.connection.scalars(known))):
            self.insert(
                schema.sent_mail,
                own_id=own_id,
                answers="",
                addressed=[],
                sent_at=now,
                failed_at=now,
            )

    def has_failed(self, own_id: str) -> bool:
        """Whether a report said that a mail did not arrive."""
        row = schema.sent_mail.c
        query = select(row.id).where(row.own_id == own_id, row.failed_at.is_not(None)).limit(1)
        return bool(own_id) and self.connection.scalar(query) is not None

    def answers_to(self, answers: str) -> list[KeptMail]:
        """Return the mails that answer a Message-ID and were not seen to answer an enquiry."""
        row = schema.sent_mail.c
        return self._kept(row.answers == answers, row.enquiry_id.is_(None))

    def replies_of(self, own_ids: Collection[str]) -> list[KeptMail]:
        """Return the seen replies among mails, each enquiry's once, that have not failed."""
        row = schema.sent_mail.c
        seen = (row.own_id.in_(own_ids), row.enquiry_id.is_not(None), row.failed_at.is_(None))
        return self._kept(*seen)

    def _kept(self, *conditions: object) -> list[KeptMail]:
        row = schema.sent_mail.c
        query = select(schema.sent_mail).where(*conditions).order_by(row.id)  # type: ignore[arg-type]  # columns' own comparisons
        return [
            KeptMail(
                id=r.id,
                mail=SentMail(
                    own_id=r.own_id,
                    addressed=frozenset(r.addressed),
                    message_id=r.message_id,
                    sent_at=r.sent_at,
                ),
                enquiry_id=r.enquiry_id,
                failed_at=r.failed_at,
            )
            for r in self.connection.execute(query)
        ]

    def answers_enquiry(self, kept_id: int, enquiry_id: int) -> None:
        """Note which enquiry a mail that was kept answers; its message is linked too."""
        row, m = schema.sent_mail, schema.message
        self.connection.execute(
            update(row).where(row.c.id == kept_id).values(enquiry_id=enquiry_id)
        )
        message_id = select(row.c.message_id).where(row.c.id == kept_id).scalar_subquery()
        self.connection.execute(
            update(m)
            .where(m.c.id == message_id, m.c.linked_to.is_(None))
            .values(linked_to=enquiry_id)
        )

    def reply_came_back(self, kept_ids: Sequence[int], *, now: datetime) -> None:
        """Note that replies did not arrive."""
        row = schema.sent_mail
        self.connection.execute(update(row).where(row.c.id.in_(kept_ids)).values(failed_at=now))

    # On the enquiry

    def reply_seen(self, enquiry_id: int, *, now: datetime) -> None:
        """Note that a reply was seen; an earlier one that came back does not count any more."""
        self._note_reply(enquiry_id, reply_seen_at=now, reply_failed_at=None)

    def reply_failed(self, enquiry_id: int, *, now: datetime) -> None:
        """Note that the reply that was seen did not arrive."""
        self._note_reply(enquiry_id, reply_failed_at=now)

    def no_reply_seen(self, enquiry_id: int) -> None:
        """Note that what was seen was no reply."""
        self._note_reply(enquiry_id, reply_seen_at=None, reply_failed_at=None)
        row = schema.sent_mail
        self.connection.execute(
            update(row).where(row.c.enquiry_id == enquiry_id).values(enquiry_id=None, answers="")
        )

    def replies_that_stand(self, enquiry_id: int) -> int:
        """Return how many seen replies of an enquiry have not come back."""
        row = schema.sent_mail.c
        query = select(func.count()).where(row.enquiry_id == enquiry_id, row.failed_at.is_(None))
        return self.connection.scalar(query) or 0

    def _note_reply(self, enquiry_id: int, **values: object) -> None:
        row = schema.enquiry
        self.connection.execute(update(row).where(row.c.id == enquiry_id).values(**values))
