"""Talking to systemd: what the service does, and that it lives. Elsewhere nothing happens."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from cysystemd.daemon import Notification, notify

if TYPE_CHECKING:
    from collections.abc import Mapping

_MOST = 200  # characters of a status line: `systemctl status` cuts longer ones


class Manager:
    """The service manager that started us, if one did."""

    def __init__(self, env: Mapping[str, str] = os.environ) -> None:
        """Look whether somebody listens, and how often they want to hear from us."""
        self._listens = bool(env.get("NOTIFY_SOCKET"))
        self.watchdog_s = _watchdog_s(env)
        self._said = ""

    def ready(self) -> None:
        """Say that the service works, at start or after a reload."""
        self._notify(Notification.READY)

    def reloading(self) -> None:
        """Say that the config is being read anew; `ready` ends it."""
        self._notify(Notification.RELOADING)

    def stopping(self) -> None:
        """Say that the service comes to its end."""
        self._notify(Notification.STOPPING)

    def alive(self) -> None:
        """Feed the watchdog."""
        self._notify(Notification.WATCHDOG)

    def status(self, words: str) -> None:
        """Show one line in `systemctl status`; said again only when it changes."""
        line = " ".join(words.split())[:_MOST]
        if line and line != self._said:
            self._said = line
            self._notify(Notification.STATUS, line)

    def _notify(self, what: Notification, value: str = "") -> None:
        if self._listens:
            notify(what, value)


def _watchdog_s(env: Mapping[str, str]) -> float:
    """Return after how many seconds of silence we are taken for dead (sd_watchdog_enabled(3)).

    0: never, or the watchdog is meant for another process.
    """
    micros, pid = env.get("WATCHDOG_USEC", ""), env.get("WATCHDOG_PID", "")
    if not micros.isdigit() or (pid and pid != str(os.getpid())):
        return 0.0
    return int(micros) / 1_000_000


def under_systemd(env: Mapping[str, str], stream_fileno: int) -> bool:
    """Whether what is written to this stream goes to the journal (systemd.exec(5))."""
    device, _, inode = env.get("JOURNAL_STREAM", "").partition(":")
    try:
        found = os.fstat(stream_fileno)
    except OSError:
        return False
    return (device, inode) == (str(found.st_dev), str(found.st_ino))
