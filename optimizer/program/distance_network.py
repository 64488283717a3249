"""Distance between decisions as a network along the months, in rows and columns that follow a program's own.

For every kind of decision on an item that the earlier plan has, its blocks are dropped where they stand, moved along
the months, or added to: an earth mover's distance with removals and additions, whose balance is linear in the
decisions. The cost of a decision that it has not is that of adding it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from optimizer.program.arrays import Arrays, Floats
from optimizer.program.compile import arrays_of
from optimizer.program.decision_distance import Line, average_weight

SHARE = 1 / 12  # of the money bound: what a month counts
_NO_BLOCK = 1e-7
_ROUNDING = 1e-7  # relative: what a limit of the distance leaves to rounding
DROPPED, ADDED, MOVED = "dropped", "added", "moved"


@dataclass(frozen=True)
class Change:
    """Blocks that were dropped, added or moved, and the money that this counts.

    Months are counted from the plan's first; None where there is none.
    """

    change: str
    decision: str
    item: str
    pool: str
    month_a: int | None
    month_b: int | None
    blocks: float
    counts: float


class DistanceNetwork:
    """The network of the distance from an earlier plan.

    Parameters
    ----------
    lines : sequence of Line
        Decisions of the program with those of the earlier plan.
    """

    def __init__(self, lines: Sequence[Line]) -> None:
        self.lines = [line for line in lines if line.before.any()]
        self.others = [line for line in lines if not line.before.any()]
        self.unit = average_weight(list(lines))  # money of one unit of the distance
        sizes = [len(line.before) for line in self.lines]
        first = np.cumsum([0, *sizes]).tolist()  # row at which each line begins
        self._names, self._terms, self._costs = _columns(self.lines, first, self.unit)

    # ------------------------------------------------------------------ programs
    def nearest(self, arrays: Arrays, most: float) -> Arrays:
        """Return the program that minimises the distance, at a cost of at most ``most``.

        Parameters
        ----------
        arrays : Arrays
            The program, compiled.
        most : float
            Limit of its objective.
        """
        count = len(arrays.cost)
        limited = arrays.with_rows([("nearest", ("cost",))], _sum(arrays.cost), [-np.inf], [most - arrays.offset])
        found = self._attached(limited, None)
        cost = np.append(np.zeros(count), self._costs)
        for line in self.others:
            there = line.columns >= 0
            cost[line.columns[there]] = line.addition[there] / self.unit
        return replace(found, cost=cost, offset=0.0)

    def cheapest(self, nearest: Arrays, arrays: Arrays, most: float) -> Arrays:
        """Return the program that minimises the cost, at a distance of at most ``most``.

        Parameters
        ----------
        nearest, arrays : Arrays
            From :meth:`nearest`, and the program that it was made of.
        most : float
            Limit of the distance, in its units.
        """
        limited = nearest.with_rows(
            [("nearest", ("distance",))], _sum(nearest.cost), [-np.inf], [most + _ROUNDING * (1 + most)]
        )
        return replace(limited, cost=np.append(arrays.cost, np.zeros(len(self._costs))), offset=arrays.offset)

    def alone(self, values: Floats) -> Arrays:
        """Return the program of the network alone, with the decisions of a solution."""
        nothing, none = np.zeros(0), np.zeros(0, dtype=bool)
        empty = arrays_of((), [], [], (nothing, 0.0), (nothing, nothing, none))
        return self._attached(empty, values)

    def _attached(self, arrays: Arrays, values: Floats | None) -> Arrays:
        """Return a program with the network; its decisions are columns of the program, or given by a solution."""
        columns = np.concatenate([np.zeros(0, dtype=np.int64), *(line.columns for line in self.lines)])
        side = np.concatenate([np.zeros(0), *(line.before for line in self.lines)])
        rows = np.flatnonzero(columns >= 0) if values is None else np.zeros(0, dtype=np.int64)
        if values is not None:
            side -= np.where(columns >= 0, values[columns], 0.0)
        names = [("unchanged", (row,)) for row in range(len(side))]
        found = arrays.with_rows(names, (rows, columns[rows], np.ones(len(rows))), side, side)
        places, numbers, coefficients = self._terms
        terms = places + len(arrays.row_lower), numbers, coefficients
        return found.with_columns(self._names, terms, self._costs, np.full(len(self._costs), np.inf))

    # ------------------------------------------------------------------ results
    def changes(self, values: Floats, flows: Floats) -> list[Change]:
        """Return what differs from the earlier plan, line by line.

        Parameters
        ----------
        values : ndarray
            A solution of the program.
        flows : ndarray
            The solution of :meth:`alone` for it.
        """
        found: list[Change] = []
        amounts = dict(zip(self._names, flows.tolist(), strict=True))
        for number, line in enumerate(self.lines):
            months = range(len(line.before))
            dropped, added = (
                np.array([amounts.get((kind, (number, t)), 0.0) for t in months]) for kind in (DROPPED, ADDED)
            )
            found += _without_source(line, DROPPED, dropped, line.weight)
            found += _without_source(line, ADDED, added, line.addition)
            found += _moves(line, line.before - dropped, line.after(values) - added)
        for line in self.others:
            found += _without_source(line, ADDED, line.after(values), line.addition)
        return found


def _sum(coefficients: Floats) -> tuple[Any, Any, Any]:
    """Return the terms of one row, a weighted sum of columns."""
    columns = np.flatnonzero(coefficients)
    return np.zeros(len(columns), dtype=np.int64), columns, coefficients[columns]


def _columns(
    lines: Sequence[Line], first: Sequence[int], unit: float
) -> tuple[list[Any], tuple[Any, Any, Any], Floats]:
    """Return names, terms and costs of the network's columns.

    The balance of a month: ``after + dropped - added + later[t] - later[t-1] + earlier[t-1] - earlier[t] = before``.
    """
    names: list[Any] = []
    terms: list[tuple[int, int, float]] = []
    costs: list[float] = []
    for number, line in enumerate(lines):
        for kind, t, cost in _arcs(line):
            row, column = first[number] + t, len(names)
            names.append((kind, (number, t)))
            costs.append(cost / unit)
            terms.append((row, column, -1.0 if kind in (ADDED, "earlier") else 1.0))
            if kind in ("later", "earlier"):
                terms.append((row + 1, column, -terms[-1][2]))
    rows, columns, coefficients = zip(*terms, strict=True) if terms else ((), (), ())
    return names, (np.array(rows, dtype=np.int64), columns, coefficients), np.array(costs, dtype=float)


def _arcs(line: Line) -> Iterator[tuple[str, int, float]]:
    """Yield kind, month and cost of the columns of a line."""
    for t, weight in enumerate(line.weight.tolist()):
        if line.before[t] > 0:
            yield DROPPED, t, weight
        if line.columns[t] >= 0:
            yield ADDED, t, float(line.addition[t])
        if t + 1 < len(line.weight):
            yield "later", t, SHARE * weight
            if not line.open[t + 1]:  # nothing of the earlier plan is there, and what is added there must not move
                yield "earlier", t, SHARE * weight


def _without_source(line: Line, change: str, blocks: Floats, weight: Floats) -> Iterator[Change]:
    """Yield the blocks that are dropped or added; those that count nothing are no change."""
    for t in np.flatnonzero((blocks > _NO_BLOCK) & (weight > 0)).tolist():
        month, amount = line.first + t, float(blocks[t])
        a, b = (month, None) if change == DROPPED else (None, month)
        yield Change(change, line.decision, line.item, line.pool, a, b, amount, amount * float(weight[t]))


def _moves(line: Line, before: Floats, after: Floats) -> Iterator[Change]:
    """Yield the blocks that moved: the first of the earlier plan becomes the first of this one, and so on."""
    left, right = before.copy(), after.copy()
    passed = np.append(0.0, np.cumsum(SHARE * line.weight))  # what a block counts that is moved from the first month
    source = target = 0
    while True:
        while source < len(left) and left[source] <= _NO_BLOCK:
            source += 1
        while target < len(right) and right[target] <= _NO_BLOCK:
            target += 1
        if source == len(left) or target == len(right):
            return
        blocks = float(min(left[source], right[target]))
        left[source] -= blocks
        right[target] -= blocks
        if source != target:
            counts = blocks * abs(float(passed[target] - passed[source]))
            place = line.decision, line.item, line.pool
            yield Change(MOVED, *place, line.first + source, line.first + target, blocks, counts)
