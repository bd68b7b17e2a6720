"""The running whole: inboxes, outlets, ticks and threads over one store, and an orderly stop.

The scheduler decides when to look; the store alone knows what is owed, so a restart forgets
nothing.
"""

from __future__ import annotations

import os
import random
import socket
import threading
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.jobstores.base import JobLookupError
from apscheduler.schedulers.background import BackgroundScheduler

from connectors.base import AccessDeniedError, ConnectorError
from daemon import logs
from daemon.app.courier import Courier
from daemon.app.leases import Leases
from daemon.app.listener import listening
from daemon.app.parts import (
    inbox_facts,
    make_attachment_reader,
    make_failures,
    make_inbox,
    make_intake,
    make_letters,
    make_live_classifier,
    make_networks,
    make_outlet,
    make_signer,
    own_version,
    read_clock,
    sent_at_once,
)
from daemon.app.sealing import Sealing
from daemon.app.second import SecondReader
from daemon.app.signing_in import SignIns
from daemon.app.ticks import Tick
from daemon.app.watch import LOOK_S, OWN_TICK, Watch
from daemon.audit import Auditor
from daemon.config import ImapInboxConfig, SmtpOutletConfig
from daemon.deadlines import WorkingDays
from daemon.enrich import Enricher
from daemon.health import Alarms, Common
from daemon.intake.revision import Revision
from daemon.links import LinkCheck, ask_for
from daemon.logs import get_logger
from daemon.model import InboxRole
from daemon.outbox import Sender
from daemon.pace import Pace
from daemon.pack import Packer
from daemon.pauses import Pauses
from daemon.poll import Poller
from daemon.postroom import PostRoom
from daemon.privacy import Privacy
from daemon.quarantine import Quarantine
from daemon.reconcile import Reconciler
from daemon.recount import Recounter
from daemon.reviews import Reviewer
from daemon.service import holder_name, is_gone, keep_out_of_collections
from daemon.store import LeaseLostError, StoreUnavailableError
from daemon.sweep import Sweeper
from daemon.systemd import Manager

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from structlog.typing import FilteringBoundLogger

    from connectors.base import Inbox, Outlet
    from daemon.app.listener import Listener
    from daemon.app.reader import ModelSource
    from daemon.compose import Templates
    from daemon.config import AnyInbox, Config
    from daemon.intake import InboxFacts, Intake, Taken
    from daemon.letters import Letters
    from daemon.service import Stop
    from daemon.store import Store
    from daemon.tokens import Signer

EX_SOFTWARE, EX_TEMPFAIL = 70, 75  # sysexits
TOO_MANY_ERRORS = 5  # of one job in a row: then systemd starts us afresh
STOP_WITHIN_S = 8.0  # of a stop's ten seconds, what running work may still take
RELOAD_WITHIN_S = 30.0  # what it may take before a new config begins
_IDLE_S = 300.0  # renewed well before a server or a firewall would end it (RFC 2177: 29 minutes)
_DENIED_S = 600.0  # as the poll: a wrong password, tried over and over, locks an account
_CLOCK_JUMP_S = 5.0
_DAILY_S = 300.0  # between two looks at whether the day's or the month's work is done
_LINK_S = 3600.0  # between two looks at whether the link is to be tried
_TOKENS_S = 60.0  # between two looks at whether a token is to be renewed
_LEAVE_WITHIN_S = 0.5  # for the letters of a batch, before the next is taken in
_MODEL_S = 60.0  # between two looks at which model is adopted


def nobody_watches(_inbox: InboxFacts, _taken: Sequence[Taken]) -> None:
    """Watch what is taken in, and do nothing."""


