"""Large neighbourhood search: which columns each neighbourhood fixes, by hand, and how the next one is chosen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from optimizer.errors import SolverError
from optimizer.program.arrays import Arrays
from optimizer.solver import large_neighbourhood_search as lns
from optimizer.solver.diving import Dive
from optimizer.solver.highs import Model
from optimizer.solver.large_neighbourhood_search import (
    LargeNeighbourhoodSearch,
    _draw_items,
    _draw_time_window,
    places,
)
from optimizer.solver.solution import Options, Solution, SolutionStatus, Stop
from tests.solver.programs import INF, program

EXACT = Options(gap=0.0, threads=1)


def of_items(
    items: int, months: int, *, integer: Sequence[bool] | None = None, cost: Sequence[float] | None = None
) -> Arrays:
    """A program without rows, of a column for each item and month, item by item."""
    count = items * months
    arrays = program(cost or np.ones(count), np.zeros((0, count)), [], [], upper=9, whole=True)
    arrays.integer[:] = True if integer is None else integer
    return replace(arrays, columns=tuple(("ordered", (f"item {i}", t)) for i in range(items) for t in range(months)))


# ---------------------------------------------------------------------- neighbourhoods
Results = Callable[[str, int], dict[str, Any]]  # of a search, by its kind and its number
WORSE, BETTER = {"stop": Stop.WORK_LIMIT}, {"better": True}


class Neighbourhoods(LargeNeighbourhoodSearch):
    """The choice of neighbourhoods alone: what would be solved is listed, and the results are given."""

    def __init__(self, arrays: Arrays, results: Results = lambda kind, number: {}) -> None:
        super().__init__(arrays, EXACT)
        self.results, self.searched = results, list[tuple[str, list[int], int]]()

    def _search(self, fixed: Any, at: Any, source: str, limits: dict[str, Any]) -> tuple[Solution, bool]:
        assert at is self.values
        given: dict[str, Any] = {"stop": Stop.GAP_REACHED, "nodes": 6, "iterations": 0, "better": False}
        given |= self.results(source, len(self.searched))
        free = np.flatnonzero(self.arrays.integer & ~fixed).tolist()
        self.searched.append((source, free, limits["mip_max_nodes"]))
        if given["better"]:
            self.objective -= 1.0
        found = Solution(given["stop"], SolutionStatus.FEASIBLE, nodes=given["nodes"], iterations=given["iterations"])
        return found, given["better"]

    def run(self, relaxation: Any, values: Any, prices: Any, steps: int) -> list[tuple[str, list[int], int]]:
        """Run some steps and return the searches: their kind, the columns that are free, and their limit on nodes."""
        self.values, self.objective = np.array(values, dtype=float), 100.0
        going = self._neighbourhoods(np.array(relaxation, dtype=float), np.array(prices, dtype=float))
        for _ in range(steps):
            next(going, None)
        return self.searched


def test_kinds_alternate_and_rins_follows_two_rounds_with_an_improvement() -> None:
    """Tests the order of neighbourhoods, and that RINS frees what differs from the relaxation or is fractional."""
    search = Neighbourhoods(of_items(4, 5), lambda _, number: BETTER if number == 6 else WORSE)
    relaxation = [1.0] * 19 + [0.5]
    values = [1.0] * 17 + [2.0, 1.0, 1.0]
    found = search.run(relaxation, values, np.arange(20), 18)
    a_round = ["items", "months", "items", "prices"]
    # After two rounds, of which one improved the incumbent; after two more, without improvement, it is left out.
    assert [kind for kind, *_ in found] == [*a_round, *a_round, "relaxation", *a_round, *a_round, "items"]
    assert found[8] == ("relaxation", [17, 19], 100)
    assert {nodes for *_, nodes in found} == {100}


def test_the_first_neighbourhoods_are_half_of_a_small_program() -> None:
    """Tests that half of the columns, and three times as many as are fractional by reduced cost, are free at first."""
    # 20 integer columns, one of them fractional in the relaxation: three are free by reduced cost, that one, another
    # unlike the relaxation, and the cheapest of the others, although these two are cheaper still.
    relaxation = np.ones(20)
    relaxation[19] = 0.5
    values = np.ones(20)
    values[18] = 2.0
    search = Neighbourhoods(of_items(4, 5))
    found = search.run(relaxation, values, [5, 4, 3, 1, *[9] * 14, 0, 0], 4)
    assert [len(free) for _, free, _ in found[:2]] == [10, 8]  # two items; two of five months (0.5 x 5 is 2)
    assert found[3] == ("prices", [3, 18, 19], 100)


def test_reduced_costs_of_continuous_columns_do_not_count() -> None:
    """Tests that only integer columns are free by reduced cost, the first of equal ones, and no more than there are."""
    integer = [True, False] * 5
    relaxation = [0.5, 0.5, 1, 1, 1, 1, 1, 1, 1, 1]
    # One of five integer columns is fractional: three of five are free, the fractional one first.
    search = Neighbourhoods(of_items(2, 5, integer=integer))
    found = search.run(relaxation, np.ones(10), [9, 0, 7, 0, 5, 0, 5, 0, 5, 0], 4)
    assert found[3] == ("prices", [0, 4, 6], 100)


def test_all_integers_are_free_by_reduced_cost_where_many_are_fractional() -> None:
    """Tests that three times two of five is no more than all five."""
    search = Neighbourhoods(of_items(1, 5))
    assert search.run([0.5, 0.5, 1, 1, 1], np.ones(5), [9, 9, 1, 2, 3], 4)[3] == ("prices", [0, 1, 2, 3, 4], 100)


@pytest.mark.parametrize(
    ("result", "sizes"),
    [
        ({"nodes": 5}, [20, 34, 58, 98, 100]),  # solved with few nodes: 1.7 times as large, and at most all
        ({"nodes": 6}, [20, 25, 31, 39, 49]),  # 20 x 1.25, 31.25, 39.06, 48.83
        ({"nodes": 5, "better": True}, [20, 25, 31, 39, 49]),
        ({"nodes": 5, "stop": Stop.WORK_LIMIT}, [20, 14, 10, 7, 5]),  # 20 x 0.7, 9.8, 6.86, 4.8
        ({"nodes": 5, "iterations": 14_999}, [20, 34, 58, 98, 100]),
        ({"nodes": 5, "iterations": 15_000}, [20, 14, 10, 7, 5]),  # many iterations are as bad as a limit
    ],
)
def test_the_size_of_a_neighbourhood_follows_from_its_last_result(result: dict[str, Any], sizes: list[int]) -> None:
    """Tests windows of months of a hundred, a fifth of them at first, by what the searches before them returned."""
    # 250 of 1250 integer columns are a fifth. The results of other kinds do not matter.
    names = tuple(("ordered", (str(column), column % 100)) for column in range(1250))
    arrays = replace(of_items(1, 1250), columns=names)
    search = Neighbourhoods(arrays, lambda kind, _: result if kind == "months" else WORSE)
    searched = search.run(np.ones(1250), np.ones(1250), np.ones(1250), 20 + 2 * result.get("better", False))
    windows = [sorted({column % 100 for column in free}) for kind, free, _ in searched if kind == "months"]
    assert [len(window) for window in windows] == sizes
    assert all(window == list(range(window[0], window[-1] + 1)) for window in windows)  # consecutive


@pytest.mark.parametrize(
    ("results", "searches"),
    [
        ({}, 4),
        ({1: BETTER}, 4),  # two without improvement follow in the round
        ({2: BETTER}, 9),  # one does; RINS follows the second round, as there was an improvement
        ({2: WORSE}, 8),
        ({3: BETTER}, 9),
        ({2: BETTER, 6: WORSE}, 13),
    ],
)
def test_the_search_ends_after_two_complete_searches_without_improvement(
    results: dict[int, dict[str, Any]], searches: int
) -> None:
    """Tests that it ends at the end of a round whose last two searches had all integers free, and were complete."""
    # Two items and two months at least are free, and all is unlike the relaxation: nothing is ever fixed.
    search = Neighbourhoods(of_items(2, 2), lambda _, number: results.get(number, {}))
    found = search.run(np.full(4, 0.5), np.ones(4), np.ones(4), 40)
    assert [free for kind, free, _ in found if kind != "relaxation"] == [[0, 1, 2, 3]] * (searches // 4 * 4)
    assert len(found) == searches


def test_a_small_neighbourhood_does_not_count_as_complete() -> None:
    """Tests that the search goes on while the neighbourhood by reduced cost has not all integers."""
    search = Neighbourhoods(of_items(2, 2))
    assert len(search.run([0.5, 1, 1, 1], np.ones(4), [9, 1, 1, 1], 6)) == 6


def test_a_stopped_search_ends_with_its_round() -> None:
    """Tests that no further round begins after a request to stop."""
    search = Neighbourhoods(of_items(4, 5), lambda *_: WORSE)
    search.stop()
    assert search.run(np.ones(20), np.ones(20), np.ones(20), 9) == []


# ---------------------------------------------------------------------- what is drawn
def test_a_window_is_a_share_of_the_months_two_at_least() -> None:
    """Tests number and place of the months that are drawn, which need not be consecutive numbers."""
    months, random = np.array([2, 3, 5, 8, 9, 12, 13, 14, 20, 21]), np.random.default_rng(1)
    for share, count in ((0.01, 2), (0.2, 2), (0.34, 3), (0.36, 4), (0.96, 10), (1.0, 10)):
        every = {tuple(_draw_time_window(months, share, random).tolist()) for _ in range(200)}
        assert every == {tuple(months[first : first + count].tolist()) for first in range(11 - count)}
    assert _draw_time_window(np.array([7]), 0.5, random).tolist() == [7]


def test_items_are_drawn_until_they_have_their_share_of_columns() -> None:
    """Tests that two items at least are drawn, and as many as have more than a share of all columns."""
    random = np.random.default_rng(1)
    item = np.array([3] * 10 + [5] * 10 + [7] * 10 + [9] * 10)
    for share, count in ((0.0, 2), (0.25, 2), (0.26, 2), (0.5, 2), (0.51, 3), (0.74, 3), (0.76, 4), (0.99, 4)):
        assert {len(_draw_items(item, np.zeros(40), share, random)) for _ in range(20)} == {count}
    drawn = np.concatenate([_draw_items(item, np.zeros(40), 0.3, random) for _ in range(400)])
    assert sorted(set(drawn.tolist())) == [3, 5, 7, 9]
    assert all(150 < times < 250 for times in np.bincount(drawn)[[3, 5, 7, 9]])  # 200 each, where none is unlike


def test_an_item_is_as_unlike_as_its_columns_together_each_up_to_one() -> None:
    """Tests how often the first of two items is drawn: by its share of what is unlike, and an eighth for each."""
    # Unlike by 3 columns of 1 (of 5, which counts as 1) against one of 1: weights 3/4 + 1/16 and 1/4 + 1/16 of four
    # items, the others 1/16 each. The first is drawn first in 0.8125 / 1.25 = 65 % of draws.
    item = np.repeat([0, 1, 2, 3], 4)
    unlike = np.array([5.0, 5.0, 5.0, 0, 1.0, 0, 0, 0, *[0] * 8])
    random = np.random.default_rng(1)
    first = [int(_draw_items(item, unlike, 0.0, random)[0]) for _ in range(4000)]
    assert np.bincount(first, minlength=4) / 4000 == pytest.approx([0.65, 0.25, 0.05, 0.05], abs=0.025)


def test_places_of_columns_without_a_month_and_of_continuous_ones() -> None:
    """Tests items by first appearance, the month at the end of the key, 0 without one, and -1 of continuous columns."""
    names = [("started", ("run", "hall", 3)), ("signed", ("lease", 2)), ("taken", "deal"), ("used", ("hall", 1))]
    arrays = program(np.ones(5), np.zeros((0, 5)), [], [], whole=True)
    arrays.integer[3] = False
    item, month = places(replace(arrays, columns=(*names, ("signed", ("lease", 5)))))
    assert item.tolist() == [0, 1, 2, -1, 1]
    assert month.tolist() == [3, 2, 0, -1, 5]


# ---------------------------------------------------------------------- steps
def test_fixing_what_agrees_with_the_relaxation() -> None:
    """Tests RENS and RINS: integral columns within 1e-6, of those a solution has the same, never continuous ones."""
    search = LargeNeighbourhoodSearch(of_items(1, 5, integer=[True, True, True, True, False]), EXACT)
    relaxation = np.array([1.0, 2 + 5e-7, 3 - 2e-6, 0.5, 4.0])
    assert search._agreeing_with_relaxation(relaxation, None).tolist() == [True, True, False, False, False]
    values = np.array([1 + 2e-6, 2.0, 3.0, 0.5, 4.0])
    assert search._agreeing_with_relaxation(relaxation, values).tolist() == [False, True, False, False, False]


def test_a_failed_dive_is_repaired_around_the_items_in_which_it_is_stuck() -> None:
    """Tests the columns to fix: decided ones of other items; what the relaxation has as positive integers; nothing."""
    # Items of two months each. The dive decided 0, 1, 2 and 5, and is stuck in column 3, of the second item.
    search = LargeNeighbourhoodSearch(of_items(4, 2, integer=[True] * 7 + [False]), EXACT)
    lower = np.array([1.0, 0, 2, 0, 0, 3, 0, 4])
    upper = np.array([1.0, 0, 2, 9, 9, 3, 9, 4])
    relaxation = np.array([1.0, 0, 1.5, 0.5, 2, 2.5, 0, 4])
    fixed = search._dive_repairs(Dive(relaxation, None, lower, upper, np.array([3])))
    assert [np.flatnonzero(one).tolist() for one in fixed] == [[0, 1, 5], [0, 4], []]


def test_a_search_fixes_columns_within_their_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests the bounds of a sub-MIP, rounded values clipped to them, its options, and from which solution it starts."""
    seen: list[Any] = []

    def part(model: Model, options: Options, settings: dict[str, Any], *, duals: bool = False) -> Solution:
        seen.append((model.arrays.lower.tolist(), model.arrays.upper.tolist(), settings, model._start))
        return Solution(Stop.GAP_REACHED, SolutionStatus.NOTHING)

    monkeypatch.setattr(Model, "part", part)
    search = LargeNeighbourhoodSearch(of_items(1, 4), EXACT)
    search.arrays.lower[:] = [0, 1, 0, 0]
    fixed = np.array([True, True, True, False])
    limits = {"mip_max_nodes": 7, "mip_heuristic_effort": 0.5}
    assert search._search(fixed, np.array([1.9, 0.2, 11.0, 3.0]), "items", limits)[1] is False
    assert seen[0] == ([2, 1, 11, 0], [2, 0, 9, 9], lns.SUB_MIP_OPTIONS | limits, None)
    search.values = np.array([2.0, 1.0, 5.0, 7.0])
    search._search(fixed, np.array([2.0, 1.0, 5.0, 3.0]), "items", limits)
    assert seen[1][0] == [2, 1, 5, 0]
    assert [part.tolist() for part in seen[1][3]] == [[0, 1, 2, 3], [2, 1, 5, 7]]
    search._search(fixed, np.array([2.0, 2.0, 5.0, 7.0]), "items", limits)  # what is fixed differs: no start
    assert seen[2][3] is None


