"""Candidates: decisions to fix in all scenarios, made of the solutions of scenarios or bundles."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

import numpy as np

from optimizer.program.arrays import Floats
from optimizer.uncertainty.bundles import Bundles

_QUANTILES = (0.5, 0.75, 1.0, 0.9, 0.25)
_DIGITS = 6


class Candidates:
    """Decisions to try, each once.

    Parameters
    ----------
    bundles : Bundles
        Bundles in which the decisions are fixed.
    """

    def __init__(self, bundles: Bundles) -> None:
        self.bundles = bundles
        self._tried: set[bytes] = set()
        self._waiting: Iterator[Floats] = iter(())

    def use(self, points: Floats, probabilities: Floats) -> None:
        """Make candidates of solutions from now on.

        Parameters
        ----------
        points : ndarray
            Value of each decision (column) in each solution (row); NaN where it is not in it.
        probabilities : ndarray
            Weight of each solution.
        """
        self._waiting = _made(points[:, : self.bundles.count], probabilities)

    def add(self, decisions: Floats) -> None:
        """Try decisions next."""
        self._waiting = chain([decisions], self._waiting)

    def take(self, count: int) -> list[Floats]:
        """Return the next candidates: a value for each decision that bundles share."""
        found: list[Floats] = []
        while len(found) < count and (one := next(self._waiting, None)) is not None:
            settled = self._settled(one)
            mark = np.round(settled, _DIGITS).tobytes()
            if mark not in self._tried:
                self._tried.add(mark)
                found.append(settled)
        return found

    def _settled(self, decisions: Floats) -> Floats:
        """Return decisions within their bounds, integer ones rounded; 0 for those that bundles do not share."""
        lower, upper = self.bundles.limits
        found = np.clip(np.where(self.bundles.integer, np.round(decisions), decisions), lower, upper)
        return np.where(self.bundles.is_shared, found, 0.0) + 0.0  # never -0


def _made(points: Floats, probabilities: Floats) -> Iterator[Floats]:
    """Alternate the decisions of one solution, the most typical first, and quantiles of the decisions."""
    weights = np.where(np.isnan(points), 0.0, probabilities[:, None])
    mean = (np.nan_to_num(points) * weights).sum(axis=0) / np.maximum(weights.sum(axis=0), 1e-300)
    off = np.where(weights > 0, np.abs(points - mean), 0.0)
    off /= np.maximum(off.max(axis=0), 1e-9)
    order = np.argsort(off.sum(axis=1), kind="stable").tolist()
    for place in range(max(len(order), len(_QUANTILES))):
        if place < len(order):
            yield _adopted(points, [order[place], *order])
        if place < len(_QUANTILES):
            yield _quantile(points, weights, _QUANTILES[place])


def _quantile(points: Floats, weights: Floats, level: float) -> Floats:
    """Return the weighted quantile of each decision: a value that it has in a solution."""
    order = np.argsort(np.where(np.isnan(points), np.inf, points), axis=0, kind="stable")
    mass = np.cumsum(np.take_along_axis(weights, order, axis=0), axis=0)
    first = np.argmax(mass >= level * mass[-1] * (1 - 1e-9), axis=0)
    decisions = np.arange(points.shape[1])
    found: Floats = points[order[first, decisions], decisions]
    return found


def _adopted(points: Floats, order: list[int]) -> Floats:
    """Return each decision as it is in the first solution, of an order, that has it."""
    found = np.full(points.shape[1], np.nan)
    for number in order:
        found = np.where(np.isnan(found), points[number], found)
    return found
