"""Programs in which workloads that can run in the same pools share their columns.

Workloads with the same yields in the same pools are interchangeable: allocations of their sum can be divided among them
in any proportion. Merging their rows and columns keeps the optimum, the bound and the dual values, and makes programs
with hundreds of workloads several times smaller.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optimizer.program.arrays import Arrays, Floats, Ints, Mask, by_column
from optimizer.program.row_names import family_of
from optimizer.solver.solution import Solution, Stop

_Hashes = NDArray[np.uint64]
_FAMILIES = ("demand_met", "outage_demand")  # rows of the work of one workload
_LEAST_COLUMNS = 1_500  # that must be saved
_LEAST_SHARE, _LEAST_SHARE_OF_SEARCH = 0.1, 0.5  # of the columns: a search can take longer although its LP does not


@dataclass(frozen=True)
class MergedProgram:
    """A program with merged rows and columns, and the way back to the original one.

    Attributes
    ----------
    arrays : Arrays
        The merged program.
    original : Arrays
        The program that it was made from.
    row, column : ndarray
        Row and column of the merged program by row and column of the original.
    groups : list of tuple of ndarray
        Rows of the original that are merged into one, and their merged columns: one line for each row.
    """

    arrays: Arrays
    original: Arrays
    row: Ints
    column: Ints
    groups: list[tuple[Ints, Ints]]

    def merged_values(self, values: Floats) -> Floats:
        """Return values of the merged columns: the sums of those of the original."""
        return np.bincount(self.column, weights=values, minlength=len(self.arrays.cost)).astype(float)

    def original_values(self, values: Floats) -> Floats:
        """Return values of the original columns: allocations in the order of workloads and pools until each is served.

        What the last workload of a group receives beyond its demand is rounding, or work beyond the least of a row.
        """
        found, divided = values[self.column], np.zeros(len(self.column), dtype=bool)
        for _, columns in self.groups:
            divided[columns] = True
        open_ = self.original.row_lower - self.original.activity(np.where(divided, 0.0, found))
        coefficient = self._coefficients()
        for rows, columns in self.groups:
            rates = coefficient[columns[0]]
            done = np.append(0.0, np.cumsum(rates * found[columns[0]]))
            needed = np.minimum(np.append(0.0, np.cumsum(np.maximum(open_[rows], 0.0))), done[-1])
            needed[-1] = done[-1]
            ends = np.minimum(needed[1:, None], done[None, 1:])
            found[columns] = np.maximum(ends - np.maximum(needed[:-1, None], done[None, :-1]), 0.0) / rates
        return found

    def _coefficients(self) -> Floats:
        """Return the coefficient of each merged column of the original in its row of work."""
        work = np.zeros(len(self.row), dtype=bool)
        for rows, _ in self.groups:
            work[rows] = True
        return _entry_of(self.original, work)[1]

    def solution(self, found: Solution, seconds: float) -> Solution:
        """Return a solution of the merged program as one of the original; a conflict is found in ``seconds``."""
        if found.stop is Stop.INFEASIBLE:
            from optimizer.solver.iis import with_iis  # imports SciPy, which is slow

            return with_iis(found, self.original, seconds)
        return replace(
            found,
            values=None if found.values is None else self.original_values(found.values),
            row_duals=None if found.row_duals is None else found.row_duals[self.row],
            column_duals=None if found.column_duals is None else found.column_duals[self.column],
        )


def merge_workloads(
    arrays: Arrays, least_columns: int = _LEAST_COLUMNS, least_share: float | None = None
) -> MergedProgram | None:
    """Merge the workloads that can run in the same pools, month by month.

    Parameters
    ----------
    arrays : Arrays
        The program.
    least_columns, least_share : int, float or None
        Number and share of the columns that must be saved; by default the share is higher if there are integers.

    Returns
    -------
    MergedProgram or None
        None if too little is saved.
    """
    if least_share is None:
        least_share = _LEAST_SHARE_OF_SEARCH if arrays.integer.any() else _LEAST_SHARE
    work = np.array([family_of(row) in _FAMILIES for row in arrays.rows], dtype=bool)
    if len(arrays.cost) < least_columns or not work.any():
        return None
    row, column, groups = _Merging(arrays, work).run()
    saved = int((column != np.arange(len(column))).sum())
    if not groups or saved < max(least_columns, least_share * len(column)):
        return None
    return _merged(arrays, row, column, groups)


class _Merging:
    """Search for rows of work whose columns are the same but for the row."""

    def __init__(self, arrays: Arrays, work: Mask) -> None:
        self.arrays = arrays
        free = ~arrays.integer & (arrays.lower == 0) & (arrays.upper == np.inf)
        self.row_of, self.coefficient = _entry_of(arrays, work)
        self.joint = free & (self.row_of >= 0) & (self.coefficient > 0)  # columns of one row of work
        self.work = work & self._is_divisible(work)
        self.joint &= self.work[self.row_of]
        self.columns = np.flatnonzero(self.joint)
        self.columns = self.columns[np.argsort(self.row_of[self.columns], kind="stable")]  # row by row
        self.counts = np.bincount(self.row_of[self.columns], minlength=len(work))
        self.starts = np.append(0, np.cumsum(self.counts))

    def _is_divisible(self, work: Mask) -> Mask:
        """Whether the joint columns of a row have work to do whatever the others are, and any amount or enough."""
        a = self.arrays
        terms = work[a.indices] & ~self.joint[a.term_columns]
        rows, columns, values = a.indices[terms], a.term_columns[terms], a.values[terms]
        most = np.where(values > 0, values * a.upper[columns], values * a.lower[columns])
        others = np.bincount(rows, weights=most, minlength=len(work))
        sided = np.isfinite(a.row_lower) & ((a.row_upper == a.row_lower) | (a.row_upper == np.inf))
        return np.asarray(sided & (np.where(sided, a.row_lower, 0.0) - others >= 0))

    def run(self) -> tuple[Ints, Ints, list[tuple[Ints, Ints]]]:
        """Return the leading row and column of every row and column, and the groups."""
        row, column = np.arange(len(self.work)), np.arange(len(self.joint))
        groups = []
        for rows in self._candidates():
            places = self.starts[rows][:, None] + np.arange(self.counts[rows[0]])
            columns = self.columns[places]
            row[rows], column[columns] = rows[0], columns[0]
            groups.append((rows, columns))
        unlike = self._unlike(row, column)
        kept = []
        for rows, columns in groups:
            if unlike[columns].any():
                row[rows], column[columns] = rows, columns
            else:
                kept.append((rows, columns))
        return row, column, kept

    def _candidates(self) -> list[Ints]:
        """Return sets of rows whose columns have the same hashes, in the same order."""
        rank = np.arange(len(self.columns)) - self.starts[self.row_of[self.columns]]
        sums = _sums(_mix(self._hashes()[self.columns] + rank.astype(np.uint64)), self.starts)
        sums += (self.arrays.row_upper == np.inf).astype(np.uint64)
        rows = np.flatnonzero(self.work & (self.counts > 0))
        order = rows[np.argsort(sums[rows], kind="stable")]
        breaks = np.flatnonzero((sums[order][1:] != sums[order][:-1]) | np.diff(self.counts[order]).astype(bool)) + 1
        return [rows for rows in np.split(order, breaks) if len(rows) > 1]

    def _hashes(self) -> _Hashes:
        """Return a hash of each column: cost, coefficient in its row of work, and all terms in other rows."""
        a = self.arrays
        terms = _mix(_mix(a.indices.astype(np.uint64)) + _bits(a.values))
        tails = _sums(np.where(self.work[a.indices], np.uint64(0), terms), a.starts)
        return _mix(tails + _mix(_bits(a.cost)) + _mix(_mix(_bits(self.coefficient))))

    def _unlike(self, row: Ints, column: Ints) -> Mask:
        """Whether the terms of a column differ from those of its leading column: two hashes can agree by chance."""
        a, lengths = self.arrays, np.diff(self.arrays.starts)
        unlike = (a.cost != a.cost[column]) | (lengths != lengths[column])
        each = np.flatnonzero(~unlike & (column != np.arange(len(column))))
        places, of = _ranges(a.starts[each], lengths[each])
        leading = _ranges(a.starts[column[each]], lengths[each])[0]
        wrong = (row[a.indices[places]] != row[a.indices[leading]]) | (a.values[places] != a.values[leading])
        unlike[each[of[wrong]]] = True
        return np.asarray(unlike)


def _merged(arrays: Arrays, row: Ints, column: Ints, groups: list[tuple[Ints, Ints]]) -> MergedProgram:
    """Return the program of the leading rows and columns, with the sides of merged rows added up."""
    rows, row_number = np.unique(row, return_inverse=True)
    columns, column_number = np.unique(column, return_inverse=True)
    kept = (column == np.arange(len(column)))[arrays.term_columns]
    places, owners, values = row_number[arrays.indices[kept]], column_number[arrays.term_columns[kept]], arrays.values
    order = np.argsort(places, kind="stable")
    starts, indices, values = by_column(places[order], owners[order], values[kept][order], len(columns))
    low, high = (np.bincount(row_number, weights=sides).astype(float) for sides in (arrays.row_lower, arrays.row_upper))
    merged = Arrays(
        cost=arrays.cost[columns],
        offset=arrays.offset,
        lower=arrays.lower[columns],
        upper=arrays.upper[columns],
        integer=arrays.integer[columns],
        starts=starts,
        indices=indices,
        values=values,
        row_lower=low,
        row_upper=high,
        columns=tuple(arrays.columns[place] for place in columns.tolist()),
        rows=tuple(arrays.rows[place] for place in rows.tolist()),
    )
    return MergedProgram(merged, arrays, row_number, column_number, groups)


def _entry_of(arrays: Arrays, rows: Mask) -> tuple[Ints, Floats]:
    """Return row and coefficient of each column in a set of rows, if it has exactly one there; else -1 and 0."""
    inside = rows[arrays.indices]
    columns = arrays.term_columns[inside]
    single = np.bincount(columns, minlength=len(arrays.cost)) == 1
    row_of, coefficient = np.full(len(arrays.cost), -1), np.zeros(len(arrays.cost))
    row_of[columns], coefficient[columns] = arrays.indices[inside], arrays.values[inside]
    row_of[~single], coefficient[~single] = -1, 0.0
    return row_of, coefficient


def _ranges(starts: Ints, lengths: Ints) -> tuple[Ints, Ints]:
    """Return the places of several ranges one after the other, and the number of the range of each."""
    of = np.repeat(np.arange(len(starts)), lengths)
    return np.arange(len(of)) - np.repeat(np.cumsum(lengths) - lengths, lengths) + starts[of], of


def _sums(hashes: _Hashes, starts: Ints) -> _Hashes:
    """Return the sums of consecutive hashes, modulo 2^64."""
    total = np.append(np.uint64(0), np.cumsum(hashes, dtype=np.uint64))
    return np.asarray(total[starts[1:]] - total[starts[:-1]])


def _bits(values: Floats) -> _Hashes:
    return np.asarray(values + 0.0, dtype=float).view(np.uint64)


def _mix(numbers: Any) -> _Hashes:
    """Return well-distributed hashes of integers (the finaliser of SplitMix64)."""
    mixed = np.asarray(numbers, dtype=np.uint64) + np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(mixed ^ (mixed >> np.uint64(31)))
