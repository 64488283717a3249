"""Parts of the concurrent search, one by one: when it ends, what it reports, when results are delivered."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from optimizer.program.arrays import Floats
from optimizer.solver import concurrent_mip
from optimizer.solver.solution import Options, Solution, SolutionStatus, Stop
from tests.solver.programs import INF, program

# x + y >= 1.5 at a cost of 1 and 2, in integers: 2 of x.
SMALL = program([1, 2], [[1, 1]], [1.5], [INF], upper=9, whole=True)
BEST, WORSE = np.array([2.0, 0.0]), np.array([0.0, 2.0])


def search(gap: float = 0.1, report: Any = None, values: Floats | None = None) -> concurrent_mip._Search:
    """A search that has not begun, with an incumbent of the heuristics."""
    found = concurrent_mip._Search(SMALL, Options(gap=gap, time_limit=60.0, threads=1), report)
    if values is not None:
        found.heuristics.take(values, "start")
    return found


@pytest.mark.parametrize(("asked", "used"), [(3, 3), (None, 4)])
def test_threads_are_those_of_the_machine_unless_given(
    monkeypatch: pytest.MonkeyPatch, asked: int | None, used: int
) -> None:
    """Tests that a search on a machine of four cores uses four threads, or as many as it is given."""
    monkeypatch.setattr("os.cpu_count", lambda: 4)
    assert concurrent_mip._Search(SMALL, Options(threads=asked), None).threads == used


@pytest.mark.parametrize(
    ("silence", "bound", "ended"),
    [
        (-1.0, 1.8, True),  # 2 - 1.8 is a tenth of 2
        (-1.0, 1.79, False),
        (1e9, 2.0, False),  # HiGHS made a callback just now
        (-1.0, None, False),
    ],
)
def test_a_silent_search_ends_within_its_gap(
    monkeypatch: pytest.MonkeyPatch, silence: float, bound: float | None, ended: bool
) -> None:
    """Tests that the heuristics' incumbent ends the search only if HiGHS is silent and the bound is near enough."""
    monkeypatch.setattr(concurrent_mip, "_SILENCE", silence)
    one = search(values=BEST)
    one._look(None, bound, 0)
    assert (one.gap_reached, one.model.stopping) == (ended, ended)
    found = one._result(Solution(stop=Stop.INTERRUPTED, status=SolutionStatus.NOTHING, bound=1.8), False)
    assert found.stop is (Stop.GAP_REACHED if ended else Stop.INTERRUPTED)
    assert found.values is not None
    assert found.values.tolist() == BEST.tolist()


@pytest.mark.parametrize(
    ("incumbent", "own", "heuristic", "known", "bound", "reported"),
    [
        (None, None, None, -INF, None, (None, None, "")),
        (4.0, None, None, -INF, 1.5, (4.0, 1.5, "")),
        (4.0, 3.0, None, -INF, 1.5, (3.0, 1.5, "HiGHS")),
        (4.0, None, BEST, -INF, 1.5, (2.0, 1.5, "start")),
        (4.0, 3.0, BEST, -INF, 1.5, (2.0, 1.5, "start")),
        (None, 3.0, WORSE, -INF, None, (3.0, None, "HiGHS")),
        (None, None, BEST, 1.7, None, (2.0, 1.7, "start")),  # proven before a restart
        (None, None, BEST, 1.7, 1.5, (2.0, 1.7, "start")),
        (None, None, BEST, 1.7, 1.8, (2.0, 1.8, "start")),
    ],
)
def test_the_best_of_all_is_reported(
    incumbent: float | None,
    own: float | None,
    heuristic: Floats | None,
    known: float,
    bound: float | None,
    reported: tuple[float | None, float | None, str],
) -> None:
    """Tests incumbents of HiGHS and of the heuristics with their source, and the bound with one known before."""
    heard: list[tuple[Any, ...]] = []
    one = search(report=lambda *given: heard.append(given), values=heuristic)
    one.known_bound = known
    if own is not None:
        one.best_of_proof = own, WORSE
    one._look(incumbent, bound, 7)
    ((value, proven, nodes, source, values),) = heard
    assert (value, proven, nodes) == (reported[0], reported[1], 7)
    assert (values is None) == (value == incumbent)  # HiGHS has reported its value alone
    if reported[2]:
        assert source == reported[2]


