"""Ctrl-C: what is held comes back, and a second one leaves at once. Progress."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator

import pytest

from optimizer.solver import highs, highs_ground
from optimizer.solver.solution import Held, Options, Stop
from tests.solver.programs import knapsacks

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
    assert (solution.stop, solution.held) == (Stop.INTERRUPTED, Held.FEASIBLE)
    assert solution.values is not None
    assert arrays.worst_violation(solution.values) <= 1e-9
    assert solution.bound < arrays.cost @ solution.values


def test_a_second_ctrl_c_leaves_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests that a second interruption does not wait for a solver that does not heed the first."""
    monkeypatch.setattr(highs_ground.Watch, "ask", lambda watch, event: None)
    pressed: list[threading.Timer] = []

    def press_twice(incumbent: float | None, bound: float | None, nodes: int) -> None:
        if incumbent is not None and not pressed:
            pressed.append(threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)))
            pressed[0].start()
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        highs.solve(knapsacks(), Options(gap=0, threads=1, time_limit=20), press_twice)


def test_an_interruption_within_the_asked_gap_is_a_plan_within_it() -> None:
    """Tests that what is held is judged by its gap, whatever stopped the search."""
    # A gap of 100 % is proven at the first incumbent; HiGHS is asked for none, so that it goes on until Ctrl-C.
    arrays, asked = knapsacks(), Options(gap=1.0, threads=1, time_limit=60)
    model = highs.Model(arrays)
    stopped = model._run(highs_ground.settings_of(arrays, LONG, 60.0), Keyboard(times=1))
    solution = model._solution(asked, stopped, False)
    assert (solution.stop, solution.held) == (Stop.INTERRUPTED, Held.OPTIMAL)


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
