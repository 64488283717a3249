"""Elastic program: a program with a slack column for every limit that can be relaxed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from optimizer.instance.edit import Edit
from optimizer.program.arrays import Arrays, Floats, Terms
from optimizer.program.budgets import counted_in
from optimizer.program.build import Program
from optimizer.program.row import ONE
from optimizer.solver.elastic_slacks import ElasticSlack, ElasticSlacks

Cell = tuple[str, str, str]  # table, item, column
NOISE = 1e-7  # of a column, in the program's units


@dataclass(frozen=True)
class ElasticProgram:
    """A program with a column for everything that can be given up; its cost is what is given up.

    Attributes
    ----------
    plain : Arrays
        The program as it is.
    arrays : Arrays
        The program loosened.
    relaxations : tuple of Relaxation
        Inputs that can be relaxed; several of one cell, one for each row that depends on it.
    agreed : dict
        Of a budget's row, by its number: what each agreement of before the plan spends in it whatever is decided.
    """

    plain: Arrays
    arrays: Arrays
    relaxations: tuple[ElasticSlack, ...]
    agreed: Mapping[int, Mapping[str, float]] = field(default_factory=dict)

    @property
    def first(self) -> int:
        """Number of the first relaxation's column."""
        return len(self.plain.cost)

    def columns_of(self, cell: Cell) -> list[int]:
        """Columns by which a cell is given up."""
        places = [place for place, one in enumerate(self.relaxations) if one.cell == cell]
        return [column for place in places for column in self.relaxations[place].opened or (self.first + place,)]

    def given_up(self, values: Floats) -> dict[Cell, tuple[float, Edit]]:
        """What is given up in a solution: how much it counts and the edit; of one cell, the edit that gives up most."""
        found: dict[Cell, tuple[float, Edit]] = {}
        for place, one in enumerate(self.relaxations):
            amount = max(float(values[column]) for column in one.opened or (self.first + place,))
            counts = amount * one.weight
            if amount > NOISE and counts > found.get(one.cell, (0.0, None))[0]:
                found[one.cell] = (counts, one.edit(amount, values))
        return found

    def weighing(self, factors: dict[Cell, float]) -> ElasticProgram:
        """Return the elastic program with other weights of some cells."""
        cost = self.arrays.cost.copy()
        for cell, factor in factors.items():
            cost[self.columns_of(cell)] *= factor
        relaxations = tuple(replace(one, weight=one.weight * factors.get(one.cell, 1.0)) for one in self.relaxations)
        return replace(self, arrays=replace(self.arrays, cost=cost), relaxations=relaxations)

    def only(self, cells: Collection[Cell], free: Collection[Cell] = ()) -> ElasticProgram:
        """Return the elastic program with slacks of some cells only, and those of ``free`` cells at no cost."""
        arrays = self.arrays
        upper, cost = arrays.upper.copy(), arrays.cost.copy()
        for place, one in enumerate(self.relaxations):
            if one.cell in free:
                cost[self.columns_of(one.cell)] = 0.0
            elif one.cell not in cells:
                upper[self.first + place] = 0.0
                for column in one.opened:
                    upper[column] = self.plain.upper[column]
        relaxations = tuple(replace(one, weight=0.0) if one.cell in free else one for one in self.relaxations)
        return replace(self, arrays=replace(arrays, upper=upper, cost=cost), relaxations=relaxations)

    def keeping(self, cells: Collection[Cell]) -> Arrays:
        """Return the elastic program without cost, with all but some cells relaxed without limit."""
        upper = self.arrays.upper.copy()
        for place, one in enumerate(self.relaxations):
            given_up = one.cell not in cells
            upper[self.first + place] = one.most if given_up and not one.opened else 0.0
            for column in one.opened:
                upper[column] = 1.0 if given_up else self.plain.upper[column]
        return replace(self.arrays, cost=np.zeros_like(self.arrays.cost), upper=upper)

    @property
    def limited_columns(self) -> list[int]:
        """The column that each row after those of the original program limits."""
        return [column for one in self.relaxations for column, *_ in one.limits]


def make_elastic(program: Program, arrays: Arrays) -> ElasticProgram:
    """Return the elastic program: slacks for everything that a planner can relax."""
    relaxations = tuple(ElasticSlacks(program, arrays).all())
    count = len(arrays.cost)
    upper, cost = arrays.upper.copy(), np.zeros(count)
    for one in relaxations:
        for column, amount, _ in one.limits:
            upper[column] = amount
        for column in one.opened:
            upper[column], cost[column] = 1.0, one.weight
    loose = replace(arrays, cost=cost, offset=0.0, upper=upper).with_columns(
        relaxations,
        _terms((row, j, value) for j, one in enumerate(relaxations) for row, value in one.cells),
        [0.0 if one.opened else one.weight for one in relaxations],
        [0.0 if one.opened else one.most for one in relaxations],
    )
    limits = [(j, *limit) for j, one in enumerate(relaxations) for limit in one.limits]
    cells = [(i, column, 1.0) for i, (_, column, _, _) in enumerate(limits)]
    cells += [(i, count + j, -amount) for i, (j, _, amount, _) in enumerate(limits)]
    most = [bound for *_, bound in limits]
    loose = loose.with_rows((relaxations[j] for j, *_ in limits), _terms(cells), np.full(len(limits), -np.inf), most)
    return ElasticProgram(arrays, loose, relaxations, _agreed(program, arrays))


def _agreed(program: Program, arrays: Arrays) -> dict[int, dict[str, float]]:
    """Return what agreements from before the plan spend in the rows of budgets, in the program's units."""
    found = dict[int, dict[str, float]]()
    number = {name: place for place, name in enumerate(arrays.rows)}
    for name, row in program.parts.budgets.items():
        place, entries = number.get(("budget_limit", name)), program.parts.entries
        if place is None:
            continue
        counted = counted_in(program.parts, row) & (entries.columns == ONE) & (entries.amounts > 0)
        spent = dict[str, float]()
        for account, amount in zip(entries.accounts[counted], entries.amounts[counted], strict=True):
            item = entries.names[account].item
            if item in program.index.agreements:
                spent[item] = spent.get(item, 0.0) + float(amount) / program.units.money
        found[place] = spent
    return found


def _terms(cells: Iterable[tuple[int, int, float]]) -> Terms:
    """Rows, columns and coefficients of cells."""
    rows, columns, values = np.array(list(cells), dtype=float).reshape(-1, 3).T
    return rows.astype(np.int64), columns.astype(np.int64), values
