"""What solved values of a sweep prove of the values between them, without a search.

A solution that is feasible at another value is priced there. Where the value moves the cost alone, in a straight line,
the least cost is a concave function of it: between two values it is nowhere below the line through their bounds.
Where a value only makes plans more expensive, and budgets tighter, no plan costs less than at a better value.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optimizer.program.arrays import Arrays, Floats
from optimizer.program.build import Program
from optimizer.solver.program_diff import structural_difference
from optimizer.solving.solve import Cost, cost_with_gap

_FEASIBLE = 1e-6  # as in the solver
_SAME = 1e-12  # relative to the largest number
_SIDES = ("lower", "upper", "row_lower", "row_upper")
_ROUNDING = 1e-9  # relative, of an interpolated bound


@dataclass(frozen=True)
class _Solved:
    value: float
    money: float  # per unit of the program's
    arrays: Arrays
    solution: Floats
    bound: float | None  # in money


class SweepResults:
    """Values of a sweep that are solved."""

    def __init__(self) -> None:
        self._solved: list[_Solved] = []

    def add(self, value: float, program: Program, arrays: Arrays, solution: Floats, bound: float | None) -> None:
        """Keep the solution and the bound of a value, the bound in money."""
        self._solved.append(_Solved(value, program.units.money, arrays, solution[: len(arrays.cost)], bound))

    def known(self, value: float, program: Program, arrays: Arrays) -> Cost | None:
        """Return what is known of the cost at another value, with its program; None if no solution is feasible."""
        money = program.units.money
        alike = [one for one in self._solved if structural_difference(one.arrays, arrays) is None]
        costs = [
            (float(arrays.cost @ one.solution) + arrays.offset) * money
            for one in alike
            if arrays.worst_violation(one.solution) <= _FEASIBLE
        ]
        if not costs:
            return None
        better = [one.bound for one in alike if one.bound is not None and _is_worse((arrays, money), one)]
        bound = max([_interpolated(value, (arrays, money), alike), *better])
        return cost_with_gap(min(costs), min([bound, *costs]))


def _interpolated(value: float, program: tuple[Arrays, float], solved: list[_Solved]) -> float:
    """Return the bound between the nearest solved values on both sides; minus infinity if there is none."""
    below = max((one for one in solved if one.value < value), key=lambda one: one.value, default=None)
    above = min((one for one in solved if one.value > value), key=lambda one: one.value, default=None)
    if below is None or above is None or below.bound is None or above.bound is None:
        return -np.inf
    share = (value - below.value) / (above.value - below.value)
    if not _is_between(program, (below.arrays, below.money), (above.arrays, above.money), share=share):
        return -np.inf
    bound = (1 - share) * below.bound + share * above.bound
    return bound - _ROUNDING * abs(bound)


def _is_worse(program: tuple[Arrays, float], other: _Solved) -> bool:
    """Whether every plan of a program is one of another, where it costs no more."""
    (arrays, money), before = program, other.arrays
    if money != other.money or arrays.offset < before.offset or (arrays.cost < before.cost).any():
        return False
    if (arrays.lower[arrays.cost > before.cost] < 0).any():
        return False
    if not all(np.array_equal(getattr(arrays, name), getattr(before, name)) for name in _SIDES):
        return False
    moved = np.flatnonzero(arrays.values != before.values)
    only_above = np.isneginf(arrays.row_lower[arrays.indices[moved]])
    grows = (arrays.values[moved] > before.values[moved]) & (arrays.lower[arrays.term_columns[moved]] >= 0)
    return bool((only_above & grows).all())


def _is_between(*programs: tuple[Arrays, float], share: float) -> bool:
    """Whether three programs differ in cost alone, and that of the first lies on the line between the others.

    Each comes with the money of one unit of its cost, which depends on the prices.
    """
    for name in (*_SIDES, "values"):
        first, *others = (getattr(one, name) for one, _ in programs)
        if not all(np.array_equal(first, other) for other in others):
            return False
    middle, low, high = (money * np.append(one.cost, one.offset) for one, money in programs)
    far = np.abs(middle - (1 - share) * low - share * high).max()
    return bool(far <= _SAME * max(np.abs(low).max(), np.abs(high).max()))
