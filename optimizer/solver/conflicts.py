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

from optimizer.solver.conflict import Conflict, clashing_rows, find_whole_conflict, narrowed
from optimizer.solver.loosened import Cell, Loosened
from optimizer.solver.verdict import has_solution

MOST = 12
_BESIDE = 3  # conflicts that stand in the way of other repairs alone
_NODES = 150


@dataclass
class Conflicts:
    """What was found.

    Attributes
    ----------
    found : list of Conflict
        Conflicts, those of the linear relaxation first.
    complete : bool
        Whether all that was looked for was looked for in time.
    """

    found: list[Conflict] = field(default_factory=list)
    complete: bool = True


def find_conflicts(
    loosened: Loosened, enough: Collection[Cell], seconds: float, tell: Callable[[str], None] | None = None
) -> Conflicts:
    """All conflicts of a program without a solution.

    Parameters
    ----------
    loosened : Loosened
        The program with what can be given up.
    enough : collection of tuple
        Cells that are known to be enough to give up; empty if none are known.
    seconds : float
        When to end; what was found until then is returned.
    tell : callable, optional
        Called with a line whenever a conflict is found.
    """
    return _Tree(loosened, frozenset(enough), seconds, tell or (lambda _: None)).grow()


class _Tree:
    def __init__(
        self, loosened: Loosened, enough: frozenset[Cell], seconds: float, tell: Callable[[str], None]
    ) -> None:
        self.loosened, self.tell = loosened, tell
        self.until = time.perf_counter() + seconds
        self.repair = enough
        self.enough = [enough] if enough else []  # sets of cells that are enough to give up
        self.beside = 0
        self.behind: list[frozenset[Cell]] = []  # the cells behind each conflict
        self.result = Conflicts()

    def grow(self) -> Conflicts:
        """Conflicts of the linear relaxation first, then those of whole numbers where it has a solution."""
        leaves = self.walk([frozenset()], self.in_fractions)
        if self.loosened.plain.integer.any():
            # What was proven enough comes first: there a conflict of whole numbers is one that must be given up.
            self.walk(sorted(leaves, key=len), self.in_whole_numbers)
        return self.result

    def walk(
        self, start: list[frozenset[Cell]], find: Callable[[frozenset[Cell]], Conflict | None]
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

    def note(self, one: Conflict) -> frozenset[Cell]:
        self.result.found.append(one)
        self.behind.append(frozenset(self.loosened.behind(one.rows, one.columns)))
        self.result.complete = self.result.complete and one.irreducible
        count = len(self.result.found)
        self.tell(f"what clashes: {count} conflict{'s' if count > 1 else ''} so far")
        return self.behind[-1]

    def in_fractions(self, given_up: frozenset[Cell]) -> Conflict | None:
        arrays = self.loosened.without(given_up)
        rows = clashing_rows(arrays, self.left())
        found = None if rows is None else narrowed(arrays, rows, self.until)
        # Nothing found is an answer only where there was time, and where nothing was there to be found.
        self.result.complete = self.result.complete and self.left() > 0 and (rows is None or found is not None)
        return found

    def in_whole_numbers(self, given_up: frozenset[Cell]) -> Conflict | None:
        arrays = self.loosened.without(given_up)
        possible = has_solution(arrays, self.left() / 2)
        if possible:
            self.enough.append(given_up)
        if possible is not False:
            self.result.complete = self.result.complete and possible is True
            return None
        found = find_whole_conflict(arrays, self.left())
        self.result.complete = self.result.complete and found is not None
        return found
