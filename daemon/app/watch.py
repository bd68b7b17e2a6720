"""Watching over the running daemon: one report on health, every few seconds.

It is kept here for the listener, in the store for `assurance status` and the page, told to
systemd in a line, and compared with what the operators were told.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import time
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from daemon.health import Level, Part, Report, as_json, in_one_line
from daemon.health.common import when
from daemon.health.kept import REPORT
from daemon.store import ConflictError, StoreUnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from structlog.typing import FilteringBoundLogger

    from daemon.app.courier import Courier
    from daemon.app.networks import Networks
    from daemon.app.signing_in import SignIns
    from daemon.app.ticks import Tick
    from daemon.health import Alarms, Common, Standing
    from daemon.pauses import Pauses
    from daemon.poll import Poller
    from daemon.store import Store, Transaction
    from daemon.systemd import Manager

LOOK_S = 15.0
OWN_TICK = "health"
"""The tick that looks: that it runs says nothing about all the others."""
_FORGOTTEN = timedelta(days=7)  # a daemon of a machine that is no more
_STUCK = timedelta(minutes=15)  # one batch of messages
_CLOCK_TOLD = timedelta(hours=1)
_BEHIND = timedelta(minutes=2)
_MIB = 1024 * 1024


@dataclass(slots=True, kw_only=True)
class Watch:
    """Looks at all parts of one daemon; `report` is what the last look found."""

    store: Store
    clock: Callable[[], datetime]
    log: FilteringBoundLogger
    manager: Manager
    alarms: Alarms
    common: Common
    pauses: Pauses
    pollers: Mapping[str, Poller]
    couriers: Mapping[str, Courier]
    ticks: Mapping[str, Tick]
    sign_ins: SignIns
    networks: Networks
    model_why: Callable[[], str]  # why no learned model serves; "" where one does
    state_dir: Path
    disk_free_mb: int
    host: str
    pid: int
    version: str
    started_at: datetime
    report: Report | None = None
    answered_at: float = 0.0  # monotonic: when the database last answered
    jumped: tuple[datetime, float] | None = None  # when the clock was set, and by how many seconds
    refused: tuple[datetime, str] | None = None  # when a new config was refused, and why
    _failed: dict[str, Level] = field(default_factory=dict)  # what the log was told of

    @property
    def key(self) -> str:
        """Return what tells this daemon from all others, in the store."""
        text = f"{self.host}|{self.pid}|{self.started_at.isoformat()}"
        return REPORT + hashlib.sha256(text.encode()).hexdigest()[:16]

    def look(self) -> None:
        """Look at everything, and tell whoever wants to know."""
        now = self.clock()
        own = tuple(self._own(now))
        self.report = self._report((*self._look_at_store(own, now), *own), now)
        self.manager.status(in_one_line(self.report))
        self._tell_log(self.report)
        self._alarm(self.report)

    def _report(self, parts: tuple[Part, ...], now: datetime) -> Report:
        parts = tuple(
            replace(part, since_at=part.since_at or self._since(part.name, now))
            if part.level
            else part
            for part in parts
        )
        return Report(
            at=now,
            host=self.host,
            pid=self.pid,
            version=self.version,
            started_at=self.started_at,
            parts=parts,
        )

    def leave(self) -> None:
        """Take the report of this daemon out of the store: it has ended in good order.

        Raises:
            StoreUnavailableError: the database does not answer.
        """
        with self.store.write() as tx:
            tx.drop_markers([self.key])

    def is_alive(self, within_s: float) -> bool:
        """Whether the database answered lately, and work was done lately."""
        now = time.monotonic()
        work = (tick for name, tick in self.ticks.items() if name != OWN_TICK)
        recently = any(now - tick.ended_at <= within_s for tick in work)
        return recently and now - self.answered_at <= within_s

    # What all daemons share, and the store itself

    def _look_at_store(self, own: tuple[Part, ...], now: datetime) -> list[Part]:
        part = Part(name="store", label="Database", why="It answers, and can be written.")
        try:
            with self.store.read() as tx:
                tx.ping()
                before = tx.newest_marker_at()
                common = self.common.look(tx, now)
            self.answered_at = time.monotonic()
        except StoreUnavailableError as error:
            return [self._store_trouble(part, "", error)]
        clock = self._clock(before, now)
        try:
            with self.store.write() as tx:
                self._note(tx, (part, clock, *common, *own), now)
        except (StoreUnavailableError, ConflictError) as error:
            where = "It can be read, but not written: "
            return [self._store_trouble(part, where, error), clock, *common]
        return [part, clock, *common]

    def _store_trouble(self, part: Part, where: str, error: Exception) -> Part:
        said = str(error)
        return replace(
            part,
            level=Level.TROUBLE,
            why=f"{where}{said}." if where else f"{said[:1].upper()}{said[1:]}.",
            do="Mail stays in its mailbox meanwhile. See docs/operations.md, The database.",
        )

    def _since(self, name: str, now: datetime) -> datetime:
        """Return since when a part has been as it is, by the last report."""
        parts = self.report.parts if self.report else ()
        last = next((p for p in parts if p.name == name and p.level), None)
        return (last.since_at if last else None) or now

    def _note(self, tx: Transaction, parts: tuple[Part, ...], now: datetime) -> None:
        """Keep this look in the store, and forget daemons that have long been silent."""
        report = self._report(parts, now)
        tx.set_marker(self.key, json.dumps(as_json(report)), now=now)
        tx.drop_markers_of_old(REPORT, before=now - _FORGOTTEN)

    # What this daemon works on

    def _own(self, now: datetime) -> Iterator[Part]:
        for name, poller in self.pollers.items():
            # One that was paused before the start was never asked for, and is known all the same.
            if poller.is_ours or f"inbox:{name}" in self.pauses.said:
                yield self._inbox(name, poller, now)
        for name, courier in self.couriers.items():
            yield self._outlet(name, courier)
        yield from self.sign_ins.parts(now)
        with suppress(StoreUnavailableError):  # its own part says so
            yield from self.networks.parts()
        yield self._disk()
        yield self._jobs()
        yield self._model()
        if self.refused is not None:
            at, why = self.refused
            yield Part(
                name="config",
                label="Config",
                level=Level.WARNING,
                why=f"The config as it stands now was refused; the one before goes on. {why}",
                do="Correct it, run assurance check, then systemctl reload assurance.",
                since_at=at,
                at_once=True,
            )
        else:
            yield Part(name="config", label="Config", why="It is in order.")

    def _inbox(self, name: str, poller: Poller, now: datetime) -> Part:
        standing = poller.standing
        part = Part(
            name=f"inbox:{name}",
            label=f"Inbox {name}",
            figures={
                "last_success_at": _iso(standing.well_at),
                "backlog": poller.backlog,
                "lag_s": poller.lag_s,
            },
            shared=True,  # one daemon at a time has it
        )
        if f"inbox:{name}" in self.pauses.said:
            return replace(part, why="A person has paused it: assurance resume goes on.")
        stuck = standing.began_at is not None and now - standing.began_at > _STUCK
        if standing.since_at is None and stuck and standing.began_at:
            return replace(
                part,
                level=Level.TROUBLE,
                why=f"The server has not come to an end of what it was asked at"
                f" {when(standing.began_at)}.",
                do="If it lasts, restart the service: systemctl restart assurance.",
                since_at=standing.began_at,
            )
        if standing.since_at is None:
            return replace(part, why=_well(standing))
        return _troubled(part, standing, f"assurance connect {name}")

    def _outlet(self, name: str, courier: Courier) -> Part:
        standing = courier.standing
        part = Part(
            name=f"outlet:{name}",
            label=f"Outlet {name}",
            figures={"last_success_at": _iso(standing.well_at)},
        )
        if f"outlet:{name}" in self.pauses.said:
            return replace(part, why="A person has paused it: assurance resume goes on.")
        if standing.since_at is None:
            return replace(part, why=_well(standing))
        return _troubled(part, standing, f"assurance connect {name}")

    def _disk(self) -> Part:
        try:
            free = shutil.disk_usage(self.state_dir).free
        except OSError as error:
            return Part(
                name="disk",
                label="Disk",
                level=Level.TROUBLE,
                why=f"The state folder {self.state_dir} cannot be looked at ({error.strerror}).",
                do="See that its disk is there, and that the service may use the folder.",
            )
        part = Part(name="disk", label="Disk", figures={"free_bytes": free})
        free_mb = free // _MIB
        if free_mb >= self.disk_free_mb:
            return replace(part, why=f"{free_mb:,} MB are free.")
        return replace(
            part,
            level=Level.TROUBLE if free_mb * 10 < self.disk_free_mb else Level.WARNING,
            why=f"{free_mb:,} MB are free where {self.state_dir} lies.",
            do="Make room before nothing can be written any more.",
        )

    def _model(self) -> Part:
        part = Part(name="model", label="Learned model", why="It serves.")
        why = self.model_why()
        if not why:
            return part
        return replace(
            part,
            level=Level.WARNING,
            why=f"Facts and rules decide alone, and most mail is to be sorted. {why}",
            do="Run assurance learn.",
        )

    def _jobs(self) -> Part:
        """Return whether all work comes to its end: always one part, so that it can be over."""
        part = Part(name="work", label="Work of the daemon", why="All of it comes to its end.")
        failing = [tick for tick in self.ticks.values() if tick.errors]
        if not failing:
            return part
        named = ", ".join(f"{one.name.replace(':', ' ')} ({one.error})" for one in failing)
        return replace(
            part,
            level=Level.TROUBLE,
            why=f"A mistake in this software stopped {named}, {failing[0].errors} times in a row.",
            do="Nothing is lost. Please report the line job_failed of the log.",
        )

    def _clock(self, before: datetime | None, now: datetime) -> Part:
        part = Part(name="clock", label="Clock of the machine")
        if before is not None and before - now > _BEHIND:
            return replace(
                part,
                level=Level.WARNING,
                why=f"It stands at {when(now)}, before what was last noted"
                f" ({when(before)}): it was set back.",
                do="See that it is right: timedatectl. Deadlines are counted by it.",
                figures={"jumped_s": (now - before).total_seconds()},
            )
        if self.jumped is None or abs(now - self.jumped[0]) > _CLOCK_TOLD:
            return replace(part, why="It goes evenly.")
        at, by_s = self.jumped
        way = "forward" if by_s > 0 else "back"
        return replace(
            part,
            level=Level.WARNING,
            why=f"It was set {way} by {abs(round(by_s)):,} seconds at {when(at)}.",
            do="See that it is right: timedatectl. Deadlines are counted by it.",
            since_at=at,
            figures={"jumped_s": by_s},
        )

    # Telling

    def _tell_log(self, report: Report) -> None:
        """Say once what is not well, and once that it is well again."""
        for part in report.parts:
            before = self._failed.get(part.name, Level.WELL)
            if part.level is before:
                continue
            if part.level is Level.WELL:
                self.log.info("health_well-again", part=part.name)
            else:
                self.log.warning("health_troubled", part=part.name, why=part.why)
        self._failed = {part.name: part.level for part in report.parts if part.level}

    def _alarm(self, report: Report) -> None:
        try:
            begun, over = self.alarms.follow(report.parts, report.at)
        except (StoreUnavailableError, ConflictError):
            return  # the next look says so
        for name in begun:
            self.log.warning("operators_told", part=name)
        for name in over:
            self.log.info("operators_told", part=name, state="well again")


def _troubled(part: Part, standing: Standing, command: str) -> Part:
    do = (
        f"A person has to act: {command} says more. After a change to a secret:"
        " systemctl restart assurance."
        if standing.denied
        else f"It is tried again by itself. If it lasts, {command} says more."
    )
    return replace(
        part,
        level=Level.TROUBLE,
        why=f"{standing.why}.",
        do=do,
        since_at=standing.since_at,
        at_once=standing.denied,
    )


def _well(standing: Standing) -> str:
    return f"Last well at {when(standing.well_at)}." if standing.well_at else "Not used yet."


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
