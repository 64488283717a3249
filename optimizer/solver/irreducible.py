"""Irreducible conflicts in a planner's terms: of cells, then of their months, then of the limits against them.

A conflict consists of requirements, rows and bounds that some cell of a table sets (:class:`Loosened`), and of limits,
the other rows and bounds that say something. QuickXplain (Junker, 2004) narrows it in three steps:

1. cells: with every other cell given up there is no solution; with any one of them given up too there is;
2. requirements of these cells, such as single months: the same of them;
3. limits: with these requirements and some limits there is no solution; without any one of these limits there is.

Rows that only define a quantity always stay. Then every claim is checked again, one by one.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from optimizer.program.compile import Arrays
from optimizer.program.themes import defines, family_of, key_of
from optimizer.solver.conflict import Conflict, clashing_rows, narrowed
from optimizer.solver.loosened import Cell, Loosened
from optimizer.solver.verdict import has_solution

_EACH = 5.0  # seconds for one query
Places = frozenset[int]  # numbers of rows, and of columns after them
Parts = list[Places]
_BALANCES = ("active_balance", "delivered_balance", "firm_balance")  # which carry what was agreed before the plan


class Verdicts:
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

    def holds(self, kept: Iterable[int]) -> bool | None:
        """Whether the fixed parts and these have a solution; None where that is not known in time."""
        places = frozenset(kept)
        if any(places <= known for known in self.feasible):
            return True
        if any(known <= places for known in self.infeasible):
            return False
        left = min(self.until - time.perf_counter(), _EACH)
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


class Narrowing:
    """Narrows what clashes in a program to an irreducible conflict.

    Parameters
    ----------
    loosened : Loosened
        The program with what can be given up.
    until : float
        When to end, by ``time.perf_counter()``. What is left then is a conflict still, and not called irreducible.
    """

    def __init__(self, loosened: Loosened, until: float) -> None:
        self.loosened, self.until = loosened, until
        self.every = sorted({one.cell for one in loosened.relaxations})
        self.feasible: list[frozenset[Cell]] = []
        self.infeasible: list[frozenset[Cell]] = []

    # ------------------------------------------------------------------ cells
    def holds(self, cells: Collection[Cell]) -> bool | None:
        """Whether there is a solution with all cells but some given up."""
        kept = frozenset(cells)
        if any(kept <= known for known in self.feasible):
            return True
        if any(known <= kept for known in self.infeasible):
            return False
        left = min(self.until - time.perf_counter(), _EACH)
        found = has_solution(self.loosened.keeping(kept), left) if left > 0 else None
        if found is not None:
            (self.feasible if found else self.infeasible).append(kept)
        return found

    def clashing(self, given_up: Collection[Cell], whole: bool) -> list[Cell] | None:
        """Cells that clash although some are given up, by proof; None where none are known to.

        Parameters
        ----------
        given_up : collection of tuple
            Cells that are given up.
        whole : bool
            Ask for integer solutions too, not of the linear relaxation alone.
        """
        kept = [cell for cell in self.every if cell not in given_up]
        if whole:
            return kept if self.holds(kept) is False else None
        rows = clashing_rows(self.loosened.keeping(kept), self._left())
        if rows is None:
            return None
        proof = [cell for cell in kept if not rows_of(self.loosened, cell).isdisjoint(rows.tolist())]
        proof += [cell for cell in kept if cell not in proof and opened_of(self.loosened, cell)]
        return proof if self.holds(proof) is False else kept

    def possible(self, given_up: Collection[Cell]) -> bool | None:
        """Whether some cells are enough to give up; None where that is not known in time."""
        return self.holds([cell for cell in self.every if cell not in given_up])

    def conflict(self, cells: list[Cell]) -> CellConflict | None:
        """An irreducible conflict of cells that clash; None where time ends before anything can be said."""
        numbers = reduced(list(range(len(cells))), lambda some: self.holds([cells[i] for i in some]) is False)
        kept = frozenset(cells[i] for i in numbers)
        arrays = self.loosened.keeping(kept)
        wanted = self._wanted(arrays, kept)
        if wanted is None:
            return None
        limits, proven = self._limits(arrays, wanted)
        proven = proven and all(self.holds(kept - {cell}) is True for cell in kept)
        return self._told(arrays, kept, wanted, limits, proven)

    def _left(self) -> float:
        return max(self.until - time.perf_counter(), 0.0)

    # ------------------------------------------------------------------ requirements and limits
    def _wanted(self, arrays: Arrays, cells: frozenset[Cell]) -> list[int] | None:
        """Rows and bounds that some cells set and that cannot hold with all limits, the earliest months."""
        rows = len(arrays.row_lower)
        places = sorted({place for cell in cells for place in places_of(self.loosened, cell)})
        self.requirements = Verdicts(arrays, set(range(rows + len(arrays.cost))) - set(places), self.until)
        proof = clashing_rows(arrays, self._left()) if len(places) > 1 else None
        if proof is not None:
            some = [place for place in places if place >= rows or place in set(proof.tolist())]
            places = some if self.requirements.holds(some) is False else places
        if self.requirements.holds(places) is not False:
            return None
        return reduced(places, lambda some: self.requirements.holds(some) is False)

    def _limits(self, arrays: Arrays, wanted: list[int]) -> tuple[Parts, bool]:
        """Limits against some requirements, and whether nothing that is named can be left out."""
        proven = all(self.requirements.holds(set(wanted) - {one}) is True for one in wanted)
        ground = ground_of(self.loosened, arrays)
        verdicts = Verdicts(arrays, ground | set(wanted), self.until)
        parts = self._candidates(arrays, ground | self._set_by_cells(), verdicts)
        if parts is None:
            return [], False
        numbers = list(range(len(parts)))
        kept = reduced(numbers, lambda some: verdicts.holds(united(parts[i] for i in some)) is False)
        found = [parts[i] for i in kept]
        others = (united(part for part in found if part is not one) for one in found)
        return found, proven and all(verdicts.holds(other) is True for other in others)

    @property
    def _plain_rows(self) -> int:
        return len(self.loosened.plain.row_lower)

    def _set_by_cells(self) -> set[int]:
        return {place for cell in self.every for place in places_of(self.loosened, cell)}

    def _candidates(self, arrays: Arrays, others: Collection[int], verdicts: Verdicts) -> Parts | None:
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
            if verdicts.holds(united(some)) is False:
                return some
        return every if verdicts.holds(united(every)) is False else None

    # ------------------------------------------------------------------ what was found
    def _told(
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
        whole = bool(arrays.integer.any()) and self._fractions_hold(arrays, wanted)
        found = replace(found, whole=whole, irreducible=proven)
        return CellConflict(found, cells, (of_rows[0], of_columns[0]), tuple(agreed))

    def _fractions_hold(self, arrays: Arrays, wanted: list[int]) -> bool:
        """Whether only integer values cannot meet a conflict's requirements with all limits."""
        verdicts = Verdicts(arrays.relaxed(), self.requirements.fixed.tolist(), self.until)
        return verdicts.holds(wanted) is not False


