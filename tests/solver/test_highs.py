"""The solver's answers: what it found, what is proven, why it stopped, and that it refuses what it cannot do."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import highspy
import numpy as np
import pytest

import optimizer
from optimizer.errors import SolverError
from optimizer.generator import random_frames
from optimizer.program.arrays import Arrays
from optimizer.program.compile import compile_program
from optimizer.solver import highs, highs_options, highs_run
from optimizer.solver.solution import Options, Solution, SolutionStatus, Stop
from tests.program.rich import rich_frames
from tests.solver.programs import INF, knapsacks, program

ONE_ROW: dict[str, Any] = {"cost": [2, 3], "rows": [[2, 2]], "low": [5], "high": [INF]}


def _objective(arrays: Arrays, solution: Solution) -> float:
    assert solution.values is not None
    return float(arrays.cost @ solution.values) + arrays.offset


@pytest.fixture(scope="module")
def rich() -> Arrays:
    return compile_program(optimizer.build(optimizer.read(rich_frames())))


def test_a_linear_program() -> None:
    """Tests optimum and bound of a linear program."""
    # 2 x + 2 y >= 5 at costs of 2 and 3: x = 2.5.
    solution = highs.solve(program(**ONE_ROW), Options())
    assert (solution.stop, solution.status) == (Stop.GAP_REACHED, SolutionStatus.OPTIMAL)
    assert solution.values is not None
    assert solution.values.tolist() == pytest.approx([2.5, 0])
    assert solution.bound == pytest.approx(5)


def test_a_whole_program() -> None:
    """Tests that whole columns are whole to the last digit, and that the bound is proven."""
    # x whole: 3 at a cost of 6.
    solution = highs.solve(program(**ONE_ROW, whole=True), Options(gap=0))
    assert solution.status is SolutionStatus.OPTIMAL
    assert solution.values is not None
    assert solution.values.tolist() == [3, 0]
    assert solution.bound == pytest.approx(6)


def test_nearly_whole_values_are_made_whole() -> None:
    """Tests that a column within the solver's tolerance of a whole number becomes it, and the rest is solved again."""
    # y <= 1e6 z, z whole: z = 1e-6 is whole to the solver (its tolerance) and lets y be 1. With z = 0, y is 0.
    arrays = replace(program([50, -1], [[-1e6, 1]], [-INF], [0], upper=[1, 1]), integer=np.array([True, False]))
    values, *_ = highs.with_integers_rounded(np.array([1e-6, 1.0]), arrays, Options(), False, 9.0)
    assert values.tolist() == [0, 0]
    untouched, *_ = highs.with_integers_rounded(np.array([1 - 1e-9, 0.75]), arrays, Options(), False, 9.0)
    assert untouched.tolist() == [1, 0.75]


def test_the_optimum_meets_the_conditions_of_optimality(rich: Arrays) -> None:
    """Tests that values and duals of a linear program are feasible and complementary, within 1e-7."""
    relaxed = compile_program(optimizer.build(optimizer.read(rich_frames())), relax=True)
    solution = highs.solve(relaxed, Options(), duals=True)
    x, y = solution.values, solution.row_duals
    assert x is not None
    assert y is not None
    assert relaxed.worst_violation(x) <= 1e-9
    columns = np.repeat(np.arange(len(x)), np.diff(relaxed.starts))
    reduced = relaxed.cost - np.bincount(columns, weights=relaxed.values * y[relaxed.indices], minlength=len(x))
    for price, value, low, high in (
        (reduced, x, relaxed.lower, relaxed.upper),
        (y, relaxed.activity(x), relaxed.row_lower, relaxed.row_upper),
    ):
        assert np.all(np.abs(value - low)[price > 1e-7] <= 1e-7)
        assert np.all(np.abs(value - high)[price < -1e-7] <= 1e-7)


@pytest.mark.parametrize("threads", [1, 2])
def test_the_same_seed_gives_the_same_plan(rich: Arrays, threads: int) -> None:
    """Tests that a seed decides the search, and that neither seed nor threads change the optimum."""
    first = highs.solve(rich, Options(gap=0, seed=5, threads=threads))
    again = highs.solve(rich, Options(gap=0, seed=5, threads=threads))
    other = highs.solve(rich, Options(gap=0, seed=6, threads=threads))
    assert first.values is not None
    assert again.values is not None
    assert first.values.tolist() == again.values.tolist()
    assert _objective(rich, first) == pytest.approx(_objective(rich, other), rel=1e-9)
    assert first.bound <= _objective(rich, first) * (1 + 1e-9)


