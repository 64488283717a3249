"""The search for plans with whole numbers: dive, neighbourhoods, and the proof beside them."""

from __future__ import annotations

import itertools
import time
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, ClassVar

import numpy as np
import pytest

from optimizer.errors import SolverError
from optimizer.generator import random_instance
from optimizer.program.arrays import Arrays
from optimizer.program.build import Program, build
from optimizer.program.compile import compile_program
from optimizer.solver import concurrent_mip, highs, interruptible
from optimizer.solver.highs import Model
from optimizer.solver.large_neighbourhood_search import LargeNeighbourhoodSearch, _draw_items, places
from optimizer.solver.solution import Options, Solution, SolutionStatus, Stop
from tests.solver.programs import INF, program

EXACT = Options(gap=0.0, threads=1)


PROGRAMS: list[Program] = []  # arrays know their columns' names only as long as the program lives


def compiled(seed: int, size: str = "tiny") -> Arrays:
    """A random instance as arrays."""
    PROGRAMS.append(build(random_instance(seed, size)))
    return compile_program(PROGRAMS[-1])


def check(arrays: Arrays, values: np.ndarray) -> float:
    """Cost of a solution that has whole numbers and keeps every row and bound."""
    whole = values[arrays.integer]
    assert np.array_equal(whole, np.round(whole))
    assert arrays.worst_violation(values) <= 1e-6
    return float(arrays.cost @ values) + arrays.offset


@pytest.mark.parametrize("seed", [3])
def test_steps_find_better_plans_and_the_same_ones_again(seed: int) -> None:
    """Tests that each step leaves a plan no worse than before, that all hold, and that a seed repeats them."""
    arrays = compiled(seed, "S")
    told: list[list[float]] = []
    for _ in range(2):
        improver, costs = LargeNeighbourhoodSearch(arrays, Options(gap=1e-4, threads=1)), []
        for _ in range(8):
            improver.step()
            assert improver.values is not None
            costs.append(check(arrays, improver.values))
        assert costs == sorted(costs, reverse=True)
        assert costs[-1] < costs[0]
        told.append(costs)
    assert told[0] == told[1]


@pytest.mark.parametrize("seed", range(6))
def test_the_optimum_is_that_of_highs_alone(seed: int) -> None:
    """Tests that with and without the improver beside it, in one thread and in two, the same optimum is proven."""
    arrays = compiled(seed)
    alone = highs.solve(arrays, EXACT)
    for threads in (1, 2):
        found = concurrent_mip.solve(arrays, replace(EXACT, threads=threads))
        assert found.stop is alone.stop
        if alone.values is None:
            assert found.stop is Stop.INFEASIBLE
            assert found.conflict or found.conflict_columns
            continue
        assert found.values is not None
        assert found.status is SolutionStatus.OPTIMAL
        assert check(arrays, found.values) == pytest.approx(check(arrays, alone.values), rel=1e-6, abs=1e-6)


@pytest.mark.parametrize(("gap", "soon"), [(0.002, True), (0.001, False)])
def test_better_plans_are_told_while_a_step_runs(gap: float, soon: bool) -> None:
    """Tests that plans better by half a coarse gap are told at once, others at a step's end, each holding, once."""
    arrays, told, counts = compiled(0, "S"), [], []

    def better(values: np.ndarray) -> None:
        rounded = np.where(arrays.integer, np.round(values), values)
        assert np.abs(rounded - values).max() <= 1e-6
        assert arrays.worst_violation(values) <= 1e-6
        told.append(float(arrays.cost @ values) + arrays.offset)

    improver = LargeNeighbourhoodSearch(arrays, Options(gap=gap, threads=1), better)
    for _ in range(3):
        before = len(told)
        improver.step()
        counts.append(len(told) - before)
        for earlier, later in itertools.pairwise(told[max(before - 1, 0) : -1]):
            assert later < earlier * (1 - gap / 2)  # all but the last of a step
        assert told[-1] == pytest.approx(improver.objective, rel=1e-9)
    assert told == sorted(set(told), reverse=True)
    assert (max(counts) > 1) == soon


