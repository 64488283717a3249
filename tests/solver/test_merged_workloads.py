"""Merged workloads: the optimum, bound and dual values stay, and what is found can be divided again."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import optimizer
from optimizer.generator import random_frames
from optimizer.program.arrays import Arrays, Floats
from optimizer.program.compile import compile_program
from optimizer.solver import engines, highs, scip
from optimizer.solver.failed_search import SearchFailed
from optimizer.solver.merged_workloads import MergedProgram, merge_workloads
from optimizer.solver.solution import Options, SolutionStatus, Stop
from tests.solver.programs import INF, program

OPTIONS = Options(gap=1e-9, threads=1)


def _merge(arrays: Arrays) -> MergedProgram:
    merged = merge_workloads(arrays, least_columns=0, least_share=0.0)
    assert merged is not None
    return merged


def _two_workloads(side: float = 5.0, rate: float = 2.0, upper: Any = INF, low: Any = None) -> Arrays:
    """Demand of 3 and of 5 in pools of 2 and of 9 accelerators, which do 2 and 1 units of work at a cost of 1 and 4.

    Columns are what a and b have in the first pool, in the second, and do not have.
    """
    rows = [
        [2, 0, 1, 0, 1, 0],
        [0, rate, 0, 1, 0, 1],
        [1, 1, 0, 0, 0, 0],
        [0, 0, 1, 1, 0, 0],
    ]
    sides = [3, side, -INF, -INF] if low is None else low
    limits = np.broadcast_to(np.asarray(upper, dtype=float), 6).copy()
    limits[4:] = np.minimum(limits[4:], [3, side])
    made = program([1, 1, 4, 4, 20, 30], rows, sides, [3, side, 2, 9], upper=limits)
    names = [("demand_met", ("a", 0)), ("demand_met", ("b", 0)), ("pool_use", ("p", 0)), ("pool_use", ("q", 0))]
    return replace(made, rows=tuple(names))


def test_allocations_are_divided() -> None:
    """Tests that a workload is served completely before the next one.

    2 accelerators of the first pool do 4 units of work, the second pool 4 more: a gets 3 of the first 4, which are 1.5
    accelerators, and b the remaining 0.5 accelerators and 4 of the second pool.
    """
    arrays = _two_workloads()
    merged = _merge(arrays)
    assert merged.arrays.size == {"columns": 4, "rows": 3, "nonzeros": 6, "integers": 0}
    found = merged.solution(highs.solve(merged.arrays, OPTIONS, duals=True), 1.0)
    assert found.values is not None
    assert found.values == pytest.approx([1.5, 0.5, 0, 4, 0, 0])
    assert found.bound == pytest.approx(2 * 1 + 4 * 4)


def test_dual_values_stay() -> None:
    """Tests the duals: more work takes the second pool at 4, an accelerator of the first pool saves 2 x 4 - 1."""
    merged = _merge(_two_workloads())
    found = merged.solution(highs.solve(merged.arrays, OPTIONS, duals=True), 1.0)
    assert found.row_duals == pytest.approx([4, 4, -7, 0])
    assert found.column_duals == pytest.approx([0, 0, 0, 0, 16, 26])


def test_values_are_merged() -> None:
    """Tests that merged columns have the sums of their values."""
    assert _merge(_two_workloads()).merged_values(np.arange(6.0)).tolist() == [0 + 1, 2 + 3, 4, 5]


@pytest.mark.parametrize(
    "arrays",
    [
        _two_workloads(rate=2.5),  # another yield
        _two_workloads(upper=[1, INF, INF, INF, INF, INF]),  # a limit of its own
        replace(_two_workloads(), integer=np.array([True] + [False] * 5)),
        replace(_two_workloads(), cost=np.array([1, 2, 4, 4, 20, 30.0])),
        replace(_two_workloads(), upper=np.array([INF] * 4 + [3, 6.0])),  # unserved beyond the demand
        replace(_two_workloads(), row_lower=np.array([3, 4, -INF, -INF])),  # demand within a range
        _two_workloads().with_rows([("own_rule", ("r", 0))], ([0], [0], [1.0]), [-INF], [1.0]),
        replace(_two_workloads(), rows=(0, 1, 2, 3)),  # rows that are not work
    ],
)
def test_unlike_workloads_are_not_merged(arrays: Arrays) -> None:
    """Tests that workloads are not merged if one of them has anything of its own in its allocations."""
    assert merge_workloads(arrays, least_columns=0, least_share=0.0) is None


def test_small_savings_are_left() -> None:
    """Tests that a program stays as it is unless a number and a share of the columns are saved: here 2 of 6."""
    arrays = _two_workloads()
    assert merge_workloads(arrays) is None
    assert merge_workloads(arrays, least_columns=3, least_share=0.0) is None
    assert merge_workloads(arrays, least_columns=2, least_share=0.34) is None
    assert merge_workloads(arrays, least_columns=2, least_share=0.33) is not None
    assert merge_workloads(arrays, least_columns=2) is not None
    one_integer = replace(arrays, integer=np.array([False] * 5 + [True]))
    assert merge_workloads(one_integer, least_columns=2) is None
    assert merge_workloads(one_integer, least_columns=2, least_share=0.33) is not None


def test_surplus_goes_to_the_last() -> None:
    """Tests rows with enough work, as in outages: each gets its least, and the last one what is left.

    With 1 accelerator in the first pool and 9 in the second there are 11 units of work; a needs 3, b has the other 8.
    """
    arrays = _two_workloads()
    outage = replace(
        arrays,
        row_upper=np.array([INF, INF, 2, 9.0]),
        rows=(("outage_demand", ("l", "m", "a", 0)), ("outage_demand", ("l", "m", "b", 0)), *arrays.rows[2:]),
    )
    merged = _merge(outage)
    assert merged.original_values(np.array([1, 9, 0, 0.0])) == pytest.approx([1, 0, 1, 8, 0, 0])


def _twins(seed: int) -> Arrays:
    """A random program in which every workload has a twin with a third of its demand and another penalty."""
    frames = random_frames(seed, "small", without=("rules",))
    work, demand = frames["workloads"], frames["demand"]
    twin, twin_demand = work.copy(), demand.copy()
    twin["workload"], twin_demand["workload"] = twin["workload"] + "-b", twin_demand["workload"] + "-b"
    twin["penalty"] *= 0.9
    twin_demand["amount"] /= 3
    frames["workloads"] = _stacked(work, twin)
    frames["demand"] = _stacked(demand, twin_demand)
    return compile_program(optimizer.build(optimizer.read(frames)))


def _stacked(first: Any, second: Any) -> Any:
    """Return two frames, one below the other."""
    import pandas as pd

    return pd.concat([first, second], ignore_index=True)


def _cost(arrays: Arrays, values: Floats | None) -> float:
    assert values is not None
    return float(arrays.cost @ values) + arrays.offset


@pytest.mark.parametrize("seed", [1, 2, 5, 9])
def test_random_relaxations_keep_their_optimum(seed: int) -> None:
    """Tests against the program as it is: the same optimum, feasible allocations, and duals that prove it."""
    arrays = _twins(seed).relaxed()
    merged = _merge(arrays)
    assert merged.arrays.size["columns"] < arrays.size["columns"]
    plain = highs.solve(arrays, OPTIONS)
    found = merged.solution(highs.solve(merged.arrays, OPTIONS, duals=True), 1.0)
    assert found.values is not None
    assert found.row_duals is not None
    assert _cost(arrays, found.values) == pytest.approx(_cost(arrays, plain.values), rel=1e-7)
    assert arrays.worst_violation(found.values) <= 1e-8
    reduced = arrays.cost - np.bincount(
        arrays.term_columns, weights=arrays.values * found.row_duals[arrays.indices], minlength=len(arrays.cost)
    )
    bound = arrays.offset + sum(
        _least(price, low, high)
        for price, low, high in (
            *zip(found.row_duals, arrays.row_lower, arrays.row_upper, strict=True),
            *zip(reduced, arrays.lower, arrays.upper, strict=True),
        )
    )
    assert bound == pytest.approx(_cost(arrays, found.values), rel=1e-6)


def _least(price: float, low: float, high: float) -> float:
    """Return the least that a price times anything between two limits can be, but for noise."""
    if abs(price) < 1e-7:
        return 0.0
    return float(price * (low if price > 0 else high))


@pytest.mark.parametrize("seed", [1, 9])
def test_random_searches_keep_their_optimum(seed: int) -> None:
    """Tests a search of merged workloads against SCIP on the program as it is, within the gap of both."""
    arrays, options = _twins(seed), Options(gap=1e-4, threads=1)
    merged = _merge(arrays)
    found = merged.solution(engines.solve(merged.arrays, options), 1.0)
    other = scip.solve(arrays, options)
    assert found.values is not None
    assert arrays.worst_violation(found.values) <= 1e-6
    assert _cost(arrays, found.values) == pytest.approx(_cost(arrays, other.values), rel=2e-4)
    assert found.bound <= _cost(arrays, other.values) * (1 + 1e-9)


@pytest.fixture
def _always_merged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "merge_workloads", _merge)


@pytest.mark.usefixtures("_always_merged")
def test_engines_merge() -> None:
    """Tests that the engine merges workloads, starts with the sums of a start, and returns columns of the original."""
    arrays = _two_workloads()
    whole = arrays.with_columns(["block"], ([2], [0], [-1.0]), [3.0], [2.0])
    whole = replace(whole, integer=np.array([False] * 6 + [True]))
    # Two blocks of one accelerator each, at 3, save 2 x (2 x 4 - 1): all 8 units of work are done in the first pool.
    found = engines.solve(whole, OPTIONS, start=np.array([1.5, 0.5, 0, 4, 0, 0, 0.0]))
    assert found.status is SolutionStatus.OPTIMAL
    assert found.values == pytest.approx([1.5, 2.5, 0, 0, 0, 0, 2])


@pytest.mark.usefixtures("_always_merged")
def test_conflicts_are_of_the_original() -> None:
    """Tests that a conflict has rows of the original: of 14 units of work, 13 can be done."""
    arrays = _two_workloads(side=11.0)
    tight = replace(arrays, upper=np.array([INF] * 4 + [0, 0.0]))
    found = engines.solve(tight, OPTIONS)
    assert found.stop is Stop.INFEASIBLE
    assert set(found.conflict) == {0, 1, 2, 3}


@pytest.mark.usefixtures("_always_merged")
def test_failed_searches_keep_the_original_incumbent(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests that the incumbent of a failed search has the columns of the original."""

    def fail(*_: object, **__: object) -> None:
        raise SearchFailed(np.array([2, 4, 0, 0.0]), ValueError("broken"))

    monkeypatch.setattr(engines, "_solve", fail)
    with pytest.raises(SearchFailed) as caught:
        engines.solve(_two_workloads(), OPTIONS)
    assert caught.value.values == pytest.approx([1.5, 0.5, 0, 4, 0, 0])
