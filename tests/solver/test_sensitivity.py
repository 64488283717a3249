"""Changes of the optimum of linear programs, both ways, by hand, and by solving changed programs with SCIP."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import highspy
import numpy as np
import pytest

from optimizer.errors import SolverError
from optimizer.program.arrays import Arrays, Floats
from optimizer.solver import scip, sensitivity
from optimizer.solver.highs_options import STATUS
from optimizer.solver.interruptible import SearchAbandoned
from optimizer.solver.sensitivity import changes_of_optimum
from optimizer.solver.solution import Options, Stop
from tests.solver.programs import INF, program


@dataclass
class Moved:
    """Rows whose sides move, and columns whose upper bounds do, by number."""

    by_row: dict[int, float] = field(default_factory=dict)
    by_column: dict[int, float] = field(default_factory=dict)

    @property
    def rows(self) -> Any:
        """Numbers of the rows."""
        return np.array(list(self.by_row), dtype=np.int64)

    @property
    def row_changes(self) -> Floats:
        """By how much their sides move."""
        return np.array(list(self.by_row.values()), dtype=float)

    @property
    def columns(self) -> Any:
        """Numbers of the columns."""
        return np.array(list(self.by_column), dtype=np.int64)

    @property
    def upper_changes(self) -> Floats:
        """By how much their upper bounds move."""
        return np.array(list(self.by_column.values()), dtype=float)


def of(arrays: Arrays, *changes: Moved, **options: Any) -> list[list[float]]:
    """Changes of the optimum, for each change and its opposite."""
    found = changes_of_optimum(arrays, changes, **options)
    assert found is not None
    return [[round(value, 6) + 0.0 for value in row] for row in found.tolist()]


# Two things are bought: a, of which 4 cost 2 each and more cost 5, and b at 3; at least 6 of a, and of both at most 10.
MARKET = program([2, 5, 3], [[1, 1, 0], [1, 1, 1], [0, 0, 1]], [6, -INF, 2], [INF, 10, INF], upper=[4, 9, 9])


@pytest.mark.parametrize(
    ("change", "both"),
    [
        (Moved({0: 1.0}), [5, -5]),  # one more of a comes at 5, one less saves 5
        (Moved({0: 3.0}), [INF, -2 * 5 - 2]),  # 9 of a and 2 of b are more than 10; 3 of a: two at 5 and one at 2 go
        (Moved({0: 2.0}), [10, -10]),  # just as many as there is room for
        (Moved({1: 2.0}), [0, 0]),  # 8 of 10 are used
        (Moved({1: 3.0}), [0, INF]),  # 7 are fewer than the 8 that are needed
        (Moved({2: 2.0}), [6, -6]),
        (Moved({2: 3.0}), [INF, -6]),  # b cannot be less than nothing
        (Moved({}, {0: 1.0}), [-3, 3]),  # one more at 2 in place of one at 5
        (Moved({}, {0: 4.0}), [-6, 12]),  # only two are bought at 5
        (Moved({}, {0: 5.0}), [-6, INF]),  # there is no bound below zero
        (Moved({}, {2: 5.0}), [0, 0]),  # 2 of 9 are used
        (Moved({}, {2: 7.5}), [0, INF]),
        (Moved({}, {1: 0.0}), [0, 0]),  # nothing moves
        (Moved({0: 1.0, 2: 1.0}, {0: 1.0}), [5 + 3 - 3, -5 - 3 + 3]),
        (Moved({0: 2.0, 1: 2.0}), [10, -10]),
    ],
    ids=str,
)
def test_what_a_market_costs_more_or_less(change: Moved, both: list[float]) -> None:
    """Tests each kind of change both ways: within the basis, beyond it, without effect, and infeasible."""
    assert of(MARKET, change) == [both]
    assert of(MARKET, change, sides=(-1.0,)) == [both[1:]]
    assert of(MARKET, change, Moved({0: 1.0}), change) == [both, [5, -5], both]


def test_prices_on_both_sides_of_a_kink() -> None:
    """Tests a degenerate optimum: at a demand of exactly four, more costs 5 and less saves 2."""
    kink = replace(MARKET, row_lower=np.array([4.0, -INF, 2.0]))
    assert of(kink, Moved({0: 1.0}), Moved({0: 0.5})) == [[5, -2], [2.5, -1]]


def test_equations_move_on_both_sides() -> None:
    """Tests a change of an equation, with a negative price on one side, and a lower bound other than zero."""
    # x + y = 5 with 1 <= x <= 3 at 4 and y <= 9 at -1, x - y >= -3: x = 1, y = 4 costs 0. Six: x = 1.5, y = 4.5; five
    # and a half: x = 1.25, y = 4.25. Four: x = 1, y = 3 costs 1. With x - y >= -2: x = 1.5, y = 3.5.
    equation = program([4, -1], [[1, 1], [1, -1]], [5, -3], [5, INF], upper=[3, 9])
    equation.lower[0] = 1.0
    assert of(equation, Moved({0: 1.0}), Moved({0: 0.5}), Moved({1: 1.0})) == [[1.5, 1], [0.75, 0.5], [2.5, 0]]


def test_parts_of_a_program_are_independent() -> None:
    """Tests a program of two parts, fixed columns, and rows of fixed columns alone, which must stay satisfied."""
    # Fixed: f = 3, in a row f <= 5 and in x + f >= 7, that is x >= 4 at 2. Apart from it y >= 2 at 10.
    arrays = program([2, 10, 1], [[0, 0, 1], [1, 0, 1], [0, 1, 0]], [-INF, 7, 2], [5, INF, INF], upper=[99, 99, 3])
    arrays.lower[2] = 3.0
    changes = [Moved({0: 2.0}), Moved({0: 2.1}), Moved({1: 1.0, 2: 1.0}), Moved({0: 3.0, 2: 1.0}), Moved({0: -3.0})]
    assert of(arrays, *changes) == [[0, 0], [0, INF], [12, -12], [10, INF], [INF, 0]]
    low = replace(arrays, row_lower=np.array([1.0, 7, 2]))  # 1 <= f
    assert of(low, Moved({0: 2.0}), Moved({0: 2.1})) == [[0, 0], [INF, INF]]
    # A fixed column whose bound moves is fixed no more: one more of f at 1 in place of one of x at 2, as f <= 5.
    assert of(arrays, Moved({}, {2: 1.0}), Moved({}, {2: 3.0})) == [[-1, INF], [-2, INF]]


def test_many_changes_are_in_their_order() -> None:
    """Tests more changes than are looked at together: of each row its own price."""
    count = 45
    arrays = program(np.arange(1, count + 1), np.eye(count), np.full(count, 2.0), np.full(count, INF))
    ring = arrays.with_rows(["ring"], ([0] * count, range(count), np.ones(count)), [0.0], [INF])  # makes one part of it
    assert of(ring, *[Moved({row: 1.0}) for row in range(count)]) == [[row + 1, -row - 1] for row in range(count)]


def test_a_part_without_rows() -> None:
    """Tests that of a column in no row the bound alone decides: a gain of 2 each up to its bound."""
    arrays = program([-2, 1], np.zeros((0, 2)), [], [], upper=[3, 5])
    assert of(arrays, Moved({}, {0: 1.0}), Moved({}, {0: 4.0}), Moved({}, {1: 2.0})) == [[-2, 2], [-8, INF], [0, 0]]


def test_an_infeasible_program_has_no_changes() -> None:
    """Tests that nothing is returned where there is no optimum."""
    clash = program([1], [[1], [1]], [3, -INF], [INF, 2])
    assert changes_of_optimum(clash, [Moved({0: 1.0})]) is None
    assert changes_of_optimum(clash, [Moved({0: 1.0})], estimate=True) is None


def test_what_time_leaves_open_is_not_a_number_or_a_dual(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests a time limit before the optimum, and one after it, before a change beyond the basis is solved."""
    # 20,001 non-zeros are more than are solved without a look at the clock.
    monkeypatch.setattr(sensitivity, "_SMALL", 0)
    changes = [Moved({0: 1.0}), Moved({0: 3.0}), Moved({1: 2.0}), Moved({0: 8.0})]

    def late(search: Any, until: float) -> None:
        raise SearchAbandoned

    monkeypatch.setattr(sensitivity, "run_uninterruptible", late)
    found = changes_of_optimum(MARKET, changes, seconds=9.0)
    assert found is not None
    assert np.isnan(found).all()
    assert changes_of_optimum(MARKET, changes, seconds=9.0, estimate=True) is None
    ran: list[float] = []

    def once(search: Any, until: float) -> Any:
        ran.append(until)
        return late(search, until) if len(ran) > 1 else search()

    for estimate, (more, less, least) in ((False, [np.nan] * 3), (True, [15.0, -15.0, -40.0])):
        ran.clear()
        monkeypatch.setattr(sensitivity, "run_uninterruptible", once)
        found = changes_of_optimum(MARKET, changes, seconds=9.0, estimate=estimate)
        assert found is not None
        # Within the basis, where nothing binds, and where 14 of a are more than 4 + 9, the answer needs no other solve.
        # The dual of a is 5.
        np.testing.assert_allclose(found, np.array([[5, -5], [more, less], [0, 0], [INF, least]]), atol=1e-9)
        assert len(ran) == 2


