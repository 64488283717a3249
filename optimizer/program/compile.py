"""The program as sparse arrays, with the way back to its rows and columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optimizer.errors import SolverError
from optimizer.program.added import Added, scaled_rows
from optimizer.program.build import Program, collector_paused
from optimizer.program.columnwise import by_column
from optimizer.program.money import net_present_cost
from optimizer.program.program_data import ProgramData
from optimizer.program.row import Row
from optimizer.program.row_names import name_of

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Limits = tuple[Floats, Floats, NDArray[np.bool_]]  # bounds, and which are whole


@dataclass(frozen=True)
class Arrays:
    """A program as arrays: minimise ``cost . x + offset`` with rows and columns between their bounds.

    The matrix is column-wise: ``starts`` (one more than columns), ``indices`` (rows) and ``values``. ``columns`` and
    ``rows`` say what each is: family and key of the program's own, ``AddedVariable`` or ``AddedConstraint``
    (:mod:`optimizer.program.added`) of what was added.
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

    Its own rows are taken as they are written; behind them stands what was added to it, by name or on its Pyomo model.

    Parameters
    ----------
    program : Program
        From :func:`optimizer.build`; constraints and variables added to it come along.
    relax : bool
        Drop integrality.

    Raises
    ------
    AdditionError
        If something in the model cannot be obeyed: it is nonlinear, not finite, or a change of the program's own.
    SolverError
        If a number of the program is not finite.
    """
    with collector_paused():
        found = _written(program.parts, program.added)
        return found.relaxed() if relax else found


def _written(m: ProgramData, added: Added) -> Arrays:
    """Arrays of a program as it is written, with what was added behind its own rows and columns."""
    names = [(family, key) for family, rows in m.rows.items() for key in rows]
    rows = [row for family in m.rows.values() for row in family.values()]
    rows += [scaled.row for scaled in scaled_rows(m, added)]
    own = added.variables
    cost = np.append(net_present_cost(m), np.zeros(len(own)))
    limits = (
        np.array([*m.lower, *(one.low for one in own)], dtype=float),
        np.array([*m.upper, *(one.high for one in own)], dtype=float),
        np.array([*m.whole, *(one.integer for one in own)], dtype=bool),
    )
    return arrays_of((*names, *added.constraints), rows, [*m.names, *own], (cost, 0.0), limits)


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
