r"""Multipliers of the Lagrangian dual, found by a proximal bundle method.

The dual function :math:`L(\lambda) = \sum_b \min_x P_b c_b x + \lambda_b x` is known from above by its cuts, one for
each known solution of a bundle. The next multipliers maximise this model less the distance from the best ones so far;
the dual of that problem is the step of progressive hedging over convex combinations of known solutions (Boland et al.,
*Combining progressive hedging with a Frank-Wolfe method*, 2018).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from optimizer.program.arrays import Floats
from optimizer.uncertainty.bundles import Bundles

_MOST_CUTS = 40  # of a bundle; of more the oldest go
_STEPS = 400
_PRECISION = 1e-7  # of the projected gradient steps, relative
_SERIOUS = 0.1  # share of the predicted improvement from which on the centre moves
_LARGER, _SMALLER = 2.0, 0.5


@dataclass
class Multipliers:
    """Multipliers for the decisions that bundles share, and what is known of the dual function.

    Attributes
    ----------
    centre : ndarray
        Multipliers (bundle, decision) of the best bound so far; those of a decision add up to 0 over its bundles.
    bound : float
        Proven value of the dual function there.
    """

    bundles: Bundles
    centre: Floats
    bound: float = -np.inf
    step: float = 1.0
    predicted: float = np.inf
    values: list[list[float]] = field(init=False)  # P_b c_b x of each cut
    points: list[list[Floats]] = field(init=False)  # x of each cut, over all decisions

    def __post_init__(self) -> None:
        """Begin without cuts."""
        self.values = [[] for _ in self.bundles.groups]
        self.points = [[] for _ in self.bundles.groups]
        self.weights = np.zeros(self.centre.shape)  # probability of the bundle where it shares the decision
        for number, (decisions, _) in enumerate(self.bundles.shared):
            self.weights[number, decisions] = self.bundles.probabilities[number]
        self.totals = np.where(self.weights.any(axis=0), self.weights.sum(axis=0), 1.0)

    def add_cut(self, number: int, values: Floats) -> None:
        """Add the cut of a solution of a bundle."""
        arrays = self.bundles.arrays[number]
        cost = float(arrays.cost @ values) + arrays.offset
        self.values[number].append(float(self.bundles.probabilities[number]) * cost)
        self.points[number].append(np.nan_to_num(self.bundles.point(number, values)))
        del self.values[number][:-_MOST_CUTS], self.points[number][:-_MOST_CUTS]

    @property
    def can_move(self) -> bool:
        """Whether each bundle has a known solution: without one, the model of the dual function has no maximum."""
        return all(self.values)

    def move(self, multipliers: Floats, bound: float) -> None:
        """Use the proven value of the dual function at multipliers: it becomes the centre if it is better enough."""
        if bound >= self.bound + _SERIOUS * max(min(self.predicted, 1e300) - self.bound, 0.0) or self.bound == -np.inf:
            self.step *= _LARGER if self.bound > -np.inf else 1.0
            self.centre, self.bound = multipliers, bound
        else:
            self.step *= _SMALLER
            if bound > self.bound:
                self.centre, self.bound = multipliers, bound

    def consensus(self, points: Floats) -> Floats:
        """Return the mean of each decision over its bundles, of points by bundle."""
        mean: Floats = (self.weights * points).sum(axis=0) / self.totals
        return mean

    def next(self) -> Floats:
        """Return the multipliers to try next."""
        scale = self.step * self._scale()
        mixed = self._mix(scale)
        off = np.where(self.weights > 0, mixed - self.consensus(mixed), 0.0)
        found: Floats = self.centre + scale * self.weights * off
        found -= np.where(self.weights > 0, self.weights * (found.sum(axis=0) / self.totals), 0.0)
        self.predicted = sum(
            min(value + float(found[number] @ point) for value, point in zip(*cuts, strict=True))
            for number, cuts in enumerate(zip(self.values, self.points, strict=True))
        )
        return found

    def _scale(self) -> Floats:
        """Return the price of a decision's disagreement: its cost by the spread of its known values."""
        cost = np.zeros(self.bundles.count)
        for arrays, (decisions, columns) in zip(self.bundles.arrays, self.bundles.shared, strict=True):
            cost[decisions] = np.maximum(cost[decisions], np.abs(arrays.cost[columns]))
        shared = self.weights.any(axis=0)
        typical = cost[shared & (cost > 0)]
        cost = np.maximum(cost, 0.1 * float(np.median(typical)) if typical.size else 1.0)
        every = np.array([point for points in self.points for point in points])
        spread = every.max(axis=0) - every.min(axis=0)
        return np.where(shared, cost / np.where(spread > 0, spread, 1.0), 0.0)

    def _mix(self, scale: Floats) -> Floats:
        """Return the convex combination of each bundle's cuts that is best for the step (accelerated projection)."""
        most = max(map(len, self.values))
        bundles, decisions = self.centre.shape
        points, costs = np.zeros((bundles, most, decisions)), np.full((bundles, most), np.inf)
        for number, cuts in enumerate(zip(self.values, self.points, strict=True)):
            for place, (value, point) in enumerate(zip(*cuts, strict=True)):
                points[number, place], costs[number, place] = point, value + float(self.centre[number] @ point)
        used = np.isfinite(costs)
        costs = np.where(used, costs - np.where(used, costs, np.inf).min(axis=1, keepdims=True), 0.0)
        gram = np.einsum("bkd,d,bjd->bkj", points, scale, points)
        curve = np.maximum(self.bundles.probabilities * np.linalg.eigvalsh(gram)[:, -1], 1e-12)[:, None]
        share = used / used.sum(axis=1, keepdims=True)
        ahead, last, pace = share, share, 1.0
        for _ in range(_STEPS):
            mixed = np.einsum("bk,bkd->bd", ahead, points)
            slope = costs + np.einsum("bkd,bd->bk", points, scale * self.weights * (mixed - self.consensus(mixed)))
            share = _on_simplex(ahead - slope / curve, used)
            faster = (1 + np.sqrt(1 + 4 * pace * pace)) / 2
            ahead, pace = share + (pace - 1) / faster * (share - last), faster
            if float(np.abs(share - last).max()) < _PRECISION:
                break
            last = share
        found: Floats = np.einsum("bk,bkd->bd", share, points)
        return found


def _on_simplex(points: Floats, used: np.ndarray) -> Floats:
    """Return the nearest points whose used coordinates are at least 0 and add up to 1, row by row."""
    falling = -np.sort(-np.where(used, points, -np.inf), axis=1)
    total = np.cumsum(np.where(np.isfinite(falling), falling, 0.0), axis=1) - 1
    count = np.arange(1, points.shape[1] + 1)
    last = (np.isfinite(falling) & (falling - total / count > 0)).sum(axis=1)
    shift = total[np.arange(len(points)), last - 1] / last
    return np.where(used, np.maximum(points - shift[:, None], 0.0), 0.0)
