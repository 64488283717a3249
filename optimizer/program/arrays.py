"""A program as sparse arrays, and the programs that are made of it: with more rows or columns, or a part of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]
Terms = tuple[Sequence[int] | NDArray[Any], Sequence[int] | NDArray[Any], ArrayLike]  # rows, columns, coefficients


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
    integer: Mask
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

    @property
    def term_columns(self) -> Ints:
        """Column of each term; ``indices`` are the rows."""
        return np.repeat(np.arange(len(self.cost)), np.diff(self.starts))

    # ------------------------------------------------------------------ other programs
    def relaxed(self) -> Arrays:
        """Return the linear relaxation."""
        return replace(self, integer=np.zeros_like(self.integer))

    def with_bounds(self, lower: Floats, upper: Floats) -> Arrays:
        """Return the linear relaxation with its columns between other bounds."""
        return replace(self, lower=lower, upper=upper, integer=np.zeros_like(self.integer))

    def with_values(self, fixed: Mask, values: Floats) -> Arrays:
        """Return the linear relaxation with some columns fixed at their values."""
        return self.with_bounds(np.where(fixed, values, self.lower), np.where(fixed, values, self.upper))

    def without_cost(self) -> Arrays:
        """Return the program without its objective."""
        return replace(self, cost=np.zeros(len(self.cost)), offset=0.0)

    def keeping(self, rows: Mask, columns: Mask) -> Arrays:
        """Return the program without cost, with only some of its rows and of its columns' bounds."""
        return replace(
            self,
            cost=np.zeros_like(self.cost),
            row_lower=np.where(rows, self.row_lower, -np.inf),
            row_upper=np.where(rows, self.row_upper, np.inf),
            lower=np.where(columns, self.lower, np.minimum(self.lower, 0.0)),
            upper=np.where(columns, self.upper, np.inf),
        )

    def with_rows(self, names: Iterable[Any], terms: Terms, lower: ArrayLike, upper: ArrayLike) -> Arrays:
        """Return the program with more rows after its own.

        Parameters
        ----------
        names : iterable
            What each of them is.
        terms : tuple of three sequences
            Number of the new row (from 0), column and coefficient of each term.
        lower, upper : array_like
            Bounds of the new rows.
        """
        return replace(
            self._with_terms(terms, len(self.row_lower), 0, len(self.cost)),
            row_lower=np.append(self.row_lower, lower),
            row_upper=np.append(self.row_upper, upper),
            rows=(*self.rows, *names),
        )

    def with_columns(self, names: Iterable[Any], terms: Terms, cost: ArrayLike, upper: ArrayLike) -> Arrays:
        """Return the program with more columns after its own, continuous and at least 0.

        Parameters
        ----------
        names : iterable
            What each of them is.
        terms : tuple of three sequences
            Row, number of the new column (from 0) and coefficient of each term.
        cost, upper : array_like
            Costs and upper bounds of the new columns.
        """
        listed = tuple(names)
        return replace(
            self._with_terms(terms, 0, len(self.cost), len(self.cost) + len(listed)),
            cost=np.append(self.cost, cost),
            lower=np.append(self.lower, np.zeros(len(listed))),
            upper=np.append(self.upper, upper),
            integer=np.append(self.integer, np.zeros(len(listed), dtype=bool)),
            columns=(*self.columns, *listed),
        )

    def _with_terms(self, terms: Terms, row: int, column: int, count: int) -> Arrays:
        """Return the program with more terms in its matrix, their rows and columns counted from ``row``, ``column``."""
        rows, columns = (np.asarray(places, dtype=np.int64) for places in terms[:2])
        order = np.argsort(rows, kind="stable")
        starts, indices, values = by_column(
            np.append(self.indices, rows[order] + row),
            np.append(self.term_columns, columns[order] + column),
            np.append(self.values, np.asarray(terms[2], dtype=float)[order]),
            count,
        )
        return replace(self, starts=starts, indices=indices, values=values)

    def part(self, rows: Ints, columns: Ints) -> Arrays:
        """Return the program of some rows and columns, by their numbers in ascending order."""
        lengths = np.diff(self.starts)[columns]
        ends = np.cumsum(lengths)
        terms = np.repeat(self.starts[columns] - (ends - lengths), lengths) + np.arange(lengths.sum())
        number = np.full(len(self.row_lower), -1)
        number[rows] = np.arange(len(rows))
        inside = number[self.indices[terms]]
        kept = inside >= 0
        column = np.repeat(np.arange(len(columns)), lengths)[kept]
        return Arrays(
            cost=self.cost[columns],
            offset=self.offset,
            lower=self.lower[columns],
            upper=self.upper[columns],
            integer=self.integer[columns],
            starts=np.append(0, np.cumsum(np.bincount(column, minlength=len(columns)))),
            indices=inside[kept],
            values=self.values[terms[kept]],
            row_lower=self.row_lower[rows],
            row_upper=self.row_upper[rows],
            columns=tuple(self.columns[column] for column in columns.tolist()),
            rows=tuple(self.rows[row] for row in rows.tolist()),
        )

    def without(self, fixed: Mask, values: Floats) -> Arrays:
        """Return the program of the columns that are not fixed; what the others give is in its sides and offset."""
        used = np.where(fixed, values, 0.0)
        given, rest = self.activity(used), self.part(np.arange(len(self.row_lower)), np.flatnonzero(~fixed))
        return replace(
            rest,
            offset=self.offset + float(self.cost @ used),
            row_lower=self.row_lower - given,
            row_upper=self.row_upper - given,
        )

    # ------------------------------------------------------------------ points
    def activity(self, x: Floats) -> Floats:
        """Row activities of a point."""
        terms = self.values * x[self.term_columns]
        return np.bincount(self.indices, weights=terms, minlength=len(self.row_lower)).astype(float)

    def worst_violation(self, x: Floats) -> float:
        """Largest violation of a row or bound by a point, relative to the size of the row's terms."""
        terms = self.values * x[self.term_columns]
        activity = np.bincount(self.indices, weights=terms, minlength=len(self.row_lower))
        size = 1.0 + np.bincount(self.indices, weights=np.abs(terms), minlength=len(self.row_lower))
        over = np.maximum(np.maximum(activity - self.row_upper, self.row_lower - activity), 0.0) / size
        outside = np.maximum(np.maximum(x - self.upper, self.lower - x), 0.0) / (1.0 + np.abs(x))
        return float(max(over.max(initial=0.0), outside.max(initial=0.0)))


def by_column(rows: NDArray[Any], columns: NDArray[Any], values: Floats, count: int) -> tuple[Ints, Ints, Floats]:
    """Column-wise form of terms; SciPy has it too, but takes longer to import than most programs to be compiled.

    Parameters
    ----------
    rows, columns, values : ndarray
        Row, column and coefficient of each term, row after row. Terms of a row with the same column are added up.
    count : int
        Number of columns.

    Returns
    -------
    starts, indices, values : ndarray
        Where the terms of each column begin (one more than columns); their rows, in order; their coefficients.
    """
    order = np.argsort(columns, kind="stable")
    row, column, value = rows[order], columns[order], values[order]
    del order
    new = np.ones(len(row), dtype=bool)
    new[1:] = (column[1:] != column[:-1]) | (row[1:] != row[:-1])
    if not new.all():
        row, column = row[new], column[new]
        value = np.bincount(np.cumsum(new) - 1, weights=value).astype(float)
    starts = np.append(0, np.cumsum(np.bincount(column, minlength=count)))
    return starts, row.astype(np.int64), value
