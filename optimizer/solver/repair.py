"""Why there is no plan, and the least that must be given up to get one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import csc_array, hstack, vstack

from optimizer.instance.edit import Edit
from optimizer.program.build import Program
from optimizer.program.compile import Arrays, Floats
from optimizer.solver.highs import Model, conflict
from optimizer.solver.relaxations import Relaxation, Relaxations
from optimizer.solver.solution import Options, Stop

_NOISE = 1e-6
_MOST_CONFLICTS = 12


@dataclass(frozen=True)
class Conflict:
    """An irreducible set of rows and column bounds that cannot hold together, by their numbers."""

    rows: tuple[int, ...]
    columns: tuple[int, ...]


@dataclass(frozen=True)
class Loosened:
    """A program with a column for everything that can be given up; its cost is what is given up."""

    arrays: Arrays
    relaxations: tuple[Relaxation, ...]
    first: int  # number of the first relaxation's column

    def edits(self, values: Floats) -> list[Edit]:
        """What is given up in a solution, as edits of the instance; of one cell, the one that gives up most."""
        found: dict[tuple[str, str, str], tuple[float, Edit]] = {}
        for place, one in enumerate(self.relaxations):
            columns = one.opened or (self.first + place,)
            amount = max(float(values[column]) for column in columns)
            given_up = amount * one.weight
            cell = (one.table, one.item, one.column)
            if given_up > _NOISE and given_up > found.get(cell, (0.0, None))[0]:
                found[cell] = (given_up, one.edit(amount, values))
        return [edit for _, edit in found.values()]


def loosen(program: Program, arrays: Arrays) -> Loosened:
    """The program with everything loosened that a planner can give up."""
    relaxations = tuple(Relaxations(program, arrays).all())
    count, rows = len(arrays.cost), len(arrays.row_lower)
    cells = [(row, j, value) for j, one in enumerate(relaxations) for row, value in one.cells]
    limits = [(column, j, amount, bound) for j, one in enumerate(relaxations) for column, amount, bound in one.limits]
    slacks = _matrix([(row, j, value) for row, j, value in cells], (rows, len(relaxations)))
    bounded = _matrix([(i, column, 1.0) for i, (column, *_) in enumerate(limits)], (len(limits), count))
    loosened = _matrix([(i, j, -amount) for i, (_, j, amount, _) in enumerate(limits)], (len(limits), len(relaxations)))
    matrix = csc_array((arrays.values, arrays.indices, arrays.starts), shape=(rows, count))
    whole = vstack([hstack([matrix, slacks]), hstack([bounded, loosened])], format="csc")
    upper, cost = arrays.upper.copy(), np.zeros(count + len(relaxations))
    for column, _, amount, _ in limits:
        upper[column] = amount
    for j, one in enumerate(relaxations):
        cost[count + j] = 0.0 if one.opened else one.weight
        for column in one.opened:
            upper[column], cost[column] = 1.0, one.weight
    most = np.array([0.0 if one.opened else one.most for one in relaxations])
    loose = replace(
        arrays,
        cost=cost,
        offset=0.0,
        lower=np.concatenate([arrays.lower, np.zeros(len(relaxations))]),
        upper=np.concatenate([upper, most]),
        integer=np.concatenate([arrays.integer, np.zeros(len(relaxations), dtype=bool)]),
        starts=np.asarray(whole.indptr, dtype=np.int64),
        indices=np.asarray(whole.indices, dtype=np.int64),
        values=np.asarray(whole.data, dtype=float),
        row_lower=np.concatenate([arrays.row_lower, np.full(len(limits), -np.inf)]),
        row_upper=np.concatenate([arrays.row_upper, [bound for *_, bound in limits]]),
        columns=(*arrays.columns, *relaxations),
        rows=(*arrays.rows, *(relaxations[j] for _, j, _, _ in limits)),
    )
    return Loosened(loose, relaxations, count)


def _matrix(cells: Iterable[tuple[int, int, float]], shape: tuple[int, int]) -> csc_array:
    found = list(cells)
    rows, columns, values = zip(*found, strict=True) if found else ((), (), ())
    return csc_array((np.array(values, dtype=float), (np.array(rows, dtype=int), np.array(columns, dtype=int))), shape)


def cheapest_repair(program: Program, arrays: Arrays, options: Options) -> list[Edit] | None:
    """Edits that give up the least and make a plan possible; None if nothing that can be given up is enough.

    An empty list says that the program is feasible as it is.
    """
    loosened = loosen(program, arrays)
    solution = Model(loosened.arrays).solve(replace(options, gap=max(options.gap, 1e-4)))
    return None if solution.values is None else loosened.edits(solution.values)


def conflicts(program: Program, arrays: Arrays, options: Options) -> list[Conflict]:
    """All conflicts: one after the other, each loosened before the next is looked for.

    Every conflict is irreducible by HiGHS's own word: without any one of its rows the others could hold.
    """
    loosened = loosen(program, arrays)
    opened: set[int] = set()
    found: list[Conflict] = []
    work = arrays
    while len(found) < _MOST_CONFLICTS:
        rows, columns = conflict(work)
        if not rows and not columns:
            break
        found.append(Conflict(rows, columns))
        involved = {
            j
            for j, one in enumerate(loosened.relaxations)
            if {row for row, _ in one.cells} & set(rows)
            or {column for column, *_ in one.limits} & set(columns)
            or set(one.opened) & set(columns)
        }
        if not involved - opened:
            break
        opened |= involved
        work = _opened(arrays, loosened, opened)
        if Model(work).solve(options).stop is not Stop.INFEASIBLE:
            break
    return found


def _opened(arrays: Arrays, loosened: Loosened, opened: set[int]) -> Arrays:
    """The program with some relaxations given up altogether: their rows say nothing any more."""
    row_lower, row_upper, upper = arrays.row_lower.copy(), arrays.row_upper.copy(), arrays.upper.copy()
    for j in opened:
        one = loosened.relaxations[j]
        for row, value in one.cells:
            if value < 0 or row_lower[row] == row_upper[row]:
                row_upper[row] = np.inf
            if value > 0 or row_lower[row] == row_upper[row]:
                row_lower[row] = -np.inf
        for column, amount, _ in one.limits:
            upper[column] = amount
        for column in one.opened:
            upper[column] = 1.0
    return replace(arrays, cost=np.zeros(len(arrays.cost)), upper=upper, row_lower=row_lower, row_upper=row_upper)
