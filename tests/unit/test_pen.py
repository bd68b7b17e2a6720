"""Threads that write take their turns."""

from __future__ import annotations

import threading
import time

from daemon.store.pen import Pen


def test_it_goes_to_whoever_has_waited_longest():
    """A thread with much to write does not keep it to itself."""
    pen, order = Pen(), []
    assert pen.take(within_s=1)

    def write(name):
        assert pen.take(within_s=10)
        order.append(name)
        pen.hand_on()

    threads = []
    for name in range(4):
        threads.append(threading.Thread(target=write, args=(name,)))
        threads[-1].start()
        while len(pen._waiting) <= name:
            time.sleep(0.001)
    pen.hand_on()
    for thread in threads:
        thread.join()
    assert order == [0, 1, 2, 3]
    assert pen.take(within_s=0)


def test_a_wait_has_an_end_and_leaves_no_trace():
    """Whoever gave up is not handed it."""
    pen = Pen()
    assert pen.take(within_s=0)
    assert not pen.take(within_s=0.01)
    pen.hand_on()
    assert pen.take(within_s=0)


def test_many_threads_never_hold_it_together():
    """Whatever the timing."""
    pen, inside, most = Pen(), [], []

    def write():
        for _ in range(200):
            if pen.take(within_s=0.002):
                inside.append(1)
                most.append(len(inside))
                inside.pop()
                pen.hand_on()

    threads = [threading.Thread(target=write) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(most) == {1}
    assert pen.take(within_s=0)
