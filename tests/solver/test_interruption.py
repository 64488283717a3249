"""Ctrl-C: what is held comes back, and a second one leaves at once. Progress."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from optimizer.interruption import interruptible
from optimizer.program.arrays import Floats
from optimizer.solver import highs, highs_options
from optimizer.solver.interruptible import SearchAbandoned, _Waiting, run_uninterruptible
from optimizer.solver.solution import Options, Solution, SolutionStatus, Stop
from tests.command import environment
from tests.solver.programs import INF, knapsacks, program

LONG = Options(gap=0, threads=1, time_limit=60)


@pytest.fixture(autouse=True)
def _leave_nothing_running() -> Iterator[None]:
    """Waits for threads that a test has left behind."""
    before = threading.enumerate()
    yield
    for thread in threading.enumerate():
        if thread not in before:
            thread.join(30)
            assert not thread.is_alive()


class Keyboard:
    """Notes what is told, and presses Ctrl-C a number of times once there is an incumbent."""

    def __init__(self, times: int) -> None:
        self.left = times
        self.told: list[tuple[float | None, float | None, int]] = []

    def __call__(self, incumbent: float | None, bound: float | None, nodes: int) -> None:
        self.told.append((incumbent, bound, nodes))
        if incumbent is not None and self.left:
            self.left -= 1
            signal.raise_signal(signal.SIGINT)


def test_ctrl_c_returns_the_incumbent() -> None:
    """Tests that an interrupted search holds its best plan, with what is proven about it."""
    arrays, keyboard = knapsacks(), Keyboard(times=1)
    solution = highs.solve(arrays, LONG, keyboard)
    assert keyboard.left == 0
    assert (solution.stop, solution.status) == (Stop.INTERRUPTED, SolutionStatus.FEASIBLE)
    assert solution.values is not None
    assert arrays.worst_violation(solution.values) <= 1e-9
    assert solution.bound < arrays.cost @ solution.values


def test_a_search_within_its_time_is_not_stopped() -> None:
    """Tests that it is asked to stop once: after its time, or when the stop is set; not while it has time."""
    asked: list[int] = []
    stop = threading.Event()
    waiting = _Waiting(stop, threading.Event(), None, lambda: asked.append(1), time.perf_counter() + 60)
    assert not waiting.is_over(5.0)
    assert not asked
    stop.set()
    assert not waiting.is_over(5.0)
    assert not waiting.is_over(5.0)
    assert asked == [1]


def test_a_second_ctrl_c_leaves_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests that a second interruption does not wait for a solver that does not heed the first."""
    monkeypatch.setattr(highs_options.CallbackState, "ask", lambda state, event: None)
    pressed: list[threading.Timer] = []

    def press_twice(incumbent: float | None, bound: float | None, nodes: int) -> None:
        if incumbent is not None and not pressed:
            pressed.append(threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)))
            pressed[0].start()
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        highs.solve(knapsacks(), Options(gap=0, threads=1, time_limit=20), press_twice)


class Deaf:
    """Keeps a search in its first better solution for a while, so that it hears neither clock nor Ctrl-C."""

    def __init__(self, press: bool) -> None:
        self.press = press
        self.found: float | None = None
        self.over = threading.Event()

    def __call__(self, objective: float, values: Floats) -> None:
        if self.found is None:
            self.found = objective
            if self.press:
                os.kill(os.getpid(), signal.SIGINT)
            self.over.wait(30)


@pytest.mark.parametrize(("press", "stop"), [(True, Stop.INTERRUPTED), (False, Stop.TIME_LIMIT)])
def test_a_search_that_does_not_listen_leaves_its_plan(press: bool, stop: Stop) -> None:
    """Tests that its best plan comes back in time, and that the model solves again, undisturbed by what still runs."""
    arrays = knapsacks()
    model, deaf = highs.Model(arrays), Deaf(press)
    model.on_incumbent = deaf
    began = time.perf_counter()
    found = model.solve(replace(LONG, time_limit=60 if press else 1))
    assert time.perf_counter() - began < 20
    assert (found.stop, found.status) == (stop, SolutionStatus.FEASIBLE)
    assert found.values is not None
    assert arrays.cost @ found.values == pytest.approx(deaf.found)
    assert found.bound <= arrays.cost @ found.values
    model.on_incumbent = None
    # Of costs above zero the cheapest choice of nothing is nothing.
    model.change(replace(arrays, cost=np.ones_like(arrays.cost)))
    deaf.over.set()
    again = model.solve(LONG)
    assert (again.stop, again.bound) == (Stop.GAP_REACHED, 0)


