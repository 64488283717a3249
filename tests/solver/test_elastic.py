"""The elastic program on arrays by hand: what each of its variants costs and allows, and what a solution gives up."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from optimizer.instance.edit import Edit
from optimizer.program.arrays import Arrays
from optimizer.solver.conflict_parts import carried, ground_of, opened_of, places_of, rows_of
from optimizer.solver.elastic import ElasticProgram
from optimizer.solver.elastic_slacks import ElasticSlack
from tests.solver.programs import INF, program

CAP, SERVICE, RUN = (
    ("budgets", "cap", "amount"),
    ("workloads", "jobs", "min_service"),
    ("training_runs", "big", "required"),
)


def _slack(cell: tuple[str, str, str], cells: list[tuple[int, float]], weight: float, **more: Any) -> ElasticSlack:
    def edit(value: float, _: Any) -> Edit:
        return Edit(*cell, "=", f"{value:g}")

    return ElasticSlack(*cell, cells, weight, edit, **more)


# Of three columns the second is the run that is not run; the third has a limit of its own. Two rows and a budget's
# cell twice, then columns 3 to 6: budget, service, run (closed), budget; row 2 limits column 2.
SLACKS = (
    _slack(CAP, [(0, -1.0)], 2.0),
    _slack(SERVICE, [], 3.0, most=0.5, limits=[(2, 8.0, 4.0)]),
    _slack(RUN, [], 5.0, opened=(1,)),
    _slack(CAP, [(1, -1.0)], 7.0, most=6.0),
)
PLAIN = program([1, 1, 1], [[1, 0, 2], [0, 1, 0]], [-INF, 3], [9, INF], upper=[4, 0, 6])


def elastic() -> ElasticProgram:
    """The elastic program of these slacks."""
    loose = replace(PLAIN, cost=np.array([0, 5.0, 0]), upper=np.array([4, 1, 8.0])).with_columns(
        SLACKS, ([0, 1], [0, 3], [-1.0, -1.0]), [2, 3, 0, 7], [INF, 0.5, 0, 6]
    )
    loose = loose.with_rows(["limit"], ([0, 0], [2, 4], [1.0, -8.0]), [-INF], [4.0])
    return ElasticProgram(PLAIN, loose, SLACKS)


def limits(arrays: Arrays) -> tuple[list[float], list[float]]:
    """Costs and upper bounds."""
    return arrays.cost.tolist(), arrays.upper.tolist()


def test_columns_of_cells() -> None:
    """Tests the first slack's column, columns by cell, and those that rows limit."""
    loose = elastic()
    assert loose.first == 3
    assert [loose.columns_of(cell) for cell in (CAP, SERVICE, RUN)] == [[3, 6], [4], [1]]
    assert loose.limited_columns == [2]


def test_what_is_given_up_is_the_edit_that_counts_most() -> None:
    """Tests amounts by weight, the larger of two of one cell, and that noise does not count."""
    values = np.array([0, 1.0, 0, 3, 0.25, 0, 1])
    found = elastic().given_up(values)
    assert found == {
        CAP: (7.0, Edit(*CAP, "=", "1")),  # 1 x 7, not 3 x 2
        SERVICE: (0.75, Edit(*SERVICE, "=", "0.25")),
        RUN: (5.0, Edit(*RUN, "=", "1")),
    }
    assert elastic().given_up(np.array([9, 0.5e-7, 9, 4, 0.9e-7, 9, 1.1e-7])) == {CAP: (8.0, Edit(*CAP, "=", "4"))}
    assert list(elastic().given_up(np.array([0, 0, 0, 0, 0, 0, 1.1e-7]))) == [CAP]


def test_weights_of_some_cells_change() -> None:
    """Tests the costs of columns and the weights of slacks."""
    loose = elastic().weighing({CAP: 10.0, RUN: 0.5})
    assert loose.arrays.cost.tolist() == [0, 2.5, 0, 20, 3, 0, 70]
    assert [one.weight for one in loose.relaxations] == [20, 3, 2.5, 70]


def test_only_some_cells_have_slacks_and_some_are_free() -> None:
    """Tests costs, bounds and weights: cells that are not named are as in the program."""
    loose = elastic().only([SERVICE], [CAP])
    assert limits(loose.arrays) == ([0, 5, 0, 0, 3, 0, 0], [4, 0, 8, INF, 0.5, 0, 6])
    assert [one.weight for one in loose.relaxations] == [0, 3, 5, 0]
    assert limits(elastic().only([RUN, CAP]).arrays) == ([0, 5, 0, 2, 3, 0, 7], [4, 1, 8, INF, 0, 0, 6])
    assert limits(elastic().only([], [RUN]).arrays) == ([0, 0, 0, 2, 3, 0, 7], [4, 1, 8, 0, 0, 0, 0])


def test_some_cells_are_kept_and_all_others_given_up() -> None:
    """Tests bounds without cost."""
    assert limits(elastic().keeping([CAP])) == ([0] * 7, [4, 1, 8, 0, 0.5, 0, 0])
    assert limits(elastic().keeping([SERVICE, RUN])) == ([0] * 7, [4, 0, 8, INF, 0, 0, 6])


def test_places_of_cells() -> None:
    """Tests the rows that a cell sets, those after the program's own included, and the columns it opens, after rows."""
    loose = elastic()
    assert [rows_of(loose, cell) for cell in (CAP, SERVICE, RUN)] == [{0, 1}, {2}, set()]
    assert [opened_of(loose, cell) for cell in (CAP, SERVICE, RUN)] == [set(), set(), {1}]
    assert [places_of(loose, cell) for cell in (CAP, SERVICE, RUN)] == [{0, 1}, {2}, {3 + 1}]


def test_rows_that_carry_what_was_agreed_and_rows_that_always_stay() -> None:
    """Tests balances with a finite lower side other than 0, by agreement, and the ground of definitions."""
    rows = (
        ("active_balance", ("old", 0)),
        ("delivered_balance", ("old", 1)),
        ("firm_balance", ("older", 0)),
        ("active_balance", ("new", 0)),
        ("active_balance", ("new", 1)),
        ("budget_limit", "cap"),
        ("capacity_balance", ("hall", 0)),
    )
    matrix = np.ones((7, 2))
    arrays = program([0, 0], matrix, [2, -1, 3, 0, -INF, 4, 0], [2, -1, 3, 0, 9, INF, 0])
    arrays = replace(arrays, rows=rows, columns=(("one", None), ("signed", ("new", 0))))
    assert carried(arrays) == {"old": {0, 1}, "older": {2}}
    slack = _slack(CAP, [(5, -1.0)], 1.0)
    loose = arrays.with_columns([slack], ([5], [0], [-1.0]), [1.0], [INF])
    found = ground_of(ElasticProgram(arrays, loose, (slack,)), loose)
    # Balances without anything agreed define quantities; 7 rows, then the constant, then the slack's column.
    assert found - {6} == {3, 4, 7 + 0, 7 + 2}
