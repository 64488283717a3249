"""Independent parts of a linear program: what is left of it when fixed columns are taken out falls apart."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import block_array, csc_array, csr_array
from scipy.sparse.csgraph import connected_components

from optimizer.program.compile import Arrays, Floats, Ints


@dataclass(frozen=True)
class Component:
    """Columns and rows that hang together, and their linear program.

    Attributes
    ----------
    columns, rows : ndarray
        Their numbers in the program, ascending.
    matrix : csc_array
        Coefficients, rows by columns.
    cost, lower, upper, row_lower, row_upper : ndarray
        As of :class:`~optimizer.program.compile.Arrays`; the part of fixed columns is taken off the sides of the rows.
    """

    columns: Ints
    rows: Ints
    matrix: csc_array
    cost: Floats
    lower: Floats
    upper: Floats
    row_lower: Floats
    row_upper: Floats


@dataclass(frozen=True)
class Split:
    """A linear program taken apart.

    Attributes
    ----------
    parts : list of Component
        Independent parts.
    part_of_row, part_of_column : ndarray
        Number of the part that a row or column is in; -1 for fixed columns and for rows of fixed columns alone.
    row_lower, row_upper : ndarray
        Sides of all rows, the part of fixed columns taken off.
    """

    parts: list[Component]
    part_of_row: Ints
    part_of_column: Ints
    row_lower: Floats
    row_upper: Floats


def split(arrays: Arrays, free: NDArray[np.bool_]) -> Split:
    """Take a linear program apart.

    Parameters
    ----------
    arrays : Arrays
        The program; its integrality is ignored.
    free : ndarray of bool
        Columns that are not fixed; all others are taken to be at their lower bound.
    """
    matrix = csc_array((arrays.values, arrays.indices, arrays.starts), shape=(len(arrays.row_lower), len(arrays.cost)))
    fixed = arrays.activity(np.where(free, 0.0, arrays.lower))
    row_lower, row_upper = arrays.row_lower - fixed, arrays.row_upper - fixed
    chosen = np.flatnonzero(free)
    sub = csc_array(matrix[:, chosen])
    labels = _labels(sub)
    of_row, of_column = labels[: len(row_lower)].copy(), np.full(len(arrays.cost), -1, dtype=np.int64)
    of_row[np.diff(csr_array(sub).indptr) == 0] = -1
    of_column[chosen] = labels[len(row_lower) :]
    columns, rows = _members(of_column), _members(of_row)
    parts: list[Component] = []
    numbers: dict[int, int] = {}
    for label, mine in columns.items():
        numbers[label] = len(parts)
        held = rows.get(label, np.zeros(0, dtype=np.int64))
        inside = csc_array(sub[:, np.searchsorted(chosen, mine)])[held, :]
        bounds = (arrays.cost[mine], arrays.lower[mine], arrays.upper[mine], row_lower[held], row_upper[held])
        parts.append(Component(mine, held, csc_array(inside), *bounds))
    return Split(parts, _renumbered(of_row, numbers), _renumbered(of_column, numbers), row_lower, row_upper)


def _labels(matrix: csc_array) -> Ints:
    """Number of the part of each row, then of each column."""
    linked = block_array([[None, matrix], [matrix.T, None]], format="csr") if matrix.shape[1] else None
    if linked is None:
        return np.full(matrix.shape[0], -1, dtype=np.int64)
    return np.asarray(connected_components(linked, directed=False)[1], dtype=np.int64)


def _members(labels: Ints) -> dict[int, Ints]:
    """Places of each label, ascending; -1 is none."""
    order = np.argsort(labels, kind="stable")
    ordered = labels[order]
    cuts = np.flatnonzero(np.diff(ordered)) + 1
    groups = np.split(order, cuts)
    return {int(labels[group[0]]): group for group in groups if group.size and labels[group[0]] >= 0}


def _renumbered(labels: Ints, numbers: dict[int, int]) -> Ints:
    return np.array([numbers.get(label, -1) for label in labels.tolist()], dtype=np.int64)
