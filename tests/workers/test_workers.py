"""Workers: order of results, errors, interruption."""

from __future__ import annotations

import os
import signal
import threading
import time

import pytest

from optimizer.interruption import StopFlag, interruptible
from optimizer.workers.workers import LocalWorkers


def _stopped(stop: StopFlag, seconds: float) -> bool:
    """Wait, and return whether the work was stopped meanwhile."""
    until = time.perf_counter() + seconds
    while not stop.is_set() and time.perf_counter() < until:
        time.sleep(0.005)
    return stop.is_set()


def _wait(seconds: float, stop: StopFlag) -> float:
    _stopped(stop, seconds)
    return seconds


@pytest.mark.parametrize("count", [1, 2, 4])
def test_results_come_in_the_order_of_the_tasks(count: int) -> None:
    """Tests that the number of workers and the length of the tasks do not change the order."""
    workers, found = LocalWorkers(count), []
    tasks = [0.08, 0.0, 0.04, 0.01]
    workers.map(_wait, tasks, lambda task, result: found.append((task, result)))
    workers.close()
    assert found == [(one, one) for one in tasks]


def test_two_workers_work_at_once() -> None:
    """Tests that two tasks that wait for each other end."""
    barrier = threading.Barrier(2, timeout=20)
    found: list[int] = []
    workers = LocalWorkers(2)
    workers.map(lambda task, stop: barrier.wait(), [0, 1], lambda task, result: found.append(result))
    workers.close()
    assert sorted(found) == [0, 1]


@pytest.mark.parametrize("error", [ValueError, TimeoutError])
def test_an_error_ends_the_others_and_is_raised(error: type[Exception]) -> None:
    """Tests that running work is stopped, and that the workers can go on."""

    def fails(task: int, stop: StopFlag) -> int:
        if task == 0:
            raise error("of the task")
        assert _stopped(stop, 20)
        return task

    workers = LocalWorkers(2)
    with pytest.raises(error, match="of the task"):
        workers.map(fails, [0, 1], lambda task, result: None)
    found: list[float] = []
    workers.map(_wait, [0.0], lambda task, result: found.append(result))
    workers.close()
    assert found == [0.0]


def test_what_the_receiver_raises_ends_the_work() -> None:
    """Tests that no further task is begun once the result is good enough."""
    begun: list[int] = []

    def begin(task: int, stop: StopFlag) -> None:
        begun.append(task)
        _stopped(stop, 0.1 * task)

    def enough(task: int, result: None) -> None:
        raise StopIteration

    workers = LocalWorkers(1)
    with pytest.raises(StopIteration):
        workers.map(begin, [0, 1, 2, 3], enough)
    workers.close()
    assert 3 not in begun


def test_ctrl_c_ends_the_work() -> None:
    """Tests that Ctrl-C raises soon although tasks run for a minute, and that they are stopped."""
    stopped = threading.Event()

    def long(task: int, stop: StopFlag) -> None:
        threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGINT)).start()
        if _stopped(stop, 60):
            stopped.set()

    workers, began = LocalWorkers(1), time.perf_counter()
    with pytest.raises(KeyboardInterrupt), interruptible():
        workers.map(long, [0, 1], lambda task, result: None)
    workers.close()
    assert stopped.is_set()
    assert time.perf_counter() - began < 30