def test_a_coarse_gap_does_not_coarsen_neighbourhoods() -> None:
    """Tests that steps find the same plans whether 5 % or 0.1 % is asked: 2.5 % a step would leave 5 % unproven."""
    arrays = compiled(3, "S")
    coarse, fine = (LargeNeighbourhoodSearch(arrays, Options(gap=gap, threads=1)) for gap in (0.05, 0.001))
    for _ in range(6):
        coarse.step()
        fine.step()
        assert coarse.objective == fine.objective


def test_two_threads_find_the_same_plan_again() -> None:
    """Tests that what runs beside the proof comes in at fixed moments of it, so that a gap ends it the same way."""
    arrays = compiled(4, "S")
    first, again = (concurrent_mip.solve(arrays, Options(gap=0.001, threads=2)) for _ in range(2))
    assert first.values is not None
    assert again.values is not None
    assert first.stop is again.stop is Stop.GAP_REACHED
    assert np.array_equal(first.values, again.values)
    assert first.bound == again.bound


def test_the_source_of_the_best_plan_is_told() -> None:
    """Tests that progress names who found the plan."""
    sources: set[str] = set()

    def report(incumbent: float | None, bound: float | None, nodes: int, source: str = "", *more: object) -> None:
        if incumbent is not None:
            sources.add(source)

    concurrent_mip.solve(compiled(0, "S"), Options(gap=0.005, threads=2), report)
    assert sources
    assert sources <= {"HiGHS", "dive", "repair", "relaxation", "prices", "items", "months"}


@pytest.mark.parametrize(("seed", "gap"), [(7, 0.001), (6, 0.005), (0, 0.02)])
def test_one_thread_and_two_go_the_same_way(seed: int, gap: float) -> None:
    """Tests that steps done ahead, in a thread of their own, change nothing of what is found and proven."""
    arrays = compiled(seed, "S")
    one, two = (concurrent_mip.solve(arrays, Options(gap=gap, threads=threads)) for threads in (1, 2))
    assert one.values is not None
    assert two.values is not None
    assert np.array_equal(one.values, two.values)
    assert (one.bound, one.nodes) == (two.bound, two.nodes)


class Deaf(Model):
    """Drops every solution that it is given, as HiGHS does where its presolve leaves out what the solution needs."""

    made: ClassVar[list[dict[str, Any]]] = []

    def __init__(self, arrays: Arrays, *, settings: dict[str, Any]) -> None:
        self.made.append(settings)
        super().__init__(arrays, settings=settings)

    def _take_offer(self, event: Any) -> None:
        nothing = SimpleNamespace(setSolution=lambda values: None)
        super()._take_offer(SimpleNamespace(data_out=event.data_out, data_in=nothing))


