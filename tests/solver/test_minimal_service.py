"""A plan at once: where the time ends before a search has found a plan, one that serves what it must."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import optimizer
from optimizer.instance.instance import Instance
from optimizer.program.arrays import Arrays
from optimizer.program.build import build
from optimizer.program.compile import compile_program
from optimizer.solver import minimal_service, solution
from optimizer.solver.highs import Model
from optimizer.solver.minimal_service import NOTE, MinimalService, _unserved, _without
from optimizer.solver.solution import Options, Solution, SolutionStatus, Stop
from optimizer.solving.clock import Clock
from optimizer.solving.solve import finish
from tests.program.rich import rich_frames
from tests.program.tiny import tiny
from tests.solver.programs import INF, program

LEASE = {"price": 3000, "min_term_months": 1}


def at_once(instance: Instance) -> optimizer.Plan:
    """The plan that follows a search whose time ended without one."""
    program, options = build(instance), Options(time_limit=30)
    arrays = compile_program(program)
    with MinimalService(arrays, options) as fallback:
        found = fallback.solution(Solution(stop=Stop.TIME_LIMIT, status=SolutionStatus.NOTHING))
    plan = finish(program, arrays, found, options, Clock(None))
    assert (plan.status, plan.head["stopped"]) == ("feasible", "time_limit")
    assert NOTE in plan.head["warnings"]
    return plan


def test_nothing_is_served_where_nothing_must_be() -> None:
    """Tests that unserved demand alone is paid for."""
    # Twenty are wanted in each of two months, and each costs 1000 unserved: 40,000.
    plan = at_once(tiny(2, {"jobs": [20, 20]}, contracts=[LEASE]))
    assert plan.objective == pytest.approx(40_000)
    assert plan.decisions.empty


def test_what_was_agreed_and_runs_that_must_not_run_are_paid_for() -> None:
    """Tests that agreed blocks stay, that a run is left out at its penalty, and that an outlet is covered as agreed."""
    # An agreed block of ten for 3000 a month and the penalties of the run (5000) and of twenty unserved in two months;
    # the agreed outlet brings in 100 a month and takes ten of the own accelerators.
    plan = at_once(
        tiny(
            2,
            {"jobs": [20, 20]},
            power=[{"mw": 10}],
            fleet=[{"count": 10}],
            contracts=[{"price": 3000, "term_months": 2, "earliest": 0, "committed_blocks": 1}],
            outlets=[
                {"price": 100, "accelerators_per_block": 10, "term_months": 2, "earliest": 0, "committed_blocks": 1}
            ],
            training_runs=[{"work": 10, "sizes": [10], "penalty": 5000}],
        )
    )
    assert plan.objective == pytest.approx(2 * 3000 + 5000 + 40_000 - 2 * 100)


def test_what_must_be_served_is_served() -> None:
    """Tests that a workload with a minimum gets a lease, and another one nothing."""
    # Half of twelve must be served: one block of ten for 3000 a month serves ten, and two are missed at 1000 each.
    workloads = [{"workload": "must", "min_service": 0.5}, {"workload": "may"}]
    demand = [{"workload": name, "month": 0, "amount": 12} for name in ("must", "may")]
    plan = at_once(tiny(1, demand, workloads=workloads, contracts=[LEASE]))
    assert plan.objective == pytest.approx(3000 + 2000 + 12_000)


def test_work_and_service_that_may_be_left_out_are_fixed() -> None:
    """Tests that a workload without a minimum is unserved in full, and that its allocations leave the program."""
    workloads = [{"workload": "must", "min_service": 0.5}, {"workload": "may"}]
    demand = [{"workload": name, "month": 0, "amount": 12} for name in ("must", "may")]
    arrays = compile_program(build(tiny(1, demand, workloads=workloads, contracts=[LEASE])))
    fixed, values = _unserved(arrays)
    names = [arrays.columns[column] for column in np.flatnonzero(fixed)]
    assert {(family, key[0]) for family, key in names} == {("unserved", "may"), ("allocated", "may")}
    (unserved,) = (column for column, name in enumerate(arrays.columns) if name == ("unserved", ("may", 0)))
    assert values[unserved] == arrays.upper[unserved] > 0


def test_no_values_where_rules_cannot_be_met() -> None:
    """Tests that an instance without a plan gets none."""
    instance = tiny(1, {"jobs": [20]}, workloads=[{"workload": "jobs", "min_service": 1}], contracts=[LEASE])
    assert MinimalService(compile_program(build(instance)), Options()).solve() is None


def test_a_search_without_time_returns_a_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests on an instance that is not solved in presolve that a time limit of nothing leaves an audited plan."""
    monkeypatch.setattr(solution, "_LEAST_GRACE", 20.0)  # a busy machine needs longer than what follows a search gets
    plan = optimizer.solve(optimizer.read(rich_frames(60)), time_limit=0)
    assert (plan.status, plan.head["stopped"]) == ("feasible", "time_limit")
    assert NOTE in plan.head["warnings"]
    assert plan.head["audit"]["passed"]


