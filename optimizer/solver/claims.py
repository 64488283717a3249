"""Claims that the same things clash in other months, and that all of them are needed there too."""

from __future__ import annotations

from optimizer.solver.cell_conflicts import CellConflict
from optimizer.solver.conflict_parts import FeasibilityCache, Parts, Places, carried, ground_of, places_of, united
from optimizer.solver.elastic import ElasticProgram

Numbers = tuple[list[int], list[int]]  # of rows and of columns


class Claims:
    """Proves that other requirements of the same cells clash with other limits in the same way: in other months.

    Parameters
    ----------
    loosened : ElasticProgram
        The program with what can be given up.
    one : CellConflict
        The conflict that they are like.
    until : float
        When to end, by ``time.perf_counter()``.
    """

    def __init__(self, loosened: ElasticProgram, one: CellConflict, until: float) -> None:
        cells = one.cells
        self.loosened, arrays = loosened, loosened.keeping(cells)
        self.rows = len(arrays.row_lower)
        of_cells = {cell: places_of(loosened, cell) for cell in cells}
        places = set().union(*of_cells.values())
        limits = set(range(self.rows + len(arrays.cost))) - places
        self.with_all_limits = FeasibilityCache(arrays, limits, until)
        if one.conflict.irreducible:
            self.with_all_limits.feasible += [frozenset(places - of_cells[cell]) for cell in cells]
        self.bare = FeasibilityCache(arrays, ground_of(loosened, arrays), until)
        of_agreements = carried(arrays)
        self.agreed = [of_agreements[name] for name in one.agreed if name in of_agreements]

    def standing(self, claims: dict[int, tuple[Numbers, Numbers]]) -> dict[int, bool]:
        """Those of some claims that stand by proof, and whether nothing in them can be left out, by proof too.

        Parameters
        ----------
        claims : dict
            Requirements and limits, each as numbers of rows and columns of the program as it is.
        """
        parts = {key: (self._places(one[0]), self._parts(one[1])) for key, one in claims.items()}
        found = {key: one for key, one in parts.items() if self.bare.is_feasible(one[0] | united(one[1])) is False}
        self._try_together(list(found.values()))
        proven = {key: self._irreducible(*one) for key, one in found.items()}
        return {key: one is True for key, one in proven.items() if one is not False}

    def _try_together(self, found: list[tuple[Places, Parts]]) -> None:
        """Leave one limit out of all claims at once: what is feasible together is so for each."""
        for place in range(max((len(limits) for _, limits in found), default=0)):
            self.bare.is_feasible(united(wanted | _without(limits, place) for wanted, limits in found))

    def _irreducible(self, wanted: Places, limits: Parts) -> bool | None:
        """Whether nothing can be left out; None where that is not known."""
        answers = [self.with_all_limits.is_feasible(wanted - {one}) for one in wanted]
        answers += [self.bare.is_feasible(wanted | _without(limits, place)) for place in range(len(limits))]
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


def _without(parts: Parts, place: int) -> Places:
    return united([*parts[:place], *parts[place + 1 :]])