Numbers = tuple[list[int], list[int]]  # of rows and of columns


class Claims:
    """Proves that other requirements of the same cells clash with other limits in the same way: in other months.

    Parameters
    ----------
    loosened : Loosened
        The program with what can be given up.
    one : CellConflict
        The conflict that they are like.
    until : float
        When to end, by ``time.perf_counter()``.
    """

    def __init__(self, loosened: Loosened, one: CellConflict, until: float) -> None:
        cells = one.cells
        self.loosened, arrays = loosened, loosened.keeping(cells)
        self.rows = len(arrays.row_lower)
        of_cells = {cell: places_of(loosened, cell) for cell in cells}
        places = set().union(*of_cells.values())
        limits = set(range(self.rows + len(arrays.cost))) - places
        self.with_all_limits = Verdicts(arrays, limits, until)
        if one.conflict.irreducible:
            self.with_all_limits.feasible += [frozenset(places - of_cells[cell]) for cell in cells]
        self.bare = Verdicts(arrays, ground_of(loosened, arrays), until)
        of_agreements = carried(arrays)
        self.agreed = [of_agreements[name] for name in one.agreed]

    def standing(self, claims: dict[int, tuple[Numbers, Numbers]]) -> dict[int, bool]:
        """Those of some claims that stand by proof, and whether nothing in them can be left out, by proof too.

        Parameters
        ----------
        claims : dict
            Requirements and limits, each as numbers of rows and columns of the program as it is.
        """
        parts = {key: (self._places(one[0]), self._parts(one[1])) for key, one in claims.items()}
        found = {key: one for key, one in parts.items() if self.bare.holds(one[0] | united(one[1])) is False}
        self._try_together(list(found.values()))
        proven = {key: self._irreducible(*one) for key, one in found.items()}
        return {key: one is True for key, one in proven.items() if one is not False}

    def _try_together(self, found: list[tuple[Places, Parts]]) -> None:
        """Leave one limit out of all claims at once: what is feasible together is so for each."""
        for place in range(max((len(limits) for _, limits in found), default=0)):
            self.bare.holds(united(wanted | _without(limits, place) for wanted, limits in found))

    def _irreducible(self, wanted: Places, limits: Parts) -> bool | None:
        """Whether nothing can be left out; None where that is not known."""
        answers = [self.with_all_limits.holds(wanted - {one}) for one in wanted]
        answers += [self.bare.holds(wanted | _without(limits, place)) for place in range(len(limits))]
        if False in answers:
            return False
        return None if None in answers else True

    def _parts(self, numbers: Numbers) -> Parts:
        return [*(frozenset({place}) for place in sorted(self._places(numbers))), *self.agreed]

    def _places(self, numbers: Numbers) -> Places:
        rows, columns = numbers
        plain, at = len(self.loosened.plain.row_lower), dict[int, int]()
        for place, column in enumerate(self.loosened.limited_columns):
            at[column] = plain + place
        return frozenset(rows) | frozenset(at.get(column, self.rows + column) for column in columns)