# ---------------------------------------------------------------------- on programs by hand
# Workload a may be unserved, b must be served at least 3 of 6, c wants nothing; one pool, and a lease of 10.
NAMES = (
    ("unserved", ("a", 0)),
    ("unserved", ("b", 0)),
    ("unserved", ("c", 0)),
    ("allocated", ("a", "pool", 0)),
    ("allocated", ("b", "pool", 0)),
    ("allocated", ("a", "other", 0)),
    ("signed", ("lease", 0)),
)
ROWS = (("demand_met", ("a", 0)), ("demand_met", ("b", 0)), ("capacity", ("pool", 0)))
MATRIX = [[1, 0, 0, 2, 0, 1, 0], [0, 1, 0, 0, 1, 0, 0], [0, 0, 0, -1, -1, 0, 10]]


def by_hand(**changes: Any) -> Arrays:
    """The program above, with other arrays."""
    arrays = program([9, 9, 9, 0, 0, 0, 7], MATRIX, [5, 6, 0], [5, 6, INF], upper=[5, 3, 1, 8, 8, 8, 4])
    arrays.integer[6] = True
    return replace(arrays, columns=NAMES, rows=ROWS, **changes)


def test_what_may_be_unserved_is_fixed_by_its_rows() -> None:
    """Tests the columns that are fixed, their values, and that an allocation with a lower bound stays."""
    fixed, values = _unserved(by_hand(lower=np.array([0, 0, 0, 0, 0, 1.0, 0])))
    assert np.flatnonzero(fixed).tolist() == [0, 3]
    assert values.tolist() == [5, 0, 0, 0, 0, 0, 0]
    # Where all that is wanted may be unserved, all allocations are fixed.
    fixed, values = _unserved(by_hand(upper=np.array([5.0, 6, 1, 8, 8, 8, 4])))
    assert np.flatnonzero(fixed).tolist() == [0, 1, 3, 4, 5]
    assert values.tolist() == [5, 6, 0, 0, 0, 0, 0]


def test_a_row_of_fixed_columns_alone_must_be_satisfied() -> None:
    """Tests what is left of the program, and none where what is fixed violates a row by more than noise."""
    fixed, values = _unserved(by_hand())
    left = _without(by_hand(), fixed, values)
    assert left is not None
    assert (left.columns, left.rows) == ((NAMES[1], NAMES[2], NAMES[4], NAMES[6]), ROWS[1:])
    assert left.offset == 45
    for miss, possible in ((5e-6, True), (7e-6, False)):  # of 6, the activity and 1 more: 1e-6 each
        for side in (-1, 1):
            low = np.array([5 + side * miss, 6, 0])
            assert (_without(by_hand(row_lower=low, row_upper=low), fixed, values) is not None) is possible


def test_nothing_is_decided_but_what_is_fixed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests the upper bounds of the first attempt: decisions at their lower bounds, at 0 if those are negative."""
    tried: list[Any] = []

    def part(model: Model, options: Options, settings: dict[str, Any]) -> Solution:
        tried.append((model.arrays.upper.tolist(), options.threads, options.time_limit, settings))
        return Solution(stop=Stop.INFEASIBLE, status=SolutionStatus.NOTHING)

    monkeypatch.setattr(Model, "part", part)
    names = tuple((family, (family, 0)) for family in ("ordered", "bought", "started", "placed", "committed", "used"))
    arrays = replace(program(np.ones(6), np.zeros((0, 6)), [], [], upper=9), columns=names)
    arrays.lower[:] = [0, 2, -3, 0, 1, 0]
    assert MinimalService(arrays, Options(time_limit=50, threads=7))._nothing_decided(arrays) is None
    ((upper, threads, seconds, settings),) = tried
    assert (upper, threads, settings) == ([0, 2, 0, 0, 1, 9], 1, {})
    # Two graces of 4 % follow the time limit.
    assert 50 < seconds < 54.1


def test_a_dive_follows_where_nothing_can_be_decided(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests the order of the attempts, that the first with a feasible solution counts, and rounded integers."""
    fallback = MinimalService(by_hand(), Options())
    tried: list[str] = []

    def attempt(name: str, found: Any) -> None:
        def run(small: Arrays) -> Any:
            tried.append(name)
            assert small.columns == (NAMES[1], NAMES[2], NAMES[4], NAMES[6])
            return None if found is None else np.array(found)

        monkeypatch.setattr(fallback, name, run)

    for first, second, names, wanted in (
        ([3, 0, 3, 1], [2, 0, 4, 1], ["_nothing_decided"], [5, 3, 0, 0, 3, 0, 1]),
        ([3, 0.5, 3, 1 - 1e-7], None, ["_nothing_decided"], [5, 3, 0.5, 0, 3, 0, 1]),
        ([3, 0, 2, 1], [2, 0, 4, 1], ["_nothing_decided", "_dive"], [5, 2, 0, 0, 4, 0, 1]),  # 5 of 6
        ([3, 0, 3, 0], [2, 0, 4, 1], ["_nothing_decided", "_dive"], [5, 2, 0, 0, 4, 0, 1]),  # no capacity
        ([3, 0, 3 - 5e-6, 1], None, ["_nothing_decided"], [5, 3, 0, 0, 3 - 5e-6, 0, 1]),
        ([3, 0, 3 - 9e-6, 1], None, ["_nothing_decided", "_dive"], None),
        (None, [2, 0, 4, 1], ["_nothing_decided", "_dive"], [5, 2, 0, 0, 4, 0, 1]),
        (None, None, ["_nothing_decided", "_dive"], None),
    ):
        tried.clear()
        attempt("_nothing_decided", first)
        attempt("_dive", second)
        found = fallback.solve()
        assert (None if found is None else found.tolist()) == wanted
        assert tried == names
    tried.clear()
    with fallback:
        pass
    assert fallback.solve() is None  # it is needless after the search
    assert tried == []


