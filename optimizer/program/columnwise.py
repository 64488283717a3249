"""Terms that stand row by row, brought into columns.

SciPy does the same; to import it takes longer than most programs take to be built and compiled.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Small = NDArray[np.int32]  # half the memory: at the peak of compiling there are many of these

_HALF = 16  # bits of a number that NumPy sorts by counting


def by_column(rows: Small, columns: Small, values: Floats, count: int) -> tuple[Ints, Ints, Floats]:
    """Column-wise form of the terms of rows.

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
    order = _order(columns, count)
    row, column, value = rows[order], columns[order], values[order]
    del order
    new = np.ones(len(row), dtype=bool)
    new[1:] = (column[1:] != column[:-1]) | (row[1:] != row[:-1])
    if not new.all():
        row, column = row[new], column[new]
        value = np.bincount(np.cumsum(new) - 1, weights=value).astype(float)
    starts = np.zeros(count + 1, dtype=np.int64)
    np.cumsum(np.bincount(column, minlength=count), out=starts[1:])
    return starts, row.astype(np.int64), value


def _order(columns: Small, count: int) -> Ints:
    """Order of terms by column, else as they stood: by the lower half of its number, then by the upper one."""
    order = np.argsort((columns & (1 << _HALF) - 1).astype(np.uint16), kind="stable")
    if count <= 1 << _HALF:
        return order
    return order[np.argsort((columns >> _HALF).astype(np.uint16)[order], kind="stable")]