def test_a_solution_is_kept_if_it_is_better_than_rounding() -> None:
    """Tests incumbent, cost, source and what is reported, with a cost of 100 and an offset."""
    reported: list[list[float]] = []
    arrays = replace(of_items(1, 1, cost=[2.0]), offset=90.0)
    search = LargeNeighbourhoodSearch(arrays, Options(gap=0.0), lambda values: reported.append(values.tolist()))
    search._steps = iter([True, True, False])
    for value, kept in ((5.0, True), (5.0, False), (5 - 4e-8, False), (5 - 6e-8, True), (4.0, True), (4.5, False)):
        assert search._keep(np.array([value]), f"at {value}") is kept
    assert (search.objective, search.source, search.seen) == (98.0, "at 4.0", (98.0, "at 4.0"))
    assert search.values is not None
    assert search.seen_values is search.values
    assert search.step()
    assert search.step()
    assert reported == [[4.0]]  # once
    search.take(np.array([3.0]), "given")
    assert (search.objective, search.source) == (96.0, "given")
    assert not search.step()
    assert reported == [[4.0]]  # what comes from outside is not reported


@pytest.mark.parametrize(("gap", "within"), [(0.001, False), (0.002, True), (0.01, True)])
def test_large_improvements_are_reported_within_a_step(gap: float, within: bool) -> None:
    """Tests that with a gap above 0.1 %, those of at least half the gap are, and each only if it costs less."""
    reported: list[float] = []
    search = LargeNeighbourhoodSearch(of_items(1, 1), Options(gap=gap), lambda values: reported.append(values[0]))
    search._kind = "items"
    half = gap / 2
    costs = [1000.0, 1000.0 * (1 - 0.9 * half), 1000.0 * (1 - 1.1 * half), 2000.0]
    for cost in costs:
        search._on_incumbent(cost, np.array([cost]))
    assert reported == ([costs[0], costs[2]] if within else [])
    assert search.seen == (costs[2], "items")
    assert search.seen_values is not None
    assert search.seen_values[0] == costs[2]


