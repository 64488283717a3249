"""Conflicts are irreducible: by brute force over what can be given up, and marked as not proven where time ran out."""

from __future__ import annotations

import time
from dataclasses import replace
from itertools import combinations
from typing import Any

import numpy as np
import pytest

from optimizer.instance.instance import Instance
from optimizer.program.arrays import Arrays
from optimizer.program.build import build
from optimizer.program.compile import compile_program
from optimizer.solver import cell_conflicts, conflict_parts
from optimizer.solver.cell_conflicts import ConflictRefiner
from optimizer.solver.claims import Claims
from optimizer.solver.conflict_parts import FeasibilityCache, reduced, rows_of
from optimizer.solver.elastic import ElasticProgram, make_elastic
from optimizer.solver.feasibility import has_solution
from optimizer.solver.hitting_sets import find_conflicts, find_one
from tests.program.tiny import tiny
from tests.solver.programs import INF, program

# x + y <= 4 and x + y >= 5 clash; y <= 9 and x >= 0 do not matter.
CLASH = program([1, 1], [[1, 1], [1, 1], [0, 1], [1, 0]], [-INF, 5, -INF, 0], [4, INF, 9, INF])


def loose(instance: Instance) -> ElasticProgram:
    """An instance with what can be given up."""
    made = build(instance)
    return make_elastic(made, compile_program(made))


@pytest.mark.parametrize("seed", range(20))
def test_quickxplain_leaves_a_minimal_set(seed: int) -> None:
    """Tests random families of clashing sets: what is left clashes, and without any one of its parts it does not."""
    chance = np.random.default_rng(seed)
    clashing = [set(chance.choice(12, size=chance.integers(1, 5), replace=False).tolist()) for _ in range(4)]

    def clash(parts: list[int]) -> bool:
        return any(one <= set(parts) for one in clashing)

    found = reduced(list(range(12)), clash)
    assert clash(found)
    assert not any(clash([part for part in found if part != left_out]) for left_out in found)


def test_what_clashes_with_nothing_kept_needs_no_part() -> None:
    """Tests that where the ground clashes by itself no part is called needed."""
    assert reduced([1, 2, 3], lambda _: True) == []


def test_answers_are_remembered_for_more_and_for_less() -> None:
    """Tests that what holds does with fewer rows, what clashes does with more, and without time nothing is known."""
    verdicts = FeasibilityCache(CLASH, {4, 5}, time.perf_counter() + 9)
    assert verdicts.is_feasible({0, 2, 3}) is True
    assert verdicts.is_feasible({0, 1}) is False
    verdicts.until = time.perf_counter() - 1
    assert verdicts.is_feasible({0, 2}) is True
    assert verdicts.is_feasible({0, 1, 3}) is False
    assert verdicts.is_feasible({1, 2}) is None


