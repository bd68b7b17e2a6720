"""The process among others: its name, whether another has ended, and how it is asked to stop."""

from __future__ import annotations

import io
import os
import signal
import stat
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from daemon.service import Stop, holder_name, is_gone, own_key

SAYS_ITS_NAME = (
    "import sys; from daemon.service import holder_name;"
    "print(holder_name(), flush=True); sys.stdin.read()"
)


@pytest.fixture
def another():
    """Another process that is alive, and its name."""
    process = subprocess.Popen(
        [sys.executable, "-c", SAYS_ITS_NAME],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    with process:
        yield process, process.stdout.readline().strip()
        if process.poll() is None:
            process.kill()


def test_no_two_names_are_the_same():
    """Not even of one process that starts twice over."""
    assert len({holder_name() for _ in range(50)}) == 50
    assert all(len(name) <= 200 for name in [holder_name()])  # as the lease's column has it


def test_a_process_that_lives_is_not_gone(another):
    """Neither another nor our own."""
    assert is_gone(another[1]) is False
    assert is_gone(holder_name()) is False


def test_a_process_that_has_ended_is_gone(another):
    """Also as long as nobody has taken note of its end."""
    process, name = another
    process.kill()
    until = time.monotonic() + 10
    while not is_gone(name) and time.monotonic() < until:
        time.sleep(0.01)
    assert is_gone(name) is True  # a zombie: nobody has waited for it
    process.wait(10)
    assert is_gone(name) is True


def test_a_process_number_that_was_given_again_is_another_process():
    """The time it started tells."""
    machine, pid, _, token = holder_name().split("|")
    assert is_gone(f"{machine}|{pid}|1|{token}") is True


@pytest.mark.parametrize(
    "name", ["", "|", "elsewhere|1|2|3", "no separators", "a|b|c|d", "machine|notanumber|1|2"]
)
def test_of_other_machines_nothing_is_known(name):
    """Their leases run out by themselves."""
    assert is_gone(name) is False


def test_a_name_of_this_machine_without_a_number_is_not_gone():
    """What cannot be read is left alone."""
    machine = holder_name().partition("|")[0]
    assert is_gone(f"{machine}|x|y|z") is False
    assert is_gone(machine) is False


# Stopping


@pytest.fixture
def signals():
    """Signal handlers as they were, afterwards."""
    used = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1)
    kept = {number: signal.getsignal(number) for number in used}
    yield
    for number, handler in kept.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_asks_to_stop_and_a_second_ends_at_once(signals, number):
    """With the exit status a shell gives such a death."""
    del signals
    stop, ended = Stop(), []
    stop.install(on_second=ended.append)
    assert stop.is_set() is False
    os.kill(os.getpid(), number)
    assert stop.wait(5) is True
    assert (stop.is_set(), stop.signal, ended) == (True, number, [])
    os.kill(os.getpid(), signal.SIGTERM)
    assert ended == [128 + signal.SIGTERM]


def test_a_service_reads_its_config_anew_and_a_closed_terminal_ends(signals, monkeypatch):
    """SIGHUP means the one or the other; SIGUSR1 asks the log to say more. Each is heard once."""
    del signals
    monkeypatch.setattr("sys.stdin", io.StringIO())
    stop = Stop()
    stop.install()
    os.kill(os.getpid(), signal.SIGHUP)
    os.kill(os.getpid(), signal.SIGUSR1)
    assert (stop.takes_reload(), stop.takes_reload()) == (True, False)
    assert (stop.takes_talk(), stop.takes_talk()) == (True, False)
    assert stop.is_set() is False
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    stop.install()
    os.kill(os.getpid(), signal.SIGHUP)
    assert stop.wait(5) is True


def test_waiting_ends_when_somebody_asks():
    """Or after the time that was given."""
    stop = Stop()
    assert stop.wait(0.01) is False
    threading.Timer(0.05, stop.set).start()
    assert stop.wait(5) is True
    assert stop.signal == 0


# The key of its own


def test_a_key_is_made_once_and_stays(tmp_path):
    """Long, for its owner's eyes alone, in a folder made for it; no draft is left."""
    path = tmp_path / "keys" / "signing-a"
    key = own_key(path)
    assert own_key(path) == key
    assert len(key) >= 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [one.name for one in path.parent.iterdir()] == ["signing-a"]


def test_two_keys_are_never_the_same(tmp_path):
    """They are made by chance."""
    assert own_key(tmp_path / "a") != own_key(tmp_path / "b")


def test_of_many_who_make_it_at_once_all_get_the_same(tmp_path):
    """Whoever was first made the key."""
    path = tmp_path / "signing-a"
    with ThreadPoolExecutor(8) as pool:
        keys = list(pool.map(lambda _: own_key(path), range(24)))
    assert len(set(keys)) == 1
    assert [one.name for one in tmp_path.iterdir()] == ["signing-a"]


def test_a_key_that_somebody_put_there_is_used_as_it_is(tmp_path):
    """Without the line end of their editor."""
    (tmp_path / "k").write_text("a key of their own, and a long one\n")
    assert own_key(tmp_path / "k") == b"a key of their own, and a long one"


@pytest.mark.parametrize("content", [b"", b"\n", b"short\n", b"x" * 31 + b"  \n", b"\xff\xfe"])
def test_a_key_that_could_be_guessed_is_refused(tmp_path, content):
    """A file that a full disk or a power cut left empty is none; the sentence names it."""
    (tmp_path / "k").write_bytes(content)
    with pytest.raises(ValueError, match=r"/k has fewer than 32 characters.*back-up") as caught:
        own_key(tmp_path / "k")
    assert "short" not in str(caught.value)
    assert (tmp_path / "k").read_bytes() == content


def test_a_new_key_is_on_the_disk_before_it_is_used(tmp_path, monkeypatch):
    """What was signed with it must verify after a power cut: first its words, then its name."""
    synced, real = [], os.fsync

    def fsync(descriptor):
        name = str(Path(f"/proc/self/fd/{descriptor}").readlink())
        synced.append((name, os.fstat(descriptor).st_size))
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    own_key(tmp_path / "signing-a")
    (draft, size), (folder, _) = synced
    assert draft.startswith(f"{tmp_path}/.signing-a.")
    assert size == 65
    assert folder == str(tmp_path)


def test_a_key_that_cannot_be_made_is_an_os_error(tmp_path):
    """The caller says whose folder it is."""
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="file"):
        own_key(tmp_path / "file" / "key")
