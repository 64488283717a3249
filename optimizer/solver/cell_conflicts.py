"""Irreducible conflicts in a planner's terms: of cells, then of their months, then of the limits that oppose them.

A conflict consists of requirements, the rows and bounds that a cell of a table sets (:class:`ElasticProgram`), and of
limits, the other rows and bounds. QuickXplain (Junker, 2004) reduces it in three steps:

1. Cells: infeasible with every other cell relaxed; feasible as soon as any one of them is relaxed too.
2. Requirements of these cells, such as single months: reduced in the same way.
3. Limits: infeasible with these requirements and some limits; feasible without any one of these limits.

Rows that only define a quantity are never dropped. Finally each element is checked again, one by one.
"""

from __future__ import annotations

import time
from collections.abc import Collection
from dataclasses import dataclass, replace

import numpy as np

from optimizer.program.arrays import Arrays
from optimizer.solver.conflict_parts import (
    EACH,
    FeasibilityCache,
    Parts,
    carried,
    ground_of,
    opened_of,
    places_of,
    reduced,
    rows_of,
    united,
)
from optimizer.solver.elastic import Cell, ElasticProgram
from optimizer.solver.feasibility import has_solution
from optimizer.solver.iis import Conflict, clashing_rows, narrowed


@dataclass(frozen=True)
class CellConflict:
    """A conflict with the cells in it.

    Attributes
    ----------
    conflict : Conflict
        Its rows and bounds, by their numbers in the program as it is; whether it is proven irreducible.
    cells : frozenset of tuple
        Cells without any one of which there is a solution, if all others are given up.
    wanted : tuple of frozenset
        Rows, and columns, that these cells set; the others are limits.
    agreed : tuple of str
        Agreements that run since before the plan and are among the limits.
    """

    conflict: Conflict
    cells: frozenset[Cell]
    wanted: tuple[frozenset[int], frozenset[int]]
    agreed: tuple[str, ...] = ()

    @property
    def rows(self) -> tuple[int, ...]:
        """Numbers of its rows."""
        return self.conflict.rows

    @property
    def columns(self) -> tuple[int, ...]:
        """Numbers of the columns whose bounds are in it."""
        return self.conflict.columns

    @property
    def irreducible(self) -> bool:
        """Whether it is proven that without any one of its parts the others could hold."""
        return self.conflict.irreducible


