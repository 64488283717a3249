"""Independent parts of a linear program: what is left of it when fixed columns are taken out falls apart."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from optimizer.program.arrays import Arrays, Floats, Ints, Mask


@dataclass(frozen=True)
class Split:
    """A linear program taken apart.

    Attributes
    ----------
    parts : list of Arrays
        Independent parts; what fixed columns contribute is in the sides of their rows.
    part_of_row, part_of_column : ndarray
        Number of the part that a row or column is in; -1 for fixed columns and for rows of fixed columns alone.
    place_of_row, place_of_column : ndarray
        Its number within the part.
    row_lower, row_upper : ndarray
        Sides of all rows, less what fixed columns contribute.
    """

    parts: list[Arrays]
    part_of_row: Ints
    part_of_column: Ints
    place_of_row: Ints
    place_of_column: Ints
    row_lower: Floats
    row_upper: Floats


def split(arrays: Arrays, free: Mask) -> Split:
    """Take a linear program apart.

    Parameters
    ----------
    arrays : Arrays
        The program; its integrality is ignored.
    free : ndarray of bool
        Columns that are not fixed; all others are taken to be at their lower bound.
    """
    rest, chosen = arrays.relaxed().without(~free, arrays.lower), np.flatnonzero(free)
    rows, columns = _parts(rest)
    count = int(columns.max(initial=-1)) + 1
    row_members, column_members = _members(rows, count), _members(columns, count)
    part_of_column, place_of_column = np.full((2, len(free)), -1, dtype=np.int64)
    part_of_column[chosen], place_of_column[chosen] = columns, _places(column_members, len(columns))
    return Split(
        [rest.part(*members) for members in zip(row_members, column_members, strict=True)],
        rows,
        part_of_column,
        _places(row_members, len(rows)),
        place_of_column,
        rest.row_lower,
        rest.row_upper,
    )


def _parts(arrays: Arrays) -> tuple[Ints, Ints]:
    """Number of the part of each row and of each column; -1 of rows without terms."""
    rows, nodes = len(arrays.row_lower), len(arrays.row_lower) + len(arrays.cost)
    links = coo_array((np.ones(len(arrays.values)), (arrays.indices, rows + arrays.term_columns)), shape=(nodes, nodes))
    labels = connected_components(links, directed=False)[1] if nodes else np.zeros(0, dtype=np.int64)
    used, columns = np.unique(labels[rows:], return_inverse=True)
    number = np.full(nodes, -1, dtype=np.int64)
    number[used] = np.arange(len(used))
    return number[labels[:rows]], columns


def _members(parts: Ints, count: int) -> list[Ints]:
    """Numbers of the members of each part, ascending."""
    order = np.argsort(parts, kind="stable")
    bounds = np.searchsorted(parts[order], np.arange(count + 1))
    return [order[slice(*between)] for between in pairwise(bounds)]


def _places(members: list[Ints], count: int) -> Ints:
    """Number of each member within its part; -1 of what is in none."""
    places = np.full(count, -1, dtype=np.int64)
    for inside in members:
        places[inside] = np.arange(len(inside))
    return places
