"""Pyomo program to sparse arrays, with the way back to its rows and columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyomo.repn.plugins.standard_form import LinearStandardFormCompiler

from optimizer.program.build import Program, collector_paused

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Arrays:
    """A program as arrays: minimise ``cost . x + offset`` with rows and columns between their bounds.

    The matrix is column-wise: ``starts`` (one more than columns), ``indices`` (rows) and ``values``.
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

    def activity(self, x: Floats) -> Floats:
        """Row activities of a point."""
        column = np.repeat(np.arange(len(self.cost)), np.diff(self.starts))
        return np.bincount(self.indices, weights=self.values * x[column], minlength=len(self.row_lower))

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
    """Compile a program with Pyomo's standard-form compiler.

    Parameters
    ----------
    program : Program
        From :func:`optimizer.build`; constraints and variables added to its model come along.
    relax : bool
        Drop integrality.
    """
    with collector_paused():
        form = LinearStandardFormCompiler().write(program.model, mixed_form=True)
    kinds = np.fromiter((row.bound_type for row in form.rows), dtype=np.int64, count=len(form.rows))
    rhs = np.asarray(form.rhs, dtype=float)
    columns = tuple(form.columns)
    bounds = [variable.bounds for variable in columns]
    matrix = form.A
    return Arrays(
        cost=np.asarray(form.c.todense(), dtype=float).reshape(-1),
        offset=float(np.sum(form.c_offset)),
        lower=np.array([-np.inf if low is None else low for low, _ in bounds], dtype=float),
        upper=np.array([np.inf if high is None else high for _, high in bounds], dtype=float),
        integer=np.array([not relax and not variable.is_continuous() for variable in columns], dtype=bool),
        starts=np.asarray(matrix.indptr, dtype=np.int64),
        indices=np.asarray(matrix.indices, dtype=np.int64),
        values=np.asarray(matrix.data, dtype=float),
        row_lower=np.where(kinds <= 0, rhs, -np.inf),
        row_upper=np.where(kinds >= 0, rhs, np.inf),
        columns=columns,
        rows=tuple(row.constraint for row in form.rows),
    )


def settle_values(program: Program, arrays: Arrays, x: Floats) -> Floats:
    """Values of a solution in the order of the program's columns; one that no row or cost uses takes its lower bound."""
    position = {id(variable): number for number, variable in enumerate(arrays.columns)}
    found = np.fromiter((position.get(id(v), -1) for v in program.columns), dtype=np.int64, count=len(program.columns))
    values = np.where(found >= 0, x[found], 0.0)
    for number in np.flatnonzero(found < 0).tolist():
        values[number] = program.columns[number].lb or 0.0
    return values