def test_a_gap_is_proven_no_further_than_asked() -> None:
    """Tests that a search stops as soon as the asked gap is proven."""
    arrays = knapsacks()
    for gap in (0.2, 0.01):
        solution = highs.solve(arrays, Options(gap=gap, threads=1, time_limit=60))
        assert (solution.stop, solution.status) == (Stop.GAP_REACHED, SolutionStatus.OPTIMAL)
        assert 0 < _objective(arrays, solution) - solution.bound <= gap * abs(_objective(arrays, solution))


def test_a_time_limit_returns_the_incumbent() -> None:
    """Tests that a search out of time holds a plan with a gap, and does not call it optimal."""
    arrays = knapsacks()
    solution = highs.solve(arrays, Options(gap=0, threads=1, time_limit=1))
    assert (solution.stop, solution.status) == (Stop.TIME_LIMIT, SolutionStatus.FEASIBLE)
    assert solution.values is not None
    assert arrays.worst_violation(solution.values) <= 1e-9
    assert solution.bound < _objective(arrays, solution)


def test_no_time_holds_nothing() -> None:
    """Tests that without time nothing is held of a linear program."""
    chance = np.random.default_rng(3)
    rows = chance.random((60, 60))
    solution = highs.solve(program(np.ones(60), rows, np.ones(60), np.full(60, INF)), Options(time_limit=0))
    assert (solution.stop, solution.status, solution.values) == (Stop.TIME_LIMIT, SolutionStatus.NOTHING, None)
    assert solution.bound == -INF


def test_an_infeasible_program_comes_with_an_irreducible_conflict() -> None:
    """Tests that of three rows the two that clash are told, and the bound that clashes with one."""
    # x + y <= 4 and x + y >= 5 clash; y <= 9 does not matter.
    arrays = program([1, 1], [[1, 1], [1, 1], [0, 1]], [-INF, 5, -INF], [4, INF, 9])
    solution = highs.solve(arrays, Options())
    assert (solution.stop, solution.status) == (Stop.INFEASIBLE, SolutionStatus.NOTHING)
    assert (sorted(solution.conflict), solution.conflict_columns) == ([0, 1], ())
    # x >= 5 and x <= 3.
    bounded = highs.solve(program([1, 1], [[1, 0], [1, 1]], [5, 1], [INF, INF], upper=[3, 9]), Options())
    assert (bounded.conflict, bounded.conflict_columns) == ((0,), (0,))


def test_a_conflict_of_whole_numbers_is_irreducible_too() -> None:
    """Tests that rows are told that only whole numbers cannot meet, and nothing else."""
    # 2 x + 2 y = 3 has no whole solution; x + z >= 1 and z <= 5 do not matter.
    arrays = program([1, 1, 1], [[2, 2, 0], [1, 0, 1]], [3, 1], [3, INF], upper=[9, 9, 5], whole=True)
    solution = highs.solve(arrays, Options())
    assert (solution.stop, solution.conflict, solution.conflict_columns) == (Stop.INFEASIBLE, (0,), ())
    # x + y >= 1.5 with x <= 1 and y <= 0.5, that is 0.
    arrays = program([1, 1], [[1, 1], [1, -1]], [1.5, -INF], [INF, 7], upper=[1, 0.5], whole=True)
    solution = highs.solve(arrays, Options())
    assert (solution.conflict, solution.conflict_columns) == ((0,), (0, 1))


