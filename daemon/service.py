"""The process among others: who it is, whether another has ended, and how it is asked to stop."""

from __future__ import annotations

import ctypes
import gc
import os
import secrets
import signal
import socket
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_KEY_LENGTH = 32  # characters, as of the keys in the config
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8  # of mallopt(3)
_KILLED_BY = 128  # a shell's exit status of a signal is this and its number


def holder_name() -> str:
    """Return a name of this process that no other has, on any machine, at any time."""
    pid = os.getpid()
    return f"{_machine()}|{pid}|{_started(pid)}|{secrets.token_hex(4)}"


def is_gone(holder: str) -> bool:
    """Whether a holder was a process of this machine, since the same boot, that has ended.

    Of another machine's processes nothing is known: their leases run out by themselves.
    """
    machine, _, rest = holder.partition("|")
    pid, started, _ = (*rest.split("|"), "", "")[:3]
    if machine != _machine() or not pid.isdigit():
        return False
    return _started(int(pid)) != started


def _machine() -> str:
    try:
        boot = _BOOT_ID.read_text().strip()
    except OSError:
        boot = "unknown"
    # Two containers share a boot but not their processes: their name spaces tell them apart.
    try:
        namespace = str(os.stat("/proc/self/ns/pid").st_ino)  # noqa: PTH116 -- a magic link of the kernel
    except OSError:
        namespace = "0"
    return f"{socket.gethostname()}:{boot[:13]}:{namespace}"


def _started(pid: int) -> str:
    """Return when a process started, in the kernel's ticks; "" where there is none."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return ""
    # The command's name stands in brackets and can hold anything; field 22 counts after it.
    fields = stat.rpartition(")")[2].split()
    return "" if fields[0] in {"Z", "X"} else fields[19]


class Stop:
    """What signals ask: to stop, to read the config anew, to say more in the log.

    SIGTERM or SIGINT stop, and a second one ends the process at once; SIGHUP reloads (at a terminal
    it stops), SIGUSR1 changes between the configured log level and debug.
    """

    def __init__(self) -> None:
        self._event = threading.Event()
        self._reload, self._talk = threading.Event(), threading.Event()
        self.signal = 0

    def install(self, *, on_second: Callable[[int], None] = os._exit) -> None:
        """Listen for signals; call it in the main thread."""

        def handle(number: int, _frame: FrameType | None) -> None:
            if self._event.is_set():
                on_second(_KILLED_BY + number)
            self.signal = number
            self._event.set()

        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, handle)
        # At a terminal SIGHUP says that it is closed; a service is asked to read its config anew.
        if sys.stdin is not None and sys.stdin.isatty():
            signal.signal(signal.SIGHUP, handle)
        else:
            signal.signal(signal.SIGHUP, lambda _number, _frame: self._reload.set())
        signal.signal(signal.SIGUSR1, lambda _number, _frame: self._talk.set())

    def ask_reload(self) -> None:
        """Ask to read the config anew."""
        self._reload.set()

    def takes_reload(self) -> bool:
        """Whether the config is to be read anew; says so once."""
        return _taken(self._reload)

    def takes_talk(self) -> bool:
        """Whether the log is to say more, or less again; says so once."""
        return _taken(self._talk)

    def set(self) -> None:
        """Ask to stop."""
        self._event.set()

    def is_set(self) -> bool:
        """Whether the process is to stop."""
        return self._event.is_set()

    def wait(self, timeout_s: float) -> bool:
        """Wait until asked to stop, at most `timeout_s` seconds; return whether it is so."""
        return self._event.wait(timeout_s)


def _taken(event: threading.Event) -> bool:
    was_set = event.is_set()
    event.clear()
    return was_set


def own_key(path: Path) -> bytes:
    """Return the signing key in a file, made by chance when it is first needed.

    Raises:
        OSError: the file can neither be read nor made.
        ValueError: it holds too little to be a key; the sentence names the file.
    """
    if not path.exists():
        _make_key(path)
    key = path.read_bytes().strip()
    if len(key) < _KEY_LENGTH:
        msg = (
            f"The signing key in {path} has fewer than {_KEY_LENGTH} characters. Put it back from"
            " a back-up; or remove the file for a new one, and no token sent so far counts."
        )
        raise ValueError(msg)
    return key


def _make_key(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    draft.touch(mode=0o600)
    with draft.open("w") as file:
        file.write(secrets.token_hex(32) + "\n")
        file.flush()
        os.fsync(file.fileno())  # letters signed with it must not outlive it in a power cut
    # Linking fails if another process was first: then its key is the one.
    try:
        path.hardlink_to(draft)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def keep_memory_small() -> None:
    """Have the C library give memory back; by itself it keeps a heap for nearly every thread.

    Only glibc can be told; elsewhere nothing happens.
    """
    with suppress(OSError, AttributeError):
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(_M_ARENA_MAX, 2)
        mallopt(_M_MMAP_THRESHOLD, 1 << 20)  # what is larger than this goes back at once
        mallopt(_M_TRIM_THRESHOLD, 16 << 20)


def keep_out_of_collections() -> None:
    """Have the collector leave alone what was made so far: rules, model and templates stay.

    It would walk all of it again and again, and find nothing to collect. What reading the rules and
    the model took besides is given back, where the C library is glibc.
    """
    gc.unfreeze()  # what a daemon before this one left
    gc.collect()
    gc.freeze()
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
