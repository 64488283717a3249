"""Months of a conflict: an irreducible conflict about one month is tested in all other months."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from optimizer.program.build import Program
from optimizer.program.row_names import family_of, key_of, kinds_of
from optimizer.solver.cell_conflicts import CellConflict
from optimizer.solver.claims import Claims
from optimizer.solver.elastic import ElasticProgram

_SECONDS = 10.0  # time limit for all months together


@dataclass(frozen=True)
class Spread:
    """A conflict with the components in it, month by month.

    Attributes
    ----------
    months : tuple of int
        Months of the conflict; empty if it does not concern single months.
    components : tuple of list
        Rows and variables of the conflict, for each of these months, or once if there are none.
    unproven : tuple of int
        Months in which the conflict is proven, but not that it is irreducible.
    """

    months: tuple[int, ...]
    components: tuple[list[Any], ...]
    unproven: tuple[int, ...] = ()


class ConflictMonths:
    """Test conflicts in other months.

    Parameters
    ----------
    program : Program
        The program.
    loosened : ElasticProgram
        The program with slacks, and its arrays.
    """

    def __init__(self, program: Program, loosened: ElasticProgram) -> None:
        self.program, self.loosened, self.arrays = program, loosened, loosened.plain
        self.row_of = {name: number for number, name in enumerate(self.arrays.rows)}
        self.column_of = {name: number for number, name in enumerate(self.arrays.columns)}
        self.until = time.perf_counter() + _SECONDS

    def spread(self, one: CellConflict) -> Spread:
        """Find all months of a conflict."""
        wanted, limits = self._components(one, True), self._components(one, False)
        month = self._month(wanted + limits)
        if month is None or one.conflict.integral:
            return Spread((), (wanted + limits,))
        moved: dict[int, tuple[list[Any], list[Any]]] = {}
        for t in range(self.program.instance.head.months):
            there = self._moved(wanted, t - month), self._moved(limits, t - month)
            if t != month and there[0] is not None and there[1] is not None:
                moved[t] = there[0], there[1]
        claims = Claims(self.loosened, one, self.until)
        found = claims.standing({t: (self._numbers(parts[0]), self._numbers(parts[1])) for t, parts in moved.items()})
        months = tuple(sorted({month, *found}))
        components = tuple([*wanted, *limits] if t == month else [*moved[t][0], *moved[t][1]] for t in months)
        return Spread(months, components, tuple(t for t in months if found.get(t) is False))

    def _components(self, one: CellConflict, wanted: bool) -> list[Any]:
        rows, columns = one.wanted
        found = [self.arrays.rows[row] for row in one.conflict.rows if (row in rows) is wanted]
        return found + [self.arrays.columns[column] for column in one.conflict.columns if (column in columns) is wanted]

    def _numbers(self, components: list[Any]) -> tuple[list[int], list[int]]:
        rows = [self.row_of[one] for one in components if one in self.row_of]
        return rows, [self.column_of[one] for one in components if one in self.column_of]

    def _month(self, components: list[Any]) -> int | None:
        """Return the month of the components if they concern exactly one."""
        found = {month for one in components if (month := self._month_of(one)) is not None}
        return found.pop() if len(found) == 1 else None

    def _month_of(self, component: Any) -> int | None:
        family = family_of(component)
        if not family:
            return None
        pairs = zip(kinds_of(family), key_of(component), strict=True)
        return next((int(part) for kind, part in pairs if kind == "month"), None)

    def _moved(self, components: list[Any], by: int) -> list[Any] | None:
        """Return the same components in another month; None if one of them does not exist there."""
        found = []
        for one in components:
            family = family_of(one)
            if not family:
                return None
            kinds = kinds_of(family)
            key = tuple(p + by if k == "month" else p for k, p in zip(kinds, key_of(one), strict=True))
            other = one if key == key_of(one) else self._component(family, key)
            if other is None:
                return None
            found.append(other)
        return found

    def _component(self, family: str, key: tuple[Any, ...]) -> Any:
        index = key[0] if len(key) == 1 else key
        m = self.program.parts
        there = m.col[family] if family in m.col else m.rows[family]
        return (family, index) if index in there else None
