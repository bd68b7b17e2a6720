"""What a page asks for, through the eyes of who looks: the day's work, lists, one enquiry.

Whoever may not see an enquiry gets the same as for one that is not there. That somebody looked at
a sensitive one (restricted, or about a person at risk) stands in the audit.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from daemon.deadlines import london_date
from daemon.health.kept import kept_reports
from daemon.model import ClockKind, Criterion, Evidence, Register, Step
from daemon.parse import files_of
from daemon.registers.read import Reading
from daemon.registers.sent import SentInFull
from daemon.registers.tables import known_to, table_of
from daemon.store.registers import Filter
from daemon.tokens import as_reference

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime

    from daemon.deadlines import WorkingDays
    from daemon.health import Report
    from daemon.model import Attachment, Person, Policy, Posted, Reader
    from daemon.registers.tables import RegisterTable
    from daemon.store import Store, Transaction
    from daemon.store.decisions import Wanted
    from daemon.store.posting import ToPost
    from daemon.store.registers import Entry
    from daemon.tokens import Signer

PER_PAGE: Final = 50
SHOWN: Final = 20
"""How many enquiries of a list stand on the day's page."""
SOON_DAYS: Final = 5
"""What is due within so many working days is due soon."""
LISTED: Final = {
    "alerts": "Somebody may be at risk",
    "unsorted": "To be sorted",
    "overdue": "Overdue",
    "soon": f"Due in the next {SOON_DAYS} working days",
    "held": "Acknowledgements that wait for you",
    "updates": "Updates due",
}
"""The lists of the day's work, the most urgent first: id → title."""
NEW: Final = "new"
_SENSITIVE: Final = frozenset({Criterion.VULNERABLE, Criterion.SENIOR_STAFF_CONDUCT})


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkList:
    """One list of the day's work; an enquiry stands on the first that it belongs to alone."""

    id: str
    title: str
    count: int
    entries: tuple[Entry, ...]  # the first of them
    held: frozenset[str] = frozenset()  # references whose acknowledgement waits for a person


