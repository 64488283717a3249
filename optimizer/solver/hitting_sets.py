"""All conflicts of a program, by a hitting-set tree.

The nodes of the tree (Reiter, 1987) are sets of relaxed cells: for each conflict found at a node, a branch relaxes each
of its cells, and the next conflict is searched there. A conflict that is masked by another one is found unless it
contains every cell of that one. Nodes within the repair come first: the repair must resolve their conflicts. The
others block other repairs only, of which a few suffice.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from optimizer.solver.cell_conflicts import CellConflict, ConflictRefiner
from optimizer.solver.elastic import Cell, ElasticProgram

MOST = 12
_MOST_OTHER = 8  # conflicts that block other repairs only
_NODES = 150


@dataclass
class Conflicts:
    """Conflicts found.

    Attributes
    ----------
    found : list of CellConflict
        Conflicts, those of the linear relaxation first.
    complete : bool
        Whether the search was complete at the time limit.
    sufficient : list of frozenset
        Minimal sets of cells whose relaxation is proven feasible.
    """

    found: list[CellConflict] = field(default_factory=list)
    complete: bool = True
    sufficient: list[frozenset[Cell]] = field(default_factory=list)


def find_conflicts(
    loosened: ElasticProgram, repair: Collection[Cell], seconds: float, report: Callable[[str], None] | None = None
) -> Conflicts:
    """Return all conflicts of an infeasible program.

    Parameters
    ----------
    loosened : ElasticProgram
        The elastic program.
    repair : collection of tuple
        Cells whose relaxation is known to be feasible; empty if unknown.
    seconds : float
        Time limit; conflicts found until then are returned.
    report : callable, optional
        Called with a line whenever a conflict is found.
    """
    return _Tree(loosened, frozenset(repair), seconds, report or (lambda _: None)).grow()


def find_one(loosened: ElasticProgram, seconds: float) -> CellConflict | None:
    """Return an irreducible conflict of an infeasible program; None if feasible, or none is found in time."""
    narrowing = ConflictRefiner(loosened, time.perf_counter() + seconds)
    cells = narrowing.clashing((), False)
    if cells is None and loosened.plain.integer.any():
        cells = narrowing.clashing((), True)
    return None if cells is None else narrowing.conflict(cells)


class _Tree:
    def __init__(
        self, loosened: ElasticProgram, repair: frozenset[Cell], seconds: float, report: Callable[[str], None]
    ) -> None:
        self.report = report
        self.until = time.perf_counter() + seconds
        self.narrowing = ConflictRefiner(loosened, self.until)
        self.repair = repair
        self.sufficient: list[frozenset[Cell]] = []  # sets of cells whose relaxation is feasible
        self.other_nodes = 0
        self.cells_found: list[frozenset[Cell]] = []  # cells of each conflict
        self.result = Conflicts()

    def grow(self) -> Conflicts:
        """Find conflicts of the linear relaxation first, then those of integers where it is feasible."""
        self.spare()
        leaves = self.walk([frozenset()], self.in_fractions)
        # Smallest sets first: a conflict of integers there must be resolved.
        self.walk(sorted(leaves, key=len), self.in_integers)
        self.result.sufficient = [one for one in self.sufficient if not any(other < one for other in self.sufficient)]
        return self.result

    def spare(self) -> None:
        """Remove unnecessary cells from the known repair; budgets, which cost only money, last."""
        for cell in sorted(self.repair, key=lambda cell: cell[0] == "budgets"):
            fewer = self.repair - {cell}
            if self.narrowing.possible(fewer):
                self.repair = fewer
        self.sufficient = [self.repair] if self.repair and self.narrowing.possible(self.repair) else []

    def walk(
        self, start: list[frozenset[Cell]], find: Callable[[frozenset[Cell]], CellConflict | None]
    ) -> list[frozenset[Cell]]:
        """Expand the tree from some sets of relaxed cells; return the sets without a conflict."""
        queue, seen, leaves = list(start), set(start), []
        while queue:
            queue.sort(key=lambda cells: (not cells <= self.repair, len(cells)))
            given_up = queue.pop(0)
            if any(one <= given_up for one in self.sufficient):
                continue
            other = not given_up <= self.repair
            if self.over() or len(seen) > _NODES or (other and self.other_nodes >= _MOST_OTHER):
                self.result.complete = False
                break
            cells = self.known(given_up)
            if cells is None:
                one = find(given_up)
                if one is None:
                    leaves.append(given_up)
                    continue
                cells = self.note(one)
                self.other_nodes += other
            new = [given_up | {cell} for cell in sorted(cells - given_up)]
            queue += [one for one in new if one not in seen]
            seen |= set(new)
        return leaves

    def over(self) -> bool:
        return time.perf_counter() > self.until or len(self.result.found) >= MOST

    def known(self, given_up: frozenset[Cell]) -> frozenset[Cell] | None:
        """Return the cells of a known conflict that the relaxed cells do not resolve."""
        return next((cells for cells in self.cells_found if cells.isdisjoint(given_up)), None)

    def note(self, one: CellConflict) -> frozenset[Cell]:
        self.result.found.append(one)
        self.cells_found.append(one.cells)
        self.result.complete = self.result.complete and one.conflict.irreducible
        count = len(self.result.found)
        self.report(f"{count} conflict{'s' if count > 1 else ''} found so far")
        return self.cells_found[-1]

    def in_fractions(self, given_up: frozenset[Cell]) -> CellConflict | None:
        """Return a conflict of the linear relaxation with some cells relaxed."""
        cells = self.narrowing.clashing(given_up, False)
        found = None if cells is None else self.narrowing.conflict(cells)
        self.result.complete = self.result.complete and (cells is None or found is not None)
        return found

    def in_integers(self, given_up: frozenset[Cell]) -> CellConflict | None:
        """Return a conflict of integers; without one, the relaxed cells suffice."""
        cells = self.narrowing.clashing(given_up, True)
        if cells is not None:
            found = self.narrowing.conflict(cells)
            self.result.complete = self.result.complete and found is not None
            return found
        possible = self.narrowing.possible(given_up)
        if possible:
            self.sufficient.append(given_up)
        self.result.complete = self.result.complete and possible is True
        return None