def united(parts: Iterable[Places]) -> Places:
    """All places of some parts."""
    return frozenset().union(*parts)


def _without(parts: Parts, place: int) -> Places:
    return united([*parts[:place], *parts[place + 1 :]])


def carried(arrays: Arrays) -> dict[str, Places]:
    """Rows by which blocks that were agreed before the plan come into it, by agreement."""
    found: dict[str, Places] = {}
    for row in np.flatnonzero(np.isfinite(arrays.row_lower) & (arrays.row_lower != 0)).tolist():
        if family_of(arrays.rows[row]) in _BALANCES:
            name = str(key_of(arrays.rows[row])[0])
            found[name] = found.get(name, frozenset()) | {row}
    return found


def ground_of(loosened: Loosened, arrays: Arrays) -> set[int]:
    """What always stays: rows that only define a quantity, the constant, and all that the loosening columns need."""
    plain, rows = len(loosened.plain.row_lower), len(arrays.row_lower)
    others = {place for one in loosened.relaxations for place in places_of(loosened, one.cell)}
    others |= united(carried(arrays).values())
    ground = {row for row in range(rows) if row >= plain or defines(arrays.rows[row])} - others
    constants = [column for column, name in enumerate(arrays.columns) if family_of(name) == "one"]
    return ground | {rows + column for column in [*constants, *range(loosened.first, len(arrays.cost))]}


def rows_of(loosened: Loosened, cell: Cell) -> set[int]:
    """Rows of the loosened program that a cell sets."""
    first = len(loosened.plain.row_lower)
    found, at = set[int](), first
    for one in loosened.relaxations:
        if one.cell == cell:
            found |= {row for row, _ in one.cells} | set(range(at, at + len(one.limits)))
        at += len(one.limits)
    return found


def opened_of(loosened: Loosened, cell: Cell) -> set[int]:
    """Columns whose upper bound a cell sets by itself."""
    return {column for one in loosened.relaxations if one.cell == cell for column in one.opened}


def places_of(loosened: Loosened, cell: Cell) -> set[int]:
    """Rows of the loosened program, and columns counted after them, that a cell sets."""
    rows = len(loosened.arrays.row_lower)
    return rows_of(loosened, cell) | {rows + column for column in opened_of(loosened, cell)}