@pytest.mark.parametrize(
    ("objective", "bound", "within"),
    [
        (2.0, 1.8, True),
        (2.0, 1.79, False),
        (-2.0, -2.2, True),
        (-2.0, -2.21, False),
        (0.0, 0.0, True),
        (INF, 1.0, False),
    ],
)
def test_a_gap_is_relative_to_the_objective(objective: float, bound: float, within: bool) -> None:
    """Tests a tenth of costs and gains, a cost of zero, and no incumbent."""
    assert search()._is_within_gap(objective, bound) is within


@pytest.mark.parametrize(
    ("gap", "delivered", "spacing"),
    [
        (0.05, 0, 3),
        (0.05, 9, 3),
        (0.01, 4, 3),
        (0.009, 4, 5),
        (0.009, 5, 5),
        (0.009, 0, 3),
        (1e-4, 0, 8),
        (1e-4, 4, 12),
    ],
)
def test_results_are_delivered_less_often_with_a_fine_gap(gap: float, delivered: int, spacing: int) -> None:
    """Tests the callbacks between deliveries: 3, with a gap below 1 % one more every two results, 8 and more below."""
    one = search(gap)
    one.delivered = delivered
    assert one._spacing() == spacing


def test_the_best_of_both_is_the_result() -> None:
    """Tests that the cheaper of both solutions is returned, and a proof of HiGHS stays its own."""
    feasible = Solution(stop=Stop.TIME_LIMIT, status=SolutionStatus.FEASIBLE, values=WORSE, bound=1.5)
    found = search(values=BEST)._result(feasible, False)
    assert found.values is not None
    assert (found.values.tolist(), found.stop, found.bound) == (BEST.tolist(), Stop.TIME_LIMIT, 1.5)
    proven = replace(feasible, stop=Stop.GAP_REACHED)
    kept = search(values=BEST)._result(proven, False)
    assert kept.values is not None
    assert kept.values.tolist() == WORSE.tolist()
    nothing = Solution(stop=Stop.TIME_LIMIT, status=SolutionStatus.NOTHING)
    assert search()._result(nothing, False) is nothing


def test_a_delivered_solution_within_the_gap_ends_the_search() -> None:
    """Tests that a delivered solution closes the gap with the bound of a callback, and an infeasible one does not."""
    one = search()
    one._offer(np.array([0.5, 0.5]))  # breaks the row
    assert vars(one)["best_delivered"] is None
    one._offer(WORSE)
    one._offer(BEST)
    one._offer(WORSE)
    assert one.best_delivered is not None
    assert one.best_delivered[0] == 2.0
    one.exhausted = True
    one.on_callback(1.7)
    assert vars(one)["closing_bound"] is None
    one.on_callback(1.85)
    assert one.closing_bound == 1.85
    assert one.model.stopping
    found = one._result(Solution(stop=Stop.INTERRUPTED, status=SolutionStatus.NOTHING, bound=1.0), False)
    assert (found.stop, found.bound) == (Stop.GAP_REACHED, 1.85)


def test_infeasible_is_not_believed_where_there_is_a_plan() -> None:
    """Tests that a verdict of HiGHS that a plan contradicts becomes a note, and proves nothing."""
    verdict = Solution(stop=Stop.INFEASIBLE, status=SolutionStatus.NOTHING)
    found = search(values=BEST)._result(verdict, False)
    assert found.stop is Stop.WORK_LIMIT
    assert found.values is not None
    assert any("infeasible although a plan was found" in note for note in found.notes)
    assert search()._result(verdict, False).stop is Stop.INFEASIBLE