class ConflictRefiner:
    """Narrows what clashes in a program to an irreducible conflict.

    Parameters
    ----------
    loosened : ElasticProgram
        The program with what can be given up.
    until : float
        When to end, by ``time.perf_counter()``. What is left then is a conflict still, and not called irreducible.
    """

    def __init__(self, loosened: ElasticProgram, until: float) -> None:
        self.loosened, self.until = loosened, until
        self.every = sorted({one.cell for one in loosened.relaxations})
        self.feasible: list[frozenset[Cell]] = []
        self.infeasible: list[frozenset[Cell]] = []

    # ------------------------------------------------------------------ cells
    def is_feasible(self, cells: Collection[Cell]) -> bool | None:
        """Whether there is a solution with all cells but some given up."""
        kept = frozenset(cells)
        if any(kept <= known for known in self.feasible):
            return True
        if any(known <= kept for known in self.infeasible):
            return False
        left = min(self.until - time.perf_counter(), EACH)
        found = has_solution(self.loosened.keeping(kept), left) if left > 0 else None
        if found is not None:
            (self.feasible if found else self.infeasible).append(kept)
        return found

    def clashing(self, given_up: Collection[Cell], integral: bool) -> list[Cell] | None:
        """Cells that clash although some are given up, by proof; None where none are known to.

        Parameters
        ----------
        given_up : collection of tuple
            Cells that are given up.
        integral : bool
            Require integer solutions, not only those of the linear relaxation.
        """
        kept = [cell for cell in self.every if cell not in given_up]
        if integral:
            return kept if self.is_feasible(kept) is False else None
        rows = clashing_rows(self.loosened.keeping(kept), self._left())
        if rows is None:
            return None
        proof = [cell for cell in kept if not rows_of(self.loosened, cell).isdisjoint(rows.tolist())]
        proof += [cell for cell in kept if cell not in proof and opened_of(self.loosened, cell)]
        return proof if self.is_feasible(proof) is False else kept

    def possible(self, given_up: Collection[Cell]) -> bool | None:
        """Whether some cells are enough to give up; None where that is not known in time."""
        return self.is_feasible([cell for cell in self.every if cell not in given_up])

    def conflict(self, cells: list[Cell]) -> CellConflict | None:
        """An irreducible conflict of cells that clash; None where time ends before anything can be said."""
        numbers = reduced(list(range(len(cells))), lambda some: self.is_feasible([cells[i] for i in some]) is False)
        kept = frozenset(cells[i] for i in numbers)
        arrays = self.loosened.keeping(kept)
        wanted = self._wanted(arrays, kept)
        if wanted is None:
            return None
        limits, proven = self._limits(arrays, wanted)
        paid, needed = self._paid(arrays, wanted, limits)
        proven = proven and needed and all(self.is_feasible(kept - {cell}) is True for cell in kept)
        found = self._described(arrays, kept, wanted, limits, proven)
        return replace(found, agreed=tuple(dict.fromkeys((*found.agreed, *paid))))

    def _left(self) -> float:
        return max(self.until - time.perf_counter(), 0.0)

    # ------------------------------------------------------------------ requirements and limits
    def _wanted(self, arrays: Arrays, cells: frozenset[Cell]) -> list[int] | None:
        """Rows and bounds that some cells set and that cannot hold with all limits, the earliest months."""
        rows = len(arrays.row_lower)
        places = sorted({place for cell in cells for place in places_of(self.loosened, cell)})
        self.requirements = FeasibilityCache(arrays, set(range(rows + len(arrays.cost))) - set(places), self.until)
        proof = clashing_rows(arrays, self._left()) if len(places) > 1 else None
        if proof is not None:
            some = [place for place in places if place >= rows or place in set(proof.tolist())]
            places = some if self.requirements.is_feasible(some) is False else places
        if self.requirements.is_feasible(places) is not False:
            return None
        return reduced(places, lambda some: self.requirements.is_feasible(some) is False)

    def _limits(self, arrays: Arrays, wanted: list[int]) -> tuple[Parts, bool]:
        """Limits against some requirements, and whether nothing that is named can be left out."""
        proven = all(self.requirements.is_feasible(set(wanted) - {one}) is True for one in wanted)
        ground = ground_of(self.loosened, arrays)
        verdicts = FeasibilityCache(arrays, ground | set(wanted), self.until)
        parts = self._candidates(arrays, ground | self._set_by_cells(), verdicts)
        if parts is None:
            return [], False
        numbers = list(range(len(parts)))
        kept = reduced(numbers, lambda some: verdicts.is_feasible(united(parts[i] for i in some)) is False)
        found = [parts[i] for i in kept]
        others = (united(part for part in found if part is not one) for one in found)
        return found, proven and all(verdicts.is_feasible(other) is True for other in others)

    def _paid(self, arrays: Arrays, wanted: list[int], limits: Parts) -> tuple[list[str], bool]:
        """Agreements whose payments in budgets are needed for the clash, whatever is decided of them; by proof."""
        shares = {row: self.loosened.agreed[row] for row in wanted if self.loosened.agreed.get(row)}
        names = sorted({name for spent in shares.values() for name in spent})
        ground = ground_of(self.loosened, arrays) | set(wanted) | united(limits)

        def is_feasible(kept: list[int]) -> bool | None:
            upper, some = arrays.row_upper.copy(), {names[i] for i in kept}
            for row, spent in shares.items():
                upper[row] += sum(amount for name, amount in spent.items() if name not in some)
            return FeasibilityCache(replace(arrays, row_upper=upper), ground, self.until).is_feasible(())

        needed = reduced(list(range(len(names))), lambda some: is_feasible(some) is False) if names else []
        others = ([i for i in needed if i != left_out] for left_out in needed)
        return [names[i] for i in needed], all(is_feasible(other) is True for other in others)

    @property
    def _plain_rows(self) -> int:
        return len(self.loosened.plain.row_lower)

    def _set_by_cells(self) -> set[int]:
        return {place for cell in self.every for place in places_of(self.loosened, cell)}

    def _candidates(self, arrays: Arrays, others: Collection[int], verdicts: FeasibilityCache) -> Parts | None:
        """Limits that cannot hold with some requirements: those of a proof where the relaxation has one."""
        rows, columns = len(arrays.row_lower), len(arrays.cost)
        bounded = np.flatnonzero(np.isfinite(arrays.upper) | (arrays.lower != 0)) + rows
        agreed = [part for part in carried(arrays).values() if part.isdisjoint(self._set_by_cells())]
        known = {*others, *united(agreed)}
        every = [frozenset({place}) for place in [*range(rows), *bounded.tolist()] if place not in known] + agreed
        mask = np.zeros(rows + columns, dtype=bool)
        mask[[*verdicts.fixed.tolist(), *united(every)]] = True
        part = arrays.keeping(mask[:rows], mask[rows:])
        proof = clashing_rows(part, self._left())
        if proof is not None:
            found = narrowed(part, proof, time.perf_counter() + self._left() / 2)
            named = set() if found is None else {*found.rows, *(rows + column for column in found.columns)}
            some = [one for one in every if not one.isdisjoint(named)]
            if verdicts.is_feasible(united(some)) is False:
                return some
        return every if verdicts.is_feasible(united(every)) is False else None

    # ------------------------------------------------------------------ what was found
    def _described(
        self, arrays: Arrays, cells: frozenset[Cell], wanted: list[int], limits: Parts, proven: bool
    ) -> CellConflict:
        rows, plain = len(arrays.row_lower), self._plain_rows
        limited = self.loosened.limited_columns
        of_rows, of_columns = list[frozenset[int]](), list[frozenset[int]]()
        agreed = {name: part for name, part in carried(arrays).items() if part in limits}
        for places in (wanted, united(part for part in limits if part not in agreed.values())):
            of_rows.append(frozenset(place for place in places if place < plain))
            bounds = {limited[place - plain] for place in places if plain <= place < rows}
            of_columns.append(frozenset(bounds | {place - rows for place in places if place >= rows}))
        found = Conflict(tuple(sorted(of_rows[0] | of_rows[1])), tuple(sorted(of_columns[0] | of_columns[1])))
        integral = bool(arrays.integer.any()) and self._fractions_hold(arrays, wanted)
        found = replace(found, integral=integral, irreducible=proven)
        return CellConflict(found, cells, (of_rows[0], of_columns[0]), tuple(agreed))

    def _fractions_hold(self, arrays: Arrays, wanted: list[int]) -> bool:
        """Whether only integer values cannot meet a conflict's requirements with all limits."""
        verdicts = FeasibilityCache(arrays.relaxed(), self.requirements.fixed.tolist(), self.until)
        return verdicts.is_feasible(wanted) is not False
