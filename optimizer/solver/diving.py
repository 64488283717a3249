"""Diving heuristic: integer columns are rounded up a few at a time, with the linear program reoptimised in between."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from optimizer.program.arrays import Arrays, Floats, Ints
from optimizer.solver.highs import Model

Solve = Callable[[Model], Floats | None]  # optimal values, from the last basis; None if infeasible

INTEGRALITY_TOLERANCE = 1e-6  # integrality tolerance of HiGHS
_SHARE = 0.05  # of the fractional columns, rounded at once
_NEARLY = 0.8  # fractional part from which on all are rounded at once
_MOST_SETBACKS = 300


@dataclass(frozen=True)
class Dive:
    """Result of a dive.

    Attributes
    ----------
    relaxation : ndarray
        Solution of the linear relaxation.
    values : ndarray or None
        Integral solution; None if the dive failed.
    lower, upper : ndarray
        Bounds of the columns at its end.
    stuck : ndarray
        Columns that were fractional at its end.
    """

    relaxation: Floats
    values: Floats | None
    lower: Floats
    upper: Floats
    stuck: Ints


def dive(arrays: Arrays, model: Model, relaxation: Floats, solve: Solve) -> Dive:
    """Dive for an integral solution from the solution of the linear relaxation, which is loaded in the model.

    Binary decisions are fixed before numbers of blocks, which can still adapt. Rounding is up: excess capacity is
    expensive, but missing capacity may be infeasible. If the program becomes infeasible, the value is rounded down.
    (Fractional diving, with batches: Achterberg, Constraint Integer Programming, 2007, 9.2.)
    """
    return _Dive(arrays, model, solve).run(relaxation)


class _Dive:
    def __init__(self, arrays: Arrays, model: Model, solve: Solve) -> None:
        self.arrays = arrays.relaxed()
        self.integers = np.flatnonzero(arrays.integer)
        self.binary = arrays.upper - arrays.lower <= 1
        self.solve = solve
        self.model = model

    def run(self, start: Floats) -> Dive:
        values, setbacks, one_by_one = start, 0, 0
        while len(open_ := self._open(values)):
            batch = self._batch(values, open_, 1 if one_by_one else len(open_))
            one_by_one = max(one_by_one - 1, 0)
            found = self._try(batch, lower=np.ceil(values[batch]))
            if found is None:
                setbacks += 1
                if len(batch) > 1:
                    one_by_one = len(batch)
                    continue
                found = self._try(batch, upper=np.floor(values[batch]))
            if found is None or setbacks > _MOST_SETBACKS:
                return self._end(start, None, self._open(values))
            values = found
        return self._end(start, values, open_)

    def _end(self, start: Floats, values: Floats | None, stuck: Ints) -> Dive:
        return Dive(start, values, self.arrays.lower, self.arrays.upper, stuck)

    def _open(self, values: Floats) -> Ints:
        """Return the integer columns with fractional values."""
        share = values[self.integers] - np.floor(values[self.integers])
        return self.integers[(share > INTEGRALITY_TOLERANCE) & (share < 1 - INTEGRALITY_TOLERANCE)]

    def _batch(self, values: Floats, open_: Ints, most: int) -> Ints:
        """Return the columns to round up next: those with the largest fractional parts."""
        binary = open_[self.binary[open_]]
        chosen = binary if len(binary) else open_
        share = values[chosen] - np.floor(values[chosen])
        count = max(1, int(np.ceil(_SHARE * len(chosen))), int((share >= _NEARLY).sum()))
        return chosen[np.lexsort((chosen, -share))[: min(count, most)]]

    def _try(self, batch: Ints, lower: Floats | None = None, upper: Floats | None = None) -> Floats | None:
        """Values with other bounds of some columns, which stay where there are any."""
        before = self.arrays
        tried = before.lower.copy(), before.upper.copy()
        for bounds, wanted in zip(tried, (lower, upper), strict=True):
            if wanted is not None:
                bounds[batch] = wanted
        after = replace(before, lower=tried[0], upper=tried[1])
        self.model.change(after)
        found = self.solve(self.model)
        if found is None:
            self.model.change(before)
        else:
            self.arrays = after
        return found