def test_an_infeasible_verdict_is_confirmed_without_presolve(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests that a verdict that a run without presolve does not confirm is not believed, and noted."""
    runs: list[str] = []
    real = highspy.Highs.getModelStatus

    def doubtful(self: Any) -> Any:
        presolve = self.getOptionValue("presolve")[1]
        runs.append(presolve)
        return highspy.HighsModelStatus.kInfeasible if presolve == "choose" else real(self)

    monkeypatch.setattr(highs_options.SilentHighs, "getModelStatus", doubtful, raising=False)
    solution = highs.solve(program(**ONE_ROW), Options())
    assert {"choose", "off"} == set(runs)
    assert (solution.stop, solution.status) == (Stop.GAP_REACHED, SolutionStatus.OPTIMAL)
    assert solution.notes == ("presolve called the program infeasible, which a run without presolve did not confirm",)


def test_a_program_that_highs_cannot_tell_of_is_asked_about_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests that HiGHS is run again, scaled otherwise, where it ends without knowing anything."""
    ways: list[tuple[str, int]] = []
    real = highspy.Highs.getModelStatus

    def unsure(self: Any) -> Any:
        option_set = self.getOptionValue("presolve")[1], self.getOptionValue("simplex_scale_strategy")[1]
        ways.append(option_set)
        return real(self) if option_set == ("off", 2) else highspy.HighsModelStatus.kUnknown

    monkeypatch.setattr(highs_options.SilentHighs, "getModelStatus", unsure, raising=False)
    solution = highs.solve(program(**ONE_ROW), Options())
    assert list(dict.fromkeys(ways)) == [("choose", 4), ("off", 4), ("off", 2)]
    assert (solution.stop, solution.status, solution.notes) == (Stop.GAP_REACHED, SolutionStatus.OPTIMAL, ())
    assert solution.bound == pytest.approx(5)


def test_a_relaxation_that_the_dual_simplex_method_gives_up_on_has_no_solution() -> None:
    """Tests an instance of whose relaxation HiGHS 1.16 ends without knowing anything, with presolve or without."""
    frames = random_frames(5025, "small")
    for table, column, value in (("demand", "amount", 295_000), ("fleet", "count", 1)):
        frames[table].loc[0, column] = value
    arrays = compile_program(optimizer.build(optimizer.read(frames)), relax=True)
    solution = highs.solve(arrays, Options(threads=1))
    assert solution.stop is Stop.INFEASIBLE
    assert solution.conflict


def test_an_unbounded_program_is_an_error() -> None:
    """Tests that a status that means neither a plan nor none is told."""
    with pytest.raises(SolverError, match="Unbounded"):
        highs.solve(program([-1], [[1]], [0], [INF]), Options())


def test_a_program_that_is_no_program_is_refused() -> None:
    """Tests that the status of the model is checked."""
    arrays = replace(program([1], [[1]], [0], [1]), indices=np.array([7]))  # there is no row 7
    with pytest.raises(SolverError, match="refuses the compiled program"):
        highs.solve(arrays, Options())


@pytest.mark.parametrize(("name", "value"), [("no_such_option", 1), ("threads", "two"), ("time_limit", -1.0)])
def test_the_status_of_every_option_is_checked(name: str, value: Any) -> None:
    """Tests that an option that HiGHS does not know, or a value it does not take, is an error."""
    with pytest.raises(SolverError, match=f"HiGHS refuses option {name} = {value!r}"):
        highs_options.set_options(highs_options.SilentHighs(), {name: value})


def test_every_option_set_is_known_and_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests that gap, limit, threads and seed reach HiGHS."""
    told: dict[str, Any] = {}
    real = highs_options.set_options

    def keep(solver: Any, settings: dict[str, Any]) -> None:
        real(solver, settings)
        told.update({name: solver.getOptionValue(name)[1] for name in settings})

    monkeypatch.setattr(highs_run, "set_options", keep)
    highs.solve(program(**ONE_ROW, whole=True), Options(gap=0.25, time_limit=9, threads=2, seed=11))
    wanted = {"mip_rel_gap": 0.25, "time_limit": 9, "threads": 2, "random_seed": 11, "presolve": "choose"}
    assert {name: told[name] for name in wanted} == wanted


@pytest.mark.parametrize(
    ("status", "stop"),
    [
        ("kOptimal", Stop.GAP_REACHED),
        ("kModelEmpty", Stop.GAP_REACHED),
        ("kTimeLimit", Stop.TIME_LIMIT),
        ("kInterrupt", Stop.INTERRUPTED),
        ("kInfeasible", Stop.INFEASIBLE),
        ("kUnboundedOrInfeasible", Stop.INFEASIBLE),
        ("kUnbounded", None),
        ("kSolveError", None),
        ("kIterationLimit", None),
        ("kUnknown", None),
    ],
)
def test_the_status_table(status: str, stop: Stop | None) -> None:
    """Tests what each status of HiGHS means; those without a meaning are errors."""
    assert highs_options.STOPS.get(getattr(highspy.HighsModelStatus, status)) is stop


def test_a_program_without_rows() -> None:
    """Tests that a program whose bounds say everything is solved."""
    arrays = program([1, -1], np.zeros((0, 2)), [], [], upper=[4, 3])
    solution = highs.solve(arrays, Options())
    assert solution.values is not None
    assert solution.values.tolist() == [0, 3]


def split() -> Arrays:
    """A market split, for which no plan is found in a moment; each plan costs 808, which is the first row's amount."""
    chance = np.random.default_rng(1)
    rows = chance.integers(0, 100, (5, 40))
    wanted = rows @ chance.integers(0, 2, 40)
    assert wanted[0] == 808
    return program(rows[0], rows, wanted, wanted, upper=1, whole=True)


def test_the_bound_of_a_search_without_a_plan_is_kept() -> None:
    """Tests that what is proven counts although the time ends before a plan is found."""
    solution = highs.solve(split(), Options(time_limit=0.5, threads=1))
    assert (solution.stop, solution.values) == (Stop.TIME_LIMIT, None)
    assert solution.bound == pytest.approx(808)


def test_a_known_bound_is_kept_where_no_plan_is_found() -> None:
    """Tests that a bound that was known before counts, too, where the search has no time to prove one."""
    solution = highs.Model(split()).solve(Options(time_limit=0), known_bound=800)
    assert (solution.values, solution.bound) == (None, 800)
