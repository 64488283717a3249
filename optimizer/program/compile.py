"""The program as sparse arrays, with the way back to its rows and columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optimizer.errors import SolverError
from optimizer.program.build import Program, collector_paused
from optimizer.program.columnwise import by_column
from optimizer.program.money import net_present_cost
from optimizer.program.parts import Parts
from optimizer.program.row import Row
from optimizer.program.themes import name_of

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Limits = tuple[Floats, Floats, NDArray[np.bool_]]  # bounds, and which are whole


@dataclass(frozen=True)
class Arrays:
    """A program as arrays: minimise ``cost . x + offset`` with rows and columns between their bounds.

    The matrix is column-wise: ``starts`` (one more than columns), ``indices`` (rows) and ``values``. ``columns`` and
    ``rows`` tell what each is: family and key of the program's own, the Pyomo component of what was added to the model.
    """

    cost: Floats
    offset: float
    lower: Floats
    upper: Floats
    integer: NDArray[np.bool_]
    starts: Ints
    indices: Ints
    values: Floats
    row_lower: Floats
    row_upper: Floats
    columns: tuple[Any, ...]
    rows: tuple[Any, ...]

    @property
    def size(self) -> dict[str, int]:
        """Columns, rows, nonzeros and integer columns."""
        return {
            "columns": len(self.cost),
            "rows": len(self.row_lower),
            "nonzeros": len(self.values),
            "integers": int(self.integer.sum()),
        }

    def with_bounds(self, lower: Floats, upper: Floats) -> Arrays:
        """The same program without whole numbers, its columns between other bounds."""
        return replace(self, lower=lower, upper=upper, integer=np.zeros_like(self.integer))

    def relaxed(self) -> Arrays:
        """The same program without whole numbers."""
        return replace(self, integer=np.zeros_like(self.integer))

    def keeping(self, rows: NDArray[np.bool_], columns: NDArray[np.bool_]) -> Arrays:
        """The same program without cost, with only some of its rows and of its columns' bounds."""
        return replace(
            self,
            cost=np.zeros_like(self.cost),
            row_lower=np.where(rows, self.row_lower, -np.inf),
            row_upper=np.where(rows, self.row_upper, np.inf),
            lower=np.where(columns, self.lower, np.minimum(self.lower, 0.0)),
            upper=np.where(columns, self.upper, np.inf),
        )

    def activity(self, x: Floats) -> Floats:
        """Row activities of a point."""
        column = np.repeat(np.arange(len(self.cost)), np.diff(self.starts))
        terms = self.values * x[column]
        return np.bincount(self.indices, weights=terms, minlength=len(self.row_lower)).astype(float)

    def worst_violation(self, x: Floats) -> float:
        """Largest violation of a row or bound by a point, relative to the size of the row's terms."""
        column = np.repeat(np.arange(len(self.cost)), np.diff(self.starts))
        terms = self.values * x[column]
        activity = np.bincount(self.indices, weights=terms, minlength=len(self.row_lower))
        size = 1.0 + np.bincount(self.indices, weights=np.abs(terms), minlength=len(self.row_lower))
        over = np.maximum(np.maximum(activity - self.row_upper, self.row_lower - activity), 0.0) / size
        outside = np.maximum(np.maximum(x - self.upper, self.lower - x), 0.0) / (1.0 + np.abs(x))
        return float(max(over.max(initial=0.0), outside.max(initial=0.0)))


def compile_program(program: Program, relax: bool = False) -> Arrays:
    """Compile a program to sparse arrays.

    The rows of our own families are taken as they are written. Where the program's Pyomo model was asked for, it can
    have been changed, and it is compiled as it is now: what was added or changed goes through Pyomo's standard
    representation.

    Parameters
    ----------
    program : Program
        From :func:`optimizer.build`; constraints and variables added to its model come along.
    relax : bool
        Drop integrality.

    Raises
    ------
    SolverError
        If something nonlinear or a number that is not finite was added to the model, or it has not exactly one
        objective, to be minimised.
    """
    with collector_paused():
        found = _modelled(program) if program.is_modelled else _written(program.parts)
        return found.relaxed() if relax else found


def _modelled(program: Program) -> Arrays:
    from optimizer.program.compile_model import compile_model  # Pyomo, which is long to import

    return compile_model(program)


def _written(m: Parts) -> Arrays:
    """Arrays of a program as it is written."""
    names = tuple((family, key) for family, rows in m.rows.items() for key in rows)
    rows = [row for family in m.rows.values() for row in family.values()]
    whole = np.fromiter(m.whole, dtype=bool, count=len(m.whole))
    return arrays_of(names, rows, m.names, (net_present_cost(m), 0.0), (np.array(m.lower), np.array(m.upper), whole))


def arrays_of(
    names: tuple[Any, ...], rows: list[Row], columns: Sequence[Any], cost: tuple[Floats, float], limits: Limits
) -> Arrays:
    """Arrays of rows, with the cost and offset, and the bounds and integrality, of columns."""
    count, lengths = len(columns), np.array([len(row.columns) for row in rows], dtype=np.int64)
    every, each = int(lengths.sum()), chain.from_iterable
    values = np.fromiter(each([row.coefficients for row in rows]), dtype=float, count=every)
    places = np.fromiter(each([row.columns for row in rows]), dtype=np.int32, count=every)
    sides = np.array([[row.low for row in rows], [row.high for row in rows]], dtype=float)
    row_of = np.repeat(np.arange(len(rows), dtype=np.int32), lengths)
    _check_finite(names, values, row_of, sides)
    starts, indices, values = by_column(row_of, places, values, count)
    return Arrays(
        cost=cost[0],
        offset=cost[1],
        lower=limits[0],
        upper=limits[1],
        integer=limits[2],
        starts=starts,
        indices=indices,
        values=values,
        row_lower=sides[0],
        row_upper=sides[1],
        columns=tuple(columns),
        rows=names,
    )


def _check_finite(names: tuple[Any, ...], values: Floats, row_of: NDArray[np.int32], sides: Floats) -> None:
    """Refuse rows with a coefficient that is no finite number, or a side that is none: HiGHS would take them."""
    bad = row_of[~np.isfinite(values)]
    if bad.size:
        raise not_finite(names[int(bad[0])], "a coefficient", "finite numbers")
    unlike = np.isnan(sides).any(axis=0) | (sides[0] == np.inf) | (sides[1] == -np.inf)
    if unlike.any():
        raise not_finite(names[int(np.flatnonzero(unlike)[0])], "a side", "sides that can be met")


def not_finite(component: Any, part: str, expected: str) -> SolverError:
    """What is wrong with a row or objective that has a number which is none."""
    return SolverError(
        f"{name_of(component)} has {part} that is NaN or infinite; expected {expected}: check the data it is made from"
    )
