"""All conflicts of a program, one behind the other.

A tree of what is given up (Reiter, 1987): where a conflict is found, each of the cells behind it is given up in turn,
and the next conflict is looked for without it. So a conflict that hides behind another is found as long as it does not
hang on every cell of that one. What the repair gives up comes first: conflicts found there are those it has to solve.
The others would stand in the way of other repairs, of which a few are enough.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from optimizer.solver.cell_conflicts import CellConflict, ConflictRefiner
from optimizer.solver.elastic import Cell, ElasticProgram

MOST = 12
_BESIDE = 8  # conflicts that stand in the way of other repairs alone
_NODES = 150


@dataclass
class Conflicts:
    """What was found.

    Attributes
    ----------
    found : list of CellConflict
        Conflicts, those of the linear relaxation first.
    complete : bool
        Whether all that was looked for was looked for in time.
    enough : list of frozenset
        Sets of cells, none part of another, that are proven to be enough if they are given up.
    """

    found: list[CellConflict] = field(default_factory=list)
    complete: bool = True
    enough: list[frozenset[Cell]] = field(default_factory=list)


def find_conflicts(
    loosened: ElasticProgram, enough: Collection[Cell], seconds: float, report: Callable[[str], None] | None = None
) -> Conflicts:
    """All conflicts of a program without a solution.

    Parameters
    ----------
    loosened : ElasticProgram
        The program with what can be given up.
    enough : collection of tuple
        Cells that are known to be enough to give up; empty if none are known.
    seconds : float
        When to end; what was found until then is returned.
    report : callable, optional
        Called with a line whenever a conflict is found.
    """
    return _Tree(loosened, frozenset(enough), seconds, report or (lambda _: None)).grow()


def find_one(loosened: ElasticProgram, seconds: float) -> CellConflict | None:
    """An irreducible conflict of a program without a solution; None where there is none, or none is found in time."""
    narrowing = ConflictRefiner(loosened, time.perf_counter() + seconds)
    cells = narrowing.clashing((), False)
    if cells is None and loosened.plain.integer.any():
        cells = narrowing.clashing((), True)
    return None if cells is None else narrowing.conflict(cells)


class _Tree:
    def __init__(
        self, loosened: ElasticProgram, enough: frozenset[Cell], seconds: float, report: Callable[[str], None]
    ) -> None:
        self.report, self.integers = report, bool(loosened.plain.integer.any())
        self.until = time.perf_counter() + seconds
        self.narrowing = ConflictRefiner(loosened, self.until)
        self.repair = enough
        self.enough: list[frozenset[Cell]] = []  # sets of cells that are enough to give up
        self.beside = 0
        self.behind: list[frozenset[Cell]] = []  # the cells behind each conflict
        self.result = Conflicts()

    def grow(self) -> Conflicts:
        """Conflicts of the linear relaxation first, then those of integers where it has a solution."""
        self.spare()
        leaves = self.walk([frozenset()], self.in_fractions)
        # What was proven enough comes first: there a conflict of integers is one that must be given up.
        self.walk(sorted(leaves, key=len), self.in_integers)
        self.result.enough = [one for one in self.enough if not any(other < one for other in self.enough)]
        return self.result

    def spare(self) -> None:
        """Leave cells out of what is known to be enough as long as it is; budgets, which cost money alone, last."""
        for cell in sorted(self.repair, key=lambda cell: cell[0] == "budgets"):
            fewer = self.repair - {cell}
            if self.narrowing.possible(fewer):
                self.repair = fewer
        self.enough = [self.repair] if self.repair and self.narrowing.possible(self.repair) else []

    def walk(
        self, start: list[frozenset[Cell]], find: Callable[[frozenset[Cell]], CellConflict | None]
    ) -> list[frozenset[Cell]]:
        """Give up cell after cell, from some sets on; returns the sets without a conflict."""
        queue, seen, leaves = list(start), set(start), []
        while queue:
            queue.sort(key=lambda cells: (not cells <= self.repair, len(cells)))
            given_up = queue.pop(0)
            if any(one <= given_up for one in self.enough):
                continue
            beside = not given_up <= self.repair
            if self.over() or len(seen) > _NODES or (beside and self.beside >= _BESIDE):
                self.result.complete = False
                break
            cells = self.known(given_up)
            if cells is None:
                one = find(given_up)
                if one is None:
                    leaves.append(given_up)
                    continue
                cells = self.note(one)
                self.beside += beside
            new = [given_up | {cell} for cell in sorted(cells - given_up)]
            queue += [one for one in new if one not in seen]
            seen |= set(new)
        return leaves

    def over(self) -> bool:
        return time.perf_counter() > self.until or len(self.result.found) >= MOST

    def left(self) -> float:
        return max(self.until - time.perf_counter(), 0.0)

    def known(self, given_up: frozenset[Cell]) -> frozenset[Cell] | None:
        """Cells of a conflict found already that stands all the same."""
        return next((cells for cells in self.behind if cells.isdisjoint(given_up)), None)

    def note(self, one: CellConflict) -> frozenset[Cell]:
        self.result.found.append(one)
        self.behind.append(one.cells)
        self.result.complete = self.result.complete and one.conflict.irreducible
        count = len(self.result.found)
        self.report(f"{count} conflict{'s' if count > 1 else ''} found so far")
        return self.behind[-1]

    def in_fractions(self, given_up: frozenset[Cell]) -> CellConflict | None:
        """A conflict of the linear relaxation that stands although some cells are given up."""
        cells = self.narrowing.clashing(given_up, False)
        found = None if cells is None else self.narrowing.conflict(cells)
        # Nothing found is an answer only where there was time, and where nothing was there to be found.
        self.result.complete = self.result.complete and self.left() > 0 and (cells is None or found is not None)
        return found

    def in_integers(self, given_up: frozenset[Cell]) -> CellConflict | None:
        """A conflict of integers; where there is none, the cells are enough."""
        cells = self.narrowing.clashing(given_up, True)
        if cells is not None:
            found = self.narrowing.conflict(cells)
            self.result.complete = self.result.complete and found is not None
            return found
        possible = self.narrowing.possible(given_up)
        if possible:
            self.enough.append(given_up)
        self.result.complete = self.result.complete and possible is True
        return None