class App:
    """One daemon: its inboxes, outlets, ticks and threads over one store."""

    def __init__(
        self,
        config: Config,
        *,
        templates: Templates,
        store: Store,
        stop: Stop,
        models: ModelSource,
        clock: Callable[[], datetime] = read_clock,
        on_taken: Callable[[InboxFacts, Sequence[Taken]], None] = nobody_watches,
        manager: Manager | None = None,
    ) -> None:
        """Put everything together; nothing is connected yet.

        Raises:
            OSError, ValueError: a signing key or a Maildir cannot be made or read.
        """
        self._config, self._store, self._stop, self._clock = config, store, stop, clock
        self._manager = manager or Manager({})
        self._ending = threading.Event()
        self._fed = 0.0  # monotonic: when the watchdog last heard of us
        self.reread: Callable[[App], App | None] | None = None
        """Makes the daemon that takes this one's place when the config is to be read anew, or
        returns None where that is refused; without it nothing is read anew."""
        self.successor: App | None = None
        self._log: FilteringBoundLogger = get_logger()
        self._holder = holder_name()
        self._leases = Leases(
            store,
            holder=self._holder,
            ttl_s=config.schedule.lease_s,
            log=self._log,
            on_store_lost=lambda: self._give_up(EX_TEMPFAIL),
        )
        self._watcher = on_taken
        self.exit_code = 0
        signer = make_signer(config)
        letters = make_letters(config, templates, signer)
        self._classifier = make_live_classifier(config, models, clock=clock)
        self._classifier.refresh()
        self._second = SecondReader(self._classifier, log=self._log)
        self._intake = self._make_intake(signer, letters)
        self._enricher = self._make_enricher()
        self._sender = Sender(
            store=store,
            failures=make_failures(config, letters),
            holder=self._holder,
            clock=clock,
            jitter=random.random,
            paces={
                one.name: Pace(per_minute=one.per_minute)
                for one in config.outlets
                if one.per_minute
            },
            connections={
                one.name: one.connections
                for one in config.outlets
                if isinstance(one, SmtpOutletConfig)
            },
            shadow=config.sending.shadow,
        )
        self._post_room = PostRoom(store=store, folder=config.sending.letters)
        self._pauses = Pauses(store=store, log=self._log)
        self._sweeper = Sweeper(store=store, policy=config.policy, letters=letters, clock=clock)
        self._sign_ins = SignIns(config.oauth)
        self._networks = make_networks(config, lambda: store, clock)
        self.inboxes = {
            one.name: make_inbox(one, clock, self._sign_ins, self._networks)
            for one in config.inboxes
        }
        self.outlets = {
            one.name: make_outlet(one, self._sign_ins, self._networks) for one in config.outlets
        }
        self._pollers = {one.name: self._make_poller(one) for one in config.inboxes}
        self._couriers = {name: self._make_courier(one) for name, one in self.outlets.items()}
        self._sealing = Sealing(
            auditor=Auditor(store=store, signer=signer, clock=clock),
            anchors=config.audit_anchors,
            clock=clock,
            log=self._log,
        )
        self._reconciler = Reconciler(
            store=store,
            letters=letters,
            operators=config.operators,
            inboxes=[one.name for one in config.inboxes],
            clock=clock,
        )
        self._recounter = Recounter(
            store=store,
            days=WorkingDays(config.policy.clocks),
            letters=letters,
            operators=config.operators,
            clock=clock,
        )
        self._reviewer = Reviewer(store=store, policy=config.policy, letters=letters, clock=clock)
        self._packer = Packer(
            store=store,
            policy=config.policy,
            days=WorkingDays(config.policy.clocks),
            letters=letters,
            templates=templates,
            clock=clock,
        )
        self._privacy = Privacy(store=store, signer=signer, clock=clock)
        self._links = LinkCheck(
            store=store,
            url=str(config.office.routing_diagram_url),
            every=timedelta(days=config.health.link_days),
            clock=clock,
            ask=ask_for,
        )
        self._ticks = self._make_ticks()
        self._watch = self._make_watch(letters)
        self._ticks[OWN_TICK] = self._as_tick(OWN_TICK, self._watch.look)
        self._listener: Listener | None = None
        self._scheduler: BackgroundScheduler | None = None

    def _make_intake(self, signer: Signer, letters: Letters) -> Intake:
        return make_intake(
            self._config,
            self._store,
            letters,
            signer,
            self._classifier,
            clock=self._clock,
            elsewhere=self._second,
        )

    def _make_enricher(self) -> Enricher:
        return Enricher(
            store=self._store,
            classifier=self._classifier,
            revision=Revision(filing=self._intake.filing),
            reader=make_attachment_reader(self._config, self._is_ending),
            clock=self._clock,
        )

    def _make_poller(self, one: AnyInbox) -> Poller:
        return Poller(
            inbox=self.inboxes[one.name],
            facts=inbox_facts(one),
            intake=self._intake,
            store=self._store,
            batch=self._config.schedule.batch,
            clock=self._clock,
            log=self._log,
            lease=lambda: self._leases.for_inbox(one.name),
            stopping=self._is_ending,
            on_taken=self._taken,
        )

    def _make_courier(self, outlet: Outlet) -> Courier:
        return Courier(
            outlet=outlet,
            sender=self._sender,
            clock=self._clock,
            log=self._log,
            stopping=self._is_ending,
        )

    def _make_watch(self, letters: Letters) -> Watch:
        config, host = self._config, socket.gethostname()
        return Watch(
            store=self._store,
            clock=self._clock,
            log=self._log,
            manager=self._manager,
            alarms=Alarms(
                store=self._store,
                letters=letters,
                operators=config.operators,
                host=host,
                after=timedelta(minutes=config.health.alarm_minutes),
                send=lambda entry: sent_at_once(config, entry, self._sign_ins, self._networks),
            ),
            common=Common(
                days=WorkingDays(config.policy.clocks),
                inboxes=[one.name for one in config.inboxes if one.role is InboxRole.ENQUIRIES],
            ),
            pauses=self._pauses,
            pollers=self._pollers,
            couriers=self._couriers,
            ticks=self._ticks,
            sign_ins=self._sign_ins,
            networks=self._networks,
            model_why=lambda: self._classifier.why,
            state_dir=config.state_dir,
            disk_free_mb=config.health.disk_free_mb,
            host=host,
            pid=os.getpid(),
            version=own_version(),
            started_at=self._clock(),
        )

    def _is_ending(self) -> bool:
        return self._stop.is_set() or self._ending.is_set()

    def _as_tick(self, name: str, work: Callable[[], object]) -> Tick:
        return Tick(name=name, work=work, failed=self._job_failed)

    def _make_ticks(self) -> dict[str, Tick]:
        work: dict[str, Callable[[], object]] = {
            f"poll:{name}": self._pauses.around(f"inbox:{name}", poller.poll)
            for name, poller in self._pollers.items()
        }
        work |= {
            f"send:{name}": self._pauses.around(f"outlet:{name}", courier.send)
            for name, courier in self._couriers.items()
        }
        work["sweep"] = self._sweep
        work["reconcile"] = self._reconcile
        work["recount"] = self._recount
        work["review"] = self._reviewer.remind
        work["pack"] = self._packer.monthly
        if self._config.retention_is_active:
            work["retention"] = self._retain
        work["seal"] = self._sealing.tick
        work["lease"] = self._leases.renew
        work["model"] = self._classifier.refresh
        if self._config.attachments.read:
            work["enrich"] = self._enrich
        if self._config.oauth:
            work["tokens"] = self._sign_ins.renew
        if self._config.health.link_days:
            work["link"] = self._links.look
        return {name: self._as_tick(name, one) for name, one in work.items()}

    def begin(self) -> None:
        """Take the store for this process, and free what a dead one had claimed.

        Raises:
            AlreadyRunningError: another daemon works on this SQLite file.
            StoreUnavailableError: the database does not answer.
        """
        self._leases.take_store()
        freed = self._sender.free_claims_of_the_gone(is_gone)
        self._log.info("daemon_started", count=len(self.inboxes), queued=freed)
        self._retry_quarantined()

    def _retry_quarantined(self) -> None:
        """Try anew what an earlier version could not read, before anything new comes in."""
        quarantine = Quarantine(
            store=self._store,
            intake=self._intake,
            inboxes={name: poller.facts for name, poller in self._pollers.items()},
        )
        for one in quarantine.retry_all():
            if one.is_out:
                self._log_taken(one.inbox, one.taken)

    # What the ticks do

    def _taken(self, inbox: InboxFacts, taken: Sequence[Taken]) -> None:
        for one in taken:
            self._log_taken(inbox.name, one)
        for name in self.outlets:
            self._wake(f"send:{name}")
        if self._config.attachments.read:
            self._wake("enrich")
        self._watcher(inbox, taken)
        self._let_letters_go()

    def _let_letters_go(self) -> None:
        """Wait a moment for the letters of a batch to leave before the next one is taken in.

        Behind a full mailbox nobody waits then for the whole of it, and threads that each have
        work to do do not stand in each other's way. A mail server that is slow holds nothing up.
        """
        if self._scheduler is None or self._is_ending():
            return
        until = time.monotonic() + _LEAVE_WITHIN_S
        for name in self.outlets:
            self._ticks[f"send:{name}"].settles_within(max(0.0, until - time.monotonic()))

    def _log_taken(self, inbox: str, one: Taken) -> None:
        log = self._log.bind(inbox=inbox)
        match one.state:
            case "stored":
                log.info(
                    "message_stored",
                    message=one.message_id,
                    outcome=one.outcome,
                    reference=one.reference,
                )
            case "repeated":
                log.info("message_repeated", message=one.message_id)
            case "private":
                log.info("message_private")
            case "quarantined":
                log.warning("message_quarantined", why=one.why)
            case "missed":
                log.warning("message_missed", why=one.why)
            case _:
                pass  # known already: nothing happened

    def _sweep(self) -> None:
        done = self._sweeper.sweep()
        if done.steps or done.released:
            self._log.info("sweep_finished", due=done.steps, count=done.released)
            for name in self.outlets:
                self._wake(f"send:{name}")
        if laid := self._post_room.lay_out():
            self._log.info("letters_laid-out", count=laid)

    def _recount(self) -> None:
        moved = self._recounter.follow()
        if moved:
            self._log.info("deadlines_recounted", count=moved)

    def _reconcile(self) -> None:
        found = self._reconciler.daily()
        if found is not None and not found.ok:
            self._log.warning("store_differs", count=len(found.differences))

    def _retain(self) -> None:
        done = self._privacy.nightly(self._config.retention)
        if done is not None and (done.messages or done.internal):
            self._log.info("retention_finished", count=len(done.enquiries), messages=done.messages)

    def _enrich(self) -> None:
        """Read attachments that wait, message by message, until none does or we are to stop."""
        while not self._is_ending() and self._enricher.read_waiting(1):
            for name in self.outlets:
                self._wake(f"send:{name}")

    def _job_failed(self, tick: Tick, error: Exception) -> None:
        match error:
            case StoreUnavailableError():
                self._log.error("store_unavailable", job=tick.name, why=str(error))
                if self._scheduler is None:  # `once`: nobody looks again, the caller has to
                    self.exit_code = self.exit_code or EX_TEMPFAIL
            case LeaseLostError():
                self._leases.lost(str(error))
            case _:
                tick.errors += 1
                self._log.error("job_failed", job=tick.name, attempts=tick.errors, exc_info=error)
                if tick.errors >= TOO_MANY_ERRORS:
                    self._give_up(EX_SOFTWARE)

    def _give_up(self, code: int) -> None:
        self.exit_code = code
        self._stop.set()

    # Once, and for long

    def once(self) -> None:
        """Poll every inbox, send what is due, sweep, and send what that brought."""
        for poller in self._pollers.values():
            self._run_now(f"poll:{poller.facts.name}")
        if self._config.attachments.read:
            self._run_now("enrich")
        for name in (*self.outlets, "", *self.outlets):
            self._run_now(f"send:{name}" if name else "sweep")
        self._run_now("seal")

    def compare(self) -> tuple[int, tuple[str, ...]]:
        """Poll every inbox and compare its list with the receipts, and send nothing.

        Return how many messages were taken in, and which inboxes another daemon has.

        Raises:
            LeaseLostError, StoreUnavailableError: as for a poll.
        """
        taken = {name: poller.compare() for name, poller in self._pollers.items()}
        elsewhere = tuple(name for name, stored in taken.items() if stored is None)
        return sum(stored or 0 for stored in taken.values()), elsewhere

    def tick(self, name: str) -> Tick:
        """Return a tick by its name, such as `sweep` or `poll:INBOX`: a call runs it."""
        return self._ticks[name]

    def _run_now(self, name: str) -> None:
        self._ticks[name]()
        if self._ticks[name].errors:
            self.exit_code = EX_SOFTWARE

    @property
    def unavailable(self) -> tuple[str, ...]:
        """The inboxes and outlets that could not be reached at their last try."""
        inboxes = (name for name, one in self._pollers.items() if one.failures)
        outlets = (name for name, one in self._couriers.items() if one.failures)
        return (*inboxes, *outlets)

    def run(self) -> int:
        """Run until asked to stop, or until a successor is there; return the exit status."""
        keep_out_of_collections()
        if self._config.schedule.second_process:
            self._second.start()
        scheduler = BackgroundScheduler(
            timezone=UTC,
            executors={"default": ThreadPoolExecutor(len(self._ticks))},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )
        self._scheduler = scheduler
        for name, every_s in self._rhythm().items():
            scheduler.add_job(
                self._ticks[name],
                "interval",
                seconds=every_s,
                id=name,
                next_run_time=self._clock_of_the_machine(),
            )
        scheduler.start()
        for one in self._config.inboxes:
            if isinstance(one, ImapInboxConfig) and one.idle:
                self._listen(one.name)
        self._listener = listening(
            self._config, report=lambda: self._watch.report, clock=self._clock, log=self._log
        )
        self._manager.ready()
        self._supervise()
        self._end(scheduler)
        return self.exit_code

    def _rhythm(self) -> Mapping[str, float]:
        schedule = self._config.schedule
        rhythm = {f"poll:{one.name}": one.poll_s for one in self._config.inboxes}
        rhythm |= {f"send:{name}": schedule.send_s for name in self.outlets}
        rhythm["sweep"] = rhythm["seal"] = schedule.sweep_s
        for name in ("recount", "reconcile", "review", "pack"):
            rhythm[name] = _DAILY_S
        if self._config.retention_is_active:
            rhythm["retention"] = _DAILY_S
        rhythm["lease"] = schedule.lease_s / 3
        rhythm["model"] = _MODEL_S
        rhythm[OWN_TICK] = LOOK_S
        if self._config.oauth:
            rhythm["tokens"] = _TOKENS_S
        if self._config.health.link_days:
            rhythm["link"] = _LINK_S
        if self._config.attachments.read:
            rhythm["enrich"] = schedule.sweep_s
        return rhythm

    def _clock_of_the_machine(self) -> datetime:
        """Return the time the scheduler goes by, whatever clock the daemon was given."""
        return read_clock()

    def _wake(self, name: str) -> None:
        """Have a tick run now, or once more if it is running."""
        if not self._ticks[name].ask() and self._scheduler is not None:
            with suppress(JobLookupError):
                self._scheduler.modify_job(name, next_run_time=self._clock_of_the_machine())

    def _listen(self, name: str) -> None:
        threading.Thread(target=self._hear, args=(name,), name=f"idle:{name}", daemon=True).start()

    def _hear(self, name: str) -> None:
        """Wake the poll of an inbox whenever its server says that something came."""
        inbox, failures = self.inboxes[name], 0
        while not self._is_ending():
            try:
                if inbox.wait(_IDLE_S):
                    self._wake(f"poll:{name}")
                failures = 0
            except ConnectorError as error:
                # The poll behind it says what is wrong; here it only waits its turn.
                failures += 1
                self._log.debug("inbox_idle-failed", inbox=name, why=str(error))
                denied = isinstance(error, AccessDeniedError)
                self._stop.wait(_DENIED_S if denied else min(5.0 * 2 ** min(failures, 6), 300.0))

    def _supervise(self) -> None:
        """Wait for the stop; re-plan all jobs when the machine's clock is set.

        The scheduler follows the wall clock and would stall when that is set back.
        """
        offset = time.time() - time.monotonic()
        while not self._stop.wait(1.0):
            self._feed_watchdog()
            now = time.time() - time.monotonic()
            if abs(now - offset) >= _CLOCK_JUMP_S:
                self._clock_was_set(now - offset)
                offset = now
            if self._stop.takes_talk():
                self._log.warning("log_level-changed", state=logs.toggle_debug())
            if self.reread is not None and self._stop.takes_reload():
                self.successor = self._taken_up(self.reread)
                if self.successor is not None:
                    return

    def _taken_up(self, reread: Callable[[App], App | None]) -> App | None:
        """Return the daemon over the new config, or None while this one goes on."""
        self._manager.reloading()
        try:
            successor = reread(self)
        except Exception as error:  # noqa: BLE001 -- whatever it is: the config of before goes on
            self._log.error("job_failed", job="reload", exc_info=error)
            self.config_refused(f"A mistake in this software ({type(error).__name__}).")
            successor = None
        if successor is None:
            self._manager.ready()
        return successor

    def config_refused(self, why: str) -> None:
        """Note that a new config was refused, for health: the one before goes on."""
        self._watch.refused = (self._clock(), why)
        self._wake(OWN_TICK)

    def _feed_watchdog(self) -> None:
        """Tell systemd that we live: the database answered, and work was done, lately."""
        within_s = self._manager.watchdog_s
        if not within_s or time.monotonic() - self._fed < within_s / 4:
            return
        if self._watch.is_alive(within_s / 2):
            self._manager.alive()
            self._fed = time.monotonic()

    def _clock_was_set(self, by_s: float) -> None:
        """Plan everything anew: what was to wait was reckoned by another clock."""
        self._log.warning("clock_jumped", wait_s=round(by_s, 1))
        self._watch.jumped = (self._clock(), by_s)
        for poller in self._pollers.values():
            poller.clock_was_set()
        for courier in self._couriers.values():
            courier.clock_was_set()
        if by_s < 0:
            with suppress(StoreUnavailableError), self._store.write() as tx:
                tx.clock_went_back(now=self._clock(), by_s=-by_s)
        for name in self._ticks:
            self._wake(name)

    def _end(self, scheduler: BackgroundScheduler) -> None:
        """Stop: nothing new begins, running work gets a few seconds to come to its commit."""
        self._ending.set()
        if self.successor is None:
            self._manager.stopping()
        self._log.info("daemon_stopping", signal=self._stop.signal)
        until = time.monotonic() + (STOP_WITHIN_S if self.successor is None else RELOAD_WITHIN_S)
        if self._listener is not None:
            self._listener.stop()
        for inbox in self.inboxes.values():
            inbox.interrupt()
        # Waiting itself, the scheduler would hold the lock that running work wakes others with.
        scheduler.shutdown(wait=False)
        if not all(tick.ends_by(until) for tick in self._ticks.values()):
            # Cutting off is safe: whatever is not committed happens again after the start.
            self._log.warning("daemon_killed", why="work did not end in time")
            if self.successor is not None:  # two daemons in one process: rather a new process
                self.successor, self.exit_code = None, EX_TEMPFAIL
            return
        # Servers that do not answer a goodbye must not hold up the end either.
        closing = threading.Thread(target=self._finish, name="closing", daemon=True)
        closing.start()
        closing.join(max(1.0, until - time.monotonic()))

    def _finish(self) -> None:
        """Seal and anchor what the audit has by now, and let go of everything."""
        with suppress(StoreUnavailableError):
            self._watch.leave()
            self._sealing.finish()
        self.close()

    def close(self) -> None:
        """Give back leases and let go of every connection."""
        self._leases.release()
        self._second.close()
        closing: list[Inbox | Outlet] = [*self.inboxes.values(), *self.outlets.values()]
        for part in closing:
            part.close()
        self._store.close()
        self._log.info("daemon_stopped", code=self.exit_code)
