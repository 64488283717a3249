"""Parts of a program that may clash, and a memory of which of them can hold together."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable

import numpy as np
from numpy.typing import NDArray

from optimizer.program.arrays import Arrays
from optimizer.program.row_names import defines, family_of, key_of
from optimizer.solver.elastic import Cell, ElasticProgram
from optimizer.solver.feasibility import has_solution

EACH = 5.0  # seconds for one query
Places = frozenset[int]  # numbers of rows, and of columns after them
Parts = list[Places]
_BALANCES = ("active_balance", "delivered_balance", "firm_balance")  # which carry what was agreed before the plan


class FeasibilityCache:
    """Which parts of one program can hold together, with a memory: fewer parts of feasible ones are feasible.

    Parameters
    ----------
    arrays : Arrays
        The program.
    fixed : collection of int
        Rows, and columns counted after them, that every query keeps.
    until : float
        When to end, by ``time.perf_counter()``.
    """

    def __init__(self, arrays: Arrays, fixed: Collection[int], until: float) -> None:
        self.arrays, self.fixed, self.until = arrays, np.array(sorted(fixed), dtype=np.int64), until
        self.feasible: list[Places] = []
        self.infeasible: list[Places] = []

    def is_feasible(self, kept: Iterable[int]) -> bool | None:
        """Whether the fixed parts and these have a solution; None where that is not known in time."""
        places = frozenset(kept)
        if any(places <= known for known in self.feasible):
            return True
        if any(known <= places for known in self.infeasible):
            return False
        left = min(self.until - time.perf_counter(), EACH)
        found = has_solution(self.arrays.keeping(*self._masks(places)), left) if left > 0 else None
        if found is not None:
            (self.feasible if found else self.infeasible).append(places)
        return found

    def _masks(self, places: Places) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        rows = len(self.arrays.row_lower)
        mask = np.zeros(rows + len(self.arrays.cost), dtype=bool)
        mask[self.fixed] = True
        mask[list(places)] = True
        return mask[:rows], mask[rows:]


def reduced(parts: list[int], clash: Callable[[list[int]], bool]) -> list[int]:
    """The parts that are needed for a clash, of those at the end as few as possible (QuickXplain).

    Parameters
    ----------
    parts : list of int
        Parts that clash together.
    clash : callable
        Whether some of them do, by proof.
    """

    def needed(ground: list[int], new: bool, among: list[int]) -> list[int]:
        if new and clash(ground):
            return []
        if len(among) <= 1:
            return among
        first, second = among[: len(among) // 2], among[len(among) // 2 :]
        later = needed(ground + first, True, second)
        return needed(ground + later, bool(later), first) + later

    return [] if clash([]) else needed([], False, parts)


def united(parts: Iterable[Places]) -> Places:
    """All places of some parts."""
    return frozenset().union(*parts)


def carried(arrays: Arrays) -> dict[str, Places]:
    """Rows by which blocks that were agreed before the plan come into it, by agreement."""
    found: dict[str, Places] = {}
    for row in np.flatnonzero(np.isfinite(arrays.row_lower) & (arrays.row_lower != 0)).tolist():
        if family_of(arrays.rows[row]) in _BALANCES:
            name = str(key_of(arrays.rows[row])[0])
            found[name] = found.get(name, frozenset()) | {row}
    return found


def ground_of(loosened: ElasticProgram, arrays: Arrays) -> set[int]:
    """What always stays: rows that only define a quantity, the constant, and all that the loosening columns need."""
    plain, rows = len(loosened.plain.row_lower), len(arrays.row_lower)
    others = {place for one in loosened.relaxations for place in places_of(loosened, one.cell)}
    others |= united(carried(arrays).values())
    ground = {row for row in range(rows) if row >= plain or defines(arrays.rows[row])} - others
    constants = [column for column, name in enumerate(arrays.columns) if family_of(name) == "one"]
    return ground | {rows + column for column in [*constants, *range(loosened.first, len(arrays.cost))]}


def rows_of(loosened: ElasticProgram, cell: Cell) -> set[int]:
    """Rows of the loosened program that a cell sets."""
    first = len(loosened.plain.row_lower)
    found, at = set[int](), first
    for one in loosened.relaxations:
        if one.cell == cell:
            found |= {row for row, _ in one.cells} | set(range(at, at + len(one.limits)))
        at += len(one.limits)
    return found


def opened_of(loosened: ElasticProgram, cell: Cell) -> set[int]:
    """Columns whose upper bound a cell sets by itself."""
    return {column for one in loosened.relaxations if one.cell == cell for column in one.opened}


def places_of(loosened: ElasticProgram, cell: Cell) -> set[int]:
    """Rows of the loosened program, and columns counted after them, that a cell sets."""
    rows = len(loosened.arrays.row_lower)
    return rows_of(loosened, cell) | {rows + column for column in opened_of(loosened, cell)}
