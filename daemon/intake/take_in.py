"""The use case of taking in a batch: one commit for receipts, messages and all that follows.

Commit, then mark done: a message is never lost. Unique constraints stand behind every look-up;
where two daemons meet, the second rolls back, looks again and decides with what is there now.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from daemon.compose import NoticeFacts, NoticeKind
from daemon.decide import decide, is_private
from daemon.intake import around
from daemon.intake.facts import Filed, Sight, Taken
from daemon.intake.prepare import Coming, mistake, prepare
from daemon.intake.revision import Revision
from daemon.model import EnquiryStatus, InboxRole, OutboxKind, Outcome
from daemon.store import (
    ConflictError,
    DeadlockError,
    LeaseLostError,
    StoreUnavailableError,
)
from daemon.store.messages import NewReceipt
from daemon.tokens import REFERENCE_RANDOM_BITS, new_reference

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from connectors.base import Batch, Missed, RawMessage
    from daemon.failures import Failures
    from daemon.intake.around import Obeys
    from daemon.intake.context import ContextReader
    from daemon.intake.facts import Classifies, InboxFacts, PreparesElsewhere
    from daemon.intake.filing import Filing
    from daemon.intake.prepare import Prepared
    from daemon.model import Classification, Decision, Message
    from daemon.store import Lease, Store, Transaction
    from daemon.store.messages import StoredMessage
    from daemon.store.quarantine import QuarantinedWhole

SAME_WITHIN = timedelta(days=7)
_IN_AN_ENQUIRY = frozenset({Outcome.OPENED, Outcome.JOINED})
_TRIES = 8  # against other daemons, before it counts as a bug


class _StillSpoiledError(Exception):
    """A message in quarantine cannot be decided yet: nothing of the attempt is written."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """What arrives becomes receipts, messages, enquiries, clocks and letters."""

    store: Store
    classifier: Classifies
    reader: ContextReader
    filing: Filing
    operators: Sequence[str]  # told about what cannot be read
    clock: Callable[[], datetime]
    random_bits: Callable[[int], int]
    failures: Failures  # what follows when a mail of ours comes back
    obey: Obeys  # does what an answer to a notice says
    elsewhere: PreparesElsewhere | None = None

    @property
    def looks_ahead(self) -> bool:
        """Whether a batch can be prepared while this process does something else."""
        return self.elsewhere is not None and self.elsewhere.is_free

    def take_in(
        self,
        inbox: InboxFacts,
        batch: Batch,
        *,
        lease: Lease | None,
        coming: Coming | None = None,
    ) -> list[Taken]:
        """Store a batch, decide each message, and note the cursor: one commit for all of it.

        `coming` are its messages where they are `prepared` already.

        Raises:
            LeaseLostError: somebody else works on this inbox now; nothing was written.
            StoreUnavailableError: the database does not answer; nothing was written.
        """
        if coming is None:
            coming = self.prepared(inbox, batch.messages)
        for _ in range(_TRIES - 1):
            try:
                return self._commit(inbox, coming, batch, lease)
            except ConflictError:
                continue  # another daemon was in the way: all of it again
        return self._commit(inbox, coming, batch, lease)

    def prepared(self, inbox: InboxFacts, messages: Sequence[RawMessage]) -> Coming:
        """Return messages prepared: at once, or by another process as they are asked for."""
        own_servers, now = self.filing.policy.directory.own_servers, self.clock()

        def by_ourselves(raw: RawMessage) -> Prepared:
            return prepare(raw, inbox, classifier=self.classifier, own_servers=own_servers, now=now)

        if self.elsewhere is None:
            return Coming(iter([by_ourselves(raw) for raw in messages]))
        return Coming(
            self.elsewhere.prepare_all(
                messages, inbox, own_servers=own_servers, now=now, by_ourselves=by_ourselves
            )
        )

    def take_anew(self, inbox: InboxFacts, held: QuarantinedWhole, *, by: str = "") -> Taken:
        """Take in what is in quarantine, counted from when it first reached the office.

        It stays there, as it is, where it still cannot be read, whatever the reason: nothing of the
        attempt is written then. `by` is who asked for it; "" where the daemon did.

        Raises:
            StoreUnavailableError: the database does not answer; nothing was written.
        """
        own_servers = self.filing.policy.directory.own_servers
        item = prepare(
            held.raw, inbox, classifier=self.classifier, own_servers=own_servers, now=self.clock()
        )
        why = item.problem
        item = replace(item, received_at=held.about.received_at)
        for _ in range(0 if why else _TRIES):
            try:
                return self._anew(inbox, item, held, by)
            except _StillSpoiledError as error:
                why = error.why
                break
            except ConflictError:
                why = "Other daemons were in the way again and again."
            except StoreUnavailableError:
                raise
            except Exception as error:  # noqa: BLE001 -- it must not stop what is tried after it
                why = mistake(error)
                break
        return Taken(
            external_id=held.raw.external_id,
            state="quarantined",
            outcome=Outcome.QUARANTINED,
            why=why,
        )

    def _anew(self, inbox: InboxFacts, item: Prepared, held: QuarantinedWhole, by: str) -> Taken:
        with self.store.write() as tx:
            now, number = self.clock(), held.about.number
            if not tx.leave_quarantine(number):
                return Taken(external_id=held.raw.external_id, state="known")
            taken = self._one(tx, inbox, item, now)
            if taken.state == "quarantined":
                raise _StillSpoiledError(taken.why)
            if taken.state == "private":
                tx.forget_raw(item.sha256)
            tx.audit(
                "message_taken-anew",
                f"receipt:{number}",
                at=now,
                detail={"state": taken.state, "message": taken.message_id},
                actor=self.filing.letters.signer.keyed_hash(by) if by else "software",
            )
            return taken

    def _commit(
        self, inbox: InboxFacts, coming: Coming, batch: Batch, lease: Lease | None
    ) -> list[Taken]:
        with self.store.write() as tx:
            if lease is not None:
                tx.check_lease(lease)
            now = self.clock()
            taken = [self._one(tx, inbox, item, now) for item in coming]
            taken += [self._miss(tx, inbox, missed, now) for missed in batch.missed]
            if batch.cursor:
                tx.set_cursor(inbox.name, batch.cursor, now=now)
            return taken

    def _one(self, tx: Transaction, inbox: InboxFacts, item: Prepared, now: datetime) -> Taken:
        """Store one message; a conflict or a bug costs a savepoint, not the batch."""
        for _ in range(_TRIES):
            try:
                with tx.savepoint():
                    return self._store(tx, inbox, item, now)
            except (DeadlockError, StoreUnavailableError, LeaseLostError):
                raise  # the whole transaction is gone
            except ConflictError:
                continue  # somebody else has just stored the same: look again
            except Exception as error:
                if item.problem:
                    raise  # it cannot even be quarantined
                item = item.spoiled(mistake(error))
        raise ConflictError

    def _store(  # noqa: PLR0911 -- what may become of a message, one line each
        self, tx: Transaction, inbox: InboxFacts, item: Prepared, now: datetime
    ) -> Taken:
        policy = self.filing.policy
        if (had := self._had_before(tx, inbox, item, now)) is not None:
            return had
        # What somebody sent is nobody's to read because we stumbled over it.
        if item.problem and inbox.role is InboxRole.SENT and inbox.box.is_personal:
            return self._private(tx, inbox, item, now)
        if item.message is None:
            return self._quarantine(tx, inbox, item, now)
        if inbox.role is InboxRole.ENQUIRIES and is_private(item.message, policy):
            return self._private(tx, inbox, item, now)
        if item.found is None:
            return self._quarantine(tx, inbox, item, now)
        # Counted before it is looked for: what another daemon stores in between is then found, or
        # stands in our way, but is never taken for an older message.
        ordinal = tx.next_ordinal(item.fingerprint)
        same = tx.find_same(
            inbox.name, item.sha256, item.fingerprint, item.received_at, within=SAME_WITHIN
        )
        if same is not None:
            return self._again(tx, inbox, item, same, now)
        sight = self._sight(tx, inbox, item, item.message, item.found, now)
        if (before := self._before_edit(tx, item.message)) is not None:
            return self._edited(tx, sight, before)
        if inbox.role is InboxRole.SENT and around.is_unasked(sight):
            self._look_around(tx, sight, message_id=None)
            return self._private(tx, inbox, item, now)
        return self._new(tx, sight, ordinal)

    def _had_before(
        self, tx: Transaction, inbox: InboxFacts, item: Prepared, now: datetime
    ) -> Taken | None:
        """Return what becomes of a message that has a receipt, or that was erased."""
        if tx.taken_ids(inbox.name, [item.raw.external_id]):
            return Taken(external_id=item.raw.external_id, state="known")
        if tx.was_erased(self._marks(item)):
            return self._erased_before(tx, inbox, item, now)
        return None

    def _marks(self, item: Prepared) -> list[str]:
        """Return by what a message is known that was erased: its bytes, and what makes it one."""
        marks = self.reader.signer.marks
        return [*marks(item.sha256), *(marks(item.fingerprint) if item.fingerprint else ())]

    # Receipts

    def _receipt(
        self,
        tx: Transaction,
        inbox: InboxFacts,
        item: Prepared,
        state: str,
        now: datetime,
        *,
        message_id: int | None = None,
    ) -> int:
        keeps = state != "private"
        if keeps:
            tx.keep_raw(item.sha256, item.raw.content)
        return tx.add_receipt(
            NewReceipt(
                inbox=inbox.name,
                external_id=item.raw.external_id,
                state=state,
                received_at=item.received_at,
                stored_at=now,
                reason=item.problem,
                raw=item.raw,
                raw_sha256=item.sha256 if keeps else None,
                message_id=message_id,
            )
        )

    def _quarantine(
        self, tx: Transaction, inbox: InboxFacts, item: Prepared, now: datetime
    ) -> Taken:
        """Keep a message that cannot be read or decided, and tell a person."""
        receipt_id = self._receipt(tx, inbox, item, "quarantined", now)
        tx.audit("message_quarantined", f"receipt:{receipt_id}", at=now)
        facts = NoticeFacts(
            problem=item.problem,
            box=inbox.box,
            received_at=item.received_at,
            original_complete=item.raw.complete,
        )
        entries = [
            self.filing.letters.to_team(
                NoticeKind.QUARANTINED,
                facts,
                # Said once for the same bytes, however often they are seen.
                key=f"quarantined:{item.sha256}",
                recipient=operator,
                now=now,
                outbox_kind=OutboxKind.OPERATOR,
                original=item.raw.content,
            )
            for operator in self.operators
        ]
        tx.queue(entries, enquiry_id=None, message_id=None, now=now)
        return Taken(
            external_id=item.raw.external_id,
            state="quarantined",
            outcome=Outcome.QUARANTINED,
            why=item.problem,
        )

    def _private(self, tx: Transaction, inbox: InboxFacts, item: Prepared, now: datetime) -> Taken:
        """Keep a receipt without content: it is not ours to read."""
        receipt_id = self._receipt(tx, inbox, item, "private", now)
        tx.audit("message_private", f"receipt:{receipt_id}", at=now)
        self._hear_failure(tx, item, now)  # of a reply from this account; nothing else is kept
        return Taken(external_id=item.raw.external_id, state="private", outcome=Outcome.PRIVATE)

    def _erased_before(
        self, tx: Transaction, inbox: InboxFacts, item: Prepared, now: datetime
    ) -> Taken:
        """Keep a receipt without content: it was erased, and is found again."""
        item = replace(item, problem="It was erased before, and lay there again.")
        receipt_id = self._receipt(tx, inbox, item, "private", now)
        tx.audit("message_erased-again", f"receipt:{receipt_id}", at=now)
        return Taken(external_id=item.raw.external_id, state="private", outcome=Outcome.PRIVATE)

    def _miss(self, tx: Transaction, inbox: InboxFacts, missed: Missed, now: datetime) -> Taken:
        """Record a message that was listed and could not be had."""
        if not tx.known_ids(inbox.name, [missed.external_id]):
            receipt_id = tx.add_receipt(
                NewReceipt(
                    inbox=inbox.name,
                    external_id=missed.external_id,
                    state="missed",
                    received_at=now,
                    stored_at=now,
                    reason=missed.reason,
                )
            )
            tx.audit("message_missed", f"receipt:{receipt_id}", at=now)
        return Taken(external_id=missed.external_id, state="missed", why=missed.reason)

    def _again(
        self,
        tx: Transaction,
        inbox: InboxFacts,
        item: Prepared,
        same: StoredMessage,
        now: datetime,
    ) -> Taken:
        """Record another sighting: a second receipt, perhaps an earlier time of arrival.

        Which copy is seen first is chance: what lay behind a door that opens nothing is decided
        anew when it comes through one that does, and so is the way of what only Intake had. The
        same bytes through the same door (a mailbox numbered anew) are decided once for all.
        """
        is_known = tx.has_bytes(inbox.name, item.sha256)
        receipt_id = self._receipt(tx, inbox, item, "stored", now, message_id=same.id)
        tx.audit("message_seen-again", f"receipt:{receipt_id}", at=now)
        if item.received_at < same.received_at:
            self.filing.arrived_earlier(tx, same, item.received_at, now)
        if item.message is not None and item.found is not None and not is_known:
            first = replace(item, received_at=min(item.received_at, same.received_at))
            sight = self._sight(tx, inbox, first, item.message, item.found, now)
            if same.enquiry_id is None and sight.decision.outcome in _IN_AN_ENQUIRY:
                return self._promote(tx, sight, same.id)
            if same.enquiry_id is not None and sight.decision.outcome is Outcome.OPENED:
                self.filing.take_from_intake(tx, sight, same.id, same.enquiry_id)
        history = Outcome.HISTORY if same.outcome is Outcome.HISTORY else None
        return Taken(
            external_id=item.raw.external_id,
            state="repeated",
            outcome=history,
            message_id=same.id,
        )

    # A post that was edited: one message, in versions

    def _before_edit(self, tx: Transaction, message: Message) -> StoredMessage | None:
        """Return the message that this is another version of."""
        if message.posted is None or message.message_id is None:
            return None
        return tx.post_of(message.message_id)

    def _edited(self, tx: Transaction, sight: Sight, before: StoredMessage) -> Taken:
        """Have a message say what its newest version says: it may raise an alert or open something.

        Nothing is withdrawn for what was edited away, and nobody is answered twice.
        """
        item, now = sight.item, sight.now
        is_newer = tx.is_newest_version(before.id, item.raw.external_id)
        receipt_id = self._receipt(tx, sight.inbox, item, "stored", now, message_id=before.id)
        again = Taken(external_id=item.raw.external_id, state="repeated", message_id=before.id)
        if not is_newer:
            tx.audit("message_seen-again", f"receipt:{receipt_id}", at=now)
            return again
        tx.new_version(before.id, sight.message)
        tx.audit("message_edited", f"message:{before.id}", at=now)
        if before.enquiry_id is None and sight.decision.outcome in _IN_AN_ENQUIRY:
            return self._promote(tx, sight, before.id)
        revision = Revision(filing=self.filing)
        revision.add(tx, tx.kept(before.id), sight.message, sight.found, now=now)
        return again

    def _promote(self, tx: Transaction, sight: Sight, message_id: int) -> Taken:
        """Give a message that opened nothing the enquiry that this sighting of it opens."""
        enquiry_id, reference = self._enquiry(tx, sight)
        if enquiry_id is None:
            raise ConflictError  # decided to open or join, and yet there is none: look again
        tx.decide_again(
            message_id,
            sight.decision,
            inbox=sight.inbox.name,
            box=sight.inbox.box,
            enquiry_id=enquiry_id,
        )
        return self._file(tx, sight, message_id, enquiry_id, reference)

    # A message that is new

    def _sight(
        self,
        tx: Transaction,
        inbox: InboxFacts,
        item: Prepared,
        message: Message,
        found: Classification,
        now: datetime,
    ) -> Sight:
        """Return a message with what the store knows about it, decided."""
        policy = self.filing.policy
        context = self.reader.read(tx, inbox, message, received_at=item.received_at, now=now)
        return Sight(
            inbox=inbox,
            item=item,
            message=message,
            found=found,
            decision=decide(message, found, policy, context, days=self.filing.days),
            now=now,
        )

    def _new(self, tx: Transaction, sight: Sight, ordinal: int) -> Taken:
        item, decision, now = sight.item, sight.decision, sight.now
        enquiry_id, reference = self._enquiry(tx, sight)
        message_id = tx.add_message(
            sight.message,
            decision,
            fingerprint=item.fingerprint,
            ordinal=ordinal,
            inbox=sight.inbox.name,
            enquiry_id=enquiry_id,
            received_at=item.received_at,
            now=now,
        )
        self._receipt(tx, sight.inbox, item, "stored", now, message_id=message_id)
        return self._file(tx, sight, message_id, enquiry_id, reference)

    def _file(
        self,
        tx: Transaction,
        sight: Sight,
        message_id: int,
        enquiry_id: int | None,
        reference: str,
    ) -> Taken:
        """Write down the classification and all that follows."""
        tx.add_classification(message_id, sight.found, made_by="software", now=sight.now)
        tx.audit(
            f"message_{sight.decision.outcome}",
            f"message:{message_id}",
            at=sight.now,
            detail=_audited(sight.decision, sight.found, enquiry_id),
        )
        problems: list[str] = []
        if enquiry_id is not None:
            if sight.message.attachments:
                tx.await_reading(message_id, now=sight.now)
            filed = Filed(
                sight=sight,
                message_id=message_id,
                enquiry_id=enquiry_id,
                reference=reference,
            )
            problems = self.filing.follow(tx, filed)
            around.look_back(tx, filed, filing=self.filing, reader=self.reader)
        elif sight.decision.outcome is Outcome.INTERNAL:
            self._look_around(tx, sight, message_id=message_id)
        self._hear_failure(tx, sight.item, sight.now)
        return Taken(
            external_id=sight.item.raw.external_id,
            state="stored",
            outcome=sight.decision.outcome,
            decision=sight.decision,
            found=sight.found,
            message=sight.message,
            message_id=message_id,
            reference=reference,
            why=" ".join(problems),
        )

    def _look_around(self, tx: Transaction, sight: Sight, *, message_id: int | None) -> None:
        around.note(
            tx,
            sight,
            message_id=message_id,
            filing=self.filing,
            reader=self.reader,
            obey=self.obey,
        )

    def _hear_failure(self, tx: Transaction, item: Prepared, now: datetime) -> None:
        around.hear_failure(
            tx,
            item,
            filing=self.filing,
            reader=self.reader,
            failures=self.failures,
            now=now,
        )

    def _enquiry(self, tx: Transaction, sight: Sight) -> tuple[int | None, str]:
        """Return the enquiry a message belongs to, opened if need be, and its reference."""
        decision, now = sight.decision, sight.now
        if decision.join is not None:
            # Locked, so that whoever closes it at this moment is waited for.
            row = tx.enquiry_by_id(decision.join.enquiry_id, lock=True)
            if row.status is not EnquiryStatus.OPEN:
                raise ConflictError
            return row.id, row.reference
        # An alert needs something that a person can confirm.
        alerts = decision.outcome is Outcome.SET_ASIDE and bool(decision.alerts)
        if decision.outcome is not Outcome.OPENED and not alerts:
            return None, ""
        bits = self.random_bits(REFERENCE_RANDOM_BITS)
        reference = new_reference(self.reader.prefix, bits)
        opened = tx.open_enquiry(
            reference, decision, sight.found, received_at=sight.item.received_at, now=now
        )
        tx.audit("enquiry_opened", f"enquiry:{opened}", at=now)
        return opened, reference


def _audited(
    decision: Decision, found: Classification, enquiry_id: int | None
) -> dict[str, object]:
    return {
        "enquiry": enquiry_id,
        "category": found.category,
        "source": found.source,
        "criteria": list(found.criteria),
        "route": decision.route,
        "skip": decision.skip,
        "held": decision.held,
        "version": found.version,
    }