@pytest.mark.parametrize(
    ("limit", "last"), [(1000.0, 80.0), (100.0, 8.0), (30.0, 5.0), (6.25, 5.0), (5.0, 4.0), (1.0, 0.8)]
)
def test_it_begins_in_the_last_part_of_the_time(monkeypatch: pytest.MonkeyPatch, limit: float, last: float) -> None:
    """Tests when a search without an incumbent starts it: in the last twelfth, five seconds or four fifths."""
    begun: list[float] = []
    reported: list[Any] = []
    fallback = MinimalService(by_hand(), Options(time_limit=limit))
    start = fallback.deadline.until - limit
    monkeypatch.setattr(fallback, "_begin", lambda: begun.append(limit))
    watch = fallback.watching(lambda *given: reported.append(given))
    for moment, incumbent, calls in (
        (limit - last - 0.01, None, 0),
        (limit - last + 0.01, 4.0, 0),
        (limit - last + 0.01, None, 1),
    ):
        monkeypatch.setattr(minimal_service, "time", SimpleNamespace(perf_counter=lambda at=moment: start + at))
        watch(incumbent, 2.0, 3, "dive")
        assert len(begun) == calls
    fallback.watching(None)(None, None, 0)
    assert len(begun) == 2
    assert reported == [(None, 2.0, 3, "dive"), (4.0, 2.0, 3, "dive"), (None, 2.0, 3, "dive")]


def test_it_is_needed_only_after_a_time_limit_without_a_solution(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests results that stay as they are, one that is completed with its bound and notes, and an error."""
    fallback = MinimalService(by_hand(), Options())
    monkeypatch.setattr(fallback, "solve", lambda: None)
    late = Solution(stop=Stop.TIME_LIMIT, status=SolutionStatus.NOTHING, bound=3.0, nodes=2, notes=("one",))
    has = replace(late, values=np.ones(7))
    for found in (has, replace(late, stop=Stop.INTERRUPTED), replace(late, stop=Stop.INFEASIBLE)):
        assert fallback.solution(found) is found
    assert vars(fallback)["_thread"] is None
    assert fallback.solution(late) is late  # it ran, and found nothing
    assert fallback._thread is not None
    values = np.arange(7.0)
    fallback = MinimalService(by_hand(), Options())
    monkeypatch.setattr(fallback, "solve", lambda: values)
    found = fallback.solution(late)
    assert found.values is values
    assert replace(found, values=None) == replace(late, status=SolutionStatus.FEASIBLE, notes=("one", NOTE))

    def fail() -> None:
        raise ZeroDivisionError("as planned")

    fallback = MinimalService(by_hand(), Options())
    monkeypatch.setattr(fallback, "solve", fail)
    with pytest.raises(ZeroDivisionError, match="as planned"):
        fallback.solution(late)


def test_an_attempt_is_interrupted_once_it_is_needless() -> None:
    """Tests that the running attempt is interrupted at the end of the search, and a later one when it begins."""
    fallback, interrupted = MinimalService(by_hand(), Options()), list[Any]()
    with fallback:
        fallback._let_interrupt(lambda: interrupted.append("first"))
        before = list(interrupted)
    assert (before, interrupted) == ([], ["first"])
    fallback._let_interrupt(lambda: interrupted.append("second"))
    assert interrupted == ["first", "second"]
