"""Work that is done now and then, and at once when somebody asks."""

from __future__ import annotations

import threading

from daemon.app.ticks import Tick


def failed(_tick, _error):
    """Take note of nothing."""


def test_what_is_asked_for_during_a_run_is_done_after_it():
    """And a run that goes on sees to it by itself."""
    begun, go_on, runs = threading.Event(), threading.Event(), []

    def work():
        runs.append(1)
        begun.set()
        go_on.wait(5)

    tick = Tick(name="x", work=work, failed=failed)
    assert not tick.ask()
    thread = threading.Thread(target=tick)
    thread.start()
    begun.wait(5)
    assert tick.ask()
    assert not tick.settles_within(0)
    go_on.set()
    assert tick.settles_within(5)
    thread.join()
    assert len(runs) == 2
    assert not tick.ask()


def test_a_run_that_fails_settles_too():
    """Nobody waits for what will not come."""

    def work():
        raise ValueError

    tick = Tick(name="x", work=work, failed=failed)
    tick.ask()
    tick()
    assert tick.settles_within(0)