def test_a_failure_of_highs_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests that a change whose program ends neither optimal nor infeasible raises."""
    optimum = sensitivity._Optimum(MARKET, INF)
    monkeypatch.setattr(optimum, "_run", lambda: STATUS.kUnknown)
    piece = sensitivity._Piece([0], [3.0])
    with pytest.raises(SolverError, match="HiGHS ended with status 'Unknown'"):
        optimum._solved_again(piece, -1.0)
    with pytest.raises(SolverError, match="HiGHS failed: "):
        optimum._done(highspy.HighsStatus.kError)


def changed(arrays: Arrays, change: Moved, side: float) -> Arrays:
    """The program with a change."""
    low, high, upper = arrays.row_lower.copy(), arrays.row_upper.copy(), arrays.upper.copy()
    low[change.rows] += side * change.row_changes
    high[change.rows] += side * change.row_changes
    upper[change.columns] += side * change.upper_changes
    return replace(arrays, row_lower=low, row_upper=high, upper=upper)


def cost(arrays: Arrays) -> float:
    """The optimum, by SCIP; infinite where it is infeasible."""
    if (arrays.upper < arrays.lower).any():
        return INF
    search = scip.Model(arrays)
    search._model.setParam("presolving/maxrounds", 0)
    found = search.solve(Options(gap=0.0))
    return INF if found.stop is Stop.INFEASIBLE else found.bound


def moves(random: np.random.Generator, count: int, rows: int, columns: int) -> Sequence[Moved]:
    """Random changes of one to two rows and none to two columns."""
    return [
        Moved(
            {int(row): float(random.integers(-4, 5)) for row in random.choice(rows, random.integers(1, 3), False)},
            {
                int(place): float(random.integers(1, 4))
                for place in random.choice(columns, random.integers(0, 3), False)
            },
        )
        for _ in range(count)
    ]


@pytest.mark.parametrize("seed", range(4))
def test_random_changes_are_those_of_a_second_solver(seed: int) -> None:
    """Tests changes of several rows and columns at once, of programs with ranges and equations, against SCIP."""
    random = np.random.default_rng(seed)
    rows = random.integers(-3, 6, (5, 7)) * (random.random((5, 7)) < 0.6)
    point = random.integers(0, 5, 7)
    low, high = rows @ point - random.integers(0, 4, 5), rows @ point + random.integers(0, 4, 5)
    arrays = program(random.integers(-3, 9, 7), rows, low, high, upper=point + random.integers(0, 4, 7))
    changes, least = moves(random, 6, 5, 7), cost(arrays)
    found = changes_of_optimum(arrays, changes)
    assert found is not None
    wanted = [[cost(changed(arrays, change, side)) - least for side in (1.0, -1.0)] for change in changes]
    np.testing.assert_allclose(found, wanted, rtol=1e-6, atol=1e-6)