def test_what_is_unknown_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests that a check of cells that ran out of time is repeated, and that a verdict is not."""
    refiner = ConflictRefiner(loose(tiny(1, {"jobs": [20]}, **THREE)), time.perf_counter() + 60)
    verdicts = iter([None, True])
    monkeypatch.setattr(cell_conflicts, "has_solution", lambda *_: next(verdicts))
    assert [refiner.is_feasible(refiner.every) for _ in range(3)] == [None, True, True]


# Ten are there and 6000 agreed: 20 must be served, a run of 99 on ten has two months, and a budget of 5000.
THREE: dict[str, Any] = {
    "fleet": [{"count": 10}],
    "contracts": [{"price": 3000, "committed_blocks": 1, "earliest": -1, "term_months": 3, "region": "there"}],
    "workloads": [{"workload": "jobs", "min_service": 1, "regions": "here"}],
    "training_runs": [{"work": 99, "sizes": "10", "required": True, "regions": "here"}],
    "budgets": [{"amount": 5000}],
}


def test_every_conflict_is_minimal_and_every_hitting_set_is_enough() -> None:
    """Tests by brute force which cells clash with all others given up, and which are enough to give up."""
    loosened = loose(tiny(2, {"jobs": [20]}, **THREE))
    cells = sorted({one.cell for one in loosened.relaxations})

    def clash(kept: frozenset[Any]) -> bool:
        return has_solution(loosened.keeping(kept), 9.0) is False

    sets = [frozenset(some) for size in range(len(cells) + 1) for some in combinations(cells, size)]
    clashing = [one for one in sets if clash(one)]
    minimal = [one for one in clashing if not any(other < one for other in clashing)]
    found = find_conflicts(loosened, (), 60.0)
    assert all(one.conflict.irreducible for one in found.found)
    assert {one.cells for one in found.found} <= set(minimal)
    every = frozenset(cells)
    enough = [one for one in sets if not clash(every - one)]
    assert set(found.sufficient) == {one for one in enough if not any(other < one for other in enough)}


def test_without_time_no_conflict_is_called_irreducible() -> None:
    """Tests that a conflict whose proofs had no time is either not there or not called irreducible, nor complete."""
    loosened = loose(tiny(2, {"jobs": [20]}, **THREE))
    assert find_one(loosened, 0.0) is None
    assert not find_conflicts(loosened, (), 0.0).complete


TOO_FEW: dict[str, Any] = {"fleet": [{"count": 10}], "workloads": [{"workload": "jobs", "min_service": 1}]}
ALONE: dict[str, Any] = {
    "contracts": [{"price": 1, "committed_blocks": 1, "earliest": -1, "term_months": 3}],
    "workloads": [{"workload": "jobs", "critical": 1}],
    "policies": [{"rule": "survive", "subject": "provider", "limit": 0.8}],
}


@pytest.mark.parametrize("tables", [TOO_FEW, ALONE], ids=["with a limit", "without a limit"])
def test_a_part_that_was_not_tried_in_time_leaves_the_conflict_unproven(
    monkeypatch: pytest.MonkeyPatch, tables: dict[str, Any]
) -> None:
    """Tests that a conflict is not called irreducible where nothing is proven possible without its single parts."""
    loosened = loose(tiny(1, {"jobs": [20]}, **tables))
    one = find_one(loosened, 60.0)
    assert one is not None
    assert one.irreducible
    monkeypatch.setattr(conflict_parts, "has_solution", lambda *args: has_solution(*args) and None)
    doubtful = find_one(loosened, 60.0)
    assert doubtful is not None
    assert not doubtful.irreducible


def test_a_limit_that_was_not_tried_in_time_leaves_the_conflict_unproven(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests the same where the requirements were tried, but not the limits: those queries keep few bounds."""
    loosened = loose(tiny(1, {"jobs": [20]}, **TOO_FEW))
    most = int(np.isfinite(loosened.arrays.upper).sum())

    def some(arrays: Arrays, seconds: float) -> bool | None:
        found = has_solution(arrays, seconds)
        return None if found and int(np.isfinite(arrays.upper).sum()) < most - 1 else found

    monkeypatch.setattr(conflict_parts, "has_solution", some)
    one = find_one(loosened, 60.0)
    assert one is not None
    assert not one.irreducible


def test_a_conflict_that_is_not_proven_irreducible_leaves_the_search_incomplete(monkeypatch: Any) -> None:
    """Tests that where one conflict may name more than it needs, not all conflicts count as found."""
    whole = ConflictRefiner.conflict

    def doubtful(self: ConflictRefiner, cells: Any) -> Any:
        found = whole(self, cells)
        return None if found is None else replace(found, conflict=replace(found.conflict, irreducible=False))

    loosened = loose(tiny(1, {"jobs": [20]}, fleet=[{"count": 10}], workloads=[{"workload": "jobs", "min_service": 1}]))
    assert find_conflicts(loosened, (), 60.0).complete
    monkeypatch.setattr(ConflictRefiner, "conflict", doubtful)
    assert not find_conflicts(loosened, (), 60.0).complete