def test_a_short_search_that_cannot_be_stopped_is_left() -> None:
    """Tests that what goes on past its time is left behind, and that Ctrl-C raises."""
    over = threading.Event()

    def deaf() -> None:
        over.wait(30)

    try:
        with pytest.raises(SearchAbandoned):
            run_uninterruptible(deaf, time.perf_counter() + 0.1)
        timer = threading.Timer(0.2, signal.pthread_kill, (threading.main_thread().ident, signal.SIGINT))
        timer.start()
        with pytest.raises(KeyboardInterrupt):
            run_uninterruptible(deaf)
    finally:
        over.set()
    assert run_uninterruptible(lambda: 5) == 5


SCRIPT = """
import threading, time
from optimizer.solver import interruptible

interruptible._AT_EXIT = 0.3
try:
    interruptible.run_interruptibly(lambda: time.sleep(60), threading.Event(), until=time.perf_counter())
except interruptible.SearchAbandoned:
    print("went on", flush=True)
"""


def test_a_script_ends_although_a_search_does_not() -> None:
    """Tests that the interpreter does not wait for ever for a search that was left behind, and says so."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], env=environment(), capture_output=True, text=True, timeout=40, check=False
    )
    assert (done.returncode, done.stdout) == (1, "went on\n")
    assert done.stderr == "capopt: a search does not stop within 0.3 s; the process ends without it\n"


def test_ctrl_c_between_a_search_and_its_plan_loses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests that a first Ctrl-C while a solution is completed leaves it complete."""
    # 2 x + y >= 3 with x whole at a cost of 3 x + 2 y. HiGHS may have x = 1.0000001, with which y = 0.9999998 is
    # enough; with x = 1 it must be 1.
    arrays = replace(program([3, 2], [[2, 1]], [3], [INF]), integer=np.array([True, False]))
    real, left = highs.solve_with_integers_fixed, [1]

    def pressed(*given: Any) -> Solution:
        if left:
            left.pop()
            signal.raise_signal(signal.SIGINT)
        return real(*given)

    monkeypatch.setattr(highs, "solve_with_integers_fixed", pressed)
    with interruptible():
        values, *_ = highs.with_integers_rounded(np.array([1 + 1e-7, 1 - 2e-7]), arrays, Options(), True, 9.0)
    assert values == pytest.approx([1, 1])
    assert arrays.worst_violation(values) <= 1e-9


def test_an_interruption_within_the_asked_gap_is_a_plan_within_it() -> None:
    """Tests that what is held is judged by its gap, whatever stopped the search."""
    # A gap of 100 % is proven at the first incumbent; HiGHS is asked for none, so that it goes on until Ctrl-C.
    arrays, asked = knapsacks(), Options(gap=1.0, threads=1, time_limit=60)
    model = highs.Model(arrays)
    stopped = model._run(highs_options.settings_of(arrays, LONG, 60.0), Keyboard(times=1))
    solution = model._solution(asked, stopped, False)
    assert (solution.stop, solution.status) == (Stop.INTERRUPTED, SolutionStatus.OPTIMAL)


def test_progress_is_told_in_order() -> None:
    """Tests that the incumbent falls, the bound rises and nodes add up as a search goes on."""
    keyboard = Keyboard(times=0)
    highs.solve(knapsacks(), Options(gap=0, threads=1, time_limit=2), keyboard)
    incumbents = [incumbent for incumbent, _, _ in keyboard.told if incumbent is not None]
    bounds = [bound for _, bound, _ in keyboard.told if bound is not None]
    nodes = [count for _, _, count in keyboard.told]
    assert incumbents == sorted(incumbents, reverse=True)
    assert bounds == sorted(bounds)
    assert nodes == sorted(nodes)
    assert len(incumbents) > 1
    assert max(bounds) <= min(incumbents)