def test_a_neighbourhood_has_half_the_gap_and_at_most_half_a_tenth_of_a_percent() -> None:
    """Tests the options of sub-MIPs: one thread, the seed, and their gap."""
    for gap, half in ((0.0, 0.0), (0.0004, 0.0002), (0.05, 0.0005)):
        options = LargeNeighbourhoodSearch(of_items(1, 1), Options(gap=gap, threads=4, seed=3)).options
        assert (options.gap, options.threads, options.seed) == (half, 1, 3)


def test_a_step_in_which_highs_fails_and_a_stopped_one_find_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests the results of both, and that a stopped search does not run HiGHS."""
    model: Any = SimpleNamespace(arrays=None, interrupted=0)
    model.interrupt = lambda: setattr(model, "interrupted", model.interrupted + 1)

    def fails(options: Options, settings: dict[str, Any], *, duals: bool) -> Solution:
        search.stop()
        raise SolverError("trouble")

    model.part = fails
    search = LargeNeighbourhoodSearch(of_items(1, 1), EXACT)
    found = search._run(model, {})
    assert (found.stop, found.status, found.values) == (Stop.WORK_LIMIT, SolutionStatus.NOTHING, None)
    assert model.interrupted == 1
    found = search._run(model, {})
    assert (found.stop, found.status, found.values) == (Stop.INTERRUPTED, SolutionStatus.NOTHING, None)
    search.stop()
    assert model.interrupted == 1  # nothing runs any more


ROUND_UP = program([2, 3], [[2, 2], [1, 0]], [5, -INF], [INF, 9], upper=9, whole=True)


@pytest.mark.parametrize(("dive_from", "source"), [(99, "relaxation"), (3, "relaxation"), (2, "dive")])
def test_the_first_step_is_a_dive_in_large_programs(dive_from: int, source: str) -> None:
    """Tests that a program with more non-zeros than a limit begins with a dive, others with RENS; both find 3 at 6."""
    # 2 x + 2 y >= 5 at 2 x + 3 y: the relaxation has x = 2.5, which is rounded up to 3; RENS has y = 0 fixed.
    search = LargeNeighbourhoodSearch(ROUND_UP, EXACT, dive_from=dive_from)
    assert search.step()
    assert search.objective == pytest.approx(6)
    assert search.source == source
    assert search.values is not None
    assert search.values.tolist() == [3, 0]


def test_an_infeasible_relaxation_ends_the_search_at_once() -> None:
    """Tests that there is no step where the relaxation has no solution."""
    clash = program([1], [[1], [1]], [3, -INF], [INF, 2], whole=True)
    search = LargeNeighbourhoodSearch(clash, EXACT)
    assert not search.step()
    assert search.values is None