def test_plans_that_highs_drops_are_not_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests that the proof begins anew, once, with another presolve, and that a plan within the gap ends the search.

    All the same with one thread and with two, and what was proven before is told on.
    """
    monkeypatch.setattr(concurrent_mip, "Model", Deaf)
    monkeypatch.setattr(concurrent_mip._Search, "_found", lambda self, objective, values: None)
    arrays, found = compiled(3, "S"), []
    for threads in (1, 2):
        Deaf.made.clear()
        bounds: list[float] = []

        def report(_: float | None, bound: float | None, *more: object, told: list[float] = bounds) -> None:
            told += [] if bound is None else [bound]

        found.append(concurrent_mip.solve(arrays, Options(gap=0.01, threads=threads), report))
        assert [settings.get("presolve_rule_off", 0) for settings in Deaf.made] == [0, 1 << 12]
        assert bounds == sorted(bounds)
    one, two = found
    assert one.values is not None
    assert two.values is not None
    assert one.stop is two.stop is Stop.GAP_REACHED
    assert one.status is two.status is SolutionStatus.OPTIMAL
    assert np.array_equal(one.values, two.values)
    assert one.bound == two.bound
    cost = check(arrays, one.values)
    assert 0 < cost - one.bound <= 0.01 * cost
    assert one.bound <= check(arrays, _by_highs(arrays)) * (1 + 1e-9)


def test_a_start_that_breaks_a_rule_is_left_alone() -> None:
    """Tests that doing nothing, which serves no demand, is neither taken for a plan nor for the end of the search."""
    arrays = compiled(0, "S")
    nothing = np.clip(0.0, arrays.lower, arrays.upper)
    assert arrays.worst_violation(nothing) > 1e-3
    found = concurrent_mip.solve(arrays, Options(gap=0.03, threads=1), start=nothing)
    assert found.stop is Stop.GAP_REACHED
    assert found.values is not None
    cost = check(arrays, found.values)
    assert float(arrays.cost @ nothing) + arrays.offset < found.bound
    assert 0 <= cost - found.bound <= 0.03 * cost
    again = concurrent_mip.solve(arrays, Options(gap=0.03, threads=1), start=found.values)
    assert again.values is not None
    assert check(arrays, again.values) <= cost + 1e-6


def _by_highs(arrays: Arrays) -> np.ndarray:
    """A plan of HiGHS alone."""
    values = highs.solve(arrays, Options(gap=0.05, threads=1)).values
    assert values is not None
    return values


def test_without_a_plan_of_the_improver_highs_goes_on_with_its_own_heuristics(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests that the search starts again without restraints where the improver is through and nothing was found."""
    monkeypatch.setattr(LargeNeighbourhoodSearch, "_run_steps", lambda self: iter(()))
    monkeypatch.setattr(concurrent_mip._Search, "_found", lambda self, objective, values: None)
    made: list[dict[str, Any] | None] = []

    class Counted(Model):
        def __init__(self, arrays: Arrays, *, settings: dict[str, Any] | None = None) -> None:
            made.append(settings)
            super().__init__(arrays, settings=settings)

    monkeypatch.setattr(concurrent_mip, "Model", Counted)
    arrays = compiled(3, "S")
    found = concurrent_mip.solve(arrays, Options(gap=0.03, threads=1))
    assert len(made) == 2
    assert made[0]
    assert made[1] is None
    assert found.stop is Stop.GAP_REACHED
    assert found.values is not None
    check(arrays, found.values)


def test_a_plan_outweighs_an_infeasible_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests that a plan that was found is kept, with nothing proven, if HiGHS then claims that there is none."""

    def denies(self: Model, options: Options, look: Any, **more: object) -> Solution:
        while look.__self__.heuristics.values is None:
            time.sleep(0.05)
        return Solution(stop=Stop.INFEASIBLE, status=SolutionStatus.NOTHING)

    monkeypatch.setattr(Model, "solve", denies)
    arrays = compiled(0, "S")
    found = concurrent_mip.solve(arrays, Options(threads=2))
    assert found.values is not None
    check(arrays, found.values)
    assert found.status is SolutionStatus.FEASIBLE
    assert found.bound == -np.inf
    assert "although a plan was found" in found.notes[0]


def test_a_proof_that_does_not_stop_leaves_the_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests that a part of HiGHS that heeds no time limit costs neither the plan nor more than a moment."""
    arrays = compiled(0, "S")

    def stuck(self: concurrent_mip._Search, bound: float) -> None:
        self.last_callback = time.perf_counter()
        while not self.over:
            time.sleep(0.05)
        time.sleep(1.0)

    monkeypatch.setattr(concurrent_mip._Search, "on_callback", stuck)
    monkeypatch.setattr(interruptible, "LATE", 0.2)
    found: Solution = concurrent_mip.solve(arrays, Options(gap=0.0, threads=2, time_limit=8.0))
    assert found.stop is Stop.TIME_LIMIT
    assert found.status is SolutionStatus.FEASIBLE
    assert found.values is not None
    check(arrays, found.values)


def test_only_what_is_a_plan_counts_as_delivered() -> None:
    """Tests that the best delivered solution is one that keeps all rows and bounds, and the cheapest of those."""
    # x + 2 y >= 2 at a cost of x + 3 y: x = 2 costs 2, y = 1 costs 3; x = 1 would cost 1 and breaks the row.
    arrays = program([1, 3], [[1, 2]], [2], [INF], upper=5, whole=True)
    run = concurrent_mip._Search(arrays, Options(), None)
    broken, best, dear = np.array([1.0, 0.0]), np.array([2.0, 0.0]), np.array([0.0, 1.0])
    given = []
    for values in (broken, dear, broken, best, dear, np.array([-1.0, 1.0])):
        run._offer(values)
        given.append(None if run.best_delivered is None else run.best_delivered[0])
    assert given == [None, 3, 3, 2, 2, 2]