@dataclass(frozen=True, slots=True, kw_only=True)
class Today:
    """The day's work. The counts of the lists and `in_hand` add up to `open`."""

    lists: tuple[WorkList, ...]
    open: int
    in_hand: int  # open, and nothing has to be done today
    new: int  # opened since they last looked
    since: datetime | None  # until when they have looked
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part of a list: the entries of one page of it."""

    title: str
    entries: tuple[Entry, ...]
    count: int  # in all
    page: int  # from 1
    pages: int
    hidden: int = 0  # that somebody else may see


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageInFull:
    """A message as it is read."""

    row: Mapping[str, Any]  # as `Transaction.view` has it
    new_text: str
    quoted_text: str
    files: tuple[Attachment, ...]
    has_raw: bool
    current: Mapping[str, Any] | None  # its classification
    evidence: tuple[Evidence, ...]
    posted: Posted | None = None  # of a post or direct message
    earlier: tuple[str, ...] = ()  # what a post said before it was edited, oldest first


@dataclass(frozen=True, slots=True, kw_only=True)
class EnquiryInFull:
    """An enquiry with everything that belongs to it."""

    id: int
    view: Mapping[str, Any]  # as `Transaction.view` has it
    messages: tuple[MessageInFull, ...]
    entry: Entry
    version: str  # for `Acts.having_seen`

    @property
    def reference(self) -> str:
        """Its reference."""
        return self.entry.reference

    @property
    def has_alert(self) -> bool:
        """Whether an alert waits for somebody to confirm it."""
        return any(
            one["kind"] == "vulnerable" and not one["ended_at"] for one in self.view["deadlines"]
        )

    @property
    def acknowledgement(self) -> Mapping[str, Any] | None:
        """Our acknowledgement of it, as `view` has it; None where there is none."""
        key = "acknowledgement"
        return next((one for one in self.view["outbox"] if one["kind"] == key), None)

    @property
    def held(self) -> tuple[Mapping[str, Any], ...]:
        """The letters of it that wait for a person."""
        return tuple(one for one in self.view["outbox"] if one["state"] == "held")


@dataclass(frozen=True, slots=True, kw_only=True)
class Looking:
    """Everything a page reads."""

    store: Store
    policy: Policy
    days: WorkingDays
    signer: Signer
    clock: Callable[[], datetime]
    reading: Reading = field(default_factory=Reading)

    # The day's work

    def health(self) -> list[Report]:
        """Return how it stands with each daemon, as it said itself in the last minute and a half.

        Raises:
            StoreUnavailableError: the database does not answer.
        """
        return kept_reports(self.store, self.clock())

    def today(self, reader: Reader, *, since: datetime | None) -> Today:
        """Return the day's work; `since` is until when they have seen what is new."""
        with self.store.read() as tx:
            now = self.clock()
            ids = self._lists(tx, reader, now)
            shown = {name: some[:SHOWN] for name, some in ids.items()}
            entries = tx.entries_of([one for some in shown.values() for one in some])
            held = tx.held_of(entries)
            lists = tuple(
                WorkList(
                    id=name,
                    title=title,
                    count=len(ids[name]),
                    entries=tuple(entries[one] for one in shown[name]),
                    held=frozenset(entries[one].reference for one in shown[name] if one in held),
                )
                for name, title in LISTED.items()
            )
            every = tx.open_count(reader)
            return Today(
                lists=lists,
                open=every,
                in_hand=every - sum(one.count for one in lists),
                new=len(tx.opened_since(reader, since)) if since else every,
                since=since,
                at=now,
            )

    def _lists(self, tx: Transaction, reader: Reader, now: datetime) -> dict[str, list[int]]:
        """Return the ids on each list; one that fits several stands on the most urgent."""
        today = london_date(now)
        soon = self.days.add(today, SOON_DAYS, ClockKind.OTHER)
        found = {
            "alerts": tx.with_alert(reader),
            "unsorted": tx.unsorted(reader),
            "overdue": tx.replies_due(reader, from_on=None, until_on=today - timedelta(days=1)),
            "soon": tx.replies_due(reader, from_on=today, until_on=soon),
            "held": tx.with_held(reader),
            "updates": tx.updates_due(reader, until_on=today),
        }
        taken: set[int] = set()
        ids: dict[str, list[int]] = {}
        for name in LISTED:
            ids[name] = [one for one in found[name] if one not in taken]
            taken.update(ids[name])
        return ids

    def work_list(
        self, name: str, reader: Reader, *, page: int, since: datetime | None
    ) -> Part | None:
        """Return a page of one list of the day's work, or of what is new; None: no such list."""
        with self.store.read() as tx:
            if name == NEW:
                floor = since or self.clock() - timedelta(days=1)
                return self._part(tx, "New since you looked", tx.opened_since(reader, floor), page)
            if name not in LISTED:
                return None
            ids = self._lists(tx, reader, self.clock())[name]
            return self._part(tx, LISTED[name], ids, page)

    def _part(self, tx: Transaction, title: str, ids: Sequence[int], page: int) -> Part:
        page, pages = _bounded(page, len(ids))
        some = ids[(page - 1) * PER_PAGE : page * PER_PAGE]
        entries = tx.entries_of(some)
        return Part(
            title=title,
            entries=tuple(entries[one] for one in some),
            count=len(ids),
            page=page,
            pages=pages,
        )

    # Registers and search

    def register(self, register: Register, wanted: Filter, *, page: int) -> Part:
        """Return a page of a register of enquiries."""
        with self.store.read() as tx:
            count = tx.count_entries(register, wanted)
            page, pages = _bounded(page, count)
            some = replace(wanted, limit=PER_PAGE, offset=(page - 1) * PER_PAGE)
            ids = tx.page_ids(register, some)
            entries = tx.entries_of(ids)
            every = replace(wanted, reader=replace(wanted.reader, address="", sees_restricted=True))
            seen = tx.count_restricted(register, wanted)
            return Part(
                title="",
                entries=tuple(entries[one] for one in ids),
                count=count,
                page=page,
                pages=pages,
                hidden=tx.count_restricted(register, every) - seen,
            )

    def table(self, name: str, wanted: Filter) -> RegisterTable:
        """Return a whole list as a table; `name` is one of `LISTS`.

        Raises:
            KeyError: there is no such list.
        """
        with self.store.read() as tx:
            return table_of(tx, name, self.policy, now=self.clock(), wanted=wanted)

    def found(self, words: str, reader: Reader) -> tuple[Entry, ...]:
        """Return the enquiries that somebody may mean, the newest first; open or not."""
        words = words.strip()
        if not words:
            return ()
        with self.store.read() as tx:
            exact = tx.enquiry(as_reference(words))
            if exact is not None:
                wanted = tx.entries_of([exact.id])
                return tuple(one for one in wanted.values() if self._shows(one, reader))
            return tuple(
                tx.enquiries(
                    Filter(
                        open_only=False,
                        about=words,
                        reader=reader,
                        newest_first=True,
                        limit=PER_PAGE,
                    )
                )
            )

    def decisions(self, reader: Reader) -> tuple[Wanted, ...]:
        """Return what waits for a decision, the longest waiting first."""
        with self.store.read() as tx:
            return tuple(known_to(tx, tx.decisions_wanted(), reader))

    def to_post(self, reader: Reader) -> Sequence[ToPost]:
        """Return the letters that wait for the post room."""
        with self.store.read() as tx:
            found = tx.to_post()
            visible = tx.seen_references([one.reference for one in found], reader)
            return [one for one in found if one.reference in visible]

    # One enquiry

    def sent(self, reference: str, number: int, reader: Reader) -> SentInFull | None:
        """Return what was or is to be sent for an enquiry; None: there is none that they may see.

        `number` is that of the outbox.
        """
        with self.store.read() as tx:
            found = self._visible(tx, reference, reader)
            sent = tx.sent_of(found[0], number) if found else None
            return SentInFull.of(sent) if sent else None

    def enquiry(self, reference: str, person: Person) -> EnquiryInFull | None:
        """Return an enquiry in full; None where there is none that they may see."""
        with self.store.read() as tx:
            found = self._visible(tx, reference, person.reader)
            if found is None:
                return None
            enquiry_id, entry = found
            view = tx.view(entry.reference) or {}
            rows: Any = view["messages"]
            in_full = EnquiryInFull(
                id=enquiry_id,
                view=view,
                messages=tuple(self._message(tx, row) for row in rows),
                entry=entry,
                version=tx.version_of(enquiry_id),
            )
        if entry.subjects or _SENSITIVE.intersection(entry.criteria):
            self._looked(enquiry_id, person)
        return in_full

    def _looked(self, enquiry_id: int, person: Person) -> None:
        with self.store.write() as tx:
            tx.audit(
                "enquiry_viewed",
                f"enquiry:{enquiry_id}",
                at=self.clock(),
                actor=self.signer.keyed_hash(person.name),
            )

    def _visible(self, tx: Transaction, reference: str, reader: Reader) -> tuple[int, Entry] | None:
        found = tx.enquiry(as_reference(reference))
        entry = tx.entries_of([found.id]).get(found.id) if found else None
        if found is None or entry is None or not self._shows(entry, reader):
            return None
        return found.id, entry

    def _shows(self, entry: Entry, reader: Reader) -> bool:
        return reader.sees(
            team=entry.team,
            reply_team=entry.reply_team,
            holder=entry.assigned_to,
            subjects=entry.subjects,
        )

    def _message(self, tx: Transaction, row: Mapping[str, Any]) -> MessageInFull:
        message = self.reading.message(tx, row["id"])
        made = row["classifications"]
        # The current one is the last by a person, else the last by the software.
        by_person = [one for one in made if one["made_by"] == "person"]
        current = (by_person or made or [None])[-1]
        software = next((one for one in reversed(made) if one["evidence"]), None)
        return MessageInFull(
            row=row,
            new_text=message.new_text,
            quoted_text=message.quoted_text,
            files=message.files,
            has_raw=message.has_raw,
            current=current,
            evidence=tuple(_evidence(software["evidence"])) if software else (),
            posted=message.posted,
            earlier=message.earlier,
        )

    def sees(self, reference: str, reader: Reader) -> bool:
        """Whether there is such an enquiry that somebody may see."""
        with self.store.read() as tx:
            return self._visible(tx, reference, reader) is not None

    def raw(self, reference: str, message_id: int, reader: Reader) -> bytes | None:
        """Return a message as it came; None where there is none that they may see."""
        with self.store.read() as tx:
            found = self._visible(tx, reference, reader)
            if found is None or message_id not in tx.messages_of(found[0]):
                return None
            return tx.raw_of(message_id)

    def file(
        self, reference: str, message_id: int, number: int, reader: Reader
    ) -> tuple[str, bytes] | None:
        """Return an attachment's name and bytes, by its number from 1; None: no such."""
        content = self.raw(reference, message_id, reader)
        files = files_of(content) if content else []
        if not 1 <= number <= len(files):
            return None
        attachment, data = files[number - 1]
        return attachment.name or f"attachment-{number}", data


def _evidence(rows: Iterable[Sequence[str]]) -> Iterable[Evidence]:
    for step, name, says, text in rows:
        yield Evidence(step=Step(step), name=name, says=says, text=text)


def _bounded(page: int, count: int) -> tuple[int, int]:
    """Return a page that there is, and how many there are."""
    pages = max(1, -(-count // PER_PAGE))
    return min(max(1, page), pages), pages
