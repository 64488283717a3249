"""IIS by QuickXplain (Junker, 2004), if HiGHS finds none: drop rows and bounds while the rest is infeasible.

First by groups of rows and bounds, a family of one item in all its months, then by the single members of the groups
that remain. Rows that only define a quantity are never dropped.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Hashable
from typing import Any

import numpy as np

from optimizer.program.arrays import Arrays
from optimizer.program.row_names import defines, item_group
from optimizer.solver.feasibility import has_solution

_EACH = 5.0  # seconds for one feasibility check
Part = tuple[int, ...]  # numbers of rows; columns are numbered after them


def find_iis_by_quickxplain(arrays: Arrays, until: float) -> tuple[tuple[int, ...], tuple[int, ...], bool]:
    """Return the rows and column bounds of an infeasible subsystem, and whether it is proven irreducible.

    Parameters
    ----------
    arrays : Arrays
        The program.
    until : float
        When to end, on the clock of ``time.perf_counter()``. The result is then infeasible, but may be reducible.
    """
    search = _Halving(arrays, until)
    if not search.clash(search.everything()):
        return (), (), False
    for parts in (search.groups, search.singles):
        search.kept = [place for part in search.explain([], False, parts()) for place in part]
    found, rows = sorted(search.kept), len(arrays.row_lower)
    columns = tuple(place - rows for place in found if place >= rows)
    return tuple(place for place in found if place < rows), columns, search.sure


class _Halving:
    def __init__(self, arrays: Arrays, until: float) -> None:
        self.arrays, self.until = arrays, until
        self.sure = True  # every check was conclusive in time
        rows = len(arrays.row_lower)
        bounded = np.flatnonzero(np.isfinite(arrays.upper) | (arrays.lower != 0))
        saying = [place for place, row in enumerate(arrays.rows) if not defines(row)]
        self.ground = sorted(set(range(rows)) - set(saying))
        self.kept = [*saying, *(rows + bounded).tolist()]

    def component(self, place: int) -> Any:
        rows = len(self.arrays.rows)
        return self.arrays.rows[place] if place < rows else self.arrays.columns[place - rows]

    def everything(self) -> list[Part]:
        return [tuple(self.kept)]

    def groups(self) -> list[Part]:
        found: dict[Hashable, list[int]] = defaultdict(list)
        for place in self.kept:
            found[place < len(self.arrays.rows), item_group(self.component(place))].append(place)
        return [tuple(places) for places in found.values()]

    def singles(self) -> list[Part]:
        return [(place,) for place in self.kept]

    def clash(self, parts: list[Part]) -> bool:
        """Return whether parts are proven infeasible together, within the time limit."""
        rows = len(self.arrays.rows)
        mask = np.zeros(rows + len(self.arrays.cost), dtype=bool)
        mask[self.ground] = True
        for part in parts:
            mask[list(part)] = True
        left = min(self.until - time.perf_counter(), _EACH)
        if left <= 0:
            self.sure = False
            return False
        found = has_solution(self.arrays.keeping(mask[:rows], mask[rows:]), left)
        self.sure = self.sure and found is not None
        return found is False

    def explain(self, ground: list[Part], has_new: bool, parts: list[Part]) -> list[Part]:
        if has_new and self.clash(ground):
            return []
        if len(parts) <= 1 or time.perf_counter() > self.until:
            self.sure = self.sure and len(parts) <= 1
            return parts
        first, second = parts[: len(parts) // 2], parts[len(parts) // 2 :]
        needed = self.explain(ground + first, bool(first), second)
        return self.explain(ground + needed, bool(needed), first) + needed
