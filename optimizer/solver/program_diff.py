"""Difference of two compiled programs: whether one can replace the other in a live model, and if not, why."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from optimizer.program.arrays import Arrays
from optimizer.program.row_names import name_of

_EXAMPLES = 2


def structural_difference(old: Arrays, new: Arrays) -> str | None:
    """Return why ``new`` cannot replace ``old`` in place, or None if the two differ in numbers alone.

    Numbers are costs, bounds, sides of rows and values of coefficients that are non-zero in both. Everything else is
    structure: columns and rows by name and order, integrality, and the places of the non-zeros.

    Parameters
    ----------
    old, new : Arrays
        Two compiled programs.

    Returns
    -------
    str or None
        The first structural difference, with examples by name.
    """
    for kind, before, after in (("column", old.columns, new.columns), ("row", old.rows, new.rows)):
        if before is not after and before != after:
            return _renamed(kind, before, after)
    if not np.array_equal(old.integer, new.integer):
        return f"other columns are integer: {_examples(new.columns, np.flatnonzero(old.integer != new.integer))}"
    if not (np.array_equal(old.starts, new.starts) and np.array_equal(old.indices, new.indices)):
        return f"rows have coefficients of other columns: {_examples(new.rows, _rows_with_other_cells(old, new))}"
    return None


def _renamed(kind: str, before: Sequence[Any], after: Sequence[Any]) -> str:
    """Names that only one of two programs has."""
    added = list(dict.fromkeys(after).keys() - dict.fromkeys(before).keys())
    removed = list(dict.fromkeys(before).keys() - dict.fromkeys(after).keys())
    if not added and not removed:
        return f"{kind}s come in another order"
    changes = [f"{len(names)} {kind}s {verb}" for names, verb in ((added, "added"), (removed, "removed")) if names]
    names = sorted(map(name_of, added or removed))[:_EXAMPLES]
    return f"{' and '.join(changes)}, such as {', '.join(names)}"


def _rows_with_other_cells(old: Arrays, new: Arrays) -> Any:
    """Numbers of rows whose non-zeros stand in other columns."""
    cells = [_cells(arrays) for arrays in (old, new)]
    return np.unique(np.setxor1d(*cells) // len(new.columns))


def _cells(arrays: Arrays) -> Any:
    """One number per non-zero: row times number of columns, plus column."""
    return arrays.indices * len(arrays.cost) + arrays.term_columns


def _examples(names: Sequence[Any], places: Any) -> str:
    return ", ".join(name_of(names[place]) for place in places[:_EXAMPLES])