def test_a_plan_seen_in_a_step_that_is_interrupted_is_kept() -> None:
    """Tests that an incumbent which progress has reported is returned when the step that found it is cut off."""
    # x + 2 y >= 2 at a cost of x + 3 y: y = 1 costs 3.
    arrays = program([1, 3], [[1, 2]], [2], [INF], upper=5, whole=True)
    run = concurrent_mip._Search(arrays, Options(), None)
    run.heuristics._on_incumbent(3.0, np.array([0.0, 1.0]))
    found = run._result(Solution(stop=Stop.INTERRUPTED, status=SolutionStatus.NOTHING), False)
    assert found.values is not None
    assert found.values.tolist() == [0.0, 1.0]
    assert (found.stop, found.status) == (Stop.INTERRUPTED, SolutionStatus.FEASIBLE)


def test_an_interruption_before_the_run_is_heeded() -> None:
    """Tests that a search that was asked to stop before it began does not begin."""
    model = Model(compiled(0, "S"))
    model.interrupt()
    assert model.solve(EXACT).stop is Stop.INTERRUPTED


def test_places_are_items_and_months() -> None:
    """Tests that all decisions on one item share a number, and that months are those of the plan."""
    arrays = compiled(0, "S")
    item, month = places(arrays)
    assert ((item >= 0) == arrays.integer).all()
    numbers: dict[str, set[int]] = {}
    for column in np.flatnonzero(arrays.integer):
        name = arrays.columns[column][1][0]
        numbers.setdefault(name, set()).add(int(item[column]))
    assert all(len(of) == 1 for of in numbers.values())
    assert len({min(of) for of in numbers.values()}) == len(numbers)
    assert month[arrays.integer].min() >= 0
    assert month[arrays.integer].max() < 24


def test_items_unlike_the_relaxation_are_the_likelier() -> None:
    """Tests that a neighbourhood has its share of the columns and prefers items that the relaxation sees otherwise."""
    item = np.repeat(np.arange(20), 5)
    unlike = np.where(item == 7, 1.0, 0.0)
    random = np.random.default_rng(0)
    drawn = [_draw_items(item, unlike, 0.2, random) for _ in range(200)]
    assert {len(of) for of in drawn} == {4}  # which have 20 of 100 columns
    times = np.bincount(np.concatenate(drawn), minlength=20)
    assert times[7] == max(times)
    assert times[7] > 190
    assert times.min() > 15  # the others share what is left: three of nineteen, about 32 times each


def test_trouble_in_a_step_leaves_the_proof_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests that a step in which HiGHS fails is a step that finds nothing: the optimum is proven without it."""
    arrays = compiled(1)

    def fails(self: Model, options: Options, settings: dict[str, object], **more: object) -> Solution:
        raise SolverError("HiGHS ended with status 'Unknown'")

    monkeypatch.setattr(Model, "part", fails)
    for threads in (1, 2):
        found = concurrent_mip.solve(arrays, replace(EXACT, threads=threads))
        assert found.stop is Stop.GAP_REACHED
        assert found.values is not None


@pytest.mark.parametrize("threads", [1, 2])
def test_a_fault_of_the_improver_is_raised(monkeypatch: pytest.MonkeyPatch, threads: int) -> None:
    """Tests that a fault in the improver's thread ends the search and is heard."""

    def faulty(self: LargeNeighbourhoodSearch) -> bool:
        raise ZeroDivisionError("a fault")

    monkeypatch.setattr(LargeNeighbourhoodSearch, "step", faulty)
    monkeypatch.setattr(concurrent_mip, "_FIRST_CALLBACK", 1)
    with pytest.raises(ZeroDivisionError, match="a fault"):
        concurrent_mip.solve(compiled(0, "S"), Options(gap=0.0, threads=threads, time_limit=30))
