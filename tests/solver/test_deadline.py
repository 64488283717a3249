"""One clock for a search and all that follows it, on a clock that the tests move."""

from __future__ import annotations

import threading
import time
from typing import Any

import numpy as np
import pytest

from optimizer.solver import concurrent_mip, highs, iis, minimal_service
from optimizer.solver.large_neighbourhood_search import LargeNeighbourhoodSearch
from optimizer.solver.minimal_service import MinimalService
from optimizer.solver.solution import Deadline, Options, Solution, SolutionStatus, Stop
from tests.solver.programs import INF, program

NOTHING = Solution(stop=Stop.TIME_LIMIT, status=SolutionStatus.NOTHING)
CLASH: dict[str, Any] = {"cost": [1], "rows": [[1], [1]], "low": [5, -INF], "high": [INF, 4]}  # x >= 5 and x <= 4


class Hands:
    """A clock that only the tests move."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Hands:
    hands = Hands()
    monkeypatch.setattr(time, "perf_counter", hands)
    return hands


@pytest.mark.parametrize(
    ("limit", "until", "finish", "latest"),
    [
        # A grace is 4 % of the limit, at least 0.2 s: of 100 s 4 s, of 5 s 0.2 s; there are two of them.
        (100.0, 200.0, 204.0, 208.0),
        (5.0, 105.0, 105.2, 105.4),
        (0.0, 100.0, 100.2, 100.4),
    ],
)
def test_a_deadline_is_within_a_tenth(clock: Hands, limit: float, until: float, finish: float, latest: float) -> None:
    """Tests when a search, what follows it, and all waiting end."""
    found = Deadline.after(limit)
    assert (found.until, found.finish, found.latest) == pytest.approx((until, finish, latest))
    clock.now = until - 0.1
    assert (found.left(), found.to_finish()) == pytest.approx((0.1, finish - until + 0.1))
    clock.now = latest
    assert (found.left(), found.to_finish()) == (0.0, 0.0)


@pytest.mark.parametrize("engine", [highs, concurrent_mip])
@pytest.mark.parametrize(
    ("verdict", "limits", "rest"),
    [
        # Of 5 s and a grace of 0.2 s: presolve's verdict after 4 s leaves 1.2 s to confirm it; if this takes 0.5 s,
        # 0.7 s are left for the conflict. After 4.9 s there are 0.3 s, then nothing.
        (4.0, [5.0, 1.2], 0.7),
        (4.9, [5.0, 0.3], 0.0),
    ],
)
def test_a_verdict_is_confirmed_in_what_is_left(
    clock: Hands, monkeypatch: pytest.MonkeyPatch, engine: Any, verdict: float, limits: list[float], rest: float
) -> None:
    """Tests the time limits of the search, of its confirmation, and of the search for the conflict."""
    given: list[float] = []
    real = highs.Model._run

    def run(self: highs.Model, settings: dict[str, Any], *more: Any, **named: Any) -> bool:
        given.append(settings["time_limit"])
        stopped = real(self, settings | {"time_limit": INF}, *more, **named)
        clock.now += verdict if len(given) == 1 else 0.5
        return stopped

    def conflict(solution: Solution, _: Any, left: float) -> Solution:
        seconds.append(left)
        return solution

    seconds: list[float] = []
    monkeypatch.setattr(highs.Model, "_run", run)
    monkeypatch.setattr(iis, "with_iis", conflict)
    monkeypatch.setattr(LargeNeighbourhoodSearch, "step", lambda _: False)
    found = engine.solve(program(**CLASH, whole=True), Options(time_limit=5.0, threads=1))
    assert found.stop is Stop.INFEASIBLE
    assert given == pytest.approx(limits)
    assert seconds == pytest.approx([rest])


def test_no_conflict_is_sought_without_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests that nothing is begun for a conflict when the time is over."""
    monkeypatch.setattr(iis, "find_iis", lambda *_: pytest.fail("it was"))
    assert iis.with_iis(NOTHING, program(**CLASH), 0.0) is NOTHING


@pytest.mark.parametrize(
    ("limit", "begins"),
    # The last twelfth (8 %) of 100 s, the last five seconds of 60 s, four fifths of 5 s.
    [(100.0, 92.0), (60.0, 55.0), (5.0, 1.0)],
)
def test_minimal_service_begins_late_in_a_search(
    clock: Hands, monkeypatch: pytest.MonkeyPatch, limit: float, begins: float
) -> None:
    """Tests that it begins in the last part of the time limit, once, and only while there is no incumbent."""
    begun: list[float] = []
    monkeypatch.setattr(MinimalService, "solve", lambda _: begun.append(clock.now))
    reports: list[tuple[Any, ...]] = []
    with MinimalService(program(**CLASH), Options(time_limit=limit)) as fallback:
        report = fallback.watching(lambda *given: reports.append(given))
        for passed, incumbent in ((begins - 0.1, None), (begins + 0.1, 7.0), (begins + 0.2, None), (limit, None)):
            clock.now = 100.0 + passed
            report(incumbent, None, 0, "dive")
        assert fallback.solution(NOTHING) is NOTHING
    assert begun == pytest.approx([100.0 + begins + 0.2])
    assert [incumbent for incumbent, *_ in reports] == [None, 7.0, None, None]


def test_minimal_service_is_not_waited_for_too_long(clock: Hands, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests that a solution that is not there at the end of the deadline is left, and its thread with it."""
    release, left = threading.Event(), list[threading.Thread]()
    monkeypatch.setattr(MinimalService, "solve", lambda _: release.wait(60))
    monkeypatch.setattr(minimal_service, "abandon", left.append)
    with MinimalService(program(**CLASH), Options(time_limit=5.0)) as fallback:
        clock.now += 5.5
        assert fallback.solution(NOTHING) is NOTHING
    assert [thread.is_alive() for thread in left] == [True]
    release.set()
    left[0].join()


def test_minimal_service_that_fails_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests that an error in its thread is raised where its solution is needed."""

    def broken(_: MinimalService) -> None:
        raise KeyError("colossus")

    monkeypatch.setattr(MinimalService, "solve", broken)
    with MinimalService(program(**CLASH), Options(time_limit=5.0)) as fallback, pytest.raises(KeyError):
        fallback.solution(NOTHING)


def test_minimal_service_is_of_no_use_to_other_results(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests that it is not begun for a solution, nor for a verdict."""
    monkeypatch.setattr(MinimalService, "solve", lambda _: pytest.fail("it was"))
    some = Solution(Stop.TIME_LIMIT, SolutionStatus.FEASIBLE, np.ones(1))
    never = Solution(Stop.INFEASIBLE, SolutionStatus.NOTHING)
    with MinimalService(program(**CLASH), Options(time_limit=5.0)) as fallback:
        assert fallback.solution(some) is some
        assert fallback.solution(never) is never
