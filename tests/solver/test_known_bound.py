"""A bound that is known already ends a search early; decisions that are kept; what a start leaves open."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import optimizer
from optimizer.instance.edit import parse_edit
from optimizer.program.build import build
from optimizer.program.compile import compile_program
from optimizer.program.fixings import Fixing
from optimizer.solver import highs_run
from optimizer.solver.bound import most_within
from optimizer.solver.highs import Model
from optimizer.solver.interruptible import SearchAbandoned
from optimizer.solver.mip_start import items_of_same_kinds, start_values
from optimizer.solver.reoptimise import ReoptimisationModel
from optimizer.solver.solution import Options, Solution, SolutionStatus, Stop
from tests.program.tiny import month, solved, tiny
from tests.solver.programs import good_knapsacks, knapsacks

# Fifteen wanted; blocks of ten at 3000 a month: two of them cost 6000, one and five penalties of 1000 cost 8000.
LEASE = {"price": 3000, "min_term_months": 1, "max_blocks": 2}


def test_a_known_bound_is_the_bound_and_ends_the_search() -> None:
    """Tests that the optimum is found with any valid bound, and that the better of both bounds is told."""
    program = build(tiny(1, {"jobs": [15]}, contracts=[LEASE]))
    arrays, money = compile_program(program), program.units.money
    for known_bound, bound in ((5990, 6000), (6000, 6000), (-1e6, 6000)):
        found = Model(arrays).solve(Options(gap=0.0, threads=1), known_bound=known_bound / money)
        assert (found.stop, found.status) == (Stop.GAP_REACHED, SolutionStatus.OPTIMAL)
        assert found.bound * money == pytest.approx(bound)
    # Within 40 % of 5000 a plan may cost 5000 / 0.6 = 8333: both plans are near enough, and 5000 is proven at least.
    near = Model(arrays).solve(Options(gap=0.4, threads=1), known_bound=5000 / money)
    assert near.stop is Stop.GAP_REACHED
    assert near.bound * money >= 5000


@pytest.mark.parametrize(("known_bound", "most"), [(95.0, 100.0), (-105.0, -100.0), (0.0, 0.0)])
def test_what_a_plan_may_cost_to_be_within_the_gap_of_a_bound(known_bound: float, most: float) -> None:
    """Tests that a plan of just that cost has the asked gap of 5 % to the bound, by its own cost, and no larger one."""
    # 100 - 95 is 5 % of 100; -100 - (-105) is 5 % of 100; of a cost of 0 only a bound of 0 is within any share.
    assert most_within(known_bound, 0.05) == pytest.approx(most)
    assert most - known_bound == pytest.approx(0.05 * abs(most))


def test_a_plan_within_twice_the_gap_does_not_end_a_search() -> None:
    """Tests that a search that begins with a plan too far above the known bound goes on to one that is near enough."""
    program = build(tiny(1, {"jobs": [15]}, contracts=[LEASE]))
    arrays, money = compile_program(program), program.units.money
    # One block at 3000 and five penalties of 1000 are a plan of 8000, two blocks one of 6000. Within 20 % of 5000 one
    # may cost 6250; within 40 % it may cost 8333.
    one_block = np.where(arrays.integer, np.minimum(arrays.upper, 1.0), 0.0)
    columns = np.flatnonzero(arrays.integer)
    model = Model(arrays)
    model.start(columns, one_block[columns])
    found = model.solve(Options(gap=0.2, threads=1), known_bound=5000 / money)
    assert found.values is not None
    cost = (float(arrays.cost @ found.values) + arrays.offset) * money
    assert cost == pytest.approx(6000)
    assert found.status is SolutionStatus.OPTIMAL
    assert cost - found.bound * money <= 0.2 * cost


def test_a_known_bound_ends_a_search_whose_proof_takes_ages() -> None:
    """Tests that a plan as cheap as a known bound is optimal, although the search itself could not prove it."""
    arrays, good = knapsacks(), good_knapsacks()
    known_bound = float(arrays.cost @ good)
    model = Model(arrays)
    model.start(np.arange(len(good)), good)
    found = model.solve(Options(gap=1e-6, threads=1, time_limit=20), known_bound=known_bound)
    assert (found.stop, found.status) == (Stop.GAP_REACHED, SolutionStatus.OPTIMAL)
    assert found.bound == pytest.approx(known_bound)


def test_a_search_ends_within_an_absolute_gap() -> None:
    """Tests that a start whose proof takes ages is optimal within a hundredth of its cost, as an absolute gap."""
    arrays, good = knapsacks(), good_knapsacks()
    cost = float(arrays.cost @ good)
    model = Model(arrays)
    model.start(np.arange(len(good)), good)
    found = model.solve(Options(gap=1e-9, threads=1, time_limit=20), absolute_gap=0.01 * abs(cost))
    assert found.stop is Stop.GAP_REACHED
    assert found.values is not None
    assert 1e-6 * abs(cost) < float(arrays.cost @ found.values) - found.bound <= 0.01 * abs(cost)


def test_what_is_kept_stays_in_force() -> None:
    """Tests that a lease kept for a month in which nothing needs it costs that month's rent."""
    plan = solved(tiny(3, {"jobs": [10, 0, 0]}, contracts=[LEASE]))
    assert plan.objective == pytest.approx(3000)
    ask = optimizer.WhatIf(plan, gap=0, threads=1)
    kept = ask.ask([], [Fixing("keep", "", "lease", "2030-02", 1.0)], known_bound=plan.bound)
    assert kept.objective == pytest.approx(6000)
    # One of two blocks may stay where the others end.
    two = solved(tiny(2, {"jobs": [20]}, contracts=[LEASE]))
    ended = optimizer.WhatIf(two, gap=0, threads=1).ask([], [Fixing("end", "", "lease", "2030-02", 1.0)])
    assert ended.objective == pytest.approx(3 * 3000 + 10_000)


