"""Months in which the same things clash: a conflict about one month is tried in all others."""

from __future__ import annotations

import time
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

import numpy as np

from optimizer.program.build import Program
from optimizer.program.themes import defines, family_of, key_of, kinds_of, theme
from optimizer.solver.conflict import Conflict, part_of
from optimizer.solver.loosened import Loosened
from optimizer.solver.verdict import has_solution

_SECONDS = 10.0  # for all months


@dataclass(frozen=True)
class Spread:
    """A conflict with the components in it, month by month.

    Attributes
    ----------
    months : tuple of int
        Months in which it stands; empty where it is about no single month.
    components : tuple of list
        Rows and variables in it, for each of these months; for none, once.
    """

    months: tuple[int, ...]
    components: tuple[list[Any], ...]


class Months:
    """Tries conflicts in other months.

    Parameters
    ----------
    program : Program
        The program.
    loosened : Loosened
        It with its arrays.
    """

    def __init__(self, program: Program, loosened: Loosened) -> None:
        self.program, self.arrays = program, loosened.plain
        self.row_of = {name: number for number, name in enumerate(self.arrays.rows)}
        self.ground: list[int] = []  # rows that say what the quantities of the conflict at hand are
        self.until = time.perf_counter() + _SECONDS

    def spread(self, one: Conflict) -> Spread:
        """A conflict in all months in which it stands."""
        rows = [self.arrays.rows[row] for row in one.rows]
        columns = [self.arrays.columns[column] for column in one.columns]
        month = self._month([row for row in rows if not defines(row)] + columns)
        if month is None or one.whole:
            return Spread((), ([*rows, *columns],))
        saying = [*(row for row in rows if not defines(row)), *columns]
        self.ground = self._definitions({theme(row) for row in rows if defines(row)})
        found: dict[int, list[Any]] = {month: saying}
        for t in range(self.program.instance.head.months):
            if t != month and time.perf_counter() < self.until:
                moved = self._moved(saying, t - month)
                if moved is not None and self._clash(moved):
                    found[t] = moved
        months = tuple(sorted(found))
        return Spread(months, tuple(found[t] for t in months))

    def _definitions(self, themes: set[Hashable]) -> list[int]:
        """Rows of some themes in all months: what was started months ago is active now."""
        families = {theme[0] for theme in themes if isinstance(theme, tuple)}
        return [n for n, row in enumerate(self.arrays.rows) if family_of(row) in families and theme(row) in themes]

    def _month(self, components: list[Any]) -> int | None:
        """The one month that components are about, if it is one."""
        found = {month for one in components if (month := self._month_of(one)) is not None}
        return found.pop() if len(found) == 1 else None

    def _month_of(self, component: Any) -> int | None:
        family = family_of(component)
        if not family:
            return None
        pairs = zip(kinds_of(family), key_of(component), strict=True)
        return next((int(part) for kind, part in pairs if kind == "month"), None)

    def _moved(self, components: list[Any], by: int) -> list[Any] | None:
        """The same components some months later or earlier; None where one of them is not there."""
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

    def _clash(self, components: list[Any]) -> bool:
        """Whether the rows among components cannot hold with the bounds of the columns among them."""
        rows = self.ground + [self.row_of[one] for one in components if one in self.row_of]
        if not rows:
            return False
        part, _ = part_of(self.arrays.relaxed(), np.array(sorted(set(rows))))
        meant = set(components)
        kept = np.array([column in meant for column in part.columns], dtype=bool)
        return has_solution(part.keeping(np.ones(len(part.rows), dtype=bool), kept), 1.0) is False