def test_a_month_counts_only_where_the_same_things_clash_and_all_are_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests months in which the same parts clash (the third), do not (the first), or one of them is not needed."""
    # Ten are there; 5, 20 and 20 wanted.
    instance = tiny(3, {"jobs": [5, 20, 20]}, fleet=[{"count": 10}], workloads=[{"workload": "jobs", "min_service": 1}])
    loosened = loose(instance)
    one = find_one(loosened, 60.0)
    assert one is not None
    column = {name: number for number, name in enumerate(loosened.plain.columns)}
    unserved = [column["unserved", ("jobs", t)] for t in range(3)]
    used = [column["used", ("hall/gpu", t)] for t in range(3)]
    assert set(one.conflict.columns) == {unserved[1], used[1]}
    claims = Claims(loosened, one, time.perf_counter() + 60)
    assert claims.standing(
        {
            0: (([], [unserved[0]]), ([], [used[0]])),
            2: (([], [unserved[2]]), ([], [used[2]])),
            # The second month's limit clashes with its own service, not with what is wanted in the third.
            3: (([], [unserved[1], unserved[2]]), ([], [used[2]])),
        }
    ) == {2: True}
    late = Claims(loosened, one, time.perf_counter() - 1)
    assert late.standing({2: (([], [unserved[2]]), ([], [used[2]]))}) == {}
    monkeypatch.setattr(conflict_parts, "has_solution", lambda *args: has_solution(*args) and None)
    doubtful = Claims(loosened, one, time.perf_counter() + 60)
    assert doubtful.standing({2: (([], [unserved[2]]), ([], [used[2]]))}) == {2: False}


def test_months_of_an_unproven_conflict_are_proven_by_themselves(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests that what a conflict does not prove of its inputs is not taken as proven for its other months."""
    loosened = loose(tiny(2, {"jobs": [20]}, **TOO_FEW))
    one = find_one(loosened, 60.0)
    assert one is not None
    column = {name: number for number, name in enumerate(loosened.plain.columns)}
    month: dict[int, Any] = {1: (([], [column["unserved", ("jobs", 1)]]), ([], [column["used", ("hall/gpu", 1)]]))}
    most = int(np.isfinite(loosened.arrays.upper).sum())

    def some(arrays: Arrays, seconds: float) -> bool | None:
        found = has_solution(arrays, seconds)  # of queries that keep all limits it is not known that they are possible
        return None if found and int(np.isfinite(arrays.upper).sum()) >= most - 1 else found

    monkeypatch.setattr(conflict_parts, "has_solution", some)
    assert Claims(loosened, one, time.perf_counter() + 60).standing(month) == {1: True}
    doubtful = replace(one, conflict=replace(one.conflict, irreducible=False))
    assert Claims(loosened, doubtful, time.perf_counter() + 60).standing(month) == {1: False}


BUDGET, POWER = ("budgets", "cap", "amount"), ("power", "hall", "mw")
RUN, WORK = ("training_runs", "big", "required"), ("workloads", "jobs", "min_service")


@pytest.mark.parametrize(
    ("given_up", "integral", "proof", "verdict", "clashing"),
    [
        ((), True, [], False, [BUDGET, POWER, RUN, WORK]),
        ((RUN,), True, [], False, [BUDGET, POWER, WORK]),
        ((), True, [], True, None),
        ((), True, [], None, None),
        # Cells with a row in the proof of the relaxation, and those whose bound no row shows.
        ((), False, [BUDGET], False, [BUDGET, RUN]),
        ((RUN,), False, [BUDGET], False, [BUDGET]),
        ((BUDGET,), False, [WORK], False, [WORK, RUN]),
        ((), False, [BUDGET], None, [BUDGET, POWER, RUN, WORK]),  # the proof is not confirmed
        ((RUN,), False, [BUDGET], True, [BUDGET, POWER, WORK]),
        ((), False, None, False, None),  # no proof
    ],
)
def test_cells_that_clash(
    monkeypatch: pytest.MonkeyPatch,
    given_up: tuple[Any, ...],
    integral: bool,
    proof: list[Any] | None,
    verdict: bool | None,
    clashing: list[Any] | None,
) -> None:
    """Tests which cells are named from the rows of a proof, and whether they are confirmed to clash."""
    loosened = loose(tiny(2, {"jobs": [20]}, **THREE))
    rows = None if proof is None else np.array(sorted(set().union(*(rows_of(loosened, cell) for cell in proof))))
    monkeypatch.setattr(cell_conflicts, "clashing_rows", lambda *_: rows)
    monkeypatch.setattr(cell_conflicts, "has_solution", lambda *_: verdict)
    refiner = ConflictRefiner(loosened, time.perf_counter() + 60)
    assert refiner.every == [BUDGET, POWER, RUN, WORK]
    assert refiner.clashing(given_up, integral) == clashing


def test_verdicts_on_cells_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests that fewer kept cells than feasible ones are feasible, more than infeasible ones are not, and the limit."""
    asked: list[float] = []

    def check(_: Arrays, seconds: float) -> bool:
        asked.append(seconds)
        return answers.pop(0)

    monkeypatch.setattr(cell_conflicts, "has_solution", check)
    answers = [True, False]
    refiner = ConflictRefiner(loose(tiny(1, {"jobs": [20]}, **THREE)), time.perf_counter() + 60)
    assert (refiner.possible([WORK]), refiner.is_feasible([BUDGET]), refiner.is_feasible([])) == (True, True, True)
    assert (refiner.is_feasible([WORK]), refiner.possible([BUDGET]), refiner.possible([])) == (False, False, False)
    assert asked == [5.0, 5.0]
    refiner.until = time.perf_counter() - 1
    assert ConflictRefiner(refiner.loosened, refiner.until).is_feasible([WORK]) is None
