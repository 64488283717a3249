"""Trials: the plans that candidates give, first near the relaxation, then by searches from there."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from optimizer.program.arrays import Floats
from optimizer.uncertainty.bundles import Bundles
from optimizer.uncertainty.subproblems import Answer, fixed

_ROUNDING = 1e-9  # relative


@dataclass
class Trial:
    """A candidate, and the best known solution of each bundle in which its decisions are fixed.

    Attributes
    ----------
    number : int
        Number of the candidate.
    decisions : ndarray
        Value of each decision that bundles share.
    bundles : Bundles
        Bundles in which the decisions are fixed.
    values : list of ndarray or None
        Best known solution of each bundle.
    costs, bounds : ndarray
        Its cost, infinite without one, and the proven bound of each bundle, infinite if it has none.
    changed : set of int
        Bundles whose solutions are better than those of the plan that was used last.
    is_searched : bool
        Whether it was searched for better plans.
    """

    number: int
    decisions: Floats
    bundles: Bundles
    values: list[Floats | None] = field(init=False)
    costs: Floats = field(init=False)
    bounds: Floats = field(init=False)
    changed: set[int] = field(init=False, default_factory=set)
    is_searched: bool = False

    def __post_init__(self) -> None:
        """Begin with nothing known."""
        count = len(self.bundles.groups)
        self.values = [None] * count
        self.costs, self.bounds = np.full(count, np.inf), np.full(count, -np.inf)
        self.programs = [
            fixed(arrays, columns, self.decisions[decisions])
            for arrays, (decisions, columns) in zip(self.bundles.arrays, self.bundles.shared, strict=True)
        ]

    @property
    def cost(self) -> float:
        """Expected cost of the plan; infinite without one."""
        return float(self.bundles.probabilities @ self.costs)

    @property
    def bound(self) -> float:
        """Proven bound of the plans with these decisions; infinite if none exists."""
        return float(self.bundles.probabilities @ self.bounds)

    @property
    def plan(self) -> list[Floats]:
        """Solution of each bundle, once all have one."""
        return [x for x in self.values if x is not None]

    def note(self, number: int, answer: Answer) -> bool:
        """Note an answer of a bundle; return whether that makes a better plan."""
        self.bounds[number] = np.inf if answer.infeasible else max(self.bounds[number], answer.bound)
        if answer.values is None:
            return False
        arrays = self.programs[number]
        cost = float(arrays.cost @ answer.values) + arrays.offset
        is_better = cost < self.costs[number]
        if is_better:
            self.values[number], self.costs[number] = answer.values, cost
            self.changed.add(number)
        return is_better and all(x is not None for x in self.values)

    def is_promising(self, cost: float) -> bool:
        """Return whether a plan halfway between its own and its bound would be better than one of a given cost."""
        own = self.cost if self.cost < np.inf else self.bound
        return (own + self.bound) / 2 < cost

    def unproven(self, gap: float) -> list[int]:
        """Return the bundles that have no solution within a gap of their bounds."""
        return [
            number
            for number, (cost, bound) in enumerate(zip(self.costs, self.bounds, strict=True))
            if cost == np.inf or cost - bound > gap * abs(cost) + _ROUNDING * (1 + abs(cost))
        ]