def test_a_slow_search_is_made_once_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests that with decisions held a search that ran out of time is made from both starts, and the cheaper kept."""
    plan = solved(tiny(2, {"jobs": [10]}, contracts=[LEASE]))
    ask, starts = optimizer.WhatIf(plan, gap=0, threads=1), []
    started, solved_ = ask.live.start, ask.live.solve

    def start(*given: Any, wide: bool = False) -> None:
        starts.append(wide)
        started(*given, wide=wide)

    def slow(*given: Any, **options: Any) -> Solution:
        return replace(solved_(*given, **options), stop=Stop.TIME_LIMIT)

    monkeypatch.setattr(ask.live, "start", start)
    monkeypatch.setattr(ask.live, "solve", slow)
    assert ask(forbid="lease").objective == pytest.approx(20_000)
    assert ask(end="lease@2030-02").objective == pytest.approx(13_000)
    assert ask("contracts.lease.price=4000").objective == pytest.approx(8000)
    assert starts == [True, False, False, True, False]


def test_the_better_of_two_solutions() -> None:
    """Tests that the cheaper values go with the better bound, and that one without values never wins."""
    live = ReoptimisationModel(tiny(1, {"jobs": [15]}, contracts=[LEASE]))
    best = live.solve(Options(gap=0.0, threads=1))
    assert best.values is not None
    # The same with no lease: fifteen penalties.
    dear = live.solve(Options(gap=0.0, threads=1), fixings=[Fixing("forbid", "", "lease")])
    dear = replace(dear, bound=best.bound + 1, stop=Stop.TIME_LIMIT)
    for found in (live.better(best, dear), live.better(dear, best)):
        assert found.values is best.values
        assert (found.bound, found.stop) == (best.bound + 1, Stop.GAP_REACHED)
    nothing = Solution(stop=Stop.TIME_LIMIT, status=SolutionStatus.NOTHING)
    assert live.better(nothing, best) is best
    assert live.better(best, nothing) is best


def test_a_start_leaves_open_what_is_alike() -> None:
    """Tests that with a contract held all contracts are left to the solver, and outlets and purchases are not."""
    other = {**LEASE, "contract": "other"}
    let = {"price": 1, "accelerators_per_block": 1, "term_months": 1}
    plan = solved(tiny(1, {"jobs": [15]}, contracts=[LEASE, other], outlets=[let], purchases=[{"unit_price": 1e6}]))
    program = build(plan.instance)
    arrays = compile_program(program)
    assert items_of_same_kinds(program, ["lease"]) == {"lease", "other"}
    assert items_of_same_kinds(program, ["let"]) == {"let"}
    assert items_of_same_kinds(program, []) == set()
    every, _ = start_values(program, arrays, plan)
    some, _ = start_values(program, arrays, plan, {"lease", "other"})
    left = set(every.tolist()) - set(some.tolist())
    started = program.parts.col["started"]
    assert {column for (name, _), column in started.items() if name in ("lease", "other")} <= left
    assert all(column not in left for (name, _), column in started.items() if name == "let")


@pytest.mark.parametrize(
    ("cutoff", "cost", "bound"),
    [
        (5990.0, None, 5990.0),  # no plan costs less
        (6000.0, None, 6000.0),  # just as much is not less
        (6010.0, 6000.0, 6000.0),
        (np.inf, 6000.0, 6000.0),
    ],
)
def test_what_costs_as_much_as_the_cutoff_is_not_searched_for(cutoff: float, cost: float | None, bound: float) -> None:
    """Tests that a search ends with the cutoff as its bound if no plan costs less, and with the optimum if one does."""
    program = build(tiny(1, {"jobs": [15]}, contracts=[LEASE]))
    arrays, money = compile_program(program), program.units.money
    model = Model(arrays)
    for _ in range(2):  # the second search has nothing of the first one
        found = model.solve(Options(gap=0.0, threads=1), cutoff=cutoff / money)
        assert found.stop is Stop.GAP_REACHED
        assert found.bound * money == pytest.approx(bound)
        assert (found.values is None) is (cost is None)
        if found.values is not None:
            assert float(arrays.cost @ found.values) * money == pytest.approx(cost)
    assert model.solve(Options(gap=0.0, threads=1)).bound * money == pytest.approx(6000)


def test_a_cutoff_agrees_with_the_optimum_of_random_programs() -> None:
    """Tests on knapsacks whose optimum is known that there is a cheaper solution just above it, and none below."""
    for items in (8, 12, 16, 20):
        arrays = knapsacks(items, 3)
        best = Model(arrays).solve(Options(gap=0.0, threads=1)).bound
        above = Model(arrays).solve(Options(gap=0.0, threads=1), cutoff=best + 0.01 * abs(best))
        below = Model(arrays).solve(Options(gap=0.0, threads=1), cutoff=best - 1e-6 * abs(best))
        assert above.values is not None
        assert (above.bound, float(arrays.cost @ above.values)) == pytest.approx((best, best))
        assert (below.values, below.stop) == (None, Stop.GAP_REACHED)


def test_a_what_if_finds_a_cheaper_plan_or_proves_that_there_is_none() -> None:
    """Tests two blocks at 6000 in all: at 2000 each they cost 4000, less than 5000 and not less than 3990."""
    ask = optimizer.WhatIf(solved(tiny(1, {"jobs": [15]}, contracts=[LEASE])), gap=0.0, threads=1)
    cheaper = [parse_edit("contracts.lease.price=2000")]
    plan, bound = ask.find_cheaper(cheaper, [], 5000.0)
    assert plan is not None
    assert (plan.objective, bound) == pytest.approx((4000, 4000))
    assert ask.find_cheaper(cheaper, [], 3990.0) == (None, 3990.0)
    # Without the lease fifteen penalties of 1000 are due.
    assert ask.find_cheaper([], [Fixing("forbid", "", "lease")], 14_000.0) == (None, 14_000.0)
    # Three blocks are not to be had.
    must = [Fixing("force", "", "lease", month(0), 3.0)]
    assert ask.find_cheaper([], must, 99_000.0) == (None, 99_000.0)


@pytest.mark.parametrize("complete", [False, True])
def test_the_bound_of_a_start_that_is_completed_proves_nothing(monkeypatch: pytest.MonkeyPatch, complete: bool) -> None:
    """Tests that of a search that is abandoned, the bound counts only if no part of its start was to be searched for.

    HiGHS reports the bound of the program with the start fixed in the same way as that of the program itself.
    """
    arrays = compile_program(build(tiny(1, {"jobs": [15]}, contracts=[LEASE])))
    model, integers = Model(arrays), np.flatnonzero(arrays.integer)
    columns = integers if complete else integers[:-1]
    model.start(columns, np.zeros(len(columns)))

    def abandoned(*_: Any, **__: Any) -> None:
        model._state.bound = 70.0
        raise SearchAbandoned

    monkeypatch.setattr(highs_run, "run_interruptibly", abandoned)
    found = model.solve(Options(gap=0.0, threads=1), known_bound=10.0)
    assert found.bound == (70.0 if complete else 10.0)
